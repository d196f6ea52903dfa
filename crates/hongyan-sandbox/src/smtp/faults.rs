//! Misbehaviour on demand: troubles that are used up, and addresses that stay refused.

use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// A trouble, and how often it still happens. As JSON: `{"kind": "refuse_mail", "code": 451, "next": 2}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SmtpFault {
    /// How many times; 1 when absent.
    #[serde(default = "one")]
    pub next: u32,
    /// What happens.
    #[serde(flatten)]
    pub kind: SmtpFaultKind,
}

impl SmtpFault {
    /// Once.
    #[must_use]
    pub const fn once(kind: SmtpFaultKind) -> Self {
        Self { next: 1, kind }
    }

    /// So many times.
    #[must_use]
    pub const fn times(next: u32, kind: SmtpFaultKind) -> Self {
        Self { next, kind }
    }
}

/// What can go wrong. Where `text` is absent, the server says something fitting to the code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SmtpFaultKind {
    /// A connection is answered with 421 (or `code`) and closed.
    RefuseConnection {
        /// Reply code, 421 when absent.
        #[serde(default = "code_421")]
        code: u16,
        /// Reply text.
        #[serde(default)]
        text: Option<String>,
    },
    /// The greeting comes late.
    DelayGreeting {
        /// By so many milliseconds.
        ms: u64,
    },
    /// `EHLO` (or `HELO`) is refused.
    RefuseHello {
        /// Reply code, 550 when absent.
        #[serde(default = "code_550")]
        code: u16,
        /// Reply text.
        #[serde(default)]
        text: Option<String>,
    },
    /// A connection is not offered `STARTTLS`.
    HideStarttls,
    /// Plain text follows the reply to `STARTTLS`, as if somebody had slipped it in.
    InjectBeforeTls,
    /// A login is refused.
    RefuseLogin {
        /// Reply code, 535 when absent.
        #[serde(default = "code_535")]
        code: u16,
        /// Reply text.
        #[serde(default)]
        text: Option<String>,
    },
    /// `MAIL` is refused.
    RefuseMail {
        /// Reply code, 451 when absent.
        #[serde(default = "code_451")]
        code: u16,
        /// Reply text.
        #[serde(default)]
        text: Option<String>,
    },
    /// A recipient is refused.
    RefuseRecipient {
        /// Which, with one `*` perhaps; any when absent.
        #[serde(default = "any")]
        address: String,
        /// Reply code, 450 when absent.
        #[serde(default = "code_450")]
        code: u16,
        /// Reply text.
        #[serde(default)]
        text: Option<String>,
    },
    /// A transaction takes only so many recipients, the others get 452 4.5.3.
    TooManyRecipients {
        /// So many are taken.
        limit: usize,
    },
    /// A recipient that has not been seen before gets 450, and is taken at the second try.
    Greylist,
    /// The message is refused after its final dot.
    RefuseContent {
        /// Reply code, 552 when absent.
        #[serde(default = "code_552")]
        code: u16,
        /// Reply text, such as `DT:SPM`.
        #[serde(default)]
        text: Option<String>,
    },
    /// A message outside ASCII that was not declared with `BODY=8BITMIME` is refused after its final dot.
    RefuseEightBit {
        /// Reply code, 554 when absent.
        #[serde(default = "code_554")]
        code: u16,
        /// Reply text.
        #[serde(default)]
        text: Option<String>,
    },
    /// The connection closes after 354.
    CloseAtData,
    /// The connection closes after the final dot; the mail is not kept.
    DropBeforeEffect,
    /// The connection closes after the final dot; the mail is kept, the client cannot know.
    DropAfterEffect,
    /// The reply to the message comes late; the mail is kept at once.
    SlowReply {
        /// By so many milliseconds.
        ms: u64,
    },
}

const fn one() -> u32 {
    1
}
const fn code_421() -> u16 {
    421
}
const fn code_450() -> u16 {
    450
}
const fn code_451() -> u16 {
    451
}
const fn code_535() -> u16 {
    535
}
const fn code_550() -> u16 {
    550
}
const fn code_552() -> u16 {
    552
}
const fn code_554() -> u16 {
    554
}
fn any() -> String {
    "*".into()
}

/// What a code says where no text is given.
pub(super) fn words(code: u16, text: Option<String>) -> String {
    text.unwrap_or_else(|| {
        match code {
            421 => "4.3.2 closing for now",
            450 => "4.2.1 mailbox busy",
            451 => "4.3.0 local error, try again later",
            452 => "4.3.1 no room, try again later",
            454 => "4.7.0 temporary authentication failure",
            501 => "5.1.7 mail from address must be same as authorization user",
            534 => "5.7.9 an app password is needed",
            535 => "5.7.8 authentication failed",
            550 => "5.1.1 no such mailbox",
            552 => "5.3.4 message too large",
            553 => "5.7.1 Mail from must equal authorized user",
            554 => "5.7.1 refused",
            400..=499 => "4.0.0 not now",
            _ => "5.0.0 no",
        }
        .into()
    })
}

