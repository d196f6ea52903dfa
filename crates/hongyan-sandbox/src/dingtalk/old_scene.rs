//! Scene groups on the older host, and the messages that a robot of their template sends.

use super::{
    body::split,
    credentials::Credentials,
    groups::{self, Groups, SendOptions},
    media::Files,
    scene::{self, Denied, Order},
    sent::By,
};
use crate::{
    route::{Refused, refuse},
    world::{Caller, World, company::PersonId},
};
use hongyan_dingtalk::{
    DingTalk,
    old_scene::{
        CreateSceneGroup, GetSceneGroup, NewSceneGroup, SceneGroup, SceneGroupCreated, SceneGroupGiven,
        SceneMessageSent, SendToSceneGroup,
    },
};
use hongyan_endpoint::{Endpoint, Fault};
use serde_json::{Map, Value, json};

/// The templates that every internal application has: id, kind on the phone, placeholders that must be filled.
const TEMPLATES: [(&str, &str, &[&str]); 4] = [
    ("inner_app_template_text", "text", &["content"]),
    ("inner_app_template_photo", "image", &["img_media_id"]),
    ("inner_app_template_markdown", "markdown", &["title", "markdown_content"]),
    ("inner_app_template_action_card", "action_card", &["title", "markdown", "btn_title_1", "action_url_1"]),
];

fn fault(code: &str, words: impl Into<String>) -> Fault {
    refuse::<DingTalk>(code, words)
}

pub(super) fn create(
    world: &mut World,
    caller: &Caller,
    request: CreateSceneGroup,
) -> Result<SceneGroupCreated, Refused> {
    let (members, subadmins) = (split(request.user_ids.as_deref()), split(request.subadmin_ids.as_deref()));
    for (field, list) in [("user_ids", &members), ("subadmin_ids", &subadmins)] {
        if let Some(code) = CreateSceneGroup::SPEC.exceeded(field, list.len()) {
            return Err(fault(code, format!("{field} 超过 999 人")).into());
        }
    }
    let uuid_chars = request.uuid.as_ref().map_or(0, |uuid| uuid.chars().count());
    if let Some(code) = CreateSceneGroup::SPEC.exceeded("uuid", uuid_chars) {
        return Err(fault(code, "不合法的参数: uuid 最多 64 个字符").into());
    }
    let order = Order {
        title: &request.title,
        template: &request.template_id,
        owner: &request.owner_user_id,
        members: &members,
        subadmins: &subadmins,
        icon: request.icon,
        uuid: request.uuid,
        given: [
            request.mention_all_authority,
            request.show_history_type,
            request.validation_type,
            request.searchable,
            request.chat_banned_type,
            request.management_type,
        ],
    };
    let index = scene::make(world, caller.now, order).map_err(|denied| match denied {
        Denied::Field(words) => fault("40035", format!("不合法的参数: {words}")),
        Denied::Nobody(userid) => fault("660041", format!("企业中没有该员工: {userid}")),
        Denied::Owner => fault("400020", "无权访问: 群主不在应用可见范围内"),
        Denied::Template => fault("660024", "模板不合法"),
        Denied::TooMany => fault("665033", "群成员超过上限"),
    })?;
    let group = world.memory.get::<Groups>().get(index);
    let result = NewSceneGroup { open_conversation_id: group.room.id.to_string(), chat_id: Some(group.chatid.clone()) };
    Ok(SceneGroupCreated { success: true, result })
}

pub(super) fn get(world: &mut World, _: &Caller, request: GetSceneGroup) -> Result<SceneGroupGiven, Refused> {
    let index = named(world, &request.open_conversation_id)?;
    let group = world.memory.get::<Groups>().get(index);
    let userid = |id: &PersonId| world.company.person(*id).userid.clone();
    let result = SceneGroup {
        open_conversation_id: group.room.id.to_string(),
        title: group.room.name.to_string(),
        template_id: group.template.clone().unwrap_or_default(),
        owner_staff_id: userid(&group.owner),
        sub_admin_staff_ids: group.subadmins.iter().map(userid).collect(),
        icon: group.icon.clone().unwrap_or_default(),
        group_url: scene::address(&group.chatid),
        management_options: Some(groups::written(group.rules)),
    };
    Ok(SceneGroupGiven { success: true, result })
}

/// The scene group of an id.
fn named(world: &World, cid: &str) -> Result<usize, Fault> {
    if cid.is_empty() {
        return Err(fault("660001", "群会话ID为空"));
    }
    if !cid.starts_with("cid") {
        return Err(fault("660023", "群会话ID解析失败"));
    }
    let index = world.memory.get::<Groups>().find_open(cid).ok_or_else(|| fault("660015", "群不存在"))?;
    Ok(index)
}

