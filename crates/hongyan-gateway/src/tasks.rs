//! What goes on beside the requests: keys are reread, gauges set, old messages and files forgotten.

use crate::metrics::Metrics;
use hongyan_core::{Admin, Clock, DeliveryState, FileStore};
use hongyan_intake::{
    Intake,
    keys::{ApiKeys, RELOAD_EVERY},
};
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
pub(crate) async fn follow_keys(keys: Arc<ApiKeys>) {
    let mut tick = every(RELOAD_EVERY);
    loop {
        tick.tick().await;
        if let Err(error) = keys.reload().await {
            tracing::warn!(%error, "the keys could not be reread; those known stay in force");
        }
    }
}

/// Keeps the gauges.
pub(crate) async fn keep_gauges(store: Arc<dyn Admin>, intake: Arc<Intake>, metrics: Arc<Metrics>) {
    let mut tick = every(GAUGES_EVERY);
    let mut is_first = true;
    loop {
        tick.tick().await;
        match store.depths().await {
            Ok(depths) => {
                if std::mem::take(&mut is_first) {
                    for (account, deliveries) in strays(&depths, |name| intake.accounts.contains_key(name)) {
                        tracing::warn!(
                            account,
                            deliveries,
                            "the account is not configured: configure it again, or cancel what waits for it"
                        );
                    }
                }
                metrics.depths(&depths);
            }
            Err(error) => tracing::warn!(%error, "the depths could not be read"),
        }
    }
}

/// What waits for accounts that are configured no more: nothing sends it, and nothing ends it.
fn strays(
    depths: &[(String, DeliveryState, u64)],
    is_configured: impl Fn(&str) -> bool,
) -> impl Iterator<Item = (&str, u64)> {
    depths.iter().filter_map(move |(account, state, deliveries)| {
        let waits = matches!(state, DeliveryState::Pending | DeliveryState::Sending) && *deliveries > 0;
        (waits && !is_configured(account)).then_some((account.as_str(), *deliveries))
    })
}

/// Forgets settled messages past their days, then the files that nobody needs any more.
pub(crate) async fn forget(store: Arc<dyn Admin>, files: Arc<dyn FileStore>, clock: Arc<dyn Clock>, keep_days: u32) {
    if keep_days == 0 {
        return;
    }
    let mut tick = every(FORGET_EVERY);
    loop {
        tick.tick().await;
        let before = clock.now() - DAY * keep_days;
        loop {
            match store.forget(before, FORGET_AT_ONCE).await {
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
            match files.forget_files(before, FORGET_AT_ONCE).await {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_for_an_account_that_is_gone_is_named() {
        let depths = [
            ("ding".to_owned(), DeliveryState::Pending, 5),
            ("gone".to_owned(), DeliveryState::Pending, 3),
            ("gone".to_owned(), DeliveryState::Sending, 1),
            ("gone".to_owned(), DeliveryState::Sent, 90),
            ("left".to_owned(), DeliveryState::Pending, 0),
        ];
        let found: Vec<_> = strays(&depths, |name| name == "ding").collect();
        assert_eq!(found, [("gone", 3), ("gone", 1)]);
    }
}
