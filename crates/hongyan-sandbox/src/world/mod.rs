//! The simulated world: one company, two platforms, everybody's phone.
//!
//! All of it sits behind one lock that is held for the length of one decision, never for I/O. Nothing here runs by
//! itself: [`World::settle`] brings the world up to `now` before each look at it, so a moved clock is enough.

pub(crate) mod callback;
pub(crate) mod company;
pub(crate) mod event;
pub(crate) mod ledger;
mod news;
pub(crate) mod phone;
pub(crate) mod stream;
pub(crate) mod tally;
mod tell;
pub(crate) mod token;

use crate::{
    dingtalk,
    options::{Credentials, Limits, SandboxOptions},
    push::Asked,
    wecom,
};
use callback::Callbacks;
use company::Company;
use event::Events;
use hongyan_endpoint::Platform;
use hongyan_wecom::WeCom;
use phone::Phones;
use serde::Serialize;
use std::{
    collections::{BTreeMap, HashMap},
    hash::{DefaultHasher, Hash, Hasher},
    net::IpAddr,
    time::Duration,
};
use stream::Streams;
use tally::{Calls, Tally};
use token::TokenStore;

/// What can be changed while it runs.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Settings {
    pub(crate) limits: Limits,
    pub(crate) delivery_delay_ms: i64,
    pub(crate) auto_read_ms: Option<i64>,
    /// The only addresses that may call DingTalk's application; `None`: all.
    pub(crate) dingtalk_trusted_ips: Option<Vec<IpAddr>>,
    /// The only addresses that may call WeCom's application; `None`: all.
    pub(crate) wecom_trusted_ips: Option<Vec<IpAddr>>,
    /// The group templates that DingTalk's company has; `None`: any that is well formed.
    pub(crate) dingtalk_group_templates: Option<Vec<String>>,
    /// DingTalk's `/topapi/*` takes JSON text under a form's type, which it is believed to refuse.
    pub(crate) dingtalk_json_in_forms: bool,
    /// The card templates that DingTalk's company has, and whether each is published; `None`: any that is well formed.
    pub(crate) dingtalk_card_templates: Option<BTreeMap<String, bool>>,
    /// DingTalk's uploads take the file names' endings of its page alone.
    pub(crate) strict_file_types: bool,
    #[serde(flatten)]
    pub(crate) wecom: wecom::Permissions,
    /// How often WeCom tries to push one event, the first time included: its pages can be read as 3 and as 4.
    pub(crate) wecom_push_tries: u32,
    /// Every push that was taken comes once more.
    pub(crate) push_repeats: bool,
}

/// Everything.
pub(crate) struct World {
    pub(crate) company: Company,
    pub(crate) settings: Settings,
    pub(crate) credentials: Credentials,
    pub(crate) dingtalk: dingtalk::State,
    pub(crate) wecom: wecom::State,
    pub(crate) phones: Phones,
    pub(crate) tally: Tally,
    pub(crate) calls: Calls,
    pub(crate) events: Events,
    pub(crate) callbacks: Callbacks,
    pub(crate) streams: Streams,
    /// Host and port by which the last caller found us: what addresses that we give out begin with.
    pub(crate) host: String,
    rates: HashMap<(&'static str, &'static str, u64), (i64, u32)>,
}

/// Who calls, and when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caller {
    pub(crate) ip: IpAddr,
    /// Milliseconds of the sandbox's clock.
    pub(crate) now: i64,
    /// How far the clock was moved: who signs with the machine's own time means `now - moved_ms`.
    pub(crate) moved_ms: i64,
    /// What an address answered that the platform asked before it decides.
    pub(crate) asked: Option<Asked>,
}

impl World {
    /// The tokens that a platform has given, of each of its secrets.
    pub(crate) fn tokens(&mut self, platform: &str) -> impl Iterator<Item = &mut TokenStore> {
        let Self { dingtalk, wecom, .. } = self;
        if platform == WeCom::NAME {
            vec![&mut wecom.token, &mut wecom.contacts_token].into_iter()
        } else {
            vec![&mut dingtalk.token].into_iter()
        }
    }

