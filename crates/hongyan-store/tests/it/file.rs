//! The file, its lock, its versions, and the hand-off to the writer.

use crate::Folder;
use hongyan_core::{Admin, FileStore, Filter, Ledger, NewMessage, Queue, StoreError};
use hongyan_endpoint::File;
use hongyan_store::{
    Options, Sqlite,
    contract::{LEASE, Maker, NOW, Stand, after, claim_all, put, put_sent, sent},
};
use std::sync::Arc;

#[test]
fn a_second_gateway_is_refused_and_a_tool_is_not() {
    let folder = Folder::make();
    let first = folder.open();
    let error = Sqlite::open(&folder.file(), Options::default()).unwrap_err().to_string();
    assert!(error.contains("another gateway"), "{error}");
    drop(Sqlite::open_shared(&folder.file(), Options::default()).unwrap());
    drop(first);
    folder.open();
}

#[tokio::test]
async fn a_tool_beside_the_gateway_takes_no_leases_away() {
    let (folder, make) = (Folder::make(), Maker::default());
    let store = folder.open();
    put(&store, make.message("ding", &["li"])).await;
    claim_all(&store, "ding").await;
    let tool = Sqlite::open_shared(&folder.file(), Options::default()).unwrap();
    assert!(tool.orphans("ding", NOW, LEASE).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_file_of_the_first_version_is_brought_up_to_date() {
    let (folder, make) = (Folder::make(), Maker::default());
    let old = rusqlite::Connection::open(folder.file()).unwrap();
    old.execute_batch(include_str!("../../migrations/0001_outbox.sql")).unwrap();
    old.execute_batch(
        "INSERT INTO messages (id, at, priority, content) VALUES (7, 0, 1, '{\"text\":\"old\"}');
         INSERT INTO deliveries (message, number, account, state, priority, recipients, due) VALUES (7, 1, 'ding', 0, 1, 0, 5);",
    )
    .unwrap();
    old.pragma_update(None, "user_version", 1).unwrap();
    drop(old);
    let store = folder.open();
    put(&store, make.message("ding", &["li"])).await;
    let claims = claim_all(&store, "ding").await;
    assert_eq!(claims.iter().map(|claim| claim.part).collect::<Vec<_>>(), [None, None]);
    let ready: Vec<bool> = claims.iter().map(|claim| claim.ready).collect();
    assert_eq!(ready, [false, true], "what an earlier version took is put into words as it did");
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_refused_and_left_as_it_is() {
    let (folder, make) = (Folder::make(), Maker::default());
    let id = put(&folder.open(), make.message("ding", &["li"])).await;
    let set = |version: i64| {
        rusqlite::Connection::open(folder.file()).unwrap().pragma_update(None, "user_version", version).unwrap();
    };
    let own: i64 = rusqlite::Connection::open(folder.file())
        .unwrap()
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap();
    set(99);
    let error = Sqlite::open(&folder.file(), Options::default()).unwrap_err().to_string();
    assert!(error.contains("schema 99") && error.contains("newer"), "{error}");
    set(own);
    assert!(folder.open().message(id).await.unwrap().is_some());
}

#[test]
fn what_is_no_store_is_refused() {
    let folder = Folder::make();
    std::fs::write(folder.file(), "not a database, but a text that is long enough to look at".repeat(20)).unwrap();
    let error = Sqlite::open(&folder.file(), Options::default()).unwrap_err().to_string();
    assert!(error.contains("outbox.db"), "{error}");
    assert!(Sqlite::open(&folder.0.join("none/outbox.db"), Options::default()).is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_hand_off_says_busy_and_takes_nothing() {
    let folder = Folder::make();
    let options = Options { accept_rows: 10, ..Options::default() };
    let (store, make) = (Arc::new(Sqlite::open(&folder.file(), options).unwrap()), Maker::default());
    // Somebody else holds the file's write lock: the writer waits, and so does what is handed in.
    let other = rusqlite::Connection::open(folder.file()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let (store, message) = (Arc::clone(&store), make.message("ding", &["li"]));
            let id = message.id;
            tokio::spawn(async move { (id, store.accept(vec![message]).await) })
        })
        .collect();
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    other.execute_batch("COMMIT").unwrap();
    let mut busy = 0;
    for call in calls {
        let (id, outcome) = call.await.unwrap();
        let there = store.message(id).await.unwrap().is_some();
        match outcome {
            Ok(_) => assert!(there),
            Err(error) => {
                assert_eq!(error, StoreError::Busy);
                assert!(!there);
                busy += 1;
            }
        }
    }
    assert!((10..20).contains(&busy), "{busy}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_cannot_be_written_does_not_fail_its_neighbours() {
    let (folder, make) = (Folder::make(), Maker::default());
    let store = Arc::new(folder.open());
    let twice = make.message("ding", &["li"]);
    put(&*store, twice.clone()).await;
    let other = rusqlite::Connection::open(folder.file()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let calls: Vec<_> = (0..10)
        .map(|number| {
            let message = if number == 5 { twice.clone() } else { make.message("ding", &["li"]) };
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.accept(vec![message]).await })
        })
        .collect();
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    other.execute_batch("COMMIT").unwrap();
    for (number, call) in calls.into_iter().enumerate() {
        assert_eq!(call.await.unwrap().is_err(), number == 5, "{number}");
    }
    assert_eq!(claim_all(&*store, "ding").await.len(), 10);
    assert!(store.check_integrity().await.unwrap().is_empty(), "depths count what was committed, once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_is_copied_into_the_file_while_it_grows() {
    let (folder, make) = (Folder::make(), Maker::default());
    let store = folder.open();
    for _ in 0..60 {
        let mut message = make.message("ding", &["li"]);
        message.content = serde_json::json!({ "text": "x".repeat(1 << 20) }).to_string();
        put(&store, message).await;
    }
    let length = |name: &str| std::fs::metadata(folder.0.join(name)).unwrap().len();
    for _ in 0..100 {
        if length("outbox.db") > 40 << 20 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(length("outbox.db") > 40 << 20, "{}", length("outbox.db"));
    for _ in 0..60 {
        let mut message = make.message("ding", &["li"]);
        message.content = serde_json::json!({ "text": "x".repeat(1 << 20) }).to_string();
        put(&store, message).await;
    }
    assert!(length("outbox.db-wal") < 100 << 20, "the log starts anew: {}", length("outbox.db-wal"));
    assert!(store.check_integrity().await.unwrap().is_empty());
}

#[tokio::test]
async fn the_last_id_is_where_ids_go_on() {
    let (folder, make) = (Folder::make(), Maker::default());
    let store = folder.open();
    assert_eq!(store.last_id().await.unwrap(), None);
    put_sent(&store, make.message("ding", &["li"])).await;
    let last = put(&store, make.message("ding", &["li"])).await;
    assert_eq!(store.last_id().await.unwrap(), Some(last));
}

#[tokio::test]
async fn a_long_list_without_a_match_is_read_in_bounded_pages() {
    let (folder, make) = (Folder::make(), Maker::default());
    let store = folder.open();
    let found = put_sent(&store, make.message("mail", &["li"])).await;
    for _ in 0..21 {
        store.accept((0..1_000).map(|_| make.message("ding", &["li"])).collect()).await.unwrap();
    }
    let mut filter = Filter { account: Some("mail".into()), limit: 10, ..Filter::default() };
    let first = store.list(filter.clone()).await.unwrap();
    assert!(first.messages.is_empty() && first.next.is_some());
    filter.before = first.next;
    let second = store.list(filter).await.unwrap();
    assert_eq!((second.messages[0].id, second.next), (found, None));
}

#[tokio::test]
async fn a_temporary_store_works_and_debug_shows_no_content() {
    let (store, make) = (Sqlite::temporary(Options::default()).unwrap(), Maker::default());
    put(&store, make.message("ding", &["li"])).await;
    let claims = claim_all(&store, "ding").await;
    store.settle(vec![sent(claims[0].id)]).await.unwrap();
    assert!(!format!("{store:?}").contains("disk"));
}

#[tokio::test]
async fn a_person_is_found_in_every_run_and_beside_them() {
    let (folder, make) = (Folder::make(), Maker::default());
    let mut store = folder.open();
    // Made first, accepted last: when it arrives, its id is below the runs' end.
    let late = make.message("ding", &["li"]);
    let mut expected = vec![late.id];
    for round in 0..3 {
        expected.push(put(&store, make.message("ding", &["li", "li"])).await);
        for _ in 0..3 {
            store.accept((0..2_000).map(|_| make.message("ding", &["wang"])).collect()).await.unwrap();
        }
        if round == 1 {
            drop(store);
            store = folder.open();
        }
    }
    put(&store, late.clone()).await;
    let tool = Sqlite::open_shared(&folder.file(), Options::default()).unwrap();
    expected.push(put(&tool, make.message("ding", &["li"])).await);
    expected.push(put(&store, make.message("ding", &["li"])).await);
    expected.reverse();

    let filter = Filter { recipient: Some("li".into()), limit: 100, ..Filter::default() };
    let found = store.list(filter.clone()).await.unwrap();
    assert_eq!(found.messages.iter().map(|message| message.id).collect::<Vec<_>>(), expected);
    let count = |table: &str| -> i64 {
        let text = format!("SELECT count(*) FROM {table}");
        rusqlite::Connection::open(folder.file()).unwrap().query_row(&text, [], |row| row.get(0)).unwrap()
    };
    assert!(count("runs") >= 2, "{}", count("runs"));

    // What is forgotten leaves nothing behind.
    for message in found.messages {
        store.cancel(message.id, NOW).await.unwrap();
    }
    assert_eq!(store.forget(LEASE, 100).await.unwrap(), expected.len() as u64);
    assert!(store.list(filter).await.unwrap().messages.is_empty());
    assert_eq!(count("addressed WHERE value = 'li'"), 0);
}

#[tokio::test]
async fn a_wording_goes_with_its_message() {
    let (folder, make) = (Folder::make(), Maker::default());
    let store = folder.open();
    let wordings = vec![r#"{"text":"a part"}"#.to_owned()];
    let id = put(&store, NewMessage { wordings, ..make.message("ding", &["li"]) }).await;
    let count = || -> i64 {
        let reader = rusqlite::Connection::open(folder.file()).unwrap();
        reader.query_row("SELECT count(*) FROM wordings", [], |row| row.get(0)).unwrap()
    };
    assert_eq!(count(), 1);
    store.cancel(id, NOW).await.unwrap();
    assert_eq!(store.forget(LEASE, 100).await.unwrap(), 1);
    assert_eq!(count(), 0);
}

#[tokio::test]
async fn the_longest_unused_files_make_room_unless_a_delivery_waits_for_them() {
    let (folder, make) = (Folder::make(), Maker::default());
    let store = Sqlite::open(&folder.file(), Options { files_bytes: 250, ..Options::default() }).unwrap();
    let file = |name: &str, size| File { name: name.into(), media_type: String::new(), bytes: vec![7; size] };
    let needed = store.keep_file(file("needed", 100), NOW).await.unwrap();
    let unused = store.keep_file(file("unused", 100), after(1)).await.unwrap();
    let content = format!(r#"{{"file":{{"media":"{}"}}}}"#, needed.id);
    put(&store, NewMessage { content, ..make.message("ding", &["li"]) }).await;
    let new = store.keep_file(file("new", 120), after(2)).await.unwrap();
    let left: Vec<_> = store.files(None, 9).await.unwrap().into_iter().map(|row| row.id).collect();
    assert_eq!(left, [new.id, needed.id]);
    assert_eq!(store.file(&unused.id).await.unwrap(), None);
    assert_eq!(store.keep_file(file("huge", 151), after(3)).await.unwrap_err(), StoreError::Full);
    assert_eq!(store.files(None, 9).await.unwrap().len(), 2, "nothing goes for what does not fit");
    assert!(store.check_integrity().await.unwrap().is_empty());
}
