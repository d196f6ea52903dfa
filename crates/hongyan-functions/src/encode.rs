//! Percent-encoding, in the two forms that are needed.

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use std::borrow::Cow;

/// A dictionary's values: letters, digits and `- . / _ ~` stay, everything else is encoded.
const VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'/').remove(b'_').remove(b'~');
/// What may not stand in an address as it is. `%` may: what is encoded already stays.
const ILLEGAL: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'\\').add(b'^').add(b'`').add(b'{').add(b'|').add(b'}');

/// Path and query with what may not stand there encoded, and nothing else changed.
pub(crate) fn legal(text: &str) -> Cow<'_, str> {
    utf8_percent_encode(text, ILLEGAL).into()
}

/// `key=value&…`.
pub(crate) fn pairs(pairs: &[(String, String)]) -> String {
    let mut out = String::with_capacity(pairs.iter().map(|(key, value)| key.len() + value.len() + 2).sum());
    for (key, text) in pairs {
        if !out.is_empty() {
            out.push('&');
        }
        out.push_str(key);
        out.push('=');
        out.extend(utf8_percent_encode(text, VALUE));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_letters_digits_and_five_signs() {
        for (text, encoded) in [
            ("azAZ09-._~/", "azAZ09-._~/"),
            ("a b", "a%20b"),
            (",!*'()", "%2C%21%2A%27%28%29"),
            ("a=b&c#d?e%f+g:h;i@j", "a%3Db%26c%23d%3Fe%25f%2Bg%3Ah%3Bi%40j"),
            ("鸿雁", "%E9%B8%BF%E9%9B%81"),
            ("🪿\r\n", "%F0%9F%AA%BF%0D%0A"),
            ("", ""),
        ] {
            assert_eq!(pairs(&[("k".to_owned(), text.to_owned())]), format!("k={encoded}"), "{text:?}");
        }
        let dictionary = [("k 1".to_owned(), "v 1".to_owned()), ("b".to_owned(), "/".to_owned())];
        assert_eq!(pairs(&dictionary), "k 1=v%201&b=/");
    }

    #[test]
    fn an_address_keeps_whatever_is_legal() {
        assert_eq!(legal("/a%20b c?d=e,f!*'()&g=鸿|{}"), "/a%20b%20c?d=e,f!*'()&g=%E9%B8%BF%7C%7B%7D");
    }
}
