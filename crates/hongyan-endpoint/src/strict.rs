//! Objects are objects: JSON and TOML read without serde's other way to write one.
//!
//! A derived reader takes a list for a struct, its fields by position, so that `[[{"userid":"x"}],["ding"]]` would be
//! a message. [`Strict`] is a reader around any other, under which a struct has named fields at every depth.
//!
//! ```
//! #[derive(serde::Deserialize)]
//! struct Letter { to: String }
//! assert!(hongyan_endpoint::strict::from_slice::<Letter>(br#"{"to":"li"}"#).is_ok());
//! assert!(hongyan_endpoint::strict::from_slice::<Letter>(br#"["li"]"#).is_err());
//! # let _ = |letter: Letter| letter.to;
//! ```
//!
//! What serde reads twice (untagged and internally tagged enums, the rest behind `flatten`) is out of its reach below
//! that point: such types take a map or a value there, or read on with [`flattened`].

use serde::Deserialize;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error, Expected, MapAccess, SeqAccess, Unexpected,
    VariantAccess, Visitor,
};
use std::fmt;

/// Reads JSON.
///
/// # Errors
/// As `serde_json`'s own, and for a list in an object's place.
pub fn from_slice<'de, T: serde::Deserialize<'de>>(bytes: &'de [u8]) -> Result<T, serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = T::deserialize(Strict(&mut reader))?;
    reader.end()?;
    Ok(value)
}

/// Reads a JSON value.
///
/// # Errors
/// As [`from_slice`].
pub fn from_value<T: DeserializeOwned>(value: serde_json::Value) -> Result<T, serde_json::Error> {
    T::deserialize(Strict(value))
}

/// For a field behind `flatten`, which serde would read without [`Strict`]: `#[serde(flatten, deserialize_with =
/// "strict::flattened")]`.
///
/// # Errors
/// What is wrong with the rest of the object.
pub fn flattened<'de, D: Deserializer<'de>, T: DeserializeOwned>(from: D) -> Result<T, D::Error> {
    let rest = serde_json::Map::deserialize(from)?;
    from_value(rest.into()).map_err(D::Error::custom)
}

/// A reader under which no list is taken for an object.
#[derive(Debug, Clone, Copy)]
pub struct Strict<D>(pub D);

/// Names by which formats talk to their own types.
fn is_private(name: &str) -> bool {
    name.starts_with('$')
}

macro_rules! forward {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
            self.0.$method(Inside(visitor))
        })*
    };
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Strict<D> {
    type Error = D::Error;

    forward! {
        deserialize_any deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_i128 deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_f32 deserialize_f64 deserialize_char deserialize_str deserialize_string deserialize_bytes
        deserialize_byte_buf deserialize_option deserialize_unit deserialize_seq deserialize_map
        deserialize_identifier deserialize_ignored_any
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        if is_private(name) {
            return self.0.deserialize_struct(name, fields, visitor);
        }
        self.0.deserialize_struct(name, fields, Named(visitor))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, D::Error> {
        if is_private(name) {
            return self.0.deserialize_newtype_struct(name, visitor);
        }
        self.0.deserialize_newtype_struct(name, Inside(visitor))
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_unit_struct(name, Inside(visitor))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_tuple(len, Inside(visitor))
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_tuple_struct(name, len, Inside(visitor))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_enum(name, variants, Inside(visitor))
    }

    fn is_human_readable(&self) -> bool {
        self.0.is_human_readable()
    }
}

/// Hands on what it sees, with everything inside read strictly.
struct Inside<T>(T);

macro_rules! hand_on {
    ($($method:ident($kind:ty))*) => {
        $(fn $method<E: Error>(self, value: $kind) -> Result<V::Value, E> { self.0.$method(value) })*
    };
}

macro_rules! scalars {
    () => {
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.expecting(f)
        }

        hand_on! {
            visit_bool(bool) visit_i8(i8) visit_i16(i16) visit_i32(i32) visit_i64(i64) visit_i128(i128)
            visit_u8(u8) visit_u16(u16) visit_u32(u32) visit_u64(u64) visit_u128(u128) visit_f32(f32) visit_f64(f64)
            visit_char(char) visit_str(&str) visit_borrowed_str(&'de str) visit_string(String) visit_bytes(&[u8])
            visit_borrowed_bytes(&'de [u8]) visit_byte_buf(Vec<u8>)
        }

        fn visit_none<E: Error>(self) -> Result<V::Value, E> {
            self.0.visit_none()
        }

        fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
            self.0.visit_unit()
        }

        fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<V::Value, D::Error> {
            self.0.visit_some(Strict(from))
        }

        fn visit_newtype_struct<D: Deserializer<'de>>(self, from: D) -> Result<V::Value, D::Error> {
            self.0.visit_newtype_struct(Strict(from))
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
            self.0.visit_map(Inside(map))
        }

        fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<V::Value, A::Error> {
            self.0.visit_enum(Inside(data))
        }
    };
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Inside<V> {
    type Value = V::Value;

    scalars!();

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<V::Value, A::Error> {
        self.0.visit_seq(Inside(list))
    }
}

/// As [`Inside`], for a struct: it has names.
struct Named<V>(V);

impl<'de, V: Visitor<'de>> Visitor<'de> for Named<V> {
    type Value = V::Value;

    scalars!();

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<V::Value, A::Error> {
        struct Object;
        impl Expected for Object {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with named fields")
            }
        }
        Err(A::Error::invalid_type(Unexpected::Seq, &Object))
    }
}

