//! What went wrong, classed by what to do next.

use crate::{About, Class, Effect, ErrorCode, Origin, TRANSPORT_FAULTS, error_code::INVALID, harmless};
use std::{fmt, time::Duration};

/// A refusal or a failed call: class, code, words, advice.
///
/// Never holds a credential: `message` is the platform's text or ours, not the URL that was called. Never holds a
/// control character either.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    origin: Origin,
    class: Class,
    about: About,
    code: String,
    message: String,
    operation: &'static str,
    error_code: Option<&'static ErrorCode>,
}

impl Fault {
    /// A refusal by the platform, with its code and words. Unknown codes are [`Class::Permanent`].
    #[must_use]
    pub fn refused(code: impl Into<String>, message: impl Into<String>, row: Option<&'static ErrorCode>) -> Self {
        Self {
            origin: Origin::Platform,
            class: row.map_or(Class::Permanent, |row| row.class),
            about: match row {
                Some(row) if row.class == Class::RefreshToken => About::Account,
                Some(row) => row.about,
                None => About::Message,
            },
            code: harmless(&code.into()).into_owned(),
            message: harmless(&message.into()).into_owned(),
            operation: "",
            error_code: row,
        }
    }

    /// A call that failed in transport; `code` is one of [`TRANSPORT_FAULTS`].
    #[must_use]
    pub fn transport(code: &'static str, message: impl Into<String>) -> Self {
        let fault = Self::refused(code, message, TRANSPORT_FAULTS.iter().find(|row| row.code == code));
        Self { origin: if code == INVALID { Origin::Ours } else { Origin::Transport }, ..fault }
    }

    /// A refusal of our own, with its row.
    #[must_use]
    pub fn ours(code: &'static str, message: impl Into<String>, row: Option<&'static ErrorCode>) -> Self {
        Self { origin: Origin::Ours, ..Self::refused(code, message, row) }
    }

    /// An answer in the platform's place: of HTTP `status`, and not in the platform's form.
    ///
    /// 5xx is `net.status`, and 4xx `net.gate`, by which the call was refused before the platform saw it; but what is
    /// too large is so for every gate. Else `net.not_json`.
    #[must_use]
    pub fn not_the_platforms(status: u16, what: &str) -> Self {
        let message = format!("HTTP {status} {what}");
        match status {
            413 | 414 | 431 => Self::transport("net.too_long", message),
            400..500 => Self::transport("net.gate", message),
            500.. => Self::transport("net.status", message),
            _ => Self::transport("net.not_json", message),
        }
    }

    /// The same fault under another class: a lost reply to a send becomes [`Class::Ambiguous`].
    #[must_use]
    pub fn with_class(mut self, class: Class) -> Self {
        self.class = class;
        self
    }

    /// The same fault in other words: without what must not be repeated.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<String>) -> Self {
        self.message = harmless(&message.into()).into_owned();
        self
    }

    /// The same fault about something else: whatever a login meets is about the account.
    #[must_use]
    pub fn with_about(mut self, about: About) -> Self {
        self.about = about;
        self
    }

    /// The same fault, met by a call of this effect: a right that lacks for a send lacks for every one of the account,
    /// while others need no right to, say, look people up.
    #[must_use]
    pub fn of_effect(self, effect: Effect) -> Self {
        match (self.about, effect) {
            (About::Interface, Effect::Send) => self.with_about(About::Account),
            (About::Interface, _) => self.with_about(About::Message),
            _ => self,
        }
    }

    /// The same fault, not to be called for again before `after`, where its class has room for that.
    ///
    /// A longer time that is named already stays.
    #[must_use]
    pub fn not_before(mut self, after: Duration) -> Self {
        if let Class::Retryable { after: named } | Class::Throttled { after: named } = &mut self.class {
            *named = Some(named.map_or(after, |named| named.max(after)));
        }
        self
    }

    /// The same fault with the name of the operation that met it.
    #[must_use]
    pub fn during(mut self, operation: &'static str) -> Self {
        self.operation = operation;
        self
    }

    /// What to do next.
    #[must_use]
    pub fn class(&self) -> Class {
        self.class
    }

    /// Whether it is a transport fault ([`TRANSPORT_FAULTS`]) and no verdict of the platform.
    #[must_use]
    pub fn is_transport(&self) -> bool {
        self.origin == Origin::Transport
    }

    /// Who found it.
    #[must_use]
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// Which of the things it is that its code stands for, where the table has a row for each: `clock` of the row
    /// `310000.clock` for the code `310000`.
    #[must_use]
    pub fn case(&self) -> Option<&'static str> {
        self.error_code?.code.strip_prefix(self.code.as_str())?.strip_prefix('.')
    }

    /// What it is about: the message, or all that leaves by the same account.
    #[must_use]
    pub fn about(&self) -> About {
        self.about
    }

    /// The platform's code (the inner `sub_code` where it wraps), or a transport code such as `net.timeout`.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The platform's own words.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The operation that met it, or an empty string.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.operation
    }

    /// The table's row, when the code is known.
    #[must_use]
    pub fn error_code(&self) -> Option<&'static ErrorCode> {
        self.error_code
    }

    /// What to do, in English; empty when the code is unknown.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        self.error_code.map_or("", |row| row.advice_en)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.operation.is_empty() {
            write!(f, "{}: ", self.operation)?;
        }
        f.write_str(&with_code(&self.code, &self.message))?;
        if let Some(row) = self.error_code {
            write!(f, " ({}; {})", row.en, row.advice_en)?;
        }
        Ok(())
    }
}

