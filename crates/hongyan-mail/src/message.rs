//! A mail as bytes: headers, text, HTML and attachments, through lettre's builder.
//!
//! Everything that varies is handed in, the date and the Message-ID too, so that a mail is built once and every
//! repeat sends the same bytes. Who receives it is the envelope's business, in [`Mailer`](crate::Mailer).

mod attachment;
mod header;

use crate::html::plain_of;
use header::{MAX_WORD, encoded_words, looks_encoded, mailbox, shown_parties, shown_party, single_line, written};
use hongyan_endpoint::Fault;
use lettre::{
    address::Envelope,
    message::{
        MessageBuilder, MultiPart, SinglePart,
        header::{HeaderName, HeaderValue},
    },
};
use std::time::{Duration, UNIX_EPOCH};

/// Somebody in a mail's header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// The name shown, any language.
    pub name: Option<String>,
    /// The mail address; a domain in another script than ASCII is written as punycode.
    pub address: String,
}

impl Party {
    /// An address without a name.
    #[must_use]
    pub fn new(address: impl Into<String>) -> Self {
        Self { name: None, address: address.into() }
    }

    /// The same address under a name.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }
}

/// What the `To` header shows. The envelope may differ: it alone decides who receives the mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// No recipient's address: each sees only that it was sent.
    Neutral,
    /// These, to all who receive it. Empty is the same as [`Shown::Neutral`].
    Listed(Vec<Party>),
}

/// A file that travels with a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// File name, any language, at most 255 bytes.
    pub name: String,
    /// Media type; `application/octet-stream` when absent.
    pub media_type: Option<String>,
    /// The file itself.
    pub bytes: Vec<u8>,
}

/// A mail to be built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Who it is from. Most Chinese providers want the login's own address here.
    pub from: Party,
    /// What `To` shows.
    pub to: Shown,
    /// What `Cc` shows.
    pub cc: Vec<Party>,
    /// Where answers go; to `from` when empty.
    pub reply_to: Vec<Party>,
    /// One line, any language.
    pub subject: String,
    /// The plain form; made of `html` when absent.
    pub text: Option<String>,
    /// The HTML form.
    pub html: Option<String>,
    /// Files, in order.
    pub attachments: Vec<Attachment>,
    /// The `Date` header: milliseconds since 1970-01-01T00:00:00Z; written to the second, in UTC.
    pub date_ms: i64,
    /// `unique@our-domain`, with or without angle brackets; the same on every repeat, because receivers
    /// de-duplicate by it.
    pub message_id: String,
}

