//! How many calls accounts made lately, on SQLite.

use super::{code::get, writer::Group};
use crate::error::Result;
use hongyan_core::Time;
use rusqlite::{Connection, params};

/// Calls are known for so many seconds: a longer limit is kept for a day.
const KEPT_SECONDS: i64 = 86_400;

/// Adds calls that had ended by then.
pub(crate) fn add(group: &Group<'_>, account: &str, at: Time, calls: usize) -> Result<()> {
    let second = at.millis().saturating_add(999).div_euclid(1_000);
    group
        .sql(
            "INSERT INTO calls (second, account, calls) VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET calls = calls + excluded.calls",
        )?
        .execute(params![second, account, calls])?;
    group.sql("DELETE FROM calls WHERE second < ?1")?.execute([second - KEPT_SECONDS])?;
    Ok(())
}

/// The calls of an account since then, oldest first.
pub(crate) fn since(connection: &Connection, account: &str, since: Time) -> Result<Vec<(Time, u32)>> {
    let mut statement = connection
        .prepare_cached("SELECT second, calls FROM calls WHERE second >= ?1 AND account = ?2 ORDER BY second")?;
    let mut rows = statement.query(params![since.millis().div_euclid(1_000), account])?;
    let mut calls = Vec::new();
    while let Some(row) = rows.next()? {
        let second: i64 = get(row, 0)?;
        calls.push((Time::from_millis(second.saturating_mul(1_000)), get(row, 1)?));
    }
    Ok(calls)
}
