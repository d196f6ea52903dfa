//! Who signed in, from a code that the inspection API gives; and where callbacks come from.

use crate::{
    options::random_hex,
    route::{Refused, refuse},
    world::{Caller, World, company::PersonId, ledger::Ledger},
};
use hongyan_wecom::{
    WeCom,
    callback::{CallbackIps, GetCallbackIp},
    oauth::{GetUserInfo, UserInfo},
};

/// Life of a code, in milliseconds.
const CODE_MS: i64 = 300_000;

/// Codes that were given.
#[derive(Default)]
pub(crate) struct SignIns {
    codes: Ledger<String, Code>,
}

struct Code {
    userid: String,
    at: i64,
    /// Whether the sign-in asked for the member's sensitive fields.
    private: bool,
    used: bool,
}

/// The code of the redirect, as if that person had just signed in; `None` when the system gives no random bytes.
pub(crate) fn sign_in(world: &mut World, now: i64, person: PersonId, private: bool) -> Option<String> {
    let code = random_hex(43).ok()?;
    let userid = world.company.person(person).userid.clone();
    world.memory.get_mut::<SignIns>().codes.keep(now, code.clone(), Code { userid, at: now, private, used: false });
    Some(code)
}

pub(super) fn get_user_info(world: &mut World, caller: &Caller, request: GetUserInfo) -> Result<UserInfo, Refused> {
    let Some(code) = world.memory.get_mut::<SignIns>().codes.get_mut(&request.code) else {
        return Err(refuse::<WeCom>("40029", "invalid code").into());
    };
    if code.used {
        return Err(refuse::<WeCom>("42022", "code is used already").into());
    }
    if caller.now - code.at > CODE_MS {
        return Err(refuse::<WeCom>("42003", "code expired").into());
    }
    code.used = true;
    let user_ticket = code.private.then(|| format!("sbxTicket_{}", request.code));
    Ok(UserInfo { userid: Some(code.userid.clone()), user_ticket, openid: None, external_userid: None })
}

/// The sandbox pushes from the machine that it runs on.
pub(super) fn get_callback_ip(_: &mut World, _: &Caller, _: GetCallbackIp) -> Result<CallbackIps, Refused> {
    Ok(CallbackIps { ip_list: vec!["127.0.0.1".into(), "::1".into()] })
}
