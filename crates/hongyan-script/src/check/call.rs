//! Calls: which functions there are, and what the HTTP and mail functions are handed.

use super::{literal, name, placeholder::is_placeholder, rule, value::KnownValue, walk::Walk, web};
use crate::{
    ast::{Argument, Callee, Expr, ExprKind, Literal, Name},
    builtin,
    span::Span,
};

/// A function of the module: its name, how many arguments it takes, and what they are.
struct Signature {
    name: &'static str,
    least: usize,
    most: usize,
    usage: &'static str,
    parameters: &'static [&'static str],
}

const HTTP: &[&str] = &["url", "params", "timeout", "headers", "config"];

const fn http(name: &'static str, usage: &'static str) -> Signature {
    Signature { name, least: 1, most: 5, usage, parameters: HTTP }
}

/// The functions of the module `httpClient`.
static FUNCTIONS: [Signature; 6] = [
    http("httpGet", "httpClient::httpGet(url, [params], [timeout], [headers], [config])"),
    http("httpPost", "httpClient::httpPost(url, [params], [timeout], [headers], [config])"),
    http("httpPut", "httpClient::httpPut(url, [params], [timeout], [headers], [config])"),
    http("httpDelete", "httpClient::httpDelete(url, [params], [timeout], [headers], [config])"),
    Signature {
        name: "sendEmail",
        least: 5,
        most: 6,
        usage: "httpClient::sendEmail(userId, pwd, recipient, [subject], [body], [msg])",
        parameters: &["userId", "pwd", "recipient", "subject", "body", "msg"],
    },
    Signature {
        name: "emailSmtpConfig",
        least: 2,
        most: 3,
        usage: "httpClient::emailSmtpConfig(domain, host, [port])",
        parameters: &["domain", "host", "port"],
    },
];

/// Whether a bare name is a function of the language, or one of the module's that `use` has brought in.
pub(super) fn is_function(name: &str) -> bool {
    // Those that change their first argument are named with a mark.
    const MUTATING: [&str; 3] = ["append!", "push!", "erase!"];
    builtin::find(name).is_some() || MUTATING.contains(&name) || FUNCTIONS.iter().any(|function| function.name == name)
}

/// Whether a name is a type's, as `dict(string, any)` has them.
pub(super) fn is_type(name: &str) -> bool {
    const TYPES: [&str; 10] = ["string", "any", "int", "long", "double", "bool", "symbol", "float", "short", "char"];
    TYPES.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// Whether a call is one of the module's.
pub(super) fn is_http_client(callee: &Callee) -> bool {
    match &callee.module {
        Some(module) => &*module.text == "httpClient",
        None => FUNCTIONS.iter().any(|function| function.name == &*callee.name.text),
    }
}

/// Says that there is no such function.
pub(super) fn unknown(walk: &mut Walk<'_>, module: Option<&Name>, name: &Name) {
    let near = match module {
        Some(module) if &*module.text == "httpClient" => {
            name::nearest(&name.text, FUNCTIONS.iter().map(|function| function.name))
                .and_then(|near| FUNCTIONS.iter().find(|function| function.name == near))
                .map(|function| function.usage.to_owned())
        }
        Some(module) => name::nearest(&module.text, ["httpClient"]).map(|near| format!("{near}::{}", name.text)),
        None => {
            let mut known: Vec<&str> = FUNCTIONS.iter().map(|function| function.name).collect();
            known.extend(walk.own_names());
            builtin::nearest(&name.text, known).map(str::to_owned)
        }
    };
    let all: Vec<&str> = FUNCTIONS.iter().map(|function| function.name).collect();
    let shown = module.map_or_else(|| name.text.to_string(), |module| format!("{}::{}", module.text, name.text));
    walk.findings.add(
        &rule::UNKNOWN_FUNCTION,
        name.span,
        format!("there is no function {shown}"),
        format!("没有函数 {shown}"),
        near.unwrap_or_else(|| {
            if module.is_some() { format!("httpClient has {}", all.join(", ")) } else { String::new() }
        }),
    );
}

/// Says that there are too few or too many arguments.
pub(super) fn wrong_count(walk: &mut Walk<'_>, at: Span, given: usize, (least, most): (usize, usize), usage: &str) {
    let range = if least == most { least.to_string() } else { format!("{least} to {most}") };
    walk.findings.add(
        &rule::WRONG_ARGUMENTS,
        at,
        format!("{given} argument(s) where {range} belong"),
        format!("给了 {given} 个参数，应为 {}", range.replace(" to ", " 至 ")),
        usage,
    );
}

/// A call of the module: judges its arguments, and says what it gives.
pub(super) fn http_client(walk: &mut Walk<'_>, callee: &Callee, arguments: &[Argument], at: Span) -> KnownValue {
    let Some(function) = FUNCTIONS.iter().find(|function| function.name == &*callee.name.text) else {
        arguments.iter().for_each(|argument| drop(walk.argument(argument)));
        unknown(walk, callee.module.as_ref(), &callee.name);
        return KnownValue::Nothing;
    };
    let named = arguments.iter().any(|argument| argument.name.is_some());
    if arguments.len() > function.most || (arguments.len() < function.least && !named) {
        wrong_count(walk, at, arguments.len(), (function.least, function.most), function.usage);
    }
    let values: Vec<KnownValue> = arguments.iter().map(|argument| walk.argument(argument)).collect();
    let place = |name: &str| {
        let index =
            arguments.iter().position(|argument| argument.name.as_ref().is_some_and(|given| &*given.text == name));
        index.or_else(|| {
            let index = function.parameters.iter().position(|parameter| *parameter == name)?;
            arguments.get(index).filter(|argument| argument.name.is_none() && argument.value.is_some()).map(|_| index)
        })
    };
    let call = CheckedCall { at, arguments, values: &values, place: &place };
    one_letter(walk, arguments);
    match function.name {
        "sendEmail" => mail(walk, &call),
        "emailSmtpConfig" => {}
        name => return web::web(walk, &call, name),
    }
    KnownValue::Nothing
}

/// The arguments of a call by their parameters' names.
pub(super) struct CheckedCall<'c> {
    pub(super) at: Span,
    arguments: &'c [Argument],
    pub(super) values: &'c [KnownValue],
    pub(super) place: &'c dyn Fn(&str) -> Option<usize>,
}

impl<'c> CheckedCall<'c> {
    pub(super) fn expr(&self, name: &str) -> Option<&'c Expr> {
        self.arguments[(self.place)(name)?].value.as_ref()
    }

    pub(super) fn value(&self, name: &str) -> Option<&'c KnownValue> {
        (self.place)(name).map(|index| &self.values[index])
    }
}

/// `'x'` is a character in the database, and the functions want strings.
fn one_letter(walk: &mut Walk<'_>, arguments: &[Argument]) {
    for value in arguments.iter().filter_map(|argument| argument.value.as_ref()) {
        let ExprKind::Literal(Literal::Text(text)) = &value.kind else { continue };
        if text.chars().count() == 1 && walk.source.slice(value.span).starts_with('\'') {
            walk.findings.add(
                &rule::ONE_LETTER_CHAR,
                value.span,
                "in the database one letter in single quotes is a character, and the function wants a string",
                "在数据库中，单引号里的单个字符是 CHAR，而函数要的是字符串",
                format!("\"{text}\""),
            );
        }
    }
}

fn mail(walk: &mut Walk<'_>, call: &CheckedCall<'_>) {
    if let Some(password) = call.expr("pwd")
        && let Some(text) = password.as_text()
        && !is_placeholder(text)
    {
        literal::secret(password.span, "psw", &mut walk.findings);
    }
}
