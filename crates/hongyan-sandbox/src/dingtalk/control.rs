//! What the control API answers about the platform: what people do there, and what its console sets.

use super::{
    callback::{Callbacks, EVENTS, Hook, ROBOT},
    conversation::{self, Place},
    credentials::Credentials,
    event, groups,
    hook::{Block, Guard, Hooks},
    login,
    media::Files,
    press, session,
    streams::{self, Streams},
    webhook,
};
use crate::{
    control::{
        Caused, Click, ControlAnswer, ControlCall, ControlResult, Controlled, Setting, Speech, bad, person, well,
    },
    world::{World, company::PersonId, event::Destination},
};
use hongyan_dingtalk::callback::Callback;
use hongyan_endpoint::Sealed;
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::{Map, Value, json};

const NAME: &str = "dingtalk";

pub(crate) struct Control;

impl Controlled for Control {
    fn calls(&self) -> &'static [(&'static str, &'static str)] {
        &[
            (
                "POST /sandbox/robots",
                "a custom robot of DingTalk: {\"chat\"?, \"name\"?, \"secret\"?, \"keyword\"? or \"keywords\"?, \"ips\"?} answers its token; {\"access_token\", \"stopped\"} stops one",
            ),
            (
                "POST /sandbox/conversations",
                "somebody chooses a conversation: {\"chat\"} or {\"people\"} answers its cid",
            ),
            (
                "POST /sandbox/sessions",
                "a message comes to a robot: {\"chat\"} or {\"people\"} answers where answers to it go",
            ),
            ("GET /sandbox/media", "the files that were uploaded to DingTalk"),
            ("GET /sandbox/media/{media_id}", "a file's bytes"),
            ("POST /sandbox/media/{media_id}/code", "somebody sends the file to the robot: answers its download code"),
        ]
    }

    fn answer(&self, world: &mut World, call: &ControlCall<'_>) -> Option<ControlAnswer> {
        let now = call.now;
        let said = match (call.method, call.path.as_slice()) {
            ("POST", ["phones", userid, "say"]) if call.is_for(NAME, false) => say(world, call, userid),
            ("POST", ["phones", userid, "quit"]) => quit(world, call, userid),
            ("POST", ["phones", userid, "click"]) => click(world, call, userid).transpose()?,
            ("POST", ["phones", userid, "signin"]) if call.is_for(NAME, false) => sign_in(world, call, userid),
            ("POST", ["robots"]) if call.is_for(NAME, true) => call.parse().and_then(|order| robot(world, order)),
            ("POST", ["conversations"]) => call.parse().and_then(|at| choose(world, &at, now)),
            ("POST", ["sessions"]) => call.parse().and_then(|at| session(world, &at, now)),
            ("GET", ["media"]) => Ok(json!({"media": world.memory.get::<Files>().list()})),
            ("GET", ["media", id]) => match world.memory.get::<Files>().content(&decoded(id)) {
                Some((kind, bytes)) => {
                    let headers = vec![("content-type", kind.to_owned())];
                    return Some(ControlAnswer::File(Sealed { status: 200, headers, body: bytes.to_vec() }));
                }
                None => Err(no_file(&decoded(id))),
            },
            ("POST", ["media", id, "code"]) => code(world, &decoded(id), now),
            ("POST", ["streams", "disconnect"]) => disconnect(world, call),
            ("POST", ["events"]) if call.is_for(NAME, false) => call.parse().map(|caused: Caused| {
                let destinations = event::tell(world, now, &caused.event, Value::Object(caused.members));
                json!({"told": destinations})
            }),
            ("POST", ["callbacks"]) if call.is_for("stream", false) => {
                Err(bad("platform: Stream is opened by the application, not set"))
            }
            ("POST", ["callbacks"]) if call.is_for("dingtalk_card", false) => {
                Err(bad("platform: a card's address is registered by card/callbacks/register"))
            }
            ("POST", ["callbacks"]) if call.is_for(ROBOT.0, false) => set_robot(world, call),
            ("POST", ["callbacks"]) if call.is_for(EVENTS.0, false) => return Some(set(world, call)),
            _ => return None,
        };
        Some(ControlAnswer::Result(said))
    }

    fn chats(&self, world: &World) -> Vec<Value> {
        groups::list(world)
    }

    fn chat(&self, world: &World, id: &str, now: i64) -> Option<Value> {
        groups::describe(world, id, now)
    }

    fn receivers(&self, world: &World) -> Vec<(Destination, String, Map<String, Value>)> {
        let Callbacks { events, robot } = world.memory.get::<Callbacks>();
        let tags = |hook: &Hook| Map::from_iter([("tags".to_owned(), json!(hook.tags))]);
        let events = events.as_ref().map(|hook| (EVENTS, hook.url.clone(), tags(hook)));
        events.into_iter().chain(robot.as_ref().map(|url| (ROBOT, url.clone(), Map::new()))).collect()
    }

    fn destinations(&self) -> &'static [Destination] {
        &[EVENTS, ROBOT]
    }

    fn forget(&self, world: &mut World, destination: Destination) {
        let callbacks = world.memory.get_mut::<Callbacks>();
        if destination == EVENTS {
            callbacks.events = None;
        } else {
            callbacks.robot = None;
        }
    }

    fn describe(&self, world: &mut World) -> Option<(&'static str, Value)> {
        let connections = world.memory.get::<Streams>().describe();
        let waiting = world.events.waiting(streams::DESTINATION);
        let counts = world.events.counts(streams::DESTINATION);
        Some(("stream", json!({"connections": connections, "waiting": waiting, "counts": counts})))
    }
}

