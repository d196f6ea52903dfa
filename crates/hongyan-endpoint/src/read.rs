//! JSON to typed requests and replies: the one reader of every declared type.
//!
//! It says what is wrong by kind and path, never in a library's sentence, and it reads an object by its members
//! alone: a list is not taken for one by position. As every declaration is read by this and nothing else, each type
//! is compiled for one reader.

mod reader;

use crate::{Bilingual, Flaw, Invalid, bilingual, strict};
use reader::{Once, Reader};
use serde::de::{self, DeserializeOwned, DeserializeSeed, Expected, Unexpected};
use serde_json::Value;
use std::fmt;

/// Reads a typed request or reply.
///
/// # Errors
/// The field, and what is wrong with it.
pub fn typed<T: DeserializeOwned>(value: Value) -> Result<T, Invalid> {
    T::deserialize(Reader(value)).map_err(Unread::told)
}

/// Reads a typed value out of a JSON text. The usual way is fast; only what is wrong is read again, to say where and
/// what.
///
/// # Errors
/// [`Flaw::Syntax`] for what is no JSON; else the field, and what is wrong with it.
pub fn from_json<T: DeserializeOwned>(text: &[u8]) -> Result<T, Invalid> {
    let error = match strict::from_slice(text) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    if !error.is_data() {
        return Err(syntax(&error));
    }
    let mut path = Vec::new();
    let mut reader = serde_json::Deserializer::from_slice(text);
    if Once(&mut path).deserialize(&mut reader).is_err() && !path.is_empty() {
        return Err(Invalid { field: dotted(&path), flaw: Flaw::Repeated });
    }
    let value: Value = serde_json::from_slice(text).map_err(|error| syntax(&error))?;
    // The same text was refused a moment ago.
    typed(value).and_then(|_: T| Err(Invalid::entire(Bilingual::read_from(error))))
}

/// What is no JSON, with the place that `serde_json` names.
pub(crate) fn syntax(error: &serde_json::Error) -> Invalid {
    let said = error.to_string();
    // The place is said apart.
    let said = said.split(" at line ").next().unwrap_or_default().to_owned();
    let flaw = Flaw::Syntax { line: error.line(), column: error.column(), said };
    Invalid { field: String::new(), flaw }
}

/// What could not be read; the path is collected on the way out, innermost step first.
#[derive(Debug)]
struct Unread(Box<Finding>);

#[derive(Debug)]
struct Finding {
    path: Vec<Step>,
    fault: ReadFault,
}

#[derive(Debug)]
enum Step {
    Member(String),
    Item(usize),
}

#[derive(Debug)]
enum ReadFault {
    Flaw(Flaw),
    /// What was expected and what was found, by the names of each.
    Mismatch {
        expected: Bilingual,
        found: Option<Bilingual>,
    },
}

fn dotted(path: &[Step]) -> String {
    let mut field = String::new();
    for step in path {
        match step {
            Step::Member(name) => {
                if !field.is_empty() {
                    field.push('.');
                }
                field.push_str(name);
            }
            Step::Item(index) => field.push_str(&format!("[{index}]")),
        }
    }
    field
}

impl Unread {
    fn new(flaw: Flaw) -> Self {
        Self(Box::new(Finding { path: Vec::new(), fault: ReadFault::Flaw(flaw) }))
    }

    fn mismatch(expected: Bilingual, found: Option<Bilingual>) -> Self {
        Self(Box::new(Finding { path: Vec::new(), fault: ReadFault::Mismatch { expected, found } }))
    }

    fn below(mut self, step: Step) -> Self {
        self.0.path.push(step);
        self
    }

    /// A type's own visitor says what it expects in English; who asks for a plain type knows better.
    fn expecting(mut self, known: Bilingual) -> Self {
        if let (true, ReadFault::Mismatch { expected, .. }) = (self.0.path.is_empty(), &mut self.0.fault) {
            *expected = known;
        }
        self
    }

    fn told(self) -> Invalid {
        let Finding { mut path, fault } = *self.0;
        path.reverse();
        Invalid { field: dotted(&path), flaw: fault.flaw() }
    }
}

impl ReadFault {
    fn flaw(self) -> Flaw {
        match self {
            Self::Flaw(flaw) => flaw,
            Self::Mismatch { expected: Bilingual { en, zh }, found: None } => {
                Flaw::Type(bilingual!("expected {en}"; "应为{zh}"))
            }
            Self::Mismatch { expected: Bilingual { en, zh }, found: Some(found) } => {
                let (found_en, found_zh) = (found.en, found.zh);
                Flaw::Type(bilingual!("expected {en}, found {found_en}"; "应为{zh}，实为{found_zh}"))
            }
        }
    }
}

