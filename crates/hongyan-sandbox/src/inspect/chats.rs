//! Conversations under `/sandbox`: groups with their history, custom robots, sessions, chosen conversations, files.

use super::{Said, bad, parse, person};
use crate::{
    dingtalk::{
        conversation::{self, Place},
        groups,
        hook::{Block, Guard, Hooks},
        media::Files,
        webhook,
    },
    hub::Hub,
    route::enter,
    wecom,
    world::World,
};
use hongyan_endpoint::Sealed;
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Every call here, for whoever asks what there is.
pub(super) const CALLS: [(&str, &str); 9] = [
    ("GET /sandbox/chats", "the groups of both platforms"),
    ("GET /sandbox/chats/{id}", "one group, by chatid or openConversationId, with what was said and who has read it"),
    (
        "POST /sandbox/robots",
        "a custom robot of DingTalk: {\"chat\"?, \"name\"?, \"secret\"?, \"keyword\"? or \"keywords\"?, \"ips\"?} answers its token; {\"access_token\", \"stopped\"} stops one",
    ),
    (
        "POST /sandbox/robots",
        "a group robot of WeCom: {\"platform\": \"wecom\", \"chat\"?, \"name\"?, \"disabled\"?} answers its key",
    ),
    ("POST /sandbox/conversations", "somebody chooses a conversation: {\"chat\"} or {\"people\"} answers its cid"),
    ("POST /sandbox/sessions", "a message comes to a robot: {\"chat\"} or {\"people\"} answers where answers to it go"),
    ("GET /sandbox/media", "the files that were uploaded to DingTalk"),
    ("GET /sandbox/media/{media_id}", "a file's bytes"),
    ("POST /sandbox/media/{media_id}/code", "somebody sends the file to the robot: answers its download code"),
];

/// Answers a call that belongs here.
pub(super) fn decide(hub: &Hub, method: &str, path: &[&str], body: &[u8], now: i64) -> Option<Said> {
    Some(match (method, path) {
        ("GET", ["chats"]) => Ok(all(hub)),
        ("GET", ["chats", id @ ..]) => one(hub, &id.join("/"), now),
        ("POST", ["robots"]) => parse(body).and_then(|order| add_robot(hub, order)),
        ("POST", ["conversations"]) => parse(body).and_then(|order| choose(hub, &order, now)),
        ("POST", ["sessions"]) => parse(body).and_then(|order| session(hub, &order, now)),
        ("GET", ["media"]) => Ok(json!({"media": enter(&hub.world).memory.get::<Files>().list()})),
        // One that is there was answered with its bytes.
        ("GET", ["media", id]) => Err(no_file(&decoded(id))),
        ("POST", ["media", id, "code"]) => code(hub, &decoded(id), now),
        _ => return None,
    })
}

