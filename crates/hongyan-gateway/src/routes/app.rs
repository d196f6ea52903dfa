//! What the routes share. Nothing below them knows it.

use super::pages::Pages;
use crate::{callbacks::Callbacks, config::ServerConfig, metrics::Metrics};
use hongyan_api::{Code, Problem};
use hongyan_channel::Account;
use hongyan_compat::{Facade, OfficialApi};
use hongyan_core::{Clock, Obstacle, Store, Tick};
use hongyan_dispatch::Dispatcher;
use hongyan_intake::{ApiKeys, Bodies, Caller, Intake, Waiting};
use std::sync::{Arc, Mutex};

/// One gateway at work.
pub(crate) struct App {
    pub(crate) server: ServerConfig,
    pub(crate) intake: Arc<Intake>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) bodies: Arc<Bodies>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) keys: Arc<ApiKeys>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) waiting: Arc<Waiting>,
    pub(crate) dispatcher: Arc<Dispatcher>,
    pub(crate) pages: Pages,
    /// `None` where they are not answered.
    pub(crate) official: Option<Arc<OfficialApi>>,
    pub(crate) facade: Option<Facade>,
    pub(crate) callbacks: Callbacks,
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

impl App {
    /// The account that a request names, where the caller may use it.
    pub(crate) fn account(&self, caller: &Caller, name: &str) -> Result<&Account, Problem> {
        let missing = || Problem::new(Code::NotFound, "there is no such account", "没有这个账号").at("account");
        let account = self.intake.accounts.get(name).ok_or_else(missing)?;
        caller.check_accounts([name])?;
        Ok(account)
    }
}
