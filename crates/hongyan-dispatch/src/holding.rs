//! What this process holds of an account: leases whose call, or whose outcome that is not written down yet, lives here.

use super::lock::lock;
use hongyan_core::{Claim, DeliveryId, Time};
use std::{
    collections::{HashMap, HashSet},
    sync::Mutex,
    time::Duration,
};
use tokio::{
    sync::Notify,
    time::{Interval, MissedTickBehavior, interval},
};

/// How long a claim is ours unless it is renewed.
pub(super) const LEASE: Duration = Duration::from_secs(300);
/// A lease is renewed when this part of it has passed.
const RENEW_AT: u32 = 3;
/// Before an outcome is written a second time; doubled at each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// How far a held delivery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
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
    pub(super) writable: Notify,
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

    pub(super) fn set(&self, id: DeliveryId, stage: Stage) {
        lock(&self.held).insert(id, stage);
    }

    pub(super) fn may_have_called(&self, id: DeliveryId) -> bool {
        lock(&self.held).get(&id).is_none_or(|stage| *stage != Stage::Leased)
    }

    pub(super) fn release(&self, id: DeliveryId) {
        lock(&self.held).remove(&id);
    }

    pub(super) fn ids(&self) -> HashSet<DeliveryId> {
        lock(&self.held).keys().copied().collect()
    }
}

/// Before the `tries`-th further try at something that the store would not do.
pub(super) fn pause(tries: u32) -> Duration {
    FIRST_PAUSE.saturating_mul(1_u32.checked_shl(tries).unwrap_or(u32::MAX)).min(LONGEST_PAUSE)
}
