//! Events on their way to whoever subscribed: waiting, under way, or given up.
//!
//! What is here decides *when* a push is tried and when it is given up, all on the sandbox's clock; carrying it out
//! is [`crate::push`]'s, to whom it goes is [`super::tell`]'s.

use super::{
    callback::{Road, WeComHook},
    company::PersonId,
    stream::ROBOT_TOPIC,
};
use crate::dingtalk::card::Route;
use hongyan_wecom::callback::Pushed;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::Arc,
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
/// DingTalk tries again after ten seconds, and then once more after thirty.
const DINGTALK_AGAIN_MS: [i64; 2] = [10_000, 30_000];
/// A robot's message over Stream comes once more after a minute.
const ROBOT_AGAIN_MS: [i64; 1] = [60_000];
/// Stream: an answer that takes longer in milliseconds is none…
const ACK_MS: i64 = 3_000;
/// …nor is one to a press.
const PRESS_MS: i64 = 2_000;
/// WeCom gives up waiting after five seconds and tries again at once; a quick failure waits for as long.
const WECOM_AGAIN_MS: i64 = 5_000;

/// What happened. No `Debug`: the address for answers to a robot's message is a credential.
#[derive(Clone)]
pub(crate) enum Happening {
    /// An event of DingTalk's list, with the members that its row names, spelled as over HTTP (`UserId`).
    DingTalk { kind: String, members: Map<String, Value> },
    /// Somebody wrote to DingTalk's robot.
    Robot(Value),
    /// Somebody pressed a card of DingTalk; `route` is where it goes over HTTP, `None`: over Stream.
    Card { press: Value, who: PersonId, route: Option<Route> },
    /// A message or an event of WeCom.
    WeCom(Box<Pushed>),
}

impl Happening {
    fn platform(&self) -> &'static str {
        match self {
            Self::DingTalk { .. } | Self::Robot(_) | Self::Card { .. } => "dingtalk",
            Self::WeCom(_) => "wecom",
        }
    }

    fn kind(&self) -> String {
        use hongyan_wecom::callback::{Event as Of, Message};
        match self {
            Self::DingTalk { kind, .. } => kind.clone(),
            Self::Robot(_) => ROBOT_TOPIC.into(),
            Self::Card { .. } => hongyan_dingtalk::card::TOPIC.into(),
            Self::WeCom(pushed) => match &pushed.message {
                Message::Event(Of::ChangeContact { change_type }) => format!("change_contact.{change_type}"),
                Message::Event(event) => event.name().to_owned(),
                Message::Text { .. } => "text".into(),
                Message::Image { .. } => "image".into(),
                Message::Voice { .. } => "voice".into(),
                Message::Video { .. } => "video".into(),
                Message::Location { .. } => "location".into(),
                Message::Link { .. } => "link".into(),
                Message::Other { msg_type } => msg_type.clone(),
            },
        }
    }
}

/// One event. No `Debug`: a hook holds its keys.
pub(crate) struct Event {
    /// The same in every try.
    pub(crate) id: String,
    /// Milliseconds of the sandbox's clock.
    pub(crate) at: i64,
    pub(crate) happening: Happening,
    /// WeCom: the address that an import named, instead of the application's.
    pub(crate) hook: Option<WeComHook>,
}

/// One event for one receiver.
#[derive(Clone)]
pub(crate) struct Delivery {
    pub(crate) number: u64,
    pub(crate) event: Arc<Event>,
    pub(crate) road: Road,
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
    road: Road,
    tries: u32,
    /// `waiting`, `delivered` or `given up`.
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

/// All that is on its way.
#[derive(Default)]
pub(crate) struct Events {
    /// By when it is due, then by number.
    waiting: BTreeMap<(i64, u64), Delivery>,
    under_way: HashMap<u64, Delivery>,
    /// For Stream, with nobody connected: until somebody is.
    parked: VecDeque<Delivery>,
    /// DingTalk's, with the time from which they are shown.
    failed: VecDeque<(i64, Arc<Event>)>,
    recent: VecDeque<Noted>,
    pub(super) last: u64,
    wake: Arc<Notify>,
}

impl Events {
    /// Empty, but with the numbers and the bell of another, so that what is under way finds nothing of its own.
    pub(crate) fn after(other: &Self) -> Self {
        Self { last: other.last, wake: other.wake.clone(), ..Self::default() }
    }

    /// Rings when something is due sooner than it was.
    pub(crate) fn bell(&self) -> Arc<Notify> {
        self.wake.clone()
    }

    pub(crate) fn ring_by(&mut self, bell: Arc<Notify>) {
        self.wake = bell;
    }

    /// Puts an event on its way; `false` where there is no room.
    pub(super) fn enqueue(&mut self, event: Arc<Event>, road: Road) -> bool {
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
            platform: event.happening.platform(),
            kind: event.happening.kind(),
            event_id: event.id.clone(),
            road,
            tries: 0,
            outcome: "waiting",
            problem: None,
        });
        let (at, number) = (event.at, self.last);
        self.waiting.insert((at, number), Delivery { number, event, road, tries: 0, began: at, repeated: false });
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

