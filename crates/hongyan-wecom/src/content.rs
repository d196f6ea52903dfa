//! What a message holds: one type per kind of content, and what the platform refuses of it.
//!
//! The same kinds go to members (`message/send`), chats (`appchat/send`) and robots (`webhook/send`) under different
//! limits: [`Place`] says which. Requests keep their content as a free map, so that a kind we do not know passes
//! through; [`Content::to_map`] writes that map and [`check`] reads it. Units are bytes of UTF-8 unless a field says
//! otherwise. What the platform silently cuts (long texts and titles) is no fault here: splitting is the planner's work.
//!
//! ```
//! use hongyan_wecom::content::{self, Content, Markdown, Place};
//! let content = Content::Markdown(Markdown { content: "**离线**".repeat(300) });
//! assert_eq!(content.check(Place::App).unwrap_err().code, "45002");
//! assert!(content.check(Place::Robot).is_ok());
//! assert!(content::check(Place::Robot, content.msgtype(), &content.to_map()).is_ok());
//! ```

mod card;

pub use card::{
    ActionMenu, Button, Card, CardAction, CardImage, Checkbox, Choice, Emphasis, Horizontal, ImageText, Jump, MenuItem,
    QuoteArea, Selection, Source, SubmitButton, Title, Vertical, VoteOption,
};

use crate::{appchat::SendChat, message::SendMessage, webhook::SendWebhook};
use hongyan_endpoint::{Endpoint, Flaw, Spec, lenient};
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

/// Where a content goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// `message/send`.
    App,
    /// `appchat/send`.
    Chat,
    /// `webhook/send`.
    Robot,
}

impl Place {
    /// The operation that sends there.
    fn spec(self) -> &'static Spec {
        match self {
            Self::App => &SendMessage::SPEC,
            Self::Chat => &SendChat::SPEC,
            Self::Robot => &SendWebhook::SPEC,
        }
    }
}

/// What the platform refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message} ({code})")]
pub struct Unfit {
    /// The platform's code.
    pub code: &'static str,
    /// Dotted path of the field in the request.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
}

impl Unfit {
    /// One refusal.
    #[must_use]
    pub fn new(code: &'static str, field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code, field: field.into(), message: message.into() }
    }
}

/// The refusal of a message without a type.
pub(crate) const NO_TYPE: (&str, &str) = ("40008", "invalid message type");
/// The most articles of one message.
pub const MAX_ARTICLES: usize = 8;
/// The largest picture to a robot, in bytes before base64.
pub const ROBOT_IMAGE_BYTES: usize = 2 << 20;
/// The longest HTML of an article, in bytes.
pub const ARTICLE_BYTES: usize = 666 << 10;

/// A content, by its `msgtype`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// Plain text with links.
    Text(Text),
    /// A picture.
    Image(Image),
    /// A voice file.
    Voice(Media),
    /// A film.
    Video(Video),
    /// Any file.
    File(Media),
    /// A card with one link.
    #[serde(rename = "textcard")]
    TextCard(TextCard),
    /// Up to 8 articles that lie elsewhere.
    News(News),
    /// Up to 8 articles that lie with WeCom.
    #[serde(rename = "mpnews")]
    MpNews(MpNews),
    /// A subset of markdown, with colours.
    Markdown(Markdown),
    /// More of markdown, without colours; robots only.
    MarkdownV2(Markdown),
    /// A notice that opens a mini-program; applications only.
    MiniprogramNotice(MiniprogramNotice),
    /// One of the five cards.
    TemplateCard(Box<Card>),
}

/// Every `msgtype`, as [`Content`] spells it.
const KINDS: [&str; 12] = [
    "text",
    "image",
    "voice",
    "video",
    "file",
    "textcard",
    "news",
    "mpnews",
    "markdown",
    "markdown_v2",
    "miniprogram_notice",
    "template_card",
];

