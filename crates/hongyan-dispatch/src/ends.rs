//! What ends while it waits: past its `expires_at`, or past `give_up_after` while nothing could leave.

use super::{
    guarded,
    lane::{Errand, Lane, LaneUpdate},
    lock::lock,
};
use hongyan_core::{Moment, Room, StoreError, Tick, Time};
use std::{sync::Arc, time::Duration};
use tokio::task::JoinSet;

/// When the next of what waits ends is looked up this often at most, while there is news.
const ENDS_EVERY: Duration = Duration::from_secs(1);
/// Looking it up takes this part of the lane's time at most: it walks over all that waits.
const ENDS_SHARE: u32 = 20;
/// After a look-up that failed.
const ENDS_AGAIN: Duration = Duration::from_secs(10);
/// Deliveries that are ended in one go.
const SWEPT_AT_ONCE: usize = 200;

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
    pub(super) fn changed(&mut self) {
        self.stale = true;
    }

    /// Looks it up where that is due, and ends what has come to its end.
    pub(super) async fn heed(&mut self, lane: &Arc<Lane>, running: &mut JoinSet<LaneUpdate>) {
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
    pub(super) fn sleep(&self, now: Moment) -> Option<Duration> {
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
async fn sweep(lane: &Arc<Lane>, running: &mut JoinSet<LaneUpdate>) {
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
        running.spawn(guarded::attempt(Arc::clone(lane), claim, errand));
    }
}
