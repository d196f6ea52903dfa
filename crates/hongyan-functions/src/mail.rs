//! `sendEmail`: one transaction for all recipients, over connections kept by account.

use crate::{
    ArgumentError, FunctionError, Kind, MailCall, MailContent, MailResult, MailServer, Profile, Reroute, compose,
    profile::{ANY_CERTIFICATE, CLEAR_TEXT, LINE_BREAKS, PRIVATE_ADDRESSES, RAW_MAIL},
    provider::{Configured, Server},
    raw,
    target::no_line_break,
};
use hongyan_endpoint::{Class, Fault, mail_address};
use hongyan_mail::{Mailer, MailerConfig, SendFault, Tls};
use hongyan_net::Secret;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Connections to one account at once: what Chinese providers bear.
const CONNECTIONS: usize = 3;
/// Accounts whose connections are kept.
const ACCOUNTS: usize = 64;
/// "No limit", for timers that want one.
const ENDLESS: Duration = Duration::from_secs(10 * 365 * 86_400);

/// Which connections fit. Another password, another login.
#[derive(PartialEq, Eq, Hash)]
struct Account {
    server: Server,
    user: String,
    password: Box<str>,
}

/// The mail side of the functions.
#[derive(Default)]
pub(crate) struct Post {
    configured: Configured,
    mailers: Mutex<HashMap<Account, Arc<Mailer>>>,
}

impl std::fmt::Debug for Post {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Post").field("configured", &self.configured).finish_non_exhaustive()
    }
}

impl Post {
    pub(crate) fn configure(&self, domain: &str, host: &str, port: Option<u16>) -> Result<(), FunctionError> {
        self.configured.set(domain, host, port)
    }

    pub(crate) async fn send(
        &self,
        call: &MailCall,
        profile: &Profile,
        reroute: &Reroute,
    ) -> Result<MailResult, FunctionError> {
        let begun = Instant::now();
        check(call, profile)?;
        // Asked for in a sandbox too, so that a script whose domain is unknown fails there as it would outside.
        let known = self.configured.find(&call.user_id)?;
        let rerouted = reroute.mail();
        let server = rerouted.map_or(known, |place| Server {
            host: place.host.clone(),
            port: place.port,
            implicit_tls: place.tls == Tls::Implicit,
        });
        let mime = mime(call, profile)?;
        let shown = format!("{}:{}", server.host, server.port);
        let mailer =
            self.mailer(call, server, profile, rerouted).map_err(|fault| explain(call, &shown, fault.into()))?;
        let recipients: Vec<&str> = call.recipients.iter().map(String::as_str).collect();
        let sent =
            mailer.send(&call.user_id, &recipients, &mime).await.map_err(|fault| explain(call, &shown, fault))?;
        Ok(MailResult {
            response_code: sent.reply_code.parse().unwrap_or(250),
            headers: format!("{} {}\r\n", sent.reply_code, sent.reply),
            text: sent.reply,
            elapsed: begun.elapsed().as_secs_f64(),
            user_id: call.user_id.clone(),
            recipient: call.recipients.join(" "),
        })
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.with(|mailers| mailers.is_empty())
    }

    pub(crate) async fn close(&self) {
        let mailers = self.with(std::mem::take);
        for mailer in mailers.into_values() {
            mailer.close().await;
        }
    }

    fn mailer(
        &self,
        call: &MailCall,
        server: Server,
        profile: &Profile,
        rerouted: Option<&MailServer>,
    ) -> Result<Arc<Mailer>, Fault> {
        let account = Account { server, user: call.user_id.clone(), password: call.password.expose().into() };
        if let Some(kept) = self.with(|mailers| mailers.get(&account).cloned()) {
            return Ok(kept);
        }
        let mailer =
            Arc::new(Mailer::new(config(&account, profile, rerouted))?.with_final_timeout(final_limit(profile)));
        self.with(|mailers| {
            if mailers.len() >= ACCOUNTS {
                mailers.clear();
            }
            mailers.insert(account, Arc::clone(&mailer));
        });
        Ok(mailer)
    }

