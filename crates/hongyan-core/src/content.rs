//! What a message says: exactly one form of content.

use crate::{Bilingual, Flaw, Mailbox, Table, Unfit, bilingual};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a message says. Exactly one of `text`, `markdown`, `html`, `image`, `file`, `voice`, `video`, `link`, `card`,
/// `news`, `table`, `template`, `native`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// Title: the mail's subject, a card's head line, a video's caption.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Plain text; beside a table, the words before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Markdown; needs a `title`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub markdown: Option<String>,
    /// HTML, for mail; needs a `title`. A `text` beside it is the plain part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
    /// A picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<Media>,
    /// A file to be opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<Media>,
    /// A spoken message (AMR); DingTalk wants its `seconds`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voice: Option<Media>,
    /// A film (MP4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub video: Option<Media>,
    /// A page with a few words about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<Link>,
    /// Words with buttons; needs a `title`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<Card>,
    /// Several pages at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub news: Option<Vec<Link>>,
    /// Rows and columns: shown as far as a channel can, the whole in a file beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<Box<Table>>,
    /// Files, for mail.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// The name of a configured template, filled with `data`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// Values for the template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
    /// A platform's own message object (DingTalk `msg`, WeCom `msgtype` and its object), checked against its limits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub native: Option<Value>,
    /// Set on a `native` that came by the platform's own path, and by nobody's wish: it goes out as it came, whatever
    /// hongyan knows of the platform's limits. Holds what the request said beside the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    pub given: Option<serde_json::Map<String, Value>>,
    /// What hongyan keeps for the heads of its mails once it is accepted; not to be given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    pub mail: Option<Box<MailHead>>,
}

/// Whom a mail's head names. The same for all deliveries and attempts of a message, whoever of them is left.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailHead {
    /// The mailboxes of `to`, where an account may name them; empty where none does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<Mailbox>,
    /// Those that get a copy for all to see.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cc: Vec<Mailbox>,
    /// Where answers go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Mailbox>,
}

/// The file of a message: exactly one of `media`, `base64`, `media_id`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Media {
    /// A file handed in by `POST /v1/media`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media: Option<String>,
    /// The bytes themselves, in standard base64; needs a `name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base64: Option<String>,
    /// The platform's own id for a file that was uploaded to this account's application.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_id: Option<String>,
    /// File name as the receiver sees it, beside `base64`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How long a voice is, in seconds: 1 to 59.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "whole_number")]
    pub seconds: Option<u32>,
}

/// A whole number, also as `1.0`: to JSON they are the same.
fn whole_number<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<u32>, D::Error> {
    let Some(number) = Option::<f64>::deserialize(from)? else { return Ok(None) };
    let fits = (0.0..=f64::from(u32::MAX)).contains(&number) && number.fract() == 0.0;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is a whole number within the bounds"
    )]
    let value = fits.then_some(number as u32);
    value.map(Some).ok_or_else(|| serde::de::Error::invalid_type(serde::de::Unexpected::Float(number), &"u32"))
}

/// A page with a few words about it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// Head line.
    pub title: String,
    /// What it is about.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// The page: `http` or `https`.
    pub url: String,
    /// A picture's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
}

/// Words with one or several buttons.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// Markdown.
    pub markdown: String,
    /// At least one. One alone is the whole card's.
    pub buttons: Vec<Button>,
}

/// A button that opens a page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Button {
    /// What it says.
    pub title: String,
    /// The page: `http` or `https`.
    pub url: String,
}

/// A file that travels with a mail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    /// File name as the receiver sees it; any language.
    pub name: String,
    /// Media type; `application/octet-stream` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// The bytes, in standard base64.
    pub base64: String,
}

macro_rules! formats {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal),* $(,)?) => {
        /// The forms of [`Content`], once templates are filled.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum Format { $($(#[doc = $doc])+ $variant),* }

        impl Format {
            /// Every form.
            pub const EVERY: &[Self] = &[$(Self::$variant),*];

            /// As in JSON, and the field of [`Content`].
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }
        }
    };
}

formats! {
    /// `text`.
    Text = "text",
    /// `title` and `markdown`.
    Markdown = "markdown",
    /// `title` and `html`.
    Html = "html",
    /// `image`.
    Image = "image",
    /// `file`.
    File = "file",
    /// `voice`.
    Voice = "voice",
    /// `video`.
    Video = "video",
    /// `link`.
    Link = "link",
    /// `title` and `card`.
    Card = "card",
    /// `news`.
    News = "news",
    /// `table`, with `title` and `text` where they are given.
    Table = "table",
    /// `native`.
    Native = "native",
}

