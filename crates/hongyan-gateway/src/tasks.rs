//! What goes on beside the requests: keys are reread, gauges set, old messages and files forgotten.

use crate::{app::App, keys};
use std::{sync::Arc, time::Duration};
use tokio::time::{MissedTickBehavior, interval};

const GAUGES_EVERY: Duration = Duration::from_secs(5);
const FORGET_EVERY: Duration = Duration::from_secs(3_600);
/// Messages forgotten in one go, so that the writer is never held for long.
const FORGET_AT_ONCE: usize = 1_000;
const FORGET_PAUSE: Duration = Duration::from_millis(50);
const DAY: Duration = Duration::from_secs(86_400);

fn every(span: Duration) -> tokio::time::Interval {
    let mut interval = interval(span);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}

/// Follows the store's keys, so that one made or revoked elsewhere takes effect.
pub(crate) async fn follow_keys(app: Arc<App>) {
    let mut tick = every(keys::RELOAD_EVERY);
    loop {
        tick.tick().await;
        if let Err(error) = app.ring.reload().await {
            tracing::warn!(%error, "the keys could not be reread; those known stay in force");
        }
    }
}

/// Keeps the gauges.
pub(crate) async fn keep_gauges(app: Arc<App>) {
    let mut tick = every(GAUGES_EVERY);
    loop {
        tick.tick().await;
        match app.store.depths().await {
            Ok(depths) => app.watch.metrics.depths(&depths),
            Err(error) => tracing::warn!(%error, "the depths could not be read"),
        }
    }
}

/// Forgets settled messages past their days, then the files that nobody needs any more.
pub(crate) async fn forget(app: Arc<App>) {
    let keep = app.config.store.keep_days;
    if keep == 0 {
        return;
    }
    let mut tick = every(FORGET_EVERY);
    loop {
        tick.tick().await;
        let before = app.clock.now() - DAY * keep;
        loop {
            match app.store.forget(before, FORGET_AT_ONCE).await {
                Ok(0) => break,
                Ok(count) => {
                    tracing::debug!(count, "forgot old messages");
                    tokio::time::sleep(FORGET_PAUSE).await;
                }
                Err(error) => {
                    tracing::warn!(%error, "old messages could not be forgotten");
                    break;
                }
            }
        }
        loop {
            match app.store.forget_files(before, FORGET_AT_ONCE).await {
                Ok(0) => break,
                Ok(count) => {
                    tracing::debug!(count, "forgot old files");
                    tokio::time::sleep(FORGET_PAUSE).await;
                }
                Err(error) => {
                    tracing::warn!(%error, "old files could not be forgotten");
                    break;
                }
            }
        }
    }
}
