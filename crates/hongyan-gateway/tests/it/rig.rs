//! One account over a store, a platform that is told what to answer, and the runtime's paused time as the clock: it
//! jumps to whatever is due next, while the store holds it up.

use crate::fake::capabilities;
use async_trait::async_trait;
use hongyan_channel::Account;
use hongyan_core::{
    Address, AddressKind, Admin, Backoff, Call, CallHandle, Capabilities, Channel, Clock, Content, Dedup, DeliveryId,
    DeliveryState, Group, Health, IdSource, Ledger, MessageId, NewMessage, OnRepeat, OnUnknown, Outcome, Policy,
    Priority, Rate, Recall, ReceiptReport, Receipts, RecipientState, Resolution, Store, Target, TargetResult, Time,
    Unfit,
};
use hongyan_dispatch::{Dispatcher, Observer};
use hongyan_endpoint::{About, ErrorCode, Fault};
use hongyan_net::BeforeWrite;
use hongyan_store::{Failing, Options, Sqlite};
use std::{
    borrow::Cow,
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const HOUR: Duration = Duration::from_secs(3_600);
pub(crate) const DAY: Duration = Duration::from_secs(86_400);
pub(crate) const START: Time = Time::from_millis(1_790_000_000_000);

/// The paused runtime's time.
struct Paused(tokio::time::Instant);

impl Clock for Paused {
    fn now(&self) -> Time {
        START + self.0.elapsed()
    }
}

pub(crate) type Script = Box<dyn Fn(Time, usize) -> Option<Fault> + Send + Sync>;

/// A platform that answers as it is told, by the time and by how often it was called.
pub(crate) struct Platform {
    pub(crate) capabilities: Capabilities,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) send: Script,
    pub(crate) login: Option<Script>,
    pub(crate) look: Script,
    pub(crate) take_back: Script,
    /// How long a call waits for its token before it is written.
    pub(crate) token_wait: Option<Duration>,
    pub(crate) sent: Mutex<Vec<(MessageId, Time)>>,
    pub(crate) calls: AtomicU64,
    pub(crate) probes: AtomicU64,
    pub(crate) looks: AtomicU64,
    pub(crate) recalls: AtomicU64,
}

#[async_trait]
impl Channel for Platform {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn parts<'a>(&self, content: &'a Content, _suffix: &str) -> Result<Vec<Cow<'a, Content>>, Unfit> {
        Ok(vec![Cow::Borrowed(content)])
    }

    async fn resolve(&self, addresses: &[Address]) -> Result<Vec<Resolution>, Fault> {
        Ok(vec![Resolution::Itself; addresses.len()])
    }

    async fn deliver(&self, call: &Call<'_>) -> Outcome {
        let now = self.clock.now();
        let number = self.calls.fetch_add(1, Ordering::SeqCst);
        match (self.send)(now, usize::try_from(number).unwrap()) {
            Some(fault) => Outcome::failed(fault),
            None => {
                if let Some(wait) = self.token_wait {
                    tokio::time::sleep(wait).await;
                    BeforeWrite::current().expect("a gate is around every call").pass().await;
                }
                self.sent.lock().unwrap().push((call.id.message, now));
                tokio::time::sleep(Duration::from_millis(30)).await;
                Outcome::Taken { handle: Some("7".into()), exceptions: Vec::new() }
            }
        }
    }

    fn receipts(&self) -> Option<&dyn Receipts> {
        Some(self)
    }

    fn recall(&self) -> Option<&dyn Recall> {
        Some(self)
    }

    fn probe_only_reads(&self) -> bool {
        self.login.is_some()
    }

    async fn probe(&self) -> Result<(), Fault> {
        let number = self.probes.fetch_add(1, Ordering::SeqCst);
        let fault = self.login.as_ref().and_then(|login| login(self.clock.now(), usize::try_from(number).unwrap()));
        fault.map_or(Ok(()), Err)
    }

    fn health(&self) -> Health {
        Health::default()
    }

    fn explain(&self, _code: &str) -> Option<&'static ErrorCode> {
        None
    }
}

#[async_trait]
impl Receipts for Platform {
    async fn ask(&self, _handle: &CallHandle, targets: &[Target]) -> Result<ReceiptReport, Fault> {
        let number = self.looks.fetch_add(1, Ordering::SeqCst);
        if let Some(fault) = (self.look)(self.clock.now(), usize::try_from(number).unwrap()) {
            return Err(fault);
        }
        let read = |target: &Target| TargetResult { index: target.index, state: RecipientState::Read, reason: None };
        Ok(ReceiptReport { results: targets.iter().map(read).collect(), finished: true })
    }
}

#[async_trait]
impl Recall for Platform {
    fn window(&self, _handle: &CallHandle) -> Option<Duration> {
        self.capabilities.recall_for
    }

    async fn take_back(&self, _handle: &CallHandle) -> Result<(), Fault> {
        let number = self.recalls.fetch_add(1, Ordering::SeqCst);
        (self.take_back)(self.clock.now(), usize::try_from(number).unwrap()).map_or(Ok(()), Err)
    }
}

#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) rests: Mutex<Vec<bool>>,
    pub(crate) took: Mutex<Vec<Duration>>,
}

impl Observer for Seen {
    fn attempted(&self, _account: &str, _class: &'static str, took: Duration) {
        self.took.lock().unwrap().push(took);
    }

    fn changed(&self, _delivery: DeliveryId) {}

