//! The application's robot: to people one by one, into groups, recall, read state, DING, files that were sent to it.

use super::{
    credentials::Credentials,
    groups::{self, Groups, SendOptions},
    media::Files,
    sent::{self, By, DraftMessage, SentMessage, SentMessages},
};
use crate::{
    route::{Refused, refuse, serves_ms},
    world::{
        Caller, World,
        company::{PersonId, PersonRule},
    },
};
use hongyan_dingtalk::{
    DingTalk,
    robot::{
        DingSent, FileGiven, GetFile, GetGroupReaders, GetReadStatus, GroupReadersGiven, GroupSent, PeopleSent,
        ReadStatusGiven, Reader, RecallFromGroup, RecallFromPeople, Recalled, SendDing, SendToGroup, SendToPeople,
    },
};
use hongyan_endpoint::{Endpoint, Fault};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// How long recall and read state are offered, in milliseconds.
const WINDOW_MS: i64 = serves_ms(&GetReadStatus::SPEC);
/// Readers of one page.
const MAX_PAGE: i64 = 200;
/// Receivers of a DING by text message or telephone.
const MAX_CALLED: usize = 20;

/// Members that each kind of message cannot do without, and whether each is a file's id or may be one.
const KINDS: [(&str, &[&str], &[&str]); 13] = [
    ("sampleText", &["content"], &[]),
    ("sampleMarkdown", &["title", "text"], &[]),
    ("sampleImageMsg", &["photoURL"], &["photoURL"]),
    ("sampleLink", &["text", "title", "picUrl", "messageUrl"], &["picUrl"]),
    ("sampleActionCard", &["title", "text", "singleTitle", "singleURL"], &[]),
    ("sampleActionCard2", &["title", "text", "actionTitle1", "actionURL1", "actionTitle2", "actionURL2"], &[]),
    (
        "sampleActionCard3",
        &["title", "text", "actionTitle1", "actionURL1", "actionTitle2", "actionURL2", "actionTitle3", "actionURL3"],
        &[],
    ),
    (
        "sampleActionCard4",
        &[
            "title",
            "text",
            "actionTitle1",
            "actionURL1",
            "actionTitle2",
            "actionURL2",
            "actionTitle3",
            "actionURL3",
            "actionTitle4",
            "actionURL4",
        ],
        &[],
    ),
    (
        "sampleActionCard5",
        &[
            "title",
            "text",
            "actionTitle1",
            "actionURL1",
            "actionTitle2",
            "actionURL2",
            "actionTitle3",
            "actionURL3",
            "actionTitle4",
            "actionURL4",
            "actionTitle5",
            "actionURL5",
        ],
        &[],
    ),
    ("sampleActionCard6", &["title", "text", "buttonTitle1", "buttonUrl1", "buttonTitle2", "buttonUrl2"], &[]),
    ("sampleAudio", &["mediaId", "duration"], &["mediaId"]),
    ("sampleFile", &["mediaId", "fileName", "fileType"], &["mediaId"]),
    ("sampleVideo", &["duration", "videoMediaId", "videoType", "picMediaId"], &["videoMediaId", "picMediaId"]),
];
/// Members that hold a file's id and never an address.
const IDS: [&str; 3] = ["mediaId", "videoMediaId", "picMediaId"];

fn fault(code: &str, words: impl Into<String>) -> Fault {
    refuse::<DingTalk>(code, words)
}

/// The robot of this application, and no other.
fn robot(world: &World, code: &str) -> Result<(), Fault> {
    if code.is_empty() {
        return Err(fault("invalidParameter.robotCode.empty", "robotCode 不能为空"));
    }
    if code != world.memory.get::<Credentials>().app_key {
        return Err(fault("invalidParameter.robotCode.notExsit", "robotCode 不存在"));
    }
    Ok(())
}

/// The message of a key and its parameters, as a phone shows it.
fn message(world: &World, key: &str, param: &str) -> Result<Value, Fault> {
    if key.is_empty() {
        return Err(fault("invalidParameter.msgKey.empty", "msgKey 不能为空"));
    }
    let Some((_, wanted, files)) = KINDS.iter().find(|(name, ..)| *name == key) else {
        return Err(fault("invalidParameter.msgKey.invalid", format!("msgKey 不合法: {key}")));
    };
    if let Some(code) = SendToGroup::SPEC.exceeded("msgParam", param.len()) {
        return Err(fault(code, "msgParam 最多 15000 字节"));
    }
    let invalid = |what: &str| fault("invalidParameter.msgParam.invalid", format!("msgParam 不合法: {what}"));
    let members: Map<String, Value> = serde_json::from_str(param).map_err(|_| invalid("不是 JSON 对象"))?;
    let filled = |name: &str| match members.get(name) {
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Number(_) | Value::Bool(_)) => true,
        _ => false,
    };
    if let Some(missing) = wanted.iter().find(|name| !filled(name)) {
        return Err(invalid(missing));
    }
    for name in *files {
        let text = members.get(*name).and_then(Value::as_str).unwrap_or_default();
        let files = &world.memory.get::<Files>();
        let usable = if IDS.contains(name) { files.usable(text) } else { files.usable_or_address(text) };
        usable.map_err(|refused| fault("resource.not.found", format!("{name}: {}", refused.message())))?;
    }
    Ok(json!({"msgtype": key, key: members}))
}

