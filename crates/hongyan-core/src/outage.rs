//! What a fault says of an account, and how long it could not send.

use crate::{Reason, Tick, Time};
use hongyan_endpoint::{About, Class, Fault};

/// What a fault says of all that leaves by the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bearing {
    /// Somebody who could judge the message has seen it.
    Answered,
    /// One such fault says nothing of the others; several in a row do.
    Doubtful,
    /// Every other call would fare alike.
    All,
}

/// What a fault says of all that leaves by the account.
pub(crate) fn bearing(fault: &Fault) -> Bearing {
    match (fault.class(), fault.about()) {
        (Class::RefreshToken, _) | (Class::Throttled { .. }, About::Message | About::Interface) => Bearing::All,
        (_, About::Account | About::Network) => Bearing::All,
        (Class::Retryable { .. } | Class::Ambiguous, _) => Bearing::Doubtful,
        (Class::Throttled { .. }, About::Audience) | (Class::Permanent, _) => Bearing::Answered,
    }
}

/// Whether a fault leaves the delivery exactly as it was: nobody who could have judged it has seen it.
#[must_use]
pub fn is_untouched(fault: &Fault) -> bool {
    match (fault.about(), fault.class()) {
        (_, Class::Ambiguous | Class::RefreshToken) | (About::Message | About::Interface | About::Audience, _) => false,
        (About::Account, _) | (About::Network, Class::Throttled { .. }) => true,
        // Before the request was written. What answers in the platform's place may have read it.
        (About::Network, _) => matches!(fault.code(), "net.connect" | "net.proxy" | "net.tls" | "net.untrusted"),
    }
}

/// How much may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// As much as the limits allow.
    All,
    /// One call, and nothing else while it is under way.
    One,
    /// Nothing before then.
    None(Tick),
}

/// Why a lane rests, for those who look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rest {
    /// Code and words of the fault.
    pub cause: Reason,
    /// The fault's class.
    pub class: &'static str,
    /// Since when the account cannot send.
    pub since: Time,
    /// When it is tried next.
    pub until: Time,
}

/// The last thing that went wrong, whatever became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastError {
    /// Code and words.
    pub reason: Reason,
    /// The fault's class.
    pub class: &'static str,
    /// When.
    pub at: Time,
}

/// A time in which an account could not send, while somebody tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outage {
    /// From the first call that failed.
    pub since: Time,
    /// To the call that was answered, or as long as it is known to have lasted.
    pub until: Time,
}
