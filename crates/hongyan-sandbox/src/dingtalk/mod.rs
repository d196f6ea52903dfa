//! Simulated DingTalk: its gateway's checks and one module per family.

mod body;
pub(crate) mod card;
mod chat;
mod contacts;
pub(crate) mod conversation;
mod department;
mod department_edit;
mod group;
pub(crate) mod groups;
pub(crate) mod hook;
mod isv;
mod letters;
pub(crate) mod login;
pub(crate) mod media;
mod member;
mod notice;
mod old_department;
mod old_scene;
mod old_user;
mod robot;
mod scene;
mod scope;
mod session;
mod status_bar;
mod stream;
mod subscription;
mod suite;
mod token;
mod user;
mod user_edit;
pub(crate) mod webhook;

use crate::{
    options::Credentials,
    route::{Routes, Simulated, expects_post, over_rate, refuse},
    world::{
        Caller, World,
        company::{Company, PersonId},
        token::{Holder, Standing, TokenStore},
    },
};
use hongyan_dingtalk::{DingTalk, new_style, topapi};
use hongyan_endpoint::{Body, Fault, PlatformServer, Refusal, Spec, Wire};
pub(crate) use notice::deliver_due;
pub(crate) use session::{answer_session, say};

/// What the platform remembers.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) token: TokenStore,
    /// The call being answered came with a vendor's token: it sees less and writes nothing.
    pub(crate) vendor: bool,
    pub(crate) suite: suite::Progress,
    pub(crate) notices: notice::Notices,
    pub(crate) groups: groups::Groups,
    letters: letters::Letters,
    pub(crate) cards: card::Cards,
    logins: login::Logins,
    pub(crate) files: media::Files,
    pub(crate) hooks: hook::Hooks,
    /// Conversations that people chose, by the id that serves once.
    chosen: conversation::Places,
    /// Where answers to a robot's messages go.
    sessions: conversation::Places,
}

