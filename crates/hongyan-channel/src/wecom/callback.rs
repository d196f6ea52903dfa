//! WeCom's pushes: XML in a box, answered with nothing; and its question whether an address is ours.

use crate::callback::{CallbackReceiver, CallbackRefused, CallbackRequest, MaxAge, Opened};
use hongyan_core::Time;
use hongyan_net::Secret;
use hongyan_wecom::callback::{Callback, CallbackFault, Element, Message, Signature};
use serde_json::{Map, Value};

const TEXT: &str = "text/plain; charset=utf-8";

struct Receiver {
    callback: Callback,
    max_age: MaxAge,
}

/// Who receives an application's pushes. The error is a sentence without a secret.
pub(crate) fn callback(
    token: Secret,
    key: &Secret,
    owner: &str,
    max_age: MaxAge,
) -> Result<Box<dyn CallbackReceiver>, String> {
    let callback = Callback::new(token, key.expose(), owner).map_err(|error| error.to_string())?;
    Ok(Box::new(Receiver { callback, max_age }))
}

impl CallbackReceiver for Receiver {
    fn open(&self, request: &CallbackRequest<'_>, now: Time) -> Result<Opened, CallbackRefused> {
        let refused = |fault: CallbackFault| CallbackRefused(format!("{} {fault}", fault.code()));
        let signature = Signature::from_query(request.query);
        if request.is_get {
            let answer = self.callback.verify_url(&signature, request.value(&["echostr"])).map_err(refused)?;
            self.max_age.check(&signature.timestamp, now)?;
            let answer = (TEXT, answer.into_bytes());
            return Ok(Opened { key: None, event: String::new(), body: Value::Null, answer });
        }
        let pushed = self.callback.open(&signature, request.body).map_err(refused)?;
        self.max_age.check(&signature.timestamp, now)?;
        let document = to_json(&pushed.to_element());
        let word = |name: &str| document.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let event = match &pushed.message {
            Message::Event(event) => event.name().to_owned(),
            _ => word("MsgType"),
        };
        Ok(Opened { key: Some(pushed.repeat_key()), event, body: document, answer: (TEXT, Vec::new()) })
    }
}

/// An element's children as members; one that repeats as a list; an element without children as its text.
fn to_json(element: &Element) -> Value {
    if element.children.is_empty() {
        return Value::String(element.text.clone());
    }
    let mut members = Map::new();
    for child in &element.children {
        let value = to_json(child);
        match members.get_mut(&child.name) {
            Some(Value::Array(list)) => list.push(value),
            Some(first) => {
                let first_value = first.take();
                *first = Value::Array(vec![first_value, value]);
            }
            None => {
                members.insert(child.name.clone(), value);
            }
        }
    }
    Value::Object(members)
}
