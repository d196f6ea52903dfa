//! Values from JSON and as JSON. The reader is strict: one JSON value and nothing else; nothing is ever evaluated.

use super::memory;
use super::{Dict, Value};
use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use std::{cell::Cell, fmt};

/// Why a text is not JSON, without the text: a reply may hold secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonError {
    /// From 1.
    pub line: usize,
    /// From 1, in bytes.
    pub column: usize,
    /// What is there instead.
    pub found: String,
    /// Whether it was too large for the memory allowed.
    pub too_large: bool,
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.found)
    }
}

impl std::error::Error for JsonError {}

/// What the reader says when there is no room left.
const TOO_LARGE: &str = "more than the memory limit";

/// Reads one JSON value; `ceiling` is how many bytes all live values of the thread may take.
pub(crate) fn read(text: &str, ceiling: usize) -> Result<Value, JsonError> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let full = Cell::new(false);
    let read = Seed { ceiling, full: &full }.deserialize(&mut reader);
    let value = read.map_err(|error| JsonError { too_large: full.get(), ..explain(text, &error, false) })?;
    reader.end().map(|()| value).map_err(|error| explain(text, &error, true))
}

/// `behind`: the value itself was read.
fn explain(text: &str, error: &serde_json::Error, behind: bool) -> JsonError {
    let start = text.trim_start();
    let said = error.to_string();
    let found = if start.is_empty() {
        "the text is empty".to_owned()
    } else if start.starts_with('<') {
        "found `<`: this is HTML or XML, not JSON".to_owned()
    } else if behind {
        "there is more text after the JSON value".to_owned()
    } else {
        let words = said.split(" at line ").next().unwrap_or_default();
        let there = text.lines().nth(error.line().saturating_sub(1)).unwrap_or_default();
        let char = there.get(error.column().saturating_sub(1)..).and_then(|rest| rest.chars().next());
        match char.filter(|_| error.is_syntax() && error.column() > 0) {
            Some('\'') => format!("{words}, found `'`"),
            Some(char) => format!("{words}, found `{}`", char.escape_debug()),
            None => words.to_owned(),
        }
    };
    JsonError { line: error.line().max(1), column: error.column().max(1), found, too_large: false }
}

/// Builds a value straight from the text, so that a large text does not stand in memory twice.
#[derive(Clone, Copy)]
struct Seed<'a> {
    ceiling: usize,
    /// Set when there is no room left.
    full: &'a Cell<bool>,
}

impl Seed<'_> {
    fn room<E: serde::de::Error>(self) -> Result<(), E> {
        if memory::live() <= self.ceiling {
            return Ok(());
        }
        self.full.set(true);
        Err(E::custom(TOO_LARGE))
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Int(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(i64::try_from(number).map_or(Value::Double(number as f64), Value::Int))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Double(number))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Value, E> {
        self.room()?;
        Ok(Value::text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let (mut items, mut charge) = (Vec::new(), memory::Charge::default());
        while let Some(item) = seq.next_element_seed(self)? {
            items.push(item);
            charge.set(items.capacity() * memory::VALUE_BYTES);
            self.room()?;
        }
        drop(charge);
        Ok(Value::vector(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut dict = Dict::any();
        while let Some(key) = map.next_key::<String>()? {
            let value = map.next_value_seed(self)?;
            dict.set(&key, value);
            self.room()?;
        }
        Ok(Value::Dict(dict))
    }
}

/// Writes a value as JSON. A pair and an error become arrays; a number that is none becomes `null`.
pub(crate) fn write(value: &Value) -> String {
    to_json(value).to_string()
}

fn to_json(value: &Value) -> serde_json::Value {
    use serde_json::Value as Json;
    match value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Int(number) => (*number).into(),
        Value::Double(number) => (*number).into(),
        Value::Text(text) | Value::Code(text) => Json::String((**text).to_owned()),
        Value::Vector(vector) => Json::Array(vector.iter().map(to_json).collect()),
        Value::Dict(dict) => {
            let key = |key: &super::Key| match key {
                super::Key::Int(number) => number.to_string(),
                super::Key::Text(text) => (**text).to_owned(),
            };
            Json::Object(dict.iter().map(|(name, value)| (key(name), to_json(value))).collect())
        }
        Value::Pair(from, to) => Json::Array(vec![(*from).into(), (*to).into()]),
        Value::Failure(failure) => Json::Array(vec![failure.category.into(), Json::String(failure.message.clone())]),
    }
}

impl Value {
    /// Reads a text that is one JSON value: whole numbers stay whole (beyond 64 bits they become DOUBLE), objects
    /// become dictionaries in their order, `null` becomes `NULL`. At most 127 deep.
    ///
    /// # Errors
    /// [`JsonError`] with the place and what is wrong there.
    pub fn from_json_text(text: &str) -> Result<Self, JsonError> {
        read(text, usize::MAX)
    }

    /// As a JSON value, in the dictionary's order. O(n) in what it would take written out: see [`Value::weight`].
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        to_json(self)
    }
}

impl From<&serde_json::Value> for Value {
    fn from(json: &serde_json::Value) -> Self {
        use serde_json::Value as Json;
        match json {
            Json::Null => Self::Null,
            Json::Bool(value) => Self::Bool(*value),
            Json::Number(number) => {
                number.as_i64().map_or_else(|| Self::Double(number.as_f64().unwrap_or(f64::NAN)), Self::Int)
            }
            Json::String(text) => Self::text(text.as_str()),
            Json::Array(items) => Self::vector(items.iter().map(Self::from).collect()),
            Json::Object(entries) => {
                let mut dict = Dict::any();
                entries.iter().for_each(|(key, value)| dict.set(key, Self::from(value)));
                Self::Dict(dict)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_keeps_whole_numbers_order_and_null() {
        let value =
            Value::from_json_text(r#" {"b":1,"a":[true,null,-2,1.5,"\u4f60\/"],"n":18446744073709551615} "#).unwrap();
        let dict = value.as_dict().unwrap();
        assert_eq!(dict.iter().map(|(key, _)| key.to_value().to_string()).collect::<Vec<_>>(), ["b", "a", "n"]);
        assert_eq!(dict.get("b").unwrap().type_name(), "INT");
        assert_eq!(dict.get("n").unwrap().type_name(), "DOUBLE");
        assert_eq!(value.to_json()["a"].to_string(), r#"[true,null,-2,1.5,"你/"]"#);
    }

    #[test]
    fn whatever_is_not_one_json_value_is_refused_with_its_place() {
        for (text, column, found) in [
            ("", 1, "empty"),
            ("  ", 2, "empty"),
            ("<html>secret</html>", 1, "HTML"),
            ("1+2", 2, "more text"),
            (r#"{"a":1},{"a":2}"#, 8, "more text"),
            (r#"{"a":1}{"a":2}"#, 8, "more text"),
            (r#"{"a":1,}"#, 8, "trailing comma"),
            (r#"{"a":1"#, 6, "EOF"),
            ("{'a':1}", 2, "key must be a string, found `'`"),
            ("system(`rm)", 1, "expected value, found `s`"),
            ("[1,2", 4, "EOF"),
            ("NaN", 1, "expected value"),
        ] {
            let error = Value::from_json_text(text).unwrap_err();
            assert!(error.found.contains(found), "{text}: {error}");
            assert_eq!(error.column, column, "{text}: {error}");
        }
        assert!(Value::from_json_text(&"[".repeat(100_000)).is_err());
    }
}
