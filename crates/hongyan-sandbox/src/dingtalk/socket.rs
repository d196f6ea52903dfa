//! Stream's connection: a WebSocket that the application opened, frames out, answers in.
//!
//! Which frames, and when, is not decided here: they are only written, and what comes back is read.

use super::{
    card,
    press::Pressed,
    streams::{self, Streams},
};
use crate::{hub::Hub, route::enter};
use futures_util::{SinkExt, StreamExt};
use hongyan_endpoint::pairs;
use http::{
    HeaderMap, StatusCode, Uri,
    header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE},
};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::mpsc::Receiver;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Message,
        handshake::derive_accept_key,
        protocol::{Role, WebSocketConfig},
    },
};

/// Where connections arrive.
pub(crate) const PATH: &str = "/connect";
/// The longest answer that is read, in bytes.
const MAX_ANSWER: usize = 1 << 20;

/// A connection that is about to be one.
pub(crate) struct Entering {
    pub(crate) number: u64,
    pub(crate) frames: Receiver<String>,
    pub(crate) upgrade: OnUpgrade,
}

/// Headers that accept a handshake.
pub(crate) type Accept = [(&'static str, String); 3];

/// Looks at a handshake: the headers of the answer that accepts it, or the status that does not.
pub(crate) fn enter_by(
    hub: &Hub,
    uri: &Uri,
    headers: &HeaderMap,
    upgrade: OnUpgrade,
) -> Result<(Accept, Entering), StatusCode> {
    let says = |name, what: &str| {
        let value = headers.get(name).and_then(|value: &http::HeaderValue| value.to_str().ok());
        value.is_some_and(|value| value.split(',').any(|part| part.trim().eq_ignore_ascii_case(what)))
    };
    if !says(CONNECTION, "upgrade") || !says(UPGRADE, "websocket") {
        return Err(StatusCode::UPGRADE_REQUIRED);
    }
    let key = headers.get(SEC_WEBSOCKET_KEY).ok_or(StatusCode::BAD_REQUEST)?;
    if !says(SEC_WEBSOCKET_VERSION, "13") {
        return Err(StatusCode::UPGRADE_REQUIRED);
    }
    let ticket = pairs(uri.query().unwrap_or_default()).find(|(name, _)| name == "ticket").map(|(_, value)| value);
    let now = hub.clock.now_ms();
    let mut world = enter(&hub.world);
    let entered = ticket.and_then(|ticket| world.memory.get_mut::<Streams>().enter(&ticket, now));
    let (number, frames) = entered.ok_or(StatusCode::UNAUTHORIZED)?;
    world.events.unpark(now);
    let accept = [
        (CONNECTION.as_str(), "Upgrade".to_owned()),
        (UPGRADE.as_str(), "websocket".to_owned()),
        (SEC_WEBSOCKET_ACCEPT.as_str(), derive_accept_key(key.as_bytes())),
    ];
    Ok((accept, Entering { number, frames, upgrade }))
}

/// Writes and reads until either side is done.
pub(crate) async fn serve(hub: &Hub, entering: Entering) {
    let Entering { number, mut frames, upgrade } = entering;
    if let Ok(upgraded) = upgrade.await {
        let config = WebSocketConfig::default().max_message_size(Some(MAX_ANSWER)).max_frame_size(Some(MAX_ANSWER));
        let mut socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await;
        loop {
            tokio::select! {
                frame = frames.recv() => {
                    let Some(frame) = frame else {
                        // Whoever is told to go gets a farewell; what goes wrong with it no longer matters.
                        let _ = socket.close(None).await;
                        break;
                    };
                    if socket.send(Message::text(frame)).await.is_err() {
                        break;
                    }
                }
                heard = socket.next() => match heard {
                    Some(Ok(Message::Text(text))) => hear(hub, text.as_str()),
                    Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                    // Pings are answered below us.
                    Some(Ok(_)) => {}
                },
            }
        }
    }
    enter(&hub.world).memory.get_mut::<Streams>().leave(number);
}

/// The answer to a frame. Members that do not matter here may be of any kind.
#[derive(Deserialize)]
struct Ack {
    #[serde(default)]
    code: Value,
    #[serde(default)]
    headers: Value,
    #[serde(default)]
    data: Value,
}

fn hear(hub: &Hub, text: &str) {
    let Ok(ack) = serde_json::from_str::<Ack>(text) else { return };
    let Some(id) = ack.headers["messageId"].as_str() else { return };
    let now = hub.clock.now_ms();
    let mut world = enter(&hub.world);
    // The answer to a ping finds nothing, as does one that comes too late.
    let Some(number) = world.events.find(streams::DESTINATION, id) else { return };
    let judged = judge(&ack);
    let pressed = world.events.under_way(number).map(|delivery| delivery.event.clone());
    if judged.is_ok()
        && let Some(event) = pressed
        && let Some(Pressed { press, who, .. }) = event.of::<Pressed>()
    {
        let answer = answer(&ack)["response"].to_string();
        card::answered(&mut world, press, *who, answer.as_bytes());
    }
    world.tried(number, judged, now);
}

/// 200 is taken, unless it says `LATER`.
fn judge(ack: &Ack) -> Result<(), String> {
    let code = ack.code.as_i64().or_else(|| ack.code.as_str().and_then(|text| text.parse().ok()));
    if code != Some(200) {
        return Err(format!("answered with code {}", ack.code));
    }
    match answer(ack)["status"].as_str() {
        Some("LATER") => Err("answered LATER".into()),
        _ => Ok(()),
    }
}

/// What the answer holds: JSON, mostly as a text.
fn answer(ack: &Ack) -> Value {
    match &ack.data {
        Value::String(text) => serde_json::from_str(text).unwrap_or_default(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_answer_takes_or_puts_off() {
        let taken = |ack: Value| judge(&serde_json::from_value(ack).unwrap()).is_ok();
        assert!(taken(json!({"code": 200, "data": "{\"status\":\"SUCCESS\"}"})));
        assert!(taken(json!({"code": 200, "data": "{\"response\":null}"})));
        assert!(taken(json!({"code": "200", "data": ""})));
        assert!(!taken(json!({"code": 200, "data": "{\"status\":\"LATER\"}"})));
        assert!(!taken(json!({"code": 500})));
        assert!(!taken(json!({})));
    }
}
