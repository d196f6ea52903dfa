//! Stream mode: events and robot messages over a socket that we open; no public address, no encryption.
//!
//! This is the call that opens it. The answer's address and ticket are used once, within [`TICKET_SECONDS`].

use crate::{DingTalk, read};
use hongyan_endpoint::endpoints;
use serde::{Deserialize, Serialize};

endpoints! { DingTalk;
    /// Asks for an address and a ticket to connect with.
    OpenConnection -> ConnectionOpened {
        "stream.open", POST "/v1.0/gateway/connections/open",
        auth: None, effect: Idempotent, role: Grant,
        limits: [],
        source: "https://open.dingtalk.com/document/direction/stream-mode-protocol-access-description",
    }
}

/// Request of `connections/open`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenConnection {
    /// Client ID.
    pub client_id: String,
    /// Client Secret.
    pub client_secret: String,
    /// What is to come over it.
    #[serde(default, deserialize_with = "read::rows")]
    pub subscriptions: Vec<Subscription>,
    /// Who calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ua: Option<String>,
    /// Where from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local_ip: Option<String>,
}

/// One topic of [`OpenConnection`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// `EVENT` or `CALLBACK`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `*` for all events, or a path such as `/v1.0/im/bot/messages/get`.
    pub topic: String,
}

/// Reply of `connections/open`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionOpened {
    /// Use this one, never a constant.
    pub endpoint: String,
    /// Goes into the query; good for one connection.
    pub ticket: String,
}

/// How long a ticket lives, in seconds.
pub const TICKET_SECONDS: u32 = 90;
