//! Writing down what became of deliveries: settlements, receipts, recalls, and what people decide.

use super::{
    code::{get, millis, part},
    writer::Group,
};
use crate::error::Result;
use hongyan_core::{
    AttemptRow, DeliveryId, DeliveryState, MessageId, Part, Reason, RecipientState, Settlement, TargetResult, Time,
};
use rusqlite::{OptionalExtension, params};

/// `?N` appended to the history, of which the last 20 stay; one that is damaged begins anew, since a settlement that
/// can never be written would hold up its lane. A sub-expression of an UPDATE.
macro_rules! append_history {
    ($parameter:literal) => {
        concat!(
            "CASE WHEN ",
            $parameter,
            " IS NULL THEN history WHEN (CASE WHEN json_valid(history) THEN json_type(history) END) IS NOT 'array'
                 THEN json_array(json(",
            $parameter,
            ")) WHEN json_array_length(history) >= 20 THEN json_insert(json_remove(history, '$[0]'), '$[#]', json(",
            $parameter,
            ")) ELSE json_insert(history, '$[#]', json(",
            $parameter,
            ")) END"
        )
    };
}

/// Runs once per row of the caller's list, on the caller's thread.
pub(crate) fn to_json(attempt: Option<&AttemptRow>) -> Result<Option<String>> {
    Ok(attempt.map(serde_json::to_string).transpose()?)
}

/// A settlement with its history as JSON.
pub(crate) struct Ready {
    settlement: Settlement,
    attempt: Option<String>,
}

impl Ready {
    pub(crate) fn new(settlement: Settlement) -> Result<Self> {
        let attempt = to_json(settlement.attempt.as_ref())?;
        Ok(Self { settlement, attempt })
    }

    /// Rows it changes, about.
    pub(crate) fn rows(&self) -> usize {
        2 + self.settlement.exceptions.len()
    }
}

/// Account, number of the state and part of a delivery.
fn standing(group: &Group<'_>, id: DeliveryId) -> Result<Option<(String, i64, Option<Part>)>> {
    let mut statement =
        group.sql("SELECT account, state, part, parts FROM deliveries WHERE message = ?1 AND number = ?2")?;
    let mut rows = statement.query(params![id.message.get(), id.number])?;
    rows.next()?.map(|row| Ok((get(row, 0)?, get(row, 1)?, part(row, 2)?))).transpose()
}

/// Writes settlements down. One whose delivery has been forgotten is left out.
pub(crate) fn settle(group: &mut Group<'_>, settlements: &[Ready]) -> Result<()> {
    settlements.iter().try_for_each(|ready| settle_one(group, ready))
}

fn settle_one(group: &mut Group<'_>, ready: &Ready) -> Result<()> {
    let settlement = &ready.settlement;
    let Some((account, before, part)) = standing(group, settlement.id)? else { return Ok(()) };
    // A late settlement does not undo what somebody decided in the meantime.
    let decided = DeliveryState::from_number(before)
        .filter(|state| matches!(state, DeliveryState::Recalled | DeliveryState::Cancelled));
    let state = decided.unwrap_or(settlement.state);
    let decided = decided.is_some();
    let taken = settlement.state == DeliveryState::Sent || settlement.handle.is_some();
    group
        .sql(concat!(
            "UPDATE deliveries SET state = ?3, due = ?4, lease = NULL, leased_at = NULL, attempts = ?5, repeat_of = ?6,
                 handles = CASE WHEN ?7 IS NULL THEN handles WHEN handles IS NULL THEN ?7
                     WHEN instr(char(10) || handles || char(10), char(10) || ?7 || char(10)) THEN handles
                     ELSE handles || char(10) || ?7 END,
                 receipt_at = ifnull(?8, receipt_at), sent_at = ifnull(?9, sent_at),
                 history = ",
            append_history!("?10"),
            " WHERE message = ?1 AND number = ?2"
        ))?
        .execute(params![
            settlement.id.message.get(),
            settlement.id.number,
            state.number(),
            millis(settlement.due.filter(|_| !decided)),
            settlement.attempts,
            millis(settlement.repeat_of),
            settlement.handle.as_ref().map(hongyan_core::CallHandle::as_str),
            millis(settlement.receipt_at.filter(|_| !decided)),
            millis(taken.then_some(settlement.at)),
            ready.attempt,
        ])?;
    group.depths.left(&account, before, Some(state));
    if settlement.attempt.is_some() {
        group.calls.add(&account, settlement.at, 1);
    }
    if settlement.due.is_none() && part.is_some_and(Part::has_next) {
        release_next(group, settlement)?;
    }
    settle_recipients(group, settlement)
}

/// Makes the next part due, unless it was called off or has been due before.
fn release_next(group: &Group<'_>, ended: &Settlement) -> Result<()> {
    group
        .sql(
            "UPDATE deliveries SET due = ?3
             WHERE message = ?1 AND number = ?2 AND state = ?4 AND due IS NULL AND lease IS NULL",
        )?
        .execute(params![
            ended.id.message.get(),
            ended.id.number + 1,
            ended.at.millis(),
            DeliveryState::Pending.number()
        ])?;
    Ok(())
}

fn settle_recipients(group: &Group<'_>, settlement: &Settlement) -> Result<()> {
    // Only those that were open may change; which they are must be known before the rest is written.
    let open = if settlement.exceptions.is_empty() { Vec::new() } else { open_recipients(group, settlement.id)? };
    let (state, reason) = &settlement.rest;
    group
        .sql(
            "UPDATE recipients SET state = ?3, at = ?4, code = ?5, words = ?6
             WHERE message = ?1 AND delivery = ?2 AND state IN (0, 6)",
        )?
        .execute(params![
            settlement.id.message.get(),
            settlement.id.number,
            state.number(),
            settlement.at.millis(),
            reason.as_ref().map(|reason| &reason.code),
            reason.as_ref().map(|reason| &reason.message),
        ])?;
    for result in settlement.exceptions.iter().filter(|result| open.binary_search(&result.index).is_ok()) {
        let mut update = group.sql(
            "UPDATE recipients SET state = ?4, at = ?5, code = ?6, words = ?7
             WHERE message = ?1 AND delivery = ?2 AND number = ?3",
        )?;
        set_recipient(&mut update, settlement.id, result, settlement.at)?;
    }
    Ok(())
}

fn open_recipients(group: &Group<'_>, id: DeliveryId) -> Result<Vec<u32>> {
    let mut statement = group.sql(
        "SELECT number FROM recipients WHERE message = ?1 AND delivery = ?2 AND state IN (0, 6) ORDER BY number",
    )?;
    let open = statement.query_map(params![id.message.get(), id.number], |row| row.get(0))?;
    Ok(open.collect::<rusqlite::Result<_>>()?)
}

fn set_recipient(
    update: &mut rusqlite::CachedStatement<'_>,
    id: DeliveryId,
    result: &TargetResult,
    at: Time,
) -> Result<()> {
    update.execute(params![
        id.message.get(),
        id.number,
        result.index,
        result.state.number(),
        at.millis(),
        result.reason.as_ref().map(|reason| &reason.code),
        result.reason.as_ref().map(|reason| &reason.message),
    ])?;
    Ok(())
}

/// Writes down looked-up ids.
pub(crate) fn resolved(group: &Group<'_>, id: DeliveryId, ids: &[(u32, String)]) -> Result<()> {
    let mut update =
        group.sql("UPDATE recipients SET resolved = ?4 WHERE message = ?1 AND delivery = ?2 AND number = ?3")?;
    for (number, resolved) in ids {
        update.execute(params![id.message.get(), id.number, number, resolved])?;
    }
    Ok(())
}

/// Writes receipts down. A recipient whose state the platform merely repeats keeps its time.
pub(crate) fn received(
    group: &Group<'_>,
    id: DeliveryId,
    results: &[TargetResult],
    again: Option<Time>,
    now: Time,
) -> Result<()> {
    group
        .sql(
            "UPDATE deliveries SET looks = looks + 1, receipt_at = CASE WHEN state = ?4 THEN NULL ELSE ?3 END
             WHERE message = ?1 AND number = ?2",
        )?
        .execute(params![id.message.get(), id.number, millis(again), DeliveryState::Recalled.number()])?;
    let mut update = group.sql(
        // How it left stays said of whoever got it (late, maybe twice, deduplicated): a receipt without a reason tells
        // nothing against it. What was said of one who was unknown is over.
        "UPDATE recipients SET state = ?4, at = ?5,
             code = CASE WHEN state = 6 OR ?4 NOT IN (1, 2, 3) THEN ?6 ELSE ifnull(?6, code) END,
             words = CASE WHEN state = 6 OR ?4 NOT IN (1, 2, 3) OR ?6 IS NOT NULL THEN ?7 ELSE words END
         WHERE message = ?1 AND delivery = ?2 AND number = ?3 AND state IN (1, 2, 3, 6)
           AND (state <> ?4 OR (?6 IS NOT NULL AND (code IS NOT ?6 OR words IS NOT ?7)))",
    )?;
    results.iter().try_for_each(|result| set_recipient(&mut update, id, result, now))
}

/// Calls off what has not been sent; `None` when there is no such message.
pub(crate) fn cancel(group: &mut Group<'_>, id: MessageId, now: Time) -> Result<Option<u32>> {
    let deliveries = deliveries(group, id)?;
    let mut cancelled = 0;
    for (number, account, state) in &deliveries {
        if *state != Some(DeliveryState::Pending) {
            continue;
        }
        let end = DeliveryState::Cancelled;
        group
            .sql("UPDATE deliveries SET state = ?3, due = NULL WHERE message = ?1 AND number = ?2")?
            .execute(params![id.get(), number, end.number()])?;
        call_off(group, DeliveryId { message: id, number: *number }, now)?;
        group.depths.moved(account, *state, Some(end));
        cancelled += 1;
    }
    Ok((!deliveries.is_empty()).then_some(cancelled))
}

/// Pending recipients become `cancelled`.
fn call_off(group: &Group<'_>, id: DeliveryId, now: Time) -> Result<()> {
    let (from, to) = (RecipientState::Pending.number(), RecipientState::Cancelled.number());
    group
        .sql(
            "UPDATE recipients SET state = ?4, at = ?5, code = ?6, words = ''
             WHERE message = ?1 AND delivery = ?2 AND state = ?3",
        )?
        .execute(params![id.message.get(), id.number, from, to, now.millis(), Reason::ours("cancelled").code])?;
    Ok(())
}

/// Number, account and state; the state is absent when this version does not know it: nothing is done about it then.
fn deliveries(group: &Group<'_>, id: MessageId) -> Result<Vec<(u32, String, Option<DeliveryState>)>> {
    let mut statement =
        group.sql("SELECT number, account, state FROM deliveries WHERE message = ?1 ORDER BY number")?;
    let mut rows = statement.query([id.get()])?;
    let mut deliveries = Vec::new();
    while let Some(row) = rows.next()? {
        deliveries.push((get(row, 0)?, get(row, 1)?, DeliveryState::from_number(get(row, 2)?)));
    }
    Ok(deliveries)
}

/// Makes what did not arrive due again; `None` when there is no such message.
pub(crate) fn retry(group: &mut Group<'_>, id: MessageId, now: Time) -> Result<Option<u32>> {
    let deliveries = deliveries(group, id)?;
    let mut again = 0;
    for (number, account, state) in &deliveries {
        let due: Option<i64> = group
            .sql("SELECT due FROM deliveries WHERE message = ?1 AND number = ?2")?
            .query_row(params![id.get(), number], |row| row.get(0))
            .optional()?
            .flatten();
        // Of a delivery that was taken, a recipient who is unknown may have it: only the clear refusals go again.
        let states = match state {
            Some(DeliveryState::Sent) => [RecipientState::Refused, RecipientState::Failed, RecipientState::Failed],
            Some(DeliveryState::Failed | DeliveryState::Expired) => RETRIED,
            Some(DeliveryState::Unknown) if due.is_none() => RETRIED,
            _ => continue,
        };
        if reopen(group, DeliveryId { message: id, number: *number }, states, now)? == 0 {
            continue;
        }
        let to = DeliveryState::Pending;
        group
            .sql(
                "UPDATE deliveries SET state = ?3, due = ?4, attempts = 0, repeat_of = NULL,
                     unbound = (SELECT ifnull(expires_at < ?4, 0) FROM messages WHERE id = ?1)
                 WHERE message = ?1 AND number = ?2",
            )?
            .execute(params![id.get(), number, to.number(), now.millis()])?;
        group.depths.moved(account, *state, Some(to));
        again += 1;
    }
    Ok((!deliveries.is_empty()).then_some(again))
}

/// What a retry sends again, besides `expired`, which [`reopen`] always takes.
const RETRIED: [RecipientState; 3] = [RecipientState::Refused, RecipientState::Failed, RecipientState::Unknown];

/// Recipients in these states, or expired, become `pending`. Returns how many.
fn reopen(group: &Group<'_>, id: DeliveryId, states: [RecipientState; 3], now: Time) -> Result<usize> {
    let [a, b, c] = states.map(RecipientState::number);
    let (expired, pending) = (RecipientState::Expired.number(), RecipientState::Pending.number());
    Ok(group
        .sql(
            "UPDATE recipients SET state = ?7, at = ?8, code = NULL, words = NULL
             WHERE message = ?1 AND delivery = ?2 AND state IN (?3, ?4, ?5, ?6)",
        )?
        .execute(params![id.message.get(), id.number, a, b, c, expired, pending, now.millis()])?)
}

/// A recall with its history as JSON: `None` when it succeeded.
pub(crate) type RecallRow = (DeliveryId, Option<String>);

/// Writes recalls down.
pub(crate) fn recalled(group: &mut Group<'_>, results: &[RecallRow], now: Time) -> Result<()> {
    for (id, refused) in results {
        if let Some(attempt) = refused {
            group
                .sql(concat!(
                    "UPDATE deliveries SET history = ",
                    append_history!("?3"),
                    " WHERE message = ?1 AND number = ?2"
                ))?
                .execute(params![id.message.get(), id.number, attempt])?;
        } else {
            recall_one(group, *id, now)?;
        }
    }
    Ok(())
}

fn recall_one(group: &mut Group<'_>, id: DeliveryId, now: Time) -> Result<()> {
    let Some((account, before, _)) = standing(group, id)? else { return Ok(()) };
    // A call under way will still be settled: its open recipients are not known to be taken back.
    let under_way = DeliveryState::from_number(before) == Some(DeliveryState::Sending);
    let state = if under_way { DeliveryState::Sending } else { DeliveryState::Recalled };
    group
        .sql(
            "UPDATE deliveries SET state = ?3, due = NULL, receipt_at = NULL, looks = 0
             WHERE message = ?1 AND number = ?2",
        )?
        .execute(params![id.message.get(), id.number, state.number()])?;
    group.depths.left(&account, before, Some(state));
    if !under_way {
        call_off(group, id, now)?;
    }
    let unknown = if under_way { RecipientState::Read } else { RecipientState::Unknown };
    group
        .sql(
            "UPDATE recipients SET state = ?3, at = ?4, code = NULL, words = NULL
             WHERE message = ?1 AND delivery = ?2 AND state IN (1, 2, 3, ?5)",
        )?
        .execute(params![
            id.message.get(),
            id.number,
            RecipientState::Recalled.number(),
            now.millis(),
            unknown.number(),
        ])?;
    Ok(())
}
