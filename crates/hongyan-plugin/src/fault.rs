//! Errors as C sees them: a code of the header's, and a sentence.

use hongyan_embed::{EngineError, Kind};
use hongyan_relay::{Fault as Storage, Kind as StorageKind};
use std::ffi::{CString, c_int};

/// The header's codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub(crate) enum Code {
    Argument = 1,
    Settings = 2,
    Forbidden = 3,
    Unreachable = 4,
    NoAnswer = 5,
    Refused = 6,
    Closed = 7,
    Conflict = 8,
    Storage = 9,
    Internal = 10,
}

impl Code {
    pub(crate) const fn number(self) -> c_int {
        self as c_int
    }
}

/// `hongyan_error_t`.
#[derive(Debug, PartialEq, Eq)]
pub struct HongyanError {
    pub(crate) code: Code,
    pub(crate) message: CString,
}

impl HongyanError {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: terminated(message.into()) }
    }
}

/// A text for C: what stands behind a NUL would be lost, so the NUL goes instead.
pub(crate) fn terminated(text: String) -> CString {
    let mut bytes = text.into_bytes();
    bytes.retain(|byte| *byte != 0);
    CString::new(bytes).unwrap_or_default()
}

impl From<EngineError> for HongyanError {
    fn from(fault: EngineError) -> Self {
        let code = match fault.kind {
            Kind::Argument => Code::Argument,
            Kind::Settings => Code::Settings,
            Kind::Forbidden => Code::Forbidden,
            Kind::Unreachable => Code::Unreachable,
            Kind::NoAnswer => Code::NoAnswer,
            Kind::Refused => Code::Refused,
            Kind::Internal => Code::Internal,
        };
        Self::new(code, fault.message)
    }
}

impl From<Storage> for HongyanError {
    fn from(fault: Storage) -> Self {
        let code = match fault.kind {
            StorageKind::Conflict => Code::Conflict,
            StorageKind::NotJson | StorageKind::Name => Code::Argument,
            _ => Code::Storage,
        };
        Self::new(code, fault.message)
    }
}
