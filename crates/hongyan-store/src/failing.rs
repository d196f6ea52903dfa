//! A store that fails when it is told to, for tests of those who use one.
//!
//! ```
//! use hongyan_core::{Obstacle, Queue, StoreError};
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
    Accepted, Admin, CallbackLog, CallbackRow, ChatDirectory, ChatRow, Claim, DeliveryId, DeliveryState, FileRow,
    FileStore, Filter, Idempotency, IssuedIds, KeyRow, Ledger, LedgerRow, MessageId, MessageRow, NewCallback,
    NewMessage, Outage, Page, Queue, Recalled, ReceiptTask, Settlement, StoreError, TargetResult, Time,
};
use hongyan_endpoint::File;
use std::{
    collections::HashMap,
    pin::pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

type Result<T> = std::result::Result<T, StoreError>;

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
    /// What its calls answer in turn before they do anything.
    schedule: Vec<Option<StoreError>>,
    turn: AtomicUsize,
    plans: Mutex<HashMap<Method, Plan>>,
}

impl<S> Failing<S> {
    /// Does what `store` does until it is told otherwise.
    pub fn over(store: S) -> Self {
        Self { store, blocks: false, schedule: Vec::new(), turn: AtomicUsize::new(0), plans: Mutex::default() }
    }

    /// It holds up the calling thread while it works, so that a runtime's paused time does not run on
    /// meanwhile: for tests on a moved clock.
    #[must_use]
    pub fn blocking(self) -> Self {
        Self { blocks: true, ..self }
    }

    /// Every call meets the next entry of this schedule, over and over: an error is its answer, and nothing is done.
    #[must_use]
    pub fn failing_in_turn(self, schedule: Vec<Option<StoreError>>) -> Self {
        Self { schedule, ..self }
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
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        if let Some(Some(error)) = self.schedule.get(turn % self.schedule.len().max(1)) {
            return Err(error.clone());
        }
        let mut plans = self.plans();
        let plan = plans.entry(method).or_default();
        plan.calls += 1;
        plan.fails.clone().map_or(Ok(()), Err)
    }
}

/// A store whose callers ask again when it is busy.
#[derive(Debug)]
pub struct AskedAgain<S>(pub S);

/// Wakes a thread that is parked.
struct Unpark(std::thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

macro_rules! forward {
    ($($trait:ident { $($method:ident = $name:ident($($arg:ident: $type:ty),*) -> $answer:ty;)* })*) => {
        /// What can be made to fail: any method of a store.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Method {
            $($(#[doc = concat!("[`", stringify!($trait), "::", stringify!($name), "`].")] $method,)*)*
        }

        $(
            #[async_trait]
            impl<S: $trait> $trait for Failing<S> {
                $(async fn $name(&self, $($arg: $type),*) -> Result<$answer> {
                    self.begin(Method::$method)?;
                    self.done(self.store.$name($($arg),*)).await
                })*
            }

            #[async_trait]
            impl<S: $trait> $trait for AskedAgain<S> {
                $(async fn $name(&self, $($arg: $type),*) -> Result<$answer> {
                    loop {
                        match self.0.$name($(Clone::clone(&$arg)),*).await {
                            Err(StoreError::Busy) => {}
                            answer => return answer,
                        }
                    }
                })*
            }
        )*
    };
}

forward! {
    Queue {
        Claim = claim(account: &str, now: Time, lease: Time, limit: usize) -> Vec<Claim>;
        Orphans = orphans(account: &str, now: Time, lease: Time) -> Vec<Claim>;
        Renew = renew(deliveries: Vec<DeliveryId>, lease: Time) -> ();
        Resolved = resolved(delivery: DeliveryId, ids: Vec<(u32, String)>) -> ();
        Settle = settle(settlements: Vec<Settlement>) -> ();
        NextDue = next_due(account: &str) -> Option<Time>;
        NextEnd = next_end(account: &str) -> Option<Time>;
        Expired = expired(account: &str, now: Time, lease: Time, limit: usize) -> Vec<Claim>;
        ReceiptsDue = receipts_due(account: &str, now: Time, again: Time, limit: usize) -> Vec<ReceiptTask>;
        NextReceipt = next_receipt(account: &str) -> Option<Time>;
        Received = received(delivery: DeliveryId, results: Vec<TargetResult>, again: Option<Time>) -> ();
        SentSince = sent_since(account: &str, since: Time, after: Option<DeliveryId>, limit: usize) -> Vec<Claim>;
        CallsSince = calls_since(account: &str, since: Time) -> Vec<(Time, u32)>;
        Outages = outages(account: &str) -> Vec<Outage>;
        KeepOutages = keep_outages(account: &str, outages: Vec<Outage>) -> ();
        ClockStepped = clock_stepped(account: &str, by_ms: i64) -> u64;
        Reanchor = reanchor(account: &str, now: Time, longest: std::time::Duration) -> u64;
    }
    Ledger {
        Accept = accept(messages: Vec<NewMessage>) -> Vec<Accepted>;
        Keyed = keyed(key: Idempotency) -> Option<Accepted>;
        Message = message(id: MessageId) -> Option<MessageRow>;
        Recipients = recipients(id: MessageId) -> Vec<LedgerRow>;
        List = list(filter: Filter) -> Page;
        Cancel = cancel(id: MessageId, now: Time) -> Option<u32>;
        Retry = retry(id: MessageId, now: Time) -> Option<u32>;
        Recalled = recalled(results: Vec<Recalled>, now: Time) -> ();
    }
    Admin {
        CheckWritable = check_writable(now: Time) -> ();
        Depths = depths() -> Vec<(String, DeliveryState, u64)>;
        Forget = forget(before: Time, limit: usize) -> u64;
        Keys = keys() -> Vec<KeyRow>;
        AddKey = add_key(key: KeyRow) -> ();
        RevokeKey = revoke_key(id: &str, now: Time) -> bool;
    }
    IssuedIds {
        Issue = issue(message: MessageId) -> i64;
        Issued = issued(number: i64) -> Option<MessageId>;
        SentAs = sent_as(account: &str, handle: &str) -> Option<DeliveryId>;
    }
    CallbackLog {
        KeepCallback = keep_callback(callback: NewCallback) -> bool;
        Callbacks = callbacks(account: Option<&str>, after: i64, limit: usize) -> Vec<CallbackRow>;
    }
    FileStore {
        KeepFile = keep_file(file: File, now: Time) -> FileRow;
        FileRow = file_row(id: &str) -> Option<FileRow>;
        File = file(id: &str) -> Option<Arc<File>>;
        UploadOf = upload_of(account: &str, id: &str, form: &str, now: Time) -> Option<String>;
        NoteUpload = note_upload(account: &str, id: &str, form: &str, uploaded: Option<(String, Time)>) -> ();
        Files = files(after: Option<&FileRow>, limit: usize) -> Vec<FileRow>;
        NoteHolder = note_holder(id: &str, accounts: &[String]) -> ();
        Holders = holders(ids: &[String]) -> Vec<Vec<Vec<String>>>;
        ForgetFiles = forget_files(before: Time, limit: usize) -> u64;
    }
    ChatDirectory {
        NoteChat = note_chat(chat: ChatRow) -> ();
        Chats = chats(account: &str, limit: usize) -> Vec<ChatRow>;
    }
}
