//! What an account sent lately, for remembering after a restart what a platform would take for a repeat.

use super::code::{address, delivery_id, get, maybe_time, time};
use crate::error::Result;
use hongyan_core::{Claim, Content, DeliveryId, RecipientState, Target, Time};
use rusqlite::{Connection, params};
use std::sync::Arc;

/// A page of deliveries that were taken since a time, by id. Walks the ledger in the order of its ids, once, at
/// the start: an index on the time would cost every settlement for it.
pub(crate) fn sent_since(
    connection: &Connection,
    account: &str,
    since: Time,
    after: Option<DeliveryId>,
    limit: usize,
) -> Result<Vec<Claim>> {
    let (message, number) = after.map_or((-1, 0), |id| (id.message.get(), id.number));
    let mut statement = connection.prepare_cached(
        "SELECT d.message, d.number, m.at, m.content, d.attempts, d.repeat_of, m.expires_at
         FROM deliveries d JOIN messages m ON m.id = d.message
         WHERE (d.message, d.number) > (?1, ?2) AND d.account = ?3 AND d.sent_at >= ?4
         ORDER BY d.message, d.number LIMIT ?5",
    )?;
    let mut rows = statement.query(params![message, number, account, since.millis(), limit])?;
    let mut claims = Vec::new();
    while let Some(row) = rows.next()? {
        let id = delivery_id(row, 0)?;
        let content: Content = serde_json::from_str(row.get_ref(3)?.as_str().map_err(rusqlite::Error::from)?)?;
        claims.push(Claim {
            id,
            made_at: time(row, 2)?,
            content: Arc::new(content),
            targets: served(connection, id)?,
            attempts: get(row, 4)?,
            repeat_of: maybe_time(row, 5)?,
            expires_at: maybe_time(row, 6)?,
        });
    }
    Ok(claims)
}

/// The recipients whom the platform took it for.
fn served(connection: &Connection, id: DeliveryId) -> Result<Vec<Target>> {
    let mut statement = connection.prepare_cached(
        "SELECT number, kind, value, resolved FROM recipients
         WHERE message = ?1 AND delivery = ?2 AND state IN (?3, ?4, ?5) ORDER BY number",
    )?;
    let [a, b, c] = [RecipientState::Sent, RecipientState::Unread, RecipientState::Read].map(RecipientState::number);
    let mut rows = statement.query(params![id.message.get(), id.number, a, b, c])?;
    let mut targets = Vec::new();
    while let Some(row) = rows.next()? {
        targets.push(Target { index: get(row, 0)?, address: address(row, 1)?, resolved: get(row, 3)? });
    }
    Ok(targets)
}
