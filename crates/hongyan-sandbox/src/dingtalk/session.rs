//! What is said to the robot; where it is answered is [`super::webhook`]'s.
//! <https://open.dingtalk.com/document/orgapp/robot-reply-and-send-messages>

use super::{conversation::Place, webhook};
use crate::{
    options::random_hex,
    route::refuse,
    world::{Caller, World, callback::Road, company::PersonId, digest, event::Happening},
};
use hongyan_dingtalk::{
    DingTalk,
    webhook::{AnswerSession, Message},
};
use hongyan_endpoint::Fault;
use serde_json::{Map, Value, json};
use std::net::{IpAddr, Ipv4Addr};

/// Somebody says something to the robot: alone with it, or in a group, mentioning it. `content` is `msgtype` and the
/// member of that name. Gives the message's id and the roads that it takes.
pub(crate) fn say(
    world: &mut World,
    who: PersonId,
    group: Option<&str>,
    content: Map<String, Value>,
    now: i64,
) -> Result<(String, Vec<Road>), Fault> {
    let unable = |_| refuse::<DingTalk>("-1", "系统繁忙");
    let id = random_hex(22).map_err(unable)?;
    let (place, title) = match group {
        Some(id) => {
            let place = Place::group(world, id).ok_or_else(|| refuse::<DingTalk>("400013", "群不存在或已解散"))?;
            let group = place.group.map(|index| world.dingtalk.groups.get(index));
            let group = group.map(|group| (group.room.id.to_string(), group.room.name.to_string()));
            (place, group)
        }
        None => (Place::people(vec![who]), None),
    };
    let (path, until) = webhook::open_session(world, now, place).map_err(unable)?;
    let person = world.company.person(who);
    let credentials = &world.credentials;
    let robot = format!("$:LWCP_v1:$robot{}", credentials.agent_id);
    let alone = format!("cid{:016x}==", digest("dingtalk.single", credentials.agent_id, &person.userid));
    let mut message = json!({
        "msgId": format!("msg{id}"),
        "createAt": now,
        "conversationType": if title.is_some() { "2" } else { "1" },
        "conversationId": title.as_ref().map_or(&alone, |(id, _)| id),
        "senderId": format!("$:LWCP_v1:${:016x}", digest("dingtalk.sender", 0, &person.userid)),
        "senderNick": person.name,
        "senderStaffId": person.userid,
        "senderCorpId": credentials.corp_id,
        "isAdmin": false,
        "chatbotCorpId": credentials.corp_id,
        "chatbotUserId": robot,
        "robotCode": credentials.app_key,
        "senderPlatform": "Mac",
        "sessionWebhook": format!("http://{}{path}", world.host),
        "sessionWebhookExpiredTime": until,
    });
    if let Value::Object(members) = &mut message {
        members.extend(content);
        if let Some((_, title)) = title {
            members.insert("conversationTitle".into(), json!(title));
            members.insert("isInAtList".into(), json!(true));
            members.insert("atUsers".into(), json!([{"dingtalkId": robot, "staffId": "", "unionId": ""}]));
        }
    }
    let roads = world.tell(now, Happening::Robot(message));
    Ok((format!("msg{id}"), roads))
}

/// What a robot's address answered at once goes where an answer into the session goes.
pub(crate) fn answer_session(world: &mut World, session: &str, message: Message, now: i64) {
    let caller = Caller { ip: IpAddr::V4(Ipv4Addr::LOCALHOST), now, moved_ms: 0, asked: None };
    // A refused answer is the receiver's loss: the platform has nobody to tell.
    let _ = webhook::answer(world, &caller, AnswerSession { session: session.to_owned(), message });
}
