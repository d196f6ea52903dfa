//! What `hongyan config check` says: the configuration against the world.

use super::Config;
use hongyan_endpoint::{Bilingual, Invalid};
use std::path::Path;

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It works, but think about it.
    Warning,
    /// `serve` will refuse it.
    Error,
}

impl Severity {
    /// As printed.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How grave it is.
    pub severity: Severity,
    /// Where that key stands, `FILE:LINE:COLUMN`, or the table that lacks it; empty when it is not in the file.
    pub place: Bilingual,
    /// The dotted key.
    pub key: String,
    /// In English.
    pub message_en: String,
    /// In Chinese.
    pub message_zh: String,
}

pub(super) fn check(config: &Config) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut say = |severity, key: String, en: String, zh: String| {
        findings.push(Finding { severity, place: config.places.of(&key), key, message_en: en, message_zh: zh });
    };
    if !config.server.listen.ip().is_loopback() {
        say(
            Severity::Warning,
            "server.listen".into(),
            "is not loopback, and there is no TLS here: put a proxy with TLS in front".into(),
            "不是回环地址，且此处没有 TLS：请在前面放置带 TLS 的代理".into(),
        );
    }
    if config.accounts.is_empty() {
        say(
            Severity::Warning,
            "accounts".into(),
            "there is no account: nothing can be sent".into(),
            "没有配置账号，无法发送".into(),
        );
    }
    for (name, account) in &config.accounts {
        let opened = [account.open(name).map(drop), account.callback_receiver().map(drop)];
        for invalid in opened.into_iter().filter_map(Result::err) {
            let Invalid { field, flaw } = invalid.within(name).within("accounts");
            let Bilingual { en, zh } = flaw.text();
            say(Severity::Error, field, en.into_owned(), zh.into_owned());
        }
        // A sandbox's secrets are nobody's.
        for key in account.inline_secrets().into_iter().filter(|_| !account.is_on_loopback()) {
            say(
                Severity::Warning,
                format!("accounts.{name}.{key}"),
                "the secret stands in the file: use { env = \"NAME\" } or { file = \"PATH\" }".into(),
                "密钥直接写在配置文件中：请改用 { env = \"名称\" } 或 { file = \"路径\" }".into(),
            );
        }
    }
    if !config.accounts.is_empty() && !config.routes.contains_key("default") {
        say(
            Severity::Warning,
            "routes.default".into(),
            "there is no default route: every message has to name its accounts or a route".into(),
            "没有默认路由：每条消息都须指明账号或路由".into(),
        );
    }
    if let Some(path) = config.store.path()
        && let Err(why) = writable(&path)
    {
        say(
            Severity::Error,
            "store.url".into(),
            format!("{} cannot be written: {why}", path.display()),
            format!("{} 不可写：{why}", path.display()),
        );
    }
    findings
}

/// Whether the store's file, or the folder in which it would be made, can be written. Leaves nothing behind.
fn writable(path: &Path) -> Result<(), String> {
    let existed = path.exists();
    // Opened, not only asked about: permissions are not all that can stand in the way.
    let opened = std::fs::OpenOptions::new().append(true).create(true).open(path).map(drop);
    if !existed && opened.is_ok() {
        std::fs::remove_file(path).map_err(|e| e.to_string())?;
    }
    opened.map_err(|e| e.to_string())
}
