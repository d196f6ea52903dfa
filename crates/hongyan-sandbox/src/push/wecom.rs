//! WeCom's pushes: the question to an address, sealed messages and events, and what may be answered at once.

use super::{random, with_query};
use crate::{
    options::random_hex,
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
    let of_card = matches!(pushed.message, Message::Event(Event::TemplateCard(_) | Event::TemplateCardMenu(_)));
    let fits = match kind {
        "text" | "image" | "voice" | "video" | "news" => true,
        "update_button" | "update_template_card" => of_card,
        _ => false,
    };
    if !fits {
        return;
    }
    let Some(person) = world.company.find(&pushed.from_user_name) else { return };
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
        "update_button" => {
            members(part("Button"), |name| if name == "ReplaceName" { "replace_name".into() } else { name.to_owned() })
        }
        _ => members(part("TemplateCard"), str::to_owned),
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
