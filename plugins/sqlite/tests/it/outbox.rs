//! `hongyan_send`: a message exists if and only if the transaction commits.

use crate::{
    session::{Session, run_shell},
    stage::{Folder, message},
};
use serde_json::json;

fn keys(db: &mut Session) -> Vec<String> {
    let there = db.value("SELECT count(*) FROM sqlite_master WHERE name = 'hongyan_outbox'", &[]);
    if there == 0 {
        return Vec::new();
    }
    db.rows("SELECT key FROM hongyan_outbox ORDER BY id")
        .iter()
        .map(|row| row[0].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_row_commits_and_rolls_back_with_the_users_own() {
    let folder = Folder::new();
    let path = folder.file("shop.db");
    let mut db = Session::open(&path);
    db.rows("BEGIN");
    db.value("SELECT hongyan_send(?, 'lost')", &[json!(message("lost"))]);
    db.rows("ROLLBACK");
    assert!(keys(&mut db).is_empty());

    db.rows("BEGIN");
    assert_eq!(db.value("SELECT hongyan_send(?, 'kept')", &[json!(message("kept"))]), "kept");
    let mut other = Session::open(&path);
    assert!(keys(&mut other).is_empty(), "not before the commit");
    db.rows("COMMIT");
    assert_eq!(keys(&mut other), ["kept"]);

    db.rows("BEGIN");
    db.rows("SAVEPOINT s");
    db.value("SELECT hongyan_send(?, 'undone')", &[json!(message("undone"))]);
    db.rows("ROLLBACK TO s");
    db.value("SELECT hongyan_send(?, 'done')", &[json!(message("done"))]);
    db.rows("COMMIT");
    assert_eq!(keys(&mut other), ["kept", "done"]);

    // Outside of a transaction the statement is one.
    db.value("SELECT hongyan_send(?, 'alone')", &[json!(message("alone"))]);
    assert_eq!(keys(&mut other), ["kept", "done", "alone"]);
}

#[test]
fn one_key_is_one_message() {
    let mut db = Session::open(":memory:");
    let send = "SELECT hongyan_send(?, 'k')";
    assert_eq!(db.value(send, &[json!(message("x"))]), "k");
    assert_eq!(db.value(send, &[json!(message("x"))]), "k");
    assert_eq!(db.value(send, &[json!(format!(" {} ", message("x")))]), "k");
    let error = db.error(send, &[json!(message("y"))]);
    assert!(error.contains("row 1") && error.contains("another message"), "{error}");
    assert_eq!(keys(&mut db), ["k"]);
    assert_eq!(db.value("SELECT hongyan_send(?, '订单 17')", &[json!(message("x"))]), "订单 17");
    // Without a key each call is a message of its own.
    let one = db.value("SELECT hongyan_send(?)", &[json!(message("x"))]);
    let two = db.value("SELECT hongyan_send(?, NULL)", &[json!(message("x"))]);
    assert!(one != two && one.as_str().unwrap().len() == 32, "{one} {two}");
    assert_eq!(db.value("SELECT hongyan_status(?)", &[one]), "waiting");
    assert_eq!(db.value("SELECT hongyan_status('nobody')", &[]), json!(null));
    assert_eq!(db.value("SELECT hongyan_status(1)", &[]), "waiting");
    assert_eq!(db.value("SELECT hongyan_status('订单 17')", &[]), "waiting");
}

#[test]
fn what_cannot_become_a_message_is_refused_at_once() {
    let mut db = Session::open(":memory:");
    for (text, expected) in [
        ("", "not JSON"),
        ("{\"to\":[{\"userid\":\"a\"}]", "not JSON"),
        ("{}", "field to"),
        (r#"{"to":[],"content":{"text":"x"}}"#, "field to"),
        (r#"{"to":[{"userid":"a"}]}"#, "field content"),
        (r#"{"to":[{"userid":"a"}],"content":{"txet":"x"}}"#, "content.txet"),
        (r#"{"to":[{"userid":"a"}],"content":{"text":"x"},"colour":1}"#, "field colour"),
    ] {
        let error = db.error("SELECT hongyan_send(?)", &[json!(text)]);
        assert!(error.contains(expected), "{text}: {error}");
    }
    for (sql, parameters, expected) in [
        ("SELECT hongyan_send(NULL)", vec![], "message is NULL"),
        ("SELECT hongyan_send(?)", vec![json!({"hex": "7b7d"})], "message is a blob"),
        ("SELECT hongyan_send(?, '')", vec![json!(message("x"))], "the key has to be"),
        ("SELECT hongyan_send(?, 7)", vec![json!(message("x"))], "key is a number"),
    ] {
        let error = db.error(sql, &parameters);
        assert!(error.contains(expected), "{sql}: {error}");
    }
    assert!(keys(&mut db).is_empty());
}

#[test]
fn a_trigger_of_the_users_own_sends_and_is_undone_with_its_statement() {
    let mut db = Session::open(":memory:");
    db.rows("CREATE TABLE orders (id INTEGER PRIMARY KEY, name UNIQUE)");
    db.rows(
        "CREATE TRIGGER told AFTER INSERT ON orders BEGIN
           SELECT hongyan_send(json_object('to', json_array(json_object('userid', 'zhangsan')),
                               'content', json_object('text', 'order ' || new.name)), 'order-' || new.name);
         END",
    );
    db.rows("INSERT INTO orders (name) VALUES ('a'), ('b')");
    assert_eq!(db.rows("SELECT last_insert_rowid(), changes()"), [[json!(2), json!(2)]]);
    assert_eq!(keys(&mut db), ["order-a", "order-b"]);
    db.rows("BEGIN");
    assert!(db.error("INSERT INTO orders (name) VALUES ('c'), ('a')", &[]).contains("UNIQUE"));
    db.rows("COMMIT");
    assert_eq!(keys(&mut db), ["order-a", "order-b"]);
}

#[test]
fn a_statement_that_fails_outside_of_a_transaction_leaves_nothing() {
    let mut db = Session::open(":memory:");
    db.rows("CREATE TABLE orders (name UNIQUE, key)");
    db.rows("INSERT INTO orders VALUES ('a', '')");
    let insert = "INSERT INTO orders SELECT 'a', hongyan_send(?, 'k')";
    assert!(db.error(insert, &[json!(message("x"))]).contains("UNIQUE"));
    assert!(keys(&mut db).is_empty());
}

#[test]
fn the_users_last_row_stays_the_users() {
    let mut db = Session::open(":memory:");
    db.rows("CREATE TABLE orders (id INTEGER PRIMARY KEY)");
    db.rows("INSERT INTO orders VALUES (41)");
    db.value("SELECT hongyan_send(?)", &[json!(message("x"))]);
    assert_eq!(db.value("SELECT last_insert_rowid()", &[]), 41);
}

#[test]
fn a_database_that_cannot_be_written_says_so() {
    let folder = Folder::new();
    let path = folder.file("shop.db");
    Session::open(&path).rows("CREATE TABLE t(a)");
    let mut db = Session::open(&path);
    db.rows("PRAGMA query_only = 1");
    let error = db.error("SELECT hongyan_send(?)", &[json!(message("x"))]);
    assert!(error.contains("readonly"), "{error}");
    assert_eq!(db.value("SELECT hongyan_status('k')", &[]), json!(null));

    // Somebody else's table of that name is not touched.
    let mut db = Session::open(":memory:");
    db.rows("CREATE TABLE hongyan_outbox (a)");
    let error = db.error("SELECT hongyan_send(?)", &[json!(message("x"))]);
    assert!(error.contains("no column") || error.contains("no such column"), "{error}");
}

#[test]
fn the_table_is_the_relays_own_and_can_be_made_beforehand() {
    let folder = Folder::new();
    let path = folder.file("shop.db");
    let mut db = Session::open(&path);
    assert_eq!(db.value("SELECT hongyan_init()", &[]), "hongyan_outbox");
    assert_eq!(db.value("SELECT hongyan_init()", &[]), "hongyan_outbox");
    db.value("SELECT hongyan_send(?, 'k')", &[json!(message("x"))]);
    let table = hongyan_relay::OutboxTable::open(
        std::path::Path::new(&path),
        hongyan_relay::DEFAULT_TABLE,
        hongyan_relay::Create::Never,
    )
    .unwrap();
    let row = table.status("k").unwrap().unwrap();
    assert_eq!((row.message, row.state.as_str()), (message("x"), "waiting"));
    // One key, one message: on this side too.
    assert_eq!(table.put(&message("x"), Some("k")).unwrap().id, row.id);
}

#[test]
fn many_rows_of_a_query_become_messages_in_the_shell() {
    let script = "CREATE TABLE alarm(host, used);\nINSERT INTO alarm VALUES ('db1', 91), ('db2', 95);\n\
        SELECT hongyan_send(json_object('to', json('[{\"userid\":\"zhangsan\"}]'), 'content', json_object('text', host || ' ' || used || ' %')), 'alarm-' || host) FROM alarm;\n\
        SELECT count(*), min(state) FROM hongyan_outbox;\n";
    let (said, complaints) = run_shell(":memory:", script);
    assert_eq!((said.as_str(), complaints.as_str()), ("alarm-db1\nalarm-db2\n2|waiting\n", ""));
}

#[test]
fn a_database_in_utf16_keeps_every_character() {
    let mut db = Session::open(":memory:");
    db.rows("PRAGMA encoding = 'UTF-16le'");
    db.rows("CREATE TABLE t(a)");
    let text = message("已扣款 😀");
    assert_eq!(db.value("SELECT hongyan_send(?, '订单-1')", &[json!(text)]), "订单-1");
    assert_eq!(db.value("SELECT hongyan_send(?, '订单-1')", &[json!(text)]), "订单-1");
    assert_eq!(db.value("SELECT message FROM hongyan_outbox", &[]), text.as_str());
    assert_eq!(db.value("SELECT hongyan_status('订单-1')", &[]), "waiting");
}
