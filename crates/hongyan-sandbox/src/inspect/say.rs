//! What the people do on their phones that an application hears of: they write, open, choose, click.

use super::{Said, bad, parse, person};
use crate::{
    dingtalk,
    hub::Hub,
    options::random_hex,
    route::enter,
    wecom,
    world::{World, company::PersonId},
};
use hongyan_wecom::callback::{Event, Message, Pushed, Selected};
use http::Uri;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Answers what people do; `None` for everything else.
pub(super) fn decide(hub: &Hub, method: &str, uri: &Uri, body: &[u8]) -> Option<Said> {
    let (userid, act) = uri.path().strip_prefix("/sandbox/phones/")?.split_once('/')?;
    match (method, act) {
        ("POST", "say") => Some(parse(body).and_then(|speech| say(hub, userid, speech))),
        ("POST", "quit") => Some(parse(body).and_then(|quit| self::quit(hub, userid, quit))),
        ("POST", "click") => Some(parse(body).and_then(|click| self::click(hub, userid, click))),
        _ => None,
    }
}

/// One message or event. Exactly one of the members below `group` is given.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Speech {
    platform: String,
    /// DingTalk: the conversation, where it is not said to the robot alone.
    group: Option<String>,
    text: Option<String>,
    image: Option<Value>,
    voice: Option<Value>,
    video: Option<Value>,
    location: Option<Value>,
    link: Option<Value>,
    /// DingTalk: `msgtype` and the member of that name, as the robot gets it.
    message: Option<Map<String, Value>>,
    /// WeCom: `enter_agent`, `subscribe`, `unsubscribe`, `click`, `view` or `location`.
    event: Option<String>,
    /// Of `click` and `view`.
    key: Option<String>,
}

fn say(hub: &Hub, userid: &str, speech: Speech) -> Said {
    let now = hub.clock.now_ms();
    let mut world = enter(&hub.world);
    let world = &mut *world;
    world.settle(now);
    let who = person(world, userid)?;
    match speech.platform.as_str() {
        "wecom" => {
            let pushed = of_wecom(world, who, speech)?;
            let id = pushed.msg_id.clone();
            let roads = wecom::tell(world, now, pushed);
            Ok(json!({"msgid": id, "told": roads}))
        }
        "dingtalk" => {
            let group = speech.group.clone();
            let content = of_dingtalk(speech, group.is_some())?;
            let (id, roads) =
                dingtalk::say(world, who, group.as_deref(), content, now).map_err(|fault| (404, fault.to_string()))?;
            Ok(json!({"msgid": id, "told": roads}))
        }
        _ => Err(bad("platform: expected dingtalk or wecom")),
    }
}

fn of_dingtalk(speech: Speech, in_group: bool) -> Result<Map<String, Value>, (u16, String)> {
    match (speech.text, speech.message) {
        // In a group the mention before it is cut off, its blank is not.
        (Some(text), None) => {
            let content = if in_group { format!(" {text}") } else { text };
            let mut message = Map::new();
            message.insert("msgtype".into(), json!("text"));
            message.insert("text".into(), json!({"content": content}));
            Ok(message)
        }
        (None, Some(message)) => match message.get("msgtype").and_then(Value::as_str) {
            Some("text" | "picture" | "richText") => Ok(message),
            Some("audio" | "video" | "file") if !in_group => Ok(message),
            _ => {
                Err(bad("message.msgtype: expected text, picture or richText; outside groups also audio, video, file"))
            }
        },
        _ => Err(bad("expected text or message")),
    }
}

/// A number as WeCom gives to messages: 64 bits, positive.
fn number() -> Result<String, (u16, String)> {
    let digits = random_hex(15).map_err(|_| (500, "no random bytes".to_owned()))?;
    u64::from_str_radix(&digits, 16).map(|n| (n | 1 << 59).to_string()).map_err(|_| (500, "no random bytes".into()))
}

