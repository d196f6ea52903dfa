//! The relay's own reads and writes. Every write transaction is short and takes its lock at its beginning, so that the
//! user's writers wait for milliseconds at most and none of ours can fail half-way for a lock.

use crate::{
    Change, Fault, OutboxTable,
    row::{maybe, number, text_of},
};
use rusqlite::{OptionalExtension, Transaction, TransactionBehavior, params, types::ValueRef};
use serde_json::value::RawValue;

/// How much is taken at once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Take {
    /// Rows at most.
    pub(crate) rows: usize,
    /// Bytes of messages, about: a single larger one is taken alone.
    pub(crate) bytes: usize,
    /// How long the gateway surely knows a key, in milliseconds.
    pub(crate) keys_kept_ms: i64,
}

/// A row that is to be handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Waiting {
    pub(crate) id: i64,
    pub(crate) key: String,
    /// JSON.
    pub(crate) message: String,
    /// Whether an earlier hand-over had no answer.
    pub(crate) tried_before: bool,
}

/// Rows to hand over, and those that ended at once.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) rows: Vec<Waiting>,
    pub(crate) ended: Vec<Change>,
}

/// What became of a hand-over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The gateway has it.
    Accepted { message_id: String, state: String },
    /// The gateway will never take it.
    Rejected { error: String },
    /// Not now. `read` says whether the gateway may have read it.
    Later { error: Option<String>, due_at: Option<i64>, read: bool },
}

/// A row whose message is under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Due {
    pub(crate) id: i64,
    pub(crate) key: String,
    pub(crate) message_id: String,
    pub(crate) state: String,
    pub(crate) error: Option<String>,
    /// When the state was first seen.
    pub(crate) since: i64,
}

/// What the gateway says of a row's message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) row: Due,
    pub(crate) state: String,
    pub(crate) error: Option<String>,
    /// When to ask again; `None` when nothing will change any more.
    pub(crate) poll_at: Option<i64>,
}

/// The first time that a message is asked for comes so long after the hand-over, in milliseconds.
pub(crate) const FIRST_POLL_MS: i64 = 250;

/// A row that waits for longer is looked at all the same at the next start.
pub(crate) const LONGEST_PAUSE_MS: i64 = 3_600_000;

impl OutboxTable {
    /// A number that changes when somebody else commits to the database.
    pub(crate) fn version(&self) -> Result<i64, Fault> {
        Ok(self.connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?)
    }

    /// When a message is to be asked for next.
    pub(crate) fn next_poll(&self) -> Result<Option<i64>, Fault> {
        let sql = format!(
            "SELECT min(due_at) FROM {} WHERE due_at IS NOT NULL AND state <> 'waiting' AND settled = 0
             AND message_id IS NOT NULL",
            self.table
        );
        Ok(self.connection.prepare_cached(&sql)?.query_row([], |row| row.get(0))?)
    }

    /// When the next row is due that the gateway could not take at once. Reads every row that waits: for when all of
    /// them were postponed.
    pub(crate) fn next_postponed(&self) -> Result<Option<i64>, Fault> {
        let sql = format!("SELECT min(due_at) FROM {} WHERE state = 'waiting'", self.table);
        Ok(self.connection.prepare_cached(&sql)?.query_row([], |row| row.get(0))?)
    }

    /// The wall clock was set by so many milliseconds: what rows wait for, and when they were tried, moves with it.
    pub(crate) fn clock_stepped(&self, by_ms: i64) -> Result<(), Fault> {
        let sql = format!(
            "UPDATE {} SET due_at = due_at + ?1, tried_at = tried_at + ?1
             WHERE settled = 0 AND (due_at IS NOT NULL OR tried_at IS NOT NULL)",
            self.table
        );
        self.connection.execute(&sql, [by_ms])?;
        Ok(())
    }

    /// Makes due now what waits for longer than any pause: it was written down while the clock was ahead.
    pub(crate) fn reanchor(&self, now: i64) -> Result<(), Fault> {
        let sql = format!("UPDATE {} SET due_at = ?1 WHERE settled = 0 AND due_at > ?2", self.table);
        self.connection.execute(&sql, [now, now.saturating_add(LONGEST_PAUSE_MS)])?;
        Ok(())
    }

