//! Readers for forms that only this platform was seen to write.

use hongyan_endpoint::lenient;
use serde::{Deserialize, Deserializer, de::DeserializeOwned, de::Error};
use serde_json::Value;
use std::collections::BTreeMap;

/// A boolean in any of its forms; absent, `null` and `""` are false.
pub(crate) fn flag<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    lenient::boolean_opt(from).map(Option::unwrap_or_default)
}

/// A scalar as text; `null` is `None`.
pub(crate) fn text_opt<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    match Value::deserialize(from)? {
        Value::Null => Ok(None),
        value => lenient::text(value).map(Some).map_err(D::Error::custom),
    }
}

/// Whole numbers in any form of a list, also a JSON array in quotes (`"[1,2]"`).
pub(crate) fn ids<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<i64>, D::Error> {
    let value = match Value::deserialize(from)? {
        Value::String(text) => Value::String(text.trim().trim_matches(['[', ']']).to_owned()),
        value => value,
    };
    let texts = lenient::list(value).map_err(D::Error::custom)?;
    let number = |text: &String| text.parse().map_err(|_| D::Error::custom("expected integers"));
    texts.iter().map(number).collect()
}

/// Texts or numbers, joined with commas: as such a text, or as a JSON array, bare or in quotes.
pub(crate) fn joined<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    match Value::deserialize(from)? {
        Value::Array(items) => {
            let texts: Result<Vec<String>, _> = items.into_iter().map(lenient::text::<Value>).collect();
            texts.map(|texts| texts.join(",")).map_err(D::Error::custom)
        }
        Value::String(text) if text.trim_start().starts_with('[') => {
            joined(serde_json::from_str::<Value>(&text).map_err(D::Error::custom)?).map_err(D::Error::custom)
        }
        value => lenient::text(value).map_err(D::Error::custom),
    }
}

/// As [`joined`]; `null` is `None`.
pub(crate) fn joined_opt<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    match Value::deserialize(from)? {
        Value::Null => Ok(None),
        value => joined(value).map(Some).map_err(D::Error::custom),
    }
}

/// JSON as a text; who sends the object itself means its text. `null` is `None`.
pub(crate) fn written_opt<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    match Value::deserialize(from)? {
        Value::Null => Ok(None),
        value @ (Value::Object(_) | Value::Array(_)) => Ok(Some(value.to_string())),
        value => lenient::text(value).map(Some).map_err(D::Error::custom),
    }
}

/// A list of objects, in quotes where it came by a form; `null` and `""` are an empty one.
pub(crate) fn rows<'de, D: Deserializer<'de>, T: DeserializeOwned>(from: D) -> Result<Vec<T>, D::Error> {
    let list = match Value::deserialize(from)? {
        Value::Null => return Ok(Vec::new()),
        Value::String(text) if text.trim().is_empty() => return Ok(Vec::new()),
        Value::String(text) => serde_json::from_str(&text).map_err(D::Error::custom)?,
        list => list,
    };
    serde_json::from_value(list).map_err(D::Error::custom)
}

/// Texts by name; `null` is none.
pub(crate) fn map<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, String>, D::Error> {
    let members = Option::<BTreeMap<String, Value>>::deserialize(from)?.unwrap_or_default();
    let read = |(name, value)| lenient::text::<Value>(value).map(|text| (name, text)).map_err(D::Error::custom);
    members.into_iter().map(read).collect()
}

/// One chain of department ids for each department of a person; a flat list (an old example has one) is one chain.
pub(crate) fn chains<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Vec<i64>>, D::Error> {
    let read = |value| ids::<Value>(value).map_err(D::Error::custom);
    match Value::deserialize(from)? {
        Value::Null => Ok(Vec::new()),
        Value::String(text) if text.trim_start().starts_with('[') => {
            chains(serde_json::from_str::<Value>(&text).map_err(D::Error::custom)?).map_err(D::Error::custom)
        }
        Value::Array(items) if items.iter().all(Value::is_array) => items.into_iter().map(read).collect(),
        flat => Ok(vec![read(flat)?]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_form_of_a_list_of_numbers_is_read() {
        for form in [json!([1, 2]), json!(["1", "2"]), json!("1,2"), json!("1|2"), json!("[1, 2]")] {
            assert_eq!(ids(form.clone()).unwrap(), [1, 2], "{form}");
        }
        assert!(ids(json!(null)).unwrap().is_empty());
        assert!(ids(json!(["a"])).is_err());
    }

    #[test]
    fn each_form_of_the_chains_is_read() {
        for form in [json!([[456, 123, 1], [789, 1]]), json!("[[456,123,1],[789,1]]")] {
            assert_eq!(chains(form.clone()).unwrap(), [vec![456, 123, 1], vec![789, 1]], "{form}");
        }
        assert_eq!(chains(json!([456, 123, 1])).unwrap(), [[456, 123, 1]]);
        assert!(chains(json!(null)).unwrap().is_empty());
        assert!(chains(json!("[[")).is_err());
    }

    #[test]
    fn what_a_form_sends_as_text_is_read() {
        for form in [json!("2,3"), json!([2, 3]), json!(["2", "3"]), json!("[2,3]")] {
            assert_eq!(joined(form.clone()).unwrap(), "2,3", "{form}");
        }
        assert_eq!(joined(json!(2)).unwrap(), "2");
        assert_eq!(joined_opt(json!(null)).unwrap(), None);
        assert_eq!(rows::<Value, i64>(json!("[1]")).unwrap(), [1]);
        assert!(rows::<Value, i64>(json!("x")).is_err());
        assert_eq!(written_opt(json!({"1": 2})).unwrap(), Some(r#"{"1":2}"#.into()));
        assert_eq!(written_opt(json!("{1:2}")).unwrap(), Some("{1:2}".into()));
    }

    #[test]
    fn what_is_missing_is_false_none_or_empty() {
        assert!(!flag(json!(null)).unwrap());
        assert!(flag(json!("true")).unwrap());
        assert_eq!(text_opt(json!(null)).unwrap(), None);
        assert_eq!(text_opt(json!(7)).unwrap(), Some("7".into()));
        assert!(rows::<Value, String>(json!(null)).unwrap().is_empty());
    }
}
