//! Receipts: looked at on a widening schedule until all have read or the platform's window closes.

use super::{
    lane::{IDLE, Lane},
    log::{self, Refusals},
    observer::AWAITED_AFTER,
    pace::Turns,
    rest,
};
use hongyan_core::{
    LONGEST_PAUSE, Reason, ReceiptReport, ReceiptTask, RecipientState, Rest, TargetResult, Tick, Time, receipt_delay,
};
use hongyan_endpoint::{Class, Fault};
use std::{sync::Arc, time::Duration};
use tokio::{sync::watch, task::JoinSet};

/// Looks under way at once.
const PARALLEL: usize = 8;
/// A look that a crash interrupted is made again after this long.
const AGAIN_AFTER_CRASH: Duration = Duration::from_secs(60);

/// Runs until told to stop.
pub(super) async fn run(lane: Arc<Lane>, mut stop: watch::Receiver<bool>) {
    // Asking has quotas of its own, of the same size as sending.
    let turns = Arc::new(Turns::new(&lane.account.rates));
    let mut rests_until: Option<Tick> = None;
    let mut refusals = Refusals::default();
    while !*stop.borrow() {
        rest::follow_clock(&lane).await;
        let (now, tick) = (lane.clock.now(), lane.clock.tick());
        rests_until = rests_until.filter(|until| tick < *until);
        let rest = rest::rest_of_reads(&lane);
        let may = rests_until.is_none() && rest.is_none();
        let capacity = if may { turns.capacity(tick, PARALLEL) } else { 0 };
        let tasks = match capacity {
            0 => Ok(Vec::new()),
            limit => lane.queue.receipts_due(&lane.account.name, now, now + AGAIN_AFTER_CRASH, limit).await,
        };
        let (tasks, pause) = match tasks {
            Ok(tasks) => {
                if capacity > 0 {
                    refusals.is_over(&lane, "receipts are looked at again");
                }
                (tasks, None)
            }
            Err(error) => {
                refusals.say(&lane, &error, "receipts are not looked at");
                (Vec::new(), Some(refusals.pause()))
            }
        };
        if tasks.is_empty() {
            let sleep = match pause {
                Some(pause) => pause,
                None => until_next(&lane, &turns, rests_until, rest).await,
            };
            tokio::select! {
                () = lane.receipts.notified() => {}
                () = tokio::time::sleep(sleep) => {}
                _ = stop.changed() => break,
            }
            continue;
        }
        let mut looks = JoinSet::new();
        for (number, task) in (0..).zip(tasks) {
            looks.spawn(look(Arc::clone(&lane), Arc::clone(&turns), number, task));
        }
        while let Some(looked) = looks.join_next().await {
            rests_until = rests_until.max(looked.ok().flatten());
        }
    }
}

/// How long nothing is due, or may be asked.
async fn until_next(lane: &Lane, turns: &Turns, rests_until: Option<Tick>, rest: Option<Rest>) -> Duration {
    let tick = lane.clock.tick();
    let sleep = match (rests_until.or_else(|| turns.next(tick)), rest) {
        (Some(until), _) => until.since(tick),
        // Once its pause is over it is woken by whoever sees that it works.
        (None, Some(rest)) => Some(rest.until.since(lane.clock.now())).filter(|left| !left.is_zero()).unwrap_or(IDLE),
        (None, None) => {
            let next = lane.queue.next_receipt(&lane.account.name).await.unwrap_or(None);
            next.map_or(IDLE, |at| at.since(lane.clock.now()))
        }
    };
    sleep.clamp(Duration::from_millis(20), IDLE)
}

/// Looks once. Until when to look at none, where the quota of looking is spent.
async fn look(lane: Arc<Lane>, turns: Arc<Turns>, number: u64, task: ReceiptTask) -> Option<Tick> {
    let pass = turns.turn(&*lane.clock, number, || true).await;
    let began = lane.clock.tick();
    let outcome = ask(&lane, &task).await;
    let (now, tick) = (lane.clock.now(), lane.clock.tick());
    if let Some(pass) = pass {
        pass.ended(None, outcome.is_ok());
    }
    rest::read(&lane, began, outcome.as_ref().err());
    let window = lane.account.channel.capabilities().receipts_for.unwrap_or_default();
    let first = lane.account.receipts_after.unwrap_or(IDLE);
    let mut rests_until = None;
    let (results, again, whole) = match outcome {
        Ok(receipts) => {
            let (again, whole) = (next_look(&task, &receipts, now, window, first), receipts.finished);
            (read(&task, receipts), again, whole)
        }
        Err(fault) => {
            if let Class::Throttled { after } = fault.class() {
                rests_until = Some(tick + after.unwrap_or(IDLE).min(LONGEST_PAUSE));
            }
            let again = look_after(&fault, &task, now, window, first);
            if again.is_some() {
                tracing::debug!(account = %lane.account.name, delivery = %task.id, %fault, "receipts later");
            } else {
                tracing::warn!(account = %lane.account.name, delivery = %task.id, %fault, "no receipts");
            }
            // What is not asked again is nothing to wait for.
            (Vec::new(), again, again.is_none())
        }
    };
    let awaited = !whole && lane.observer.results_awaited(task.id.message);
    let again = again.map(|due| if awaited { due.min(now + AWAITED_AFTER) } else { due });
    log::refused(&lane, task.id, &results);
    if let Err(error) = lane.queue.received(task.id, results, again).await {
        tracing::warn!(account = %lane.account.name, delivery = %task.id, %error, "receipts could not be written down");
        return rests_until;
    }
    if whole {
        lane.observer.results_whole(task.id);
    }
    lane.observer.changed(task.id);
    rests_until
}

