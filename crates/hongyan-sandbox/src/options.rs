//! How a sandbox is set up, and the credentials that it gives out.

use crate::trouble::FaultRule;
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use std::{io, net::SocketAddr, path::PathBuf, time::Duration};

/// How to start a sandbox. `Default` listens on a free loopback port, for HTTP and for mail.
#[derive(Debug, Clone)]
pub struct SandboxOptions {
    /// Where both platforms and the inspection API answer; port 0 picks a free one.
    pub listen: SocketAddr,
    /// Where the mail server answers; `None` starts none.
    pub smtp_listen: Option<SocketAddr>,
    /// Whether the mail server takes mail without a login too, as a company's relay does.
    pub smtp_without_login: bool,
    /// Decides the company: the same seed gives the same people.
    pub seed: u64,
    /// How many people the company has beside the named ones (`zhangsan`, `outsider`, …).
    pub people: usize,
    /// Trouble from the start; more can be ordered by the inspection API.
    pub faults: Vec<FaultRule>,
    /// People read what reaches them after so long; `None`: only when told to.
    pub auto_read: Option<Duration>,
    /// How long DingTalk takes from accepting a work notification to delivering it.
    pub delivery_delay: Duration,
    /// Which quotas hold.
    pub limits: Limits,
    /// Where credentials, tokens, the company, groups with their robots, and callbacks are kept over a restart; `None`:
    /// nowhere.
    pub state: Option<PathBuf>,
    /// Well-known credentials in place of random ones: for sandboxes that only this machine can reach.
    pub fixed_credentials: bool,
}

impl Default for SandboxOptions {
    fn default() -> Self {
        let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
        Self {
            listen: loopback,
            smtp_listen: Some(loopback),
            smtp_without_login: false,
            seed: 1,
            people: 240,
            faults: Vec::new(),
            auto_read: None,
            delivery_delay: Duration::from_millis(300),
            limits: Limits::default(),
            state: None,
            fixed_credentials: false,
        }
    }
}

/// Which quotas hold. What a request may *be* (sizes, lists, fields) is always checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// The declared call rates (DingTalk's 20 a second per operation, WeCom's 10,000 a minute). Off unless
    /// asked for: a pipeline that hammers the sandbox is not an abuser.
    pub calls: bool,
    /// Quotas on what people get: DingTalk's 500 a day per person, 5,000 receivers a minute and three to-all
    /// notices a day; WeCom's 30 a minute and 1,000 an hour per person, its chats' person-times and its robots' 20
    /// a minute.
    pub people: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self { calls: false, people: true }
    }
}

/// What a client needs to log in. No `Debug`: a secret, even of a sandbox, is not for logs.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Credentials {
    pub(crate) corp_id: String,
    pub(crate) app_key: String,
    pub(crate) app_secret: String,
    pub(crate) agent_id: i64,
    /// The custom robot's, in the group that the company starts with.
    pub(crate) robot_token: String,
    pub(crate) robot_secret: String,
    pub(crate) suite: Suite,
    pub(crate) wecom_corp_id: String,
    pub(crate) wecom_secret: String,
    pub(crate) wecom_agent_id: i64,
    /// The contacts synchronisation's.
    pub(crate) wecom_contacts_secret: String,
    /// The group robot's, in the group that the company starts with.
    pub(crate) wecom_robot_key: String,
    pub(crate) smtp_username: String,
    pub(crate) smtp_password: String,
}

/// A vendor's suite and custom application, both installed in the company. No `Debug`, as above.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Suite {
    pub(crate) key: String,
    pub(crate) secret: String,
    /// The newest one that was pushed.
    pub(crate) ticket: String,
    pub(crate) custom_key: String,
    pub(crate) custom_secret: String,
    /// Good for one use.
    pub(crate) tmp_auth_code: String,
    pub(crate) permanent_code: String,
    pub(crate) agent_id: i64,
    pub(crate) app_id: i64,
}

impl Credentials {
    pub(crate) fn new(fixed: bool) -> io::Result<Self> {
        let secret = |name: &str| if fixed { Ok(format!("sandbox-{name}")) } else { random_hex(32) };
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
            wecom_corp_id: "wwsandbox00000001".into(),
            wecom_secret: secret("wecom-secret")?,
            wecom_agent_id: 1_000_002,
            wecom_contacts_secret: secret("wecom-contacts-secret")?,
            wecom_robot_key: secret("wecom-robot-key")?,
            smtp_username: "sandbox@example.com".into(),
            smtp_password: secret("mail-password")?,
        })
    }
}

/// So many random bytes' worth of hexadecimal digits.
pub(crate) fn random_hex(digits: usize) -> io::Result<String> {
    let mut bytes = vec![0_u8; digits.div_ceil(2)];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
    let mut text = HEXLOWER.encode(&bytes);
    text.truncate(digits);
    Ok(text)
}
