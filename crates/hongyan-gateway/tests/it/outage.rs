//! Long outages, on a moved clock: what a platform that is gone, a gate, a refused login do to what waits.
//!
//! The runtime's paused time is the clock: it jumps to whatever is due next, while the store holds it up.

use crate::fake::capabilities;
use async_trait::async_trait;
use hongyan_channel::Account;
use hongyan_core::{
    Address, AddressKind, Backoff, Call, Capabilities, Channel, Clock, Content, Dedup, DeliveryId, DeliveryState,
    Group, Health, IdSource, MessageId, NewMessage, OnRepeat, OnUnknown, Outbox, Outcome, Policy, Priority, Rate,
    Receipts, RecipientState, Resolution, Target, TargetResult, Time, Unfit,
};
use hongyan_dispatch::{Dispatcher, Observer};
use hongyan_endpoint::{About, Class, Fault, Known};
use hongyan_net::BeforeWrite;
use hongyan_store::{Failing, Options, Sqlite};
use std::{
    borrow::Cow,
    collections::BTreeMap,
    sync::{Arc, Mutex, atomic::AtomicU64, atomic::Ordering},
    time::Duration,
};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);
const START: Time = Time::from_millis(1_790_000_000_000);

/// The paused runtime's time.
struct Paused(tokio::time::Instant);

impl Clock for Paused {
    fn now(&self) -> Time {
        START + self.0.elapsed()
    }
}

type Script = Box<dyn Fn(Time, usize) -> Option<Fault> + Send + Sync>;

/// A platform that answers as it is told, by the time and by how often it was called.
struct Platform {
    capabilities: Capabilities,
    clock: Arc<dyn Clock>,
    send: Script,
    login: Option<Script>,
    look: Script,
    /// How long a call waits for its token before it is written.
    token_wait: Option<Duration>,
    sent: Mutex<Vec<(MessageId, Time)>>,
    calls: AtomicU64,
    probes: AtomicU64,
    looks: AtomicU64,
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

    async fn receipts(&self, _handle: &str, targets: &[Target]) -> Result<Receipts, Fault> {
        let number = self.looks.fetch_add(1, Ordering::SeqCst);
        if let Some(fault) = (self.look)(self.clock.now(), usize::try_from(number).unwrap()) {
            return Err(fault);
        }
        let read = |target: &Target| TargetResult { index: target.index, state: RecipientState::Read, reason: None };
        Ok(Receipts { results: targets.iter().map(read).collect(), finished: true })
    }

    async fn recall(&self, _handle: &str) -> Result<(), Fault> {
        Ok(())
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

    fn explain(&self, _code: &str) -> Option<&'static Known> {
        None
    }
}

#[derive(Default)]
struct Seen {
    rests: Mutex<Vec<bool>>,
    took: Mutex<Vec<Duration>>,
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
struct Rig {
    store: Arc<Failing<Sqlite>>,
    _folder: Folder,
    clock: Arc<dyn Clock>,
    ids: IdSource,
    seen: Arc<Seen>,
}

fn nothing() -> Script {
    Box::new(|_, _| None)
}

impl Rig {
    fn new() -> Self {
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

    fn platform(&self, send: Script) -> Platform {
        let groups = vec![Group::of(&[AddressKind::Userid], 100)];
        let mut capabilities = capabilities("people", groups);
        capabilities.dedup = Dedup::IdenticalWithin(HOUR / 2);
        Platform {
            capabilities,
            clock: Arc::clone(&self.clock),
            send,
            login: None,
            look: nothing(),
            token_wait: None,
            sent: Mutex::default(),
            calls: AtomicU64::new(0),
            probes: AtomicU64::new(0),
            looks: AtomicU64::new(0),
        }
    }

    fn start(&self, platform: Platform, rates: Vec<Rate>) -> (Arc<Platform>, Arc<Dispatcher>) {
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
            Arc::clone(&self.store) as Arc<dyn Outbox>,
            Arc::clone(&self.store) as _,
            BTreeMap::from([(Arc::from("ding"), account)]),
            Arc::clone(&self.clock),
            Arc::clone(&self.seen) as Arc<dyn Observer>,
        );
        (platform, dispatcher)
    }

