//! Functions of texts. Positions and lengths count characters.

use crate::eval::{Arguments, Interpreter, Run};
use crate::span::Span;
use crate::value::{Value, memory};

/// Works on the text of a STRING or of each in a vector; `NULL` stays `NULL`.
fn each_text(
    run: &mut Interpreter<'_>,
    arguments: &mut Arguments,
    work: &mut dyn FnMut(&mut Interpreter<'_>, &str) -> Run<Value>,
) -> Run<Value> {
    let (value, span, function) = (arguments.take(0), arguments.span(0), arguments.function);
    run.each(&value, span, &mut |run, item| match item {
        Value::Text(text) => work(run, text),
        Value::Null => Ok(Value::Null),
        other => run.error(span, format!("`{function}` takes a STRING, not {}", other.kind())),
    })
}

pub(super) fn upper(run: &mut Interpreter<'_>, arguments: &mut Arguments) -> Run<Value> {
    each_text(run, arguments, &mut |_, text| Ok(Value::text(text.to_uppercase())))
}

pub(super) fn lower(run: &mut Interpreter<'_>, arguments: &mut Arguments) -> Run<Value> {
    each_text(run, arguments, &mut |_, text| Ok(Value::text(text.to_lowercase())))
}

pub(super) fn trim(run: &mut Interpreter<'_>, arguments: &mut Arguments) -> Run<Value> {
    each_text(run, arguments, &mut |_, text| Ok(Value::text(text.trim())))
}

pub(super) fn length(run: &mut Interpreter<'_>, arguments: &mut Arguments) -> Run<Value> {
    each_text(run, arguments, &mut |_, text| Ok(Value::Int(text.chars().count() as i64)))
}

pub(super) fn starts_with(run: &mut Interpreter<'_>, arguments: &mut Arguments) -> Run<Value> {
    let start = run.text_of(arguments, 1)?.to_owned();
    each_text(run, arguments, &mut |_, text| Ok(Value::Bool(text.starts_with(&start))))
}

pub(super) fn ends_with(run: &mut Interpreter<'_>, arguments: &mut Arguments) -> Run<Value> {
    let end = run.text_of(arguments, 1)?.to_owned();
    each_text(run, arguments, &mut |_, text| Ok(Value::Bool(text.ends_with(&end))))
}

/// Where a part begins, -1 where it is not.
pub(super) fn find(run: &mut Interpreter<'_>, arguments: &mut Arguments) -> Run<Value> {
    let part = run.text_of(arguments, 1)?.to_owned();
    each_text(run, arguments, &mut |_, text| {
        Ok(Value::Int(text.find(&part).map_or(-1, |at| text[..at].chars().count() as i64)))
    })
}

pub(super) fn part(run: &mut Interpreter<'_>, arguments: &mut Arguments) -> Run<Value> {
    let offset = run.whole_of(arguments, 1)?;
    let length = if arguments.has(2) { run.whole_of(arguments, 2)? } else { i64::MAX };
    let (Ok(offset), Ok(length)) = (usize::try_from(offset), usize::try_from(length)) else {
        return run.error(arguments.span, "`substr` counts from 0: an offset or a length below it is none");
    };
    each_text(run, arguments, &mut |_, text| {
        Ok(Value::text(text.chars().skip(offset).take(length).collect::<String>()))
    })
}

pub(super) fn replace(run: &mut Interpreter<'_>, arguments: &mut Arguments) -> Run<Value> {
    let (part, by) = (run.text_of(arguments, 1)?.to_owned(), run.text_of(arguments, 2)?.to_owned());
    if part.is_empty() {
        return run.error(arguments.span(1), "`strReplace` looks for a text that is not empty");
    }
    let span = arguments.span;
    each_text(run, arguments, &mut |run, text| {
        let found = text.matches(&part).count() as u64;
        room(run, (text.len() as u64).saturating_add(found.saturating_mul(by.len() as u64)), span)?;
        Ok(Value::text(text.replace(&part, &by)))
    })
}

/// Makes sure that a long result is worth its memory and its steps.
fn room(run: &mut Interpreter<'_>, bytes: u64, span: Span) -> Run<()> {
    run.room(bytes, span)?;
    run.work(bytes, span)
}

/// `concat(v, ',')` joins a vector's elements; `concat(a, b)` two texts.
pub(super) fn concat(run: &mut Interpreter<'_>, arguments: &mut Arguments) -> Run<Value> {
    let between = if arguments.has(1) { arguments.get(1).to_string() } else { String::new() };
    if let Value::Dict(_) | Value::Vector(_) = arguments.get(1) {
        return run.mistyped(arguments, 1, "a STRING");
    }
    match arguments.take(0) {
        Value::Vector(items) => {
            let span = arguments.span;
            let bytes = items.iter().map(Value::weight).fold(0, u64::saturating_add);
            room(run, bytes.saturating_add(between.len() as u64 * items.len() as u64), span)?;
            let mut text = String::new();
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    text.push_str(&between);
                }
                match item {
                    Value::Vector(_) | Value::Dict(_) => {
                        return run.error(span, format!("`concat` joins scalars, not {}", item.kind()));
                    }
                    Value::Null => {}
                    item => text.push_str(&item.to_string()),
                }
            }
            Ok(Value::text(text))
        }
        Value::Dict(_) => run.error(arguments.span(0), "`concat` joins texts, not a dictionary"),
        Value::Null => Ok(Value::text(between)),
        scalar => Ok(Value::text(scalar.to_string() + &between)),
    }
}

/// The parts between a delimiter, `,` when none is given.
pub(super) fn split(run: &mut Interpreter<'_>, arguments: &mut Arguments) -> Run<Value> {
    let by = if arguments.has(1) { run.text_of(arguments, 1)?.to_owned() } else { ",".to_owned() };
    if by.is_empty() {
        return run.error(arguments.span(1), "`split` needs a delimiter that is not empty");
    }
    let text = run.text_of(arguments, 0)?;
    let parts = text.matches(&by).count() as u64 + 1;
    let bytes = parts.saturating_mul((memory::VALUE_BYTES + memory::CELL_BYTES) as u64);
    room(run, bytes.saturating_add(text.len() as u64), arguments.span)?;
    Ok(Value::vector(text.split(&by).map(Value::text).collect()))
}

/// `stringFormat("%s: %d", a, b)`: `%s`, `%d`, `%i`, `%f`, `%%`, each written as `string` writes its argument.
pub(super) fn format(run: &mut Interpreter<'_>, arguments: &mut Arguments) -> Run<Value> {
    let pattern = run.text_of(arguments, 0)?.to_owned();
    let mut text = String::new();
    let mut next = 1;
    let mut chars = pattern.chars();
    while let Some(char) = chars.next() {
        if char != '%' {
            text.push(char);
            continue;
        }
        match chars.next() {
            Some('%') => text.push('%'),
            Some('s' | 'd' | 'i' | 'f' | 'l' | 'W') if next < arguments.len() => {
                let value = arguments.get(next);
                room(run, (text.len() as u64).saturating_add(value.weight()), arguments.span)?;
                text.push_str(&value.to_string());
                next += 1;
            }
            Some('s' | 'd' | 'i' | 'f' | 'l' | 'W') => {
                return run.error(arguments.span, "`stringFormat` has fewer arguments than the format asks for");
            }
            _ => return run.error(arguments.span(0), "`stringFormat` knows %s, %d, %i, %f and %%"),
        }
    }
    Ok(Value::text(text))
}
