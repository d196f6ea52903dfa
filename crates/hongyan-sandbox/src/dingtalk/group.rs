//! Internal groups, the current operations: one code for all that is wrong with a field, in words.

use super::{
    chat::{self, Change, ChangeRefused, INTERNAL, MAX_NAME},
    groups::{self, Groups, MAX_MEMBERS, NewGroup},
};
use crate::{
    route::{Refused, refuse},
    world::{Caller, World, company::PersonId},
};
use hongyan_dingtalk::{
    DingTalk,
    group::{ChatIdConverted, ConvertChatId, CreateGroup, GroupCreated, ManagementOptions, UpdateGroup},
    reply::Success,
};
use hongyan_endpoint::Fault;

/// A field is wrong.
pub(super) fn invalid(words: impl Into<String>) -> Fault {
    refuse::<DingTalk>("parameter.invalid", words)
}

fn switches(options: Option<&ManagementOptions>) -> [Option<i64>; 6] {
    options.map_or([None; 6], |options| {
        [
            options.mention_all_authority,
            options.show_history_type,
            options.validation_type,
            options.searchable,
            options.chat_banned_type,
            options.management_type,
        ]
    })
}

fn people(world: &World, userids: &[String]) -> Result<Vec<PersonId>, Fault> {
    groups::people(world, userids).map_err(|userid| invalid(format!("userid 不存在或不在应用可见范围内: {userid}")))
}

fn name_fits(name: &str) -> Result<(), Fault> {
    if name.trim().is_empty() || name.trim().chars().count() > MAX_NAME {
        return Err(invalid("name 为 1 到 20 个字符"));
    }
    Ok(())
}

pub(super) fn create(world: &mut World, caller: &Caller, request: CreateGroup) -> Result<GroupCreated, Refused> {
    name_fits(&request.name)?;
    if request.owner.is_empty() {
        return Err(invalid("owner 不能为空").into());
    }
    if request.useridlist.is_empty() || request.useridlist.len() > MAX_MEMBERS {
        return Err(invalid("useridlist 为 1 到 1000 人").into());
    }
    if !request.extidlist.is_empty() || request.owner_type.as_deref() == Some("ext") {
        return Err(invalid("内部群不允许外部联系人").into());
    }
    if request.conversation_tag.is_some_and(|tag| tag != INTERNAL) {
        return Err(refuse::<DingTalk>("permession.checkFailed", "企业未开通该类型的群").into());
    }
    let Some(owner) = world.company.find_exact(&request.owner) else {
        return Err(invalid("owner 不是企业员工").into());
    };
    if groups::visible(world, &request.owner).is_none() {
        return Err(refuse::<DingTalk>("permession.checkFailed", "群主不在应用可见范围内").into());
    }
    if !request.useridlist.contains(&request.owner) {
        return Err(invalid("owner 必须在 useridlist 中").into());
    }
    let members = people(world, &request.useridlist)?;
    let rules = groups::switched([0; 6], switches(request.management_options.as_ref()))
        .ok_or_else(|| invalid("managementOptions 只能为 0 或 1"))?;
    let new_group = NewGroup { owner, members, icon: request.icon, rules, ..NewGroup::named(request.name.trim()) };
    let index = world.memory.get_mut::<Groups>().found(caller.now, new_group);
    let index = index.ok_or_else(|| invalid("企业群数量已达上限"))?;
    let group = world.memory.get::<Groups>().get(index);
    Ok(GroupCreated {
        conversation_tag: Some(INTERNAL),
        open_conversation_id: group.room.id.to_string(),
        chatid: Some(group.chatid.clone()),
    })
}

pub(super) fn update(world: &mut World, caller: &Caller, request: UpdateGroup) -> Result<Success, Refused> {
    let index = world.memory.get::<Groups>().find_chat(&request.chatid);
    let index = index.filter(|index| !world.memory.get::<Groups>().get(*index).disbanded);
    let index = index.ok_or_else(|| invalid("chatid 不存在"))?;
    if let Some(name) = &request.name {
        name_fits(name)?;
    }
    if groups::overlap(&request.add_useridlist, &request.del_useridlist) {
        return Err(invalid("添加和删除的成员有交集").into());
    }
    if !request.add_extidlist.is_empty() || request.owner_type.as_deref() == Some("ext") {
        return Err(invalid("内部群不允许外部联系人").into());
    }
    let (add, del) = (people(world, &request.add_useridlist)?, people(world, &request.del_useridlist)?);
    let given = switches(request.management_options.as_ref());
    let change = Change { name: request.name, owner: request.owner, add, del, icon: request.icon, given };
    chat::alter(world, caller.now, index, change).map_err(unfit)?;
    Ok(Success { success: true })
}

/// Why a group cannot be changed so, in the new style.
pub(super) fn unfit(unfit: ChangeRefused) -> Fault {
    match unfit {
        ChangeRefused::Owner => invalid("群主必须是群成员"),
        ChangeRefused::Full => refuse::<DingTalk>("member.exceed", "群成员超过 1000 人"),
        ChangeRefused::Rules => invalid("群设置只能为 0 或 1"),
    }
}

pub(super) fn convert(world: &mut World, _: &Caller, request: ConvertChatId) -> Result<ChatIdConverted, Refused> {
    let index = world.memory.get::<Groups>().find_chat(&request.chat_id);
    let index = index.ok_or_else(|| refuse::<DingTalk>("invalideChatId", "chatId 不合法"))?;
    Ok(ChatIdConverted { open_conversation_id: world.memory.get::<Groups>().get(index).room.id.to_string() })
}
