//! Leasing what is due: deliveries to send, deliveries whose process died, receipts to look at.
//!
//! A row that cannot be read is leased like the others and says so: it must not keep them back.

use super::{
    code::{PRIORITIES, address, delivery_id, get, handles, maybe_time, millis, part, time},
    writer::Group,
};
use crate::error::{Error, Result};
use hongyan_core::{Claim, Content, DeliveryId, DeliveryState, MessageId, Part, Priority, ReceiptTask, Target, Time};
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::{collections::HashMap, sync::Arc, time::Duration};

/// Claims as the writer reads them: contents are left unparsed, once per message, for the caller's thread.
#[derive(Default)]
pub(crate) struct Raw {
    contents: Vec<String>,
    seen: HashMap<MessageId, Seen>,
    /// Where a message's content is, by its wording's number; 0 is the message's own.
    placed: HashMap<(MessageId, i64), usize>,
    claims: Vec<(Claim, Option<usize>)>,
}

/// What is read of a message once: when it was accepted, its `send_at` and its `expires_at`.
type Seen = (Time, Option<Time>, Option<Time>);

impl Raw {
    /// Adds a delivery with the recipients that are in the statement's states.
    fn add(&mut self, connection: &Connection, delivery: Found, states: &'static str) -> Result<()> {
        let id = delivery.id;
        let mut unreadable = delivery.unreadable;
        let message = of_the_row(self.message(connection, id.message), &mut unreadable)?;
        let number = delivery.wording.unwrap_or(0);
        let content = of_the_row(self.content(connection, id.message, number), &mut unreadable)?;
        let (targets, unreadable_targets) = targets(connection, id, states)?;
        let (made_at, send_at, expires_at) = message.unwrap_or((id.message.made_at(), None, None));
        let claim = Claim {
            id,
            made_at,
            due: delivery.due.unwrap_or(made_at),
            first_due: send_at.unwrap_or(made_at).max(made_at),
            content: Arc::default(),
            ready: delivery.wording.is_some(),
            part: delivery.part,
            targets,
            unreadable_targets,
            attempts: delivery.attempts,
            repeat_of: delivery.repeat_of,
            first_call_at: delivery.repeat_of.or(delivery.first_call_at).unwrap_or(made_at),
            expires_at: expires_at.filter(|_| !delivery.unbound),
            unreadable: unreadable.map(|error| error.to_string()),
        };
        self.claims.push((claim, content));
        Ok(())
    }

    /// When a message was accepted, from when on and until when it may go.
    fn message(&mut self, connection: &Connection, id: MessageId) -> Result<Seen> {
        if let Some(known) = self.seen.get(&id) {
            return Ok(*known);
        }
        let mut statement = connection.prepare_cached("SELECT at, send_at, expires_at FROM messages WHERE id = ?1")?;
        let mut rows = statement.query([id.get()])?;
        let row = rows.next()?.ok_or_else(|| Error::corrupt("message"))?;
        let known = (time(row, 0)?, maybe_time(row, 1)?, maybe_time(row, 2)?);
        self.seen.insert(id, known);
        Ok(known)
    }

    /// Where a content is among those read.
    fn content(&mut self, connection: &Connection, id: MessageId, number: i64) -> Result<usize> {
        if let Some(place) = self.placed.get(&(id, number)) {
            return Ok(*place);
        }
        let text = content(connection, id, number)?.ok_or_else(|| Error::corrupt("wording"))?;
        self.contents.push(text);
        self.placed.insert((id, number), self.contents.len() - 1);
        Ok(self.contents.len() - 1)
    }

    /// Parses the contents.
    pub(crate) fn finish(self) -> Vec<Claim> {
        let contents: Vec<Result<Arc<Content>>> =
            self.contents.iter().map(|text| Ok(Arc::new(serde_json::from_str(text)?))).collect();
        let mut claims = Vec::with_capacity(self.claims.len());
        for (mut claim, content) in self.claims {
            match content.map(|at| &contents[at]) {
                Some(Ok(content)) => claim.content = Arc::clone(content),
                Some(Err(error)) => claim.unreadable = Some(error.to_string()),
                None => {}
            }
            claims.push(claim);
        }
        claims
    }
}

/// What was read; an error of the row alone is noted and no error.
fn of_the_row<T>(read: Result<T>, unreadable: &mut Option<Error>) -> Result<Option<T>> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(error) if error.is_of_a_row() => {
            unreadable.get_or_insert(error);
            Ok(None)
        }
        Err(error) => Err(error),
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
    /// Its number, known or not.
    state: i64,
    attempts: u32,
    repeat_of: Option<Time>,
    first_call_at: Option<Time>,
    unbound: bool,
    part: Option<Part>,
    unreadable: Option<Error>,
    /// The wording's number; `None` for one that is made of the content.
    wording: Option<i64>,
    /// When it was due, of what waited.
    due: Option<Time>,
}

