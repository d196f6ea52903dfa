//! Leasing what is due: deliveries to send, deliveries whose process died, receipts to look at.

use super::{
    code::{PRIORITIES, address, delivery_id, delivery_state, get, handles, maybe_time, millis, part, time},
    writer::Group,
};
use crate::error::Result;
use hongyan_core::{Claim, Content, DeliveryId, DeliveryState, MessageId, Part, ReceiptTask, Target, Time};
use rusqlite::{Connection, OptionalExtension, params};
use std::{collections::HashMap, sync::Arc};

/// Claims as the writer reads them: contents are left unparsed, once per message, for the caller's thread.
#[derive(Default)]
pub(crate) struct Raw {
    contents: Vec<String>,
    seen: HashMap<MessageId, (Time, Option<Time>)>,
    /// Where a message's content is, by its wording's number; 0 is the message's own.
    placed: HashMap<(MessageId, i64), usize>,
    claims: Vec<RawClaim>,
}

struct RawClaim {
    id: DeliveryId,
    made_at: Time,
    content: usize,
    ready: bool,
    part: Option<Part>,
    targets: Vec<Target>,
    attempts: u32,
    repeat_of: Option<Time>,
    expires_at: Option<Time>,
}

impl Raw {
    /// Adds a delivery with the recipients that are in the statement's states.
    fn add(&mut self, connection: &Connection, delivery: &Found, states: &'static str) -> Result<()> {
        let id = delivery.id;
        let (made_at, expires_at) = match self.seen.get(&id.message) {
            Some(known) => *known,
            None => {
                let mut message = connection.prepare_cached("SELECT at, expires_at FROM messages WHERE id = ?1")?;
                let mut rows = message.query([id.message.get()])?;
                // A delivery whose message is gone cannot be: both go in one transaction.
                let Some(row) = rows.next()? else { return Ok(()) };
                let known = (time(row, 0)?, maybe_time(row, 1)?);
                self.seen.insert(id.message, known);
                known
            }
        };
        let number = delivery.wording.unwrap_or(0);
        let content = match self.placed.get(&(id.message, number)) {
            Some(place) => *place,
            None => {
                let Some(text) = content(connection, id.message, number)? else { return Ok(()) };
                self.contents.push(text);
                self.placed.insert((id.message, number), self.contents.len() - 1);
                self.contents.len() - 1
            }
        };
        self.claims.push(RawClaim {
            id,
            made_at,
            content,
            ready: delivery.wording.is_some(),
            part: delivery.part,
            targets: targets(connection, id, states)?,
            attempts: delivery.attempts,
            repeat_of: delivery.repeat_of,
            expires_at: expires_at.filter(|_| !delivery.unbound),
        });
        Ok(())
    }

    /// Parses the contents.
    pub(crate) fn finish(self) -> Result<Vec<Claim>> {
        let contents: Vec<Arc<Content>> =
            self.contents.iter().map(|text| Ok(Arc::new(serde_json::from_str(text)?))).collect::<Result<_>>()?;
        let claims = self.claims.into_iter();
        Ok(claims
            .map(|raw| Claim {
                id: raw.id,
                made_at: raw.made_at,
                content: Arc::clone(&contents[raw.content]),
                ready: raw.ready,
                part: raw.part,
                targets: raw.targets,
                attempts: raw.attempts,
                repeat_of: raw.repeat_of,
                expires_at: raw.expires_at,
            })
            .collect())
    }
}

/// What a message says (number 0), or one of its wordings.
fn content(connection: &Connection, id: MessageId, number: i64) -> Result<Option<String>> {
    if number == 0 {
        let mut statement = connection.prepare_cached("SELECT content FROM messages WHERE id = ?1")?;
        return Ok(statement.query_row([id.get()], |row| row.get(0)).optional()?);
    }
    let mut statement = connection.prepare_cached("SELECT content FROM wordings WHERE message = ?1 AND number = ?2")?;
    Ok(statement.query_row(params![id.get(), number], |row| row.get(0)).optional()?)
}

/// A delivery that is to be leased, as found.
struct Found {
    id: DeliveryId,
    state: DeliveryState,
    attempts: u32,
    repeat_of: Option<Time>,
    unbound: bool,
    part: Option<Part>,
    /// The wording's number; `None` for one that is made of the content.
    wording: Option<i64>,
}

const DUE: &str =
    "SELECT message, number, state, attempts, repeat_of, unbound, part, parts, wording FROM deliveries INDEXED BY waiting
                   WHERE account = ?1 AND priority = ?2 AND due <= ?3 ORDER BY due LIMIT ?4";
const ORPHANED: &str =
    "SELECT message, number, state, attempts, repeat_of, unbound, part, parts, wording FROM deliveries INDEXED BY sending
                        WHERE account = ?1 AND lease < ?2 ORDER BY lease LIMIT ?3";

/// Leases what is due.
pub(crate) fn claim(group: &mut Group<'_>, account: &str, now: Time, lease: Time, limit: usize) -> Result<Raw> {
    let mut found = Vec::new();
    // One range of the index per priority: what is not due yet is never walked over.
    for priority in PRIORITIES {
        if found.len() >= limit {
            break;
        }
        let mut statement = group.sql(DUE)?;
        let rows = statement.query(params![account, priority.rank(), now.millis(), limit - found.len()])?;
        collect(rows, &mut found)?;
    }
    lease_all(group, account, lease, &found)
}

