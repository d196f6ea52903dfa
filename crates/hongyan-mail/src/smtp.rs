//! The mailer: hands a built mail to one account's mail server and says what the server made of it.
//!
//! How often to repeat, in which rhythm, and what to do about an unknown outcome is the caller's to decide.

use crate::{
    Tls,
    connection::{Accepted, Connection, Dial, Failed, Unopened},
    pool::Pool,
    tls::TlsSetup,
    wire::check_hello,
};
use hongyan_endpoint::{Class, Fault, mail_address};
use hongyan_net::{BeforeWrite, Secret};
use std::{
    borrow::Cow,
    fmt,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::time::Instant;

/// One mail account: server, login and bounds.
#[derive(Debug, Clone)]
pub struct MailerConfig {
    /// Host name or address of the submission server; its certificate must bear it.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// How TLS begins.
    pub tls: Tls,
    /// The only authority to trust, as PEM, in place of the public ones: for a private server.
    pub ca_pem: Option<String>,
    /// Login name; without it there is no login.
    pub username: Option<String>,
    /// Password or authorization code.
    pub password: Option<Secret>,
    /// The name that we give ourselves in `EHLO`.
    pub hello: String,
    /// Connections at once, at least 1. Chinese providers want 1 to 3.
    pub connections: usize,
    /// For each step: connecting, the TLS handshake, each command with its reply.
    pub timeout: Duration,
    /// Mails after which a connection is closed and another opened, at least 1.
    pub messages_per_connection: usize,
    /// A mail goes to all its recipients or to none: one refusal ends it before its text is sent.
    pub all_or_nothing: bool,
    /// Without a login where the server offers none at all.
    pub login_optional: bool,
    /// Addresses that are not of the public internet are refused, as [`hongyan_net::is_public`] has it.
    pub refuse_private: bool,
    /// With [`Tls::Starttls`]: where the server offers no `STARTTLS`, password and mail travel in the open. Whoever
    /// stands between needs only strip the offer.
    pub dangerous_opportunistic: bool,
    /// Any certificate is believed, whatever name it bears.
    pub dangerous_accept_any_certificate: bool,
    /// A mail outside ASCII is sent even where the server does not say that it takes one.
    pub dangerous_unannounced_eight_bit: bool,
}

impl MailerConfig {
    /// No login, `EHLO localhost`, one connection, 30 s for each step, 50 mails to a connection.
    #[must_use]
    pub fn new(host: impl Into<String>, port: u16, tls: Tls) -> Self {
        Self {
            host: host.into(),
            port,
            tls,
            ca_pem: None,
            username: None,
            password: None,
            hello: "localhost".into(),
            connections: 1,
            timeout: Duration::from_secs(30),
            messages_per_connection: 50,
            all_or_nothing: false,
            login_optional: false,
            refuse_private: false,
            dangerous_opportunistic: false,
            dangerous_accept_any_certificate: false,
            dangerous_unannounced_eight_bit: false,
        }
    }
}

/// A mail that the server has taken.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    /// The reply's three digits, `250` as a rule.
    pub reply_code: String,
    /// The reply's words; often with the server's own queue number.
    pub reply: String,
    /// Recipients that it did not take, by their index in the call: [`Class::Retryable`] or
    /// [`Class::Throttled`] for 4xx, [`Class::Permanent`] for 5xx and for what is no address.
    pub refused: Vec<(usize, Fault)>,
}

/// A mail that the server has not taken, or perhaps has ([`Class::Ambiguous`]).
#[derive(Debug, Clone, PartialEq)]
pub struct SendFault {
    /// What went wrong with the whole; the first recipient's refusal when all were refused.
    pub fault: Fault,
    /// Recipients already refused, each for its own reason; the others share [`SendFault::fault`].
    pub refused: Vec<(usize, Fault)>,
}

impl fmt::Display for SendFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fault.fmt(f)
    }
}

impl std::error::Error for SendFault {}

impl From<Fault> for SendFault {
    fn from(fault: Fault) -> Self {
        Self { fault, refused: Vec::new() }
    }
}

/// How long the reply to a whole message may take. RFC 5321 allows ten minutes; giving up early makes the
/// outcome unknown, so it is longer than the other steps' time.
const FINAL_TIMEOUT: Duration = Duration::from_secs(60);

/// How long a refused login is not tried again: repeated tries get the address blocked.
const LOGIN_REST: Duration = Duration::from_secs(60);

/// Sends mail through one account, over a few kept connections.
pub struct Mailer {
    config: MailerConfig,
    setup: Option<TlsSetup>,
    final_timeout: Duration,
    pool: Pool,
    /// A login has succeeded and none has failed since: connections may be opened side by side.
    proven: AtomicBool,
    /// Held while the first login is tried, so that a wrong password is tried once and not by all.
    first: tokio::sync::Mutex<()>,
    refusal: Mutex<Option<(Instant, Fault)>>,
}

