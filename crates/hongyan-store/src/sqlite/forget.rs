//! Retention: forgetting old messages a little at a time, so that the writer is never held up for long.

use super::{addressed, code::get, writer::Group};
use crate::error::Result;
use hongyan_core::{MessageId, Time};
use rusqlite::{Connection, params};

/// Rows that one commit takes out, about.
pub(crate) const ROWS: usize = 2_000;

/// A message to forget.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Old {
    pub(crate) id: MessageId,
    /// Rows it consists of.
    pub(crate) rows: usize,
}

/// Old messages with nothing waiting: no delivery due, under way, or watched for receipts.
///
/// Looks at those after `after` only, oldest first.
pub(crate) fn find(connection: &Connection, after: Option<MessageId>, before: Time, limit: usize) -> Result<Vec<Old>> {
    let mut statement = connection.prepare_cached(
        "SELECT m.id, (SELECT ifnull(sum(1 + d.recipients), 0) FROM deliveries d WHERE d.message = m.id)
         FROM messages m
         WHERE m.id > ?1 AND m.id < ?2 AND NOT EXISTS (
             SELECT 1 FROM deliveries d WHERE d.message = m.id
             AND (d.due IS NOT NULL OR d.lease IS NOT NULL OR d.receipt_at IS NOT NULL))
         ORDER BY m.id LIMIT ?3",
    )?;
    let first = MessageId::first_at(before).get();
    let mut rows = statement.query(params![after.map_or(-1, MessageId::get), first, limit])?;
    let mut old = Vec::new();
    while let Some(row) = rows.next()? {
        old.push(Old { id: MessageId::from_raw(get(row, 0)?), rows: get(row, 1)? });
    }
    Ok(old)
}

/// Takes out up to [`ROWS`] recipients of a large message; `true` when there may be more.
///
/// A crash between two of these leaves a message with fewer recipients, which the next round forgets wholly.
pub(crate) fn trim(group: &Group<'_>, id: MessageId) -> Result<bool> {
    addressed::remove(group, id, i64::try_from(ROWS).unwrap_or(-1))?;
    let gone = group
        .sql(
            "DELETE FROM recipients WHERE (message, delivery, number) IN (
                 SELECT message, delivery, number FROM recipients WHERE message = ?1 LIMIT ?2)",
        )?
        .execute(params![id.get(), ROWS])?;
    Ok(gone == ROWS)
}

/// Takes messages out, unless something has begun to wait in them since they were found. Returns how many.
pub(crate) fn remove(group: &mut Group<'_>, ids: &[MessageId]) -> Result<u64> {
    let mut removed = 0;
    for id in ids {
        if waits(group, *id)? {
            continue;
        }
        count_out(group, *id)?;
        addressed::remove(group, *id, -1)?;
        for text in [
            "DELETE FROM recipients WHERE message = ?1",
            "DELETE FROM deliveries WHERE message = ?1",
            "DELETE FROM wordings WHERE message = ?1",
            "DELETE FROM handed WHERE message = ?1",
            "DELETE FROM idempotency WHERE (scope, key) = (SELECT scope, key FROM messages WHERE id = ?1) AND message = ?1",
        ] {
            group.sql(text)?.execute([id.get()])?;
        }
        removed += u64::try_from(group.sql("DELETE FROM messages WHERE id = ?1")?.execute([id.get()])?).unwrap_or(0);
    }
    Ok(removed)
}

fn waits(group: &Group<'_>, id: MessageId) -> Result<bool> {
    Ok(group
        .sql(
            "SELECT 1 FROM deliveries
             WHERE message = ?1 AND (due IS NOT NULL OR lease IS NOT NULL OR receipt_at IS NOT NULL)",
        )?
        .exists([id.get()])?)
}

fn count_out(group: &mut Group<'_>, id: MessageId) -> Result<()> {
    let mut statement = group.sql("SELECT account, state FROM deliveries WHERE message = ?1")?;
    let mut rows = statement.query([id.get()])?;
    while let Some(row) = rows.next()? {
        let account: String = get(row, 0)?;
        group.depths.left(&account, get(row, 1)?, None);
    }
    Ok(())
}