fn robot_name(code: &str) -> Option<Arc<str>> {
    Some(code.into())
}

pub(super) fn send_to_people(world: &mut World, caller: &Caller, request: SendToPeople) -> Result<PeopleSent, Refused> {
    robot(world, &request.robot_code)?;
    if request.user_ids.is_empty() {
        return Err(fault("invalidParameter.userIds.empty", "userIds 不能为空").into());
    }
    if let Some(code) = SendToPeople::SPEC.exceeded("userIds", request.user_ids.len()) {
        return Err(fault(code, "userIds 最多 20 人").into());
    }
    let content = message(world, &request.msg_key, &request.msg_param)?;
    let mut sent = PeopleSent::default();
    let mut people: Vec<PersonId> = Vec::new();
    for userid in request.user_ids {
        let Some(id) = groups::visible(world, &userid) else {
            sent.invalid_staff_id_list.push(userid);
            continue;
        };
        match world.company.person(id).dingtalk {
            PersonRule::Forbidden(_) => sent.flow_controlled_staff_id_list.push(userid),
            PersonRule::Failed => sent.filtered_staff_id_list.push(userid),
            _ if people.contains(&id) => {}
            _ => people.push(id),
        }
    }
    let from = robot_name(&request.robot_code);
    let draft =
        DraftMessage { by: By::Robot, group: None, room: None, people, from, content: &content, mentions: Vec::new() };
    sent.process_query_key = sent::post(world, caller.now, draft).to_string();
    Ok(sent)
}

/// The group that a robot is to speak in.
fn group(world: &World, cid: &str) -> Result<usize, Fault> {
    if cid.is_empty() {
        return Err(fault("miss.openConversationId", "openConversationId 不能为空"));
    }
    let index = world.memory.get::<Groups>().find_open(cid);
    index.ok_or_else(|| fault("invalid.openConversationId", "openConversationId 不合法"))
}

pub(super) fn send_to_group(world: &mut World, caller: &Caller, request: SendToGroup) -> Result<GroupSent, Refused> {
    robot(world, &request.robot_code)?;
    let index = group(world, &request.open_conversation_id)?;
    if world.memory.get::<Groups>().get(index).disbanded {
        return Err(fault("group.disbanded", "群已解散").into());
    }
    let content = message(world, &request.msg_key, &request.msg_param)?;
    let options = SendOptions { from: robot_name(&request.robot_code), ..SendOptions::default() };
    let id = groups::say(world, caller.now, index, By::Robot, &content, options);
    Ok(GroupSent { process_query_key: id.to_string() })
}

/// The robot's message of a key; `group`: the one that it must be in, `None` for messages to people.
fn letter<'a>(world: &'a World, now: i64, key: &str, group: Option<usize>) -> Result<&'a SentMessage, Fault> {
    let letter = world.memory.get::<SentMessages>().get(key);
    let Some(letter) = letter.filter(|letter| letter.by == By::Robot && letter.group == group) else {
        return Err(fault("invalid.processQueryKey", "processQueryKey 不合法"));
    };
    if now - letter.at > WINDOW_MS {
        return Err(fault("robot.processQueryKey.expired", "processQueryKey 已超过24小时"));
    }
    Ok(letter)
}

fn recall(world: &mut World, now: i64, keys: Vec<String>, group: Option<usize>) -> Result<Recalled, Fault> {
    if keys.is_empty() {
        return Err(fault("invalidParameter.processQueryKeys.empty", "processQueryKeys 不能为空"));
    }
    if let Some(code) = RecallFromPeople::SPEC.exceeded("processQueryKeys", keys.len()) {
        return Err(fault(code, "processQueryKeys 最多 20 个"));
    }
    let mut recalled = Recalled::default();
    for key in keys {
        match letter(world, now, &key, group).map(|_| ()) {
            Ok(()) => {
                sent::recall(world, &key);
                recalled.success_result.push(key);
            }
            Err(refused) => {
                recalled.failed_result.insert(key, refused.code().to_owned());
            }
        }
    }
    Ok(recalled)
}

pub(super) fn recall_from_people(
    world: &mut World,
    caller: &Caller,
    request: RecallFromPeople,
) -> Result<Recalled, Refused> {
    robot(world, &request.robot_code)?;
    Ok(recall(world, caller.now, request.process_query_keys, None)?)
}

pub(super) fn recall_from_group(
    world: &mut World,
    caller: &Caller,
    request: RecallFromGroup,
) -> Result<Recalled, Refused> {
    robot(world, &request.robot_code)?;
    let index = group(world, &request.open_conversation_id)?;
    Ok(recall(world, caller.now, request.process_query_keys, Some(index))?)
}

