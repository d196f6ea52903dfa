//! What a client needs to log in, to the application, the contacts and the group robot.

use crate::options::secret;
use serde::{Deserialize, Serialize};
use std::io;

/// No `Debug`: a secret, even of a sandbox, is not for logs.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Credentials {
    #[serde(rename = "wecom_corp_id")]
    pub(super) corp_id: String,
    #[serde(rename = "wecom_secret")]
    pub(super) secret: String,
    #[serde(rename = "wecom_agent_id")]
    pub(super) agent_id: i64,
    /// The contacts synchronisation's.
    #[serde(rename = "wecom_contacts_secret")]
    pub(super) contacts_secret: String,
    /// The group robot's, in the group that the company starts with.
    #[serde(rename = "wecom_robot_key")]
    pub(super) robot_key: String,
}

impl Credentials {
    /// New ones; well-known where `fixed`.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub(super) fn new(fixed: bool) -> io::Result<Self> {
        Ok(Self {
            corp_id: "wwsandbox00000001".into(),
            secret: secret(fixed, "wecom-secret")?,
            agent_id: 1_000_002,
            contacts_secret: secret(fixed, "wecom-contacts-secret")?,
            robot_key: secret(fixed, "wecom-robot-key")?,
        })
    }
}
