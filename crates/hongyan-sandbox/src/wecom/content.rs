//! What people see of a message: checked by the declarations' own rules, cut where the platform cuts in silence.

use crate::route::refuse;
use hongyan_endpoint::{Fault, Flaw, Unfit, lenient};
use hongyan_wecom::{
    WeCom,
    content::{Card, Content, Place, cut},
};
use serde_json::{Map, Value, json};

/// A content that the platform takes.
pub(super) struct Seen {
    /// As people see it: `msgtype` and the object that it names.
    pub(super) value: Value,
    /// Files that it names, each with the kind that it must be of; `""` where any will do.
    pub(super) media: Vec<(String, &'static str)>,
    /// The card, where it is one.
    pub(super) card: Option<Box<Card>>,
}

/// Reads, checks and cuts.
///
/// # Errors
/// The platform's refusal.
pub(super) fn read(place: Place, msgtype: &str, map: &Map<String, Value>) -> Result<Seen, Fault> {
    if msgtype == "template_msg" {
        return Err(refuse::<WeCom>("60206", "template_msg is reserved to third-party apps"));
    }
    let content = Content::read(msgtype, map).map_err(unfit)?;
    content.check(place).map_err(unfit)?;
    let media = media(&content);
    let mut object = map.get(msgtype).cloned().unwrap_or_default();
    cut(place, msgtype, &mut object);
    if let (Content::Image(image), Place::Robot) = (&content, place) {
        // The picture itself would only fill the phones.
        object = json!({"md5": image.md5, "base64_bytes": image.base64.len()});
    }
    let value = Value::Object(Map::from_iter([("msgtype".into(), json!(msgtype)), (msgtype.to_owned(), object)]));
    let card = if let Content::TemplateCard(card) = content { Some(card) } else { None };
    Ok(Seen { value, media, card })
}

/// The platform's words around a refusal of the declarations.
pub(super) fn unfit(unfit: Unfit) -> Fault {
    let Unfit { code, field, flaw, .. } = unfit;
    let message = match flaw {
        Flaw::TooLong { limit, .. } => format!("exceed max length {limit}"),
        // A type is not named.
        Flaw::Type(_) | Flaw::NoObject => "of the wrong type".into(),
        flaw => flaw.text().en.into_owned(),
    };
    let words = match code {
        "40007" => "invalid media_id".into(),
        "40008" => "invalid message type".into(),
        "40058" => format!("{field} {message}. invalid Request Parameter"),
        "44001" => "empty media data".into(),
        "44004" => "empty content".into(),
        "45002" => "content size out of limit".into(),
        "82001" => "touser & toparty & totag all empty".into(),
        "86006" => "invalid chat member list size".into(),
        _ => format!("{field} {message}"),
    };
    refuse::<WeCom>(code, words)
}

fn media(content: &Content) -> Vec<(String, &'static str)> {
    match content {
        Content::Image(image) if !image.media_id.is_empty() => vec![(image.media_id.clone(), "image")],
        Content::Voice(media) => vec![(media.media_id.clone(), "voice")],
        Content::Video(video) => vec![(video.media_id.clone(), "video")],
        Content::File(media) => vec![(media.media_id.clone(), "file")],
        Content::MpNews(news) => {
            news.articles.iter().map(|article| (article.thumb_media_id.clone(), "image")).collect()
        }
        Content::TemplateCard(card) => {
            let files = card.horizontal_content_list.iter().filter(|line| line.kind == Some(2));
            files.map(|line| (line.media_id.clone(), "")).collect()
        }
        _ => Vec::new(),
    }
}

/// Puts names in the place of `$userName=ID$` and its kin; what is unknown stays as it is.
pub(super) fn translate(value: &mut Value, name_of: &impl Fn(&str, &str) -> Option<String>) {
    match value {
        Value::String(text) if text.contains('$') => *text = translated(text, name_of),
        Value::Array(items) => items.iter_mut().for_each(|item| translate(item, name_of)),
        Value::Object(members) => members.values_mut().for_each(|item| translate(item, name_of)),
        _ => {}
    }
}

fn translated(text: &str, name_of: &impl Fn(&str, &str) -> Option<String>) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let found = after.split_once('$').and_then(|(inside, next)| {
            let (kind, id) = inside.split_once('=')?;
            Some((name_of(kind, id)?, next))
        });
        match found {
            Some((name, next)) => {
                out.push_str(&name);
                rest = next;
            }
            None => {
                out.push('$');
                rest = after;
            }
        }
    }
    out + rest
}

/// A number that may come in quotes; 0 when it is neither.
pub(super) fn number(map: &Map<String, Value>, name: &str) -> i64 {
    map.get(name).and_then(|value| lenient::integer(value.clone()).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(place: Place, msgtype: &str, object: Value) -> String {
        let content = Map::from_iter([(msgtype.to_owned(), object)]);
        read(place, msgtype, &content).map_or_else(|fault| fault.code().to_owned(), |_| "0".into())
    }

    #[test]
    fn long_text_is_cut_at_a_whole_character() {
        let content = Map::from_iter([("text".into(), json!({"content": "鸿".repeat(1_000)}))]);
        let seen = read(Place::App, "text", &content).unwrap();
        assert_eq!(seen.value["text"]["content"].as_str().unwrap().len(), 2_046);
    }

    #[test]
    fn each_flaw_has_its_code() {
        for (msgtype, object, expected) in [
            ("text", json!({"content": "x"}), "0"),
            ("text", json!({"content": ""}), "44004"),
            ("text", json!("x"), "40058"),
            ("markdown", json!({"content": "x".repeat(2_048)}), "0"),
            ("markdown", json!({"content": "x".repeat(2_049)}), "45002"),
            ("image", json!({}), "41006"),
            ("textcard", json!({"title": "t", "description": "d", "url": "https://example.com"}), "0"),
            ("textcard", json!({"description": "d", "url": "https://example.com"}), "41016"),
            ("textcard", json!({"title": "t", "url": "https://example.com"}), "41033"),
            ("textcard", json!({"title": "t", "description": "d"}), "41010"),
            ("textcard", json!({"title": "t", "description": "d", "url": "example.com"}), "45034"),
            ("news", json!({"articles": [{"title": "t", "url": "https://example.com"}]}), "0"),
            ("news", json!({"articles": vec![json!({"title": "t"}); 9]}), "45008"),
            ("news", json!({"articles": []}), "40063"),
            ("template_card", json!({"card_type": "poem", "main_title": {"title": "t"}}), "42031"),
            ("template_msg", json!({}), "60206"),
            ("markdown_v2", json!({"content": "x"}), "40008"),
            ("smoke", json!({}), "40008"),
        ] {
            assert_eq!(code(Place::App, msgtype, object.clone()), expected, "{msgtype} {object}");
        }
        assert_eq!(code(Place::Robot, "markdown", json!({"content": "x".repeat(4_097)})), "40058");
        assert_eq!(code(Place::Chat, "template_card", json!({})), "40008");
    }

    #[test]
    fn names_stand_in_the_place_of_ids_and_unknown_ones_stay() {
        let name_of = |kind: &str, id: &str| (kind == "userName" && id == "lisi").then(|| "李四".to_owned());
        let mut value = json!({"a": ["$userName=lisi$ 和 $userName=ghost$,共 $5"]});
        translate(&mut value, &name_of);
        assert_eq!(value, json!({"a": ["李四 和 $userName=ghost$,共 $5"]}));
    }
}
