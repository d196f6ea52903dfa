//! Receipts: looked at on a widening schedule until all have read or the platform's window closes.

use super::AWAITED_AFTER;
use super::lane::Lane;
use super::pace::Pace;
use hongyan_core::{Reason, ReceiptTask, Receipts, RecipientState, TargetResult, Time, receipt_delay};
use hongyan_endpoint::{Class, Fault};
use std::{sync::Arc, time::Duration};
use tokio::{sync::watch, task::JoinSet};

/// Looks under way at once.
const PARALLEL: usize = 8;
/// A look that a crash interrupted is made again after this long.
const AGAIN_AFTER_CRASH: Duration = Duration::from_secs(60);
/// The longest sleep when nothing is due.
const IDLE: Duration = Duration::from_secs(60);

/// Runs until told to stop.
pub(super) async fn run(lane: Arc<Lane>, mut stop: watch::Receiver<bool>) {
    // Asking has quotas of its own, of the same size as sending.
    let mut pace = Pace::new(&lane.account.rates);
    while !*stop.borrow() {
        let now = lane.clock.now();
        let room = PARALLEL.min(pace.available(now));
        let tasks = match room {
            0 => Ok(Vec::new()),
            room => lane.outbox.receipts_due(&lane.account.name, now, now + AGAIN_AFTER_CRASH, room).await,
        };
        let tasks = tasks.unwrap_or_else(|error| {
            tracing::warn!(account = %lane.account.name, %error, "receipts are not looked at");
            Vec::new()
        });
        if tasks.is_empty() {
            let next = match pace.next(now) {
                Some(next) => Some(next),
                None => lane.outbox.next_receipt(&lane.account.name).await.unwrap_or(None),
            };
            let nap = next.map_or(IDLE, |at| at.since(lane.clock.now())).clamp(Duration::from_millis(20), IDLE);
            tokio::select! {
                () = lane.receipts.notified() => {}
                () = tokio::time::sleep(nap) => {}
                _ = stop.changed() => break,
            }
            continue;
        }
        pace.take(tasks.len(), now);
        let mut looks = JoinSet::new();
        for task in tasks {
            looks.spawn(look(Arc::clone(&lane), task));
        }
        while looks.join_next().await.is_some() {}
    }
}

async fn look(lane: Arc<Lane>, task: ReceiptTask) {
    let outcome = ask(&lane, &task).await;
    let now = lane.clock.now();
    let window = lane.account.channel.capabilities().receipts_for.unwrap_or_default();
    let first = lane.account.receipts_after.unwrap_or(IDLE);
    let mut whole = false;
    let (results, again) = match outcome {
        Ok(receipts) => {
            whole = receipts.finished;
            let again = next_look(&task, &receipts, now, window, first);
            (read(&task, receipts), again)
        }
        Err(fault) if fault.class() == Class::Permanent => {
            tracing::warn!(account = %lane.account.name, delivery = %task.id, %fault, "no receipts");
            (Vec::new(), None)
        }
        Err(fault) => {
            tracing::debug!(account = %lane.account.name, delivery = %task.id, %fault, "receipts later");
            let due = now + receipt_delay(first, task.looks);
            (Vec::new(), (due.since(task.sent_at) < window).then_some(due))
        }
    };
    let awaited = !whole && lane.observer.results_awaited(task.id.message);
    let again = again.map(|due| if awaited { due.min(now + AWAITED_AFTER) } else { due });
    if let Err(error) = lane.outbox.received(task.id, results, again).await {
        tracing::warn!(account = %lane.account.name, delivery = %task.id, %error, "receipts could not be written down");
        return;
    }
    if whole {
        lane.observer.results_whole(task.id);
    }
    lane.observer.changed(task.id);
}

/// What is known over all calls of the delivery; a later call has the last word on whom both name.
async fn ask(lane: &Lane, task: &ReceiptTask) -> Result<Receipts, Fault> {
    let mut all = Receipts { results: Vec::new(), finished: true };
    for handle in &task.handles {
        let one = lane.account.channel.receipts(handle, &task.targets).await?;
        all.finished &= one.finished;
        all.results.retain(|known| !one.results.iter().any(|newer| newer.index == known.index));
        all.results.extend(one.results);
    }
    Ok(all)
}

/// When to look again: soon while the platform still works on it, ever more rarely while somebody has not read.
fn next_look(task: &ReceiptTask, receipts: &Receipts, now: Time, window: Duration, first: Duration) -> Option<Time> {
    let open = task.targets.len() > receipts.results.len()
        || receipts.results.iter().any(|r| matches!(r.state, RecipientState::Unread | RecipientState::Sent));
    if receipts.finished && !open {
        return None;
    }
    let due = now + if receipts.finished { receipt_delay(first, task.looks) } else { first };
    (due.since(task.sent_at) < window).then_some(due)
}

/// After a lost reply, what the platform calls a repeat is somebody who got the first copy.
fn read(task: &ReceiptTask, receipts: Receipts) -> Vec<TargetResult> {
    receipts
        .results
        .into_iter()
        .map(|result| match &result.reason {
            Some(reason) if task.repeated && reason.code == "repeated" => TargetResult {
                state: RecipientState::Sent,
                reason: Some(Reason { code: "deduplicated".into(), words: reason.words.clone() }),
                ..result
            },
            _ => result,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hongyan_core::{Address, AddressKind, DeliveryId, MessageId, Target};

    const NOW: Time = Time::from_millis(1_790_000_000_000);
    const DAY: Duration = Duration::from_secs(86_400);
    const FIRST: Duration = Duration::from_secs(2);

    fn task(repeated: bool) -> ReceiptTask {
        let target = |index: u32| Target {
            index,
            address: Address::new(AddressKind::Userid, index.to_string()),
            resolved: None,
        };
        ReceiptTask {
            id: DeliveryId { message: MessageId::first_at(NOW), number: 1 },
            handles: vec!["1".into()],
            sent_at: NOW,
            looks: 3,
            repeated,
            targets: vec![target(0), target(1)],
        }
    }

    fn receipts(states: &[RecipientState], finished: bool) -> Receipts {
        let results =
            states.iter().zip(0..).map(|(state, index)| TargetResult { index, state: *state, reason: None }).collect();
        Receipts { results, finished }
    }

    #[test]
    fn looks_go_on_until_all_have_read_or_the_window_closes() {
        use RecipientState::{Read, Refused, Unread};
        let next = |r: &Receipts, now| next_look(&task(false), r, now, DAY, FIRST);
        assert_eq!(next(&receipts(&[Read, Refused], true), NOW), None);
        assert_eq!(next(&receipts(&[Read, Unread], true), NOW), Some(NOW + Duration::from_secs(16)));
        assert_eq!(next(&receipts(&[Read], false), NOW), Some(NOW + FIRST), "still under way");
        assert_eq!(next(&receipts(&[Read, Unread], true), NOW + DAY), None);
    }

    #[test]
    fn a_repeat_after_a_lost_reply_had_arrived() {
        let repeated = || Receipts {
            results: vec![TargetResult {
                index: 0,
                state: RecipientState::Refused,
                reason: Some(Reason { code: "repeated".into(), words: "143106".into() }),
            }],
            finished: true,
        };
        assert_eq!(read(&task(true), repeated())[0].state, RecipientState::Sent);
        assert_eq!(read(&task(false), repeated())[0].state, RecipientState::Refused);
    }
}
