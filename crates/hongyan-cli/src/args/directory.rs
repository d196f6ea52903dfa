//! Files, group chats and contacts, as people type them.

use super::Remote;
use clap::Subcommand;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(crate) struct Media {
    #[command(flatten)]
    pub(crate) remote: Remote,
    #[command(subcommand)]
    pub(crate) action: MediaAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum MediaAction {
    /// Hands in a file and prints its id, to be named in messages. Equal files are kept once.
    Put {
        /// The file.
        file: PathBuf,
        /// What recipients see; the file's own name when absent.
        #[arg(long)]
        name: Option<String>,
    },
    /// Lists files, newest first.
    List {
        /// At most so many.
        #[arg(long, default_value_t = 20)]
        limit: u16,
    },
    /// Says what a file is, or writes its content.
    Get {
        /// The file's id, f….
        id: String,
        /// Writes the content there; - for standard output.
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct Chats {
    #[command(flatten)]
    pub(crate) remote: Remote,
    #[command(subcommand)]
    pub(crate) action: ChatsAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ChatsAction {
    /// Makes a group chat and prints its id, for `send --chat`.
    Create {
        /// The account whose application makes it.
        account: String,
        /// Its name.
        #[arg(long)]
        name: String,
        /// A member's user id; several may be given, the owner's too.
        #[arg(long = "member", value_name = "USERID", required = true)]
        members: Vec<String>,
        /// The owner's user id; DingTalk needs it.
        #[arg(long, value_name = "USERID")]
        owner: Option<String>,
        /// An id of one's own (WeCom): letters and digits, at most 32.
        #[arg(long)]
        id: Option<String>,
    },
    /// Shows a group chat as the platform has it.
    Show {
        /// The account.
        account: String,
        /// The chat's id.
        id: String,
    },
    /// Changes a group chat; what is not given stays.
    Update {
        /// The account.
        account: String,
        /// The chat's id.
        id: String,
        /// Its new name.
        #[arg(long)]
        name: Option<String>,
        /// The new owner's user id.
        #[arg(long, value_name = "USERID")]
        owner: Option<String>,
        /// Who joins.
        #[arg(long, value_name = "USERID")]
        add: Vec<String>,
        /// Who leaves.
        #[arg(long, value_name = "USERID")]
        remove: Vec<String>,
    },
    /// Lists the group chats that hongyan made.
    List {
        /// The account.
        account: String,
    },
    /// Says who has read what a message brought into group chats.
    Readers {
        /// The message's id, m….
        message: String,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct Contacts {
    #[command(flatten)]
    pub(crate) remote: Remote,
    #[command(subcommand)]
    pub(crate) action: ContactsAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ContactsAction {
    /// Finds a person.
    Find {
        /// The account.
        account: String,
        /// mobile:…, userid:… or email:…; a bare word is a userid, one with @ an e-mail address.
        person: String,
    },
    /// Lists departments.
    Departments {
        /// The account.
        account: String,
        /// Those directly below this one; without it those at the top of what the account sees.
        #[arg(long, value_name = "ID")]
        below: Option<String>,
    },
    /// Lists the people of a department, not of those below it.
    Members {
        /// The account.
        account: String,
        /// The department's id.
        department: String,
    },
}
