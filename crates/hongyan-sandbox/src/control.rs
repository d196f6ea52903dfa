//! A call of the control API under `/sandbox`, as platforms answer those that are about them.

use crate::{
    ask::{AddressReply, Question, is_address},
    world::{World, company::PersonId, event::Destination},
};
use hongyan_endpoint::{Sealed, pairs};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// An answer: the body, or status and words of a refusal.
pub(crate) type ControlResult = Result<Value, (u16, String)>;

/// One call.
pub(crate) struct ControlCall<'a> {
    pub(crate) method: &'a str,
    /// The parts of the path behind `/sandbox/`.
    pub(crate) path: Vec<&'a str>,
    pub(crate) query: &'a str,
    pub(crate) body: &'a [u8],
    /// Milliseconds of the sandbox's clock.
    pub(crate) now: i64,
}

/// What follows from the answer of an address.
pub(crate) type Decision = Box<dyn FnOnce(&mut World, AddressReply) -> ControlResult + Send>;

/// What a platform does about a call.
pub(crate) enum ControlAnswer {
    Result(ControlResult),
    File(Sealed),
    /// An address is asked first; what it answered decides.
    Ask(Box<Question>, Decision),
}

/// What a platform answers under `/sandbox`.
pub(crate) trait Controlled: Sync {
    /// Every call of its own, for whoever asks what there is: the call, and what it does.
    fn calls(&self) -> &'static [(&'static str, &'static str)];

    /// Answers a call that is about the platform; `None` for any other.
    fn answer(&self, world: &mut World, call: &ControlCall<'_>) -> Option<ControlAnswer>;

    /// Its groups, in short.
    fn chats(&self, world: &World) -> Vec<Value>;

    /// One group with its history.
    fn chat(&self, world: &World, id: &str, now: i64) -> Option<Value>;

    /// Who is told of its events over HTTP: the way, the address, and what else is shown.
    fn receivers(&self, world: &World) -> Vec<(Destination, String, Map<String, Value>)>;

    /// The ways on which somebody can be told over HTTP.
    fn destinations(&self) -> &'static [Destination];

    /// Tells nobody on this way any more.
    fn forget(&self, world: &mut World, destination: Destination);

    /// What is shown beside the receivers.
    fn describe(&self, _: &mut World) -> Option<(&'static str, Value)> {
        None
    }
}

impl ControlCall<'_> {
    /// The body as JSON; none counts as an empty object.
    pub(crate) fn parse<T: DeserializeOwned>(&self) -> Result<T, (u16, String)> {
        let body = if self.body.iter().all(u8::is_ascii_whitespace) { b"{}" } else { self.body };
        serde_json::from_slice(body).map_err(|error| bad(&error.to_string()))
    }

    /// A field of the query.
    pub(crate) fn query(&self, name: &str) -> Option<String> {
        pairs(self.query).find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// Whether the body names this platform; `absent`: what is said where it names none.
    pub(crate) fn is_for(&self, platform: &str, absent: bool) -> bool {
        let body: Map<String, Value> = serde_json::from_slice(self.body).unwrap_or_default();
        body.get("platform").map_or(absent, |named| named == platform)
    }
}

/// A refusal of what the call says.
pub(crate) fn bad(words: &str) -> (u16, String) {
    (400, words.to_owned())
}

/// The person of a userid, else 404.
pub(crate) fn person(world: &World, userid: &str) -> Result<PersonId, (u16, String)> {
    let unknown = || (404, format!("nobody is called {userid:?}; GET /sandbox/company lists them"));
    world.company.find(userid).ok_or_else(unknown)
}

/// As the console, which does not save an address that answers wrongly.
pub(crate) fn well(asked: AddressReply) -> Result<(), (u16, String)> {
    match asked {
        AddressReply::Valid => Ok(()),
        other => Err((422, format!("url: {}", other.describe()))),
    }
}

/// An address as the console asks for it. No `Debug`: it holds the keys.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Setting {
    #[serde(rename = "platform")]
    _platform: String,
    pub(crate) url: String,
    #[serde(default)]
    pub(crate) token: String,
    #[serde(default, alias = "aes_key")]
    pub(crate) encoding_aes_key: String,
}

impl Setting {
    /// Refuses what is no address.
    pub(crate) fn check_url(&self) -> Result<(), (u16, String)> {
        if is_address(&self.url) { Ok(()) } else { Err(bad("url: expected http://… or https://…")) }
    }

    /// Refuses a token of the wrong length and a key that is none.
    pub(crate) fn check_keys(&self, most: usize) -> Result<(), (u16, String)> {
        if !(3..=most).contains(&self.token.len()) {
            return Err(bad(&format!("token: expected 3 to {most} letters and digits")));
        }
        if self.encoding_aes_key.len() != 43 || !alphanumeric(&self.encoding_aes_key) {
            return Err(bad("encoding_aes_key: expected 43 letters and digits"));
        }
        Ok(())
    }
}

/// Whether a text has letters and digits alone.
pub(crate) fn alphanumeric(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// An event by hand: for those that nobody in the sandbox causes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Caused {
    #[serde(rename = "platform")]
    _platform: String,
    pub(crate) event: String,
    /// Its own members, as the platform spells them.
    #[serde(default)]
    pub(crate) members: Map<String, Value>,
}

/// One message or event of a person. Exactly one of the members below `group` is given.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Speech {
    #[serde(rename = "platform")]
    _platform: String,
    /// The conversation, where it is not said to the application alone.
    pub(crate) group: Option<String>,
    pub(crate) text: Option<String>,
    pub(crate) image: Option<Value>,
    pub(crate) voice: Option<Value>,
    pub(crate) video: Option<Value>,
    pub(crate) location: Option<Value>,
    pub(crate) link: Option<Value>,
    /// As the platform's application gets it.
    pub(crate) message: Option<Map<String, Value>>,
    /// What the person does instead of writing.
    pub(crate) event: Option<String>,
    /// Of what is clicked or viewed.
    pub(crate) key: Option<String>,
}

/// An answer to a card.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Click {
    /// The message's id on the phone; the newest card when missing.
    pub(crate) message: Option<u64>,
    /// The button's or the menu entry's; the submit button's when missing. On DingTalk the action's id.
    pub(crate) key: Option<String>,
    /// DingTalk: the action's parameters and what was filled in.
    #[serde(default)]
    pub(crate) params: Map<String, Value>,
    /// It was chosen from the card's menu.
    #[serde(default)]
    pub(crate) menu: bool,
    /// Question to options.
    #[serde(default)]
    pub(crate) selected: BTreeMap<String, Vec<String>>,
}
