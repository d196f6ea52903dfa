//! From subject and body to a mail.
//!
//! The plugin always sent HTML, and people wrote `<pre>` and `<br>` for it: such bodies are sent as they are, with a
//! plain form beside them. A body without any markup keeps its line breaks, which HTML alone would run together.

use crate::clock;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hongyan_endpoint::{Fault, mail_address};
use hongyan_mail::{Mail, Party, Shown, has_markup, plain_of};

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
        cc: Vec::new(),
        reply_to: Vec::new(),
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
    // As it goes over the wire: a Message-ID is ASCII.
    let wire = mail_address(from).unwrap_or_default();
    let domain = wire.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
    format!("{:x}.{}@{domain}", clock::now_ms(), URL_SAFE_NO_PAD.encode(bytes))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_keeps_its_lines() {
        assert_eq!(html_of("1 < 2\r\n& 3\r4"), "1 &lt; 2<br>\n&amp; 3<br>\n4");
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
