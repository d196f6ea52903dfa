//! Wrong logins are answered ever more slowly: who guesses gets one answer in some seconds.
//!
//! Only the wrong answer waits, after it was found wrong: a right login of the same address is answered at once. What
//! is remembered and who waits are bounded; past the bound the answer is the platform's "too often".

use super::platform::PlatformKind;
use crate::{app::App, listen::Peer};
use hongyan_core::Time;
use hongyan_endpoint::{Fault, Refusal, Spec};
use http::request::Parts;
use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, PoisonError},
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
const WAITING_OF_ONE: u32 = 8;
const WAITING: usize = 64;

#[derive(Debug, Clone, Copy, Default)]
struct Guesses {
    wrong: u32,
    last: Time,
    waiting: u32,
}

/// Who guessed lately.
pub(super) struct Slow {
    // A std mutex: never held across await.
    by_address: Mutex<HashMap<IpAddr, Guesses>>,
    turns: Semaphore,
}

impl Default for Slow {
    fn default() -> Self {
        Self { by_address: Mutex::default(), turns: Semaphore::new(WAITING) }
    }
}

/// Somebody's answer while it waits.
struct Waits<'a>(&'a Slow, IpAddr);

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        if let Some(guesses) = self.0.by_address.lock().unwrap_or_else(PoisonError::into_inner).get_mut(&self.1) {
            guesses.waiting = guesses.waiting.saturating_sub(1);
        }
    }
}

impl Slow {
    /// Waits as long as this wrong login costs, and gives the answer to it.
    pub(super) async fn wrong(
        &self,
        app: &App,
        platform: PlatformKind,
        spec: &Spec,
        parts: &Parts,
        fault: Fault,
    ) -> Fault {
        let peer = parts.extensions.get::<Peer>().map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |peer| network(peer.0));
        match self.pause(peer, app.clock.now()) {
            Some(pause) if pause.is_zero() => fault,
            Some(pause) => {
                let _waits = Waits(self, peer);
                let Ok(_turn) = self.turns.try_acquire() else { return platform.refuse(spec, Refusal::Throttled) };
                tokio::time::sleep(pause).await;
                fault
            }
            None => platform.refuse(spec, Refusal::Throttled),
        }
    }

    /// Notes a wrong login: how long its answer waits, or `None` when too many of this address wait already. What is
    /// not zero counts as waiting until it is dropped.
    fn pause(&self, peer: IpAddr, now: Time) -> Option<Duration> {
        let mut known = self.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        let stale = |guesses: &Guesses| guesses.waiting == 0 && now.since(guesses.last) >= FORGOTTEN_AFTER;
        if known.len() >= REMEMBERED && !known.contains_key(&peer) {
            known.retain(|_, guesses| !stale(guesses));
            if known.len() >= REMEMBERED {
                known.clear();
            }
        }
        let guesses = known.entry(peer).or_default();
        if stale(guesses) {
            *guesses = Guesses::default();
        }
        guesses.wrong = guesses.wrong.saturating_add(1);
        guesses.last = now;
        if guesses.wrong <= FREE {
            return Some(Duration::ZERO);
        }
        if guesses.waiting >= WAITING_OF_ONE {
            return None;
        }
        guesses.waiting += 1;
        let doubled = 1_u32.checked_shl(guesses.wrong - FREE - 1).unwrap_or(u32::MAX);
        Some(FIRST.saturating_mul(doubled).min(LONGEST))
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
        let slow = Slow::default();
        let pauses: Vec<u128> = (0..9)
            .map(|_| {
                let pause = slow.pause(peer(1), NOW).unwrap();
                drop(Waits(&slow, peer(1)));
                pause.as_millis()
            })
            .collect();
        assert_eq!(pauses, [0, 0, 0, 250, 500, 1_000, 2_000, 4_000, 4_000]);
        assert_eq!(slow.pause(peer(2), NOW), Some(Duration::ZERO));
        assert_eq!(slow.pause(peer(1), NOW + FORGOTTEN_AFTER), Some(Duration::ZERO), "it begins anew");
    }

    #[test]
    fn only_so_many_answers_of_one_address_wait() {
        let slow = Slow::default();
        for _ in 0..FREE + WAITING_OF_ONE {
            assert!(slow.pause(peer(1), NOW).is_some());
        }
        assert_eq!(slow.pause(peer(1), NOW), None);
        drop(Waits(&slow, peer(1)));
        assert!(slow.pause(peer(1), NOW).is_some(), "one has been answered");
    }

    #[test]
    fn no_number_of_addresses_fills_the_memory() {
        let slow = Slow::default();
        for n in 0..u32::try_from(REMEMBERED).unwrap() + 20 {
            assert_eq!(slow.pause(IpAddr::from(n.to_be_bytes()), NOW), Some(Duration::ZERO));
        }
        assert!(slow.by_address.lock().unwrap().len() <= REMEMBERED);
    }

    #[test]
    fn a_network_of_ipv6_is_one_address() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::2"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    }
}
