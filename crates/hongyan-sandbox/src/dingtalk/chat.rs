//! Group chats, the older operations.
//!
//! A wrong list is refused before its people are looked up: shape first, then who they are.

use super::{
    body,
    groups::{self, Groups, MAX_MEMBERS, NewGroup, SendOptions},
    media,
    sent::{By, SentMessages},
};
use crate::{
    route::{Refused, refuse},
    world::{Caller, World, company::PersonId},
};
use hongyan_dingtalk::{
    DingTalk,
    chat::{
        Chat, ChatCreated, ChatGiven, ChatSent, CreateChat, GetChat, GetReadList, ReadListGiven, SendToChat, UpdateChat,
    },
    reply::Done,
};
use hongyan_endpoint::{Endpoint, Fault};
use serde_json::{Map, Value, json};
use std::collections::HashSet;

/// An internal group.
pub(super) const INTERNAL: i64 = 2;
/// Characters of a group's name.
pub(super) const MAX_NAME: usize = CreateChat::SPEC.max_chars("name").unwrap();
/// Readers of one page.
const MAX_PAGE: i64 = 100;
/// Where the cursor of a read list begins to count, so that nobody takes it for an index.
const CURSOR: i64 = 200_467_000_000;

fn refused<T>(code: &str, words: impl Into<String>) -> Result<T, Refused> {
    Err(refuse::<DingTalk>(code, words).into())
}

pub(super) fn create(world: &mut World, caller: &Caller, request: CreateChat) -> Result<ChatCreated, Refused> {
    let name = request.name.trim();
    if request.name.is_empty() {
        return refused("40035", "缺少参数 name");
    }
    if name.is_empty() {
        return refused("49015", "不合法的群名称");
    }
    if name.chars().count() > MAX_NAME {
        return refused("400002", "参数错误: name 最多 20 个字符");
    }
    if request.owner.is_empty() {
        return refused("49013", "群主不能为空");
    }
    if request.useridlist.is_empty() {
        return refused("49010", "群成员列表不能为空");
    }
    if let Some(code) = CreateChat::SPEC.exceeded("useridlist", request.useridlist.len()) {
        return refused(code, "群成员列表过长: 每次最多 40 人");
    }
    if !request.extidlist.is_empty() {
        return refused("49009", "群不允许添加外部联系人");
    }
    let Some(owner) = world.company.find_exact(&request.owner) else {
        return refused("49018", "群主不是企业员工");
    };
    if !request.useridlist.contains(&request.owner) {
        return refused("49006", "群主不在群成员列表中");
    }
    let members = members(world, &request.useridlist)?;
    let given = [
        request.mention_all_authority,
        request.show_history_type,
        request.validation_type,
        request.searchable,
        request.chat_banned_type,
        request.management_type,
    ];
    let Some(rules) = groups::switched([0; 6], given) else {
        return refused("40035", "不合法的参数: 群设置只能为 0 或 1");
    };
    if request.conversation_tag.is_some_and(|tag| tag != INTERNAL) {
        return refused("40035", "不合法的参数: conversationTag");
    }
    let new_group = NewGroup { owner, members, icon: request.icon, rules, ..NewGroup::named(name) };
    let Some(index) = world.memory.get_mut::<Groups>().found(caller.now, new_group) else {
        return refused("49007", "企业群数量已达上限");
    };
    let group = world.memory.get::<Groups>().get(index);
    Ok(ChatCreated {
        chatid: group.chatid.clone(),
        open_conversation_id: Some(group.room.id.to_string()),
        conversation_tag: Some(INTERNAL),
    })
}

fn members(world: &World, userids: &[String]) -> Result<Vec<PersonId>, Fault> {
    groups::people(world, userids)
        .map_err(|userid| refuse::<DingTalk>("40031", format!("不合法的userid列表: {userid}")))
}

