//! Taking a message back: every delivery, on every channel that can.

use super::{Dispatcher, lane::Lane, rest};
use hongyan_core::{
    AttemptRow, CallHandle, DeliveryId, DeliveryRow, DeliveryState, MessageId, Reason, Recall, Recalled, Rest,
    StoreError, Time,
};
use hongyan_endpoint::{Class, Fault, with_code};
use std::time::Duration;

/// What a recall did, delivery by delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecallReport {
    /// In order.
    pub deliveries: Vec<DeliveryRecall>,
    /// Why nothing at all could be done: the accounts of all its deliveries rest. The account, and the first one's rest.
    pub rest: Option<(String, Rest)>,
}

/// What a recall did to one delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryRecall {
    /// Which.
    pub id: DeliveryId,
    /// Its account.
    pub account: String,
    /// What it came to.
    pub result: RecallResult,
    /// Why, where it did not work.
    pub reason: Option<Reason>,
}

/// What a recall came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecallResult {
    /// It is taken back.
    Recalled,
    /// It had not been sent, and will not be.
    Cancelled,
    /// The channel, or the operation that sent it, has no way back, or it is too late.
    Impossible,
    /// It can be tried again.
    Failed,
}

impl RecallResult {
    /// As in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Recalled => "recalled",
            Self::Cancelled => "cancelled",
            Self::Impossible => "impossible",
            Self::Failed => "failed",
        }
    }
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
    if only.is_none() && dispatcher.ledger.cancel(id, now).await?.is_none() {
        return Ok(None);
    }
    let Some(message) = dispatcher.ledger.message(id).await? else { return Ok(None) };
    let mut deliveries = Vec::with_capacity(message.deliveries.len());
    let mut results = Vec::new();
    let mut rests = Vec::new();
    for delivery in message.deliveries.into_iter().filter(|one| only.is_none_or(|number| one.id.number == number)) {
        let (result, reason) = match one(dispatcher, &delivery, now, &mut results).await {
            Ok(done) => done,
            Err(rest) => {
                let Reason { code, message } = &rest.cause;
                let message = format!("{} ({})", with_code(code, message), rest.until);
                rests.push((delivery.account.clone(), rest));
                (RecallResult::Failed, Some(Reason { message, ..Reason::ours("account_rests") }))
            }
        };
        deliveries.push(DeliveryRecall { id: delivery.id, account: delivery.account, result, reason });
    }
    let changed: Vec<DeliveryId> = results.iter().map(|r| r.id).collect();
    dispatcher.ledger.recalled(results, now).await?;
    for delivery in changed {
        dispatcher.observer.changed(delivery);
    }
    let rest = if rests.len() == deliveries.len() { rests.into_iter().next() } else { None };
    Ok(Some(RecallReport { deliveries, rest }))
}

/// # Errors
/// Why the account rests: nothing was tried.
async fn one(
    dispatcher: &Dispatcher,
    delivery: &DeliveryRow,
    now: Time,
    results: &mut Vec<Recalled>,
) -> Result<(RecallResult, Option<Reason>), Rest> {
    let impossible = |code| Ok((RecallResult::Impossible, Some(Reason::ours(code))));
    match delivery.state {
        DeliveryState::Cancelled | DeliveryState::Expired | DeliveryState::Failed => {
            return Ok((RecallResult::Cancelled, None));
        }
        DeliveryState::Recalled => return Ok((RecallResult::Recalled, None)),
        DeliveryState::Pending | DeliveryState::Sending => {
            return Ok((RecallResult::Failed, Some(Reason::ours("under_way"))));
        }
        DeliveryState::Sent | DeliveryState::Unknown => {}
    }
    let Some(lane) = dispatcher.lanes.get(delivery.account.as_str()) else { return impossible("cannot_recall") };
    let channel = &lane.account.channel;
    let Some(recall) = channel.recall() else { return impossible("cannot_recall") };
    if delivery.handles.is_empty() {
        // Its reply was lost: there is nothing to name it by.
        return Ok((RecallResult::Failed, Some(Reason::ours("under_way"))));
    }
    // The calls of a delivery are of one kind: what one of them cannot, none can.
    let windows: Option<Vec<Duration>> = delivery.handles.iter().map(|handle| recall.window(handle)).collect();
    let Some(window) = windows.and_then(|windows| windows.into_iter().min()) else {
        return impossible("cannot_recall");
    };
    if delivery.sent_at.is_some_and(|sent| now.since(sent) >= window) {
        return impossible("too_late");
    }
    let mut outcome = Ok(());
    for handle in &delivery.handles {
        outcome = outcome.and(call(lane, recall, handle).await?);
    }
    Ok(match outcome {
        Ok(()) => {
            results.push(Recalled { id: delivery.id, result: Ok(()) });
            (RecallResult::Recalled, None)
        }
        Err(fault) => {
            let (account, code, error) = (&delivery.account, fault.code(), fault.message());
            tracing::info!(account, delivery = %delivery.id, code, error, "recall refused");
            let row = AttemptRow {
                at: now,
                took_ms: 0,
                code: fault.code().into(),
                message: format!("recall: {}", fault.message()),
                class: fault.class().name().into(),
            };
            results.push(Recalled { id: delivery.id, result: Err(row) });
            let cannot = fault.code() == "cannot_recall";
            (if cannot { RecallResult::Impossible } else { RecallResult::Failed }, Some(Reason::of(&fault)))
        }
    })
}

/// One call's recall, tried again while the platform is busy, and not while the account rests.
///
/// # Errors
/// Why the account rests.
async fn call(lane: &Lane, recall: &dyn Recall, handle: &CallHandle) -> Result<Result<(), Fault>, Rest> {
    let mut attempts = 0;
    loop {
        attempts += 1;
        match rest::ask(lane, recall.take_back(handle)).await? {
            Err(fault)
                if matches!(fault.class(), Class::Retryable { .. } | Class::RefreshToken) && attempts < ATTEMPTS =>
            {
                if let Some(rest) = rest::rest_of_reads(lane) {
                    return Err(rest);
                }
                tokio::time::sleep(lane.account.policy.backoff.delay(attempts, 0)).await;
            }
            outcome => return Ok(outcome),
        }
    }
}
