//! A vendor's suite, new style: its own token, a token in the company, and what the company allowed.
//!
//! The suite is installed in the company from the start. A custom application of the vendor's is treated alike but
//! may show any ticket.

use super::{
    credentials::Credentials,
    token::{self, Tokens},
};
use crate::{
    route::{Refused, refuse},
    world::{Caller, World, token::Holder},
};
use hongyan_dingtalk::{
    DingTalk,
    suite::{AuthApp, AuthUser, CorpAuthGiven, GetCorpAccessToken, GetCorpAuth, GetSuiteAccessToken, SuiteTokenGiven},
};
use serde_json::json;

/// Who allowed the suite: the main administrator.
pub(super) const ADMINISTRATOR: &str = "zhangsan";
/// Its name in the company.
pub(super) const NAME: &str = "样例套件应用";

/// The ticket with which a suite is tried before the platform has pushed one.
const TRIAL_TICKET: &str = "TestSuiteTicket";

/// How far the suite has come in the company.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// The temporary code was changed for the permanent one.
    pub(super) code_spent: bool,
    pub(super) activated: bool,
}

/// The secret that belongs to a SuiteKey or CustomKey.
pub(super) fn secret<'a>(credentials: &'a Credentials, key: &str) -> Option<&'a String> {
    let suite = &credentials.suite;
    [(&suite.key, &suite.secret), (&suite.custom_key, &suite.custom_secret)]
        .into_iter()
        .find(|(own, _)| *own == key)
        .map(|(_, secret)| secret)
}

/// Whether that key may show this ticket: the suite the newest one or the trial's, a custom application any.
pub(super) fn knows_ticket(credentials: &Credentials, key: &str, ticket: &str) -> bool {
    let suite = &credentials.suite;
    !ticket.is_empty() && (key == suite.custom_key || ticket == suite.ticket || ticket == TRIAL_TICKET)
}

pub(super) fn get_suite_access_token(
    world: &mut World,
    caller: &Caller,
    request: GetSuiteAccessToken,
) -> Result<SuiteTokenGiven, Refused> {
    if secret(world.memory.get::<Credentials>(), &request.suite_key) != Some(&request.suite_secret) {
        return Err(refuse::<DingTalk>("invalidClientIdOrSecret", "无效的suiteKey或者suiteSecret").into());
    }
    check_ticket(world, &request.suite_key, &request.suite_ticket)?;
    let (access_token, expire_in) = token::give(world, caller, Holder::Suite)?;
    Ok(SuiteTokenGiven { access_token, expire_in })
}

/// A new token each time; those of before live on.
pub(super) fn get_corp_access_token(
    world: &mut World,
    caller: &Caller,
    request: GetCorpAccessToken,
) -> Result<SuiteTokenGiven, Refused> {
    match secret(world.memory.get::<Credentials>(), &request.suite_key) {
        None => return Err(refuse::<DingTalk>("invalidSuiteKey", "无效的suiteKey").into()),
        Some(secret) if *secret != request.suite_secret => {
            return Err(refuse::<DingTalk>("invalidClientIdOrSecret", "无效的suiteKey或者suiteSecret").into());
        }
        Some(_) => {}
    }
    check_ticket(world, &request.suite_key, &request.suite_ticket)?;
    if request.auth_corp_id != world.memory.get::<Credentials>().corp_id {
        return Err(refuse::<DingTalk>("invalidAuthInfo", "企业未授权该应用").into());
    }
    let (access_token, life_ms) =
        world.memory.get_mut::<Tokens>().store.give_another(Holder::Vendor, caller.now, token::fresh()?);
    Ok(SuiteTokenGiven { access_token, expire_in: life_ms / 1_000 })
}

fn check_ticket(world: &World, key: &str, ticket: &str) -> Result<(), Refused> {
    if knows_ticket(world.memory.get::<Credentials>(), key, ticket) {
        return Ok(());
    }
    Err(refuse::<DingTalk>("invalidSuiteTicket", "无效的suiteTicket").into())
}

pub(super) fn get_corp_auth(world: &mut World, _: &Caller, request: GetCorpAuth) -> Result<CorpAuthGiven, Refused> {
    let credentials = world.memory.get::<Credentials>();
    if !request.auth_corp_id.starts_with("ding") {
        return Err(refuse::<DingTalk>("invalidCorpId", "无效的corpId").into());
    }
    if request.auth_corp_id != credentials.corp_id {
        return Err(refuse::<DingTalk>("orgNotExist", "企业不存在").into());
    }
    let company = company_name(world);
    Ok(CorpAuthGiven {
        auth_app_info: AuthApp {
            agent_list: vec![json!({
                "agentId": credentials.suite.agent_id,
                "agentName": NAME,
                "logoUrl": "https://static.example.com/suite.png",
                "appId": credentials.suite.app_id,
                "adminList": [ADMINISTRATOR],
            })],
        },
        auth_corp_info: json!({
            "corpId": credentials.corp_id,
            "corpName": company,
            "fullCorpName": company,
            "industry": "",
            "authLevel": 0,
            "corpType": 0,
            "isAuthenticated": false,
            "inviteCode": "",
            "inviteUrl": "https://example.com/invite",
            "licenseCode": "",
            "corpLogoUrl": "",
        }),
        auth_user_info: AuthUser { user_id: ADMINISTRATOR.to_owned() },
    })
}

/// The company is called as its root department.
pub(super) fn company_name(world: &World) -> String {
    world.company.department(crate::world::company::ROOT).map(|root| root.name.clone()).unwrap_or_default()
}
