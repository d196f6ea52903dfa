//! Values of headers: folded, encoded, and free of what would end a line.

use super::{Party, invalid};
use base64::{Engine, engine::general_purpose::STANDARD};
use hongyan_endpoint::{Fault, mail_address};
use lettre::{
    Address,
    message::{
        Mailbox,
        header::{HeaderName, HeaderValue},
    },
};
use std::str::FromStr;

/// Whether a reader may take it for an encoded word (RFC 2047) and show something else.
pub(super) fn looks_encoded(text: &str) -> bool {
    text.contains("=?")
}

/// RFC 2047: words of at most 75 characters, never split inside a character.
pub(super) fn encoded_words(text: &str) -> String {
    // 75 less `=?UTF-8?B?` and `?=` leaves 63 characters of base64: 15 groups of three bytes.
    const MAX_BYTES: usize = 45;
    let mut words = Vec::new();
    let mut word = String::new();
    for letter in text.chars() {
        if word.len() + letter.len_utf8() > MAX_BYTES {
            words.push(std::mem::take(&mut word));
        }
        word.push(letter);
    }
    words.push(word);
    let words: Vec<_> = words.iter().map(|word| format!("=?UTF-8?B?{}?=", STANDARD.encode(word))).collect();
    words.join("\r\n ")
}

/// Where a header that is folded here begins its next line, in characters.
pub(super) const LINE: usize = 70;

/// The longest word of a subject that is left as it is.
pub(super) const MAX_WORD: usize = 200;

/// A header whose value is as it is to stand, folded and encoded.
pub(super) fn written(name: &'static str, value: String) -> HeaderValue {
    HeaderValue::dangerous_new_pre_encoded(HeaderName::new_from_ascii_str(name), value.clone(), value)
}

/// Parties as a header shows them, folded: the builder would write all into one line, which servers refuse from 998 on.
pub(super) fn shown_parties(field: &str, parties: &[Party]) -> Result<String, Fault> {
    let mut shown = String::new();
    for party in parties {
        let party = shown_party(field, party)?;
        let line = shown.rsplit('\n').next().map_or(0, str::len);
        if !shown.is_empty() {
            shown.push_str(if line + party.len() > LINE { ",\r\n " } else { ", " });
        }
        shown.push_str(&party);
    }
    Ok(shown)
}

/// A party as a header shows it: `name <address>`, or the address alone.
pub(super) fn shown_party(field: &str, party: &Party) -> Result<String, Fault> {
    let Mailbox { name, email } = mailbox(field, party)?;
    Ok(match name {
        None => email.to_string(),
        Some(name)
            if name.len() <= 60 && name.bytes().all(|byte| matches!(byte, b' '..=b'~')) && !looks_encoded(&name) =>
        {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'-' | b'_');
            if name.bytes().all(plain) {
                format!("{name} <{email}>")
            } else {
                format!("\"{}\" <{email}>", name.replace('\\', "\\\\").replace('"', "\\\""))
            }
        }
        Some(name) => {
            let words = encoded_words(&name);
            let gap = if words.len() + email.to_string().len() > LINE { "\r\n " } else { " " };
            format!("{words}{gap}<{email}>")
        }
    })
}

pub(super) fn mailbox(field: &str, party: &Party) -> Result<Mailbox, Fault> {
    if let Some(name) = &party.name {
        single_line(field, name)?;
    }
    let wire = mail_address(&party.address).map_err(|why| invalid(format!("{field}: {why}")))?;
    let address = Address::from_str(&wire).map_err(|error| invalid(format!("{field}: {error}")))?;
    Ok(Mailbox::new(party.name.clone().filter(|name| !name.is_empty()), address))
}

/// Header injection ends here: no value from outside holds a line break, whatever the builder would make of it.
pub(super) fn single_line(field: &str, value: &str) -> Result<(), Fault> {
    if value.contains(['\r', '\n', '\0']) {
        return Err(invalid(format!("{field} holds a line break or NUL")));
    }
    Ok(())
}