/// When to look again after a look that failed: never only where the platform has refused this very look, or the time
/// is over in which it would answer. What kept the account from asking does not use that time up.
fn look_after(fault: &Fault, task: &ReceiptTask, now: Time, window: Duration, first: Duration) -> Option<Time> {
    let due = now + receipt_delay(first, task.looks);
    if rest::is_about_account(fault) {
        return Some(due);
    }
    (fault.class() != Class::Permanent && due.since(task.sent_at) < window).then_some(due)
}

/// What is known over all calls of the delivery; a later call has the last word on whom both name.
async fn ask(lane: &Lane, task: &ReceiptTask) -> Result<ReceiptReport, Fault> {
    let mut all = ReceiptReport { results: Vec::new(), finished: true };
    let Some(receipts) = lane.account.channel.receipts() else { return Ok(all) };
    for handle in &task.handles {
        let one = receipts.ask(handle, &task.targets).await?;
        all.finished &= one.finished;
        all.results.retain(|known| !one.results.iter().any(|newer| newer.index == known.index));
        all.results.extend(one.results);
    }
    Ok(all)
}

/// When to look again: soon while the platform still works on it, ever more rarely while somebody has not read.
fn next_look(
    task: &ReceiptTask,
    receipts: &ReceiptReport,
    now: Time,
    window: Duration,
    first: Duration,
) -> Option<Time> {
    let open = task.targets.len() > receipts.results.len()
        || receipts.results.iter().any(|r| matches!(r.state, RecipientState::Unread | RecipientState::Sent));
    if receipts.finished && !open {
        return None;
    }
    let due = now + if receipts.finished { receipt_delay(first, task.looks) } else { first };
    (due.since(task.sent_at) < window).then_some(due)
}

/// After a lost reply, what the platform calls a repeat is somebody who got the first copy.
fn read(task: &ReceiptTask, receipts: ReceiptReport) -> Vec<TargetResult> {
    receipts
        .results
        .into_iter()
        .map(|result| match &result.reason {
            Some(reason) if task.repeated && reason.code == "repeated" => TargetResult {
                state: RecipientState::Sent,
                reason: Some(Reason { code: "deduplicated".into(), message: reason.message.clone() }),
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

    fn receipts(states: &[RecipientState], finished: bool) -> ReceiptReport {
        let results =
            states.iter().zip(0..).map(|(state, index)| TargetResult { index, state: *state, reason: None }).collect();
        ReceiptReport { results, finished }
    }

    #[test]
    fn looks_go_on_until_all_have_read_or_the_window_closes() {
        use RecipientState::{Read, Refused, Unread};
        let next = |r: &ReceiptReport, now| next_look(&task(false), r, now, DAY, FIRST);
        assert_eq!(next(&receipts(&[Read, Refused], true), NOW), None);
        assert_eq!(next(&receipts(&[Read, Unread], true), NOW), Some(NOW + Duration::from_secs(16)));
        assert_eq!(next(&receipts(&[Read], false), NOW), Some(NOW + FIRST), "still under way");
        assert_eq!(next(&receipts(&[Read, Unread], true), NOW + DAY), None);
    }

    #[test]
    fn a_look_is_given_up_only_when_the_platform_refuses_it_or_its_time_is_over() {
        use hongyan_endpoint::About;
        let fault = |class, about| Fault::refused("1", "", None).with_class(class).with_about(about);
        let later = |fault: &Fault, now| look_after(fault, &task(false), now, DAY, FIRST).is_some();
        for (class, about, in_time, afterwards) in [
            (Class::Permanent, About::Message, false, false),
            (Class::RETRY, About::Message, true, false),
            (Class::throttled(60), About::Message, true, false),
            (Class::Ambiguous, About::Message, true, false),
            (Class::RefreshToken, About::Account, true, true),
            (Class::Permanent, About::Account, true, true),
            (Class::RETRY, About::Network, true, true),
        ] {
            let fault = fault(class, about);
            assert_eq!((later(&fault, NOW), later(&fault, NOW + DAY)), (in_time, afterwards), "{fault:?}");
        }
    }

    #[test]
    fn a_repeat_after_a_lost_reply_had_arrived() {
        let repeated = || ReceiptReport {
            results: vec![TargetResult {
                index: 0,
                state: RecipientState::Refused,
                reason: Some(Reason { code: "repeated".into(), message: "143106".into() }),
            }],
            finished: true,
        };
        assert_eq!(read(&task(true), repeated())[0].state, RecipientState::Sent);
        assert_eq!(read(&task(false), repeated())[0].state, RecipientState::Refused);
    }
}