    // A std mutex: never held across await. What it guards stays whole even if a holder panicked.
    fn with<T>(&self, work: impl FnOnce(&mut HashMap<Account, Arc<Mailer>>) -> T) -> T {
        work(&mut self.mailers.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn final_limit(profile: &Profile) -> Duration {
    if profile.dangerous_no_time_limit { ENDLESS } else { Duration::from_secs(60) }
}

fn config(account: &Account, profile: &Profile, rerouted: Option<&MailServer>) -> MailerConfig {
    let Server { host, port, implicit_tls } = &account.server;
    let tls = if *implicit_tls { Tls::Implicit } else { Tls::Starttls };
    let mut config = MailerConfig::new(host, *port, rerouted.map_or(tls, |place| place.tls));
    config.username = Some(account.user.clone());
    config.password = Some(Secret::new(account.password.clone()));
    config.connections = CONNECTIONS;
    config.timeout = if profile.dangerous_no_time_limit { ENDLESS } else { Duration::from_millis(profile.timeout_ms) };
    config.all_or_nothing = true;
    config.login_optional = true;
    config.dangerous_unannounced_eight_bit = profile.dangerous_raw_mail;
    match rerouted {
        Some(place) => {
            config.ca_pem.clone_from(&place.ca_pem);
            if let Some((user, password)) = &place.login {
                config.username = Some(user.clone());
                config.password = Some(password.clone());
            }
        }
        None => {
            config.ca_pem.clone_from(&profile.ca_pem);
            config.refuse_private = !profile.allow_private;
            config.dangerous_opportunistic = profile.dangerous_mail_in_clear_text;
            config.dangerous_accept_any_certificate = profile.dangerous_accept_any_certificate;
        }
    }
    config
}

fn check(call: &MailCall, profile: &Profile) -> Result<(), FunctionError> {
    if call.user_id.is_empty() {
        return Err(ArgumentError::EmptyUserId.into());
    }
    if call.recipients.is_empty() || call.recipients.iter().all(String::is_empty) {
        let advice = ("name at least one", "请至少填写一个收件人");
        return Err(FunctionError::new(Kind::Argument, "sendEmail: recipient is empty", advice));
    }
    // The envelope's addresses are never let through with a line break: the server would read another command.
    no_line_break("userId", &call.user_id, None)?;
    for recipient in &call.recipients {
        no_line_break("recipient", recipient, None)?;
        mail_address(recipient).map_err(|why| not_an_address("recipient", recipient, &why.en))?;
    }
    if let MailContent::Parts { subject, .. } = &call.content
        && !(profile.dangerous_line_breaks && profile.dangerous_raw_mail)
    {
        let switch = if profile.dangerous_line_breaks { RAW_MAIL } else { LINE_BREAKS };
        no_line_break("the subject", subject, Some(switch))?;
    }
    Ok(())
}

fn not_an_address(what: &str, address: &str, why: &str) -> FunctionError {
    let advice = ("write it as name@domain, one address each", "请写成 name@domain，每项只写一个地址");
    FunctionError::new(Kind::Argument, format!("sendEmail: {what} {address:?}: {why}"), advice)
}

fn mime(call: &MailCall, profile: &Profile) -> Result<Vec<u8>, FunctionError> {
    let (from, to) = (&call.user_id, &call.recipients);
    match &call.content {
        MailContent::Raw(msg) => raw::message(msg, from, to, profile),
        MailContent::Parts { subject, body } if profile.dangerous_raw_mail => Ok(compose::raw(from, to, subject, body)),
        MailContent::Parts { subject, body } => {
            compose::standard(from, to, subject, body, compose::message_id(from)).map_err(|fault| unwritable(&fault))
        }
    }
}

fn unwritable(fault: &Fault) -> FunctionError {
    FunctionError::new(
        Kind::Argument,
        format!("sendEmail: {}", fault.message()),
        ("check addresses, subject and body", "请检查地址、主题和正文"),
    )
}

const CODE: (&str, &str) = (
    "most Chinese providers want an authorization code in place of the password; switch SMTP on in the web mail's settings",
    "多数国内邮箱须使用授权码而非登录密码，并在网页邮箱设置中开启 SMTP 服务",
);

fn explain(call: &MailCall, shown: &str, failed: SendFault) -> FunctionError {
    let SendFault { fault, refused } = failed;
    let unknown = fault.class() == Class::Ambiguous;
    let transport = |timeout| Kind::Transport { timeout };
    let message = |what: &str| format!("sendEmail: {what} {shown}: {}", fault.message());
    let number = fault.code().parse().ok().or_else(|| leading_code(fault.message()));
    let error = match fault.code() {
        "535" | "534" | "5.7.8" | "5.7.9" => FunctionError::new(
            Kind::Mail,
            format!("UserId or password is incorrect: {shown} said {} {}", fault.code(), fault.message()),
            CODE,
        )
        .with_reply_code(Some(535)),
        "net.private" => {
            FunctionError::refused(format!("sendEmail: {shown} is not of the public internet"), PRIVATE_ADDRESSES)
        }
        "smtp.no_starttls" => FunctionError::refused(
            format!("sendEmail: {shown} offers no STARTTLS, and nothing is sent in the open"),
            CLEAR_TEXT,
        ),
        "net.tls" | "net.untrusted" => {
            let mut error = FunctionError::new(
                transport(false),
                message("the certificate was not accepted of"),
                (
                    "give the server's own authority (ca), or check host and clock",
                    "请指定服务器的根证书 (ca)，或检查主机名与本机时间",
                ),
            );
            error.allow_by(ANY_CERTIFICATE);
            error
        }
        "net.timeout" => FunctionError::new(
            transport(true),
            message("timeout at"),
            ("check host and port; many clouds block port 25", "请检查主机和端口；许多云主机封禁 25 端口"),
        ),
        "net.connect" => FunctionError::new(
            transport(false),
            message("could not connect to"),
            ("check host and port; many clouds block port 25", "请检查主机和端口；许多云主机封禁 25 端口"),
        ),
        "net.lost" => FunctionError::new(
            transport(false),
            message("the connection broke to"),
            ("try again, or check the server", "请重试或检查服务器"),
        ),
        "request.invalid" if refused.is_empty() => unwritable(&fault),
        code => {
            let who: Vec<String> = refused
                .iter()
                .map(|(at, why)| {
                    let address = call.recipients.get(*at).map_or("", String::as_str);
                    format!("{address} ({})", coded(why))
                })
                .collect();
            let text = if who.is_empty() {
                format!("sendEmail: Failed to send the email: {shown} said {}", coded(&fault))
            } else {
                format!(
                    "sendEmail: Failed to send the email: refused recipients: {}; nothing was sent to anybody",
                    who.join(", ")
                )
            };
            let kind = if code == "request.invalid" { Kind::Argument } else { Kind::Mail };
            // The tables' advice is for accounts, which wait and repeat; here nobody does after the call.
            let advice = match fault.class() {
                Class::Retryable { .. } | Class::Throttled { .. } => {
                    ("try again in some minutes; nothing was sent", "请数分钟后重试；未发送任何邮件")
                }
                _ => fault.error_code().map_or(("", ""), |row| (row.advice_en, row.advice_zh)),
            };
            FunctionError::new(kind, text, advice).with_reply_code(number)
        }
    };
    error.with_unknown_outcome(unknown)
}

/// The server's words, with the code before them where they do not begin with it.
fn coded(fault: &Fault) -> String {
    let (code, words) = (fault.code(), fault.message());
    // A code with a word in it is a rule of the tables, not the server's.
    if words.starts_with(code) || code.contains(' ') { words.to_owned() } else { format!("{code} {words}") }
}

/// The three digits, where the fault's own code is the enhanced one and the words begin with neither.
fn leading_code(message: &str) -> Option<u16> {
    message.split(' ').next()?.parse().ok().filter(|code| (400..600).contains(code))
}
