//! The one error inside this crate: a sentence, on its way to [`StoreError::Failed`].

use hongyan_core::StoreError;
use std::fmt;

/// What went wrong, in words that hold no content of a message.
#[derive(Debug, Clone)]
pub(crate) struct Error(String);

pub(crate) type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// From a sentence.
    pub(crate) fn new(words: impl fmt::Display) -> Self {
        Self(words.to_string())
    }

    /// A row holds something that this version does not write.
    pub(crate) fn corrupt(what: &str) -> Self {
        Self(format!("a row holds a {what} that is not known: was it written by a newer version?"))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        // The library's sentence for a failed statement ends in its SQL, which is long and helps nobody here.
        match error {
            rusqlite::Error::SqlInputError { msg, .. } => Self(msg),
            other => Self(other.to_string()),
        }
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        // Only the place: the words could quote a message.
        Self(format!("a row's JSON does not read ({:?} at line {})", error.classify(), error.line()))
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        Self::Failed(error.0)
    }
}
