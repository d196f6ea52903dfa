//! Callbacks as the platforms' consoles set them, and what was pushed. Tokens and keys go in and never come out.

use super::{Said, bad, parse};
use crate::{
    ask::{Asked, is_address},
    dingtalk,
    hub::Hub,
    push,
    route::enter,
    wecom,
    world::{World, event::Road},
};
use hongyan_endpoint::pairs;
use hongyan_net::Secret;
use hongyan_wecom::callback::{Element, Event, Message, Pushed};
use http::Uri;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// What the console asks for. No `Debug`: it holds the keys.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Setting {
    platform: String,
    url: String,
    #[serde(default)]
    token: String,
    #[serde(default, alias = "aes_key")]
    encoding_aes_key: String,
}

/// Answers what concerns callbacks; `None` for everything else.
pub(super) async fn decide(hub: &Hub, method: &str, uri: &Uri, body: &[u8]) -> Option<Said> {
    let query =
        |name: &str| pairs(uri.query().unwrap_or_default()).find(|(key, _)| key == name).map(|(_, value)| value);
    Some(match (method, uri.path()) {
        ("GET", "/sandbox/callbacks") => Ok(describe(hub)),
        ("POST", "/sandbox/callbacks") => match parse(body) {
            Ok(setting) => set(hub, setting).await,
            Err(refused) => Err(refused),
        },
        ("DELETE", "/sandbox/callbacks") => remove(hub, query("platform").as_deref()),
        ("GET", "/sandbox/events") => match query("since").unwrap_or_default().as_str() {
            "" => Ok(enter(&hub.world).events.list(0)),
            since => since
                .parse()
                .map(|since| enter(&hub.world).events.list(since))
                .map_err(|_| bad("since: expected a push's seq")),
        },
        ("POST", "/sandbox/events") => parse(body).and_then(|event| emit(hub, event)),
        ("POST", "/sandbox/streams/disconnect") => disconnect(hub, body),
        _ => return None,
    })
}

/// What can be set over HTTP, in the order in which it is shown.
const OVER_HTTP: [Road; 3] = [dingtalk::EVENTS, dingtalk::ROBOT, wecom::ROAD];

fn describe(hub: &Hub) -> Value {
    let mut world = enter(&hub.world);
    let callbacks: Vec<Value> = OVER_HTTP.iter().filter_map(|road| describe_one(&mut world, *road)).collect();
    let connections = world.memory.get::<dingtalk::Streams>().describe();
    let waiting = world.events.waiting(dingtalk::STREAM);
    let counts = world.events.counts(dingtalk::STREAM);
    json!({
        "callbacks": callbacks,
        "stream": {"connections": connections, "waiting": waiting, "counts": counts},
    })
}

/// One receiver: no token, no key, nothing of an address that may hold one.
fn describe_one(world: &mut World, road: Road) -> Option<Value> {
    let waiting = world.events.waiting(road);
    let counts = world.events.counts(road).clone();
    let (url, tags) = match road {
        wecom::ROAD => (world.memory.get::<wecom::OwnHook>().0.as_ref()?.url.as_str(), None),
        _ => world.memory.get::<dingtalk::Callbacks>().describe(road)?,
    };
    let shown = url.split_once('?').map_or(url, |(before, _)| before);
    let mut described = json!({"platform": road, "url": shown, "waiting": waiting, "counts": counts});
    if let Some(tags) = tags {
        described["tags"] = json!(tags);
    }
    Some(described)
}

