//! Events on their way to whoever subscribed: waiting, under way, or given up.
//!
//! What is here decides *when* a push is tried and when it is given up, all on the sandbox's clock; what travels and
//! which answer counts is the platform's own ([`Push`]), carrying it out is [`crate::push`]'s.

use super::World;
use bytes::Bytes;
use hongyan_net::Reply;
use http::Request;
use serde::Serialize;
use serde_json::{Value, json};
use std::{
    any::Any,
    collections::{BTreeMap, HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};
use tokio::sync::Notify;

/// Pushes that wait at most; what comes beyond is lost, and counted.
const KEPT: usize = 10_000;
/// Failed events kept for whoever asks.
const KEPT_FAILED: usize = 10_000;
/// Pushes remembered for the inspection API.
const REMEMBERED: usize = 1_000;
/// From giving up to being shown as failed: three minutes (the platform says three to five).
const SHOWN_AFTER_MS: i64 = 180_000;

/// The way an event takes to one receiver, as the inspection API names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub(crate) struct Destination(pub(crate) &'static str);

/// What happens to a push on one destination that fails or is not answered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) destination: Destination,
    /// Milliseconds to the next try, after the first failure, the second, …; then it is given up.
    pub(crate) again_ms: &'static [i64],
    /// The milliseconds count from the beginning of the failed try, not from its end.
    pub(crate) from_beginning: bool,
    /// An answer over a connection that takes longer, in milliseconds, is none; `None`: the request has a bound of
    /// its own.
    pub(crate) answer_within_ms: Option<i64>,
    /// Given up, it is kept for whoever asks for what failed.
    pub(crate) keeps_failed: bool,
}

/// What came of beginning a push.
pub(crate) enum Begun {
    /// This is to be sent, and answered within that time.
    Request(Box<Request<Bytes>>, Duration),
    /// It was written into a connection; the answer comes later.
    Written,
    /// Nobody is connected: it waits for one, and the try does not count.
    Parked,
    /// It cannot be pushed now, and why.
    Failed(&'static str),
}

/// What happened, and how its platform pushes it.
pub(crate) trait Push: Any + Send + Sync {
    /// As callers name the platform.
    fn platform(&self) -> &'static str;
    /// As the inspection API names what happened.
    fn kind(&self) -> String;
    /// Begins a try.
    fn begin(&self, world: &mut World, delivery: &Delivery, now: i64) -> Begun;
    /// What the answer over HTTP means; `Err` says what is wrong with it.
    fn judge(&self, world: &mut World, delivery: &Delivery, reply: &Reply, now: i64) -> Result<(), String>;
}

/// One event. No `Debug`: what happened may hold keys.
pub(crate) struct Event {
    /// The same in every try.
    pub(crate) id: String,
    /// Milliseconds of the sandbox's clock.
    pub(crate) at: i64,
    pub(crate) push: Box<dyn Push>,
}

impl Event {
    /// What happened, where it is of this type.
    pub(crate) fn of<T: Push>(&self) -> Option<&T> {
        let push: &dyn Any = &*self.push;
        push.downcast_ref()
    }
}

/// One event for one receiver.
#[derive(Clone)]
pub(crate) struct Delivery {
    pub(crate) number: u64,
    pub(crate) event: Arc<Event>,
    pub(crate) plan: Plan,
    /// Tries begun.
    pub(crate) tries: u32,
    /// When the last of them began.
    began: i64,
    /// It was taken already, and comes once more.
    pub(crate) repeated: bool,
}

/// What became of a push, for the inspection API.
#[derive(Debug, Clone, Serialize)]
struct Noted {
    seq: u64,
    at_ms: i64,
    platform: &'static str,
    kind: String,
    event_id: String,
    destination: Destination,
    tries: u32,
    /// `waiting`, `delivered` or `given up`.
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

/// How the pushes on one destination went, since its receiver was set.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Counts {
    /// Events that happened.
    pub(crate) emitted: u64,
    /// Pushes that were taken.
    pub(crate) delivered: u64,
    /// Tries that were not.
    pub(crate) refused: u64,
    /// Events given up.
    pub(crate) given_up: u64,
    /// Events for which there was no room.
    pub(crate) lost: u64,
    /// What was wrong with the last try that was not taken.
    pub(crate) last_problem: Option<String>,
}

/// All that is on its way.
#[derive(Default)]
pub(crate) struct Events {
    /// By when it is due, then by number.
    waiting: BTreeMap<(i64, u64), Delivery>,
    under_way: HashMap<u64, Delivery>,
    /// With nobody connected: until somebody is.
    parked: VecDeque<Delivery>,
    /// With the time from which they are shown.
    failed: VecDeque<(i64, Destination, Arc<Event>)>,
    recent: VecDeque<Noted>,
    counts: HashMap<Destination, Counts>,
    pub(super) last: u64,
    wake: Arc<Notify>,
}

impl Events {
    /// Empty, but with the numbers and the wake-up of another, so that what is under way finds nothing of its own.
    pub(crate) fn after(other: &Self) -> Self {
        Self { last: other.last, wake: other.wake.clone(), ..Self::default() }
    }

