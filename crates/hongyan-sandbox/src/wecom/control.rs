//! What the control API answers about the platform: what people do there, and what its console sets.

use super::{
    callback::{DESTINATION, Hook, OwnHook},
    card, chat,
    credentials::Credentials,
    event, robot, signin,
};
use crate::{
    control::{
        Caused, Click, ControlAnswer, ControlCall, ControlResult, Controlled, Setting, Speech, alphanumeric, bad,
        person, well,
    },
    options::random_hex,
    world::{World, company::PersonId, event::Destination},
};
use hongyan_net::Secret;
use hongyan_wecom::callback::{Callback, Element, Event, Message, Pushed, Selected};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

const NAME: &str = "wecom";

pub(crate) struct Control;

impl Controlled for Control {
    fn calls(&self) -> &'static [(&'static str, &'static str)] {
        &[(
            "POST /sandbox/robots",
            "a group robot of WeCom: {\"platform\": \"wecom\", \"chat\"?, \"name\"?, \"disabled\"?} answers its key",
        )]
    }

    fn answer(&self, world: &mut World, call: &ControlCall<'_>) -> Option<ControlAnswer> {
        let said = match (call.method, call.path.as_slice()) {
            ("POST", ["phones", userid, "say"]) if call.is_for(NAME, false) => say(world, call, userid),
            ("POST", ["phones", userid, "click"]) => click(world, call, userid),
            ("POST", ["phones", userid, "signin"]) if call.is_for(NAME, true) => sign_in(world, call, userid),
            ("POST", ["robots"]) if call.is_for(NAME, false) => add_robot(world, call),
            ("POST", ["events"]) if call.is_for(NAME, false) => {
                call.parse().map(|caused| emit(world, call.now, caused))
            }
            ("POST", ["callbacks"]) if call.is_for(NAME, false) => return Some(set(world, call)),
            _ => return None,
        };
        Some(ControlAnswer::Result(said))
    }

    fn chats(&self, world: &World) -> Vec<Value> {
        let mut chats = Vec::new();
        chat::describe(world, &mut chats);
        chats
    }

    fn chat(&self, world: &World, id: &str, _: i64) -> Option<Value> {
        self.chats(world).into_iter().find(|chat| chat["id"] == id)
    }

    fn receivers(&self, world: &World) -> Vec<(Destination, String, Map<String, Value>)> {
        let hook = world.memory.get::<OwnHook>().0.as_ref();
        hook.map(|hook| (DESTINATION, hook.url.clone(), Map::new())).into_iter().collect()
    }

    fn destinations(&self) -> &'static [Destination] {
        &[DESTINATION]
    }

    fn forget(&self, world: &mut World, _: Destination) {
        world.memory.put(OwnHook(None));
    }
}

fn set(world: &mut World, call: &ControlCall<'_>) -> ControlAnswer {
    let checked = call.parse().and_then(|setting: Setting| {
        setting.check_url()?;
        setting.check_keys(32)?;
        if !alphanumeric(&setting.token) {
            return Err(bad("token: expected 3 to 32 letters and digits"));
        }
        let corp_id = &world.memory.get::<Credentials>().corp_id;
        let seal = Callback::new(Secret::new(setting.token.as_str()), &setting.encoding_aes_key, corp_id);
        Ok((setting, seal.map_err(|_| bad("encoding_aes_key: not a key"))?))
    });
    let (Setting { url, token, encoding_aes_key, .. }, seal) = match checked {
        Ok(checked) => checked,
        Err(refused) => return ControlAnswer::Result(Err(refused)),
    };
    let question = event::check(&url, &seal, call.now);
    let save = move |world: &mut World, asked| {
        well(asked)?;
        world.memory.put(OwnHook(Some(Hook { url, token, encoding_aes_key, seal })));
        world.events.forget_counts(DESTINATION);
        Ok(Value::Null)
    };
    ControlAnswer::Ask(Box::new(question), Box::new(save))
}

fn emit(world: &mut World, now: i64, Caused { event, mut members, .. }: Caused) -> Value {
    let from = members.remove("FromUserName").and_then(|from| Some(from.as_str()?.to_owned()));
    let pushed = Pushed {
        from_user_name: from.unwrap_or_else(|| "sys".into()),
        message: Message::Event(Event::Other { event }),
        rest: elements(&members),
        ..Pushed::default()
    };
    json!({"told": event::tell(world, now, pushed)})
}

fn elements(members: &Map<String, Value>) -> Vec<Element> {
    let element = |(name, value): (&String, &Value)| match value {
        Value::Object(inner) => Element::of(name, elements(inner)),
        Value::String(text) => Element::text(name, text.as_str()),
        other => Element::text(name, other.to_string()),
    };
    members.iter().map(element).collect()
}

fn add_robot(world: &mut World, call: &ControlCall<'_>) -> ControlResult {
    let mut order: Map<String, Value> = call.parse()?;
    order.remove("platform");
    let order = serde_json::from_value(Value::Object(order)).map_err(|error| bad(&error.to_string()))?;
    robot::add(world, order).map_err(|words| bad(&words))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignIn {
    #[serde(default, rename = "platform")]
    _platform: Option<String>,
    #[serde(default)]
    private: bool,
}

fn sign_in(world: &mut World, call: &ControlCall<'_>, userid: &str) -> ControlResult {
    let SignIn { private, .. } = call.parse()?;
    let id = person(world, userid)?;
    let code = signin::sign_in(world, call.now, id, private);
    code.map(|code| json!({"code": code})).ok_or_else(|| (500, "no random bytes".into()))
}

fn say(world: &mut World, call: &ControlCall<'_>, userid: &str) -> ControlResult {
    let speech: Speech = call.parse()?;
    world.settle(call.now);
    let who = person(world, userid)?;
    let pushed = message(world, who, speech)?;
    let id = pushed.msg_id.clone();
    Ok(json!({"msgid": id, "told": event::tell(world, call.now, pushed)}))
}

/// A number as WeCom gives to messages: 64 bits, positive.
fn number() -> Result<String, (u16, String)> {
    let digits = random_hex(15).map_err(|_| (500, "no random bytes".to_owned()))?;
    u64::from_str_radix(&digits, 16).map(|n| (n | 1 << 59).to_string()).map_err(|_| (500, "no random bytes".into()))
}

fn message(world: &World, who: PersonId, speech: Speech) -> Result<Pushed, (u16, String)> {
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

fn click(world: &mut World, call: &ControlCall<'_>, userid: &str) -> ControlResult {
    let click: Click = call.parse()?;
    world.settle(call.now);
    let who = person(world, userid)?;
    let found = shown_card(world, who, click.message);
    let (message, shown) = found.ok_or_else(|| (404, "no such card on this phone".to_owned()))?;
    let event_key = pressed(&shown, click.key, click.menu)?;
    let chosen = chosen(&shown, click.selected)?;
    let Some(answered) = card::clicked(world, call.now, who, message, &event_key, chosen) else {
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
    said["told"] = json!(event::tell(world, call.now, pushed));
    Ok(said)
}

/// A card of WeCom on somebody's phone: that message, else the newest.
fn shown_card(world: &World, who: PersonId, message: Option<u64>) -> Option<(u64, Value)> {
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
