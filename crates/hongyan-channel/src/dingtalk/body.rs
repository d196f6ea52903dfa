//! From the portable content to the platform's message object, and from that to what an application's robot says in a
//! group. Every form has its place: a video travels as a file, a page without a picture as an OA card, news as
//! markdown with links.

use super::{
    pack,
    robot_message::{RobotMessage, message_of},
};
use crate::render;
use hongyan_core::{Bilingual, Content, Flaw, Unfit, bilingual};
use hongyan_dingtalk::{DingTalk, content, robot::SendToGroup};
use hongyan_endpoint::Endpoint;
use hongyan_text::{Dialect, Form};
use serde_json::{Map, Value, json};

/// What one call is called in an error.
pub(super) const KIND: Bilingual = Bilingual::fixed("DingTalk message", "钉钉消息");

/// Where a message's words stand, by its type.
pub(super) const WORDS: [(&str, &str, Form); 2] =
    [("text", "content", Form::Text), ("markdown", "text", Form::Markdown)];

/// The platform's message object. `media_id` is the file's, of contents that have one.
pub(super) fn message(content: &Content, media_id: &str) -> Value {
    let title = content.title.as_deref();
    if let Some(native) = &content.native {
        native.clone()
    } else if let Some(markdown) = &content.markdown {
        json!({"msgtype": "markdown", "markdown": {"title": title, "text": render::titled(title, markdown, Dialect::DingTalk)}})
    } else if let Some(news) = &content.news {
        let first = news.first().map(|link| link.title.as_str());
        let text = render::titled(title, &render::pages(news), Dialect::DingTalk);
        json!({"msgtype": "markdown", "markdown": {"title": title.or(first), "text": text}})
    } else if let Some(card) = &content.card {
        let mut body = json!({"title": title, "markdown": rendered(&card.markdown)});
        match card.buttons.as_slice() {
            [only] => {
                body["single_title"] = only.title.as_str().into();
                body["single_url"] = only.url.as_str().into();
            }
            several => {
                // Two short ones stand side by side, more below one another.
                body["btn_orientation"] = if several.len() == 2 { "1" } else { "0" }.into();
                let button = |b: &hongyan_core::Button| json!({"title": b.title, "action_url": b.url});
                body["btn_json_list"] = several.iter().map(button).collect();
            }
        }
        json!({"msgtype": "action_card", "action_card": body})
    } else if let Some(link) = &content.link {
        let text = if link.text.is_empty() { &link.title } else { &link.text };
        match &link.picture {
            Some(picture) => json!({"msgtype": "link", "link":
                {"messageUrl": link.url, "picUrl": picture, "title": link.title, "text": text}}),
            // A link cannot do without its picture.
            None => json!({"msgtype": "oa", "oa": {"message_url": link.url,
                "head": {"bgcolor": "FFBBBBBB", "text": link.title}, "body": {"title": link.title, "content": text}}}),
        }
    } else if content.image.is_some() {
        json!({"msgtype": "image", "image": {"media_id": media_id}})
    } else if let Some(voice) = &content.voice {
        let duration = voice.seconds.map(|seconds| seconds.to_string());
        json!({"msgtype": "voice", "voice": {"media_id": media_id, "duration": duration}})
    } else if content.file.is_some() || content.video.is_some() {
        json!({"msgtype": "file", "file": {"media_id": media_id}})
    } else {
        json!({"msgtype": "text", "text": {"content": render::plain(content)}})
    }
}

fn rendered(markdown: &str) -> String {
    hongyan_text::render(markdown, Dialect::DingTalk)
}

