//! How an account's calls go out: through which proxy, whose certificates they believe, what they show, and whether
//! they may travel in the open.

use crate::{AccountConfig, SecretRef, robot::Hook, secret::read_file};
use hongyan_endpoint::{Bilingual, Invalid, bilingual};
use hongyan_net::{Identity, Options, Proxy, Secret, Trust, is_loopback};
use serde::Deserialize;
use std::path::PathBuf;

/// Keys of every account that calls over HTTP.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TransportConfig {
    /// The proxy that calls go through, `http://[USER:PASSWORD@]HOST:PORT`; `None`: directly.
    pub proxy: Option<SecretRef>,
    /// PEM file of the only authorities to trust, or of the server's own certificate.
    pub ca_file: Option<PathBuf>,
    /// PEM file of the certificate that is shown to a server that asks who calls.
    pub client_cert: Option<PathBuf>,
    /// PEM file of its private key.
    pub client_key: Option<PathBuf>,
    /// Whether `base_url` may be `http` though it leads to another machine: secrets then travel in the open.
    pub dangerous_plain_http: bool,
}

impl TransportConfig {
    /// The names of the keys.
    pub(crate) const KEYS: [&'static str; 5] =
        ["proxy", "ca_file", "client_cert", "client_key", "dangerous_plain_http"];

    fn options(&self) -> Result<Options, Invalid> {
        let mut options = Options::default();
        if let Some(proxy) = &self.proxy {
            let text = proxy.read_for("proxy")?;
            let parsed = Proxy::parse(text.expose()).map_err(|_| {
                let why = Bilingual::fixed(
                    "is not of the form http://[USER:PASSWORD@]HOST:PORT",
                    "应写作 http://[用户名:密码@]主机:端口",
                );
                Invalid::unfit("proxy", why)
            })?;
            options.proxy = Some(parsed);
        }
        if let Some(path) = &self.ca_file {
            options.trust = Trust::Authority(read_file("ca_file", path)?);
            let shown = path.display();
            options.client_config().map_err(|why| {
                Invalid::unfit("ca_file", bilingual!("{shown}: {why}"; "{shown} 中没有可用的证书（{why}）"))
            })?;
        }
        options.identity = match (&self.client_cert, &self.client_key) {
            (None, None) => None,
            (Some(certificate), Some(key)) => {
                let certificates = read_file("client_cert", certificate)?;
                let identity = Identity { certificates, key: Secret::new(read_file("client_key", key)?) };
                // Whose certificates are believed does not matter here, and reading the machine's takes a while.
                Trust::DangerousAnyone { name_checked: true }.client_config_as(Some(&identity)).map_err(|why| {
                    let why = bilingual!(
                        "cannot be shown with client_key: {why}";
                        "与 client_key 无法一起使用（{why}）"
                    );
                    Invalid::unfit("client_cert", why)
                })?;
                Some(identity)
            }
            (Some(_), None) => return Err(Invalid::missing("client_key")),
            (None, Some(_)) => return Err(Invalid::missing("client_cert")),
        };
        Ok(options)
    }
}

impl AccountConfig {
    /// How its calls go out.
    ///
    /// # Errors
    /// What is wrong, and with which key; never a secret.
    pub fn http_options(&self) -> Result<Options, Invalid> {
        let options = self.transport.options()?;
        if let Some(base) = self.base() {
            let hook = self.channel.factory().hook().filter(|_| self.base_url().is_none());
            let key = hook.map_or("base_url", |(key, _)| key);
            check_base(&base, self.transport.dangerous_plain_http).map_err(|why| Invalid::unfit(key, why))?;
        }
        Ok(options)
    }

