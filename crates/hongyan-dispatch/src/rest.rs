//! An account's lane at rest: what calls say of the account, the look before a message is risked, and what ends while
//! nothing can leave. When and how long is [`Standing`]'s to decide.

use super::{
    attempt::News,
    holding,
    lane::{Lane, lock},
};
use hongyan_core::{Change, LONGEST_PAUSE, LastError, Moment, Outage, Rest, Room, Standing, StoreError, Tick, Time};
use hongyan_endpoint::{About, Class, Fault, Origin};
use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::task::JoinSet;

/// When the next of what waits ends is looked up this often at most, while there is news.
const ENDS_EVERY: Duration = Duration::from_secs(1);
/// Looking it up takes this part of the lane's time at most: it walks over all that waits.
const ENDS_SHARE: u32 = 20;
/// After a look-up that failed.
const ENDS_AGAIN: Duration = Duration::from_secs(10);
/// What is new about the account's outages is written down this often.
const KEEP_EVERY: Duration = Duration::from_secs(60);
/// Deliveries that are ended in one go.
const SWEPT_AT_ONCE: usize = 200;

/// What a lease is for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Errand {
    /// Which lease of the lane it is.
    pub(super) number: u64,
    /// It is the one call by which a resting account is tried.
    pub(super) trial: bool,
}

impl Errand {
    /// Whether the account's standing lets it go on.
    pub(super) fn may_send(self, lane: &Lane) -> bool {
        if lane.stopping.load(Ordering::SeqCst) {
            return false;
        }
        match lock(&lane.standing).room(lane.clock.tick()) {
            Room::All => true,
            Room::One => self.trial,
            Room::None(_) => false,
        }
    }
}

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
pub(super) async fn probe(lane: Arc<Lane>) -> News {
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
    News::default()
}

/// When the next of what waits ends, by its `expires_at` or by `give_up_after`.
pub(super) struct Ends {
    next: Option<Time>,
    /// No look-up before then.
    again: Tick,
    /// Something has changed since it was looked up.
    stale: bool,
}

impl Ends {
    /// Nothing is known.
    pub(super) fn unknown(lane: &Lane) -> Self {
        Self { next: None, again: lane.clock.tick(), stale: true }
    }

    /// What waits has changed, or the clock.
    pub(super) fn news(&mut self) {
        self.stale = true;
    }

    /// Looks it up where that is due, and ends what has come to its end.
    pub(super) async fn heed(&mut self, lane: &Arc<Lane>, running: &mut JoinSet<News>) {
        if self.stale && lane.clock.tick() >= self.again {
            let began = lane.clock.tick();
            (self.next, self.stale) = (next_end(lane).await, false);
            let ended = lane.clock.tick();
            self.again = ended + (ended.since(began) * ENDS_SHARE).max(ENDS_EVERY);
        }
        if self.next.is_some_and(|next| next <= lane.clock.now()) {
            sweep(lane, running).await;
            (self.next, self.stale) = (None, true);
        }
    }

    /// For how long there is nothing to heed.
    pub(super) fn nap(&self, now: Moment) -> Option<Duration> {
        let again = self.stale.then(|| self.again.since(now.tick));
        self.next.map(|next| next.since(now.wall)).into_iter().chain(again).min()
    }
}

async fn next_end(lane: &Lane) -> Option<Time> {
    let name = &lane.account.name;
    let looked = async {
        let expires = lane.queue.next_end(name).await?;
        let now = lane.clock.now();
        if lock(&lane.standing).room(lane.clock.tick()) == Room::All {
            return Ok(expires);
        }
        let due = lane.queue.next_due(name).await?.filter(|due| *due <= now);
        let left = |due| lane.account.policy.give_up_after.saturating_sub(lock(&lane.standing).kept_from(due, now));
        Ok::<_, StoreError>(expires.into_iter().chain(due.map(|due| now + left(due))).min())
    };
    looked.await.unwrap_or_else(|error| {
        tracing::debug!(account = %name, %error, "what ends next is not looked up");
        Some(lane.clock.now() + ENDS_AGAIN)
    })
}

/// Ends what has waited long enough: past its `expires_at`, or past `give_up_after` while nothing could leave.
async fn sweep(lane: &Arc<Lane>, running: &mut JoinSet<News>) {
    let now = lane.clock.now();
    let name = &lane.account.name;
    let gave_up = lock(&lane.standing).kept_since(lane.account.policy.give_up_after, now);
    let mut ended = match lane.queue.expired(name, now, lane.holding.lease(now), SWEPT_AT_ONCE).await {
        Ok(claims) => claims,
        Err(error) => {
            tracing::warn!(account = %name, %error, "what has expired is not looked for");
            return;
        }
    };
    if let Some(since) = gave_up {
        match lane.queue.claim(name, since, lane.holding.lease(now), SWEPT_AT_ONCE).await {
            Ok(claims) => ended.extend(claims),
            Err(error) => tracing::warn!(account = %name, %error, "what has waited too long is not looked for"),
        }
    }
    lane.holding.take(&ended);
    for claim in ended {
        let errand = Errand { number: lane.number(), trial: false };
        running.spawn(holding::attempt(Arc::clone(lane), claim, errand));
    }
}

/// The account's outages as the store has them: what a message has waited for its account counts over restarts, but for
/// the time in which no process was there to try.
pub(super) struct KeptOutages {
    written: Vec<Outage>,
    at: Tick,
}

impl KeptOutages {
    /// Remembers those of earlier processes.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(super) async fn read(lane: &Lane) -> Result<Self, StoreError> {
        let written = lane.queue.outages(&lane.account.name).await?;
        let now = lane.clock.moment();
        // The clock may have been set back since.
        let past = written.iter().filter(|outage| outage.since < now.wall);
        let past = past.map(|outage| Outage { until: outage.until.min(now.wall), ..*outage });
        lock(&lane.standing).remember(past);
        Ok(Self { written, at: now.tick })
    }

    /// Writes down what is new; `at_once`: whenever it was written last.
    pub(super) async fn write(&mut self, lane: &Lane, at_once: bool) {
        let now = lane.clock.moment();
        if !at_once && now.tick.since(self.at) < KEEP_EVERY {
            return;
        }
        let outages: Vec<Outage> = lock(&lane.standing).outages(now.wall).collect();
        if outages == self.written {
            return;
        }
        self.at = now.tick;
        match lane.queue.keep_outages(&lane.account.name, outages.clone()).await {
            Ok(()) => self.written = outages,
            Err(error) => tracing::warn!(account = %lane.account.name, %error, "an outage is not written down"),
        }
    }
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
            tracing::warn!(%account, class, code = %cause.code, words = %cause.words, %until, "the account rests");
            lane.observer.rested(account, class, true);
        }
        (Some(Change::RestsOn), Some(rest)) => {
            let Rest { cause, class, since, until } = rest;
            tracing::info!(%account, class, code = %cause.code, words = %cause.words, %since, %until, "the account rests on");
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
