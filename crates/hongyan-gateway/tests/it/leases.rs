//! What becomes of a delivery while the store fails, after a crash, after a panic, and long after its first call.

use async_trait::async_trait;
use hongyan_channel::Account;
use hongyan_core::{
    Address, AddressKind, Call, Capabilities, Channel, Clock, Content, Dedup, DeliveryState, Format, Group, Health,
    IdSource, Ledger, MessageId, MessageRow, NewDelivery, NewMessage, Obstacle, OnUnknown, Outcome, Policy, Queue,
    RecipientState, Resolution, Settlement, Store, StoreError, Time, Unfit, clock,
};
use hongyan_dispatch::{Dispatcher, Observer};
use hongyan_endpoint::{ErrorCode, Fault};
use hongyan_store::{
    Failing, Method, Options, Sqlite,
    contract::{Maker, delivery, ended},
};
use std::{
    borrow::Cow,
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

/// Says what its contents ask for: `slow`, `panic in the call`. Everything else is taken.
struct Scripted {
    capabilities: Capabilities,
    calls: Arc<Mutex<Vec<String>>>,
}

#[async_trait]
impl Channel for Scripted {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn parts<'a>(&self, content: &'a Content, _suffix: &str) -> Result<Vec<Cow<'a, Content>>, Unfit> {
        Ok(vec![Cow::Borrowed(content)])
    }

    async fn resolve(&self, addresses: &[Address]) -> Result<Vec<Resolution>, Fault> {
        assert!(!addresses.iter().any(|one| one.value == "13800000000"), "an invented mistake in a look-up");
        Ok(addresses.iter().map(|one| Resolution::Id(format!("id-{}", one.value))).collect())
    }

    async fn deliver(&self, call: &Call<'_>) -> Outcome {
        let text = call.content.text.clone().unwrap_or_default();
        self.calls.lock().unwrap().push(text.clone());
        assert!(text != "panic in the call", "an invented mistake in a channel");
        if text == "slow" {
            tokio::time::sleep(Duration::from_millis(700)).await;
        }
        Outcome::Taken { handle: None, exceptions: Vec::new() }
    }

    async fn probe(&self) -> Result<(), Fault> {
        Ok(())
    }

    fn health(&self) -> Health {
        Health::default()
    }

    fn explain(&self, _code: &str) -> Option<&'static ErrorCode> {
        None
    }
}

struct Deaf;

impl Observer for Deaf {
    fn attempted(&self, _account: &str, _class: &'static str, _took: Duration) {}
    fn changed(&self, _delivery: hongyan_core::DeliveryId) {}
}

/// Shows a fixed time.
struct Stopped(Time);

impl Clock for Stopped {
    fn now(&self) -> Time {
        self.0
    }
}

/// A store that can fail, one account `ding`, and what was called.
struct Fixture {
    store: Arc<Failing<Sqlite>>,
    ids: IdSource,
    now: Time,
    dedup: Dedup,
    on_unknown: OnUnknown,
    on_late: OnUnknown,
    calls: Arc<Mutex<Vec<String>>>,
    dispatcher: Option<Arc<Dispatcher>>,
}

const FULL: StoreError = StoreError::Unavailable(Obstacle::Full, String::new());
const LEASE: Duration = Duration::from_millis(300);

impl Fixture {
    fn new(dedup: Dedup, on_unknown: OnUnknown) -> Self {
        Self {
            store: Arc::new(Failing::over(Sqlite::temporary(Options::default()).unwrap())),
            ids: IdSource::default(),
            now: clock::System.now(),
            dedup,
            on_unknown,
            on_late: on_unknown,
            calls: Arc::default(),
            dispatcher: None,
        }
    }

