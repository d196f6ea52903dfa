//! An account's lane at rest: what calls say of the account, and the probe before a message is risked. When and how long
//! is [`Standing`]'s to decide.

use super::{
    lane::{Lane, LaneUpdate},
    lock::lock,
};
use hongyan_core::{Change, LONGEST_PAUSE, LastError, Moment, Rest, Standing, Tick};
use hongyan_endpoint::{About, Class, Fault, Origin};
use std::{sync::Arc, time::Duration};

/// How an account stands, for those who look.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountStanding {
    /// Why it rests, if it does.
    pub rest: Option<Rest>,
    /// What went wrong last.
    pub last_error: Option<LastError>,
}

impl AccountStanding {
    pub(super) fn of(lane: &Lane) -> Self {
        let standing = lock(&lane.standing);
        Self { rest: standing.rest(lane.clock.moment()), last_error: standing.last_error().cloned() }
    }
}

/// Notes what became of a call that began at `began`: `None` when it was answered.
pub(super) fn heard(lane: &Lane, began: Tick, fault: Option<&Fault>) {
    // A request that could not even be written, or a refusal of our own, says nothing of the platform.
    if fault.is_some_and(|fault| fault.origin() == Origin::Ours) {
        return;
    }
    change(lane, |standing, now| match fault {
        None => standing.answered(began, now),
        Some(fault) => standing.failed(fault, began, now, seed(lane, now)),
    });
}

/// Notes what a call that only reads met, as far as it is about the account. Its own quotas are its own affair.
pub(super) fn read(lane: &Lane, began: Tick, fault: Option<&Fault>) {
    match fault {
        None => lock(&lane.standing).probed(),
        Some(fault) if matches!(fault.about(), About::Message | About::Audience) => {}
        Some(fault) => change(lane, |standing, now| standing.failed(fault, began, now, seed(lane, now))),
    }
}

/// Why nothing that is no message may be asked: the account cannot log in or be reached.
pub(super) fn rest_of_reads(lane: &Lane) -> Option<Rest> {
    let is_probed = lane.account.channel.probe_only_reads();
    lock(&lane.standing).rest_of_reads(lane.clock.moment(), is_probed)
}

/// Makes a call that is no message, unless the account rests, and notes what it met.
///
/// # Errors
/// Why the account rests, and until when: no call was made.
pub(super) async fn ask<T>(
    lane: &Lane,
    call: impl Future<Output = Result<T, Fault>>,
) -> Result<Result<T, Fault>, Rest> {
    if let Some(rest) = rest_of_reads(lane) {
        return Err(rest);
    }
    let began = lane.clock.tick();
    let outcome = call.await;
    if let Err(fault) = &outcome {
        read(lane, began, Some(fault));
    }
    Ok(outcome)
}

/// Lets a resting account be tried at once: somebody has looked, and it works.
pub(super) fn try_now(lane: &Lane) {
    lock(&lane.standing).try_now(lane.clock.tick());
    lane.due.notify_one();
}

/// Looks whether the account works again, by what only reads.
pub(super) async fn probe(lane: Arc<Lane>) -> LaneUpdate {
    let began = lane.clock.tick();
    match lane.account.channel.probe().await {
        Ok(()) => lock(&lane.standing).probed(),
        Err(fault) => {
            // Whatever it is, it is not a message's.
            let about = if fault.about() == About::Network { About::Network } else { About::Account };
            let fault = fault.with_about(about);
            change(&lane, |standing, now| standing.failed(&fault, began, now, seed(&lane, now)));
        }
    }
    LaneUpdate::default()
}

/// The longest pause that a stored time can mean.
pub(super) fn longest_pause(lane: &Lane) -> Duration {
    lane.account.policy.backoff.cap.max(LONGEST_PAUSE)
}

/// Looks whether the wall clock was set, and moves what is stored with it. Each of an account's loops looks when it
/// wakes; whoever notices first does it for all.
pub(super) async fn follow_clock(lane: &Lane) -> bool {
    let step = lock(&lane.steps).look(lane.clock.moment());
    let Some(by_ms) = step else { return false };
    let account = &lane.account.name;
    tracing::warn!(%account, by_ms, "the clock was set: waiting deliveries move with it");
    lock(&lane.standing).clock_stepped(by_ms);
    if let Err(error) = lane.queue.clock_stepped(account, by_ms).await {
        tracing::warn!(%account, %error, "waiting deliveries did not move with the clock");
    }
    lane.due.notify_one();
    lane.receipts.notify_one();
    true
}

fn seed(lane: &Lane, now: Moment) -> u64 {
    // Accounts that failed together do not knock together.
    lane.account.name.bytes().fold(now.wall.millis().unsigned_abs(), |seed, byte| seed.rotate_left(5) ^ u64::from(byte))
}

fn change(lane: &Lane, act: impl FnOnce(&mut Standing, Moment) -> Option<Change>) {
    let now = lane.clock.moment();
    let (change, rest) = {
        let mut standing = lock(&lane.standing);
        (act(&mut standing, now), standing.rest(now))
    };
    let account = &lane.account.name;
    match (change, rest) {
        (Some(Change::Rests), Some(rest)) => {
            let Rest { cause, class, until, .. } = rest;
            tracing::warn!(%account, class, code = %cause.code, error = %cause.message, %until, "the account rests");
            lane.observer.rested(account, class, true);
        }
        (Some(Change::RestsOn), Some(rest)) => {
            let Rest { cause, class, since, until } = rest;
            tracing::info!(%account, class, code = %cause.code, error = %cause.message, %since, %until, "the account rests on");
        }
        (Some(Change::Works(after)), _) => {
            tracing::info!(%account, seconds = after.as_secs(), "the account works again");
            lane.observer.rested(account, "", false);
            lane.receipts.notify_one();
        }
        _ => return,
    }
    // Whoever waits for a turn may have none to wait for any more, and a lane that idles has its pause to heed.
    lane.turns.wake();
    lane.due.notify_one();
}

/// A class under which nothing is said of anybody's message.
pub(super) fn is_about_account(fault: &Fault) -> bool {
    matches!(fault.about(), About::Account | About::Network) || fault.class() == Class::RefreshToken
}
