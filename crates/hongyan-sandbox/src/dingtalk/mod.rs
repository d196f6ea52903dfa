//! Simulated DingTalk: its gateway's checks and one module per family.

mod body;
mod callback;
mod card;
mod chat;
mod contacts;
mod control;
mod conversation;
mod credentials;
mod department;
mod department_edit;
mod event;
mod group;
mod groups;
mod hook;
mod isv;
mod login;
mod media;
mod member;
mod notice;
mod old_department;
mod old_scene;
mod old_user;
mod press;
mod robot;
mod scene;
mod scope;
mod sent;
mod session;
mod settings;
mod simulation;
pub(crate) mod socket;
mod status_bar;
mod stream;
mod streams;
mod subscription;
mod suite;
mod token;
mod user;
mod user_edit;
mod webhook;

use crate::{
    route::{Routes, Simulated, expects_post, over_rate, refuse},
    world::{
        Caller, World,
        token::{Holder, Standing},
    },
};
#[cfg(test)]
pub(crate) use callback::{Callbacks, EVENTS, Hook};
pub(crate) use control::Control;
use credentials::Credentials;
#[cfg(test)]
pub(crate) use event::{Happened, OVER_HTTP};
use hongyan_dingtalk::{ALIASES, DingTalk, new_style, rewrapped, topapi};
use hongyan_endpoint::{Body, Fault, Needs, PlatformServer, Reach, Refusal, Role, Sealed, Spec, Wire};
use login::Logins;
use settings::Settings;
pub(crate) use simulation::Simulation;
use token::Tokens;

fn routes(to: &mut Routes) {
    to.alias(&ALIASES);
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
    fn routes(to: &mut Routes) {
        routes(to);
    }

    fn gather(world: &World, call: &mut Wire) {
        topapi::gather(call, world.memory.get::<Settings>().json_in_forms);
    }

    fn rewrapped(sealed: Sealed, wrapped: bool) -> Sealed {
        rewrapped(sealed, wrapped)
    }

    fn authenticate(world: &mut World, caller: &Caller, spec: &'static Spec, token: Option<&str>) -> Result<(), Fault> {
        let token = token.ok_or_else(|| Self::refuse(spec, Refusal::TokenMissing))?;
        // A person's own token opens one door, and the application's opens it too, but for whose token it is.
        if spec.needs == Needs::Person && world.memory.get_mut::<Logins>().enter(caller.now, token) {
            let over = over_rate::<Self>(world, spec, caller.now);
            return if over { Err(Self::refuse(spec, Refusal::Throttled)) } else { Ok(()) };
        }
        let tokens = world.memory.get_mut::<Tokens>();
        let holder = tokens.store.holder(token);
        // The suite's own token opens one door, and no other token opens it.
        let fits = (holder == Some(Holder::Suite)) == (spec.needs == Needs::Suite);
        tokens.vendor = holder == Some(Holder::Vendor);
        match tokens.store.standing(token, caller.now) {
            Standing::Valid if fits => {}
            Standing::Expired => return Err(Self::refuse(spec, Refusal::TokenExpired)),
            _ => return Err(Self::refuse(spec, Refusal::TokenInvalid)),
        }
        if world.memory.get::<Settings>().trusted_ips.as_ref().is_some_and(|trusted| !trusted.contains(&caller.ip)) {
            let application = &world.memory.get::<Credentials>().app_key;
            return Err(Self::refuse(spec, Refusal::Address { ip: caller.ip, application }));
        }
        if over_rate::<Self>(world, spec, caller.now) {
            return Err(Self::refuse(spec, Refusal::Throttled));
        }
        Ok(())
    }

    /// The new-style host has words for what the older one has numbers for.
    fn code_for(spec: &Spec, code: i64) -> String {
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

    fn check_call(world: &World, caller: &Caller, spec: &Spec, call: &Wire) -> Result<(), Fault> {
        if spec.role == Role::Send(Reach::Webhook) {
            return webhook::check_call(world, caller, call);
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