    fn start(&mut self, clock: Arc<dyn Clock>) {
        let capabilities = Capabilities {
            channel: "scripted",
            groups: vec![Group::of(&[AddressKind::Userid, AddressKind::Mobile], 100)],
            looked_up: &[AddressKind::Mobile],
            formats: &[Format::Text],
            attachments: false,
            dedup: self.dedup,
            receipts_for: None,
            recall_for: None,
            concurrency: 4,
            rates: Vec::new(),
        };
        let (name, account) = crate::account("ding", crate::FakeChannel::people());
        let channel = Scripted { capabilities, calls: Arc::clone(&self.calls) };
        let policy = Policy {
            dedup: self.dedup,
            on_unknown: self.on_unknown,
            on_late: self.on_late,
            backoff: hongyan_core::Backoff { first: Duration::from_millis(20), cap: Duration::from_millis(50) },
            ..account.policy.clone()
        };
        let account = Account { channel: Arc::new(channel), policy, ..account };
        self.dispatcher = Some(Dispatcher::start_leasing(
            Arc::clone(&self.store) as Arc<dyn Store>,
            BTreeMap::from([(name, account)]),
            clock,
            Arc::new(Deaf),
            LEASE,
        ));
    }

    fn live(dedup: Dedup, on_unknown: OnUnknown) -> Self {
        let mut fixture = Self::new(dedup, on_unknown);
        fixture.start(Arc::new(clock::System));
        fixture
    }

    async fn accept(&self, content: &str, to: Address) -> MessageId {
        let id = self.ids.next(self.now);
        let deliveries = vec![NewDelivery { recipients: vec![to], ..delivery("ding", &[]) }];
        let message = NewMessage {
            id,
            at: self.now,
            content: content.into(),
            deliveries,
            ..Maker::default().message("ding", &[])
        };
        self.store.accept(vec![message]).await.unwrap();
        if let Some(dispatcher) = &self.dispatcher {
            dispatcher.wake("ding");
        }
        id
    }

    async fn say(&self, text: &str) -> MessageId {
        self.accept(&format!("{{\"text\":\"{text}\"}}"), Address::new(AddressKind::Userid, "li")).await
    }

    fn calls(&self) -> usize {
        self.calls.lock().unwrap().len()
    }

    async fn row(&self, id: MessageId) -> MessageRow {
        self.store.message(id).await.unwrap().unwrap()
    }

    async fn reason(&self, id: MessageId) -> String {
        let rows = self.store.recipients(id).await.unwrap();
        rows[0].reason.as_ref().map(|reason| reason.code.clone()).unwrap_or_default()
    }

