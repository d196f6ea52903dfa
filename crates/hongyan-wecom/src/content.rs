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
mod cut;
mod kinds;

pub use card::{
    ActionMenu, Button, Card, CardAction, CardImage, Checkbox, Choice, Emphasis, Horizontal, ImageText, Jump, MenuItem,
    QuoteArea, Selection, Source, SubmitButton, Title, Vertical, VoteOption,
};
pub use cut::{ROBOT_TEXT_SEEN_BYTES, cut, first_cut, may_be_taken};
pub use kinds::{
    Article, Image, Markdown, Media, MiniprogramNotice, MpArticle, MpNews, News, NoticeItem, Text, TextCard, Video,
};

use crate::{appchat::SendChat, message::SendMessage, webhook::SendWebhook};
use hongyan_endpoint::{Endpoint, Flaw, Spec, Unfit};
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
        Unfit::coded("40058", field, invalid.flaw)
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
            _ => return Err(Unfit::coded("40008", "msgtype", Flaw::NotKind(msgtype.into()))),
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
            return Err(Unfit::coded(
                "40008",
                "msgtype",
                Flaw::unfit(("this kind does not go there", "此处不能发送这种消息")),
            ));
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
                    return Err(Unfit::coded(
                        "42031",
                        "template_card.card_type",
                        Flaw::unfit(("a robot sends notices only", "机器人只能发送通知类卡片")),
                    ));
                }
                card.check()
            }
        }
    }
}

/// `null` reads as what is missing.
fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(from: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

/// Refuses what is empty.
fn filled(text: &str, code: &'static str, field: &str) -> Result<(), Unfit> {
    if text.trim().is_empty() { Err(Unfit::coded(code, field, Flaw::Missing)) } else { Ok(()) }
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
    if text.len() <= max { Ok(()) } else { Err(Unfit::coded(code, field, Flaw::bytes(text.len(), max))) }
}

/// Refuses a list of another size.
fn sized(len: usize, min: usize, max: usize, code: &'static str, field: &str) -> Result<(), Unfit> {
    if (min..=max).contains(&len) {
        return Ok(());
    }
    Err(Unfit::coded(code, field, Flaw::Count { count: len, min, max }))
}

/// Refuses an address without its scheme.
fn linked(url: &str, missing: &'static str, field: &str) -> Result<(), Unfit> {
    filled(url, missing, field)?;
    if url.contains("://") {
        Ok(())
    } else {
        Err(Unfit::coded("45034", field, Flaw::unfit(("lacks its scheme", "缺少协议（如 https://）"))))
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