    /// Rings when something is due sooner than it was.
    pub(crate) fn wake(&self) -> Arc<Notify> {
        self.wake.clone()
    }

    pub(crate) fn wake_by(&mut self, wake: Arc<Notify>) {
        self.wake = wake;
    }

    pub(crate) fn counts(&mut self, destination: Destination) -> &mut Counts {
        self.counts.entry(destination).or_default()
    }

    /// Starts to count anew, for a new receiver.
    pub(crate) fn forget_counts(&mut self, destination: Destination) {
        self.counts.remove(&destination);
    }

    /// Puts an event on its way; `false` where there is no room.
    pub(super) fn enqueue(&mut self, event: Arc<Event>, plan: Plan) -> bool {
        if self.waiting.len() + self.parked.len() >= KEPT {
            return false;
        }
        self.last += 1;
        if self.recent.len() >= REMEMBERED {
            self.recent.pop_front();
        }
        self.recent.push_back(Noted {
            seq: self.last,
            at_ms: event.at,
            platform: event.push.platform(),
            kind: event.push.kind(),
            event_id: event.id.clone(),
            destination: plan.destination,
            tries: 0,
            outcome: "waiting",
            problem: None,
        });
        let (at, number) = (event.at, self.last);
        self.waiting.insert((at, number), Delivery { number, event, plan, tries: 0, began: at, repeated: false });
        self.wake.notify_one();
        true
    }

    /// The next push that is due; it counts as begun.
    pub(crate) fn next_due(&mut self, now: i64) -> Option<Delivery> {
        let (due, number) = *self.waiting.first_key_value()?.0;
        if due > now {
            return None;
        }
        let mut delivery = self.waiting.remove(&(due, number))?;
        delivery.tries += 1;
        delivery.began = now;
        self.under_way.insert(number, delivery.clone());
        Some(delivery)
    }

    /// Nobody is connected: waits for one, and the try does not count.
    pub(crate) fn park(&mut self, number: u64) {
        if let Some(mut delivery) = self.under_way.remove(&number) {
            delivery.tries -= 1;
            self.parked.push_back(delivery);
        }
    }

    /// Somebody connected.
    pub(crate) fn unpark(&mut self, now: i64) {
        for delivery in std::mem::take(&mut self.parked) {
            self.waiting.insert((now, delivery.number), delivery);
        }
        self.wake.notify_one();
    }

    /// The push that is under way, if it still is.
    pub(crate) fn under_way(&self, number: u64) -> Option<&Delivery> {
        self.under_way.get(&number)
    }

    /// The number of the push of this event on this destination, if it is under way.
    pub(crate) fn find(&self, destination: Destination, event_id: &str) -> Option<u64> {
        let of = |delivery: &&Delivery| delivery.plan.destination == destination && delivery.event.id == event_id;
        self.under_way.values().find(of).map(|delivery| delivery.number)
    }

    /// Pushes over connections that are not answered and were not to take so long.
    pub(crate) fn unanswered(&self, now: i64) -> Vec<u64> {
        let over = |delivery: &&Delivery| delivery.plan.answer_within_ms.is_some_and(|ms| delivery.began <= now - ms);
        self.under_way.values().filter(over).map(|delivery| delivery.number).collect()
    }

    /// It arrived.
    pub(crate) fn delivered(&mut self, number: u64) -> Option<Delivery> {
        let delivery = self.under_way.remove(&number)?;
        self.note(&delivery, "delivered", None);
        Some(delivery)
    }

    /// What was taken comes once more, after what happens in the second between: doubled and out of order, as the
    /// platforms may send.
    pub(crate) fn repeat(&mut self, mut delivery: Delivery, now: i64) {
        if !std::mem::replace(&mut delivery.repeated, true) {
            self.waiting.insert((now + 1_000, delivery.number), delivery);
        }
    }

