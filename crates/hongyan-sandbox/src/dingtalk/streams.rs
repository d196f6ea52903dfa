//! Stream connections: tickets, who is connected, and what each of them wants to hear.

use super::credentials::Credentials;
use crate::{
    options::random_hex,
    world::{World, event::Destination},
};
use hongyan_dingtalk::stream::{Subscription, TICKET_SECONDS};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use tokio::sync::mpsc::{self, Receiver, Sender};

/// The way of what goes over a connection that the application opened.
pub(crate) const DESTINATION: Destination = Destination("stream");
/// Why there is nobody to write to.
pub(super) const NOBODY: &str = "nobody is connected";
/// The topic of what is said to the robot.
pub(crate) const ROBOT_TOPIC: &str = "/v1.0/im/bot/messages/get";
/// An answer that takes longer in milliseconds is none.
pub(super) const ANSWER_WITHIN_MS: i64 = 3_000;
/// Tickets that are open at once.
const TICKETS: usize = 10_000;
/// Frames that one connection may be behind.
const BEHIND: usize = 1_024;
/// From one ping to the next, in milliseconds.
const PING_MS: i64 = 60_000;
/// From saying that it will be closed to closing it, in milliseconds.
const LEAVING_MS: i64 = 10_000;

/// Where one may connect.
struct Ticket {
    until: i64,
    topics: Vec<Subscription>,
}

/// Who is connected.
struct Connection {
    id: String,
    to: Sender<String>,
    topics: Vec<Subscription>,
    next_ping: i64,
    /// Told to leave; closed then.
    leaves: Option<i64>,
}

impl Connection {
    fn hears(&self, kind: &str, topic: &str) -> bool {
        self.leaves.is_none() && self.topics.iter().any(|wanted| wanted.kind == kind && matches(&wanted.topic, topic))
    }
}

fn matches(wanted: &str, topic: &str) -> bool {
    wanted == "*" || wanted == topic
}

/// All tickets and connections. No `Debug`: a ticket is a credential.
#[derive(Default)]
pub(crate) struct Streams {
    tickets: HashMap<String, Ticket>,
    connections: BTreeMap<u64, Connection>,
    /// Somebody once asked for events: they wait for him to come back.
    events_wanted: bool,
    last: u64,
}

impl Streams {
    /// Empty; connections of before do not take those of after for their own.
    pub(crate) fn after(other: &Self) -> Self {
        Self { last: other.last, ..Self::default() }
    }

    /// Gives a ticket.
    pub(crate) fn give(&mut self, ticket: String, topics: Vec<Subscription>, now: i64) {
        self.tickets.retain(|_, ticket| ticket.until > now);
        if self.tickets.len() < TICKETS {
            self.tickets.insert(ticket, Ticket { until: now + i64::from(TICKET_SECONDS) * 1_000, topics });
        }
    }

    /// Takes a ticket, once: the connection's number and what is to be written into it.
    pub(crate) fn enter(&mut self, ticket: &str, now: i64) -> Option<(u64, Receiver<String>)> {
        let Ticket { until, topics } = self.tickets.remove(ticket)?;
        if until <= now {
            return None;
        }
        self.last += 1;
        self.events_wanted |= topics.iter().any(|topic| topic.kind == "EVENT");
        let (to, from) = mpsc::channel(BEHIND);
        let id = random_hex(32).unwrap_or_else(|_| self.last.to_string());
        let next_ping = now + PING_MS;
        self.connections.insert(self.last, Connection { id, to, topics, next_ping, leaves: None });
        Some((self.last, from))
    }

    pub(crate) fn leave(&mut self, number: u64) {
        self.connections.remove(&number);
    }

    pub(crate) fn wants_events(&self) -> bool {
        self.events_wanted
    }

    /// A robot's message, or a press, is for whoever is there.
    pub(crate) fn wants(&self, topic: &str) -> bool {
        self.connections.values().any(|connection| connection.hears("CALLBACK", topic))
    }

