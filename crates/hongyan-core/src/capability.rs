//! What a channel can do, as data: the planner chunks and the dispatcher paces by it.

use crate::{AddressKind, Format};
use std::time::Duration;

/// What one account's channel can do. Built by the channel from the platform's declarations.
#[derive(Debug, Clone, PartialEq)]
pub struct Capabilities {
    /// The kind of channel, as in the configuration: `dingtalk`, `wecom`, `mail`.
    pub channel: &'static str,
    /// The recipient lists of one call. An address kind that is in none cannot be reached here.
    pub groups: Vec<Group>,
    /// The kinds whose platform id is looked up first, one API call each.
    pub looked_up: &'static [AddressKind],
    /// The forms of content that it can carry.
    pub formats: &'static [Format],
    /// Whether files can travel with a message.
    pub attachments: bool,
    /// How the platform recognises a repeat.
    pub dedup: Dedup,
    /// For how long receipts can be asked for; `None` when the reply says all there is.
    pub receipts_for: Option<Duration>,
    /// For how long a message can be recalled; `None` when it cannot.
    pub recall_for: Option<Duration>,
    /// Calls in flight at once.
    pub concurrency: usize,
    /// Calls allowed per span, all of them at once.
    pub rates: Vec<Rate>,
}

/// One recipient list of a call: these kinds share it, up to `max` entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group {
    /// The kinds that travel in this list.
    pub kinds: &'static [AddressKind],
    /// Entries per call, at least 1.
    pub max: usize,
    /// For a list that travels alone, by an operation of its own (a group chat): how that one's repeats are recognised.
    /// `None` for a list that shares its call with the others.
    pub apart: Option<Dedup>,
}

impl Group {
    /// A list that shares its call with the account's others.
    #[must_use]
    pub const fn of(kinds: &'static [AddressKind], max: usize) -> Self {
        Self { kinds, max, apart: None }
    }

    /// Group chats: one per call, by an operation of their own.
    #[must_use]
    pub const fn chats(dedup: Dedup) -> Self {
        Self { kinds: &[AddressKind::Chat], max: 1, apart: Some(dedup) }
    }
}

/// At most `max` calls `per` span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Calls.
    pub max: u32,
    /// Span.
    pub per: Duration,
}

/// How the platform recognises a repeat, which decides what may be done about a lost reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dedup {
    /// Not at all.
    None,
    /// The same content reaches the same person once per day, counted in China (DingTalk work notifications).
    SameContentPerDay,
    /// An identical request is swallowed within the window (WeCom `enable_duplicate_check`).
    IdenticalWithin(Duration),
    /// A call carries a key of its delivery, and a repeat under the same key is swallowed within the window (`msgUuid`
    /// of a DingTalk group robot). Equal contents under keys of their own all arrive.
    KeyedFor(Duration),
    /// Many receivers fold messages with the same `Message-ID` (mail, webhooks); not guaranteed.
    MessageId,
}

impl Capabilities {
    /// The list that an address kind travels in.
    #[must_use]
    pub fn group_of(&self, kind: AddressKind) -> Option<usize> {
        self.groups.iter().position(|group| group.kinds.contains(&kind))
    }

    /// How the platform recognises a repeat of the call that an address kind travels in.
    #[must_use]
    pub fn dedup_of(&self, kind: AddressKind) -> Dedup {
        self.group_of(kind).and_then(|at| self.groups[at].apart).unwrap_or(self.dedup)
    }
}
