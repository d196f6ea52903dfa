//! Simulated DingTalk: its gateway's checks and one module per family.

mod body;
mod chat;
pub(crate) mod conversation;
mod group;
pub(crate) mod groups;
mod letters;
pub(crate) mod media;
mod notice;
mod old_scene;
mod robot;
mod scene;
mod scope;
mod session;
mod status_bar;
mod stream;
mod subscription;
mod token;
mod unreadable;
mod user;
pub(crate) mod webhook;

use crate::{
    options::Credentials,
    route::{Routes, Simulated, expects_post, over_rate, refuse},
    world::{
        Caller, World,
        company::{Company, PersonId},
        token::{Standing, TokenStore},
    },
};
use hongyan_dingtalk::{DingTalk, new_style};
use hongyan_endpoint::{Fault, Invalid, Spec, Wire};
pub(crate) use notice::deliver_due;
pub(crate) use session::{answer_session, say};

/// What the platform remembers.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) token: TokenStore,
    pub(crate) notices: notice::Notices,
    pub(crate) groups: groups::Groups,
    letters: letters::Letters,
    pub(crate) files: media::Files,
    pub(crate) hooks: webhook::Hooks,
    /// Conversations that people chose, by the id that serves once.
    chosen: conversation::Places,
    /// Where answers to a robot's messages go.
    sessions: conversation::Places,
}

impl State {
    /// As the company starts: one group, and a custom robot with a signature in it.
    pub(crate) fn new(company: &Company, credentials: &Credentials) -> Self {
        let mut state = Self { groups: groups::Groups::new(company), ..Self::default() };
        let guard = webhook::Guard { secret: Some(credentials.robot_secret.clone()), ..webhook::Guard::default() };
        state.hooks.add(credentials.robot_token.clone(), 0, "报警机器人", guard);
        state
    }
}

/// Notes that a person has read a message, so that those who ask are told.
pub(crate) fn read(world: &mut World, person: PersonId, source: &str, now: i64) {
    notice::read(world, person, source, now);
    letters::read(world, person, source, now);
}

pub(crate) fn routes(to: &mut Routes) {
    to.on(token::get_token);
    to.on(scope::get_scopes);
    to.on(user::get_by_mobile_v1);
    to.on(user::get_by_mobile);
    to.on(notice::send);
    to.on(notice::progress);
    to.on(notice::result);
    to.on(notice::recall);
    to.on(status_bar::update);
    to.on(chat::create);
    to.on(chat::update);
    to.on(chat::get);
    to.on(chat::send);
    to.on(chat::read_list);
    to.on(group::create);
    to.on(group::update);
    to.on(group::convert);
    to.on(scene::create);
    to.on(scene::create_as_clients);
    to.on(scene::update);
    to.on(scene::disband);
    to.on(scene::add_members);
    to.on(scene::delete_members);
    to.on(scene::query);
    to.on(scene::members);
    to.on(old_scene::create);
    to.on(old_scene::get);
    to.on(old_scene::send);
    to.on(conversation::send);
    to.on(webhook::send);
    to.on(webhook::answer);
    to.on(robot::send_to_people);
    to.on(robot::send_to_group);
    to.on(robot::recall_from_people);
    to.on(robot::recall_from_group);
    to.on(robot::read_status);
    to.on(robot::group_readers);
    to.on(robot::ding);
    to.on(robot::file);
    to.on(media::upload);
    to.on_asking(subscription::before_register, subscription::register);
    to.on_asking(subscription::before_update, subscription::update);
    to.on(subscription::get);
    to.on(subscription::delete);
    to.on(subscription::failed);
    to.on(stream::open);
}

/// Whether the path belongs to the gateway that wraps its refusals.
fn wrapped(spec: &Spec) -> bool {
    spec.path.starts_with("/topapi/")
}

impl Simulated for DingTalk {
    fn admit(world: &mut World, caller: &Caller, spec: &'static Spec, token: Option<&str>) -> Result<(), Fault> {
        let Some(token) = token else {
            return Err(if new_style(spec) {
                refuse::<Self>("AuthenticationFailed.MissingParameter", "缺少 x-acs-dingtalk-access-token")
            } else if wrapped(spec) {
                refuse::<Self>("40000", "access_token is blank")
            } else {
                refuse::<Self>("41001", "缺少access_token参数")
            });
        };
        match world.dingtalk.token.standing(token, caller.now) {
            Standing::Valid => {}
            _ if new_style(spec) => return Err(refuse::<Self>("InvalidAuthentication", "不合法的access_token")),
            // The gateway does not tell a lapsed token from a wrong one; the old paths do.
            Standing::Expired if !wrapped(spec) => return Err(refuse::<Self>("42001", "access_token已过期")),
            _ => return Err(refuse::<Self>("40014", "不合法的access_token")),
        }
        if world.settings.dingtalk_trusted_ips.as_ref().is_some_and(|trusted| !trusted.contains(&caller.ip)) {
            let words = format!("访问ip不在白名单之中,request ip={} appKey({})", caller.ip, world.credentials.app_key);
            let code = if new_style(spec) { "Forbidden.AccessDenied.IpNotInWhiteList" } else { "60020" };
            return Err(refuse::<Self>(code, words));
        }
        if over_rate::<Self>(world, spec, caller.now) {
            return Err(Self::throttled(spec));
        }
        Ok(())
    }

    fn arrive(world: &World, caller: &Caller, spec: &Spec, call: &Wire) -> Result<(), Fault> {
        if spec.name == "webhook.send" { webhook::arrive(world, caller, call) } else { Ok(()) }
    }

    fn unreadable(spec: &Spec, invalid: &Invalid) -> Fault {
        if let Some(fault) = unreadable::of(spec, invalid) {
            return fault;
        }
        match spec.name {
            "token.get" => refuse::<Self>("40035", "缺少参数 corpid or appkey"),
            "callback.register" | "callback.update" if !invalid.message.contains("missing field") => {
                refuse::<Self>("71010", "json格式错误")
            }
            _ if new_style(spec) => refuse::<Self>("parameter.invalid", invalid.to_string()),
            _ if wrapped(spec) => refuse::<Self>("400002", format!("参数错误: {invalid}")),
            _ => refuse::<Self>("40035", format!("不合法的参数: {invalid}")),
        }
    }

    fn wrong_method(spec: &Spec) -> Option<Fault> {
        match spec.name {
            // Seen to answer to both; only the query counts.
            "token.get" => None,
            _ if expects_post(spec) => Some(refuse::<Self>("43002", "需要POST请求")),
            _ => Some(refuse::<Self>("43001", "需要GET请求")),
        }
    }

    fn throttled(spec: &Spec) -> Fault {
        let code = if new_style(spec) { "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi" } else { "90018" };
        refuse::<Self>(code, "应用调用该接口的QPS超限,请1秒后重试")
    }
}
