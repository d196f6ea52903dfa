//! Opening connections, and bringing an older file up to date.

use crate::error::{Error, Result};
use rusqlite::{Connection, OpenFlags, TransactionBehavior, config::DbConfig};
use std::{path::Path, time::Duration};

/// Applied in order; a file's `user_version` says how many it has seen. Never edited once released.
const MIGRATIONS: &[&str] = &[
    include_str!("../../migrations/0001_outbox.sql"),
    include_str!("../../migrations/0002_parts.sql"),
    include_str!("../../migrations/0003_library.sql"),
    include_str!("../../migrations/0004_doors.sql"),
    include_str!("../../migrations/0005_leases.sql"),
    include_str!("../../migrations/0006_wordings.sql"),
    include_str!("../../migrations/0007_holders.sql"),
    include_str!("../../migrations/0008_outages.sql"),
    include_str!("../../migrations/0009_calls.sql"),
];

/// How long a tool waits for another process that holds the file's write lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the gateway's writer does: whoever waits for it wants an answer.
pub(crate) const WRITER_TIMEOUT: Duration = Duration::from_millis(1_500);

/// Greatest size the write-ahead log keeps on disk once it starts anew.
pub(crate) const WAL_LIMIT_BYTES: i64 = 64 << 20;

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Writes; checkpoints are run by others.
    Writer,
    /// Writes beside a gateway; checkpoints as SQLite does by itself.
    Guest,
    /// Only reads.
    Reader,
    /// Only runs checkpoints.
    Checkpointer,
}

/// Opens one connection of a role. `cache_kib` bounds its page cache.
pub(crate) fn connect(path: &Path, role: Role, cache_kib: u32) -> Result<Connection> {
    let access = if role == Role::Reader {
        OpenFlags::SQLITE_OPEN_READ_ONLY
    } else {
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE
    };
    // Each connection stays on one thread at a time, so SQLite needs no mutex around it.
    let connection = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(if role == Role::Writer { WRITER_TIMEOUT } else { BUSY_TIMEOUT })?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.pragma_update(None, "cache_size", -i64::from(cache_kib))?;
    connection.pragma_update(None, "mmap_size", 0)?;
    connection.pragma_update(None, "temp_store", "memory")?;
    // The schema declares none, and checking for them costs at every statement.
    connection.pragma_update(None, "foreign_keys", false)?;
    // Plans that do not depend on what is bound: else SQLite prepares a statement anew whenever a state changes.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    if role != Role::Reader {
        connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get::<_, String>(0))?;
        // An acknowledged commit is on disk: NORMAL would lose the last ones with the power.
        connection.pragma_update(None, "synchronous", "full")?;
        connection.pragma_update_and_check(None, "journal_size_limit", WAL_LIMIT_BYTES, |_| Ok(()))?;
    }
    if role == Role::Guest {
        // The log of a gateway that was killed stays where it is: the next start looks for it.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    }
    if role == Role::Writer || role == Role::Checkpointer {
        connection.pragma_update_and_check(None, "wal_autocheckpoint", 0, |_| Ok(()))?;
    }
    Ok(connection)
}

/// Brings the file up to this version's schema.
pub(crate) fn migrate(connection: &mut Connection) -> Result<()> {
    // Read again under the write lock: another process may be doing the same.
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: i64 = tx.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let seen = usize::try_from(version).ok().filter(|seen| *seen <= MIGRATIONS.len()).ok_or_else(|| {
        Error::new(format_args!(
            "the file has schema {version}, this version knows schemas up to {}: a newer hongyan has written it, use that one",
            MIGRATIONS.len()
        ))
    })?;
    for (number, migration) in MIGRATIONS.iter().enumerate().skip(seen) {
        tx.execute_batch(migration)?;
        tx.pragma_update(None, "user_version", number + 1)?;
        tracing::debug!(schema = number + 1, "migrated the store");
    }
    tx.commit()?;
    Ok(())
}

/// Runs something on the writer's connection that waits for other ones for `patience` at most.
pub(crate) fn with_patience<T>(
    connection: &Connection,
    patience: Duration,
    act: impl FnOnce() -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    connection.busy_timeout(patience)?;
    let done = act();
    connection.busy_timeout(WRITER_TIMEOUT)?;
    done
}