/// What is read of a message object; `None` where only the platform knows.
pub(super) fn words(message: &Value) -> Option<String> {
    let kind = message["msgtype"].as_str()?;
    let body = match &message[kind] {
        Value::Object(body) => body,
        _ => return None,
    };
    let member = |name: &str| body.get(name).and_then(Value::as_str);
    let lines = match kind {
        "text" => [member("content"), None],
        "markdown" => [member("text"), None],
        "action_card" => [member("title"), member("markdown")],
        "link" => [member("title"), member("text")],
        "oa" => [message["oa"]["body"]["title"].as_str(), message["oa"]["body"]["content"].as_str()],
        _ => [None, None],
    };
    let lines: Vec<&str> = lines.into_iter().flatten().collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// Whether the platform takes what a content becomes.
pub(super) fn check(content: &Content) -> Result<(), Unfit> {
    if content.voice.as_ref().is_some_and(|voice| voice.seconds.is_none()) {
        let why = ("needs its seconds (1 to 59) on DingTalk", "在钉钉上须给出 seconds（1 至 59）");
        return Err(Unfit::new("voice", Flaw::unfit(why)));
    }
    // Ids are given by the platform and short; this one is as long as any that was seen.
    let message = message(content, &"@".repeat(64));
    let Value::Object(message) = message else {
        return Err(Unfit::new("native", Flaw::unfit(("is not an object", "不是对象"))));
    };
    content::check(&message).map_err(|unfit| render::unfit::<DingTalk>(content, &KIND, unfit))
}

/// What an application's robot says in a group: `msgKey` and `msgParam`.
///
/// # Errors
/// [`Unfit`] for what the robot has no kind for: an OA card of one's own, a file without an ending.
/// `zips`: files of unlisted names travel in a zip.
pub(super) fn robot_message(content: &Content, media_id: &str, zips: bool) -> Result<(String, String), Unfit> {
    if let Some(RobotMessage { msg_key, msg_param, .. }) = message_of(content) {
        return Ok((msg_key.to_owned(), msg_param.to_owned()));
    }
    let (msg_key, param) = robot_kind(content, media_id, zips)?;
    let msg_param = param.to_string();
    match SendToGroup::SPEC.max_bytes("msgParam").filter(|max| msg_param.len() > *max) {
        None => Ok((msg_key, msg_param)),
        Some(max) => {
            let unfit = Unfit::new(render::form(content), Flaw::bytes(msg_param.len(), max));
            Err(unfit.of(("msgParam", "msgParam")))
        }
    }
}

fn robot_kind(content: &Content, media_id: &str, zips: bool) -> Result<(String, Value), Unfit> {
    if let Some(link) = content.link.as_ref().filter(|link| link.picture.is_none()) {
        let param = json!({"title": link.title, "text": rendered(&render::page(link))});
        return Ok(("sampleMarkdown".into(), param));
    }
    let message = message(content, media_id);
    let kind = message["msgtype"].as_str().unwrap_or_default();
    let body = &message[kind];
    Ok(match kind {
        "text" => ("sampleText".into(), json!({"content": body["content"]})),
        "markdown" => ("sampleMarkdown".into(), json!({"title": body["title"], "text": body["text"]})),
        "image" => ("sampleImageMsg".into(), json!({"photoURL": body["media_id"]})),
        "link" => ("sampleLink".into(), body.clone()),
        "voice" => {
            let seconds = match &body["duration"] {
                Value::String(text) => text.parse().unwrap_or_default(),
                other => other.as_i64().unwrap_or_default(),
            };
            let param = json!({"mediaId": body["media_id"], "duration": (seconds * 1_000).to_string()});
            ("sampleAudio".into(), param)
        }
        "file" => {
            let name = content.media().and_then(|(_, media)| media.name.as_deref()).or(content.title.as_deref());
            let name = pack::name(name.unwrap_or_default(), zips);
            // The page names xlsx, pdf, zip, rar, doc and docx; others were seen to arrive.
            let ending = pack::ending(&name).ok_or_else(|| {
                let why = (
                    "to a group with an openConversationId a file has a name with an ending, such as .pdf",
                    "发给以 openConversationId 指定的群时，文件名须有扩展名，如 .pdf",
                );
                Unfit::new(render::form(content), Flaw::unfit(why))
            })?;
            ("sampleFile".into(), json!({"mediaId": body["media_id"], "fileName": name, "fileType": ending}))
        }
        "action_card" => robot_card(body),
        other => {
            let why = bilingual!("an application's robot cannot say {other:?} in a group"; "应用机器人不能在群里发送 {other:?}");
            return Err(Unfit::new(render::form(content), Flaw::Unfit(why)));
        }
    })
}

/// The robot's cards have their buttons in numbered members; there are none for more than five.
fn robot_card(card: &Value) -> (String, Value) {
    let mut param =
        Map::from_iter([("title".to_owned(), card["title"].clone()), ("text".to_owned(), card["markdown"].clone())]);
    let buttons = match &card["btn_json_list"] {
        Value::String(text) => serde_json::from_str(text).unwrap_or_default(),
        Value::Array(list) => list.clone(),
        _ => Vec::new(),
    };
    let across = card["btn_orientation"] == "1" && buttons.len() == 2;
    let (key, title, url) = match buttons.as_slice() {
        [] => {
            param.insert("singleTitle".into(), card["single_title"].clone());
            param.insert("singleURL".into(), card["single_url"].clone());
            return ("sampleActionCard".into(), param.into());
        }
        [only] => {
            param.insert("singleTitle".into(), only["title"].clone());
            param.insert("singleURL".into(), only["action_url"].clone());
            return ("sampleActionCard".into(), param.into());
        }
        _ if across => ("sampleActionCard6".to_owned(), "buttonTitle", "buttonUrl"),
        several if several.len() <= 5 => (format!("sampleActionCard{}", several.len()), "actionTitle", "actionURL"),
        several => {
            let mut text = card["markdown"].as_str().unwrap_or_default().to_owned();
            for button in several {
                let (title, url) = (button["title"].as_str(), button["action_url"].as_str());
                text.push_str(&format!("\n\n[{}]({})", title.unwrap_or_default(), url.unwrap_or_default()));
            }
            return ("sampleMarkdown".into(), json!({"title": card["title"], "text": text}));
        }
    };
    for (button, n) in buttons.iter().zip(1..) {
        param.insert(format!("{title}{n}"), button["title"].clone());
        param.insert(format!("{url}{n}"), button["action_url"].clone());
    }
    (key, param.into())
}