impl Found {
    fn read(row: &Row<'_>) -> Result<Self> {
        let mut unreadable = None;
        let state = get(row, 2)?;
        if DeliveryState::from_number(state).is_none() {
            unreadable = Some(Error::corrupt("delivery state"));
        }
        Ok(Self {
            id: delivery_id(row, 0)?,
            state,
            attempts: of_the_row(get(row, 3), &mut unreadable)?.unwrap_or_default(),
            repeat_of: of_the_row(maybe_time(row, 4), &mut unreadable)?.flatten(),
            unbound: of_the_row(get(row, 5), &mut unreadable)?.unwrap_or_default(),
            part: of_the_row(part(row, 6), &mut unreadable)?.flatten(),
            wording: of_the_row(get(row, 8), &mut unreadable)?.flatten(),
            first_call_at: of_the_row(maybe_time(row, 9), &mut unreadable)?.flatten(),
            due: of_the_row(maybe_time(row, 10), &mut unreadable)?.flatten(),
            unreadable,
        })
    }
}

const DUE: &str = "SELECT message, number, state, attempts, repeat_of, unbound, part, parts, wording, leased_at, due
                   FROM deliveries INDEXED BY waiting
                   WHERE account = ?1 AND priority = ?2 AND due <= ?3 ORDER BY due LIMIT ?4";
/// Of priorities that this version does not know.
const DUE_OF_ANY: &str =
    "SELECT message, number, state, attempts, repeat_of, unbound, part, parts, wording, leased_at, due
                          FROM deliveries INDEXED BY waiting
                          WHERE account = ?1 AND (priority < ?2 OR priority > ?3) AND due <= ?4
                          ORDER BY priority, due LIMIT ?5";
const ORPHANED: &str =
    "SELECT message, number, state, attempts, repeat_of, unbound, part, parts, wording, leased_at, due
                        FROM deliveries INDEXED BY sending
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
    if found.len() < limit {
        let mut statement = group.sql(DUE_OF_ANY)?;
        let ranks = PRIORITIES.map(Priority::rank);
        let (least, greatest) = (ranks.iter().min(), ranks.iter().max());
        let rows = statement.query(params![account, least, greatest, now.millis(), limit - found.len()])?;
        collect(rows, &mut found)?;
    }
    for delivery in &mut found {
        delivery.first_call_at = Some(now);
    }
    lease_all(group, account, lease, found)
}

/// Leases what waits past its message's end. Walks over all that waits of the account.
pub(crate) fn expired(group: &mut Group<'_>, account: &str, now: Time, lease: Time, limit: usize) -> Result<Raw> {
    let mut found = Vec::new();
    let mut statement = group.sql(EXPIRED)?;
    collect(statement.query(params![account, now.millis(), limit])?, &mut found)?;
    for delivery in &mut found {
        delivery.first_call_at = Some(now);
    }
    lease_all(group, account, lease, found)
}

const EXPIRED: &str =
    "SELECT message, number, state, attempts, repeat_of, unbound, part, parts, wording, leased_at, due
                       FROM deliveries d INDEXED BY waiting
                       WHERE account = ?1 AND due IS NOT NULL AND unbound = 0
                         AND EXISTS (SELECT 1 FROM messages m WHERE m.id = d.message AND m.expires_at <= ?2)
                       LIMIT ?3";

/// Of a delivery that waits for a pause to end, or for its turn, and not for its message's `send_at`.
macro_rules! waits_for_no_date {
    () => {
        "NOT EXISTS (SELECT 1 FROM messages m WHERE m.id = deliveries.message AND m.send_at = deliveries.due)"
    };
}

/// Moves what waits, and the looks at receipts, with a clock that was set.
pub(crate) fn clock_stepped(group: &Group<'_>, account: &str, by_ms: i64) -> Result<u64> {
    let moved = group
        .sql(concat!(
            "UPDATE deliveries SET due = due + ?2 WHERE account = ?1 AND due IS NOT NULL AND ",
            waits_for_no_date!()
        ))?
        .execute(params![account, by_ms])?;
    group
        .sql("UPDATE deliveries SET receipt_at = receipt_at + ?2 WHERE account = ?1 AND receipt_at IS NOT NULL")?
        .execute(params![account, by_ms])?;
    Ok(moved as u64)
}

