//! JSON to typed requests and replies: the one reader of every declared type.
//!
//! It says what is wrong by kind and path, never in a library's sentence, and it reads an object by its members
//! alone: a list is not taken for one by position. As every declaration is read by this and nothing else, each type
//! is compiled for one reader.

use crate::{Flaw, Invalid};
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Expected, IntoDeserializer, MapAccess,
    SeqAccess, Unexpected, VariantAccess, Visitor,
};
use serde_json::Value;
use std::fmt;

/// Reads a typed request or reply.
///
/// # Errors
/// The field, and what is wrong with it.
pub fn typed<T: DeserializeOwned>(value: Value) -> Result<T, Invalid> {
    T::deserialize(Reader(value)).map_err(Unread::told)
}

/// What could not be read; the path is collected on the way out, innermost step first.
#[derive(Debug)]
struct Unread(Box<Finding>);

#[derive(Debug)]
struct Finding {
    path: Vec<Step>,
    flaw: Flaw,
    message: String,
}

#[derive(Debug)]
enum Step {
    Member(String),
    Item(usize),
}

impl Unread {
    fn new(flaw: Flaw, message: String) -> Self {
        Self(Box::new(Finding { path: Vec::new(), flaw, message }))
    }

    fn below(mut self, step: Step) -> Self {
        self.0.path.push(step);
        self
    }

