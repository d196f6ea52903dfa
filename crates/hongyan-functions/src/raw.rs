//! `msg`: a message that the caller wrote in full. It is checked against `userId` and `recipient`, and completed
//! where the standards want more than the plugin did.

use crate::{ArgumentError, FunctionError, Kind, Profile, clock, compose};
use base64::{Engine, engine::general_purpose::STANDARD};
use hongyan_mail::{Mail, Party, Shown};

fn wrong(message: &str, advice: (&'static str, &'static str)) -> FunctionError {
    FunctionError::new(Kind::Argument, format!("sendEmail: {message}"), advice)
}

/// The message as it is handed to the server.
pub(crate) fn message(
    msg: &str,
    from: &str,
    recipients: &[String],
    profile: &Profile,
) -> Result<Vec<u8>, FunctionError> {
    let lines = msg.replace("\r\n", "\n").replace('\r', "\n");
    let lines = lines.trim_start_matches('\n');
    let (head, body) = lines.split_once("\n\n").unwrap_or((lines.trim_end_matches('\n'), ""));
    let fields = fields(head);
    let find =
        |name: &str| fields.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str());
    let sender = find("From").ok_or(ArgumentError::MsgWithoutFrom)?;
    if address(sender) != from {
        return Err(ArgumentError::MsgFrom.into());
    }
    let to = find("To").ok_or(ArgumentError::MsgWithoutTo)?;
    if !to.split(',').map(address).eq(recipients.iter().map(String::as_str)) {
        return Err(ArgumentError::MsgTo.into());
    }
    if profile.dangerous_raw_mail {
        return Ok(msg.as_bytes().to_vec());
    }
    if msg.contains('\0') {
        return Err(wrong("msg holds NUL", ("take it out", "请将其去掉")));
    }
    let mut out = String::with_capacity(msg.len() + 256);
    for (name, value) in &fields {
        if !name.bytes().all(|byte| byte.is_ascii_graphic()) || name.is_empty() {
            return Err(wrong(
                "msg begins with a line that is no header",
                ("headers first, then an empty line, then the text", "先写邮件头，空一行，再写正文"),
            ));
        }
        out.push_str(name);
        out.push_str(": ");
        out.push_str(&if value.is_ascii() { value.clone() } else { encoded(name, value)? });
        out.push_str("\r\n");
    }
    let has = |name: &str| find(name).is_some();
    complete(&mut out, from, has)?;
    let encode = !body.is_ascii()
        && !has("Content-Transfer-Encoding")
        && !find("Content-Type").is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("multipart/"));
    if encode {
        if !has("MIME-Version") {
            out.push_str("MIME-Version: 1.0\r\n");
        }
        if !has("Content-Type") {
            out.push_str("Content-Type: text/plain; charset=utf-8\r\n");
        }
        out.push_str("Content-Transfer-Encoding: base64\r\n\r\n");
        let text = STANDARD.encode(body.replace('\n', "\r\n"));
        for line in text.as_bytes().chunks(76) {
            out.extend(line.iter().copied().map(char::from));
            out.push_str("\r\n");
        }
    } else {
        if body.split('\n').any(|line| line.len() > 998) {
            return Err(wrong(
                "msg has a line of more than 998 bytes",
                ("break it, or give the text a transfer encoding", "请折行，或使用 base64 等传输编码"),
            ));
        }
        out.push_str("\r\n");
        out.push_str(&body.replace('\n', "\r\n"));
    }
    Ok(out.into_bytes())
}

/// Names and values, with folded lines as they were folded.
fn fields(head: &str) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in head.split('\n') {
        if line.starts_with([' ', '\t'])
            && let Some((_, value)) = fields.last_mut()
        {
            value.push_str("\r\n");
            value.push_str(line);
            continue;
        }
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        // A line without a colon keeps a sign that no name may have.
        let name = if line.contains(':') { name.trim_end().to_owned() } else { String::new() };
        fields.push((name, value.trim().to_owned()));
    }
    fields
}

/// The bare address of `Name <address>` or `address`.
fn address(party: &str) -> &str {
    let party = party.trim();
    party.rsplit_once('<').and_then(|(_, rest)| rest.strip_suffix('>')).unwrap_or(party).trim()
}

/// Date and Message-ID, as our own mails have them.
fn complete(out: &mut String, from: &str, has: impl Fn(&str) -> bool) -> Result<(), FunctionError> {
    let ours = head_of("x", from, None)?;
    for name in ["Date", "Message-ID"] {
        let line = ours.split("\r\n").find(|line| line.starts_with(name));
        if let (false, Some(line)) = (has(name), line) {
            out.push_str(line);
            out.push_str("\r\n");
        }
    }
    Ok(())
}

