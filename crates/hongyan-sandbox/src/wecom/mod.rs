//! Simulated WeCom: its checks, its words, and one module per family.

mod agent;
mod authority;
mod batch;
mod callback;
mod card;
mod chat;
mod content;
mod control;
mod credentials;
mod delivery;
mod department;
pub(crate) mod event;
mod media;
mod member;
mod member_edit;
mod message;
mod news;
mod openid;
mod robot;
mod settings;
mod signin;
mod simulation;
mod tag;
mod token;
mod user;

use crate::{
    route::{Routes, Simulated, over_rate, refuse},
    world::{Caller, World, token::Standing},
};
use authority::{Access, Origin};
pub(crate) use control::Control;
use hongyan_endpoint::{Auth, Fault, Platform, PlatformServer, Refusal, Spec, Wire};
use hongyan_wecom::WeCom;
use settings::Settings;
pub(crate) use simulation::Simulation;
use std::time::Duration;

/// Calls a minute that may ask for debugging.
const DEBUG_CALLS: u32 = 5;

fn routes(to: &mut Routes) {
    to.on(token::get_token);
    to.on(message::send);
    to.on(message::recall);
    to.on(message::statistics);
    to.on(card::update);
    to.on(chat::create);
    to.on(chat::update);
    to.on(chat::get);
    to.on(chat::send);
    to.on(media::upload);
    to.on(media::get);
    to.on(media::upload_image);
    to.on(robot::send);
    to.on(robot::upload_media);
    to.on(signin::get_user_info);
    to.on(signin::get_callback_ip);
    to.on(user::get_userid);
    to.on(user::get_userid_by_email);
    to.on(member::get);
    to.on(member::list);
    to.on(member::list_names);
    to.on(member::list_ids);
    to.on(member_edit::create);
    to.on(member_edit::update);
    to.on(member_edit::delete);
    to.on(member_edit::delete_many);
    to.on(department::list);
    to.on(department::list_ids);
    to.on(department::get);
    to.on(department::create);
    to.on(department::update);
    to.on(department::delete);
    to.on(tag::list);
    to.on(tag::get);
    to.on(tag::create);
    to.on(tag::update);
    to.on(tag::delete);
    to.on(tag::add_users);
    to.on(tag::del_users);
    to.on(batch::invite);
    to.on(batch::sync_users);
    to.on(batch::replace_users);
    to.on(batch::replace_departments);
    to.on(batch::get_result);
    to.on(agent::get);
    to.on(agent::list);
    to.on(agent::create_menu);
    to.on(agent::get_menu);
    to.on(agent::delete_menu);
    to.on(agent::get_api_domain_ip);
    to.on(openid::to_openid);
    to.on(openid::to_userid);
}

impl Simulated for WeCom {
    fn routes(to: &mut Routes) {
        routes(to);
    }

    fn authenticate(world: &mut World, caller: &Caller, spec: &'static Spec, token: Option<&str>) -> Result<(), Fault> {
        if spec.auth == Auth::Key {
            return robot::authenticate(world, token);
        }
        let token = token.ok_or_else(|| Self::refuse(spec, Refusal::TokenMissing))?;
        let access = world.memory.get_mut::<Access>();
        access.origin = match (access.app.standing(token, caller.now), access.contacts.standing(token, caller.now)) {
            (Standing::Valid, _) => Origin::App,
            (_, Standing::Valid) => Origin::Contacts,
            (Standing::Expired, _) | (_, Standing::Expired) => {
                return Err(Self::refuse(spec, Refusal::TokenExpired));
            }
            _ => return Err(Self::refuse(spec, Refusal::TokenInvalid)),
        };
        if world.memory.get::<Settings>().trusted_ips.as_ref().is_some_and(|trusted| !trusted.contains(&caller.ip)) {
            return Err(Self::refuse(spec, Refusal::Address { ip: caller.ip, application: "" }));
        }
        if over_rate::<Self>(world, spec, caller.now) {
            return Err(Self::refuse(spec, Refusal::Throttled));
        }
        authority::authenticate(world, spec)
    }

    /// `debug=1` in the address is for five calls a minute, whatever they call.
    fn check_quota(world: &mut World, caller: &Caller, call: &Wire) -> Result<(), Fault> {
        let asks = call.query.iter().any(|(name, value)| name == "debug" && value == "1");
        if asks && !world.within_rate((Self::NAME, "debug"), DEBUG_CALLS, Duration::from_secs(60), caller.now) {
            return Err(refuse::<Self>("45009", "api freq out of limit"));
        }
        Ok(())
    }

    /// Support asks for the hint: the time in seconds and some digits.
    fn decorate(fault: Fault, caller: &Caller) -> Fault {
        let code = fault.code();
        // The digits only have to look like the platform's: derived from the time, not a secret.
        let digits = caller.now.unsigned_abs().wrapping_mul(6_364_136_223_846_793_005) % 100_000_000_000_000;
        let words = format!(
            "{}, hint: [{}{digits:014}], from ip: {}, more info at https://open.work.weixin.qq.com/devtool/query?e={code}",
            fault.message(),
            caller.now / 1_000,
            caller.ip,
        );
        refuse::<Self>(code, words)
    }
}
