//! What comes of a connection and a transaction, and what a server's refusals are about.

use crate::{
    faults::{is_of_size, own, refusal},
    reply::Reply,
};
use hongyan_endpoint::{About, Class, Fault};

/// What became of a transaction that the server took.
pub(crate) struct Accepted {
    pub(crate) reply: Reply,
    pub(crate) refused: Vec<(usize, Fault)>,
}

/// What became of one that failed.
pub(crate) struct Failed {
    pub(crate) fault: Fault,
    pub(crate) refused: Vec<(usize, Fault)>,
    /// Nothing was taken, and it was the connection's fault: it had died while it lay idle, or the server closes it, or
    /// takes no more on it. Another one may do.
    pub(crate) elsewhere: bool,
}

/// What was heard of a transaction.
#[derive(Default)]
pub(super) struct Replies {
    /// One reply at least, or none was needed.
    pub(super) anything: bool,
    /// The server does not let the account's address send.
    pub(super) sender_refused: bool,
}

/// Why no connection came about: never because of a message.
pub(crate) struct Unopened {
    pub(crate) fault: Fault,
    /// The server did not welcome this one; the next may find another host, or a better moment.
    pub(crate) again: bool,
}

impl Unopened {
    pub(super) fn at_once(fault: Fault) -> Self {
        Self::of(fault, false)
    }

    pub(super) fn of(fault: Fault, again: bool) -> Self {
        let fault = if fault.about() == About::Network { fault } else { fault.with_about(About::Account) };
        let ended = matches!(fault.class(), Class::Throttled { .. });
        let again = again && !ended && !matches!(fault.code(), "net.timeout" | "smtp.protocol");
        Self { fault, again }
    }
}

pub(super) fn refused(reply: &Reply) -> Fault {
    if reply.code >= 400 {
        refusal(reply.code, &reply.text())
    } else {
        own("smtp.protocol", format!("{} where it has no place", reply.code))
    }
}

/// A refused `MAIL`, and whether it is about the account: every mail of the account has that sender, so that only the
/// size, which `MAIL` names as well (RFC 1870), is about the one.
pub(super) fn sender_refused(reply: &Reply) -> (Fault, bool) {
    let fault = refused(reply);
    if is_of_size(&fault) { (fault, false) } else { (fault.with_about(About::Account), true) }
}

/// What a server says instead of a welcome: about this machine or the account, whatever the code; never about a message.
pub(super) fn unwelcome(reply: &Reply) -> Fault {
    let fault = refused(reply);
    match fault.class() {
        Class::Permanent => own("smtp.unwelcome", format!("{} {}", reply.code, reply.text())),
        _ => fault,
    }
}

/// A refused login. A server that repeats the command must not carry the secret into our logs.
pub(super) fn auth_refused(reply: Option<Reply>, password: &str) -> Fault {
    let Some(mut reply) = reply else {
        return own("smtp.no_auth", "no way to log in");
    };
    for line in &mut reply.lines {
        let words = line.split(' ').map(|word| {
            // Anything as long as an encoded credential may be one.
            let encoded =
                word.len() >= 12 && base64::Engine::decode(&base64::engine::general_purpose::STANDARD, word).is_ok();
            if encoded { "***" } else { word }
        });
        let words = words.collect::<Vec<_>>().join(" ");
        *line = if password.is_empty() { words } else { words.replace(password, "***") };
    }
    refused(&reply)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire;

    #[test]
    fn a_refused_login_never_repeats_the_secret() {
        let secret = wire::plain("li@example.com", "canary-password");
        let line = format!("5.5.2 syntax: AUTH PLAIN {secret} canary-password");
        let fault = auth_refused(Some(Reply { code: 501, lines: vec![line] }), "canary-password");
        let shown = format!("{fault} {fault:?}");
        assert!(!shown.contains("canary") && !shown.contains(&secret), "{shown}");
    }
}
