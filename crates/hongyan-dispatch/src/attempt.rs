//! One delivery, once: look up, check, hand over its file, call, decide, write down.

use super::{
    endings::{all_refused, expired, gave_up, lost, put_off, refusal, unreadable},
    files::{self, Stop},
    lane::{Errand, Lane, LaneUpdate},
    leases,
    lock::lock,
    log,
    observer::AWAITED_AFTER,
    rest,
};
use hongyan_core::{
    Attempt, AttemptRow, Call, CallHandle, Claim, Clock, Dedup, DeliveryState, Outcome, Part, Policy, Reason, Repeat,
    Resolution, Settled, Settlement, StoreError, Target, TargetResult, Tick, Time, held, settle,
};
use hongyan_endpoint::{Class, Fault};
use hongyan_net::BeforeWrite;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};
use tracing::Instrument;

/// Attempts one claimed delivery and writes down what became of it.
pub(super) async fn run(lane: &Lane, claim: &Claim, errand: Errand) -> LaneUpdate {
    let now = lane.clock.now();
    if let Some(what) = &claim.unreadable {
        return finish(lane, claim, unreadable(what, claim.repeat_of.is_some()), None, None, now).await;
    }
    if claim.expires_at.is_some_and(|end| end <= now) {
        return finish(lane, claim, expired(claim), None, None, now).await;
    }
    let kept = lock(&lane.standing).kept_from(claim.due, now);
    if kept >= lane.account.policy.give_up_after {
        return finish(lane, claim, gave_up(claim), None, None, now).await;
    }
    if !errand.may_send(lane) {
        return finish(lane, claim, put_off(claim, Vec::new(), claim.due), None, None, now).await;
    }
    let mut refused: Vec<TargetResult> = claim.unreadable_targets.iter().map(|index| lost(*index)).collect();
    let targets = match look_up(lane, claim, &mut refused).await {
        Ok(targets) => targets,
        Err(Stop::Fault(fault)) => {
            // Nothing was sent: a lost look-up is never ambiguous.
            let outcome = Outcome::Failed { fault, exceptions: refused };
            return decide(lane, claim, outcome, None, (now, now)).await;
        }
        Err(Stop::Store(error)) => return put_off_by_store(lane, claim, refused, &error).await,
    };
    let content = match lane.account.wording(claim) {
        Ok(content) => content,
        Err(unfit) => {
            let fault = Fault::transport("request.invalid", format!("content.{} {}", unfit.field, unfit.text()));
            let outcome = Outcome::Failed { fault, exceptions: refused };
            return decide(lane, claim, outcome, None, (now, now)).await;
        }
    };
    // What goes again after a lost reply is meant to be taken for the same by the platform.
    let recognised = dedup(lane, claim) == lane.account.policy.dedup;
    // What came by the platform's own path is the platform's to judge.
    if claim.repeat_of.is_none() && recognised && content.given.is_none() {
        let swallowed = lock(&lane.repeats).swallowed(claim.id, &content, &targets, now);
        refused.extend(swallowed.into_iter().map(|index| refusal(index, Reason::ours("repeated"))));
    }
    let (unique, duplicates) = deduplicate(targets, &refused);
    if unique.is_empty() {
        return finish(lane, claim, all_refused(refused), None, None, now).await;
    }
    let began = lane.clock.now();
    let file = match files::load(lane, &content, None).await {
        Ok(file) => file,
        Err(Stop::Store(error)) => return put_off_by_store(lane, claim, refused, &error).await,
        Err(Stop::Fault(fault)) => {
            let ended = lane.clock.now();
            let outcome = Outcome::failed(fault);
            let row = observe(lane, claim, &outcome, began, ended);
            return decide(lane, claim, with_known(outcome, refused, &duplicates), Some(row), (began, ended)).await;
        }
    };
    let full = lock(&lane.recipients).full(&unique, lane.clock.tick());
    if let Some(until) = full {
        return wait_for(lane, claim, refused, until).await;
    }
    let Some(pass) = lane.turns.turn(&*lane.clock, errand.number, || errand.may_send(lane)).await else {
        return finish(lane, claim, put_off(claim, refused, claim.due), None, None, lane.clock.now()).await;
    };
    let room = lock(&lane.recipients).take(&unique, lane.clock.tick());
    if let Err(until) = room {
        pass.give_back();
        return wait_for(lane, claim, refused, until).await;
    }

    let call = |file| Call { id: claim.id, content: &content, file, targets: &unique, made_at: claim.made_at };
    let mut began = lane.clock.now();
    // Once more, now that it is to be made: the lane may have rested since its due time was set.
    if claim.repeat_of.is_some() && policy(lane, claim).repeat(claim.first_call_at, began) == Repeat::Held {
        let settled = Settled { counts: false, ..held(refused) };
        pass.give_back();
        return finish(lane, claim, settled, None, None, began).await;
    }
    lane.holding.called(claim.id);
    let begun = lane.clock.tick();
    // What counts is when the request is written, with token and connection there.
    let written: Arc<Mutex<Option<Tick>>> = Arc::default();
    let gate = note_when_written(&lane.clock, &written);
    let span = tracing::debug_span!("attempt", number = claim.attempts + 1);
    let first = call(file.for_call());
    let deliver = lane.account.channel.deliver(&first).instrument(span.clone());
    let mut outcome = gate.clone().around(deliver).await;
    // The platform no longer knows the upload: nothing was sent, and a fresh one may do. Not after a lost reply, since
    // a call with another id is another call to the platform.
    if claim.repeat_of.is_none()
        && let Some(unknown) = file.refused(lane, &outcome)
    {
        observe(lane, claim, &outcome, began, lane.clock.now());
        let fresh = files::load(lane, &content, Some(unknown)).await;
        began = lane.clock.now();
        outcome = match &fresh {
            Ok(fresh) => {
                let again = call(fresh.for_call());
                gate.around(lane.account.channel.deliver(&again).instrument(span)).await
            }
            Err(Stop::Fault(fault)) => Outcome::failed(fault.clone()),
            Err(Stop::Store(error)) => return put_off_by_store(lane, claim, refused, error).await,
        };
    }
    let ended = lane.clock.now();
    let fault = match &outcome {
        Outcome::Taken { .. } => None,
        Outcome::Failed { fault, .. } => Some(fault),
    };
    pass.ended(*lock(&written), fault.is_none());
    rest::heard(lane, begun, fault);
    // Waiting for a token and a connection is not the call's time.
    let called = lock(&written).map_or(began, |written| ended - lane.clock.tick().since(written)).max(began);
    let row = observe(lane, claim, &outcome, called, ended);
    let outcome = with_known(outcome, refused, &duplicates);
    if matches!(outcome, Outcome::Taken { .. }) && recognised {
        lock(&lane.repeats).note(claim.id, &content, &unique, ended);
    }
    decide(lane, claim, outcome, Some(row), (began, ended)).await
}

