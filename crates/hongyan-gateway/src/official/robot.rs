//! The robots of groups on their own paths: `robot/send?access_token=…` and `webhook/send?key=…`.
//!
//! The credential says whose robot it is: a configured robot's own, or an API key that may use exactly one. What is
//! sent goes through outbox and ledger; the gateway signs it where the robot wants that.

use super::{
    follow::spoken,
    send::{self, Asked},
    side::Side,
};
use crate::{app::App, config::Config, keys::Caller};
use hongyan_channel::{Account, ChannelConfig};
use hongyan_core::{Address, AddressKind, Channel, Format, Scope};
use hongyan_dingtalk::{content as dingtalk, webhook::SendWebhook as DingTalkSend};
use hongyan_endpoint::{Endpoint, Fault, File, Sealed, Spec, Wire};
use hongyan_wecom::{media::MediaUploaded, webhook::SendWebhook as WeComSend};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, sync::Arc};
use subtle::ConstantTimeEq;

/// A configured robot.
pub(super) struct Robot {
    pub(super) account: Arc<str>,
    side: Side,
    /// SHA-256: the credential itself is its channel's.
    hash: [u8; 32],
    pub(super) channel: Arc<dyn Channel>,
}

/// Every robot of the configuration.
pub(super) fn open(config: &Config, accounts: &BTreeMap<Arc<str>, Account>) -> Vec<Robot> {
    let robot = |(name, settings): (&String, &hongyan_channel::AccountConfig)| {
        let account = accounts.get(name.as_str())?;
        let side = match &settings.channel {
            ChannelConfig::DingTalkRobot(_) => Side::DingTalk,
            ChannelConfig::WeComRobot(_) => Side::WeCom,
            _ => return None,
        };
        let hash = Sha256::digest(settings.robot_credential()?.expose().as_bytes()).into();
        Some(Robot { account: Arc::clone(&account.name), side, hash, channel: Arc::clone(&account.channel) })
    };
    config.accounts.iter().filter_map(robot).collect()
}

/// Whose robot a call is for, and who calls.
pub(super) fn whose<'a>(app: &'a App, side: Side, call: &Wire) -> Result<(&'a Robot, Arc<Caller>), Fault> {
    let name = if side == Side::DingTalk { "access_token" } else { "key" };
    let unknown = || match side {
        Side::DingTalk => side.refuse("300005", "token is not exist"),
        Side::WeCom => side.refuse("93000", "invalid webhook url"),
    };
    let given = call.query(name).filter(|text| !text.is_empty()).ok_or_else(unknown)?;
    let hash: [u8; 32] = Sha256::digest(given.as_bytes()).into();
    // Every robot is looked at, so that the time taken tells nothing of which one it was.
    let robots = || app.doors.robots.iter().filter(|robot| robot.side == side);
    let own = robots().fold(None, |found, robot| found.or(bool::from(hash.ct_eq(&robot.hash)).then_some(robot)));
    if let Some(robot) = own {
        return Ok((robot, Arc::new(Caller::owner(&robot.account))));
    }
    let caller = app.ring.recognise(given).filter(|caller| caller.may(Scope::Send)).ok_or_else(unknown)?;
    let mut usable = robots().filter(|robot| caller.barred([&*robot.account]).is_none());
    match (usable.next(), usable.next()) {
        (Some(robot), None) => Ok((robot, caller)),
        _ => Err(unknown()),
    }
}

/// Hands a file to the robot's platform, to be named in what the robot says.
pub(super) async fn upload(
    app: &App,
    from: &Robot,
    side: Side,
    spec: &Spec,
    call: &Wire,
    body: &[u8],
) -> Result<Sealed, Fault> {
    let kind = call.query("type").unwrap_or_default();
    let form = match kind {
        "file" => Format::File,
        "voice" => Format::Voice,
        _ => return Err(side.refuse("40004", "invalid media type")),
    };
    let header = call.headers.iter().find(|(name, _)| name == "content-type");
    let media_type = header.map_or("", |(_, value)| value.as_str());
    let file = File::in_form(media_type, body).map_err(|_| side.refuse("44001", "empty media data"))?;
    let now = app.clock.now();
    let uploaded = from.channel.upload(form, &file, now).await.map_err(|fault| {
        tracing::warn!(account = %from.account, %fault, "a file was not handed on");
        spoken(side, spec, fault)
    })?;
    let reply = MediaUploaded {
        kind: kind.to_owned(),
        media_id: uploaded.id,
        created_at: (now.millis() / 1_000).to_string(),
        ..MediaUploaded::default()
    };
    let reply = serde_json::to_value(reply).map_err(|_| side.busy(spec))?;
    Ok(side.seal(spec, Ok(reply)))
}

/// Reads what the robot is to say; what it cannot say is refused in the platform's code.
pub(super) fn read(side: Side, spec: &Spec, call: &Wire) -> Result<Asked, Fault> {
    let unreadable = |invalid: hongyan_endpoint::Invalid| side.unreadable(spec, &invalid.to_string());
    send::check_numbers(side, spec, &call.body)?;
    match side {
        Side::DingTalk => {
            let request = DingTalkSend::decode(call).map_err(unreadable)?;
            dingtalk::robot(&request.message)
                .map_err(|unfit| side.refuse(unfit.code, format!("{}: {}", unfit.field, unfit.message)))?;
        }
        Side::WeCom => {
            let request = WeComSend::decode(call).map_err(unreadable)?;
            request.check().map_err(|unfit| side.refuse(unfit.code, format!("{}: {}", unfit.field, unfit.message)))?;
        }
    }
    let mut native: Map<String, Value> =
        serde_json::from_slice(&call.body).map_err(|_| side.unreadable(spec, "the body is not a JSON object"))?;
    // The key against repeats is the delivery's own.
    native.remove("msgUuid");
    Ok(Asked { to: vec![Address::new(AddressKind::All, "")], native: Value::Object(native) })
}
