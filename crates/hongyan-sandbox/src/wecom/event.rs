//! Messages and events: sealed pushes, the question to an address, and what may be answered at once.

use super::{
    callback::{DESTINATION, Hook, OwnHook},
    card::{self, CardChange},
    credentials::Credentials,
    settings::Settings,
};
use crate::{
    ask::{AddressReply, Question, random, with_query},
    options::random_hex,
    world::{
        World, digest,
        event::{Begun, Delivery, Destination, Plan, Push},
        phone::Arriving,
    },
};
use bytes::Bytes;
use hongyan_net::Reply;
use hongyan_wecom::callback::{Callback, Element, Event, Message, Pushed, Signature, Stamp};
use http::Request;
use serde_json::{Map, Value, json};
use std::{sync::Arc, time::Duration};

/// Bytes of a text that is answered; the rest is cut off.
const TEXT_BYTES: usize = 2_048;
const TIMEOUT: Duration = Duration::from_secs(5);
const CHECK_TIMEOUT: Duration = Duration::from_secs(1);
/// The platform gives up waiting after five seconds and tries again at once; a quick failure waits for as long.
const AGAIN_MS: [i64; 9] = [5_000; 9];

/// A push that is tried so often, the first time included; 1 to 10.
pub(crate) fn plan(tries: u32) -> Plan {
    let again = usize::try_from(tries).unwrap_or(usize::MAX).saturating_sub(1).min(AGAIN_MS.len());
    Plan {
        destination: DESTINATION,
        again_ms: &AGAIN_MS[..again],
        from_beginning: true,
        answer_within_ms: None,
        keeps_failed: false,
    }
}

/// A message or an event. No `Debug`: an address holds its keys.
pub(super) struct Told {
    pub(super) pushed: Pushed,
    /// The address that an import named, in place of the application's.
    hook: Option<Hook>,
}

/// Something happened. `to_user_name`, `create_time` and, where the event has one, `agent_id` are filled in here;
/// `from_user_name` is the caller's.
pub(crate) fn tell(world: &mut World, at: i64, pushed: Pushed) -> Vec<Destination> {
    if world.memory.get::<OwnHook>().0.is_none() { Vec::new() } else { send(world, at, pushed, None) }
}

/// As [`tell`], to an address that the call itself named.
pub(super) fn tell_at(world: &mut World, at: i64, hook: Hook, pushed: Pushed) {
    send(world, at, pushed, Some(hook));
}

fn send(world: &mut World, at: i64, mut pushed: Pushed, hook: Option<Hook>) -> Vec<Destination> {
    let credentials = world.memory.get::<Credentials>();
    pushed.to_user_name.clone_from(&credentials.corp_id);
    pushed.create_time = at.div_euclid(1_000);
    let of_contacts =
        matches!(pushed.message, Message::Event(Event::ChangeContact { .. } | Event::BatchJobResult { .. }));
    if pushed.agent_id.is_none() && !of_contacts {
        pushed.agent_id = Some(credentials.agent_id.to_string());
    }
    let plan = plan(world.memory.get::<Settings>().push_tries);
    world.tell(at, Told { pushed, hook }, &[plan])
}

impl Push for Told {
    fn platform(&self) -> &'static str {
        "wecom"
    }

    fn kind(&self) -> String {
        match &self.pushed.message {
            Message::Event(Event::ChangeContact { change_type }) => format!("change_contact.{change_type}"),
            Message::Event(event) => event.name().to_owned(),
            Message::Text { .. } => "text".into(),
            Message::Image { .. } => "image".into(),
            Message::Voice { .. } => "voice".into(),
            Message::Video { .. } => "video".into(),
            Message::Location { .. } => "location".into(),
            Message::Link { .. } => "link".into(),
            Message::Other { msg_type } => msg_type.clone(),
        }
    }

    fn begin(&self, world: &mut World, _: &Delivery, now: i64) -> Begun {
        let hook = self.hook.as_ref().or(world.memory.get::<OwnHook>().0.as_ref());
        let request = hook.and_then(|hook| {
            let (signature, body) = hook.seal.push(&stamp(now)?, &self.pushed);
            let request = Request::post(signed(&hook.url, &signature, None)).header("content-type", "text/xml");
            request.header("user-agent", "Mozilla/4.0").body(body.into()).ok()
        });
        let nobody = Begun::Failed("nobody is registered, or at no address");
        request.map_or(nobody, |request| Begun::Request(Box::new(request), TIMEOUT))
    }

    fn judge(&self, world: &mut World, delivery: &Delivery, reply: &Reply, now: i64) -> Result<(), String> {
        if reply.status != 200 {
            return Err(format!("answered with HTTP {}", reply.status));
        }
        // An answer was given to the first, and nobody is there to read one about an import.
        if !delivery.repeated && self.hook.is_none() {
            answered(world, &self.pushed, &reply.body, now);
        }
        Ok(())
    }
}

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

