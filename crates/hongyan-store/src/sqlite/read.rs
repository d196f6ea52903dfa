//! Looking things up: messages, ledgers, lists, due times.

use super::addressed::SEARCH;
use super::code::{
    address, delivery_id, delivery_state, get, handles, maybe_time, part, priority, reason, recipient_state, time,
};
use crate::error::Result;
use hongyan_core::{
    Address, AddressKind, AttemptRow, Content, DeliveryRow, DeliveryState, Filter, LedgerRow, MessageId, MessageRow,
    MessageState, Page, Priority, Reason, RecipientState, Time,
};
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::collections::BTreeMap;

/// Messages that one page looks at most. A page that finds less in them says where to go on.
const SCANNED: usize = 20_000;

/// One message with its deliveries. What of it cannot be read is named and left empty.
pub(crate) fn message(connection: &Connection, id: MessageId) -> Result<Option<MessageRow>> {
    let mut statement = connection
        .prepare_cached("SELECT at, priority, send_at, expires_at, labels, content FROM messages WHERE id = ?1")?;
    let mut rows = statement.query([id.get()])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let mut odd = Odd::default();
    let content = get::<String>(row, 5).and_then(|text| Ok(serde_json::from_str(&text)?));
    let labels = get::<Option<String>>(row, 4).and_then(|text| read_labels(text.as_deref()));
    let recipients = counts(connection, id, &mut odd)?;
    Ok(Some(MessageRow {
        id,
        at: odd.or("at", time(row, 0), id.made_at())?,
        state: MessageState::of(&recipients),
        content: odd.or("content", content, Content::default())?,
        labels: odd.or("labels", labels, BTreeMap::new())?,
        priority: odd.or("priority", priority(row, 1), Priority::Normal)?,
        send_at: odd.or("send_at", maybe_time(row, 2), None)?,
        expires_at: odd.or("expires_at", maybe_time(row, 3), None)?,
        recipients,
        deliveries: deliveries(connection, id, &mut odd)?,
        unreadable: odd.0,
    }))
}

/// Fields that could not be read.
#[derive(Default)]
struct Odd(Vec<String>);

impl Odd {
    /// What was read, or something in its place and the field's name noted.
    fn or<T>(&mut self, field: impl Into<String>, read: Result<T>, otherwise: T) -> Result<T> {
        match read {
            Err(error) if error.is_of_a_row() => {
                self.0.push(field.into());
                Ok(otherwise)
            }
            read => read,
        }
    }
}

/// A recipient in a state that is not known counts as `unknown`.
fn counts(connection: &Connection, id: MessageId, odd: &mut Odd) -> Result<BTreeMap<RecipientState, u64>> {
    let mut statement =
        connection.prepare_cached("SELECT state, count(*) FROM recipients WHERE message = ?1 GROUP BY state")?;
    let mut rows = statement.query([id.get()])?;
    let mut counts = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let state = odd.or("recipients", recipient_state(row, 0), RecipientState::Unknown)?;
        *counts.entry(state).or_default() += get::<u64>(row, 1)?;
    }
    Ok(counts)
}

fn deliveries(connection: &Connection, id: MessageId, odd: &mut Odd) -> Result<Vec<DeliveryRow>> {
    let mut statement = connection.prepare_cached(
        "SELECT message, number, account, state, recipients, attempts, due, handles, sent_at, repeat_of, history,
                part, parts
         FROM deliveries WHERE message = ?1 ORDER BY number",
    )?;
    let mut rows = statement.query([id.get()])?;
    let mut deliveries = Vec::new();
    while let Some(row) = rows.next()? {
        let at = deliveries.len();
        let field = |name: &str| format!("deliveries[{at}].{name}");
        deliveries.push(DeliveryRow {
            id: delivery_id(row, 0)?,
            account: odd.or(field("account"), get(row, 2), String::new())?,
            state: odd.or(field("state"), delivery_state(row, 3), DeliveryState::Unknown)?,
            recipients: odd.or(field("recipients"), get(row, 4), 0)?,
            part: odd.or(field("part"), part(row, 11), None)?,
            attempts: odd.or(field("attempts"), get(row, 5), 0)?,
            due: odd.or(field("due"), maybe_time(row, 6), None)?,
            handles: odd.or(field("handles"), handles(row, 7), Vec::new())?,
            sent_at: odd.or(field("sent_at"), maybe_time(row, 8), None)?,
            repeated: odd.or(field("repeated"), get::<Option<i64>>(row, 9), None)?.is_some(),
            history: odd.or(field("history"), history(row, 10), Vec::new())?,
        });
    }
    Ok(deliveries)
}

