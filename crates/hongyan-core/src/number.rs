//! Numbers of JSON that a 64-bit number would round: identifiers of twenty digits, amounts with many decimals.
//!
//! Whoever reads JSON into values reads such a number as its nearest binary fraction, and writes another one. Here they
//! are found in the text, where they still stand as they were written.
//!
//! ```
//! use hongyan_core::number::quoted;
//! let text = r#"{"id": 123456789012345678901, "n": 5}"#;
//! assert_eq!(quoted(text), r#"{"id": "123456789012345678901", "n": 5}"#);
//! ```

use std::{borrow::Cow, ops::Range};

/// A number that would be rounded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inexact {
    /// Where it stands, in bytes.
    pub range: Range<usize>,
    /// The members and places that lead to it: `content.native.id`, `rows[3][0]`.
    pub path: String,
    /// Whether it is written as a whole number.
    pub integer: bool,
}

/// The numbers of a JSON text that would be rounded, in order; none in what is no JSON. O(n).
#[must_use]
pub fn inexact(json: &[u8]) -> Vec<Inexact> {
    // Nearly every text has none, and needs no paths.
    let mut found = 0;
    walk(json, |token, _| found += usize::from(!is_exact(token)), false);
    let mut all = Vec::with_capacity(found);
    if found > 0 {
        let start = json.as_ptr() as usize;
        walk(
            json,
            |token, path| {
                if !is_exact(token) {
                    let at = token.as_ptr() as usize - start;
                    let integer = is_whole(token);
                    all.push(Inexact { range: at..at + token.len(), path: written(path), integer });
                }
            },
            true,
        );
    }
    all
}

/// The JSON with its numbers that would be rounded as texts.
#[must_use]
pub fn quoted(json: &str) -> Cow<'_, str> {
    let ranges: Vec<_> = inexact(json.as_bytes()).into_iter().map(|one| one.range).collect();
    quoted_at(json, &ranges)
}

/// The JSON with these of its numbers as texts; the ranges are in order.
#[must_use]
pub fn quoted_at<'a>(json: &'a str, ranges: &[Range<usize>]) -> Cow<'a, str> {
    if ranges.is_empty() {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len() + 2 * ranges.len());
    let mut from = 0;
    for range in ranges {
        out.push_str(&json[from..range.start]);
        out.push('"');
        out.push_str(&json[range.clone()]);
        out.push('"');
        from = range.end;
    }
    out.push_str(&json[from..]);
    Cow::Owned(out)
}

/// The JSON of a message in which no number will be rounded: those of a table and of a template's data become texts,
/// which are shown as they are.
///
/// # Errors
/// The path of such a number in `content.native`, which goes to a platform as it is and cannot change its type.
pub fn of_message(json: &str) -> Result<Cow<'_, str>, String> {
    let all = inexact(json.as_bytes());
    let native = |path: &str| path == "content.native" || path.starts_with("content.native.");
    if let Some(one) = all.iter().find(|one| native(&one.path)) {
        return Err(one.path.clone());
    }
    let shown = |one: &Inexact| ["content.table.", "content.data."].iter().any(|part| one.path.starts_with(part));
    let ranges: Vec<_> = all.into_iter().filter(shown).map(|one| one.range).collect();
    Ok(quoted_at(json, &ranges))
}

fn is_whole(token: &str) -> bool {
    !token.contains(['.', 'e', 'E'])
}

/// Whether a number is read and written without losing a digit.
#[must_use]
pub fn is_exact(token: &str) -> bool {
    if is_whole(token) {
        return token.parse::<i64>().is_ok() || token.parse::<u64>().is_ok();
    }
    let (digits, _) = decimal(token);
    // Every number of so many digits has a binary fraction of its own.
    digits.len() <= 15 || token.parse::<f64>().is_ok_and(|number| decimal(&format!("{number:e}")) == decimal(token))
}

/// The significant digits of a number and the power of ten of the last one.
fn decimal(token: &str) -> (String, i64) {
    let bare = token.trim_start_matches('-');
    let (number, exponent) = bare.split_once(['e', 'E']).unwrap_or((bare, "0"));
    let (units, part) = number.split_once('.').unwrap_or((number, ""));
    let digits = format!("{units}{part}");
    let kept = digits.trim_end_matches('0');
    let exponent: i64 = exponent.trim_start_matches('+').parse().unwrap_or(i64::MAX / 2);
    let last = exponent - part.len() as i64 + (digits.len() - kept.len()) as i64;
    let kept = kept.trim_start_matches('0');
    (kept.to_owned(), if kept.is_empty() { 0 } else { last })
}

/// A step on the way to a value.
enum Step<'a> {
    Member(&'a [u8]),
    Place(usize),
}