/// Whether a content still waits for its template.
#[derive(Debug, Clone, PartialEq)]
pub enum Templated<'a> {
    /// Ready to be planned.
    Ready(Format),
    /// To be filled from this template first.
    Template(&'a str),
}

impl Content {
    /// Which form it has.
    ///
    /// # Errors
    /// [`Unfit`], relative to `content`, when there is not exactly one form or a companion is missing.
    pub fn form(&self) -> Result<Templated<'_>, Unfit> {
        let forms = self.forms();
        if let [first, second, ..] = forms[..] {
            let second = second.unwrap_or("template");
            let first = first.unwrap_or("template");
            let why = bilingual!(
                "{first} and {second} cannot stand together: give one form";
                "{first} 与 {second} 不能同时出现：只给一种形式"
            );
            return Err(Unfit::new(second, Flaw::Unfit(why)));
        }
        if self.mail.is_some() {
            return Err(unfit("mail", "is hongyan's own: leave it out", "由鸿雁自用：请不要填写"));
        }
        if self.data.is_some() && self.template.is_none() {
            return Err(unfit("data", "only a template takes data", "只有模板才带 data"));
        }
        self.check_words()?;
        let form = match forms.first() {
            Some(None) => return Ok(Templated::Template(self.template.as_deref().unwrap_or_default())),
            Some(Some(name)) => Format::EVERY.iter().copied().find(|form| form.name() == *name),
            None => None,
        };
        let Some(form) = form else {
            let names: Vec<&str> = Format::EVERY.iter().map(|form| form.name()).collect();
            let (en, zh) = (names.join(", "), names.join("、"));
            let why = bilingual!("one of {en}, template is expected"; "应给出 {zh}、template 之一");
            return Err(Unfit::new("", Flaw::Unfit(why)));
        };
        if matches!(form, Format::Markdown | Format::Html | Format::Card) && self.title.is_none() {
            let form = form.name();
            let why = bilingual!("is needed beside {form}"; "与 {form} 一起时必填");
            return Err(Unfit::new("title", Flaw::Unfit(why)));
        }
        match form {
            Format::Native if !matches!(self.native, Some(Value::Object(_))) => {
                return Err(unfit("native", "is not an object", "不是对象"));
            }
            Format::Link => self.link.iter().try_for_each(|link| link.check("link"))?,
            Format::News => check_news(self.news.as_deref().unwrap_or_default())?,
            Format::Card => self.card.iter().try_for_each(Card::check)?,
            Format::Table => self.table.iter().try_for_each(|table| table.check())?,
            _ => {}
        }
        if let Some((_, media)) = self.media() {
            media.check(form.name())?;
        }
        Ok(Templated::Ready(form))
    }

    /// The file that it shows or carries, by form. A table's is a file.
    #[must_use]
    pub fn media(&self) -> Option<(Format, &Media)> {
        let files = [
            (Format::Image, &self.image),
            (Format::File, &self.file),
            (Format::Voice, &self.voice),
            (Format::Video, &self.video),
        ];
        let kept = || Some((Format::File, self.table.as_ref()?.kept.as_ref()?.file.as_ref()?));
        files.into_iter().find_map(|(form, media)| Some((form, media.as_ref()?))).or_else(kept)
    }

    /// As [`Self::media`], to be changed.
    pub fn media_mut(&mut self) -> Option<&mut Media> {
        let kept = self.table.as_mut().and_then(|table| table.kept.as_mut()?.file.as_mut());
        let files = [&mut self.image, &mut self.file, &mut self.voice, &mut self.video];
        files.into_iter().find_map(Option::as_mut).or(kept)
    }

    /// The forms that are given; `None` stands for a template. A text beside HTML is its plain part,
    /// beside a table the words before it.
    fn forms(&self) -> Vec<Option<&'static str>> {
        let given = [
            ("text", self.text.is_some() && self.html.is_none() && self.table.is_none()),
            ("html", self.html.is_some()),
            ("markdown", self.markdown.is_some()),
            ("image", self.image.is_some()),
            ("file", self.file.is_some()),
            ("voice", self.voice.is_some()),
            ("video", self.video.is_some()),
            ("link", self.link.is_some()),
            ("card", self.card.is_some()),
            ("news", self.news.is_some()),
            ("table", self.table.is_some()),
        ];
        let mut forms: Vec<_> = given.iter().filter(|(_, given)| *given).map(|(name, _)| Some(*name)).collect();
        if self.template.is_some() {
            forms.push(None);
        }
        if self.native.is_some() {
            forms.push(Some("native"));
        }
        forms
    }

    fn check_words(&self) -> Result<(), Unfit> {
        for (name, text) in [("text", &self.text), ("markdown", &self.markdown), ("html", &self.html)] {
            if let Some(text) = text {
                check_text(name, text)?;
            }
        }
        if self.title.as_deref().is_some_and(|t| t.trim().is_empty() || t.chars().any(char::is_control)) {
            return Err(unfit(
                "title",
                "is empty, or holds a line break or another control character",
                "为空，或含有换行等控制字符",
            ));
        }
        Ok(())
    }
}

