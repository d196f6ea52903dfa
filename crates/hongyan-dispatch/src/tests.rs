//! Lanes and recalls on a paused clock, over a store in memory and a channel that answers as it is told.

mod memory;

use super::{Dispatcher, Observer, RecallResult, Stores};
use async_trait::async_trait;
use hongyan_channel::{Account, LongText};
use hongyan_core::{
    Address, AddressKind, Backoff, Call, CallHandle, Capabilities, Channel, Clock, Content, Dedup, DeliveryId,
    DeliveryRow, DeliveryState, Format, Group, Health, MessageRow, MessageState, OnRepeat, OnUnknown, Outcome, Policy,
    Priority, Rate, Recall, RecipientState, Resolution, StoreError, Time, Unfit,
};
use hongyan_endpoint::{Class, ErrorCode, Fault};
use memory::{Memory, id};
use std::{
    borrow::Cow,
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::time::{Instant, sleep};

type Result<T> = std::result::Result<T, StoreError>;

const START: Time = Time::from_millis(1_790_000_000_000);
const SECOND: Duration = Duration::from_secs(1);

/// Shows the runtime's time.
struct Paused(Instant);

impl Clock for Paused {
    fn now(&self) -> Time {
        START + self.0.elapsed()
    }
}

/// What the channel answers to its n-th call.
type Script = Box<dyn Fn(usize) -> Option<Fault> + Send + Sync>;

struct Scripted {
    capabilities: Capabilities,
    send: Script,
    take_back: Script,
    /// Second of each call, and what it said.
    calls: Mutex<Vec<(u64, String)>>,
    recalls: Mutex<Vec<(u64, String)>>,
    started: Instant,
}

impl Scripted {
    fn new(send: impl Fn(usize) -> Option<Fault> + Send + Sync + 'static) -> Self {
        Self {
            capabilities: Capabilities {
                channel: "scripted",
                groups: vec![Group::of(&[AddressKind::Userid], 100)],
                looked_up: &[],
                formats: &[Format::Text],
                attachments: false,
                dedup: Dedup::None,
                receipts_for: None,
                recall_for: Some(SECOND * 3_600),
                concurrency: 4,
                rates: Vec::new(),
            },
            send: Box::new(send),
            take_back: Box::new(|_| None),
            calls: Mutex::default(),
            recalls: Mutex::default(),
            started: Instant::now(),
        }
    }

    fn seconds(&self) -> Vec<u64> {
        self.calls.lock().unwrap().iter().map(|(second, _)| *second).collect()
    }
}

#[async_trait]
impl Channel for Scripted {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn parts<'a>(&self, content: &'a Content, _suffix: &str) -> std::result::Result<Vec<Cow<'a, Content>>, Unfit> {
        Ok(vec![Cow::Borrowed(content)])
    }

    async fn resolve(&self, addresses: &[Address]) -> std::result::Result<Vec<Resolution>, Fault> {
        Ok(vec![Resolution::Itself; addresses.len()])
    }

    async fn deliver(&self, call: &Call<'_>) -> Outcome {
        let number = {
            let mut calls = self.calls.lock().unwrap();
            calls.push((self.started.elapsed().as_secs(), call.content.text.clone().unwrap_or_default()));
            calls.len() - 1
        };
        sleep(Duration::from_millis(20)).await;
        match (self.send)(number) {
            Some(fault) => Outcome::failed(fault),
            None => Outcome::Taken { handle: Some("7".into()), exceptions: Vec::new() },
        }
    }

    fn recall(&self) -> Option<&dyn Recall> {
        self.capabilities.recall_for.is_some().then_some(self)
    }

    async fn probe(&self) -> std::result::Result<(), Fault> {
        Ok(())
    }

    fn health(&self) -> Health {
        Health::default()
    }

    fn explain(&self, _code: &str) -> Option<&'static ErrorCode> {
        None
    }
}

#[async_trait]
impl Recall for Scripted {
    fn window(&self, handle: &CallHandle) -> Option<Duration> {
        self.capabilities.recall_for.filter(|_| handle.as_str() != "no-way")
    }

    async fn take_back(&self, handle: &CallHandle) -> std::result::Result<(), Fault> {
        let number = {
            let mut recalls = self.recalls.lock().unwrap();
            recalls.push((self.started.elapsed().as_secs(), handle.as_str().to_owned()));
            recalls.len() - 1
        };
        (self.take_back)(number).map_or(Ok(()), Err)
    }
}

struct Deaf;

