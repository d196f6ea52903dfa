//! Taking a message back: every delivery, on every channel that can.

use super::{Dispatcher, lane::Lane};
use hongyan_core::{AttemptRow, DeliveryId, DeliveryRow, DeliveryState, MessageId, Reason, Recalled, StoreError, Time};
use hongyan_endpoint::{Class, Fault};

/// What a recall did, delivery by delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecallReport {
    /// In order.
    pub deliveries: Vec<DeliveryRecall>,
}

/// What a recall did to one delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryRecall {
    /// Which.
    pub id: DeliveryId,
    /// Its account.
    pub account: String,
    /// `recalled`, `cancelled` (it had not been sent), `impossible` (the channel cannot) or `failed`.
    pub result: &'static str,
    /// Why, where it did not work.
    pub reason: Option<Reason>,
}

/// Calls for a delivery's recall before it is given up.
const ATTEMPTS: u32 = 3;

/// Recalls all deliveries of a message, or the one of this number, which has left already.
pub(super) async fn recall(
    dispatcher: &Dispatcher,
    id: MessageId,
    only: Option<u32>,
) -> Result<Option<RecallReport>, StoreError> {
    let now = dispatcher.clock.now();
    // First what has not left, so that nothing leaves while the rest is taken back.
    if only.is_none() && dispatcher.outbox.cancel(id, now).await?.is_none() {
        return Ok(None);
    }
    let Some(message) = dispatcher.outbox.message(id).await? else { return Ok(None) };
    let mut deliveries = Vec::with_capacity(message.deliveries.len());
    let mut results = Vec::new();
    for delivery in message.deliveries.into_iter().filter(|one| only.is_none_or(|number| one.id.number == number)) {
        let (result, reason) = one(dispatcher, &delivery, now, &mut results).await;
        deliveries.push(DeliveryRecall { id: delivery.id, account: delivery.account, result, reason });
    }
    let changed: Vec<DeliveryId> = results.iter().map(|r| r.id).collect();
    dispatcher.outbox.recalled(results, now).await?;
    for delivery in changed {
        dispatcher.observer.changed(delivery);
    }
    Ok(Some(RecallReport { deliveries }))
}

async fn one(
    dispatcher: &Dispatcher,
    delivery: &DeliveryRow,
    now: Time,
    results: &mut Vec<Recalled>,
) -> (&'static str, Option<Reason>) {
    let impossible = |code| ("impossible", Some(Reason::ours(code)));
    match delivery.state {
        DeliveryState::Cancelled | DeliveryState::Expired | DeliveryState::Failed => return ("cancelled", None),
        DeliveryState::Recalled => return ("recalled", None),
        DeliveryState::Pending | DeliveryState::Sending => return ("failed", Some(Reason::ours("under_way"))),
        DeliveryState::Sent | DeliveryState::Unknown => {}
    }
    let Some(lane) = dispatcher.lanes.get(delivery.account.as_str()) else { return impossible("cannot_recall") };
    let Some(window) = lane.account.channel.capabilities().recall_for else { return impossible("cannot_recall") };
    if delivery.handles.is_empty() {
        return impossible("under_way");
    }
    if delivery.sent_at.is_some_and(|sent| now.since(sent) >= window) {
        return impossible("too_late");
    }
    let mut outcome = Ok(());
    for handle in &delivery.handles {
        outcome = outcome.and(call(lane, handle).await);
    }
    match outcome {
        Ok(()) => {
            results.push(Recalled { id: delivery.id, result: Ok(()) });
            ("recalled", None)
        }
        Err(fault) => {
            let row = AttemptRow {
                at: now,
                took_ms: 0,
                code: fault.code().into(),
                words: format!("recall: {}", fault.message()),
                class: fault.class().name().into(),
            };
            results.push(Recalled { id: delivery.id, result: Err(row) });
            ("failed", Some(Reason::of(&fault)))
        }
    }
}

/// One call's recall, tried again while the platform is busy.
async fn call(lane: &Lane, handle: &str) -> Result<(), Fault> {
    let mut attempts = 0;
    loop {
        attempts += 1;
        match lane.account.channel.recall(handle).await {
            Err(fault) if matches!(fault.class(), Class::Retryable { .. }) && attempts < ATTEMPTS => {
                tokio::time::sleep(lane.account.policy.backoff.delay(attempts, 0)).await;
            }
            outcome => return outcome,
        }
    }
}
