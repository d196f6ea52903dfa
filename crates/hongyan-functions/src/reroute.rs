//! Sending what is addressed to the platforms and mail providers somewhere else: to a sandbox.

use hongyan_mail::Tls;

/// Where calls go in place of the hosts that they name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reroute {
    hosts: Vec<(String, String)>,
    mail: Option<MailServer>,
}

/// A mail server that takes the place of every provider's and of every configured one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailServer {
    /// Host name or address; its certificate must bear it.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// How TLS begins.
    pub tls: Tls,
    /// The only authority to trust, as PEM.
    pub ca_pem: Option<String>,
    /// The login to use in place of the call's own, as `(user, password)`: a sandbox knows no real passwords.
    pub login: Option<(String, hongyan_net::Secret)>,
}

/// The platforms' hosts.
const PLATFORMS: [&str; 3] = ["oapi.dingtalk.com", "api.dingtalk.com", "qyapi.weixin.qq.com"];

impl Reroute {
    /// Nothing is rerouted.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sends what is addressed to `host` (any port, `http` and `https`) to `base`, such as
    /// `http://127.0.0.1:18081`, path and query kept. A leading dot means the host's subdomains. The base may be a
    /// private address in every profile.
    #[must_use]
    pub fn with_host(mut self, host: &str, base: &str) -> Self {
        self.hosts.push((host.to_ascii_lowercase(), base.trim_end_matches('/').to_owned()));
        self
    }

    /// Sends what is addressed to DingTalk's and WeCom's hosts to `base`.
    #[must_use]
    pub fn with_platforms(self, base: &str) -> Self {
        PLATFORMS.iter().fold(self, |this, host| this.with_host(host, base))
    }

    /// Sends every mail to this server.
    #[must_use]
    pub fn with_mail(mut self, server: MailServer) -> Self {
        self.mail = Some(server);
        self
    }

    /// Where calls to this host go.
    pub(crate) fn base(&self, host: &str) -> Option<&str> {
        let host = host.to_ascii_lowercase();
        let row = self
            .hosts
            .iter()
            .find(|(from, _)| if from.starts_with('.') { host.ends_with(from) } else { host == *from });
        row.map(|(_, base)| base.as_str())
    }

    pub(crate) fn mail(&self) -> Option<&MailServer> {
        self.mail.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_or_its_subdomains_go_elsewhere() {
        let reroute = Reroute::new().with_platforms("http://127.0.0.1:1/").with_host(".example.com", "http://b");
        for (host, base) in [
            ("OAPI.dingtalk.com", Some("http://127.0.0.1:1")),
            ("qyapi.weixin.qq.com", Some("http://127.0.0.1:1")),
            ("evil-oapi.dingtalk.com", None),
            ("a.b.example.com", Some("http://b")),
            ("example.com", None),
        ] {
            assert_eq!(reroute.base(host), base, "{host}");
        }
    }
}
