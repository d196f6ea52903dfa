//! Who waits for which message (`?wait=`), and the dispatcher's observer that wakes them.

use crate::{dispatch::Observer, metrics::Metrics};
use hongyan_core::{DeliveryId, MessageId};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::sync::watch;

/// Messages that somebody waits for.
#[derive(Default)]
pub(crate) struct Waiting {
    /// So that nobody takes the lock while nobody waits, which is nearly always.
    count: AtomicUsize,
    by_id: Mutex<HashMap<MessageId, watch::Sender<()>>>,
}

impl Waiting {
    pub(crate) fn enter(self: &Arc<Self>, id: MessageId) -> Ticket {
        let mut by_id = self.by_id.lock().unwrap_or_else(PoisonError::into_inner);
        let receiver = by_id.entry(id).or_insert_with(|| watch::channel(()).0).subscribe();
        self.count.fetch_add(1, Ordering::SeqCst);
        Ticket { waiting: Arc::clone(self), id, receiver }
    }

    pub(crate) fn notify(&self, id: MessageId) {
        if self.count.load(Ordering::SeqCst) == 0 {
            return;
        }
        if let Some(sender) = self.by_id.lock().unwrap_or_else(PoisonError::into_inner).get(&id) {
            sender.send_replace(());
        }
    }
}

/// One who waits; leaves when dropped.
pub(crate) struct Ticket {
    waiting: Arc<Waiting>,
    id: MessageId,
    receiver: watch::Receiver<()>,
}

impl Ticket {
    /// Returns when the message changed since the last call (or since [`Waiting::enter`]).
    pub(crate) async fn changed(&mut self) {
        // The sender lives as long as this ticket, so an error cannot be.
        let _ = self.receiver.changed().await;
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut by_id = self.waiting.by_id.lock().unwrap_or_else(PoisonError::into_inner);
        if by_id.get(&self.id).is_some_and(|sender| sender.receiver_count() <= 1) {
            by_id.remove(&self.id);
        }
        self.waiting.count.fetch_sub(1, Ordering::SeqCst);
    }
}

/// What the dispatcher tells: counted, and handed to whoever waits.
pub(crate) struct Watch {
    pub(crate) metrics: Metrics,
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn two_can_wait_for_one_message_and_leave_nothing_behind() {
        let waiting = Arc::new(Waiting::default());
        let id = MessageId::from_raw(7);
        let (mut first, second) = (waiting.enter(id), waiting.enter(id));
        waiting.notify(id);
        first.changed().await;
        drop(first);
        assert_eq!(waiting.by_id.lock().unwrap().len(), 1);
        drop(second);
        assert!(waiting.by_id.lock().unwrap().is_empty());
        assert_eq!(waiting.count.load(Ordering::SeqCst), 0);
    }
}
