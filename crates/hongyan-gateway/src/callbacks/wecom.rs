//! WeCom's pushes: XML in a box, answered with nothing; and its question whether an address is ours.

use super::{Opened, Receiver, Refused};
use hongyan_core::Time;
use hongyan_wecom::callback::{Callback, CallbackFault, Element, Message, Signature};
use http::Method;
use serde_json::{Map, Value};

const TEXT: &str = "text/plain; charset=utf-8";

pub(super) fn open(
    receiver: &Receiver,
    callback: &Callback,
    now: Time,
    method: &Method,
    query: &[(String, String)],
    body: &[u8],
) -> Result<Opened, Refused> {
    let refused = |fault: CallbackFault| Refused(format!("{} {fault}", fault.code()));
    let signature = Signature::from_query(query);
    if method == Method::GET {
        let echostr = query.iter().find(|(name, _)| name == "echostr").map_or("", |(_, text)| text.as_str());
        let answer = callback.verify_url(&signature, echostr).map_err(refused)?;
        receiver.check_age(&signature.timestamp, now)?;
        return Ok(Opened { key: None, event: String::new(), body: Value::Null, answer: (TEXT, answer.into_bytes()) });
    }
    let pushed = callback.open(&signature, body).map_err(refused)?;
    receiver.check_age(&signature.timestamp, now)?;
    let document = to_json(&pushed.to_element());
    let word = |name: &str| document.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let event = match &pushed.message {
        Message::Event(event) => event.name().to_owned(),
        _ => word("MsgType"),
    };
    Ok(Opened { key: Some(pushed.repeat_key()), event, body: document, answer: (TEXT, Vec::new()) })
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
