//! What the routes share.

use crate::{
    callbacks::Receiver,
    config::Config,
    keys::{Caller, Ring},
    official::Doors,
    shares::Shares,
    template::Templates,
    waiting::Watch,
};
use hongyan_api::{Code, Problem};
use hongyan_channel::Account;
use hongyan_core::{Clock, IdSource, Obstacle, Store, Tick};
use hongyan_dispatch::Dispatcher;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};
use tokio::sync::Semaphore;

/// Files that are taken in at once.
pub(crate) const UPLOADS: u64 = 16;
/// Files that are judged at once: each is in memory as a whole.
pub(crate) const JUDGED: usize = 8;

/// One gateway at work.
pub(crate) struct App {
    pub(crate) config: Config,
    pub(crate) accounts: BTreeMap<Arc<str>, Account>,
    pub(crate) templates: Templates,
    pub(crate) store: Arc<dyn Store>,
    /// [`UPLOADS`].
    pub(crate) uploads: Arc<Shares>,
    /// The bytes of large bodies, asked and answered, that are in memory at once.
    pub(crate) memory: Arc<Shares>,
    /// Kept files in memory to be judged; never held while a client is waited for.
    pub(crate) judged: Semaphore,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: IdSource,
    pub(crate) ring: Ring,
    pub(crate) watch: Arc<Watch>,
    pub(crate) dispatcher: Arc<Dispatcher>,
    pub(crate) pages: Pages,
    /// The platforms' own paths.
    pub(crate) doors: Doors,
    /// Who receives the platforms' pushes, by account.
    pub(crate) receivers: BTreeMap<Arc<str>, Receiver>,
    /// When the store was last asked whether it can be written, and what it said: anybody may ask.
    pub(crate) ready: Mutex<Option<(Tick, Readiness)>>,
}

/// Whether the store can be written.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Readiness {
    /// It was, a moment ago.
    Ready,
    /// Something stands in its way.
    Unusable(Obstacle),
    /// It did not say in time.
    NotReady,
}

/// Pages that do not change, made once.
pub(crate) struct Pages {
    pub(crate) openapi: bytes::Bytes,
    pub(crate) docs: bytes::Bytes,
    pub(crate) docs_policy: http::HeaderValue,
}

impl App {
    /// The account that a request names, where the caller may use it.
    pub(crate) fn account(&self, caller: &Caller, name: &str) -> Result<&Account, Problem> {
        let missing = || Problem::new(Code::NotFound, "there is no such account", "没有这个账号").at("account");
        let account = self.accounts.get(name).ok_or_else(missing)?;
        self.admit(caller, [name])?;
        Ok(account)
    }

    /// Refuses a caller whose key may not use one of these accounts.
    pub(crate) fn admit<'a>(
        &self,
        caller: &Caller,
        accounts: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), Problem> {
        caller.barred(accounts).map_or(Ok(()), |account| {
            Err(Problem::new(
                Code::AccountForbidden,
                format!("the API key may not use account {account}"),
                format!("该 API 密钥不可使用账号 {account}"),
            ))
        })
    }
}
