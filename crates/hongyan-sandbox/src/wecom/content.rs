//! What an application message's content must be, and what the platform makes of it.

use crate::route::refuse;
use hongyan_endpoint::{Endpoint, Fault};
use hongyan_wecom::{WeCom, message::SendMessage};
use serde_json::{Map, Value, json};

/// Checks the content and gives it as people see it: silently cut where the platform cuts.
///
/// # Errors
/// The platform's refusal: 40008 type, 44004 empty, 45002 too large, a code of its own for each missing member.
pub(super) fn read(msgtype: &str, content: &Map<String, Value>) -> Result<Value, Fault> {
    let mut object = match content.get(msgtype) {
        Some(Value::Object(object)) => object.clone(),
        _ => Map::new(),
    };
    match msgtype {
        "text" => {
            let text = required(&object, "content", "44004", "empty content")?;
            let max = SendMessage::SPEC.max_bytes("text.content").unwrap_or(2_048);
            object["content"] = json!(cut_bytes(text, max));
        }
        "markdown" => {
            let text = required(&object, "content", "44004", "empty content")?;
            if SendMessage::SPEC.max_bytes("markdown.content").is_some_and(|max| text.len() > max) {
                return Err(refuse::<WeCom>("45002", "content size out of limit"));
            }
        }
        "image" | "voice" | "file" | "video" => {
            required(&object, "media_id", "41006", "media_id missing")?;
            cut(&mut object, &[("title", 128), ("description", 512)]);
        }
        "textcard" => {
            required(&object, "title", "41016", "title missing")?;
            required(&object, "description", "41033", "description missing")?;
            let url = required(&object, "url", "41010", "url missing")?;
            with_scheme(url)?;
            cut(&mut object, &[("title", 128), ("description", 512)]);
        }
        "news" | "mpnews" => articles(msgtype, &mut object)?,
        "miniprogram_notice" => {
            required(&object, "appid", "90202", "appid missing")?;
            required(&object, "title", "41016", "title missing")?;
        }
        "template_card" => {
            let kinds =
                ["text_notice", "news_notice", "button_interaction", "vote_interaction", "multiple_interaction"];
            if !object.get("card_type").and_then(Value::as_str).is_some_and(|kind| kinds.contains(&kind)) {
                return Err(refuse::<WeCom>("42014", "invalid card_type"));
            }
        }
        "template_msg" => return Err(refuse::<WeCom>("60206", "template_msg is reserved to third-party apps")),
        _ => return Err(refuse::<WeCom>("40008", "invalid message type")),
    }
    Ok(Value::Object(Map::from_iter([("msgtype".into(), json!(msgtype)), (msgtype.to_owned(), Value::Object(object))])))
}

fn required<'a>(object: &'a Map<String, Value>, name: &str, code: &str, words: &str) -> Result<&'a str, Fault> {
    match object.get(name).and_then(Value::as_str) {
        Some(text) if !text.is_empty() => Ok(text),
        _ => Err(refuse::<WeCom>(code, words)),
    }
}

fn with_scheme(url: &str) -> Result<(), Fault> {
    if url.contains("://") { Ok(()) } else { Err(refuse::<WeCom>("45034", "url lacks a scheme")) }
}

fn articles(msgtype: &str, object: &mut Map<String, Value>) -> Result<(), Fault> {
    let Some(Value::Array(articles)) = object.get_mut("articles") else {
        return Err(refuse::<WeCom>("44004", "empty content"));
    };
    if articles.is_empty() {
        return Err(refuse::<WeCom>("44004", "empty content"));
    }
    if articles.len() > 8 {
        return Err(refuse::<WeCom>("45008", "more than 8 articles"));
    }
    for article in articles {
        let Value::Object(article) = article else {
            return Err(refuse::<WeCom>("40058", "articles, invalid Request Parameter"));
        };
        required(article, "title", "41016", "title missing")?;
        if msgtype == "mpnews" {
            required(article, "thumb_media_id", "41006", "media_id missing")?;
            required(article, "content", "44004", "empty content")?;
            if article.get("author").and_then(Value::as_str).is_some_and(|author| author.len() > 64) {
                return Err(refuse::<WeCom>("45032", "author out of limit"));
            }
        } else if let Some(url) = article.get("url").and_then(Value::as_str).filter(|url| !url.is_empty()) {
            with_scheme(url)?;
        }
        cut(article, &[("title", 128), ("description", 512), ("digest", 512)]);
    }
    Ok(())
}

/// Cuts members to so many bytes.
fn cut(object: &mut Map<String, Value>, bounds: &[(&str, usize)]) {
    for (name, max) in bounds {
        if let Some(Value::String(text)) = object.get_mut(*name) {
            let kept = cut_bytes(text, *max).len();
            text.truncate(kept);
        }
    }
}

/// The longest beginning of at most so many bytes that ends with a whole character.
fn cut_bytes(text: &str, max: usize) -> &str {
    &text[..text.floor_char_boundary(max)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(msgtype: &str, object: Value) -> String {
        let content = Map::from_iter([(msgtype.to_owned(), object)]);
        read(msgtype, &content).map_or_else(|fault| fault.code().to_owned(), |_| "0".into())
    }

    #[test]
    fn long_text_is_cut_at_a_whole_character() {
        let content = Map::from_iter([("text".into(), json!({"content": "鸿".repeat(1_000)}))]);
        let seen = read("text", &content).unwrap();
        assert_eq!(seen["text"]["content"].as_str().unwrap().len(), 2_046);
    }

    #[test]
    fn each_flaw_has_its_code() {
        for (msgtype, object, expected) in [
            ("text", json!({"content": "x"}), "0"),
            ("text", json!({"content": ""}), "44004"),
            ("text", json!("x"), "44004"),
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
            ("news", json!({"articles": []}), "44004"),
            (
                "mpnews",
                json!({"articles": [{"title": "t", "thumb_media_id": "m", "content": "c", "author": "x".repeat(65)}]}),
                "45032",
            ),
            ("template_card", json!({"card_type": "text_notice"}), "0"),
            ("template_card", json!({"card_type": "poem"}), "42014"),
            ("template_msg", json!({}), "60206"),
            ("smoke", json!({}), "40008"),
        ] {
            assert_eq!(code(msgtype, object.clone()), expected, "{msgtype} {object}");
        }
    }
}