    /// The number of the push over Stream that has this message id, if it is under way.
    pub(crate) fn over_stream(&self, message_id: &str) -> Option<u64> {
        let of = |delivery: &&Delivery| delivery.road == Road::Stream && delivery.event.id == message_id;
        self.under_way.values().find(of).map(|delivery| delivery.number)
    }

    /// Stream pushes that are not answered and were not to take so long.
    pub(crate) fn unanswered(&self, now: i64) -> Vec<u64> {
        let over = |delivery: &&Delivery| {
            let patience = if matches!(delivery.event.happening, Happening::Card { .. }) { PRESS_MS } else { ACK_MS };
            delivery.road == Road::Stream && delivery.began <= now - patience
        };
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
    pub(crate) fn refused(&mut self, number: u64, problem: &str, wecom_tries: u32, now: i64) -> Option<Delivery> {
        let delivery = self.under_way.remove(&number)?;
        let begun = usize::try_from(delivery.tries).unwrap_or(usize::MAX);
        let again = match (delivery.road, &delivery.event.happening) {
            (Road::DingTalk, _) | (Road::Stream, Happening::DingTalk { .. }) => {
                DINGTALK_AGAIN_MS.get(begun - 1).map(|after| now + after)
            }
            (Road::Stream, Happening::Card { .. }) => None,
            (Road::Stream, _) => ROBOT_AGAIN_MS.get(begun - 1).map(|after| delivery.began + after),
            // Nobody has seen a press come twice.
            (Road::Robot | Road::Card, _) => None,
            (Road::WeCom, _) => {
                (delivery.tries < wecom_tries).then(|| now.max(delivery.began.saturating_add(WECOM_AGAIN_MS)))
            }
        };
        if let Some(due) = again {
            self.note(&delivery, "waiting", Some(problem));
            self.waiting.insert((due, number), delivery);
            self.wake.notify_one();
            return None;
        }
        self.note(&delivery, "given up", Some(problem));
        if delivery.road == Road::DingTalk {
            if self.failed.len() >= KEPT_FAILED {
                self.failed.pop_front();
            }
            self.failed.push_back((now + SHOWN_AFTER_MS, delivery.event.clone()));
        }
        Some(delivery)
    }

    /// Takes up to `max` failed events that are shown by now, and whether there are more.
    pub(crate) fn take_failed(&mut self, max: usize, now: i64) -> (Vec<Arc<Event>>, bool) {
        let shown = self.failed.iter().take_while(|(from, _)| *from <= now).count();
        let taken = self.failed.drain(..shown.min(max)).map(|(_, event)| event).collect();
        (taken, shown > max)
    }

    /// Forgets what is on its way to a receiver who is no more.
    pub(crate) fn forget(&mut self, road: Road) {
        self.waiting.retain(|_, delivery| delivery.road != road);
        self.under_way.retain(|_, delivery| delivery.road != road);
        if road == Road::DingTalk {
            self.failed.clear();
        }
    }

    /// How many are on their way to a receiver.
    pub(crate) fn waiting(&self, road: Road) -> usize {
        let all = self.waiting.values().chain(self.under_way.values()).chain(&self.parked);
        all.filter(|delivery| delivery.road == road).count()
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

    fn event() -> Arc<Event> {
        let happening = Happening::DingTalk { kind: "user_add_org".into(), members: Map::new() };
        Arc::new(Event { id: "e".into(), at: 0, happening, hook: None })
    }

    #[test]
    fn dingtalk_tries_after_ten_and_thirty_seconds_and_shows_the_failure_later() {
        let mut events = Events::default();
        assert!(events.enqueue(event(), Road::DingTalk));
        let first = events.next_due(0).unwrap();
        assert!(events.refused(first.number, "x", 3, 1_000).is_none());
        assert!(events.next_due(10_999).is_none());
        assert_eq!(events.next_due(11_000).unwrap().tries, 2);
        assert!(events.refused(first.number, "x", 3, 11_000).is_none());
        assert!(events.next_due(40_999).is_none());
        events.next_due(41_000).unwrap();
        assert!(events.refused(first.number, "x", 3, 41_000).is_some());
        assert!(events.take_failed(200, 220_999).0.is_empty());
        assert_eq!(events.take_failed(200, 221_000).0.len(), 1);
        assert!(events.take_failed(200, i64::MAX).0.is_empty());
    }

    #[test]
    fn wecom_tries_as_often_as_is_set() {
        let mut events = Events::default();
        events.enqueue(event(), Road::WeCom);
        for now in [0, 5_000, 10_000] {
            let number = events.next_due(now).unwrap().number;
            assert_eq!(events.refused(number, "x", 3, now).is_some(), now == 10_000);
        }
        assert!(events.next_due(i64::MAX).is_none());
    }

    #[test]
    fn more_than_is_kept_is_lost() {
        let mut events = Events::default();
        assert!((0..KEPT).all(|_| events.enqueue(event(), Road::WeCom)));
        assert!(!events.enqueue(event(), Road::WeCom));
        events.forget(Road::WeCom);
        assert_eq!(events.waiting(Road::WeCom), 0);
    }
}