impl Mail {
    /// The mail as bytes: ASCII, lines ended by CRLF and no longer than 998 characters.
    ///
    /// Text and HTML become `multipart/alternative`, attachments `multipart/mixed`. The same mail gives the same
    /// bytes every time.
    ///
    /// # Errors
    /// `request.invalid` (permanent) naming the part: a line break or NUL in a header's value, an address that is
    /// none, neither text nor HTML nor attachment, or a media type that is none.
    pub fn build(&self) -> Result<Vec<u8>, Fault> {
        let from = mailbox("from", &self.from)?;
        single_line("subject", &self.subject)?;
        let millis = u64::try_from(self.date_ms).map_err(|_| invalid("date_ms lies before 1970"))?;
        // lettre wants an envelope; ours is made by the mailer, so this one is never used.
        let envelope = Envelope::new(Some(from.email.clone()), vec![from.email.clone()])
            .map_err(|error| invalid(format!("from: {error}")))?;
        let builder = MessageBuilder::new().envelope(envelope).date(UNIX_EPOCH + Duration::from_millis(millis));
        // The builder looks for a sender that it can read, and writes what it is given.
        let shown = shown_party("from", &self.from)?;
        let builder = builder.raw_header(HeaderValue::dangerous_new_pre_encoded(
            HeaderName::new_from_ascii_str("From"),
            from.email.to_string(),
            shown,
        ));
        let builder = self.show_subject(builder).message_id(Some(format!("<{}>", self.message_id()?))).raw_header(
            HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned()),
        );
        let builder = self.show_recipients(builder)?;
        let message = match self.body()? {
            Part::Single(part) => builder.singlepart(part),
            Part::Multi(part) => builder.multipart(part),
        };
        Ok(message.map_err(|error| invalid(error.to_string()))?.formatted())
    }

    fn message_id(&self) -> Result<&str, Fault> {
        let id = self.message_id.trim_start_matches('<').trim_end_matches('>');
        let printable = id.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>'));
        let halves = id.split_once('@').is_some_and(|(left, right)| !left.is_empty() && !right.is_empty());
        if printable && halves && id.len() <= 250 {
            Ok(id)
        } else {
            Err(invalid("message_id is not of the form unique@domain"))
        }
    }

    fn show_subject(&self, builder: MessageBuilder) -> MessageBuilder {
        // The builder writes ASCII as it is and folds at spaces alone: a word that looks encoded would be read as what
        // it is not, and a long one would stay one long line.
        let as_it_is = |word: &str| word.len() <= MAX_WORD && !looks_encoded(word);
        if self.subject.is_ascii() && !self.subject.split(' ').all(as_it_is) {
            return builder.raw_header(written("Subject", encoded_words(&self.subject)));
        }
        builder.subject(&self.subject)
    }

    fn show_recipients(&self, builder: MessageBuilder) -> Result<MessageBuilder, Fault> {
        let mut builder = match &self.to {
            Shown::Listed(parties) if !parties.is_empty() => {
                builder.raw_header(written("To", shown_parties("to", parties)?))
            }
            _ => builder.raw_header(written("To", "undisclosed-recipients:;".to_owned())),
        };
        for (field, name, parties) in [("cc", "Cc", &self.cc), ("reply_to", "Reply-To", &self.reply_to)] {
            if !parties.is_empty() {
                builder = builder.raw_header(written(name, shown_parties(field, parties)?));
            }
        }
        Ok(builder)
    }

    fn body(&self) -> Result<Part, Fault> {
        let (text, html) = (self.text.as_deref().map(lines).transpose()?, self.html.as_deref().map(lines).transpose()?);
        // HTML alone is unreadable to some and suspect to many filters. HTML without a word has the subject's.
        let plain = |html: &String| Some(plain_of(html)).filter(|text| !text.is_empty());
        let text = text.or_else(|| html.as_ref().map(|html| plain(html).unwrap_or_else(|| self.subject.clone())));
        let content = match (text, html) {
            (Some(text), Some(html)) => Some(Part::Multi(
                MultiPart::alternative()
                    .boundary(self.boundary("alt"))
                    .singlepart(SinglePart::plain(text))
                    .singlepart(SinglePart::html(html)),
            )),
            (Some(text), None) => Some(Part::Single(SinglePart::plain(text))),
            (None, _) => None,
        };
        if self.attachments.is_empty() {
            return content.ok_or_else(|| invalid("the mail has neither text nor html nor an attachment"));
        }
        let mut mixed = MultiPart::mixed().boundary(self.boundary("mix")).build();
        mixed = match content {
            Some(Part::Single(part)) => mixed.singlepart(part),
            Some(Part::Multi(part)) => mixed.multipart(part),
            None => mixed,
        };
        for attachment in &self.attachments {
            mixed = mixed.singlepart(attachment.part()?);
        }
        Ok(Part::Multi(mixed))
    }

    /// A boundary that is the same for the same mail and occurs in none of its texts.
    fn boundary(&self, level: &str) -> String {
        let mut hash = fnv(self.message_id.as_bytes());
        loop {
            let boundary = format!("=_{level}_{hash:016x}");
            let occurs = |text: &Option<String>| text.as_deref().is_some_and(|text| text.contains(&boundary));
            if !occurs(&self.text) && !occurs(&self.html) {
                return boundary;
            }
            hash = hash.wrapping_add(1);
        }
    }
}

enum Part {
    Single(SinglePart),
    Multi(MultiPart),
}

/// The longest name of a file, and the longest media type, in bytes.
const MAX_NAME: usize = 255;

