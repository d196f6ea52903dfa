//! The one cause that an examination ends with, in words for whoever has to act.

use crate::lang::told;
use hongyan_endpoint::{Class, Fault, Invalid};
use serde_json::{Value, json};
use std::{fmt, net::IpAddr};

/// Cause and remedy, each in English and Chinese.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cause {
    /// The platform's code, or one of ours such as `tls_mode`.
    pub(super) code: String,
    pub(super) cause: (String, String),
    pub(super) remedy: (String, String),
    /// What the other side said, as it said it; may be empty.
    pub(super) message: String,
}

/// Codes with which a platform says that it does not trust the caller's address.
const UNTRUSTED: [&str; 2] = ["60020", "Forbidden.AccessDenied.IpNotInWhiteList"];
/// Codes with which a platform says that the agent id is not the application's.
const AGENT: [&str; 3] = ["40056", "41011", "301002"];

impl Cause {
    /// A cause of our own finding.
    pub(super) fn ours(code: &str, (en, zh): (&str, &str), (remedy_en, remedy_zh): (&str, &str)) -> Self {
        Self {
            code: code.into(),
            cause: (en.into(), zh.into()),
            remedy: (remedy_en.into(), remedy_zh.into()),
            message: String::new(),
        }
    }

    pub(super) fn saying(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }

    /// An account that cannot be opened.
    pub(super) fn configuration(invalid: &Invalid) -> Self {
        Self::ours(
            "configuration",
            ("the account's settings are not valid", "账号配置有误"),
            ("correct the key that is named", "请更正所指的配置项"),
        )
        .saying(told!("{invalid}" ; "{invalid:#}"))
    }

    /// A secret that is not where the configuration says.
    pub(super) fn secret(words: &str) -> Self {
        Self::ours(
            "secret",
            ("the secret cannot be read", "无法读取密钥"),
            ("set the variable, or put the secret into the file", "请设置该环境变量，或将密钥写入该文件"),
        )
        .saying(words)
    }

    /// What a fault says by the tables.
    pub(super) fn of(fault: &Fault) -> Self {
        if UNTRUSTED.contains(&fault.code()) {
            return Self::untrusted(fault);
        }
        let cause = match fault.error_code() {
            Some(row) => Self::ours(fault.code(), (row.en, row.zh), (row.advice_en, row.advice_zh)),
            None => Self::ours(
                fault.code(),
                ("the platform refused with a code that is in no table", "平台以未收录的错误码拒绝"),
                ("go by the platform's words", "请以平台的说明为准"),
            ),
        };
        cause.saying(fault.message())
    }

    /// As [`Self::of`], for a refused login: there a code for a bad token speaks of the secret.
    pub(super) fn of_login(fault: &Fault) -> Self {
        if !fault.error_code().is_some_and(|row| row.class == Class::RefreshToken) {
            return Self::of(fault);
        }
        Self::ours(
            fault.code(),
            ("the platform refused the app's id or its secret", "平台拒绝了应用标识或密钥"),
            (
                "copy id and secret of this app from the developer console again; both must be of the same app",
                "请从开发者后台重新复制该应用的标识和密钥；两者须属于同一应用",
            ),
        )
        .saying(fault.message())
    }

    /// As [`Self::of`], for a call with a token that was given a moment ago.
    pub(super) fn of_call(fault: &Fault, agent_id: i64) -> Self {
        if names_agent(fault) {
            return Self {
                code: fault.code().into(),
                cause: (
                    format!("the agent id {agent_id} is not this app's"),
                    format!("agent_id {agent_id} 不属于该应用"),
                ),
                remedy: (
                    "copy the AgentId from the page of the app whose secret is configured".into(),
                    "请从所配置密钥对应的应用详情页复制 AgentId".into(),
                ),
                message: fault.message().into(),
            };
        }
        if fault.error_code().is_some_and(|row| row.class == Class::RefreshToken) {
            return Self::ours(
                fault.code(),
                ("a token that was given a moment ago is refused", "刚获取的令牌被拒绝"),
                (
                    "check that nobody else resets the app's token or secret, and that base_url leads every call to the same platform",
                    "请确认没有其他程序重置该应用的令牌或密钥，且 base_url 指向同一平台",
                ),
            )
            .saying(fault.message());
        }
        Self::of(fault)
    }

    fn untrusted(fault: &Fault) -> Self {
        let (en, zh) = match address_in(fault.message()) {
            Some(address) => (address.to_string(), address.to_string()),
            None => ("this machine's public address".into(), "本机的公网地址".into()),
        };
        Self {
            code: fault.code().into(),
            cause: (
                format!("the platform does not trust the address that calls: {en}"),
                format!("平台不信任发起调用的 IP:{zh}"),
            ),
            remedy: (
                format!(
                    "add {en} to the app's trusted addresses in the admin console, or send through one that is listed"
                ),
                format!("请在管理后台将 {zh} 加入应用的可信 IP(出口 IP 白名单)，或改用已列入的出口"),
            ),
            message: fault.message().into(),
        }
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "code": self.code, "cause": self.cause.0, "cause_zh": self.cause.1,
            "remedy": self.remedy.0, "remedy_zh": self.remedy.1, "message": self.message,
        })
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}  {} → {}  {}", self.code, self.cause.0, self.cause.1, self.remedy.0, self.remedy.1)?;
        if !self.message.is_empty() {
            // The other side's words may hold line ends; a check is one line.
            write!(f, " ({})", self.message.split_whitespace().collect::<Vec<_>>().join(" "))?;
        }
        Ok(())
    }
}

/// Whether a refusal speaks of the agent id: by its code, or a wrong parameter that is named so.
pub(super) fn names_agent(fault: &Fault) -> bool {
    let lower = fault.message().to_lowercase();
    let parameter = ["40035", "400002", "40058"].contains(&fault.code());
    AGENT.contains(&fault.code()) || (parameter && (lower.contains("agent_id") || lower.contains("agentid")))
}

/// The address that a platform says it sees: WeCom's `from ip: 10.0.0.7`, DingTalk's `request ip=10.0.0.7`.
fn address_in(words: &str) -> Option<IpAddr> {
    ["from ip:", "request ip=", "ip:", "ip="].iter().find_map(|marker| {
        let (_, rest) = words.split_once(marker)?;
        let rest = rest.trim_start();
        let end = rest.find(|c: char| !(c.is_ascii_hexdigit() || c == '.' || c == ':')).unwrap_or(rest.len());
        rest[..end].trim_end_matches(['.', ':']).parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_that_the_platform_sees_is_found_in_its_words() {
        for (words, address) in [
            ("not allow to access from your ip, hint: [17], from ip: 10.0.0.7, more info at …", Some("10.0.0.7")),
            ("访问ip不在白名单之中,request ip=10.0.0.8 appKey(dingsample)", Some("10.0.0.8")),
            ("from ip: 2001:db8::1, more", Some("2001:db8::1")),
            ("not allow to access from your ip", None),
        ] {
            assert_eq!(address_in(words).map(|ip| ip.to_string()).as_deref(), address, "{words}");
        }
    }
}
