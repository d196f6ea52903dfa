//! A store that fails when it is told to, for tests of those who use one.
//!
//! ```
//! use hongyan_core::{Obstacle, Outbox, StoreError};
//! use hongyan_store::{Failing, Method, Options, Sqlite};
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let store = Failing::over(Sqlite::temporary(Options::default()).unwrap());
//! store.fail(Method::Settle, StoreError::Unavailable(Obstacle::Full, "the disk is full".into()));
//! assert!(store.settle(Vec::new()).await.is_err());
//! store.heal(Method::Settle);
//! assert!(store.settle(Vec::new()).await.is_ok());
//! assert_eq!(store.calls(Method::Settle), 2);
//! # });
//! ```

use async_trait::async_trait;
use hongyan_core::{
    Accepted, CallbackRow, ChatRow, Claim, DeliveryId, DeliveryState, FileRow, Filter, Handed, Idempotency, Inbox,
    KeyRow, Keys, LedgerRow, Library, MessageId, MessageRow, NewCallback, NewMessage, Outage, Outbox, Page, Recalled,
    ReceiptTask, Settlement, StoreError, TargetResult, Time,
};
use hongyan_endpoint::File;
use std::{
    collections::HashMap,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};

type Result<T> = std::result::Result<T, StoreError>;

/// What can be made to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// [`Outbox::accept`].
    Accept,
    /// [`Outbox::claim`].
    Claim,
    /// [`Outbox::orphans`].
    Orphans,
    /// [`Outbox::renew`].
    Renew,
    /// [`Outbox::check_writable`].
    CheckWritable,
    /// [`Outbox::resolved`].
    Resolved,
    /// [`Outbox::settle`].
    Settle,
    /// [`Outbox::sent_since`].
    SentSince,
    /// [`Library::upload_of`].
    UploadOf,
}

#[derive(Debug, Default)]
struct Plan {
    fails: Option<StoreError>,
    calls: usize,
}

/// A store over another one.
#[derive(Debug)]
pub struct Failing<S> {
    store: S,
    blocks: bool,
    plans: Mutex<HashMap<Method, Plan>>,
}

impl<S> Failing<S> {
    /// Does what `store` does until it is told otherwise.
    pub fn over(store: S) -> Self {
        Self { store, blocks: false, plans: Mutex::default() }
    }

    /// Its outbox holds up the calling thread while it works, so that a runtime's paused time does not run on
    /// meanwhile: for tests on a moved clock.
    #[must_use]
    pub fn blocking(self) -> Self {
        Self { blocks: true, ..self }
    }

    async fn done<T>(&self, work: impl Future<Output = T>) -> T {
        if !self.blocks {
            return work.await;
        }
        // Not counted against the task's share of the runtime, which is not given back before it is done.
        let mut work = pin!(tokio::task::unconstrained(work));
        let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
        let mut context = Context::from_waker(&waker);
        loop {
            match work.as_mut().poll(&mut context) {
                Poll::Ready(done) => return done,
                Poll::Pending => std::thread::park(),
            }
        }
    }

    /// From now on a method does nothing and gives this error.
    pub fn fail(&self, method: Method, error: StoreError) {
        self.plans().entry(method).or_default().fails = Some(error);
    }

    /// From now on a method works again.
    pub fn heal(&self, method: Method) {
        self.plans().entry(method).or_default().fails = None;
    }

    /// How often a method was called, failed or not.
    pub fn calls(&self, method: Method) -> usize {
        self.plans().entry(method).or_default().calls
    }

    fn plans(&self) -> MutexGuard<'_, HashMap<Method, Plan>> {
        self.plans.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, method: Method) -> Result<()> {
        let mut plans = self.plans();
        let plan = plans.entry(method).or_default();
        plan.calls += 1;
        plan.fails.clone().map_or(Ok(()), Err)
    }
}

