//! Words to the terminal: a pipe that nobody reads any more ends the words, never the program.
//!
//! The standard macros panic when a pipe is closed (`hongyan list | head -1`). These write as long as somebody reads
//! and are silent afterwards; whoever writes for ever asks [`is_closed`].

use std::{
    fmt::Arguments,
    io::Write,
    sync::atomic::{AtomicBool, Ordering},
};

static CLOSED: AtomicBool = AtomicBool::new(false);

/// Whether standard output is read no more.
pub(crate) fn is_closed() -> bool {
    CLOSED.load(Ordering::Relaxed)
}

/// Writes to standard output, at once.
pub(crate) fn write(words: Arguments<'_>) {
    if is_closed() {
        return;
    }
    let mut stream = anstream::stdout().lock();
    if stream.write_fmt(words).and_then(|()| stream.flush()).is_err() {
        CLOSED.store(true, Ordering::Relaxed);
    }
}

/// Writes bytes to standard output as they are.
pub(crate) fn write_bytes(bytes: &[u8]) {
    let mut stream = std::io::stdout().lock();
    if !is_closed() && stream.write_all(bytes).and_then(|()| stream.flush()).is_err() {
        CLOSED.store(true, Ordering::Relaxed);
    }
}

/// Writes to standard error. Where nobody reads that, there is nobody left to tell.
pub(crate) fn write_error(words: Arguments<'_>) {
    let mut stream = anstream::stderr().lock();
    let _ = stream.write_fmt(words).and_then(|()| stream.flush());
}

/// A line on standard output: what was asked for.
macro_rules! say {
    () => { $crate::out::write(format_args!("\n")) };
    ($($words:tt)*) => { $crate::out::write(format_args!("{}\n", format_args!($($words)*))) };
}

/// A line on standard error: what is said beside it.
macro_rules! note {
    ($($words:tt)*) => { $crate::out::write_error(format_args!("{}\n", format_args!($($words)*))) };
}

pub(crate) use {note, say};
