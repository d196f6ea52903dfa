//! Functions of vectors and dictionaries.

use crate::ast::{Argument, ExprKind};
use crate::diagnostic::{Kind, Problem};
use crate::eval::{Arguments, Interpreter, Run};
use crate::eval::{key_for, value_for};
use crate::span::Span;
use crate::value::{Dict, Slot, Value, Vector};
use std::collections::HashSet;

/// `dict(string, ANY)`: an empty dictionary when both arguments are names of types.
pub(crate) fn typed_dict(arguments: &[Argument]) -> Option<Dict> {
    let slot = |at: usize| match &arguments.get(at)?.value.as_ref()?.kind {
        ExprKind::Name(name) => slot(name),
        _ => None,
    };
    if !(2..=3).contains(&arguments.len()) {
        return None;
    }
    Some(Dict::new(slot(0)?, slot(1)?))
}

/// The type of a name, in any case of letters.
fn slot(name: &str) -> Option<Slot> {
    Some(match name.to_ascii_uppercase().as_str() {
        "STRING" | "SYMBOL" => Slot::Text,
        "INT" | "LONG" | "SHORT" => Slot::Int,
        "DOUBLE" | "FLOAT" => Slot::Double,
        "BOOL" => Slot::Bool,
        "ANY" => Slot::Any,
        _ => return None,
    })
}

/// `dict(keys, values)`.
pub(super) fn dict(run: &mut Interpreter<'_>, arguments: &mut Arguments) -> Run<Value> {
    let (keys, values) = (arguments.take(0), arguments.take(1));
    let (keys, values) = (listed(keys), listed(values));
    if keys.len() != values.len() {
        let message = format!("`dict` is given {} keys and {} values", keys.len(), values.len());
        return run.error(arguments.span, message);
    }
    let slot = match keys.iter().next() {
        Some(Value::Int(_)) => Slot::Int,
        _ => Slot::Text,
    };
    let kind = match Value::Vector(values.clone()).type_name() {
        "STRING VECTOR" => Slot::Text,
        _ => Slot::Any,
    };
    let mut dict = Dict::new(slot, kind);
    for (key, value) in keys.iter().zip(values.iter()) {
        let (Some(key), Some(value)) = (key_for(&dict, key), value_for(&dict, value.clone())) else {
            let message =
                format!("`dict` has STRING keys or INT keys; {} is neither, or not like the first", key.kind());
            return run.error(arguments.span(0), message);
        };
        dict.insert(key, value);
    }
    Ok(dict.into())
}

/// A vector, or a scalar as a vector of one.
fn listed(value: Value) -> Vector {
    match value {
        Value::Vector(items) => items,
        scalar => Vector::new(vec![scalar]),
    }
}

/// How many elements or keys; 1 of a scalar, 0 of NULL.
pub(super) fn size(_: &mut Interpreter<'_>, arguments: &mut Arguments) -> Run<Value> {
    Ok(Value::Int(match arguments.get(0) {
        Value::Vector(items) => items.len() as i64,
        Value::Dict(dict) => dict.len() as i64,
        Value::Null => 0,
        Value::Pair(..) | Value::Failure(_) => 2,
        _ => 1,
    }))
}

pub(super) fn keys(run: &mut Interpreter<'_>, arguments: &mut Arguments) -> Run<Value> {
    match arguments.get(0) {
        Value::Dict(dict) => Ok(Value::vector(dict.iter().map(|(key, _)| key.to_value()).collect())),
        _ => run.mistyped(arguments, 0, "a dictionary"),
    }
}

pub(super) fn values(run: &mut Interpreter<'_>, arguments: &mut Arguments) -> Run<Value> {
    match arguments.get(0) {
        Value::Dict(dict) => Ok(Value::vector(dict.iter().map(|(_, value)| value.clone()).collect())),
        _ => run.mistyped(arguments, 0, "a dictionary"),
    }
}

