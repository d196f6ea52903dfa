//! A DingTalk application: its configuration, and the client and limits that it is opened with.

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
use hongyan_dingtalk::{
    Credential, DingTalk,
    notice::{GetSendResult, RecallNotice, SendNotice},
};
use hongyan_endpoint::{Endpoint, Invalid, RateScope};
use hongyan_net::{Http, Options};
use hongyan_platform_client::Client;
use serde::Deserialize;
use std::sync::Arc;

/// `channel = "dingtalk"`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DingTalkConfig {
    /// `AppKey`, also called Client ID.
    pub app_key: String,
    /// `AppSecret`, also called Client Secret.
    pub app_secret: SecretRef,
    /// The company, for callers of the official paths who log in with `corpid` and `corpsecret`.
    #[serde(default)]
    pub corp_id: Option<String>,
    /// `AgentId`.
    pub agent_id: i64,
    /// The application's robot, which speaks in groups with an `openConversationId`; the `AppKey` when absent.
    #[serde(default)]
    pub robot_code: Option<String>,
    /// Wraps files in a zip whose names end in nothing that the platform's page lists.
    #[serde(default)]
    pub zip_unlisted_files: bool,
    /// In place of the platform's own hosts, for the sandbox or a proxy.
    #[serde(default)]
    pub base_url: Option<String>,
}

impl DingTalkConfig {
    /// Reads the secret.
    ///
    /// # Errors
    /// [`SecretError`].
    pub fn credential(&self) -> Result<Credential, SecretError> {
        Ok(Credential { app_key: self.app_key.clone(), app_secret: self.app_secret.read()? })
    }
}

impl ChannelFactory for DingTalkConfig {
    fn open(&self, options: &Options) -> Result<OpenedChannel, Invalid> {
        let channel = DingTalkChannel::open(self, options).map_err(|error| error.at("app_secret"))?;
        let caller: Arc<dyn Caller> = Arc::new(channel.client().over(files_too(options)));
        let recipient_rates = DingTalkChannel::recipient_rates();
        Ok(OpenedChannel { recipient_rates, caller: Some(caller), ..OpenedChannel::alone(channel) })
    }

    fn secrets(&self) -> Vec<(&'static str, &SecretRef)> {
        vec![("app_secret", &self.app_secret)]
    }

    fn base_url(&self) -> Option<&str> {
        self.base_url.as_deref()
    }

    fn own_fields(&self) -> Vec<OwnField<'_>> {
        let company = self.corp_id.as_deref().map(|corp_id| OwnField::open(&["corpid"], corp_id));
        let own = [
            OwnField::open(&["appkey", "clientid"], self.app_key.as_str()),
            OwnField::secret(&["appsecret", "clientsecret"], &self.app_secret),
            OwnField::open(&["agentid"], self.agent_id),
        ];
        own.into_iter().chain(company).collect()
    }

    fn caller(&self, http: Http) -> Result<Option<Box<dyn Caller>>, Invalid> {
        let credential = self.credential().map_err(|error| error.at("app_secret"))?;
        Ok(Some(Box::new(Client::<DingTalk>::new(http, self.base_url.as_deref(), credential))))
    }

    fn takes_callbacks(&self) -> bool {
        true
    }

    fn callback_receiver(&self, keys: CallbackKeys) -> Option<Result<Box<dyn CallbackReceiver>, String>> {
        let owner = keys.owner.unwrap_or_else(|| self.app_key.clone());
        Some(callback::callback(&keys.token, &keys.key, owner, keys.max_age))
    }
}

/// An internal application.
pub struct DingTalkChannel {
    pub(super) client: Client<DingTalk>,
    pub(super) agent_id: i64,
    pub(super) robot_code: String,
    pub(super) zip_unlisted: bool,
    pub(super) capabilities: Capabilities,
    pub(super) directory: Directory,
}

impl DingTalkChannel {
    /// Reads the secret and makes the channel.
    ///
    /// # Errors
    /// [`SecretError`].
    pub fn open(config: &DingTalkConfig, options: &Options) -> Result<Self, SecretError> {
        let credential = config.credential()?;
        let spec = &SendNotice::SPEC;
        Ok(Self {
            client: Client::new(Http::new(options.clone()), config.base_url.as_deref(), credential),
            agent_id: config.agent_id,
            robot_code: config.robot_code.clone().unwrap_or_else(|| config.app_key.clone()),
            zip_unlisted: config.zip_unlisted_files,
            directory: Directory::default(),
            capabilities: Capabilities {
                channel: "dingtalk",
                groups: vec![
                    Group::of(&[AddressKind::Userid, AddressKind::Mobile], spec.max_items("userid_list").unwrap_or(1)),
                    Group::of(&[AddressKind::Department], spec.max_items("dept_id_list").unwrap_or(1)),
                    Group::of(&[AddressKind::All], 1),
                    Group::chats(Dedup::None),
                ],
                looked_up: &[AddressKind::Mobile],
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
                dedup: Dedup::SameContentPerDay,
                receipts_for: GetSendResult::SPEC.within(),
                recall_for: RecallNotice::SPEC.within(),
                concurrency: 16,
                rates: published::rates(spec, RateScope::App),
            },
        })
    }

    /// The application's client: one token for all who use it.
    #[must_use]
    pub fn client(&self) -> &Client<DingTalk> {
        &self.client
    }

    /// The platform's published rates for messages to one person.
    #[must_use]
    pub fn recipient_rates() -> Vec<Rate> {
        published::rates(&SendNotice::SPEC, RateScope::Recipient)
    }
}
