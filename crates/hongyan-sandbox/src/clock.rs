//! The sandbox's clock: the machine's, plus however far it was moved.
//!
//! Every window (token life, duplicate check, quotas, recall) reads it, so a test crosses a day in one call.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};
use tokio::sync::Notify;

/// The furthest the clock can be moved in all: a hundred years, so that no window overflows.
const FURTHEST_MS: i64 = 100 * 366 * 86_400_000;

/// Milliseconds since the epoch; only ever moved forward. Clones are the same clock.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    moved_ms: Arc<AtomicI64>,
    wake: Arc<Notify>,
}

impl Clock {
    /// Now, in milliseconds since the epoch.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the sandbox's clock: everything else asks it")]
    pub fn now_ms(&self) -> i64 {
        let machine = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        i64::try_from(machine).unwrap_or(i64::MAX / 2) + self.moved_ms.load(Ordering::Relaxed)
    }

    /// Rings when it was moved; one listens.
    pub(crate) fn wake(&self) -> Arc<Notify> {
        self.wake.clone()
    }

    /// How far it was moved in all, in milliseconds: the machine's time is so much earlier.
    pub(crate) fn moved_ms(&self) -> i64 {
        self.moved_ms.load(Ordering::Relaxed)
    }

    /// Moves it forward; returns the new now. Never goes back and never beyond a hundred years in all.
    pub fn advance_ms(&self, by: u64) -> i64 {
        let by = i64::try_from(by).unwrap_or(FURTHEST_MS).min(FURTHEST_MS);
        let moved = |moved: i64| Some((moved + by).min(FURTHEST_MS));
        // Never fails: the closure always gives a value.
        let _ = self.moved_ms.fetch_update(Ordering::Relaxed, Ordering::Relaxed, moved);
        self.wake.notify_one();
        self.now_ms()
    }
}

/// China's clocks are so far ahead of UTC.
pub(crate) const CHINA_MS: i64 = 8 * 3_600_000;

/// The calendar day in China (UTC+8), counted from the epoch: the platforms' quotas turn over on it.
#[must_use]
pub(crate) const fn china_day(now_ms: i64) -> i64 {
    (now_ms + CHINA_MS).div_euclid(86_400_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_moves_forward_only_as_far_as_it_is_told() {
        let clock = Clock::default();
        let before = clock.now_ms();
        let after = clock.advance_ms(86_400_000);
        assert!((86_400_000..86_410_000).contains(&(after - before)), "{}", after - before);
        clock.advance_ms(u64::MAX);
        clock.advance_ms(u64::MAX);
        assert!(clock.now_ms() > after);
    }

    #[test]
    fn the_day_turns_over_at_four_in_the_afternoon_of_utc() {
        assert_eq!(china_day(16 * 3_600_000 - 1), 0);
        assert_eq!(china_day(16 * 3_600_000), 1);
    }
}