/// Checks a content as a request holds it: `map` has the object that `msgtype` names, other members are left alone.
///
/// # Errors
/// [`Unfit`]: 40008 for a kind that `place` does not take, 40058 for a wrong type, else the field's own code.
pub fn check(place: Place, msgtype: &str, map: &Map<String, Value>) -> Result<(), Unfit> {
    Content::read(msgtype, map)?.check(place)
}

/// A card as a request holds it.
pub(crate) fn card_of(card: &Value) -> Result<Card, Unfit> {
    typed(card.clone(), "template_card")
}

/// A missing object reads as an empty one: what is missing in it has codes of its own.
fn typed<T: DeserializeOwned>(value: Value, under: &str) -> Result<T, Unfit> {
    let value = if value.is_null() { Value::Object(Map::new()) } else { value };
    hongyan_endpoint::typed(value).map_err(|invalid| {
        let field = if invalid.field.is_empty() { under.to_owned() } else { format!("{under}.{}", invalid.field) };
        let message = if invalid.flaw == Flaw::Missing { "missing" } else { "of the wrong type" };
        Unfit::new("40058", field, message)
    })
}

impl Content {
    /// Reads the content that `msgtype` names out of a request's members.
    ///
    /// # Errors
    /// [`Unfit`]: 40008 for an unknown kind, 40058 for a field of the wrong type.
    pub fn read(msgtype: &str, map: &Map<String, Value>) -> Result<Self, Unfit> {
        let value = map.get(msgtype).cloned().unwrap_or_default();
        Ok(match msgtype {
            "text" => Self::Text(typed(value, msgtype)?),
            "image" => Self::Image(typed(value, msgtype)?),
            "voice" => Self::Voice(typed(value, msgtype)?),
            "video" => Self::Video(typed(value, msgtype)?),
            "file" => Self::File(typed(value, msgtype)?),
            "textcard" => Self::TextCard(typed(value, msgtype)?),
            "news" => Self::News(typed(value, msgtype)?),
            "mpnews" => Self::MpNews(typed(value, msgtype)?),
            "markdown" => Self::Markdown(typed(value, msgtype)?),
            "markdown_v2" => Self::MarkdownV2(typed(value, msgtype)?),
            "miniprogram_notice" => Self::MiniprogramNotice(typed(value, msgtype)?),
            "template_card" => Self::TemplateCard(Box::new(typed(value, msgtype)?)),
            _ => return Err(Unfit::new("40008", "msgtype", "is not a kind of message")),
        })
    }

    /// The platform's name of the kind.
    #[must_use]
    pub fn msgtype(&self) -> &'static str {
        let index = match self {
            Self::Text(_) => 0,
            Self::Image(_) => 1,
            Self::Voice(_) => 2,
            Self::Video(_) => 3,
            Self::File(_) => 4,
            Self::TextCard(_) => 5,
            Self::News(_) => 6,
            Self::MpNews(_) => 7,
            Self::Markdown(_) => 8,
            Self::MarkdownV2(_) => 9,
            Self::MiniprogramNotice(_) => 10,
            Self::TemplateCard(_) => 11,
        };
        KINDS[index]
    }

    /// The member that a request carries beside `msgtype`: `{"text": {..}}`.
    #[must_use]
    pub fn to_map(&self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(map)) => map,
            // Only a map with keys that are no strings cannot be written; there is none here.
            _ => Map::new(),
        }
    }

    /// Whether a place takes this kind.
    #[must_use]
    pub const fn goes_to(&self, place: Place) -> bool {
        match self {
            Self::Text(_) | Self::Image(_) | Self::Voice(_) | Self::File(_) | Self::News(_) | Self::Markdown(_) => true,
            Self::Video(_) | Self::TextCard(_) | Self::MpNews(_) => !matches!(place, Place::Robot),
            Self::MarkdownV2(_) => matches!(place, Place::Robot),
            Self::MiniprogramNotice(_) => matches!(place, Place::App),
            Self::TemplateCard(_) => !matches!(place, Place::Chat),
        }
    }

    /// What the platform refuses of the content.
    ///
    /// # Errors
    /// [`Unfit`] naming the first field that is wrong, with the platform's code.
    pub fn check(&self, place: Place) -> Result<(), Unfit> {
        if !self.goes_to(place) {
            return Err(Unfit::new("40008", "msgtype", "this kind does not go there"));
        }
        match self {
            Self::Text(text) => {
                filled(&text.content, "44004", "text.content")?;
                within_declared(place, &text.content, "text.content")
            }
            Self::Markdown(text) => {
                filled(&text.content, "44004", "markdown.content")?;
                within_declared(place, &text.content, "markdown.content")
            }
            Self::MarkdownV2(text) => {
                filled(&text.content, "44004", "markdown_v2.content")?;
                within_declared(place, &text.content, "markdown_v2.content")
            }
            Self::Image(image) if place == Place::Robot => image.check_inline(),
            Self::Image(image) => filled(&image.media_id, "41006", "image.media_id"),
            Self::Voice(media) => filled(&media.media_id, "41006", "voice.media_id"),
            Self::File(media) => filled(&media.media_id, "41006", "file.media_id"),
            Self::Video(video) => filled(&video.media_id, "41006", "video.media_id"),
            Self::TextCard(card) => card.check(),
            Self::News(news) => news.check(),
            Self::MpNews(news) => news.check(),
            Self::MiniprogramNotice(notice) => notice.check(),
            Self::TemplateCard(card) => {
                if place == Place::Robot && !matches!(card.card_type.as_str(), "text_notice" | "news_notice") {
                    return Err(Unfit::new("42031", "template_card.card_type", "a robot sends notices only"));
                }
                card.check()
            }
        }
    }
}

