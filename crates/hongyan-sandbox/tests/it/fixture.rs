//! The platforms' own examples, asked of the sandbox: each is answered with all that the page shows.

use crate::raw::Raw;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Those that need somebody's server or something said before: their own tests ask them, in this order.
pub(crate) const STAGED: [&str; 7] = [
    "callback.register",
    "callback.update",
    "callback.get",
    "callback.failed",
    "callback.delete",
    "stream.open",
    "webhook.answer",
];

/// Puts the sandbox's own names in the place of the page's.
pub(crate) fn localise(value: &mut Value, names: &Map<String, Value>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                match names.get(name) {
                    Some(ours) => *value = ours.clone(),
                    None => localise(value, names),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| localise(item, names)),
        _ => {}
    }
}

/// Everything that the page shows is in our answer and of the same kind; values and list lengths are our own.
pub(crate) fn resembles(at: &str, page: &Value, ours: &Value) {
    match (page, ours) {
        (Value::Object(page), Value::Object(ours)) => {
            for (name, value) in page {
                // A list that is present only when somebody was filtered; a map with names of the company's own.
                if name != "forbidden_list" && name != "extattr" {
                    resembles(&format!("{at}.{name}"), value, ours.get(name).unwrap_or(&Value::Null));
                }
            }
        }
        _ => assert_eq!(std::mem::discriminant(page), std::mem::discriminant(ours), "{at}: {page} and {ours}"),
    }
}

/// The operations that the sandbox says it answers, by name.
pub(crate) async fn answered(raw: &Raw, platform: &str) -> BTreeSet<String> {
    let said = raw.call("GET", "/sandbox", &Value::Null).await.json();
    let of = format!("({platform} ");
    let operations = said["operations"].as_array().unwrap().iter().map(|line| line.as_str().unwrap());
    operations.filter_map(|line| Some(line.split_once(&of)?.1.trim_end_matches(')').to_owned())).collect()
}

pub(crate) fn names(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}
