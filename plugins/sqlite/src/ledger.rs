//! `hongyan_ledger(id)`: a row for every recipient of a message.

use crate::{
    host::{Argument, Connection, Failure, Output},
    outbox,
    state::State,
    vtab::{Row, TableFunction},
};
use hongyan_embed::LedgerRow;

pub(crate) static LEDGER: TableFunction = TableFunction {
    name: c"hongyan_ledger",
    declaration: c"CREATE TABLE x(recipient TEXT, kind TEXT, account TEXT, state TEXT, code TEXT, message TEXT, \
                   reason TEXT, advice TEXT, resolved TEXT, at TEXT, delivery TEXT, message_id TEXT, id HIDDEN)",
    columns: 12,
    rows,
};

/// Asks the gateway, by a message's id or by the key or number of a row in the outbox. A row that the relay has not
/// handed over yet has no recipients yet.
fn rows(db: &Connection<'_>, state: &State, argument: Argument<'_>) -> Result<Vec<Row>, Failure> {
    let row = outbox::find(db, argument)?;
    let id = match (row, argument) {
        (Some(row), _) => match row.message_id {
            Some(id) => id,
            None => return Ok(Vec::new()),
        },
        (None, Argument::Text(text)) if !text.contains('\0') => text.to_owned(),
        // No message has such an id, and one odd row must not end a join over a whole table.
        (None, _) => return Ok(Vec::new()),
    };
    Ok(state.engine.ledger(&id)?.into_iter().map(columns).collect())
}

fn columns(row: LedgerRow) -> Row {
    row.columns().into_iter().map(Output::from).collect()
}
