//! `http_…`, `send_email` and the settings, from Python's SQLite.

use crate::{
    session::Session,
    stage::{Folder, Stage, echo, text},
};
use serde_json::{Value, json};

fn open() -> (Session, String) {
    let mut session = Session::open(":memory:");
    session.rows("SELECT hongyan_config('dangerous_private_addresses', 'on')");
    (session, echo())
}

fn read(value: &Value) -> Value {
    serde_json::from_str(value.as_str().unwrap()).unwrap()
}

fn heard(value: &Value) -> Value {
    read(&read(value)["text"])
}

#[test]
fn a_get_puts_an_object_into_the_query_and_gives_a_dictionary() {
    let (mut db, base) = open();
    let result = db.value(
        "SELECT http_get(?, ?, 5000, ?)",
        &[json!(format!("{base}/a")), json!(r#"{"q": "鸿 雁", "n": 1}"#), json!("X-One:1")],
    );
    let result = read(&result);
    assert_eq!(result["responseCode"], 200);
    assert!(result["headers"].as_str().unwrap().starts_with("HTTP/1.1 200 OK\r\n"), "{result}");
    assert!(result["elapsed"].as_f64().unwrap() > 0.0);
    let heard = read(&result["text"]);
    assert_eq!(heard["target"], "/a?q=%E9%B8%BF%20%E9%9B%81&n=1");
    assert!(heard["headers"].to_string().contains("[\"x-one\",\"1\"]"));
}

#[test]
fn a_post_sends_its_body_as_it_is_or_as_a_form() {
    let (mut db, base) = open();
    let body = json!({"msgtype": "text", "text": {"content": "你好"}}).to_string();
    let headers = json!({"Content-Type": "application/json"}).to_string();
    let url = json!(format!("{base}/send"));
    for (function, method) in [("http_post", "POST"), ("http_put", "PUT")] {
        let said =
            heard(&db.value(&format!("SELECT {function}(?, ?, 5000, ?)"), &[url.clone(), json!(body), json!(headers)]));
        assert_eq!((&said["method"], &said["body"]), (&json!(method), &json!(body)));
        assert!(said["headers"].to_string().contains("[\"content-type\",\"application/json\"]"), "{said}");
    }
    let form = heard(&db.value(
        "SELECT http_post(?, json_object('a', 'b c'), NULL, NULL, json_object('form', json('true')))",
        std::slice::from_ref(&url),
    ));
    assert_eq!(form["body"], "a=b%20c");
    let gone = heard(&db.value("SELECT http_delete(?, 'a=1')", &[url]));
    assert_eq!((&gone["method"], &gone["target"]), (&json!("DELETE"), &json!("/send?a=1")));
}

#[test]
fn a_status_is_a_result_and_a_time_limit_an_error() {
    let (mut db, base) = open();
    let missing = read(&db.value("SELECT http_get(?)", &[json!(format!("{base}/missing"))]));
    assert_eq!((&missing["responseCode"], &missing["text"]), (&json!(404), &json!("没有")));
    let code = db.value("SELECT json_extract(http_get(?), '$.responseCode')", &[json!(format!("{base}/x"))]);
    assert_eq!(code, 200);
    let start = std::time::Instant::now();
    let error = db.error("SELECT http_get(?, NULL, 200)", &[json!(format!("{base}/slow"))]);
    assert!(error.contains("200 ms") || error.contains("time"), "{error}");
    assert!(start.elapsed().as_secs() < 5);
    let bytes = read(&db.value("SELECT http_get(?)", &[json!(format!("{base}/bytes"))]));
    assert_eq!(bytes["text"], "a\u{0}\u{fffd}b");
}

#[test]
fn a_result_is_never_longer_than_the_connection_allows() {
    let (_, base) = open();
    let (_, complaints) = crate::session::run_shell(
        ":memory:",
        &format!(
            "SELECT hongyan_config('dangerous_private_addresses', 'on');\n.limit length 50000\nSELECT http_get('{base}/large');\nSELECT length(http_get('{base}/x')) > 0;\n"
        ),
    );
    assert!(complaints.contains("too big"), "{complaints}");
}

#[test]
fn odd_arguments_are_errors_that_name_the_argument() {
    let (mut db, base) = open();
    for (sql, parameters, expected) in [
        ("SELECT http_get(NULL)", vec![], "url is NULL"),
        ("SELECT http_get(17)", vec![], "url is a number"),
        ("SELECT http_get(?)", vec![json!({"hex": "00ff"})], "url is a blob"),
        ("SELECT http_get(?)", vec![json!("http://a\u{0}b/")], "url holds a NUL"),
        ("SELECT http_get(CAST(x'ff41' AS TEXT))", vec![], "url is not UTF-8"),
        ("SELECT http_get(?, NULL, 'soon')", vec![json!(base)], "timeout_ms is not a whole number"),
        ("SELECT http_get(?, NULL, -1)", vec![json!(base)], "Timeout must be"),
        ("SELECT http_get(?, '{')", vec![json!(base)], "params begins like a JSON object"),
        ("SELECT http_get(?, NULL, NULL, 'no colon')", vec![json!(base)], "XXX:XXX"),
        ("SELECT http_get(?, NULL, NULL, NULL, 'x')", vec![json!(base)], "config must be a dictionary"),
        ("SELECT http_get('ftp://www.example.com/')", vec![], "scheme"),
        ("SELECT http_get()", vec![], "wrong number of arguments"),
        ("SELECT send_email('a@example.com', 'p', 'b@example.com')", vec![], "subject"),
        ("SELECT email_smtp_config('example.com', 'h', 0)", vec![], "port 0"),
        ("SELECT hongyan_config('colour', 'red')", vec![], "is no setting"),
        ("SELECT hongyan_config('dangerous_raw_mail', 'perhaps')", vec![], "on or off"),
        ("SELECT hongyan_config('key', 'hy_invented')", vec![], "HONGYAN_KEY"),
    ] {
        let error = db.error(sql, &parameters);
        assert!(error.contains(expected), "{sql}: {error}");
        assert!(!error.contains("hy_invented"));
    }
}

#[test]
fn the_safe_profile_holds_until_a_switch_is_named() {
    let base = echo();
    let mut db = Session::open(":memory:");
    assert!(db.error("SELECT http_get(?)", &[json!(base)]).contains("dangerous_private_addresses"));
    assert_eq!(db.value("SELECT hongyan_config('profile')", &[]), "safe");
    assert_eq!(db.value("SELECT hongyan_config('dangerous_private_addresses', 1)", &[]), "on");
    assert_eq!(db.value("SELECT hongyan_config('profile')", &[]), "mixed");
    assert_eq!(heard(&db.value("SELECT http_get(?)", &[json!(base)]))["method"], "GET");
    assert_eq!(db.value("SELECT hongyan_config('profile', 'safe')", &[]), "safe");
    assert!(db.error("SELECT http_get(?)", &[json!(base)]).contains("dangerous_private_addresses"));

    let mut locked = Session::open_with(":memory:", &[("HONGYAN_LOCKED", "1".to_owned())]);
    assert!(locked.error("SELECT hongyan_config('profile', 'compatible')", &[]).contains("locked"));
}

#[test]
fn a_schema_cannot_reach_out() {
    let (mut db, _) = open();
    db.rows("CREATE TABLE t(a)");
    for (make, use_it) in [
        ("CREATE VIEW v AS SELECT http_get('http://www.example.com/')", "SELECT * FROM v"),
        (
            "CREATE TRIGGER i AFTER INSERT ON t BEGIN SELECT http_post('http://www.example.com/', new.a); END",
            "INSERT INTO t VALUES (1)",
        ),
        ("CREATE VIEW w AS SELECT * FROM hongyan_ledger('m1')", "SELECT * FROM w"),
        ("CREATE VIEW x AS SELECT hongyan_config('profile', 'compatible')", "SELECT * FROM x"),
    ] {
        if let Err(error) = db.ask(make, &[]) {
            assert!(error.contains("unsafe"), "{make}: {error}");
            continue;
        }
        assert!(db.error(use_it, &[]).contains("unsafe use"), "{make}");
        db.ask("DROP TRIGGER IF EXISTS i", &[]).unwrap();
    }
}

#[tokio::test]
async fn a_mail_goes_through_the_server_that_was_named() {
    let stage = Stage::open().await;
    let said = stage.sandbox.credentials();
    let folder = Folder::new();
    let authority = folder.file("ca.pem");
    std::fs::write(&authority, text(&said, "/smtp/ca_pem")).unwrap();
    let (user, password) = (text(&said, "/smtp/username"), text(&said, "/smtp/password"));
    let (host, port) = {
        let address = text(&said, "/smtp/address");
        let (h, p) = address.rsplit_once(':').unwrap();
        (h.to_owned(), p.parse::<u16>().unwrap())
    };
    let domain = user.split_once('@').unwrap().1.to_owned();
    tokio::task::spawn_blocking(move || {
        let mut db = Session::open(":memory:");
        db.value("SELECT hongyan_config('dangerous_private_addresses', 'on')", &[]);
        db.value("SELECT hongyan_config('ca_file', ?)", &[json!(authority)]);
        assert_eq!(db.value("SELECT email_smtp_config(?, ?, ?)", &[json!(domain), json!(host), json!(port)]), 1);
        let sql = "SELECT send_email(?, ?, ?, '对账', '<p>完成</p>')";
        let one = read(&db.value(sql, &[json!(user), json!(password), json!(user)]));
        assert_eq!(
            (&one["responseCode"], &one["userId"], &one["recipient"]),
            (&json!(250), &json!(user), &json!(user))
        );
        let two = json!([user, user]).to_string();
        assert_eq!(read(&db.value(sql, &[json!(user), json!(password), json!(two)]))["responseCode"], 250);
        let refused = db.error(sql, &[json!(user), json!("wrong-canary"), json!(user)]);
        assert!(refused.contains("password") && !refused.contains("wrong-canary"), "{refused}");
    })
    .await
    .unwrap();
    stage.close().await;
}
