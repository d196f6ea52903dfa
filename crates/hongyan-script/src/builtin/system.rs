//! Functions that reach the host: output, time, plug-ins; and what is defined.

use crate::eval::host_problem;
use crate::eval::{Arguments, Interpreter, Run};
use crate::value::Value;

pub(super) fn print(run: &mut Interpreter<'_>, arguments: &mut Arguments) -> Run<Value> {
    for at in 0..arguments.len() {
        let value = arguments.take(at);
        run.print(&value, arguments.span(at))?;
    }
    Ok(Value::Null)
}

/// Milliseconds since 1970, as LONG: there are no timestamps here.
pub(super) fn now(run: &mut Interpreter<'_>, _: &mut Arguments) -> Run<Value> {
    Ok(Value::Int(run.host.now_ms()))
}

pub(super) fn sleep(run: &mut Interpreter<'_>, arguments: &mut Arguments) -> Run<Value> {
    let Ok(ms) = u64::try_from(run.whole_of(arguments, 0)?) else {
        return run.error(arguments.span(0), "`sleep` takes milliseconds, 0 or more");
    };
    run.host.sleep_ms(ms).map_err(|error| host_problem(error, arguments.span))?;
    Ok(Value::Null)
}

/// The functions of `httpClient` are there without it.
pub(super) fn load_plugin(run: &mut Interpreter<'_>, arguments: &mut Arguments) -> Run<Value> {
    let path = run.text_of(arguments, 0)?.to_owned();
    run.host.load_plugin(&path).map_err(|error| host_problem(error, arguments.span))?;
    Ok(Value::Null)
}

/// Whether a name, or each of a vector, is a variable or a function.
pub(super) fn defined(run: &mut Interpreter<'_>, arguments: &mut Arguments) -> Run<Value> {
    let (names, span) = (arguments.take(0), arguments.span(0));
    run.each(&names, span, &mut |run, item| match item.as_text() {
        Some(name) => Ok(Value::Bool(run.is_defined(name))),
        None => run.error(span, format!("a name is a STRING, not {}", item.kind())),
    })
}