    /// Accepts so many messages, changed as told, and gives their ids.
    async fn accept(&self, count: usize, change: impl Fn(&mut NewMessage)) -> Vec<MessageId> {
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
    async fn count(&self, state: DeliveryState) -> u64 {
        let depths = self.store.depths().await.unwrap();
        depths.iter().filter(|(_, at, _)| *at == state).map(|(_, _, count)| count).sum()
    }

    /// Lets time pass until so many are in a state, or `within` is over.
    async fn until(&self, state: DeliveryState, count: u64, within: Duration) {
        let end = self.clock.now() + within;
        while self.count(state).await != count {
            let depths = self.store.depths().await.unwrap();
            assert!(self.clock.now() < end, "not {count} {state:?}: {depths:?}");
            tokio::time::sleep(SECOND * 5).await;
        }
    }

    async fn delivery(&self, id: MessageId) -> hongyan_core::DeliveryRow {
        self.store.message(id).await.unwrap().unwrap().deliveries.remove(0)
    }

    async fn reason(&self, id: MessageId) -> String {
        let row = self.store.recipients(id).await.unwrap().remove(0);
        row.reason.map_or(String::new(), |reason| reason.code)
    }
}

#[tokio::test(start_paused = true)]
async fn waiting_for_a_token_is_not_the_calls_time() {
    let rig = Rig::new();
    let ids = rig.accept(1, |_| {}).await;
    let platform = Platform { token_wait: Some(SECOND * 11), ..rig.platform(nothing()) };
    let (_, dispatcher) = rig.start(platform, Vec::new());
    rig.until(DeliveryState::Sent, 1, HOUR).await;
    let took = rig.seen.took.lock().unwrap().clone();
    assert!(took.len() == 1 && took[0] < SECOND, "{took:?}");
    let history = rig.delivery(ids[0]).await.history;
    assert!(history[0].at >= START + SECOND * 11 && history[0].took_ms < 1_000, "{history:?}");
    dispatcher.stop(SECOND).await;
}

fn gone() -> Fault {
    Fault::transport("net.connect", "connection refused")
}

fn refused_login() -> Fault {
    Fault::refused("40001", "invalid credential", None).with_about(About::Account)
}

#[tokio::test(start_paused = true)]
async fn a_platform_gone_for_twenty_hours_costs_no_message_and_the_backlog_leaves_in_order_at_the_accounts_rate() {
    const WAITING: usize = 10_000;
    let rig = Rig::new();
    let back = START + HOUR * 20;
    let down = move |now: Time, _| (now < back).then(gone);
    let platform = Platform { login: Some(Box::new(down)), ..rig.platform(Box::new(down)) };
    let ids = rig.accept(WAITING, |_| {}).await;
    let rate = Rate { max: 100, per: SECOND };
    let (platform, dispatcher) = rig.start(platform, vec![rate]);

    tokio::time::sleep(HOUR).await;
    let standing = dispatcher.standing("ding").unwrap();
    let rest = standing.rest.unwrap();
    assert_eq!((rest.cause.code.as_str(), rest.class), ("net.connect", "retryable"));
    assert!(rest.since < START + SECOND * 60 && rest.until > rig.clock.now(), "{rest:?}");
    assert_eq!(standing.last_error.unwrap().reason.code, "net.connect");

    tokio::time::sleep(HOUR * 19).await;
    let (calls, probes) = (platform.calls.load(Ordering::SeqCst), platform.probes.load(Ordering::SeqCst));
    assert!(calls <= 16 && probes < 250, "{calls} messages and {probes} logins knocked in twenty hours");
    assert_eq!(rig.count(DeliveryState::Failed).await, 0);

    rig.until(DeliveryState::Sent, WAITING as u64, HOUR).await;
    let sent = platform.sent.lock().unwrap().clone();
    assert_eq!(sent.iter().map(|(id, _)| *id).collect::<Vec<_>>(), ids, "in order, each once");
    for (at, (_, first)) in sent.iter().enumerate() {
        let within = sent[at..].iter().take_while(|(_, at)| at.since(*first) < rate.per).count();
        assert!(within <= rate.max as usize, "{within} within a second");
    }
    let took = sent.last().unwrap().1.since(sent[0].1);
    assert!(took < HOUR / 2, "at the account's rate it takes some two minutes, not {took:?}");
    assert!(rig.delivery(ids[WAITING / 2]).await.attempts == 1 && rig.reason(ids[0]).await == "late");
    assert_eq!(dispatcher.standing("ding").unwrap().rest, None);
    assert_eq!(*rig.seen.rests.lock().unwrap(), [true, false]);
    dispatcher.stop(SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn tokens_that_are_refused_twice_in_a_row_kill_nothing() {
    let rig = Rig::new();
    // Two hours of revocations, as after a secret was given to somebody else who logs in all the time.
    let storm = |now: Time, _| {
        let fault = Fault::refused("42001", "access_token expired", None).with_class(Class::RefreshToken);
        (now < START + HOUR * 2).then(|| fault.with_about(About::Account))
    };
    let platform = Platform { login: Some(nothing()), ..rig.platform(Box::new(storm)) };
    rig.accept(200, |_| {}).await;
    let (platform, dispatcher) = rig.start(platform, Vec::new());
    tokio::time::sleep(HOUR).await;
    assert_eq!(dispatcher.standing("ding").unwrap().rest.unwrap().cause.code, "42001");
    rig.until(DeliveryState::Sent, 200, HOUR * 3).await;
    let calls = platform.calls.load(Ordering::SeqCst);
    assert!(calls < 300, "{calls} calls for 200 messages");
    dispatcher.stop(SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn one_message_alone_waits_out_a_storm_that_is_longer_than_its_attempts() {
    let rig = Rig::new();
    let storm = |now: Time, _| {
        let fault = Fault::refused("42001", "", None).with_class(Class::RefreshToken).with_about(About::Account);
        (now < START + DAY).then_some(fault)
    };
    rig.accept(1, |_| {}).await;
    let (_, dispatcher) = rig.start(rig.platform(Box::new(storm)), Vec::new());
    rig.until(DeliveryState::Sent, 1, DAY * 2).await;
    dispatcher.stop(SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn a_refused_login_rests_the_account_and_a_corrected_secret_finds_the_messages_waiting() {
    let rig = Rig::new();
    let refused = |_: Time, _| Some(refused_login());
    let platform = Platform { login: Some(Box::new(refused)), ..rig.platform(Box::new(refused)) };
    rig.accept(50, |_| {}).await;
    let (platform, dispatcher) = rig.start(platform, Vec::new());
    tokio::time::sleep(HOUR * 10).await;
    let rest = dispatcher.standing("ding").unwrap().rest.unwrap();
    assert_eq!((rest.cause.code.as_str(), rest.class), ("40001", "permanent"));
    let probes = platform.probes.load(Ordering::SeqCst);
    assert!(probes < 30, "{probes} logins with a refused secret in ten hours");
    dispatcher.stop(SECOND).await;
    assert_eq!(rig.count(DeliveryState::Pending).await, 50);

    let (_, dispatcher) = rig.start(rig.platform(nothing()), Vec::new());
    rig.until(DeliveryState::Sent, 50, HOUR).await;
    dispatcher.stop(SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn an_account_that_was_seen_to_work_is_tried_at_once() {
    let rig = Rig::new();
    let mended = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let state = Arc::clone(&mended);
    let send = Box::new(move |_: Time, _| (!state.load(Ordering::SeqCst)).then(refused_login));
    rig.accept(3, |_| {}).await;
    let (_, dispatcher) = rig.start(rig.platform(send), Vec::new());
    tokio::time::sleep(HOUR * 10).await;
    mended.store(true, Ordering::SeqCst);
    dispatcher.try_now("ding");
    rig.until(DeliveryState::Sent, 3, SECOND * 60).await;
    dispatcher.stop(SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn while_nothing_can_leave_messages_end_in_their_time_and_what_waits_by_design_does_not_count() {
    let rig = Rig::new();
    let end = START + DAY * 4;
    let down = move |now: Time, _| (now < end).then(gone);
    let platform = Platform { login: Some(Box::new(down)), ..rig.platform(Box::new(down)) };
    let waiting = rig.accept(2, |_| {}).await;
    let expiring = rig.accept(1, |message| message.expires_at = Some(START + HOUR)).await;
    let dated = rig.accept(1, |message| message.send_at = Some(START + DAY * 2)).await;
    let (platform, dispatcher) = rig.start(platform, Vec::new());

    tokio::time::sleep(HOUR + SECOND * 180).await;
    assert_eq!(rig.delivery(expiring[0]).await.state, DeliveryState::Expired, "told while the account still rests");
    tokio::time::sleep(HOUR * 70).await;
    assert_eq!(rig.delivery(waiting[0]).await.state, DeliveryState::Pending, "71 hours are no three days");
    tokio::time::sleep(HOUR + SECOND * 180).await;
    for id in waiting {
        assert_eq!(rig.delivery(id).await.state, DeliveryState::Failed);
        assert_eq!(rig.reason(id).await, "gave_up");
    }
    rig.until(DeliveryState::Sent, 1, DAY * 2).await;
    assert_eq!(rig.delivery(dated[0]).await.state, DeliveryState::Sent, "it was due for two days only");
    assert!(platform.calls.load(Ordering::SeqCst) < 10);
    dispatcher.stop(SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn a_servers_error_leaves_that_one_call_unknown_and_the_others_waiting() {
    let rig = Rig::new();
    let up = START + HOUR;
    let send = Box::new(move |now: Time, _| {
        (now < up).then(|| Fault::transport("net.status", "HTTP 502").with_class(Class::Ambiguous))
    });
    let mut platform = Platform { login: Some(Box::new(move |now, _| (now < up).then(gone))), ..rig.platform(send) };
    platform.capabilities.dedup = Dedup::None;
    rig.accept(100, |_| {}).await;
    let (platform, dispatcher) = rig.start(platform, vec![Rate { max: 10, per: SECOND }]);
    tokio::time::sleep(HOUR / 2).await;
    let (unknown, calls) = (rig.count(DeliveryState::Unknown).await, platform.calls.load(Ordering::SeqCst));
    assert!(unknown == calls && calls <= 2, "{unknown} unknown after {calls} calls: the login is asked first");
    rig.until(DeliveryState::Sent, 100 - unknown, HOUR * 2).await;
    assert_eq!(rig.count(DeliveryState::Unknown).await, unknown, "held until somebody decides");
    dispatcher.stop(SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn a_gate_that_names_a_time_is_left_alone_for_so_long() {
    let rig = Rig::new();
    let send = Box::new(|now: Time, _| {
        (now < START + HOUR / 2).then(|| Fault::transport("net.throttled", "HTTP 429").not_before(HOUR / 2))
    });
    let ids = rig.accept(20, |_| {}).await;
    let (platform, dispatcher) = rig.start(rig.platform(send), vec![Rate { max: 20, per: SECOND }]);
    rig.until(DeliveryState::Sent, 20, HOUR).await;
    let calls = platform.calls.load(Ordering::SeqCst);
    assert!(calls <= 36, "{calls} calls: those under way, and the messages");
    assert_eq!(rig.delivery(ids[0]).await.attempts, 1, "nobody judged it, so it counts for nothing");
    let sent = platform.sent.lock().unwrap().clone();
    assert_eq!(sent.iter().map(|(id, _)| *id).collect::<Vec<_>>(), ids, "each kept its place");
    dispatcher.stop(SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn receipts_outlive_refused_tokens_and_refused_logins() {
    let rig = Rig::new();
    let look = Box::new(|now: Time, number: usize| {
        let token = Fault::refused("42001", "", None).with_class(Class::RefreshToken).with_about(About::Account);
        match number {
            0..3 => Some(token),
            _ if now < START + HOUR => Some(refused_login()),
            _ => None,
        }
    });
    let mut platform = Platform {
        login: Some(Box::new(|now, _| (now < START + HOUR).then(refused_login))),
        look,
        ..rig.platform(nothing())
    };
    platform.capabilities.receipts_for = Some(HOUR / 2);
    let ids = rig.accept(5, |_| {}).await;
    let (_, dispatcher) = rig.start(platform, Vec::new());
    let end = rig.clock.now() + HOUR * 6;
    for id in ids {
        while rig.store.recipients(id).await.unwrap()[0].state != RecipientState::Read {
            assert!(rig.clock.now() < end, "given up for ever");
            tokio::time::sleep(SECOND * 10).await;
        }
    }
    dispatcher.stop(SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn a_robots_first_twenty_leave_at_once_and_the_next_when_the_minute_is_over() {
    let rig = Rig::new();
    rig.accept(25, |_| {}).await;
    let minute = Duration::from_secs(60);
    let (platform, dispatcher) = rig.start(rig.platform(nothing()), vec![Rate { max: 20, per: minute }]);
    rig.until(DeliveryState::Sent, 25, minute * 10).await;
    let sent: Vec<Time> = platform.sent.lock().unwrap().iter().map(|(_, at)| *at).collect();
    assert!(sent[19].since(sent[0]) < SECOND * 10 && sent[20].since(sent[0]) >= minute, "{sent:?}");
    dispatcher.stop(SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_its_turn_goes_back_when_the_gateway_stops() {
    let rig = Rig::new();
    rig.accept(8, |_| {}).await;
    let (platform, dispatcher) = rig.start(rig.platform(nothing()), vec![Rate { max: 10, per: SECOND }]);
    tokio::time::sleep(Duration::from_millis(150)).await;
    let began = rig.clock.now();
    dispatcher.stop(SECOND * 30).await;
    assert!(rig.clock.now().since(began) < SECOND / 2, "nobody waits out its turn");
    let sent = platform.sent.lock().unwrap().len() as u64;
    assert!((1..8).contains(&sent), "{sent}");
    assert_eq!((rig.count(DeliveryState::Sent).await, rig.count(DeliveryState::Pending).await), (sent, 8 - sent));
}
