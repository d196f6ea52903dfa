//! The sandbox of a run: one in this process, or one that is running.

use super::{login::Logins, time::Time};
use crate::lang::told;
use crate::{args::Run, exit::Usage};
use anyhow::Context;
use hongyan_functions::{Blocking, Functions, HttpCall, HttpMethod, MailServer, Profile, Reroute};
use hongyan_mail::Tls;
use hongyan_net::Secret;
use hongyan_sandbox::{Sandbox, SandboxOptions};
use serde_json::Value;
use std::sync::mpsc;

/// A word as a sandbox's address: empty, a URL, or `HOST:PORT`; `None` when it is something else.
pub(super) fn address(word: &str) -> Option<String> {
    let port = word.strip_prefix("localhost:").is_some_and(|port| port.parse::<u16>().is_ok());
    if word.is_empty() || word.starts_with("http://") || word.starts_with("https://") {
        Some(word.to_owned())
    } else if port || word.parse::<std::net::SocketAddr>().is_ok() {
        Some(format!("http://{word}"))
    } else {
        None
    }
}

/// Where calls to platforms and mail providers go.
pub(super) struct Sandboxed {
    base: String,
    /// What it says of itself. Holds secrets.
    pub(super) credentials: Value,
    /// The one of this process, on threads of its own, so that the script may wait for it.
    own: Option<(Sandbox, tokio::runtime::Runtime)>,
}

impl Sandboxed {
    /// Starts one, or finds the running one that `--sandbox` names.
    pub(super) fn find(url: &str) -> anyhow::Result<Self> {
        if url.is_empty() { Self::start() } else { Self::running(url) }
    }

    fn start() -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let (told, tells) = mpsc::channel();
        // Only this process's user reaches it, so its secrets may be well known: the documents name them.
        let options = SandboxOptions { fixed_credentials: true, ..SandboxOptions::default() };
        runtime.spawn(async move {
            // Nobody listens any more when the command has ended before.
            let _ = told.send(Sandbox::start(options).await);
        });
        let sandbox = tells.recv()?.with_context(|| told!("the sandbox cannot start" ; "模拟平台无法启动"))?;
        Ok(Self { base: sandbox.base(), credentials: sandbox.credentials(), own: Some((sandbox, runtime)) })
    }

    fn running(url: &str) -> anyhow::Result<Self> {
        let base = url.trim_end_matches('/').trim_end_matches("/sandbox").to_owned();
        let profile = Profile { allow_private: true, ..Profile::safe() };
        let mut call = HttpCall::new(HttpMethod::Get, format!("{base}/sandbox/credentials"));
        call.timeout_ms = Some(5_000);
        let reply = Blocking::new(Functions::new(profile))
            .http(&call)
            .with_context(|| told!("no sandbox answers at {base}; start one with: hongyan sandbox" ; "{base} 处没有模拟平台应答；可运行 hongyan sandbox 启动"))?;
        if reply.response_code != 200 {
            return Err(Usage(told!(
                "{base} does not give its credentials (status {0}): a sandbox does so to its own machine, by the address 127.0.0.1 or localhost" ;
                "{base} 未给出凭证（状态码 {0}）：模拟平台只把凭证给本机，地址须为 127.0.0.1 或 localhost",
                reply.response_code
            ))
            .into());
        }
        let credentials: Value =
            serde_json::from_slice(&reply.text).ok().filter(|said: &Value| said["wecom"].is_object()).with_context(
                || told!("what answers at {base} is no sandbox of hongyan" ; "{base} 处应答的不是鸿雁的模拟平台"),
            )?;
        Ok(Self { base, credentials, own: None })
    }

    /// The address there for the platforms' hosts and for all mail.
    pub(super) fn reroute(&self, strict_login: bool) -> Reroute {
        let smtp = &self.credentials["smtp"];
        let text = |name: &str| smtp[name].as_str().unwrap_or_default();
        let reroute = Reroute::new().with_platforms(&self.base);
        let Some((host, port)) = text("address").rsplit_once(':') else { return reroute };
        // One that listens everywhere is found at this machine's own address, which its certificate bears too.
        let host = host.trim_matches(['[', ']']);
        let host = if host == "0.0.0.0" || host == "::" { "127.0.0.1" } else { host };
        let login = (text("username").to_owned(), Secret::new(text("password")));
        reroute.with_mail(MailServer {
            host: host.to_owned(),
            port: port.parse().unwrap_or_default(),
            tls: Tls::Starttls,
            ca_pem: smtp["ca_pem"].as_str().map(str::to_owned),
            login: (!strict_login).then_some(login),
        })
    }

    /// The logins to lend to the script's calls.
    pub(super) fn logins(&self, args: &Run) -> Option<Logins> {
        (!args.strict_login).then(|| Logins::of(&self.credentials))
    }

    /// The clock that moves when the script sleeps.
    pub(super) fn time(&self) -> Time {
        match &self.own {
            Some((sandbox, _)) => Time::Own(sandbox.clock().clone()),
            None => Time::remote(&self.base),
        }
    }

    /// What it counted and took, for programs: calls by path, and mails.
    pub(super) fn summary(&self) -> Value {
        let profile = Profile { allow_private: true, ..Profile::safe() };
        let functions = Blocking::new(Functions::new(profile));
        let read = |path: &str| {
            let reply =
                functions.http(&HttpCall::new(HttpMethod::Get, format!("{}/sandbox/{path}", self.base))).ok()?;
            serde_json::from_slice::<Value>(&reply.text).ok()
        };
        let stats = read("stats").unwrap_or_default();
        let mail = read("mail").unwrap_or_default();
        serde_json::json!({
            "base": self.base,
            "own": self.own.is_some(),
            "calls": stats["calls"],
            "wecom_sends": stats["wecom"]["sends"],
            "dingtalk_sends": stats["dingtalk"]["sends"],
            "tokens": stats["tokens"],
            "mails": mail["mails"].as_array().map_or(0, Vec::len),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn an_address_is_told_from_a_file() {
        assert_eq!(address("").as_deref(), Some(""));
        assert_eq!(address("http://a:1").as_deref(), Some("http://a:1"));
        assert_eq!(address("127.0.0.1:18081").as_deref(), Some("http://127.0.0.1:18081"));
        assert_eq!(address("localhost:1").as_deref(), Some("http://localhost:1"));
        for file in ["a.dos", "-", "localhost:x", "/tmp/http://a"] {
            assert_eq!(address(file), None, "{file}");
        }
    }
}
