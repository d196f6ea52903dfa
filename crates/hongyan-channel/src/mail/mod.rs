//! A mailbox as a channel.

mod config;

use crate::{published, render, table_view};
use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
pub use config::MailConfig;
use hongyan_core::{
    Address, AddressKind, Bilingual, Call, CallFile, Capabilities, Channel, Content, Dedup, FileUse, Flaw, Format,
    Group, Health, Mailbox, Naming, Outcome, Rate, Reason, RecipientState, Resolution, Target, TargetResult,
    TokenHealth, Unfit,
};
use hongyan_endpoint::{Class, ErrorCode, Fault, File, Invalid, bilingual, mail_address};
use hongyan_mail::{Attachment, Mail, Mailer, Party, SendFault, Shown};
use hongyan_text::Dialect;
use std::{borrow::Cow, time::Duration};

/// Recipients of one transaction. Servers must take 100 (RFC 5321); many providers take fewer.
const RECIPIENTS_PER_CALL: usize = 50;
/// Mails a minute: providers keep theirs secret and punish bursts.
const DEFAULT_RATE: Rate = Rate { max: 20, per: Duration::from_secs(60) };
/// Who can get a mail.
const MAILBOXES: [AddressKind; 3] = [AddressKind::Email, AddressKind::Cc, AddressKind::Bcc];
/// Every form but a platform's own.
const FORMATS: [Format; 11] = [
    Format::Text,
    Format::Markdown,
    Format::Html,
    Format::Image,
    Format::File,
    Format::Voice,
    Format::Video,
    Format::Link,
    Format::Card,
    Format::News,
    Format::Table,
];
/// The longest subject that is made of a text's first line, in characters.
const SUBJECT_CHARS: usize = 60;

/// A mailbox's connection to its server.
pub struct MailChannel {
    mailer: Mailer,
    from: Party,
    naming: Naming,
    capabilities: Capabilities,
}

impl MailChannel {
    /// Reads the secret and the authority's certificate and makes the channel.
    ///
    /// # Errors
    /// What is wrong, and with which key.
    pub fn open(config: &MailConfig) -> Result<Self, Invalid> {
        let mailer = config.mailer()?;
        let from = config.from.as_deref().or(config.username.as_deref()).ok_or_else(|| Invalid::missing("from"))?;
        let from = party(from).map_err(|why| {
            let why = bilingual!(
                "{from:?} is not of the form NAME <USER@HOST>: {why}";
                "{from:?} 不是 名称 <用户@域名> 的形式：{why:#}"
            );
            Invalid::unfit("from", why)
        })?;
        let (naming, group) = match (config.per_person, config.show_recipients) {
            (true, _) => (Naming::Each, Group::of(&MAILBOXES[..1], 1)),
            (false, true) => (Naming::Everybody, Group::of(&MAILBOXES, RECIPIENTS_PER_CALL)),
            (false, false) => (Naming::Nobody, Group::of(&MAILBOXES, RECIPIENTS_PER_CALL)),
        };
        Ok(Self {
            naming,
            capabilities: Capabilities {
                channel: "mail",
                groups: vec![group],
                looked_up: &[],
                formats: &FORMATS,
                attachments: true,
                dedup: Dedup::MessageId,
                receipts_for: None,
                recall_for: None,
                // One may go beside a transaction that hangs.
                concurrency: mailer.connections + 1,
                rates: vec![DEFAULT_RATE],
            },
            mailer: Mailer::new(mailer).map_err(|fault| {
                let key = if config.ca_file.is_some() { "ca_file" } else { "host" };
                Invalid::unfit(key, bilingual!("{fault}"; "不可用（{fault}）"))
            })?,
            from,
        })
    }

