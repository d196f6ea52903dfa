//! What the platform cuts in silence, where, and the same cut made by hand.

use super::Place;
use crate::message::SendMessage;
use hongyan_endpoint::{Endpoint, Unfit};
use serde_json::{Map, Value};

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

/// Whether the platform may take what [`check`](super::check) refused: words that are longer than the page says, where the page does
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
