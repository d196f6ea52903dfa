//! From a commit to the gateway and back, with every trouble on the way.

use crate::fake::{Fake, Folder, Trouble};
use hongyan_client::Gateway;
use hongyan_relay::{Change, Kind, Options, OutboxTable, Summary, relay};
use rusqlite::{Connection, params};
use std::time::Duration;
use tokio::sync::watch;

/// A message that tells others apart by its words.
fn message(words: &str) -> String {
    format!(r#"{{"to":[{{"userid":"zhangsan"}}],"content":{{"text":"{words}"}}}}"#)
}

fn insert(user: &Connection, key: &str) {
    user.execute("INSERT INTO hongyan_outbox (key, message) VALUES (?1, ?2)", params![key, message(key)]).unwrap();
}

fn once() -> Options {
    Options { interval: Duration::from_millis(10), once: Some(Duration::from_secs(20)), ..Options::default() }
}

/// Delivers what is there.
async fn drain(table: OutboxTable, gateway: &Gateway, options: &Options) -> Result<Summary, hongyan_relay::Fault> {
    let (_go, stop) = watch::channel(false);
    relay(table, gateway, options, stop, |_: &Change| ()).await
}

/// `key state settled` of every row, in order.
fn rows(user: &Connection) -> Vec<String> {
    let mut statement =
        user.prepare("SELECT key || ' ' || state || ' ' || settled FROM hongyan_outbox ORDER BY id").unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<rusqlite::Result<_>>().unwrap()
}

fn error(user: &Connection, key: &str) -> String {
    user.query_row("SELECT ifnull(error, '') FROM hongyan_outbox WHERE key = ?1", [key], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn what_is_committed_is_delivered_in_order_and_what_is_rolled_back_is_not() {
    for journal in ["delete", "wal"] {
        let (folder, (fake, gateway)) = (Folder::new(), Fake::start().await);
        let table = folder.table(journal);
        let mut user = folder.user();
        for n in 0..20 {
            let change = user.transaction().unwrap();
            insert(&change, &format!("order-{n}"));
            if n % 4 == 3 {
                change.rollback().unwrap();
            } else {
                change.commit().unwrap();
            }
        }
        let summary = drain(table, &gateway, &Options { batch: 4, ..once() }).await.unwrap();
        assert_eq!(summary, Summary { taken: 15, well: 15, ..Summary::default() }, "{journal}");
        let expected: Vec<String> = (0..20).filter(|n| n % 4 != 3).map(|n| format!("order-{n}")).collect();
        assert_eq!(fake.keys(), expected);
        assert!(rows(&user).iter().all(|row| row.ends_with(" sent 1")), "{:?}", rows(&user));
        let mode: String = user.query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
        assert_eq!(mode, journal);
    }
}

#[tokio::test]
async fn a_row_that_nobody_could_take_is_rejected_and_the_others_go_on() {
    let (folder, (fake, gateway)) = (Folder::new(), Fake::start().await);
    let table = folder.table("wal");
    let user = folder.user();
    insert(&user, "first");
    user.execute_batch(
        "INSERT INTO hongyan_outbox (key, message) VALUES ('no json', 'hello'), ('number', 17), ('torn', x'ff00'),
         ('bytes', CAST('{\"content\":1}' AS BLOB)), ('two', '{} {}'), ('bad', '{\"refuse me\":1}')",
    )
    .unwrap();
    insert(&user, "last");
    let summary = drain(table, &gateway, &once()).await.unwrap();
    assert_eq!(summary, Summary { taken: 4, well: 4, badly: 4, ..Summary::default() });
    assert_eq!(
        rows(&user),
        [
            "first sent 1",
            "no json rejected 1",
            "number sent 1",
            "torn rejected 1",
            "bytes sent 1",
            "two rejected 1",
            "bad rejected 1",
            "last sent 1"
        ]
    );
    assert!(error(&user, "no json").contains("not JSON"));
    assert!(error(&user, "bad").contains("the fake says no"));
    assert_eq!(fake.texts().len(), 4);
}

#[tokio::test]
async fn a_batch_that_is_refused_as_a_whole_is_halved_until_it_fits() {
    let (folder, (fake, gateway)) = (Folder::new(), Fake::start().await);
    let table = folder.table("wal");
    let user = folder.user();
    (0..10).for_each(|n| insert(&user, &format!("order-{n}")));
    fake.order(Trouble { largest_batch: Some(2), ..Trouble::default() });
    assert_eq!(drain(table, &gateway, &once()).await.unwrap().well, 10);
    let expected: Vec<String> = (0..10).map(|n| format!("order-{n}")).collect();
    assert_eq!(fake.keys(), expected, "in order all the same");
}

#[tokio::test]
async fn a_lost_reply_is_asked_for_again_under_the_same_key() {
    let (folder, (fake, gateway)) = (Folder::new(), Fake::start().await);
    let table = folder.table("delete");
    let user = folder.user();
    (0..5).for_each(|n| insert(&user, &format!("order-{n}")));
    fake.order(Trouble { lose_replies: 2, ..Trouble::default() });
    assert_eq!(drain(table, &gateway, &once()).await.unwrap().well, 5);
    assert_eq!((fake.texts().len(), fake.hand_overs()), (5, 3));
}

#[tokio::test]
async fn an_outage_leaves_the_rows_as_they_are_and_ends_by_itself() {
    let folder = Folder::new();
    let table = folder.table("wal");
    let user = folder.user();
    insert(&user, "order-1");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let gateway = Gateway::new(&format!("http://{address}"), hongyan_net::Secret::new("sample-key"));
    let (go, stop) = watch::channel(false);
    let options = Options { once: None, ..once() };
    let running = tokio::spawn(async move { relay(table, &gateway, &options, stop, |_: &Change| ()).await });
    tokio::time::sleep(Duration::from_millis(400)).await;
    let row = user.query_row("SELECT state, tried_at FROM hongyan_outbox", [], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, Option<i64>>(1)?))
    });
    assert_eq!(row.unwrap(), ("waiting".into(), None));
    let fake = Fake::default();
    fake.serve(tokio::net::TcpListener::bind(address).await.unwrap());
    insert(&user, "order-2");
    for _ in 0..500 {
        if rows(&user) == ["order-1 sent 1", "order-2 sent 1"] {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(rows(&user), ["order-1 sent 1", "order-2 sent 1"]);
    go.send(true).unwrap();
    assert_eq!(running.await.unwrap().unwrap().open, 0);
}

#[tokio::test]
async fn a_key_that_is_not_let_in_ends_the_relay_and_touches_nothing() {
    for (status, code) in [(401, "unauthorized"), (403, "forbidden")] {
        let (folder, (fake, gateway)) = (Folder::new(), Fake::start().await);
        let table = folder.table("wal");
        let user = folder.user();
        insert(&user, "order-1");
        insert(&user, "order-2");
        fake.order(Trouble { status: Some((status, code)), ..Trouble::default() });
        let (_go, stop) = watch::channel(false);
        let options = Options { once: None, ..once() };
        let fault = relay(table, &gateway, &options, stop, |_: &Change| ()).await.unwrap_err();
        assert_eq!(fault.kind, Kind::Access);
        assert!(fault.message.contains("send and read") && !fault.message.contains("sample-key"), "{fault}");
        assert_eq!(rows(&user), ["order-1 waiting 0", "order-2 waiting 0"]);
    }
}

#[tokio::test]
async fn one_account_closed_to_the_key_rejects_one_row() {
    let (folder, (fake, gateway)) = (Folder::new(), Fake::start().await);
    let table = folder.table("wal");
    let user = folder.user();
    insert(&user, "order-1");
    fake.order(Trouble { status: Some((403, "account_forbidden")), ..Trouble::default() });
    assert_eq!(drain(table, &gateway, &once()).await.unwrap().badly, 1);
    assert_eq!(rows(&user), ["order-1 rejected 1"]);
}

#[tokio::test]
async fn what_had_no_answer_for_longer_than_keys_are_known_is_not_sent_again() {
    let (folder, (fake, gateway)) = (Folder::new(), Fake::start().await);
    let table = folder.table("wal");
    let user = folder.user();
    insert(&user, "long ago");
    insert(&user, "just now");
    let now = "(julianday('now') - 2440587.5) * 86400000";
    user.execute_batch(&format!(
        "UPDATE hongyan_outbox SET tried_at = {now} - 25 * 3600000 WHERE key = 'long ago';
         UPDATE hongyan_outbox SET tried_at = {now} - 60000 WHERE key = 'just now'"
    ))
    .unwrap();
    let summary = drain(table, &gateway, &once()).await.unwrap();
    assert_eq!(summary, Summary { taken: 1, well: 1, unknown: 1, ..Summary::default() });
    assert_eq!(rows(&user), ["long ago unknown 1", "just now sent 1"]);
    assert!(error(&user, "long ago").contains("25 hours ago"));
    assert_eq!(fake.texts().len(), 1);
}

#[tokio::test]
async fn a_key_with_another_message_is_rejected() {
    let (folder, (fake, gateway)) = (Folder::new(), Fake::start().await);
    let table = folder.table("wal");
    let user = folder.user();
    insert(&user, "order-1");
    drain(table, &gateway, &once()).await.unwrap();
    user.execute("UPDATE hongyan_outbox SET message = '{}', state = 'waiting', settled = 0", []).unwrap();
    insert(&user, "order-2");
    let summary = drain(folder.table("wal"), &gateway, &once()).await.unwrap();
    assert_eq!((summary.badly, summary.well), (1, 1));
    assert_eq!(rows(&user), ["order-1 rejected 1", "order-2 sent 1"]);
    assert_eq!(fake.texts().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_relays_and_a_busy_writer_give_every_key_once() {
    let (folder, (fake, gateway)) = (Folder::new(), Fake::start().await);
    let (one, two) = (folder.table("wal"), folder.table("wal"));
    let (go, stop) = watch::channel(false);
    let options = Options { once: None, batch: 7, ..once() };
    let run = |table| {
        let (gateway, options, stop) = (gateway.clone(), options.clone(), stop.clone());
        tokio::spawn(async move { relay(table, &gateway, &options, stop, |_: &Change| ()).await })
    };
    let relays = [run(one), run(two)];
    let mut user = folder.user();
    let writer = tokio::task::spawn_blocking(move || {
        for n in 0..60 {
            let change = user.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).unwrap();
            (0..5).for_each(|m| insert(&change, &format!("order-{n}-{m}")));
            if n % 3 == 0 { change.rollback().unwrap() } else { change.commit().unwrap() }
        }
        user
    });
    let user = writer.await.unwrap();
    let open =
        || user.query_row("SELECT count(*) FROM hongyan_outbox WHERE settled = 0", [], |row| row.get::<_, i64>(0));
    for _ in 0..500 {
        if open().unwrap() == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(open().unwrap(), 0);
    go.send(true).unwrap();
    for relay in relays {
        relay.await.unwrap().unwrap();
    }
    let mut keys = fake.keys();
    assert_eq!(keys.len(), 200);
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 200);
}

#[tokio::test]
async fn a_file_that_was_replaced_is_not_watched_in_silence() {
    let (folder, (_fake, gateway)) = (Folder::new(), Fake::start().await);
    let table = folder.table("delete");
    let (_go, stop) = watch::channel(false);
    let options = Options { once: None, ..once() };
    let running = tokio::spawn(async move { relay(table, &gateway, &options, stop, |_: &Change| ()).await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!running.is_finished());
    let backup = folder.0.join("backup.db");
    std::fs::copy(folder.database(), &backup).unwrap();
    std::fs::rename(backup, folder.database()).unwrap();
    let fault = tokio::time::timeout(Duration::from_secs(20), running).await.unwrap().unwrap().unwrap_err();
    assert_eq!(fault.kind, Kind::Open, "{fault}");
}
