//! From the portable content to the platform's message: the same kinds go to members, to chats and (in
//! [`crate::wecom_robot`]) to a group's robot, under different limits.

use crate::render;
use hongyan_core::{Card, Content, Link, Unfit};
use hongyan_text::{Dialect, Form};
use hongyan_wecom::{
    WeCom,
    content::{self, Article, Content as Body, Image, Markdown, Media, News, Place, Text, TextCard, Video},
};
use serde_json::{Map, Value};

/// The longest title of an article or a card, in bytes: the platform cuts the rest away.
const TITLE_BYTES: usize = 128;
/// The longest words of an article or a card, in bytes: the platform cuts the rest away.
const WORDS_BYTES: usize = 512;
/// The longest label of a text card, in characters.
const LABEL_CHARS: usize = 4;
/// The longest address, in bytes.
const URL_BYTES: usize = 2_048;
/// Members of a request that are the channel's, not the content's.
const RESERVED: [&str; 8] = [
    "touser",
    "toparty",
    "totag",
    "agentid",
    "chatid",
    "msgtype",
    "enable_duplicate_check",
    "duplicate_check_interval",
];

/// Where a message's words stand, by its type.
pub(crate) const WORDS: [(&str, &str, Form); 3] = [
    ("text", "content", Form::Text),
    ("markdown", "content", Form::Markdown),
    ("markdown_v2", "content", Form::Markdown),
];

/// What the platform cuts away of a message that came by its own path; `None` where it shows all.
pub(crate) fn cut(content: &Content, place: Place, msgtype: &str, object: &Map<String, Value>) -> Option<String> {
    content.given.as_ref()?;
    content::first_cut(place, msgtype, object.get(msgtype)?)
}

/// Message type and the members that carry it. `media_id` is the file's, of contents that have one.
pub(crate) fn message(content: &Content, media_id: &str) -> (String, Map<String, Value>) {
    if let Some(Value::Object(native)) = &content.native {
        let msgtype = native.get("msgtype").and_then(Value::as_str).unwrap_or_default().to_owned();
        let kept = native.iter().filter(|(name, _)| !RESERVED.contains(&name.as_str()));
        return (msgtype, kept.map(|(name, value)| (name.clone(), value.clone())).collect());
    }
    let body = body(content, media_id.to_owned());
    (body.msgtype().to_owned(), body.to_map())
}

fn body(content: &Content, media_id: String) -> Body {
    let title = content.title.as_deref().unwrap_or_default();
    if let Some(markdown) = &content.markdown {
        Body::Markdown(headed(title, markdown))
    } else if let Some(news) = &content.news {
        Body::News(News { articles: news.iter().map(article).collect() })
    } else if let Some(link) = &content.link {
        Body::News(News { articles: vec![article(link)] })
    } else if let Some(card) = &content.card {
        text_card(title, card).map_or_else(|| Body::Markdown(headed(title, &render::linked(card))), Body::TextCard)
    } else if content.image.is_some() {
        Body::Image(Image { media_id, ..Image::default() })
    } else if content.voice.is_some() {
        Body::Voice(Media { media_id })
    } else if content.file.is_some() {
        Body::File(Media { media_id })
    } else if content.video.is_some() {
        Body::Video(Video { media_id, title: title.to_owned(), ..Video::default() })
    } else {
        Body::Text(Text { content: render::plain(content).into_owned(), ..Text::default() })
    }
}

fn headed(title: &str, markdown: &str) -> Markdown {
    Markdown { content: render::titled(Some(title), markdown, Dialect::WeCom) }
}

fn article(link: &Link) -> Article {
    Article {
        title: link.title.clone(),
        description: link.text.clone(),
        url: link.url.clone(),
        picurl: link.picture.clone().unwrap_or_default(),
        ..Article::default()
    }
}

/// A card with one button as the platform's own, where nothing of it would be cut away; its words lose their marks.
fn text_card(title: &str, card: &Card) -> Option<TextCard> {
    let [button] = card.buttons.as_slice() else { return None };
    let description = hongyan_text::render(&card.markdown, Dialect::WeComCard);
    let fits = title.len() <= TITLE_BYTES
        && !description.replace("<br>", "").trim().is_empty()
        && description.len() <= WORDS_BYTES
        && button.title.chars().count() <= LABEL_CHARS
        && button.url.len() <= URL_BYTES;
    fits.then(|| TextCard {
        title: title.to_owned(),
        description,
        url: button.url.clone(),
        btntxt: button.title.clone(),
    })
}

/// What is read of a message; `None` where only the platform knows.
pub(crate) fn words(msgtype: &str, object: &Map<String, Value>) -> Option<String> {
    let body = object.get(msgtype)?;
    let lines = |one: &Value| {
        let members = ["title", "description", "url"].iter().filter_map(|name| one[*name].as_str());
        members.filter(|text| !text.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    };
    let all: Vec<String> = match msgtype {
        "text" | "markdown" | "markdown_v2" => return body["content"].as_str().map(str::to_owned),
        "textcard" => lines(body),
        "news" => body["articles"].as_array()?.iter().flat_map(lines).collect(),
        _ => return None,
    };
    (!all.is_empty()).then(|| all.join("\n"))
}

/// Whether a place takes what a content becomes, and takes all of it.
pub(crate) fn check(content: &Content, kind: &str, place: Place) -> Result<(), Unfit> {
    let (msgtype, object) = message(content, "MEDIA_ID");
    judge(content, kind, place, &msgtype, &object)
}

/// As [`check`], of a message that is made.
pub(crate) fn judge(
    content: &Content,
    kind: &str,
    place: Place,
    msgtype: &str,
    object: &Map<String, Value>,
) -> Result<(), Unfit> {
    let unfit = |code: &str, field: &str, words: &str| render::unfit::<WeCom>(content, kind, (code, field, words));
    if msgtype.is_empty() {
        return Err(unfit("40008", "msgtype", "is missing: it names the message's object"));
    }
    content::check(place, msgtype, object).map_err(|refused| unfit(refused.code, &refused.field, &refused.message))?;
    if content.native.is_some() {
        return Ok(());
    }
    // What follows the platform does not refuse: it cuts it away in silence.
    for link in content.link.iter().chain(content.news.iter().flatten()) {
        for (name, text, max) in
            [("title", &link.title, TITLE_BYTES), ("text", &link.text, WORDS_BYTES), ("url", &link.url, URL_BYTES)]
        {
            if text.len() > max {
                let size = text.len();
                let message = format!(
                    "as a {kind} {name} takes {size} bytes of UTF-8, at most {max} are shown (a Chinese character takes 3)"
                );
                return Err(Unfit { field: render::form(content).into(), message });
            }
        }
    }
    let title = content.title.as_deref().filter(|title| content.video.is_some() && title.len() > TITLE_BYTES);
    match title {
        Some(title) => {
            let message = format!("as a {kind} takes {} bytes, a video's title has at most {TITLE_BYTES}", title.len());
            Err(Unfit { field: "title".into(), message })
        }
        None => Ok(()),
    }
}
