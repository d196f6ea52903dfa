//! A process that is killed at random in the midst of its transactions: what it committed is delivered once per key,
//! what it rolled back, or was about to write, never.

use crate::{
    session::{foreign, loadable, python},
    stage::Stage,
};
use hongyan_client::Gateway;
use hongyan_net::{Http, Options as HttpOptions, Secret};
use hongyan_relay::{Create, DEFAULT_TABLE, Options, OutboxTable, relay};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead, BufReader},
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

const ROUNDS: u64 = 30;
/// Who receives it all.
const PERSON: &str = "zhangsan";

fn promises(log: &str) -> usize {
    std::fs::read_to_string(log).map_or(0, |text| text.lines().count())
}

/// One life of the process: from its first transaction to the kill.
fn live_and_die(round: u64, database: &str, log: &str) {
    let mut child = python()
        .arg(foreign("crash.py"))
        .args([&loadable(), database, log, &round.to_string(), PERSON])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
    // After a few transactions, on a machine of any speed, and then at any moment.
    let wanted = promises(log) + usize::try_from(round % 4).unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    while promises(log) < wanted && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(1));
    }
    std::thread::sleep(Duration::from_micros(round * 7_919 % 20_000));
    assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
    child.kill().unwrap();
    child.wait().unwrap();
}

fn column(database: &str, sql: &str) -> Vec<String> {
    let db = rusqlite::Connection::open(database).unwrap();
    db.busy_timeout(Duration::from_secs(10)).unwrap();
    let mut statement = db.prepare(sql).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_committed_is_delivered_once_per_key_and_nothing_else() {
    let stage = Stage::open().await;
    let database = stage.folder.file("shop.db");
    let log = stage.folder.file("log");
    prepare(&database);
    let gateway = Gateway::new(&stage.base, Secret::new(stage.key.as_str()));

    // The relay works all the while, as it would.
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let watching = tokio::spawn({
        let (gateway, database) = (gateway.clone(), database.clone());
        async move {
            let table = OutboxTable::open(Path::new(&database), DEFAULT_TABLE, Create::Never).unwrap();
            relay(table, &gateway, &Options::default(), stopped, |_| {}).await
        }
    });
    let lives = {
        let (database, log) = (database.clone(), log.clone());
        tokio::task::spawn_blocking(move || (0..ROUNDS).for_each(|round| live_and_die(round, &database, &log)))
    };
    lives.await.unwrap();
    stop.send(true).unwrap();
    watching.await.unwrap().unwrap();
    let table = OutboxTable::open(Path::new(&database), DEFAULT_TABLE, Create::Never).unwrap();
    let options = Options { once: Some(Duration::from_secs(120)), ..Options::default() };
    let (_stop, stopped) = tokio::sync::watch::channel(false);
    relay(table, &gateway, &options, stopped, |_| {}).await.unwrap();

    // The user's own table is the truth: it was written in the same transactions.
    let committed: BTreeSet<String> = column(&database, "SELECT key FROM orders").into_iter().collect();
    let outbox = column(&database, "SELECT key FROM hongyan_outbox ORDER BY key");
    assert_eq!(outbox.iter().cloned().collect::<BTreeSet<_>>(), committed);
    assert_eq!(outbox.len(), committed.len());
    let promised = std::fs::read_to_string(&log).unwrap();
    let (mut kept, mut dropped) = (0, 0);
    for line in promised.lines() {
        let (what, key) = line.split_once(' ').unwrap();
        assert_eq!(committed.contains(key), what == "C", "{line}");
        if what == "C" { kept += 1 } else { dropped += 1 }
    }
    assert!(kept > 10 && dropped > 3, "{kept} commits and {dropped} rollbacks are too few to tell");

    let delivered = delivered(&stage).await;
    let once: BTreeMap<String, usize> = committed.iter().map(|key| (key.clone(), 1)).collect();
    assert_eq!(delivered, once);
    println!("{ROUNDS} kills, {kept} commits, {dropped} rollbacks: {} messages, each once", delivered.len());
    stage.close().await;
}

fn prepare(database: &str) {
    let db = rusqlite::Connection::open(database).unwrap();
    db.execute_batch(hongyan_relay::OUTBOX_SQL).unwrap();
    db.execute_batch(
        "CREATE TABLE orders (key TEXT PRIMARY KEY);
         CREATE TABLE wishes (message, key);
         CREATE TRIGGER told AFTER INSERT ON wishes BEGIN SELECT hongyan_send(new.message, new.key); END;",
    )
    .unwrap();
}

/// How often each text lies on the person's phone.
async fn delivered(stage: &Stage) -> BTreeMap<String, usize> {
    let http =
        Http::new(HttpOptions { timeout: Duration::from_secs(20), max_body_bytes: 64 << 20, ..HttpOptions::default() });
    let reply = http.get(&format!("{}/sandbox/phones/{PERSON}", stage.sandbox.base())).await.unwrap();
    let phone: Value = serde_json::from_slice(&reply.body).unwrap();
    let mut counts = BTreeMap::new();
    for shown in phone["messages"].as_array().unwrap() {
        let text = shown.to_string();
        let start = text.find("order-").unwrap_or_else(|| panic!("{text}"));
        let key = text[start..].split('.').next().unwrap().to_owned();
        *counts.entry(key).or_insert(0) += 1;
    }
    counts
}