fn set_robot(world: &mut World, call: &ControlCall<'_>) -> ControlResult {
    let setting: Setting = call.parse()?;
    setting.check_url()?;
    world.memory.get_mut::<Callbacks>().robot = Some(setting.url);
    world.events.forget_counts(ROBOT);
    Ok(Value::Null)
}

fn set(world: &mut World, call: &ControlCall<'_>) -> ControlAnswer {
    let credentials = world.memory.get::<Credentials>();
    let checked = call.parse().and_then(|setting: Setting| {
        setting.check_url()?;
        setting.check_keys(64)?;
        let owner = credentials.app_key.as_str();
        let seal = Callback::new(setting.token.as_str(), &setting.encoding_aes_key, owner);
        Ok((setting, seal.map_err(|_| bad("encoding_aes_key: not a key"))?))
    });
    let (Setting { url, token, encoding_aes_key: aes_key, .. }, seal) = match checked {
        Ok(checked) => checked,
        Err(refused) => return ControlAnswer::Result(Err(refused)),
    };
    let question = event::check(&url, &seal, &credentials.corp_id, call.now);
    let save = move |world: &mut World, asked| {
        well(asked)?;
        world.memory.get_mut::<Callbacks>().events = Some(Hook { url, token, aes_key, tags: None, seal });
        world.events.forget_counts(EVENTS);
        Ok(Value::Null)
    };
    ControlAnswer::Ask(Box::new(question), Box::new(save))
}

fn say(world: &mut World, call: &ControlCall<'_>, userid: &str) -> ControlResult {
    let speech: Speech = call.parse()?;
    world.settle(call.now);
    let who = person(world, userid)?;
    let group = speech.group.clone();
    let content = message(speech, group.is_some())?;
    let told = session::say(world, who, group.as_deref(), content, call.now);
    let (id, destinations) = told.map_err(|fault| (404, fault.to_string()))?;
    Ok(json!({"msgid": id, "told": destinations}))
}

fn message(speech: Speech, in_group: bool) -> Result<Map<String, Value>, (u16, String)> {
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

/// A group that somebody leaves.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Quit {
    /// DingTalk's `chatid` or `openConversationId`.
    chat: String,
}

fn quit(world: &mut World, call: &ControlCall<'_>, userid: &str) -> ControlResult {
    let Quit { chat } = call.parse()?;
    world.settle(call.now);
    let who = person(world, userid)?;
    groups::quit(world, call.now, &chat, who).map_err(|words| (409, words.to_owned()))?;
    Ok(json!({}))
}

/// `None` where the card is not of this platform.
fn click(world: &mut World, call: &ControlCall<'_>, userid: &str) -> Result<Option<Value>, (u16, String)> {
    let click: Click = call.parse()?;
    world.settle(call.now);
    let who = person(world, userid)?;
    let Some(message) = card(world, who, click.message) else { return Ok(None) };
    if click.menu || !click.selected.is_empty() {
        return Err(bad("menu and selected are of WeCom's cards; params are of DingTalk's"));
    }
    let key = click.key.ok_or_else(|| bad("key: the id of the action that is pressed"))?;
    let pressed = press::pressed(world, call.now, who, &message, &key, click.params);
    let (press, destinations) = pressed.ok_or_else(|| (404, "no such card on this phone".to_owned()))?;
    Ok(Some(json!({"press": press, "told": destinations})))
}

/// The source of a card of this platform on somebody's phone: that message, else the newest card, if it is this platform's.
fn card(world: &World, who: PersonId, message: Option<u64>) -> Option<String> {
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

fn sign_in(world: &mut World, call: &ControlCall<'_>, userid: &str) -> ControlResult {
    let id = person(world, userid)?;
    let code = login::sign_in(world, call.now, id);
    code.map(|code| json!({"code": code})).ok_or_else(|| (500, "no random bytes".into()))
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Robot {
    #[serde(default, rename = "platform")]
    _platform: Option<String>,
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

fn robot(world: &mut World, order: Robot) -> ControlResult {
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
        Some(id) => groups::index(world, id).ok_or_else(|| no_group(id))?,
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

fn choose(world: &mut World, at: &Where, now: i64) -> ControlResult {
    let place = place(world, at)?;
    let cid = conversation::choose(world, now, place).map_err(|error| no_random(&error))?;
    Ok(json!({"cid": cid}))
}

fn session(world: &mut World, at: &Where, now: i64) -> ControlResult {
    let place = place(world, at)?;
    let (path, until) = webhook::open_session(world, now, place).map_err(|error| no_random(&error))?;
    Ok(json!({"sessionWebhook": format!("http://{}{path}", world.host), "sessionWebhookExpiredTime": until}))
}

fn code(world: &mut World, id: &str, now: i64) -> ControlResult {
    let code = world.memory.get_mut::<Files>().offer(now, id).map_err(|error| no_random(&error))?;
    let code = code.ok_or_else(|| no_file(id))?;
    Ok(json!({"downloadCode": code}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parting {
    #[serde(default = "timeout")]
    reason: String,
}

fn timeout() -> String {
    "persistent connection is timeout".into()
}

fn disconnect(world: &mut World, call: &ControlCall<'_>) -> ControlResult {
    let Parting { reason } = call.parse()?;
    Ok(json!({"told": world.memory.get_mut::<Streams>().disconnect(&reason, call.now)}))
}