pub(super) fn is_null(run: &mut Interpreter<'_>, arguments: &mut Arguments) -> Run<Value> {
    let (value, span) = (arguments.take(0), arguments.span(0));
    match &value {
        Value::Vector(items) => Ok(Value::vector(items.iter().map(|item| Value::Bool(item.is_null())).collect())),
        value => run.each(value, span, &mut |_, item| Ok(Value::Bool(item.is_null()))),
    }
}

/// The first, or what stands for it where it is `NULL`.
pub(super) fn fill(run: &mut Interpreter<'_>, arguments: &mut Arguments) -> Run<Value> {
    let (value, by, span) = (arguments.take(0), arguments.take(1), arguments.span(0));
    run.each(&value, span, &mut |_, item| Ok(if item.is_null() { by.clone() } else { item.clone() }))
}

/// `iif(c, x, y)`; both are worked out, as every argument is.
pub(super) fn choose(run: &mut Interpreter<'_>, arguments: &mut Arguments) -> Run<Value> {
    let holds = run.truth(arguments.get(0), arguments.span(0))?;
    Ok(arguments.take(if holds { 1 } else { 2 }))
}

pub(super) fn equal(_: &mut Interpreter<'_>, arguments: &mut Arguments) -> Run<Value> {
    Ok(Value::Bool(arguments.get(0) == arguments.get(1)))
}

pub(super) fn first(_: &mut Interpreter<'_>, arguments: &mut Arguments) -> Run<Value> {
    Ok(match arguments.take(0) {
        Value::Vector(items) => items.first().cloned().unwrap_or_default(),
        scalar => scalar,
    })
}

pub(super) fn last(_: &mut Interpreter<'_>, arguments: &mut Arguments) -> Run<Value> {
    Ok(match arguments.take(0) {
        Value::Vector(items) => items.last().cloned().unwrap_or_default(),
        scalar => scalar,
    })
}

pub(super) fn reverse(run: &mut Interpreter<'_>, arguments: &mut Arguments) -> Run<Value> {
    match arguments.get(0) {
        Value::Vector(items) => Ok(Value::vector(items.iter().rev().cloned().collect())),
        _ => run.mistyped(arguments, 0, "a vector"),
    }
}

/// `append!`, `push!`, `erase!`, `clear!` on what stands in a variable; returns the bytes that were worked on.
pub(crate) fn mutate(name: &str, slot: &mut Value, mut values: Vec<Value>, span: Span) -> Run<u64> {
    let wrong = |message: String| Err(Box::new(Problem::new(Kind::Run, span, message)));
    match (name, slot, values.as_slice()) {
        ("append!" | "push!", Value::Vector(vector), [_]) => {
            let value = values.swap_remove(0);
            let worked = value.weight().saturating_add(vector.copy_bytes());
            match value {
                // A vector is appended element by element, as in the database.
                Value::Vector(more) => more.iter().for_each(|item| vector.push(item.clone())),
                scalar => vector.push(scalar),
            }
            Ok(worked)
        }
        ("erase!", Value::Dict(dict), [key]) => {
            let listed = match key {
                Value::Vector(keys) => keys,
                key => &Vector::new(vec![key.clone()]),
            };
            let Some(keys) = listed.iter().map(|key| key_for(dict, key)).collect::<Option<HashSet<_>>>() else {
                return wrong(format!("{} is not a key of a {}", key.kind(), dict.type_name()));
            };
            dict.remove(&keys);
            Ok((dict.len() + keys.len()) as u64 * 64)
        }
        ("clear!", slot @ Value::Vector(_), []) => {
            *slot = Value::vector(Vec::new());
            Ok(0)
        }
        ("clear!", Value::Dict(dict), []) => {
            *dict = Dict::new(dict.key_slot(), dict.value_slot());
            Ok(0)
        }
        ("append!" | "push!", slot, [_]) => wrong(format!("`{name}` adds to a vector, not to {}", slot.kind())),
        ("erase!", slot, [_]) => wrong(format!("`erase!` takes keys out of a dictionary, not out of {}", slot.kind())),
        ("append!" | "push!" | "erase!", ..) => wrong(format!("`{name}` takes a variable and one value")),
        _ => wrong(format!("there is no function `{name}`; there are append!, push!, erase! and clear!")),
    }
}
