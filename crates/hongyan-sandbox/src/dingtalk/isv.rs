//! A vendor's older operations: each shows a signature or the suite's token, in the query.

use super::{
    credentials::Credentials,
    suite::{self, ADMINISTRATOR, NAME, Progress, company_name},
    token::{self, Tokens},
};
use crate::{
    route::{Refused, refuse},
    world::{
        Caller, World,
        token::{Holder, Standing},
    },
};
use hongyan_dingtalk::{
    DingTalk,
    isv::{
        ActivateSuite, Agent, AgentGiven, AuthInfo, AuthInfoGiven, AuthUser, CorpInfo, CorpName, CorpTokenGiven,
        GetAgent, GetAuthInfo, GetCorpToken, GetPermanentCode, GetSuiteToken, GetUnactiveCorps, PermanentCodeGiven,
        SuiteTokenGiven, UnactiveCorpsGiven, sign,
    },
    reply::Done,
};
use serde_json::json;

/// How far a signature's time may be off.
const SKEW_MS: i64 = 60_000;
const LOGO: &str = "https://static.example.com/suite.png";

struct Signed<'a> {
    key: &'a str,
    timestamp: &'a str,
    ticket: &'a str,
    signature: &'a str,
}

/// The signature, then the ticket that it covers.
fn check_signature(world: &World, caller: &Caller, signed: &Signed<'_>) -> Result<(), Refused> {
    let Ok(at) = signed.timestamp.parse::<i64>() else {
        return Err(refuse::<DingTalk>("853001", "时间戳参数异常").into());
    };
    // The caller's clock may be this one, or the machine's, which did not move with it.
    let off = |now: i64| now.saturating_sub(at).saturating_abs() > SKEW_MS;
    if off(caller.now) && off(caller.now - caller.moved_ms) {
        return Err(refuse::<DingTalk>("853002", "时间戳与服务器时间相差超过1分钟").into());
    }
    let Some(secret) = suite::secret(world.memory.get::<Credentials>(), signed.key) else {
        return Err(refuse::<DingTalk>("853003", "accessKey不存在").into());
    };
    if sign(secret, at, signed.ticket) != signed.signature {
        return Err(refuse::<DingTalk>("853004", "签名不匹配").into());
    }
    if !suite::knows_ticket(world.memory.get::<Credentials>(), signed.key, signed.ticket) {
        return Err(refuse::<DingTalk>("40085", "不合法的suite ticket").into());
    }
    Ok(())
}

fn check_suite_token(world: &World, caller: &Caller, token: &str) -> Result<(), Refused> {
    if token.is_empty() {
        return Err(refuse::<DingTalk>("41022", "缺少suite token").into());
    }
    let store = &world.memory.get::<Tokens>().store;
    match store.standing(token, caller.now) {
        Standing::Valid if store.holder(token) == Some(Holder::Suite) => Ok(()),
        Standing::Expired => Err(refuse::<DingTalk>("42009", "suite token已过期").into()),
        _ => Err(refuse::<DingTalk>("40082", "不合法的suite token").into()),
    }
}

fn check_corp(world: &World, corp: &str) -> Result<(), Refused> {
    match corp {
        "" => Err(refuse::<DingTalk>("40035", "缺少参数 auth_corpid").into()),
        _ if corp != world.memory.get::<Credentials>().corp_id => {
            Err(refuse::<DingTalk>("41030", "企业未对该套件授权").into())
        }
        _ => Ok(()),
    }
}

fn check_suite_key(world: &World, key: &str) -> Result<(), Refused> {
    match key {
        "" => Err(refuse::<DingTalk>("41021", "缺少suite key").into()),
        _ if suite::secret(world.memory.get::<Credentials>(), key).is_none() => {
            Err(refuse::<DingTalk>("40083", "不合法的suite key").into())
        }
        _ => Ok(()),
    }
}

/// The same token while it lives, renewed.
pub(super) fn get_corp_token(
    world: &mut World,
    caller: &Caller,
    request: GetCorpToken,
) -> Result<CorpTokenGiven, Refused> {
    match &request.suite_access_token {
        Some(token) if request.signature.is_empty() => {
            check_suite_token(world, caller, token)?;
            check_corp(world, &request.auth_corpid)?;
            match request.permanent_code.as_deref() {
                None | Some("") => return Err(refuse::<DingTalk>("41025", "缺少permanent_code").into()),
                Some(code) if code != world.memory.get::<Credentials>().suite.permanent_code => {
                    return Err(refuse::<DingTalk>("40084", "不合法的permanent_code").into());
                }
                Some(_) => {}
            }
        }
        _ => {
            let GetCorpToken { access_key: key, timestamp, suite_ticket: ticket, signature, .. } = &request;
            check_signature(world, caller, &Signed { key, timestamp, ticket, signature })?;
            check_corp(world, &request.auth_corpid)?;
        }
    }
    let (access_token, expires_in) = token::give(world, caller, Holder::Vendor)?;
    Ok(CorpTokenGiven { access_token, expires_in })
}

