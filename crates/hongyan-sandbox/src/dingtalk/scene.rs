//! Scene groups: made from a template, once per `uuid`.
//!
//! The sandbox has no console to draw templates in: every template id that is well formed is taken, unless the setting
//! `dingtalk_group_templates` names those that exist.

use super::{
    chat::{self, Change, ChangeRefused},
    group::{invalid, unfit},
    groups::{self, Groups, MAX_MEMBERS, NewGroup},
    settings::Settings,
};
use crate::{
    route::{Refused, refuse},
    world::{Caller, World, company::PersonId},
};
use hongyan_dingtalk::{
    DingTalk,
    reply::Success,
    scene::{
        AddSceneMembers, CreateSceneGroup, DeleteSceneMembers, DisbandSceneGroup, GetSceneGroup, ListSceneMembers,
        MakeSceneGroup, SceneGroup, SceneGroupCreated, SceneGroupMade, SceneMembers, UpdateSceneGroup,
    },
};
use hongyan_endpoint::{Endpoint, Fault};
use serde_json::{Value, json};

/// Characters of a scene group's title.
const MAX_TITLE: usize = CreateSceneGroup::SPEC.max_chars("title").unwrap();
/// Members of one page.
const MAX_PAGE: i64 = 1_000;

/// What a creation of either family asks for.
pub(super) struct Order<'a> {
    pub(super) title: &'a str,
    pub(super) template: &'a str,
    pub(super) owner: &'a str,
    pub(super) members: &'a [String],
    pub(super) subadmins: &'a [String],
    pub(super) icon: Option<String>,
    pub(super) uuid: Option<String>,
    pub(super) given: [Option<i64>; 6],
}

