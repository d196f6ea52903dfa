//! What stands under `[accounts.NAME]`, and the account that it becomes.

use crate::{
    dingtalk::{DingTalkChannel, DingTalkConfig},
    dingtalk_robot::{DingTalkRobotChannel, DingTalkRobotConfig},
    mail::{MailChannel, MailConfig},
    operations::{Caller, files_too},
    render,
    robot::RobotCaller,
    secret::SecretRef,
    transport::TransportConfig,
    webhook::{WebhookChannel, WebhookConfig},
    wecom::{WeComChannel, WeComConfig},
    wecom_robot::{WeComRobotChannel, WeComRobotConfig},
};
use hongyan_core::{
    Backoff, Channel, Claim, Content, Dedup, Flaw, OnRepeat, OnUnknown, Part, Policy, Rate, Time, Unfit, bilingual,
};
use hongyan_endpoint::{Bilingual, Invalid, typed};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use std::{borrow::Cow, sync::Arc, time::Duration};

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

/// The kinds of channel, by `channel = "…"`.
#[derive(Debug, Clone)]
pub enum ChannelConfig {
    /// Work notifications of a DingTalk application.
    DingTalk(DingTalkConfig),
    /// Messages of a WeCom application.
    WeCom(WeComConfig),
    /// A mailbox.
    Mail(MailConfig),
    /// A robot of one DingTalk group.
    DingTalkRobot(DingTalkRobotConfig),
    /// A robot of one WeCom group.
    WeComRobot(WeComRobotConfig),
    /// Any HTTPS address.
    Webhook(WebhookConfig),
}

/// What `channel` can be.
pub const CHANNELS: [&str; 6] = ["dingtalk", "wecom", "mail", "dingtalk-robot", "wecom-robot", "webhook"];

impl ChannelConfig {
    /// Reads the channel's own keys.
    fn read(channel: &str, keys: Map<String, Value>) -> Result<Self, Invalid> {
        let keys = Value::Object(keys);
        Ok(match channel {
            "dingtalk" => Self::DingTalk(typed(keys)?),
            "wecom" => Self::WeCom(typed(keys)?),
            "mail" => Self::Mail(typed(keys)?),
            "dingtalk-robot" => Self::DingTalkRobot(typed(keys)?),
            "wecom-robot" => Self::WeComRobot(typed(keys)?),
            "webhook" => Self::Webhook(typed(keys)?),
            _ => {
                let (en, zh) = (CHANNELS.join(", "), CHANNELS.join("、"));
                let why = bilingual!("expected one of {en}"; "应为 {zh} 之一");
                return Err(Invalid::unfit("channel", why));
            }
        })
    }

