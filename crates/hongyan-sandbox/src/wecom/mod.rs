//! Simulated WeCom: its checks, its words, and one module per family.

mod content;
mod message;
mod token;
mod user;

use crate::{
    route::{Routes, Simulated, over_rate, refuse},
    world::{
        Caller, World,
        token::{Standing, TokenStore},
    },
};
use hongyan_endpoint::{Fault, Invalid, Spec};
use hongyan_wecom::WeCom;
use std::{collections::HashMap, net::IpAddr};

/// What the platform remembers.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) token: TokenStore,
    pub(crate) messages: message::Messages,
    /// Wrong secrets by address: since when, and how many.
    wrong_secrets: HashMap<IpAddr, (i64, u32)>,
    /// Look-ups in vain: day, and how many.
    misses: (i64, usize),
}

pub(crate) fn routes(to: &mut Routes) {
    to.on(token::get_token);
    to.on(message::send);
    to.on(message::recall);
    to.on(user::get_userid);
    to.on(user::get_userid_by_email);
}

impl Simulated for WeCom {
    fn admit(world: &mut World, caller: &Caller, spec: &'static Spec, token: Option<&str>) -> Result<(), Fault> {
        let token = token.ok_or_else(|| refuse::<Self>("41001", "access_token missing"))?;
        match world.wecom.token.standing(token, caller.now) {
            Standing::Valid => {}
            Standing::Expired => return Err(refuse::<Self>("42001", "access_token expired")),
            Standing::Invalid => return Err(refuse::<Self>("40014", "invalid access_token")),
        }
        if world.settings.wecom_trusted_ips.as_ref().is_some_and(|trusted| !trusted.contains(&caller.ip)) {
            return Err(refuse::<Self>("60020", "not allow to access from your ip"));
        }
        if over_rate::<Self>(world, spec, caller.now) {
            return Err(Self::throttled(spec));
        }
        Ok(())
    }

    fn unreadable(spec: &Spec, invalid: &Invalid) -> Fault {
        let missing = |field: &str| invalid.message.contains(&format!("missing field `{field}`"));
        match spec.name {
            "token.get" if missing("corpid") => refuse::<Self>("41002", "corpid missing"),
            "token.get" => refuse::<Self>("41004", "corpsecret missing"),
            "message.send" if missing("msgtype") => refuse::<Self>("40008", "invalid message type"),
            _ => refuse::<Self>("40058", format!("{invalid}, invalid Request Parameter")),
        }
    }

    fn wrong_method(spec: &Spec) -> Option<Fault> {
        (crate::route::expects_post(spec)).then(|| refuse::<Self>("40058", "POST expected, invalid Request Parameter"))
    }

    fn throttled(_: &Spec) -> Fault {
        refuse::<Self>("45009", "api freq out of limit")
    }

    /// Support asks for the hint: the time in seconds and some digits.
    fn worded(fault: Fault, caller: &Caller) -> Fault {
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
