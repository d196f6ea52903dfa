//! `hongyan relay` as people type it.

use super::Remote;
use std::path::PathBuf;

/// The options of `hongyan relay`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The key needs the scopes send and read. With --once: 0 everything arrived at its platform, 1 something was\n\
    refused or failed, 3 something is unknown or under way still."
)]
pub(crate) struct Relay {
    #[command(flatten)]
    pub(crate) remote: Remote,
    /// The SQLite database with the table.
    #[arg(long, value_name = "FILE", env = "HONGYAN_RELAY_DATABASE", required_unless_present = "print_sql")]
    pub(crate) database: Option<PathBuf>,
    /// The table's name.
    #[arg(long, default_value = hongyan_relay::DEFAULT_TABLE)]
    pub(crate) table: String,
    /// Makes the table, and the file, if they are not there.
    #[arg(long)]
    pub(crate) create: bool,
    /// Delivers what is there and ends.
    #[arg(long)]
    pub(crate) once: bool,
    /// With --once: waits so many seconds at most for what is under way.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, requires = "once")]
    pub(crate) wait: u32,
    /// Milliseconds between two glances at an idle database.
    #[arg(long, value_name = "MS", default_value_t = 100, value_parser = clap::value_parser!(u64).range(10..=60_000))]
    pub(crate) interval_ms: u64,
    /// Rows handed over in one call.
    #[arg(long, value_name = "ROWS", default_value_t = 500, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    pub(crate) batch: u16,
    /// Hours for which the gateway knows an idempotency key: at most its keep_days. A row whose hand-over had no answer
    /// for longer becomes unknown instead of being sent a second time.
    #[arg(long, value_name = "HOURS", default_value_t = 23, value_parser = clap::value_parser!(u32).range(1..=87_600))]
    pub(crate) keys_kept_hours: u32,
    /// Prints the table as SQL, to be run in your database or copied into a migration.
    #[arg(long)]
    pub(crate) print_sql: bool,
}
