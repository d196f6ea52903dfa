//! Who is told over HTTP, and how that went. Tokens and keys stay in here.

use crate::options::Credentials;
use hongyan_dingtalk::callback as dingtalk;
use hongyan_net::Secret;
use hongyan_wecom::callback as wecom;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The way an event takes to one receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Road {
    /// DingTalk's events, to the address that was registered.
    #[serde(rename = "dingtalk")]
    DingTalk,
    /// What is said to DingTalk's robot, to the robot's address.
    #[serde(rename = "dingtalk_robot")]
    Robot,
    /// Both, over a connection that the application opened.
    Stream,
    /// WeCom's messages and events.
    #[serde(rename = "wecom")]
    WeCom,
    /// Presses of DingTalk's cards, to the address of the card's route key.
    #[serde(rename = "dingtalk_card")]
    Card,
}

impl Road {
    pub(crate) const HTTP: [Self; 3] = [Self::DingTalk, Self::Robot, Self::WeCom];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::DingTalk => "dingtalk",
            Self::Robot => "dingtalk_robot",
            Self::Stream => "stream",
            Self::WeCom => "wecom",
            Self::Card => "dingtalk_card",
        }
    }
}

/// DingTalk's one address. No `Debug`: it holds the keys.
#[derive(Clone)]
pub(crate) struct DingTalkHook {
    pub(crate) url: String,
    pub(crate) token: String,
    pub(crate) aes_key: String,
    /// `None`: all, as when the console was used.
    pub(crate) tags: Option<Vec<String>>,
    pub(crate) seal: dingtalk::Callback,
}

impl DingTalkHook {
    pub(crate) fn wants(&self, kind: &str) -> bool {
        self.tags.as_ref().is_none_or(|tags| tags.iter().any(|tag| tag == kind))
    }
}

/// WeCom's address of the application. No `Debug`: it holds the keys.
#[derive(Clone)]
pub(crate) struct WeComHook {
    pub(crate) url: String,
    pub(crate) token: String,
    pub(crate) encoding_aes_key: String,
    pub(crate) seal: wecom::Callback,
}

/// What was set, as a file keeps it. No `Debug`: it holds the keys.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Set {
    dingtalk: Option<Keys>,
    robot: Option<String>,
    wecom: Option<Keys>,
}

/// One address and its keys. No `Debug`.
#[derive(Serialize, Deserialize)]
struct Keys {
    url: String,
    token: String,
    key: String,
    /// DingTalk: what was registered for; none where the console was used.
    #[serde(default)]
    tags: Option<Vec<String>>,
}

impl Callbacks {
    /// What a file keeps.
    pub(crate) fn set(&self) -> Set {
        Set {
            dingtalk: self.dingtalk.as_ref().map(|hook| Keys {
                url: hook.url.clone(),
                token: hook.token.clone(),
                key: hook.aes_key.clone(),
                tags: hook.tags.clone(),
            }),
            robot: self.robot.clone(),
            wecom: self.wecom.as_ref().map(|hook| Keys {
                url: hook.url.clone(),
                token: hook.token.clone(),
                key: hook.encoding_aes_key.clone(),
                tags: None,
            }),
        }
    }

    /// Puts back what a file kept; the addresses are not asked again. A key that is none is left out.
    pub(crate) fn restore(&mut self, set: Set, credentials: &Credentials) {
        self.dingtalk = set.dingtalk.and_then(|Keys { url, token, key: aes_key, tags }| {
            let owner = if tags.is_none() { &credentials.app_key } else { &credentials.corp_id };
            let seal = dingtalk::Callback::new(token.as_str(), &aes_key, owner.as_str()).ok()?;
            Some(DingTalkHook { url, token, aes_key, tags, seal })
        });
        self.robot = set.robot;
        self.wecom = set.wecom.and_then(|Keys { url, token, key: encoding_aes_key, .. }| {
            let owner = &credentials.wecom_corp_id;
            let seal = wecom::Callback::new(Secret::new(token.as_str()), &encoding_aes_key, owner).ok()?;
            Some(WeComHook { url, token, encoding_aes_key, seal })
        });
    }
}

/// How the pushes went, since the address was set.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Counts {
    /// Events that happened.
    pub(crate) emitted: u64,
    /// Pushes that were taken.
    pub(crate) delivered: u64,
    /// Tries that were not.
    pub(crate) refused: u64,
    /// Events given up.
    pub(crate) given_up: u64,
    /// Events for which there was no room.
    pub(crate) lost: u64,
    /// What was wrong with the last try that was not taken.
    pub(crate) last_problem: Option<String>,
}

/// All receivers.
#[derive(Default)]
pub(crate) struct Callbacks {
    pub(crate) dingtalk: Option<DingTalkHook>,
    /// Where DingTalk's robot sends what it hears.
    pub(crate) robot: Option<String>,
    pub(crate) wecom: Option<WeComHook>,
    counts: [Counts; 5],
}

impl Callbacks {
    pub(crate) fn counts(&mut self, road: Road) -> &mut Counts {
        &mut self.counts[road as usize]
    }

    /// Starts to count anew, for a new receiver.
    pub(crate) fn forget_counts(&mut self, road: Road) {
        self.counts[road as usize] = Counts::default();
    }

    /// One receiver as the inspection API shows it: no token, no key, nothing of an address that may hold one.
    pub(crate) fn describe(&self, road: Road, waiting: usize) -> Option<Value> {
        let (url, tags) = match road {
            Road::DingTalk => self.dingtalk.as_ref().map(|hook| (hook.url.as_str(), Some(&hook.tags)))?,
            Road::Robot => (self.robot.as_deref()?, None),
            Road::WeCom => (self.wecom.as_ref()?.url.as_str(), None),
            Road::Stream | Road::Card => return None,
        };
        let shown = url.split_once('?').map_or(url, |(before, _)| before);
        let mut described = json!({
            "platform": road.name(), "url": shown, "waiting": waiting, "counts": self.counts[road as usize],
        });
        if let Some(tags) = tags {
            described["tags"] = json!(tags);
        }
        Some(described)
    }

    pub(crate) fn stream_counts(&self) -> Value {
        json!(self.counts[Road::Stream as usize])
    }
}
