//! From one type to another. What cannot be turned into a number is `NULL`, as in the database.

use crate::eval::{Arguments, Interpreter, Run};
use crate::value::Value;

pub(super) fn string(run: &mut Interpreter<'_>, arguments: &mut Arguments) -> Run<Value> {
    let (value, span) = (arguments.take(0), arguments.span(0));
    if let Value::Dict(_) = value {
        return run.advise(span, "`string` of a dictionary", "toStdJson(d) writes it as JSON / 请用 toStdJson(d)");
    }
    run.each(&value, span, &mut |run, item| match item {
        Value::Null => Ok(Value::text("")),
        Value::Text(_) => Ok(item.clone()),
        Value::Failure(failure) => Ok(Value::text(failure.message.as_str())),
        Value::Dict(_) => run.error(span, "`string` of a dictionary"),
        other => Ok(Value::text(other.to_string())),
    })
}

pub(super) fn int(run: &mut Interpreter<'_>, arguments: &mut Arguments) -> Run<Value> {
    let (value, span, function) = (arguments.take(0), arguments.span(0), arguments.function);
    run.each(&value, span, &mut |run, item| match item {
        Value::Int(_) | Value::Null => Ok(item.clone()),
        Value::Bool(value) => Ok(Value::Int(i64::from(*value))),
        Value::Double(number) => Ok(integer(number.trunc())),
        Value::Text(text) => Ok(match text.trim().parse() {
            Ok(number) => Value::Int(number),
            Err(_) => text.trim().parse().map_or(Value::Null, |number: f64| integer(number.trunc())),
        }),
        other => run.error(span, format!("`{function}` of {}", other.kind())),
    })
}

/// A number without fraction as INT, where 64 bits are enough.
pub(super) fn integer(number: f64) -> Value {
    // 2^63 is the first that is too large; it is exact as a double.
    if (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&number) {
        Value::Int(number as i64)
    } else {
        Value::Null
    }
}

pub(super) fn double(run: &mut Interpreter<'_>, arguments: &mut Arguments) -> Run<Value> {
    let (value, span) = (arguments.take(0), arguments.span(0));
    run.each(&value, span, &mut |run, item| match item {
        Value::Double(_) | Value::Null => Ok(item.clone()),
        Value::Int(number) => Ok(Value::Double(*number as f64)),
        Value::Bool(value) => Ok(Value::Double(f64::from(u8::from(*value)))),
        Value::Text(text) => Ok(match text.trim().parse::<f64>() {
            Ok(number) if number.is_finite() => Value::Double(number),
            _ => Value::Null,
        }),
        other => run.error(span, format!("`double` of {}", other.kind())),
    })
}

pub(super) fn bool(run: &mut Interpreter<'_>, arguments: &mut Arguments) -> Run<Value> {
    let (value, span) = (arguments.take(0), arguments.span(0));
    run.each(&value, span, &mut |run, item| match item {
        Value::Null => Ok(Value::Null),
        Value::Text(text) => Ok(match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" => Value::Bool(true),
            "false" | "0" => Value::Bool(false),
            _ => Value::Null,
        }),
        other => run.truth(other, span).map(Value::Bool),
    })
}

pub(super) fn type_name(_: &mut Interpreter<'_>, arguments: &mut Arguments) -> Run<Value> {
    Ok(Value::text(arguments.get(0).type_name()))
}
