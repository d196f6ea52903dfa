//! Taking messages in: the hot path.

use super::{
    addressed,
    code::{kind_number, millis, wording_number},
    queue::Weight,
    writer::Group,
};
use crate::error::{Error, Result};
use hongyan_core::{Accepted, Content, DeliveryState, Idempotency, MessageId, NewMessage, RecipientState, Time};
use rusqlite::{Connection, OptionalExtension, Statement, params};

/// A message with what the caller's thread can prepare for the writer's.
pub(crate) struct Ready {
    message: NewMessage,
    labels: Option<String>,
    /// The file that its content names.
    file: Option<String>,
}

impl Ready {
    pub(crate) fn new(message: NewMessage) -> Result<Self> {
        let labels = if message.labels.is_empty() { None } else { Some(serde_json::to_string(&message.labels)?) };
        let file = named_by(&message.content);
        Ok(Self { message, labels, file })
    }

    pub(crate) fn weight(&self) -> Weight {
        let message = &self.message;
        let recipients: usize = message.deliveries.iter().map(|delivery| delivery.recipients.len()).sum();
        let rows = 1 + message.deliveries.len() + message.wordings.len() + recipients;
        let words: usize = message.wordings.iter().map(String::len).sum();
        // A recipient's strings and a row's place are about a hundred bytes.
        Weight { rows, bytes: message.content.len() + words + rows * 100 }
    }
}

/// Writes them, in order; each sees the idempotency keys of those before it.
pub(crate) fn insert(group: &mut Group<'_>, messages: &[Ready]) -> Result<Vec<Accepted>> {
    messages.iter().map(|ready| insert_one(group, ready)).collect()
}

fn insert_one(group: &mut Group<'_>, ready: &Ready) -> Result<Accepted> {
    let message = &ready.message;
    if let Some(before) = claim_key(group, message)? {
        return Ok(before);
    }
    let id = message.id.get();
    let key = message.idempotency.as_ref();
    group
        .sql(
            "INSERT INTO messages (id, at, priority, send_at, expires_at, scope, key, labels, content, file)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            id,
            message.at.millis(),
            message.priority.rank(),
            millis(message.send_at),
            millis(message.expires_at),
            key.map(|key| &key.scope),
            key.map(|key| &key.key),
            ready.labels,
            message.content,
            ready.file,
        ])?;
    if let Some(file) = &ready.file {
        touch(group, file, message.at)?;
    }
    for (number, content) in (1_u32..).zip(&message.wordings) {
        group
            .sql("INSERT INTO wordings (message, number, content) VALUES (?1, ?2, ?3)")?
            .execute(params![id, number, content])?;
    }
    let due = message.send_at.map_or(message.at, |send_at| send_at.max(message.at)).millis();
    let mut delivery_row = group.sql(
        "INSERT INTO deliveries (message, number, account, state, priority, recipients, due, part, parts, wording)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?;
    let mut recipient_row = group.sql(
        "INSERT INTO recipients (message, delivery, number, kind, state, at, value)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    for (number, delivery) in (1_u32..).zip(&message.deliveries) {
        delivery_row.execute(params![
            id,
            number,
            delivery.account,
            DeliveryState::Pending.number(),
            message.priority.rank(),
            delivery.recipients.len(),
            // A later part becomes due when the one before it ends.
            delivery.part.is_none_or(|part| part.number == 1).then_some(due),
            delivery.part.map(|part| part.number),
            delivery.part.map(|part| part.of),
            wording_number(delivery.wording),
        ])?;
        group.depths.moved(&delivery.account, None, Some(DeliveryState::Pending));
        group.recipients += delivery.recipients.len();
        for (index, recipient) in (0_u32..).zip(&delivery.recipients) {
            recipient_row.execute(params![
                id,
                number,
                index,
                kind_number(recipient.kind),
                RecipientState::Pending.number(),
                message.at.millis(),
                recipient.value,
            ])?;
            if id <= group.indexed_to {
                addressed::insert_late(group, message.id, &recipient.value)?;
            }
        }
    }
    Ok(Accepted::New(message.id))
}

/// Takes the message's idempotency key, or says who has it.
fn claim_key(group: &Group<'_>, message: &NewMessage) -> Result<Option<Accepted>> {
    let Some(key) = &message.idempotency else { return Ok(None) };
    let taken = group
        .sql(
            "INSERT INTO idempotency (scope, key, body_hash, message, at) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO NOTHING",
        )?
        .execute(params![key.scope, key.key, key.body_hash, message.id.get(), message.at.millis()])?;
    if taken == 1 {
        return Ok(None);
    }
    let before = known(&mut *group.sql(KNOWN)?, key)?;
    Ok(Some(before.ok_or_else(|| Error::new("an idempotency key was there and is not"))?))
}

/// Who has a key.
const KNOWN: &str = "SELECT message, body_hash FROM idempotency WHERE scope = ?1 AND key = ?2";

/// What is known of a key, without taking it.
pub(crate) fn keyed(connection: &Connection, key: &Idempotency) -> Result<Option<Accepted>> {
    known(&mut *connection.prepare_cached(KNOWN)?, key)
}

fn known(statement: &mut Statement<'_>, key: &Idempotency) -> Result<Option<Accepted>> {
    let there = statement
        .query_row(params![key.scope, key.key], |row| {
            Ok((MessageId::from_raw(row.get(0)?), row.get::<_, [u8; 32]>(1)?))
        })
        .optional()?;
    Ok(there.map(
        |(before, hash)| {
            if hash == key.body_hash { Accepted::Before(before) } else { Accepted::Conflict(before) }
        },
    ))
}

/// The file that a content names; parsed only where the words say that there may be one.
pub(super) fn named_by(content: &str) -> Option<String> {
    if !content.contains("\"media\":\"") {
        return None;
    }
    serde_json::from_str::<Content>(content).ok()?.media()?.1.media.clone()
}

/// A message has named it: it is kept as long as the message.
fn touch(group: &Group<'_>, id: &str, at: Time) -> Result<()> {
    let text = "UPDATE files SET used_at = max(used_at, ?2) WHERE id = ?1";
    group.sql(text)?.execute(params![id, at.millis()])?;
    Ok(())
}