/// How long a member may be before the platform cuts the rest away.
#[derive(Debug, Clone, Copy)]
enum Longest {
    Bytes(usize),
    Chars(usize),
}

impl Longest {
    /// Where the text is cut; `None` when it is not.
    fn end(self, text: &str) -> Option<usize> {
        match self {
            Self::Bytes(max) => (text.len() > max).then(|| text.floor_char_boundary(max)),
            Self::Chars(max) => text.char_indices().nth(max).map(|(at, _)| at),
        }
    }
}

/// Members that the platform cuts in silence, of a kind of message.
fn cuts(place: Place, msgtype: &str) -> &'static [(&'static str, Longest)] {
    use Longest::{Bytes, Chars};
    const HEADS: [(&str, Longest); 3] = [("title", Bytes(128)), ("description", Bytes(512)), ("digest", Bytes(512))];
    const CARD: [(&str, Longest); 2] = [("title", Chars(128)), ("description", Chars(512))];
    const WORDS: [(&str, Longest); 1] = [("content", Bytes(SendMessage::SPEC.max_bytes("text.content").unwrap()))];
    match (msgtype, place) {
        ("text", Place::App | Place::Chat) => &WORDS,
        // In chats a card is measured in bytes.
        ("textcard", Place::App) => &CARD,
        ("textcard" | "video", _) | ("news" | "mpnews", _) => &HEADS,
        _ => &[],
    }
}

/// Every object in which members are cut: the message's own, or its articles.
fn cut_in<'a>(msgtype: &str, object: &'a Value) -> Vec<(String, &'a Value)> {
    if !matches!(msgtype, "news" | "mpnews") {
        return vec![(msgtype.to_owned(), object)];
    }
    let articles = object.get("articles").and_then(Value::as_array);
    articles.into_iter().flatten().enumerate().map(|(i, one)| (format!("{msgtype}.articles[{i}]"), one)).collect()
}

/// What the platform would cut away of a message's object without a word: the first field, with its size and what is
/// shown of it; `None` when it shows all. Markdown from an application is counted among them: should the platform take
/// more than it documents, it shows no more.
#[must_use]
pub fn first_cut(place: Place, msgtype: &str, object: &Value) -> Option<String> {
    if msgtype == "markdown" && place != Place::Robot {
        let words = object.get("content")?.as_str()?;
        let max = place.spec().max_bytes("markdown.content")?;
        return (words.len() > max).then(|| format!("markdown.content: {} > {max} bytes", words.len()));
    }
    cut_in(msgtype, object).into_iter().find_map(|(under, object)| {
        cuts(place, msgtype).iter().find_map(|(name, longest)| {
            let text = object.get(*name)?.as_str()?;
            longest.end(text)?;
            Some(match longest {
                Longest::Bytes(max) => format!("{under}.{name}: {} > {max} bytes", text.len()),
                Longest::Chars(max) => format!("{under}.{name}: {} > {max} characters", text.chars().count()),
            })
        })
    })
}