/// A header outside ASCII as encoded words, through the mail builder: subjects and names in front of addresses.
fn encoded(name: &str, value: &str) -> Result<String, FunctionError> {
    let unfolded = value.replace("\r\n", " ");
    if ["From", "To", "Cc", "Reply-To", "Sender"].iter().any(|own| own.eq_ignore_ascii_case(name)) {
        let parties: Result<Vec<_>, _> = unfolded
            .split(',')
            .map(|party| {
                let bare = address(party);
                let shown = party.trim().rsplit_once('<').map_or("", |(name, _)| name).trim().trim_matches('"');
                line_of("From", &head_of("x", bare, Some(shown))?)
            })
            .collect();
        return Ok(parties?.join(", "));
    }
    line_of("Subject", &head_of(&unfolded, "x@example.com", None)?)
}

fn line_of(name: &str, head: &str) -> Result<String, FunctionError> {
    let mut lines = head.split("\r\n").skip_while(|line| !line.starts_with(name));
    let first = lines.next().and_then(|line| line.split_once(": ")).map(|(_, value)| value.to_owned());
    let mut value = first.ok_or_else(|| wrong("a header of msg cannot be encoded", ("", "")))?;
    for folded in lines.take_while(|line| line.starts_with(' ')) {
        value.push_str("\r\n");
        value.push_str(folded);
    }
    Ok(value)
}

fn head_of(subject: &str, from: &str, name: Option<&str>) -> Result<String, FunctionError> {
    let mut party = Party::new(from);
    if let Some(name) = name {
        party = party.named(name);
    }
    let mail = Mail {
        from: party,
        to: Shown::Neutral,
        cc: Vec::new(),
        reply_to: Vec::new(),
        subject: subject.to_owned(),
        text: Some(String::new()),
        html: None,
        attachments: Vec::new(),
        date_ms: clock::now_ms(),
        message_id: compose::message_id(from),
    };
    let bytes = mail.build().map_err(|fault| wrong(fault.message(), ("", "")))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FROM: &str = "li@example.com";

    fn to() -> Vec<String> {
        vec!["a@example.com".into(), "b@example.com".into()]
    }

    fn written(msg: &str) -> Result<String, Option<ArgumentError>> {
        let bytes = message(msg, FROM, &to(), &Profile::safe()).map_err(|error| error.argument())?;
        Ok(String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn sender_and_recipients_must_be_those_of_the_call() {
        let good = "From: li@example.com\r\nTo: a@example.com,b@example.com\r\nSubject: s\r\n\r\ntext";
        assert!(written(good).is_ok());
        assert!(written("from:Li <li@example.com>\nTO:  A <a@example.com> , b@example.com\n\nx").is_ok());
        for (msg, expected) in [
            ("To: a@example.com,b@example.com\n\nx", ArgumentError::MsgWithoutFrom),
            ("From: li@example.com\n\nTo: a@example.com,b@example.com", ArgumentError::MsgWithoutTo),
            ("From: wang@example.com\nTo: a@example.com,b@example.com\n\nx", ArgumentError::MsgFrom),
            ("From: li@example.com\nTo: b@example.com,a@example.com\n\nx", ArgumentError::MsgTo),
            ("From: li@example.com\nTo: a@example.com\n\nx", ArgumentError::MsgTo),
            ("", ArgumentError::MsgWithoutFrom),
        ] {
            assert_eq!(written(msg), Err(Some(expected)), "{msg}");
        }
    }

    #[test]
    fn what_is_missing_is_added_and_what_is_there_stays() {
        let mail =
            written("From: li@example.com\nTo: a@example.com,b@example.com\nSubject: 主题\n\n正文\n第二行").unwrap();
        assert!(mail.is_ascii());
        for line in
            ["Date: ", "Message-ID: <", "MIME-Version: 1.0", "Content-Transfer-Encoding: base64", "Subject: =?utf-8?"]
        {
            assert!(mail.contains(&format!("\r\n{line}")), "{line} is not in {mail}");
        }
        let mail = written(
            "Date: Tue, 01 Dec 2026 02:00:00 +0000\nMessage-ID: <1@example.com>\nFrom: 李 <li@example.com>\n\
             To: a@example.com,\n b@example.com\nX-A: one\n two\n\n.text",
        )
        .unwrap();
        assert_eq!((mail.matches("Date:").count(), mail.matches("Message-ID:").count()), (1, 1));
        assert!(
            mail.contains("From: =?UTF-8?") && mail.contains("X-A: one\r\n two\r\n") && mail.ends_with("\r\n\r\n.text"),
            "{mail}"
        );
        assert!(mail.is_ascii());
    }

    #[test]
    fn a_line_that_is_no_header_is_refused() {
        let head = "From: li@example.com\nTo: a@example.com,b@example.com\n";
        assert_eq!(written(&format!("{head}no header\n\nx")), Err(None));
        assert_eq!(written(&format!("{head}\n{}", "x".repeat(999))), Err(None));
        assert_eq!(written(&format!("{head}\na\0b")), Err(None));
    }

    #[test]
    fn the_old_way_changes_nothing() {
        let msg = "From: li@example.com\r\nTo: a@example.com,b@example.com\r\nSubject: 主题\r\n\r\n正文";
        let mut profile = Profile::safe();
        profile.dangerous_raw_mail = true;
        assert_eq!(message(msg, FROM, &to(), &profile).unwrap(), msg.as_bytes());
    }
}