pub(super) fn update(world: &mut World, caller: &Caller, request: UpdateChat) -> Result<Done, Refused> {
    if request.chatid.is_empty() {
        return refused("49000", "缺少参数 chatid");
    }
    let index = world.memory.get::<Groups>().find_chat(&request.chatid);
    let Some(index) = index.filter(|index| !world.memory.get::<Groups>().get(*index).disbanded) else {
        return refused("40016", "不合法的群会话id");
    };
    if let Some(name) = &request.name {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > MAX_NAME {
            return refused("49015", "不合法的群名称: 1 到 20 个字符");
        }
    }
    let over = |field, list: &Vec<String>| UpdateChat::SPEC.exceeded(field, list.len());
    let over_add = over("add_useridlist", &request.add_useridlist);
    if let Some(code) = over_add.or_else(|| over("del_useridlist", &request.del_useridlist)) {
        return refused(code, "群成员列表过长: 每次最多 40 人");
    }
    if groups::overlap(&request.add_useridlist, &request.del_useridlist) {
        return refused("49004", "添加和删除的成员有交集");
    }
    if groups::overlap(&request.add_extidlist, &request.del_extidlist) {
        return refused("49023", "添加和删除的外部联系人有交集");
    }
    if !request.add_extidlist.is_empty() || request.owner_type.as_deref() == Some("ext") {
        return refused("49009", "群不允许添加外部联系人");
    }
    let (add, del) = (members(world, &request.add_useridlist)?, members(world, &request.del_useridlist)?);
    let banned = request.chat_banned_type.or(request.is_ban.map(i64::from));
    let given = [
        request.mention_all_authority,
        request.show_history_type,
        request.validation_type,
        request.searchable,
        banned,
        request.management_type,
    ];
    let change = Change { name: request.name, owner: request.owner, add, del, icon: request.icon, given };
    match alter(world, caller.now, index, change) {
        Ok(()) => Ok(Done {}),
        Err(ChangeRefused::Owner) => refused("49006", "群主不在群成员列表中"),
        Err(ChangeRefused::Full) => refused("49005", "群成员已满"),
        Err(ChangeRefused::Rules) => refused("40035", "不合法的参数: 群设置只能为 0 或 1"),
    }
}

/// What an update of either family changes.
pub(super) struct Change {
    pub(super) name: Option<String>,
    pub(super) owner: Option<String>,
    pub(super) add: Vec<PersonId>,
    pub(super) del: Vec<PersonId>,
    pub(super) icon: Option<String>,
    pub(super) given: [Option<i64>; 6],
}

/// Why a group cannot be changed so.
pub(super) enum ChangeRefused {
    /// The owner, old or new, would not be a member.
    Owner,
    /// It would have too many members.
    Full,
    /// A switch is neither 0 nor 1.
    Rules,
}

/// Changes a group, all of it or nothing.
pub(super) fn alter(world: &mut World, now: i64, index: usize, change: Change) -> Result<(), ChangeRefused> {
    let group = world.memory.get::<Groups>().get(index);
    let (gone, mut members): (Vec<PersonId>, Vec<PersonId>) =
        group.members.iter().copied().partition(|id| change.del.contains(id));
    let mut seen: HashSet<PersonId> = members.iter().copied().collect();
    let come: Vec<PersonId> = change.add.into_iter().filter(|id| seen.insert(*id)).collect();
    members.extend(&come);
    let owner = match change.owner.filter(|userid| !userid.is_empty()) {
        Some(userid) => world.company.find_exact(&userid).ok_or(ChangeRefused::Owner)?,
        None => group.owner,
    };
    if !seen.contains(&owner) {
        return Err(ChangeRefused::Owner);
    }
    if members.len() > MAX_MEMBERS {
        return Err(ChangeRefused::Full);
    }
    let rules = groups::switched(group.rules, change.given).ok_or(ChangeRefused::Rules)?;
    let title = change.name.map(|name| name.trim().to_owned()).filter(|name| **name != *group.room.name);
    let userids = |people: &[PersonId]| -> Vec<String> {
        people.iter().map(|id| world.company.person(*id).userid.clone()).collect()
    };
    let mut news = Vec::new();
    news.extend((!come.is_empty()).then(|| ("chat_add_member", json!({"UserId": userids(&come)}))));
    news.extend((!gone.is_empty()).then(|| ("chat_remove_member", json!({"UserId": userids(&gone)}))));
    news.extend((owner != group.owner).then(|| ("chat_update_owner", json!({"Owner": userids(&[owner])[0]}))));
    news.extend(title.as_ref().map(|title| ("chat_update_title", json!({"Title": title}))));
    // Before the change: it was done in the name of who owned the group then.
    for (kind, what) in news {
        groups::tell(world, now, index, kind, what);
    }
    let group = world.memory.get_mut::<Groups>().get_mut(index);
    group.subadmins.retain(|id| seen.contains(id));
    (group.members, group.owner, group.rules) = (members, owner, rules);
    if let Some(title) = title {
        group.room.name = title.into();
    }
    if let Some(icon) = change.icon {
        group.icon = Some(icon);
    }
    Ok(())
}

