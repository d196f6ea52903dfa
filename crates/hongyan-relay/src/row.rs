//! A row of the table, as its user reads it.

use rusqlite::types::ValueRef;
use serde::Serialize;

/// A row as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Its place in the table.
    pub id: i64,
    /// One key, one message.
    pub key: String,
    /// What is to be sent: JSON, unless somebody wrote something else.
    pub message: String,
    /// `waiting`, `rejected`, or the message's state as the gateway has it.
    pub state: String,
    /// The message's id in the gateway, once it was taken.
    pub message_id: Option<String>,
    /// Why it was not taken, or what went wrong on its way.
    pub error: Option<String>,
    /// Whether the relay is done with it.
    pub settled: bool,
    /// When it was written: milliseconds since 1970-01-01T00:00:00Z.
    pub created_at: i64,
    /// When the relay last changed it, likewise.
    pub updated_at: Option<i64>,
}

/// The columns of a [`Row`], in its order.
pub(crate) const COLUMNS: &str = "id, key, message, state, message_id, error, settled, created_at, updated_at";

impl Row {
    pub(crate) fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            key: text_of(row.get_ref(1)?),
            message: text_of(row.get_ref(2)?),
            state: text_of(row.get_ref(3)?),
            message_id: maybe(row.get_ref(4)?),
            error: maybe(row.get_ref(5)?),
            settled: number(row.get_ref(6)?).is_some_and(|settled| settled != 0),
            created_at: number(row.get_ref(7)?).unwrap_or(0),
            updated_at: number(row.get_ref(8)?),
        })
    }
}

/// Any SQLite value as words: other people's programs write what they like into a column.
pub(crate) fn text_of(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => String::new(),
        ValueRef::Integer(n) => n.to_string(),
        ValueRef::Real(n) => n.to_string(),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => String::from_utf8_lossy(bytes).into_owned(),
    }
}

pub(crate) fn maybe(value: ValueRef<'_>) -> Option<String> {
    (value != ValueRef::Null).then(|| text_of(value))
}

/// A number that somebody may have written with a fraction, or as words.
#[expect(clippy::cast_possible_truncation, reason = "a float beyond the integers becomes the last one")]
pub(crate) fn number(value: ValueRef<'_>) -> Option<i64> {
    match value {
        ValueRef::Integer(n) => Some(n),
        ValueRef::Real(n) => Some(n as i64),
        ValueRef::Null | ValueRef::Text(_) | ValueRef::Blob(_) => None,
    }
}

/// What the relay changed in a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The row's place in the table.
    pub id: i64,
    /// Its key.
    pub key: String,
    /// Its new state.
    pub state: String,
    /// The message's id in the gateway, if it has one.
    pub message_id: Option<String>,
    /// What went wrong, if anything.
    pub error: Option<String>,
    /// Whether the relay is done with it.
    pub settled: bool,
}
