//! When: delays between attempts, token buckets, and how often receipts are looked at.

use crate::{Rate, Time};
use std::time::Duration;

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
    taken: std::collections::VecDeque<(Time, u32)>,
    in_window: u32,
    rests_until: Option<Time>,
}

impl Bucket {
    /// An untouched bucket.
    #[must_use]
    pub fn new(rate: Rate) -> Self {
        Self { rate, taken: std::collections::VecDeque::new(), in_window: 0, rests_until: None }
    }

    /// How many calls may be made now.
    pub fn available(&mut self, now: Time) -> usize {
        if self.rests_until.is_some_and(|until| now < until) {
            return 0;
        }
        while let Some((at, calls)) = self.taken.front().copied()
            && at <= now
            && now.since(at) >= self.rate.per
        {
            self.taken.pop_front();
            self.in_window -= calls;
        }
        self.rate.max.saturating_sub(self.in_window) as usize
    }

    /// Notes `calls` made now.
    pub fn take(&mut self, calls: usize, now: Time) {
        let calls = u32::try_from(calls).unwrap_or(u32::MAX);
        self.in_window = self.in_window.saturating_add(calls);
        match self.taken.back_mut() {
            Some((at, n)) if *at == now => *n = n.saturating_add(calls),
            _ if calls > 0 => self.taken.push_back((now, calls)),
            _ => {}
        }
    }

    /// The platform said that the quota is spent: nothing more before `until`.
    pub fn rest(&mut self, until: Time) {
        self.rests_until = self.rests_until.max(Some(until));
    }

    /// The earliest time at which a call may be made, when none may now.
    pub fn next(&mut self, now: Time) -> Option<Time> {
        if self.available(now) > 0 {
            return None;
        }
        let window =
            (self.in_window >= self.rate.max).then(|| self.taken.front().map(|(at, _)| *at + self.rate.per)).flatten();
        self.rests_until.filter(|until| now < *until).max(window)
    }

    /// Whether it holds nothing, so that it may be forgotten.
    pub fn is_idle(&mut self, now: Time) -> bool {
        self.available(now) > 0 && self.taken.is_empty()
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

    const NOW: Time = Time::from_millis(1_790_000_000_000);

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
            let mut calls: Vec<Time> = Vec::new();
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
    fn a_resting_bucket_says_when_it_wakes() {
        let mut bucket = Bucket::new(Rate { max: 2, per: Duration::from_secs(60) });
        bucket.take(2, NOW);
        assert_eq!(bucket.next(NOW), Some(NOW + Duration::from_secs(60)));
        bucket.rest(NOW + Duration::from_secs(600));
        assert_eq!(bucket.next(NOW), Some(NOW + Duration::from_secs(600)));
        assert_eq!(bucket.available(NOW + Duration::from_secs(599)), 0);
        assert_eq!(bucket.available(NOW + Duration::from_secs(600)), 2);
        assert_eq!(bucket.next(NOW + Duration::from_secs(600)), None);
    }

    #[test]
    fn receipts_are_looked_at_ever_more_rarely() {
        let delays: Vec<u64> = (0..13).map(|n| receipt_delay(Duration::from_secs(2), n).as_secs()).collect();
        assert_eq!(delays, [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600]);
    }
}
