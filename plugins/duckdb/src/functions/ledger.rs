//! The ledger of a message, as rows of texts.

use hongyan_embed::{Engine, LedgerRow};

/// The columns, in order. `since` is [`LedgerRow::at`]: AT is a word of DuckDB's own, which a query would have to quote.
pub(crate) const COLUMNS: [&str; 12] = [
    "recipient",
    "kind",
    "account",
    "state",
    "code",
    "message",
    "reason",
    "advice",
    "resolved",
    "since",
    "delivery",
    "message_id",
];

/// A recipient, by [`COLUMNS`].
pub(crate) type Row = [Option<String>; COLUMNS.len()];

/// Asks the gateway.
///
/// # Errors
/// In a sentence.
pub(crate) fn read(engine: &Engine, id: &str) -> Result<Vec<Row>, String> {
    let rows = engine.ledger(id).map_err(|fault| fault.message)?;
    Ok(rows.into_iter().map(LedgerRow::columns).collect())
}