fn status(letter: &SentMessage) -> String {
    if letter.recalled { "RECALLED" } else { "SUCCESS" }.into()
}

pub(super) fn read_status(
    world: &mut World,
    caller: &Caller,
    request: GetReadStatus,
) -> Result<ReadStatusGiven, Refused> {
    robot(world, &request.robot_code)?;
    let letter = letter(world, caller.now, &request.process_query_key, None)?;
    let reader = |(id, read_at): &(PersonId, Option<i64>)| {
        let person = world.company.person(*id);
        let read = read_at.is_some_and(|at| at <= caller.now);
        let read_status = if read { "READ" } else { "UNREAD" }.into();
        Reader { name: person.name.clone(), user_id: person.userid.clone(), read_status }
    };
    let message_read_info_list = letter.people.iter().map(reader).collect();
    Ok(ReadStatusGiven { send_status: status(letter), message_read_info_list })
}

pub(super) fn group_readers(
    world: &mut World,
    caller: &Caller,
    request: GetGroupReaders,
) -> Result<GroupReadersGiven, Refused> {
    if let Some(code) = &request.robot_code {
        robot(world, code)?;
    }
    let sent_to = world.memory.get::<SentMessages>().get(&request.process_query_key).and_then(|letter| letter.group);
    let index = match request.open_conversation_id.as_deref().filter(|cid| !cid.is_empty()) {
        Some(cid) => Some(group(world, cid)?),
        None => sent_to,
    };
    let invalid = || fault("invalid.processQueryKey", "processQueryKey 不合法");
    let letter = letter(world, caller.now, &request.process_query_key, Some(index.ok_or_else(invalid)?))?;
    let most = request.max_results.unwrap_or(MAX_PAGE);
    if !(1..=MAX_PAGE).contains(&most) {
        return Err(fault("invalidParameter.maxResults.invalid", "maxResults 为 1 到 200").into());
    }
    let readers = letter.readers(caller.now);
    let start = match request.next_token.as_deref().filter(|token| !token.is_empty()) {
        Some(token) => token.parse().ok().filter(|start| *start <= readers.len()),
        None => Some(0),
    };
    let start = start.ok_or_else(|| fault("invalidParameter.nextToken.invalid", "nextToken 不合法"))?;
    let end = (start + usize::try_from(most).unwrap_or_default()).min(readers.len());
    let has_more = end < readers.len();
    Ok(GroupReadersGiven {
        send_status: status(letter),
        read_user_ids: readers[start..end].iter().map(|id| world.company.person(*id).userid.clone()).collect(),
        has_more,
        next_token: Some(if has_more { end.to_string() } else { String::new() }),
    })
}

pub(super) fn ding(world: &mut World, caller: &Caller, request: SendDing) -> Result<DingSent, Refused> {
    robot(world, &request.robot_code)?;
    let most = match request.remind_type {
        1 => const { SendDing::SPEC.max_items("receiverUserIdList").unwrap() },
        2 | 3 => MAX_CALLED,
        _ => return Err(fault("invalidParameter.remindType.invalid", "remindType 为 1、2 或 3").into()),
    };
    if request.content.is_empty() {
        return Err(fault("invalidParameter.content.empty", "content 不能为空").into());
    }
    if request.receiver_user_id_list.is_empty() {
        return Err(fault("invalidParameter.receiverUserIdList.empty", "receiverUserIdList 不能为空").into());
    }
    if request.receiver_user_id_list.len() > most {
        return Err(fault("ding.receivercount.limit", format!("接收人最多 {most} 人")).into());
    }
    let mut sent = DingSent::default();
    let mut people: Vec<PersonId> = Vec::new();
    for userid in request.receiver_user_id_list {
        match groups::visible(world, &userid) {
            Some(id) if people.contains(&id) => {}
            Some(id) => people.push(id),
            None => {
                sent.failed_list.insert(userid, "staffId.notExisted".into());
            }
        }
    }
    let content = json!({"msgtype": "ding", "ding": {"content": request.content, "remindType": request.remind_type}});
    let from = robot_name(&request.robot_code);
    let draft =
        DraftMessage { by: By::Ding, group: None, room: None, people, from, content: &content, mentions: Vec::new() };
    sent.open_ding_id = sent::post(world, caller.now, draft).to_string();
    Ok(sent)
}

pub(super) fn file(world: &mut World, caller: &Caller, request: GetFile) -> Result<FileGiven, Refused> {
    robot(world, &request.robot_code)?;
    let Some(id) = world.memory.get::<Files>().offered(caller.now, &request.download_code) else {
        return Err(fault("invalidParameter.robotCode.invalid", "downloadCode 不存在或已过期").into());
    };
    Ok(FileGiven { download_url: format!("http://{}/sandbox/media/{id}", world.host) })
}
