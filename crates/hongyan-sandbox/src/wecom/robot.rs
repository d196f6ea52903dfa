//! Group robots: a key each, 20 messages a minute, files of their own. The first sits in the chat of the start.

use super::{
    authority::{Access, Origin},
    chat::{self, Chats},
    content::{self, unfit},
    credentials::Credentials,
    media::{self, MediaStore},
};
use crate::{
    options::random_hex,
    route::{Refused, refuse},
    world::{Caller, World},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use hongyan_endpoint::{Endpoint, Fault, MINUTE, RateScope};
use hongyan_wecom::{
    WeCom,
    content::{Content, Image, Place},
    done::Done,
    media::MediaUploaded,
    webhook::{SendWebhook, UploadWebhookMedia},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::VecDeque;

/// Robots kept.
const KEPT: usize = 1_000;
const MINUTE_MS: i64 = 60_000;

/// All robots; the first answers to the key of the credentials.
#[derive(Serialize, Deserialize)]
pub(crate) struct Robots {
    all: Vec<Robot>,
}

/// One of them. No `Debug`: a key is a credential.
#[derive(Serialize, Deserialize)]
struct Robot {
    /// `None`: the key of the credentials.
    key: Option<String>,
    name: String,
    chat: String,
    disabled: bool,
    /// When it spoke, within the last minute.
    #[serde(skip)]
    recent: VecDeque<i64>,
}

impl Default for Robots {
    fn default() -> Self {
        let first = Robot {
            key: None,
            name: "值班机器人".into(),
            chat: chat::FIRST.into(),
            disabled: false,
            recent: VecDeque::new(),
        };
        Self { all: vec![first] }
    }
}

/// The names of those that sit in a chat.
pub(super) fn in_chat(world: &World, chatid: &str) -> Vec<String> {
    let robots = world.memory.get::<Robots>().all.iter().filter(|robot| robot.chat == chatid);
    robots.map(|robot| robot.name.clone()).collect()
}

/// What the inspection API is told of a new robot.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRobot {
    /// The chat that it joins; the chat of the start when left out.
    chat: Option<String>,
    name: Option<String>,
    /// As one that the chat's owner has switched off.
    #[serde(default)]
    disabled: bool,
}

/// Adds a robot to a chat; tells its key.
///
/// # Errors
/// Says what is wrong with the order.
pub(crate) fn add(world: &mut World, new: NewRobot) -> Result<serde_json::Value, String> {
    let chat = new.chat.unwrap_or_else(|| chat::FIRST.into());
    if !world.memory.get::<Chats>().has(&chat) {
        return Err(format!("chat: there is no {chat:?}; GET /sandbox/chats lists them"));
    }
    let robots = &mut world.memory.get_mut::<Robots>().all;
    if robots.len() >= KEPT {
        return Err(format!("there are {KEPT} robots already"));
    }
    let digits = random_hex(32).map_err(|error| error.to_string())?;
    // Keys look like UUIDs.
    let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
    let key = parts.join("-");
    let name = new.name.unwrap_or_else(|| format!("机器人{}", robots.len() + 1));
    let told = json!({"platform": "wecom", "key": key, "chat": chat, "name": name});
    robots.push(Robot { key: Some(key), name, chat, disabled: new.disabled, recent: VecDeque::new() });
    Ok(told)
}

/// Finds the robot of a key; notes it as who calls.
pub(super) fn authenticate(world: &mut World, key: Option<&str>) -> Result<(), Fault> {
    let own = &world.memory.get::<Credentials>().robot_key;
    let robots = &world.memory.get::<Robots>().all;
    let found = key.and_then(|key| robots.iter().position(|robot| robot.key.as_ref().unwrap_or(own) == key));
    let found = found.ok_or_else(|| refuse::<WeCom>("93000", "invalid webhook url"))?;
    if robots[found].disabled {
        return Err(refuse::<WeCom>("93004", "robot is disabled"));
    }
    world.memory.get_mut::<Access>().origin = Origin::Robot(found);
    Ok(())
}

/// The robot that calls.
fn caller(world: &World) -> Result<usize, Fault> {
    match world.memory.get::<Access>().origin {
        Origin::Robot(robot) => Ok(robot),
        _ => Err(refuse::<WeCom>("93000", "invalid webhook url")),
    }
}

pub(super) fn send(world: &mut World, call: &Caller, request: SendWebhook) -> Result<Done, Refused> {
    let (robot, now) = (caller(world)?, call.now);
    if !within_rate(world, robot, now) {
        return Err(refuse::<WeCom>("45009", "api freq out of limit").into());
    }
    if request.msgtype.is_empty() && request.content.is_empty() {
        return Err(refuse::<WeCom>("93017", "empty request").into());
    }
    let seen = content::read(Place::Robot, &request.msgtype, &request.content)?;
    if let Content::Image(image) = Content::read(&request.msgtype, &request.content).map_err(unfit)? {
        check_image(&image)?;
    }
    world.memory.get::<MediaStore>().find_all(now, &seen.media, Some(robot))?;
    let (chatid, name) = {
        let robot = &mut world.memory.get_mut::<Robots>().all[robot];
        robot.recent.push_back(now);
        (robot.chat.clone(), robot.name.clone())
    };
    let Some(people) = chat::people_of(world, &chatid) else {
        return Err(refuse::<WeCom>("93008", "robot is not in the chat").into());
    };
    chat::post(world, now, &chatid, 0, Some(&name), people, &seen.value);
    Ok(Done::default())
}

/// Messages of one robot within a minute.
const PER_MINUTE: usize = SendWebhook::SPEC.rate(RateScope::App, MINUTE).unwrap() as usize;

fn within_rate(world: &mut World, robot: usize, now: i64) -> bool {
    let limits = world.settings.limits;
    let recent = &mut world.memory.get_mut::<Robots>().all[robot].recent;
    while recent.front().is_some_and(|at| now - at >= MINUTE_MS) {
        recent.pop_front();
    }
    recent.len() < PER_MINUTE || !(limits.people || limits.calls)
}

/// The picture is one, and is the one that was meant.
fn check_image(image: &Image) -> Result<(), Fault> {
    let bytes = STANDARD.decode(&image.base64).unwrap_or_default();
    if !hongyan_wecom::md5::hex(&bytes).eq_ignore_ascii_case(&image.md5) {
        return Err(refuse::<WeCom>("301019", "media md5 not match"));
    }
    if !bytes.starts_with(b"\xff\xd8\xff") && !bytes.starts_with(b"\x89PNG") {
        return Err(refuse::<WeCom>("40123", "image content is not valid"));
    }
    Ok(())
}

pub(super) fn upload_media(
    world: &mut World,
    call: &Caller,
    request: UploadWebhookMedia,
) -> Result<MediaUploaded, Refused> {
    let robot = caller(world)?;
    request.check().map_err(unfit)?;
    media::keep(world.memory.get_mut(), call.now, request.kind, request.media, Some(robot))
}
