//! Signs of life on a terminal while something takes long; nothing where standard error is no terminal.

use indicatif::{ProgressBar, ProgressStyle};
use std::{future::Future, time::Duration};

/// How often the sign moves.
const TICK: Duration = Duration::from_millis(120);

/// Shows that a piece of work goes on, and for how long, until it ends.
pub(crate) async fn during<T>(what: impl Into<String>, work: impl Future<Output = T>) -> T {
    let sign = begin(what);
    let done = work.await;
    sign.finish_and_clear();
    done
}

/// A sign whose words its holder changes as the work gets on.
pub(crate) fn begin(what: impl Into<String>) -> ProgressBar {
    let sign = ProgressBar::new_spinner().with_message(what.into());
    // The template is a constant: a mistake in it would show in every test.
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
        sign.set_style(style);
    }
    sign.enable_steady_tick(TICK);
    sign
}