    /// Whether there is anything for [`Self::take`].
    pub(crate) fn any_waiting(&self, now: i64) -> Result<bool, Fault> {
        let sql = format!(
            "SELECT 1 FROM {} WHERE state = 'waiting' AND (due_at IS NULL OR due_at <= ?1) LIMIT 1",
            self.table
        );
        Ok(self.connection.prepare_cached(&sql)?.query_row([now], |_| Ok(())).optional()?.is_some())
    }

    /// Takes committed rows in the order of their ids, and notes that they are tried before anything is sent.
    ///
    /// Rows that no gateway could take end here, and so do those whose earlier hand-over had no answer for longer than
    /// the gateway knows keys: handing them over again might send them twice.
    pub(crate) fn take(&self, now: i64, limits: Take) -> Result<Batch, Fault> {
        if !self.any_waiting(now)? {
            return Ok(Batch::default());
        }
        let table = &self.table;
        let mut batch = Batch::default();
        let change = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?;
        let mut bytes = 0;
        let mut fresh = Vec::new();
        {
            let sql = format!(
                "SELECT id, key, message, tried_at FROM {table}
                 WHERE state = 'waiting' AND (due_at IS NULL OR due_at <= ?1) ORDER BY id LIMIT ?2"
            );
            let mut statement = change.prepare_cached(&sql)?;
            let mut rows = statement.query(params![now, limits.rows])?;
            while let Some(row) = rows.next()? {
                let (id, key, tried_at) = (row.get(0)?, text_of(row.get_ref(1)?), number(row.get_ref(3)?));
                let ended = |state: &str, error: String| Change {
                    id,
                    key: key.clone(),
                    state: state.to_owned(),
                    message_id: None,
                    error: Some(error),
                    settled: true,
                };
                if let Some(tried_at) = tried_at.filter(|at| now.saturating_sub(*at) > limits.keys_kept_ms) {
                    batch.ended.push(ended("unknown", unanswered(now.saturating_sub(tried_at))));
                    continue;
                }
                let message = match text(row.get_ref(2)?) {
                    Ok(message) => message,
                    Err(error) => {
                        batch.ended.push(ended("rejected", error));
                        continue;
                    }
                };
                if bytes > 0 && bytes + message.len() > limits.bytes {
                    break;
                }
                bytes += message.len();
                if tried_at.is_none() {
                    fresh.push(id);
                }
                batch.rows.push(Waiting { id, key, message, tried_before: tried_at.is_some() });
            }
        }
        {
            let mut tried = change.prepare_cached(&format!("UPDATE {table} SET tried_at = ?2 WHERE id = ?1"))?;
            for id in fresh {
                tried.execute(params![id, now])?;
            }
            let sql = format!(
                "UPDATE {table} SET state = ?2, error = ?3, settled = 1, updated_at = ?4, tried_at = NULL,
                 due_at = NULL WHERE id = ?1"
            );
            let mut end = change.prepare_cached(&sql)?;
            for row in &batch.ended {
                end.execute(params![row.id, row.state, row.error, now])?;
            }
        }
        change.commit()?;
        Ok(batch)
    }