/// Leases what is under way with nobody behind it.
pub(crate) fn orphans(group: &mut Group<'_>, account: &str, now: Time, lease: Time) -> Result<Raw> {
    let mut found = Vec::new();
    let mut statement = group.sql(ORPHANED)?;
    collect(statement.query(params![account, now.millis(), ORPHANS])?, &mut found)?;
    lease_all(group, account, lease, &found)
}

/// Most orphans handed over at once; the next call gives the next ones.
const ORPHANS: usize = 1_000;

fn collect(mut rows: rusqlite::Rows<'_>, found: &mut Vec<Found>) -> Result<()> {
    while let Some(row) = rows.next()? {
        found.push(Found {
            id: delivery_id(row, 0)?,
            state: delivery_state(row, 2)?,
            attempts: get(row, 3)?,
            repeat_of: maybe_time(row, 4)?,
            unbound: get(row, 5)?,
            part: part(row, 6)?,
            wording: get(row, 8)?,
        });
    }
    Ok(())
}

fn lease_all(group: &mut Group<'_>, account: &str, lease: Time, found: &[Found]) -> Result<Raw> {
    let mut raw = Raw::default();
    let mut update =
        group.sql("UPDATE deliveries SET state = ?3, due = NULL, lease = ?4 WHERE message = ?1 AND number = ?2")?;
    for delivery in found {
        let id = delivery.id;
        let sending = DeliveryState::Sending;
        update.execute(params![id.message.get(), id.number, sending.number(), lease.millis()])?;
        group.depths.moved(account, Some(delivery.state), Some(sending));
        raw.add(group.connection, delivery, OPEN)?;
    }
    Ok(raw)
}

/// What an account sent since a time, by id from the one after `after`.
///
/// Walks over the deliveries by their key, since no index is kept for what is asked once per start.
pub(crate) fn sent_since(
    connection: &Connection,
    account: &str,
    since: Time,
    after: Option<DeliveryId>,
    limit: usize,
) -> Result<Raw> {
    let (message, number) = after.map_or((-1, 0), |id| (id.message.get(), id.number));
    let mut statement = connection.prepare_cached(
        "SELECT message, number, state, attempts, repeat_of, unbound, part, parts, wording FROM deliveries
         WHERE (message, number) > (?1, ?2) AND account = ?3 AND sent_at >= ?4 ORDER BY message, number LIMIT ?5",
    )?;
    let mut found = Vec::new();
    collect(statement.query(params![message, number, account, since.millis(), limit])?, &mut found)?;
    let mut raw = Raw::default();
    found.iter().try_for_each(|delivery| raw.add(connection, delivery, REACHED))?;
    Ok(raw)
}

/// Recipients that are `pending` or `unknown`.
const OPEN: &str = "SELECT number, kind, value, resolved FROM recipients
                    WHERE message = ?1 AND delivery = ?2 AND state IN (0, 6) ORDER BY number";
/// Recipients that are `sent`, `read` or `unread`.
const TAKEN: &str = "SELECT number, kind, value, resolved FROM recipients
                     WHERE message = ?1 AND delivery = ?2 AND state IN (1, 2, 3) ORDER BY number";

/// Recipients whom it reached or may have, taken back or not: a platform does not forget what was recalled.
const REACHED: &str = "SELECT number, kind, value, resolved FROM recipients
                       WHERE message = ?1 AND delivery = ?2 AND state IN (1, 2, 3, 6, 7) ORDER BY number";

/// The recipients of a delivery that are in the statement's states.
fn targets(connection: &Connection, id: DeliveryId, states: &'static str) -> Result<Vec<Target>> {
    let mut statement = connection.prepare_cached(states)?;
    let mut rows = statement.query(params![id.message.get(), id.number])?;
    let mut targets = Vec::new();
    while let Some(row) = rows.next()? {
        targets.push(Target { index: get(row, 0)?, address: address(row, 1)?, resolved: get(row, 3)? });
    }
    Ok(targets)
}

/// Hands out receipts that are due and puts their next look at `again`.
pub(crate) fn receipts_due(
    group: &Group<'_>,
    account: &str,
    now: Time,
    again: Time,
    limit: usize,
) -> Result<Vec<ReceiptTask>> {
    let mut tasks = Vec::new();
    let mut due = group.sql(
        "SELECT message, number, handles, sent_at, looks, repeat_of IS NOT NULL FROM deliveries INDEXED BY receipts
         WHERE account = ?1 AND receipt_at <= ?2 ORDER BY receipt_at LIMIT ?3",
    )?;
    let mut rows = due.query(params![account, now.millis(), limit])?;
    while let Some(row) = rows.next()? {
        let id = delivery_id(row, 0)?;
        tasks.push(ReceiptTask {
            id,
            handles: handles(row, 2)?,
            sent_at: maybe_time(row, 3)?.unwrap_or_else(|| id.message.made_at()),
            looks: get(row, 4)?,
            repeated: get(row, 5)?,
            targets: Vec::new(),
        });
    }
    drop(rows);
    // Only now: changing the index while walking along it would meet the changed entries again.
    let mut update = group.sql("UPDATE deliveries SET receipt_at = ?3 WHERE message = ?1 AND number = ?2")?;
    for task in &mut tasks {
        update.execute(params![task.id.message.get(), task.id.number, millis(Some(again))])?;
        task.targets = targets(group.connection, task.id, TAKEN)?;
    }
    Ok(tasks)
}
