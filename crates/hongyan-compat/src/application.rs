//! The accounts whose platforms have paths of their own.

use crate::platform::PlatformKind;
use hongyan_channel::{Account, AccountConfig, ChannelConfig};
use hongyan_core::Channel;
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, sync::Arc};

/// An account whose platform has paths of its own.
pub(crate) struct Application {
    /// Its name in the configuration.
    pub(crate) account: Arc<str>,
    pub(crate) platform: PlatformKind,
    /// `AppKey` or `CorpId`.
    pub(crate) id: String,
    /// Its company, where it is named beside an `AppKey`.
    pub(crate) corp_id: Option<String>,
    pub(crate) agent_id: i64,
    /// Of the application's robot; DingTalk's alone.
    pub(crate) robot_code: Option<String>,
    /// SHA-256: the secret itself is its client's.
    pub(crate) secret_hash: [u8; 32],
    pub(crate) caller: Arc<dyn hongyan_channel::Caller>,
    pub(crate) channel: Arc<dyn Channel>,
}

/// Every application of the configuration.
pub(crate) fn open(
    config: &BTreeMap<String, AccountConfig>,
    accounts: &BTreeMap<Arc<str>, Account>,
) -> Vec<Application> {
    config
        .iter()
        .filter_map(|(name, settings)| {
            let account = accounts.get(name.as_str())?;
            let (platform, id, corp_id, agent_id, robot_code) = match &settings.channel {
                ChannelConfig::DingTalk(config) => {
                    let robot_code = config.robot_code.as_ref().unwrap_or(&config.app_key);
                    let (id, corp_id) = (config.app_key.clone(), config.corp_id.clone());
                    (PlatformKind::DingTalk, id, corp_id, config.agent_id, Some(robot_code.clone()))
                }
                ChannelConfig::WeCom(config) => {
                    (PlatformKind::WeCom, config.corp_id.clone(), None, config.agent_id, None)
                }
                _ => return None,
            };
            // It was read when the account was opened; should it be gone since, there is no login with it.
            let secret = settings.secret()?.read().ok()?;
            Some(Application {
                account: Arc::clone(&account.name),
                platform,
                id,
                corp_id,
                agent_id,
                robot_code,
                secret_hash: Sha256::digest(secret.expose().as_bytes()).into(),
                caller: Arc::clone(account.caller.as_ref()?),
                channel: Arc::clone(&account.channel),
            })
        })
        .collect()
}

/// The application of an account.
pub(crate) fn of<'a>(applications: &'a [Application], account: &str) -> Option<&'a Application> {
    applications.iter().find(|one| &*one.account == account)
}
