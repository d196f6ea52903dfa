//! The relay as a process of its own: somebody's database on one side, a gateway and the sandbox on the other.

use crate::stage::Stage;
use rusqlite::Connection;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

/// Kills of the relay, of the gateway, or of both.
const KILLS: u32 = 15;
/// The longest life between two kills, in milliseconds.
const LIFE_MS: u64 = 500;

fn open(path: &Path) -> Connection {
    let user = Connection::open(path).unwrap();
    user.busy_timeout(Duration::from_secs(20)).unwrap();
    user
}

fn message(account: &str, words: &str) -> String {
    let to = if account == "mail" { json!({"email": "u001@example.com"}) } else { json!({"userid": "u001"}) };
    json!({"to": [to], "via": [account], "content": {"text": words}}).to_string()
}

/// `key: state settled` of every row, in order.
fn rows(user: &Connection) -> Vec<String> {
    let mut statement =
        user.prepare("SELECT key || ': ' || state || ' ' || settled FROM hongyan_outbox ORDER BY id").unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<rusqlite::Result<_>>().unwrap()
}

fn once(stage: &Stage, path: &Path) -> Output {
    stage.command().args(["relay", "--json", "--once", "--create", "--database"]).arg(path).output().unwrap()
}

fn lines(output: &Output) -> Vec<Value> {
    String::from_utf8_lossy(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_python_commits_is_delivered_and_what_it_rolls_back_is_not() {
    let stage = Stage::open("").await;
    let path = stage.folder.0.join("shop.db");
    // The user's own tables, a trigger that speaks in the same transaction, and the table as the command prints it.
    let sql = stage.command().args(["relay", "--print-sql"]).output().unwrap();
    let script = "
import json, os, sqlite3, sys
shop = sqlite3.connect(sys.argv[1])
shop.executescript(sys.stdin.read() + '''
CREATE TABLE orders (id INTEGER PRIMARY KEY, buyer TEXT, paid INTEGER NOT NULL DEFAULT 0);
CREATE TRIGGER orders_paid AFTER UPDATE OF paid ON orders WHEN new.paid AND NOT old.paid BEGIN
  INSERT INTO hongyan_outbox (key, message) VALUES ('order-' || new.id || '-paid', json_object(
    'to', json_array(json_object('userid', new.buyer)), 'via', json_array('wecom'),
    'content', json_object('text', '订单 ' || new.id || ' 已付款')));
END;''')
with shop:
    shop.executemany('INSERT INTO orders (buyer) VALUES (?)', [('u001',)] * 6)
for order in range(1, 7):
    try:
        with shop:
            shop.execute('UPDATE orders SET paid = 1 WHERE id = ?', (order,))
            if order % 3 == 0:
                raise RuntimeError('the card was declined')
    except RuntimeError:
        pass
";
    let python = std::env::var("HONGYAN_TEST_PYTHON").unwrap_or_else(|_| "python3".into());
    let mut writer = Command::new(python).args(["-c", script]).arg(&path).stdin(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut writer.stdin.take().unwrap(), &sql.stdout).unwrap();
    assert!(writer.wait().unwrap().success());

    let output = once(&stage, &path);
    let said = lines(&output);
    assert_eq!(output.status.code(), Some(0), "{said:?} {}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(said.last().unwrap()["summary"], json!({"taken": 4, "well": 4, "badly": 0, "unknown": 0, "open": 0}));
    let expected: Vec<String> = [1, 2, 4, 5].map(|n| format!("order-{n}-paid: sent 1")).to_vec();
    assert_eq!(rows(&open(&path)), expected);
    for order in 1..=6 {
        let copies = stage.copies("u001", "wecom", &format!("订单 {order} 已付款")).await;
        assert_eq!(copies, usize::from(order % 3 != 0), "order {order}");
    }
    // Nothing is left: a second run does nothing.
    assert_eq!(lines(&once(&stage, &path)).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_says_what_became_of_it_and_the_exit_code_agrees() {
    let stage = Stage::open("").await;
    let path = stage.folder.0.join("shop.db");
    assert_eq!(once(&stage, &path).status.code(), Some(0));
    let user = open(&path);
    let insert = |key: &str, message: &str| {
        user.execute("INSERT INTO hongyan_outbox (key, message) VALUES (?1, ?2)", [key, message]).unwrap();
    };
    insert("good", &message("ding", "好消息"));
    insert("订单 7", &message("mail", "a key that no header can carry"));
    insert("no json", "hello");
    insert("no account", &message("nowhere", "x"));
    insert("nobody", &json!({"to": [{"userid": "not-there"}], "via": ["wecom"], "content": {"text": "x"}}).to_string());
    let output = once(&stage, &path);
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(
        rows(&user),
        ["good: sent 1", "订单 7: sent 1", "no json: rejected 1", "no account: rejected 1", "nobody: failed 1"]
    );
    let error = |key: &str| -> String {
        user.query_row("SELECT error FROM hongyan_outbox WHERE key = ?1", [key], |row| row.get(0)).unwrap()
    };
    assert!(error("no account").contains("nowhere"), "{}", error("no account"));
    assert!(error("nobody").contains("not-there") && error("nobody").contains("refused"), "{}", error("nobody"));

    // A key that is none, a database that is none, a name that is none.
    let run = |key: &str, more: &[&str]| {
        let output = stage.command().env("HONGYAN_KEY", key).args(["relay", "--once"]).args(more).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let database = path.to_str().unwrap();
    insert("later", &message("ding", "later"));
    let (code, said) = run("hy_none_at_all", &["--database", database]);
    assert!(code == Some(1) && said.contains("send and read") && !said.contains("hy_none"), "{said}");
    let (code, said) = run(&stage.key, &["--database", "nowhere.db"]);
    assert!(code == Some(1) && said.contains("--create"), "{said}");
    let (code, _) = run(&stage.key, &["--database", database, "--table", "a;b"]);
    assert_eq!(code, Some(2));
    assert_eq!(rows(&user).last().unwrap(), "later: waiting 0");
}

fn start_relay(stage: &Stage, path: &Path) -> Child {
    let mut command = stage.command();
    command.args(["relay", "--json", "--interval-ms", "20", "--database"]).arg(path);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

/// Commits and rolls back until it is over; gives the words of what was committed, by account.
fn write(path: PathBuf, over: &AtomicBool) -> (BTreeMap<String, &'static str>, BTreeSet<String>) {
    let mut user = open(&path);
    let (mut committed, mut undone) = (BTreeMap::new(), BTreeSet::new());
    let mut n = 0;
    while !over.load(Ordering::Relaxed) {
        let mut words = Vec::new();
        let change = user.transaction().unwrap();
        for _ in 0..=n % 3 {
            n += 1;
            let account = ["ding", "wecom", "mail"][n % 3];
            let key = format!("row {n} of the outbox");
            let row = [key.clone(), message(account, &key)];
            change.execute("INSERT INTO hongyan_outbox (key, message) VALUES (?1, ?2)", row).unwrap();
            words.push((key, account));
        }
        if n % 4 == 0 {
            change.rollback().unwrap();
            undone.extend(words.into_iter().map(|(key, _)| key));
        } else {
            change.commit().unwrap();
            committed.extend(words);
        }
        std::thread::sleep(Duration::from_millis(25));
    }
    (committed, undone)
}

#[tokio::test(flavor = "multi_thread")]
async fn kills_of_relay_and_gateway_deliver_each_committed_row_once() {
    let mut stage = Stage::open("").await;
    // The relay knows one address: the gateway keeps it over its lives.
    let address = stage.base.trim_start_matches("http://").to_owned();
    stage.configure(|text| text.replace("127.0.0.1:0", &address));
    let path = stage.folder.0.join("shop.db");
    assert_eq!(once(&stage, &path).status.code(), Some(0));
    let over = Arc::new(AtomicBool::new(false));
    let writer = {
        let (path, over) = (path.clone(), Arc::clone(&over));
        tokio::task::spawn_blocking(move || write(path, &over))
    };
    let mut relay = start_relay(&stage, &path);
    for kill in 0..KILLS {
        let moment = 100 + (u64::from(kill + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33) % LIFE_MS;
        tokio::time::sleep(Duration::from_millis(moment)).await;
        if kill % 3 != 1 {
            end(&mut relay);
        }
        if kill % 3 != 0 {
            stage.kill();
            stage.start();
        }
        if kill % 3 != 1 {
            relay = start_relay(&stage, &path);
        }
    }
    over.store(true, Ordering::Relaxed);
    let (committed, undone) = writer.await.unwrap();
    assert!(committed.len() > 50 && undone.len() > 10, "{} and {}", committed.len(), undone.len());

    let user = open(&path);
    let deadline = Instant::now() + Duration::from_secs(60);
    let unsettled = || rows(&user).into_iter().filter(|row| !row.ends_with(" sent 1")).collect::<Vec<_>>();
    while !unsettled().is_empty() {
        assert!(Instant::now() < deadline, "not settled in time: {:?}", unsettled());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    end(&mut relay);
    assert_eq!(rows(&user).len(), committed.len());

    let messages = everything(&stage).await;
    let by_words: HashMap<&str, &Value> =
        messages.iter().map(|message| (message["content"]["text"].as_str().unwrap(), message)).collect();
    assert_eq!((messages.len(), by_words.len()), (committed.len(), committed.len()), "one message for each row");
    let mut shown: HashMap<String, usize> = HashMap::new();
    for mail in stage.inspect("mail").await["mails"].as_array().unwrap() {
        *shown.entry(mail["subject"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    for platform in ["dingtalk", "wecom"] {
        for message in stage.phone("u001", platform).await {
            let text = message.to_string();
            let words = text.find("row ").map(|at| text[at..].split('"').next().unwrap_or_default().to_owned());
            *shown.entry(words.unwrap_or(text)).or_default() += 1;
        }
    }
    let mut repeated = 0;
    for (key, account) in &committed {
        let message = by_words[key.as_str()];
        let id: String =
            user.query_row("SELECT message_id FROM hongyan_outbox WHERE key = ?1", [key], |row| row.get(0)).unwrap();
        assert_eq!(message["id"], id.as_str(), "{key}");
        let copies = shown.get(key).copied().unwrap_or(0);
        let flagged = message["deliveries"][0]["repeated"] == true;
        repeated += u32::from(flagged);
        assert!(copies == 1 || (copies > 1 && flagged && *account == "mail"), "{key}: {copies} copies, {message}");
    }
    assert!(undone.iter().all(|key| !shown.contains_key(key)), "a row that was rolled back was delivered");
    eprintln!("{KILLS} kills, {} rows committed, {} rolled back, {repeated} flagged", committed.len(), undone.len());
}

/// Every message in full.
async fn everything(stage: &Stage) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let (status, page) = stage.call("GET", &format!("/v1/messages?limit=100{cursor}"), None).await;
        assert_eq!(status, 200, "{page}");
        all.extend(page["messages"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}
