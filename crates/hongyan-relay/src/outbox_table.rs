//! The table in the user's SQLite file: opened, written to and read as anybody may. The relay's own reads and writes
//! are in [`crate::work`].

use crate::{
    Fault, Kind, Row, name,
    row::{self},
};
use rusqlite::{Connection, OpenFlags, OptionalExtension, Transaction, TransactionBehavior, params};
use serde_json::value::RawValue;
use std::{
    fmt,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::Duration,
};

/// How long to wait for other people's transactions before giving up.
const BUSY: Duration = Duration::from_secs(5);

fn identity(path: &Path) -> Option<(u64, u64)> {
    std::fs::metadata(path).ok().map(|file| (file.dev(), file.ino()))
}

/// Whether a table that is not there is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Create {
    /// No: a file or a table that is not there is an error.
    Never,
    /// Yes: the file too.
    IfMissing,
}

/// An outbox table in a SQLite file of the user's. Changes nothing else in it: no other table, no journal mode.
pub struct OutboxTable {
    pub(crate) connection: Connection,
    pub(crate) table: String,
    path: PathBuf,
    /// The file that was opened: its device and number; `None` for what is no file.
    file: Option<(u64, u64)>,
}

impl fmt::Debug for OutboxTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutboxTable").field("table", &self.table).finish_non_exhaustive()
    }
}

impl OutboxTable {
    /// Opens a file and looks that the table is there.
    ///
    /// # Errors
    /// [`Kind::Name`], [`Kind::Open`], [`Kind::NoTable`], [`Kind::OtherTable`], [`Kind::Busy`], [`Kind::Database`].
    pub fn open(path: &Path, table: &str, create: Create) -> Result<Self, Fault> {
        name::check(table)?;
        // SQLite would take these for a database in memory, which ends with the call, or for an address.
        let text = path.to_string_lossy();
        if text.is_empty() || text.starts_with(':') || text.starts_with("file:") {
            let message = "the database is the path of a file; begin it with ./ or / · 请给出数据库文件的路径";
            return Err(Fault::new(Kind::Open, message));
        }
        let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        if create == Create::IfMissing {
            flags |= OpenFlags::SQLITE_OPEN_CREATE;
        } else if !path.exists() {
            let message =
                format!("{} is not there: give the database's file, or --create · 数据库文件不存在", path.display());
            return Err(Fault::new(Kind::Open, message));
        }
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(BUSY)?;
        connection.set_prepared_statement_cache_capacity(32);
        let this = Self { connection, table: table.to_owned(), path: path.to_owned(), file: identity(path) };
        this.check(create)?;
        Ok(this)
    }

    /// Looks that the file at the path is the one that is open: a restored backup is another file, and what is written
    /// there would be seen by nobody.
    ///
    /// # Errors
    /// [`Kind::Open`] when it is another file, or gone.
    pub(crate) fn check_file(&self) -> Result<(), Fault> {
        if self.file.is_none() || self.file == identity(&self.path) {
            return Ok(());
        }
        let message = format!(
            "{} was replaced or removed while it was open: start the relay again · 数据库文件已被替换，请重新启动",
            self.path.display()
        );
        Err(Fault::new(Kind::Open, message))
    }

    /// Looks for the columns, and makes the table if that is wanted.
    fn check(&self, create: Create) -> Result<(), Fault> {
        let mut there = self.columns()?;
        if there.is_empty() && create == Create::IfMissing {
            let change = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?;
            change.execute_batch(&name::sql(&self.table)?)?;
            change.commit()?;
            there = self.columns()?;
        }
        if there.is_empty() {
            let message = format!(
                "the database has no table {0}: run `hongyan relay --print-sql` in it, or give --create · 数据库中没有表 {0}",
                self.table
            );
            return Err(Fault::new(Kind::NoTable, message));
        }
        let wanted = row::COLUMNS.split(", ").chain(["tried_at", "due_at"]);
        let missing: Vec<&str> =
            wanted.filter(|column| !there.iter().any(|c| c.eq_ignore_ascii_case(column))).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let message = format!(
            "table {} lacks the columns {}: compare it with `hongyan relay --print-sql`, or give another --table · 表缺少列",
            self.table,
            missing.join(", ")
        );
        Err(Fault::new(Kind::OtherTable, message))
    }

