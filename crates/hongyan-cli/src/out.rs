//! Words to the terminal: a pipe that nobody reads any more ends the words, never the program.
//!
//! The standard macros panic when a pipe is closed (`hongyan list | head -1`). These write as long as somebody reads
//! and are silent afterwards; whoever writes for ever asks [`is_closed`]. What could not be written for any other reason
//! (a full disk) is an error of the command, whichever it is: `main` asks [`failure`] at its end.

use std::{
    fmt::Arguments,
    io::{self, ErrorKind, Write},
    sync::OnceLock,
};

/// Why standard output takes no more; set once.
static CLOSED: OnceLock<io::Error> = OnceLock::new();

/// Whether standard output takes no more: nobody reads it, or it failed.
pub(crate) fn is_closed() -> bool {
    CLOSED.get().is_some()
}

/// What kept something from being written to standard output: anything but a reader that is gone.
pub(crate) fn failure() -> Option<&'static io::Error> {
    CLOSED.get().filter(|error| error.kind() != ErrorKind::BrokenPipe)
}

/// Writes to standard output, at once.
pub(crate) fn write(words: Arguments<'_>) {
    write_with(|| {
        let mut stream = anstream::stdout().lock();
        stream.write_fmt(words).and_then(|()| stream.flush())
    });
}

/// Writes bytes to standard output as they are.
pub(crate) fn write_bytes(bytes: &[u8]) {
    write_with(|| {
        let mut stream = io::stdout().lock();
        stream.write_all(bytes).and_then(|()| stream.flush())
    });
}

fn write_with(write: impl FnOnce() -> io::Result<()>) {
    if !is_closed()
        && let Err(error) = write()
    {
        // The first reason stays.
        let _ = CLOSED.set(error);
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
