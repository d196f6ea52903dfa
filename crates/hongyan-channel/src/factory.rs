//! The kinds of channel. A new one is its folder, its `mod` and its line in `channels!`.

use crate::callback::CallbackKeys;
use crate::{
    CallbackReceiver, Caller, DingTalkConfig, DingTalkRobotConfig, MailConfig, OwnField, RobotCaller, SecretRef,
    WeComConfig, WeComRobotConfig, WebhookConfig,
};
use hongyan_core::{Channel, Rate};
use hongyan_endpoint::{Invalid, bilingual, typed};
use hongyan_net::{Http, Options};
use serde_json::{Map, Value};
use std::{sync::Arc, time::Duration};

/// What a channel's configuration says of an account, and makes of it. It reads nothing but the keys before
/// [`Self::open`].
pub trait ChannelFactory {
    /// Reads the secrets and makes the channel. Opens no connection.
    ///
    /// # Errors
    /// What is wrong, and with which key; never a secret.
    fn open(&self, options: &Options) -> Result<OpenedChannel, Invalid>;

    /// The account's secrets by key, the one that it is known by first.
    fn secrets(&self) -> Vec<(&'static str, &SecretRef)>;

    /// What stands in place of the platform's own hosts.
    fn base_url(&self) -> Option<&str> {
        None
    }

    /// The server that it talks to, as an address, where the configuration names one.
    fn server(&self) -> Option<String> {
        self.base_url().map(str::to_owned)
    }

    /// The key whose secret is a webhook's credential, or its whole address.
    fn hook(&self) -> Option<(&'static str, &SecretRef)> {
        None
    }

    /// The request fields that the account knows by itself.
    fn own_fields(&self) -> Vec<OwnField<'_>> {
        Vec::new()
    }

    /// Reads the secret and gives the client of the platform's operations; `None` where there are none.
    ///
    /// # Errors
    /// What is wrong, and with which key; never a secret.
    fn caller(&self, _http: Http) -> Result<Option<Box<dyn Caller>>, Invalid> {
        Ok(None)
    }

    /// Whether the platform pushes callbacks to the account.
    fn takes_callbacks(&self) -> bool {
        false
    }

    /// Who receives the account's pushes; `None` where the platform makes none. An error is a sentence without a secret.
    fn callback_receiver(&self, _keys: CallbackKeys) -> Option<Result<Box<dyn CallbackReceiver>, String>> {
        None
    }

    /// For how long a message waits for an account that cannot send, unless the account says otherwise.
    fn gives_up_after(&self) -> Duration {
        DAY * 3
    }

    /// Whether its calls go over HTTP, and the account takes the keys of [`crate::TransportConfig`].
    fn is_over_http() -> bool
    where
        Self: Sized,
    {
        true
    }
}

pub(crate) const DAY: Duration = Duration::from_secs(86_400);

/// What [`ChannelFactory::open`] makes.
pub struct OpenedChannel {
    /// Sends the account's messages.
    pub channel: Arc<dyn Channel>,
    /// The platform's published rates for messages to one recipient.
    pub recipient_rates: Vec<Rate>,
    /// The client of the platform's other operations, with the channel's own token.
    pub caller: Option<Arc<dyn Caller>>,
    /// The client of the platform's own paths, of a group's robot.
    pub robot: Option<Arc<dyn RobotCaller>>,
}

impl OpenedChannel {
    pub(crate) fn alone(channel: impl Channel) -> Self {
        Self { channel: Arc::new(channel), recipient_rates: Vec::new(), caller: None, robot: None }
    }

    pub(crate) fn robot(channel: impl Channel + RobotCaller) -> Self {
        let channel = Arc::new(channel);
        Self { robot: Some(channel.clone()), channel, recipient_rates: Vec::new(), caller: None }
    }
}

macro_rules! channels {
    ($($name:literal => $variant:ident($config:ty), $doc:literal;)*) => {
        /// The kinds of channel, by `channel = "…"`.
        #[derive(Debug, Clone)]
        pub enum ChannelConfig {
            $(#[doc = $doc] $variant($config),)*
        }

        /// What `channel` can be.
        pub const CHANNELS: [&str; [$($name),*].len()] = [$($name),*];

        impl ChannelConfig {
            /// Reads the channel's own keys.
            pub(crate) fn read(channel: &str, keys: Map<String, Value>) -> Result<Self, Invalid> {
                let keys = Value::Object(keys);
                match channel {
                    $($name => typed(keys).map(Self::$variant),)*
                    _ => {
                        let (en, zh) = (CHANNELS.join(", "), CHANNELS.join("、"));
                        let why = bilingual!("expected one of {en}"; "应为 {zh} 之一");
                        Err(Invalid::unfit("channel", why))
                    }
                }
            }

            /// [`ChannelFactory::is_over_http`] of the channel of that name.
            pub(crate) fn is_over_http(channel: &str) -> bool {
                match channel {
                    $($name => <$config>::is_over_http(),)*
                    _ => true,
                }
            }

            /// As in `channel = "…"`.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                match self { $(Self::$variant(_) => $name),* }
            }

            /// What it says and makes.
            #[must_use]
            pub fn factory(&self) -> &dyn ChannelFactory {
                match self { $(Self::$variant(config) => config),* }
            }
        }
    };
}

channels! {
    "dingtalk" => DingTalk(DingTalkConfig), "Work notifications of a DingTalk application.";
    "wecom" => WeCom(WeComConfig), "Messages of a WeCom application.";
    "mail" => Mail(MailConfig), "A mailbox.";
    "dingtalk-robot" => DingTalkRobot(DingTalkRobotConfig), "A robot of one DingTalk group.";
    "wecom-robot" => WeComRobot(WeComRobotConfig), "A robot of one WeCom group.";
    "webhook" => Webhook(WebhookConfig), "Any HTTPS address.";
}