    /// It did not: tried again later or given up. Gives back what was given up.
    pub(crate) fn refused(&mut self, number: u64, problem: &str, now: i64) -> Option<Delivery> {
        let delivery = self.under_way.remove(&number)?;
        let plan = delivery.plan;
        let after = usize::try_from(delivery.tries).ok().and_then(|begun| plan.again_ms.get(begun.checked_sub(1)?));
        let from = if plan.from_beginning { delivery.began } else { now };
        if let Some(due) = after.map(|after| now.max(from.saturating_add(*after))) {
            self.note(&delivery, "waiting", Some(problem));
            self.waiting.insert((due, number), delivery);
            self.wake.notify_one();
            return None;
        }
        self.note(&delivery, "given up", Some(problem));
        if plan.keeps_failed {
            if self.failed.len() >= KEPT_FAILED {
                self.failed.pop_front();
            }
            self.failed.push_back((now + SHOWN_AFTER_MS, plan.destination, delivery.event.clone()));
        }
        Some(delivery)
    }

    /// Takes up to `max` failed events that are shown by now, and whether there are more.
    pub(crate) fn take_failed(&mut self, max: usize, now: i64) -> (Vec<Arc<Event>>, bool) {
        let shown = self.failed.iter().take_while(|(from, ..)| *from <= now).count();
        let taken = self.failed.drain(..shown.min(max)).map(|(.., event)| event).collect();
        (taken, shown > max)
    }

    /// Forgets what is on its way to a receiver who is no more.
    pub(crate) fn forget(&mut self, destination: Destination) {
        self.waiting.retain(|_, delivery| delivery.plan.destination != destination);
        self.under_way.retain(|_, delivery| delivery.plan.destination != destination);
        self.failed.retain(|(_, of, _)| *of != destination);
    }

    /// How many are on their way to a receiver.
    pub(crate) fn waiting(&self, destination: Destination) -> usize {
        let all = self.waiting.values().chain(self.under_way.values()).chain(&self.parked);
        all.filter(|delivery| delivery.plan.destination == destination).count()
    }

    fn note(&mut self, delivery: &Delivery, outcome: &'static str, problem: Option<&str>) {
        // From the newest: what is under way is mostly new.
        if let Some(noted) = self.recent.iter_mut().rev().find(|noted| noted.seq == delivery.number) {
            noted.tries = delivery.tries;
            noted.outcome = outcome;
            noted.problem = problem.map(Into::into);
        }
    }

    /// The recent pushes after the one with that number.
    pub(crate) fn list(&self, since: u64) -> Value {
        let events: Vec<&Noted> = self.recent.iter().filter(|noted| noted.seq > since).collect();
        json!({"last": self.last, "events": events})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nothing that anybody pushes.
    struct Something;

    impl Push for Something {
        fn platform(&self) -> &'static str {
            "post"
        }
        fn kind(&self) -> String {
            "user_add_org".into()
        }
        fn begin(&self, _: &mut World, _: &Delivery, _: i64) -> Begun {
            Begun::Written
        }
        fn judge(&self, _: &mut World, _: &Delivery, _: &Reply, _: i64) -> Result<(), String> {
            Ok(())
        }
    }

    fn event() -> Arc<Event> {
        Arc::new(Event { id: "e".into(), at: 0, push: Box::new(Something) })
    }

    #[test]
    fn dingtalk_tries_after_ten_and_thirty_seconds_and_shows_the_failure_later() {
        let mut events = Events::default();
        assert!(events.enqueue(event(), crate::dingtalk::OVER_HTTP));
        let first = events.next_due(0).unwrap();
        assert!(events.refused(first.number, "x", 1_000).is_none());
        assert!(events.next_due(10_999).is_none());
        assert_eq!(events.next_due(11_000).unwrap().tries, 2);
        assert!(events.refused(first.number, "x", 11_000).is_none());
        assert!(events.next_due(40_999).is_none());
        events.next_due(41_000).unwrap();
        assert!(events.refused(first.number, "x", 41_000).is_some());
        assert!(events.take_failed(200, 220_999).0.is_empty());
        assert_eq!(events.take_failed(200, 221_000).0.len(), 1);
        assert!(events.take_failed(200, i64::MAX).0.is_empty());
    }

    #[test]
    fn wecom_tries_as_often_as_is_set() {
        let mut events = Events::default();
        events.enqueue(event(), crate::wecom::event::plan(3));
        for now in [0, 5_000, 10_000] {
            let number = events.next_due(now).unwrap().number;
            assert_eq!(events.refused(number, "x", now).is_some(), now == 10_000);
        }
        assert!(events.next_due(i64::MAX).is_none());
    }

    #[test]
    fn more_than_is_kept_is_lost() {
        let mut events = Events::default();
        let plan = crate::wecom::event::plan(3);
        assert!((0..KEPT).all(|_| events.enqueue(event(), plan)));
        assert!(!events.enqueue(event(), plan));
        events.forget(plan.destination);
        assert_eq!(events.waiting(plan.destination), 0);
    }
}
