//! The dispatcher: a lane per account, from the queue to the channel and back to the ledger.
//!
//! A lane leases what is due (never more than it can send at once), hands each delivery to its channel, lets
//! [`hongyan_core::settle`] decide and writes the decision down. The backlog stays on disk. What it leaves to
//! others: accepting (the routes), remembering ([`Store`]), carrying out ([`hongyan_core::Channel`]).

mod attempt;
mod endings;
mod ends;
mod files;
mod guarded;
mod holding;
mod lane;
mod leases;
mod lock;
mod log;
mod observer;
mod outages;
mod pace;
mod recall;
mod receipts;
mod rest;
mod run;
#[cfg(test)]
mod tests;
mod uploads;

pub use observer::Observer;
pub use recall::{DeliveryRecall, RecallReport, RecallResult};
pub use rest::AccountStanding;

use hongyan_channel::Account;
use hongyan_core::{Clock, DeliveryId, FileStore, Ledger, MessageId, Queue, Rest, Store, StoreError};
use hongyan_endpoint::Fault;
use lane::Lane;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::{sync::watch, task::JoinHandle};

/// What is used of a store, by reader.
struct Stores {
    queue: Arc<dyn Queue>,
    files: Arc<dyn FileStore>,
    ledger: Arc<dyn Ledger>,
}

/// All lanes.
pub struct Dispatcher {
    ledger: Arc<dyn Ledger>,
    clock: Arc<dyn Clock>,
    observer: Arc<dyn Observer>,
    lanes: BTreeMap<Arc<str>, Arc<Lane>>,
    stopping: watch::Sender<bool>,
    tasks: std::sync::Mutex<Vec<JoinHandle<()>>>,
}

impl Dispatcher {
    /// Starts a lane per account. Deliveries that a dead process left behind are settled first.
    #[must_use]
    pub fn start(
        store: Arc<dyn Store>,
        accounts: BTreeMap<Arc<str>, Account>,
        clock: Arc<dyn Clock>,
        observer: Arc<dyn Observer>,
    ) -> Arc<Self> {
        Self::start_leasing(store, accounts, clock, observer, holding::LEASE)
    }

    /// As [`Self::start`], with leases that last `lease` unless they are renewed, which they are while they are held.
    #[must_use]
    pub fn start_leasing(
        store: Arc<dyn Store>,
        accounts: BTreeMap<Arc<str>, Account>,
        clock: Arc<dyn Clock>,
        observer: Arc<dyn Observer>,
        lease: Duration,
    ) -> Arc<Self> {
        let stores = Stores { queue: Arc::clone(&store) as _, files: Arc::clone(&store) as _, ledger: store };
        Self::start_over(stores, accounts, clock, observer, lease)
    }

    fn start_over(
        stores: Stores,
        accounts: BTreeMap<Arc<str>, Account>,
        clock: Arc<dyn Clock>,
        observer: Arc<dyn Observer>,
        lease: Duration,
    ) -> Arc<Self> {
        let Stores { queue, files, ledger } = stores;
        let (stopping, stop) = watch::channel(false);
        let mut lanes = BTreeMap::new();
        let mut tasks = Vec::new();
        for (name, account) in accounts {
            let lane = Lane::new(
                account,
                Arc::clone(&queue),
                Arc::clone(&files),
                Arc::clone(&clock),
                Arc::clone(&observer),
                lease,
            );
            let lane = Arc::new(lane);
            tasks.push(tokio::spawn(run::run(Arc::clone(&lane), stop.clone())));
            if lane.account.receipts_after.is_some() {
                tasks.push(tokio::spawn(receipts::run(Arc::clone(&lane), stop.clone())));
            }
            lanes.insert(name, lane);
        }
        Arc::new(Self { ledger, clock, observer, lanes, stopping, tasks: std::sync::Mutex::new(tasks) })
    }

    /// Tells an account's lane that something is due. Cheap; call it after each accept.
    pub fn wake(&self, account: &str) {
        if let Some(lane) = self.lanes.get(account) {
            lane.due.notify_one();
        }
    }

    /// How an account stands; `None` when there is none of that name.
    #[must_use]
    pub fn standing(&self, account: &str) -> Option<AccountStanding> {
        self.lanes.get(account).map(|lane| AccountStanding::of(lane))
    }

    /// Tells an account's lane that the account has been seen to work: if it rests, it is tried at once.
    pub fn try_now(&self, account: &str) {
        if let Some(lane) = self.lanes.get(account) {
            rest::try_now(lane);
        }
    }

    /// Notes what a check of an account met, as its last error.
    pub fn note_error(&self, account: &str, fault: &Fault) {
        if let Some(lane) = self.lanes.get(account) {
            lock::lock(&lane.standing).note_error(fault, lane.clock.now());
        }
    }

    /// Makes a call of an account's that is no message (a chat, a look-up, an upload), unless the account rests because
    /// it cannot log in or be reached; what the call meets is noted.
    ///
    /// # Errors
    /// Why the account rests, and until when: no call was made.
    pub async fn ask<T>(
        &self,
        account: &str,
        call: impl Future<Output = Result<T, Fault>>,
    ) -> Result<Result<T, Fault>, Rest> {
        match self.lanes.get(account) {
            Some(lane) => rest::ask(lane, call).await,
            None => Ok(call.await),
        }
    }

    /// Takes a message back: what was not sent is cancelled, what was sent is recalled where the channel can.
    /// `None` when there is no such message.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn recall(&self, id: MessageId) -> Result<Option<RecallReport>, StoreError> {
        recall::recall(self, id, None).await
    }

    /// As [`Self::recall`], for one delivery: the others are left as they are. `None` when there is no such delivery.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn recall_delivery(&self, id: DeliveryId) -> Result<Option<RecallReport>, StoreError> {
        let report = recall::recall(self, id.message, Some(id.number)).await?;
        Ok(report.filter(|report| !report.deliveries.is_empty()))
    }

    /// Stops leasing and waits for the calls under way, at most `timeout`.
    pub async fn stop(&self, timeout: Duration) {
        // An error only says that no lane is left to tell.
        let _ = self.stopping.send(true);
        let tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
        let ends: Vec<_> = tasks.iter().map(JoinHandle::abort_handle).collect();
        let all = async {
            for task in tasks {
                // A lane that panicked has been logged by the runtime; the others still stop.
                let _ = task.await;
            }
        };
        if tokio::time::timeout(timeout, all).await.is_err() {
            tracing::warn!("stopped with calls under way; their outcome will be settled at the next start");
            // They hold the store, which is the caller's to close.
            ends.iter().for_each(tokio::task::AbortHandle::abort);
        }
    }
}