pub(super) fn send(world: &mut World, caller: &Caller, request: SendToSceneGroup) -> Result<SceneMessageSent, Refused> {
    let index = named(world, &request.target_open_conversation_id)?;
    if request.robot_code.is_empty() {
        return Err(fault("660002", "机器人编码为空").into());
    }
    if request.robot_code != world.memory.get::<Credentials>().app_key {
        return Err(fault("660014", "机器人不存在").into());
    }
    let group = world.memory.get::<Groups>().get(index);
    if group.disbanded {
        return Err(fault("660015", "群不存在或已解散").into());
    }
    if group.template.is_none() {
        return Err(fault("660012", "消息模板未在群内启用").into());
    }
    let template = TEMPLATES.iter().find(|(id, ..)| *id == request.msg_template_id);
    let (_, kind, wanted) = template.ok_or_else(|| fault("660027", "消息模板不存在"))?;
    let (Some(texts), Some(media)) =
        (scene::object(request.msg_param_map.as_deref()), scene::object(request.msg_media_id_param_map.as_deref()))
    else {
        return Err(fault("40035", "不合法的参数: 占位符不是 JSON").into());
    };
    if let Some(twice) = texts.keys().find(|name| media.contains_key(*name)) {
        return Err(fault("660020", format!("占位符重复: {twice}")).into());
    }
    for id in media.values() {
        let known = id.as_str().is_some_and(|id| world.memory.get::<Files>().usable(id).is_ok());
        if !known {
            return Err(fault("660018", "模板媒体参数不合法").into());
        }
    }
    let filled =
        |name: &str| texts.get(name).or_else(|| media.get(name)).is_some_and(|v| !v.is_null() && *v != json!(""));
    if let Some(missing) = wanted.iter().find(|name| !filled(name)) {
        return Err(fault("660025", format!("模板渲染失败: 缺少 {missing}")).into());
    }
    if *kind == "image" && !media.contains_key("img_media_id") {
        return Err(fault("660018", "模板媒体参数不合法: img_media_id").into());
    }
    let mut mentions = Vec::new();
    for (field, list) in [("at_users", &request.at_users), ("at_mobiles", &request.at_mobiles)] {
        let list = split(list.as_deref());
        if let Some(code) = SendToSceneGroup::SPEC.exceeded(field, list.len()) {
            return Err(fault(code, format!("不合法的参数: {field} 最多 50 人")).into());
        }
        let found = list.iter().filter_map(|one| match field {
            "at_users" => world.company.find_exact(one),
            _ => world.company.find_mobile(one),
        });
        mentions.extend(found.map(|id| world.company.person(id).userid.clone()));
    }
    if request.is_at_all == Some(true) {
        mentions.push("@all".into());
    }
    let only = receivers(world, index, &request)?;
    let mut members: Map<String, Value> = texts;
    members.extend(media);
    let content = json!({"msgtype": kind, *kind: members});
    let from = Some(request.robot_code.as_str().into());
    let id = groups::say(world, caller.now, index, By::Robot, &content, SendOptions { from, only, mentions });
    Ok(SceneMessageSent { success: true, open_msg_id: id.to_string() })
}

/// Those whom the message is for; `None` for the whole group.
fn receivers(world: &World, group: usize, request: &SendToSceneGroup) -> Result<Option<Vec<PersonId>>, Fault> {
    let nobody = |one: &str| fault("660041", format!("企业中没有该员工: {one}"));
    let mut people = Vec::new();
    for userid in split(request.receiver_user_ids.as_deref()) {
        people.push(world.company.find_exact(&userid).ok_or_else(|| nobody(&userid))?);
    }
    for mobile in split(request.receiver_mobiles.as_deref()) {
        people.push(world.company.find_mobile(&mobile).ok_or_else(|| nobody(&mobile))?);
    }
    for unionid in split(request.receiver_union_ids.as_deref()) {
        people.push(groups::by_unionid(world, &unionid).ok_or_else(|| nobody(&unionid))?);
    }
    if people.is_empty() {
        return Ok(None);
    }
    let members = &world.memory.get::<Groups>().get(group).members;
    if people.iter().any(|id| !members.contains(id)) {
        return Err(fault("660022", "接收人不在群内"));
    }
    people.sort_unstable();
    people.dedup();
    Ok(Some(people))
}
