//! Simulated DingTalk: its gateway's checks and one module per family.

mod body;
mod notice;
mod scope;
mod token;
mod user;

use crate::{
    route::{Routes, Simulated, expects_post, over_rate, refuse},
    world::{
        Caller, World,
        token::{Standing, TokenStore},
    },
};
use hongyan_dingtalk::{DingTalk, new_style};
use hongyan_endpoint::{Fault, Invalid, Spec};
pub(crate) use notice::{deliver_due, read};

/// What the platform remembers.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) token: TokenStore,
    pub(crate) notices: notice::Notices,
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

    fn unreadable(spec: &Spec, invalid: &Invalid) -> Fault {
        match spec.name {
            "token.get" => refuse::<Self>("40035", "缺少参数 corpid or appkey"),
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
