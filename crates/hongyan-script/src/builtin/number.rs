//! Functions of numbers.

use super::convert::integer;
use crate::ast::{BinaryOperator, UnaryOperator};
use crate::eval::operator;
use crate::eval::{Arguments, Interpreter, Run};
use crate::value::Value;

pub(super) fn abs(run: &mut Interpreter<'_>, arguments: &mut Arguments) -> Run<Value> {
    each_number(run, arguments, &mut |value| match value {
        Value::Int(number) if *number < 0 => operator::unary(UnaryOperator::Negate, value).ok(),
        Value::Double(number) => Some(Value::Double(number.abs())),
        other => Some(other.clone()),
    })
}

pub(super) fn floor(run: &mut Interpreter<'_>, arguments: &mut Arguments) -> Run<Value> {
    each_number(run, arguments, &mut |value| match value {
        Value::Double(number) => Some(integer(number.floor())),
        other => Some(other.clone()),
    })
}

pub(super) fn ceil(run: &mut Interpreter<'_>, arguments: &mut Arguments) -> Run<Value> {
    each_number(run, arguments, &mut |value| match value {
        Value::Double(number) => Some(integer(number.ceil())),
        other => Some(other.clone()),
    })
}

/// To so many digits after the point, 0 when none are given.
pub(super) fn round(run: &mut Interpreter<'_>, arguments: &mut Arguments) -> Run<Value> {
    let digits = if arguments.has(1) { run.whole_of(arguments, 1)? } else { 0 };
    let Some(digits) = usize::try_from(digits).ok().filter(|digits| *digits <= 10) else {
        return run.error(arguments.span(1), "`round` takes 0 to 10 digits");
    };
    let plain = !arguments.has(1);
    each_number(run, arguments, &mut |value| match value {
        Value::Double(number) if plain => Some(integer(number.round())),
        Value::Double(number) => {
            let scale = 10_f64.powi(digits as i32);
            let scaled = (number * scale).round() / scale;
            Some(Value::Double(if scaled.is_finite() { scaled } else { *number }))
        }
        other => Some(other.clone()),
    })
}

/// Works on a number or on each of a vector; `NULL` stays `NULL`, and `None` is one that does not fit.
fn each_number(
    run: &mut Interpreter<'_>,
    arguments: &mut Arguments,
    work: &mut dyn FnMut(&Value) -> Option<Value>,
) -> Run<Value> {
    let (value, span, function) = (arguments.take(0), arguments.span(0), arguments.function);
    run.each(&value, span, &mut |run, item| match item {
        Value::Int(_) | Value::Double(_) => match work(item) {
            Some(value) => Ok(value),
            None => run.error(span, format!("the result of `{function}` does not fit in 64 bits")),
        },
        Value::Null => Ok(Value::Null),
        other => run.error(span, format!("`{function}` takes a number, not {}", other.kind())),
    })
}

/// The elements of the first argument, and the second.
fn operands(arguments: &mut Arguments) -> Vec<Value> {
    let mut values = match arguments.take(0) {
        Value::Vector(items) => items.to_vec(),
        scalar => vec![scalar],
    };
    if arguments.has(1) {
        values.push(arguments.take(1));
    }
    values.retain(|value| !value.is_null());
    values
}

pub(super) fn min(run: &mut Interpreter<'_>, arguments: &mut Arguments) -> Run<Value> {
    extreme(run, arguments, BinaryOperator::Less)
}

pub(super) fn max(run: &mut Interpreter<'_>, arguments: &mut Arguments) -> Run<Value> {
    extreme(run, arguments, BinaryOperator::Greater)
}

fn extreme(_: &mut Interpreter<'_>, arguments: &mut Arguments, better: BinaryOperator) -> Run<Value> {
    let span = arguments.span;
    let mut best = Value::Null;
    for value in operands(arguments) {
        let wins = best.is_null()
            || operator::binary(better, &value, &best).map_err(|wrong| wrong.at(span))? == Value::Bool(true);
        if wins {
            best = value;
        }
    }
    Ok(best)
}

