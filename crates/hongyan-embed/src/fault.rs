//! Why a call from a host program ended without its result.

use hongyan_client::Kind as Remote;
use std::fmt;

/// What kind of trouble it is, and so what the caller may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An argument is not what it has to be. Nothing was sent.
    Argument,
    /// The settings lack something, such as the gateway's address. Nothing was sent.
    Settings,
    /// A rule of the safe profile forbids it. Nothing was sent.
    Forbidden,
    /// Nobody could be reached. Nothing was sent.
    Unreachable,
    /// It was sent, or may have been, and no answer came in time.
    NoAnswer,
    /// The other side said no.
    Refused,
    /// A fault of ours.
    Internal,
}

/// A failed call: in a sentence, without secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineError {
    /// What kind.
    pub kind: Kind,
    /// What happened and what to do next.
    pub message: String,
}

impl EngineError {
    /// A fault of a kind, in a sentence.
    #[must_use]
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    pub(crate) fn argument(message: impl Into<String>) -> Self {
        Self::new(Kind::Argument, message)
    }
}

impl From<hongyan_client::Fault> for EngineError {
    fn from(fault: hongyan_client::Fault) -> Self {
        let kind = match fault.kind {
            Remote::Invalid => Kind::Argument,
            Remote::Unreachable => Kind::Unreachable,
            Remote::NoAnswer => Kind::NoAnswer,
            Remote::Foreign | Remote::Refused(_) => Kind::Refused,
        };
        Self { kind, message: fault.message }
    }
}

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for EngineError {}