    /// The mail of a call: the same bytes at every attempt, but for the recipients that are left.
    fn mail(&self, call: &Call<'_>) -> Result<Mail, Fault> {
        // As it goes over the wire: a Message-ID is ASCII.
        let from = mail_address(&self.from.address).unwrap_or_default();
        let domain = from.rsplit_once('@').map_or("hongyan.invalid", |(_, domain)| domain);
        let content = call.content;
        let head = content.mail.as_deref();
        let written = markdown(content);
        let written = |dialect| written.as_deref().map(|source| hongyan_text::render(source, dialect));
        let mut attachments = attachments(content)?;
        let file = match call.file {
            Some(CallFile::Bytes(file)) => Some(file),
            // A platform's id says nothing to a mailbox.
            Some(CallFile::Id(_)) => return Err(Fault::ours("cannot_upload", "", Reason::error_code("cannot_upload"))),
            None => None,
        };
        attachments.extend(file.map(|file| Attachment {
            name: file.name.clone(),
            // A file that was handed in for any channel: what a mail cannot name is bytes to it.
            media_type: Some(file.media_type.clone()).filter(|kind| Attachment::check(&file.name, Some(kind)).is_ok()),
            bytes: file.bytes.clone(),
        }));
        let named = file.map(|file| content.title.clone().unwrap_or_else(|| file.name.clone()));
        Ok(Mail {
            from: self.from.clone(),
            to: self.shown(call),
            cc: head.map(|head| head.cc.iter().map(as_party).collect()).unwrap_or_default(),
            reply_to: head.and_then(|head| head.reply_to.as_ref()).map(as_party).into_iter().collect(),
            subject: named.clone().unwrap_or_else(|| subject(content)),
            text: content.text.clone().or_else(|| written(Dialect::Plain)).or(named),
            html: content.html.clone().or_else(|| written(Dialect::Html)),
            attachments,
            date_ms: call.made_at.millis(),
            message_id: format!("{}@{domain}", call.id),
        })
    }
}

impl MailChannel {
    /// What `To` names: recipients of one notice need not know of each other, unless the account says so.
    fn shown(&self, call: &Call<'_>) -> Shown {
        let kept = call.content.mail.as_deref().map_or(&[][..], |head| &head.to);
        match (self.naming, kept, call.targets) {
            (Naming::Everybody, [_, ..], _) => Shown::Listed(kept.iter().map(as_party).collect()),
            // Whoever of the others is left to be written to, the mail is the one's.
            (Naming::Nobody, [only], _) => Shown::Listed(vec![as_party(only)]),
            (_, _, [only]) if only.address.kind == AddressKind::Email => {
                let known = kept.iter().find(|mailbox| mailbox.email == only.address.value);
                Shown::Listed(vec![known.map_or_else(|| Party::new(only.wire_id().into_owned()), as_party)])
            }
            _ => Shown::Neutral,
        }
    }
}

/// A mailbox as a head names it.
fn as_party(mailbox: &Mailbox) -> Party {
    Party { name: mailbox.name.clone(), address: mailbox.email.clone() }
}

/// What a content says, as CommonMark; `None` for plain text, HTML and files.
fn markdown(content: &Content) -> Option<Cow<'_, str>> {
    match (&content.markdown, &content.link, &content.card, &content.news) {
        (Some(markdown), ..) => Some(Cow::Borrowed(markdown.as_str())),
        (_, Some(link), ..) => Some(Cow::Owned(render::page(link))),
        (_, _, Some(card), _) => Some(Cow::Owned(render::linked(card))),
        (_, _, _, Some(news)) => Some(Cow::Owned(render::pages(news))),
        _ => None,
    }
}

/// The title, else the first page's, else the text's first line.
fn subject(content: &Content) -> String {
    let page = content.link.as_ref().or_else(|| content.news.as_ref()?.first());
    match &content.title {
        Some(title) => title.clone(),
        None => {
            let text = content.text.as_deref().or(page.map(|page| page.title.as_str())).unwrap_or_default();
            let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
            line.chars().filter(|c| !c.is_control()).take(SUBJECT_CHARS).collect()
        }
    }
}

