//! When: delays between attempts, limits on calls, and how often receipts are looked at.

use crate::{Rate, Tick};
use std::{collections::VecDeque, time::Duration};

/// Exponential delays with jitter, capped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// Before the second attempt.
    pub first: Duration,
    /// The longest.
    pub cap: Duration,
}

impl Default for Backoff {
    /// 1 s, 2 s, 4 s … at most 10 minutes.
    fn default() -> Self {
        Self { first: Duration::from_secs(1), cap: Duration::from_secs(600) }
    }
}

impl Backoff {
    /// The delay after `attempts` earlier ones: between half and the whole of the exponential step,
    /// picked by `seed`, so that many deliveries that failed together do not return together.
    #[must_use]
    pub fn delay(&self, attempts: u32, seed: u64) -> Duration {
        let step = self.first.saturating_mul(1_u32.checked_shl(attempts.min(30)).unwrap_or(u32::MAX)).min(self.cap);
        let millis = u64::try_from(step.as_millis()).unwrap_or(u64::MAX);
        let half = millis / 2;
        Duration::from_millis(half + splitmix(seed ^ u64::from(attempts)) % (millis - half + 1))
    }
}

impl Backoff {
    /// For how long a delivery has waited, about, once it was attempted so often.
    #[must_use]
    pub fn waited(&self, attempts: u32) -> Duration {
        let step = |n: u32| self.first.saturating_mul(1_u32.checked_shl(n).unwrap_or(u32::MAX)).min(self.cap);
        // From the thirty-second on every step is the same.
        let growing: Duration = (0..attempts.min(31)).map(step).sum();
        growing.saturating_add(step(31).saturating_mul(attempts.saturating_sub(31)))
    }
}

/// A small, well-known mixer (Vigna's `SplitMix64`): enough for jitter, not for secrets.
const fn splitmix(seed: u64) -> u64 {
    let z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A sliding window over calls: never more than `max` in any span `per`.
///
/// A plain token bucket lets twice the rate through around its refill; the platforms count per window and
/// answer the excess with a penalty, so the calls' own times are kept, one entry per millisecond with calls.
#[derive(Debug, Clone)]
pub struct Bucket {
    rate: Rate,
    taken: VecDeque<(Tick, u32)>,
    in_window: u32,
}

impl Bucket {
    /// An untouched bucket.
    #[must_use]
    pub fn new(rate: Rate) -> Self {
        Self { rate, taken: VecDeque::new(), in_window: 0 }
    }

    /// How many calls may be made now.
    pub fn available(&mut self, now: Tick) -> usize {
        while let Some((at, calls)) = self.taken.front().copied()
            && now.since(at) >= self.rate.per
        {
            self.taken.pop_front();
            self.in_window -= calls;
        }
        self.rate.max.saturating_sub(self.in_window) as usize
    }

    /// Notes `calls` made now.
    pub fn take(&mut self, calls: usize, now: Tick) {
        let calls = u32::try_from(calls).unwrap_or(u32::MAX);
        self.in_window = self.in_window.saturating_add(calls);
        match self.taken.back_mut() {
            Some((at, n)) if *at == now => *n = n.saturating_add(calls),
            _ if calls > 0 => self.taken.push_back((now, calls)),
            _ => {}
        }
    }

    /// The earliest time at which a call may be made, when none may now.
    pub fn next(&mut self, now: Tick) -> Option<Tick> {
        if self.available(now) > 0 {
            return None;
        }
        self.taken.front().map(|(at, _)| *at + self.rate.per)
    }

    /// Whether it holds nothing, so that it may be forgotten.
    pub fn is_idle(&mut self, now: Tick) -> bool {
        self.available(now) > 0 && self.taken.is_empty()
    }
}

/// Windows shorter than this are spaced; in longer ones calls go as they come, since a platform that counts by the
/// minute expects a robot's first twenty at once.
const SPACED_BELOW: Duration = Duration::from_secs(60);
/// The least by which a window is widened.
const LEAST_SPREAD: Duration = Duration::from_millis(50);
/// Late timers are made up for by this much, or a limit of a thousand a second would end at half of it.
const SLACK: Duration = Duration::from_millis(20);

/// A limit on an account's calls as the platform counts them: by when they arrive there.
///
/// A call counts from when it begins. It leaves the window one span after it was written to its connection; since some
/// requests travel longer than others, the span is widened by the spread of recent round trips.
#[derive(Debug, Clone)]
pub struct Meter {
    rate: Rate,
    spread: Duration,
    written: VecDeque<Tick>,
    /// Begun and not written yet.
    open: u32,
    /// The earliest time of the next call, in microseconds after the ticks' origin, where calls are spaced.
    spaced_from: i64,
}

/// When the next call may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Turn {
    /// At once.
    Now,
    /// Then.
    At(Tick),
    /// When one of those that have begun is written, and some time more.
    AfterAnother,
}