/// The longest text that a robot's server was seen to name in its refusals, in bytes; its page says
/// less.
pub const ROBOT_TEXT_SEEN_BYTES: usize = 5_120;

/// Whether the platform may take what [`check`] refused: words that are longer than the page says, where the page does
/// not say what becomes of them or servers were seen to take more.
#[must_use]
pub fn may_be_taken(place: Place, msgtype: &str, map: &Map<String, Value>, refused: &Unfit) -> bool {
    let size = || map.get(msgtype).and_then(|object| object.get("content")?.as_str()).map_or(0, str::len);
    match (msgtype, place) {
        ("markdown", Place::App | Place::Chat) => refused.code == "45002" && refused.field == "markdown.content",
        ("text", Place::Robot) => {
            refused.field == "text.content"
                && place.spec().exceeded("text.content", size()).is_some()
                && size() <= ROBOT_TEXT_SEEN_BYTES
        }
        _ => false,
    }
}

/// Cuts a message's object as the platform does, at a whole character.
pub fn cut(place: Place, msgtype: &str, object: &mut Value) {
    let shorten = |object: &mut Value| {
        for (name, longest) in cuts(place, msgtype) {
            if let Some(Value::String(text)) = object.get_mut(*name)
                && let Some(end) = longest.end(text)
            {
                text.truncate(end);
            }
        }
    };
    if matches!(msgtype, "news" | "mpnews") {
        let articles = object.get_mut("articles").and_then(Value::as_array_mut);
        articles.into_iter().flatten().for_each(shorten);
    } else {
        shorten(object);
    }
}

/// `null` reads as what is missing.
fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(from: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

/// Refuses what is empty.
fn filled(text: &str, code: &'static str, field: &str) -> Result<(), Unfit> {
    if text.trim().is_empty() { Err(Unfit::new(code, field, "is missing")) } else { Ok(()) }
}

/// Refuses what is longer than the operation declares; where it names no code, the platform cuts in silence.
fn within_declared(place: Place, text: &str, field: &str) -> Result<(), Unfit> {
    let spec = place.spec();
    match (spec.exceeded(field, text.len()), spec.max_bytes(field)) {
        (Some(code), Some(max)) if !code.is_empty() => within(text, max, code, field),
        _ => Ok(()),
    }
}

/// Refuses what is longer than `max` bytes.
fn within(text: &str, max: usize, code: &'static str, field: &str) -> Result<(), Unfit> {
    if text.len() <= max { Ok(()) } else { Err(Unfit::new(code, field, format!("exceed max length {max}"))) }
}

/// Refuses a list of another size.
fn sized(len: usize, min: usize, max: usize, code: &'static str, field: &str) -> Result<(), Unfit> {
    if (min..=max).contains(&len) {
        return Ok(());
    }
    Err(Unfit::new(code, field, format!("has {len} entries, {min} to {max} are allowed")))
}

/// Refuses an address without its scheme.
fn linked(url: &str, missing: &'static str, field: &str) -> Result<(), Unfit> {
    filled(url, missing, field)?;
    if url.contains("://") { Ok(()) } else { Err(Unfit::new("45034", field, "lacks its scheme")) }
}

/// `text`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// At most 2048, cut beyond; `\n` breaks lines, `<a href>` links.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub content: String,
    /// User ids or `@all`; chats and robots only.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "or_default")]
    pub mentioned_list: Vec<String>,
    /// Mobile numbers or `@all`; robots only.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "or_default")]
    pub mentioned_mobile_list: Vec<String>,
}

