//! Secrets that cannot be printed by accident, and that this process finds again in what others say.
//!
//! ```
//! use hongyan_net::{Secret, clean};
//! let held = Secret::new("s3cr3t/key");
//! assert_eq!(clean("your key was s3cr3t%2Fkey"), "your key was ***");
//! # drop(held);
//! ```
//!
//! Every [`Secret`] is known to the whole process while it lives, and for a while after. [`clean`] takes all of them
//! out of a text that came from outside; what an answer means is left to others.

mod known;
mod patterns;

use bytes::Bytes;
use known::Kind;
use serde::{Deserialize, Deserializer};
use std::{borrow::Cow, fmt, ops::Range, sync::Arc};

/// What stands in a secret's place.
const MASK: &str = "***";

/// A credential: `Debug` and `Display` show `***`, nothing serialises it, [`Secret::expose`] is the one way in.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<str>);

impl Secret {
    /// Wraps a credential that was handed to this process: a password, a key, an application's secret.
    #[must_use]
    pub fn new(value: impl Into<Box<str>>) -> Self {
        Self(known::enter(&value.into(), Kind::Held))
    }

    /// Wraps a credential that was fetched with another one. The answer to a login holds it, and there
    /// [`Cleaning::ButTokens`] leaves it standing.
    #[must_use]
    pub fn token(value: impl Into<Box<str>>) -> Self {
        Self(known::enter(&value.into(), Kind::Token))
    }

    /// The credential itself: for the wire, never for words.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(Self::new)
    }
}

/// Which secrets are taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cleaning {
    /// All that the process knows.
    Every,
    /// All but tokens: for the answer to a login, which hands one over.
    ButTokens,
}

/// The text with `***` in the place of every secret that the process knows, in whatever spelling: literal in any
/// case, percent-encoded, JSON- or HTML-escaped, base64 of either alphabet and at any place of a longer text, two of
/// these around one another, wrapped into lines, or cut down to a half or more.
#[must_use]
pub fn clean(text: &str) -> Cow<'_, str> {
    let found = known::find(text.as_bytes(), Cleaning::Every);
    if found.is_empty() {
        return Cow::Borrowed(text);
    }
    // A span begins and ends with a whole secret, so this cuts no character; should it ever, that one is replaced.
    Cow::Owned(String::from_utf8_lossy(&masked(text.as_bytes(), &found, MASK, MASK)).into_owned())
}

/// As [`clean`], of an answer's body. What was JSON stays JSON: digits in the place of a number become another number.
#[must_use]
pub fn clean_body(body: Bytes, cleaning: Cleaning) -> Bytes {
    let found = known::find(&body, cleaning);
    if found.is_empty() {
        return body;
    }
    let is_json = |bytes: &[u8]| serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_ok();
    let clean = masked(&body, &found, MASK, MASK);
    if is_json(&body) && !is_json(&clean) { masked(&body, &found, MASK, "1") } else { clean }.into()
}

/// As [`clean`], of an answer's headers.
pub(crate) fn clean_headers(headers: &mut http::HeaderMap, cleaning: Cleaning) {
    for value in headers.values_mut() {
        let found = known::find(value.as_bytes(), cleaning);
        if !found.is_empty()
            && let Ok(clean) = http::HeaderValue::from_bytes(&masked(value.as_bytes(), &found, MASK, MASK))
        {
            *value = clean;
        }
    }
}

