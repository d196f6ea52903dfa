//! How a value is shown: `print`, `string(x)`, a text joined with `+`.

use super::{Key, Value};
use std::fmt;

/// As `print` shows it: a STRING as it is, a vector in brackets, a dictionary as a line for each key.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("NULL"),
            Self::Text(text) | Self::Code(text) => f.write_str(text),
            Self::Dict(dict) => {
                for (at, (key, value)) in dict.iter().enumerate() {
                    if at > 0 {
                        f.write_str("\n")?;
                    }
                    show_key(f, key)?;
                    f.write_str("->")?;
                    // A text stands plain after its key; within a vector it has quotes.
                    if let Self::Text(text) = value { f.write_str(text)? } else { inner(f, value)? }
                }
                Ok(())
            }
            _ => inner(f, self),
        }
    }
}

/// A value inside another.
fn inner(f: &mut fmt::Formatter<'_>, value: &Value) -> fmt::Result {
    match value {
        Value::Null => f.write_str("NULL"),
        Value::Bool(value) => write!(f, "{value}"),
        Value::Int(number) => write!(f, "{number}"),
        Value::Double(number) => f.write_str(&double(*number)),
        Value::Text(text) | Value::Code(text) => write!(f, "\"{}\"", &**text),
        Value::Pair(from, to) => write!(f, "{from}:{to}"),
        Value::Failure(failure) => write!(f, "\"{}\" : \"{}\"", failure.category, failure.message),
        Value::Vector(vector) => {
            let (open, close) =
                if !vector.is_empty() && vector.type_name() == "ANY VECTOR" { ('(', ')') } else { ('[', ']') };
            write!(f, "{open}")?;
            for (at, item) in vector.iter().enumerate() {
                if at > 0 {
                    f.write_str(",")?;
                }
                inner(f, item)?;
            }
            write!(f, "{close}")
        }
        Value::Dict(dict) => {
            f.write_str("{")?;
            for (at, (key, value)) in dict.iter().enumerate() {
                if at > 0 {
                    f.write_str(",")?;
                }
                show_key(f, key)?;
                f.write_str("->")?;
                inner(f, value)?;
            }
            f.write_str("}")
        }
    }
}

fn show_key(f: &mut fmt::Formatter<'_>, key: &Key) -> fmt::Result {
    match key {
        Key::Int(number) => write!(f, "{number}"),
        Key::Text(text) => f.write_str(text),
    }
}

/// The shortest text that reads back as the same number; a whole one has no point.
fn double(number: f64) -> String {
    let size = number.abs();
    if size != 0.0 && !(1e-5..1e15).contains(&size) { format!("{number:e}") } else { format!("{number}") }
}

#[cfg(test)]
mod tests {
    use super::super::{Dict, Value};

    #[test]
    fn values_are_shown_as_the_database_shows_them() {
        let mut dict = Dict::any();
        dict.set("errcode", Value::Int(0));
        dict.set("errmsg", "ok".into());
        dict.set("list", Value::vector(vec!["a".into(), "b".into()]));
        for (value, shown) in [
            (Value::text("plain"), "plain"),
            (Value::Double(3.0), "3"),
            (Value::Double(0.1), "0.1"),
            (Value::Double(1e20), "1e20"),
            (Value::Null, "NULL"),
            (Value::vector(vec![1.into(), 2.into()]), "[1,2]"),
            (Value::vector(vec![1.into(), "a".into()]), "(1,\"a\")"),
            (Value::Dict(dict), "errcode->0\nerrmsg->ok\nlist->[\"a\",\"b\"]"),
            (Value::Pair(1, 3), "1:3"),
        ] {
            assert_eq!(value.to_string(), shown);
        }
    }
}