/// A body's text with every kind of line end as LF, which the builder then writes as CRLF. It would let a bare CR
/// through, and servers differ in what they make of one.
fn lines(text: &str) -> Result<String, Fault> {
    if text.contains('\0') {
        return Err(invalid("the text holds NUL"));
    }
    Ok(text.replace("\r\n", "\n").replace('\r', "\n"))
}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::transport("request.invalid", message)
}

/// FNV-1a: names a boundary, guards nothing.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn mail() -> Mail {
        Mail {
            from: Party::new("alarm@example.com").named("值班报警"),
            to: Shown::Listed(vec![Party::new("li@example.com").named("李雷"), Party::new("wang@example.com")]),
            cc: Vec::new(),
            reply_to: Vec::new(),
            subject: "磁盘将满".into(),
            text: Some("剩余 5%".into()),
            html: None,
            attachments: Vec::new(),
            date_ms: 1_796_090_400_999,
            message_id: "m-1@example.com".into(),
        }
    }

    fn built(mail: &Mail) -> String {
        String::from_utf8(mail.build().unwrap()).unwrap()
    }

    #[test]
    fn a_plain_mail_is_written_as_expected() {
        assert_eq!(
            built(&mail()),
            "Date: Tue, 01 Dec 2026 02:00:00 +0000\r\n\
             From: =?UTF-8?B?5YC854+t5oql6K2m?= <alarm@example.com>\r\n\
             Subject: =?utf-8?b?56OB55uY5bCG5ruh?=\r\n\
             Message-ID: <m-1@example.com>\r\n\
             Auto-Submitted: auto-generated\r\n\
             To: =?UTF-8?B?5p2O6Zu3?= <li@example.com>, wang@example.com\r\n\
             MIME-Version: 1.0\r\n\
             Content-Type: text/plain; charset=utf-8\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n\
             5Ymp5L2ZIDUl\r\n"
        );
    }

    #[test]
    fn copies_and_answers_have_their_headers() {
        let cc = vec![Party::new("zhao@例子.cn").named("赵"), Party::new("qian@example.com")];
        let text = built(&Mail { cc, reply_to: vec![Party::new("ops@example.com").named("Ops, Team")], ..mail() });
        assert!(text.contains("\r\nCc: =?UTF-8?B?6LW1?= <zhao@xn--fsqu00a.cn>, qian@example.com\r\n"), "{text}");
        assert!(text.contains("\r\nReply-To: \"Ops, Team\" <ops@example.com>\r\n"), "{text}");
        assert!(Mail { cc: vec![Party::new("a..b@example.com")], ..mail() }.build().is_err());
    }

    #[test]
    fn what_looks_like_an_encoded_word_is_encoded() {
        let evil = "=?UTF-8?B?5p2O?=";
        let encoded = "=?UTF-8?B?PT9VVEYtOD9CPzVwMk8/PQ==?=";
        let mail = Mail {
            from: Party::new("alarm@example.com").named(evil),
            to: Shown::Listed(vec![Party::new("li@example.com").named(evil)]),
            subject: evil.into(),
            attachments: vec![Attachment { name: evil.into(), media_type: None, bytes: vec![1] }],
            ..mail()
        };
        let text = built(&mail);
        assert!(!text.contains(evil), "{text}");
        for line in [
            format!("From: {encoded} <alarm@example.com>"),
            format!("To: {encoded} <li@example.com>"),
            format!("Subject: {encoded}"),
            format!(" filename=\"{encoded}\""),
        ] {
            assert!(text.contains(&format!("\r\n{line}\r\n")), "{line} is not in {text}");
        }
        let plain = built(&Mail { subject: "a =? b".into(), ..mail });
        assert!(plain.contains("\r\nSubject: =?UTF-8?B?YSA9PyBi?=\r\n"), "{plain}");
    }

    #[test]
    fn html_alone_has_a_plain_part() {
        let html = |html: &str| built(&Mail { subject: "disk".into(), text: None, html: Some(html.into()), ..mail() });
        let text = html("<p>free: <a href=\"https://a.example/x\">5%</a></p>");
        assert!(text.contains("multipart/alternative"), "{text}");
        let plain = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\n";
        assert!(text.contains(&format!("{plain}free: 5% (https://a.example/x)\r\n")), "{text}");
        let picture = html("<img src=x>");
        assert!(picture.contains(&format!("{plain}disk\r\n")), "{picture}");
    }

    #[test]
    fn an_attachment_that_no_mail_can_carry_is_told_by_its_field() {
        let long = "长".repeat(86);
        for (name, media_type, field) in [
            ("", None, "name"),
            (" ", None, "name"),
            ("a\nb", None, "name"),
            (long.as_str(), None, "name"),
            ("a", Some("message/rfc822"), "media_type"),
            ("a", Some("Message/RFC822"), "media_type"),
            ("a", Some("multipart/mixed; boundary=x"), "media_type"),
            ("a", Some("nonsense"), "media_type"),
            ("a", Some(""), "media_type"),
            ("a", Some("text/html; name="), "media_type"),
            ("a", Some("text/html; name=a b.html"), "media_type"),
            ("a", Some("text/html; name=报告.html"), "media_type"),
            ("a", Some("text/html; name=\"报告.html\""), "media_type"),
            ("a", Some("text/html; name=\"a"), "media_type"),
            ("a.txt", Some("text/html; name=evil.exe"), "media_type"),
            ("a.txt", Some("text/html;charset=utf-8; NAME=\"a b.exe\""), "media_type"),
            ("a.txt", Some("text/html; name*=UTF-8''a.exe"), "media_type"),
            ("a.txt", Some("text/html; filename*0=a.exe"), "media_type"),
            ("a", Some("text/html;"), "media_type"),
            ("a", Some("text/html; charset"), "media_type"),
            ("a", Some("text/html; =x"), "media_type"),
            ("a", Some("text / html"), "media_type"),
            ("a", Some("text/html x"), "media_type"),
            ("a", Some("text/html, text/plain"), "media_type"),
            ("a", Some("text/plain\r\nX: y"), "media_type"),
        ] {
            assert_eq!(
                Attachment::check(name, media_type).map_err(|unfit| unfit.field),
                Err(field.into()),
                "{name} {media_type:?}"
            );
            let file = Attachment { name: name.into(), media_type: media_type.map(Into::into), bytes: vec![] };
            assert!(Mail { attachments: vec![file], ..mail() }.build().is_err());
        }
        for media_type in [
            None,
            Some("text/html; charset=utf-8"),
            Some("text/html;charset=utf-8; profile=\"a b.html\""),
            Some("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            Some("image/svg+xml"),
        ] {
            assert_eq!(Attachment::check(&"长".repeat(85), media_type), Ok(()), "{media_type:?}");
        }
    }

    #[test]
    fn a_neutral_mail_names_no_recipient() {
        let text = built(&Mail { to: Shown::Neutral, ..mail() });
        assert!(text.contains("To: undisclosed-recipients:;\r\n"), "{text}");
        assert!(!text.contains("li@example.com"));
    }

    #[test]
    fn no_line_is_too_long_however_many_get_it_and_however_long_the_subject() {
        let parties =
            (0..200).map(|n| Party::new(format!("user{n}@subdomain.example.com")).named("李雷".repeat(n % 40)));
        let to = Shown::Listed(parties.collect());
        for subject in ["s".repeat(1_200), "磁盘".repeat(400), format!("a {} b", "x".repeat(900)), "a b ".repeat(400)]
        {
            let text = built(&Mail { to: to.clone(), subject, ..mail() });
            let longest = text.split("\r\n").map(str::len).max();
            assert!(longest <= Some(200), "{longest:?}");
            assert_eq!(text.matches("@subdomain.example.com").count(), 200);
        }
        let quoted = shown_party("to", &Party::new("a@b.cn").named(r#"Li, "Lei" \"#)).unwrap();
        assert_eq!(quoted, r#""Li, \"Lei\" \\" <a@b.cn>"#);
    }

    #[test]
    fn text_html_and_files_nest() {
        let file =
            Attachment {
                name: "运行 报告.pdf".into(), media_type: Some("application/pdf".into()), bytes: vec![0; 90]
            };
        let mail = Mail { html: Some("<b>剩余</b>".into()), attachments: vec![file], ..mail() };
        let text = built(&mail);
        let at = |needle: &str| text.find(needle).unwrap_or_else(|| panic!("{needle} is not in {text}"));
        assert!(at("multipart/mixed") < at("multipart/alternative"));
        assert!(at("text/plain") < at("text/html"));
        assert!(at("text/html") < at("application/pdf"));
        assert!(text.contains(
            "Content-Disposition: attachment;\r\n \
             filename*=UTF-8''%E8%BF%90%E8%A1%8C%20%E6%8A%A5%E5%91%8A.pdf;\r\n \
             filename=\"=?UTF-8?B?6L+Q6KGMIOaKpeWRii5wZGY=?=\"\r\n"
        ));
        assert_eq!(built(&mail), text, "the same mail gives the same bytes");
    }

    #[test]
    fn a_boundary_that_occurs_in_the_text_is_not_used() {
        let mut mail = Mail { html: Some("x".into()), ..mail() };
        let first = mail.boundary("alt");
        mail.text = Some(format!("--{first}--\r\nforged"));
        assert_ne!(mail.boundary("alt"), first);
        mail.build().unwrap();
    }

    #[test]
    fn what_cannot_be_written_is_refused() {
        let bad = |change: fn(&mut Mail)| {
            let mut mail = mail();
            change(&mut mail);
            let fault = mail.build().unwrap_err();
            assert_eq!((fault.code(), fault.class().name()), ("request.invalid", "permanent"));
        };
        bad(|mail| mail.text = None);
        bad(|mail| mail.text = Some("a\0b".into()));
        bad(|mail| mail.from.address = "nobody".into());
        bad(|mail| mail.from.address = "a@b.com, c@d.com".into());
        bad(|mail| mail.message_id = "plain".into());
        bad(|mail| mail.message_id = "a b@c".into());
        bad(|mail| mail.date_ms = -1);
    }

    proptest! {
        #[test]
        fn no_value_from_outside_begins_a_line(
            before in "\\PC{0,40}", after in "\\PC{0,40}", which in 0..5, breaker in "\r\n|\r|\n|\0",
        ) {
            let evil = format!("{before}{breaker}{after}");
            let mut mail = mail();
            match which {
                0 => mail.subject = evil,
                1 => mail.from.name = Some(evil),
                2 => mail.to = Shown::Listed(vec![Party::new("li@example.com").named(evil)]),
                3 => mail.to = Shown::Listed(vec![Party::new(evil)]),
                _ => mail.attachments.push(Attachment { name: evil, media_type: None, bytes: vec![1] }),
            }
            prop_assert!(mail.build().is_err());
        }

        #[test]
        fn any_text_becomes_short_ascii_lines_and_no_new_header(
            subject in "\\PC{0,300}", name in "\\PC{0,60}", text in "[^\0]{0,400}", file in "f\\PC{0,59}",
        ) {
            let mut mail = mail();
            mail.subject = subject;
            mail.from.name = Some(name);
            mail.text = Some(text);
            mail.attachments.push(Attachment { name: file, media_type: None, bytes: vec![7; 300] });
            let bytes = built(&mail);
            prop_assert!(bytes.is_ascii());
            let stray = bytes.replace("\r\n", "").contains(['\r', '\n']);
            prop_assert!(!stray, "a bare CR or LF in {bytes:?}");
            prop_assert!(bytes.split("\r\n").all(|line| line.len() <= 998));
            let (head, _) = bytes.split_once("\r\n\r\n").unwrap();
            let names: Vec<_> = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t']))
                .map(|line| line.split(':').next().unwrap()).collect();
            let expected =
                ["Date", "From", "Subject", "Message-ID", "Auto-Submitted", "To", "MIME-Version", "Content-Type"];
            prop_assert_eq!(names, expected);
        }
    }
}
