//! DingTalk's pushes: sealed events, what a robot hears, and frames over Stream.

use super::{Asked, random, with_query};
use crate::{
    dingtalk::card::Route,
    options::{Credentials, random_hex},
    world::{
        World,
        callback::DingTalkHook,
        event::{Event, Happening},
        stream::ROBOT_TOPIC,
    },
};
use bytes::Bytes;
use hongyan_dingtalk::{
    callback::{Answer, Callback, Rejected},
    card, webhook,
};
use hongyan_net::Reply;
use http::Request;
use serde_json::{Map, Value, json};

/// What the platform calls the application over Stream.
const UNIFIED_APP_ID: &str = "5f0c1b7e-sandbox-0001";

/// An event as its receiver decrypts it.
fn body(corp_id: &str, event: &Event) -> Option<Value> {
    let Happening::DingTalk { kind, members } = &event.happening else { return None };
    let mut body = json!({"EventType": kind, "TimeStamp": event.at, "CorpId": corp_id});
    let whole = body.as_object_mut()?;
    whole.extend(members.iter().map(|(name, value)| (name.clone(), value.clone())));
    whole.insert("eventId".into(), json!(event.id));
    Some(body)
}

/// The push of an event.
pub(super) fn event(credentials: &Credentials, hook: &DingTalkHook, event: &Event, now: i64) -> Option<Request<Bytes>> {
    sealed(&hook.url, &hook.seal, &body(&credentials.corp_id, event)?, now)
}

/// The question whether an address is the application's.
pub(super) fn check(url: &str, seal: &Callback, corp_id: &str, now: i64) -> Option<Request<Bytes>> {
    sealed(url, seal, &json!({"EventType": "check_url", "TimeStamp": now, "CorpId": corp_id}), now)
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

fn post(url: &str) -> http::request::Builder {
    Request::post(url).header("content-type", "application/json; charset=utf-8").header("user-agent", "DingTalk")
}

/// What is said to the robot, with the header that proves who says it.
pub(super) fn robot(credentials: &Credentials, url: &str, message: &Value, now: i64) -> Option<Request<Bytes>> {
    let sign = webhook::sign(&credentials.app_secret, now);
    let request = post(url).header("timestamp", now.to_string()).header("sign", sign);
    request.body(message.to_string().into()).ok()
}

/// A press, signed with the address's secret.
pub(super) fn press(route: &Route, press: &Value, now: i64) -> Option<Request<Bytes>> {
    let timestamp = now.to_string();
    let request = post(&route.url)
        .header(card::SIGNATURE_HEADER, card::sign(&route.secret, &timestamp))
        .header(card::TIMESTAMP_HEADER, timestamp);
    request.body(press.to_string().into()).ok()
}

/// Whether the answer is the encrypted `success`.
pub(super) fn accepts(seal: &Callback, reply: &Reply) -> Result<(), Asked> {
    if reply.status != 200 {
        return Err(Asked::Unreachable);
    }
    let answer: Answer = serde_json::from_slice(&reply.body).map_err(|_| Asked::Otherwise)?;
    let stamp = hongyan_dingtalk::callback::Stamp {
        signature: answer.msg_signature,
        timestamp: answer.timestamp,
        nonce: answer.nonce,
    };
    let push = hongyan_dingtalk::callback::Push { encrypt: answer.encrypt };
    match seal.open(&stamp, &push) {
        Ok(said) if said == hongyan_dingtalk::callback::SUCCESS => Ok(()),
        Ok(_) => Err(Asked::Otherwise),
        Err(Rejected::Signature) => Err(Asked::Signature),
        Err(Rejected::Owner) => Err(Asked::Owner),
        Err(Rejected::Decrypt | Rejected::Key) => Err(Asked::Shut),
    }
}

/// What a robot's address answered: a message goes where the question came from.
pub(super) fn heard(world: &mut World, message: &Value, body: &[u8], now: i64) {
    let Some(session) = message["sessionWebhook"].as_str().and_then(|url| url.split_once("session=")) else { return };
    let Ok(answer) = serde_json::from_slice::<webhook::Message>(body) else { return };
    crate::dingtalk::answer_session(world, session.1, answer, now);
}

/// Writes an event into a connection that wants it; `false` when there is none.
pub(super) fn write(world: &mut World, event: &Event, now: i64) -> bool {
    let credentials = &world.credentials;
    match &event.happening {
        Happening::DingTalk { kind, members } => world.streams.send("EVENT", kind, |_| {
            let mut data: Map<String, Value> =
                members.iter().map(|(name, value)| (lowered(name), value.clone())).collect();
            data.insert("timeStamp".into(), json!(event.at.to_string()));
            json!({
                "specVersion": "1.0",
                "type": "EVENT",
                "headers": {
                    "topic": "*", "messageId": event.id, "contentType": "application/json", "time": now.to_string(),
                    "eventType": kind, "eventId": event.id, "eventCorpId": credentials.corp_id,
                    "eventBornTime": event.at.to_string(), "eventUnifiedAppId": UNIFIED_APP_ID,
                },
                "data": Value::Object(data).to_string(),
            })
        }),
        Happening::Robot(message) => called(world, ROBOT_TOPIC, &event.id, message, now),
        Happening::Card { press, .. } => called(world, card::TOPIC, &event.id, press, now),
        Happening::WeCom(_) => false,
    }
}

/// Writes a frame that is to be answered.
fn called(world: &mut World, topic: &str, id: &str, data: &Value, now: i64) -> bool {
    let app = world.credentials.agent_id.to_string();
    world.streams.send("CALLBACK", topic, |connection| {
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

/// `UserId` as Stream spells it: `userId`.
fn lowered(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}

/// A failed event as `get_call_back_failed_result` lists it: every name in small letters.
pub(crate) fn failed(corp_id: &str, event: &Event) -> Option<Value> {
    let Happening::DingTalk { kind, members } = &event.happening else { return None };
    let mut inner = Map::new();
    inner.insert("corpid".into(), json!(corp_id));
    inner.extend(members.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())));
    let mut row = Map::new();
    row.insert("call_back_tag".into(), json!(kind));
    row.insert("event_time".into(), json!(event.at));
    row.insert(kind.clone(), Value::Object(inner));
    Some(Value::Object(row))
}