fn of_wecom(world: &World, who: PersonId, speech: Speech) -> Result<Pushed, (u16, String)> {
    let member = |of: &Value, name: &str| match &of[name] {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    if speech.group.is_some() {
        return Err(bad("group: an application of WeCom hears its own conversations only"));
    }
    let mut said: Vec<Message> = Vec::new();
    said.extend(speech.text.map(|content| Message::Text { content }));
    said.extend(
        speech.image.map(|of| Message::Image { pic_url: member(&of, "pic_url"), media_id: member(&of, "media_id") }),
    );
    said.extend(speech.voice.map(|of| {
        let format = Some(member(&of, "format")).filter(|format| !format.is_empty());
        Message::Voice { media_id: member(&of, "media_id"), format: format.unwrap_or_else(|| "amr".into()) }
    }));
    said.extend(
        speech.video.map(|of| Message::Video {
            media_id: member(&of, "media_id"),
            thumb_media_id: member(&of, "thumb_media_id"),
        }),
    );
    said.extend(speech.location.as_ref().filter(|_| speech.event.is_none()).map(|of| Message::Location {
        x: member(of, "x"),
        y: member(of, "y"),
        scale: member(of, "scale"),
        label: member(of, "label"),
    }));
    said.extend(speech.link.map(|of| Message::Link {
        title: member(&of, "title"),
        description: member(&of, "description"),
        url: member(&of, "url"),
        pic_url: member(&of, "pic_url"),
    }));
    if let Some(event) = speech.event {
        let event_key = speech.key.unwrap_or_default();
        let at = speech.location.unwrap_or_default();
        said.push(Message::Event(match event.as_str() {
            "enter_agent" => Event::EnterAgent,
            "subscribe" => Event::Subscribe,
            "unsubscribe" => Event::Unsubscribe,
            "click" => Event::Click { event_key },
            "view" => Event::View { event_key },
            "location" | "LOCATION" => Event::Location {
                latitude: member(&at, "latitude"),
                longitude: member(&at, "longitude"),
                precision: member(&at, "precision"),
            },
            _ => return Err(bad("event: expected enter_agent, subscribe, unsubscribe, click, view or location")),
        }));
    }
    let message = match <[Message; 1]>::try_from(said) {
        Ok([message]) => message,
        Err(_) => return Err(bad("expected one of text, image, voice, video, location, link, event")),
    };
    let is_event = matches!(message, Message::Event(_));
    let msg_id = if is_event { None } else { Some(number()?) };
    let mut rest = Vec::new();
    if matches!(message, Message::Event(Event::EnterAgent | Event::Subscribe | Event::Unsubscribe)) {
        // The platform sends it, empty, with these.
        rest.push(hongyan_wecom::callback::Element::text("EventKey", ""));
    }
    let from_user_name = world.company.person(who).userid.clone();
    Ok(Pushed { from_user_name, message, msg_id, rest, ..Pushed::default() })
}

/// A group that somebody leaves.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Quit {
    /// DingTalk's `chatid` or `openConversationId`.
    chat: String,
}

fn quit(hub: &Hub, userid: &str, Quit { chat }: Quit) -> Said {
    let now = hub.clock.now_ms();
    let mut world = enter(&hub.world);
    world.settle(now);
    let who = person(&world, userid)?;
    dingtalk::groups::quit(&mut world, now, &chat, who).map_err(|words| (409, words.to_owned()))?;
    Ok(json!({}))
}

/// An answer to a card.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Click {
    /// The message's id on the phone; the newest card when missing.
    message: Option<u64>,
    /// The button's or the menu entry's; the submit button's when missing. On DingTalk the action's id.
    key: Option<String>,
    /// DingTalk: the action's parameters and what was filled in.
    #[serde(default)]
    params: Map<String, Value>,
    /// It was chosen from the card's menu.
    #[serde(default)]
    menu: bool,
    /// Question to options.
    #[serde(default)]
    selected: BTreeMap<String, Vec<String>>,
}

fn click(hub: &Hub, userid: &str, click: Click) -> Said {
    let now = hub.clock.now_ms();
    let mut world = enter(&hub.world);
    let world = &mut *world;
    world.settle(now);
    let who = person(world, userid)?;
    if let Some(message) = of_dingtalks_card(world, who, click.message) {
        if click.menu || !click.selected.is_empty() {
            return Err(bad("menu and selected are of WeCom's cards; params are of DingTalk's"));
        }
        let key = click.key.ok_or_else(|| bad("key: the id of the action that is pressed"))?;
        let pressed = dingtalk::pressed(world, now, who, &message, &key, click.params);
        let (press, roads) = pressed.ok_or_else(|| (404, "no such card on this phone".to_owned()))?;
        return Ok(json!({"press": press, "told": roads}));
    }
    let found = card(world, who, click.message);
    let (message, card) = found.ok_or_else(|| (404, "no such card on this phone".to_owned()))?;
    let event_key = pressed(&card, click.key, click.menu)?;
    let chosen = chosen(&card, click.selected)?;
    let Some(answered) = wecom::card_clicked(world, now, who, message, &event_key, chosen) else {
        return Err((409, "the card's buttons are greyed out".into()));
    };
    let selected: BTreeMap<&str, &[String]> =
        answered.card.selected.iter().map(|one| (one.question_key.as_str(), &*one.option_ids)).collect();
    let mut said = json!({
        "message": message, "userid": answered.userid, "agent_id": answered.agent_id,
        "event_key": answered.card.event_key, "task_id": answered.card.task_id, "card_type": answered.card.card_type,
        "response_code": answered.card.response_code, "selected": selected,
    });
    let event = if click.menu { Event::TemplateCardMenu(answered.card) } else { Event::TemplateCard(answered.card) };
    let pushed = Pushed { from_user_name: answered.userid, message: Message::Event(event), ..Pushed::default() };
    said["told"] = json!(wecom::tell(world, now, pushed));
    Ok(said)
}