    /// Writes back what became of hand-overs, in one transaction. Gives what a user would call a change.
    ///
    /// A row that is gone, or that another relay has answered for, is left alone.
    pub(crate) fn handed(&self, now: i64, outcomes: &[(Waiting, Outcome)]) -> Result<Vec<Change>, Fault> {
        let table = &self.table;
        let mut changes = Vec::new();
        let change = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?;
        {
            let sql = format!(
                "UPDATE {table} SET state = ?3, message_id = ?4, error = ?5, settled = ?6, updated_at = ?7,
                 tried_at = NULL, due_at = ?8 WHERE id = ?1 AND CAST(key AS TEXT) = ?2 AND state = 'waiting'"
            );
            let mut answered = change.prepare_cached(&sql)?;
            let sql = format!(
                "UPDATE {table} SET error = coalesce(?3, error), due_at = ?4,
                 tried_at = CASE WHEN ?5 THEN tried_at END
                 WHERE id = ?1 AND CAST(key AS TEXT) = ?2 AND state = 'waiting'"
            );
            let mut later = change.prepare_cached(&sql)?;
            for (row, outcome) in outcomes {
                let mut new = Change {
                    id: row.id,
                    key: row.key.clone(),
                    state: "rejected".into(),
                    message_id: None,
                    error: None,
                    settled: true,
                };
                let poll_at = match outcome {
                    Outcome::Accepted { message_id, state } => {
                        new.state.clone_from(state);
                        new.message_id = Some(message_id.clone());
                        new.settled = false;
                        Some(now.saturating_add(FIRST_POLL_MS))
                    }
                    Outcome::Rejected { error } => {
                        new.error = Some(error.clone());
                        None
                    }
                    Outcome::Later { error, due_at, read } => {
                        // What an earlier attempt left open, this one does not close.
                        later.execute(params![row.id, row.key, error, due_at, *read || row.tried_before])?;
                        continue;
                    }
                };
                let Change { id, key, state, message_id, error, settled } = &new;
                let changed = answered.execute(params![id, key, state, message_id, error, settled, now, poll_at])?;
                if changed > 0 {
                    changes.push(new);
                }
            }
        }
        change.commit()?;
        Ok(changes)
    }

    /// Rows whose messages are to be asked for, the longest due first.
    pub(crate) fn due(&self, now: i64, limit: usize) -> Result<Vec<Due>, Fault> {
        let sql = format!(
            "SELECT id, key, message_id, state, error, updated_at FROM {}
             WHERE due_at <= ?1 AND state <> 'waiting' AND settled = 0 AND message_id IS NOT NULL
             ORDER BY due_at LIMIT ?2",
            self.table
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![now, limit], |row| {
            Ok(Due {
                id: row.get(0)?,
                key: text_of(row.get_ref(1)?),
                message_id: text_of(row.get_ref(2)?),
                state: text_of(row.get_ref(3)?),
                error: maybe(row.get_ref(4)?),
                since: number(row.get_ref(5)?).unwrap_or(now),
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Writes back what the gateway said, in one transaction. Gives what a user would call a change.
    pub(crate) fn found(&self, now: i64, found: &[Found]) -> Result<Vec<Change>, Fault> {
        let mut changes = Vec::new();
        let change = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?;
        {
            let sql = format!(
                "UPDATE {} SET state = ?4, error = ?5, settled = ?6, updated_at = ?7, due_at = ?8
                 WHERE id = ?1 AND CAST(key AS TEXT) = ?2 AND message_id = ?3 AND settled = 0",
                self.table
            );
            let mut update = change.prepare_cached(&sql)?;
            for Found { row, state, error, poll_at } in found {
                let settled = poll_at.is_none();
                let differs = *state != row.state || *error != row.error || settled;
                let since = if *state == row.state { row.since } else { now };
                let told = params![row.id, row.key, row.message_id, state, error, settled, since, poll_at];
                if update.execute(told)? > 0 && differs {
                    changes.push(Change {
                        id: row.id,
                        key: row.key.clone(),
                        state: state.clone(),
                        message_id: Some(row.message_id.clone()),
                        error: error.clone(),
                        settled,
                    });
                }
            }
        }
        change.commit()?;
        Ok(changes)
    }
}

/// A message's JSON, or why it is none.
fn text(value: ValueRef<'_>) -> Result<String, String> {
    let not_text = || "the message is no text: write JSON · 消息不是文本".to_owned();
    let (ValueRef::Text(bytes) | ValueRef::Blob(bytes)) = value else { return Err(not_text()) };
    let message = std::str::from_utf8(bytes).map_err(|_| not_text())?.trim();
    match serde_json::from_str::<&RawValue>(message) {
        Ok(_) => Ok(message.to_owned()),
        Err(error) => Err(format!("the message is not JSON: {error} · 消息不是合法的 JSON")),
    }
}

fn unanswered(for_ms: i64) -> String {
    format!(
        "a hand-over had no answer {} hours ago, and the gateway may have forgotten its key since: look with `hongyan list` \
         whether it was sent; if not, insert it again · 曾移交但未获应答，网关可能已遗忘该键，请先核对再重新写入",
        for_ms / 3_600_000
    )
}
