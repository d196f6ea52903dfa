//! Who waits for which message: `?wait=`, the official paths. The dispatcher's observer wakes them.
//!
//! Some wait for the calls to be made, others for what the platform says of each recipient. For the latter it is noted
//! which results the platform has said to be complete: a department's copy is in no list of people.

use crate::reply;
use hongyan_api::Problem;
use hongyan_core::{
    AddressKind, DeliveryId, DeliveryRow, DeliveryState, Ledger, MessageId, MessageRow, RecipientState,
};
use std::{
    collections::{BTreeSet, HashMap},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::{
    sync::watch,
    time::{Instant, timeout_at},
};

/// Messages that somebody waits for.
pub struct Waiting {
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
    complete: BTreeSet<u32>,
}

/// What somebody waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitsFor {
    /// That the calls are made.
    Calls,
    /// What the platform says of each recipient, which it may have to be asked for.
    Results,
}

impl Waiting {
    /// For so many who wait at once: each holds a connection meanwhile.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { count: AtomicUsize::new(0), most, by_id: Mutex::default() }
    }

    /// Waits for a message from now on; entered before it is stored, no change is missed.
    pub fn enter(self: &Arc<Self>, id: MessageId, what: WaitsFor) -> Ticket {
        let mut by_id = self.by_id.lock().unwrap_or_else(PoisonError::into_inner);
        let awaited = by_id.entry(id).or_insert_with(|| Awaited {
            wake: watch::channel(()).0,
            for_results: 0,
            complete: BTreeSet::new(),
        });
        awaited.for_results += usize::from(what == WaitsFor::Results);
        let receiver = awaited.wake.subscribe();
        let may_wait = self.count.fetch_add(1, Ordering::SeqCst) < self.most;
        Ticket { waiting: Arc::clone(self), id, what, may_wait, receiver }
    }

    /// Whether somebody waits for what the platform says of each recipient.
    #[must_use]
    pub fn results_awaited(&self, id: MessageId) -> bool {
        self.count.load(Ordering::SeqCst) > 0
            && self.by_id.lock().unwrap_or_else(PoisonError::into_inner).get(&id).is_some_and(|one| one.for_results > 0)
    }

    /// Notes that the platform has said all that it will say of a delivery.
    pub fn note_complete(&self, id: DeliveryId) {
        if self.count.load(Ordering::SeqCst) == 0 {
            return;
        }
        if let Some(awaited) = self.by_id.lock().unwrap_or_else(PoisonError::into_inner).get_mut(&id.message) {
            awaited.complete.insert(id.number);
        }
    }

    /// A message changed: whoever waits for it looks again.
    pub fn notify(&self, id: MessageId) {
        if self.count.load(Ordering::SeqCst) == 0 {
            return;
        }
        if let Some(awaited) = self.by_id.lock().unwrap_or_else(PoisonError::into_inner).get(&id) {
            awaited.wake.send_replace(());
        }
    }
}

/// One who waits; leaves when dropped.
pub struct Ticket {
    waiting: Arc<Waiting>,
    id: MessageId,
    what: WaitsFor,
    /// False where enough others wait already.
    may_wait: bool,
    receiver: watch::Receiver<()>,
}

impl Ticket {
    /// Whether the platform has said, while this ticket was held, all that it will say of a delivery.
    fn is_complete(&self, delivery: DeliveryId) -> bool {
        let by_id = self.waiting.by_id.lock().unwrap_or_else(PoisonError::into_inner);
        by_id.get(&self.id).is_some_and(|awaited| awaited.complete.contains(&delivery.number))
    }

    /// The message once nothing of it is under way, or as it stands at `until`.
    ///
    /// # Errors
    /// The store's.
    pub async fn calls_made(mut self, ledger: &dyn Ledger, until: Instant) -> Result<Option<MessageRow>, Problem> {
        loop {
            let row = ledger.message(self.id).await.map_err(reply::store)?;
            let waits = self.may_wait && row.as_ref().is_some_and(under_way);
            if !waits || timeout_at(until, self.changed()).await.is_err() {
                return Ok(row);
            }
        }
    }

    /// The message once the platforms have said of every recipient what became of it, or as it stands at `until`; and
    /// whether they have. `asks`: whether an account asks its platform for results.
    ///
    /// # Errors
    /// The store's.
    pub async fn results(
        mut self,
        ledger: &dyn Ledger,
        asks: impl Fn(&str) -> bool,
        until: Instant,
    ) -> Result<(Option<MessageRow>, bool), Problem> {
        loop {
            let row = ledger.message(self.id).await.map_err(reply::store)?;
            let settled = match &row {
                Some(row) => !under_way(row) && self.all_named(ledger, &asks, row).await?,
                None => true,
            };
            if settled || !self.may_wait || timeout_at(until, self.changed()).await.is_err() {
                return Ok((row, settled));
            }
        }
    }

    /// Whether the result of every call names all its recipients. Where the reply to a call says all that the platform
    /// will say, it has done so; elsewhere `sent` is only that the call was taken. Of departments, and of everybody, a
    /// result names nobody but those refused: it is complete when the platform has worked through the call.
    async fn all_named(
        &self,
        ledger: &dyn Ledger,
        asks: &impl Fn(&str) -> bool,
        row: &MessageRow,
    ) -> Result<bool, Problem> {
        let asked_for =
            |d: &&DeliveryRow| d.state == DeliveryState::Sent && !d.handles.is_empty() && asks(d.account.as_str());
        let open: Vec<&DeliveryRow> = row.deliveries.iter().filter(asked_for).collect();
        if open.is_empty() {
            return Ok(true);
        }
        let ledger = ledger.recipients(row.id).await.map_err(reply::store)?;
        Ok(open.into_iter().all(|d| {
            let mut unnamed = ledger.iter().filter(|r| r.delivery == d.id && r.state == RecipientState::Sent);
            let complete = self.is_complete(d.id);
            unnamed.all(|r| complete && matches!(r.address.kind, AddressKind::Department | AddressKind::All))
        }))
    }

    /// Returns when the message changed since the last call (or since [`Waiting::enter`]).
    async fn changed(&mut self) {
        // The sender lives as long as this ticket, so an error cannot be.
        let _ = self.receiver.changed().await;
    }
}

/// Whether calls are to be made yet.
fn under_way(row: &MessageRow) -> bool {
    row.deliveries.iter().any(|d| {
        matches!(d.state, DeliveryState::Pending | DeliveryState::Sending)
            || (d.state == DeliveryState::Unknown && d.due.is_some())
    })
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
    async fn results_are_complete_for_whoever_waited_when_they_came() {
        let waiting = Arc::new(Waiting::new(9));
        let delivery = DeliveryId { message: MessageId::from_raw(7), number: 2 };
        waiting.note_complete(delivery);
        let ticket = waiting.enter(delivery.message, WaitsFor::Results);
        assert!(!ticket.is_complete(delivery), "nobody waited then");
        waiting.note_complete(delivery);
        assert!(ticket.is_complete(delivery) && !ticket.is_complete(DeliveryId { number: 1, ..delivery }));
        let calls = waiting.enter(MessageId::from_raw(8), WaitsFor::Calls);
        assert!(!waiting.results_awaited(calls.id), "no result is asked for sooner for those");
    }
}
