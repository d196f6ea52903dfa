//! Events of the platform's list: over HTTP sealed, to the address that was registered, and over Stream as frames.

use super::{
    callback::{self, Callbacks},
    credentials::Credentials,
    streams::{self, Streams},
};
use crate::{
    ask::{AddressReply, Question, random, with_query},
    options::random_hex,
    world::{
        World,
        event::{Begun, Delivery, Destination, Event, Plan, Push},
    },
};
use bytes::Bytes;
use hongyan_dingtalk::callback::{Answer, Callback, Rejected};
use hongyan_net::Reply;
use http::Request;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// The platform waits so long for the answer to an event…
const TIMEOUT: Duration = Duration::from_millis(1_500);
/// …and so long for the answer to `check_url`.
const CHECK_TIMEOUT: Duration = Duration::from_millis(2_500);
/// What the platform calls the application over Stream.
const UNIFIED_APP_ID: &str = "5f0c1b7e-sandbox-0001";
/// It tries again after ten seconds, and then once more after thirty.
const AGAIN_MS: &[i64] = &[10_000, 30_000];

/// Over HTTP. What is given up is shown to whoever asks.
pub(crate) const OVER_HTTP: Plan = Plan {
    destination: callback::EVENTS,
    again_ms: AGAIN_MS,
    from_beginning: false,
    answer_within_ms: None,
    keeps_failed: true,
};
const OVER_STREAM: Plan = Plan {
    destination: streams::DESTINATION,
    again_ms: AGAIN_MS,
    from_beginning: false,
    answer_within_ms: Some(streams::ANSWER_WITHIN_MS),
    keeps_failed: false,
};

/// Something of the list happened, with the members that its row names, spelled as over HTTP (`UserId`).
pub(crate) struct Happened {
    pub(crate) kind: String,
    pub(crate) members: Map<String, Value>,
}

/// Tells whoever subscribed: `members` are those of the row, spelled as over HTTP (`UserId`).
pub(crate) fn tell(world: &mut World, at: i64, kind: &str, members: Value) -> Vec<Destination> {
    let members = match members {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    let hook = world.memory.get::<Callbacks>().events.as_ref();
    let over_http = hook.is_some_and(|hook| hook.wants(kind)).then_some(OVER_HTTP);
    let over_stream = world.memory.get::<Streams>().wants_events().then_some(OVER_STREAM);
    let plans: Vec<Plan> = over_http.into_iter().chain(over_stream).collect();
    world.tell(at, Happened { kind: kind.into(), members }, &plans)
}

impl Push for Happened {
    fn platform(&self) -> &'static str {
        "dingtalk"
    }

    fn kind(&self) -> String {
        self.kind.clone()
    }

    fn begin(&self, world: &mut World, delivery: &Delivery, now: i64) -> Begun {
        let event = &delivery.event;
        if delivery.plan.destination == streams::DESTINATION {
            let corp_id = world.memory.get::<Credentials>().corp_id.clone();
            let streams = world.memory.get_mut::<Streams>();
            let written = streams.send("EVENT", &self.kind, |_| self.frame(event, &corp_id, now));
            return if written { Begun::Written } else { Begun::Parked };
        }
        let hook = world.memory.get::<Callbacks>().events.as_ref();
        let corp_id = &world.memory.get::<Credentials>().corp_id;
        let request = hook.and_then(|hook| sealed(&hook.url, &hook.seal, &self.body(event, corp_id), now));
        request.map_or(Begun::Failed(NOBODY), |request| Begun::Request(Box::new(request), TIMEOUT))
    }

    fn judge(&self, world: &mut World, _: &Delivery, reply: &Reply, _: i64) -> Result<(), String> {
        match &world.memory.get::<Callbacks>().events {
            Some(hook) => accepts(&hook.seal, reply).map_err(|asked| asked.describe().into()),
            None => Err("nobody is registered".into()),
        }
    }
}

/// Why there is nothing to send.
pub(super) const NOBODY: &str = "nobody is registered, or at no address";