impl Observer for Deaf {
    fn attempted(&self, _account: &str, _class: &'static str, _took: Duration) {}
    fn changed(&self, _delivery: DeliveryId) {}
}

/// Starts the lane of one account over this store.
fn start(store: &Arc<Memory>, channel: &Arc<Scripted>, rates: Vec<Rate>) -> Arc<Dispatcher> {
    let account = Account {
        name: "a".into(),
        channel: Arc::clone(channel) as _,
        policy: Policy {
            dedup: channel.capabilities.dedup,
            on_unknown: OnUnknown::Hold,
            on_late: OnUnknown::Hold,
            backoff: Backoff { first: SECOND * 2, cap: SECOND * 2 },
            max_attempts: 3,
            give_up_after: SECOND * 86_400,
        },
        on_repeat: OnRepeat::Refuse,
        long_text: LongText::Split,
        split_given: false,
        rates,
        recipient_rates: Vec::new(),
        concurrency: channel.capabilities.concurrency,
        receipts_after: None,
        caller: None,
        robot: None,
    };
    let stores =
        Stores { queue: Arc::clone(store) as _, ledger: Arc::clone(store) as _, files: Arc::clone(store) as _ };
    let clock = Arc::new(Paused(channel.started));
    Dispatcher::start_over(stores, BTreeMap::from([("a".into(), account)]), clock, Arc::new(Deaf), SECOND * 300)
}

fn refused(class: Class) -> Fault {
    Fault::refused("sample", "no", None).with_class(class)
}

use DeliveryState::{Failed, Pending, Sent, Unknown};

#[tokio::test(start_paused = true)]
async fn a_lane_sends_what_is_due_and_sleeps_until_the_next() {
    let (store, channel) = (Memory::with(&[0, 0, 30]), Arc::new(Scripted::new(|_| None)));
    let dispatcher = start(&store, &channel, Vec::new());
    sleep(SECOND).await;
    assert_eq!(store.states(), [Sent, Sent, Pending]);
    sleep(SECOND * 40).await;
    assert_eq!((store.states(), channel.seconds()), (vec![Sent; 3], vec![0, 0, 30]));
    dispatcher.stop(SECOND).await;
    let settled = store.settled.lock().unwrap();
    assert!(settled.iter().all(|one| one.handle == Some("7".into()) && one.attempts == 1), "{settled:?}");
}

#[tokio::test(start_paused = true)]
async fn a_lane_keeps_to_its_accounts_limits() {
    let (store, channel) = (Memory::with(&[0; 6]), Arc::new(Scripted::new(|_| None)));
    let rate = Rate { max: 2, per: SECOND * 10 };
    let dispatcher = start(&store, &channel, vec![rate]);
    sleep(SECOND * 60).await;
    let seconds = channel.seconds();
    assert_eq!((store.states(), seconds.len()), (vec![Sent; 6], 6));
    assert!(seconds.windows(3).all(|three| three[2] - three[0] >= 10), "{seconds:?}");
    assert!(seconds[5] < 30, "no longer than it has to: {seconds:?}");
    dispatcher.stop(SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn each_class_of_refusal_has_its_end() {
    for (class, state, calls) in [
        (Class::Permanent, Failed, 1),
        // Until the attempts are used up.
        (Class::RETRY, Failed, 3),
        // Held: it may have arrived, and the platform knows no repeats.
        (Class::Ambiguous, Unknown, 1),
    ] {
        let (store, channel) = (Memory::with(&[0]), Arc::new(Scripted::new(move |_| Some(refused(class)))));
        let dispatcher = start(&store, &channel, Vec::new());
        sleep(SECOND * 600).await;
        assert_eq!((store.states(), channel.seconds().len()), (vec![state], calls), "{class:?}");
        dispatcher.stop(SECOND).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_account_that_cannot_be_reached_is_tried_with_one_call_and_loses_nothing() {
    let (store, started) = (Memory::with(&[0; 8]), Instant::now());
    let is_down = move || started.elapsed() < SECOND * 60;
    let channel = Arc::new(Scripted::new(move |_| is_down().then(|| Fault::transport("net.connect", ""))));
    let dispatcher = start(&store, &channel, Vec::new());
    sleep(SECOND * 50).await;
    assert_eq!(store.states(), [Pending; 8]);
    assert!(dispatcher.standing("a").unwrap().rest.is_some());
    let first = channel.seconds().iter().filter(|second| **second == 0).count();
    let later = channel.seconds().into_iter().filter(|second| *second > 0).collect::<Vec<_>>();
    assert!(first <= channel.capabilities.concurrency, "{first}");
    assert!(later.windows(2).all(|two| two[0] < two[1]), "one at a time: {later:?}");
    sleep(SECOND * 600).await;
    assert_eq!(store.states(), [Sent; 8]);
    assert!(store.settled.lock().unwrap().iter().all(|one| one.attempts <= 1), "an outage uses up no attempts");
    assert!(dispatcher.standing("a").unwrap().rest.is_none());
    dispatcher.stop(SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn a_lane_asks_again_when_the_store_gives_nothing() {
    let (store, channel) = (Memory::with(&[0]), Arc::new(Scripted::new(|_| None)));
    *store.refusals.lock().unwrap() = vec![StoreError::Busy, StoreError::Failed("sample".into())];
    let dispatcher = start(&store, &channel, Vec::new());
    sleep(SECOND * 5).await;
    assert_eq!(store.states(), [Sent]);
    dispatcher.stop(SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_under_way_is_settled_when_the_dispatcher_stops() {
    let (store, channel) = (Memory::with(&[0, 60]), Arc::new(Scripted::new(|_| None)));
    let dispatcher = start(&store, &channel, Vec::new());
    sleep(Duration::from_millis(10)).await;
    assert_eq!(store.states(), [DeliveryState::Sending, Pending]);
    dispatcher.stop(SECOND * 5).await;
    sleep(SECOND * 120).await;
    assert_eq!(store.states(), [Sent, Pending], "and nothing leaves afterwards");
}

/// A message of one delivery in this state, whose call has this handle.
fn message(state: DeliveryState, handles: &[&str]) -> MessageRow {
    let delivery = DeliveryRow {
        id: id(1),
        account: "a".into(),
        state,
        recipients: 1,
        part: None,
        attempts: 1,
        due: None,
        handles: handles.iter().map(|handle| (*handle).into()).collect(),
        sent_at: Some(START),
        repeated: false,
        history: Vec::new(),
    };
    MessageRow {
        id: id(1).message,
        at: START,
        state: MessageState::Sent,
        content: Content::default(),
        labels: BTreeMap::new(),
        priority: Priority::Normal,
        send_at: None,
        expires_at: None,
        recipients: BTreeMap::from([(RecipientState::Sent, 1)]),
        deliveries: vec![delivery],
        unreadable: Vec::new(),
    }
}

/// Recalls that message, and gives what it came to, the reason's code and the handles that were called back.
async fn recall(message: MessageRow, mut channel: Scripted, wait: Duration) -> (RecallResult, String, Vec<String>) {
    channel.started = Instant::now();
    let (store, channel) = (Memory::with(&[]), Arc::new(channel));
    *store.message.lock().unwrap() = Some(message);
    let dispatcher = start(&store, &channel, Vec::new());
    sleep(wait).await;
    let report = dispatcher.recall(id(1).message).await.unwrap().unwrap();
    let [one] = &*report.deliveries else { panic!("{report:?}") };
    let code = one.reason.as_ref().map(|reason| reason.code.clone()).unwrap_or_default();
    // What was called back is written down, whatever came of it.
    assert_eq!(store.recalled.lock().unwrap().len(), usize::from(!channel.recalls.lock().unwrap().is_empty()));
    dispatcher.stop(SECOND).await;
    let recalls = channel.recalls.lock().unwrap().iter().map(|(_, handle)| handle.clone()).collect();
    (one.result, code, recalls)
}

#[tokio::test(start_paused = true)]
async fn a_recall_says_what_it_came_to() {
    let plain = || Scripted::new(|_| None);
    let without = || {
        let mut channel = plain();
        channel.capabilities.recall_for = None;
        channel
    };
    let refusing = |class| Scripted { take_back: Box::new(move |_| Some(refused(class))), ..plain() };
    let busy_once = || {
        let busy = |number| (number == 0).then(|| refused(Class::RETRY));
        Scripted { take_back: Box::new(busy), ..plain() }
    };
    let sent = |handles: &[&str]| message(Sent, handles);
    let (soon, late) = (SECOND, SECOND * 3_600);
    for (message, channel, wait, result, code, called) in [
        (sent(&["7"]), plain(), soon, RecallResult::Recalled, "", &["7"][..]),
        (sent(&["7", "8"]), plain(), soon, RecallResult::Recalled, "", &["7", "8"]),
        (sent(&["7"]), busy_once(), soon, RecallResult::Recalled, "", &["7", "7"]),
        (sent(&["7"]), plain(), late, RecallResult::Impossible, "too_late", &[]),
        (sent(&["no-way"]), plain(), soon, RecallResult::Impossible, "cannot_recall", &[]),
        (sent(&["7"]), without(), soon, RecallResult::Impossible, "cannot_recall", &[]),
        (sent(&[]), plain(), soon, RecallResult::Failed, "under_way", &[]),
        (sent(&["7"]), refusing(Class::Permanent), soon, RecallResult::Failed, "sample", &["7"]),
        (message(Pending, &[]), plain(), soon, RecallResult::Cancelled, "", &[]),
        (message(DeliveryState::Sending, &[]), plain(), soon, RecallResult::Failed, "under_way", &[]),
        (message(DeliveryState::Recalled, &["7"]), plain(), soon, RecallResult::Recalled, "", &[]),
    ] {
        let shown = format!("{:?} {:?}", message.deliveries[0].state, message.deliveries[0].handles);
        let said = recall(message, channel, wait).await;
        let called = called.iter().map(|handle| (*handle).to_owned()).collect();
        assert_eq!(said, (result, code.to_owned(), called), "{shown}");
    }
}
