//! What may be answered at once, in place of an empty body. <https://developer.work.weixin.qq.com/document/path/90241>

use super::{Element, Pushed};
use crate::content::Card;
use serde_json::Value;

/// An answer to a push, shown to the member who caused it.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// At most 2048 bytes, cut beyond.
    Text(String),
    /// By media id.
    Image(String),
    /// By media id.
    Voice(String),
    /// A film.
    Video {
        /// By media id.
        media_id: String,
        /// At most 128 bytes.
        title: String,
        /// At most 512 bytes.
        description: String,
    },
    /// 1 to 8.
    News(Vec<ReplyArticle>),
    /// Only to an answered card: greys its button out for this member.
    UpdateButton(String),
    /// Only to an answered card: puts another in its place for this member.
    UpdateTemplateCard(Box<Card>),
}

/// An article of [`Reply::News`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReplyArticle {
    /// At most 128 bytes.
    pub title: String,
    /// At most 512 bytes.
    pub description: String,
    /// Where it goes.
    pub url: String,
    /// Its picture.
    pub pic_url: String,
}

impl Reply {
    /// The document inside the envelope: from whom the push was for, to whom it came from.
    pub(super) fn to_element(&self, pushed: &Pushed, create_time: i64) -> Element {
        let mut members = vec![
            Element::text("ToUserName", &*pushed.from_user_name),
            Element::text("FromUserName", &*pushed.to_user_name),
            Element::text("CreateTime", create_time.to_string()),
        ];
        let media = |name: &str, id: &str| Element::of(name, vec![Element::text("MediaId", id)]);
        let (msg_type, content) = match self {
            Self::Text(text) => ("text", vec![Element::text("Content", &**text)]),
            Self::Image(id) => ("image", vec![media("Image", id)]),
            Self::Voice(id) => ("voice", vec![media("Voice", id)]),
            Self::Video { media_id, title, description } => {
                let members = [("MediaId", media_id), ("Title", title), ("Description", description)];
                let members = members.into_iter().map(|(name, text)| Element::text(name, &**text));
                ("video", vec![Element::of("Video", members.collect())])
            }
            Self::News(articles) => {
                let count = Element::text("ArticleCount", articles.len().to_string());
                ("news", vec![count, Element::of("Articles", articles.iter().map(ReplyArticle::to_element).collect())])
            }
            Self::UpdateButton(name) => {
                ("update_button", vec![Element::of("Button", vec![Element::text("ReplaceName", &**name)])])
            }
            Self::UpdateTemplateCard(card) => {
                let value = serde_json::to_value(card).unwrap_or_default();
                ("update_template_card", vec![Element::of("TemplateCard", members_of(&value))])
            }
        };
        members.push(Element::text("MsgType", msg_type));
        members.extend(content);
        Element::of("xml", members)
    }
}

impl ReplyArticle {
    fn to_element(&self) -> Element {
        let members =
            [("Title", &self.title), ("Description", &self.description), ("PicUrl", &self.pic_url), ("Url", &self.url)];
        Element::of("item", members.into_iter().map(|(name, text)| Element::text(name, &**text)).collect())
    }
}

/// A card's members in XML: the same names in another spelling, a list as one element per entry.
fn members_of(card: &Value) -> Vec<Element> {
    let Value::Object(members) = card else { return Vec::new() };
    let mut elements = Vec::new();
    for (name, value) in members {
        let name = camel_case(name);
        match value {
            Value::Array(entries) => {
                elements.extend(entries.iter().map(|entry| Element::of(&name, members_of(entry))));
            }
            Value::Object(_) => elements.push(Element::of(&name, members_of(value))),
            Value::String(text) => elements.push(Element::text(&name, &**text)),
            Value::Null => {}
            Value::Bool(_) | Value::Number(_) => elements.push(Element::text(&name, value.to_string())),
        }
    }
    elements
}

/// `main_title` as `MainTitle`; a few names hide a second word.
fn camel_case(name: &str) -> String {
    match name {
        "keyname" => return "KeyName".into(),
        "appid" => return "AppId".into(),
        "pagepath" => return "PagePath".into(),
        "userid" => return "UserId".into(),
        _ => {}
    }
    let words = name.split('_').map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_ascii_uppercase() + rest
    });
    words.collect()
}
