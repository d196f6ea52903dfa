//! Time, handed in: the one place that reads the machine's clock.
//!
//! There are two readings. [`Time`] is what the wall clock says: it goes into messages, the ledger and the store, and
//! may be set forwards or back at any moment. [`Tick`] only ever goes forwards, at the speed of seconds: pauses, rates
//! and rests inside a process are counted in it, so that none of them waits for the size of a step. [`Steps`] notices
//! that the wall clock was set.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{
    fmt,
    sync::{Mutex, OnceLock, PoisonError},
    time::{Duration, Instant},
};

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
            serde::de::Error::custom(crate::Bilingual::fixed(
                "expected a time with its zone, such as 2026-12-01T09:00:00+08:00",
                "应为带时区的时间，如 2026-12-01T09:00:00+08:00",
            ))
        })?;
        Ok(Self(timestamp.as_millisecond()))
    }
}

/// A moment on the monotonic clock: milliseconds since an origin of the process's own. Never stored, never shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Tick(i64);

impl Tick {
    /// So many milliseconds after the origin.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// The span since `earlier`, zero when `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Time(self.0).since(Time(earlier.0))
    }

    /// Microseconds after the origin.
    pub(crate) const fn micros(self) -> i64 {
        self.0.saturating_mul(1_000)
    }

    /// The first tick that is not before so many microseconds after the origin.
    pub(crate) const fn from_micros_up(micros: i64) -> Self {
        Self(micros.saturating_add(999).div_euclid(1_000))
    }
}

impl std::ops::Add<Duration> for Tick {
    type Output = Self;

    fn add(self, span: Duration) -> Self {
        Self((Time(self.0) + span).0)
    }
}

/// Whoever needs the time is handed one of these.
pub trait Clock: Send + Sync + 'static {
    /// What the wall clock says.
    fn now(&self) -> Time;

    /// The monotonic clock. A clock that nobody sets may leave it as it is.
    fn tick(&self) -> Tick {
        Tick(self.now().0)
    }

    /// Both at once.
    fn moment(&self) -> Moment {
        Moment { wall: self.now(), tick: self.tick() }
    }
}

/// One moment on both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// What is shown and stored.
    pub wall: Time,
    /// What pauses are counted in.
    pub tick: Tick,
}

impl Moment {
    /// What the wall clock says at a later tick, as far as that can be known.
    #[must_use]
    pub fn wall_at(self, tick: Tick) -> Time {
        self.wall + tick.since(self.tick)
    }

    /// The tick at which the wall clock, as it goes now, said that.
    #[must_use]
    pub fn tick_at(self, wall: Time) -> Tick {
        Tick(self.tick.0.saturating_add(wall.0.saturating_sub(self.wall.0)))
    }
}

/// Notices that the wall clock was set.
///
/// A drift counts as a step once it has grown to [`Self::LEAST`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Steps {
    last: Moment,
}

impl Steps {
    /// What is less is left to add up.
    pub const LEAST: Duration = Duration::from_millis(500);

    /// From here on.
    #[must_use]
    pub const fn from(moment: Moment) -> Self {
        Self { last: moment }
    }

    /// By how many milliseconds the wall clock was set since the last step, if it was.
    pub fn look(&mut self, moment: Moment) -> Option<i64> {
        let by = (moment.wall.0 - self.last.wall.0) - (moment.tick.0 - self.last.tick.0);
        if Duration::from_millis(by.unsigned_abs()) < Self::LEAST {
            return None;
        }
        self.last = moment;
        Some(by)
    }
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct System;

impl Clock for System {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads it")]
    fn now(&self) -> Time {
        Time(jiff::Timestamp::now().as_millisecond().saturating_add(moved_by()))
    }

    fn tick(&self) -> Tick {
        static ORIGIN: OnceLock<Instant> = OnceLock::new();
        let passed = ORIGIN.get_or_init(Instant::now).elapsed();
        Tick(i64::try_from(passed.as_millis()).unwrap_or(i64::MAX))
    }
}

/// Names a file with the milliseconds by which [`System`]'s wall clock is off, so that a test can set the clock of a
/// process while it runs. Heeded by builds with debug assertions only; a packaged binary does not look at it.
pub const MOVED_BY_FILE: &str = "HONGYAN_DEBUG_CLOCK_FILE";

/// What [`MOVED_BY_FILE`] says, looked at again every 20 ms.
fn moved_by() -> i64 {
    static READ: Mutex<Option<(Instant, i64)>> = Mutex::new(None);
    static FILE: OnceLock<Option<std::path::PathBuf>> = OnceLock::new();
    if !cfg!(debug_assertions) {
        return 0;
    }
    let Some(file) = FILE.get_or_init(|| std::env::var_os(MOVED_BY_FILE).map(Into::into)) else { return 0 };
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    match *read {
        Some((at, by)) if at.elapsed() < Duration::from_millis(20) => by,
        _ => {
            let text = std::fs::read_to_string(file).unwrap_or_default();
            // A file that is being written says what it said before.
            let by = text.trim().parse().unwrap_or(read.map_or(0, |(_, by)| by));
            *read = Some((Instant::now(), by));
            by
        }
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
    fn a_step_is_noticed_once_in_either_direction_and_a_drift_when_it_has_added_up() {
        let at = |wall, tick| Moment { wall: Time(wall), tick: Tick(tick) };
        let mut steps = Steps::from(at(1_000_000, 0));
        assert_eq!(steps.look(at(1_060_000, 60_000)), None);
        assert_eq!(steps.look(at(1_060_000 - 86_400_000, 60_000)), Some(-86_400_000));
        assert_eq!(steps.look(at(1_061_000 - 86_400_000, 61_000)), None);
        assert_eq!(steps.look(at(1_061_000, 61_000)), Some(86_400_000));
        assert_eq!(steps.look(at(1_061_800, 62_000)), None);
        assert_eq!(steps.look(at(1_062_500, 63_000)), Some(-500), "little by little");
    }

    #[test]
    fn the_machines_monotonic_clock_goes_forwards() {
        let (first, second) = (System.tick(), System.tick());
        assert!(second >= first && second.since(first) < Duration::from_secs(60));
    }

    #[test]
    fn the_day_turns_at_midnight_in_china() {
        let before: Time = serde_json::from_str(r#""2026-12-01T15:59:59Z""#).unwrap();
        let after: Time = serde_json::from_str(r#""2026-12-01T16:00:00Z""#).unwrap();
        assert_eq!(before.china_day() + 1, after.china_day());
    }
}