pub(super) fn get(world: &mut World, _: &Caller, request: GetChat) -> Result<ChatGiven, Refused> {
    if request.chatid.is_empty() {
        return refused("49000", "缺少参数 chatid");
    }
    let Some(index) = world.memory.get::<Groups>().find_chat(&request.chatid) else {
        return refused("40016", "不合法的群会话id");
    };
    let group = world.memory.get::<Groups>().get(index);
    let [mention_all_authority, show_history_type, validation_type, searchable, chat_banned_type, management_type] =
        group.rules.map(Some);
    let chat_info = Chat {
        chatid: group.chatid.clone(),
        name: group.room.name.to_string(),
        owner: world.company.person(group.owner).userid.clone(),
        useridlist: group.userids(&world.company),
        conversation_tag: Some(INTERNAL),
        icon: Some(group.icon.clone().unwrap_or_default()),
        status: Some(if group.disbanded { 2 } else { 1 }),
        mention_all_authority,
        show_history_type,
        validation_type,
        searchable,
        chat_banned_type,
        management_type,
        ..Chat::default()
    };
    Ok(ChatGiven { chat_info })
}

/// A message of the older operations, with the codes of their pages.
pub(super) fn message(world: &World, msg: Value) -> Result<Value, Fault> {
    let msg = body::read(msg).map_err(|fault| {
        let code = match fault.code() {
            "40008" => "34004",
            "45002" => "34016",
            "44004" | "400002" => "34014",
            _ => return fault,
        };
        refuse::<DingTalk>(code, fault.message())
    })?;
    media::check(world, &msg)?;
    Ok(Value::Object(msg))
}

pub(super) fn send(world: &mut World, caller: &Caller, request: SendToChat) -> Result<ChatSent, Refused> {
    if request.chatid.is_empty() {
        return refused("34001", "不合法的会话id");
    }
    let index = world.memory.get::<Groups>().find_chat(&request.chatid);
    let Some(index) = index.filter(|index| !world.memory.get::<Groups>().get(*index).disbanded) else {
        return refused("34013", "会话不存在");
    };
    // The oldest form has the message's members beside the chat's id.
    let msg = match request.msg {
        Value::Null => Value::Object(request.rest.into_iter().collect::<Map<_, _>>()),
        msg => msg,
    };
    if msg.as_object().is_some_and(Map::is_empty) {
        return refused("34014", "消息JSON不完整: 缺少 msg");
    }
    let content = message(world, msg)?;
    let id = groups::say(world, caller.now, index, By::Application, &content, SendOptions::default());
    Ok(ChatSent { message_id: id.to_string() })
}

pub(super) fn read_list(world: &mut World, caller: &Caller, request: GetReadList) -> Result<ReadListGiven, Refused> {
    let letter = world.memory.get::<SentMessages>().get(&request.message_id);
    let Some(letter) = letter.filter(|letter| letter.by == By::Application && letter.group.is_some()) else {
        return refused("40035", "不合法的参数: messageId");
    };
    let readers = letter.readers(caller.now);
    let start = if request.cursor == 0 { Some(0) } else { usize::try_from(request.cursor - CURSOR).ok() };
    let Some(start) = start.filter(|start| *start <= readers.len()) else {
        return refused("40068", "不合法的偏移量: cursor");
    };
    if !(1..=MAX_PAGE).contains(&request.size) {
        return refused("40069", "不合法的分页大小: size 为 1 到 100");
    }
    let size = usize::try_from(request.size).unwrap_or_default();
    let end = (start + size).min(readers.len());
    let userid = |id: &PersonId| world.company.person(*id).userid.clone();
    Ok(ReadListGiven {
        next_cursor: (end < readers.len()).then(|| CURSOR + i64::try_from(end).unwrap_or_default()),
        read_user_id_list: readers[start..end].iter().map(userid).collect(),
    })
}
