//! Where a sender's mail is handed in: what `emailSmtpConfig` told, then the well-known providers.

use crate::{ArgumentError, FunctionError, Kind};
use hongyan_mail::{Tls, preset, preset_for_address};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// A submission server.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Server {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) implicit_tls: bool,
}

/// The default of `emailSmtpConfig`, as the plugin had it; TLS is required there all the same.
const PORT: u16 = 25;

/// What `emailSmtpConfig` told, by domain in lower case.
#[derive(Debug, Default)]
pub(crate) struct Configured(Mutex<HashMap<String, Server>>);

impl Configured {
    pub(crate) fn set(&self, domain: &str, host: &str, port: Option<u16>) -> Result<(), FunctionError> {
        // People write the domain with its @, too.
        let domain = domain.trim().trim_start_matches('@').to_ascii_lowercase();
        let host = host.trim();
        if domain.is_empty() {
            return Err(ArgumentError::EmptyEmailName.into());
        }
        if host.is_empty() {
            return Err(ArgumentError::EmptyHost.into());
        }
        if port == Some(0) {
            return Err(ArgumentError::Port.into());
        }
        let is_name = |text: &str| {
            text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':'))
        };
        if !is_name(host) {
            let advice = ("give the host's name or address alone", "请只填写主机名或地址");
            return Err(FunctionError::new(Kind::Argument, "emailSmtpConfig: Host is not a host name", advice));
        }
        let port = port.unwrap_or(PORT);
        let server = Server { host: host.to_owned(), port, implicit_tls: matches!(port, 465 | 994) };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(domain, server);
        Ok(())
    }

    /// The server for the sender's domain, which is what stands behind the last `@`.
    pub(crate) fn find(&self, sender: &str) -> Result<Server, ArgumentError> {
        let (_, domain) = sender.rsplit_once('@').ok_or(ArgumentError::UnknownDomain)?;
        let domain = domain.trim().to_ascii_lowercase();
        if let Some(server) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&domain) {
            return Ok(server.clone());
        }
        // The plugin's own house; its mail is Microsoft's.
        let known = if domain == "dolphindb.com" { preset("office365") } else { preset_for_address(sender) };
        let known = known.ok_or(ArgumentError::UnknownDomain)?;
        Ok(Server { host: known.host.to_owned(), port: known.port, implicit_tls: known.tls == Tls::Implicit })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_finds_its_server() {
        let configured = Configured::default();
        for (sender, host, port) in [
            ("a@qq.com", "smtp.qq.com", 465),
            ("li@QQ.COM", "smtp.qq.com", 465),
            ("li@126.com", "smtp.126.com", 465),
            ("li@163.com", "smtp.163.com", 465),
            ("li@yeah.net", "smtp.yeah.net", 465),
            ("li@sohu.com", "smtp.sohu.com", 465),
            ("li@dolphindb.com", "smtp.office365.com", 587),
            ("\"a@b\"@163.com", "smtp.163.com", 465),
        ] {
            let server = configured.find(sender).unwrap();
            assert_eq!((server.host.as_str(), server.port), (host, port), "{sender}");
        }
        for unknown in ["li@example.com", "li", "", "qq.com", "li@qq.com.example"] {
            assert_eq!(configured.find(unknown), Err(ArgumentError::UnknownDomain), "{unknown}");
        }
    }

    #[test]
    fn what_was_told_comes_first_and_the_port_decides_how_tls_begins() {
        let configured = Configured::default();
        for (port, expected) in [
            (None, (25, false)),
            (Some(25), (25, false)),
            (Some(465), (465, true)),
            (Some(994), (994, true)),
            (Some(587), (587, false)),
            (Some(2525), (2525, false)),
        ] {
            configured.set("@QQ.com", "mail.example.com", port).unwrap();
            let server = configured.find("li@qq.com").unwrap();
            assert_eq!((server.port, server.implicit_tls), expected);
        }
        let bad = |domain, host, port| configured.set(domain, host, port).unwrap_err();
        assert_eq!(bad("", "h", None).argument(), Some(ArgumentError::EmptyEmailName));
        assert_eq!(bad("d", " ", None).argument(), Some(ArgumentError::EmptyHost));
        assert_eq!(bad("d", "h", Some(0)).argument(), Some(ArgumentError::Port));
        assert_eq!(bad("d", "h\r\nx", None).kind(), Kind::Argument);
    }
}
