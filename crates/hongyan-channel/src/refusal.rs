//! Refusals before a call is made, in the platform's own codes.

use hongyan_endpoint::{Fault, File, Platform};

/// The platform's refusal, said beforehand.
pub(crate) fn refused<P: Platform>(code: &str, words: impl Into<String>) -> Fault {
    Fault::refused(code, words, P::known(code))
}

/// A request that cannot be made here.
pub(crate) fn invalid(words: impl Into<String>) -> Fault {
    Fault::transport("request.invalid", words)
}

/// Refuses a file that is larger than a platform takes.
pub(crate) fn within<P: Platform>(file: &File, kind: &str, max: usize, code: &str) -> Result<(), Fault> {
    let size = file.bytes.len();
    if size <= max {
        return Ok(());
    }
    Err(refused::<P>(code, format!("{:?} has {size} bytes, as {kind} at most {max} are taken", file.name)))
}