    /// Where its calls go in place of the platform's own hosts: `base_url`, or the address that a robot's credential
    /// was given in.
    #[must_use]
    pub fn base(&self) -> Option<String> {
        self.base_url().map(str::to_owned).or_else(|| {
            let (key, secret) = self.channel.factory().hook()?;
            Hook::read(secret, key).ok()?.base
        })
    }
}

/// Whether credentials may be sent there. The address is repeated only where it cannot hold one.
fn check_base(base: &str, plain_http: bool) -> Result<(), Bilingual> {
    const FORM: Bilingual = Bilingual::fixed("is not of the form https://HOST", "应写作 https://主机");
    let scheme = base.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    match scheme.as_deref() {
        Some("https" | "http") => {}
        None if !base.contains(['@', '?', ' ']) && !base.is_empty() => {
            return Err(
                bilingual!("{base:?} has no scheme: write https://{base}"; "{base:?} 没有协议：请写作 https://{base}"),
            );
        }
        _ => return Err(FORM),
    }
    let parsed: http::Uri = base.parse().map_err(|_| FORM)?;
    if parsed.host().is_none_or(str::is_empty) || parsed.query().is_some() || base.contains('#') {
        return Err(Bilingual::fixed(
            "is not of the form https://HOST: it has a host, and no query",
            "应写作 https://主机，须有主机名，不带查询参数",
        ));
    }
    if parsed.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err(Bilingual::fixed(
            "holds a login, which is not sent: leave it out",
            "含有用户名或密码，但不会发送：请去掉",
        ));
    }
    if scheme.as_deref() == Some("http") && !plain_http && !is_loopback(&parsed) {
        return Err(bilingual!(
            "{base:?} would send tokens and secrets in the open: use https, or set dangerous_plain_http = true where \
             nobody can listen";
            "{base:?} 会以明文传送令牌和密钥：请改用 https，或在无人能监听的网络中设置 dangerous_plain_http = true"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ChannelConfig;

    #[test]
    fn a_base_url_is_https_or_stays_on_this_machine() {
        for (base, plain, fine) in [
            ("https://qyapi.weixin.qq.com", false, true),
            ("https://im.example:8443/prefix", false, true),
            ("HTTPS://im.example", false, true),
            ("http://127.0.0.1:18081", false, true),
            ("http://localhost:18081/x", false, true),
            ("http://[::1]:18081", false, true),
            ("http://10.0.0.7", false, false),
            ("http://10.0.0.7", true, true),
            ("HTTP://im.example", false, false),
            ("http://localhost.example", false, false),
            ("qyapi.weixin.qq.com", true, false),
            ("127.0.0.1:18081", true, false),
            ("//im.example", true, false),
            ("ftp://im.example", true, false),
            ("https://", true, false),
            ("https://user:canary@im.example", true, false),
            ("user:canary@im.example", true, false),
            ("https://im.example?canary=1", true, false),
            ("", true, false),
        ] {
            let checked = check_base(base, plain);
            assert_eq!(checked.is_ok(), fine, "{base}: {checked:?}");
            if let Err(words) = checked {
                let both = format!("{words} {words:#}");
                assert!(!both.contains("canary") && words.en != words.zh, "{base}: {both}");
            }
        }
        assert!(check_base("im.example", false).unwrap_err().en.contains("write https://im.example"));
        assert!(check_base("http://im.example", false).unwrap_err().en.contains("dangerous_plain_http = true"));
    }

    fn account(text: &str) -> Result<AccountConfig, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn a_robots_own_address_is_judged_too_and_its_token_is_not_told() {
        for (channel, key, name) in [("dingtalk-robot", "access_token", "access_token"), ("wecom-robot", "key", "key")]
        {
            let robot = |address: &str, more: &str| {
                let text = format!(r#"{{"channel":"{channel}","{key}":"{address}?{name}=canary"{more}}}"#);
                account(&text).unwrap().open("robot").err().map(|invalid| invalid.to_string())
            };
            assert_eq!(robot("https://im.example/send", ""), None);
            let refused = robot("http://im.example/send", "").unwrap();
            assert!(refused.starts_with(&format!("{key}: ")), "{refused}");
            assert!(refused.contains("dangerous_plain_http") && !refused.contains("canary"), "{refused}");
            assert_eq!(robot("http://im.example/send", r#","dangerous_plain_http":true"#), None);
            assert_eq!(robot("http://127.0.0.1:1/send", ""), None);
        }
    }

    #[test]
    fn files_that_are_not_what_they_should_be_are_named_by_their_key() {
        let folder = std::env::temp_dir().join(format!("hongyan-transport-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let empty = folder.join("canary.pem");
        std::fs::write(&empty, "nothing").unwrap();
        let here = serde_json::to_string(&empty).unwrap();
        for (keys, starts) in [
            (format!(r#""ca_file":{here}"#), "ca_file: "),
            (r#""ca_file":"/nowhere/ca.pem""#.to_owned(), "ca_file: /nowhere/ca.pem cannot be read"),
            (format!(r#""client_cert":{here}"#), "client_key: is missing"),
            (format!(r#""client_key":{here}"#), "client_cert: is missing"),
            (format!(r#""client_cert":{here},"client_key":{here}"#), "client_cert: cannot be shown"),
        ] {
            let hook = account(&format!(r#"{{"channel":"webhook","url":"https://im.example",{keys}}}"#)).unwrap();
            let words = hook.open("hook").err().unwrap().to_string();
            assert!(words.starts_with(starts), "{keys}: {words}");
        }
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn mail_has_its_own_ca_file_and_none_of_the_others() {
        let mail = |keys: &str| account(&format!(r#"{{"channel":"mail","host":"smtp.example",{keys}}}"#));
        assert!(matches!(mail(r#""ca_file":"/ca.pem""#).unwrap().channel,
            ChannelConfig::Mail(mail) if mail.ca_file.is_some()));
        assert!(mail(r#""client_cert":"/a.pem""#).unwrap_err().contains("client_cert"));
        assert!(mail(r#""dangerous_plain_http":true"#).unwrap_err().contains("dangerous_plain_http"));
        assert!(mail(r#""proxy":"http://proxy:1""#).unwrap_err().contains("proxy"));
    }
}