fn unfit(field: &str, en: &'static str, zh: &'static str) -> Unfit {
    Unfit::new(field, Flaw::unfit((en, zh)))
}

fn check_text(field: &'static str, text: &str) -> Result<(), Unfit> {
    if text.trim().is_empty() {
        return Err(Unfit::new(field, Flaw::Empty));
    }
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(unfit(field, "holds a control character", "含有控制字符"));
    }
    Ok(())
}

fn check_url(field: &'static str, what: impl Into<Bilingual>, url: &str) -> Result<(), Unfit> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    if rest.is_none_or(str::is_empty) || url.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(unfit(field, "is not an http or https address", "不是 http 或 https 地址").of(what));
    }
    Ok(())
}

/// WeCom's limit, which is the narrowest.
const MOST_NEWS: usize = 8;
/// WeCom's limit on a card's buttons.
const MOST_BUTTONS: usize = 6;

fn check_news(links: &[Link]) -> Result<(), Unfit> {
    if links.is_empty() || links.len() > MOST_NEWS {
        return Err(Unfit::new("news", Flaw::Count { count: links.len(), min: 1, max: MOST_NEWS }));
    }
    links.iter().try_for_each(|link| link.check("news"))
}

impl Link {
    fn check(&self, field: &'static str) -> Result<(), Unfit> {
        check_text(field, &self.title).map_err(|unfit| unfit.of(("title", "title")))?;
        if self.text.chars().any(|c| c.is_control() && c != '\n') {
            return Err(unfit(field, "holds a control character", "含有控制字符").of(("text", "text")));
        }
        check_url(field, ("url", "url"), &self.url)?;
        self.picture.iter().try_for_each(|picture| check_url(field, ("picture", "picture"), picture))
    }
}

impl Card {
    fn check(&self) -> Result<(), Unfit> {
        check_text("card", &self.markdown).map_err(|unfit| unfit.of(("markdown", "markdown")))?;
        if self.buttons.is_empty() || self.buttons.len() > MOST_BUTTONS {
            let flaw = Flaw::Count { count: self.buttons.len(), min: 1, max: MOST_BUTTONS };
            return Err(Unfit::new("card", flaw).of(("buttons", "buttons")));
        }
        for button in &self.buttons {
            check_text("card", &button.title).map_err(|unfit| unfit.of(("a button's title", "按钮的 title")))?;
            check_url("card", ("a button's url", "按钮的 url"), &button.url)?;
        }
        Ok(())
    }
}

