//! Custom robots: a webhook into one group, guarded by keywords, signature and addresses, and answers into sessions.
//!
//! The order of the checks: method, content type, token, size, keyword, signature, address, message, rate. All but
//! the last two are decided on the call as it arrived, see [`check_call`].

use super::{
    conversation::{Place, Sessions},
    groups::{self, Groups, SendOptions},
    hook::Hooks,
    sent::{self, By, DraftMessage},
};
use crate::{
    options::random_hex,
    route::{Refused, refuse},
    world::{Caller, World},
};
use hongyan_dingtalk::{
    DingTalk,
    reply::Done,
    webhook::{AnswerSession, At, MAX_BODY_BYTES, Message, SKEW_MS, SendWebhook, signed},
};
use hongyan_endpoint::{Endpoint, Fault, Wire};
use serde_json::Value;
use std::io;

/// How long a robot's session takes answers, in milliseconds.
const SESSION_MS: i64 = 90 * 60_000;

fn fault(code: &str, words: impl Into<String>) -> Fault {
    refuse::<DingTalk>(code, words)
}

/// Judges the call before its message is read: what stands in the head, in the query and around the message.
pub(super) fn check_call(world: &World, caller: &Caller, call: &Wire) -> Result<(), Fault> {
    if call.method != "POST" {
        return Err(fault("43002", "需要POST请求"));
    }
    let kind = call.headers.iter().find(|(name, _)| name == "content-type").map_or("", |(_, kind)| kind.as_str());
    if !kind.to_ascii_lowercase().trim_start().starts_with("application/json") {
        return Err(fault("43004", "无效的HTTP HEADER Content-Type"));
    }
    let Some(token) = call.query("access_token").filter(|token| !token.is_empty()) else {
        return Err(fault("40035", "缺少参数 access_token"));
    };
    let hook = world.memory.get::<Hooks>().by_token.get(token).ok_or_else(|| fault("300005", "token is not exist"))?;
    if call.body.len() > MAX_BODY_BYTES {
        return Err(fault("460101", "message too long, exceed 20000 bytes"));
    }
    let Ok(Value::Object(body)) = serde_json::from_slice(&call.body) else {
        return Err(fault("40035", "缺少参数 json"));
    };
    let said = |keyword: &String| {
        let mut members = body.iter().filter(|(name, _)| *name != "at" && *name != "msgtype" && *name != "msgUuid");
        members.any(|(_, member)| mentions(member, keyword))
    };
    let guard = &hook.guard;
    if !guard.keywords.is_empty() && !guard.keywords.iter().any(said) {
        return Err(fault("310000", "keywords not in content"));
    }
    if let Some(secret) = &guard.secret {
        let (Some(timestamp), Some(sign)) = (call.query("timestamp"), call.query("sign")) else {
            return Err(fault("310000", "sign not match"));
        };
        // Who signs does not know that the sandbox's clock was moved: the machine's own time will do.
        let near = |at: &i64| {
            [caller.now, caller.now - caller.moved_ms]
                .iter()
                .any(|now| now.saturating_sub(*at).saturating_abs() <= SKEW_MS)
        };
        let timestamp = timestamp.parse::<i64>().ok().filter(near);
        let Some(timestamp) = timestamp else { return Err(fault("310000", "invalid timestamp")) };
        if !signed(sign, secret, timestamp) {
            return Err(fault("310000", "sign not match"));
        }
    }
    if !guard.ips.is_empty() && !guard.ips.iter().any(|block| block.contains(caller.ip)) {
        return Err(fault("310000", format!("ip {} not in whitelist", caller.ip.to_canonical())));
    }
    if hook.stopped {
        return Err(fault("400102", "机器人已停用"));
    }
    if world.memory.get::<Groups>().get(hook.group).disbanded {
        return Err(fault("400013", "群已解散"));
    }
    Ok(())
}

/// Whether any text within holds the keyword.
fn mentions(value: &Value, keyword: &str) -> bool {
    match value {
        Value::String(text) => text.contains(keyword),
        Value::Array(items) => items.iter().any(|item| mentions(item, keyword)),
        Value::Object(members) => members.values().any(|member| mentions(member, keyword)),
        _ => false,
    }
}

pub(super) fn send(world: &mut World, caller: &Caller, request: SendWebhook) -> Result<Done, Refused> {
    let content = spoken(&request.message)?;
    let quotas = world.settings.limits.people;
    let Some(hook) = world.memory.get_mut::<Hooks>().by_token.get_mut(&request.access_token) else {
        return Err(fault("300005", "token is not exist").into());
    };
    let uuid = request.msg_uuid.filter(|uuid| !uuid.is_empty());
    if uuid.as_ref().is_some_and(|uuid| hook.uuids.contains(uuid)) {
        world.tally.of("dingtalk").sends += 1;
        world.tally.of("dingtalk").swallowed += 1;
        return Ok(Done {});
    }
    if quotas && !hook.may_send(caller.now) {
        return Err(fault("660026", "sending too many messages per minute").into());
    }
    if let Some(uuid) = uuid {
        hook.remember(uuid);
    }
    let (group, from) = (hook.group, Some(hook.name.as_str().into()));
    let mentions = called(world, group, &request.message);
    groups::say(world, caller.now, group, By::Webhook, &content, SendOptions { from, only: None, mentions });
    Ok(Done {})
}

/// The address that a message to the robot brings for answers: its path, and until when it is good.
///
/// # Errors
/// The system gives no random bytes.
pub(crate) fn open_session(world: &mut World, now: i64, place: Place) -> io::Result<(String, i64)> {
    let until = now + SESSION_MS;
    let session = world.memory.get_mut::<Sessions>().0.open(now, until, place)?;
    Ok((format!("/robot/sendBySession?session={session}"), until))
}