fn attachments(content: &Content) -> Result<Vec<Attachment>, Fault> {
    let decode = |(i, file): (usize, &hongyan_core::Attachment)| {
        let bytes = STANDARD
            .decode(&file.base64)
            .map_err(|error| Fault::transport("request.invalid", format!("attachments[{i}].base64: {error}")))?;
        Ok(Attachment { name: file.name.clone(), media_type: file.media_type.clone(), bytes })
    };
    content.attachments.iter().enumerate().map(decode).collect()
}

/// `Name <user@host>`, or the address alone.
fn party(text: &str) -> Result<Party, Bilingual> {
    let (name, address) = match text.trim().strip_suffix('>').and_then(|rest| rest.rsplit_once('<')) {
        Some((name, address)) => (Some(name.trim().trim_matches('"').to_owned()), address.trim()),
        None => (None, text.trim()),
    };
    mail_address(address)?;
    Ok(Party { name: name.filter(|name| !name.is_empty()), address: address.to_owned() })
}

/// One refused `RCPT`: a passing reason puts the recipient off, a lasting one refuses them.
fn refused(targets: &[Target], refused: &[(usize, Fault)]) -> Vec<TargetResult> {
    let result = |(at, fault): &(usize, Fault)| {
        let state = match fault.class() {
            Class::Retryable { .. } | Class::Throttled { .. } => RecipientState::Pending,
            _ => RecipientState::Refused,
        };
        Some(TargetResult { index: targets.get(*at)?.index, state, reason: Some(Reason::of(fault)) })
    };
    refused.iter().filter_map(result).collect()
}