/// `image`: by media id, or to a robot the picture itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// From an upload of the kind `image`.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub media_id: String,
    /// jpg or png of at most 2 MB, in base64 without `data:`; robots only.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub base64: String,
    /// MD5 of the bytes before base64, in hexadecimal; robots only.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub md5: String,
}

impl Image {
    /// MD5 itself is the platform's to compare: here only its form.
    fn check_inline(&self) -> Result<(), Unfit> {
        use base64::{Engine, engine::general_purpose::STANDARD};
        filled(&self.base64, "40058", "image.base64")?;
        let bytes = STANDARD.decode(&self.base64).map_err(|_| Unfit::new("40058", "image.base64", "is not base64"))?;
        if bytes.len() > ROBOT_IMAGE_BYTES {
            return Err(Unfit::new("93018", "image.base64", "the picture is larger than 2 MB"));
        }
        if self.md5.len() != 32 || !self.md5.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(Unfit::new("301019", "image.md5", "is not an MD5 in hexadecimal"));
        }
        Ok(())
    }
}

/// `voice` and `file`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    /// From an upload of the kind; a robot's own.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub media_id: String,
}

/// `video`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Video {
    /// From an upload of the kind `video`.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub media_id: String,
    /// At most 128, cut beyond.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub title: String,
    /// At most 512, cut beyond.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub description: String,
}

/// `textcard`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextCard {
    /// At most 128 characters, cut beyond.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub title: String,
    /// At most 512 characters, cut beyond; `<br>` and `<div class="gray|normal|highlight">`.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub description: String,
    /// At most 2048, with its scheme.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub url: String,
    /// At most 4 characters; 详情 when left out.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub btntxt: String,
}

impl TextCard {
    fn check(&self) -> Result<(), Unfit> {
        filled(&self.title, "41016", "textcard.title")?;
        filled(&self.description, "41033", "textcard.description")?;
        linked(&self.url, "41010", "textcard.url")?;
        within(&self.url, 2_048, "40094", "textcard.url")
    }
}

/// `news`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct News {
    /// 1 to 8.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "or_default")]
    pub articles: Vec<Article>,
}

/// An article that lies elsewhere.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Article {
    /// At most 128, cut beyond.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub title: String,
    /// At most 512, cut beyond.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub description: String,
    /// At most 2048; or `appid` and `pagepath`, which win.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub url: String,
    /// jpg or png, 1068×455 or 150×150.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub picurl: String,
    /// A mini-program; applications only.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub appid: String,
    /// Its page, at most 128.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub pagepath: String,
}

impl News {
    fn check(&self) -> Result<(), Unfit> {
        count_articles(self.articles.len(), "news.articles")?;
        for (i, article) in self.articles.iter().enumerate() {
            filled(&article.title, "41016", &format!("news.articles[{i}].title"))?;
            if article.appid.is_empty() || article.pagepath.is_empty() {
                filled(&article.url, "41010", &format!("news.articles[{i}].url"))?;
            }
        }
        Ok(())
    }
}

fn count_articles(count: usize, field: &str) -> Result<(), Unfit> {
    match count {
        0 => Err(Unfit::new("40063", field, "is empty")),
        1..=MAX_ARTICLES => Ok(()),
        _ => Err(Unfit::new("45008", field, "holds more than 8 articles")),
    }
}

/// `mpnews`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MpNews {
    /// 1 to 8.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "or_default")]
    pub articles: Vec<MpArticle>,
}

/// An article that lies with WeCom.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MpArticle {
    /// At most 128, cut beyond.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub title: String,
    /// The picture, from an upload of the kind `image`.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub thumb_media_id: String,
    /// At most 64.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub author: String,
    /// Behind "read the original".
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub content_source_url: String,
    /// HTML, at most 666 KB.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub content: String,
    /// At most 512, cut beyond.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub digest: String,
}

