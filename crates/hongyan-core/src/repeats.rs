//! What an account sent lately, so that a repeat which the platform would swallow is said beforehand.

use crate::{Content, Dedup, DeliveryId, Target, Time};
use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
};

/// Entries kept; past it nothing is added, and the platform's own result has the last word.
const CAPACITY: usize = 500_000;

/// Sixty-four bits of hash and a time per entry; lapsed entries are dropped as it fills.
#[derive(Debug)]
pub struct Repeats {
    dedup: Dedup,
    sent: HashMap<u64, (Time, DeliveryId)>,
    /// Sweep when this many are held.
    sweep_at: usize,
}

impl Repeats {
    /// For an account whose platform recognises repeats this way.
    #[must_use]
    pub fn new(dedup: Dedup) -> Self {
        Self { dedup, sent: HashMap::new(), sweep_at: 1_024 }
    }

    /// Since when what was sent may still count as the original of a repeat made at `now`; `None` when the
    /// platform swallows nothing.
    #[must_use]
    pub fn horizon(&self, now: Time) -> Option<Time> {
        match self.dedup {
            Dedup::None | Dedup::MessageId | Dedup::KeyedFor(_) => None,
            Dedup::SameContentPerDay => Some(Time::from_millis(now.china_day() * 86_400_000 - 8 * 3_600_000)),
            Dedup::IdenticalWithin(window) => Some(now - window),
        }
    }

    /// The indices of those to whom the platform would not bring this content now. A delivery is no repeat of
    /// itself: a retry after the platform's refusal is meant.
    #[must_use]
    pub fn swallowed(&self, id: DeliveryId, content: &Content, targets: &[Target], now: Time) -> Vec<u32> {
        let Some(horizon) = self.horizon(now) else { return Vec::new() };
        let fresh = |key: u64| self.sent.get(&key).is_some_and(|(at, by)| *at >= horizon && *by != id);
        match self.dedup {
            Dedup::IdenticalWithin(_) if fresh(call_key(content, targets)) => targets.iter().map(|t| t.index).collect(),
            Dedup::SameContentPerDay => {
                let content = content_hash(content);
                targets.iter().filter(|t| fresh(person_key(content, t))).map(|t| t.index).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Notes that the platform took this content for these.
    pub fn note(&mut self, id: DeliveryId, content: &Content, targets: &[Target], now: Time) {
        let Some(horizon) = self.horizon(now) else { return };
        if self.sent.len() >= self.sweep_at {
            self.sent.retain(|_, (at, _)| *at >= horizon);
            self.sweep_at = (self.sent.len() * 2).max(1_024);
        }
        if self.sent.len() + targets.len() > CAPACITY {
            return;
        }
        if self.dedup == Dedup::SameContentPerDay {
            let content = content_hash(content);
            self.sent.extend(targets.iter().map(|t| (person_key(content, t), (now, id))));
        } else {
            self.sent.insert(call_key(content, targets), (now, id));
        }
    }
}

fn content_hash(content: &Content) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&content.title, &content.text, &content.markdown, &content.html).hash(&mut hasher);
    (&content.image, &content.file, &content.voice, &content.video).hash(&mut hasher);
    (&content.link, &content.card, &content.news).hash(&mut hasher);
    content.native.as_ref().map(ToString::to_string).hash(&mut hasher);
    content.table.as_ref().map(|table| format!("{table:?}")).hash(&mut hasher);
    hasher.finish()
}

fn person_key(content: u64, target: &Target) -> u64 {
    let mut hasher = DefaultHasher::new();
    (content, target.address.kind_on_wire(), target.wire_id().to_lowercase()).hash(&mut hasher);
    hasher.finish()
}

fn call_key(content: &Content, targets: &[Target]) -> u64 {
    let mut hasher = DefaultHasher::new();
    content_hash(content).hash(&mut hasher);
    for target in targets {
        (target.address.kind_on_wire(), target.wire_id().to_lowercase()).hash(&mut hasher);
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Address, AddressKind, MessageId};
    use std::time::Duration;

    const NOON: Time = Time::from_millis(1_790_000_000_000);

    fn people(ids: &[&str]) -> Vec<Target> {
        ids.iter()
            .zip(0..)
            .map(|(id, index)| Target { index, address: Address::new(AddressKind::Userid, *id), resolved: None })
            .collect()
    }

    fn id(number: u32) -> DeliveryId {
        DeliveryId { message: MessageId::first_at(NOON), number }
    }

    fn text(words: &str) -> Content {
        Content { text: Some(words.into()), ..Content::default() }
    }

    #[test]
    fn on_dingtalk_the_same_content_goes_to_a_person_once_a_day() {
        let mut repeats = Repeats::new(Dedup::SameContentPerDay);
        repeats.note(id(1), &text("a"), &people(&["li", "wang"]), NOON);
        assert_eq!(repeats.swallowed(id(2), &text("a"), &people(&["zhao", "LI"]), NOON), [1]);
        assert!(repeats.swallowed(id(2), &text("b"), &people(&["li"]), NOON).is_empty());
        assert!(repeats.swallowed(id(2), &text("a"), &people(&["li"]), NOON + Duration::from_secs(86_400)).is_empty());
    }

    #[test]
    fn a_delivery_is_no_repeat_of_itself() {
        let mut repeats = Repeats::new(Dedup::SameContentPerDay);
        repeats.note(id(1), &text("a"), &people(&["li"]), NOON);
        assert!(repeats.swallowed(id(1), &text("a"), &people(&["li"]), NOON).is_empty());
    }

    #[test]
    fn on_wecom_only_an_identical_call_inside_the_window_is_a_repeat() {
        let window = Duration::from_secs(1_800);
        let mut repeats = Repeats::new(Dedup::IdenticalWithin(window));
        repeats.note(id(1), &text("a"), &people(&["li", "wang"]), NOON);
        assert_eq!(repeats.swallowed(id(2), &text("a"), &people(&["li", "wang"]), NOON), [0, 1]);
        assert!(repeats.swallowed(id(2), &text("a"), &people(&["li"]), NOON).is_empty());
        let later = NOON + window + Duration::from_millis(1);
        assert!(repeats.swallowed(id(2), &text("a"), &people(&["li", "wang"]), later).is_empty());
    }

    #[test]
    fn what_has_lapsed_is_dropped() {
        let mut repeats = Repeats::new(Dedup::IdenticalWithin(Duration::from_secs(1)));
        for i in 0..5_000 {
            repeats.note(id(1), &text(&i.to_string()), &people(&["li"]), NOON + Duration::from_secs(i));
        }
        assert!(repeats.sent.len() <= 1_025, "{}", repeats.sent.len());
    }
}
