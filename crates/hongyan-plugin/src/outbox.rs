//! The outbox in a file of the caller's.

use crate::{
    fault::{Code, HongyanError},
    outcome::HongyanResult,
};
use hongyan_embed::{check_message, check_outbox_key};
use hongyan_relay::{Create, DEFAULT_TABLE, OutboxTable, Row};
use serde_json::json;
use std::{path::Path, time::Instant};

/// Writes a message; the result's text is its key.
pub(crate) fn put(path: &str, message: &str, key: Option<&str>) -> Result<HongyanResult, HongyanError> {
    let start = Instant::now();
    check_message(message)?;
    key.map_or(Ok(()), check_outbox_key)?;
    let row = OutboxTable::open(Path::new(path), DEFAULT_TABLE, Create::IfMissing)?.put(message, key)?;
    Ok(HongyanResult::answer(0, &row.key, start.elapsed().as_secs_f64()))
}

/// What is known of a row.
pub(crate) fn status(path: &str, key: &str) -> Result<HongyanResult, HongyanError> {
    let start = Instant::now();
    let row = OutboxTable::open(Path::new(path), DEFAULT_TABLE, Create::Never)?.status(key)?;
    let row =
        row.ok_or_else(|| HongyanError::new(Code::Refused, "the outbox has no row of this key · 没有该键的记录"))?;
    Ok(HongyanResult::answer(0, &describe(&row), start.elapsed().as_secs_f64()))
}

fn describe(row: &Row) -> String {
    json!({
        "id": row.id,
        "key": row.key,
        "state": row.state,
        "message_id": row.message_id,
        "error": row.error,
        "settled": row.settled,
    })
    .to_string()
}