/// Why there is no scene group.
pub(super) enum Denied {
    /// A field, in words.
    Field(&'static str),
    /// Nobody has this user id.
    Nobody(String),
    /// The owner is outside the application's scope.
    Owner,
    Template,
    TooMany,
}

impl From<Denied> for Refused {
    fn from(denied: Denied) -> Self {
        let fault = match denied {
            Denied::Field(words) => invalid(words),
            Denied::Nobody(userid) => refuse::<DingTalk>("member.notFound", format!("群成员不存在: {userid}")),
            Denied::Owner => refuse::<DingTalk>("permession.checkFailed", "群主不在应用可见范围内"),
            Denied::Template => refuse::<DingTalk>("groupTemplate.notFound", "群模板不存在"),
            Denied::TooMany => refuse::<DingTalk>("member.exceed", "群成员超过 1000 人"),
        };
        fault.into()
    }
}

/// Whether a group template exists.
fn template_exists(world: &World, id: &str) -> bool {
    let formed = |id: &str| id.len() <= 64 && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    world
        .memory
        .get::<Settings>()
        .group_templates
        .as_ref()
        .map_or_else(|| formed(id), |all| all.iter().any(|one| one == id))
}

/// Makes a scene group; the same `uuid` gives the one that it made before.
pub(super) fn make(world: &mut World, now: i64, order: Order<'_>) -> Result<usize, Denied> {
    if order.title.trim().is_empty() || order.title.chars().count() > MAX_TITLE {
        return Err(Denied::Field("群名称为 1 到 30 个字符"));
    }
    if order.template.is_empty() {
        return Err(Denied::Field("template_id 不能为空"));
    }
    if order.owner.is_empty() {
        return Err(Denied::Field("owner_user_id 不能为空"));
    }
    let uuid = order.uuid.filter(|uuid| !uuid.is_empty());
    if let Some(index) = uuid.as_ref().and_then(|uuid| world.memory.get::<Groups>().by_uuid.get(uuid)) {
        return Ok(*index);
    }
    if !template_exists(world, order.template) {
        return Err(Denied::Template);
    }
    if order.members.len() > MAX_MEMBERS {
        return Err(Denied::TooMany);
    }
    let owner = world.company.find_exact(order.owner).ok_or_else(|| Denied::Nobody(order.owner.into()))?;
    groups::visible(world, order.owner).ok_or(Denied::Owner)?;
    // The owner and the administrators are members, whether the list says so or not.
    let subadmins = groups::people(world, order.subadmins).map_err(Denied::Nobody)?;
    let mut members = vec![owner];
    members.extend(groups::people(world, order.members).map_err(Denied::Nobody)?.into_iter().filter(|id| *id != owner));
    members.extend(subadmins.iter().copied());
    if members.len() > MAX_MEMBERS {
        return Err(Denied::TooMany);
    }
    let rules = groups::switched([0; 6], order.given).ok_or(Denied::Field("群设置只能为 0 或 1"))?;
    let template = Some(order.template.to_owned());
    let title = order.title.trim();
    let new_group = NewGroup { owner, members, subadmins, icon: order.icon, rules, template, ..NewGroup::named(title) };
    let groups = world.memory.get_mut::<Groups>();
    let index = groups.found(now, new_group).ok_or(Denied::Field("企业群数量已达上限"))?;
    if let Some(uuid) = uuid {
        groups.by_uuid.insert(uuid, index);
    }
    Ok(index)
}

pub(super) fn create(
    world: &mut World,
    caller: &Caller,
    request: CreateSceneGroup,
) -> Result<SceneGroupCreated, Refused> {
    let order = Order {
        title: &request.title,
        template: &request.template_id,
        owner: &request.owner_user_id,
        members: &request.user_ids,
        subadmins: &request.subadmin_ids,
        icon: request.icon,
        uuid: request.uuid,
        given: groups::options(request.management_options.as_ref()),
    };
    let index = make(world, caller.now, order)?;
    let group = world.memory.get::<Groups>().get(index);
    Ok(SceneGroupCreated { open_conversation_id: group.room.id.to_string(), chat_id: Some(group.chatid.clone()) })
}

pub(super) fn create_as_clients(
    world: &mut World,
    caller: &Caller,
    request: MakeSceneGroup,
) -> Result<SceneGroupMade, Refused> {
    let order = Order {
        title: &request.group_name,
        template: &request.template_id,
        owner: &request.group_owner_id,
        members: &request.user_id_list,
        subadmins: &[],
        icon: request.icon,
        uuid: request.uuid,
        given: groups::options(request.management_options.as_ref()),
    };
    let index = make(world, caller.now, order)?;
    Ok(SceneGroupMade { open_conversation_id: world.memory.get::<Groups>().get(index).room.id.to_string() })
}

/// A scene group by its id, disbanded ones as well.
pub(super) fn find(world: &World, cid: &str) -> Option<usize> {
    world
        .memory
        .get::<Groups>()
        .find_open(cid)
        .filter(|index| world.memory.get::<Groups>().get(*index).template.is_some())
}

/// A scene group that is still there.
fn alive(world: &World, cid: &str) -> Result<usize, Fault> {
    let index = find(world, cid).filter(|index| !world.memory.get::<Groups>().get(*index).disbanded);
    index.ok_or_else(|| invalid("open_conversation_id 不是场景群或群已解散"))
}

pub(super) fn update(world: &mut World, caller: &Caller, request: UpdateSceneGroup) -> Result<Success, Refused> {
    let index = alive(world, &request.open_conversation_id)?;
    if request.title.as_ref().is_some_and(|title| title.trim().is_empty() || title.chars().count() > MAX_TITLE) {
        return Err(invalid("title 为 1 到 30 个字符").into());
    }
    let change = Change {
        name: request.title,
        owner: request.owner_user_id,
        add: Vec::new(),
        del: Vec::new(),
        icon: request.icon,
        given: groups::options(request.management_options.as_ref()),
    };
    chat::alter(world, caller.now, index, change).map_err(unfit)?;
    Ok(Success { success: true })
}

pub(super) fn disband(world: &mut World, caller: &Caller, request: DisbandSceneGroup) -> Result<Success, Refused> {
    let index = find(world, &request.open_conversation_id).ok_or_else(|| invalid("openConversationId 不是场景群"))?;
    groups::disband(world, caller.now, index);
    Ok(Success { success: true })
}

/// The people of both lists.
fn both(world: &World, userids: &[String], unionids: &[String]) -> Result<Vec<PersonId>, Refused> {
    if userids.is_empty() && unionids.is_empty() {
        return Err(invalid("user_ids 与 union_ids 不能同时为空").into());
    }
    let mut people = groups::people(world, userids).map_err(Denied::Nobody)?;
    for unionid in unionids {
        people.push(groups::by_unionid(world, unionid).ok_or_else(|| Denied::Nobody(unionid.clone()))?);
    }
    Ok(people)
}

fn change_members(
    world: &mut World,
    caller: &Caller,
    index: usize,
    add: Vec<PersonId>,
    del: Vec<PersonId>,
) -> Result<Success, Refused> {
    let change = Change { name: None, owner: None, add, del, icon: None, given: [None; 6] };
    chat::alter(world, caller.now, index, change).map_err(|why| match why {
        ChangeRefused::Owner => invalid("不能移除群主"),
        other => unfit(other),
    })?;
    Ok(Success { success: true })
}

pub(super) fn add_members(world: &mut World, caller: &Caller, request: AddSceneMembers) -> Result<Success, Refused> {
    let index = alive(world, &request.open_conversation_id)?;
    let people = both(world, &request.user_ids, &request.union_ids)?;
    change_members(world, caller, index, people, Vec::new())
}

pub(super) fn delete_members(
    world: &mut World,
    caller: &Caller,
    request: DeleteSceneMembers,
) -> Result<Success, Refused> {
    let index = alive(world, &request.open_conversation_id)?;
    let people = both(world, &request.user_ids, &request.union_ids)?;
    change_members(world, caller, index, Vec::new(), people)
}

/// Where people join a group.
pub(super) fn address(chatid: &str) -> String {
    format!("https://qr.example.com/action/joingroup?code={chatid}")
}

pub(super) fn query(world: &mut World, _: &Caller, request: GetSceneGroup) -> Result<SceneGroup, Refused> {
    let index = find(world, &request.open_conversation_id).ok_or_else(|| invalid("openConversationId 不是场景群"))?;
    let group = world.memory.get::<Groups>().get(index);
    Ok(SceneGroup {
        success: true,
        open_conversation_id: group.room.id.to_string(),
        template_id: group.template.clone().unwrap_or_default(),
        title: group.room.name.to_string(),
        owner_user_id: world.company.person(group.owner).userid.clone(),
        icon: group.icon.clone().unwrap_or_default(),
        group_url: address(&group.chatid),
        status: Some(if group.disbanded { 2 } else { 1 }),
    })
}

/// A group holds no more than one answer does.
pub(super) fn members(world: &mut World, _: &Caller, request: ListSceneMembers) -> Result<SceneMembers, Refused> {
    let index = alive(world, &request.open_conversation_id)?;
    if !(1..=MAX_PAGE).contains(&request.max_results) {
        return Err(invalid("maxResults 为 1 到 1000").into());
    }
    Ok(SceneMembers {
        success: true,
        member_user_ids: world.memory.get::<Groups>().get(index).userids(&world.company),
        has_more: false,
        next_token: None,
        union_id_list: Vec::new(),
        staff_id_nick_map: Some(json!({})),
    })
}

/// A JSON object that travels as text; nothing is an empty one.
pub(super) fn object(text: Option<&str>) -> Option<serde_json::Map<String, Value>> {
    match text.map(str::trim) {
        None | Some("") => Some(serde_json::Map::new()),
        Some(text) => serde_json::from_str(text).ok(),
    }
}
