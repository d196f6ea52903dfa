//! A bounded memory of what was sent, found by its id: the oldest goes first.

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
};

/// At most so many entries are kept, and none longer than the days below.
pub(crate) const KEPT: usize = 100_000;
/// How long an entry is kept, in milliseconds of the sandbox's clock.
pub(crate) const KEPT_MS: i64 = 7 * 86_400_000;

/// Entries by id, in order of arrival.
pub(crate) struct Ledger<K, V> {
    entries: HashMap<K, V>,
    order: VecDeque<(i64, K)>,
}

impl<K, V> Default for Ledger<K, V> {
    fn default() -> Self {
        Self { entries: HashMap::new(), order: VecDeque::new() }
    }
}

impl<K: Hash + Eq + Clone, V> Ledger<K, V> {
    /// Keeps an entry and lets go of what is too old or too much.
    pub(crate) fn keep(&mut self, now: i64, key: K, value: V) {
        while self.order.len() >= KEPT || self.order.front().is_some_and(|(at, _)| now - at > KEPT_MS) {
            if let Some((_, oldest)) = self.order.pop_front() {
                self.entries.remove(&oldest);
            }
        }
        if self.entries.insert(key.clone(), value).is_none() {
            self.order.push_back((now, key));
        }
    }

    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.entries.get(key)
    }

    pub(crate) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.entries.get_mut(key)
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_goes_first() {
        let mut ledger = Ledger::default();
        for i in 0..KEPT + 5 {
            ledger.keep(0, i, ());
        }
        assert_eq!(ledger.len(), KEPT);
        assert!(ledger.get(&4).is_none() && ledger.get(&5).is_some());
        ledger.keep(KEPT_MS + 1, usize::MAX, ());
        assert_eq!(ledger.len(), 1);
    }
}
