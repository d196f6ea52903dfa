//! Calls over HTTP: address, query, headers, body, and whether a token is kept.

use super::{
    call::CheckedCall,
    endpoint::Operation,
    rule,
    value::{HOLE, KnownValue, Piece, place_in},
    walk::Walk,
};
use crate::{
    ast::{ExprKind, Literal},
    span::Span,
};

/// Judges a call, and says what it gives.
pub(super) fn web(walk: &mut Walk<'_>, call: &CheckedCall<'_>, function: &str) -> KnownValue {
    let address = call.value("url").and_then(KnownValue::render).unwrap_or_default();
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
            let own = params.and_then(KnownValue::render).is_some_and(|body| body.contains("\"chatid\""));
            walk.chats_made.retain(|(made, _)| *made != operation);
            if !own {
                walk.chats_made.push((operation, call.at));
            }
        }
        let json = params.and_then(KnownValue::render).is_some_and(|body| body.trim_start().starts_with(['{', '[']));
        if operation.is_dingtalk() && function == "httpPost" && json && headers == Some(false) {
            walk.findings.add(
                &rule::MISSING_CONTENT_TYPE,
                call.at,
                "without the header DingTalk takes the body for a form and finds no fields in it",
                "没有这个请求头，钉钉会把正文当作表单，读不到任何字段",
                "headers='Content-Type:application/json'",
            );
        }
    }
    if !posts
        && address.contains('?')
        && params.is_some_and(|params| match params {
            KnownValue::Dict { entries, .. } => !entries.is_empty(),
            KnownValue::Text(_) => params.render().is_some_and(|text| !text.is_empty()),
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
        walk.judge_json(params, true);
        placeholders(walk, params);
    }
    KnownValue::Reply(operation)
}

/// A placeholder as a value within a request's JSON.
fn placeholders(walk: &mut Walk<'_>, params: &KnownValue) {
    let KnownValue::Text(pieces) = params else { return };
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

fn trailing(walk: &mut Walk<'_>, call: &CheckedCall<'_>) {
    let Some(KnownValue::Text(pieces)) = call.value("url") else { return };
    let Some(Piece::Literal { text, at }) = pieces.last() else { return };
    if let Some(last) = text.trim_end().chars().last().filter(|c| [',', '，', ';', '；', '。', '、'].contains(c)) {
        let from = place_in(walk.source.text(), *at, text.trim_end().len() - last.len_utf8());
        walk.findings.add(
            &rule::URL_TRAILING,
            Span::new(from, from + last.len_utf8()),
            format!("the {last} belongs to the sentence that the address was copied from, and is sent with it"),
            format!("{last} 是复制网址时带进来的标点，会一起发送"),
            "leave it out",
        );
    }
}

fn timeout(walk: &mut Walk<'_>, call: &CheckedCall<'_>, function: &str) {
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
            "不给超时时间，对方不应答时旧插件会一直等下去",
            format!("httpClient::{function}(url, params, 5000)"),
        );
    }
}

/// Judges the headers; whether they declare JSON, where that can be said.
fn header(walk: &mut Walk<'_>, call: &CheckedCall<'_>) -> Option<bool> {
    let Some(index) = (call.place)("headers") else { return Some(false) };
    match &call.values[index] {
        value @ KnownValue::Text(pieces) => {
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
                    "字符串形式的请求头只能是一个 名称：值，且只有一个冒号",
                    "headers=dict(string,string); headers['NAME']='VALUE';",
                );
            }
            let lower = text.to_ascii_lowercase();
            let named = lower.split(':').next().is_some_and(|name| name.trim() == "content-type");
            Some(named && (lower.contains("json") || lower.contains(HOLE)))
        }
        KnownValue::Dict { entries, complete } => {
            let declared = entries.iter().find(|(name, _)| name.trim().eq_ignore_ascii_case("content-type"));
            let spaces: Vec<String> = entries.keys().filter(|name| name.ends_with([' ', '\t'])).cloned().collect();
            for name in spaces {
                spaced(walk, call.expr("headers").map_or(call.at, |headers| headers.span), &name);
            }
            match declared {
                Some((_, value)) => Some(value.whole_text().is_none_or(|text| text.contains("json"))),
                None => Some(false).filter(|_| *complete),
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
        format!("多了空格，名称就不再是 {name}，平台不认"),
        format!("'{name}:application/json'"),
    );
}

/// The names of a query's parameters; `None` when some are not known.
fn keys(address: &str, params: Option<&KnownValue>) -> Option<Vec<String>> {
    let mut keys = Vec::new();
    let query = address.split_once('?').map_or("", |(_, query)| query);
    let mut texts = vec![query.to_owned()];
    match params {
        None => {}
        Some(KnownValue::Dict { entries, complete: true }) => keys.extend(entries.keys().cloned()),
        Some(text @ KnownValue::Text(_)) => texts.push(text.render()?),
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

fn needed(walk: &mut Walk<'_>, call: &CheckedCall<'_>, operation: &'static Operation, keys: &Option<Vec<String>>) {
    let Some(keys) = keys else { return };
    let has = |name: &str| keys.iter().any(|key| key == name);
    if operation.path == "/department/list" && !has("fetch_child") {
        walk.findings.add(
            &rule::FETCH_CHILD,
            call.at,
            "this is a GET: fetch_child counts in the query only; without it only the next level is listed",
            "这是 GET 请求：fetch_child 只在查询参数里有效；不带它只列出下一级部门",
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

fn in_loop(walk: &mut Walk<'_>, call: &CheckedCall<'_>, operation: &'static Operation) {
    if walk.loops == 0 {
        return;
    }
    if operation.gives_token() {
        walk.tokens_in_loops.push(call.at);
    }
    if operation.sends {
        walk.sends_in_loop.get_or_insert(call.at);
    }
}
