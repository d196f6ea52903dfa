//! When an account could not send, as the store has it.

use super::{lane::Lane, lock::lock};
use hongyan_core::{Outage, StoreError, Tick};
use std::time::Duration;

/// What is new about the account's outages is written down this often.
const KEEP_EVERY: Duration = Duration::from_secs(60);

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
