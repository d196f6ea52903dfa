//! `gettoken`: the same token while it lives, and its clock starts anew each time.

use crate::{
    options::random_hex,
    route::{Refused, refuse},
    world::{Caller, World},
};
use hongyan_dingtalk::{
    DingTalk,
    token::{GetToken, TokenGiven},
};

pub(super) fn get_token(world: &mut World, caller: &Caller, request: GetToken) -> Result<TokenGiven, Refused> {
    if request.appkey.is_empty() || request.appsecret.is_empty() {
        return Err(refuse::<DingTalk>("40035", "缺少参数 corpid or appkey").into());
    }
    if request.appkey != world.credentials.app_key || request.appsecret != world.credentials.app_secret {
        return Err(refuse::<DingTalk>("40096", "不合法的appKey或appSecret").into());
    }
    let fresh = random_hex(32).map_err(|_| refuse::<DingTalk>("-1", "系统繁忙"))?;
    let (access_token, life_ms) = world.dingtalk.token.give(caller.now, true, || fresh);
    Ok(TokenGiven { access_token, expires_in: life_ms / 1_000 })
}
