//! One attempt to its end: a panic is an outcome too.

use super::{
    attempt,
    lane::{Errand, Lane, LaneUpdate},
    log,
};
use hongyan_core::Claim;
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::Arc,
    task::Poll,
};
use tracing::Instrument;

/// Attempts a claim that was [taken in](super::holding::Holding::take).
pub(super) async fn attempt(lane: Arc<Lane>, claim: Claim, errand: Errand) -> LaneUpdate {
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
pub(super) async fn interrupted(lane: Arc<Lane>, claim: Claim) -> LaneUpdate {
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
