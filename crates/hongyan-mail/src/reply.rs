//! A server's reply: three digits and lines of text (RFC 5321 §4.2), perhaps with an enhanced code (RFC 3463).

/// One complete reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    /// The three digits.
    pub(crate) code: u16,
    /// The lines' texts, joined by a space; EHLO is read through [`Reply::lines`].
    pub(crate) lines: Vec<String>,
}

impl Reply {
    /// Whether it says yes (2xx) .
    pub(crate) fn is_ok(&self) -> bool {
        (200..300).contains(&self.code)
    }

    /// All its words on one line.
    pub(crate) fn text(&self) -> String {
        self.lines.join(" ")
    }
}

/// What the bytes so far amount to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Parsed {
    /// A reply, and how many bytes it took.
    Whole(Reply, usize),
    /// More bytes are needed.
    Partial,
    /// Not SMTP: what is wrong with it.
    Broken(&'static str),
}

/// Longest line taken, in bytes. RFC 5321 allows 512; servers are wordier than that.
const MAX_LINE: usize = 4096;
/// Most lines of one reply.
const MAX_LINES: usize = 128;

/// Reads one reply from the head of `bytes`. A bare LF ends a line too: some old servers write it.
pub(crate) fn parse(bytes: &[u8]) -> Parsed {
    let mut lines = Vec::new();
    let mut code = None;
    let mut at = 0;
    loop {
        let Some(length) = bytes[at..].iter().position(|byte| *byte == b'\n') else {
            return if bytes.len() - at > MAX_LINE { Parsed::Broken("a line without an end") } else { Parsed::Partial };
        };
        let line = &bytes[at..at + length];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        at += length + 1;
        let Some((digits, rest)) = line.split_at_checked(3) else {
            return Parsed::Broken("a line without a code");
        };
        let number = digits
            .iter()
            .try_fold(0_u16, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + u16::from(digit - b'0')));
        let Some(number) = number.filter(|number| (200..600).contains(number)) else {
            return Parsed::Broken("a line without a code");
        };
        if *code.get_or_insert(number) != number {
            return Parsed::Broken("lines with different codes");
        }
        let more = match rest.first() {
            Some(b'-') => true,
            Some(b' ') | None => false,
            Some(_) => return Parsed::Broken("a line without a code"),
        };
        lines.push(clean(rest.get(1..).unwrap_or_default()));
        if !more {
            return Parsed::Whole(Reply { code: number, lines }, at);
        }
        if lines.len() == MAX_LINES {
            return Parsed::Broken("a reply without an end");
        }
    }
}

/// The text for logs and ledgers: no control characters, no broken UTF-8 (some servers answer in GBK).
fn clean(text: &[u8]) -> String {
    String::from_utf8_lossy(text)
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect::<String>()
        .trim()
        .into()
}

/// The enhanced code at the head of a reply's text, such as `5.1.1`.
pub(crate) fn enhanced(text: &str) -> Option<&str> {
    let word = text.split([' ', ':', ',']).next()?;
    let mut parts = word.split('.');
    let class = parts.next()?;
    let number =
        |part: Option<&str>| part.is_some_and(|p| (1..=3).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit()));
    (matches!(class, "2" | "4" | "5") && number(parts.next()) && number(parts.next()) && parts.next().is_none())
        .then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_may_span_lines() {
        let Parsed::Whole(reply, taken) = parse(b"250-mx.example\r\n250-SIZE 100\r\n250 STARTTLS\r\n354 next") else {
            panic!("not whole")
        };
        assert_eq!((reply.code, taken), (250, 44));
        assert_eq!(reply.lines, ["mx.example", "SIZE 100", "STARTTLS"]);
        assert_eq!(parse(b"250-more\r\n"), Parsed::Partial);
        assert_eq!(parse(b"25"), Parsed::Partial);
        assert!(matches!(parse(b"250\r\n"), Parsed::Whole(reply, 5) if reply.text().is_empty()));
        assert!(matches!(parse(b"250 ok\n"), Parsed::Whole(_, 7)));
    }

    #[test]
    fn what_is_not_smtp_is_refused() {
        for bytes in [
            b"HTTP/1.1 400 Bad Request\r\n".as_slice(),
            b"\r\n",
            b"250_x\r\n",
            b"650 x\r\n",
            b"250-a\r\n251 b\r\n",
            &[b'2'; MAX_LINE + 4],
            &b"250-x\r\n".repeat(MAX_LINES + 1),
        ] {
            assert!(matches!(parse(bytes), Parsed::Broken(_)), "{}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn an_enhanced_code_is_found_only_at_the_head() {
        for (text, code) in [
            ("5.1.1 no such user", Some("5.1.1")),
            ("4.7.28", Some("4.7.28")),
            ("5.7.1: refused", Some("5.7.1")),
            ("10.0.0.1 is listed", None),
            ("user 5.1.1", None),
            ("5.1 x", None),
            ("", None),
        ] {
            assert_eq!(enhanced(text), code, "{text}");
        }
    }
}