pub(super) fn get_auth_info(
    world: &mut World,
    caller: &Caller,
    request: GetAuthInfo,
) -> Result<AuthInfoGiven, Refused> {
    let GetAuthInfo { access_key: key, timestamp, suite_ticket: ticket, signature, .. } = &request;
    check_signature(world, caller, &Signed { key, timestamp, ticket, signature })?;
    if let Some(key) = request.suite_key.as_deref().filter(|key| !key.is_empty()) {
        check_suite_key(world, key)?;
    }
    check_corp(world, &request.auth_corpid)?;
    let (suite, name) = (&world.memory.get::<Credentials>().suite, company_name(world));
    Ok(AuthInfoGiven {
        auth_corp_info: CorpInfo {
            corpid: world.memory.get::<Credentials>().corp_id.clone(),
            corp_name: name.clone(),
            full_corp_name: name,
            corp_type: Some(0),
            auth_level: Some(0),
            invite_url: "https://example.com/invite".into(),
            ..CorpInfo::default()
        },
        auth_user_info: AuthUser { user_id: ADMINISTRATOR.to_owned() },
        auth_info: AuthInfo {
            agent: vec![Agent {
                agentid: suite.agent_id,
                agent_name: NAME.into(),
                logo_url: LOGO.into(),
                appid: Some(suite.app_id),
                admin_list: vec![ADMINISTRATOR.to_owned()],
            }],
        },
        channel_auth_info: Some(json!({"channelAgent": []})),
        auth_market_info: Some(json!({})),
    })
}

pub(super) fn get_suite_token(
    world: &mut World,
    caller: &Caller,
    request: GetSuiteToken,
) -> Result<SuiteTokenGiven, Refused> {
    check_suite_key(world, &request.suite_key)?;
    if request.suite_secret.is_empty() {
        return Err(refuse::<DingTalk>("41024", "缺少suite secret").into());
    }
    if suite::secret(world.memory.get::<Credentials>(), &request.suite_key) != Some(&request.suite_secret) {
        return Err(refuse::<DingTalk>("40088", "suite key与suite secret不匹配").into());
    }
    if request.suite_ticket.is_empty() {
        return Err(refuse::<DingTalk>("41023", "缺少suite ticket").into());
    }
    if !suite::knows_ticket(world.memory.get::<Credentials>(), &request.suite_key, &request.suite_ticket) {
        return Err(refuse::<DingTalk>("40085", "不合法的suite ticket").into());
    }
    let (suite_access_token, expires_in) = token::give(world, caller, Holder::Suite)?;
    Ok(SuiteTokenGiven { suite_access_token, expires_in })
}

pub(super) fn get_permanent_code(
    world: &mut World,
    caller: &Caller,
    request: GetPermanentCode,
) -> Result<PermanentCodeGiven, Refused> {
    check_suite_token(world, caller, &request.suite_access_token)?;
    if request.tmp_auth_code.is_empty() {
        return Err(refuse::<DingTalk>("41026", "缺少tmp_auth_code").into());
    }
    if request.tmp_auth_code != world.memory.get::<Credentials>().suite.tmp_auth_code {
        return Err(refuse::<DingTalk>("40078", "不存在的临时授权码").into());
    }
    if std::mem::replace(&mut world.memory.get_mut::<Progress>().code_spent, true) {
        return Err(refuse::<DingTalk>("40102", "临时授权码已过期或已使用").into());
    }
    Ok(PermanentCodeGiven {
        permanent_code: world.memory.get::<Credentials>().suite.permanent_code.clone(),
        auth_corp_info: CorpName {
            corpid: world.memory.get::<Credentials>().corp_id.clone(),
            corp_name: company_name(world),
        },
    })
}

pub(super) fn activate_suite(world: &mut World, caller: &Caller, request: ActivateSuite) -> Result<Done, Refused> {
    check_suite_token(world, caller, &request.suite_access_token)?;
    check_suite_key(world, &request.suite_key)?;
    match request.permanent_code.as_str() {
        "" => return Err(refuse::<DingTalk>("41025", "缺少permanent_code").into()),
        code if code != world.memory.get::<Credentials>().suite.permanent_code => {
            return Err(refuse::<DingTalk>("40084", "不合法的permanent_code").into());
        }
        _ => {}
    }
    if request.auth_corpid != world.memory.get::<Credentials>().corp_id {
        return Err(refuse::<DingTalk>("41031", "corpid与permanent_code不匹配").into());
    }
    world.memory.get_mut::<Progress>().activated = true;
    Ok(Done {})
}

pub(super) fn get_agent(world: &mut World, caller: &Caller, request: GetAgent) -> Result<AgentGiven, Refused> {
    check_suite_token(world, caller, &request.suite_access_token)?;
    check_suite_key(world, &request.suite_key)?;
    let GetAgent { suite_key: key, timestamp, suite_ticket: ticket, signature, .. } = &request;
    check_signature(world, caller, &Signed { key, timestamp, ticket, signature })?;
    check_corp(world, &request.auth_corpid)?;
    let agentid = world.memory.get::<Credentials>().suite.agent_id;
    if request.agentid.parse() != Ok(agentid) {
        return Err(refuse::<DingTalk>("70003", "agentid对应微应用不存在").into());
    }
    Ok(AgentGiven {
        agentid,
        name: NAME.into(),
        logo_url: LOGO.into(),
        description: "样例".into(),
        // 2: waits to be activated.
        close: if world.memory.get::<Progress>().activated { 1 } else { 2 },
    })
}

pub(super) fn get_unactive_corps(
    world: &mut World,
    caller: &Caller,
    request: GetUnactiveCorps,
) -> Result<UnactiveCorpsGiven, Refused> {
    check_suite_token(world, caller, &request.suite_access_token)?;
    let app_id = world.memory.get::<Credentials>().suite.app_id;
    if request.app_id.is_some_and(|asked| asked != app_id) {
        return Err(refuse::<DingTalk>("40086", "不合法的appid").into());
    }
    let waiting = !world.memory.get::<Progress>().activated;
    let corp_list = waiting.then(|| world.memory.get::<Credentials>().corp_id.clone()).into_iter().collect();
    Ok(UnactiveCorpsGiven { app_id: Some(app_id), corp_list, has_more: false })
}