impl MpNews {
    fn check(&self) -> Result<(), Unfit> {
        count_articles(self.articles.len(), "mpnews.articles")?;
        for (i, article) in self.articles.iter().enumerate() {
            let field = |name: &str| format!("mpnews.articles[{i}].{name}");
            filled(&article.title, "41016", &field("title"))?;
            filled(&article.thumb_media_id, "41006", &field("thumb_media_id"))?;
            within(&article.author, 64, "45032", &field("author"))?;
            filled(&article.content, "44004", &field("content"))?;
            within(&article.content, ARTICLE_BYTES, "45002", &field("content"))?;
        }
        Ok(())
    }
}

/// `markdown` and `markdown_v2`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Markdown {
    /// From an application at most 2048, from a robot 4096.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub content: String,
}

/// `miniprogram_notice`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MiniprogramNotice {
    /// The mini-program, bound to the application.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub appid: String,
    /// At most 1024.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub page: String,
    /// 4 to 12 Chinese characters.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub title: String,
    /// 4 to 12 Chinese characters.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub description: String,
    /// Shows the first item large.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub emphasis_first_item: Option<bool>,
    /// At most 10.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "or_default")]
    pub content_item: Vec<NoticeItem>,
}

/// A line of a mini-program notice.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeItem {
    /// At most 10 characters.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub key: String,
    /// At most 30 characters.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub value: String,
}

impl MiniprogramNotice {
    fn check(&self) -> Result<(), Unfit> {
        filled(&self.appid, "90200", "miniprogram_notice.appid")?;
        filled(&self.title, "41016", "miniprogram_notice.title")?;
        within(&self.page, 1_024, "90204", "miniprogram_notice.page")?;
        sized(self.content_item.len(), 0, 10, "90201", "miniprogram_notice.content_item")?;
        for (i, item) in self.content_item.iter().enumerate() {
            for (name, text, max, code) in [("key", &item.key, 10, "90202"), ("value", &item.value, 30, "90203")] {
                let field = format!("miniprogram_notice.content_item[{i}].{name}");
                sized(text.chars().count(), 1, max, code, &field)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_cut_is_named_and_cut_at_a_whole_character() {
        for (place, msgtype, object, field) in [
            (Place::App, "text", json!({"content": "a".repeat(2_049)}), "text.content: 2049 > 2048 bytes"),
            (Place::Chat, "text", json!({"content": "鸿".repeat(700)}), "text.content: 2100 > 2048 bytes"),
            (Place::App, "video", json!({"title": "a".repeat(129)}), "video.title: 129 > 128 bytes"),
            (
                Place::App,
                "textcard",
                json!({"description": "字".repeat(513)}),
                "textcard.description: 513 > 512 characters",
            ),
            (Place::Chat, "textcard", json!({"title": "字".repeat(43)}), "textcard.title: 129 > 128 bytes"),
            (
                Place::Robot,
                "news",
                json!({"articles": [{"title": "a"}, {"title": "b", "description": "c".repeat(513)}]}),
                "news.articles[1].description: 513 > 512 bytes",
            ),
            (
                Place::App,
                "mpnews",
                json!({"articles": [{"digest": "d".repeat(600)}]}),
                "mpnews.articles[0].digest: 600 > 512 bytes",
            ),
        ] {
            assert_eq!(first_cut(place, msgtype, &object).as_deref(), Some(field));
            let mut shown = object;
            cut(place, msgtype, &mut shown);
            assert_eq!(first_cut(place, msgtype, &shown), None, "{msgtype}: {shown}");
        }
        let markdown = json!({"content": "a".repeat(2_049)});
        assert!(first_cut(Place::App, "markdown", &markdown).is_some());
        for (place, msgtype, object) in [
            (Place::App, "text", json!({"content": "a".repeat(2_048)})),
            (Place::Robot, "text", json!({"content": "a".repeat(4_000)})),
            (Place::Robot, "markdown", json!({"content": "a".repeat(4_000)})),
            (Place::App, "textcard", json!({"title": "字".repeat(128)})),
            (Place::App, "image", json!({"media_id": "m"})),
        ] {
            assert_eq!(first_cut(place, msgtype, &object), None, "{msgtype}");
        }
    }
}
