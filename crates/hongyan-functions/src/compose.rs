//! From subject and body to a mail.
//!
//! The plugin always sent HTML, and people wrote `<pre>` and `<br>` for it: such bodies are sent as they are, with a
//! plain form beside them. A body without any markup keeps its line breaks, which HTML alone would run together.

use crate::clock;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hongyan_endpoint::Fault;
use hongyan_mail::{Mail, Party, Shown};

/// A mail as the standards want it: encoded subject, Date, Message-ID, plain text and HTML.
pub(crate) fn standard(
    from: &str,
    recipients: &[String],
    subject: &str,
    body: &str,
    message_id: String,
) -> Result<Vec<u8>, Fault> {
    let (text, html) =
        if has_markup(body) { (plain_of(body), body.to_owned()) } else { (body.to_owned(), html_of(body)) };
    let mail = Mail {
        from: Party::new(from),
        to: Shown::Listed(recipients.iter().map(Party::new).collect()),
        subject: subject.to_owned(),
        text: Some(text),
        html: Some(html),
        attachments: Vec::new(),
        date_ms: clock::now_ms(),
        message_id,
    };
    mail.build()
}

/// A mail as the plugin wrote it, line by line.
pub(crate) fn raw(from: &str, recipients: &[String], subject: &str, body: &str) -> Vec<u8> {
    let to = recipients.join(",");
    format!(
        "MIME-Version: 1.0\r\nTo: {to}\r\nFrom: {from}\r\nSubject: {subject}\r\n\
         Content-Type: text/html;Charset=\"UTF-8\"\r\n\r\n{body}"
    )
    .into_bytes()
}

/// `unique@domain`, of the sender's own domain.
pub(crate) fn message_id(from: &str) -> String {
    let mut bytes = [0_u8; 18];
    // Without the system's randomness the time alone makes it, which is as good within one process.
    let _ = getrandom::fill(&mut bytes);
    let domain = from.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
    format!("{:x}.{}@{domain}", clock::now_ms(), URL_SAFE_NO_PAD.encode(bytes))
}

/// Whether a body holds a tag or an entity.
fn has_markup(body: &str) -> bool {
    let begins_tag = |rest: &str| rest.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!'));
    let tag = body.match_indices('<').any(|(at, _)| {
        let rest = &body[at + 1..];
        begins_tag(rest) && rest.contains('>')
    });
    tag || body.match_indices('&').any(|(at, _)| entity(&body[at..]).is_some())
}

fn html_of(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + text.len() / 16);
    for letter in text.replace("\r\n", "\n").replace('\r', "\n").chars() {
        match letter {
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '&' => html.push_str("&amp;"),
            '\n' => html.push_str("<br>\n"),
            other => html.push(other),
        }
    }
    html
}

/// The words of an HTML body: tags dropped, blocks on lines of their own, entities read.
fn plain_of(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    let mut kept_as_is = false;
    while let Some(next) = rest.find(['<', '&']) {
        push(&mut text, &rest[..next], kept_as_is);
        rest = &rest[next..];
        if let Some((letter, length)) = entity(rest) {
            text.push(letter);
            rest = &rest[length..];
            continue;
        }
        let tag = rest
            .strip_prefix('<')
            .filter(|tag| tag.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!'));
        let Some((tag, behind)) = tag.and_then(|tag| tag.split_once('>')) else {
            push(&mut text, &rest[..1], kept_as_is);
            rest = &rest[1..];
            continue;
        };
        rest = behind;
        let name: String = tag.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '/').collect();
        match name.to_ascii_lowercase().trim_end_matches('/') {
            "script" | "style" | "head" | "title" => rest = behind_end(rest, &name),
            "pre" => kept_as_is = true,
            "/pre" => kept_as_is = false,
            "br" => text.push('\n'),
            "td" | "th" if !text.ends_with('\n') && !text.is_empty() => text.push(' '),
            "p" | "/p" | "div" | "/div" | "tr" | "/tr" | "li" | "h1" | "h2" | "h3" | "/h1" | "/h2" | "/h3"
            | "table" | "/table" | "ul" | "/ul"
                if !text.is_empty() && !text.ends_with('\n') =>
            {
                text.push('\n');
            }
            _ => {}
        }
    }
    push(&mut text, rest, kept_as_is);
    text.trim().to_owned()
}

/// Text between tags: runs of white space are one space, outside `<pre>`.
fn push(text: &mut String, piece: &str, as_is: bool) {
    if as_is {
        text.push_str(piece);
        return;
    }
    for letter in piece.chars() {
        if !letter.is_ascii_whitespace() {
            text.push(letter);
        } else if !text.is_empty() && !text.ends_with([' ', '\n']) {
            text.push(' ');
        }
    }
}

/// Behind the end of an element whose content is no text.
fn behind_end<'a>(rest: &'a str, name: &str) -> &'a str {
    let end = format!("</{}", name.to_ascii_lowercase());
    let Some(at) = rest.to_ascii_lowercase().find(&end) else { return "" };
    rest[at..].split_once('>').map_or("", |(_, behind)| behind)
}

/// The character that an entity at the head of a text stands for, and the entity's length.
fn entity(text: &str) -> Option<(char, usize)> {
    let inner = text.strip_prefix('&')?;
    let end = inner.bytes().take(10).position(|byte| byte == b';')?;
    let name = &inner[..end];
    let letter = match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code).filter(|c| !c.is_control() || *c == '\n')?
        }
    };
    Some((letter, end + 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_keeps_its_lines_and_html_its_markup() {
        for (body, markup) in [
            ("plain", false),
            ("1 < 2 and 3 > 2", false),
            ("R&D; a & b", false),
            ("a<br>b", true),
            ("<pre>x</pre>", true),
            ("a &lt; b", true),
            ("<", false),
            ("a <b", false),
        ] {
            assert_eq!(has_markup(body), markup, "{body}");
        }
        assert_eq!(html_of("1 < 2\r\n& 3\r4"), "1 &lt; 2<br>\n&amp; 3<br>\n4");
    }

    #[test]
    fn html_has_a_plain_form() {
        for (html, text) in [
            ("<pre>a  b\n c</pre>", "a  b\n c"),
            ("a<br>b<br/>c", "a\nb\nc"),
            ("<p>one</p>\n<p>two  words</p>", "one\ntwo words"),
            ("<style>p{}</style><b>x</b>&nbsp;&#40511;&#x1F9BF;", "x 鸿🦿"),
            ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
            ("a < b &unknown; <unfinished", "a < b &unknown; <unfinished"),
        ] {
            assert_eq!(plain_of(html), text, "{html}");
        }
    }

    #[test]
    fn the_old_form_has_its_order() {
        let to = ["a@example.com".to_owned(), "b@example.com".to_owned()];
        let mail = String::from_utf8(raw("li@example.com", &to, "主题", "<b>正文</b>")).unwrap();
        let expected = "MIME-Version: 1.0\r\nTo: a@example.com,b@example.com\r\nFrom: li@example.com\r\n\
            Subject: 主题\r\nContent-Type: text/html;Charset=\"UTF-8\"\r\n\r\n<b>正文</b>";
        assert_eq!(mail, expected);
    }

    #[test]
    fn every_mail_has_an_id_of_its_own() {
        let (one, two) = (message_id("li@example.com"), message_id("li@example.com"));
        assert!(one != two && one.ends_with("@example.com"));
    }
}
