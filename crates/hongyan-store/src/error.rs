//! The one error inside this crate: a sentence and what it is about, on its way to [`StoreError`].

use hongyan_core::{Obstacle, StoreError};
use rusqlite::{ErrorCode, ffi};
use std::fmt;

/// What went wrong, in words that hold no content of a message.
#[derive(Debug, Clone)]
pub(crate) struct Error {
    about: About,
    words: String,
}

/// What an error is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    /// The file as a whole.
    File(Obstacle),
    /// What one row holds.
    Row,
    /// Neither.
    Other,
}

pub(crate) type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// From a sentence.
    pub(crate) fn new(words: impl fmt::Display) -> Self {
        Self { about: About::Other, words: words.to_string() }
    }

    /// A row holds something that this version does not write.
    pub(crate) fn corrupt(what: &str) -> Self {
        let words = format!("a row holds a {what} that is not known: was it written by a newer version?");
        Self { about: About::Row, words }
    }

    /// The file is not where it was, or not what it was.
    pub(crate) fn gone(words: impl fmt::Display) -> Self {
        Self { about: About::File(Obstacle::Gone), words: words.to_string() }
    }

    /// There is no room on the disk.
    pub(crate) fn full(words: impl fmt::Display) -> Self {
        Self { about: About::File(Obstacle::Full), words: words.to_string() }
    }

    /// Whether one row alone is to blame: others can be read and written.
    pub(crate) fn is_of_a_row(&self) -> bool {
        self.about == About::Row
    }

    /// What stands between the store and its file, when that is what went wrong.
    pub(crate) fn obstacle(&self) -> Option<Obstacle> {
        match self.about {
            About::File(obstacle) => Some(obstacle),
            About::Row | About::Other => None,
        }
    }

    /// The same, with what it is said of in front.
    pub(crate) fn at(self, place: impl fmt::Display) -> Self {
        Self { words: format!("{place}: {}", self.words), ..self }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

fn about(error: ffi::Error) -> About {
    // The disk may be full at any write: the log, the file, a temporary one. Its own code is the general one's.
    match error.code {
        ErrorCode::DiskFull => About::File(Obstacle::Full),
        ErrorCode::ReadOnly | ErrorCode::PermissionDenied => About::File(Obstacle::ReadOnly),
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed => {
            About::File(Obstacle::Locked)
        }
        ErrorCode::SystemIoFailure | ErrorCode::CannotOpen | ErrorCode::NotADatabase => About::File(Obstacle::Broken),
        _ => About::Other,
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::Error as E;
        let about = match &error {
            E::SqliteFailure(code, _) | E::SqlInputError { error: code, .. } => about(*code),
            E::FromSqlConversionFailure(..)
            | E::IntegralValueOutOfRange(..)
            | E::InvalidColumnType(..)
            | E::Utf8Error(..) => About::Row,
            _ => About::Other,
        };
        // The library's sentence for a failed statement ends in its SQL, which is long and helps nobody here.
        let words = match error {
            E::SqlInputError { msg, .. } => msg,
            other => other.to_string(),
        };
        Self { about, words }
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        // Only the place: the words could quote a message.
        let words = format!("a row's JSON does not read ({:?} at line {})", error.classify(), error.line());
        Self { about: About::Row, words }
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        let about = match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => About::File(Obstacle::Full),
            std::io::ErrorKind::ReadOnlyFilesystem => About::File(Obstacle::ReadOnly),
            _ => About::Other,
        };
        Self { about, words: error.to_string() }
    }
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        match error.about {
            About::File(obstacle) => Self::Unavailable(obstacle, error.words),
            About::Row | About::Other => Self::Failed(error.words),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_a_files_way_is_told_from_what_a_row_holds() {
        for (code, expected) in [
            (ffi::SQLITE_FULL, Some(Obstacle::Full)),
            (ffi::SQLITE_READONLY, Some(Obstacle::ReadOnly)),
            (ffi::SQLITE_READONLY_DBMOVED, Some(Obstacle::ReadOnly)),
            (ffi::SQLITE_PERM, Some(Obstacle::ReadOnly)),
            (ffi::SQLITE_BUSY, Some(Obstacle::Locked)),
            (ffi::SQLITE_BUSY_SNAPSHOT, Some(Obstacle::Locked)),
            (ffi::SQLITE_IOERR_WRITE, Some(Obstacle::Broken)),
            (ffi::SQLITE_CANTOPEN, Some(Obstacle::Broken)),
            (ffi::SQLITE_CONSTRAINT, None),
            (ffi::SQLITE_CORRUPT, None),
        ] {
            let error = Error::from(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None));
            assert_eq!((error.obstacle(), error.is_of_a_row()), (expected, false), "{code}");
        }
        assert!(Error::corrupt("kind of address").is_of_a_row());
        let json = serde_json::from_str::<i64>("x").unwrap_err();
        assert!(Error::from(json).is_of_a_row());
    }
}
