//! What the dispatcher tells: counted, and handed to whoever waits.

use crate::metrics::Metrics;
use hongyan_core::{DeliveryId, MessageId};
use hongyan_dispatch::Observer;
use hongyan_intake::Waiting;
use std::{sync::Arc, time::Duration};

/// Counts what the dispatcher does and wakes whoever waits for it.
pub(crate) struct Watch {
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) waiting: Arc<Waiting>,
}

impl Observer for Watch {
    fn attempted(&self, account: &str, class: &'static str, took: Duration) {
        self.metrics.attempted(account, class, took);
    }

    fn changed(&self, delivery: DeliveryId) {
        self.waiting.notify(delivery.message);
    }

    fn rested(&self, account: &str, class: &'static str, rests: bool) {
        self.metrics.rested(account, class, rests);
    }

    fn results_awaited(&self, message: MessageId) -> bool {
        self.waiting.results_awaited(message)
    }

    fn results_whole(&self, delivery: DeliveryId) {
        self.waiting.note_complete(delivery);
    }
}
