//! Wrong logins are answered ever more slowly: who guesses gets one answer in some seconds.
//!
//! Only the wrong answer waits, after it was found wrong: a right login of the same address is answered at once. What
//! is remembered and who waits are bounded; past the bound the answer is the platform's "too often", to right and wrong
//! alike, so that it tells nothing; a pair that was right from that address before is let in all the same. A wrong
//! login keeps its place for its whole time, even where its caller went away.

use crate::platform::PlatformKind;
use hongyan_core::Time;
use hongyan_endpoint::{Fault, Refusal, Spec};
use hongyan_intake::Peer;
use http::request::Parts;
use sha2::{Digest, Sha256};
use std::{
    collections::{HashMap, HashSet},
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::Semaphore;

/// Wrong logins that cost no time: people mistype, and programs start with an old secret.
const FREE: u32 = 3;
/// The first pause; doubled with each further wrong login.
const FIRST: Duration = Duration::from_millis(250);
/// The longest pause.
const LONGEST: Duration = Duration::from_secs(4);
/// After so long without a wrong login an address begins anew.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(60);
/// Addresses remembered; past it, those forgotten go first, then all.
const REMEMBERED: usize = 10_000;
/// Answers that wait at once, of one address and of all.
const WAITING_OF_ONE: usize = 8;
const WAITING: usize = 64;

#[derive(Debug, Clone, Default)]
struct Guesses {
    wrong: u32,
    last: Time,
    /// When the answers that wait are given.
    answers: Vec<Time>,
}

impl Guesses {
    fn waiting(&mut self, now: Time) -> usize {
        self.answers.retain(|at| *at > now);
        self.answers.len()
    }
}

#[derive(Default)]
struct GuessLog {
    by_address: HashMap<IpAddr, Guesses>,
    /// Credentials that were right lately, by the hash of address and credential.
    proven: HashSet<[u8; 32]>,
}

/// Who guessed lately.
pub(crate) struct LoginThrottle {
    // A std mutex: never held across await.
    known: Mutex<GuessLog>,
    turns: Semaphore,
}

impl Default for LoginThrottle {
    fn default() -> Self {
        Self { known: Mutex::default(), turns: Semaphore::new(WAITING) }
    }
}

impl LoginThrottle {
    /// What a login is answered, `found` by `credential`; a wrong one waits as long as it costs.
    ///
    /// # Errors
    /// The fault that was found, or the platform's [`Refusal::Throttled`].
    pub(crate) async fn answer<T>(
        &self,
        now: Time,
        (platform, spec): (PlatformKind, &Spec),
        parts: &Parts,
        credential: &[u8],
        found: Result<T, Fault>,
    ) -> Result<T, Fault> {
        let peer = parts.extensions.get::<Peer>().map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |peer| network(peer.0));
        let throttled = || platform.refuse(spec, Refusal::Throttled);
        match found {
            Ok(found) => {
                if self.allows(peer, credential, now) {
                    Ok(found)
                } else {
                    Err(throttled())
                }
            }
            Err(fault) => match self.pause(peer, now) {
                Some(pause) if pause.is_zero() => Err(fault),
                Some(pause) => {
                    let Ok(_turn) = self.turns.try_acquire() else { return Err(throttled()) };
                    tokio::time::sleep(pause).await;
                    Err(fault)
                }
                None => Err(throttled()),
            },
        }
    }

    /// Whether a right login is answered: at an address with too many wrong ones only where it was right before.
    fn allows(&self, peer: IpAddr, credential: &[u8], now: Time) -> bool {
        let mut known = self.lock();
        let hash = Sha256::new().chain_update(peer.to_string()).chain_update([0]).chain_update(credential).finalize();
        let crowded = known.by_address.get_mut(&peer).is_some_and(|guesses| guesses.waiting(now) >= WAITING_OF_ONE)
            || self.turns.available_permits() == 0;
        if crowded {
            return known.proven.contains(hash.as_slice());
        }
        if known.proven.len() >= REMEMBERED {
            known.proven.clear();
        }
        known.proven.insert(hash.into());
        true
    }

    /// Notes a wrong login: how long its answer waits, or `None` when too many of this address wait already.
    fn pause(&self, peer: IpAddr, now: Time) -> Option<Duration> {
        let mut known = self.lock();
        let by_address = &mut known.by_address;
        let stale = |guesses: &mut Guesses| guesses.waiting(now) == 0 && now.since(guesses.last) >= FORGOTTEN_AFTER;
        if by_address.len() >= REMEMBERED && !by_address.contains_key(&peer) {
            by_address.retain(|_, guesses| !stale(guesses));
            if by_address.len() >= REMEMBERED {
                by_address.clear();
            }
        }
        let guesses = by_address.entry(peer).or_default();
        if stale(guesses) {
            *guesses = Guesses::default();
        }
        guesses.wrong = guesses.wrong.saturating_add(1);
        guesses.last = now;
        if guesses.wrong <= FREE {
            return Some(Duration::ZERO);
        }
        if guesses.waiting(now) >= WAITING_OF_ONE {
            return None;
        }
        let doubled = 1_u32.checked_shl(guesses.wrong - FREE - 1).unwrap_or(u32::MAX);
        let pause = FIRST.saturating_mul(doubled).min(LONGEST);
        guesses.answers.push(now + pause);
        Some(pause)
    }

    fn lock(&self) -> MutexGuard<'_, GuessLog> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whose address it is: one network of IPv6 is one customer's.
fn network(peer: IpAddr) -> IpAddr {
    match peer {
        IpAddr::V6(address) if address.to_ipv4_mapped().is_none() => {
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)))
        }
        address => address.to_canonical(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time::from_millis(1_790_000_000_000);

    fn peer(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[test]
    fn each_further_wrong_login_waits_longer_and_others_do_not_wait() {
        let throttle = LoginThrottle::default();
        let pauses: Vec<u128> = (0..9).map(|_| throttle.pause(peer(1), NOW).unwrap().as_millis()).collect();
        assert_eq!(pauses, [0, 0, 0, 250, 500, 1_000, 2_000, 4_000, 4_000]);
        assert_eq!(throttle.pause(peer(2), NOW), Some(Duration::ZERO));
        assert_eq!(throttle.pause(peer(1), NOW + FORGOTTEN_AFTER), Some(Duration::ZERO), "it begins anew");
    }

    #[test]
    fn only_so_many_answers_of_one_address_wait_and_beyond_them_right_and_wrong_look_alike() {
        let throttle = LoginThrottle::default();
        assert!(throttle.allows(peer(1), b"old and right", NOW));
        for _ in 0..FREE as usize + WAITING_OF_ONE {
            assert!(throttle.pause(peer(1), NOW).is_some());
        }
        assert_eq!(throttle.pause(peer(1), NOW), None);
        assert!(!throttle.allows(peer(1), b"guessed right", NOW), "the same answer as a wrong one");
        assert!(throttle.allows(peer(1), b"old and right", NOW), "who was in before stays in");
        assert!(throttle.allows(peer(2), b"guessed right", NOW), "others are not touched");
        // Whoever goes away does not make room: the places are free when the answers are due.
        let later = NOW + LONGEST;
        assert!(throttle.pause(peer(1), later).is_some());
        assert!(throttle.allows(peer(1), b"guessed right", later));
    }

    #[test]
    fn no_number_of_addresses_fills_the_memory() {
        let throttle = LoginThrottle::default();
        for n in 0..u32::try_from(REMEMBERED).unwrap() + 20 {
            assert_eq!(throttle.pause(IpAddr::from(n.to_be_bytes()), NOW), Some(Duration::ZERO));
        }
        assert!(throttle.lock().by_address.len() <= REMEMBERED);
    }

    #[test]
    fn a_network_of_ipv6_is_one_address() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::2"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    }
}
