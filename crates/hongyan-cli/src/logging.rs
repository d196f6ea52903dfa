//! Logs go to standard error; standard output belongs to the answers.

use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// Starts logging at a level (`info`, or a filter such as `hongyan=debug`), as text or JSON.
pub(crate) fn start(level: &str, json: bool) {
    let filter = EnvFilter::try_new(level).unwrap_or_else(|_| EnvFilter::new("info"));
    let colours = std::io::stderr().is_terminal();
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours);
    // An error only says that somebody (a test) logs already.
    let _ = if json { builder.json().try_init() } else { builder.try_init() };
}