/// The source of a card of DingTalk on somebody's phone: that message, else the newest card, if it is DingTalk's.
fn of_dingtalks_card(world: &World, who: PersonId, message: Option<u64>) -> Option<String> {
    let cards = world.phones.of(who).filter(|shown| !shown.recalled);
    let is_card = |shown: &&crate::world::phone::Shown| {
        let content: Value = serde_json::from_str(&shown.content).unwrap_or_default();
        content.get("template_card").is_some() || content.get("interactive_card").is_some()
    };
    let chosen = match message {
        Some(id) => cards.filter(|shown| shown.id == id).find(is_card),
        None => cards.filter(is_card).last(),
    };
    chosen.filter(|shown| shown.platform == "dingtalk").map(|shown| shown.source.to_string())
}

/// A card of WeCom on somebody's phone: that message, else the newest.
fn card(world: &World, who: PersonId, message: Option<u64>) -> Option<(u64, Value)> {
    let cards = world.phones.of(who).filter(|shown| shown.platform == "wecom" && !shown.recalled);
    let mut cards = cards.filter_map(|shown| {
        let content: Value = serde_json::from_str(&shown.content).ok()?;
        content.get("template_card").cloned().map(|card| (shown.id, card))
    });
    match message {
        Some(id) => cards.find(|(shown, _)| *shown == id),
        None => cards.last(),
    }
}

/// The key of what was pressed, which the card must have.
fn pressed(card: &Value, key: Option<String>, menu: bool) -> Result<String, (u16, String)> {
    let list = if menu { &card["action_menu"]["action_list"] } else { &card["button_list"] };
    let listed = list.as_array().map(Vec::as_slice).unwrap_or_default().iter();
    let submit = (!menu).then(|| card["submit_button"]["key"].as_str()).flatten();
    let keys: Vec<&str> = listed.filter_map(|entry| entry["key"].as_str()).chain(submit).collect();
    match key {
        Some(key) if keys.contains(&key.as_str()) => Ok(key),
        Some(_) => Err(bad(&format!("key: the card has {keys:?}"))),
        None => keys.first().map(|key| (*key).to_owned()).ok_or_else(|| bad("nothing on this card can be pressed")),
    }
}

/// What was chosen; the card's own choice where nothing is said about a question.
fn chosen(card: &Value, selected: BTreeMap<String, Vec<String>>) -> Result<Vec<Selected>, (u16, String)> {
    let lists = card["select_list"].as_array().map(Vec::as_slice).unwrap_or_default().iter();
    let one = [&card["checkbox"], &card["button_selection"]];
    let questions: Vec<&Value> = lists.chain(one).filter(|question| question.is_object()).collect();
    let named = |question: &Value| question["question_key"].as_str().unwrap_or_default().to_owned();
    let mut selected = selected;
    let mut all = Vec::new();
    for question in questions {
        let question_key = named(question);
        let option_ids = selected.remove(&question_key).unwrap_or_else(|| preset(question));
        let options: Vec<&str> = question["option_list"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default()
            .iter()
            .filter_map(|option| option["id"].as_str())
            .collect();
        if let Some(other) = option_ids.iter().find(|id| !options.contains(&id.as_str())) {
            return Err(bad(&format!("selected: {question_key} has {options:?}, not {other:?}")));
        }
        all.push(Selected { question_key, option_ids });
    }
    match selected.into_keys().next() {
        Some(other) => Err(bad(&format!("selected: the card does not ask {other:?}"))),
        None => Ok(all),
    }
}

fn preset(question: &Value) -> Vec<String> {
    if let Some(id) = question["selected_id"].as_str() {
        return vec![id.to_owned()];
    }
    let options = question["option_list"].as_array().map(Vec::as_slice).unwrap_or_default();
    let checked = options.iter().filter(|option| option["is_checked"] == true);
    checked.filter_map(|option| Some(option["id"].as_str()?.to_owned())).collect()
}
