//! One application's access token: the same one until it lapses, and a memory of those that were.

use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Life of a token, in milliseconds.
pub(crate) const LIFE_MS: i64 = 7_200_000;
/// Dead tokens remembered, to tell a lapsed one from nonsense.
const REMEMBERED: usize = 1_000;

/// What a presented token is. The platforms answer a revoked one as one that they never gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Valid,
    Expired,
    Invalid,
}

/// The store of one application. No `Debug`: it holds credentials.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct TokenStore {
    current: Option<(String, i64)>,
    /// Those that lapsed; revoked ones are simply forgotten.
    lapsed: VecDeque<String>,
    issued: u64,
}

impl TokenStore {
    /// The current token and the rest of its life in milliseconds; `fresh` makes a new one when there is none.
    pub(crate) fn give(&mut self, now: i64, renew: bool, fresh: impl FnOnce() -> String) -> (String, i64) {
        if self.current.as_ref().is_some_and(|(_, until)| *until <= now) {
            self.expire();
        }
        let issued = &mut self.issued;
        let (token, until) = self.current.get_or_insert_with(|| {
            *issued += 1;
            (fresh(), now + LIFE_MS)
        });
        if renew {
            *until = now + LIFE_MS;
        }
        (token.clone(), *until - now)
    }

    pub(crate) fn standing(&self, token: &str, now: i64) -> Standing {
        match &self.current {
            Some((current, until)) if current == token && *until > now => Standing::Valid,
            Some((current, _)) if current == token => Standing::Expired,
            _ if self.lapsed.iter().any(|lapsed| lapsed == token) => Standing::Expired,
            _ => Standing::Invalid,
        }
    }

    /// The current token is no longer good, as if it had never been.
    pub(crate) fn revoke(&mut self) {
        self.current = None;
    }

    /// The current token has reached its end.
    pub(crate) fn expire(&mut self) {
        if let Some((token, _)) = self.current.take() {
            self.lapsed.push_back(token);
            if self.lapsed.len() > REMEMBERED {
                self.lapsed.pop_front();
            }
        }
    }

    /// How many different tokens were given.
    pub(crate) fn issued(&self) -> u64 {
        self.issued
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_token_is_given_until_it_lapses() {
        let mut store = TokenStore::default();
        assert_eq!(store.give(0, true, || "a".into()), ("a".into(), LIFE_MS));
        assert_eq!(store.give(1_000, false, || "b".into()), ("a".into(), LIFE_MS - 1_000));
        assert_eq!(store.give(2_000, true, || "b".into()), ("a".into(), LIFE_MS));
        assert_eq!(store.standing("a", LIFE_MS + 1_999), Standing::Valid);
        assert_eq!(store.standing("a", LIFE_MS + 2_000), Standing::Expired);
        assert_eq!(store.give(LIFE_MS + 2_000, true, || "b".into()).0, "b");
        assert_eq!(store.standing("a", LIFE_MS + 2_001), Standing::Expired);
        store.revoke();
        assert_eq!(store.standing("b", LIFE_MS + 2_001), Standing::Invalid);
        assert_eq!(store.issued(), 2);
    }
}
