//! The gateway from SQL: `hongyan_post`, `hongyan_status`, `hongyan_ledger`.

use crate::{
    session::Session,
    stage::{Stage, message},
};
use hongyan_client::Gateway;
use hongyan_net::Secret;
use hongyan_relay::{Create, DEFAULT_TABLE, Options, OutboxTable, relay};
use serde_json::{Value, json};
use std::{path::Path, time::Duration};

/// Two people, one of whom nobody knows.
fn mixed() -> String {
    json!({"to": [{"userid": "zhangsan"}, {"userid": "nobody"}], "content": {"text": "盘后对账完成"}}).to_string()
}

fn until(db: &mut Session, id: &Value, state: &str) {
    for _ in 0..500 {
        if db.value("SELECT hongyan_status(?)", std::slice::from_ref(id)) == state {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("not {state} in time");
}

#[tokio::test]
async fn a_message_is_handed_in_and_its_ledger_is_a_table() {
    let stage = Stage::open().await;
    let environment = stage.environment();
    tokio::task::spawn_blocking(move || {
        let mut db = Session::open_with(":memory:", &environment);
        let both = mixed();
        let answer = db.value("SELECT hongyan_post(?, 'k1')", &[json!(both)]);
        let answer: Value = serde_json::from_str(answer.as_str().unwrap()).unwrap();
        let id = answer["id"].clone();
        let again = db.value("SELECT json_extract(hongyan_post(?, 'k1'), '$.id')", &[json!(both)]);
        assert_eq!(again, id);
        assert!(db.error("SELECT hongyan_post(?, 'k1')", &[json!(message("other"))]).contains("idempotency"));
        // The platform takes both, and says of one afterwards that it knows nobody of that name.
        until(&mut db, &id, "partial");
        let rows = db.ask("SELECT recipient, kind, account, state, code IS NOT NULL FROM hongyan_ledger(?) ORDER BY state DESC", std::slice::from_ref(&id)).unwrap();
        assert_eq!(rows.len(), 2, "{rows:?}");
        let refused = db.ask("SELECT recipient, reason, advice, at, message_id, id FROM hongyan_ledger WHERE id = ? AND state = 'refused'", std::slice::from_ref(&id)).unwrap();
        assert_eq!((refused.len(), &refused[0][0], &refused[0][4], &refused[0][5]), (1, &json!("nobody"), &id, &id));
        assert!(refused[0][1].as_str().unwrap().contains(" · ") && refused[0][3].as_str().unwrap().ends_with('Z'), "{refused:?}");
        // Beside other tables, in either order.
        db.rows("CREATE TABLE asked(id)");
        db.ask("INSERT INTO asked VALUES (?)", std::slice::from_ref(&id)).unwrap();
        for sql in [
            "SELECT count(*) FROM asked JOIN hongyan_ledger(asked.id)",
            "SELECT count(*) FROM hongyan_ledger l JOIN asked a ON l.id = a.id",
            "SELECT count(*) FROM asked a, hongyan_ledger l WHERE l.id = a.id",
        ] {
            assert_eq!(db.value(sql, &[]), 2, "{sql}");
        }
        // A row that nobody knows does not end a join.
        db.ask("INSERT INTO asked VALUES ('m-none'), (x'00ff')", &[]).unwrap();
        assert_eq!(db.value("SELECT count(*) FROM asked JOIN hongyan_ledger(asked.id)", &[]), 2);
        assert_eq!(db.value("SELECT hongyan_status('m-none')", &[]), json!(null));
    })
    .await
    .unwrap();
    stage.close().await;
}

#[tokio::test]
async fn a_row_of_the_outbox_is_followed_by_its_key() {
    let stage = Stage::open().await;
    let environment = stage.environment();
    let path = stage.folder.file("shop.db");
    let before = path.clone();
    let text = message("x");
    let mut db = tokio::task::spawn_blocking(move || {
        let mut db = Session::open_with(&before, &environment);
        db.value("SELECT hongyan_send(?, 'order-17')", &[json!(text)]);
        assert_eq!(db.value("SELECT hongyan_status('order-17')", &[]), "waiting");
        assert!(db.rows("SELECT * FROM hongyan_ledger('order-17')").is_empty());
        db
    })
    .await
    .unwrap();
    let table = OutboxTable::open(Path::new(&path), DEFAULT_TABLE, Create::Never).unwrap();
    let gateway = Gateway::new(&stage.base, Secret::new(stage.key.as_str()));
    let options = Options { once: Some(Duration::from_secs(30)), ..Options::default() };
    let (_stop, stopped) = tokio::sync::watch::channel(false);
    relay(table, &gateway, &options, stopped, |_| {}).await.unwrap();
    tokio::task::spawn_blocking(move || {
        assert_eq!(db.value("SELECT hongyan_status('order-17')", &[]), "sent");
        let rows = db.rows("SELECT o.key, l.recipient, l.state FROM hongyan_outbox o JOIN hongyan_ledger(o.key) l");
        assert_eq!((rows.len(), &rows[0][0]), (1, &json!("order-17")), "{rows:?}");
    })
    .await
    .unwrap();
    stage.close().await;
}

#[test]
fn without_a_gateway_it_is_said_what_to_set() {
    let mut db = Session::open(":memory:");
    let post = "SELECT hongyan_post(?)";
    assert!(db.error(post, &[json!(message("x"))]).contains("HONGYAN_GATEWAY"));
    db.rows("SELECT hongyan_config('gateway', 'http://127.0.0.1:1')");
    assert!(db.error(post, &[json!(message("x"))]).contains("HONGYAN_KEY"));
    db.rows("SELECT hongyan_config('key_file', '/nowhere/key')");
    assert!(db.error(post, &[json!(message("x"))]).contains("/nowhere/key"));
    assert!(db.error("SELECT hongyan_post('{}')", &[]).contains("field to"));
}