/// Notes when a request was written to its connection, the last time where it had to be written again.
fn note_when_written(clock: &Arc<dyn Clock>, written: &Arc<Mutex<Option<Tick>>>) -> BeforeWrite {
    let (clock, written) = (Arc::clone(clock), Arc::clone(written));
    BeforeWrite::new(move || {
        *lock(&written) = Some(clock.tick());
        std::future::ready(())
    })
}

/// Tells of a call, and gives its line of history.
fn observe(lane: &Lane, claim: &Claim, outcome: &Outcome, began: Time, ended: Time) -> AttemptRow {
    let (class, code, message) = match outcome {
        Outcome::Taken { .. } => ("taken", "0".to_owned(), String::new()),
        Outcome::Failed { fault, .. } => (fault.class().name(), fault.code().to_owned(), fault.message().to_owned()),
    };
    let took = ended.since(began);
    lane.observer.attempted(&lane.account.name, class, took);
    let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    let row = AttemptRow { at: began, took_ms, code, message, class: class.into() };
    log::attempted(lane, claim.id, &row);
    row
}

/// Settles a delivery whose process died: the call may have been made.
pub(super) async fn interrupted(lane: &Lane, claim: &Claim) -> LaneUpdate {
    let now = lane.clock.now();
    if let Some(what) = &claim.unreadable {
        return finish(lane, claim, unreadable(what, true), None, None, now).await;
    }
    let fault = Fault::ours("interrupted", "", Reason::error_code("interrupted")).with_class(Class::Ambiguous);
    decide(lane, claim, Outcome::failed(fault), None, (now, now)).await
}

/// Settles a delivery whose attempt panicked; `called`: the call may have been made.
pub(super) async fn panicked(lane: &Lane, claim: &Claim, called: bool) -> LaneUpdate {
    let now = lane.clock.now();
    let class = if called { Class::Ambiguous } else { Class::RETRY };
    let fault = Fault::ours("attempt_panicked", "", Reason::error_code("attempt_panicked")).with_class(class);
    decide(lane, claim, Outcome::failed(fault), None, (now, now)).await
}

