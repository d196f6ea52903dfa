//! Logs go to standard error; standard output belongs to the answers.

use tracing_subscriber::EnvFilter;

/// Starts logging at a level (`info`, or a filter such as `hongyan=debug`), as text or JSON.
pub(crate) fn start(level: &str, json: bool) {
    let filter = EnvFilter::try_new(level).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // An error only says that somebody (a test) logs already.
    let _ = if json { builder.json().try_init() } else { builder.try_init() };
}