/// The question whether an address is the application's: it answers with what it was sent.
pub(crate) fn check(url: &str, seal: &Callback, now: i64) -> Question {
    // Nineteen digits, as the platform asks.
    let echo = random_hex(15).ok().and_then(|digits| u64::from_str_radix(&digits, 16).ok());
    let echo = echo.map(|number| (number | 1 << 59).to_string());
    let request = echo.as_ref().and_then(|echo| {
        let (signature, echostr) = seal.ask_url(&stamp(now)?, echo);
        let request = Request::get(signed(url, &signature, Some(&echostr))).header("user-agent", "Mozilla/4.0");
        request.body(Bytes::new()).ok()
    });
    let judge = move |reply: &Reply| {
        let echoed = echo.as_ref().is_some_and(|echo| reply.body == echo.as_bytes());
        if echoed { AddressReply::Valid } else { AddressReply::Otherwise }
    };
    Question { request, timeout: CHECK_TIMEOUT, judge: Box::new(judge) }
}

/// What was answered at once: a message for whoever caused the push. Anything that is no sealed answer is none.
fn answered(world: &mut World, pushed: &Pushed, body: &[u8], now: i64) {
    if body.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'<') {
        return;
    }
    let Some(hook) = &world.memory.get::<OwnHook>().0 else { return };
    let reply = match hook.seal.open_reply(body) {
        Ok(reply) => reply,
        Err(fault) => {
            // It was taken all the same: the member sees nothing, the receiver may look here.
            let counts = world.events.counts(DESTINATION);
            counts.last_problem = Some(format!("taken, but the answer is of no use: {fault}"));
            return;
        }
    };
    let kind = reply.get("MsgType");
    let Some(person) = world.company.find(&pushed.from_user_name) else { return };
    if let (Message::Event(Event::TemplateCard(click) | Event::TemplateCardMenu(click)), Some(change)) =
        (&pushed.message, change(&reply, kind))
    {
        card::answered(world, person, &click.response_code, change);
        return;
    }
    if !matches!(kind, "text" | "image" | "voice" | "video" | "news") {
        return;
    }
    let content = shown(&reply, kind);
    let source: Arc<str> = format!("reply:{}", pushed.msg_id.as_deref().unwrap_or_default()).into();
    let text: Arc<str> = content.to_string().into();
    let app = world.memory.get::<Credentials>().agent_id;
    let read_at = world.reads_at(person, now);
    world.tally.of("wecom").effects += 1;
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
        "update_template_card" => Some(CardChange::Replaced(card_of(part("TemplateCard")?))),
        _ => None,
    }
}

/// A card of XML in the spelling of JSON: an element per entry is a list, where the name says so.
fn card_of(of: &Element) -> Value {
    let mut all = Map::new();
    for child in &of.children {
        let mut name = String::new();
        for (i, c) in child.name.chars().enumerate() {
            if c.is_ascii_uppercase() && i > 0 {
                name.push('_');
            }
            name.push(c.to_ascii_lowercase());
        }
        let value = if child.children.is_empty() { scalar(&name, &child.text) } else { card_of(child) };
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

fn members(of: Option<&Element>, rename: fn(&str) -> String) -> Value {
    let mut all = Map::new();
    for child in of.map(|element| element.children.as_slice()).unwrap_or_default() {
        let value = if child.children.is_empty() { json!(child.text) } else { members(Some(child), rename) };
        all.insert(rename(&child.name), value);
    }
    Value::Object(all)
}