    /// Writes a frame into one connection that wants it, chosen at random; `false` when there is none. `frame` gets
    /// the connection's id.
    pub(crate) fn send(&mut self, kind: &str, topic: &str, frame: impl FnOnce(&str) -> Value) -> bool {
        let mut hearing: Vec<&Connection> =
            self.connections.values().filter(|connection| connection.hears(kind, topic)).collect();
        hearing.retain(|connection| connection.to.capacity() > 0 && !connection.to.is_closed());
        if hearing.is_empty() {
            return false;
        }
        let mut byte = [0];
        // Without random bytes it is the first one's turn.
        let _ = getrandom::fill(&mut byte);
        let chosen = hearing[usize::from(byte[0]) % hearing.len()];
        chosen.to.try_send(frame(&chosen.id).to_string()).is_ok()
    }

    /// Pings whom it is time to ping and closes who was told to leave.
    pub(crate) fn settle(&mut self, now: i64) {
        self.connections.retain(|_, connection| connection.leaves.is_none_or(|at| at > now));
        for connection in self.connections.values_mut().filter(|connection| connection.next_ping <= now) {
            connection.next_ping = now + PING_MS;
            let opaque = random_hex(16).unwrap_or_default();
            let ping = system("ping", &json!({"opaque": opaque}), now);
            // Who is so far behind has other worries than a ping.
            let _ = connection.to.try_send(ping.to_string());
        }
    }

    /// Tells every connection that it will be closed; nothing more is delivered to it.
    pub(crate) fn disconnect(&mut self, reason: &str, now: i64) -> usize {
        let frame = system("disconnect", &json!({"reason": reason}), now).to_string();
        let staying = self.connections.values_mut().filter(|connection| connection.leaves.is_none());
        let mut told = 0;
        for connection in staying {
            connection.leaves = Some(now + LEAVING_MS);
            told += usize::from(connection.to.try_send(frame.clone()).is_ok());
        }
        told
    }

    pub(crate) fn describe(&self) -> Value {
        let one = |connection: &Connection| json!({"connection_id": connection.id, "topics": connection.topics, "leaving": connection.leaves.is_some()});
        json!(self.connections.values().map(one).collect::<Vec<_>>())
    }
}

/// Writes a frame that is to be answered; `false` where nobody wants it.
pub(super) fn call(world: &mut World, topic: &str, id: &str, data: &Value, now: i64) -> bool {
    let app = world.memory.get::<Credentials>().agent_id.to_string();
    world.memory.get_mut::<Streams>().send("CALLBACK", topic, |connection| {
        json!({
            "specVersion": "1.0",
            "type": "CALLBACK",
            "headers": {
                "appId": app, "connectionId": connection, "topic": topic, "messageId": id,
                "contentType": "application/json", "time": now.to_string(),
            },
            "data": data.to_string(),
        })
    })
}

/// A frame about the connection itself.
fn system(topic: &str, data: &Value, now: i64) -> Value {
    let id = random_hex(32).unwrap_or_default();
    json!({
        "specVersion": "1.0",
        "type": "SYSTEM",
        "headers": {"topic": topic, "messageId": id, "contentType": "application/json", "time": now.to_string()},
        "data": data.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topics() -> Vec<Subscription> {
        vec![Subscription { kind: "EVENT".into(), topic: "*".into() }]
    }

    #[test]
    fn a_ticket_is_good_once_and_for_ninety_seconds() {
        let mut streams = Streams::default();
        streams.give("a".into(), topics(), 0);
        streams.give("b".into(), topics(), 0);
        assert!(streams.enter("a", 89_999).is_some());
        assert!(streams.enter("a", 89_999).is_none());
        assert!(streams.enter("b", 90_000).is_none());
        assert!(streams.enter("never given", 0).is_none());
    }

    #[test]
    fn who_is_told_to_leave_hears_nothing_more() {
        let mut streams = Streams::default();
        streams.give("a".into(), topics(), 0);
        let (_, mut from) = streams.enter("a", 0).unwrap();
        assert!(streams.send("EVENT", "user_add_org", |_| json!(1)));
        assert!(!streams.send("CALLBACK", ROBOT_TOPIC, |_| json!(1)));
        assert_eq!(streams.disconnect("persistent connection is timeout", 0), 1);
        assert!(!streams.send("EVENT", "user_add_org", |_| json!(2)));
        assert_eq!(from.try_recv().unwrap(), "1");
        assert!(from.try_recv().unwrap().contains("\"disconnect\""));
        streams.settle(LEAVING_MS);
        assert_eq!(from.try_recv(), Err(mpsc::error::TryRecvError::Disconnected));
    }
}