    fn rested(&self, _account: &str, _class: &'static str, rests: bool) {
        self.rests.lock().unwrap().push(rests);
    }
}

/// A folder of its own, in memory where the machine has one for that: ten thousand messages need no disk here.
struct Folder(std::path::PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let memory = std::path::Path::new("/dev/shm");
        let place = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        let name = format!("hongyan-outage-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = place.join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// One account `ding` over a store. The store is closed before its folder goes.
pub(crate) struct Rig {
    pub(crate) store: Arc<Failing<Sqlite>>,
    _folder: Folder,
    pub(crate) clock: Arc<dyn Clock>,
    ids: IdSource,
    pub(crate) seen: Arc<Seen>,
}

pub(crate) fn nothing() -> Script {
    Box::new(|_, _| None)
}

impl Rig {
    pub(crate) fn new() -> Self {
        let clock: Arc<dyn Clock> = Arc::new(Paused(tokio::time::Instant::now()));
        let folder = Folder::new();
        let options = Options { clock: Arc::clone(&clock), ..Options::default() };
        let store = Sqlite::open(&folder.0.join("outbox.db"), options).unwrap();
        Self {
            store: Arc::new(Failing::over(store).blocking()),
            _folder: folder,
            clock,
            ids: IdSource::default(),
            seen: Arc::default(),
        }
    }

    pub(crate) fn platform(&self, send: Script) -> Platform {
        let groups = vec![Group::of(&[AddressKind::Userid], 100)];
        let mut capabilities = capabilities("people", groups);
        capabilities.dedup = Dedup::IdenticalWithin(HOUR / 2);
        capabilities.recall_for = Some(DAY);
        Platform {
            capabilities,
            clock: Arc::clone(&self.clock),
            send,
            login: None,
            look: nothing(),
            take_back: nothing(),
            token_wait: None,
            sent: Mutex::default(),
            calls: AtomicU64::new(0),
            probes: AtomicU64::new(0),
            looks: AtomicU64::new(0),
            recalls: AtomicU64::new(0),
        }
    }

    pub(crate) fn start(&self, platform: Platform, rates: Vec<Rate>) -> (Arc<Platform>, Arc<Dispatcher>) {
        let platform = Arc::new(platform);
        let account = Account {
            policy: Policy {
                dedup: platform.capabilities.dedup,
                backoff: Backoff { first: SECOND, cap: Duration::from_secs(600) },
                max_attempts: 12,
                ..crate::policy(OnUnknown::Hold)
            },
            on_repeat: OnRepeat::Refuse,
            rates,
            concurrency: 16,
            channel: Arc::clone(&platform) as Arc<dyn Channel>,
            receipts_after: platform.capabilities.receipts_for.map(|_| SECOND * 2),
            ..crate::account("ding", crate::FakeChannel::people()).1
        };
        let dispatcher = Dispatcher::start(
            Arc::clone(&self.store) as Arc<dyn Store>,
            BTreeMap::from([(Arc::from("ding"), account)]),
            Arc::clone(&self.clock),
            Arc::clone(&self.seen) as Arc<dyn Observer>,
        );
        (platform, dispatcher)
    }

    /// Accepts so many messages, changed as told, and gives their ids.
    pub(crate) async fn accept(&self, count: usize, change: impl Fn(&mut NewMessage)) -> Vec<MessageId> {
        let now = self.clock.now();
        let message = |n: usize| {
            let recipients = vec![Address::new(AddressKind::Userid, format!("u{n}"))];
            let mut message = NewMessage {
                id: self.ids.next(now),
                at: now,
                content: format!(r#"{{"text":"{n}"}}"#),
                labels: BTreeMap::new(),
                priority: Priority::Normal,
                send_at: None,
                expires_at: None,
                idempotency: None,
                wordings: Vec::new(),
                deliveries: vec![crate::new_delivery("ding", recipients)],
            };
            change(&mut message);
            message
        };
        let mut ids = Vec::new();
        let messages: Vec<NewMessage> = (0..count).map(message).collect();
        for batch in messages.chunks(1_000) {
            ids.extend(batch.iter().map(|message| message.id));
            self.store.accept(batch.to_vec()).await.unwrap();
        }
        ids
    }

    /// How many deliveries are in a state.
    pub(crate) async fn count(&self, state: DeliveryState) -> u64 {
        let depths = self.store.depths().await.unwrap();
        depths.iter().filter(|(_, at, _)| *at == state).map(|(_, _, count)| count).sum()
    }

    /// Lets time pass until so many are in a state, or `within` is over.
    pub(crate) async fn until(&self, state: DeliveryState, count: u64, within: Duration) {
        let end = self.clock.now() + within;
        while self.count(state).await != count {
            let depths = self.store.depths().await.unwrap();
            assert!(self.clock.now() < end, "not {count} {state:?}: {depths:?}");
            tokio::time::sleep(SECOND * 5).await;
        }
    }

    pub(crate) async fn delivery(&self, id: MessageId) -> hongyan_core::DeliveryRow {
        self.store.message(id).await.unwrap().unwrap().deliveries.remove(0)
    }

    pub(crate) async fn reason(&self, id: MessageId) -> String {
        let row = self.store.recipients(id).await.unwrap().remove(0);
        row.reason.map_or(String::new(), |reason| reason.code)
    }
}

pub(crate) fn gone() -> Fault {
    Fault::transport("net.connect", "connection refused")
}

pub(crate) fn refused_login() -> Fault {
    Fault::refused("40001", "invalid credential", None).with_about(About::Account)
}