impl Meter {
    /// Nothing has been called.
    #[must_use]
    pub fn new(rate: Rate) -> Self {
        let rate = Rate { max: rate.max.max(1), ..rate };
        Self { rate, spread: LEAST_SPREAD, written: VecDeque::new(), open: 0, spaced_from: i64::MIN }
    }

    /// The calls of an earlier process that may still count, oldest first, in place of all that is known. Windows under a
    /// minute are over before a process has started.
    pub fn remember(&mut self, calls: impl Iterator<Item = Tick>) {
        if self.is_long() {
            self.written = calls.collect();
        }
    }

    /// Whether the window is long enough to outlast a restart.
    #[must_use]
    pub fn is_long(&self) -> bool {
        self.rate.per >= SPACED_BELOW
    }

    /// The limit.
    #[must_use]
    pub fn rate(&self) -> Rate {
        self.rate
    }

    /// The spread of recent round trips.
    pub fn widen(&mut self, spread: Duration) {
        // One slow answer must not halve the rate.
        self.spread = spread.min(self.rate.per).max(LEAST_SPREAD);
    }

    fn window(&self) -> Duration {
        self.rate.per + self.spread
    }

    /// Between two calls, in microseconds; `None` where they go as they come.
    fn gap(&self) -> Option<i64> {
        let gap = self.window() / self.rate.max;
        (!self.is_long()).then(|| i64::try_from(gap.as_micros()).unwrap_or(i64::MAX))
    }

    fn sweep(&mut self, now: Tick) {
        let window = self.window();
        while self.written.front().is_some_and(|at| now.since(*at) >= window) {
            self.written.pop_front();
        }
    }

    /// When the next call may begin.
    pub fn next(&mut self, now: Tick) -> Turn {
        self.sweep(now);
        let taken = self.written.len() + self.open as usize;
        let window = match taken.checked_sub(self.rate.max as usize) {
            None => Turn::Now,
            // The window has room when as many have left it as are too many.
            Some(over) => self.written.get(over).map_or(Turn::AfterAnother, |at| Turn::At(*at + self.window())),
        };
        let spaced = Tick::from_micros_up(self.spaced_from);
        let spaced = if self.gap().is_some() && spaced > now { Turn::At(spaced) } else { Turn::Now };
        window.max(spaced)
    }

    /// How many may begin within a span, about; at most `most`.
    pub fn within(&mut self, span: Duration, now: Tick, most: usize) -> usize {
        let end = now + span;
        let (window, max) = (self.window(), self.rate.max as usize);
        let leaving = self.written.iter().take_while(|at| **at + window <= end).count();
        let room = (max + leaving).saturating_sub(self.written.len() + self.open as usize).min(most);
        let Some(gap) = self.gap().filter(|gap| *gap > 0) else { return room };
        let from = self.spaced_from.max(now.micros());
        let spaced = usize::try_from((end.micros() - from).div_euclid(gap) + 1).unwrap_or(0);
        room.min(spaced)
    }

    /// One begins.
    pub fn begin(&mut self, now: Tick) {
        self.open = self.open.saturating_add(1);
        if let Some(gap) = self.gap() {
            let slack = i64::try_from(SLACK.as_micros()).unwrap_or_default();
            self.spaced_from = self.spaced_from.max(now.micros().saturating_sub(slack)).saturating_add(gap);
        }
    }

    /// One that had begun was written to its connection.
    pub fn written(&mut self, now: Tick) {
        self.open = self.open.saturating_sub(1);
        self.written.push_back(now);
    }

    /// One that had begun was not sent.
    pub fn given_back(&mut self) {
        self.open = self.open.saturating_sub(1);
    }
}

