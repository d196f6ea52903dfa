//! The robots of groups on their own paths: `robot/send?access_token=…` and `webhook/send?key=…`.
//!
//! The credential says whose robot it is: a configured robot's own, or an API key that may use exactly one. A robot with
//! a secret wants the caller's own signature as well, which is checked here as the platform checks it; for a key the
//! gateway signs. What is sent goes through outbox and ledger, the rest is passed on.

use crate::{
    arrival,
    forward::{Answer, ask, passed_back},
    operations::Operation,
    platform::PlatformKind,
    send::{SendRequest, admissible, keeps_numbers},
    services::Services,
    throttle::LoginThrottle,
};
use bytes::Bytes;
use hongyan_channel::{Account, AccountConfig, ChannelConfig, RobotCaller, SecretRef};
use hongyan_core::{Address, AddressKind, Channel, Scope, Time};
use hongyan_dingtalk::{
    content as dingtalk,
    webhook::{SKEW_MS, SendWebhook as DingTalkSend, signed},
};
use hongyan_endpoint::{Endpoint, Fault, Spec, Wire};
use hongyan_intake::Caller;
use hongyan_net::Secret;
use hongyan_wecom::{content::Place, webhook::SendWebhook as WeComSend};
use http::request::Parts;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, sync::Arc};
use subtle::ConstantTimeEq;

/// A configured robot.
pub(crate) struct Robot {
    pub(crate) account: Arc<str>,
    platform: PlatformKind,
    /// SHA-256: the credential itself is its channel's.
    hash: [u8; 32],
    /// What callers sign with; `None` where the robot wants no signature, or the account signs for everybody.
    secret: Option<Secret>,
    pub(crate) channel: Arc<dyn Channel>,
    caller: Arc<dyn RobotCaller>,
}

/// Every robot of the configuration.
pub(crate) fn open(config: &BTreeMap<String, AccountConfig>, accounts: &BTreeMap<Arc<str>, Account>) -> Vec<Robot> {
    let robot = |(name, settings): (&String, &AccountConfig)| {
        let account = accounts.get(name.as_str())?;
        let (platform, secret) = match &settings.channel {
            ChannelConfig::DingTalkRobot(config) => {
                let wanted = config.secret.as_ref().filter(|_| !config.sign_for_callers);
                // It was read when the account was opened; should it be gone since, nobody is let in by the token.
                (PlatformKind::DingTalk, wanted.map(SecretRef::read).transpose().ok()?)
            }
            ChannelConfig::WeComRobot(_) => (PlatformKind::WeCom, None),
            _ => return None,
        };
        let hash = Sha256::digest(settings.robot_credential()?.expose().as_bytes()).into();
        Some(Robot {
            account: Arc::clone(&account.name),
            platform,
            hash,
            secret,
            channel: Arc::clone(&account.channel),
            caller: Arc::clone(account.robot.as_ref()?),
        })
    };
    config.iter().filter_map(robot).collect()
}

/// Whose robot a call is for, and who calls.
pub(crate) async fn authenticate<'a>(
    services: &Services,
    robots: &'a [Robot],
    throttle: &LoginThrottle,
    (platform, spec): (PlatformKind, &Spec),
    call: &Wire,
    parts: &Parts,
) -> Result<(&'a Robot, Arc<Caller>), Fault> {
    let credential = call.query(if platform == PlatformKind::DingTalk { TOKEN } else { "key" }).unwrap_or_default();
    let found = found(services, robots, platform, call).await;
    throttle.answer(services.clock.now(), (platform, spec), parts, credential.as_bytes(), found).await
}

async fn found<'a>(
    services: &Services,
    robots: &'a [Robot],
    platform: PlatformKind,
    call: &Wire,
) -> Result<(&'a Robot, Arc<Caller>), Fault> {
    let name = if platform == PlatformKind::DingTalk { TOKEN } else { "key" };
    let unknown = || match platform {
        PlatformKind::DingTalk => platform.refused("300005", "token is not exist"),
        PlatformKind::WeCom => platform.refused("93000", "invalid webhook url"),
    };
    let given = call.query(name).filter(|text| !text.is_empty()).ok_or_else(unknown)?;
    let hash: [u8; 32] = Sha256::digest(given.as_bytes()).into();
    // Every robot is looked at, so that the time taken tells nothing of which one it was.
    let robots = || robots.iter().filter(|robot| robot.platform == platform);
    let own = robots().fold(None, |found, robot| found.or(bool::from(hash.ct_eq(&robot.hash)).then_some(robot)));
    if let Some(robot) = own {
        if let Some(secret) = &robot.secret {
            check_signature(platform, call, secret, services.clock.now())?;
        }
        return Ok((robot, Arc::new(Caller::owner(&robot.account))));
    }
    let caller =
        services.keys.recognise_new(given).await.filter(|caller| caller.may(Scope::Send)).ok_or_else(unknown)?;
    let mut usable = robots().filter(|robot| caller.barred([&*robot.account]).is_none());
    match (usable.next(), usable.next()) {
        (Some(robot), None) => Ok((robot, caller)),
        _ => Err(unknown()),
    }
}