impl Mailer {
    /// Checks the settings. Opens nothing.
    ///
    /// # Errors
    /// `request.invalid` (permanent) naming the setting.
    pub fn new(config: MailerConfig) -> Result<Self, Fault> {
        check_hello(&config.hello).map_err(invalid)?;
        if config.host.is_empty() || config.host.contains(['\r', '\n', '\0', ' ']) {
            return Err(invalid("host is not a host name"));
        }
        if config.connections == 0 || config.messages_per_connection == 0 {
            return Err(invalid("connections and messages_per_connection are at least 1"));
        }
        if config.username.is_some() != config.password.is_some() {
            return Err(invalid("username and password belong together"));
        }
        let bad = |text: &str| text.is_empty() || text.contains(['\r', '\n', '\0']);
        if config.username.as_deref().is_some_and(bad) || config.password.as_ref().is_some_and(|p| bad(p.expose())) {
            return Err(invalid("username or password is empty or holds a line break"));
        }
        let setup = match config.tls {
            Tls::DangerousNone => None,
            Tls::Implicit | Tls::Starttls => Some(TlsSetup::new(&config)?),
        };
        Ok(Self {
            pool: Pool::new(config.connections),
            final_timeout: config.timeout.max(FINAL_TIMEOUT),
            config,
            setup,
            proven: AtomicBool::new(false),
            first: tokio::sync::Mutex::new(()),
            refusal: Mutex::new(None),
        })
    }

    /// The same mailer with another time for the reply to a whole message (60 s, or the steps' time if longer).
    #[must_use]
    pub fn with_final_timeout(mut self, limit: Duration) -> Self {
        self.final_timeout = limit;
        self
    }

    /// Hands over one mail in one transaction. `from` may be empty, for a bounce; `mime` is sent as it is but for
    /// its dots and bare line ends.
    ///
    /// Recipients that are no addresses are refused here and the mail goes to the rest, unless it is
    /// [`MailerConfig::all_or_nothing`].
    ///
    /// # Errors
    /// By class: [`Class::Retryable`] or [`Class::Throttled`] when nothing was taken and a later try may succeed,
    /// [`Class::Permanent`] when not, [`Class::Ambiguous`] when the whole message had left and no reply came. What is
    /// not about this mail, but about the connection or the login, says so by [`Fault::about`].
    pub async fn send(&self, from: &str, recipients: &[&str], mime: &[u8]) -> Result<Sent, SendFault> {
        let from = match from {
            "" => Cow::Borrowed(from),
            _ => mail_address(from).map_err(|why| invalid(format!("from: {why}")))?,
        };
        if recipients.is_empty() {
            return Err(invalid("a mail needs a recipient").into());
        }
        let mut refused = Vec::new();
        let mut taken = Vec::with_capacity(recipients.len());
        for (index, address) in recipients.iter().enumerate() {
            match mail_address(address) {
                Ok(wire) => taken.push((index, wire)),
                Err(why) => refused.push((index, invalid(why.to_string()))),
            }
        }
        if taken.is_empty() || (self.config.all_or_nothing && !refused.is_empty()) {
            return Err(SendFault { fault: refused[0].1.clone(), refused });
        }
        let taken: Vec<(usize, &str)> = taken.iter().map(|(index, wire)| (*index, wire.as_ref())).collect();
        let outcome = self.transact(&from, &taken, mime).await;
        let merge = |mut more: Vec<(usize, Fault)>, mut refused: Vec<(usize, Fault)>| {
            refused.append(&mut more);
            refused.sort_by_key(|(index, _)| *index);
            refused
        };
        match outcome {
            Ok(Accepted { reply, refused: more }) => {
                Ok(Sent { reply_code: reply.code.to_string(), reply: reply.text(), refused: merge(more, refused) })
            }
            Err(SendFault { fault, refused: more }) => {
                Err(SendFault { fault: fault.during("mail.send"), refused: merge(more, refused) })
            }
        }
    }

    /// Connects, encrypts, logs in and says goodbye: whether the account would work. Tries a refused login anew.
    ///
    /// # Errors
    /// As [`Mailer::send`], before any mail.
    pub async fn probe(&self) -> Result<(), Fault> {
        let _permit = self.pool.acquire().await;
        self.set_refusal(None);
        let connection = self.open().await.map_err(|fault| fault.during("mail.probe"))?;
        connection.quit().await;
        Ok(())
    }

    /// Says goodbye on every idle connection. A mail after it opens a new one.
    pub async fn close(&self) {
        while let Some(connection) = self.pool.take().await {
            connection.quit().await;
        }
    }

