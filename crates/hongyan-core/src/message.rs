//! What was asked: one message, as a business system hands it over.

use crate::{Address, AddressKind, Content, Mailbox, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, collections::BTreeMap};

/// A message as `POST /v1/messages` takes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// The audience; at least one entry.
    pub to: Vec<Address>,
    /// Mailboxes that get a copy, seen by all who get the mail.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cc: Vec<Mailbox>,
    /// Mailboxes that get a copy, seen by nobody.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bcc: Vec<Mailbox>,
    /// Where answers to the mail go; to the account's own address when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Mailbox>,
    /// Accounts to send through; empty for the route's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub via: Vec<String>,
    /// The route that names the accounts when `via` is empty; `default` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route: Option<String>,
    /// What it says: exactly one of the forms.
    pub content: Content,
    /// Not before this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send_at: Option<Time>,
    /// Not after this time: what is still pending then becomes `expired`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Time>,
    /// Higher goes first within an account.
    #[serde(default, skip_serializing_if = "Priority::is_normal")]
    pub priority: Priority,
    /// For finding it again: `?label.KEY=VALUE`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

impl Message {
    /// Everybody whom it is for: `to`, then the copies.
    #[must_use]
    pub fn audience(&self) -> Cow<'_, [Address]> {
        if self.cc.is_empty() && self.bcc.is_empty() {
            return Cow::Borrowed(&self.to);
        }
        let cc = self.cc.iter().map(|mailbox| mailbox.address(AddressKind::Cc));
        let bcc = self.bcc.iter().map(|mailbox| mailbox.address(AddressKind::Bcc));
        self.to.iter().cloned().chain(cc).chain(bcc).collect()
    }
}

/// Order within an account's lane.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// When nothing else waits.
    Low,
    /// The usual.
    #[default]
    Normal,
    /// Before the usual.
    High,
    /// Before everything.
    Critical,
}

impl Priority {
    /// 0 to 3, greater goes first.
    #[must_use]
    pub const fn rank(self) -> u8 {
        self as u8
    }

    /// Whether it is the usual one.
    #[must_use]
    pub const fn is_normal(&self) -> bool {
        matches!(self, Self::Normal)
    }
}
