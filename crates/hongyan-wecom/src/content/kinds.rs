//! The kinds of content but cards: their members, and what the platform refuses of them.

use super::{ARTICLE_BYTES, MAX_ARTICLES, ROBOT_IMAGE_BYTES, filled, linked, or_default, sized, within};
use hongyan_endpoint::{Flaw, Unfit, Unit, lenient};
use serde::{Deserialize, Serialize};

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
    pub(super) fn check_inline(&self) -> Result<(), Unfit> {
        use base64::{Engine, engine::general_purpose::STANDARD};
        filled(&self.base64, "40058", "image.base64")?;
        let bytes = STANDARD
            .decode(&self.base64)
            .map_err(|_| Unfit::coded("40058", "image.base64", Flaw::unfit(("is not base64", "不是 base64"))))?;
        if bytes.len() > ROBOT_IMAGE_BYTES {
            return Err(Unfit::coded(
                "93018",
                "image.base64",
                Flaw::unfit(("the picture is larger than 2 MB", "图片超过 2 MB")),
            ));
        }
        if self.md5.len() != 32 || !self.md5.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(Unfit::coded(
                "301019",
                "image.md5",
                Flaw::unfit(("is not an MD5 in hexadecimal", "不是十六进制的 MD5")),
            ));
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
    pub(super) fn check(&self) -> Result<(), Unfit> {
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
    pub(super) fn check(&self) -> Result<(), Unfit> {
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

pub(super) fn count_articles(count: usize, field: &str) -> Result<(), Unfit> {
    match count {
        0 => Err(Unfit::coded("40063", field, Flaw::Empty)),
        1..=MAX_ARTICLES => Ok(()),
        _ => Err(Unfit::coded("45008", field, Flaw::Count { count, min: 1, max: MAX_ARTICLES })),
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
    pub(super) fn check(&self) -> Result<(), Unfit> {
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
    pub(super) fn check(&self) -> Result<(), Unfit> {
        filled(&self.appid, "90200", "miniprogram_notice.appid")?;
        filled(&self.title, "41016", "miniprogram_notice.title")?;
        within(&self.page, 1_024, "90204", "miniprogram_notice.page")?;
        sized(self.content_item.len(), 0, 10, "90201", "miniprogram_notice.content_item")?;
        for (i, item) in self.content_item.iter().enumerate() {
            for (name, text, max, code) in [("key", &item.key, 10, "90202"), ("value", &item.value, 30, "90203")] {
                let field = format!("miniprogram_notice.content_item[{i}].{name}");
                filled(text, code, &field)?;
                let size = text.chars().count();
                if size > max {
                    return Err(Unfit::coded(code, field, Flaw::TooLong { size, limit: max, unit: Unit::Chars }));
                }
            }
        }
        Ok(())
    }
}
