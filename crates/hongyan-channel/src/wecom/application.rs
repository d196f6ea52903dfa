//! A WeCom application: its configuration, and the client and limits that it is opened with.

use super::callback;
use crate::{
    callback::{CallbackKeys, CallbackReceiver},
    directory::Directory,
    factory::{ChannelFactory, OpenedChannel},
    operations::{Caller, OwnField, files_too},
    published,
    secret::{SecretError, SecretRef},
};
use hongyan_core::{AddressKind, Capabilities, Dedup, Format, Group, Rate};
use hongyan_endpoint::{Endpoint, Invalid, RateScope};
use hongyan_net::{Http, Options};
use hongyan_platform_client::Client;
use hongyan_wecom::{
    Credential, WeCom,
    message::{DUPLICATE_CHECK_SECONDS, RecallMessage, SendMessage},
};
use serde::Deserialize;
use std::{
    collections::VecDeque,
    sync::{Arc, PoisonError},
    time::Duration,
};

/// `channel = "wecom"`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeComConfig {
    /// Company id, `ww…`.
    pub corp_id: String,
    /// The application's secret.
    pub secret: SecretRef,
    /// The application's id.
    pub agent_id: i64,
    /// In place of the platform's own host, for the sandbox or a proxy.
    #[serde(default)]
    pub base_url: Option<String>,
}

impl WeComConfig {
    /// Reads the secret.
    ///
    /// # Errors
    /// [`SecretError`].
    pub fn credential(&self) -> Result<Credential, SecretError> {
        Ok(Credential { corp_id: self.corp_id.clone(), secret: self.secret.read()? })
    }
}

impl ChannelFactory for WeComConfig {
    fn open(&self, options: &Options) -> Result<OpenedChannel, Invalid> {
        let channel = WeComChannel::open(self, options).map_err(|error| error.at("secret"))?;
        let caller: Arc<dyn Caller> = Arc::new(channel.client().over(files_too(options)));
        let recipient_rates = WeComChannel::recipient_rates();
        Ok(OpenedChannel { recipient_rates, caller: Some(caller), ..OpenedChannel::alone(channel) })
    }

    fn secrets(&self) -> Vec<(&'static str, &SecretRef)> {
        vec![("secret", &self.secret)]
    }

    fn base_url(&self) -> Option<&str> {
        self.base_url.as_deref()
    }

    fn own_fields(&self) -> Vec<OwnField<'_>> {
        vec![
            OwnField::open(&["corpid"], self.corp_id.as_str()),
            OwnField::secret(&["corpsecret"], &self.secret),
            OwnField::open(&["agentid"], self.agent_id),
        ]
    }

    fn caller(&self, http: Http) -> Result<Option<Box<dyn Caller>>, Invalid> {
        let credential = self.credential().map_err(|error| error.at("secret"))?;
        Ok(Some(Box::new(Client::<WeCom>::new(http, self.base_url.as_deref(), credential))))
    }

    fn takes_callbacks(&self) -> bool {
        true
    }

    fn callback_receiver(&self, keys: CallbackKeys) -> Option<Result<Box<dyn CallbackReceiver>, String>> {
        let owner = keys.owner.unwrap_or_else(|| self.corp_id.clone());
        Some(callback::callback(keys.token, &keys.key, &owner, keys.max_age))
    }
}

/// Seconds in which the platform swallows an identical request: its own default.
pub(super) const DUPLICATE_WINDOW_SECONDS: u32 = DUPLICATE_CHECK_SECONDS.0;

/// A self-built application's messages.
pub struct WeComChannel {
    pub(super) client: Client<WeCom>,
    pub(super) agent_id: i64,
    pub(super) capabilities: Capabilities,
    pub(super) directory: Directory,
    pub(super) codes: ResponseCodes,
}

/// The last response codes, by `msgid`: whoever waits for the reply of an interactive card asks for it at once.
#[derive(Default)]
pub(super) struct ResponseCodes(std::sync::Mutex<VecDeque<(String, String)>>);

impl ResponseCodes {
    const KEPT: usize = 1_000;

    pub(super) fn note(&self, handle: &str, code: &str) {
        if code.is_empty() {
            return;
        }
        let mut codes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        codes.truncate(Self::KEPT - 1);
        codes.push_front((handle.to_owned(), code.to_owned()));
    }

    pub(super) fn find(&self, handle: &str) -> Option<String> {
        let codes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        codes.iter().find(|(known, _)| known == handle).map(|(_, code)| code.clone())
    }
}

impl WeComChannel {
    /// Reads the secret and makes the channel.
    ///
    /// # Errors
    /// [`SecretError`].
    pub fn open(config: &WeComConfig, options: &Options) -> Result<Self, SecretError> {
        let credential = config.credential()?;
        let spec = &SendMessage::SPEC;
        let max = |field| spec.max_items(field).unwrap_or(1);
        Ok(Self {
            client: Client::new(Http::new(options.clone()), config.base_url.as_deref(), credential),
            agent_id: config.agent_id,
            directory: Directory::default(),
            codes: ResponseCodes::default(),
            capabilities: Capabilities {
                channel: "wecom",
                groups: vec![
                    Group::of(&[AddressKind::Userid, AddressKind::Mobile, AddressKind::Email], max("touser")),
                    Group::of(&[AddressKind::Department], max("toparty")),
                    Group::of(&[AddressKind::Tag], max("totag")),
                    Group::of(&[AddressKind::All], 1),
                    Group::chats(Dedup::None),
                ],
                looked_up: &[AddressKind::Mobile, AddressKind::Email],
                formats: &[
                    Format::Text,
                    Format::Markdown,
                    Format::Image,
                    Format::File,
                    Format::Voice,
                    Format::Video,
                    Format::Link,
                    Format::Card,
                    Format::News,
                    Format::Table,
                    Format::Native,
                ],
                attachments: false,
                dedup: Dedup::IdenticalWithin(Duration::from_secs(u64::from(DUPLICATE_WINDOW_SECONDS))),
                receipts_for: None,
                recall_for: RecallMessage::SPEC.within(),
                concurrency: 16,
                rates: published::rates(spec, RateScope::App),
            },
        })
    }

    /// The application's client: one token for all who use it.
    #[must_use]
    pub fn client(&self) -> &Client<WeCom> {
        &self.client
    }

    /// The platform's published rates for messages to one person; the excess is dropped in silence.
    #[must_use]
    pub fn recipient_rates() -> Vec<Rate> {
        published::rates(&SendMessage::SPEC, RateScope::Recipient)
    }
}
