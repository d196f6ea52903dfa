//! Other people's words, made fit to be shown on a terminal and in a log.

use std::borrow::Cow;

/// The text on one line, without anything that moves a cursor, changes a colour or turns the direction of writing:
/// line breaks and tabs become spaces, other control characters (C0, DEL and C1) and marks of direction U+FFFD.
///
/// ```
/// use hongyan_endpoint::harmless;
/// assert_eq!(harmless("bad\r\n\u{1b}[31mred\u{9b}1A"), "bad  \u{fffd}[31mred\u{fffd}1A");
/// ```
#[must_use]
pub fn harmless(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_harmful) {
        return Cow::Borrowed(text);
    }
    let shown = |c: char| match c {
        '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => ' ',
        _ if is_harmful(c) => char::REPLACEMENT_CHARACTER,
        _ => c,
    };
    Cow::Owned(text.chars().map(shown).collect())
}

/// JSON text that tells a terminal nothing: DEL and the control characters of C1, which JSON lets stand, are written
/// as escapes. It means what it meant.
#[must_use]
pub fn harmless_json(json: Vec<u8>) -> Vec<u8> {
    // C1 is 0xC2 0x80 to 0x9F; all of them can only stand inside a string.
    let is_c1 = |at: usize| json[at] == 0xc2 && json.get(at + 1).is_some_and(|next| (0x80..0xa0).contains(next));
    if !(0..json.len()).any(|at| json[at] == 0x7f || is_c1(at)) {
        return json;
    }
    let mut out = Vec::with_capacity(json.len() + 16);
    let mut at = 0;
    while at < json.len() {
        let (code, taken) = match json[at] {
            0x7f => (0x7f, 1),
            _ if is_c1(at) => (json[at + 1], 2),
            byte => {
                out.push(byte);
                at += 1;
                continue;
            }
        };
        out.extend_from_slice(format!("\\u{code:04x}").as_bytes());
        at += taken;
    }
    out
}

/// Whether a character does something to whatever shows it.
#[must_use]
pub fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_means_the_same_and_tells_a_terminal_nothing() {
        let value = serde_json::json!({"a\u{7f}": "\u{80}b\u{9b}1A\u{a0}é\u{1b}行"});
        let text = String::from_utf8(harmless_json(value.to_string().into_bytes())).unwrap();
        assert!(!text.chars().any(char::is_control), "{text}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }

    #[test]
    fn every_control_character_is_made_harmless_and_nothing_else() {
        for code in (0..0x20).chain(0x7f..0xa0) {
            let c = char::from_u32(code).unwrap();
            let text = format!("a{c}b");
            assert!(!harmless(&text).chars().any(char::is_control), "{code:#x}");
        }
        for text in ["普通文字 🙂 e\u{301} a\u{200d}b", "plain", ""] {
            assert!(matches!(harmless(text), Cow::Borrowed(same) if same == text), "{text}");
        }
        assert_eq!(harmless("\u{202e}gnp.exe"), "\u{fffd}gnp.exe");
    }
}
