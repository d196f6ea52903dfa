//! What is wrong with a text as it stands: secrets in it, platforms without TLS, parameters' names as their values.

use super::{
    Findings,
    placeholder::{is_placeholder, names_a_secret},
    rule,
    value::place_in,
};
use crate::span::Span;

/// The hosts whose tokens a listener could use.
const HOSTS: [&str; 3] = ["qyapi.weixin.qq.com", "oapi.dingtalk.com", "api.dingtalk.com"];

/// Says what is wrong with one literal, wherever it is used.
pub(super) fn check(text: &str, at: Span, source: &str, findings: &mut Findings) {
    if let Some(rest) = text.strip_prefix("http://")
        && let Some(host) = HOSTS.iter().find(|host| rest.starts_with(**host))
    {
        findings.add(
            &rule::SECRET_OVER_HTTP,
            at,
            "over http:// everybody on the way reads the secret and the token",
            "使用 http:// 时，途中任何人都能读到密钥和令牌",
            format!("https://{host}…"),
        );
    }
    let query = text.split_once('?').map_or(text, |(_, query)| query);
    if !query.contains('=') || text.trim_start().starts_with(['{', '[']) {
        return;
    }
    let robot = text.contains("/webhook/send") || text.contains("/robot/send");
    for pair in query.split('&') {
        let Some((name, value)) = pair.split_once('=') else { continue };
        let secret = names_a_secret(name) || (robot && name == "key");
        if !secret || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            continue;
        }
        let value = value.split(['#', ',', '，', ' ']).next().unwrap_or_default();
        if value.is_empty() {
            continue;
        }
        let offset = value.as_ptr().addr() - text.as_ptr().addr();
        let from = place_in(source, at, offset);
        let place = Span::new(from, from + value.len());
        if is_placeholder(value) {
            findings.add(
                &rule::URL_PLACEHOLDER,
                place,
                format!("the word {value} is sent as it is"),
                format!("发送的就是 {value} 这个词本身"),
                format!(
                    "join the variable: '…{name}='+{}",
                    if value.starts_with('x') { "ACCESS_TOKEN" } else { value }
                ),
            );
        } else {
            self::secret(place, name, findings);
        }
    }
}

/// Says that a secret stands there, without repeating it.
pub(super) fn secret(at: Span, name: &str, findings: &mut Findings) {
    findings.add(
        &rule::SECRET_IN_SOURCE,
        at,
        format!("the value of {name} is in the script, and so in every copy of it"),
        format!("{name} 的值写进了脚本，脚本的每一份副本都会带着它"),
        format!("leave 'xxxxx' here and run with --define {name}=env:VARIABLE or --define {name}=@FILE"),
    );
}