fn history(row: &Row<'_>, column: usize) -> Result<Vec<AttemptRow>> {
    let text: Option<String> = get(row, column)?;
    text.map_or_else(|| Ok(Vec::new()), |text| Ok(serde_json::from_str(&text)?))
}

/// A row per recipient. One that cannot be read is `unknown`, reason `unreadable`, with what of it can be shown.
pub(crate) fn recipients(connection: &Connection, id: MessageId) -> Result<Vec<LedgerRow>> {
    let mut statement = connection.prepare_cached(
        "SELECT r.message, r.delivery, d.account, r.kind, r.value, r.resolved, r.state, r.code, r.words, r.at,
                d.part, d.parts
         FROM deliveries d CROSS JOIN recipients r ON r.message = d.message AND r.delivery = d.number
         WHERE d.message = ?1 ORDER BY r.delivery, r.number",
    )?;
    let mut rows = statement.query([id.get()])?;
    let mut ledger = Vec::new();
    while let Some(row) = rows.next()? {
        let mut odd = Odd::default();
        let value = odd.or("address", get::<String>(row, 4), String::new())?;
        let address = odd.or("address", address(row, 3), Address::new(AddressKind::Userid, value))?;
        let mut shown = LedgerRow {
            delivery: delivery_id(row, 0)?,
            account: odd.or("account", get(row, 2), String::new())?,
            part: odd.or("part", part(row, 10), None)?,
            address,
            resolved: odd.or("resolved", get(row, 5), None)?,
            state: odd.or("state", recipient_state(row, 6), RecipientState::Unknown)?,
            reason: odd.or("reason", reason(row, 7), None)?,
            at: odd.or("at", time(row, 9), id.made_at())?,
        };
        odd.0.dedup();
        if !odd.0.is_empty() {
            shown.reason = Some(Reason { message: odd.0.join(", "), ..Reason::ours("unreadable") });
        }
        ledger.push(shown);
    }
    Ok(ledger)
}

/// The earliest due time of what waits: the first entry of each priority's range, and of those that are not known.
pub(crate) fn next_due(connection: &Connection, account: &str) -> Result<Option<Time>> {
    let mut statement = connection.prepare_cached(
        "SELECT min(due) FROM (
             SELECT (SELECT due FROM deliveries INDEXED BY waiting
                     WHERE account = ?1 AND priority = p.rank AND due IS NOT NULL ORDER BY due LIMIT 1) AS due
             FROM (SELECT 0 AS rank UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3) p
             UNION ALL SELECT min(due) FROM deliveries INDEXED BY waiting
             WHERE account = ?1 AND (priority < 0 OR priority > 3) AND due IS NOT NULL)",
    )?;
    Ok(statement.query_row([account], |row| row.get::<_, Option<i64>>(0))?.map(Time::from_millis))
}

/// The earliest `expires_at` of what waits.
pub(crate) fn next_end(connection: &Connection, account: &str) -> Result<Option<Time>> {
    let mut statement = connection.prepare_cached(
        "SELECT min((SELECT expires_at FROM messages m WHERE m.id = d.message))
         FROM deliveries d INDEXED BY waiting WHERE account = ?1 AND due IS NOT NULL AND unbound = 0",
    )?;
    Ok(statement.query_row([account], |row| row.get::<_, Option<i64>>(0))?.map(Time::from_millis))
}

/// The earliest receipt time.
pub(crate) fn next_receipt(connection: &Connection, account: &str) -> Result<Option<Time>> {
    let mut statement = connection.prepare_cached(
        "SELECT receipt_at FROM deliveries INDEXED BY receipts
         WHERE account = ?1 AND receipt_at IS NOT NULL ORDER BY receipt_at LIMIT 1",
    )?;
    Ok(statement.query_row([account], |row| row.get(0)).optional()?.map(Time::from_millis))
}