pub(super) fn sum(_: &mut Interpreter<'_>, arguments: &mut Arguments) -> Run<Value> {
    let span = arguments.span;
    operands(arguments).iter().try_fold(Value::Null, |sum, value| {
        let start = if sum.is_null() { Value::Int(0) } else { sum };
        if value.as_text().is_some() {
            let message = "`sum` adds numbers; concat(v, ',') joins texts";
            return Err(Box::new(crate::diagnostic::Problem::new(crate::diagnostic::Kind::Run, span, message)));
        }
        operator::binary(BinaryOperator::Add, &start, value).map_err(|wrong| wrong.at(span))
    })
}

pub(super) fn all(run: &mut Interpreter<'_>, arguments: &mut Arguments) -> Run<Value> {
    let span = arguments.span(0);
    operands(arguments).iter().try_fold(true, |all, item| Ok(all & run.truth(item, span)?)).map(Value::Bool)
}

pub(super) fn any(run: &mut Interpreter<'_>, arguments: &mut Arguments) -> Run<Value> {
    let span = arguments.span(0);
    operands(arguments).iter().try_fold(false, |any, item| Ok(any | run.truth(item, span)?)).map(Value::Bool)
}

/// `format(x, "0.00")`, `"#,##0.0"`, `"0.0%"`: so many digits after the point, groups of three, hundredths.
pub(super) fn format(run: &mut Interpreter<'_>, arguments: &mut Arguments) -> Run<Value> {
    let pattern = run.text_of(arguments, 1)?.to_owned();
    let known = !pattern.is_empty() && pattern.chars().all(|char| matches!(char, '0' | '#' | ',' | '.' | '%'));
    if !known || pattern.len() > 64 {
        return run.advise(
            arguments.span(1),
            "`format` does not know this pattern",
            "write \"0.00\", \"#,##0\" or \"0.0%\"",
        );
    }
    let (body, percent) = pattern.strip_suffix('%').map_or((&*pattern, false), |body| (body, true));
    let (before, after) = body.split_once('.').unwrap_or((body, ""));
    let (least, most) = (after.matches('0').count(), after.len());
    let groups = before.contains(',');
    let width = before.matches('0').count();
    each_number(run, arguments, &mut |value| {
        let number = value.as_number()? * if percent { 100.0 } else { 1.0 };
        Some(Value::text(written(number, (width, groups), (least, most), percent)))
    })
}

fn written(number: f64, (width, groups): (usize, bool), (least, most): (usize, usize), percent: bool) -> String {
    let plain = format!("{:.most$}", number.abs());
    let (units, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    let mut fraction = fraction.to_owned();
    while fraction.len() > least && fraction.ends_with('0') {
        fraction.pop();
    }
    let padded = format!("{units:0>width$}");
    let mut digits = String::new();
    for (at, digit) in padded.chars().enumerate() {
        if groups && at > 0 && (padded.len() - at).is_multiple_of(3) {
            digits.push(',');
        }
        digits.push(digit);
    }
    let zero = digits.chars().chain(fraction.chars()).all(|char| matches!(char, '0' | ','));
    let sign = if number < 0.0 && !zero { "-" } else { "" };
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{digits}{point}{fraction}{}", if percent { "%" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_by_their_pattern() {
        for (number, width, groups, least, most, percent, expected) in [
            (2.34567, 1, false, 2, 2, false, "2.35"),
            (3.0, 1, false, 0, 2, false, "3"),
            (1_234_567.5, 1, true, 1, 1, false, "1,234,567.5"),
            (12.0, 1, false, 1, 1, true, "12.0%"),
            (-0.001, 1, false, 2, 2, false, "0.00"),
            (7.0, 3, false, 0, 0, false, "007"),
            (-1234.0, 1, true, 0, 0, false, "-1,234"),
        ] {
            assert_eq!(written(number, (width, groups), (least, most), percent), expected);
        }
    }
}