/// What was found in a value's place: its type, never the value, which may be a secret.
fn found(unexpected: Unexpected<'_>) -> Option<Bilingual> {
    let (en, zh) = match unexpected {
        Unexpected::Bool(_) => ("a boolean", "布尔值"),
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => ("an integer", "整数"),
        Unexpected::Float(_) => ("a number with a fraction", "小数"),
        Unexpected::Char(_) | Unexpected::Str(_) | Unexpected::Bytes(_) => ("a string", "字符串"),
        Unexpected::Unit | Unexpected::Option => ("null", " null"),
        Unexpected::Seq => ("a list", "列表"),
        Unexpected::Map | Unexpected::NewtypeStruct => ("an object", "对象"),
        _ => return None,
    };
    Some(Bilingual::fixed(en, zh))
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.fault {
            ReadFault::Flaw(flaw) => flaw.text().fmt(f),
            ReadFault::Mismatch { expected, .. } => expected.fmt(f),
        }
    }
}

impl std::error::Error for Unread {}

impl de::Error for Unread {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(Flaw::Unfit(Bilingual::read_from(message)))
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::mismatch(Bilingual::read_from(expected), found(unexpected))
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(unexpected, expected)
    }

    fn invalid_length(count: usize, expected: &dyn Expected) -> Self {
        let expected = Bilingual::read_from(expected);
        let (en, zh) = (expected.en, expected.zh);
        Self::new(Flaw::Type(bilingual!("has {count} entries, expected {en}"; "有 {count} 项，应为 {zh}")))
    }

    fn unknown_variant(_: &str, variants: &'static [&'static str]) -> Self {
        let names = variants.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>();
        let (en, zh) = (names.join(", "), names.join("、"));
        Self::new(Flaw::Unfit(bilingual!("expected one of {en}"; "应为 {zh} 之一")))
    }

    fn unknown_field(name: &str, _: &'static [&'static str]) -> Self {
        Self::new(Flaw::Unknown).below(Step::Member(name.into()))
    }

    fn missing_field(name: &'static str) -> Self {
        Self::new(Flaw::Missing).below(Step::Member(name.into()))
    }

    fn duplicate_field(name: &'static str) -> Self {
        Self::new(Flaw::Repeated).below(Step::Member(name.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::{Deserialize, Serialize};
    use serde_json::{Map, json};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Sample {
        to: Vec<Person>,
        #[serde(default)]
        note: Option<String>,
        #[serde(default)]
        kind: Kind,
        #[serde(default)]
        weight: f64,
        #[serde(default)]
        more: Map<String, Value>,
        #[serde(default, deserialize_with = "crate::lenient::integer_opt")]
        count: Option<i64>,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Person {
        name: String,
        #[serde(default)]
        age: u8,
    }

    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Kind {
        #[default]
        Plain,
        Sealed(u8),
        Sent {
            by: String,
        },
    }

    fn flaw(value: Value) -> (String, &'static str) {
        let invalid = typed::<Sample>(value).unwrap_err();
        let kind = match invalid.flaw {
            Flaw::Missing => "missing",
            Flaw::Type(_) => "type",
            Flaw::Unfit(_) => "unfit",
            other => panic!("{other:?}"),
        };
        (invalid.field, kind)
    }

    #[test]
    fn what_serde_writes_is_read_back() {
        for kind in [Kind::Plain, Kind::Sealed(3), Kind::Sent { by: "li".into() }] {
            let letter = Sample {
                to: vec![Person { name: "张三".into(), age: 3 }],
                note: Some("n".into()),
                kind,
                weight: 1.5,
                more: Map::from_iter([("a".into(), json!([null, true, -1, 2.5, "x", {"b": u64::MAX}]))]),
                count: Some(7),
            };
            assert_eq!(typed::<Sample>(serde_json::to_value(&letter).unwrap()).unwrap(), letter);
        }
        let letter =
            typed::<Sample>(json!({"to": [], "note": null, "weight": 2, "unknown": [1], "count": "8"})).unwrap();
        assert_eq!((letter.note, letter.weight, letter.count), (None, 2.0, Some(8)));
    }

    #[test]
    fn a_flaw_has_a_kind_and_a_path() {
        for (value, field, kind) in [
            (json!({}), "to", "missing"),
            (json!({"to": [{"name": "a"}, {"age": 1}]}), "to[1].name", "missing"),
            (json!({"to": [{"name": 1}]}), "to[0].name", "type"),
            (json!({"to": [{"name": "a", "age": 300}]}), "to[0].age", "type"),
            (json!({"to": "a"}), "to", "type"),
            (json!({"to": [], "kind": "odd"}), "kind", "unfit"),
            (json!({"to": [], "kind": {"sent": {}}}), "kind.by", "missing"),
            (json!({"to": [], "kind": 5}), "kind", "type"),
            (json!({"to": [], "more": 5}), "more", "type"),
            (json!({"to": [], "count": "x"}), "count", "unfit"),
            (json!("text"), "", "type"),
        ] {
            assert_eq!(flaw(value.clone()), (field.into(), kind), "{value}");
        }
    }

    #[test]
    fn a_list_is_not_taken_for_an_object_by_position() {
        assert_eq!(flaw(json!([[], null])), (String::new(), "type"));
        assert_eq!(flaw(json!({"to": [["zhangsan", 3]]})), ("to[0]".into(), "type"));
    }
}
