//! DingTalk's pushes: JSON in a box, answered with `success` in another.

use super::{Opened, Receiver, Refused, digest};
use data_encoding::HEXLOWER;
use hongyan_core::Time;
use hongyan_dingtalk::callback::{Callback, Push, Stamp};
use serde_json::{Value, json};

/// The event that only asks whether this address is ours.
const CHECK_URL: &str = "check_url";

pub(super) fn open(
    receiver: &Receiver,
    callback: &Callback,
    now: Time,
    query: &[(String, String)],
    body: &[u8],
) -> Result<Opened, Refused> {
    let get = |names: &[&str]| {
        query.iter().find(|(key, _)| names.contains(&key.as_str())).map(|(_, text)| text.clone()).unwrap_or_default()
    };
    let stamp = Stamp {
        signature: get(&["signature", "msg_signature"]),
        timestamp: get(&["timestamp", "timeStamp"]),
        nonce: get(&["nonce"]),
    };
    let push: Push =
        hongyan_endpoint::strict::from_slice(body).map_err(|_| Refused("it is not a JSON object".into()))?;
    let text = callback.open(&stamp, &push).map_err(|rejected| Refused(format!("{} {rejected}", rejected.code())))?;
    receiver.check_age(&stamp.timestamp, now)?;
    let body = match serde_json::from_str::<Value>(&text) {
        Ok(body @ Value::Object(_)) => body,
        _ => json!({"text": text}),
    };
    let member = |names: &[&str]| names.iter().find_map(|name| body.get(*name)?.as_str()).map(str::to_owned);
    let event = member(&["EventType", "eventType"]).unwrap_or_default();
    // A repeat is sealed anew, but says the same.
    let key = member(&["eventId", "EventId"]).unwrap_or_else(|| digest(&text));
    Ok(Opened { key: (event != CHECK_URL).then_some(key), event, body, answer: success(callback, now)? })
}

fn success(callback: &Callback, now: Time) -> Result<(&'static str, Vec<u8>), Refused> {
    let mut random = [0_u8; 24];
    getrandom::fill(&mut random).map_err(|error| Refused(format!("no random bytes: {error}")))?;
    let (seal, nonce) = random.split_at(16);
    let seal: [u8; 16] = seal.try_into().map_err(|_| Refused("no random bytes".into()))?;
    let answer = callback.answer(&seal, &now.millis().to_string(), &HEXLOWER.encode(nonce));
    let answer = serde_json::to_vec(&answer).map_err(|error| Refused(error.to_string()))?;
    Ok(("application/json; charset=utf-8", answer))
}