/// The bytes with a mask in the place of each span; another one for spans of digits alone.
fn masked(bytes: &[u8], spans: &[Range<usize>], mask: &str, of_digits: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    for span in spans {
        out.extend_from_slice(&bytes[at..span.start]);
        let digits = bytes[span.clone()].iter().all(u8::is_ascii_digit);
        out.extend_from_slice(if digits { of_digits } else { mask }.as_bytes());
        at = span.end;
    }
    out.extend_from_slice(&bytes[at..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_printed() {
        let secret = Secret::new("canary");
        assert_eq!(format!("{secret} {secret:?}"), "*** ***");
        assert_eq!(secret.expose(), "canary");
    }

    #[test]
    fn a_secret_is_found_in_every_spelling() {
        let _held = Secret::new("kA9/x+\"秘密-zz_8");
        for text in [
            "kA9/x+\"秘密-zz_8",
            "KA9/X+\"秘密-ZZ_8",
            "kA9%2Fx%2B%22%E7%A7%98%E5%AF%86-zz_8",
            "kA9%2fx%2b%22%e7%a7%98%e5%af%86-zz_8",
            "%6b%41%39%2f%78%2b%22%e7%a7%98%e5%af%86%2d%7a%7a%5f%38",
            r#"kA9\/x+\"秘密-zz_8"#,
            r#"kA9/x+\"\u79d8\u5BC6-zz_8"#,
            r#"\u006b\u0041\u0039\u002F\u0078\u002b\u0022\u79d8\u5bc6\u002dzz\u005f8"#,
            "kA9/x+&quot;秘密-zz_8",
            "kA9&#x2F;x&#43;&#34;秘密-zz_8",
            // One inside another: a query in JSON, JSON in JSON, and a percent sign that was encoded again.
            r#"kA9%2Fx%2B%22\u79d8%E5%AF%86-zz_8"#,
            r#"kA9\\/x+\\\"\\u79d8\\u5bc6-zz_8"#,
            "kA9%252Fx%252B%2522%25E7%25A7%2598%25E5%25AF%2586-zz_8",
        ] {
            assert_eq!(clean(&format!("a {text} b")), "a *** b", "{text}");
        }
        use base64::{Engine, engine::general_purpose as alphabet};
        for before in ["", "a", "ab", "abc", "user:"] {
            let text = format!("{before}kA9/x+\"秘密-zz_8:after");
            for text in [
                alphabet::STANDARD.encode(&text),
                alphabet::URL_SAFE.encode(&text),
                alphabet::URL_SAFE_NO_PAD.encode(&text),
                alphabet::STANDARD.encode(&text).replace('/', "%2F").replace('+', "%2b"),
                alphabet::STANDARD.encode(&text).replace('/', "\\/"),
            ] {
                assert_eq!(clean(&text), "***", "{before}: {text}");
            }
        }
        assert_eq!(clean("kA9/x+ 秘-zz_8 is fine"), "kA9/x+ 秘-zz_8 is fine");
    }

    #[test]
    fn a_secret_is_found_in_base64_of_a_query_that_holds_it() {
        use base64::{Engine, engine::general_purpose as alphabet};
        let secret = "dS3cr+t/007=Kq7 Zt";
        let _held = Secret::new(secret);
        let query: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        for before in ["", "a", "ab"] {
            let text = format!("{before}?secret={query}&name=x");
            for text in [alphabet::STANDARD.encode(&text), alphabet::URL_SAFE.encode(&text)] {
                assert_eq!(clean(&text), "***", "{before}");
            }
        }
    }

    #[test]
    fn a_secret_is_found_though_its_end_was_cut_off_or_its_beginning() {
        let _held = Secret::new("TKabcdefghijklmnop0123456789QRSTUVWX");
        for (text, expected) in [
            ("token=TKabcdefghijklmnop0123456789QRSTUVW", "token=***"),
            ("token=TKabcdefghijklmnop0123…", "token=***…"),
            ("…efghijklmnop0123456789QRSTUVWX is old", "…*** is old"),
            ("token=TKabcdefgh", "token=TKabcdefgh"),
        ] {
            assert_eq!(clean(text), expected);
        }
        use base64::{Engine, engine::general_purpose::STANDARD};
        assert_eq!(clean(&STANDARD.encode("?a=1&token=TKabcdefghijklmnop0123456789QRS")), "***");
        let _short = Secret::new("password-2026");
        assert_eq!(clean("the password is wrong"), "the password is wrong");
    }

    #[test]
    fn a_secret_is_found_over_line_ends() {
        let _held = Secret::new("over-several-lines/0123456789");
        assert_eq!(clean("a over-several-\nlines/01234\r\n56789 b"), "a *** b");
        assert_eq!(clean(r#"{"m":"a over-several-\nlines/0123456789 b"}"#), r#"{"m":"a *** b"}"#);
        use base64::{Engine, engine::general_purpose::STANDARD};
        let text = STANDARD.encode(format!("{} over-several-lines/0123456789", "x".repeat(45)));
        let (first, second) = text.split_at(76);
        assert_eq!(clean(&format!("{first}\r\n{second}")), "***");
    }

    #[test]
    fn secrets_that_overlap_leave_nothing_behind() {
        let _held = [Secret::new("first-second"), Secret::new("second-third"), Secret::new("second-third-fourth")];
        assert_eq!(clean("=first-second-third="), "=***=");
        assert_eq!(clean("=second-third-fourth="), "=***=");
    }

    #[test]
    fn what_is_short_or_forgotten_is_let_through_and_a_token_only_at_the_login() {
        let _short = Secret::new("12345");
        assert_eq!(clean("12345"), "12345");
        let held = Secret::new("held-by-the-process");
        let token = Secret::token("fetched-at-the-login");
        let body = Bytes::from_static(b"held-by-the-process fetched-at-the-login");
        assert_eq!(clean_body(body.clone(), Cleaning::Every), "*** ***");
        assert_eq!(clean_body(body, Cleaning::ButTokens), "*** fetched-at-the-login");
        drop((held, token));
        for n in 0..100 {
            drop(Secret::new(format!("one of many others {n}")));
        }
        assert_eq!(clean("held-by-the-process"), "held-by-the-process", "nothing is remembered for ever");
    }

    #[test]
    fn json_stays_json() {
        let _held = [Secret::new("31415926"), Secret::new("quote\"d secret")];
        let body = Bytes::from_static(br#"{"id":31415926,"text":"pin 31415926","b":"quote\"d secret"}"#);
        let clean = clean_body(body, Cleaning::Every);
        let value: serde_json::Value = serde_json::from_slice(&clean).unwrap();
        assert_eq!((&value["id"], &value["b"]), (&1.into(), &"***".into()));
        assert!(!clean.windows(8).any(|eight| eight == b"31415926"));
    }

    #[test]
    fn a_long_body_is_searched_to_its_end() {
        let _held = Secret::new("deep/secret");
        for before in [65_530, 65_536, 65_540, 200_000] {
            let text = format!("{}deep%2Fsecret!", "\\n".repeat(before / 2));
            assert!(clean(&text).ends_with("n***!"), "{before}");
        }
    }
}
