//! The mail server's place in the sandbox: started with it where asked for, inspected through `/sandbox/mail`.
//!
//! The server itself is [`crate::smtp`]; here it gets the sandbox's clock and credentials, and two mailboxes that
//! it always refuses, so that a refusal can be shown without ordering one.

use crate::{
    clock::Clock,
    options::{kept_or, secret},
    smtp::{Smtp, SmtpFault, SmtpOptions},
    world::platform::Members,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{
    collections::HashSet,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Mailboxes that are refused from the start: address, reply code, text.
const REFUSED: [(&str, u16, &str); 2] =
    [("gone@example.com", 550, "5.1.1 no such mailbox"), ("full@example.com", 452, "4.2.2 mailbox full")];

/// What a client needs to log in. No `Debug`: a secret, even of a sandbox, is not for logs.
#[derive(Serialize, Deserialize)]
pub(crate) struct Credentials {
    smtp_username: String,
    smtp_password: String,
}

impl Credentials {
    /// Those of `kept`, else new ones.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub(crate) fn new(kept: &Members, fixed: bool) -> io::Result<Self> {
        let smtp_password = secret(fixed, "mail-password")?;
        Ok(kept_or(Self { smtp_username: "sandbox@example.com".into(), smtp_password }, kept))
    }
}

/// The mail server, if one was started.
pub(crate) struct Mail {
    pub(crate) credentials: Credentials,
    server: Option<Smtp>,
    /// Mailboxes that were ordered about, to be forgotten at a reset.
    ordered: Mutex<HashSet<String>>,
}

/// What may be ordered of one mailbox.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mailbox {
    /// With one `*` perhaps.
    address: String,
    /// Reply code; absent: taken again.
    pub(crate) refuse: Option<u16>,
    text: Option<String>,
}

impl Mail {
    pub(crate) async fn start(
        listen: SocketAddr,
        without_login: bool,
        credentials: Credentials,
        clock: &Clock,
    ) -> io::Result<Self> {
        let clock = clock.clone();
        let server = Smtp::start(SmtpOptions {
            require_auth: !without_login,
            username: credentials.smtp_username.clone(),
            password: credentials.smtp_password.clone(),
            ..SmtpOptions::new(listen, Arc::new(move || clock.now_ms()))
        })
        .await?;
        let mail = Self { credentials, server: Some(server), ordered: Mutex::default() };
        mail.reset();
        Ok(mail)
    }

    /// No mail server; credentials all the same, which a file may keep.
    pub(crate) fn without_server(credentials: Credentials) -> Self {
        Self { credentials, server: None, ordered: Mutex::default() }
    }

    /// As at the start: no mail, no trouble, only the usual mailboxes refused.
    pub(crate) fn reset(&self) {
        let Some(server) = &self.server else { return };
        server.clear();
        self.ordered().drain().for_each(|address| server.accept(&address));
        for (address, code, text) in REFUSED {
            server.refuse(address, code, text);
        }
    }

    fn ordered(&self) -> MutexGuard<'_, HashSet<String>> {
        self.ordered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn server(&self) -> Option<&Smtp> {
        self.server.as_ref()
    }

    /// What was received, what was counted, which faults are to come; `None` without a server.
    pub(crate) fn describe(&self) -> Option<Value> {
        let server = self.server.as_ref()?;
        let mails = server.inbox();
        let mails: Vec<_> = mails.iter().map(|mail| &**mail).collect();
        Some(json!({"totals": server.totals(), "faults": server.faults(), "mails": mails}))
    }

    /// What a client needs; `None` without a server.
    pub(crate) fn describe_credentials(&self) -> Option<Value> {
        let server = self.server.as_ref()?;
        Some(json!({
            "address": server.address().to_string(),
            "username": self.credentials.smtp_username,
            "password": self.credentials.smtp_password,
            "ca_pem": server.ca_pem(),
        }))
    }

    /// Forgets mails, counters and trouble; `None` without a server.
    pub(crate) fn clear(&self) -> Option<()> {
        self.server.as_ref().map(Smtp::clear)
    }

    /// Orders trouble; `None` without a server.
    pub(crate) fn inject(&self, fault: SmtpFault) -> Option<()> {
        self.server.as_ref().map(|server| server.inject(fault))
    }

    /// Refuses a mailbox, or takes mail for it again; `None` without a server.
    pub(crate) fn order(&self, mailbox: &Mailbox) -> Option<()> {
        let server = self.server.as_ref()?;
        self.ordered().insert(mailbox.address.clone());
        match mailbox.refuse {
            Some(code) => server.refuse(&mailbox.address, code, mailbox.text.as_deref().unwrap_or("refused on demand")),
            None => server.accept(&mailbox.address),
        }
        Some(())
    }
}