    /// For how long a message waits for an account that cannot send, unless the account says otherwise.
    fn gives_up_after(&self) -> Duration {
        const DAY: Duration = Duration::from_secs(86_400);
        match self {
            // RFC 5321, section 4.5.4.1: at least four to five days.
            Self::Mail(_) => DAY * 5,
            _ => DAY * 3,
        }
    }
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
        let mail = channel == "mail";
        // Mail has a ca_file of its own, and nothing of the others.
        let transport =
            TransportConfig::KEYS.iter().filter(|_| !mail).filter_map(|key| keys.remove_entry(*key)).collect();
        let (common, own): (Map<_, _>, Map<_, _>) = keys.into_iter().partition(|(key, _)| is_common(key));
        if mail && own.contains_key("proxy") {
            return Err(Invalid::unfit("proxy", Bilingual::fixed("mail goes out directly", "邮件不经代理发送")));
        }
        for key in ["rate", "recipient_rate"] {
            if common.get(key).is_some_and(|rate| !rate.is_object()) {
                return Err(Invalid { field: key.into(), flaw: Flaw::Type(A_RATE) });
            }
        }
        let channel = ChannelConfig::read(&channel, own)?;
        if callback.is_some() && !matches!(channel, ChannelConfig::DingTalk(_) | ChannelConfig::WeCom(_)) {
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

/// An account at work: its channel and its rules.
#[derive(Clone)]
pub struct Account {
    /// Its name in the configuration.
    pub name: Arc<str>,
    /// Sends its messages.
    pub channel: Arc<dyn Channel>,
    /// The rules for retries and lost replies.
    pub policy: Policy,
    /// What to do with repeats.
    pub on_repeat: OnRepeat,
    /// What to do with a text that one call cannot carry.
    pub long_text: LongText,
    /// Whether what comes by the platform's own path is split too: only where the configuration itself says `split`.
    pub split_given: bool,
    /// The limits on the account's calls.
    pub rates: Vec<Rate>,
    /// The limits on messages to one recipient.
    pub recipient_rates: Vec<Rate>,
    /// Calls in flight at once.
    pub concurrency: usize,
    /// After a send, when receipts are first looked at; `None` for never.
    pub receipts_after: Option<Duration>,
    /// The client of the platform's other operations, with the channel's own token; `None` where there are none.
    pub caller: Option<Arc<dyn Caller>>,
    /// The client of the platform's own paths, of a group's robot.
    pub robot: Option<Arc<dyn RobotCaller>>,
}

impl Account {
    /// The content as this account sends it, one part per call: with the time in the text where `on_repeat = "stamp"`,
    /// so that equal messages differ. The time is the message's own, so every attempt says the same.
    ///
    /// # Errors
    /// [`Unfit`].
    pub fn parts<'a>(&self, content: &'a Content, made_at: Time) -> Result<Vec<Cow<'a, Content>>, Unfit> {
        // The platform judges what came by its own path.
        if content.given.is_some() {
            let split = self.split_given;
            return Ok(if split { self.channel.given_in_parts(content) } else { vec![Cow::Borrowed(content)] });
        }
        let parts = self.channel.parts(content, &self.stamp(made_at))?;
        // A table's file is no more of a text.
        if parts.len() > 1 && self.long_text == LongText::Refuse && content.table.is_none() {
            let field = if content.markdown.is_some() { "markdown" } else { "text" };
            let size = content.markdown.as_ref().or(content.text.as_ref()).map_or(0, String::len);
            let count = parts.len();
            let why = bilingual!(
                "takes {size} bytes of UTF-8 (a Chinese character takes 3), more than one call carries, and would be {count} parts: shorten it, link to the rest, or leave long_text = \"refuse\" out of the account";
                "占 {size} 字节（UTF-8，一个汉字占 3 字节），超过一次调用所能携带，须分 {count} 条：请缩短、用链接代替其余，或去掉账号的 long_text = \"refuse\""
            );
            return Err(Unfit::new(field, Flaw::Unfit(why)));
        }
        Ok(parts)
    }

    /// What one delivery says: what was settled when its message was accepted, whatever the account's settings are by
    /// now.
    ///
    /// # Errors
    /// [`Unfit`] when nothing was settled, as by earlier versions, and the channel makes other parts of the content now.
    pub fn wording<'a>(&self, claim: &'a Claim) -> Result<Cow<'a, Content>, Unfit> {
        let content: &Content = &claim.content;
        if claim.ready {
            return Ok(Cow::Borrowed(content));
        }
        let part = match claim.part {
            // What a table becomes is the channel's to say, in one part too.
            None if content.table.is_some() => Part { number: 1, of: 1 },
            None => return Ok(render::suffixed(content, &self.stamp(claim.made_at))),
            Some(part) => part,
        };
        let mut parts = self.channel.parts(content, &self.stamp(claim.made_at))?;
        let at = usize::try_from(part.number).unwrap_or_default().wrapping_sub(1);
        if parts.len() != usize::try_from(part.of).unwrap_or_default() || at >= parts.len() {
            let (then, now) = (part.of, parts.len());
            let why = bilingual!(
                "was accepted in {then} parts and is {now} by now: send it anew";
                "受理时为 {then} 条，现为 {now} 条：请重新发送"
            );
            return Err(Unfit::new("", Flaw::Unfit(why)));
        }
        Ok(parts.swap_remove(at))
    }

    fn stamp(&self, made_at: Time) -> String {
        if self.on_repeat == OnRepeat::Refuse || matches!(self.policy.dedup, Dedup::None | Dedup::KeyedFor(_)) {
            return String::new();
        }
        format!("\n({made_at})")
    }
}

