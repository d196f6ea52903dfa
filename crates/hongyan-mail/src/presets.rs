//! Where the well-known providers take mail, by name or by mail domain.
//!
//! Explicit settings always win: a preset only fills what an account leaves out.

use crate::Tls;

/// One provider's submission server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preset {
    /// The name to configure it by, such as `qq`.
    pub name: &'static str,
    /// Mail domains that it serves.
    pub domains: &'static [&'static str],
    /// Host name of the submission server.
    pub host: &'static str,
    /// TCP port.
    pub port: u16,
    /// How TLS begins on that port.
    pub tls: Tls,
    /// Which secret it expects, in English.
    pub secret_en: &'static str,
    /// Which secret it expects, in Chinese.
    pub secret_zh: &'static str,
}

const CODE: (&str, &str) = (
    "an authorization code; switch SMTP on in the web mail's settings first",
    "授权码，不是登录密码；请先在网页邮箱设置中开启 SMTP 服务",
);
const PASSWORD: (&str, &str) = ("the mailbox password", "邮箱密码");
const CLIENT: (&str, &str) = ("the client password, where one is set up", "客户端专用密码（若已启用）");
const APP: (&str, &str) = ("an app password", "应用专用密码");
const OAUTH: (&str, &str) = (
    "OAuth2 only for most mailboxes: a password works only where the administrator has left SMTP AUTH on",
    "多数邮箱仅支持 OAuth2：只有管理员保留 SMTP AUTH 时密码才可用",
);

const fn row(
    name: &'static str,
    domains: &'static [&'static str],
    host: &'static str,
    (port, tls): (u16, Tls),
    (secret_en, secret_zh): (&'static str, &'static str),
) -> Preset {
    Preset { name, domains, host, port, tls, secret_en, secret_zh }
}

const TLS: (u16, Tls) = (465, Tls::Implicit);
const STARTTLS: (u16, Tls) = (587, Tls::Starttls);

/// Every preset.
pub static PRESETS: &[Preset] = &[
    row("qq", &["qq.com", "vip.qq.com", "foxmail.com"], "smtp.qq.com", TLS, CODE),
    row("exmail", &["exmail.qq.com"], "smtp.exmail.qq.com", TLS, CLIENT),
    row("163", &["163.com"], "smtp.163.com", TLS, CODE),
    row("126", &["126.com"], "smtp.126.com", TLS, CODE),
    row("yeah", &["yeah.net"], "smtp.yeah.net", TLS, CODE),
    row("sina", &["sina.com"], "smtp.sina.com", TLS, CODE),
    row("sina-cn", &["sina.cn"], "smtp.sina.cn", TLS, CODE),
    row("sina-vip", &["vip.sina.com"], "smtp.vip.sina.com", TLS, CODE),
    row("sohu", &["sohu.com"], "smtp.sohu.com", TLS, CLIENT),
    row("139", &["139.com"], "smtp.139.com", TLS, CODE),
    row("189", &["189.cn"], "smtp.189.cn", TLS, PASSWORD),
    row("aliyun", &["aliyun.com"], "smtp.aliyun.com", TLS, PASSWORD),
    row("qiye-aliyun", &[], "smtp.qiye.aliyun.com", TLS, CLIENT),
    row("feishu", &[], "smtp.feishu.cn", TLS, CLIENT),
    row("gmail", &["gmail.com", "googlemail.com"], "smtp.gmail.com", TLS, APP),
    row("outlook", &["outlook.com", "hotmail.com", "live.com", "msn.com"], "smtp-mail.outlook.com", STARTTLS, OAUTH),
    row("office365", &[], "smtp.office365.com", STARTTLS, OAUTH),
    row("icloud", &["icloud.com", "me.com", "mac.com"], "smtp.mail.me.com", STARTTLS, APP),
    row("yahoo", &["yahoo.com"], "smtp.mail.yahoo.com", TLS, APP),
    row("yandex-ru", &["yandex.ru"], "smtp.yandex.ru", TLS, APP),
    row("yandex", &["yandex.com"], "smtp.yandex.com", TLS, APP),
    row("zoho", &["zoho.com"], "smtp.zoho.com", TLS, APP),
];

/// The preset of that name or, failing that, of that mail domain. Letter case does not matter.
#[must_use]
pub fn preset(name: &str) -> Option<&'static Preset> {
    let name = name.trim();
    let named = PRESETS.iter().find(|row| row.name.eq_ignore_ascii_case(name));
    named.or_else(|| PRESETS.iter().find(|row| row.domains.iter().any(|domain| domain.eq_ignore_ascii_case(name))))
}

/// The preset for a mail address, by what stands after its last `@`.
#[must_use]
pub fn preset_for_address(address: &str) -> Option<&'static Preset> {
    let (_, domain) = address.rsplit_once('@')?;
    PRESETS.iter().find(|row| row.domains.iter().any(|known| known.eq_ignore_ascii_case(domain.trim())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn an_address_finds_its_provider() {
        for (address, host) in [
            ("li@163.com", "smtp.163.com"),
            ("li@FOXMAIL.com", "smtp.qq.com"),
            ("li@vip.qq.com", "smtp.qq.com"),
            ("li@hotmail.com", "smtp-mail.outlook.com"),
            ("\"a@b\"@yeah.net", "smtp.yeah.net"),
        ] {
            assert_eq!(preset_for_address(address).map(|row| row.host), Some(host), "{address}");
        }
        assert_eq!(preset_for_address("li@example.com"), None);
        assert_eq!(preset_for_address("qq"), None);
    }

    #[test]
    fn a_name_or_a_domain_finds_a_preset() {
        assert_eq!(preset("QQ").map(|row| row.host), Some("smtp.qq.com"));
        assert_eq!(preset("gmail.com").map(|row| row.port), Some(465));
        assert_eq!(preset("office365").map(|row| row.tls), Some(Tls::Starttls));
        assert_eq!(preset("example"), None);
    }

    #[test]
    fn no_name_or_domain_is_listed_twice_and_none_is_in_plain_text() {
        let mut seen = HashSet::new();
        for row in PRESETS {
            assert!(seen.insert(row.name), "{}", row.name);
            assert!(row.domains.iter().all(|domain| seen.insert(domain)), "{}", row.name);
            assert_ne!(row.tls, Tls::DangerousNone);
        }
    }
}