/// Waits for our own store: no attempt, and nothing that the platform has to do with.
async fn put_off_by_store(lane: &Lane, claim: &Claim, refused: Vec<TargetResult>, error: &StoreError) -> LaneUpdate {
    tracing::warn!(account = %lane.account.name, delivery = %claim.id, %error, "an attempt waits for the store");
    let now = lane.clock.now();
    let mut settled = put_off(claim, refused, now + lane.account.policy.backoff.delay(0, seed(claim)));
    settled.rest.1 = Some(Reason::ours("store_unavailable"));
    finish(lane, claim, settled, None, None, now).await
}

/// Finds the platform's ids; writes them down before they are used, so that a repeat names the same people.
async fn look_up(lane: &Lane, claim: &Claim, refused: &mut Vec<TargetResult>) -> Result<Vec<Target>, Stop> {
    let kinds = lane.account.channel.capabilities().looked_up;
    let needs = |t: &Target| t.resolved.is_none() && kinds.contains(&t.address.kind);
    let mut targets = claim.targets.clone();
    let unknown: Vec<usize> = (0..targets.len()).filter(|i| needs(&targets[*i])).collect();
    if unknown.is_empty() {
        return Ok(targets);
    }
    let addresses: Vec<_> = unknown.iter().map(|i| targets[*i].address.clone()).collect();
    let looked = lane.clock.tick();
    let found = lane.account.channel.resolve(&addresses).await.inspect_err(|fault| {
        rest::heard(lane, looked, Some(fault));
    })?;
    let mut ids = Vec::new();
    let mut nobody = Vec::new();
    for (i, resolution) in unknown.into_iter().zip(found) {
        let target = &mut targets[i];
        match resolution {
            Resolution::Itself => {}
            Resolution::Id(id) => {
                ids.push((target.index, id.clone()));
                target.resolved = Some(id);
            }
            Resolution::Nobody(fault) => {
                nobody.push(target.index);
                refused.push(refusal(target.index, Reason::of(&fault)));
            }
        }
    }
    targets.retain(|t| !nobody.contains(&t.index));
    if !ids.is_empty() {
        lane.queue.resolved(claim.id, ids).await?;
    }
    Ok(targets)
}

/// One entry per person, and for each the others that turned out to be the same one.
fn deduplicate(targets: Vec<Target>, refused: &[TargetResult]) -> (Vec<Target>, HashMap<u32, Vec<u32>>) {
    let mut first: HashMap<String, u32> = HashMap::new();
    let mut duplicates: HashMap<u32, Vec<u32>> = HashMap::new();
    let mut unique = Vec::with_capacity(targets.len());
    // Only a looked-up id can meet another entry: the planner dropped equal addresses.
    let looked_up = targets.iter().any(|t| t.resolved.is_some());
    for target in targets {
        if refused.iter().any(|r| r.index == target.index) {
            continue;
        }
        if looked_up {
            match first.entry(target.wire_id().to_lowercase()) {
                std::collections::hash_map::Entry::Occupied(entry) => {
                    duplicates.entry(*entry.get()).or_default().push(target.index);
                    continue;
                }
                std::collections::hash_map::Entry::Vacant(entry) => drop(entry.insert(target.index)),
            }
        }
        unique.push(target);
    }
    (unique, duplicates)
}

/// Adds what was known beforehand, and says of duplicates what was said of the first.
fn with_known(outcome: Outcome, refused: Vec<TargetResult>, duplicates: &HashMap<u32, Vec<u32>>) -> Outcome {
    let all = |mut exceptions: Vec<TargetResult>| {
        let copies: Vec<TargetResult> = exceptions
            .iter()
            .flat_map(|e| {
                duplicates
                    .get(&e.index)
                    .into_iter()
                    .flatten()
                    .map(|duplicate| TargetResult { index: *duplicate, ..e.clone() })
            })
            .collect();
        exceptions.extend(copies);
        exceptions.extend(refused);
        exceptions
    };
    match outcome {
        Outcome::Taken { handle, exceptions } => Outcome::Taken { handle, exceptions: all(exceptions) },
        Outcome::Failed { fault, exceptions } => Outcome::Failed { fault, exceptions: all(exceptions) },
    }
}

/// How the platform recognises a repeat of this call: a chat's operation may differ from the account's others, and a
/// native content may say how it wants to be taken.
fn dedup(lane: &Lane, claim: &Claim) -> Dedup {
    let channel = &lane.account.channel;
    let first = claim.targets.first();
    first.map_or(channel.capabilities().dedup, |target| channel.dedup(&claim.content, target.address.kind))
}

