//! How many durable accepts, and claims with settlements, per second the store alone manages.
//!
//! Prints one JSON object per line: rates, latency in milliseconds, and CPU seconds by user and system, by thread
//! name where the system tells. Takes the folder for the file as an argument; a temporary one otherwise.

use hongyan_core::{
    Address, AddressKind, AttemptRow, Clock, DeliveryState, IdSource, Idempotency, Ledger, NewDelivery, NewMessage,
    Priority, Queue, RecipientState, Settlement, Time, Wording, clock::System,
};
use hongyan_store::{Options, Sqlite};
use serde_json::json;
use std::{
    collections::BTreeMap,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// How long each row measures.
const SPAN: Duration = Duration::from_secs(4);
/// The invented company's people: the index on addresses is as scattered as in life.
const PEOPLE: u64 = 5_000;
/// With room for several seconds of the attempt's counts.
const LEASE: Duration = Duration::from_secs(600);

fn main() {
    let folder = std::env::args().skip(1).find(|arg| !arg.starts_with("--"));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Arc::new(match folder {
            Some(folder) => Sqlite::open(&Path::new(&folder).join("bench.db"), Options::default()).unwrap(),
            None => Sqlite::temporary(Options::default()).unwrap(),
        });
        let ids = Arc::new(IdSource::after(store.last_id().await.unwrap()));
        for (tasks, batch, keyed) in
            [(1, 1, false), (16, 1, false), (64, 1, false), (64, 1, true), (4, 100, false), (16, 100, false)]
        {
            accepts(&store, &ids, tasks, batch, keyed).await;
        }
        deliveries(&store).await;
        mixed(&store, &ids).await;
    });
}

fn message(ids: &IdSource, number: u64, keyed: bool) -> NewMessage {
    let at = System.now();
    let id = ids.next(at);
    // Multiplied by an odd number: people come in no order.
    let person = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) % PEOPLE;
    let text = "The disk of sample-host-7 is 91 % full. ".repeat(10);
    NewMessage {
        id,
        at,
        content: json!({ "text": text }).to_string(),
        labels: BTreeMap::from([("app".into(), "bench".into())]),
        priority: Priority::Normal,
        send_at: None,
        expires_at: None,
        idempotency: keyed.then(|| Idempotency {
            scope: "sample".into(),
            key: format!("order-{number:x}-{id}"),
            body_hash: [7; 32],
        }),
        deliveries: vec![NewDelivery {
            account: "ding".into(),
            recipients: vec![Address::new(AddressKind::Userid, format!("sample{person:05}"))],
            part: None,
            wording: Wording::Whole,
        }],
        wordings: Vec::new(),
    }
}

async fn accepts(store: &Arc<Sqlite>, ids: &Arc<IdSource>, tasks: usize, batch: usize, keyed: bool) {
    let cpu = Cpu::now();
    let numbers = Arc::new(AtomicU64::new(0));
    let start = Instant::now();
    let running: Vec<_> = (0..tasks)
        .map(|_| {
            let (store, ids, numbers) = (Arc::clone(store), Arc::clone(ids), Arc::clone(&numbers));
            tokio::spawn(async move {
                let mut taken = Vec::new();
                while start.elapsed() < SPAN {
                    let messages =
                        (0..batch).map(|_| message(&ids, numbers.fetch_add(1, Ordering::Relaxed), keyed)).collect();
                    let began = Instant::now();
                    store.accept(messages).await.unwrap();
                    taken.push(began.elapsed());
                }
                taken
            })
        })
        .collect();
    let mut taken = Vec::new();
    for task in running {
        taken.extend(task.await.unwrap());
    }
    let seconds = start.elapsed().as_secs_f64();
    let messages = taken.len() * batch;
    taken.sort_unstable();
    let at = |part: f64| taken[((taken.len() - 1) as f64 * part) as usize].as_secs_f64() * 1_000.0;
    println!(
        "{}",
        json!({
            "what": "accept", "tasks": tasks, "batch": batch, "idempotency": keyed,
            "messages_per_second": (messages as f64 / seconds).round(),
            "p50_ms": at(0.5), "p99_ms": at(0.99), "max_ms": at(1.0),
            "cpu": cpu.since(messages),
        })
    );
}

