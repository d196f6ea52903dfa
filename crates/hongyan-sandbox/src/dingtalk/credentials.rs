//! What a client needs to log in, to the application, its robot and a vendor's suite.

use crate::options::{random_hex, secret};
use serde::{Deserialize, Serialize};
use std::io;

/// No `Debug`: a secret, even of a sandbox, is not for logs.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Credentials {
    pub(super) corp_id: String,
    pub(super) app_key: String,
    pub(super) app_secret: String,
    pub(super) agent_id: i64,
    /// The custom robot's, in the group that the company starts with.
    pub(super) robot_token: String,
    pub(super) robot_secret: String,
    pub(super) suite: Suite,
}

/// A vendor's suite and custom application, both installed in the company. No `Debug`, as above.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Suite {
    pub(super) key: String,
    pub(super) secret: String,
    /// The newest one that was pushed.
    pub(super) ticket: String,
    pub(super) custom_key: String,
    pub(super) custom_secret: String,
    /// Good for one use.
    pub(super) tmp_auth_code: String,
    pub(super) permanent_code: String,
    pub(super) agent_id: i64,
    pub(super) app_id: i64,
}

impl Credentials {
    /// New ones; well-known where `fixed`.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub(super) fn new(fixed: bool) -> io::Result<Self> {
        let secret = |name: &str| secret(fixed, name);
        Ok(Self {
            corp_id: "dingsandboxcorp".into(),
            app_key: "dingsandboxapp".into(),
            app_secret: secret("ding-secret")?,
            agent_id: 1_000_001,
            // Clients look at their form: letters and digits, and only a secret with this prefix is signed with.
            robot_token: if fixed { "sandboxdingrobottoken".into() } else { random_hex(64)? },
            robot_secret: if fixed { "SECsandboxdingrobotsecret".into() } else { format!("SEC{}", random_hex(64)?) },
            suite: Suite {
                key: "suitesandbox".into(),
                secret: secret("ding-suite-secret")?,
                ticket: secret("ding-suite-ticket")?,
                custom_key: "customsandbox".into(),
                custom_secret: secret("ding-custom-secret")?,
                tmp_auth_code: secret("ding-tmp-auth-code")?,
                permanent_code: secret("ding-permanent-code")?,
                // One agent for both: what the suite sends shows up as the application does.
                agent_id: 1_000_001,
                app_id: 57_453,
            },
        })
    }
}
