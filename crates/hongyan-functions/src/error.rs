//! A call that brought no result.

use crate::ArgumentError;
use std::fmt;

/// What kind of trouble it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An argument is wrong: nothing was sent.
    Argument,
    /// The profile forbids it: nothing was sent. [`FunctionError::switch`] would allow it.
    Refused,
    /// The network brought no whole answer.
    Transport {
        /// Because of the time limit.
        timeout: bool,
    },
    /// The mail server said no, or the mail cannot be written.
    Mail,
}

/// A call that brought no result. Displays as one sentence with what to do; holds no secret, no query and no body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionError {
    kind: Kind,
    message: String,
    advice: (&'static str, &'static str),
    argument: Option<ArgumentError>,
    switch: Option<&'static str>,
    reply_code: Option<u16>,
    outcome_unknown: bool,
}

impl FunctionError {
    pub(crate) fn new(kind: Kind, message: impl Into<String>, advice: (&'static str, &'static str)) -> Self {
        Self {
            kind,
            message: message.into(),
            advice,
            argument: None,
            switch: None,
            reply_code: None,
            outcome_unknown: false,
        }
    }

    /// Refused, and this switch would allow it.
    pub(crate) fn refused(message: impl Into<String>, switch: &'static str) -> Self {
        Self { switch: Some(switch), ..Self::new(Kind::Refused, message, ("", "")) }
    }

    /// Refused in every profile.
    pub(crate) fn never(message: impl Into<String>, advice: (&'static str, &'static str)) -> Self {
        Self::new(Kind::Refused, message, advice)
    }

    /// Names the switch that would let it pass, whatever kind it is.
    pub(crate) fn allow_by(&mut self, switch: &'static str) {
        self.switch = Some(switch);
    }

    pub(crate) fn with_reply_code(mut self, code: Option<u16>) -> Self {
        self.reply_code = code;
        self
    }

    pub(crate) fn with_unknown_outcome(mut self, unknown: bool) -> Self {
        self.outcome_unknown = unknown;
        self
    }

    /// What kind of trouble it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether the time limit ended it.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.kind == Kind::Transport { timeout: true }
    }

    /// What happened, without what to do.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do, in English and in Chinese; empty where the message says it.
    #[must_use]
    pub fn advice(&self) -> (&'static str, &'static str) {
        self.advice
    }

    /// The wrong argument, of [`Kind::Argument`].
    #[must_use]
    pub fn argument(&self) -> Option<ArgumentError> {
        self.argument
    }

    /// The name of the switch in [`SWITCHES`](crate::SWITCHES) that would let it pass, if one would.
    #[must_use]
    pub fn switch(&self) -> Option<&'static str> {
        self.switch
    }

    /// The mail server's three digits, of [`Kind::Mail`].
    #[must_use]
    pub fn reply_code(&self) -> Option<u16> {
        self.reply_code
    }

    /// Whether the call may have had its effect all the same: look before repeating it.
    #[must_use]
    pub fn outcome_unknown(&self) -> bool {
        self.outcome_unknown
    }
}

impl fmt::Display for FunctionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message.trim_end())?;
        if let Some(switch) = self.switch {
            write!(f, "; the switch {switch} would allow it（如确需允许，请打开开关 {switch}）")?;
        }
        if self.outcome_unknown {
            f.write_str(
                "; it may have arrived all the same: look before repeating it（对方可能已收到，重发前请先查证）",
            )?;
        }
        let (en, zh) = self.advice;
        if !en.is_empty() {
            write!(f, "; {en}")?;
        }
        if !zh.is_empty() {
            write!(f, " ({zh})")?;
        }
        Ok(())
    }
}

impl std::error::Error for FunctionError {}

impl From<ArgumentError> for FunctionError {
    fn from(argument: ArgumentError) -> Self {
        Self { argument: Some(argument), ..Self::new(Kind::Argument, argument.text(), argument.advice()) }
    }
}