/// Wakes a thread that is parked.
struct Unpark(std::thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

#[async_trait]
impl<S: Outbox> Outbox for Failing<S> {
    async fn accept(&self, messages: Vec<NewMessage>) -> Result<Vec<Accepted>> {
        self.begin(Method::Accept)?;
        self.done(self.store.accept(messages)).await
    }

    async fn keyed(&self, key: Idempotency) -> Result<Option<Accepted>> {
        self.done(self.store.keyed(key)).await
    }

    async fn claim(&self, account: &str, now: Time, lease: Time, limit: usize) -> Result<Vec<Claim>> {
        self.begin(Method::Claim)?;
        self.done(self.store.claim(account, now, lease, limit)).await
    }

    async fn orphans(&self, account: &str, now: Time, lease: Time) -> Result<Vec<Claim>> {
        self.begin(Method::Orphans)?;
        self.done(self.store.orphans(account, now, lease)).await
    }

    async fn renew(&self, deliveries: Vec<DeliveryId>, lease: Time) -> Result<()> {
        self.begin(Method::Renew)?;
        self.done(self.store.renew(deliveries, lease)).await
    }

    async fn check_writable(&self, now: Time) -> Result<()> {
        self.begin(Method::CheckWritable)?;
        self.done(self.store.check_writable(now)).await
    }

    async fn resolved(&self, delivery: DeliveryId, ids: Vec<(u32, String)>) -> Result<()> {
        self.begin(Method::Resolved)?;
        self.done(self.store.resolved(delivery, ids)).await
    }

    async fn settle(&self, settlements: Vec<Settlement>) -> Result<()> {
        self.begin(Method::Settle)?;
        self.done(self.store.settle(settlements)).await
    }

    async fn next_due(&self, account: &str) -> Result<Option<Time>> {
        self.done(self.store.next_due(account)).await
    }

    async fn receipts_due(&self, account: &str, now: Time, again: Time, limit: usize) -> Result<Vec<ReceiptTask>> {
        self.done(self.store.receipts_due(account, now, again, limit)).await
    }

    async fn next_receipt(&self, account: &str) -> Result<Option<Time>> {
        self.done(self.store.next_receipt(account)).await
    }

    async fn received(&self, delivery: DeliveryId, results: Vec<TargetResult>, again: Option<Time>) -> Result<()> {
        self.done(self.store.received(delivery, results, again)).await
    }

    async fn sent_since(
        &self,
        account: &str,
        since: Time,
        after: Option<DeliveryId>,
        limit: usize,
    ) -> Result<Vec<Claim>> {
        self.begin(Method::SentSince)?;
        self.done(self.store.sent_since(account, since, after, limit)).await
    }

    async fn message(&self, id: MessageId) -> Result<Option<MessageRow>> {
        self.done(self.store.message(id)).await
    }

    async fn recipients(&self, id: MessageId) -> Result<Vec<LedgerRow>> {
        self.done(self.store.recipients(id)).await
    }

    async fn list(&self, filter: Filter) -> Result<Page> {
        self.done(self.store.list(filter)).await
    }

    async fn cancel(&self, id: MessageId, now: Time) -> Result<Option<u32>> {
        self.done(self.store.cancel(id, now)).await
    }

    async fn retry(&self, id: MessageId, now: Time) -> Result<Option<u32>> {
        self.done(self.store.retry(id, now)).await
    }

    async fn recalled(&self, results: Vec<Recalled>, now: Time) -> Result<()> {
        self.done(self.store.recalled(results, now)).await
    }

    async fn depths(&self) -> Result<Vec<(String, DeliveryState, u64)>> {
        self.done(self.store.depths()).await
    }

    async fn clock_stepped(&self, account: &str, by_ms: i64) -> Result<u64> {
        self.done(self.store.clock_stepped(account, by_ms)).await
    }

    async fn reanchor(&self, account: &str, now: Time, longest: Duration) -> Result<u64> {
        self.done(self.store.reanchor(account, now, longest)).await
    }

    async fn outages(&self, account: &str) -> Result<Vec<Outage>> {
        self.done(self.store.outages(account)).await
    }

    async fn keep_outages(&self, account: &str, outages: Vec<Outage>) -> Result<()> {
        self.done(self.store.keep_outages(account, outages)).await
    }

    async fn calls_since(&self, account: &str, since: Time) -> Result<Vec<(Time, u32)>> {
        self.done(self.store.calls_since(account, since)).await
    }

    async fn next_end(&self, account: &str) -> Result<Option<Time>> {
        self.done(self.store.next_end(account)).await
    }

    async fn expired(&self, account: &str, now: Time, lease: Time, limit: usize) -> Result<Vec<Claim>> {
        self.done(self.store.expired(account, now, lease, limit)).await
    }

    async fn forget(&self, before: Time, limit: usize) -> Result<u64> {
        self.done(self.store.forget(before, limit)).await
    }
}

#[async_trait]
impl<S: Outbox> Handed for Failing<S> {
    async fn hand_out(&self, message: MessageId) -> Result<i64> {
        self.done(self.store.hand_out(message)).await
    }

    async fn handed_out(&self, number: i64) -> Result<Option<MessageId>> {
        self.done(self.store.handed_out(number)).await
    }

    async fn sent_as(&self, account: &str, handle: &str) -> Result<Option<DeliveryId>> {
        self.done(self.store.sent_as(account, handle)).await
    }
}

#[async_trait]
impl<S: Outbox> Inbox for Failing<S> {
    async fn keep_callback(&self, callback: NewCallback) -> Result<bool> {
        self.done(self.store.keep_callback(callback)).await
    }

    async fn callbacks(&self, account: Option<&str>, after: i64, limit: usize) -> Result<Vec<CallbackRow>> {
        self.done(self.store.callbacks(account, after, limit)).await
    }
}

#[async_trait]
impl<S: Keys> Keys for Failing<S> {
    async fn keys(&self) -> Result<Vec<KeyRow>> {
        self.store.keys().await
    }

    async fn add_key(&self, key: KeyRow) -> Result<()> {
        self.store.add_key(key).await
    }

    async fn revoke_key(&self, id: &str, now: Time) -> Result<bool> {
        self.store.revoke_key(id, now).await
    }
}

#[async_trait]
impl<S: Library> Library for Failing<S> {
    async fn keep_file(&self, file: File, now: Time) -> Result<FileRow> {
        self.store.keep_file(file, now).await
    }

    async fn file_row(&self, id: &str) -> Result<Option<FileRow>> {
        self.store.file_row(id).await
    }

    async fn file(&self, id: &str) -> Result<Option<Arc<File>>> {
        self.store.file(id).await
    }

    async fn upload_of(&self, account: &str, id: &str, form: &str, now: Time) -> Result<Option<String>> {
        self.begin(Method::UploadOf)?;
        self.store.upload_of(account, id, form, now).await
    }

    async fn note_upload(&self, account: &str, id: &str, form: &str, uploaded: Option<(String, Time)>) -> Result<()> {
        self.store.note_upload(account, id, form, uploaded).await
    }

    async fn files(&self, after: Option<&FileRow>, limit: usize) -> Result<Vec<FileRow>> {
        self.store.files(after, limit).await
    }

    async fn note_holder(&self, id: &str, accounts: &[String]) -> Result<()> {
        self.store.note_holder(id, accounts).await
    }

    async fn holders(&self, ids: &[String]) -> Result<Vec<Vec<Vec<String>>>> {
        self.store.holders(ids).await
    }

    async fn forget_files(&self, before: Time, limit: usize) -> Result<u64> {
        self.store.forget_files(before, limit).await
    }

    async fn note_chat(&self, chat: ChatRow) -> Result<()> {
        self.store.note_chat(chat).await
    }

    async fn chats(&self, account: &str, limit: usize) -> Result<Vec<ChatRow>> {
        self.store.chats(account, limit).await
    }
}