/// The greatest message id.
pub(crate) fn last_id(connection: &Connection) -> Result<Option<MessageId>> {
    let id: Option<i64> = connection.query_row("SELECT max(id) FROM messages", [], |row| row.get(0))?;
    Ok(id.map(MessageId::from_raw))
}

/// Messages, newest first.
pub(crate) fn list(connection: &Connection, filter: &Filter) -> Result<Page> {
    let limit = filter.limit.clamp(1, 1_000);
    let mut page = Page::default();
    let mut looked_at = 0;
    // An id bears the time at which it was made.
    let bound = |time: Option<Time>| time.map(|time| MessageId::first_at(time).get());
    let before = filter.before.map_or(i64::MAX, MessageId::get).min(bound(filter.until).unwrap_or(i64::MAX));
    let first = bound(filter.since).unwrap_or(i64::MIN);
    // A person's messages come from the runs; everything else from the newest message downwards.
    let mut candidates = connection.prepare_cached(if filter.recipient.is_some() {
        SEARCH
    } else {
        "SELECT id FROM messages WHERE id < ?1 AND ?2 IS NULL ORDER BY id DESC LIMIT ?3"
    })?;
    // One more than is looked at, so as to know whether there is more.
    let mut rows = candidates.query(params![before, filter.recipient, SCANNED + 1])?;
    let mut last = None;
    while let Some(row) = rows.next()? {
        if page.messages.len() == limit || looked_at == SCANNED {
            page.next = last;
            break;
        }
        let id = MessageId::from_raw(get(row, 0)?);
        if id.get() < first {
            break;
        }
        looked_at += 1;
        last = Some(id);
        if matches(connection, filter, id)? {
            page.messages.extend(message(connection, id)?);
        }
    }
    Ok(page)
}

/// Whether a message has the labels, the account and the state that are asked for.
fn matches(connection: &Connection, filter: &Filter, id: MessageId) -> Result<bool> {
    if !filter.labels.is_empty() {
        let labels = connection
            .prepare_cached("SELECT CAST(labels AS BLOB) FROM messages WHERE id = ?1")?
            .query_row([id.get()], |row| row.get::<_, Option<Vec<u8>>>(0))?
            .and_then(|bytes| String::from_utf8(bytes).ok());
        // Labels that cannot be read are none that anybody asks for.
        let labels = read_labels(labels.as_deref()).unwrap_or_default();
        if filter.labels.iter().any(|(key, value)| labels.get(key) != Some(value)) {
            return Ok(false);
        }
    }
    if let Some(account) = &filter.account
        && !connection
            .prepare_cached("SELECT 1 FROM deliveries WHERE message = ?1 AND account = ?2")?
            .exists(params![id.get(), account])?
    {
        return Ok(false);
    }
    Ok(match filter.state {
        Some(state) => connection
            .prepare_cached("SELECT 1 FROM recipients WHERE message = ?1 AND state = ?2")?
            .exists(params![id.get(), state.number()])?,
        None => true,
    })
}

fn read_labels(text: Option<&str>) -> Result<BTreeMap<String, String>> {
    Ok(text.map_or_else(|| Ok(BTreeMap::new()), serde_json::from_str)?)
}

/// What SQLite finds wrong with the file, and what does not add up in it.
pub(crate) fn check_integrity(connection: &Connection) -> Result<Vec<String>> {
    let mut statement = connection.prepare("PRAGMA integrity_check")?;
    let mut wrong: Vec<String> =
        statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()?;
    wrong.retain(|line| line != "ok");
    let half: i64 = connection.query_row(
        "SELECT count(*) FROM deliveries d WHERE NOT EXISTS (SELECT 1 FROM messages m WHERE m.id = d.message)",
        [],
        |row| row.get(0),
    )?;
    if half > 0 {
        wrong.push(format!("{half} deliveries have no message"));
    }
    let miscounted: i64 = connection.query_row(
        "SELECT count(*) FROM (SELECT account, state, count(*) AS n FROM deliveries GROUP BY account, state) c
         FULL JOIN (SELECT * FROM depths WHERE deliveries <> 0) d ON d.account = c.account AND d.state = c.state
         WHERE c.n IS NOT d.deliveries",
        [],
        |row| row.get(0),
    )?;
    if miscounted > 0 {
        wrong.push(format!("{miscounted} depths are not what there is"));
    }
    Ok(wrong)
}
