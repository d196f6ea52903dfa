//! The command line as people type it.

mod directory;
mod functions;
mod messages;
mod relay;
mod script;

pub(crate) use directory::{Chats, ChatsAction, Contacts, ContactsAction, Media, MediaAction};
pub(crate) use functions::{Http, MailArgs};
pub(crate) use messages::{AttachAs, List, Message, Send, Status, TableFormat};
pub(crate) use relay::Relay;
pub(crate) use script::{Check, Named, Run};

use clap::{
    Parser, Subcommand,
    builder::{PossibleValue, TypedValueParser},
};
use std::{net::SocketAddr, path::PathBuf};

/// Hongyan 鸿雁: a message gateway for WeCom 企业微信, DingTalk 钉钉 and e-mail that can always say what became of it.
#[derive(Debug, Parser)]
#[command(name = "hongyan", version, about, propagate_version = true)]
#[command(after_help = "Exit codes: 0 done, 1 refused or failed, 2 usage, 3 unknown outcome.\n\
    Start with: hongyan demo --once")]
pub(crate) struct Args {
    /// Answers as JSON, for programs.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// The language of help and errors: zh or en; else the environment's locale decides.
    #[arg(long, global = true, value_name = "LANGUAGE", hide_possible_values = true)]
    pub(crate) lang: Option<crate::lang::Lang>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Shows all of it: sandbox and gateway start, one message goes out on three channels, is read, is taken back.
    Demo(Demo),
    /// Writes a commented configuration that works: for the sandbox, or for accounts of your own.
    Init(Init),
    /// Runs the gateway.
    Serve(Serve),
    /// Runs simulated DingTalk, WeCom and mail servers; the first line of output is JSON with the credentials.
    Sandbox(Sandbox),
    /// Hands a message to the gateway.
    Send(Box<Send>),
    /// Says what became of a message, for every recipient.
    Status(Status),
    /// Lists messages, newest first.
    List(List),
    /// Takes a message back wherever that is possible.
    Recall(Message),
    /// Sends again to those who did not get it.
    Retry(Message),
    /// Calls off what has not been sent.
    Cancel(Message),
    /// Delivers what your own database commits to its outbox table.
    Relay(Relay),
    /// Hands in files for messages, lists them, gets them back.
    Media(Media),
    /// Makes, shows and changes group chats.
    Chats(Chats),
    /// Finds people and departments.
    Contacts(Contacts),
    #[command(flatten)]
    Scripts(Scripts),
    /// Looks after the configuration.
    Config(Config),
    /// Tries every account, step by step, and names the one cause of what does not work.
    Doctor(Doctor),
    /// Says what an error code means, who must act and what to do.
    Explain(Explain),
    /// Calls any declared operation of a platform; without one it lists them.
    Call(Call),
    /// Calls an address as httpGet, httpPost, httpPut and httpDelete do in a script.
    Http(Box<Http>),
    /// Sends a mail as sendEmail does in a script.
    Mail(Box<MailArgs>),
    /// Makes, lists and revokes API keys.
    Keys(Keys),
    /// Prints a completion script for a shell.
    Completions {
        /// bash, zsh, fish, elvish or powershell.
        shell: clap_complete::Shell,
    },
}

/// Commands that start without the others' runtime.
#[derive(Debug, Subcommand)]
pub(crate) enum Scripts {
    /// Runs a script that calls HTTP interfaces and sends messages and mail, as databases have them.
    Run(Box<Run>),
    /// Looks through such scripts for the known mistakes, without running them.
    Check(Check),
}

impl Scripts {
    /// How the command line begins when it is one of these.
    pub(crate) const NAMES: [&str; 2] = ["run", "check"];
}

