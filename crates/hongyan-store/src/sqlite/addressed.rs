//! Finding a person's messages without an index that every accept would pay for.
//!
//! Recipients stay unindexed until some thousand have gathered; then the writer sorts them into a run, which is
//! appended. A search asks every run, the few that came too late for theirs (run 0), and reads the unindexed ones.
//! Measured with 5,000 people: a plain index doubles the CPU that an accept costs; runs are lost in the noise.

use super::{code::get, writer::Group};
use crate::error::Result;
use hongyan_core::MessageId;
use rusqlite::{Connection, params};

/// Recipients in a run, about. Sorting them in takes the writer some milliseconds.
const RUN: usize = 4_096;
/// Where what came late is.
const LATE: i64 = 0;

/// The writer's view: up to which message there are runs, and how many recipients came after.
#[derive(Debug)]
pub(crate) struct Runs {
    last: i64,
    unindexed: usize,
    makes_runs: bool,
}

impl Runs {
    /// As the file says.
    pub(crate) fn read(connection: &Connection) -> Result<Self> {
        let last = connection.query_row("SELECT ifnull(max(last), 0) FROM runs", [], |row| row.get(0))?;
        let unindexed =
            connection.query_row("SELECT count(*) FROM recipients WHERE message > ?1", [last], |row| row.get(0))?;
        Ok(Self { last, unindexed, makes_runs: true })
    }

    /// For a connection beside the gateway's: it makes no runs, and not knowing when one is made treats all as late.
    pub(crate) const fn beside() -> Self {
        Self { last: i64::MAX, unindexed: 0, makes_runs: false }
    }

    /// Up to which message there are runs.
    pub(crate) const fn last(&self) -> i64 {
        self.last
    }

    /// Between two groups: counts what came and makes a run of it once it is enough.
    pub(crate) fn after_commit(&mut self, connection: &Connection, recipients: usize) {
        self.unindexed += recipients;
        if !self.makes_runs || self.unindexed < RUN {
            return;
        }
        match make_run(connection, self.last) {
            Ok(last) => self.last = last,
            Err(error) => tracing::warn!(%error, "could not index recipients; they are found all the same, slowly"),
        }
        // After a failure the next try comes as much later.
        self.unindexed = 0;
    }
}

fn make_run(connection: &Connection, after: i64) -> Result<i64> {
    let tx = connection.unchecked_transaction()?;
    let last: i64 = tx.query_row("SELECT ifnull(max(id), ?1) FROM messages", [after], |row| row.get(0))?;
    if last > after {
        tx.prepare_cached(
            "INSERT OR IGNORE INTO addressed (run, value, message)
             SELECT ?2, value, message FROM recipients WHERE message > ?1 ORDER BY value, message",
        )?
        .execute(params![after, last])?;
        tx.prepare_cached("INSERT INTO runs (last) VALUES (?1)")?.execute([last])?;
    }
    tx.commit()?;
    Ok(last)
}

/// Puts in a recipient whose message came in below the last run's end.
pub(crate) fn insert_late(group: &Group<'_>, message: MessageId, value: &str) -> Result<()> {
    group.sql("INSERT OR IGNORE INTO addressed (run, value, message) VALUES (?1, ?2, ?3)")?.execute(params![
        LATE,
        value,
        message.get()
    ])?;
    Ok(())
}

/// Takes a message's recipients out, all or the first `limit` of them, as they are about to be deleted themselves.
pub(crate) fn remove(group: &Group<'_>, message: MessageId, limit: i64) -> Result<()> {
    let mut own = group.sql("SELECT last FROM runs WHERE last >= ?1 ORDER BY last LIMIT 1")?;
    let mut rows = own.query([message.get()])?;
    let own = rows.next()?.map(|row| get::<i64>(row, 0)).transpose()?;
    for run in [Some(LATE), own].into_iter().flatten() {
        group
            .sql(
                "DELETE FROM addressed WHERE run = ?2 AND message = ?1 AND value IN (
                     SELECT value FROM recipients WHERE message = ?1 LIMIT ?3)",
            )?
            .execute(params![message.get(), run, limit])?;
    }
    Ok(())
}

/// Takes out the names of runs that have become empty, except the last one, which says where the runs end.
pub(crate) fn drop_empty_runs(group: &Group<'_>) -> Result<()> {
    group
        .sql(
            "DELETE FROM runs WHERE last < (SELECT max(last) FROM runs)
             AND NOT EXISTS (SELECT 1 FROM addressed WHERE run = runs.last)",
        )?
        .execute([])?;
    Ok(())
}

/// Messages below `?1` to the address or platform id `?2`, newest first, at most `?3`.
pub(crate) const SEARCH: &str = "
    SELECT a.message FROM runs r CROSS JOIN addressed a ON a.run = r.last
    WHERE a.value = ?2 AND a.message < ?1
    UNION
    SELECT message FROM addressed WHERE run = 0 AND value = ?2 AND message < ?1
    UNION
    SELECT message FROM recipients
    WHERE message > (SELECT ifnull(max(last), 0) FROM runs) AND message < ?1 AND value = ?2
    UNION
    SELECT message FROM recipients INDEXED BY resolved WHERE resolved = ?2 AND message < ?1
    ORDER BY message DESC LIMIT ?3";
