//! A mail server that keeps what it is sent, and misbehaves when asked.
//!
//! ```no_run
//! # async fn demo() -> std::io::Result<()> {
//! use hongyan_sandbox::smtp::{Smtp, SmtpFault, SmtpFaultKind, SmtpOptions};
//!
//! let smtp = Smtp::start(SmtpOptions::new("127.0.0.1:0".parse().unwrap(), std::sync::Arc::new(|| 0))).await?;
//! smtp.refuse("gone.*", 550, "5.1.1 no such mailbox");
//! smtp.inject(SmtpFault::once(SmtpFaultKind::DropAfterEffect));
//! // … a client sends …
//! assert!(smtp.inbox().iter().all(|mail| !mail.to.iter().any(|to| to.starts_with("gone."))));
//! # Ok(()) }
//! ```
//!
//! It speaks the protocol by hand, because the protocol is what is tested with it: CRLF and dot-stuffing are
//! checked strictly, pipelining is allowed. It relays nothing and writes nothing to disk. Who may be written to
//! (the seeded company) and how troubles arrive from outside is left to the sandbox around it.

mod faults;
mod inbox;
mod session;
mod syntax;
#[cfg(test)]
mod tests;
mod tls;

pub use faults::{SmtpFault, SmtpFaultKind};
pub use inbox::{Mail, Totals};

use faults::{Rules, SmtpFaults};
use inbox::Inbox;
use std::{
    fmt, io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::{
    net::{TcpListener, TcpStream},
    task::{AbortHandle, JoinSet},
};

/// Hands out the time, in milliseconds since 1970-01-01T00:00:00Z.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// How the server behaves.
#[derive(Clone)]
pub struct SmtpOptions {
    /// Address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The one account's name.
    pub username: String,
    /// Its password. Printed and known: this is a sandbox.
    pub password: String,
    /// Whether mail is taken only after a login.
    pub require_auth: bool,
    /// Whether `STARTTLS` is offered.
    pub offer_starttls: bool,
    /// Whether nothing is taken before TLS.
    pub require_starttls: bool,
    /// Whether TLS begins with the first byte, as on port 465.
    pub implicit_tls: bool,
    /// Whether `PIPELINING` is offered. Commands sent together are understood either way.
    pub offer_pipelining: bool,
    /// The code, 501 or 553, with which another sender than the login is refused; `None` takes any.
    pub sender_rule: Option<u16>,
    /// The largest mail, in bytes.
    pub max_bytes: usize,
    /// Mails kept; older ones are forgotten.
    pub keep: usize,
    /// The time for [`Mail::at_ms`].
    pub clock: Clock,
}

impl SmtpOptions {
    /// STARTTLS offered, login required (`alarm@sandbox.example`, `sandbox-password`), any sender, 32 MiB, 10,000 mails.
    #[must_use]
    pub fn new(listen: SocketAddr, clock: Clock) -> Self {
        Self {
            listen,
            username: "alarm@sandbox.example".into(),
            password: "sandbox-password".into(),
            require_auth: true,
            offer_starttls: true,
            require_starttls: false,
            implicit_tls: false,
            offer_pipelining: true,
            sender_rule: None,
            max_bytes: 32 << 20,
            keep: 10_000,
            clock,
        }
    }
}

impl fmt::Debug for SmtpOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpOptions")
            .field("listen", &self.listen)
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

/// What all sessions share.
struct Shared {
    options: SmtpOptions,
    tls: tls::Identity,
    inbox: Mutex<Inbox>,
    faults: Mutex<SmtpFaults>,
    rules: Mutex<Rules>,
}

// Std mutexes: never held across await. What they guard stays whole even if a holder panicked.
fn with<T, R>(mutex: &Mutex<T>, work: impl FnOnce(&mut T) -> R) -> R {
    work(&mut mutex.lock().unwrap_or_else(PoisonError::into_inner))
}

/// The running server; it ends, with all its connections, when this is dropped.
pub struct Smtp {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: AbortHandle,
}

impl Smtp {
    /// Binds and serves. Makes a certificate for `localhost`, `127.0.0.1`, `::1` and the address listened on.
    ///
    /// # Errors
    /// When the address cannot be bound or the certificate not be made.
    pub async fn start(options: SmtpOptions) -> io::Result<Self> {
        let listener = TcpListener::bind(options.listen).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            tls: tls::Identity::new(address.ip())?,
            inbox: Mutex::new(Inbox::new(options.keep)),
            faults: Mutex::default(),
            rules: Mutex::default(),
            options,
        });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&shared))).abort_handle();
        Ok(Self { address, shared, accepting })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The authority to trust, as PEM. Made anew at every start.
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        &self.shared.tls.ca_pem
    }

    /// The settings it was started with.
    #[must_use]
    pub fn options(&self) -> &SmtpOptions {
        &self.shared.options
    }

    /// The mails kept, oldest first.
    #[must_use]
    pub fn inbox(&self) -> Vec<Arc<Mail>> {
        with(&self.shared.inbox, |inbox| inbox.mails())
    }

    /// What has been counted since the start or the last [`Smtp::clear`].
    #[must_use]
    pub fn totals(&self) -> Totals {
        with(&self.shared.inbox, |inbox| inbox.totals)
    }

    /// Misbehaves from now on, as often as it says. Troubles of one kind queue up.
    pub fn inject(&self, fault: SmtpFault) {
        with(&self.shared.faults, |faults| faults.add(fault));
    }

    /// The troubles still to come.
    #[must_use]
    pub fn faults(&self) -> Vec<SmtpFault> {
        with(&self.shared.faults, |faults| faults.list())
    }

    /// Refuses a recipient until [`Smtp::accept`]. `address` may hold one `*`, as in `gone.*` or `*@full.example`;
    /// letter case does not matter. `text` begins with the enhanced code, if any.
    pub fn refuse(&self, address: &str, code: u16, text: &str) {
        with(&self.shared.rules, |rules| rules.set(address, code, text));
    }

    /// Takes back a [`Smtp::refuse`] of the same address.
    pub fn accept(&self, address: &str) {
        with(&self.shared.rules, |rules| rules.remove(address));
    }

    /// Forgets mails, totals and troubles. Refused addresses stay refused.
    pub fn clear(&self) {
        with(&self.shared.inbox, Inbox::clear);
        with(&self.shared.faults, |faults| *faults = SmtpFaults::default());
    }
}

impl Drop for Smtp {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Smtp").field("address", &self.address).finish_non_exhaustive()
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut sessions = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    sessions.spawn(serve(stream, Arc::clone(&shared)));
                }
                // Out of file descriptors, as a rule: some session has to end first.
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
            },
            Some(_) = sessions.join_next() => {}
        }
    }
}

async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    with(&shared.inbox, |inbox| inbox.totals.connections += 1);
    // A session that ends by an error is a client that went away.
    if let Err(error) = session::run(stream, shared).await {
        tracing::debug!(%error, "smtp session ended");
    }
}
