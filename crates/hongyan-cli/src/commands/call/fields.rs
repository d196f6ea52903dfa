//! A request out of `key=value` words: what type a word has is the operation's to say, so it is asked.

use super::mask::fold;
use crate::exit::Usage;
use crate::lang::told;
use anyhow::Context;
use hongyan_endpoint::{Declared, Wire};
use serde_json::{Map, Value};
use std::{collections::BTreeSet, io::Read};

/// More words than this with two readings are not tried in every combination.
const MAX_TRIED: usize = 10;

/// What was given on the command line.
#[derive(Debug, Default)]
pub(super) struct Given {
    /// From `@file.json` or `@-`.
    base: Map<String, Value>,
    words: Vec<Word>,
}

/// One `key=value`, with its readings in the order in which they are tried.
#[derive(Debug)]
struct Word {
    key: String,
    readings: Vec<Value>,
}

impl Given {
    /// Reads the words; later ones win over the file.
    pub(super) fn read(words: &[String]) -> anyhow::Result<Self> {
        let mut given = Self::default();
        for word in words {
            if let Some(file) = word.strip_prefix('@') {
                given.base.extend(object(file)?);
                continue;
            }
            let (key, text) = word.split_once('=').ok_or_else(|| {
                Usage(told!("{word}: key=value or @file.json is expected" ; "{word}：应为 key=value 或 @文件.json"))
            })?;
            let word = match key.strip_suffix(':') {
                Some(key) => {
                    let value = serde_json::from_str(text)
                        .map_err(|e| Usage(told!("{key}: not JSON: {e}" ; "{key}：不是 JSON: {e}")))?;
                    Word { key: key.into(), readings: vec![value] }
                }
                None => Word { key: key.into(), readings: readings(text) },
            };
            if word.key.split('.').any(str::is_empty) {
                return Err(Usage(told!("{}: a field's name is empty" ; "{}：字段名为空", word.key)).into());
            }
            given.words.push(word);
        }
        Ok(given)
    }

    /// The request with some words (by index) in their second reading.
    fn request(&self, second: &BTreeSet<usize>) -> Result<Map<String, Value>, Usage> {
        let mut request = self.base.clone();
        for (i, word) in self.words.iter().enumerate() {
            let reading = word.readings.get(usize::from(second.contains(&i))).or(word.readings.first());
            put(&mut request, &word.key, reading.cloned().unwrap_or_default())?;
        }
        Ok(request)
    }
}

/// A scalar is a string unless the field will not have one (a string of digits is not a number to most fields that
/// take both); a list or an object is JSON unless the field wants a string.
fn readings(text: &str) -> Vec<Value> {
    let string = Value::from(text);
    match serde_json::from_str::<Value>(text) {
        Err(_) | Ok(Value::String(_)) => vec![string],
        Ok(json @ (Value::Array(_) | Value::Object(_))) => vec![json, string],
        Ok(json) => vec![string, json],
    }
}

fn object(file: &str) -> anyhow::Result<Map<String, Value>> {
    let mut text = String::new();
    if file == "-" {
        std::io::stdin()
            .read_to_string(&mut text)
            .with_context(|| told!("standard input cannot be read" ; "无法读取标准输入"))?;
    } else {
        text = std::fs::read_to_string(file)
            .map_err(|e| Usage(told!("{file} cannot be read: {e}" ; "{file} 无法读取：{e}")))?;
    }
    serde_json::from_str(&text)
        .map_err(|e| Usage(told!("@{file} is not a JSON object: {e}" ; "@{file} 不是 JSON 对象：{e}")).into())
}

/// Sets a dotted key, making the objects on the way.
fn put(into: &mut Map<String, Value>, key: &str, value: Value) -> Result<(), Usage> {
    match key.split_once('.') {
        None => {
            into.insert(key.into(), value);
            Ok(())
        }
        Some((first, rest)) => match into.entry(first).or_insert_with(|| Map::new().into()) {
            Value::Object(inner) => put(inner, rest, value),
            _ => Err(Usage(told!("{key}: {first} is not an object" ; "{key}：{first} 不是对象"))),
        },
    }
}

