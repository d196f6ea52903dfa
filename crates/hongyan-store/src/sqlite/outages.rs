//! Accounts' outages on SQLite.

use super::{code::time, writer::Group};
use crate::error::Result;
use hongyan_core::Outage;
use rusqlite::{Connection, params};

/// The outages of an account, oldest first.
pub(crate) fn read(connection: &Connection, account: &str) -> Result<Vec<Outage>> {
    let mut statement =
        connection.prepare_cached("SELECT since, until FROM outages WHERE account = ?1 ORDER BY since")?;
    let mut rows = statement.query([account])?;
    let mut outages = Vec::new();
    while let Some(row) = rows.next()? {
        outages.push(Outage { since: time(row, 0)?, until: time(row, 1)? });
    }
    Ok(outages)
}

/// Puts these in the place of those that are there.
pub(crate) fn replace(group: &Group<'_>, account: &str, outages: &[Outage]) -> Result<()> {
    group.sql("DELETE FROM outages WHERE account = ?1")?.execute([account])?;
    let mut insert = group.sql("INSERT OR REPLACE INTO outages (account, since, until) VALUES (?1, ?2, ?3)")?;
    for outage in outages {
        insert.execute(params![account, outage.since.millis(), outage.until.millis()])?;
    }
    Ok(())
}