fn written(path: &[Step<'_>]) -> String {
    let mut out = String::new();
    for step in path {
        match step {
            Step::Member(name) => {
                if !out.is_empty() {
                    out.push('.');
                }
                out.push_str(&String::from_utf8_lossy(name));
            }
            Step::Place(place) => out.push_str(&format!("[{place}]")),
        }
    }
    out
}

/// Hands over each number of a text, with its path where that is asked for.
fn walk<'a>(json: &'a [u8], mut number: impl FnMut(&'a str, &[Step<'a>]), paths: bool) {
    let mut path: Vec<Step<'a>> = Vec::new();
    let mut text: &[u8] = &[];
    let mut at = 0;
    while let Some(byte) = json.get(at) {
        match byte {
            b'"' => {
                let end = at + 1 + string_length(&json[at + 1..]);
                text = json.get(at + 1..end).unwrap_or_default();
                at = end + 1;
            }
            b'-' | b'0'..=b'9' => {
                let is_part = |b: &u8| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E');
                let length = json[at..].iter().take_while(|b| is_part(b)).count();
                if let Ok(token) = std::str::from_utf8(&json[at..at + length]) {
                    number(token, &path);
                }
                at += length;
            }
            other => {
                if paths {
                    match other {
                        b'[' => path.push(Step::Place(0)),
                        b'{' => path.push(Step::Member(&[])),
                        b']' | b'}' => drop(path.pop()),
                        b':' => {
                            if let Some(Step::Member(name)) = path.last_mut() {
                                *name = text;
                            }
                        }
                        b',' => {
                            if let Some(Step::Place(place)) = path.last_mut() {
                                *place += 1;
                            }
                        }
                        _ => {}
                    }
                }
                at += 1;
            }
        }
    }
}

/// The bytes of a string up to its closing quote.
fn string_length(rest: &[u8]) -> usize {
    let mut at = 0;
    while let Some(byte) = rest.get(at) {
        match byte {
            b'"' => return at,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_exact_when_it_comes_back_as_it_was() {
        for exact in
            ["0", "-9223372036854775808", "18446744073709551615", "1.5", "0.1", "1e300", "-0.0", "1.0", "100.00"]
        {
            assert!(is_exact(exact), "{exact}");
        }
        for exact in ["3.141592653589793", "0.30000000000000004", "1.7976931348623157e308"] {
            assert!(is_exact(exact), "{exact}");
        }
        for rounded in [
            "18446744073709551616",
            "-9223372036854775809",
            "123456789012345678901234567890",
            "0.1234567890123456789",
            "12345678901234567.89",
            "1.2345678901234567e999",
        ] {
            assert!(!is_exact(rounded), "{rounded}");
        }
    }

    #[test]
    fn what_would_be_rounded_is_named_by_its_path() {
        let text = r#"{"a": {"b\"": [1, {"c": 18446744073709551616}, "18446744073709551616"]}, "d": [[0.5], [-1e400, 9]],
            "e": 12345678901234567.891}"#;
        let found: Vec<_> = inexact(text.as_bytes()).into_iter().map(|one| (one.path, one.integer)).collect();
        let expected = [(r#"a.b\"[1].c"#, true), ("e", false)];
        assert_eq!(found, expected.map(|(path, integer)| (path.to_owned(), integer)));
        let quoted = quoted(text);
        assert!(
            quoted.contains(r#"{"c": "18446744073709551616"}"#) && quoted.contains(r#""e": "12345678901234567.891""#)
        );
        assert!(matches!(super::quoted("[1,2.5]"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_message_keeps_its_numbers_or_is_told() {
        let message = |content: &str| of_message(&format!(r#"{{"to":[],"content":{content}}}"#)).map(Cow::into_owned);
        let kept = message(r#"{"template":"t","data":{"id":18446744073709551616,"n":[0.12345678901234567891]}}"#);
        assert!(kept.unwrap().contains(r#"{"id":"18446744073709551616","n":["0.12345678901234567891"]}"#));
        let kept = message(r#"{"table":{"columns":["a"],"rows":[[18446744073709551616],[5]]}}"#).unwrap();
        assert!(kept.contains(r#"[["18446744073709551616"],[5]]"#));
        let refused = message(r#"{"native":{"msgtype":"oa","oa":{"n":[1,18446744073709551616]}}}"#);
        assert_eq!(refused.unwrap_err(), "content.native.oa.n[1]");
        let refused = message(r#"{"native":{"n":0.12345678901234567891}}"#);
        assert_eq!(refused.unwrap_err(), "content.native.n", "a platform would get another number");
        assert!(message(r#"{"native":{"n":18446744073709551615,"m":[0.1,1e3]}}"#).is_ok());
    }

    #[test]
    fn what_is_no_json_takes_no_harm() {
        for text in ["", "\"", "\"\\", "]}", "{", "-", "1e", "[[[", ":,", "\u{7}é"] {
            let _ = inexact(text.as_bytes());
        }
    }
}