/// The command line of these alone: to lay out all the others first takes longer than a short script.
#[derive(Debug, Parser)]
#[command(name = "hongyan", version, propagate_version = true)]
pub(crate) struct ScriptArgs {
    /// Answers as JSON, for programs.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// The language of help and errors: zh or en; else the environment's locale decides.
    #[arg(long, global = true, value_name = "LANGUAGE", hide_possible_values = true)]
    pub(crate) lang: Option<crate::lang::Lang>,
    #[command(subcommand)]
    pub(crate) command: Scripts,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Demo {
    /// Ends after the message has been taken back, instead of staying up to be looked at.
    #[arg(long)]
    pub(crate) once: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Init {
    /// For the sandbox: works at once with `hongyan sandbox --fixed-credentials`.
    #[arg(long, conflicts_with = "account")]
    pub(crate) sandbox: bool,
    /// An account to set up: dingtalk, wecom, mail, dingtalk-robot, wecom-robot or webhook; several may be given.
    #[arg(long, value_name = "CHANNEL", value_parser = crate::commands::init::CHANNELS)]
    pub(crate) account: Vec<String>,
    /// Asks nothing: what is not known stays as a place to fill in.
    #[arg(long)]
    pub(crate) no_questions: bool,
    /// Where to write it; - for standard output.
    #[arg(long, short, value_name = "FILE", default_value = hongyan_gateway::config::NEARBY)]
    pub(crate) output: PathBuf,
    /// Replaces a file that is there.
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Serve {
    /// The configuration file.
    #[arg(long, env = "HONGYAN_CONFIG")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Sandbox {
    /// Where both platforms answer.
    #[arg(long, default_value = "127.0.0.1:18081")]
    pub(crate) listen: SocketAddr,
    /// Where the mail server answers.
    #[arg(long, default_value = "127.0.0.1:18025")]
    pub(crate) smtp: SocketAddr,
    /// The mail server takes mail without a login too, as a company's relay does.
    #[arg(long)]
    pub(crate) smtp_without_login: bool,
    /// Decides the company: the same seed gives the same people.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Trouble from the start, such as drop_after:/cgi-bin/message/send:3 or status=429@30:*gettoken: kind (with =VALUE and @RETRY_AFTER), path, count.
    #[arg(long = "fault", value_name = "FAULT")]
    pub(crate) faults: Vec<String>,
    /// People read what reaches them after so many milliseconds.
    #[arg(long, value_name = "MS")]
    pub(crate) auto_read_ms: Option<u64>,
    /// Keeps the declared call rates too, as the platforms do.
    #[arg(long)]
    pub(crate) limits: bool,
    /// Lifts the platforms' quotas per person: for load tests.
    #[arg(long)]
    pub(crate) no_people_limits: bool,
    /// Keeps credentials, tokens, the company, groups, robots and callbacks in this file over a restart.
    #[arg(long, value_name = "FILE")]
    pub(crate) state: Option<PathBuf>,
    /// Well-known credentials in place of random ones; only on loopback.
    #[arg(long)]
    pub(crate) fixed_credentials: bool,
    /// Prints the gateway's configuration for this sandbox and ends; needs --fixed-credentials or --state.
    #[arg(long)]
    pub(crate) print_config: bool,
}

/// Where the gateway is. Its key comes from the environment or a file, never from the command line.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Remote {
    /// The gateway's address.
    #[arg(long, env = "HONGYAN_GATEWAY", default_value = "http://127.0.0.1:7300", global = true)]
    pub(crate) gateway: String,
    /// A file with the API key; else the variable HONGYAN_KEY.
    #[arg(long, env = "HONGYAN_KEY_FILE", global = true)]
    pub(crate) key_file: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Config {
    #[command(subcommand)]
    pub(crate) action: ConfigAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigAction {
    /// Says what is wrong and where.
    Check {
        /// The configuration file.
        #[arg(long, env = "HONGYAN_CONFIG")]
        config: Option<PathBuf>,
    },
    /// Prints the commented defaults: the manual of the configuration.
    Default,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Doctor {
    /// The configuration file.
    #[arg(long, env = "HONGYAN_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// Only this account.
    #[arg(long)]
    pub(crate) account: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Explain {
    /// The code, such as 60020, net.timeout or 5.1.1.
    #[arg(allow_negative_numbers = true)]
    pub(crate) code: Option<String>,
    /// Only in this table.
    #[arg(long, value_parser = hongyan_channel::TABLES)]
    pub(crate) platform: Option<String>,
    /// Lists every code.
    #[arg(long, conflicts_with = "code")]
    pub(crate) list: bool,
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Fields: key=value as the field's type wants it, key:=JSON as it stands, a.b=value for nested objects,\n\
    @file.json or @- for a whole request. What the account knows (its ids, its secret) need not be given."
)]
pub(crate) struct Call {
    /// The platform.
    #[arg(value_parser = Suggested(platforms), hide_possible_values = true)]
    pub(crate) platform: Option<String>,
    /// The operation, such as message.send.
    #[arg(value_parser = Suggested(operations), hide_possible_values = true)]
    pub(crate) operation: Option<String>,
    /// The request: key=value, key:=JSON, @file.json or @-.
    #[arg(value_name = "FIELD")]
    pub(crate) fields: Vec<String>,
    /// Shows the call, its credential as ***; touches no network and reads no secret.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// The account that calls; not needed where the platform has one.
    #[arg(long)]
    pub(crate) account: Option<String>,
    /// The configuration file.
    #[arg(long, env = "HONGYAN_CONFIG")]
    pub(crate) config: Option<PathBuf>,
}

fn platforms() -> Vec<&'static str> {
    hongyan_channel::PLATFORMS.iter().map(|row| row.platform).collect()
}

fn operations() -> Vec<&'static str> {
    let mut names: Vec<_> = hongyan_channel::PLATFORMS
        .iter()
        .flat_map(|platform| (platform.list)())
        .map(|declared| declared.spec().name)
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Words that a shell completes; others are taken too, for the command to say what is near.
#[derive(Clone)]
struct Suggested(fn() -> Vec<&'static str>);

impl TypedValueParser for Suggested {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        arg: Option<&clap::Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<String, clap::Error> {
        clap::builder::StringValueParser::new().parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new((self.0)().into_iter().map(PossibleValue::new)))
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct Keys {
    /// The configuration file, which says where the store is.
    #[arg(long, env = "HONGYAN_CONFIG", global = true)]
    pub(crate) config: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) action: KeysAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeysAction {
    /// Makes a key and prints it once.
    Create {
        /// What people call it.
        #[arg(long)]
        name: String,
        /// send, read or admin; several may be given.
        #[arg(long = "scope", required = true)]
        scopes: Vec<String>,
        /// Only through these accounts.
        #[arg(long = "account")]
        accounts: Vec<String>,
    },
    /// Lists the keys; never the keys themselves.
    List,
    /// Revokes a key by its id; a running gateway follows within seconds.
    Revoke {
        /// The key's id.
        id: String,
    },
}
