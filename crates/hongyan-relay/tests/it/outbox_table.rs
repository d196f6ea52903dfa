//! The table as its user opens, writes and reads it.

use crate::fake::Folder;
use hongyan_relay::{Create, DEFAULT_TABLE, Kind, OUTBOX_SQL, OutboxTable};

const MESSAGE: &str = r#"{"to":[{"userid":"zhangsan"}],"content":{"text":"已付款"}}"#;

#[test]
fn a_table_is_made_only_where_that_is_wanted_and_then_once() {
    let folder = Folder::new();
    let open = |create| OutboxTable::open(&folder.database(), DEFAULT_TABLE, create).map(|_| ()).map_err(|f| f.kind);
    assert_eq!(open(Create::Never), Err(Kind::Open));
    folder.user().execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE orders (id INTEGER)").unwrap();
    assert_eq!(open(Create::Never), Err(Kind::NoTable));
    assert_eq!(open(Create::IfMissing), Ok(()));
    assert_eq!(open(Create::IfMissing), Ok(()));
    assert_eq!(open(Create::Never), Ok(()));
    let user = folder.user();
    let count = |sql: &str| user.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap();
    assert_eq!(count("PRAGMA journal_mode"), "wal");
    assert_eq!(
        count("SELECT group_concat(name) FROM (SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1)"),
        "hongyan_outbox,orders"
    );
}

#[test]
fn a_file_that_is_no_database_is_said_to_be_none() {
    let folder = Folder::new();
    std::fs::write(folder.database(), "these are the accounts of the shop, in words and not in tables").unwrap();
    let fault = OutboxTable::open(&folder.database(), DEFAULT_TABLE, Create::IfMissing).unwrap_err();
    assert_eq!(fault.kind, Kind::Open, "{fault}");
}

#[test]
fn another_table_of_that_name_is_left_alone() {
    let folder = Folder::new();
    folder.user().execute_batch("CREATE TABLE letters (id INTEGER PRIMARY KEY, key TEXT, message TEXT)").unwrap();
    let fault = OutboxTable::open(&folder.database(), "letters", Create::IfMissing).unwrap_err();
    assert_eq!(fault.kind, Kind::OtherTable);
    assert!(fault.message.contains("state, message_id") && fault.message.contains("due_at"), "{fault}");
}

#[test]
fn one_key_is_one_message() {
    let folder = Folder::new();
    let table = folder.table("delete");
    let row = table.put(MESSAGE, Some("order-17")).unwrap();
    assert_eq!((row.state.as_str(), row.settled, row.message.as_str()), ("waiting", false, MESSAGE));
    assert_eq!(table.put(&format!(" {MESSAGE}\n"), Some("order-17")).unwrap(), row);
    assert_eq!(table.put(&MESSAGE.replace('已', "未"), Some("order-17")).unwrap_err().kind, Kind::Conflict);
    let (one, two) = (table.put(MESSAGE, None).unwrap(), table.put(MESSAGE, None).unwrap());
    assert_ne!(one.key, two.key);
    assert_eq!(table.open_rows().unwrap(), 3);
}

#[test]
fn what_is_no_json_object_is_not_put() {
    let folder = Folder::new();
    let table = folder.table("wal");
    for message in ["", "hello", "{", "[]", "17", r#"{"a":1} {"b":2}"#] {
        assert_eq!(table.put(message, None).unwrap_err().kind, Kind::NotJson, "{message}");
    }
    assert_eq!(table.open_rows().unwrap(), 0);
}

#[test]
fn a_row_is_found_by_key_by_message_and_by_place() {
    let folder = Folder::new();
    let table = folder.table("wal");
    let row = table.put(MESSAGE, Some("order-17")).unwrap();
    folder.user().execute("UPDATE hongyan_outbox SET message_id = 'm9', state = 'sent'", []).unwrap();
    for name in ["order-17", "m9", "1"] {
        assert_eq!(table.status(name).unwrap().map(|found| found.id), Some(row.id), "{name}");
    }
    assert_eq!(table.status("2").unwrap(), None);
    assert_eq!(table.status("m8").unwrap(), None);
}

#[test]
fn a_transaction_of_somebody_else_is_waited_for() {
    let folder = Folder::new();
    let table = folder.table("delete");
    let user = folder.user();
    user.execute_batch("BEGIN IMMEDIATE; CREATE TABLE orders (id INTEGER)").unwrap();
    let waits = std::thread::spawn(move || table.put(MESSAGE, Some("order-17")).unwrap());
    std::thread::sleep(std::time::Duration::from_millis(150));
    assert!(!waits.is_finished());
    user.execute_batch("COMMIT").unwrap();
    assert_eq!(waits.join().unwrap().id, 1);
}

#[test]
fn the_text_can_be_run_again_and_its_defaults_hold() {
    let folder = Folder::new();
    let user = folder.user();
    user.execute_batch(OUTBOX_SQL).unwrap();
    user.execute_batch(OUTBOX_SQL).unwrap();
    user.execute("INSERT INTO hongyan_outbox (message) VALUES ('{}')", []).unwrap();
    let (key, state, age): (String, String, f64) = user
        .query_row(
            "SELECT key, state, (julianday('now') - 2440587.5) * 86400000 - created_at FROM hongyan_outbox",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .unwrap();
    assert_eq!((key.len(), state.as_str()), (32, "waiting"));
    assert!((-2.0..60_000.0).contains(&age), "{age}");
}