/// The account's rules for this claim.
fn policy(lane: &Lane, claim: &Claim) -> Policy {
    Policy { dedup: dedup(lane, claim), ..lane.account.policy.clone() }
}

/// Picks a delivery's jitter.
fn seed(claim: &Claim) -> u64 {
    claim.id.message.get().unsigned_abs() ^ u64::from(claim.id.number)
}

/// Settles a call that began and ended at these times.
async fn decide(
    lane: &Lane,
    claim: &Claim,
    outcome: Outcome,
    row: Option<AttemptRow>,
    (began, now): (Time, Time),
) -> LaneUpdate {
    let handle = match &outcome {
        Outcome::Taken { handle, .. } => handle.clone(),
        Outcome::Failed { .. } => None,
    };
    let attempt = Attempt {
        attempts: claim.attempts,
        repeat_of: claim.repeat_of,
        first_call_at: claim.first_call_at,
        began,
        expires_at: claim.expires_at,
        due: claim.due,
        first_due: claim.first_due,
        now,
        seed: seed(claim),
    };
    let settled = settle(outcome, &attempt, &policy(lane, claim));
    finish(lane, claim, settled, handle, row, now).await
}

async fn finish(
    lane: &Lane,
    claim: &Claim,
    settled: Settled,
    handle: Option<CallHandle>,
    attempt: Option<AttemptRow>,
    now: Time,
) -> LaneUpdate {
    let update = LaneUpdate { due: settled.due };
    let is_unknown = settled.state == DeliveryState::Unknown;
    let repeat_of = claim.repeat_of.or_else(|| is_unknown.then_some(claim.first_call_at));
    let receipt_at = match (settled.state, &handle, lane.account.receipts_after) {
        (DeliveryState::Sent, Some(_), Some(after)) if lane.observer.results_awaited(claim.id.message) => {
            Some(now + after.min(AWAITED_AFTER))
        }
        (DeliveryState::Sent, Some(_), Some(after)) => Some(now + after),
        _ => None,
    };
    let settlement = Settlement {
        id: claim.id,
        state: settled.state,
        due: settled.due,
        attempts: claim.attempts + u32::from(settled.counts),
        repeat_of,
        handle,
        receipt_at,
        rest: settled.rest,
        exceptions: settled.exceptions,
        attempt,
        at: now,
    };
    log::settled(lane, &settlement);
    leases::write(lane, settlement).await;
    lane.observer.changed(claim.id);
    // The next part has become due with this one's end.
    if settled.due.is_none() && claim.part.is_some_and(Part::has_next) {
        lane.due.notify_one();
    }
    if receipt_at.is_some() {
        lane.receipts.notify_one();
    }
    update
}

/// Waits for a recipient's window, and looks again now and then: a time far off is one that a set clock could move.
async fn wait_for(lane: &Lane, claim: &Claim, exceptions: Vec<TargetResult>, until: Tick) -> LaneUpdate {
    const LONGEST: Duration = Duration::from_secs(600);
    let now = lane.clock.moment();
    let due = now.wall_at(until).min(now.wall + LONGEST);
    finish(lane, claim, put_off(claim, exceptions, due), None, None, now.wall).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use hongyan_core::{Address, AddressKind};

    fn target(index: u32, kind: AddressKind, value: &str, resolved: Option<&str>) -> Target {
        Target { index, address: Address::new(kind, value), resolved: resolved.map(Into::into) }
    }

    #[test]
    fn a_person_named_twice_is_called_once_and_told_of_twice() {
        let targets = vec![
            target(0, AddressKind::Mobile, "1", Some("li")),
            target(1, AddressKind::Userid, "LI", None),
            target(2, AddressKind::Userid, "wang", None),
        ];
        let (unique, duplicates) = deduplicate(targets, &[]);
        assert_eq!(unique.iter().map(|t| t.index).collect::<Vec<_>>(), [0, 2]);
        let outcome = Outcome::Taken { handle: None, exceptions: vec![refusal(0, Reason::ours("unlicensed"))] };
        let Outcome::Taken { exceptions, .. } =
            with_known(outcome, vec![refusal(3, Reason::ours("repeated"))], &duplicates)
        else {
            panic!("taken stays taken");
        };
        assert_eq!(exceptions.iter().map(|e| e.index).collect::<Vec<_>>(), [0, 1, 3]);
    }
}
