//! Access tokens: the same one until it lapses, several holders side by side, and a memory of those that were.

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

/// Who a token was given to. Most platforms' operations know only the first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Holder {
    /// The company's own application.
    #[default]
    App,
    /// A vendor's application in the company.
    Vendor,
    /// The vendor's suite itself, before any company.
    Suite,
}

/// Live tokens kept at most; the oldest is forgotten.
const LIVE: usize = 1_000;

#[derive(Clone, Serialize, Deserialize)]
struct Live {
    token: String,
    until: i64,
    holder: Holder,
}

/// The tokens of one platform. No `Debug`: it holds credentials.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct TokenStore {
    live: VecDeque<Live>,
    /// Those that lapsed; revoked ones are simply forgotten.
    lapsed: VecDeque<String>,
    issued: u64,
}

impl TokenStore {
    /// The application's token and the rest of its life in milliseconds; `fresh` makes a new one when there is none.
    pub(crate) fn give(&mut self, now: i64, renew: bool, fresh: impl FnOnce() -> String) -> (String, i64) {
        self.give_to(Holder::App, now, renew, fresh)
    }

    /// As [`TokenStore::give`], for any holder.
    pub(crate) fn give_to(
        &mut self,
        holder: Holder,
        now: i64,
        renew: bool,
        fresh: impl FnOnce() -> String,
    ) -> (String, i64) {
        self.bury(|live| live.until <= now);
        match self.live.iter_mut().rfind(|live| live.holder == holder) {
            Some(live) => {
                if renew {
                    live.until = now + LIFE_MS;
                }
                (live.token.clone(), live.until - now)
            }
            None => self.give_another(holder, now, fresh()),
        }
    }

    /// A new token beside those that live.
    pub(crate) fn give_another(&mut self, holder: Holder, now: i64, token: String) -> (String, i64) {
        self.issued += 1;
        if self.live.len() >= LIVE {
            self.live.pop_front();
        }
        self.live.push_back(Live { token: token.clone(), until: now + LIFE_MS, holder });
        (token, LIFE_MS)
    }

    pub(crate) fn standing(&self, token: &str, now: i64) -> Standing {
        match self.live.iter().find(|live| live.token == token) {
            Some(live) if live.until > now => Standing::Valid,
            Some(_) => Standing::Expired,
            None if self.lapsed.iter().any(|lapsed| lapsed == token) => Standing::Expired,
            None => Standing::Invalid,
        }
    }

    /// Whose a token is, while the store knows it as live.
    pub(crate) fn holder(&self, token: &str) -> Option<Holder> {
        self.live.iter().find(|live| live.token == token).map(|live| live.holder)
    }

    /// The live tokens are no longer good, as if they had never been.
    pub(crate) fn revoke(&mut self) {
        self.live.clear();
    }

    /// The live tokens have reached their end.
    pub(crate) fn expire(&mut self) {
        self.bury(|_| true);
    }

    /// How many different tokens were given.
    pub(crate) fn issued(&self) -> u64 {
        self.issued
    }

    fn bury(&mut self, dead: impl Fn(&Live) -> bool) {
        let lapsed = &mut self.lapsed;
        self.live.retain_mut(|live| {
            let dead = dead(live);
            if dead {
                lapsed.push_back(std::mem::take(&mut live.token));
            }
            !dead
        });
        let over = lapsed.len().saturating_sub(REMEMBERED);
        lapsed.drain(..over);
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

    #[test]
    fn holders_do_not_share_a_token() {
        let mut store = TokenStore::default();
        store.give(0, true, || "app".into());
        assert_eq!(store.give_to(Holder::Vendor, 0, true, || "vendor".into()).0, "vendor");
        store.give_another(Holder::Vendor, 1, "another".into());
        assert_eq!(store.give_to(Holder::Vendor, 2, true, || "no".into()).0, "another");
        assert_eq!(store.standing("vendor", 2), Standing::Valid);
        assert_eq!(store.holder("vendor"), Some(Holder::Vendor));
        assert_eq!((store.holder("app"), store.holder("no")), (Some(Holder::App), None));
        store.expire();
        assert_eq!((store.standing("vendor", 2), store.holder("vendor")), (Standing::Expired, None));
    }
}
