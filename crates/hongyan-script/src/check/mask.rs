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

/// The same of a text that could not be read: by its assignments alone.
#[must_use]
pub fn masked(text: &str) -> String {
    let mut shown = text.to_owned();
    for (at, _) in text.match_indices('=') {
        let before = text[..at].trim_end().trim_end_matches(['+', ']', '\'', '"']);
        let start = before.rfind(|c: char| !c.is_ascii_alphanumeric() && c != '_').map_or(0, |at| at + 1);
        let start = if before.is_char_boundary(start) { start } else { continue };
        let after = text[at + 1..].trim_start();
        let quote = after.chars().next().filter(|c| *c == '\'' || *c == '"');
        let Some(quote) = quote.filter(|_| placeholder::names_a_secret(&before[start..])) else { continue };
        let from = text.len() - after.len() + 1;
        let length = text[from..].find([quote, '\n']).unwrap_or(text.len() - from);
        if !placeholder::is_placeholder(&text[from..from + length]) {
            star(&mut shown, Span::new(from, from + length));
        }
    }
    shown
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
        ] {
            assert_eq!(masked(text), shown);
        }
        let script = Script::parse("t", "r=httpClient::sendEmail('a@b.c','canary','d@e.f','ss','tt');").unwrap();
        assert_eq!(masked_script(&script), "r=httpClient::sendEmail('a@b.c','******','d@e.f','ss','tt');");
    }
}
