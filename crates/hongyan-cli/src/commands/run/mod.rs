//! `hongyan run FILE`: a script of a database, run against the real platforms or a sandbox.

mod define;
mod host;
mod login;
mod output;
mod sandboxed;
mod time;

use crate::lang::told;
use crate::{
    args::{Named, Run},
    exit::{Exit, Usage},
};
use hongyan_functions::{Blocking, Functions};
use hongyan_script::{Interpreter, Kind, Limits, Options, Script, ScriptError, Source, Value, check};
use host::World;
use output::Output;
use sandboxed::Sandboxed;
use serde_json::json;
use std::{
    cell::OnceCell,
    io::Read,
    time::{Duration, Instant},
};
use time::Time;

/// Runs a script. Needs no runtime, and makes none before a call needs one.
pub(crate) fn run(args: &Run, json: bool) -> anyhow::Result<Exit> {
    let began = Instant::now();
    // `--sandbox FILE` is `--sandbox` and a file; only an address is taken for its value.
    let mut words = args.words.clone();
    let url = args.sandbox.as_deref().map(|word| match sandboxed::address(word) {
        Some(address) => address,
        None => {
            words.insert(0, word.to_owned());
            String::new()
        }
    });
    let Some((file, rest)) = words.split_first() else {
        return Err(Usage(
            told!("which script? give a file, or - for standard input" ; "哪个脚本？请给出文件，或用 - 表示标准输入"),
        )
        .into());
    };
    let (name, text) = read(file)?;
    let limits = limits(args);
    let mut output = Output::new(json);
    let script = match Script::parse_with(&name, &text, &limits) {
        Ok(script) => script,
        Err(errors) => return Ok(refused(&errors, &Source::new(name.as_str(), check::masked(&text)), &mut output)),
    };
    let written = script.clone();
    let sandbox = url.as_deref().map(Sandboxed::find).transpose()?;
    let mut defines = define::read(&args.defines, sandbox.as_ref().map(|sandbox| &sandbox.credentials))?;
    let own = defines.keys().cloned().collect::<Vec<_>>();
    for name in own.iter().chain(args.keeps.iter().filter(|name| *name != "*")) {
        let word = |c: char| c.is_alphanumeric() || c == '_';
        if !text.split(|c: char| !word(c)).any(|found| found == name) {
            output.note(format!("{name} is not a name in the script; is it spelled right? (脚本中没有变量 {name})"));
        }
    }
    if !rest.is_empty() {
        let list = rest.iter().map(|word| Value::text(word.as_str())).collect();
        defines.entry("args".into()).or_insert_with(|| Value::vector(list));
    }
    let script = keep(script, &limits, args, url.is_some(), &own, &mut output);
    let mut functions = Functions::new(profile(args)?);
    if let Some(sandbox) = &sandbox {
        functions = functions.with_reroute(sandbox.reroute(args.strict_login));
    }
    let mut world = World {
        functions: Blocking::new(functions),
        output,
        time: match &sandbox {
            Some(sandbox) if args.simulated_time => sandbox.time(),
            _ => Time::Machine,
        },
        logins: sandbox.as_ref().and_then(|sandbox| sandbox.logins(args)),
        sandboxed: sandbox.is_some(),
        deadline: args.timeout.map(|timeout| began + timeout),
        script: &written,
        shown: OnceCell::new(),
        color: colored(),
        unknown: false,
    };
    let ended = Interpreter::new(&mut world, Options { limits, defines, rehearsal: sandbox.is_some() }).run(&script);
    Ok(conclude(ended, &mut world, sandbox.as_ref(), json, args.timeout))
}

