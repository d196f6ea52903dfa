//! What the robots of both platforms' groups share: a credential that stands in a webhook's address.

use crate::SecretRef;
use async_trait::async_trait;
use hongyan_endpoint::{Declared, Fault, Invalid, bilingual};
use hongyan_net::{Reply, Secret};
use hongyan_platform_client::Raw;

/// A robot, as its platform's own paths reach it.
#[async_trait]
pub trait RobotCaller: Send + Sync {
    /// Passes a foreign call on with the robot's own credential, signed where the robot wants that.
    ///
    /// # Errors
    /// A transport failure; `request.invalid` for an operation that is none of a robot's.
    async fn forward(&self, operation: &dyn Declared, call: &Raw) -> Result<Reply, Fault>;
}

/// The credential of a webhook and, where the whole address was given, its scheme and host.
pub(crate) struct Hook {
    /// The token or key.
    pub(crate) credential: Secret,
    /// `https://host`, without a path.
    pub(crate) base: Option<String>,
}

impl Hook {
    /// Reads a token, or the address of which it is the parameter `name`.
    ///
    /// # Errors
    /// What is wrong with the key `name`: no secret, or an address without such a parameter; never the address.
    pub(crate) fn read(secret: &SecretRef, name: &str) -> Result<Self, Invalid> {
        let secret = secret.read_for(name)?;
        let text = secret.expose();
        let Some((scheme, rest)) = text.split_once("://") else { return Ok(Self { credential: secret, base: None }) };
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let query = rest.split_once('?').map_or("", |(_, query)| query).split('#').next().unwrap_or_default();
        let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        match value {
            Some(value) if !value.is_empty() && !host.is_empty() && matches!(scheme, "http" | "https") => {
                Ok(Self { credential: Secret::new(value), base: Some(format!("{scheme}://{host}")) })
            }
            _ => Err(Invalid::unfit(
                name,
                bilingual!("the webhook's address has no {name}"; "Webhook 地址中没有 {name}"),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_alone_and_out_of_its_address() {
        let read = |text: &str| Hook::read(&SecretRef::Inline(Secret::new(text)), "access_token");
        let hook = read("0123abc").unwrap();
        assert_eq!((hook.credential.expose(), hook.base), ("0123abc", None));
        let hook = read("https://oapi.dingtalk.com/robot/send?x=1&access_token=0123abc&timestamp=1").unwrap();
        assert_eq!((hook.credential.expose(), hook.base.as_deref()), ("0123abc", Some("https://oapi.dingtalk.com")));
        let error = read("https://oapi.dingtalk.com/robot/send?key=canary").err().unwrap();
        let error = error.to_string();
        assert!(error.contains("access_token") && !error.contains("canary"));
    }
}