/// Makes due now what is further off than any pause; what no call was made of has none.
pub(crate) fn reanchor(group: &Group<'_>, account: &str, now: Time, longest: Duration) -> Result<u64> {
    let furthest = (now + longest).millis();
    let anchored = group
        .sql(concat!(
            "UPDATE deliveries SET due = ?2 WHERE account = ?1 AND due > iif(history IS NULL, ?2, ?3) AND ",
            waits_for_no_date!()
        ))?
        .execute(params![account, now.millis(), furthest])?;
    let looks = group
        .sql("UPDATE deliveries SET receipt_at = ?2 WHERE account = ?1 AND receipt_at > ?3")?
        .execute(params![account, now.millis(), furthest])?;
    Ok((anchored + looks) as u64)
}

/// Leases what is under way with nobody behind it.
pub(crate) fn orphans(group: &mut Group<'_>, account: &str, now: Time, lease: Time) -> Result<Raw> {
    let mut found = Vec::new();
    let mut statement = group.sql(ORPHANED)?;
    collect(statement.query(params![account, now.millis(), ORPHANS])?, &mut found)?;
    if !found.is_empty() {
        // Their calls may have been made, at any time up to now.
        group.calls.add(account, now, found.len());
    }
    lease_all(group, account, lease, found)
}

/// Most orphans handed over at once; the next call gives the next ones.
const ORPHANS: usize = 1_000;

fn collect(mut rows: rusqlite::Rows<'_>, found: &mut Vec<Found>) -> Result<()> {
    while let Some(row) = rows.next()? {
        found.push(Found::read(row)?);
    }
    Ok(())
}

fn lease_all(group: &mut Group<'_>, account: &str, lease: Time, found: Vec<Found>) -> Result<Raw> {
    let mut raw = Raw::default();
    let mut update = group.sql(
        "UPDATE deliveries SET state = ?3, due = NULL, lease = ?4, leased_at = ?5 WHERE message = ?1 AND number = ?2",
    )?;
    for delivery in found {
        let id = delivery.id;
        let sending = DeliveryState::Sending;
        let leased_at = millis(delivery.first_call_at);
        update.execute(params![id.message.get(), id.number, sending.number(), lease.millis(), leased_at])?;
        group.depths.left(account, delivery.state, Some(sending));
        raw.add(group.connection, delivery, OPEN)?;
    }
    Ok(raw)
}

/// Lets leases go on.
pub(crate) fn renew(group: &Group<'_>, deliveries: &[DeliveryId], lease: Time) -> Result<()> {
    let mut update =
        group.sql("UPDATE deliveries SET lease = ?3 WHERE message = ?1 AND number = ?2 AND lease IS NOT NULL")?;
    for id in deliveries {
        update.execute(params![id.message.get(), id.number, lease.millis()])?;
    }
    Ok(())
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
        "SELECT message, number, state, attempts, NULL, unbound, part, parts, wording, sent_at, due FROM deliveries
         WHERE (message, number) > (?1, ?2) AND account = ?3 AND sent_at >= ?4 ORDER BY message, number LIMIT ?5",
    )?;
    let mut found = Vec::new();
    collect(statement.query(params![message, number, account, since.millis(), limit])?, &mut found)?;
    let mut raw = Raw::default();
    found.into_iter().try_for_each(|delivery| raw.add(connection, delivery, REACHED))?;
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

/// The recipients of a delivery that are in the statement's states, and the numbers of those whose address cannot be
/// read.
fn targets(connection: &Connection, id: DeliveryId, states: &'static str) -> Result<(Vec<Target>, Vec<u32>)> {
    let mut statement = connection.prepare_cached(states)?;
    let mut rows = statement.query(params![id.message.get(), id.number])?;
    let (mut targets, mut unreadable) = (Vec::new(), Vec::new());
    while let Some(row) = rows.next()? {
        let index = get(row, 0)?;
        match address(row, 1).and_then(|address| Ok(Target { index, address, resolved: get(row, 3)? })) {
            Ok(target) => targets.push(target),
            Err(error) if error.is_of_a_row() => unreadable.push(index),
            Err(error) => return Err(error),
        }
    }
    Ok((targets, unreadable))
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
            // One that cannot be read has nothing to ask by, and its look is over at once.
            handles: of_the_row(handles(row, 2), &mut None)?.unwrap_or_default(),
            sent_at: maybe_time(row, 3)?.unwrap_or_else(|| id.message.made_at()),
            looks: of_the_row(get(row, 4), &mut None)?.unwrap_or(u32::MAX),
            repeated: get(row, 5)?,
            targets: Vec::new(),
        });
    }
    drop(rows);
    // Only now: changing the index while walking along it would meet the changed entries again.
    let mut update = group.sql("UPDATE deliveries SET receipt_at = ?3 WHERE message = ?1 AND number = ?2")?;
    for task in &mut tasks {
        update.execute(params![task.id.message.get(), task.id.number, millis(Some(again))])?;
        // Of whom the address cannot be read, nothing can be said.
        task.targets = targets(group.connection, task.id, TAKEN)?.0;
    }
    Ok(tasks)
}
