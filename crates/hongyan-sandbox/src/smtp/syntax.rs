//! What stands in a line: paths, stuffed dots, base64.

use base64::{Engine, engine::general_purpose::STANDARD};

pub(super) fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    let mut from = 0;
    // Line by line: the needle begins with CR, of which there is one per line.
    while let Some(at) = bytes[from..].iter().position(|byte| *byte == b'\r') {
        if bytes[from + at..].starts_with(needle) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}

/// Takes the stuffed dots out and refuses what the rules of mail refuse.
pub(super) fn unstuff(raw: &[u8]) -> Result<Vec<u8>, &'static str> {
    let mut data = Vec::with_capacity(raw.len());
    for line in raw.split_inclusive(|byte| *byte == b'\n') {
        let Some(text) = line.strip_suffix(b"\r\n") else {
            return Err("5.6.0 a bare LF in the message");
        };
        if text.contains(&b'\r') {
            return Err("5.6.0 a bare CR in the message");
        }
        if text.len() > 998 + 1 {
            return Err("5.6.0 a line of more than 998 characters");
        }
        data.extend_from_slice(line.strip_prefix(b".").unwrap_or(line));
    }
    Ok(data)
}

/// Reads `FROM:<address> parameters`; spaces after the colon are forbidden (RFC 5321 §3.3), written by many and taken
/// everywhere.
pub(super) fn path<'a>(rest: &'a str, keyword: &str) -> Option<(&'a str, &'a str)> {
    let (head, tail) = rest.split_at_checked(keyword.len())?;
    let tail = head.eq_ignore_ascii_case(keyword).then_some(tail)?.trim_start_matches(' ').strip_prefix('<')?;
    let (address, parameters) = tail.split_once('>')?;
    let clean = !address.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | ',' | ';'));
    (clean && (parameters.is_empty() || parameters.starts_with(' '))).then(|| (address, parameters.trim()))
}

pub(super) fn decode(text: &str) -> Option<String> {
    String::from_utf8(STANDARD.decode(text).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_read_strictly() {
        assert_eq!(path("FROM:<a@b.example> SIZE=3", "FROM:"), Some(("a@b.example", "SIZE=3")));
        assert_eq!(path("from:<>", "FROM:"), Some(("", "")));
        assert_eq!(path("FROM: <a@b>", "FROM:"), Some(("a@b", "")));
        for bad in ["FROM:a@b", "FROM:<a@b", "FROM:<a b@c>", "TO:<a@b>", "FROM:<a@b,c@d>", "FROM:<a>x", ""] {
            assert_eq!(path(bad, "FROM:"), None, "{bad}");
        }
    }

    #[test]
    fn dots_are_unstuffed_and_bad_lines_refused() {
        assert_eq!(unstuff(b"..\r\n.a\r\nb.\r\n").unwrap(), b".\r\na\r\nb.\r\n");
        assert!(unstuff(b"a\nb\r\n").is_err());
        assert!(unstuff(b"a\rb\r\n").is_err());
        assert!(unstuff("李\r\n".as_bytes()).is_ok());
        let long = format!("{}\r\n", "a".repeat(1000));
        assert!(unstuff(long.as_bytes()).is_err());
    }
}
