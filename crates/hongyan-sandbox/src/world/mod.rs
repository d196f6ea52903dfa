//! The simulated world: one company, its clock, everybody's phone, and what platforms remember.
//!
//! All of it sits behind one lock that is held for the length of one decision, never for I/O. Nothing here runs by
//! itself: [`World::settle`] brings the world up to `now` before each look at it, so a moved clock is enough. It names
//! no platform: each is a [`SimulatedPlatform`], and what it keeps is in [`World::memory`].

pub(crate) mod company;
pub(crate) mod event;
pub(crate) mod ledger;
mod memory;
pub(crate) mod phone;
pub(crate) mod platform;
pub(crate) mod tally;
mod tell;
pub(crate) mod token;

use crate::{
    ask::AddressReply,
    options::{Limits, SandboxOptions},
};
use company::Company;
use event::Events;
use memory::Memory;
use phone::Phones;
use platform::{Members, SimulatedPlatform};
use serde::{Deserialize, Serialize};
use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    io,
    net::IpAddr,
    time::Duration,
};
use tally::{Calls, Tally};

/// Every platform that is played.
pub(crate) type Platforms = &'static [&'static dyn SimulatedPlatform];

/// What can be changed while it runs, of no platform in particular.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) limits: Limits,
    pub(crate) delivery_delay_ms: u32,
    pub(crate) auto_read_ms: Option<u32>,
    /// Every push that was taken comes once more.
    pub(crate) push_repeats: bool,
}

/// Everything.
pub(crate) struct World {
    pub(crate) company: Company,
    pub(crate) settings: Settings,
    pub(crate) memory: Memory,
    pub(crate) phones: Phones,
    pub(crate) tally: Tally,
    pub(crate) calls: Calls,
    pub(crate) events: Events,
    /// Host and port by which the last caller found us: what addresses that we give out begin with.
    pub(crate) host: String,
    pub(crate) platforms: Platforms,
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
    pub(crate) asked: Option<AddressReply>,
}

impl World {
    /// A world as at the start, with these credentials where `kept` has them.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub(crate) fn open(options: &SandboxOptions, platforms: Platforms, kept: &Members) -> io::Result<Self> {
        let mut company = Company::new(options.seed, options.people);
        // How it began is no news.
        company.take_changes();
        let ms = |span: Duration| u32::try_from(span.as_millis()).unwrap_or(u32::MAX);
        let mut world = Self {
            company,
            settings: Settings {
                limits: options.limits,
                delivery_delay_ms: ms(options.delivery_delay),
                auto_read_ms: options.auto_read.map(ms),
                push_repeats: false,
            },
            memory: Memory::default(),
            phones: Phones::default(),
            tally: Tally::new(platforms.iter().map(|platform| platform.name())),
            calls: Calls::default(),
            events: Events::default(),
            host: String::new(),
            platforms,
            rates: HashMap::new(),
        };
        for platform in platforms {
            platform.open(&mut world, kept, options.fixed_credentials)?;
        }
        Ok(world)
    }

    /// The platform of this name.
    pub(crate) fn platform(&self, name: &str) -> Option<&'static dyn SimulatedPlatform> {
        self.platforms.iter().copied().find(|platform| platform.name() == name)
    }

    /// Brings the world up to `now`: what is due is delivered at the time it was due.
    pub(crate) fn settle(&mut self, now: i64) {
        for platform in self.platforms {
            platform.settle(self, now);
        }
    }

    /// Tells whoever subscribed what changed in the company since it was told last. One company is in all platforms,
    /// so a change by either is told by all.
    pub(crate) fn tell_changes(&mut self, at: i64) {
        for change in self.company.take_changes() {
            for platform in self.platforms {
                platform.on_change(self, &change, at);
            }
        }
    }

    /// When somebody who got a message at `at` reads it by himself.
    pub(crate) fn reads_at(&self, person: company::PersonId, at: i64) -> Option<i64> {
        let after = self.settings.auto_read_ms.filter(|_| self.company.person(person).active)?;
        Some(at.saturating_add(i64::from(after)))
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