    pub(crate) fn new(options: &SandboxOptions, credentials: Credentials) -> Self {
        let mut company = Company::new(options.seed, options.people);
        // How it began is no news.
        company.take_changes();
        let ms = |span: Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX / 4);
        Self {
            dingtalk: dingtalk::State::new(&company, &credentials),
            company,
            settings: Settings {
                limits: options.limits,
                delivery_delay_ms: ms(options.delivery_delay),
                auto_read_ms: options.auto_read.map(ms),
                dingtalk_trusted_ips: None,
                wecom_trusted_ips: None,
                dingtalk_group_templates: None,
                dingtalk_json_in_forms: false,
                dingtalk_card_templates: None,
                strict_file_types: false,
                wecom: wecom::Permissions::default(),
                wecom_push_tries: 3,
                push_repeats: false,
            },
            credentials,
            wecom: wecom::State::default(),
            phones: Phones::default(),
            tally: Tally::default(),
            calls: Calls::default(),
            events: Events::default(),
            callbacks: Callbacks::default(),
            streams: Streams::default(),
            host: String::new(),
            rates: HashMap::new(),
        }
    }

    /// Brings the world up to `now`: what is due is delivered at the time it was due.
    pub(crate) fn settle(&mut self, now: i64) {
        dingtalk::deliver_due(self, now);
    }

    /// When somebody who got a message at `at` reads it by himself.
    pub(crate) fn reads_at(&self, person: company::PersonId, at: i64) -> Option<i64> {
        self.settings.auto_read_ms.filter(|_| self.company.person(person).active).map(|after| at.saturating_add(after))
    }

    /// Counts one call against a fixed window; `false` when the window is full.
    pub(crate) fn within_rate(&mut self, key: (&'static str, &'static str), max: u32, per: Duration, now: i64) -> bool {
        let per_ms = i64::try_from(per.as_millis()).unwrap_or(i64::MAX).max(1);
        // Days turn at midnight in China; shorter windows are whole within its eight hours.
        let window = (now + crate::clock::CHINA_MS).div_euclid(per_ms);
        let slot = self.rates.entry((key.0, key.1, per.as_secs())).or_default();
        if slot.0 != window {
            *slot = (window, 0);
        }
        slot.1 = slot.1.saturating_add(1);
        slot.1 <= max
    }
}

/// The JSON text with members in order of their names: equal content has equal text.
pub(crate) fn canonical(value: &serde_json::Value, to: &mut String) {
    use serde_json::Value;
    match value {
        Value::Object(members) => {
            let mut names: Vec<_> = members.iter().collect();
            names.sort_unstable_by_key(|(name, _)| *name);
            to.push('{');
            for (i, (name, value)) in names.into_iter().enumerate() {
                if i > 0 {
                    to.push(',');
                }
                quote(name, to);
                to.push(':');
                canonical(value, to);
            }
            to.push('}');
        }
        Value::Array(items) => {
            to.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    to.push(',');
                }
                canonical(item, to);
            }
            to.push(']');
        }
        Value::String(text) => quote(text, to),
        Value::Null => to.push_str("null"),
        Value::Bool(truth) => to.push_str(if *truth { "true" } else { "false" }),
        Value::Number(number) => to.push_str(&number.to_string()),
    }
}

/// A JSON string; most need no escape, and then no detour.
fn quote(text: &str, to: &mut String) {
    if text.bytes().any(|byte| byte < 0x20 || byte == b'"' || byte == b'\\') {
        to.push_str(&serde_json::Value::from(text).to_string());
    } else {
        to.push('"');
        to.push_str(text);
        to.push('"');
    }
}

/// A digest of content within one application.
pub(crate) fn digest(platform: &str, app: i64, content: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (platform, app, content).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn equal_content_has_equal_text_whatever_the_order() {
        let text = |value| {
            let mut text = String::new();
            canonical(&value, &mut text);
            text
        };
        assert_eq!(text(json!({"b": [1, {"d": 1, "c": "\""}], "a": null})), r#"{"a":null,"b":[1,{"c":"\"","d":1}]}"#);
        assert_eq!(text(json!({"a": 1, "b": 2})), text(json!({"b": 2, "a": 1})));
    }
}
