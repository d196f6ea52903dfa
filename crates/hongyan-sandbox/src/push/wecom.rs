//! WeCom's pushes: the question to an address, sealed messages and events, and what may be answered at once.

use super::{random, with_query};
use crate::{
    options::random_hex,
    wecom::{self, CardChange},
    world::{World, callback::WeComHook, digest, phone::Arriving},
};
use bytes::Bytes;
use hongyan_wecom::callback::{Callback, Element, Event, Message, Pushed, Signature, Stamp};
use http::Request;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Bytes of a text that is answered; the rest is cut off.
const TEXT_BYTES: usize = 2_048;

fn stamp(now: i64) -> Option<Stamp> {
    let digits = u32::from_str_radix(&random_hex(8).ok()?, 16).ok()?;
    Some(Stamp { timestamp: now.div_euclid(1_000), nonce: digits.to_string(), random: random()? })
}

fn signed(url: &str, signature: &Signature, echo: Option<&str>) -> String {
    let mut query = vec![
        ("msg_signature", signature.msg_signature.as_str()),
        ("timestamp", &signature.timestamp),
        ("nonce", &signature.nonce),
    ];
    query.extend(echo.map(|echo| ("echostr", echo)));
    with_query(url, &query)
}

/// The question whether an address is the application's, and its only right answer.
pub(super) fn question(url: &str, seal: &Callback, now: i64) -> Option<(Request<Bytes>, String)> {
    // Nineteen digits, as the platform asks.
    let echo = (u64::from_str_radix(&random_hex(15).ok()?, 16).ok()? | 1 << 59).to_string();
    let (signature, echostr) = seal.ask_url(&stamp(now)?, &echo);
    let request = Request::get(signed(url, &signature, Some(&echostr))).header("user-agent", "Mozilla/4.0");
    Some((request.body(Bytes::new()).ok()?, echo))
}

/// The push of a message or an event.
pub(super) fn push(hook: &WeComHook, pushed: &Pushed, now: i64) -> Option<Request<Bytes>> {
    let (signature, body) = hook.seal.push(&stamp(now)?, pushed);
    let request = Request::post(signed(&hook.url, &signature, None)).header("content-type", "text/xml");
    request.header("user-agent", "Mozilla/4.0").body(body.into()).ok()
}

/// What was answered at once: a message for whoever caused the push. Anything that is no sealed answer is none.
pub(super) fn heard(world: &mut World, pushed: &Pushed, body: &[u8], now: i64) {
    if body.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'<') {
        return;
    }
    let Some(hook) = &world.callbacks.wecom else { return };
    let reply = match hook.seal.open_reply(body) {
        Ok(reply) => reply,
        Err(fault) => {
            // It was taken all the same: the member sees nothing, the receiver may look here.
            let counts = world.callbacks.counts(crate::world::callback::Road::WeCom);
            counts.last_problem = Some(format!("taken, but the answer is of no use: {fault}"));
            return;
        }
    };
    let kind = reply.get("MsgType");
    let Some(person) = world.company.find(&pushed.from_user_name) else { return };
    if let (Message::Event(Event::TemplateCard(click) | Event::TemplateCardMenu(click)), Some(change)) =
        (&pushed.message, change(&reply, kind))
    {
        wecom::card_answered(world, person, &click.response_code, change);
        return;
    }
    if !matches!(kind, "text" | "image" | "voice" | "video" | "news") {
        return;
    }
    let content = shown(&reply, kind);
    let source: Arc<str> = format!("reply:{}", pushed.msg_id.as_deref().unwrap_or_default()).into();
    let text: Arc<str> = content.to_string().into();
    let app = world.credentials.wecom_agent_id;
    let read_at = world.reads_at(person, now);
    world.tally.wecom.effects += 1;
    // Each answers a push of its own: equal words are no second copy.
    let digest = digest("wecom.reply", app, &format!("{now}/{source}/{text}"));
    let message = Arriving {
        platform: "wecom",
        app,
        source: &source,
        content: &text,
        digest,
        at: now,
        read_at,
        recalled: false,
        from: None,
        room: None,
    };
    world.phones.show(person, &message);
}

/// What the answer makes of the card that was clicked, where it is of that kind.
fn change(reply: &Element, kind: &str) -> Option<CardChange> {
    let part = |name: &str| reply.children.iter().find(|child| child.name == name);
    match kind {
        "update_button" => Some(CardChange::Greyed(part("Button")?.get("ReplaceName").to_owned())),
        "update_template_card" => Some(CardChange::Replaced(card(part("TemplateCard")?))),
        _ => None,
    }
}

/// A card of XML in the spelling of JSON: an element per entry is a list, where the name says so.
fn card(of: &Element) -> Value {
    let mut all = Map::new();
    for child in &of.children {
        let mut name = String::new();
        for (i, c) in child.name.chars().enumerate() {
            if c.is_ascii_uppercase() && i > 0 {
                name.push('_');
            }
            name.push(c.to_ascii_lowercase());
        }
        let value = if child.children.is_empty() { scalar(&name, &child.text) } else { card(child) };
        if name.ends_with("_list") {
            if let Value::Array(list) = all.entry(name).or_insert_with(|| json!([])) {
                list.push(value);
            }
        } else {
            all.insert(name, value);
        }
    }
    Value::Object(all)
}

/// Kinds, styles and colours are numbers in JSON, a tick is a truth; all else is text.
fn scalar(name: &str, text: &str) -> Value {
    match (name, text) {
        ("type" | "style" | "mode" | "desc_color", _) => text.parse::<i64>().map_or_else(|_| json!(text), |n| json!(n)),
        ("aspect_ratio", _) => text.parse::<f64>().map_or_else(|_| json!(text), |n| json!(n)),
        ("is_checked", "true" | "1") => json!(true),
        ("is_checked", _) => json!(false),
        _ => json!(text),
    }
}

/// The answer as the phone shows it: in the members of a message that is sent.
fn shown(reply: &Element, kind: &str) -> Value {
    let part = |name: &str| reply.children.iter().find(|child| child.name == name);
    let inner = match kind {
        "text" => {
            let text = reply.get("Content");
            let cut = (0..=TEXT_BYTES.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            json!({"content": &text[..cut]})
        }
        "image" | "voice" | "video" => {
            let name = match kind {
                "image" => "Image",
                "voice" => "Voice",
                _ => "Video",
            };
            members(part(name), |name| if name == "MediaId" { "media_id".into() } else { name.to_ascii_lowercase() })
        }
        "news" => {
            let articles = part("Articles").map(|list| list.children.as_slice()).unwrap_or_default();
            let articles: Vec<Value> =
                articles.iter().map(|article| members(Some(article), str::to_ascii_lowercase)).collect();
            json!({"articles": articles})
        }
        _ => Value::Null,
    };
    json!({"msgtype": kind, kind: inner})
}

fn members(of: Option<&Element>, spelled: fn(&str) -> String) -> Value {
    let mut all = Map::new();
    for child in of.map(|element| element.children.as_slice()).unwrap_or_default() {
        let value = if child.children.is_empty() { json!(child.text) } else { members(Some(child), spelled) };
        all.insert(spelled(&child.name), value);
    }
    Value::Object(all)
}
