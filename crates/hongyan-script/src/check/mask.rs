//! Scripts as they may be shown: with stars where secrets stand, every byte else in its place.

use super::{Surroundings, check, placeholder, rule};
use crate::{Script, Span};

/// The text of a script with a star for each byte of every secret that the checker finds.
#[must_use]
pub fn masked_script(script: &Script) -> String {
    // A secret needs a name that says so; most scripts have placeholders and nothing to look for.
    let text = script.source().text();
    let mut text = masked(text);
    for finding in check(script, &Surroundings::default()) {
        if finding.rule == &rule::SECRET_IN_SOURCE {
            star(&mut text, finding.span);
        }
    }
    text
}

/// The same of a text that could not be read: by its assignments alone. A string ends with its line at the latest.
#[must_use]
pub fn masked(text: &str) -> String {
    let mut shown = text.to_owned();
    let bytes = text.as_bytes();
    let mut at = 0;
    // What is looked for is ASCII, so every index here is a character's.
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        if byte == b'\'' || byte == b'"' {
            at = end_of_string(bytes, at, byte) + 1;
            continue;
        }
        let after = text.get(at..).unwrap_or_default();
        let quote = after.trim_start().bytes().next().filter(|quote| matches!(quote, b'\'' | b'"'));
        let (b'=', Some(quote)) = (byte, quote) else { continue };
        let from = text.len() - after.trim_start().len() + 1;
        let to = end_of_string(bytes, from, quote);
        if placeholder::names_a_secret(name_before(&text[..at - 1])) && !placeholder::is_placeholder(&text[from..to]) {
            star(&mut shown, Span::new(from, to));
        }
        at = to + 1;
    }
    shown
}

/// Where the string ends that begins at `from`: at its quote, or with its line.
fn end_of_string(bytes: &[u8], from: usize, quote: u8) -> usize {
    let mut at = from;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' if bytes.get(at + 1).is_some_and(|next| *next != b'\n') => at += 2,
            b'\n' => break,
            _ if byte == quote => break,
            _ => at += 1,
        }
    }
    at.min(bytes.len())
}

/// The last word of what is assigned to: `corpsecret` of `p['corpsecret']`.
fn name_before(text: &str) -> &str {
    let name = text.trim_end().trim_end_matches(['+', ']', '\'', '"']);
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.rfind(|c: char| !word(c)).map_or(name, |at| name[at..].trim_start_matches(|c: char| !word(c)))
}

/// Stars in place of the bytes of a literal, its quotes left.
fn star(text: &mut String, span: Span) {
    let Some(inner) = text.get(span.range()) else { return };
    let quoted = inner.len() > 1 && inner.starts_with(['\'', '"']);
    let (from, to) = if quoted { (span.start() + 1, span.end() - 1) } else { (span.start(), span.end()) };
    if text.is_char_boundary(from) && text.is_char_boundary(to) {
        text.replace_range(from..to, &"*".repeat(to - from));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_starred_and_everything_else_keeps_its_place() {
        for (text, shown) in [
            ("SECRET='canary';x=1;", "SECRET='******';x=1;"),
            ("p['corpsecret'] = \"canary\"", "p['corpsecret'] = \"******\""),
            ("SECRET='xxxxx'; key='ding'", "SECRET='xxxxx'; key='ding'"),
            ("psw='密码", "psw='******"),
            ("url+='access_token='+TOKEN;", "url+='access_token='+TOKEN;"),
            ("url='x?access_token='+T+'&a=1';secret='canary'", "url='x?access_token='+T+'&a=1';secret='******'"),
            ("secret='ca\\'nary';y='a'", "secret='********';y='a'"),
            ("secret='canary\ny='b'", "secret='******\ny='b'"),
            ("密 secret=", "密 secret="),
            ("h['Authorization']='Bearer canary'", "h['Authorization']='*************'"),
        ] {
            assert_eq!(masked(text), shown);
        }
        let script = Script::parse("t", "r=httpClient::sendEmail('a@b.c','canary','d@e.f','ss','tt');").unwrap();
        assert_eq!(masked_script(&script), "r=httpClient::sendEmail('a@b.c','******','d@e.f','ss','tt');");
    }
}