/// Refuses a call without the robot's signature, as the platform does: the token alone is half of the credential.
fn check_signature(platform: PlatformKind, call: &Wire, secret: &Secret, now: Time) -> Result<(), Fault> {
    let refused = |words: &str| Err(platform.refused("310000", words));
    let timestamp = call.query("timestamp").and_then(|text| text.trim().parse::<i64>().ok());
    match timestamp {
        Some(at) if at.abs_diff(now.millis()) <= SKEW_MS.unsigned_abs() => {
            let sign = call.query("sign").unwrap_or_default();
            if signed(sign, secret.expose(), at) { Ok(()) } else { refused("sign not match") }
        }
        _ => refused("invalid timestamp"),
    }
}

/// The name in the query of a DingTalk robot's token.
const TOKEN: &str = "access_token";

/// Passes a call on with the robot's own credential: uploads, and what the robot's platform is known to refuse.
pub(crate) async fn forward(
    services: &Services,
    from: &Robot,
    platform: PlatformKind,
    operation: Operation,
    parts: &Parts,
    body: Bytes,
) -> Answer {
    let spec = operation.declared.spec();
    let withheld: &[&str] = if platform == PlatformKind::DingTalk { &[TOKEN, "timestamp", "sign"] } else { &["key"] };
    let raw = arrival::raw(parts, withheld, body);
    let answer = ask(services, platform, spec, &from.account, from.caller.forward(operation.declared, &raw)).await;
    passed_back(platform, spec, &from.account, answer)
}

/// Reads what the robot is to say; `None` for what its platform is known to refuse.
pub(crate) fn read(platform: PlatformKind, call: &Wire) -> Option<SendRequest> {
    let native: Map<String, Value> = serde_json::from_slice(&call.body).ok().filter(|_| keeps_numbers(&call.body))?;
    match platform {
        PlatformKind::DingTalk => dingtalk::robot(&DingTalkSend::decode(call).ok()?.message).ok()?,
        PlatformKind::WeCom => {
            let request = WeComSend::decode(call).ok()?;
            admissible(Place::Robot, &request.msgtype, &request.content, request.check())?;
        }
    }
    let to = vec![Address::new(AddressKind::All, "")];
    Some(SendRequest { to, native: Value::Object(native), beside: Map::new() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use hongyan_dingtalk::webhook::sign;

    const NOW: Time = Time::from_millis(1_790_000_000_000);

    fn code(query: &[(&str, String)]) -> Option<String> {
        let query = query.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let call = Wire { query, ..Wire::default() };
        let checked = check_signature(PlatformKind::DingTalk, &call, &Secret::new("SECsample"), NOW);
        checked.err().map(|fault| fault.message().to_owned())
    }

    #[test]
    fn a_robot_with_a_secret_wants_the_callers_own_signature() {
        let at = NOW.millis();
        let of = |at: i64, secret: &str| vec![("timestamp", at.to_string()), ("sign", sign(secret, at))];
        assert_eq!(code(&of(at, "SECsample")), None);
        assert_eq!(code(&of(at - SKEW_MS, "SECsample")), None);
        assert_eq!(code(&of(at, "SECother")).as_deref(), Some("sign not match"));
        assert_eq!(code(&of(at, "SECsample")[..1]).as_deref(), Some("sign not match"));
        let stolen = vec![("timestamp", (at + 1).to_string()), ("sign", sign("SECsample", at))];
        assert_eq!(code(&stolen).as_deref(), Some("sign not match"));
        for off in [at - SKEW_MS - 1, at + SKEW_MS + 1, i64::MIN] {
            assert_eq!(code(&of(off, "SECsample")).as_deref(), Some("invalid timestamp"), "{off}");
        }
        assert_eq!(code(&[]).as_deref(), Some("invalid timestamp"));
    }
}
