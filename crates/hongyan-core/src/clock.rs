//! Time, handed in: the one place that reads the machine's clock.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, time::Duration};

/// A moment: milliseconds since 1970-01-01T00:00:00Z. RFC 3339 in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, JsonSchema)]
#[schemars(with = "String", extend("format" = "date-time"))]
pub struct Time(i64);

impl Time {
    /// From milliseconds since the epoch.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// The span since `earlier`, zero when `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The number of whole days since the epoch in China (UTC+8): the day by which DingTalk counts.
    #[must_use]
    pub const fn china_day(self) -> i64 {
        (self.0 + 8 * 3_600_000).div_euclid(86_400_000)
    }
}

impl std::ops::Add<Duration> for Time {
    type Output = Self;

    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)))
    }
}

impl std::ops::Sub<Duration> for Time {
    type Output = Self;

    fn sub(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(timestamp) => write!(f, "{timestamp:.3}"),
            Err(_) => write!(f, "{} ms", self.0),
        }
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let timestamp = jiff::Timestamp::deserialize(from).map_err(|_| {
            serde::de::Error::custom("expected a time with its zone, such as 2026-12-01T09:00:00+08:00")
        })?;
        Ok(Self(timestamp.as_millisecond()))
    }
}

/// Whoever needs the time is handed one of these.
pub trait Clock: Send + Sync + 'static {
    /// Now.
    fn now(&self) -> Time;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct System;

impl Clock for System {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads it")]
    fn now(&self) -> Time {
        Time(jiff::Timestamp::now().as_millisecond())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_with_its_zone_and_refused_without() {
        let time: Time = serde_json::from_str(r#""2026-12-01T09:00:00+08:00""#).unwrap();
        assert_eq!(time.to_string(), "2026-12-01T01:00:00.000Z");
        assert!(serde_json::from_str::<Time>(r#""2026-12-01T09:00:00""#).is_err());
    }

    #[test]
    fn the_day_turns_at_midnight_in_china() {
        let before: Time = serde_json::from_str(r#""2026-12-01T15:59:59Z""#).unwrap();
        let after: Time = serde_json::from_str(r#""2026-12-01T16:00:00Z""#).unwrap();
        assert_eq!(before.china_day() + 1, after.china_day());
    }
}
