//! How many calls may be made now: the account's limits, and each recipient's.

use hongyan_core::{Bucket, Rate, Target, Time};
use std::collections::HashMap;

/// The account's own limits, all of which hold at once.
pub(super) struct Pace(Vec<Bucket>);

impl Pace {
    pub(super) fn new(rates: &[Rate]) -> Self {
        Self(rates.iter().map(|rate| Bucket::new(*rate)).collect())
    }

    pub(super) fn available(&mut self, now: Time) -> usize {
        self.0.iter_mut().map(|bucket| bucket.available(now)).min().unwrap_or(usize::MAX)
    }

    pub(super) fn take(&mut self, calls: usize, now: Time) {
        self.0.iter_mut().for_each(|bucket| bucket.take(calls, now));
    }

    /// Nothing more before `until`. Without a bucket of its own the account gets one that only rests.
    pub(super) fn rest(&mut self, until: Time) {
        if self.0.is_empty() {
            self.0.push(Bucket::new(Rate { max: u32::MAX, per: std::time::Duration::from_millis(1) }));
        }
        self.0.iter_mut().for_each(|bucket| bucket.rest(until));
    }

    pub(super) fn next(&mut self, now: Time) -> Option<Time> {
        self.0.iter_mut().filter_map(|bucket| bucket.next(now)).max()
    }
}

/// Recipients with something in their windows; idle ones are forgotten.
pub(super) struct RecipientPace {
    rates: Vec<Rate>,
    people: HashMap<String, Vec<Bucket>>,
    sweep_at: usize,
}

impl RecipientPace {
    pub(super) fn new(rates: Vec<Rate>) -> Self {
        Self { rates, people: HashMap::new(), sweep_at: 1_024 }
    }

    /// Takes one message for each recipient, or, when one of them is at a limit, none: then says until when.
    pub(super) fn take(&mut self, targets: &[Target], now: Time) -> Result<(), Time> {
        if self.rates.is_empty() {
            return Ok(());
        }
        if self.people.len() >= self.sweep_at {
            self.people.retain(|_, buckets| !buckets.iter_mut().all(|bucket| bucket.is_idle(now)));
            self.sweep_at = (self.people.len() * 2).max(1_024);
        }
        let mut wait = None;
        for target in targets {
            if let Some(buckets) = self.people.get_mut(target.wire_id()) {
                wait = buckets.iter_mut().filter_map(|bucket| bucket.next(now)).max().max(wait);
            }
        }
        if let Some(until) = wait {
            return Err(until);
        }
        for target in targets {
            let buckets = self
                .people
                .entry(target.wire_id().to_owned())
                .or_insert_with(|| self.rates.iter().map(|rate| Bucket::new(*rate)).collect());
            buckets.iter_mut().for_each(|bucket| bucket.take(1, now));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hongyan_core::{Address, AddressKind};
    use std::time::Duration;

    const NOW: Time = Time::from_millis(1_790_000_000_000);

    #[test]
    fn a_recipient_at_a_limit_puts_the_call_off_until_the_window_has_passed() {
        let target = |id: &str| Target { index: 0, address: Address::new(AddressKind::Userid, id), resolved: None };
        let minute = Duration::from_secs(60);
        let mut pace = RecipientPace::new(vec![Rate { max: 2, per: minute }]);
        assert_eq!(pace.take(&[target("li")], NOW), Ok(()));
        assert_eq!(pace.take(&[target("li"), target("wang")], NOW), Ok(()));
        assert_eq!(pace.take(&[target("wang"), target("li")], NOW), Err(NOW + minute));
        assert_eq!(pace.take(&[target("wang")], NOW), Ok(()), "nothing was taken from her when the call was put off");
        assert_eq!(pace.take(&[target("li")], NOW + minute), Ok(()));
    }

    #[test]
    fn an_account_without_limits_can_still_rest() {
        let mut pace = Pace::new(&[]);
        assert_eq!(pace.available(NOW), usize::MAX);
        pace.rest(NOW + Duration::from_secs(5));
        assert_eq!(pace.available(NOW), 0);
        assert_eq!(pace.next(NOW), Some(NOW + Duration::from_secs(5)));
        assert!(pace.available(NOW + Duration::from_secs(5)) > 0);
    }
}
