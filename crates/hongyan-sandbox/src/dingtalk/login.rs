//! Who signed in: codes that the inspection API gives, and tokens of people.

use super::credentials::Credentials;
use crate::{
    options::random_hex,
    route::{Refused, refuse},
    world::{Caller, World, company::PersonId, digest, ledger::Ledger},
};
use hongyan_dingtalk::{
    DingTalk,
    login::{ContactGiven, GetContact, GetUserInfo, GetUserToken, UserInfo, UserInfoGiven, UserTokenGiven},
};

/// Life of a code, in milliseconds.
const CODE_MS: i64 = 300_000;
/// Life of a person's token, in milliseconds.
const TOKEN_MS: i64 = 7_200_000;
/// How long it can be renewed, in milliseconds.
const REFRESH_MS: i64 = 30 * 86_400_000;

/// Codes and tokens that were given.
#[derive(Default)]
pub(crate) struct Logins {
    /// Until when, and whose; used ones are nobody's.
    codes: Ledger<String, (i64, Option<PersonId>)>,
    tokens: Ledger<String, (i64, PersonId)>,
    refreshes: Ledger<String, (i64, PersonId)>,
    /// Whose token the call being answered came with. Set when it is authenticated and read under the same lock.
    caller: Option<PersonId>,
}

impl Logins {
    fn redeem(&mut self, now: i64, code: &str) -> Option<PersonId> {
        let (until, whose) = self.codes.get_mut(&code.to_owned())?;
        if *until <= now { None } else { whose.take() }
    }

    /// Whether a token is a person's; notes whose.
    pub(super) fn enter(&mut self, now: i64, token: &str) -> bool {
        self.caller = self.tokens.get(&token.to_owned()).filter(|(until, _)| *until > now).map(|(_, whose)| *whose);
        self.caller.is_some()
    }
}

/// The code that a page gets, as if that person had just signed in; `None` when the system gives no random bytes.
pub(crate) fn sign_in(world: &mut World, now: i64, person: PersonId) -> Option<String> {
    let code = random_hex(32).ok()?;
    world.memory.get_mut::<Logins>().codes.keep(now, code.clone(), (now + CODE_MS, Some(person)));
    Some(code)
}

pub(super) fn user_info(world: &mut World, caller: &Caller, request: GetUserInfo) -> Result<UserInfoGiven, Refused> {
    let Some(found) = world.memory.get_mut::<Logins>().redeem(caller.now, &request.code) else {
        return Err(refuse::<DingTalk>("40078", "不存在的临时授权码").into());
    };
    let sys_level = super::member::admins(&world.company)
        .into_iter()
        .find(|(_, userid)| *userid == world.company.person(found).userid)
        .map_or(0, |(level, _)| level);
    let person = world.company.person(found);
    Ok(UserInfoGiven {
        result: UserInfo {
            userid: person.userid.clone(),
            device_id: format!("{:016x}", digest("dingtalk.device", 0, &person.userid)),
            sys: sys_level != 0,
            sys_level,
            unionid: person.unionid.clone(),
            associated_unionid: person.unionid.clone(),
            name: person.name.clone(),
        },
    })
}

pub(super) fn user_token(world: &mut World, caller: &Caller, request: GetUserToken) -> Result<UserTokenGiven, Refused> {
    let credentials = world.memory.get::<Credentials>();
    if request.client_id != credentials.app_key || request.client_secret != credentials.app_secret {
        return Err(refuse::<DingTalk>("invalidClientIdOrSecret", "无效的clientId或者clientSecret").into());
    }
    let corp_id = Some(credentials.corp_id.clone());
    let logins = world.memory.get_mut::<Logins>();
    let whose = match request.grant_type.as_str() {
        "authorization_code" => logins.redeem(caller.now, &request.code.unwrap_or_default()),
        "refresh_token" => {
            let known = logins.refreshes.get(&request.refresh_token.unwrap_or_default());
            known.filter(|(until, _)| *until > caller.now).map(|(_, whose)| *whose)
        }
        _ => return Err(refuse::<DingTalk>("parameter.invalid", "grantType 不合法").into()),
    };
    let whose = whose.ok_or_else(|| refuse::<DingTalk>("parameter.invalid", "code 或 refreshToken 无效"))?;
    let fresh = || random_hex(32).map_err(|_| refuse::<DingTalk>("system.error", "系统繁忙"));
    let (access_token, refresh_token) = (fresh()?, fresh()?);
    logins.tokens.keep(caller.now, access_token.clone(), (caller.now + TOKEN_MS, whose));
    logins.refreshes.keep(caller.now, refresh_token.clone(), (caller.now + REFRESH_MS, whose));
    Ok(UserTokenGiven { access_token, refresh_token, expire_in: TOKEN_MS / 1_000, corp_id })
}

pub(super) fn contact(world: &mut World, _: &Caller, request: GetContact) -> Result<ContactGiven, Refused> {
    let me = world.memory.get::<Logins>().caller;
    let found = match request.union_id.as_str() {
        "me" => me,
        unionid => world.company.find_unionid(unionid),
    };
    // Only whose token it is shows how to be reached.
    let own = found.is_some() && found == me;
    let Some(found) = found else {
        return Err(refuse::<DingTalk>("paramIllegal", "unionId 不存在").into());
    };
    let person = world.company.person(found);
    let private = |text: &str| if own { text.to_owned() } else { String::new() };
    let state_code = if person.state_code.is_empty() { "86" } else { &person.state_code };
    Ok(ContactGiven {
        nick: person.name.clone(),
        avatar_url: String::new(),
        mobile: private(&person.mobile),
        open_id: format!("{:016x}", digest("dingtalk.openid", 0, &person.userid)),
        union_id: person.unionid.clone(),
        email: private(&person.personal_email),
        state_code: private(state_code),
    })
}