/// How long after the previous look (the `looks`-th, from 0) receipts are looked at again.
///
/// Widens from `first` by doubling to one hour: about a dozen looks in 24 h, because each costs API calls.
#[must_use]
pub fn receipt_delay(first: Duration, looks: u32) -> Duration {
    first.saturating_mul(1_u32.checked_shl(looks.min(20)).unwrap_or(u32::MAX)).min(Duration::from_secs(3_600))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Tick = Tick::from_millis(1_790_000_000);

    proptest! {
        #[test]
        fn a_delay_is_between_half_and_the_whole_step(attempts in 0_u32..40, seed: u64) {
            let backoff = Backoff::default();
            let step = backoff.first.saturating_mul(1 << attempts.min(20)).min(backoff.cap);
            let delay = backoff.delay(attempts, seed);
            prop_assert!(delay >= step / 2 && delay <= step, "{delay:?} of {step:?}");
        }

        #[test]
        fn no_window_ever_holds_more_than_the_rate(
            max in 1_u32..30, per in 1_u64..5_000, steps in prop::collection::vec((0_u64..2_000, 1_usize..40), 1..60),
        ) {
            let mut bucket = Bucket::new(Rate { max, per: Duration::from_millis(per) });
            let mut now = NOW;
            let mut calls: Vec<Tick> = Vec::new();
            for (pause, wanted) in steps {
                now = now + Duration::from_millis(pause);
                let n = bucket.available(now).min(wanted);
                bucket.take(n, now);
                calls.extend(std::iter::repeat_n(now, n));
            }
            for call in &calls {
                let within = calls.iter().filter(|c| *c >= call && c.since(*call) < Duration::from_millis(per)).count();
                prop_assert!(within <= max as usize);
            }
        }
    }

    #[test]
    fn a_full_bucket_says_when_there_is_room() {
        let mut bucket = Bucket::new(Rate { max: 2, per: Duration::from_secs(60) });
        bucket.take(2, NOW);
        assert_eq!(bucket.next(NOW), Some(NOW + Duration::from_secs(60)));
        assert_eq!(bucket.available(NOW + Duration::from_secs(59)), 0);
        assert_eq!(bucket.available(NOW + Duration::from_secs(60)), 2);
        assert_eq!(bucket.next(NOW + Duration::from_secs(60)), None);
    }

    #[test]
    fn the_time_that_retries_waited_is_the_sum_of_their_steps() {
        let backoff = Backoff::default();
        let waited: Vec<u64> = [0, 1, 4, 10, 11, 12].iter().map(|n| backoff.waited(*n).as_secs()).collect();
        assert_eq!(waited, [0, 1, 15, 1_023, 1_623, 2_223]);
        assert_eq!(backoff.waited(100) - backoff.waited(99), Duration::from_secs(600));
    }

    #[test]
    fn a_minutes_limit_is_used_as_calls_come_and_a_seconds_limit_is_spaced() {
        let mut robot = Meter::new(Rate { max: 20, per: Duration::from_secs(60) });
        for _ in 0..20 {
            assert_eq!(robot.next(NOW), Turn::Now);
            robot.begin(NOW);
        }
        assert_eq!(robot.next(NOW), Turn::AfterAnother, "none of them is written yet");
        robot.written(NOW + Duration::from_secs(2));
        (1..20).for_each(|_| robot.written(NOW + Duration::from_secs(3)));
        assert_eq!(robot.next(NOW + Duration::from_secs(4)), Turn::At(NOW + Duration::from_millis(62_050)));
        assert_eq!(robot.within(Duration::from_secs(1), NOW + Duration::from_secs(61), 99), 0);
        assert_eq!(robot.within(Duration::from_secs(1), NOW + Duration::from_millis(61_060), 99), 1);

        let mut app = Meter::new(Rate { max: 20, per: Duration::from_secs(1) });
        assert_eq!(app.next(NOW), Turn::Now);
        app.begin(NOW);
        assert_eq!(app.next(NOW), Turn::At(NOW + Duration::from_millis(33)), "52.5 ms, less the slack");
        assert_eq!(app.within(Duration::from_secs(1), NOW, 99), 19);
        assert_eq!(app.within(Duration::from_secs(1), NOW, 4), 4);
        app.given_back();
        app.widen(Duration::from_millis(400));
        app.begin(NOW + Duration::from_secs(5));
        assert_eq!(app.next(NOW + Duration::from_secs(5)), Turn::At(NOW + Duration::from_millis(5_050)));
    }

    proptest! {
        /// What counts is when a request arrives, and some travel longer than others.
        #[test]
        fn no_platform_counts_more_than_the_limit_in_any_window(
            max in 1_u32..30, per in prop::sample::select(vec![1_000_u64, 60_000]),
            calls in prop::collection::vec((0_u64..30, 0_u64..200, 0_u64..50), 1..300),
        ) {
            let rate = Rate { max, per: Duration::from_millis(per) };
            let mut meter = Meter::new(rate);
            let mut now = NOW;
            let mut arrivals = Vec::new();
            for (pause, before_written, travel) in calls {
                now = now + Duration::from_millis(pause);
                match meter.next(now) {
                    Turn::Now => {}
                    Turn::At(at) => now = at,
                    Turn::AfterAnother => unreachable!("each is written before the next begins"),
                }
                prop_assert_eq!(meter.next(now), Turn::Now);
                meter.begin(now);
                let written = now + Duration::from_millis(before_written);
                meter.written(written);
                now = written;
                arrivals.push(written + Duration::from_millis(travel));
            }
            arrivals.sort_unstable();
            for (at, first) in arrivals.iter().enumerate() {
                let within = arrivals[at..].iter().take_while(|at| at.since(*first) < rate.per).count();
                prop_assert!(within <= max as usize, "{within} of {max}");
            }
        }
    }

    #[test]
    fn receipts_are_looked_at_ever_more_rarely() {
        let delays: Vec<u64> = (0..13).map(|n| receipt_delay(Duration::from_secs(2), n).as_secs()).collect();
        assert_eq!(delays, [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600]);
    }
}
