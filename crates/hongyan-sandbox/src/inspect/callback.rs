//! Callbacks as the platforms' consoles set them, and what was pushed. Tokens and keys go in and never come out.

use super::{Said, bad, parse};
use crate::{
    Hub,
    push::{self, Asked, Question},
    route::enter,
    world::callback::{DingTalkHook, Road, WeComHook},
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
    platform: Road,
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

fn describe(hub: &Hub) -> Value {
    let world = enter(&hub.world);
    let of = |road: &Road| world.callbacks.describe(*road, world.events.waiting(*road));
    let callbacks: Vec<Value> = Road::HTTP.iter().filter_map(of).collect();
    json!({
        "callbacks": callbacks,
        "stream": {
            "connections": world.streams.describe(),
            "waiting": world.events.waiting(Road::Stream),
            "counts": world.callbacks.stream_counts(),
        },
    })
}

async fn set(hub: &Hub, setting: Setting) -> Said {
    let Setting { platform, url, token, encoding_aes_key } = setting;
    if !push::is_address(&url) {
        return Err(bad("url: expected http://… or https://…"));
    }
    let letters = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if platform != Road::Robot {
        let most = if platform == Road::WeCom { 32 } else { 64 };
        if !(3..=most).contains(&token.len()) || (platform == Road::WeCom && !letters(&token)) {
            return Err(bad(&format!("token: expected 3 to {most} letters and digits")));
        }
        if encoding_aes_key.len() != 43 || !letters(&encoding_aes_key) {
            return Err(bad("encoding_aes_key: expected 43 letters and digits"));
        }
    }
    let unusable = || bad("encoding_aes_key: not a key");
    let (app_key, corp_id, wecom_corp_id) = {
        let credentials = &enter(&hub.world).credentials;
        (credentials.app_key.clone(), credentials.corp_id.clone(), credentials.wecom_corp_id.clone())
    };
    match platform {
        Road::DingTalk => {
            let seal = hongyan_dingtalk::callback::Callback::new(token.as_str(), &encoding_aes_key, app_key)
                .map_err(|_| unusable())?;
            let question = Question::DingTalk { url: url.clone(), seal: seal.clone(), corp_id };
            well(push::ask(hub, question).await)?;
            let hook = DingTalkHook { url, token, aes_key: encoding_aes_key, tags: None, seal };
            enter(&hub.world).callbacks.dingtalk = Some(hook);
        }
        Road::WeCom => {
            let seal =
                hongyan_wecom::callback::Callback::new(Secret::new(token.as_str()), &encoding_aes_key, &wecom_corp_id)
                    .map_err(|_| unusable())?;
            let question = Question::WeCom { url: url.clone(), seal: seal.clone() };
            well(push::ask(hub, question).await)?;
            enter(&hub.world).callbacks.wecom = Some(WeComHook { url, token, encoding_aes_key, seal });
        }
        Road::Robot => enter(&hub.world).callbacks.robot = Some(url),
        Road::Stream => return Err(bad("platform: Stream is opened by the application, not set")),
        Road::Card => return Err(bad("platform: a card's address is registered by card/callbacks/register")),
    }
    enter(&hub.world).callbacks.forget_counts(platform);
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
    let roads: Vec<Road> =
        Road::HTTP.into_iter().filter(|road| platform.is_none_or(|name| name == road.name())).collect();
    if roads.is_empty() {
        return Err(bad("platform: expected wecom, dingtalk or dingtalk_robot"));
    }
    {
        let mut world = enter(&hub.world);
        for road in roads {
            match road {
                Road::DingTalk => world.callbacks.dingtalk = None,
                Road::Robot => world.callbacks.robot = None,
                Road::WeCom => world.callbacks.wecom = None,
                Road::Stream | Road::Card => {}
            }
            world.events.forget(road);
            world.callbacks.forget_counts(road);
        }
    }
    Ok(describe(hub))
}

/// An event by hand: for those that nobody in the sandbox causes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Caused {
    platform: Road,
    event: String,
    /// Its own members, spelled as over HTTP: `{"UserId": ["zhangsan"]}`; for WeCom, those of the XML.
    #[serde(default)]
    members: Map<String, Value>,
}

fn emit(hub: &Hub, caused: Caused) -> Said {
    let Caused { platform, event, mut members } = caused;
    let now = hub.clock.now_ms();
    let mut world = enter(&hub.world);
    let roads = match platform {
        Road::DingTalk => world.tell_dingtalk(now, &event, Value::Object(members)),
        Road::WeCom => {
            let from = members.remove("FromUserName").and_then(|from| Some(from.as_str()?.to_owned()));
            let pushed = Pushed {
                from_user_name: from.unwrap_or_else(|| "sys".into()),
                message: Message::Event(Event::Other { event }),
                rest: elements(&members),
                ..Pushed::default()
            };
            world.tell_wecom(now, pushed)
        }
        Road::Robot | Road::Stream | Road::Card => return Err(bad("platform: expected wecom or dingtalk")),
    };
    Ok(json!({"told": roads.iter().map(|road| road.name()).collect::<Vec<_>>()}))
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
    let told = enter(&hub.world).streams.disconnect(&reason, hub.clock.now_ms());
    Ok(json!({"told": told}))
}