impl Happened {
    /// The event as its receiver decrypts it.
    fn body(&self, event: &Event, corp_id: &str) -> Value {
        let mut body = Map::new();
        body.insert("EventType".into(), json!(self.kind));
        body.insert("TimeStamp".into(), json!(event.at));
        body.insert("CorpId".into(), json!(corp_id));
        body.extend(self.members.iter().map(|(name, value)| (name.clone(), value.clone())));
        body.insert("eventId".into(), json!(event.id));
        Value::Object(body)
    }

    fn frame(&self, event: &Event, corp_id: &str, now: i64) -> Value {
        let mut data: Map<String, Value> =
            self.members.iter().map(|(name, value)| (lowered(name), value.clone())).collect();
        data.insert("timeStamp".into(), json!(event.at.to_string()));
        json!({
            "specVersion": "1.0",
            "type": "EVENT",
            "headers": {
                "topic": "*", "messageId": event.id, "contentType": "application/json", "time": now.to_string(),
                "eventType": self.kind, "eventId": event.id, "eventCorpId": corp_id,
                "eventBornTime": event.at.to_string(), "eventUnifiedAppId": UNIFIED_APP_ID,
            },
            "data": Value::Object(data).to_string(),
        })
    }
}

/// The question whether an address is the application's.
pub(crate) fn check(url: &str, seal: &Callback, corp_id: &str, now: i64) -> Question {
    let request = sealed(url, seal, &json!({"EventType": "check_url", "TimeStamp": now, "CorpId": corp_id}), now);
    let seal = seal.clone();
    let judge = move |reply: &Reply| accepts(&seal, reply).err().unwrap_or(AddressReply::Valid);
    Question { request, timeout: CHECK_TIMEOUT, judge: Box::new(judge) }
}

fn sealed(url: &str, seal: &Callback, message: &Value, now: i64) -> Option<Request<Bytes>> {
    let (random, nonce) = (random()?, random_hex(16).ok()?);
    let (stamp, push) = seal.seal(&random, &now.to_string(), &nonce, &message.to_string());
    // The page calls it `signature`, its samples `msg_signature`: receivers look for either.
    let query = [
        ("signature", stamp.signature.as_str()),
        ("msg_signature", &stamp.signature),
        ("timestamp", &stamp.timestamp),
        ("nonce", &stamp.nonce),
    ];
    let body = serde_json::to_vec(&push).ok()?;
    post(&with_query(url, &query)).body(body.into()).ok()
}

/// A request as the platform makes them, without its body.
pub(super) fn post(url: &str) -> http::request::Builder {
    Request::post(url).header("content-type", "application/json; charset=utf-8").header("user-agent", "DingTalk")
}

/// Whether the answer is the encrypted `success`.
fn accepts(seal: &Callback, reply: &Reply) -> Result<(), AddressReply> {
    if reply.status != 200 {
        return Err(AddressReply::Unreachable);
    }
    let answer: Answer = serde_json::from_slice(&reply.body).map_err(|_| AddressReply::Otherwise)?;
    let stamp = hongyan_dingtalk::callback::Stamp {
        signature: answer.msg_signature,
        timestamp: answer.timestamp,
        nonce: answer.nonce,
    };
    let push = hongyan_dingtalk::callback::Push { encrypt: answer.encrypt };
    match seal.open(&stamp, &push) {
        Ok(said) if said == hongyan_dingtalk::callback::SUCCESS => Ok(()),
        Ok(_) => Err(AddressReply::Otherwise),
        Err(Rejected::Signature) => Err(AddressReply::Signature),
        Err(Rejected::Owner) => Err(AddressReply::Owner),
        Err(Rejected::Decrypt | Rejected::Key) => Err(AddressReply::Shut),
    }
}

/// `UserId` as Stream spells it: `userId`.
fn lowered(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}

/// A failed event as `get_call_back_failed_result` lists it: every name in small letters.
pub(crate) fn failed(corp_id: &str, event: &Event) -> Option<Value> {
    let Happened { kind, members } = event.of::<Happened>()?;
    let mut inner = Map::new();
    inner.insert("corpid".into(), json!(corp_id));
    inner.extend(members.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())));
    let mut row = Map::new();
    row.insert("call_back_tag".into(), json!(kind));
    row.insert("event_time".into(), json!(event.at));
    row.insert(kind.clone(), Value::Object(inner));
    Some(Value::Object(row))
}