    async fn until(&self, id: MessageId, wanted: impl Fn(&MessageRow) -> bool) -> MessageRow {
        for _ in 0..400 {
            let row = self.row(id).await;
            if wanted(&row) {
                return row;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("it did not happen: {:?}", self.row(id).await);
    }

    async fn until_state(&self, id: MessageId, state: DeliveryState) -> MessageRow {
        self.until(id, |row| row.deliveries[0].state == state).await
    }

    /// A process that made a call at `self.now` and died over it.
    async fn interrupted(&self, text: &str) -> MessageId {
        let id = self.say(text).await;
        let lease = self.now + Duration::from_secs(1);
        assert_eq!(self.store.claim("ding", self.now, lease, 10).await.unwrap().len(), 1);
        id
    }
}

const WINDOW: Dedup = Dedup::IdenticalWithin(Duration::from_secs(1_800));

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outcome_that_cannot_be_written_is_kept_and_nothing_new_is_claimed() {
    let fixture = Fixture::live(WINDOW, OnUnknown::Hold);
    fixture.store.fail(Method::Settle, FULL);
    let first = fixture.say("first").await;
    while fixture.store.calls(Method::Settle) == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let claims = fixture.store.calls(Method::Claim);
    let second = fixture.say("second").await;
    // It is written again while nothing new is claimed.
    while fixture.store.calls(Method::Settle) < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!((fixture.calls(), fixture.store.calls(Method::Claim)), (1, claims));
    fixture.store.heal(Method::Settle);
    fixture.until_state(first, DeliveryState::Sent).await;
    fixture.until_state(second, DeliveryState::Sent).await;
    assert_eq!(*fixture.calls.lock().unwrap(), ["first", "second"], "each was called once");
    assert!(!fixture.row(first).await.deliveries[0].repeated);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_is_an_outcome_and_the_lane_goes_on() {
    let fixture = Fixture::live(Dedup::None, OnUnknown::Hold);
    let in_the_call = fixture.say("panic in the call").await;
    let row = fixture.until_state(in_the_call, DeliveryState::Unknown).await;
    assert_eq!((row.deliveries[0].due, fixture.reason(in_the_call).await.as_str()), (None, "held"));
    // Before the call nothing was sent: it is tried again, and is a dead letter in the end.
    let before = fixture.accept(r#"{"text":"never sent"}"#, Address::new(AddressKind::Mobile, "13800000000")).await;
    fixture.until_state(before, DeliveryState::Failed).await;
    assert_eq!(fixture.reason(before).await, "attempt_panicked");
    let after = fixture.say("after").await;
    fixture.until_state(after, DeliveryState::Sent).await;
    assert_eq!(*fixture.calls.lock().unwrap(), ["panic in the call", "after"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lease_is_renewed_while_its_call_lasts() {
    let fixture = Fixture::live(Dedup::None, OnUnknown::Hold);
    let id = fixture.say("slow").await;
    let row = fixture.until_state(id, DeliveryState::Sent).await;
    assert!(!row.deliveries[0].repeated);
    assert!(fixture.store.calls(Method::Renew) > 0, "the call outlived its lease");
    assert_eq!(fixture.calls(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_held_here_is_not_taken_over_though_its_lease_could_not_be_renewed() {
    let fixture = Fixture::live(Dedup::None, OnUnknown::Resend);
    fixture.store.fail(Method::Renew, FULL);
    let id = fixture.say("slow").await;
    let row = fixture.until_state(id, DeliveryState::Sent).await;
    assert!(!row.deliveries[0].repeated);
    assert_eq!(fixture.calls(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lease_that_nobody_holds_is_taken_over_while_the_lane_runs() {
    let fixture = Fixture::live(Dedup::None, OnUnknown::Hold);
    let early = fixture.say("early").await;
    fixture.until_state(early, DeliveryState::Sent).await;
    // As a claim whose answer was lost on the way: the lane is not woken for it.
    let id = fixture.ids.next(fixture.now);
    let message = NewMessage { id, at: fixture.now, ..Maker::default().message("ding", &["li"]) };
    fixture.store.accept(vec![message]).await.unwrap();
    let now = clock::System.now();
    assert_eq!(fixture.store.claim("ding", now, now + Duration::from_millis(50), 10).await.unwrap().len(), 1);
    fixture.until_state(id, DeliveryState::Unknown).await;
    assert_eq!(fixture.reason(id).await, "held");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_error_does_not_end_the_recovery() {
    for method in [Method::Orphans, Method::SentSince] {
        let mut fixture = Fixture::new(WINDOW, OnUnknown::Hold);
        let id = fixture.interrupted("half way").await;
        fixture.store.fail(method, FULL);
        fixture.now = fixture.now + Duration::from_secs(60);
        fixture.start(Arc::new(Stopped(fixture.now)));
        while fixture.store.calls(method) < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(fixture.row(id).await.deliveries[0].state, DeliveryState::Sending);
        fixture.store.heal(method);
        fixture.until(id, |row| row.deliveries[0].repeated).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_of_our_own_store_is_not_the_platforms() {
    let fixture = Fixture::live(Dedup::None, OnUnknown::Hold);
    fixture.store.fail(Method::Resolved, FULL);
    let id = fixture.accept(r#"{"text":"to a mobile"}"#, Address::new(AddressKind::Mobile, "13800000001")).await;
    while fixture.store.calls(Method::Resolved) < 3 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    fixture.store.heal(Method::Resolved);
    let row = fixture.until_state(id, DeliveryState::Sent).await;
    assert_eq!(row.deliveries[0].history.iter().map(|call| call.code.as_str()).collect::<Vec<_>>(), ["0"]);
    assert_eq!((row.deliveries[0].attempts, fixture.calls()), (1, 1), "waiting for the store is no attempt");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unreadable_row_fails_by_itself() {
    let fixture = Fixture::live(Dedup::None, OnUnknown::Hold);
    let mut good = Vec::new();
    let mut bad = Vec::new();
    for n in 0..12 {
        if n % 4 == 1 {
            // Of a newer version, of another type, cut off.
            let content = [r#"{"hologram":{}}"#, r#"{"text":7}"#, r#"{"text":"#][n / 4];
            bad.push(fixture.accept(content, Address::new(AddressKind::Userid, "li")).await);
        } else {
            good.push(fixture.say(&format!("number {n}")).await);
        }
    }
    for id in &good {
        fixture.until_state(*id, DeliveryState::Sent).await;
    }
    for id in &bad {
        let row = fixture.until_state(*id, DeliveryState::Failed).await;
        assert_eq!((row.unreadable, row.state.name()), (vec!["content".to_owned()], "failed"));
        assert_eq!(fixture.reason(*id).await, "unreadable");
    }
    let page = fixture.store.list(hongyan_core::Filter { limit: 100, ..Default::default() }).await.unwrap();
    assert_eq!(page.messages.len(), 12);
    assert_eq!(fixture.calls(), good.len());
}

/// Killed over a call, started `later`: state, reason and calls once it is settled.
async fn killed_and_started(
    (dedup, on_unknown): (Dedup, OnUnknown),
    at: Time,
    later: Duration,
) -> (DeliveryState, String, usize) {
    let mut fixture = Fixture::new(dedup, on_unknown);
    fixture.now = at;
    let id = fixture.interrupted("half way").await;
    fixture.start(Arc::new(Ahead::by(at + later)));
    let done = |row: &MessageRow| match row.deliveries[0].state {
        DeliveryState::Sent => true,
        state => state == DeliveryState::Unknown && row.deliveries[0].due.is_none(),
    };
    let row = fixture.until(id, done).await;
    assert!(row.deliveries[0].repeated);
    (row.deliveries[0].state, fixture.reason(id).await, fixture.calls())
}

/// Begins at a time and goes on with the machine's.
struct Ahead {
    from: Time,
    started: Time,
}

impl Ahead {
    fn by(from: Time) -> Self {
        Self { from, started: clock::System.now() }
    }
}

impl Clock for Ahead {
    fn now(&self) -> Time {
        self.from + clock::System.now().since(self.started)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeat_after_a_crash_is_judged_by_the_first_calls_time() {
    let late: Time = serde_json::from_str(r#""2026-12-01T23:58:00+08:00""#).unwrap();
    let noon: Time = serde_json::from_str(r#""2026-12-01T12:00:00+08:00""#).unwrap();
    let minutes = |n: u64| Duration::from_secs(60 * n);
    let key = Dedup::KeyedFor(minutes(10));
    let day = Dedup::SameContentPerDay;
    let (sent, unknown) = (DeliveryState::Sent, DeliveryState::Unknown);
    for (dedup, at, later, on_unknown, expected) in [
        (WINDOW, noon, minutes(20), OnUnknown::Hold, (sent, "deduplicated", 1)),
        (WINDOW, noon, minutes(31), OnUnknown::Hold, (unknown, "held", 0)),
        (WINDOW, noon, minutes(31), OnUnknown::Resend, (sent, "maybe_twice", 1)),
        (key, noon, minutes(5), OnUnknown::Hold, (sent, "deduplicated", 1)),
        (key, noon, minutes(11), OnUnknown::Hold, (unknown, "held", 0)),
        (day, noon, minutes(600), OnUnknown::Hold, (sent, "deduplicated", 1)),
        (day, late, minutes(482), OnUnknown::Hold, (unknown, "held", 0)),
        (day, late, minutes(482), OnUnknown::Resend, (sent, "maybe_twice", 1)),
    ] {
        let (state, reason, calls) = killed_and_started((dedup, on_unknown), at, later).await;
        assert_eq!((state, reason.as_str(), calls), expected, "{dedup:?} after {later:?}, {on_unknown:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_delivery_that_waited_past_the_window_is_held_at_its_call() {
    let noon: Time = serde_json::from_str(r#""2026-12-01T12:00:00+08:00""#).unwrap();
    for (on_unknown, expected) in [
        (OnUnknown::Hold, (DeliveryState::Unknown, "held", 0)),
        (OnUnknown::Resend, (DeliveryState::Sent, "maybe_twice", 1)),
    ] {
        let mut fixture = Fixture::new(WINDOW, on_unknown);
        fixture.now = noon;
        let id = fixture.interrupted("half way").await;
        // Its repeat was due within the window, and the lane rested for an hour.
        let claims = fixture.store.orphans("ding", noon + Duration::from_secs(9), noon + Duration::from_secs(99)).await;
        let claim = &claims.unwrap()[0];
        let due = Some(noon + Duration::from_secs(10));
        let lost = ended(claim.id, DeliveryState::Unknown, RecipientState::Unknown, due);
        let unknown = Settlement { repeat_of: Some(claim.first_call_at), ..lost };
        fixture.store.settle(vec![unknown]).await.unwrap();
        fixture.start(Arc::new(Ahead::by(noon + Duration::from_secs(3_600))));
        let row = fixture
            .until(id, |row| row.deliveries[0].due.is_none() && row.deliveries[0].state != DeliveryState::Sending)
            .await;
        let reason = fixture.reason(id).await;
        assert_eq!((row.deliveries[0].state, reason.as_str(), fixture.calls()), expected);
    }
}

#[tokio::test]
async fn a_store_that_cannot_be_used_makes_the_gateway_not_ready_and_sends_come_back() {
    let store = Arc::new(Failing::over(Sqlite::temporary(Options::default()).unwrap()));
    let key = hongyan_gateway::keys::ensure_first(store.as_ref(), clock::System.now()).await.unwrap().unwrap();
    let gateway = hongyan_gateway::Gateway::start(
        hongyan_gateway::Config::parse(crate::CONFIG, None, []).unwrap(),
        BTreeMap::from([crate::account("ding", crate::FakeChannel::people())]),
        Arc::clone(&store) as _,
        Arc::new(clock::System),
    )
    .await
    .unwrap();
    let message = r#"{"to":[{"userid":"li"}],"via":["ding"],"content":{"text":"x"}}"#;
    for (obstacle, words) in Obstacle::EVERY.iter().map(|one| (*one, one.words())) {
        let error = StoreError::Unavailable(obstacle, "sample".into());
        store.fail(Method::Accept, error.clone());
        store.fail(Method::CheckWritable, error);
        let send = || crate::http::Request::new(gateway.address, "POST", "/v1/messages").bearer(&key).body(message);
        let answer = send().send().await;
        assert_eq!(answer.status, 503, "{}", answer.text());
        assert!(answer.headers.iter().any(|(name, _)| name == "retry-after"), "{:?}", answer.headers);
        let said = answer.json();
        assert_eq!(said["code"], "store_unavailable");
        assert!(
            said["detail"].as_str().unwrap().contains(words.0) && said["detail_zh"].as_str().unwrap().contains(words.1)
        );
        let ready = || crate::http::Request::new(gateway.address, "GET", "/readyz").send();
        // What was known a second ago is not asked again.
        let ready = crate::until(async || ready().await, |answer| answer.text().contains(words.0)).await;
        assert_eq!((ready.status, ready.json()["code"].as_str()), (503, Some("store_unavailable")));
    }
    gateway.stop().await;
}
