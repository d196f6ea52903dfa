//! How many calls accounts made lately, on SQLite.

use super::code::get;
use crate::error::Result;
use hongyan_core::Time;
use rusqlite::{Connection, params};
use std::collections::BTreeMap;

/// Calls are known for so many seconds: a longer limit is kept for a day.
const KEPT_SECONDS: i64 = 86_400;

/// The calls of one group, written once with it: by second and account.
#[derive(Debug, Default)]
pub(crate) struct Calls(BTreeMap<(i64, String), usize>);

impl Calls {
    /// Adds calls that had ended by then.
    pub(crate) fn add(&mut self, account: &str, at: Time, calls: usize) {
        let second = at.millis().saturating_add(999).div_euclid(1_000);
        *self.0.entry((second, account.to_owned())).or_default() += calls;
    }

    /// Writes them down, and forgets those of long ago.
    pub(crate) fn write(&self, connection: &Connection) -> Result<()> {
        for ((second, account), calls) in &self.0 {
            connection
                .prepare_cached(
                    "INSERT INTO calls (second, account, calls) VALUES (?1, ?2, ?3)
                     ON CONFLICT DO UPDATE SET calls = calls + excluded.calls",
                )?
                .execute(params![second, account, calls])?;
        }
        if let Some(((newest, _), _)) = self.0.last_key_value() {
            connection.prepare_cached("DELETE FROM calls WHERE second < ?1")?.execute([newest - KEPT_SECONDS])?;
        }
        Ok(())
    }
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
