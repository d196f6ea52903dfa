//! What callers share: a number of bytes or places, of which one caller gets half at most.
//!
//! Whoever holds a share gives it back by dropping it. Who has to wait waits in a short line of their own, so that a
//! caller who asks for everything at once keeps nobody else from being heard.

use bytes::Bytes;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::Notify;

/// Requests of one caller that wait for a share.
const WAITING: usize = 16;

/// A number of bytes or places.
pub struct Shares {
    total: u64,
    // A std mutex: never held across await.
    state: Mutex<State>,
    freed: Notify,
}

struct State {
    free: u64,
    callers: HashMap<String, Caller>,
}

#[derive(Default)]
struct Caller {
    held: u64,
    waiting: usize,
}

/// A part of [`Shares`].
pub struct Share {
    of: Arc<Shares>,
    caller: String,
    amount: u64,
}

impl Shares {
    /// `total` bytes or places, all free.
    #[must_use]
    pub fn new(total: u64) -> Arc<Self> {
        Arc::new(Self {
            total,
            state: Mutex::new(State { free: total, callers: HashMap::new() }),
            freed: Notify::new(),
        })
    }

    /// A share; `None` when there is none within `timeout`, or too many of the caller's requests wait already.
    pub async fn take(self: &Arc<Self>, caller: &str, amount: u64, timeout: Duration) -> Option<Share> {
        // What is larger than a caller's half is let in alone.
        let amount = amount.min(self.total / 2).max(1);
        if let Some(share) = self.try_take(caller, amount) {
            return Some(share);
        }
        let _place = Place::enter(self, caller)?;
        let wait = async {
            loop {
                let mut freed = std::pin::pin!(self.freed.notified());
                // Before it is looked at, so that nothing is given back unseen.
                freed.as_mut().enable();
                if let Some(share) = self.try_take(caller, amount) {
                    return share;
                }
                freed.await;
            }
        };
        tokio::time::timeout(timeout, wait).await.ok()
    }

    fn try_take(self: &Arc<Self>, caller: &str, amount: u64) -> Option<Share> {
        let mut state = self.lock();
        let held = state.callers.get(caller).map_or(0, |caller| caller.held);
        if amount > state.free || held + amount > self.total / 2 {
            return None;
        }
        state.free -= amount;
        state.callers.entry(caller.to_owned()).or_default().held += amount;
        Some(Share { of: Arc::clone(self), caller: caller.to_owned(), amount })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, caller: &str, change: impl FnOnce(&mut State, &mut Caller)) {
        let mut state = self.lock();
        let Some(mut one) = state.callers.remove(caller) else { return };
        change(&mut state, &mut one);
        if one.held > 0 || one.waiting > 0 {
            state.callers.insert(caller.to_owned(), one);
        }
    }
}

/// A place in the caller's line.
struct Place<'a> {
    of: &'a Shares,
    caller: &'a str,
}

impl<'a> Place<'a> {
    fn enter(of: &'a Shares, caller: &'a str) -> Option<Self> {
        let mut state = of.lock();
        let one = state.callers.entry(caller.to_owned()).or_default();
        if one.waiting >= WAITING {
            return None;
        }
        one.waiting += 1;
        Some(Self { of, caller })
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.of.change(self.caller, |_, caller| caller.waiting -= 1);
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.of.change(&self.caller, |state, caller| {
            caller.held -= self.amount;
            state.free += self.amount;
        });
        self.of.freed.notify_waiters();
    }
}

/// Bytes that hold their share until the last copy of them is gone: until they are written, or parsed.
pub(crate) fn bytes<T: AsRef<[u8]> + Send + 'static>(content: T, share: Share) -> Bytes {
    struct Held<T> {
        content: T,
        _share: Share,
    }
    impl<T: AsRef<[u8]>> AsRef<[u8]> for Held<T> {
        fn as_ref(&self) -> &[u8] {
            self.content.as_ref()
        }
    }
    Bytes::from_owner(Held { content, _share: share })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::ZERO;

    #[tokio::test(start_paused = true)]
    async fn one_caller_gets_half_and_the_other_half_is_for_others() {
        let shares = Shares::new(8);
        let mut a = Vec::new();
        for _ in 0..4 {
            a.push(shares.take("a", 1, NOW).await.unwrap());
        }
        assert!(shares.take("a", 1, NOW).await.is_none());
        let b = shares.take("b", 4, NOW).await.unwrap();
        assert!(shares.take("c", 1, NOW).await.is_none(), "all is taken");
        drop(a.pop());
        assert!(shares.take("c", 1, NOW).await.is_some());
        drop((a, b));
        let state = shares.lock();
        assert_eq!((state.free, state.callers.len()), (8, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_is_served_once_something_is_given_back_and_not_for_ever() {
        let shares = Shares::new(8);
        let first = shares.take("a", 4, NOW).await.unwrap();
        assert!(shares.take("a", 1, Duration::from_secs(5)).await.is_none());
        let waiting = tokio::spawn({
            let shares = Arc::clone(&shares);
            async move { shares.take("a", 4, Duration::from_secs(60)).await.is_some() }
        });
        tokio::time::sleep(Duration::from_secs(1)).await;
        drop(first);
        assert!(waiting.await.unwrap());
        assert!(shares.lock().callers.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_line_is_short_and_what_is_too_large_comes_alone() {
        let shares = Shares::new(8);
        let all = shares.take("a", 1_000, NOW).await.unwrap();
        assert_eq!(all.amount, 4);
        let line: Vec<_> = (0..WAITING)
            .map(|_| {
                let shares = Arc::clone(&shares);
                tokio::spawn(async move { shares.take("a", 1, Duration::from_secs(60)).await.is_some() })
            })
            .collect();
        tokio::task::yield_now().await;
        assert!(shares.take("a", 1, Duration::from_secs(600)).await.is_none(), "refused at once");
        assert!(!line.iter().any(tokio::task::JoinHandle::is_finished));
        assert!(shares.take("b", 1, NOW).await.is_some());
    }

    #[test]
    fn bytes_hold_their_share_until_the_last_copy_is_gone() {
        let shares = Shares::new(8);
        let bytes = bytes(vec![1, 2, 3], shares.try_take("a", 3).unwrap());
        let copy = bytes.slice(1..2);
        drop(bytes);
        assert_eq!(copy.as_ref(), [2]);
        assert_eq!(shares.lock().free, 5);
        drop(copy);
        assert_eq!(shares.lock().free, 8);
    }
}
