//! JSON: `parseExpr(text).eval()` and `fromStdJson(text)` read it strictly, `toStdJson(x)` writes it.

use crate::eval::{Arguments, Interpreter, Run};
use crate::span::Span;
use crate::value::{JsonError, Value, read_json, write_json};

/// `parseExpr(text)`: nothing is read yet.
pub(super) fn code(run: &mut Interpreter<'_>, arguments: &mut Arguments) -> Run<Value> {
    match arguments.take(0) {
        Value::Text(text) => Ok(Value::Code(text)),
        Value::Null => run.advise(
            arguments.span(0),
            "`parseExpr` takes a STRING, and this is NULL",
            "is the key spelled right? a reply has responseCode, text, headers and elapsed / 应答的键为 responseCode, text, headers, elapsed",
        ),
        other => run.error(arguments.span(0), format!("`parseExpr` takes a STRING, not {}", other.kind())),
    }
}

/// `.eval()` of what `parseExpr` returned: a JSON text becomes a value; nothing is evaluated.
pub(crate) fn eval_code(run: &mut Interpreter<'_>, value: &Value, span: Span) -> Run<Value> {
    match value {
        Value::Code(text) => {
            run.work(value.weight(), span)?;
            parsed(run, text, span)
        }
        other => run.advise(
            span,
            format!("`eval` of {}", other.kind()),
            "only parseExpr(text).eval() is read, as JSON; nothing is ever evaluated / 只支持 parseExpr(text).eval()",
        ),
    }
}

/// `fromStdJson(text)`: as `parseExpr(text).eval()`; whole numbers stay whole and no text becomes a date.
pub(super) fn read(run: &mut Interpreter<'_>, arguments: &mut Arguments) -> Run<Value> {
    match arguments.take(0) {
        Value::Text(text) => parsed(run, &text, arguments.span(0)),
        other => run.error(arguments.span(0), format!("`{}` takes a STRING, not {}", arguments.function, other.kind())),
    }
}

fn parsed(run: &mut Interpreter<'_>, text: &str, span: Span) -> Run<Value> {
    match read_json(text, run.ceiling()) {
        Ok(value) => run.check_value(value, span),
        Err(JsonError { too_large: true, .. }) => run.room(u64::MAX, span).map(|()| Value::Null),
        Err(error) => run.advise(
            span,
            format!("the text is not JSON: {error}"),
            "a reply is read as one JSON value and is never evaluated; print its text and look at responseCode / 应答只按 JSON 读取，从不执行；请打印 text 并检查 responseCode",
        ),
    }
}

pub(super) fn write(run: &mut Interpreter<'_>, arguments: &mut Arguments) -> Run<Value> {
    let value = arguments.take(0);
    // Escapes may take six bytes for one.
    run.room(value.weight().saturating_mul(2), arguments.span)?;
    Ok(Value::text(write_json(&value)))
}