#[async_trait]
impl Channel for MailChannel {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn parts<'a>(&self, content: &'a Content, suffix: &str) -> Result<Vec<Cow<'a, Content>>, Unfit> {
        let wrong = |fault: Fault| Unfit::new("attachments", Flaw::Unfit(Bilingual::read_from(fault.message())));
        for (i, file) in content.attachments.iter().enumerate() {
            Attachment::check(&file.name, file.media_type.as_deref()).map_err(|unfit| {
                let field = format!("attachments[{i}].{}", unfit.field);
                unfit.at(field)
            })?;
        }
        attachments(content).map_err(wrong)?;
        if let Some(table) = &content.table {
            return Ok(vec![Cow::Owned(table_view::mail(content, table, suffix))]);
        }
        Ok(vec![render::suffixed(content, suffix)])
    }

    fn words(&self, part: &Content, _to: &[Address]) -> Option<String> {
        let written = || Some(hongyan_text::render(&markdown(part)?, Dialect::Plain));
        part.text.clone().or_else(written).or_else(|| part.html.clone())
    }

    async fn resolve(&self, addresses: &[Address]) -> Result<Vec<Resolution>, Fault> {
        Ok(vec![Resolution::Itself; addresses.len()])
    }

    async fn deliver(&self, call: &Call<'_>) -> Outcome {
        let mime = match self.mail(call).and_then(|mail| mail.build()) {
            Ok(mime) => mime,
            Err(fault) => return Outcome::failed(fault),
        };
        let recipients: Vec<_> = call.targets.iter().map(Target::wire_id).collect();
        let recipients: Vec<&str> = recipients.iter().map(AsRef::as_ref).collect();
        match self.mailer.send(&self.from.address, &recipients, &mime).await {
            Ok(sent) => Outcome::Taken { handle: None, exceptions: refused(call.targets, &sent.refused) },
            Err(SendFault { fault, refused: each }) => {
                Outcome::Failed { fault, exceptions: refused(call.targets, &each) }
            }
        }
    }

    fn file_use(&self, _form: Format) -> FileUse {
        FileUse::Carry
    }

    fn naming(&self) -> Option<Naming> {
        Some(self.naming)
    }

    fn check_file(&self, _form: Format, file: &File) -> Result<(), Unfit> {
        Attachment::check(&file.name, None)
    }

    async fn probe(&self) -> Result<(), Fault> {
        self.mailer.probe().await
    }

    fn probe_only_reads(&self) -> bool {
        true
    }

    fn health(&self) -> Health {
        Health { token: TokenHealth::NotUsed }
    }

    fn explain(&self, code: &str) -> Option<&'static ErrorCode> {
        hongyan_mail::error_code(code).or_else(|| published::explain_ours(code))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> Result<MailChannel, String> {
        let open = |config: &MailConfig| MailChannel::open(config).map_err(|invalid| invalid.to_string());

        open(&serde_json::from_str(text).map_err(|e| e.to_string())?)
    }

    #[test]
    fn a_provider_gives_what_is_left_out() {
        assert!(config(r#"{"provider":"qq","username":"a@qq.com","password":"x"}"#).is_ok());
        assert!(config(r#"{"username":"a@163.com","password":"x"}"#).is_ok(), "by the login's domain");
        assert!(config(r#"{"provider":"pigeon","from":"a@b"}"#).err().unwrap().contains("qq"));
        assert!(config(r#"{"from":"a@b"}"#).err().unwrap().contains("host"));
        assert!(config(r#"{"host":"h","from":"nobody"}"#).err().unwrap().contains("from"));
        assert!(config(r#"{"host":"h","from":"a..b@c.cn"}"#).err().unwrap().contains("dot"));
        let both = config(r#"{"host":"h","from":"a@b.cn","show_recipients":true,"per_person":true}"#);
        assert!(both.err().unwrap().contains("per_person"));
    }

    #[test]
    fn one_mail_more_than_there_are_connections_may_be_under_way() {
        for (key, connections) in [("", 1), (r#","connections":3"#, 3)] {
            let channel = config(&format!(r#"{{"host":"h","from":"a@b.cn"{key}}}"#)).unwrap();
            // It waits for a connection, or is at work beside a transaction that hangs.
            assert_eq!(channel.capabilities().concurrency, connections + 1);
        }
    }

    #[test]
    fn the_head_names_whom_it_may_and_stays_the_same_whoever_is_left() {
        let li = r#"{"email":"li@example.com","name":"李雷"}"#;
        let wang = r#"{"email":"wang@example.com"}"#;
        let target = |kind, value: &str| Target { index: 0, address: Address::new(kind, value), resolved: None };
        let (to_li, to_wang) =
            (target(AddressKind::Email, "li@example.com"), target(AddressKind::Email, "wang@example.com"));
        let copy = target(AddressKind::Cc, "zhao@example.com");
        let shown = |key: &str, to: &str, targets: &[Target]| {
            let channel = config(&format!(r#"{{"host":"h","from":"a@example.com"{key}}}"#)).unwrap();
            let mail = format!(r#"{{"text":"x","mail":{{"to":[{to}],"cc":[{{"email":"zhao@example.com"}}]}}}}"#);
            let content: Content = serde_json::from_str(&mail).unwrap();
            let id = hongyan_core::DeliveryId { message: hongyan_core::MessageId::from_raw(1), number: 1 };
            let made_at = hongyan_core::Time::from_millis(0);
            let mail = channel.mail(&Call { id, content: &content, file: None, targets, made_at }).unwrap();
            assert_eq!(mail.cc.len(), 1);
            match mail.to {
                Shown::Neutral => String::new(),
                Shown::Listed(list) => list.iter().map(|one| one.address.as_str()).collect::<Vec<_>>().join(" "),
            }
        };
        let (both, all) = (format!("{li},{wang}"), r#","show_recipients":true"#);
        let everybody = "li@example.com wang@example.com";
        for (key, to, targets, expected) in [
            (all, both.as_str(), vec![to_li.clone(), to_wang.clone(), copy.clone()], everybody),
            (all, &both, vec![copy.clone()], everybody),
            (all, &both, vec![to_wang.clone()], everybody),
            ("", &both, vec![to_li.clone(), to_wang.clone()], ""),
            ("", li, vec![to_li.clone(), copy.clone()], "li@example.com"),
            ("", li, vec![copy.clone()], "li@example.com"),
            ("", "", vec![copy], ""),
            (r#","per_person":true"#, &both, vec![to_wang], "wang@example.com"),
        ] {
            assert_eq!(shown(key, to, &targets), expected, "{key} {to}");
        }
    }

    #[test]
    fn the_subject_is_the_title_or_the_first_line() {
        let text = |title: Option<&str>, text: &str| {
            subject(&Content { title: title.map(Into::into), text: Some(text.into()), ..Content::default() })
        };
        assert_eq!(text(Some("标题"), "a"), "标题");
        assert_eq!(text(None, "\n  first \nsecond"), "first");
    }

    #[test]
    fn a_passing_refusal_puts_off_and_a_lasting_one_refuses() {
        let target = Target { index: 7, address: Address::new(AddressKind::Email, "a@b"), resolved: None };
        let of =
            |class| refused(std::slice::from_ref(&target), &[(0, Fault::refused("450", "", None).with_class(class))]);
        assert_eq!(of(Class::RETRY)[0].state, RecipientState::Pending);
        assert_eq!(of(Class::Permanent)[0].state, RecipientState::Refused);
        assert_eq!(of(Class::Permanent)[0].index, 7);
    }

    #[test]
    fn markdown_becomes_html_and_plain_text() {
        let channel = config(r#"{"host":"h","from":"a@example.com"}"#).unwrap();
        let markdown = "**磁盘** [看板](https://example.com) <script>".to_owned();
        let content = Content { title: Some("t".into()), markdown: Some(markdown), ..Content::default() };
        let id = hongyan_core::DeliveryId { message: hongyan_core::MessageId::from_raw(1), number: 1 };
        let call =
            Call { id, content: &content, file: None, targets: &[], made_at: hongyan_core::Time::from_millis(0) };
        let mail = channel.mail(&call).unwrap();
        assert_eq!(mail.text.as_deref(), Some("磁盘 看板 (https://example.com) <script>"));
        let html = mail.html.unwrap();
        assert!(html.contains("<strong>磁盘</strong> <a href=\"https://example.com\">看板</a> &lt;script"), "{html}");
    }

    #[test]
    fn pages_cards_and_files_become_words_and_attachments() {
        let channel = config(r#"{"host":"h","from":"a@example.com"}"#).unwrap();
        let mail = |content: &str, file: Option<&hongyan_endpoint::File>| {
            let content: Content = serde_json::from_str(content).unwrap();
            let id = hongyan_core::DeliveryId { message: hongyan_core::MessageId::from_raw(1), number: 1 };
            let made_at = hongyan_core::Time::from_millis(0);
            let file = file.map(CallFile::Bytes);
            channel.mail(&Call { id, content: &content, file, targets: &[], made_at }).unwrap()
        };
        let link = mail(r#"{"link":{"title":"看板","text":"磁盘","url":"https://a.example/x"}}"#, None);
        assert_eq!((link.subject.as_str(), link.text.as_deref()), ("看板", Some("看板 (https://a.example/x)\n\n磁盘")));
        assert!(link.html.unwrap().contains(r#"<a href="https://a.example/x">看板</a>"#));
        let card = r#"{"title":"审批","card":{"markdown":"**请假**","buttons":[{"title":"同意","url":"https://a.example/y"}]}}"#;
        assert!(mail(card, None).html.unwrap().contains("同意</a>"));
        let news =
            r#"{"news":[{"title":"一","url":"https://a.example/1"},{"title":"二","url":"https://a.example/2"}]}"#;
        assert_eq!(mail(news, None).subject, "一");

        let file =
            hongyan_endpoint::File { name: "日报.png".into(), media_type: "image/png".into(), bytes: vec![1, 2] };
        let picture = mail(r#"{"image":{"media":"f1"}}"#, Some(&file));
        assert_eq!((picture.subject.as_str(), picture.text.as_deref()), ("日报.png", Some("日报.png")));
        let attached = &picture.attachments[0];
        assert_eq!((attached.name.as_str(), attached.media_type.as_deref()), ("日报.png", Some("image/png")));
        assert_eq!(mail(r#"{"title":"今日","file":{"media":"f1"}}"#, Some(&file)).subject, "今日");
    }
}
