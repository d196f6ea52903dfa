//! What is said to the robot; where it is answered is [`super::webhook`]'s.
//! <https://open.dingtalk.com/document/orgapp/robot-reply-and-send-messages>

use super::{
    callback::{self, Callbacks},
    conversation::Place,
    credentials::Credentials,
    event::{NOBODY, post},
    groups::Groups,
    streams::{self, ROBOT_TOPIC, Streams},
    webhook,
};
use crate::{
    options::random_hex,
    route::refuse,
    world::{
        Caller, World,
        company::PersonId,
        digest,
        event::{Begun, Delivery, Destination, Plan, Push},
    },
};
use hongyan_dingtalk::{
    DingTalk,
    webhook::{AnswerSession, Message, sign},
};
use hongyan_endpoint::Fault;
use hongyan_net::Reply;
use serde_json::{Map, Value, json};
use std::{
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

const TIMEOUT: Duration = Duration::from_secs(5);
const OVER_HTTP: Plan = Plan {
    destination: callback::ROBOT,
    again_ms: &[],
    from_beginning: false,
    answer_within_ms: None,
    keeps_failed: false,
};
/// It comes once more after a minute.
const OVER_STREAM: Plan = Plan {
    destination: streams::DESTINATION,
    again_ms: &[60_000],
    from_beginning: true,
    answer_within_ms: Some(streams::ANSWER_WITHIN_MS),
    keeps_failed: false,
};

/// A message to the robot. No `Debug`: the address for answers to it is a credential.
struct RobotMessage(Value);

/// Somebody says something to the robot: alone with it, or in a group, mentioning it. `content` is `msgtype` and the
/// member of that name. Gives the message's id and the destinations that it takes.
pub(crate) fn say(
    world: &mut World,
    who: PersonId,
    group: Option<&str>,
    content: Map<String, Value>,
    now: i64,
) -> Result<(String, Vec<Destination>), Fault> {
    let unable = |_| refuse::<DingTalk>("-1", "系统繁忙");
    let id = random_hex(22).map_err(unable)?;
    let (place, title) = match group {
        Some(id) => {
            let place = Place::group(world, id).ok_or_else(|| refuse::<DingTalk>("400013", "群不存在或已解散"))?;
            let group = place.group.map(|index| world.memory.get::<Groups>().get(index));
            let group = group.map(|group| (group.room.id.to_string(), group.room.name.to_string()));
            (place, group)
        }
        None => (Place::people(vec![who]), None),
    };
    let (path, until) = webhook::open_session(world, now, place).map_err(unable)?;
    let person = world.company.person(who);
    let credentials = world.memory.get::<Credentials>();
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
    // In the console a robot has an address or Stream, not both.
    let plans = match world.memory.get::<Callbacks>().robot {
        Some(_) => vec![OVER_HTTP],
        None if world.memory.get::<Streams>().wants(ROBOT_TOPIC) => vec![OVER_STREAM],
        None => Vec::new(),
    };
    let destinations = world.tell(now, RobotMessage(message), &plans);
    Ok((format!("msg{id}"), destinations))
}

impl Push for RobotMessage {
    fn platform(&self) -> &'static str {
        "dingtalk"
    }

    fn kind(&self) -> String {
        ROBOT_TOPIC.into()
    }

    fn begin(&self, world: &mut World, delivery: &Delivery, now: i64) -> Begun {
        if delivery.plan.destination == streams::DESTINATION {
            let written = streams::call(world, ROBOT_TOPIC, &delivery.event.id, &self.0, now);
            return if written { Begun::Written } else { Begun::Failed(streams::NOBODY) };
        }
        let url = world.memory.get::<Callbacks>().robot.as_ref();
        // The header proves who says it.
        let sign = sign(&world.memory.get::<Credentials>().app_secret, now);
        let request = url.and_then(|url| {
            let request = post(url).header("timestamp", now.to_string()).header("sign", sign);
            request.body(self.0.to_string().into()).ok()
        });
        request.map_or(Begun::Failed(NOBODY), |request| Begun::Request(Box::new(request), TIMEOUT))
    }

    fn judge(&self, world: &mut World, delivery: &Delivery, reply: &Reply, now: i64) -> Result<(), String> {
        if reply.status != 200 {
            return Err(format!("answered with HTTP {}", reply.status));
        }
        // An answer was given to the first.
        if !delivery.repeated {
            self.answered(world, &reply.body, now);
        }
        Ok(())
    }
}

impl RobotMessage {
    /// What the robot's address answered at once goes where an answer into the session goes.
    fn answered(&self, world: &mut World, body: &[u8], now: i64) {
        let session = self.0["sessionWebhook"].as_str().and_then(|url| url.split_once("session="));
        let Some((_, session)) = session else { return };
        let Ok(message) = serde_json::from_slice::<Message>(body) else { return };
        let caller = Caller { ip: IpAddr::V4(Ipv4Addr::LOCALHOST), now, moved_ms: 0, asked: None };
        // A refused answer is the receiver's loss: the platform has nobody to tell.
        let _ = webhook::answer(world, &caller, AnswerSession { session: session.to_owned(), message });
    }
}
