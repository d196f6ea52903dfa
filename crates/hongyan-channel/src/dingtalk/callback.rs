//! DingTalk's pushes: JSON in a box, answered with `success` in another.

use crate::callback::{CallbackReceiver, CallbackRefused, CallbackRequest, MaxAge, Opened};
use data_encoding::HEXLOWER;
use hongyan_core::Time;
use hongyan_dingtalk::callback::{Callback, Push, Stamp};
use hongyan_net::Secret;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The event that only asks whether this address is ours.
const CHECK_URL: &str = "check_url";

struct Receiver {
    callback: Callback,
    max_age: MaxAge,
}

/// Who receives an application's pushes. The error is a sentence without a secret.
pub(crate) fn callback(
    token: &Secret,
    key: &Secret,
    owner: String,
    max_age: MaxAge,
) -> Result<Box<dyn CallbackReceiver>, String> {
    let callback = Callback::new(token.expose(), key.expose(), owner).map_err(|error| error.to_string())?;
    Ok(Box::new(Receiver { callback, max_age }))
}

impl CallbackReceiver for Receiver {
    fn open(&self, request: &CallbackRequest<'_>, now: Time) -> Result<Opened, CallbackRefused> {
        let stamp = Stamp {
            signature: request.value(&["signature", "msg_signature"]).to_owned(),
            timestamp: request.value(&["timestamp", "timeStamp"]).to_owned(),
            nonce: request.value(&["nonce"]).to_owned(),
        };
        let push: Push = hongyan_endpoint::strict::from_slice(request.body)
            .map_err(|_| CallbackRefused("it is not a JSON object".into()))?;
        let text = self
            .callback
            .open(&stamp, &push)
            .map_err(|rejected| CallbackRefused(format!("{} {rejected}", rejected.code())))?;
        self.max_age.check(&stamp.timestamp, now)?;
        let body = match serde_json::from_str::<Value>(&text) {
            Ok(body @ Value::Object(_)) => body,
            _ => json!({"text": text}),
        };
        let member = |names: &[&str]| names.iter().find_map(|name| body.get(*name)?.as_str()).map(str::to_owned);
        let event = member(&["EventType", "eventType"]).unwrap_or_default();
        // A repeat is sealed anew, but says the same.
        let key = member(&["eventId", "EventId"]).unwrap_or_else(|| HEXLOWER.encode(&Sha256::digest(text.as_bytes())));
        let answer = success(&self.callback, now)?;
        Ok(Opened { key: (event != CHECK_URL).then_some(key), event, body, answer })
    }
}

fn success(callback: &Callback, now: Time) -> Result<(&'static str, Vec<u8>), CallbackRefused> {
    let mut random = [0_u8; 24];
    getrandom::fill(&mut random).map_err(|error| CallbackRefused(format!("no random bytes: {error}")))?;
    let (seal, nonce) = random.split_at(16);
    let seal: [u8; 16] = seal.try_into().map_err(|_| CallbackRefused("no random bytes".into()))?;
    let answer = callback.answer(&seal, &now.millis().to_string(), &HEXLOWER.encode(nonce));
    let answer = serde_json::to_vec(&answer).map_err(|error| CallbackRefused(error.to_string()))?;
    Ok(("application/json; charset=utf-8", answer))
}
