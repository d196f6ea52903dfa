//! Registering an address for events: the platform asks the address itself before it takes it.
//! <https://open.dingtalk.com/document/orgapp/registers-event-callback-interfaces>

use super::{
    callback::{Callbacks, EVENTS, Hook},
    credentials::Credentials,
    event,
};
use crate::{
    ask::{AddressReply, Question, is_address},
    route::{Refused, refuse},
    world::{Caller, World},
};
use hongyan_dingtalk::{
    DingTalk,
    callback::Callback,
    reply::Done,
    subscription::{
        CallbackGiven, DeleteCallback, FailedCallbacks, GetCallback, GetFailedCallbacks, RegisterCallback,
        UpdateCallback,
    },
};
use hongyan_endpoint::{Fault, Platform};

/// Failed events that one call gives.
const FAILED_AT_ONCE: usize = 200;
/// Characters of a token: the page says from 6, the console from 3; both say at most 64 or less.
const TOKEN_CHARS: std::ops::RangeInclusive<usize> = 3..=64;
/// Everything that can be subscribed to.
const TAGS: [&str; 48] = [
    "user_add_org",
    "user_modify_org",
    "user_leave_org",
    "user_active_org",
    "user_role_change",
    "org_admin_add",
    "org_admin_remove",
    "org_dept_create",
    "org_dept_modify",
    "org_dept_remove",
    "org_change",
    "org_remove",
    "label_user_change",
    "label_conf_add",
    "label_conf_del",
    "label_conf_modify",
    "chat_add_member",
    "chat_remove_member",
    "chat_quit",
    "chat_disband",
    "chat_update_owner",
    "chat_update_title",
    "chat_disband_microapp",
    "robot_msg_read",
    "robot_msg_recall",
    "bpms_instance_change",
    "bpms_task_change",
    "check_in",
    "checkin",
    "attendance_check_record",
    "attendance_schedule_change",
    "attendance_overtime_duration",
    "meetingroom_book",
    "meetingroom_room_info",
    "check_url",
    "check_create_suite_url",
    "check_update_suite_url",
    "suite_ticket",
    "tmp_auth_code",
    "change_auth",
    "suite_relieve",
    "org_suite_auth",
    "org_suite_change",
    "org_suite_relieve",
    "hrm_user_record_change",
    "edu_user_insert",
    "edu_user_update",
    "edu_user_delete",
];

/// What both calls say.
struct Wanted<'a> {
    tags: &'a [String],
    token: &'a str,
    aes_key: &'a str,
    url: &'a str,
}

impl<'a> From<&'a RegisterCallback> for Wanted<'a> {
    fn from(of: &'a RegisterCallback) -> Self {
        Self { tags: &of.call_back_tag, token: &of.token, aes_key: &of.aes_key, url: &of.url }
    }
}

impl<'a> From<&'a UpdateCallback> for Wanted<'a> {
    fn from(of: &'a UpdateCallback) -> Self {
        Self { tags: &of.call_back_tag, token: &of.token, aes_key: &of.aes_key, url: &of.url }
    }
}

fn code(code: &str, words: &str) -> Fault {
    refuse::<DingTalk>(code, words)
}

/// What can be said without asking the address.
fn check(world: &World, wanted: &Wanted<'_>, registered: bool) -> Result<Hook, Fault> {
    if world.memory.get::<Callbacks>().events.is_some() != registered {
        return Err(if registered { unregistered() } else { code("71006", "回调地址已存在") });
    }
    if wanted.tags.is_empty() {
        return Err(code("71008", "回调事件不能为空"));
    }
    if let Some(tag) = wanted.tags.iter().find(|tag| !TAGS.contains(&tag.as_str())) {
        return Err(code("71008", &format!("回调事件不存在: {}", tag.chars().take(64).collect::<String>())));
    }
    if !TOKEN_CHARS.contains(&wanted.token.chars().count()) {
        return Err(code("40035", "不合法的参数: token"));
    }
    let valid = wanted.aes_key.len() == 43 && wanted.aes_key.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let seal = Callback::new(wanted.token, wanted.aes_key, world.memory.get::<Credentials>().corp_id.clone());
    let Some(seal) = seal.ok().filter(|_| valid) else {
        return Err(code("900004", "不合法的aes_key"));
    };
    if !is_address(wanted.url) {
        return Err(code("71011", "回调地址格式错误"));
    }
    Ok(Hook {
        url: wanted.url.to_owned(),
        token: wanted.token.to_owned(),
        aes_key: wanted.aes_key.to_owned(),
        tags: Some(wanted.tags.to_vec()),
        seal,
    })
}

