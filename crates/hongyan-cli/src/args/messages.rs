//! Messages handed in, looked at and taken back, as people type them.

use super::Remote;
use crate::when;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(crate) struct Send {
    #[command(flatten)]
    pub(crate) remote: Remote,
    /// A recipient: mobile:…, userid:…, email:…, department:…, tag:…, all, or @all where a robot mentions everybody; a bare word is a userid, one with @ an e-mail address, which may be '李雷 <li@example.com>'.
    #[arg(long = "to", value_name = "RECIPIENT")]
    pub(crate) to: Vec<String>,
    /// Who gets a copy of the mail for all to see: ADDRESS or '李雷 <li@example.com>'.
    #[arg(long, value_name = "ADDRESS", conflicts_with = "message")]
    pub(crate) cc: Vec<String>,
    /// Who gets a copy of the mail unseen.
    #[arg(long, value_name = "ADDRESS", conflicts_with = "message")]
    pub(crate) bcc: Vec<String>,
    /// Where answers to the mail go.
    #[arg(long, value_name = "ADDRESS", conflicts_with = "message")]
    pub(crate) reply_to: Option<String>,
    /// A group chat's id; the same as --to chat:ID.
    #[arg(long = "chat", value_name = "ID")]
    pub(crate) chats: Vec<String>,
    /// An account; several may be given. Without one the default route decides.
    #[arg(long)]
    pub(crate) via: Vec<String>,
    /// Title, or the mail's subject.
    #[arg(long)]
    pub(crate) title: Option<String>,
    /// Plain text, or the words before a table; - reads standard input.
    #[arg(long, group = "form")]
    pub(crate) text: Option<String>,
    /// Markdown; needs a title; - reads standard input.
    #[arg(long, group = "form")]
    pub(crate) markdown: Option<String>,
    /// HTML, for mail; needs a title; - reads standard input.
    #[arg(long, group = "form")]
    pub(crate) html: Option<String>,
    /// A configured template.
    #[arg(long, group = "form")]
    pub(crate) template: Option<String>,
    /// The template's values as JSON.
    #[arg(long, requires = "template")]
    pub(crate) data: Option<String>,
    /// A picture; it is handed in first, and only once.
    #[arg(long, value_name = "FILE", group = "form")]
    pub(crate) image: Option<PathBuf>,
    /// A file to be opened.
    #[arg(long, value_name = "FILE", group = "form")]
    pub(crate) file: Option<PathBuf>,
    /// A spoken message (AMR).
    #[arg(long, value_name = "FILE", group = "form")]
    pub(crate) voice: Option<PathBuf>,
    /// How long the voice is; DingTalk needs it.
    #[arg(long, requires = "voice")]
    pub(crate) seconds: Option<u32>,
    /// A film (MP4).
    #[arg(long, value_name = "FILE", group = "form")]
    pub(crate) video: Option<PathBuf>,
    /// A page, with a title and a text about it.
    #[arg(long, value_name = "URL", requires = "title", conflicts_with_all = ["markdown", "html", "template", "image", "file", "voice", "video", "card", "news"])]
    pub(crate) link: Option<String>,
    /// The address of a picture beside the link.
    #[arg(long, value_name = "URL", requires = "link")]
    pub(crate) picture: Option<String>,
    /// Words with buttons, as JSON; @FILE reads a file; needs a title.
    #[arg(long, value_name = "JSON", group = "form")]
    pub(crate) card: Option<String>,
    /// Several pages, as a JSON array; @FILE reads a file.
    #[arg(long, value_name = "JSON", group = "form")]
    pub(crate) news: Option<String>,
    /// A table: a CSV (with commas or tabs) or JSON file, such as a query's result; - reads standard input.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["markdown", "html", "template", "image", "file", "voice", "video", "link", "card", "news"])]
    pub(crate) table: Option<String>,
    /// What the table is written in; else the name or the first character tells.
    #[arg(long, value_name = "FORMAT", requires = "table")]
    pub(crate) table_format: Option<TableFormat>,
    /// The name of the table's file, without its ending; else that of FILE, or the title.
    #[arg(long, value_name = "NAME", requires = "table")]
    pub(crate) table_name: Option<String>,
    /// The whole table as a file: auto where the message cannot show all of it, csv or xlsx always, or never.
    #[arg(long, value_name = "AS", requires = "table")]
    pub(crate) attach_as: Option<AttachAs>,
    /// Sends nothing when the table has no rows, and ends well: for queries that watch for something.
    #[arg(long, requires = "table")]
    pub(crate) if_rows: bool,
    /// A whole message as JSON, as POST /v1/messages takes it; - reads standard input.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["form", "link", "table", "to", "chats"])]
    pub(crate) message: Option<String>,
    /// A file to attach, for mail.
    #[arg(long, value_name = "FILE")]
    pub(crate) attach: Vec<PathBuf>,
    /// Not before this time, such as 2026-12-01T09:00:00+08:00.
    #[arg(long)]
    pub(crate) send_at: Option<String>,
    /// Not after this time.
    #[arg(long)]
    pub(crate) expires_at: Option<String>,
    /// low, normal, high or critical.
    #[arg(long)]
    pub(crate) priority: Option<String>,
    /// KEY=VALUE, for finding it again.
    #[arg(long = "label", value_name = "KEY=VALUE")]
    pub(crate) labels: Vec<String>,
    /// The same key with the same message is the same request: safe to repeat.
    #[arg(long, value_name = "KEY")]
    pub(crate) idempotency_key: Option<String>,
    /// Waits so many seconds, at most 30, until the platforms have said of everybody whether they got it.
    #[arg(long, value_name = "SECONDS")]
    pub(crate) wait: Option<u8>,
    /// Shows the calls that it would become; sends nothing.
    #[arg(long)]
    pub(crate) plan: bool,
}

