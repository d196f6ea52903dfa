//! The application's token in its three forms. It is one token: asking again, in whichever form, renews it.

use super::{credentials::Credentials, suite};
use crate::{
    options::random_hex,
    route::{Refused, refuse},
    world::{
        Caller, World,
        token::{Holder, TokenStore},
    },
};
use hongyan_dingtalk::{
    DingTalk,
    token::{AccessTokenGiven, GetAccessToken, GetCompanyToken, GetToken, TokenGiven},
};

/// The tokens that were given, and whose the call at hand came with.
#[derive(Default)]
pub(super) struct Tokens {
    pub(super) store: TokenStore,
    /// A vendor's: it sees less and writes nothing.
    pub(super) vendor: bool,
}

pub(super) fn get_token(world: &mut World, caller: &Caller, request: GetToken) -> Result<TokenGiven, Refused> {
    let credentials = world.memory.get::<Credentials>();
    let older = request.appkey.is_empty() && !request.corpid.is_empty();
    let (key, secret) =
        if older { (&request.corpid, &request.corpsecret) } else { (&request.appkey, &request.appsecret) };
    if key.is_empty() || secret.is_empty() {
        return Err(refuse::<DingTalk>("40035", "缺少参数 corpid or appkey").into());
    }
    if older && (*key != credentials.corp_id || *secret != credentials.app_secret) {
        return Err(refuse::<DingTalk>("40089", "不合法的corpid或corpsecret").into());
    }
    if !older && (*key != credentials.app_key || *secret != credentials.app_secret) {
        return Err(refuse::<DingTalk>("40096", "不合法的appKey或appSecret").into());
    }
    let (access_token, expires_in) = give(world, caller, Holder::App)?;
    Ok(TokenGiven { access_token, expires_in })
}

pub(super) fn get_access_token(
    world: &mut World,
    caller: &Caller,
    request: GetAccessToken,
) -> Result<AccessTokenGiven, Refused> {
    if request.app_key != world.memory.get::<Credentials>().app_key
        || request.app_secret != world.memory.get::<Credentials>().app_secret
    {
        return Err(refuse::<DingTalk>("invalidClientIdOrSecret", "无效的clientId或者clientSecret").into());
    }
    let (access_token, expire_in) = give(world, caller, Holder::App)?;
    Ok(AccessTokenGiven { access_token, expire_in })
}

/// The form for applications of the company and of vendors alike.
pub(super) fn get_company_token(
    world: &mut World,
    caller: &Caller,
    request: GetCompanyToken,
) -> Result<TokenGiven, Refused> {
    if request.grant_type != "client_credentials" {
        return Err(refuse::<DingTalk>("unsupported.grant.type", "不支持的grant_type").into());
    }
    let credentials = world.memory.get::<Credentials>();
    let own = request.client_id == credentials.app_key && request.client_secret == credentials.app_secret;
    let vendor = suite::secret(credentials, &request.client_id).is_some_and(|secret| *secret == request.client_secret);
    if !own && !vendor {
        return Err(refuse::<DingTalk>("invalid.client", "无效的client_id或client_secret").into());
    }
    if !request.corp_id.starts_with("ding") {
        return Err(refuse::<DingTalk>("unknownError", "未知错误").into());
    }
    if request.corp_id != credentials.corp_id {
        return Err(refuse::<DingTalk>("unauthorized.client", "应用未获该企业授权").into());
    }
    let (access_token, expires_in) = give(world, caller, if own { Holder::App } else { Holder::Vendor })?;
    Ok(TokenGiven { access_token, expires_in })
}

/// The holder's token, renewed, and its life in seconds.
pub(super) fn give(world: &mut World, caller: &Caller, holder: Holder) -> Result<(String, i64), Refused> {
    let fresh = fresh()?;
    let (token, life_ms) = world.memory.get_mut::<Tokens>().store.give_to(holder, caller.now, true, || fresh);
    Ok((token, life_ms / 1_000))
}

/// A token that nobody has.
pub(super) fn fresh() -> Result<String, Refused> {
    random_hex(32).map_err(|_| refuse::<DingTalk>("-1", "系统繁忙").into())
}