fn unregistered() -> Fault {
    code("71007", "回调地址不存在")
}

fn question(world: &World, caller: &Caller, wanted: &Wanted<'_>, registered: bool) -> Result<Question, Refused> {
    let hook = check(world, wanted, registered)?;
    Ok(event::check(&hook.url, &hook.seal, &world.memory.get::<Credentials>().corp_id, caller.now))
}

fn take(world: &mut World, caller: &Caller, wanted: &Wanted<'_>, registered: bool) -> Result<Done, Refused> {
    let hook = check(world, wanted, registered)?;
    let asked = caller.asked.unwrap_or(AddressReply::Unreachable);
    let refused = match asked {
        AddressReply::Valid => None,
        AddressReply::Unreachable => Some("71012"),
        AddressReply::Otherwise => Some("71009"),
        AddressReply::Signature => Some("900005"),
        AddressReply::Shut => Some("900008"),
        AddressReply::Owner => Some("900010"),
    };
    if let Some(refused) = refused {
        let words = DingTalk::error_code(refused).map_or(asked.describe(), |known| known.zh);
        return Err(code(refused, words).into());
    }
    world.memory.get_mut::<Callbacks>().events = Some(hook);
    world.events.forget_counts(EVENTS);
    Ok(Done::default())
}

/// The platform asks the address before [`register`] decides.
pub(super) fn before_register(world: &World, caller: &Caller, request: &RegisterCallback) -> Result<Question, Refused> {
    question(world, caller, &request.into(), false)
}

pub(super) fn register(world: &mut World, caller: &Caller, request: RegisterCallback) -> Result<Done, Refused> {
    take(world, caller, &(&request).into(), false)
}

/// The platform asks the address before [`update`] decides.
pub(super) fn before_update(world: &World, caller: &Caller, request: &UpdateCallback) -> Result<Question, Refused> {
    question(world, caller, &request.into(), true)
}

pub(super) fn update(world: &mut World, caller: &Caller, request: UpdateCallback) -> Result<Done, Refused> {
    take(world, caller, &(&request).into(), true)
}

pub(super) fn get(world: &mut World, _: &Caller, _: GetCallback) -> Result<CallbackGiven, Refused> {
    let hook = world.memory.get::<Callbacks>().events.as_ref().ok_or_else(unregistered)?;
    let all = || TAGS.iter().map(|tag| (*tag).to_owned()).collect();
    Ok(CallbackGiven {
        call_back_tag: hook.tags.clone().unwrap_or_else(all),
        token: hook.token.clone(),
        aes_key: hook.aes_key.clone(),
        url: hook.url.clone(),
    })
}

pub(super) fn delete(world: &mut World, _: &Caller, _: DeleteCallback) -> Result<Done, Refused> {
    world.memory.get_mut::<Callbacks>().events.take().ok_or_else(unregistered)?;
    world.events.forget(EVENTS);
    Ok(Done::default())
}

/// What is given is not given again: there is no other way to come to the rest.
pub(super) fn failed(world: &mut World, caller: &Caller, _: GetFailedCallbacks) -> Result<FailedCallbacks, Refused> {
    if world.memory.get::<Callbacks>().events.is_none() {
        return Err(unregistered().into());
    }
    let (events, has_more) = world.events.take_failed(FAILED_AT_ONCE, caller.now);
    let corp_id = &world.memory.get::<Credentials>().corp_id;
    let failed_list = events.iter().filter_map(|event| event::failed(corp_id, event)).collect();
    Ok(FailedCallbacks { has_more, failed_list })
}