impl AccountConfig {
    /// Reads the secrets and makes the account. Opens no connection.
    ///
    /// # Errors
    /// What is wrong, and with which key: a secret that is not there, or a value; never the secret.
    pub fn open(&self, name: &str) -> Result<Account, Invalid> {
        let options = self.http_options()?;
        let mut caller: Option<Arc<dyn Caller>> = None;
        let mut robot: Option<Arc<dyn RobotCaller>> = None;
        let (channel, recipient_rates): (Arc<dyn Channel>, Vec<Rate>) = match &self.channel {
            ChannelConfig::DingTalk(config) => {
                let channel = DingTalkChannel::open(config, &options).map_err(|error| error.at("app_secret"))?;
                caller = Some(Arc::new(channel.client().over(files_too(&options))));
                (Arc::new(channel), DingTalkChannel::recipient_rates())
            }
            ChannelConfig::WeCom(config) => {
                let channel = WeComChannel::open(config, &options).map_err(|error| error.at("secret"))?;
                caller = Some(Arc::new(channel.client().over(files_too(&options))));
                (Arc::new(channel), WeComChannel::recipient_rates())
            }
            ChannelConfig::Mail(config) => (Arc::new(MailChannel::open(config)?), Vec::new()),
            ChannelConfig::DingTalkRobot(config) => {
                let channel = Arc::new(DingTalkRobotChannel::open(config, &options)?);
                robot = Some(channel.clone());
                (channel, Vec::new())
            }
            ChannelConfig::WeComRobot(config) => {
                let channel = Arc::new(WeComRobotChannel::open(config, &options)?);
                robot = Some(channel.clone());
                (channel, Vec::new())
            }
            ChannelConfig::Webhook(config) => (Arc::new(WebhookChannel::open(config, &options)?), Vec::new()),
        };
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
            give_up_after: common.give_up_after.map_or(self.channel.gives_up_after(), |span| span.0),
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
        let address = match &self.channel {
            ChannelConfig::Mail(config) => config.host.as_ref().map(|host| format!("smtp://{host}")),
            _ => self.base_url().map(str::to_owned),
        };
        let address = address.and_then(|address| address.parse().ok());
        address.is_some_and(|address| hongyan_net::is_loopback(&address))
    }

    /// Secrets that stand in the configuration as they are, by key, for a warning.
    #[must_use]
    pub fn inline_secrets(&self) -> Vec<&'static str> {
        let secrets = match &self.channel {
            ChannelConfig::DingTalk(config) => vec![("app_secret", Some(&config.app_secret))],
            ChannelConfig::WeCom(config) => vec![("secret", Some(&config.secret))],
            ChannelConfig::Mail(config) => vec![("password", config.password.as_ref())],
            ChannelConfig::DingTalkRobot(config) => {
                vec![("access_token", Some(&config.access_token)), ("secret", config.secret.as_ref())]
            }
            ChannelConfig::WeComRobot(config) => vec![("key", Some(&config.key))],
            // Most addresses are no secret; whoever has one that is may keep it elsewhere.
            ChannelConfig::Webhook(config) => vec![("secret", config.secret.as_ref())],
        };
        // An address alone is no secret; a password in it is.
        let proxy =
            self.transport.proxy.as_ref().filter(|proxy| proxy.read().is_ok_and(|text| text.expose().contains('@')));
        let pushed = self.callback.iter().flat_map(|callback| {
            [("callback.token", Some(&callback.token)), ("callback.aes_key", Some(&callback.aes_key))]
        });
        let inline =
            |(key, secret): (&'static str, Option<&SecretRef>)| secret.is_some_and(SecretRef::is_inline).then_some(key);
        secrets.into_iter().chain(pushed).chain([("proxy", proxy)]).filter_map(inline).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