    async fn transact(&self, from: &str, recipients: &[(usize, &str)], mime: &[u8]) -> Result<Accepted, SendFault> {
        let _permit = self.pool.acquire().await;
        if let Some(mut kept) = self.pool.take().await {
            pass_gate().await;
            match kept.transact(from, recipients, mime).await {
                // It died while it lay idle, or it has had its share: no harm done, and nobody needs to know.
                Err(Failed { elsewhere: true, fault, .. }) => {
                    tracing::debug!(host = self.config.host, %fault, "a kept mail connection serves no more");
                    if !kept.broken {
                        kept.quit().await;
                    }
                }
                outcome => return self.settle(kept, outcome).await,
            }
        }
        let mut fresh = self.open().await?;
        pass_gate().await;
        let outcome = fresh.transact(from, recipients, mime).await;
        self.settle(fresh, outcome).await
    }

    /// Keeps the connection if it can serve again.
    async fn settle(&self, connection: Connection, outcome: Result<Accepted, Failed>) -> Result<Accepted, SendFault> {
        let over = match connection {
            broken if broken.broken => None,
            connection if connection.served < self.config.messages_per_connection => self.pool.keep(connection),
            spent => Some(spent),
        };
        if let Some(over) = over {
            over.quit().await;
        }
        outcome.map_err(|failed| SendFault { fault: failed.fault, refused: failed.refused })
    }

    async fn open(&self) -> Result<Connection, Fault> {
        // Until a login has succeeded they are tried one at a time.
        let _first = if self.proven.load(Ordering::Acquire) { None } else { Some(self.first.lock().await) };
        if let Some(fault) = self.recent_refusal() {
            return Err(fault);
        }
        let login = self.config.username.as_deref().zip(self.config.password.as_ref().map(Secret::expose));
        let dial = Dial { setup: self.setup.as_ref(), login, final_timeout: self.final_timeout, config: &self.config };
        let mut opened = Connection::open(&dial).await;
        if let Err(Unopened { again: true, fault }) = &opened {
            tracing::debug!(host = self.config.host, %fault, "the mail server did not welcome a connection");
            opened = Connection::open(&dial).await;
        }
        let opened = opened.map_err(|unopened| unopened.fault);
        match &opened {
            Ok(_) => {
                tracing::debug!(host = self.config.host, port = self.config.port, "mail connection opened");
                self.proven.store(true, Ordering::Release);
            }
            Err(fault) if login.is_some() && fault.class() == Class::Permanent && is_login(fault) => {
                self.proven.store(false, Ordering::Release);
                self.set_refusal(Some((Instant::now(), fault.clone())));
            }
            Err(_) => {}
        }
        opened
    }

    fn recent_refusal(&self) -> Option<Fault> {
        let refusal = self.refusal.lock().unwrap_or_else(PoisonError::into_inner);
        refusal.as_ref().filter(|(at, _)| at.elapsed() < LOGIN_REST).map(|(_, fault)| fault.clone())
    }

    fn set_refusal(&self, refusal: Option<(Instant, Fault)>) {
        *self.refusal.lock().unwrap_or_else(PoisonError::into_inner) = refusal;
    }
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailer").field("config", &self.config).finish_non_exhaustive()
    }
}

/// The connection stands, so the mail begins: neither the wait for a connection nor the login is part of it.
async fn pass_gate() {
    if let Some(gate) = BeforeWrite::current() {
        gate.pass().await;
    }
}

fn is_login(fault: &Fault) -> bool {
    matches!(fault.code(), "534" | "535" | "5.7.8" | "5.7.9")
}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::transport("request.invalid", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_checked_before_anything_is_opened() {
        let bad = |change: fn(&mut MailerConfig)| {
            let mut config = MailerConfig::new("localhost", 25, Tls::DangerousNone);
            change(&mut config);
            assert!(Mailer::new(config).is_err());
        };
        bad(|config| config.hello = "a\r\nMAIL FROM:<x@y>".into());
        bad(|config| config.hello.clear());
        bad(|config| config.host = "a b".into());
        bad(|config| config.connections = 0);
        bad(|config| config.messages_per_connection = 0);
        bad(|config| config.username = Some("li".into()));
        bad(|config| {
            config.username = Some("li".into());
            config.password = Some(Secret::new("a\r\nb"));
        });
        bad(|config| {
            config.tls = Tls::Starttls;
            config.ca_pem = Some("no certificate".into());
        });
    }

    #[test]
    fn a_mailer_never_shows_its_password() {
        let mut config = MailerConfig::new("localhost", 25, Tls::DangerousNone);
        config.username = Some("li".into());
        config.password = Some(Secret::new("canary"));
        assert!(!format!("{:?}", Mailer::new(config).unwrap()).contains("canary"));
    }
}
