//! `hongyan_send`: a message that exists if and only if the user's transaction commits.
//!
//! The function writes one row into the table `hongyan_outbox` of the main database, over the user's connection and
//! inside the user's transaction. It sends nothing: `hongyan relay` does, of what is committed. So it may be called
//! from triggers too; a stranger's trigger gains nothing by it, as it could write the row itself.

use crate::host::{Argument, Call, Connection, Failure, Function, Output};
use hongyan_embed::{check_message, check_outbox_key};
use serde_json::Value;

/// The table's text, stated once for everybody.
const OUTBOX_SQL: &str = include_str!("../../../crates/hongyan-relay/outbox.sql");

/// SQLite's code for a constraint, for a key that has another message.
const CONSTRAINT: std::ffi::c_int = crate::api::CONSTRAINT;

pub(crate) static FUNCTIONS: &[Function] = &[
    Function { name: "hongyan_init", arguments: 0..=0, direct_only: true, run: init },
    Function { name: "hongyan_send", arguments: 1..=2, direct_only: false, run: send },
    Function { name: "hongyan_status", arguments: 1..=1, direct_only: true, run: status },
];

/// Makes the table when it is missing. `hongyan_send` does so by itself; this is for whoever wants it there before.
fn init(call: &Call<'_>) -> Result<Output, Failure> {
    let rowid = call.connection.last_rowid();
    let made = call.connection.execute(OUTBOX_SQL);
    call.connection.restore_last_rowid(rowid);
    made.map(|()| Output::Text("hongyan_outbox".into()))
}

/// `hongyan_send(message[, key])`: writes the row and returns its key.
fn send(call: &Call<'_>) -> Result<Output, Failure> {
    let message = call.needed(0, "message")?;
    let key = call.text(1, "key")?;
    check_message(message)?;
    key.map_or(Ok(()), check_outbox_key)?;
    // The function is no INSERT to its caller, who may ask for the id of a row of his own next.
    let rowid = call.connection.last_rowid();
    let outcome = write(call.connection, message, key);
    call.connection.restore_last_rowid(rowid);
    outcome.map(Output::Text)
}

fn write(db: &Connection<'_>, message: &str, key: Option<&str>) -> Result<String, Failure> {
    // Insert first and look afterwards: in between nobody else can write.
    let sql = match key {
        Some(_) => {
            "INSERT INTO main.hongyan_outbox (message, key) SELECT ?1, ?2 \
                    WHERE NOT EXISTS (SELECT 1 FROM main.hongyan_outbox WHERE key = ?2)"
        }
        None => "INSERT INTO main.hongyan_outbox (message) VALUES (?1)",
    };
    let mut insert = match db.prepare(sql) {
        Ok(statement) => statement,
        Err(_) if !exists(db)? => {
            db.execute(OUTBOX_SQL)?;
            db.prepare(sql)?
        }
        Err(failure) => return Err(failure),
    };
    insert.bind(1, message)?;
    if let Some(key) = key {
        insert.bind(2, key)?;
    }
    insert.step()?;
    let written = db.changes() > 0;
    drop(insert);
    let Some(key) = key else {
        let mut row = db.prepare("SELECT key FROM main.hongyan_outbox WHERE id = ?1")?;
        row.bind_integer(1, db.last_rowid())?;
        row.step()?;
        return row.text(0).ok_or_else(|| "hongyan_send: the row that was written is not there".into());
    };
    if !written {
        compare(db, message, key)?;
    }
    Ok(key.to_owned())
}

/// One key, one message: what is there has to be the same.
fn compare(db: &Connection<'_>, message: &str, key: &str) -> Result<(), Failure> {
    let mut row = db.prepare("SELECT message, id FROM main.hongyan_outbox WHERE key = ?1")?;
    row.bind(1, key)?;
    if !row.step()? {
        return Err("hongyan_send: the row of this key went while it was looked at; try again · 请重试".into());
    }
    let there = row.text(0).unwrap_or_default();
    if there.trim() == message.trim() || same_json(&there, message) {
        return Ok(());
    }
    let id = row.integer(1);
    Err(Failure::Sqlite(
        CONSTRAINT,
        format!(
            "hongyan_send: row {id} has the key {key} with another message: one key is one message · 该键已用于另一条消息"
        ),
    ))
}

fn same_json(one: &str, other: &str) -> bool {
    match (serde_json::from_str::<Value>(one), serde_json::from_str::<Value>(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

fn exists(db: &Connection<'_>) -> Result<bool, Failure> {
    db.prepare("SELECT 1 FROM main.sqlite_master WHERE name = 'hongyan_outbox'")?.step()
}

/// A row of the outbox, as far as others ask for it.
pub(crate) struct Row {
    pub(crate) state: String,
    pub(crate) message_id: Option<String>,
    pub(crate) settled: bool,
}

/// The row with this key, else with this message id, else at this place.
pub(crate) fn find(db: &Connection<'_>, key_or_id: Argument<'_>) -> Result<Option<Row>, Failure> {
    if !exists(db)? {
        return Ok(None);
    }
    let columns = "SELECT state, message_id, settled FROM main.hongyan_outbox";
    let read = |condition: &str, argument: Argument<'_>| {
        let mut row = db.prepare(&format!("{columns} WHERE {condition} = ?1"))?;
        match argument {
            Argument::Integer(number) => row.bind_integer(1, number)?,
            Argument::Text(text) => row.bind(1, text)?,
            _ => return Ok(None),
        }
        if !row.step()? {
            return Ok(None);
        }
        let state = row.text(0).unwrap_or_default();
        Ok(Some(Row { state, message_id: row.text(1), settled: row.integer(2) != 0 }))
    };
    match key_or_id {
        Argument::Integer(_) => read("id", key_or_id),
        Argument::Text(_) => match read("key", key_or_id)? {
            Some(row) => Ok(Some(row)),
            None => read("message_id", key_or_id),
        },
        _ => Ok(None),
    }
}

/// `hongyan_status(key)`: the state of a message that [`send`] wrote, or of any message of the gateway.
///
/// The row says it once it is settled, or where no gateway is set; else the gateway does. NULL when nobody knows it.
fn status(call: &Call<'_>) -> Result<Output, Failure> {
    let Some(asked) = call.word(0, "id")? else { return Ok(Output::Null) };
    let row = find(call.connection, call.arguments[0])?;
    let gateway = call.state.engine.has_gateway();
    let id = match row {
        Some(row) if row.settled || !gateway => return Ok(Output::Text(row.state)),
        Some(Row { message_id: Some(id), .. }) => id,
        Some(row) => return Ok(Output::Text(row.state)),
        // An address without a key is a mistake in the settings, and the gateway's side says so.
        None if gateway || !call.state.engine.get("gateway")?.is_empty() => asked,
        None => return Ok(Output::Null),
    };
    Ok(Output::from(call.state.engine.state(&id)?))
}
