//! What this process holds of an account: leases whose call, or whose outcome that is not written down yet, lives here.
//!
//! A lease goes on while it is held. An outcome that the store does not take is kept and written again, and meanwhile
//! the lane claims nothing new, so that what is kept is never more than what was under way. Whatever is leased and held
//! by nobody here is taken over: its process died, or its attempt did.

use super::{
    attempt::{self, News},
    lane::{Lane, lock},
    log,
    rest::Errand,
};
use hongyan_core::{Claim, DeliveryId, Settlement, StoreError, Time};
use std::{
    collections::{HashMap, HashSet},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::{Arc, Mutex},
    task::Poll,
    time::Duration,
};
use tokio::{
    sync::Notify,
    time::{Interval, MissedTickBehavior, interval},
};
use tracing::Instrument;

/// How long a claim is ours unless it is renewed.
pub(super) const LEASE: Duration = Duration::from_secs(300);
/// A lease is renewed when this part of it has passed.
const RENEW_AT: u32 = 3;
/// Before an outcome is written a second time; doubled at each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Writes after which an outcome that the store refuses for itself, while it takes others, no longer holds up the lane.
const REFUSED: u32 = 5;

/// How far a held delivery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Nothing was sent yet.
    Leased,
    /// Its call may have been made.
    Called,
    /// Its outcome is not written down yet, and until it is nothing new is claimed.
    Unwritten,
    /// Its outcome is not written down yet, for a reason of its own.
    Refused,
}

/// The deliveries held.
#[derive(Debug)]
pub(super) struct Holding {
    lease: Duration,
    held: Mutex<HashMap<DeliveryId, Stage>>,
    /// The store took an outcome again: the others need not wait for their turn.
    writable: Notify,
}

impl Holding {
    /// Holds nothing yet; a claim is ours for `lease` unless it is renewed.
    pub(super) fn new(lease: Duration) -> Self {
        Self { lease, held: Mutex::default(), writable: Notify::new() }
    }

    /// Until when a claim made now is ours.
    pub(super) fn lease(&self, now: Time) -> Time {
        now + self.lease
    }

    /// When leases are renewed and lost ones looked for.
    pub(super) fn ticks(&self) -> Interval {
        let mut ticks = interval(self.lease / RENEW_AT);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ticks
    }

    /// Takes claims in, before anything is done about them.
    pub(super) fn take(&self, claims: &[Claim]) {
        lock(&self.held).extend(claims.iter().map(|claim| (claim.id, Stage::Leased)));
    }

    /// The call is about to be made.
    pub(super) fn called(&self, id: DeliveryId) {
        lock(&self.held).insert(id, Stage::Called);
    }

    /// Whether outcomes wait for the store, so that nothing new may be begun.
    pub(super) fn is_blocked(&self) -> bool {
        lock(&self.held).values().any(|stage| *stage == Stage::Unwritten)
    }

    fn set(&self, id: DeliveryId, stage: Stage) {
        lock(&self.held).insert(id, stage);
    }

    fn may_have_called(&self, id: DeliveryId) -> bool {
        lock(&self.held).get(&id).is_none_or(|stage| *stage != Stage::Leased)
    }

    fn release(&self, id: DeliveryId) {
        lock(&self.held).remove(&id);
    }

    fn ids(&self) -> HashSet<DeliveryId> {
        lock(&self.held).keys().copied().collect()
    }
}

/// Before the `tries`-th further try at something that the store would not do.
pub(super) fn pause(tries: u32) -> Duration {
    FIRST_PAUSE.saturating_mul(1_u32.checked_shl(tries).unwrap_or(u32::MAX)).min(LONGEST_PAUSE)
}

/// One attempt at a claim that was [taken in](Holding::take), to its end: a panic is an outcome too.
pub(super) async fn attempt(lane: Arc<Lane>, claim: Claim, errand: Errand) -> News {
    let span = log::span(&lane, &claim);
    let mut done = unwinding(attempt::run(&lane, &claim, errand).instrument(span)).await;
    if done.is_none() {
        let called = lane.holding.may_have_called(claim.id);
        tracing::error!(account = %lane.account.name, delivery = %claim.id, called, "an attempt panicked");
        done = unwinding(attempt::panicked(&lane, &claim, called)).await;
    }
    lane.holding.release(claim.id);
    // Where even that is impossible, the lease ends and the delivery is taken over.
    done.unwrap_or_default()
}

/// Settles a claim that was taken over.
pub(super) async fn interrupted(lane: Arc<Lane>, claim: Claim) -> News {
    let span = log::span(&lane, &claim);
    let done = unwinding(attempt::interrupted(&lane, &claim).instrument(span)).await;
    lane.holding.release(claim.id);
    done.unwrap_or_default()
}

/// What a future gives, or nothing when it panics.
async fn unwinding<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    // Polled no more after a panic. What it shared is behind locks whose critical sections are one update each.
    std::future::poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
        Ok(poll) => poll.map(Some),
        Err(_) => Poll::Ready(None),
    })
    .await
}

/// Writes an outcome down, however often that takes.
pub(super) async fn write(lane: &Lane, mut settlement: Settlement) {
    let (id, account) = (settlement.id, &lane.account.name);
    for tries in 0.. {
        let error = match lane.queue.settle(vec![settlement.clone()]).await {
            Ok(()) if tries == 0 => return,
            Ok(()) => {
                tracing::info!(%account, delivery = %id, tries = tries + 1, "the outcome is written down now");
                lane.holding.set(id, Stage::Called);
                lane.holding.writable.notify_waiters();
                // Claims that were held up may go on.
                lane.due.notify_one();
                return;
            }
            Err(error) => error,
        };
        if tries == 0 {
            tracing::error!(%account, delivery = %id, %error, "an outcome cannot be written down; it is kept");
        } else {
            tracing::debug!(%account, delivery = %id, tries, %error, "an outcome cannot be written down yet");
        }
        let its_own = tries >= REFUSED && matches!(error, StoreError::Failed(_));
        if its_own {
            // Perhaps without its line of history, which is the most that can be odd about it.
            settlement.attempt = None;
        }
        lane.holding.set(id, if its_own { Stage::Refused } else { Stage::Unwritten });
        if tries == REFUSED {
            lane.due.notify_one();
        }
        tokio::select! {
            () = tokio::time::sleep(pause(tries)) => {}
            () = lane.holding.writable.notified() => {}
        }
    }
}

/// Lets the leases that are held go on, and gives those that nobody holds, taken in. An error leaves both for the next
/// time: what is held is held whether or not its lease has ended.
///
/// # Errors
/// [`StoreError`].
pub(super) async fn keep(lane: &Lane) -> Result<Vec<Claim>, StoreError> {
    let now = lane.clock.now();
    // Before the store looks: one that is settled while it looks is no orphan either.
    let held = lane.holding.ids();
    if !held.is_empty() {
        lane.queue.renew(held.iter().copied().collect(), lane.holding.lease(now)).await?;
    }
    let mut lost = lane.queue.orphans(&lane.account.name, now, lane.holding.lease(now)).await?;
    lost.retain(|claim| !held.contains(&claim.id));
    lane.holding.take(&lost);
    Ok(lost)
}
