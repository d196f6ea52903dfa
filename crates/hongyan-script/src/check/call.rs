//! Calls: which functions there are, and what the HTTP and mail functions are handed.

use super::{
    endpoint::Operation,
    literal, name,
    placeholder::is_placeholder,
    rule,
    value::{HOLE, Known, Piece, place_in},
    walk::Walk,
};
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
        format!("给了 {given} 个参数,应为 {}", range.replace(" to ", " 至 ")),
        usage,
    );
}

/// A call of the module: judges its arguments, and says what it gives.
pub(super) fn http_client(walk: &mut Walk<'_>, callee: &Callee, arguments: &[Argument], at: Span) -> Known {
    let Some(function) = FUNCTIONS.iter().find(|function| function.name == &*callee.name.text) else {
        arguments.iter().for_each(|argument| drop(walk.argument(argument)));
        unknown(walk, callee.module.as_ref(), &callee.name);
        return Known::Nothing;
    };
    let named = arguments.iter().any(|argument| argument.name.is_some());
    if arguments.len() > function.most || (arguments.len() < function.least && !named) {
        wrong_count(walk, at, arguments.len(), (function.least, function.most), function.usage);
    }
    let values: Vec<Known> = arguments.iter().map(|argument| walk.argument(argument)).collect();
    let place = |name: &str| {
        let index =
            arguments.iter().position(|argument| argument.name.as_ref().is_some_and(|given| &*given.text == name));
        index.or_else(|| {
            let index = function.parameters.iter().position(|parameter| *parameter == name)?;
            arguments.get(index).filter(|argument| argument.name.is_none() && argument.value.is_some()).map(|_| index)
        })
    };
    let call = Call { at, arguments, values: &values, place: &place };
    one_letter(walk, arguments);
    match function.name {
        "sendEmail" => mail(walk, &call),
        "emailSmtpConfig" => {}
        name => return web(walk, &call, name),
    }
    Known::Nothing
}

/// The arguments of a call by their parameters' names.
struct Call<'c> {
    at: Span,
    arguments: &'c [Argument],
    values: &'c [Known],
    place: &'c dyn Fn(&str) -> Option<usize>,
}

impl<'c> Call<'c> {
    fn expr(&self, name: &str) -> Option<&'c Expr> {
        self.arguments[(self.place)(name)?].value.as_ref()
    }

    fn value(&self, name: &str) -> Option<&'c Known> {
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
                "在数据库中,单引号里的单个字符是 CHAR,而函数要的是字符串",
                format!("\"{text}\""),
            );
        }
    }
}

fn mail(walk: &mut Walk<'_>, call: &Call<'_>) {
    if let Some(password) = call.expr("pwd")
        && let Some(text) = password.as_text()
        && !is_placeholder(text)
    {
        literal::secret(password.span, "psw", &mut walk.findings);
    }
}

fn web(walk: &mut Walk<'_>, call: &Call<'_>, function: &str) -> Known {
    let address = call.value("url").and_then(Known::render).unwrap_or_default();
    let operation = Operation::of(&address);
    let posts = matches!(function, "httpPost" | "httpPut");
    trailing(walk, call);
    timeout(walk, call, function);
    let headers = header(walk, call);
    let params = call.value("params");
    let asks = keys(&address, params.filter(|_| !posts));
    if let Some(operation) = operation {
        needed(walk, call, operation, &asks);
        in_loop(walk, call, operation);
        if operation.makes_chat() {
            let own = params.and_then(Known::render).is_some_and(|body| body.contains("\"chatid\""));
            walk.chats_made.retain(|(made, _)| *made != operation);
            if !own {
                walk.chats_made.push((operation, call.at));
            }
        }
        let json = params.and_then(Known::render).is_some_and(|body| body.trim_start().starts_with(['{', '[']));
        if operation.is_dingtalk() && function == "httpPost" && json && headers == Some(false) {
            walk.findings.add(
                &rule::MISSING_CONTENT_TYPE,
                call.at,
                "without the header DingTalk takes the body for a form and finds no fields in it",
                "没有这个请求头,钉钉会把正文当作表单,读不到任何字段",
                "headers='Content-Type:application/json'",
            );
        }
    }
    if !posts
        && address.contains('?')
        && params.is_some_and(|params| match params {
            Known::Dict { entries, .. } => !entries.is_empty(),
            Known::Text(_) => params.render().is_some_and(|text| !text.is_empty()),
            _ => false,
        })
    {
        walk.findings.add(
            &rule::QUERY_TWICE,
            call.expr("url").map_or(call.at, |url| url.span),
            "the old plug-in puts a second ? before the parameters",
            "旧插件会在参数前再加一个 ?",
            "leave the ? and what follows out of the address, and put it into params",
        );
    }
    if let Some(params) = params.filter(|_| posts) {
        walk.judge_json(params);
        placeholders(walk, params);
    }
    Known::Reply(operation)
}

