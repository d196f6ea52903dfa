//! What has arrived: the last mails, and counts of everything.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Serialize, Serializer};
use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

/// One mail as it arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mail {
    /// The envelope's sender, empty for a bounce.
    pub from: String,
    /// The envelope's recipients that were taken.
    pub to: Vec<String>,
    /// Headers and body, dots unstuffed. As JSON: text, with U+FFFD for what is not UTF-8.
    #[serde(serialize_with = "as_text")]
    pub data: Vec<u8>,
    /// The subject, decoded.
    pub subject: String,
    /// The Message-ID with its brackets, or an empty string.
    pub message_id: String,
    /// When it arrived, in milliseconds since 1970-01-01T00:00:00Z.
    pub at_ms: i64,
}

fn as_text<S: Serializer>(data: &[u8], to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&String::from_utf8_lossy(data))
}

impl Mail {
    pub(super) fn new(from: String, to: Vec<String>, data: Vec<u8>, at_ms: i64) -> Self {
        let subject = header(&data, "subject").map_or_else(String::new, |value| decode_words(&value));
        let message_id = header(&data, "message-id").unwrap_or_default();
        Self { from, to, data, subject, message_id, at_ms }
    }
}

/// What has been counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Connections accepted.
    pub connections: u64,
    /// Logins that succeeded.
    pub logins: u64,
    /// Logins that did not.
    pub logins_refused: u64,
    /// Mails kept, forgotten ones included.
    pub mails: u64,
    /// Recipients of those mails.
    pub recipients: u64,
    /// Recipients refused.
    pub recipients_refused: u64,
    /// Mails whose Message-ID was already in the inbox for one of the same recipients.
    pub duplicates: u64,
}

/// A ring of mails.
pub(super) struct Inbox {
    keep: usize,
    mails: VecDeque<Arc<Mail>>,
    /// Mails in the ring by Message-ID.
    by_id: HashMap<String, Vec<Arc<Mail>>>,
    pub(super) totals: Totals,
}

impl Inbox {
    pub(super) fn new(keep: usize) -> Self {
        Self { keep, mails: VecDeque::new(), by_id: HashMap::new(), totals: Totals::default() }
    }

    pub(super) fn mails(&self) -> Vec<Arc<Mail>> {
        self.mails.iter().cloned().collect()
    }

    pub(super) fn clear(&mut self) {
        *self = Self::new(self.keep);
    }

    /// Keeps a mail and returns its number, counted from 1.
    pub(super) fn push(&mut self, mail: Mail) -> u64 {
        self.totals.mails += 1;
        self.totals.recipients += mail.to.len() as u64;
        let mail = Arc::new(mail);
        if !mail.message_id.is_empty() {
            let same = self.by_id.entry(mail.message_id.clone()).or_default();
            if same.iter().any(|earlier| earlier.to.iter().any(|to| mail.to.contains(to))) {
                self.totals.duplicates += 1;
            }
            same.push(Arc::clone(&mail));
        }
        self.mails.push_back(mail);
        while self.mails.len() > self.keep {
            let Some(old) = self.mails.pop_front() else { break };
            if let Some(same) = self.by_id.get_mut(&old.message_id) {
                same.retain(|mail| !Arc::ptr_eq(mail, &old));
                if same.is_empty() {
                    self.by_id.remove(&old.message_id);
                }
            }
        }
        self.totals.mails
    }
}

/// A header's value, unfolded.
fn header(data: &[u8], name: &str) -> Option<String> {
    let end = data.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(data.len());
    let head = String::from_utf8_lossy(&data[..end]);
    let mut value: Option<String> = None;
    for line in head.split("\r\n") {
        if let Some(value) = &mut value {
            if !line.starts_with([' ', '\t']) {
                break;
            }
            value.push_str(line);
        } else if let Some((key, rest)) = line.split_once(':') {
            value = key.eq_ignore_ascii_case(name).then(|| rest.trim_start().to_owned());
        }
    }
    value.map(|value| value.trim_end().to_owned())
}

/// RFC 2047's encoded words in UTF-8, decoded; anything else stays as it is.
fn decode_words(value: &str) -> String {
    let mut out = String::new();
    let mut rest = value;
    let mut after_word = false;
    while let Some(start) = rest.find("=?") {
        let (before, from) = rest.split_at(start);
        let Some((text, taken)) = decode_word(from) else {
            out.push_str(before);
            out.push_str("=?");
            (rest, after_word) = (&from[2..], false);
            continue;
        };
        // White space between two encoded words belongs to neither.
        if !(after_word && before.trim().is_empty()) {
            out.push_str(before);
        }
        out.push_str(&text);
        (rest, after_word) = (&from[taken..], true);
    }
    out.push_str(rest);
    out
}

fn decode_word(from: &str) -> Option<(String, usize)> {
    let mut parts = from.get(2..)?.splitn(4, '?');
    let (charset, encoding, text, rest) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    rest.strip_prefix('=')?;
    if !charset.eq_ignore_ascii_case("utf-8") && !charset.eq_ignore_ascii_case("us-ascii") {
        return None;
    }
    let bytes = match encoding {
        "b" | "B" => STANDARD.decode(text).ok()?,
        "q" | "Q" => unquote(text)?,
        _ => return None,
    };
    let taken = 2 + charset.len() + 1 + encoding.len() + 1 + text.len() + 2;
    Some((String::from_utf8_lossy(&bytes).into_owned(), taken))
}

fn unquote(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'_' => b' ',
            b'=' => {
                let digits = [bytes.next()?, bytes.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            other => other,
        });
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(id: &str, to: &str) -> Mail {
        let data = format!("Subject: a\r\nMessage-ID: {id}\r\n\r\nx\r\n");
        Mail::new("a@b.example".into(), vec![to.into()], data.into_bytes(), 7)
    }

    #[test]
    fn a_subject_is_decoded_across_folds() {
        for (value, subject) in [
            ("=?utf-8?b?56OB55uY?=\r\n =?UTF-8?Q?=E5=B0=86=E6=BB=A1_5%?= now", "磁盘将满 5% now"),
            ("plain =?x", "plain =?x"),
            ("a =?gbk?b?xyw=?= b", "a =?gbk?b?xyw=?= b"),
            ("=?utf-8?b?!!?=", "=?utf-8?b?!!?="),
        ] {
            let data = format!("From: a\r\nSUBJECT: {value}\r\nTo: b\r\n\r\nSubject: not this\r\n");
            assert_eq!(Mail::new(String::new(), vec![], data.into_bytes(), 0).subject, subject);
        }
    }

    #[test]
    fn the_ring_forgets_the_oldest_and_the_totals_do_not() {
        let mut inbox = Inbox::new(2);
        for n in 0..5 {
            inbox.push(mail(&format!("<{n}@x>"), "li@example.com"));
        }
        assert_eq!((inbox.mails().len(), inbox.totals.mails, inbox.by_id.len()), (2, 5, 2));
        assert_eq!(inbox.mails()[0].message_id, "<3@x>");
    }

    #[test]
    fn a_message_id_seen_twice_by_one_recipient_is_a_duplicate() {
        let mut inbox = Inbox::new(10);
        inbox.push(mail("<1@x>", "li@example.com"));
        inbox.push(mail("<1@x>", "wang@example.com"));
        assert_eq!(inbox.totals.duplicates, 0);
        inbox.push(mail("<1@x>", "li@example.com"));
        assert_eq!(inbox.totals.duplicates, 1);
    }
}