/// A file's bytes, where the call asks for them.
pub(super) fn file(hub: &Hub, method: &str, path: &[&str]) -> Option<Sealed> {
    let ("GET", ["media", id]) = (method, path) else { return None };
    let world = enter(&hub.world);
    let (kind, bytes) = world.memory.get::<Files>().content(&decoded(id))?;
    Some(Sealed { status: 200, headers: vec![("content-type", kind.to_owned())], body: bytes.to_vec() })
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn no_random(error: &std::io::Error) -> (u16, String) {
    (500, error.to_string())
}

fn no_file(id: &str) -> (u16, String) {
    (404, format!("no file has the id {id:?}, or its bytes are gone; GET /sandbox/media lists them"))
}

fn no_group(id: &str) -> (u16, String) {
    (404, format!("no group has the id {id:?}; GET /sandbox/chats lists them"))
}

/// The groups of both platforms.
fn all(hub: &Hub) -> Value {
    let world = enter(&hub.world);
    let mut chats = match groups::list(&world) {
        Value::Array(chats) => chats,
        _ => Vec::new(),
    };
    wecom::describe_chats(&world, &mut chats);
    json!({"chats": chats})
}

/// The robot of the platform that the order names; DingTalk's where it names none.
fn add_robot(hub: &Hub, mut order: Map<String, Value>) -> Said {
    if order.get("platform").and_then(Value::as_str) != Some("wecom") {
        return serde_json::from_value(Value::Object(order))
            .map_err(|error| bad(&error.to_string()))
            .and_then(|order| robot(hub, order));
    }
    order.remove("platform");
    let order = serde_json::from_value(Value::Object(order)).map_err(|error| bad(&error.to_string()))?;
    wecom::add_robot(&mut enter(&hub.world), order).map_err(|words| bad(&words))
}

fn one(hub: &Hub, id: &str, now: i64) -> Said {
    let mut world = enter(&hub.world);
    world.settle(now);
    let id = decoded(id);
    let of_wecom = || {
        let mut chats = Vec::new();
        wecom::describe_chats(&world, &mut chats);
        chats.into_iter().find(|chat| chat["id"] == id.as_str())
    };
    groups::describe(&world, &id, now).or_else(of_wecom).ok_or_else(|| no_group(&id))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Robot {
    /// `dingtalk`, also where absent.
    platform: Option<String>,
    /// The group; the company's first where absent.
    chat: Option<String>,
    name: Option<String>,
    secret: Option<String>,
    keyword: Option<String>,
    #[serde(default)]
    keywords: Vec<String>,
    #[serde(default)]
    ips: Vec<String>,
    access_token: Option<String>,
    stopped: Option<bool>,
}

fn robot(hub: &Hub, order: Robot) -> Said {
    if order.platform.is_some_and(|platform| platform != "dingtalk") {
        return Err(bad("platform: expected dingtalk or wecom"));
    }
    let mut world = enter(&hub.world);
    if let Some(token) = order.access_token {
        let stopped = order.stopped.unwrap_or_default();
        let found = world.memory.get_mut::<Hooks>().stop(&token, stopped);
        return if found { Ok(json!({"stopped": stopped})) } else { Err((404, "no robot has this token".into())) };
    }
    let ips: Result<Vec<Block>, String> = order.ips.iter().map(|text| text.parse()).collect();
    let keywords: Vec<String> = order.keyword.into_iter().chain(order.keywords).collect();
    if keywords.len() > 10 || keywords.iter().any(String::is_empty) {
        return Err(bad("keywords: at most 10, and none empty"));
    }
    if order.secret.as_ref().is_some_and(String::is_empty) {
        return Err(bad("secret: must not be empty"));
    }
    let guard = Guard { secret: order.secret, keywords, ips: ips.map_err(|words| bad(&words))? };
    let index = match &order.chat {
        Some(id) => groups::index(&world, id).ok_or_else(|| no_group(id))?,
        None => 0,
    };
    let token = webhook::fresh_token().map_err(|error| no_random(&error))?;
    let secret = guard.secret.clone();
    let name = order.name.unwrap_or_else(|| "机器人".into());
    if !world.memory.get_mut::<Hooks>().add(token.clone(), index, &name, guard) {
        return Err(bad("there are too many robots"));
    }
    let url = format!("http://{}/robot/send?access_token={token}", world.host);
    Ok(json!({"access_token": token, "secret": secret, "url": url}))
}

/// A group or some people.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Where {
    chat: Option<String>,
    #[serde(default)]
    people: Vec<String>,
}

fn place(world: &World, at: &Where) -> Result<Place, (u16, String)> {
    match &at.chat {
        Some(id) => Place::group(world, id).ok_or_else(|| no_group(id)),
        None if at.people.is_empty() => Err(bad("expected chat or people")),
        None => at.people.iter().map(|userid| person(world, userid)).collect::<Result<_, _>>().map(Place::people),
    }
}

fn choose(hub: &Hub, at: &Where, now: i64) -> Said {
    let mut world = enter(&hub.world);
    let place = place(&world, at)?;
    let cid = conversation::choose(&mut world, now, place).map_err(|error| no_random(&error))?;
    Ok(json!({"cid": cid}))
}

fn session(hub: &Hub, at: &Where, now: i64) -> Said {
    let mut world = enter(&hub.world);
    let place = place(&world, at)?;
    let (path, until) = webhook::open_session(&mut world, now, place).map_err(|error| no_random(&error))?;
    Ok(json!({"sessionWebhook": format!("http://{}{path}", world.host), "sessionWebhookExpiredTime": until}))
}

fn code(hub: &Hub, id: &str, now: i64) -> Said {
    let code = enter(&hub.world).memory.get_mut::<Files>().offer(now, id).map_err(|error| no_random(&error))?;
    let code = code.ok_or_else(|| no_file(id))?;
    Ok(json!({"downloadCode": code}))
}