impl std::error::Error for Fault {}

/// A code and the words of whoever gave it, on one line: what the words begin with is not said twice.
///
/// ```
/// use hongyan_endpoint::with_code;
/// assert_eq!(with_code("550", "5.1.1 no such mailbox"), "550 5.1.1 no such mailbox");
/// assert_eq!(with_code("5.1.1", "5.1.1 no such mailbox"), "5.1.1 no such mailbox");
/// assert_eq!(with_code("554 DT:SPM", "DT:SPM 163 smtp10"), "554 DT:SPM 163 smtp10");
/// ```
#[must_use]
pub fn with_code(code: &str, words: &str) -> String {
    let starts = std::iter::once(0).chain(code.match_indices(' ').map(|(at, _)| at + 1));
    let said = |at: &usize| {
        let behind = words.strip_prefix(&code[*at..]);
        behind.is_some_and(|behind| !behind.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-')))
    };
    match starts.into_iter().find(said).filter(|_| !code.is_empty()) {
        Some(at) => format!("{}{words}", &code[..at]),
        None if words.is_empty() => code.to_owned(),
        None => format!("{code} {words}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Responsible, error_code};

    #[test]
    fn an_unknown_code_is_permanent() {
        assert_eq!(Fault::refused("123456", "?", None).class(), Class::Permanent);
    }

    #[test]
    fn a_refused_token_and_the_network_are_about_more_than_one_message() {
        static TOKEN: ErrorCode = error_code("1", Class::RefreshToken, Responsible::Hongyan, ("", ""), ("", ""));
        assert_eq!(Fault::refused("1", "", Some(&TOKEN)).about(), About::Account);
        for (code, about) in [
            ("net.connect", About::Network),
            ("net.tls", About::Network),
            ("net.status", About::Network),
            ("net.redirect", About::Network),
            ("net.throttled", About::Network),
            ("net.unavailable", About::Network),
            ("net.gate", About::Network),
            ("net.proxy", About::Network),
            ("net.untrusted", About::Network),
            ("net.too_long", About::Message),
            ("net.timeout", About::Message),
            ("net.lost", About::Message),
            ("net.not_json", About::Message),
            ("net.too_large", About::Message),
            ("request.invalid", About::Message),
        ] {
            assert_eq!(Fault::transport(code, "").about(), about, "{code}");
        }
        assert!(TRANSPORT_FAULTS.iter().all(|row| row.class != Class::Permanent || row.about == About::Message));
    }

    #[test]
    fn the_longer_pause_counts() {
        let seconds = Duration::from_secs;
        let throttled = Fault::transport("net.unavailable", "").not_before(seconds(5));
        assert_eq!(throttled.class(), Class::throttled(60));
        assert_eq!(throttled.not_before(seconds(90)).class(), Class::throttled(90));
        assert_eq!(Fault::transport("request.invalid", "").not_before(seconds(5)).class(), Class::Permanent);
    }

    #[test]
    fn no_code_is_said_twice() {
        for (code, words, said) in [
            ("5.1.1", "5.1.1 no such mailbox", "5.1.1 no such mailbox"),
            ("5.1.1", "5.1.1", "5.1.1"),
            ("5.1.1", "no such mailbox", "5.1.1 no such mailbox"),
            ("550 5.4.5", "5.4.5 Daily limit", "550 5.4.5 Daily limit"),
            ("421", "4.3.2 closing", "421 4.3.2 closing"),
            ("40035", "40035: bad parameter", "40035: bad parameter"),
            ("45", "450 mailbox busy", "45 450 mailbox busy"),
            ("5.1", "5.1.1 no", "5.1 5.1.1 no"),
            ("60020", "", "60020"),
        ] {
            assert_eq!(with_code(code, words), said, "{code:?} {words:?}");
        }
        assert_eq!(Fault::refused("5.1.1", "5.1.1 gone", None).to_string(), "5.1.1 gone");
    }

    #[test]
    fn display_names_operation_code_words_and_advice() {
        let text = Fault::transport("net.timeout", "5 s passed").during("message.send").to_string();
        assert!(text.starts_with("message.send: net.timeout 5 s passed ("), "{text}");
    }
}
