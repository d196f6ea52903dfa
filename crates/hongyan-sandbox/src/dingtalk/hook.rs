//! Custom robots themselves: which group each sits in, how it is guarded, what it may still send.
//!
//! What is said by them is judged in [`super::webhook`].

use hongyan_dingtalk::webhook::SendWebhook;
use hongyan_endpoint::{Endpoint, MINUTE, RateScope};
use serde::{Deserialize, Serialize};
use std::{
    collections::{HashMap, HashSet, VecDeque},
    net::{IpAddr, Ipv4Addr},
    str::FromStr,
};

/// Messages of one robot within a minute.
const PER_MINUTE: usize = SendWebhook::SPEC.rate(RateScope::App, MINUTE).unwrap() as usize;
/// How long a robot rests that sent more, in milliseconds.
const REST_MS: i64 = 600_000;
const MINUTE_MS: i64 = 60_000;
/// Keys against repetition that are remembered, per robot.
const MAX_UUIDS: usize = 10_000;
/// Robots of all groups.
const MAX_HOOKS: usize = 1_000;

/// An address or a block of them, as `10.0.0.0/8`; never IPv6, as the platform's own form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Block {
    network: u32,
    mask: u32,
}

impl FromStr for Block {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || format!("{text:?} is neither an IPv4 address nor a block of them");
        let (address, bits) = text.split_once('/').unwrap_or((text, "32"));
        let address: Ipv4Addr = address.parse().map_err(|_| bad())?;
        let bits: u32 = bits.parse().ok().filter(|bits| *bits <= 32).ok_or_else(bad)?;
        let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
        Ok(Self { network: u32::from(address) & mask, mask })
    }
}

impl Block {
    pub(super) fn contains(self, ip: IpAddr) -> bool {
        match ip.to_canonical() {
            IpAddr::V4(ip) => u32::from(ip) & self.mask == self.network,
            IpAddr::V6(_) => false,
        }
    }
}

/// How a robot is guarded.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Guard {
    pub(crate) secret: Option<String>,
    /// At least one must be in the message.
    pub(crate) keywords: Vec<String>,
    /// The only addresses that may call; none: all.
    pub(crate) ips: Vec<Block>,
}

/// One custom robot. No `Debug`: it holds a secret.
#[derive(Serialize, Deserialize)]
pub(super) struct Hook {
    pub(super) guard: Guard,
    /// Index into the groups.
    pub(super) group: usize,
    pub(super) name: String,
    pub(super) stopped: bool,
    /// When it sent, within the last minute.
    #[serde(skip)]
    recent: VecDeque<i64>,
    rests_until: i64,
    #[serde(skip)]
    pub(super) uuids: HashSet<String>,
    #[serde(skip)]
    uuid_order: VecDeque<String>,
}

/// All of them, by token.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Hooks {
    pub(super) by_token: HashMap<String, Hook>,
}

impl Hooks {
    /// Whether each sits in one of so many groups.
    pub(crate) fn fit(&self, groups: usize) -> bool {
        !self.by_token.is_empty() && self.by_token.values().all(|hook| hook.group < groups)
    }

    /// A robot in a group; `false` when there are too many.
    pub(crate) fn add(&mut self, token: String, group: usize, name: &str, guard: Guard) -> bool {
        if self.by_token.len() >= MAX_HOOKS {
            return false;
        }
        let hook = Hook {
            guard,
            group,
            name: name.into(),
            stopped: false,
            recent: VecDeque::new(),
            rests_until: i64::MIN,
            uuids: HashSet::new(),
            uuid_order: VecDeque::new(),
        };
        self.by_token.insert(token, hook);
        true
    }

    /// Stops a robot or lets it go on; `false` where there is none.
    pub(crate) fn stop(&mut self, token: &str, stopped: bool) -> bool {
        self.by_token.get_mut(token).map(|hook| hook.stopped = stopped).is_some()
    }
}

impl Hook {
    /// Counts a message; one too many within a minute sends the robot to rest.
    pub(super) fn may_send(&mut self, now: i64) -> bool {
        if now < self.rests_until {
            return false;
        }
        while self.recent.front().is_some_and(|at| now - at >= MINUTE_MS) {
            self.recent.pop_front();
        }
        if self.recent.len() >= PER_MINUTE {
            self.rests_until = now + REST_MS;
            self.recent.clear();
            return false;
        }
        self.recent.push_back(now);
        true
    }

    pub(super) fn remember(&mut self, uuid: String) {
        if self.uuid_order.len() >= MAX_UUIDS
            && let Some(oldest) = self.uuid_order.pop_front()
        {
            self.uuids.remove(&oldest);
        }
        self.uuid_order.push_back(uuid.clone());
        self.uuids.insert(uuid);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_holds_its_addresses() {
        let block: Block = "10.1.0.0/16".parse().unwrap();
        assert!(block.contains("10.1.2.3".parse().unwrap()) && !block.contains("10.2.0.1".parse().unwrap()));
        assert!(block.contains("::ffff:10.1.2.3".parse().unwrap()) && !block.contains("::1".parse().unwrap()));
        assert!("0.0.0.0/0".parse::<Block>().unwrap().contains("8.8.8.8".parse().unwrap()));
        for bad in ["", "10.1", "10.1.0.0/33", "::1", "10.1.0.0/x"] {
            assert!(bad.parse::<Block>().is_err(), "{bad}");
        }
    }
}
