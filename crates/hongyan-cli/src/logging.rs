//! Logs go to standard error; standard output belongs to the answers.

use hongyan_core::{Clock, clock::System};
use std::{fmt, io::IsTerminal};
use tracing_subscriber::{
    EnvFilter,
    fmt::{format::Writer, time::FormatTime},
};

/// Starts logging at a level (`info`, or a filter such as `hongyan=debug`), as text or JSON.
pub(crate) fn start(level: &str, json: bool) {
    let filter = EnvFilter::try_new(level).unwrap_or_else(|_| EnvFilter::new("info"));
    let colours = std::io::stderr().is_terminal();
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // It would write of a log that cannot be written to standard error, and panic where that is the log.
        .log_internal_errors(false)
        .with_ansi(colours)
        .with_timer(Local);
    // An error only says that somebody (a test) logs already.
    let _ = if json { builder.json().try_init() } else { builder.try_init() };
}

/// This machine's time (`TZ`), with its zone.
struct Local;

impl FormatTime for Local {
    fn format_time(&self, to: &mut Writer<'_>) -> fmt::Result {
        to.write_str(&crate::when::precise(System.now()))
    }
}