/// What a table is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum TableFormat {
    /// RFC 4180, the first line the header.
    Csv,
    /// Objects, or arrays of which the first is the header.
    Json,
}

/// Whether a table goes along as a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum AttachAs {
    /// As XLSX where the message cannot show all of it.
    Auto,
    /// As CSV, always.
    Csv,
    /// As XLSX, always.
    Xlsx,
    /// As xlsx.
    Always,
    /// Not at all.
    Never,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Message {
    #[command(flatten)]
    pub(crate) remote: Remote,
    /// The message's id, m….
    pub(crate) id: String,
}

#[derive(Debug, clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    pub(crate) remote: Remote,
    /// With a recipient in this state.
    #[arg(long)]
    pub(crate) state: Option<String>,
    /// Through this account.
    #[arg(long)]
    pub(crate) account: Option<String>,
    /// To this mobile number, user id or e-mail address.
    #[arg(long)]
    pub(crate) recipient: Option<String>,
    /// With this label.
    #[arg(long = "label", value_name = "KEY=VALUE")]
    pub(crate) labels: Vec<String>,
    /// Made at or after this time: 2026-12-01, 2026-12-01T09:00:00+08:00, or 90m, 24h, 7d ago.
    #[arg(long, value_name = "TIME", value_parser = when::moment)]
    pub(crate) since: Option<String>,
    /// Made before this time.
    #[arg(long, value_name = "TIME", value_parser = when::moment)]
    pub(crate) until: Option<String>,
    /// Goes on from where a list ended: the cursor that it gave.
    #[arg(long)]
    pub(crate) cursor: Option<String>,
    /// As CSV, for spreadsheets; without --limit all of them.
    #[arg(long, conflicts_with = "json")]
    pub(crate) csv: bool,
    /// At most so many.
    #[arg(long)]
    pub(crate) limit: Option<usize>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Status {
    #[command(flatten)]
    pub(crate) message: Message,
    /// Stays, and shows every change until the message is settled.
    #[arg(long, conflicts_with = "csv")]
    pub(crate) watch: bool,
    /// The ledger as CSV, for spreadsheets.
    #[arg(long, conflicts_with = "json")]
    pub(crate) csv: bool,
}
