//! Leases and the store: a lease goes on while it is held, and an outcome is written down however often that takes.
//!
//! Meanwhile the lane claims nothing new, so that what is kept is never more than what was under way. Whatever is leased
//! and held by nobody here is taken over: its process died, or its attempt did.

use super::{
    holding::{Stage, pause},
    lane::Lane,
};
use hongyan_core::{Claim, Settlement, StoreError};

/// Writes after which an outcome that the store refuses for itself, while it takes others, no longer holds up the lane.
const REFUSED: u32 = 5;

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