impl Media {
    fn check(&self, field: &'static str) -> Result<(), Unfit> {
        let given = [&self.media, &self.base64, &self.media_id].into_iter().flatten();
        match given.clone().count() {
            1 if given.into_iter().all(|text| !text.is_empty()) => {}
            _ => {
                let (en, zh) =
                    ("needs exactly one of media, base64, media_id", "须给出 media、base64、media_id 中恰好一个");
                return Err(unfit(field, en, zh));
            }
        }
        match &self.name {
            Some(name) if name.trim().is_empty() || name.contains(|c: char| c.is_control() || "/\\\"".contains(c)) => {
                let (en, zh) =
                    ("is empty, or holds a control character, a slash or a quote", "为空，或含有控制字符、斜杠或引号");
                return Err(unfit(field, en, zh).of(("name", "name")));
            }
            None if self.base64.is_some() => {
                return Err(unfit(field, "needs a name beside base64", "与 base64 一起时须给出 name"));
            }
            _ => {}
        }
        match self.seconds {
            Some(_) if field != "voice" => Err(unfit(field, "only a voice has seconds", "只有 voice 才有 seconds")),
            Some(0 | 60..) => {
                Err(unfit(field, "is not between 1 and 59", "不在 1 至 59 之间").of(("seconds", "seconds")))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(text: &str) -> Result<String, &'static str> {
        let content: Content = serde_json::from_str(text).unwrap();
        content.form().map(|form| format!("{form:?}")).map_err(|unfit| &*unfit.field.leak())
    }

    #[test]
    fn exactly_one_form_is_taken() {
        assert_eq!(form(r#"{"text":"a"}"#).unwrap(), "Ready(Text)");
        assert_eq!(form(r#"{"title":"t","markdown":"a"}"#).unwrap(), "Ready(Markdown)");
        assert_eq!(form(r#"{"title":"t","html":"<p>","text":"a"}"#).unwrap(), "Ready(Html)");
        assert_eq!(form(r#"{"template":"x","data":{}}"#).unwrap(), "Template(\"x\")");
        assert_eq!(form("{}"), Err(""));
        assert_eq!(form(r#"{"text":"a","markdown":"b","title":"t"}"#), Err("markdown"));
        assert_eq!(form(r#"{"markdown":"b"}"#), Err("title"));
        assert_eq!(form(r#"{"text":"  "}"#), Err("text"));
        assert_eq!(form(r#"{"text":"a\u0007"}"#), Err("text"));
        assert_eq!(form(r#"{"text":"a","title":"b\r\nBcc: x"}"#), Err("title"));
        assert_eq!(form(r#"{"text":"a","data":{}}"#), Err("data"));
        assert_eq!(form(r#"{"native":"a"}"#), Err("native"));
        assert_eq!(form(r#"{"template":"x","text":"a"}"#), Err("template"));
        assert_eq!(form(r#"{"text":"a","mail":{"cc":[{"email":"a@b.cn"}]}}"#), Err("mail"));
        assert_eq!(form(r#"{"image":{"media":"f1"}}"#).unwrap(), "Ready(Image)");
        assert_eq!(form(r#"{"voice":{"media_id":"@l","seconds":10}}"#).unwrap(), "Ready(Voice)");
        assert_eq!(form(r#"{"news":[{"title":"t","url":"https://example.com"}]}"#).unwrap(), "Ready(News)");
        let card = r#"{"title":"t","card":{"markdown":"b","buttons":[{"title":"ok","url":"http://a"}]}}"#;
        assert_eq!(form(card).unwrap(), "Ready(Card)");
        assert_eq!(form(r#"{"text":"a","table":{"csv":"x"}}"#).unwrap(), "Ready(Table)");
        assert_eq!(form(r#"{"table":{"columns":["x"],"rows":[[1]]}}"#).unwrap(), "Ready(Table)");
        assert_eq!(form(r#"{"markdown":"a","title":"t","table":{"csv":"x"}}"#), Err("table"));
    }

    #[test]
    fn what_a_form_needs_is_asked_for() {
        for (text, field) in [
            (r#"{"image":{}}"#, "image"),
            (r#"{"image":{"media":"f1","media_id":"@l"}}"#, "image"),
            (r#"{"image":{"base64":"AA=="}}"#, "image"),
            (r#"{"image":{"media":"f1","seconds":3}}"#, "image"),
            (r#"{"voice":{"media":"f1","seconds":60}}"#, "voice"),
            (r#"{"file":{"base64":"AA==","name":"../a"}}"#, "file"),
            (r#"{"link":{"title":"t","url":"javascript:alert(1)"}}"#, "link"),
            (r#"{"link":{"title":" ","url":"https://example.com"}}"#, "link"),
            (r#"{"news":[]}"#, "news"),
            (r#"{"table":{}}"#, "table"),
            (r#"{"table":{"rows":[]}}"#, "table"),
            (r#"{"table":{"csv":"a","records":[]}}"#, "table"),
            (r#"{"table":{"csv":"a","kept":{"total":3}}}"#, "table"),
            (r#"{"card":{"markdown":"b","buttons":[{"title":"ok","url":"http://a"}]}}"#, "title"),
            (r#"{"title":"t","card":{"markdown":"b","buttons":[]}}"#, "card"),
            (r#"{"image":{"media":"f1"},"link":{"title":"t","url":"https://example.com"}}"#, "link"),
        ] {
            assert_eq!(form(text), Err(field), "{text}");
        }
    }
}