    fn columns(&self) -> Result<Vec<String>, Fault> {
        let mut statement = self.connection.prepare("SELECT name FROM pragma_table_info(?1)")?;
        let names = statement.query_map([&self.table], |row| row.get(0))?;
        Ok(names.collect::<rusqlite::Result<_>>()?)
    }

    /// Writes a message into the table, in a commit of its own. The same key with the same message is the same row.
    /// Without a key the row gets one of its own.
    ///
    /// # Errors
    /// [`Kind::NotJson`], [`Kind::Conflict`], [`Kind::Busy`], [`Kind::Database`].
    pub fn put(&self, message_json: &str, key: Option<&str>) -> Result<Row, Fault> {
        let message = message_json.trim();
        let read = serde_json::from_str::<&RawValue>(message);
        if let Some(error) =
            read.err().map(|e| e.to_string()).or((!message.starts_with('{')).then(|| "it is none".into()))
        {
            let message = format!("the message is to be a JSON object: {error} · 消息须为 JSON 对象");
            return Err(Fault::new(Kind::NotJson, message));
        }
        let change = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?;
        let there = match key {
            Some(key) => self.by_column("key", key)?,
            None => None,
        };
        let row = match (there, key) {
            (Some(row), _) if row.message.trim() == message => row,
            (Some(row), _) => {
                let message = format!(
                    "row {} has this key with another message: one key is one message · 该键已用于另一条消息",
                    row.id
                );
                return Err(Fault::new(Kind::Conflict, message));
            }
            (None, key) => {
                let table = &self.table;
                match key {
                    Some(key) => change
                        .prepare_cached(&format!("INSERT INTO {table} (message, key) VALUES (?1, ?2)"))?
                        .execute(params![message, key])?,
                    None => change
                        .prepare_cached(&format!("INSERT INTO {table} (message) VALUES (?1)"))?
                        .execute([message])?,
                };
                self.by_id(change.last_insert_rowid())?
                    .ok_or_else(|| Fault::new(Kind::Database, "the row that was written is not there"))?
            }
        };
        change.commit()?;
        Ok(row)
    }

    /// The row with this key, else with this message id (`m…`), else at this place (a number); `None` without one.
    ///
    /// # Errors
    /// [`Kind::Busy`], [`Kind::Database`].
    pub fn status(&self, key_or_id: &str) -> Result<Option<Row>, Fault> {
        if let Some(row) = self.by_column("key", key_or_id)? {
            return Ok(Some(row));
        }
        match key_or_id.parse() {
            Ok(id) => self.by_id(id),
            Err(_) => self.by_column("message_id", key_or_id),
        }
    }

    /// How many rows the relay is not done with.
    ///
    /// # Errors
    /// [`Kind::Busy`], [`Kind::Database`].
    pub fn open_rows(&self) -> Result<u64, Fault> {
        // Both halves are indexed; a row is in one of them at most.
        let sql = format!(
            "SELECT (SELECT count(*) FROM {0} WHERE state = 'waiting')
                  + (SELECT count(*) FROM {0} WHERE due_at IS NOT NULL AND state <> 'waiting' AND settled = 0)",
            self.table
        );
        Ok(self.connection.prepare_cached(&sql)?.query_row([], |row| row.get(0))?)
    }

    fn by_id(&self, id: i64) -> Result<Option<Row>, Fault> {
        let sql = format!("SELECT {} FROM {} WHERE id = ?1", row::COLUMNS, self.table);
        Ok(self.connection.prepare_cached(&sql)?.query_row([id], Row::read).optional()?)
    }

    fn by_column(&self, column: &str, value: &str) -> Result<Option<Row>, Fault> {
        let sql = format!("SELECT {} FROM {} WHERE {column} = ?1", row::COLUMNS, self.table);
        Ok(self.connection.prepare_cached(&sql)?.query_row([value], Row::read).optional()?)
    }
}
