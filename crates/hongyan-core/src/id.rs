//! Identifiers that sort by time and need no index of their own.
//!
//! A message's id is one 63-bit integer: 43 bits of milliseconds, 20 bits of sequence. The store uses it as
//! its row id, so a new message is appended to the table and found without a second tree. It is printed as
//! `m` and thirteen characters of Crockford's base 32.

use crate::Time;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, str::FromStr, sync::Mutex};

const SEQUENCE_BITS: u32 = 20;
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A message's identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, schemars::JsonSchema)]
#[schemars(with = "String")]
pub struct MessageId(i64);

impl MessageId {
    /// The integer behind it, non-negative.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }

    /// From the integer that a store kept.
    #[must_use]
    pub const fn from_raw(raw: i64) -> Self {
        Self(raw)
    }

    /// When it was made, to the millisecond.
    #[must_use]
    pub const fn made_at(self) -> Time {
        Time::from_millis(self.0 >> SEQUENCE_BITS)
    }

    /// The least id that can be made at or after `time`: a bound for range queries.
    #[must_use]
    pub const fn first_at(time: Time) -> Self {
        Self(time.millis() << SEQUENCE_BITS)
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [b'm'; 14];
        let mut rest = self.0.unsigned_abs();
        for slot in text[1..].iter_mut().rev() {
            *slot = ALPHABET[(rest & 31) as usize];
            rest >>= 5;
        }
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

/// A text that is not a message id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a message id: expected m and thirteen letters or digits")]
pub struct NotAnId;

impl FromStr for MessageId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let digits = text.strip_prefix('m').filter(|d| d.len() == 13).ok_or(NotAnId)?;
        let mut raw: u64 = 0;
        for c in digits.bytes() {
            let value = ALPHABET.iter().position(|a| *a == c).ok_or(NotAnId)?;
            raw = raw.checked_mul(32).and_then(|r| r.checked_add(value as u64)).ok_or(NotAnId)?;
        }
        i64::try_from(raw).map(Self).map_err(|_| NotAnId)
    }
}

impl Serialize for MessageId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for MessageId {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A delivery's identifier: its message and its number there, from 1. Printed as `m….1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, schemars::JsonSchema)]
#[schemars(with = "String")]
pub struct DeliveryId {
    /// The message.
    pub message: MessageId,
    /// Counted from 1.
    pub number: u32,
}

impl fmt::Display for DeliveryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.message, self.number)
    }
}

impl Serialize for DeliveryId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DeliveryId {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        text.split_once('.')
            .and_then(|(message, number)| Some(Self { message: message.parse().ok()?, number: number.parse().ok()? }))
            .ok_or_else(|| serde::de::Error::custom(crate::Bilingual::fixed("not a delivery id", "不是投递 ID")))
    }
}

/// Makes ids: strictly increasing, even when the clock stands still or steps back.
#[derive(Debug, Default)]
pub struct IdSource {
    last: Mutex<i64>,
}

impl IdSource {
    /// A source that continues after `last`, the greatest id in the store.
    #[must_use]
    pub fn after(last: Option<MessageId>) -> Self {
        Self { last: Mutex::new(last.map_or(0, MessageId::get)) }
    }

    /// The next id, at `now`.
    #[must_use]
    pub fn next(&self, now: Time) -> MessageId {
        // A std mutex: held for one addition, never across await. Poisoning cannot leave it half-changed.
        let mut last = self.last.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *last = (now.millis() << SEQUENCE_BITS).max(*last + 1);
        MessageId(*last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_increase_print_and_parse() {
        let source = IdSource::default();
        let now = Time::from_millis(1_790_000_000_000);
        let a = source.next(now);
        let b = source.next(now);
        let earlier = source.next(Time::from_millis(1));
        assert!(a < b && b < earlier);
        assert_eq!(a.to_string().parse::<MessageId>(), Ok(a));
        assert_eq!(a.made_at(), now);
        assert!("m123".parse::<MessageId>().is_err());
        assert!("muuuuuuuuuuuuu".parse::<MessageId>().is_err());
        assert!("mzzzzzzzzzzzzz".parse::<MessageId>().is_err());
    }
}
