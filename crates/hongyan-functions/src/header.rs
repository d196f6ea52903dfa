//! The request's head.

use crate::{
    ArgumentError, FunctionError, Headers, HttpCall, HttpMethod, Profile, USER_AGENT,
    profile::LINE_BREAKS,
    target::{Target, no_line_break},
};
use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, USER_AGENT as USER_AGENT_NAME},
};

/// Headers that say how long the body is or who speaks next: the connection's own, and wrong from outside.
const OURS: [&str; 7] =
    ["content-length", "transfer-encoding", "upgrade", "te", "trailer", "keep-alive", "proxy-connection"];

/// The head's lines: ours, as libcurl would send them, under the caller's.
pub(crate) fn build(call: &HttpCall, target: &Target, profile: &Profile) -> Result<HeaderMap, FunctionError> {
    let mut headers = HeaderMap::with_capacity(8);
    headers.insert(USER_AGENT_NAME, HeaderValue::from_static(USER_AGENT));
    headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
    if let Some(login) = &target.login
        && let Ok(mut value) = HeaderValue::from_str(login.expose())
    {
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    if call.method == HttpMethod::Post {
        // JSON too: the platforms take it so, and a header of one's own says otherwise.
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    }
    match &call.headers {
        Headers::None => {}
        Headers::Line(line) if line.is_empty() => {}
        Headers::Line(line) => {
            let (name, value) = line.split_once(':').ok_or(ArgumentError::HeaderLine)?;
            if name.is_empty() || value.is_empty() {
                return Err(ArgumentError::HeaderLine.into());
            }
            put(&mut headers, name, value, profile)?;
        }
        Headers::Pairs(pairs) => {
            if pairs.iter().any(|(name, value)| name.is_empty() || value.is_empty()) {
                return Err(ArgumentError::EmptyKeyOrValue.into());
            }
            for (name, value) in pairs {
                put(&mut headers, name, value, profile)?;
            }
        }
    }
    Ok(headers)
}

fn put(headers: &mut HeaderMap, name: &str, value: &str, profile: &Profile) -> Result<(), FunctionError> {
    if !profile.dangerous_line_breaks {
        no_line_break("a header", name, Some(LINE_BREAKS))?;
        no_line_break("a header", value, Some(LINE_BREAKS))?;
        return line(headers, name, value);
    }
    // What libcurl would have written is read as a server would: each line a header of its own.
    let whole = format!("{name}:{value}");
    for part in whole.split(['\r', '\n']).filter(|part| !part.is_empty()) {
        let (name, value) = part.split_once(':').ok_or(ArgumentError::HeaderLine)?;
        line(headers, name, value)?;
    }
    Ok(())
}

fn line(headers: &mut HeaderMap, name: &str, value: &str) -> Result<(), FunctionError> {
    let parsed = HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| if name.ends_with([' ', '\t']) { ArgumentError::HeaderLine.into() } else { not_a_header(name) })?;
    if OURS.contains(&parsed.as_str()) {
        return Err(FunctionError::never(
            format!("the header {parsed} is set by hongyan itself"),
            ("leave it out", "请去掉该请求头"),
        ));
    }
    let value = HeaderValue::from_bytes(value.trim_matches([' ', '\t']).as_bytes()).map_err(|_| {
        FunctionError::never(
            format!("the value of the header {parsed} holds a control character"),
            ("take it out", "请将其去掉"),
        )
    })?;
    headers.insert(parsed, value);
    Ok(())
}

fn not_a_header(name: &str) -> FunctionError {
    // A name that is none may be a value in the wrong place: it is not repeated.
    let what = if name.is_ascii() { "holds a sign that has no place there" } else { "is not ASCII" };
    FunctionError::never(
        format!("a header's name {what}"),
        ("names are letters, digits and hyphens", "请求头名称只能由字母、数字和连字符组成"),
    )
}
