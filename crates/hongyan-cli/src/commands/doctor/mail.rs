//! A mailbox: its server, how TLS begins there, and its login.

use super::{cause::Cause, course::Course, network};
use hongyan_channel::MailConfig;
use hongyan_endpoint::{Fault, Origin};
use hongyan_mail::{Mailer, MailerConfig, PRESETS, Preset, Tls, preset_for_address};
use std::time::Duration;
use tokio::{io::AsyncReadExt, net::TcpStream, time::timeout};

/// How long a server may take to greet before it is taken for one that waits for TLS.
const GREETING: Duration = Duration::from_secs(3);

pub(super) async fn examine(course: &mut Course, config: &MailConfig) -> Option<()> {
    let mailer = match config.mailer() {
        Ok(mailer) => mailer,
        Err(invalid) => return course.step(("configuration", "配置"), Err(Cause::configuration(&invalid))),
    };
    course.step(("network", "网络"), network::reach(&mailer.host, mailer.port).await)?;
    let begun = match mode(&mailer).await {
        Some(cause) => Err(cause),
        None => Ok(probe(&mailer).await),
    };
    // One connection for both steps: providers count them.
    let (encrypted, login) = match begun {
        Err(cause) => (Err(cause), None),
        Ok(Err(fault)) if ["net.tls", "net.untrusted", "smtp.no_starttls"].contains(&fault.code()) => {
            (Err(Cause::of(&fault)), None)
        }
        Ok(login) => (Ok(described(mailer.tls).to_owned()), Some(login)),
    };
    course.step(("tls", "加密"), encrypted)?;
    let login = match login? {
        Ok(()) if mailer.username.is_none() => Ok("no login is configured  未配置登录".into()),
        Ok(()) => Ok(String::new()),
        Err(fault) => Err(refused(&fault, provider(config, &mailer))),
    };
    course.step(("credentials", "凭证"), login)
}

async fn probe(config: &MailerConfig) -> Result<(), Fault> {
    Mailer::new(config.clone())?.probe().await
}

fn described(tls: Tls) -> &'static str {
    match tls {
        Tls::DangerousNone => "none: mail and password travel in the open  未加密",
        Tls::Implicit => "implicit",
        Tls::Starttls => "STARTTLS",
    }
}

/// The cause, when TLS begins otherwise than configured.
async fn mode(config: &MailerConfig) -> Option<Cause> {
    let greeted = greets(&config.host, config.port).await;
    match config.tls {
        Tls::Implicit if greeted => Some(Cause::ours(
            "tls_mode",
            (
                "tls is \"implicit\", but the server greets in plain text: it expects STARTTLS",
                "tls 配置为 \"implicit\"，但服务器以明文问候：它使用 STARTTLS",
            ),
            (
                "set tls = \"starttls\" for this port (587 as a rule), or port = 465",
                "请为该端口设置 tls = \"starttls\"（通常为 587），或改用 port = 465",
            ),
        )),
        Tls::Starttls | Tls::DangerousNone if !greeted && speaks_tls(config).await => Some(Cause::ours(
            "tls_mode",
            (
                "the server waits for TLS from the first byte, but tls is not \"implicit\"",
                "服务器从首字节起即要求 TLS，但 tls 未配置为 \"implicit\"",
            ),
            (
                "set tls = \"implicit\" for this port (465 as a rule), or port = 587",
                "请为该端口设置 tls = \"implicit\"（通常为 465），或改用 port = 587",
            ),
        )),
        _ => None,
    }
}

/// Whether the server speaks first, as SMTP does without implicit TLS.
async fn greets(host: &str, port: u16) -> bool {
    let greeting = async {
        let mut byte = [0];
        let mut stream = TcpStream::connect((host, port)).await.ok()?;
        stream.read_exact(&mut byte).await.ok()?;
        Some(byte[0].is_ascii_digit())
    };
    timeout(GREETING, greeting).await.ok().flatten().unwrap_or(false)
}

/// Whether the server answers a TLS handshake, be its certificate good or not.
async fn speaks_tls(config: &MailerConfig) -> bool {
    let implicit =
        MailerConfig { tls: Tls::Implicit, username: None, password: None, timeout: GREETING, ..config.clone() };
    match probe(&implicit).await {
        Ok(()) => true,
        Err(fault) if fault.code() == "net.untrusted" => true,
        Err(fault) if fault.code() == "net.tls" => {
            fault.message().contains("certificate") || fault.message().contains("alert")
        }
        // Past the handshake whatever it says is SMTP.
        Err(fault) => fault.origin() == Origin::Platform,
    }
}

/// The provider, to say which secret it wants.
fn provider(config: &MailConfig, mailer: &MailerConfig) -> Option<&'static Preset> {
    let named = config.preset().ok().flatten();
    let by_host = || PRESETS.iter().find(|preset| preset.host.eq_ignore_ascii_case(&mailer.host));
    named.or_else(by_host).or_else(|| mailer.username.as_deref().and_then(preset_for_address))
}

/// A refused login, with what the provider expects for a password.
fn refused(fault: &Fault, provider: Option<&Preset>) -> Cause {
    let mut cause = Cause::of(fault);
    if let Some(preset) = provider
        && (fault.code().starts_with("53") || fault.code().starts_with("5.7."))
    {
        cause.remedy.0.push_str(&format!("; {} expects {}", preset.name, preset.secret_en));
        cause.remedy.1.push_str(&format!(";{} 需要{}", preset.name, preset.secret_zh));
    }
    cause
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_login_says_which_secret_the_provider_wants() {
        let fault = hongyan_mail::refusal(535, "Login Fail. Please enter your authorization code to login");
        let cause = refused(&fault, hongyan_mail::preset("qq"));
        assert!(cause.remedy.0.contains("authorization code") && cause.remedy.1.contains("授权码"), "{cause}");
    }
}