/// The troubles to come, and what greylisting has seen.
#[derive(Default)]
pub(super) struct SmtpFaults {
    list: Vec<SmtpFault>,
    grey: HashSet<String>,
}

impl SmtpFaults {
    pub(super) fn add(&mut self, fault: SmtpFault) {
        if fault.next > 0 {
            self.list.push(fault);
        }
    }

    pub(super) fn list(&self) -> Vec<SmtpFault> {
        self.list.clone()
    }

    /// Uses up the first trouble that `pick` takes.
    pub(super) fn take<T>(&mut self, pick: impl Fn(&SmtpFaultKind) -> Option<T>) -> Option<T> {
        let (at, found) = self.list.iter().enumerate().find_map(|(at, fault)| Some((at, pick(&fault.kind)?)))?;
        self.list[at].next -= 1;
        if self.list[at].next == 0 {
            self.list.remove(at);
        }
        Some(found)
    }

    /// Whether greylisting holds this recipient back now.
    pub(super) fn holds_back(&mut self, address: &str) -> bool {
        let address = address.to_ascii_lowercase();
        if self.grey.contains(&address) {
            return false;
        }
        let held = self.take(|fault| matches!(fault, SmtpFaultKind::Greylist).then_some(())).is_some();
        if held {
            self.grey.insert(address);
        }
        held
    }
}

/// Addresses that stay refused.
#[derive(Default)]
pub(super) struct Rules(Vec<(String, u16, String)>);

impl Rules {
    pub(super) fn set(&mut self, address: &str, code: u16, text: &str) {
        self.remove(address);
        self.0.push((address.to_ascii_lowercase(), code, text.to_owned()));
    }

    pub(super) fn remove(&mut self, address: &str) {
        self.0.retain(|(pattern, ..)| !pattern.eq_ignore_ascii_case(address));
    }

    pub(super) fn find(&self, address: &str) -> Option<(u16, String)> {
        self.0.iter().find(|(pattern, ..)| matches(pattern, address)).map(|(_, code, text)| (*code, text.clone()))
    }
}

/// Whether the address fits; one `*` stands for anything.
pub(super) fn matches(pattern: &str, address: &str) -> bool {
    let (pattern, address) = (pattern.to_ascii_lowercase(), address.to_ascii_lowercase());
    match pattern.split_once('*') {
        None => pattern == address,
        Some((head, tail)) => {
            address.len() >= head.len() + tail.len() && address.starts_with(head) && address.ends_with(tail)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trouble_reads_as_json() {
        for (text, fault) in [
            (r#"{"kind":"drop_after_effect"}"#, SmtpFault::once(SmtpFaultKind::DropAfterEffect)),
            (
                r#"{"kind":"refuse_eight_bit"}"#,
                SmtpFault::once(SmtpFaultKind::RefuseEightBit { code: 554, text: None }),
            ),
            (
                r#"{"kind":"refuse_mail","next":2}"#,
                SmtpFault::times(2, SmtpFaultKind::RefuseMail { code: 451, text: None }),
            ),
            (
                r#"{"kind":"refuse_content","code":554,"text":"DT:SPM"}"#,
                SmtpFault::once(SmtpFaultKind::RefuseContent { code: 554, text: Some("DT:SPM".into()) }),
            ),
        ] {
            let read: SmtpFault = serde_json::from_str(text).unwrap();
            assert_eq!(read, fault);
            assert_eq!(serde_json::from_value::<SmtpFault>(serde_json::to_value(&read).unwrap()).unwrap(), fault);
        }
        assert!(serde_json::from_str::<SmtpFault>(r#"{"kind":"nonsense"}"#).is_err());
    }

    #[test]
    fn a_trouble_is_used_up() {
        let mut faults = SmtpFaults::default();
        faults.add(SmtpFault::times(2, SmtpFaultKind::CloseAtData));
        let close = |fault: &SmtpFaultKind| matches!(fault, SmtpFaultKind::CloseAtData).then_some(());
        assert_eq!([faults.take(close), faults.take(close), faults.take(close)], [Some(()), Some(()), None]);
    }

    #[test]
    fn an_address_fits_with_one_star() {
        assert!(matches("gone.*", "Gone.li@example.com"));
        assert!(matches("*@full.example", "li@full.example"));
        assert!(matches("li@example.com", "LI@example.com"));
        assert!(matches("a*a", "aa") && !matches("a*a", "a"));
        assert!(!matches("gone.*", "li@example.com"));
    }
}