impl<'de, T: DeserializeSeed<'de>> DeserializeSeed<'de> for Inside<T> {
    type Value = T::Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<T::Value, D::Error> {
        self.0.deserialize(Strict(from))
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Inside<A> {
    type Error = A::Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, A::Error> {
        self.0.next_element_seed(Inside(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Inside<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        self.0.next_key_seed(Inside(seed))
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, A::Error> {
        self.0.next_value_seed(Inside(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, A: EnumAccess<'de>> EnumAccess<'de> for Inside<A> {
    type Error = A::Error;
    type Variant = Inside<A::Variant>;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Self::Variant), A::Error> {
        self.0.variant_seed(Inside(seed)).map(|(value, variant)| (value, Inside(variant)))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Inside<A> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.0.unit_variant()
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, A::Error> {
        self.0.newtype_variant_seed(Inside(seed))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, A::Error> {
        self.0.tuple_variant(len, Inside(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        self.0.struct_variant(fields, Named(visitor))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde_json::{json, value::RawValue};
    use std::collections::BTreeMap;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Inner {
        a: i64,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    enum Kind {
        Plain,
        With(Inner),
        Own { a: i64 },
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Outer {
        one: Inner,
        #[serde(default)]
        some: Option<Inner>,
        #[serde(default)]
        many: Vec<Inner>,
        #[serde(default)]
        by_name: BTreeMap<String, Inner>,
        #[serde(default)]
        kinds: Vec<Kind>,
        #[serde(default)]
        pair: (i64, String),
        #[serde(default)]
        free: serde_json::Value,
    }

    #[test]
    fn a_list_is_no_object_at_any_depth() {
        let good = json!({"one": {"a": 1}, "some": {"a": 2}, "many": [{"a": 3}], "by_name": {"x": {"a": 4}},
            "kinds": ["Plain", {"With": {"a": 5}}, {"Own": {"a": 6}}], "pair": [7, "x"], "free": [[1], {"b": [2]}]});
        let read: Outer = from_value(good.clone()).unwrap();
        assert_eq!(read, serde_json::from_value(good.clone()).unwrap());
        assert_eq!(read, from_slice(good.to_string().as_bytes()).unwrap());
        for bad in [
            json!([{"a": 1}]),
            json!({"one": [1]}),
            json!({"one": {"a": 1}, "some": [2]}),
            json!({"one": {"a": 1}, "many": [[3]]}),
            json!({"one": {"a": 1}, "by_name": {"x": [4]}}),
            json!({"one": {"a": 1}, "kinds": [{"With": [5]}]}),
            json!({"one": {"a": 1}, "kinds": [{"Own": [6]}]}),
        ] {
            for read in [from_value::<Outer>(bad.clone()), from_slice(bad.to_string().as_bytes())] {
                let words = read.unwrap_err().to_string();
                assert!(words.starts_with("invalid type: sequence, expected "), "{bad}: {words}");
            }
        }
    }

    #[test]
    fn what_is_flattened_is_read_strictly_too() {
        #[derive(Debug, Deserialize)]
        struct Around {
            x: i64,
            #[serde(flatten, deserialize_with = "flattened")]
            rest: Rest,
        }
        #[derive(Debug, Deserialize)]
        struct Rest {
            one: Inner,
        }
        let read: Around = from_slice(br#"{"x":1,"one":{"a":2}}"#).unwrap();
        assert_eq!((read.x, read.rest.one), (1, Inner { a: 2 }));
        assert!(from_slice::<Around>(br#"{"x":1,"one":[2]}"#).is_err());
    }

    #[test]
    fn raw_values_and_numbers_pass_as_they_are() {
        let raw: Vec<&RawValue> = from_slice(b"[ [1], {\"a\" : 1e2}]").unwrap();
        assert_eq!(raw[1].get(), "{\"a\" : 1e2}");
        let value: serde_json::Value = from_slice(b"[18446744073709551615, -1, 0.5]").unwrap();
        assert_eq!(value.to_string(), "[18446744073709551615,-1,0.5]");
        assert!(from_slice::<serde_json::Value>(b"{} x").is_err(), "nothing may follow");
    }
}