/// Claims in batches of 200, settles each batch at once: the dispatcher's work without a platform.
async fn drain(store: &Arc<Sqlite>, until: Instant) -> usize {
    let mut done = 0;
    while Instant::now() < until {
        let now = System.now();
        let claims = store.claim("ding", now, now + LEASE, 200).await.unwrap();
        if claims.is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
            continue;
        }
        done += claims.len();
        store.settle(claims.iter().map(|claim| settled(claim.id, now)).collect()).await.unwrap();
    }
    done
}

fn settled(id: hongyan_core::DeliveryId, at: Time) -> Settlement {
    Settlement {
        id,
        state: DeliveryState::Sent,
        due: None,
        attempts: 1,
        repeat_of: None,
        handle: Some("sample-task-1234567".into()),
        receipt_at: Some(at + Duration::from_secs(60)),
        rest: (RecipientState::Sent, None),
        exceptions: Vec::new(),
        attempt: Some(AttemptRow { at, took_ms: 12, code: "0".into(), message: "ok".into(), class: "taken".into() }),
        at,
    }
}

async fn deliveries(store: &Arc<Sqlite>) {
    let cpu = Cpu::now();
    let start = Instant::now();
    let lanes: Vec<_> = (0..2)
        .map(|_| {
            tokio::spawn({
                let store = Arc::clone(store);
                async move { drain(&store, start + SPAN).await }
            })
        })
        .collect();
    let mut done = 0;
    for lane in lanes {
        done += lane.await.unwrap();
    }
    let rate = done as f64 / start.elapsed().as_secs_f64();
    println!(
        "{}",
        json!({ "what": "claim and settle", "deliveries_per_second": rate.round(), "cpu": cpu.since(done) })
    );
}

/// Accepts at 64 tasks while two lanes deliver.
async fn mixed(store: &Arc<Sqlite>, ids: &Arc<IdSource>) {
    let until = Instant::now() + SPAN;
    let lanes: Vec<_> = (0..2)
        .map(|_| {
            tokio::spawn({
                let store = Arc::clone(store);
                async move { drain(&store, until).await }
            })
        })
        .collect();
    accepts(store, ids, 64, 1, false).await;
    let mut done = 0;
    for lane in lanes {
        done += lane.await.unwrap();
    }
    println!(
        "{}",
        json!({ "what": "beside those accepts", "deliveries_per_second": (done as f64 / SPAN.as_secs_f64()).round() })
    );
}

/// CPU time by thread, in ticks of 10 ms, from Linux's `/proc`; empty elsewhere.
struct Cpu(BTreeMap<String, (u64, u64)>);

impl Cpu {
    fn now() -> Self {
        let mut threads = BTreeMap::new();
        for entry in std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten() {
            let Ok(stat) = std::fs::read_to_string(entry.path().join("stat")) else { continue };
            let Some((head, tail)) = stat.rsplit_once(')') else { continue };
            let name = head.split_once('(').map_or("", |(_, name)| name).to_owned();
            let fields: Vec<u64> = tail.split(' ').skip(12).take(2).filter_map(|field| field.parse().ok()).collect();
            if let [user, system] = fields[..] {
                let sum: &mut (u64, u64) = threads.entry(name).or_default();
                *sum = (sum.0 + user, sum.1 + system);
            }
        }
        Self(threads)
    }

    /// Seconds of user and system time by thread, and microseconds per message.
    fn since(&self, messages: usize) -> serde_json::Value {
        let now = Self::now();
        let mut sum = 0;
        let mut threads = serde_json::Map::new();
        for (name, (user, system)) in now.0 {
            let before = self.0.get(&name).copied().unwrap_or_default();
            let (user, system) = (user.saturating_sub(before.0), system.saturating_sub(before.1));
            sum += user + system;
            threads.insert(name, json!([user as f64 / 100.0, system as f64 / 100.0]));
        }
        json!({ "us_per_message": (sum as f64 * 1e6 / 100.0 / messages.max(1) as f64 * 10.0).round() / 10.0, "user_system_seconds": threads })
    }
}