/// Says how it ended.
fn conclude(
    ended: Result<hongyan_script::Outcome, ScriptError>,
    world: &mut World<'_>,
    sandbox: Option<&Sandboxed>,
    json: bool,
    timeout: Option<Duration>,
) -> Exit {
    let mut diagnostics = Vec::new();
    let (word, exit) = match ended {
        Ok(outcome) => {
            let told = outcome.notes.iter().chain(&outcome.failed_asserts);
            diagnostics.extend(told.map(|diagnostic| described(diagnostic, world.shown())));
            if outcome.failed() { ("assertion_failed", Exit::Failed) } else { ("done", Exit::Done) }
        }
        // Whoever read standard output has gone: as for `head`, there is nothing to say.
        Err(error) if error.kind() == Kind::Limit && crate::out::is_closed() => ("closed", Exit::Failed),
        Err(error) => {
            diagnostics.push(described(&error, world.shown()));
            let drawn = error.render(world.shown(), world.color);
            world.output.tell(&drawn);
            match error.kind() {
                Kind::Limit if timeout.is_some_and(|_| hongyan_script::Host::interrupted(world)) => {
                    world.output.note("the run was ended by --timeout (已到 --timeout 规定的时间)".into());
                    ("timed_out", Exit::Failed)
                }
                // Nobody knows whether the other side has taken it.
                Kind::Host if world.unknown => ("unknown", Exit::Unknown),
                _ => ("failed", Exit::Failed),
            }
        }
    };
    let code = match exit {
        Exit::Done => 0,
        Exit::Failed => 1,
        Exit::Unknown => 3,
    };
    let summary = sandbox.filter(|_| json).map(Sandboxed::summary);
    world.output.finish(word, code, &diagnostics, summary);
    exit
}

/// Mistakes of form: all of them, nothing was run.
fn refused(errors: &[ScriptError], source: &Source, output: &mut Output) -> Exit {
    for error in errors {
        output.tell(&error.render(source, colored()));
    }
    let all: Vec<_> = errors.iter().map(|error| described(error, source)).collect();
    output.finish("refused", 1, &all, None);
    Exit::Failed
}

/// The script without the placeholders that would take the place of a value, each told.
fn keep(script: Script, limits: &Limits, args: &Run, sandbox: bool, defined: &[String], output: &mut Output) -> Script {
    let every = sandbox || args.keeps.iter().any(|name| name == "*");
    if !every && args.keeps.is_empty() {
        return script;
    }
    let mut text = script.source().text().to_owned();
    let mut changed = false;
    for (name, span) in check::overwriting_placeholders(&script) {
        if defined.contains(&name) || !(every || args.keeps.contains(&name)) {
            continue;
        }
        let line = script.source().line(span.start());
        output.note(format!(
            "line {line}: {name} keeps its value; the placeholder does not take its place (占位符未覆盖已有的值)"
        ));
        // A statement of the same length that does nothing: every place in the text stays where it is.
        let length = span.end() - span.start();
        text.replace_range(span.range(), &format!("{:<length$}", "0"));
        changed = true;
    }
    if !changed {
        return script;
    }
    // It was a whole script before, and a number is a statement too; if not, the script runs as it is written.
    Script::parse_with(script.source().name(), &text, limits).unwrap_or(script)
}

fn limits(args: &Run) -> Limits {
    let mut limits = Limits::default();
    limits.steps = args.max_steps.unwrap_or(limits.steps);
    limits.memory_bytes = args.max_memory.unwrap_or(limits.memory_bytes);
    limits
}

fn profile(args: &Run) -> anyhow::Result<hongyan_functions::Profile> {
    let mut care = args.care.clone();
    care.compatible |= args.profile == Named::Compatible;
    care.profile()
}

/// A script's name and text.
pub(super) fn read(file: &str) -> anyhow::Result<(String, String)> {
    let (name, bytes) = if file == "-" {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes)?;
        ("standard input".to_owned(), bytes)
    } else {
        let bytes = std::fs::read(file)
            .map_err(|error| Usage(told!("{file} cannot be read: {error}" ; "{file} 无法读取：{error}")))?;
        (file.to_owned(), bytes)
    };
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
        Usage(told!(
            "{name} is not UTF-8 in line {line}: save it as UTF-8" ;
            "{name} 第 {line} 行不是 UTF-8 编码：请另存为 UTF-8"
        ))
    })?;
    // Editors of one system put a mark at the beginning.
    Ok((name, text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)))
}

/// Whether diagnostics are drawn in colour.
pub(super) fn colored() -> bool {
    anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never
}

/// A diagnostic for programs. The line is of the source that is shown, secrets masked.
pub(super) fn described(diagnostic: &hongyan_script::Diagnostic, source: &Source) -> serde_json::Value {
    let place = source.place(diagnostic.place.span);
    json!({
        "severity": format!("{:?}", diagnostic.severity).to_lowercase(),
        "kind": format!("{:?}", diagnostic.kind).to_lowercase(),
        "rule": diagnostic.rule,
        "line": place.line,
        "column": place.column,
        "source": place.source_line,
        "message": diagnostic.message,
        "expected": diagnostic.expected,
        "hint": diagnostic.hint,
    })
}
