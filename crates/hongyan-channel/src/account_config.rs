//! What stands under `[accounts.NAME]`, and how an account is opened from it.

use crate::{
    Account, SecretRef,
    callback::{CallbackKeys, CallbackReceiver, MaxAge},
    factory::{ChannelConfig, ChannelFactory, OpenedChannel},
    operations::{Caller, OwnField},
    robot::Hook,
    transport::TransportConfig,
};
use hongyan_core::{Backoff, Flaw, OnRepeat, OnUnknown, Policy, Rate};
use hongyan_endpoint::{Bilingual, Invalid, bilingual, typed};
use hongyan_net::{Http, Secret};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use std::time::Duration;

/// One account: what all accounts have, and what its channel needs.
#[derive(Debug, Clone)]
pub struct AccountConfig {
    /// The keys that every channel takes.
    pub common: Common,
    /// The channel's own.
    pub channel: ChannelConfig,
    /// How the platform's pushes are verified and opened; `None`: they are refused.
    pub callback: Option<CallbackConfig>,
    /// How its calls over HTTP go out.
    pub transport: TransportConfig,
}

/// `callback = { … }` of an application: what the platform's console shows beside the callback's address.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallbackConfig {
    /// Signs pushes.
    pub token: SecretRef,
    /// Encrypts them: 43 characters.
    pub aes_key: SecretRef,
    /// For whom they are encrypted: the `AppKey` or the `CorpId`. When absent the account's own.
    #[serde(default)]
    pub owner: Option<String>,
    /// Seconds that a push may be old, or ahead; 0 for any age.
    #[serde(default = "an_hour")]
    pub max_age_s: u64,
}

const fn an_hour() -> u64 {
    3_600
}

/// Keys of every account. All optional; the defaults are the channel's.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Common {
    /// What to do about a lost reply where the platform recognises no repeats: `resend` or `hold`.
    pub on_unknown: Option<OnUnknown>,
    /// What to do with content that the platform would swallow as a repeat: `refuse` or `stamp`.
    pub on_repeat: Option<OnRepeat>,
    /// What to do with a text that one call cannot carry: `refuse` or `split`.
    pub long_text: Option<LongText>,
    /// Attempts before a dead letter.
    pub max_attempts: Option<u32>,
    /// Calls in flight at once.
    pub concurrency: Option<usize>,
    /// Calls of the account, in place of the platform's published rate.
    pub rate: Option<RateConfig>,
    /// Messages to one recipient, in place of the platform's published rates.
    pub recipient_rate: Option<RateConfig>,
    /// Milliseconds before the first retry; doubled at each further one.
    pub first_retry_ms: Option<u64>,
    /// The longest pause between retries, in milliseconds.
    pub longest_retry_ms: Option<u64>,
    /// Milliseconds after a send at which receipts are first looked at; 0 for never.
    pub receipts_after_ms: Option<u64>,
    /// For how long a message waits for an account that cannot send.
    pub give_up_after: Option<Span>,
}

/// A span of time as one writes it: `90s`, `30m`, `12h`, `3d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Span(pub Duration);

impl TryFrom<String> for Span {
    type Error = Bilingual;

    fn try_from(text: String) -> Result<Self, Bilingual> {
        let read = || {
            let (number, unit) = text.trim().split_at_checked(text.trim().len().checked_sub(1)?)?;
            let seconds = match unit {
                "s" => 1,
                "m" => 60,
                "h" => 3_600,
                "d" => 86_400,
                _ => return None,
            };
            Some(Duration::from_secs(number.trim_end().parse::<u64>().ok()?.checked_mul(seconds)?))
        };
        read().map(Self).ok_or_else(|| {
            Bilingual::fixed("expected a span of time such as 90s, 30m, 12h or 3d", "应为时长，如 90s、30m、12h 或 3d")
        })
    }
}

impl From<Span> for String {
    fn from(span: Span) -> Self {
        format!("{}s", span.0.as_secs())
    }
}

/// What to do with a text or markdown that one call cannot carry.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LongText {
    /// Say so at once, naming the field.
    Refuse,
    /// Send it in numbered parts, each a call of its own; what would be too many is refused.
    #[default]
    Split,
}

