//! Stream's first call: an address and a ticket. The connection itself is [`super::socket`]'s.

use super::{credentials::Credentials, streams::Streams};
use crate::{
    options::random_hex,
    route::{Refused, refuse},
    world::{Caller, World},
};
use hongyan_dingtalk::{
    DingTalk,
    stream::{ConnectionOpened, OpenConnection},
};

pub(super) fn open(world: &mut World, caller: &Caller, request: OpenConnection) -> Result<ConnectionOpened, Refused> {
    let credentials = world.memory.get::<Credentials>();
    if request.client_id != credentials.app_key || request.client_secret != credentials.app_secret {
        return Err(refuse::<DingTalk>("invalidClientIdOrSecret", "无效的clientId或clientSecret").into());
    }
    let known = |kind: &str| ["EVENT", "CALLBACK", "SYSTEM"].contains(&kind);
    if let Some(topic) = request.subscriptions.iter().find(|topic| !known(&topic.kind)) {
        let kind: String = topic.kind.chars().take(64).collect();
        return Err(refuse::<DingTalk>("parameter.invalid", format!("subscriptions.type: {kind}")).into());
    }
    let hex = random_hex(32).map_err(|_| refuse::<DingTalk>("system.error", "系统错误"))?;
    let ticket = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-");
    world.memory.get_mut::<Streams>().give(ticket.clone(), request.subscriptions, caller.now);
    Ok(ConnectionOpened { endpoint: format!("ws://{}/connect", world.host), ticket })
}