/// A placeholder as a value within a request's JSON.
fn placeholders(walk: &mut Walk<'_>, params: &Known) {
    let Known::Text(pieces) = params else { return };
    for piece in pieces {
        let Piece::Literal { text, at } = piece else { continue };
        for (offset, part) in text.match_indices('"') {
            let value = text[offset + part.len()..].split('"').next().unwrap_or_default();
            let quoted = text[offset + 1 + value.len()..].starts_with('"');
            let after = text[..offset].trim_end().ends_with([':', '[', ',']);
            let only_x = value.len() > 1 && value.bytes().all(|byte| byte == b'x');
            if quoted && after && (only_x || matches!(value, "CHATID" | "ACCESS_TOKEN" | "USERID")) {
                let from = place_in(walk.source.text(), *at, offset + 1);
                walk.findings.add(
                    &rule::PLACEHOLDER_SENT,
                    Span::new(from, from + value.len()),
                    format!("{value} is sent as it is"),
                    format!("发送的就是 {value} 这个词本身"),
                    "put the value there, or join the variable: '…\":\"'+CHATID+'\"…'",
                );
            }
        }
    }
}

fn trailing(walk: &mut Walk<'_>, call: &Call<'_>) {
    let Some(Known::Text(pieces)) = call.value("url") else { return };
    let Some(Piece::Literal { text, at }) = pieces.last() else { return };
    if let Some(last) = text.trim_end().chars().last().filter(|c| [',', '，', ';', '；', '。', '、'].contains(c)) {
        let from = place_in(walk.source.text(), *at, text.trim_end().len() - last.len_utf8());
        walk.findings.add(
            &rule::URL_TRAILING,
            Span::new(from, from + last.len_utf8()),
            format!("the {last} belongs to the sentence that the address was copied from, and is sent with it"),
            format!("{last} 是复制网址时带进来的标点,会一起发送"),
            "leave it out",
        );
    }
}

fn timeout(walk: &mut Walk<'_>, call: &Call<'_>, function: &str) {
    let none = match call.expr("timeout").map(|timeout| &timeout.kind) {
        None => call.value("timeout").is_none(),
        Some(ExprKind::Literal(Literal::Int(0))) => true,
        Some(_) => false,
    };
    if none {
        walk.findings.add(
            &rule::NO_TIMEOUT,
            call.at,
            "without a timeout the old plug-in waits for ever when the other side says nothing",
            "不给超时时间,对方不应答时旧插件会一直等下去",
            format!("httpClient::{function}(url, params, 5000)"),
        );
    }
}