async fn set(hub: &Hub, setting: Setting) -> Said {
    let Setting { platform, url, token, encoding_aes_key } = setting;
    let road = match platform.as_str() {
        "stream" => return Err(bad("platform: Stream is opened by the application, not set")),
        "dingtalk_card" => return Err(bad("platform: a card's address is registered by card/callbacks/register")),
        name => OVER_HTTP.into_iter().find(|road| road.0 == name),
    };
    let road = road.ok_or_else(|| bad("platform: expected wecom, dingtalk or dingtalk_robot"))?;
    if !is_address(&url) {
        return Err(bad("url: expected http://… or https://…"));
    }
    let letters = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if road != dingtalk::ROBOT {
        let most = if road == wecom::ROAD { 32 } else { 64 };
        if !(3..=most).contains(&token.len()) || (road == wecom::ROAD && !letters(&token)) {
            return Err(bad(&format!("token: expected 3 to {most} letters and digits")));
        }
        if encoding_aes_key.len() != 43 || !letters(&encoding_aes_key) {
            return Err(bad("encoding_aes_key: expected 43 letters and digits"));
        }
    }
    let unusable = || bad("encoding_aes_key: not a key");
    let now = hub.clock.now_ms();
    match road {
        dingtalk::EVENTS => {
            let (app_key, corp_id) = dingtalk::owners(&enter(&hub.world));
            let seal = hongyan_dingtalk::callback::Callback::new(token.as_str(), &encoding_aes_key, app_key)
                .map_err(|_| unusable())?;
            well(push::ask(hub, dingtalk::check_address(&url, &seal, &corp_id, now)).await)?;
            let hook = dingtalk::Hook { url, token, aes_key: encoding_aes_key, tags: None, seal };
            enter(&hub.world).memory.get_mut::<dingtalk::Callbacks>().events = Some(hook);
        }
        wecom::ROAD => {
            let owner = wecom::owner(&enter(&hub.world));
            let seal = hongyan_wecom::callback::Callback::new(Secret::new(token.as_str()), &encoding_aes_key, &owner)
                .map_err(|_| unusable())?;
            well(push::ask(hub, wecom::check_address(&url, &seal, now)).await)?;
            enter(&hub.world).memory.put(wecom::OwnHook(Some(wecom::Hook { url, token, encoding_aes_key, seal })));
        }
        _ => enter(&hub.world).memory.get_mut::<dingtalk::Callbacks>().robot = Some(url),
    }
    enter(&hub.world).events.forget_counts(road);
    Ok(describe(hub))
}

/// As the console, which does not save an address that answers wrongly.
fn well(asked: Asked) -> Result<(), (u16, String)> {
    match asked {
        Asked::Well => Ok(()),
        other => Err((422, format!("url: {}", other.words()))),
    }
}

fn remove(hub: &Hub, platform: Option<&str>) -> Said {
    let roads: Vec<Road> = OVER_HTTP.into_iter().filter(|road| platform.is_none_or(|name| name == road.0)).collect();
    if roads.is_empty() {
        return Err(bad("platform: expected wecom, dingtalk or dingtalk_robot"));
    }
    {
        let mut world = enter(&hub.world);
        for road in roads {
            match road {
                dingtalk::EVENTS => world.memory.get_mut::<dingtalk::Callbacks>().events = None,
                wecom::ROAD => world.memory.put(wecom::OwnHook(None)),
                _ => world.memory.get_mut::<dingtalk::Callbacks>().robot = None,
            }
            world.events.forget(road);
            world.events.forget_counts(road);
        }
    }
    Ok(describe(hub))
}

/// An event by hand: for those that nobody in the sandbox causes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Caused {
    platform: String,
    event: String,
    /// Its own members, spelled as over HTTP: `{"UserId": ["zhangsan"]}`; for WeCom, those of the XML.
    #[serde(default)]
    members: Map<String, Value>,
}

fn emit(hub: &Hub, caused: Caused) -> Said {
    let Caused { platform, event, mut members } = caused;
    let now = hub.clock.now_ms();
    let mut world = enter(&hub.world);
    let roads = match platform.as_str() {
        "dingtalk" => dingtalk::tell(&mut world, now, &event, Value::Object(members)),
        "wecom" => {
            let from = members.remove("FromUserName").and_then(|from| Some(from.as_str()?.to_owned()));
            let pushed = Pushed {
                from_user_name: from.unwrap_or_else(|| "sys".into()),
                message: Message::Event(Event::Other { event }),
                rest: elements(&members),
                ..Pushed::default()
            };
            wecom::tell(&mut world, now, pushed)
        }
        _ => return Err(bad("platform: expected wecom or dingtalk")),
    };
    Ok(json!({"told": roads}))
}

fn elements(members: &Map<String, Value>) -> Vec<Element> {
    let element = |(name, value): (&String, &Value)| match value {
        Value::Object(inner) => Element::of(name, elements(inner)),
        Value::String(text) => Element::text(name, text.as_str()),
        other => Element::text(name, other.to_string()),
    };
    members.iter().map(element).collect()
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

fn disconnect(hub: &Hub, body: &[u8]) -> Said {
    let Parting { reason } = parse(body)?;
    let told = enter(&hub.world).memory.get_mut::<dingtalk::Streams>().disconnect(&reason, hub.clock.now_ms());
    Ok(json!({"told": told}))
}
