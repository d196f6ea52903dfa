//! How a sandbox is set up, and the credentials that it gives out.

use crate::faults::FaultRule;
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
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

/// A secret of a sandbox: one that everybody knows where `fixed`, else a random one.
///
/// # Errors
/// The system gives no random bytes.
pub(crate) fn secret(fixed: bool, name: &str) -> io::Result<String> {
    if fixed { Ok(format!("sandbox-{name}")) } else { random_hex(32) }
}

/// The members of `kept` in the place of those of `fresh`; what `kept` lacks, or has in another form, stays fresh.
pub(crate) fn kept_or<T: Serialize + DeserializeOwned>(fresh: T, kept: &Map<String, Value>) -> T {
    let Ok(Value::Object(mut all)) = serde_json::to_value(&fresh) else { return fresh };
    for (name, value) in &mut all {
        if let Some(kept) = kept.get(name) {
            value.clone_from(kept);
        }
    }
    serde_json::from_value(Value::Object(all)).unwrap_or(fresh)
}

/// So many random bytes' worth of hexadecimal digits.
pub(crate) fn random_hex(digits: usize) -> io::Result<String> {
    let mut bytes = vec![0_u8; digits.div_ceil(2)];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
    let mut text = HEXLOWER.encode(&bytes);
    text.truncate(digits);
    Ok(text)
}