/// A token for a further robot.
///
/// # Errors
/// The system gives no random bytes.
pub(crate) fn fresh_token() -> io::Result<String> {
    random_hex(64)
}

pub(super) fn answer(world: &mut World, caller: &Caller, request: AnswerSession) -> Result<Done, Refused> {
    let Some(place) = world.memory.get::<Sessions>().0.get(caller.now, &request.session).cloned() else {
        return Err(fault("300001", "session is not exist").into());
    };
    if request.message.msgtype == "empty" {
        return Ok(Done {});
    }
    let content = spoken(&request.message)?;
    let from = Some("robot".into());
    match place.group {
        Some(group) if world.memory.get::<Groups>().get(group).disbanded => {
            return Err(fault("400013", "群已解散").into());
        }
        Some(group) => {
            let mentions = called(world, group, &request.message);
            let options = SendOptions { from, only: None, mentions };
            groups::say(world, caller.now, group, By::Webhook, &content, options);
        }
        None => {
            let (by, people) = (By::Webhook, place.people);
            let draft =
                DraftMessage { by, group: None, room: None, people, from, content: &content, mentions: Vec::new() };
            sent::post(world, caller.now, draft);
        }
    }
    Ok(Done {})
}

/// What a message says, reduced to the member of its type and whom it calls.
///
/// # Errors
/// 400105 for a type that is none, 40035 for a member that is missing.
fn spoken(message: &Message) -> Result<Value, Fault> {
    let missing = |what: &str| fault("40035", format!("缺少参数 {what}"));
    let filled = |fields: &[(&str, &str)]| match fields.iter().find(|(_, text)| text.is_empty()) {
        Some((name, _)) => Err(missing(name)),
        None => Ok(()),
    };
    let at = message.at.clone();
    let mut said = Message { msgtype: message.msgtype.clone(), at, ..Message::default() };
    match message.msgtype.as_str() {
        "text" => {
            let text = message.text.as_ref().ok_or_else(|| missing("text"))?;
            filled(&[("text.content", &text.content)])?;
            said.text = Some(text.clone());
        }
        "link" => {
            let link = message.link.as_ref().ok_or_else(|| missing("link"))?;
            filled(&[("link.title", &link.title), ("link.text", &link.text), ("link.messageUrl", &link.message_url)])?;
            (said.link, said.at) = (Some(link.clone()), None);
        }
        "markdown" => {
            let markdown = message.markdown.as_ref().ok_or_else(|| missing("markdown"))?;
            filled(&[("markdown.title", &markdown.title), ("markdown.text", &markdown.text)])?;
            said.markdown = Some(markdown.clone());
        }
        "actionCard" => {
            let mut card = message.action_card.clone().ok_or_else(|| missing("actionCard"))?;
            filled(&[("actionCard.title", &card.title), ("actionCard.text", &card.text)])?;
            let given = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
            match (given(&card.single_title), given(&card.single_url)) {
                // The one button wins over the list.
                (true, true) => card.btns.clear(),
                (true, false) => return Err(missing("actionCard.singleURL")),
                (false, true) => return Err(missing("actionCard.singleTitle")),
                (false, false) if card.btns.is_empty() => return Err(missing("actionCard.btns")),
                (false, false) => {
                    for button in &card.btns {
                        filled(&[("btns.title", &button.title), ("btns.actionURL", &button.action_url)])?;
                    }
                }
            }
            said.action_card = Some(card);
        }
        "feedCard" => {
            let card = message.feed_card.as_ref().ok_or_else(|| missing("feedCard"))?;
            if card.links.is_empty() {
                return Err(missing("feedCard.links"));
            }
            for link in &card.links {
                filled(&[("links.title", &link.title), ("links.messageURL", &link.message_url)])?;
            }
            (said.feed_card, said.at) = (Some(card.clone()), None);
        }
        other => return Err(fault("400105", format!("不支持的消息类型: {other}"))),
    }
    if let Some(At { at_mobiles, at_user_ids, .. }) = &said.at {
        let over = |field, list: &Vec<String>| SendWebhook::SPEC.exceeded(field, list.len());
        let over_mobiles = over("at.atMobiles", at_mobiles);
        if let Some(code) = over_mobiles.or_else(|| over("at.atUserIds", at_user_ids)) {
            return Err(fault(code, "不合法的参数: at 最多 50 人"));
        }
    }
    Ok(serde_json::to_value(&said).unwrap_or_default())
}

/// The members whom a message calls: named in `at`, and with `@` in its text; others are not marked.
fn called(world: &World, group: usize, message: &Message) -> Vec<String> {
    let text = match message.msgtype.as_str() {
        "text" => message.text.as_ref().map(|text| text.content.as_str()),
        "markdown" => message.markdown.as_ref().map(|markdown| markdown.text.as_str()),
        "actionCard" => message.action_card.as_ref().map(|card| card.text.as_str()),
        _ => None,
    };
    let (Some(text), Some(at)) = (text, &message.at) else { return Vec::new() };
    let members = &world.memory.get::<Groups>().get(group).members;
    let by_mobile = at.at_mobiles.iter().map(|mobile| (mobile, world.company.find_mobile(mobile)));
    let by_userid = at.at_user_ids.iter().map(|userid| (userid, world.company.find_exact(userid)));
    let mut called: Vec<String> = Vec::new();
    for (written, id) in by_mobile.chain(by_userid) {
        if let Some(id) = id.filter(|id| members.contains(id) && text.contains(&format!("@{written}"))) {
            let userid = &world.company.person(id).userid;
            if !called.contains(userid) {
                called.push(userid.clone());
            }
        }
    }
    if at.is_at_all == Some(true) {
        called.push("@all".into());
    }
    called
}
