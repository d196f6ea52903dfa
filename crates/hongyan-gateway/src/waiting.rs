//! Who waits for which message (`?wait=`, the official paths), and the dispatcher's observer that wakes them.
//!
//! Some wait for the calls to be made, others for what the platform says of each recipient. For the latter it is noted
//! which results the platform has said to be whole: a department's copy is in no list of people.

use crate::metrics::Metrics;
use hongyan_core::{DeliveryId, MessageId};
use hongyan_dispatch::Observer;
use std::{
    collections::{BTreeSet, HashMap},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::sync::watch;

/// Messages that somebody waits for.
pub(crate) struct Waiting {
    /// So that nobody takes the lock while nobody waits, which is nearly always.
    count: AtomicUsize,
    /// So many may wait at once: whoever comes beyond is told what is known.
    most: usize,
    by_id: Mutex<HashMap<MessageId, Awaited>>,
}

/// A message that somebody waits for.
struct Awaited {
    wake: watch::Sender<()>,
    /// How many wait for what the platform says of each recipient.
    for_results: usize,
    /// Deliveries, by number, of which the platform has said all that it will say.
    whole: BTreeSet<u32>,
}

/// What somebody waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WaitsFor {
    /// That the calls are made.
    Calls,
    /// What the platform says of each recipient, which it may have to be asked for.
    Results,
}

impl Waiting {
    /// For so many who wait at once: each holds a connection meanwhile.
    pub(crate) fn new(most: usize) -> Self {
        Self { count: AtomicUsize::new(0), most, by_id: Mutex::default() }
    }

    pub(crate) fn enter(self: &Arc<Self>, id: MessageId, what: WaitsFor) -> Ticket {
        let mut by_id = self.by_id.lock().unwrap_or_else(PoisonError::into_inner);
        let awaited = by_id.entry(id).or_insert_with(|| Awaited {
            wake: watch::channel(()).0,
            for_results: 0,
            whole: BTreeSet::new(),
        });
        awaited.for_results += usize::from(what == WaitsFor::Results);
        let receiver = awaited.wake.subscribe();
        let may_wait = self.count.fetch_add(1, Ordering::SeqCst) < self.most;
        Ticket { waiting: Arc::clone(self), id, what, may_wait, receiver }
    }

    /// Whether somebody waits for what the platform says of each recipient.
    fn results_awaited(&self, id: MessageId) -> bool {
        self.count.load(Ordering::SeqCst) > 0
            && self.by_id.lock().unwrap_or_else(PoisonError::into_inner).get(&id).is_some_and(|one| one.for_results > 0)
    }

    fn note_whole(&self, id: DeliveryId) {
        if self.count.load(Ordering::SeqCst) == 0 {
            return;
        }
        if let Some(awaited) = self.by_id.lock().unwrap_or_else(PoisonError::into_inner).get_mut(&id.message) {
            awaited.whole.insert(id.number);
        }
    }

    pub(crate) fn notify(&self, id: MessageId) {
        if self.count.load(Ordering::SeqCst) == 0 {
            return;
        }
        if let Some(awaited) = self.by_id.lock().unwrap_or_else(PoisonError::into_inner).get(&id) {
            awaited.wake.send_replace(());
        }
    }
}

/// One who waits; leaves when dropped.
pub(crate) struct Ticket {
    waiting: Arc<Waiting>,
    id: MessageId,
    what: WaitsFor,
    /// False where enough others wait already.
    pub(crate) may_wait: bool,
    receiver: watch::Receiver<()>,
}

impl Ticket {
    /// Whether the platform has said, while this ticket was held, all that it will say of a delivery.
    pub(crate) fn is_whole(&self, delivery: DeliveryId) -> bool {
        let by_id = self.waiting.by_id.lock().unwrap_or_else(PoisonError::into_inner);
        by_id.get(&self.id).is_some_and(|awaited| awaited.whole.contains(&delivery.number))
    }

    /// Returns when the message changed since the last call (or since [`Waiting::enter`]).
    pub(crate) async fn changed(&mut self) {
        // The sender lives as long as this ticket, so an error cannot be.
        let _ = self.receiver.changed().await;
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut by_id = self.waiting.by_id.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(awaited) = by_id.get_mut(&self.id) {
            awaited.for_results -= usize::from(self.what == WaitsFor::Results);
            if awaited.wake.receiver_count() <= 1 {
                by_id.remove(&self.id);
            }
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

    fn results_awaited(&self, message: MessageId) -> bool {
        self.waiting.results_awaited(message)
    }

    fn results_whole(&self, delivery: DeliveryId) {
        self.waiting.note_whole(delivery);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn two_can_wait_for_one_message_and_leave_nothing_behind() {
        let waiting = Arc::new(Waiting::new(9));
        let id = MessageId::from_raw(7);
        let (mut first, second) = (waiting.enter(id, WaitsFor::Calls), waiting.enter(id, WaitsFor::Results));
        waiting.notify(id);
        first.changed().await;
        drop(first);
        assert_eq!(waiting.by_id.lock().unwrap().len(), 1);
        assert!(waiting.results_awaited(id));
        drop(second);
        assert!(!waiting.results_awaited(id));
        assert!(waiting.by_id.lock().unwrap().is_empty());
        assert_eq!(waiting.count.load(Ordering::SeqCst), 0);
    }

    #[test]
    fn so_many_wait_and_no_more_until_one_leaves() {
        let waiting = Arc::new(Waiting::new(2));
        let enter = |id| waiting.enter(MessageId::from_raw(id), WaitsFor::Results);
        let (first, second, third) = (enter(1), enter(2), enter(3));
        assert_eq!([first.may_wait, second.may_wait, third.may_wait], [true, true, false]);
        drop((second, third));
        assert!(enter(4).may_wait && first.may_wait);
    }

    #[tokio::test]
    async fn results_are_whole_for_whoever_waited_when_they_came() {
        let waiting = Arc::new(Waiting::new(9));
        let delivery = DeliveryId { message: MessageId::from_raw(7), number: 2 };
        waiting.note_whole(delivery);
        let ticket = waiting.enter(delivery.message, WaitsFor::Results);
        assert!(!ticket.is_whole(delivery), "nobody waited then");
        waiting.note_whole(delivery);
        assert!(ticket.is_whole(delivery) && !ticket.is_whole(DeliveryId { number: 1, ..delivery }));
        let calls = waiting.enter(MessageId::from_raw(8), WaitsFor::Calls);
        assert!(!waiting.results_awaited(calls.id), "no result is asked for sooner for those");
    }
}
