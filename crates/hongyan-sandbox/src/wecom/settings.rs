//! What an administrator of the platform can change while the sandbox runs.

use serde::{Deserialize, Serialize};
use std::net::IpAddr;

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    /// The only addresses that may call the application; `None`: all.
    #[serde(rename = "wecom_trusted_ips")]
    pub(super) trusted_ips: Option<Vec<IpAddr>>,
    /// The application is switched on (else 50003, at login too).
    #[serde(rename = "wecom_app_enabled")]
    pub(super) enabled: bool,
    /// The application sees the root department, which group chats take (else 60011).
    #[serde(rename = "wecom_root_visible")]
    pub(super) root_visible: bool,
    /// Whether the application counts as having a callback address, which interactive cards take (else 43012);
    /// `None`: as it is.
    #[serde(rename = "wecom_callback")]
    pub(super) callback: Option<bool>,
    /// The application may write contacts (else 48002: only the contacts' secret may).
    #[serde(rename = "wecom_app_writes")]
    pub(super) app_writes: bool,
    /// The application reads mobile numbers, addresses and pictures; those made after June 2022 do not.
    #[serde(rename = "wecom_private_fields")]
    pub(super) private_fields: bool,
    /// The contacts' secret reads members and departments in full; new addresses may not (48009).
    #[serde(rename = "wecom_contacts_details")]
    pub(super) contacts_details: bool,
    /// Seats of the company: so many members, and 200 person-times of messages a day for each.
    #[serde(rename = "wecom_seats")]
    pub(super) seats: u32,
    /// How often it is tried to push one event, the first time included, up to ten: the pages can be read as 3 and as 4.
    #[serde(rename = "wecom_push_tries")]
    pub(super) push_tries: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            trusted_ips: None,
            enabled: true,
            root_visible: true,
            callback: Some(true),
            app_writes: true,
            private_fields: false,
            contacts_details: true,
            seats: 5_000,
            push_tries: 3,
        }
    }
}