/// Judges the headers; whether they declare JSON, where that can be said.
fn header(walk: &mut Walk<'_>, call: &Call<'_>) -> Option<bool> {
    let Some(index) = (call.place)("headers") else { return Some(false) };
    match &call.values[index] {
        value @ Known::Text(pieces) => {
            let text = value.render().unwrap_or_default();
            let Some(Piece::Literal { at, text: first }) = pieces.first() else { return None };
            let colon = first.find(':');
            if colon.is_some_and(|colon| first[..colon].ends_with([' ', '\t'])) {
                spaced(walk, *at, first.split(':').next().unwrap_or_default());
            }
            if !text.is_empty() && !text.contains(HOLE) && text.matches(':').count() != 1 {
                walk.findings.add(
                    &rule::HEADER_COLONS,
                    *at,
                    "a header as a string is one name:value with one colon",
                    "字符串形式的请求头只能是一个 名称:值,且只有一个冒号",
                    "headers=dict(string,string); headers['NAME']='VALUE';",
                );
            }
            let lower = text.to_ascii_lowercase();
            let named = lower.split(':').next().is_some_and(|name| name.trim() == "content-type");
            Some(named && (lower.contains("json") || lower.contains(HOLE)))
        }
        Known::Dict { entries, whole } => {
            let declared = entries.iter().find(|(name, _)| name.trim().eq_ignore_ascii_case("content-type"));
            let spaces: Vec<String> = entries.keys().filter(|name| name.ends_with([' ', '\t'])).cloned().collect();
            for name in spaces {
                spaced(walk, call.expr("headers").map_or(call.at, |headers| headers.span), &name);
            }
            match declared {
                Some((_, value)) => Some(value.whole_text().is_none_or(|text| text.contains("json"))),
                None => Some(false).filter(|_| *whole),
            }
        }
        _ => None,
    }
}

fn spaced(walk: &mut Walk<'_>, at: Span, name: &str) {
    let name = name.trim_end();
    walk.findings.add(
        &rule::HEADER_SPACE,
        at,
        format!("with the space the header's name is not {name}, and the platform does not know it"),
        format!("多了空格,名称就不再是 {name},平台不认"),
        format!("'{name}:application/json'"),
    );
}

/// The names of a query's parameters; `None` when some are not known.
fn keys(address: &str, params: Option<&Known>) -> Option<Vec<String>> {
    let mut keys = Vec::new();
    let query = address.split_once('?').map_or("", |(_, query)| query);
    let mut texts = vec![query.to_owned()];
    match params {
        None => {}
        Some(Known::Dict { entries, whole: true }) => keys.extend(entries.keys().cloned()),
        Some(text @ Known::Text(_)) => texts.push(text.render()?),
        Some(_) => return None,
    }
    for pair in texts.iter().flat_map(|text| text.split('&')).filter(|pair| !pair.is_empty()) {
        let key = pair.split('=').next().unwrap_or_default();
        if key.contains(HOLE) {
            return None;
        }
        keys.push(key.to_owned());
    }
    // An address that ends in something unknown may have a query there.
    let open = !address.contains('?') && address.contains(HOLE) && address.ends_with(HOLE);
    Some(keys).filter(|_| !open)
}

fn needed(walk: &mut Walk<'_>, call: &Call<'_>, operation: &'static Operation, keys: &Option<Vec<String>>) {
    let Some(keys) = keys else { return };
    let has = |name: &str| keys.iter().any(|key| key == name);
    if operation.path == "/department/list" && !has("fetch_child") {
        walk.findings.add(
            &rule::FETCH_CHILD,
            call.at,
            "this is a GET: fetch_child counts in the query only; without it only the next level is listed",
            "这是 GET 请求:fetch_child 只在查询参数里有效;不带它只列出下一级部门",
            "param['fetch_child']='true'",
        );
    }
    // DingTalk's older applications log in with corpid and corpsecret.
    if operation.gives_token() && operation.is_dingtalk() && has("corpid") {
        return;
    }
    for name in operation.query.iter().filter(|name| !has(name)) {
        walk.findings.add(
            &rule::MISSING_PARAMETER,
            call.at,
            format!("{} needs {name} in the query", operation.short()),
            format!("{} 的查询参数里必须有 {name}", operation.short()),
            if operation.post { format!("url+='?{name}='+ACCESS_TOKEN") } else { format!("param['{name}']=…") },
        );
    }
}

fn in_loop(walk: &mut Walk<'_>, call: &Call<'_>, operation: &'static Operation) {
    if walk.loops == 0 {
        return;
    }
    if operation.gives_token() {
        walk.findings.add(
            &rule::TOKEN_IN_LOOP,
            call.at,
            "a token is good for two hours, and who asks for one too often is shut out",
            "令牌两小时内有效,频繁获取会被拦截",
            "fetch it before the loop, and again only when errcode is 40014 or 42001: see token-recipe.dos",
        );
    }
    if operation.sends {
        walk.sends_in_loop.get_or_insert(call.at);
    }
}