    fn told(self) -> Invalid {
        let Finding { path, flaw, message } = *self.0;
        let mut field = String::new();
        for step in path.iter().rev() {
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
        Invalid { field, flaw, message }
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Unread {}

impl de::Error for Unread {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(Flaw::Unfit, message.to_string())
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(Flaw::Unfit, format!("expected {expected}"))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(Flaw::Unfit, format!("expected {expected}"))
    }

    fn missing_field(name: &'static str) -> Self {
        Self::new(Flaw::Missing, "is missing".into()).below(Step::Member(name.into()))
    }
}

/// One value of the text.
struct Reader(Value);

impl Reader {
    fn mismatch(&self, expected: &dyn Expected) -> Unread {
        de::Error::invalid_type(Unexpected::Other("another type"), expected)
    }
}

impl<'de> Deserializer<'de> for Reader {
    type Error = Unread;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(value),
            Value::Number(number) => match (number.as_u64(), number.as_i64()) {
                (Some(value), _) => visitor.visit_u64(value),
                (None, Some(value)) => visitor.visit_i64(value),
                // Whatever else a number can be in the text is the text's own to say.
                (None, None) => {
                    number.deserialize_any(visitor).map_err(|error| de::Error::custom(format_args!("{error}")))
                }
            },
            Value::String(text) => visitor.visit_string(text),
            Value::Array(items) => visitor.visit_seq(Items { rest: items.into_iter(), index: 0 }),
            Value::Object(members) => visitor.visit_map(Members { rest: members.into_iter(), value: None }),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Unread> {
        visitor.visit_newtype_struct(self)
    }

    /// By members alone.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unread> {
        self.deserialize_map(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        match self.0 {
            Value::Object(members) => visitor.visit_map(Members { rest: members.into_iter(), value: None }),
            _ => Err(self.mismatch(&"an object")),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        match self.0 {
            Value::Array(items) => visitor.visit_seq(Items { rest: items.into_iter(), index: 0 }),
            _ => Err(self.mismatch(&"a list")),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        match self.0 {
            Value::String(text) => visitor.visit_string(text),
            _ => Err(self.mismatch(&"a text")),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        self.deserialize_str(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unread> {
        match self.0 {
            Value::String(name) => visitor.visit_enum(Choice { name, value: None }),
            Value::Object(members) if members.len() == 1 => {
                let choice = members.into_iter().next().map(|(name, value)| Choice { name, value: Some(value) });
                choice
                    .map_or_else(|| Err(de::Error::custom("expected one choice")), |choice| visitor.visit_enum(choice))
            }
            _ => Err(self.mismatch(&"one choice")),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf unit unit_struct tuple tuple_struct
    }
}

struct Items {
    rest: std::vec::IntoIter<Value>,
    index: usize,
}

impl<'de> SeqAccess<'de> for Items {
    type Error = Unread;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Unread> {
        let Some(value) = self.rest.next() else { return Ok(None) };
        let index = self.index;
        self.index += 1;
        seed.deserialize(Reader(value)).map(Some).map_err(|unread| unread.below(Step::Item(index)))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

struct Members {
    rest: serde_json::map::IntoIter,
    value: Option<(String, Value)>,
}

impl<'de> MapAccess<'de> for Members {
    type Error = Unread;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Unread> {
        let Some((name, value)) = self.rest.next() else { return Ok(None) };
        let key = seed.deserialize(IntoDeserializer::<Unread>::into_deserializer(name.as_str()))?;
        self.value = Some((name, value));
        Ok(Some(key))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Unread> {
        // Without a key before it there is nothing to read.
        let (name, value) = self.value.take().unwrap_or_default();
        seed.deserialize(Reader(value)).map_err(|unread| unread.below(Step::Member(name)))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

/// One variant by its name, with what it holds.
struct Choice {
    name: String,
    value: Option<Value>,
}

impl<'de> EnumAccess<'de> for Choice {
    type Error = Unread;
    type Variant = Held;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Held), Unread> {
        let variant = seed.deserialize(IntoDeserializer::<Unread>::into_deserializer(self.name.as_str()))?;
        Ok((variant, Held(self.value)))
    }
}

struct Held(Option<Value>);

impl<'de> VariantAccess<'de> for Held {
    type Error = Unread;

    fn unit_variant(self) -> Result<(), Unread> {
        match self.0 {
            None | Some(Value::Null) => Ok(()),
            Some(_) => Err(de::Error::custom("expected the bare name")),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Unread> {
        seed.deserialize(Reader(self.0.unwrap_or_default()))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Unread> {
        Reader(self.0.unwrap_or_default()).deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, Unread> {
        Reader(self.0.unwrap_or_default()).deserialize_map(visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::{Deserialize, Serialize};
    use serde_json::{Map, json};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Letter {
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

    fn flaw(value: Value) -> (String, Flaw) {
        let invalid = typed::<Letter>(value).unwrap_err();
        (invalid.field, invalid.flaw)
    }

    #[test]
    fn what_serde_writes_is_read_back() {
        for kind in [Kind::Plain, Kind::Sealed(3), Kind::Sent { by: "li".into() }] {
            let letter = Letter {
                to: vec![Person { name: "张三".into(), age: 3 }],
                note: Some("n".into()),
                kind,
                weight: 1.5,
                more: Map::from_iter([("a".into(), json!([null, true, -1, 2.5, "x", {"b": u64::MAX}]))]),
                count: Some(7),
            };
            assert_eq!(typed::<Letter>(serde_json::to_value(&letter).unwrap()).unwrap(), letter);
        }
        let letter =
            typed::<Letter>(json!({"to": [], "note": null, "weight": 2, "unknown": [1], "count": "8"})).unwrap();
        assert_eq!((letter.note, letter.weight, letter.count), (None, 2.0, Some(8)));
    }

    #[test]
    fn a_flaw_has_a_kind_and_a_path() {
        for (value, field, kind) in [
            (json!({}), "to", Flaw::Missing),
            (json!({"to": [{"name": "a"}, {"age": 1}]}), "to[1].name", Flaw::Missing),
            (json!({"to": [{"name": 1}]}), "to[0].name", Flaw::Unfit),
            (json!({"to": [{"name": "a", "age": 300}]}), "to[0].age", Flaw::Unfit),
            (json!({"to": "a"}), "to", Flaw::Unfit),
            (json!({"to": [], "kind": "odd"}), "kind", Flaw::Unfit),
            (json!({"to": [], "kind": {"sent": {}}}), "kind.by", Flaw::Missing),
            (json!({"to": [], "kind": 5}), "kind", Flaw::Unfit),
            (json!({"to": [], "more": 5}), "more", Flaw::Unfit),
            (json!({"to": [], "count": "x"}), "count", Flaw::Unfit),
            (json!("text"), "", Flaw::Unfit),
        ] {
            assert_eq!(flaw(value.clone()), (field.into(), kind), "{value}");
        }
    }

    #[test]
    fn a_list_is_not_taken_for_an_object_by_position() {
        assert_eq!(flaw(json!([[], null])), (String::new(), Flaw::Unfit));
        assert_eq!(flaw(json!({"to": [["zhangsan", 3]]})), ("to[0]".into(), Flaw::Unfit));
    }
}
