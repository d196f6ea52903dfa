//! When a command that runs on is told to end.

use tokio::signal::unix::{SignalKind, signal};

/// Resolves at Ctrl-C or a polite kill.
pub(crate) async fn told_to_stop() -> anyhow::Result<()> {
    let mut term = signal(SignalKind::terminate())?;
    tokio::select! {
        outcome = tokio::signal::ctrl_c() => outcome?,
        _ = term.recv() => {}
    }
    Ok(())
}