/// The request as the operation reads it, and its wire. `own` are fields that the account knows, by folded name;
/// they go in where the operation has them and none were given.
pub(super) fn fill(
    operation: &dyn Declared,
    given: Given,
    own: &[(&'static str, Value)],
) -> anyhow::Result<(Value, Wire)> {
    let own = |name: &str| own.iter().find(|(known, _)| *known == fold(name)).map(|(_, value)| value.clone());
    let mut second = BTreeSet::new();
    let mut filled = Map::new();
    let build = |second: &BTreeSet<usize>, filled: &Map<String, Value>| -> Result<Value, Usage> {
        let mut request = given.request(second)?;
        for (name, value) in filled {
            request.entry(name.clone()).or_insert_with(|| value.clone());
        }
        Ok(Value::Object(request))
    };
    let (mut request, mut wire) =
        loop {
            let request = build(&second, &filled)?;
            let error = match operation.dry_run(request.clone()) {
                Ok(wire) => break (request, wire),
                Err(error) => error,
            };
            let name = error.top();
            if error.misses(name)
                && !filled.contains_key(name)
                && let Some(value) = own(name)
            {
                filled.insert(name.to_owned(), value);
            } else if let Some(other) = given.words.iter().enumerate().position(|(i, word)| {
                word.readings.len() > 1 && !second.contains(&i) && covers(&error.field, &word.key)
            }) {
                second.insert(other);
            } else if let Some(found) = every_reading(operation, &given, |second| build(second, &filled)) {
                break found;
            } else {
                return Err(Usage(format!("{}: {error}", operation.spec().name)).into());
            }
        };
    // Fields with a default are not missed; those that the account knows are set all the same.
    let body = serde_json::from_slice(&wire.body).unwrap_or(Value::Null);
    let names: Vec<String> = wire
        .query
        .iter()
        .map(|(name, _)| name)
        .chain(body.as_object().into_iter().flat_map(Map::keys))
        .cloned()
        .collect();
    for name in names {
        if request.get(&name).is_none()
            && let (Some(value), Value::Object(request)) = (own(&name), &mut request)
        {
            request.insert(name, value);
        }
    }
    if let Ok(better) = operation.dry_run(request.clone()) {
        wire = better;
    }
    unheard(operation, &request, &wire)?;
    Ok((request, wire))
}

/// Whether an error's path speaks of the key: it, above it or below it.
fn covers(path: &str, key: &str) -> bool {
    let below = |long: &str, short: &str| {
        long.strip_prefix(short).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    !path.is_empty() && (below(path, key) || below(key, path))
}

/// Errors of flattened and of one-of-many types name no field: every combination is tried, fewest changes first.
fn every_reading(
    operation: &dyn Declared,
    given: &Given,
    build: impl Fn(&BTreeSet<usize>) -> Result<Value, Usage>,
) -> Option<(Value, Wire)> {
    let open: Vec<usize> = given
        .words
        .iter()
        .enumerate()
        .filter(|(_, word)| word.readings.len() > 1)
        .map(|(i, _)| i)
        .take(MAX_TRIED)
        .collect();
    let mut masks: Vec<u32> = (1..1_u32 << open.len()).collect();
    masks.sort_by_key(|mask| mask.count_ones());
    masks.into_iter().find_map(|mask| {
        let second = open.iter().enumerate().filter(|(bit, _)| mask >> bit & 1 == 1).map(|(_, i)| *i).collect();
        let request = build(&second).ok()?;
        let wire = operation.dry_run(request.clone()).ok()?;
        Some((request, wire))
    })
}

/// A field that changes nothing on the wire is none of the operation's: most likely a slip of the hand.
fn unheard(operation: &dyn Declared, request: &Value, wire: &Wire) -> Result<(), Usage> {
    let Value::Object(fields) = request else { return Ok(()) };
    let body = serde_json::from_slice(&wire.body).unwrap_or(Value::Null);
    for (name, value) in fields {
        let idle = match value {
            Value::Null | Value::Bool(false) => true,
            Value::String(text) => text.is_empty(),
            Value::Number(number) => number.as_i64() == Some(0),
            Value::Array(items) => items.is_empty(),
            Value::Object(members) => members.is_empty(),
            Value::Bool(true) => false,
        };
        if idle || wire.query(name).is_some() || body.get(name).is_some() {
            continue;
        }
        let mut without = fields.clone();
        without.remove(name);
        if operation.dry_run(Value::Object(without)).as_ref() == Ok(wire) {
            let spec = operation.spec();
            return Err(Usage(
                told!("{}: there is no field {name:?} (see {})" ; "{}：没有字段 {name:?}（见 {}）", spec.name, spec.source),
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use hongyan_channel::operations;
    use serde_json::json;

    fn filled(platform: &str, name: &str, words: &[&str]) -> Result<Value, String> {
        let all = (operations(platform).unwrap().list)();
        let operation = *all.iter().find(|declared| declared.spec().name == name).unwrap();
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let own = [("agentid", json!(7)), ("appsecret", json!("canary")), ("appkey", json!("ding"))];
        let given = Given::read(&words).map_err(|e| e.to_string())?;
        let (_, wire) = fill(operation, given, &own).map_err(|e| e.to_string())?;
        if wire.body.is_empty() {
            return Ok(wire.query.into_iter().map(|(name, value)| (name, Value::from(value))).collect());
        }
        Ok(serde_json::from_slice(&wire.body).unwrap())
    }

    #[test]
    fn a_word_has_the_type_that_its_field_wants() {
        let sent = filled(
            "dingtalk",
            "notice.send",
            &["userid_list=123", "to_all_user=false", "msg.msgtype=text", "msg.text.content=42"],
        )
        .unwrap();
        let expected = json!({"agent_id": 7, "userid_list": "123", "to_all_user": false,
            "msg": {"msgtype": "text", "text": {"content": "42"}}});
        assert_eq!(sent, expected, "strings, a boolean, nested objects, and the account's own agent id");
        let sent = filled("dingtalk", "notice.send", &["msg={\"msgtype\":\"text\"}", "agent_id=9"]).unwrap();
        assert_eq!((&sent["agent_id"], &sent["msg"]["msgtype"]), (&json!(9), &json!("text")), "what is given wins");
        let sent = filled("dingtalk", "notice.send", &["msg.n:=1"]).unwrap();
        assert_eq!(sent["msg"]["n"], json!(1), "key:=value is JSON");
    }

    #[test]
    fn a_defaulted_agent_id_is_the_accounts_too() {
        let sent = filled("wecom", "message.send", &["touser=li", "msgtype=text", "text.content=1"]).unwrap();
        assert_eq!((&sent["agentid"], &sent["text"]["content"]), (&json!(7), &json!("1")));
    }

    #[test]
    fn the_accounts_credential_goes_where_a_login_wants_it() {
        assert_eq!(filled("dingtalk", "token.get", &[]).unwrap(), json!({"appkey": "ding", "appsecret": "canary"}));
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        assert!(filled("dingtalk", "notice.progress", &[]).unwrap_err().contains("task_id"));
        assert!(filled("dingtalk", "notice.progress", &["task_id=x"]).unwrap_err().contains("task_id"));
        assert!(filled("dingtalk", "notice.progress", &["task_id=1", "taskid=1"]).unwrap_err().contains("\"taskid\""));
        assert!(filled("dingtalk", "notice.progress", &["task_id"]).unwrap_err().contains("key=value"));
        assert!(filled("dingtalk", "notice.send", &["msg=a", "msg.b=c"]).unwrap_err().contains("not an object"));
    }
}
