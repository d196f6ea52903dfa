//! Which channel receives an account's pushes.

use crate::{
    account::{AccountConfig, ChannelConfig, NO_CALLBACK},
    callback::{CallbackReceiver, MaxAge},
    dingtalk, wecom,
};
use hongyan_endpoint::{Invalid, bilingual};
use std::time::Duration;

impl AccountConfig {
    /// Who receives the account's pushes; `None` when it has no callback settings.
    ///
    /// # Errors
    /// A secret that cannot be read, a key that is none, a channel that is pushed nothing; the field, without a secret.
    pub fn callback_receiver(&self) -> Result<Option<Box<dyn CallbackReceiver>>, Invalid> {
        let Some(settings) = &self.callback else { return Ok(None) };
        let token = settings.token.read_for("callback.token")?;
        let key = settings.aes_key.read_for("callback.aes_key")?;
        let max_age = MaxAge((settings.max_age_s > 0).then(|| Duration::from_secs(settings.max_age_s)));
        let owner = |own: &str| settings.owner.clone().unwrap_or_else(|| own.to_owned());
        let wrong = |why: String| Invalid::unfit("callback.aes_key", bilingual!("{why}"; "不可用（{why}）"));
        let receiver: Result<Box<dyn CallbackReceiver>, String> = match &self.channel {
            ChannelConfig::DingTalk(config) => dingtalk::callback(&token, &key, owner(&config.app_key), max_age),
            ChannelConfig::WeCom(config) => wecom::callback(token, &key, &owner(&config.corp_id), max_age),
            _ => return Err(Invalid::unfit("callback", NO_CALLBACK)),
        };
        receiver.map(Some).map_err(wrong)
    }
}