/// At most `max` per span of `per_ms` milliseconds; `max = 0` for no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateConfig {
    /// How many.
    pub max: u32,
    /// The span.
    pub per_ms: u64,
}

impl RateConfig {
    /// As limits to keep: none for `max = 0`.
    fn rates(self) -> Vec<Rate> {
        let rate = Rate { max: self.max, per: Duration::from_millis(self.per_ms.max(1)) };
        if self.max == 0 { Vec::new() } else { vec![rate] }
    }
}

impl AccountConfig {
    /// Reads an account's table. Its keys are split between [`Common`], [`TransportConfig`] and the channel, so that
    /// each refuses what it does not know.
    ///
    /// # Errors
    /// The key, and what is wrong with it.
    pub fn read(mut keys: Map<String, Value>) -> Result<Self, Invalid> {
        let known = serde_json::to_value(Common::default()).unwrap_or_default();
        let is_common = |key: &String| known.get(key).is_some();
        let channel = match keys.remove("channel") {
            Some(Value::String(channel)) => channel,
            Some(_) => return Err(Invalid { field: "channel".into(), flaw: Flaw::Type(A_NAME) }),
            None => return Err(Invalid::missing("channel")),
        };
        let callback = keys.remove("callback");
        // Who does not call over HTTP has a ca_file of its own, and nothing of the others.
        let over_http = ChannelConfig::is_over_http(&channel);
        let transport =
            TransportConfig::KEYS.iter().filter(|_| over_http).filter_map(|key| keys.remove_entry(*key)).collect();
        let (common, own): (Map<_, _>, Map<_, _>) = keys.into_iter().partition(|(key, _)| is_common(key));
        if !over_http && own.contains_key("proxy") {
            return Err(Invalid::unfit("proxy", Bilingual::fixed("mail goes out directly", "邮件不经代理发送")));
        }
        for key in ["rate", "recipient_rate"] {
            if common.get(key).is_some_and(|rate| !rate.is_object()) {
                return Err(Invalid { field: key.into(), flaw: Flaw::Type(A_RATE) });
            }
        }
        let channel = ChannelConfig::read(&channel, own)?;
        if callback.is_some() && !channel.factory().takes_callbacks() {
            return Err(Invalid::unfit("callback", NO_CALLBACK));
        }
        let callback = callback.map(typed).transpose().map_err(|invalid| invalid.within("callback"))?;
        Ok(Self { common: typed(common.into())?, channel, callback, transport: typed(Value::Object(transport))? })
    }
}

const A_NAME: Bilingual = Bilingual::fixed("expected a string", "应为字符串");
const A_RATE: Bilingual =
    Bilingual::fixed("expected { max = 20, per_ms = 1000 }", "应写作 { max = 20, per_ms = 1000 }");
/// Of the channels that are pushed nothing.
pub(crate) const NO_CALLBACK: Bilingual =
    Bilingual::fixed("only the channels dingtalk and wecom have one", "只有 dingtalk 和 wecom 渠道有回调");

impl<'de> Deserialize<'de> for AccountConfig {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::read(Map::deserialize(from)?).map_err(serde::de::Error::custom)
    }
}

impl AccountConfig {
    /// Reads the secrets and makes the account. Opens no connection.
    ///
    /// # Errors
    /// What is wrong, and with which key: a secret that is not there, or a value; never the secret.
    pub fn open(&self, name: &str) -> Result<Account, Invalid> {
        let OpenedChannel { channel, recipient_rates, caller, robot } = self.factory().open(&self.http_options()?)?;
        let common = &self.common;
        let capabilities = channel.capabilities();
        let backoff = Backoff::default();
        let policy = Policy {
            dedup: capabilities.dedup,
            on_unknown: common.on_unknown.unwrap_or_default(),
            // Only who says so gets a second copy where the platform could have told the first.
            on_late: common.on_unknown.unwrap_or(OnUnknown::Hold),
            backoff: Backoff {
                first: common.first_retry_ms.map_or(backoff.first, Duration::from_millis),
                cap: common.longest_retry_ms.map_or(backoff.cap, Duration::from_millis),
            },
            max_attempts: common.max_attempts.unwrap_or(12).max(1),
            give_up_after: common.give_up_after.map_or(self.factory().gives_up_after(), |span| span.0),
        };
        let receipts_after = match common.receipts_after_ms {
            Some(0) => None,
            given => capabilities.receipts_for.map(|_| Duration::from_millis(given.unwrap_or(2_000))),
        };
        Ok(Account {
            name: name.into(),
            policy,
            on_repeat: common.on_repeat.unwrap_or_default(),
            long_text: common.long_text.unwrap_or_default(),
            split_given: common.long_text == Some(LongText::Split),
            rates: common.rate.map_or_else(|| capabilities.rates.clone(), RateConfig::rates),
            recipient_rates: common.recipient_rate.map_or(recipient_rates, RateConfig::rates),
            concurrency: common.concurrency.unwrap_or(capabilities.concurrency).max(1),
            receipts_after,
            channel,
            caller,
            robot,
        })
    }