impl State {
    /// As the company starts: one group, and a custom robot with a signature in it.
    pub(crate) fn new(company: &Company, credentials: &Credentials) -> Self {
        let mut state = Self { groups: groups::Groups::new(company), ..Self::default() };
        let guard = hook::Guard { secret: Some(credentials.robot_secret.clone()), ..hook::Guard::default() };
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
    to.on(token::get_access_token);
    to.on(token::get_company_token);
    to.on(suite::get_suite_access_token);
    to.on(suite::get_corp_access_token);
    to.on(suite::get_corp_auth);
    to.on(isv::get_corp_token);
    to.on(isv::get_auth_info);
    to.on(isv::get_suite_token);
    to.on(isv::get_permanent_code);
    to.on(isv::activate_suite);
    to.on(isv::get_agent);
    to.on(isv::get_unactive_corps);
    to.on(scope::get_scopes);
    contacts(to);
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
    to.on(card::create);
    to.on(card::deliver_made);
    to.on(card::add_spaces);
    to.on(card::create_and_deliver);
    to.on(card::update);
    to.on(card::stream);
    to.on(card::register);
    to.on(login::user_info);
    to.on(login::user_token);
    to.on(login::contact);
}

/// Both generations read and write the one company.
fn contacts(to: &mut Routes) {
    to.on(user::get_by_mobile_v1);
    to.on(user::get_by_mobile);
    to.on(user::get_user);
    to.on(user::list_users);
    to.on(user::list_user_names);
    to.on(user::list_userids);
    to.on(user::count_users);
    to.on(user::get_by_unionid);
    to.on(user::list_admins);
    to.on(user::search_users);
    to.on(user_edit::create_user);
    to.on(user_edit::update_user);
    to.on(user_edit::delete_user);
    to.on(user_edit::create_user_v1);
    to.on(user_edit::update_user_v1);
    to.on(user_edit::delete_user_v1);
    to.on(old_user::count_users);
    to.on(old_user::get_user);
    to.on(old_user::list_userids);
    to.on(old_user::list_user_names);
    to.on(old_user::list_users);
    to.on(old_user::get_by_unionid);
    to.on(old_user::list_admins);
    to.on(department::list_departments);
    to.on(department::list_department_ids);
    to.on(department::get_department);
    to.on(department::list_parents_of_department);
    to.on(department::list_parents_of_user);
    to.on(old_department::list_ids);
    to.on(old_department::list_departments);
    to.on(old_department::get_department);
    to.on(old_department::list_parents_of_department);
    to.on(old_department::list_parents_of_user);
    to.on(department_edit::create_department);
    to.on(department_edit::update_department);
    to.on(department_edit::delete_department);
    to.on(department_edit::create_department_v1);
    to.on(department_edit::update_department_v1);
    to.on(department_edit::delete_department_v1);
}

/// Whether the path belongs to the gateway that wraps its refusals.
fn wrapped(spec: &Spec) -> bool {
    spec.path.starts_with("/topapi/")
}

impl Simulated for DingTalk {
    fn admit(world: &mut World, caller: &Caller, spec: &'static Spec, token: Option<&str>) -> Result<(), Fault> {
        let token = token.ok_or_else(|| Self::refuse(spec, Refusal::TokenMissing))?;
        // A person's own token opens one door, and the application's opens it too, but for whose token it is.
        if spec.name == "login.contact" && world.dingtalk.logins.enter(caller.now, token) {
            let over = over_rate::<Self>(world, spec, caller.now);
            return if over { Err(Self::refuse(spec, Refusal::Throttled)) } else { Ok(()) };
        }
        let holder = world.dingtalk.token.holder(token);
        // The suite's own token opens one door, and no other token opens it.
        let fits = (holder == Some(Holder::Suite)) == (spec.name == "suite.auth_info");
        world.dingtalk.vendor = holder == Some(Holder::Vendor);
        match world.dingtalk.token.standing(token, caller.now) {
            Standing::Valid if fits => {}
            Standing::Expired => return Err(Self::refuse(spec, Refusal::TokenExpired)),
            _ => return Err(Self::refuse(spec, Refusal::TokenInvalid)),
        }
        if world.settings.dingtalk_trusted_ips.as_ref().is_some_and(|trusted| !trusted.contains(&caller.ip)) {
            let application = &world.credentials.app_key;
            return Err(Self::refuse(spec, Refusal::Address { ip: caller.ip, application }));
        }
        if over_rate::<Self>(world, spec, caller.now) {
            return Err(Self::refuse(spec, Refusal::Throttled));
        }
        Ok(())
    }

    /// The new-style host has words for what the older one has numbers for.
    fn spelled(spec: &Spec, code: i64) -> String {
        let words = match code {
            -1 => "system.error",
            40_014 | 42_001 => "InvalidAuthentication",
            60_011 => "Forbidden.AccessDenied.AccessTokenPermissionDenied",
            60_020 => "Forbidden.AccessDenied.IpNotInWhiteList",
            90_002 => "Forbidden.AccessDenied.QpsLimitForApi",
            90_018 => "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi",
            90_020 => "Forbidden.AccessDenied.ApiCountLimitForOrg",
            _ => return code.to_string(),
        };
        if new_style(spec) { words.into() } else { code.to_string() }
    }

    fn arrive(world: &World, caller: &Caller, spec: &Spec, call: &Wire) -> Result<(), Fault> {
        if spec.name == "webhook.send" {
            return webhook::arrive(world, caller, call);
        }
        let header = call.headers.iter().find(|(name, _)| name == "content-type");
        let json = header.is_some_and(|(_, value)| value.to_ascii_lowercase().contains("json"));
        let asks = expects_post(spec) && spec.body == Body::Json && !new_style(spec) && !wrapped(spec);
        // The old paths go by the header, whatever the body is (seed 000 tells so of a header that is misspelt).
        if asks && !json && call.method == "POST" {
            return Err(refuse::<Self>("43009", "需要JSON格式的请求体"));
        }
        if new_style(spec) && call.is_of_type("application/x-www-form-urlencoded") && !call.body.is_empty() {
            return Err(refuse::<Self>("Missingbody", "body is mandatory for this action"));
        }
        Ok(())
    }

    fn is_form(call: &Wire) -> bool {
        topapi::is_form(call)
    }
}
