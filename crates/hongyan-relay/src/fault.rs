//! What stands between the table and its user.

use std::fmt;

/// What kind of trouble it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The table's name cannot be one.
    Name,
    /// The file cannot be opened, or is no SQLite database.
    Open,
    /// The database has no such table.
    NoTable,
    /// The table is there and lacks columns.
    OtherTable,
    /// The message is no JSON object.
    NotJson,
    /// The key is in the table with another message.
    Conflict,
    /// Others kept the database locked for longer than the busy time-out.
    Busy,
    /// The gateway does not let this key in, or the key lacks a scope: nothing goes on without somebody's help.
    Access,
    /// The gateway cannot be reached, as far as anybody waited for it.
    Gateway,
    /// Anything else that SQLite says, such as a full disk.
    Database,
}

/// Trouble with the table or with the gateway behind it. Its text says what to do next and holds no key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What kind.
    pub kind: Kind,
    /// In a sentence.
    pub message: String,
}

impl Fault {
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Code;
        match error.sqlite_error_code() {
            Some(Code::DatabaseBusy | Code::DatabaseLocked) => Self::new(
                Kind::Busy,
                "the database is locked by somebody else's transaction: end it, or try again · 数据库被其他事务锁定",
            ),
            Some(Code::CannotOpen | Code::NotADatabase) => {
                Self::new(Kind::Open, format!("the database cannot be opened: {error} · 无法打开数据库"))
            }
            Some(Code::ReadOnly) => Self::new(
                Kind::Database,
                format!("the database cannot be written: {error}; give the relay the right to write it · 数据库只读"),
            ),
            _ => Self::new(Kind::Database, format!("the database said: {error}")),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}