    /// Whether its platform is on this machine: a sandbox.
    #[must_use]
    pub fn is_on_loopback(&self) -> bool {
        let address = self.factory().server().and_then(|address| address.parse().ok());
        address.is_some_and(|address| hongyan_net::is_loopback(&address))
    }

    /// Secrets that stand in the configuration as they are, by key, for a warning.
    #[must_use]
    pub fn inline_secrets(&self) -> Vec<&'static str> {
        // An address alone is no secret; a password in it is.
        let proxy =
            self.transport.proxy.as_ref().filter(|proxy| proxy.read().is_ok_and(|text| text.expose().contains('@')));
        let pushed = self
            .callback
            .iter()
            .flat_map(|callback| [("callback.token", &callback.token), ("callback.aes_key", &callback.aes_key)]);
        let secrets = self.factory().secrets().into_iter().chain(pushed).chain(proxy.map(|proxy| ("proxy", proxy)));
        secrets.filter(|(_, secret)| secret.is_inline()).map(|(key, _)| key).collect()
    }

    fn factory(&self) -> &dyn ChannelFactory {
        self.channel.factory()
    }

    /// The channel's name, as in `channel = "…"`.
    #[must_use]
    pub const fn channel_name(&self) -> &'static str {
        self.channel.name()
    }

    /// Who receives the account's pushes; `None` when it has no callback settings.
    ///
    /// # Errors
    /// A secret that cannot be read, a key that is none, a channel that is pushed nothing; the field, without a secret.
    pub fn callback_receiver(&self) -> Result<Option<Box<dyn CallbackReceiver>>, Invalid> {
        let Some(settings) = &self.callback else { return Ok(None) };
        let keys = CallbackKeys {
            token: settings.token.read_for("callback.token")?,
            key: settings.aes_key.read_for("callback.aes_key")?,
            owner: settings.owner.clone(),
            max_age: MaxAge((settings.max_age_s > 0).then(|| Duration::from_secs(settings.max_age_s))),
        };
        let receiver = self.factory().callback_receiver(keys);
        let receiver = receiver.ok_or_else(|| Invalid::unfit("callback", NO_CALLBACK))?;
        let wrong = |why: String| Invalid::unfit("callback.aes_key", bilingual!("{why}"; "不可用（{why}）"));
        receiver.map(Some).map_err(wrong)
    }

    /// What stands in place of the platform's own hosts.
    #[must_use]
    pub fn base_url(&self) -> Option<&str> {
        self.factory().base_url()
    }

    /// The account's secret, where it has one.
    #[must_use]
    pub fn secret(&self) -> Option<&SecretRef> {
        self.factory().secrets().first().map(|(_, secret)| *secret)
    }

    /// The credential in the address of a group's robot; `None` of any other account, or when it cannot be read.
    #[must_use]
    pub fn robot_credential(&self) -> Option<Secret> {
        let (key, secret) = self.factory().hook()?;
        Hook::read(secret, key).ok().map(|hook| hook.credential)
    }

    /// The request fields that the account knows by itself: its ids and its secret.
    #[must_use]
    pub fn own_fields(&self) -> Vec<OwnField<'_>> {
        self.factory().own_fields()
    }

    /// Reads the secret and gives the account's client for its platform's operations; `None` for channels
    /// without any: mail, webhooks, and robots, whose credential opens their own webhook only.
    ///
    /// # Errors
    /// What is wrong, and with which key; never a value.
    pub fn caller(&self) -> Result<Option<Box<dyn Caller>>, Invalid> {
        self.factory().caller(Http::new(self.http_options()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CHANNELS;
    use hongyan_core::{Claim, Content, Part, Time};
    use std::sync::Arc;

    fn read(text: &str) -> Result<AccountConfig, String> {
        serde_json::from_str(text).map_err(|e| e.to_string())
    }

    const DING: &str = r#""channel":"dingtalk","app_key":"dingsample","app_secret":{"env":"X"},"agent_id":1"#;

    #[test]
    fn common_keys_and_channel_keys_stand_side_by_side() {
        let account = read(&format!(r#"{{{DING},"on_repeat":"stamp","rate":{{"max":5,"per_ms":1000}}}}"#)).unwrap();
        assert_eq!(account.common.on_repeat, Some(OnRepeat::Stamp));
        assert!(matches!(account.channel, ChannelConfig::DingTalk(_)));
    }

    #[test]
    fn a_message_waits_for_days_for_an_account_that_cannot_send() {
        let waits = |text: &str| read(text).unwrap().open("a").unwrap().policy.give_up_after.as_secs() / 3_600;
        let mail = r#""channel":"mail","host":"h","from":"a@example.com""#;
        let hook = r#""channel":"webhook","url":"https://example.com/""#;
        assert_eq!((waits(&format!("{{{mail}}}")), waits(&format!("{{{hook}}}"))), (120, 72));
        assert_eq!(waits(&format!(r#"{{{hook},"give_up_after":"12h"}}"#)), 12);
        for wrong in ["", "d", "3 weeks", "-1d", "3", "天", "99999999999999999999d", "18446744073709551615d"] {
            let error = read(&format!(r#"{{{hook},"give_up_after":"{wrong}"}}"#)).unwrap_err();
            assert!(error.contains("90s, 30m, 12h or 3d"), "{error}");
        }
    }

    #[test]
    fn an_unknown_key_is_refused_by_name() {
        let error = read(&format!(r#"{{{DING},"colour":"red"}}"#)).unwrap_err();
        assert!(error.contains("colour"), "{error}");
        let error = read(r#"{"channel":"pigeon"}"#).unwrap_err();
        assert!(error.starts_with("channel: expected one of dingtalk, "), "{error}");
        assert!(CHANNELS.iter().all(|name| error.contains(name)), "{error}");
    }

    fn robot(keys: &str) -> Account {
        read(&format!(r#"{{"channel":"dingtalk-robot","access_token":"canary"{keys}}}"#))
            .unwrap()
            .open("robot")
            .unwrap()
    }

    fn claim(content: Content, ready: bool, part: Option<Part>) -> Claim {
        Claim {
            id: hongyan_core::DeliveryId { message: hongyan_core::MessageId::from_raw(7), number: 1 },
            made_at: Time::from_millis(0),
            due: Time::from_millis(0),
            first_due: Time::from_millis(0),
            content: Arc::new(content),
            ready,
            part,
            targets: Vec::new(),
            attempts: 0,
            repeat_of: None,
            first_call_at: Time::default(),
            unreadable: None,
            unreadable_targets: Vec::new(),
            expires_at: None,
        }
    }

    #[test]
    fn what_was_accepted_goes_out_whatever_the_settings_are_by_then() {
        let long = Content { text: Some("words ".repeat(5_000)), ..Content::default() };
        let accepted = robot("").parts(&long, Time::from_millis(0)).unwrap();
        assert!(accepted.len() > 1);
        for later in [r#","long_text":"refuse""#, r#","on_repeat":"stamp""#, r#","keyword":"告警""#] {
            let later = robot(later);
            for part in &accepted {
                let claim = claim(part.clone().into_owned(), true, Some(Part { number: 1, of: 9 }));
                assert_eq!(later.wording(&claim).unwrap(), *part);
            }
        }
        // Of an earlier version, which kept none: a refusal that came later is none of theirs.
        let of = u32::try_from(accepted.len()).unwrap();
        let old = claim(long.clone(), false, Some(Part { number: 2, of }));
        assert_eq!(robot(r#","long_text":"refuse""#).wording(&old).unwrap(), accepted[1]);
        let other = claim(long, false, Some(Part { number: 2, of: of + 1 }));
        assert!(robot("").wording(&other).unwrap_err().text().en.contains("send it anew"));
    }
}
