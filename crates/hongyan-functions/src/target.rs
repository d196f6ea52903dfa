//! From the address that somebody wrote to the one that is called.

use crate::{ArgumentError, FunctionError, HttpCall, HttpMethod, Kind, Params, Profile, encode, reroute::Reroute};
use base64::{Engine, engine::general_purpose::STANDARD};
use hongyan_net::Secret;
use http::Uri;

/// What is called.
pub(crate) struct Target {
    /// Absolute, without user and fragment.
    pub(crate) uri: Uri,
    /// Host and port for people: all of an address that an error may name.
    pub(crate) shown: String,
    /// `Basic …`, from a user in the address.
    pub(crate) login: Option<Secret>,
    /// It leads to a sandbox, which may be private.
    pub(crate) rerouted: bool,
}

const ADDRESS: (&str, &str) = ("write it as https://HOST[:PORT]/PATH", "请写成 https://主机[:端口]/路径");

fn wrong(message: impl Into<String>) -> FunctionError {
    FunctionError::new(Kind::Argument, message, ADDRESS)
}

/// Refuses what would end a line. Only a switch that can let it pass is named.
pub(crate) fn no_line_break(what: &str, text: &str, switch: Option<&'static str>) -> Result<(), FunctionError> {
    if !text.bytes().any(|byte| matches!(byte, b'\r' | b'\n' | b'\0')) {
        return Ok(());
    }
    let message = format!("{what} holds a line break or NUL");
    Err(match switch {
        Some(switch) => FunctionError::refused(message, switch),
        None => FunctionError::never(message, ("take it out", "请将其去掉")),
    })
}

impl Target {
    /// Reads a call's address and, for GET and DELETE, puts its params into the query.
    pub(crate) fn of(call: &HttpCall, profile: &Profile, reroute: &Reroute) -> Result<Self, FunctionError> {
        let url = call.url.trim_matches([' ', '\t']);
        if url.is_empty() {
            return Err(wrong("the URL is empty"));
        }
        no_line_break("the URL", url, None)?;
        let (scheme, rest) = split_scheme(url)?;
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let (user, host) = authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
        let path = with_params(path, call, profile)?;
        let path = encode::legal(&path);
        let slash = if path.starts_with('/') { "" } else { "/" };

        let base = reroute.base(name_of(host));
        let whole = match base {
            Some(base) => format!("{base}{slash}{path}"),
            None => format!("{scheme}://{host}{slash}{path}"),
        };
        let uri: Uri = whole.parse().map_err(|_| wrong(unreadable(host)))?;
        // A port that is none would silently be the usual one.
        let port_is_one = base.is_some() || port_of(host).is_none_or(|port| port.parse::<u16>().is_ok());
        let Some(name) = uri.host().filter(|it| !it.is_empty() && port_is_one) else {
            return Err(wrong(unreadable(host)));
        };
        let usual = if uri.scheme_str() == Some("https") { 443 } else { 80 };
        Ok(Self {
            shown: format!("{name}:{}", uri.port_u16().unwrap_or(usual)),
            login: user.map(basic),
            rerouted: base.is_some(),
            uri,
        })
    }
}

fn split_scheme(url: &str) -> Result<(&'static str, &str), FunctionError> {
    let Some((scheme, rest)) = url.split_once("://") else {
        return Ok(("http", url));
    };
    if scheme.contains(['/', '?', '#', '.', ':']) {
        // The :// stands inside a path or query: there is no scheme.
        return Ok(("http", url));
    }
    match scheme.to_ascii_lowercase().as_str() {
        "http" => Ok(("http", rest)),
        "https" => Ok(("https", rest)),
        _ => Err(wrong("the URL's scheme is neither http nor https")),
    }
}

fn name_of(host: &str) -> &str {
    if host.starts_with('[') {
        return host;
    }
    host.split_once(':').map_or(host, |(name, _)| name)
}

fn port_of(host: &str) -> Option<&str> {
    let behind_brackets = host.rsplit_once(']').map_or(host, |(_, rest)| rest);
    behind_brackets.split_once(':').map(|(_, port)| port).filter(|port| !port.is_empty())
}

fn unreadable(host: &str) -> &'static str {
    if host.is_empty() {
        "the URL names no host"
    } else if host.is_ascii() {
        "the URL's host or port cannot be read"
    } else {
        "the URL's host is not ASCII: write it in its xn-- form"
    }
}

/// Path and query with the params in their place, and no fragment.
fn with_params(path: &str, call: &HttpCall, profile: &Profile) -> Result<String, FunctionError> {
    let in_query = match call.method {
        HttpMethod::Get => true,
        HttpMethod::Delete => !profile.dangerous_ignore_delete_params,
        HttpMethod::Post | HttpMethod::Put => false,
    };
    let params = text(&call.params)?.filter(|_| in_query);
    let without_fragment = |path: &str| path.split('#').next().unwrap_or_default().to_owned();
    let Some(params) = params else { return Ok(without_fragment(path)) };
    no_line_break("params in a query", &params, None)?;
    if profile.dangerous_second_question_mark {
        return Ok(without_fragment(&format!("{path}?{params}")));
    }
    let mut path = without_fragment(path);
    match path.split_once('?') {
        None => path.push('?'),
        Some((_, query)) if query.is_empty() || query.ends_with('&') => {}
        Some(_) => path.push('&'),
    }
    // A # inside a text of one's own would end the query.
    path.push_str(&params.replace('#', "%23"));
    Ok(path)
}

/// The params as text; `None` where there are none.
pub(crate) fn text(params: &Params) -> Result<Option<String>, ArgumentError> {
    match params {
        Params::None => Ok(None),
        Params::Text(text) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
        Params::Pairs(pairs) if pairs.is_empty() => Ok(None),
        Params::Pairs(pairs) => {
            if pairs.iter().any(|(key, value)| key.is_empty() || value.is_empty()) {
                return Err(ArgumentError::EmptyKeyOrValue);
            }
            Ok(Some(encode::pairs(pairs)))
        }
    }
}

fn basic(user: &str) -> Secret {
    let user: Vec<u8> = percent_encoding::percent_decode_str(user).collect();
    let colon = if user.contains(&b':') { "" } else { ":" };
    let mut login = user;
    login.extend_from_slice(colon.as_bytes());
    Secret::new(format!("Basic {}", STANDARD.encode(login)))
}
