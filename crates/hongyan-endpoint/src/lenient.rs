//! Readers for fields that the platforms write in more than one way.
//!
//! The pages quote numbers (`"errcode":"0"`), send `null` for an empty list and once sent lists as
//! comma-joined strings; each reader takes every form that was seen and writes one.

use crate::Bilingual;
use serde::{Deserialize, Deserializer, de::Error};
use serde_json::Value;

/// A whole number, or one in quotes.
///
/// # Errors
/// When the value is neither.
pub fn integer<'de, D: Deserializer<'de>>(from: D) -> Result<i64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Form {
        Number(i64),
        Text(String),
    }
    match Form::deserialize(from).map_err(|_| D::Error::custom(Bilingual::fixed("expected an integer", "应为整数")))?
    {
        Form::Number(n) => Ok(n),
        Form::Text(s) => {
            s.trim().parse().map_err(|_| D::Error::custom(Bilingual::fixed("expected an integer", "应为整数")))
        }
    }
}

/// As [`integer`], for a field that may be absent, `null` or `""`.
///
/// # Errors
/// When the value is something else.
pub fn integer_opt<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    match Option::<Value>::deserialize(from)? {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(s)) if s.trim().is_empty() => Ok(None),
        Some(other) => integer(other).map(Some).map_err(D::Error::custom),
    }
}

/// A text, or a scalar written as one.
///
/// # Errors
/// When the value is a list or an object.
pub fn text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    match Value::deserialize(from)? {
        Value::String(s) => Ok(s),
        Value::Number(n) => Ok(n.to_string()),
        Value::Bool(b) => Ok(b.to_string()),
        Value::Null => Ok(String::new()),
        _ => Err(D::Error::custom(Bilingual::fixed("expected a string", "应为字符串"))),
    }
}

/// As [`text`], for a field that may be absent or `null`.
///
/// # Errors
/// When the value is a list or an object.
pub fn text_opt<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    match Option::<Value>::deserialize(from)? {
        None | Some(Value::Null) => Ok(None),
        Some(other) => text(other).map(Some).map_err(D::Error::custom),
    }
}

/// A boolean, or one in quotes (in any case: Python writes `True`) or as 0 and 1; absent, `null` and `""` are `None`.
///
/// # Errors
/// When the value is something else.
pub fn boolean_opt<'de, D: Deserializer<'de>>(from: D) -> Result<Option<bool>, D::Error> {
    match Option::<Value>::deserialize(from)? {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(b)) => Ok(Some(b)),
        Some(Value::Number(n)) if n.as_i64() == Some(0) => Ok(Some(false)),
        Some(Value::Number(n)) if n.as_i64() == Some(1) => Ok(Some(true)),
        Some(Value::String(s)) => match s.trim().to_ascii_lowercase().as_str() {
            "" => Ok(None),
            "true" | "1" => Ok(Some(true)),
            "false" | "0" => Ok(Some(false)),
            _ => Err(D::Error::custom(Bilingual::fixed("expected a boolean", "应为布尔值"))),
        },
        Some(_) => Err(D::Error::custom(Bilingual::fixed("expected a boolean", "应为布尔值"))),
    }
}

/// A list of texts: a JSON array (of strings or numbers), a `,`- or `|`-joined string, or `null`.
///
/// # Errors
/// When the value is an object or a nested list.
pub fn list<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    match Value::deserialize(from)? {
        Value::Null => Ok(Vec::new()),
        Value::String(s) => Ok(s.split([',', '|']).map(str::trim).filter(|s| !s.is_empty()).map(Into::into).collect()),
        Value::Array(items) => items.into_iter().map(|item| text(item).map_err(D::Error::custom)).collect(),
        Value::Number(n) => Ok(vec![n.to_string()]),
        _ => Err(D::Error::custom(Bilingual::fixed("expected a list", "应为列表"))),
    }
}

/// As [`list`], of whole numbers.
///
/// # Errors
/// When the value is no list, or an item no whole number.
pub fn integers<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<i64>, D::Error> {
    let items = list(from)?;
    items
        .iter()
        .map(|item| {
            item.trim().parse().map_err(|_| D::Error::custom(Bilingual::fixed("expected integers", "应为整数")))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_form_that_was_seen_is_read() {
        assert_eq!(integer(json!("88")).unwrap(), 88);
        assert_eq!(integer(json!(-1)).unwrap(), -1);
        assert_eq!(integer_opt(json!(null)).unwrap(), None);
        assert_eq!(list(json!("a,b")).unwrap(), ["a", "b"]);
        assert_eq!(list(json!("a|b")).unwrap(), ["a", "b"]);
        assert_eq!(list(json!(["a", 2])).unwrap(), ["a", "2"]);
        assert_eq!(list(json!(null)).unwrap(), Vec::<String>::new());
        assert_eq!(boolean_opt(json!("true")).unwrap(), Some(true));
        assert_eq!(boolean_opt(json!("False")).unwrap(), Some(false));
        assert_eq!(integers(json!([1, "3"])).unwrap(), [1, 3]);
        assert_eq!(integers(json!(null)).unwrap(), Vec::<i64>::new());
        assert_eq!(text_opt(json!(null)).unwrap(), None);
        assert_eq!(text_opt(json!(1)).unwrap().as_deref(), Some("1"));
        assert!(integers(json!(["a"])).is_err());
        assert!(integer(json!("8x")).is_err());
        assert!(list(json!({"a": 1})).is_err());
    }
}
