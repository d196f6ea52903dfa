//! Access tokens of our own: issued to whoever logs in on an official path, recognised on the others.
//!
//! A token is derived from a secret of this process and is never kept: only its hash is. Asked again, the same login
//! gets the same token while it lives, as on the platforms; a restart ends them all, and SDKs log in again.

use crate::platform::PlatformKind;
use data_encoding::HEXLOWER;
use hongyan_core::{StoreError, Time};
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// How long a token lives, as on both platforms.
pub(crate) const LIFE: Duration = Duration::from_secs(7_200);
/// Tokens that are remembered, expired ones included.
const REMEMBERED: usize = 10_000;

/// Who holds a token.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Holder {
    /// The account that the token stands for.
    pub(crate) account: Arc<str>,
    /// The id of the API key that logged in; `None`: the account's own secret did.
    pub(crate) key: Option<String>,
}

/// What a token is worth.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum TokenState {
    Valid(Holder),
    Expired,
    Unknown,
}

struct IssuedToken {
    holder: Holder,
    ends: Time,
}

/// Every token in force.
pub(crate) struct Tokens {
    secret: [u8; 32],
    // A std mutex: never held across await.
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    by_hash: HashMap<[u8; 32], IssuedToken>,
    /// The hash of each holder's token, and which one it is: the first, the second …
    current: HashMap<Holder, ([u8; 32], u64)>,
    serial: u64,
}

impl Tokens {
    /// # Errors
    /// When the machine gives no random bytes.
    pub(crate) fn new() -> Result<Self, StoreError> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).map_err(|e| StoreError::Failed(format!("no random bytes: {e}")))?;
        Ok(Self { secret, state: Mutex::default() })
    }

    /// A holder's token and how long it lives: the same one while it does. `DingTalk` starts its clock anew each time,
    /// `WeCom` does not.
    pub(crate) fn issue(&self, platform: PlatformKind, holder: Holder, now: Time) -> (String, Duration) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let State { by_hash, current, serial } = &mut *state;
        if let Some((hash, number)) = current.get(&holder)
            && let Some(issued) = by_hash.get_mut(hash)
            && issued.ends > now
        {
            if platform == PlatformKind::DingTalk {
                issued.ends = now + LIFE;
            }
            return (self.text(&holder, *number), issued.ends.since(now));
        }
        if by_hash.len() >= REMEMBERED {
            by_hash.retain(|_, issued| issued.ends > now);
            if by_hash.len() >= REMEMBERED
                && let Some(hash) = by_hash.iter().min_by_key(|(_, issued)| issued.ends).map(|(hash, _)| *hash)
            {
                by_hash.remove(&hash);
            }
            current.retain(|_, (hash, _)| by_hash.contains_key(hash));
        }
        *serial += 1;
        let text = self.text(&holder, *serial);
        let hash = hash(&text);
        current.insert(holder.clone(), (hash, *serial));
        by_hash.insert(hash, IssuedToken { holder, ends: now + LIFE });
        (text, LIFE)
    }

    /// Whose token this is.
    pub(crate) fn state(&self, token: &str, now: Time) -> TokenState {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match state.by_hash.get(&hash(token)) {
            Some(issued) if issued.ends > now => TokenState::Valid(issued.holder.clone()),
            Some(_) => TokenState::Expired,
            None => TokenState::Unknown,
        }
    }

    /// 64 hexadecimal digits that nobody can make who does not know the secret.
    fn text(&self, holder: &Holder, serial: u64) -> String {
        // Hashed first, so that no holder's name runs into what follows it.
        let account = Sha256::digest(holder.account.as_bytes());
        let key = Sha256::digest(holder.key.as_deref().unwrap_or_default().as_bytes());
        let inner = Sha256::new()
            .chain_update(self.secret)
            .chain_update(account)
            .chain_update(key)
            .chain_update(serial.to_be_bytes())
            .finalize();
        // Twice, so that a token says nothing of the state that made it.
        let token = Sha256::new().chain_update(self.secret).chain_update(inner).finalize();
        HEXLOWER.encode(&token)
    }
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time::from_millis(1_790_000_000_000);

    fn holder(key: Option<&str>) -> Holder {
        Holder { account: "ding".into(), key: key.map(Into::into) }
    }

    #[test]
    fn the_same_login_has_the_same_token_while_it_lives() {
        let tokens = Tokens::new().unwrap();
        let half = NOW + LIFE / 2;
        for (platform, life) in [(PlatformKind::DingTalk, LIFE), (PlatformKind::WeCom, LIFE / 2)] {
            let holder = Holder { account: format!("{platform:?}").into(), key: None };
            let (first, _) = tokens.issue(platform, holder.clone(), NOW);
            assert_eq!(tokens.issue(platform, holder.clone(), half), (first.clone(), life));
            assert_eq!(tokens.state(&first, half), TokenState::Valid(holder.clone()));
            let end = half + life;
            assert_eq!(tokens.state(&first, end), TokenState::Expired);
            assert_ne!(tokens.issue(platform, holder, end).0, first);
        }
    }

    #[test]
    fn holders_have_tokens_of_their_own_and_no_token_is_kept() {
        let tokens = Tokens::new().unwrap();
        let (own, _) = tokens.issue(PlatformKind::DingTalk, holder(None), NOW);
        let (keyed, _) = tokens.issue(PlatformKind::DingTalk, holder(Some("k1")), NOW);
        assert_ne!(own, keyed);
        assert_eq!(own.len(), 64);
        assert_eq!(tokens.state("", NOW), TokenState::Unknown);
        assert_ne!(
            Tokens::new().unwrap().issue(PlatformKind::DingTalk, holder(None), NOW).0,
            own,
            "another process, another"
        );
    }

    #[test]
    fn no_number_of_logins_fills_the_memory() {
        let tokens = Tokens::new().unwrap();
        for n in 0..REMEMBERED + 20 {
            tokens.issue(PlatformKind::WeCom, holder(Some(&n.to_string())), NOW + Duration::from_millis(n as u64));
        }
        let state = tokens.state.lock().unwrap();
        assert!(state.by_hash.len() <= REMEMBERED && state.current.len() <= REMEMBERED);
    }
}
