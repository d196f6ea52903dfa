//! Whatever is wrong is a problem document that names the field; nothing is half-accepted; the process goes on.

use crate::{
    TestGateway,
    http::{Answer, Request, connect},
};
use std::time::Duration;
use tokio::io::AsyncWriteExt;

const GOOD: &str = r#"{"to":[{"userid":"li"}],"via":["ding"],"content":{"text":"a"}}"#;

async fn nothing_stored(gateway: &TestGateway) {
    let page = gateway.get("/v1/messages").await.json();
    assert_eq!(page["messages"].as_array().map(Vec::len), Some(0), "{page}");
}

#[tokio::test]
async fn every_bad_body_names_its_field_and_stores_nothing() {
    let gateway = TestGateway::start().await;
    let long = "长".repeat(1_000);
    let many: Vec<String> = (0..10_001).map(|i| format!(r#"{{"userid":"u{i}"}}"#)).collect();
    let labels: Vec<String> = (0..17).map(|i| format!(r#""k{i}":"v""#)).collect();
    let with = |rest: &str| format!(r#"{{"to":[{{"userid":"li"}}],"via":["ding"],{rest}}}"#);
    let to = |to: &str| format!(r#"{{"to":{to},"via":["ding"],"content":{{"text":"a"}}}}"#);
    let cases: Vec<(String, u16, &str, Option<&str>)> = vec![
        ("".into(), 400, "malformed_json", None),
        ("{".into(), 400, "malformed_json", None),
        ("nonsense".into(), 400, "malformed_json", None),
        (format!("{GOOD},"), 400, "malformed_json", None),
        ("null".into(), 422, "invalid_field", None),
        (with(r#""content":{"text":"a"},"colour":"red""#), 422, "unknown_field", Some("colour")),
        (with(r#""content":{"txet":"a"}"#), 422, "unknown_field", Some("content.txet")),
        (to(r#"[{"phone":"1"}]"#), 422, "unknown_field", Some("to[0].phone")),
        (to(r#"[{"userid":"a"},{"userid":7}]"#), 422, "invalid_field", Some("to[1].userid")),
        (to("[]"), 422, "invalid_field", Some("to")),
        (to(r#"[{"userid":"a"},{}]"#), 422, "invalid_field", Some("to[1]")),
        (to(r#"[{"userid":"a\u0000b"}]"#), 422, "invalid_field", Some("to[0]")),
        (to(r#"[{"email":"li@example.com"}]"#), 422, "invalid_field", Some("to[0]")),
        (to(r#"[{"userid":"@all"}]"#), 422, "invalid_field", Some("to[0]")),
        (to(r#"[{"userid":"li"},{"userid":"<@ALL>"}]"#), 422, "invalid_field", Some("to[1]")),
        (to(r#"[{"userid":"li|wang"}]"#), 422, "invalid_field", Some("to[0]")),
        (to(r#"[{"chat":"c1;c2"}]"#), 422, "invalid_field", Some("to[0]")),
        (to(r#"[{"email":"a@example.com;b@example.com"}]"#), 422, "invalid_field", Some("to[0]")),
        (to(r#"[{"department":"2|3"}]"#), 422, "invalid_field", Some("to[0]")),
        (with(r#""content":{"native":{"msgtype":"text"},"given":{}}"#), 422, "unknown_field", Some("content.given")),
        (to(r#"[{"userid":"li","via":["nobody"]}]"#), 422, "invalid_field", Some("to[0].via")),
        (to(&format!("[{}]", many.join(","))), 422, "invalid_field", Some("to")),
        (with(r#""content":{"text":5}"#), 422, "invalid_field", Some("content.text")),
        (with(r#""content":"a""#), 422, "invalid_field", Some("content")),
        (with(r#""content":{}"#), 422, "invalid_field", Some("content")),
        (with(r#""content":{"text":" "}"#), 422, "invalid_field", Some("content.text")),
        (with(r#""content":{"text":"a\u0007"}"#), 422, "invalid_field", Some("content.text")),
        (with(r#""content":{"text":"a","title":"b\r\nBcc: c"}"#), 422, "invalid_field", Some("content.title")),
        (with(r#""content":{"text":"a","markdown":"b"}"#), 422, "invalid_field", Some("content.markdown")),
        (with(r#""content":{"markdown":"b"}"#), 422, "invalid_field", Some("content.title")),
        (with(r#""content":{"title":"t","html":"<p>"}"#), 422, "invalid_field", Some("content.html")),
        (with(&format!(r#""content":{{"text":"{long}"}}"#)), 422, "invalid_field", Some("content.text")),
        (with(r#""content":{"template":"nope"}"#), 422, "invalid_field", Some("content.template")),
        (with(r#""content":{"template":"disk","data":{"host":"a"}}"#), 422, "invalid_field", Some("content.data")),
        (with(r#""content":{"template":"disk","data":[]}"#), 422, "invalid_field", Some("content.data")),
        (with(r#""content":{"text":"a","data":{}}"#), 422, "invalid_field", Some("content.data")),
        (
            with(r#""content":{"text":"a","attachments":[{"name":"a.txt","base64":"!"}]}"#),
            422,
            "invalid_field",
            Some("content.attachments[0].base64"),
        ),
        (
            with(r#""content":{"text":"a","attachments":[{"name":"a.txt","base64":"YQ=="}]}"#),
            422,
            "invalid_field",
            Some("content.attachments"),
        ),
        (with(r#""content":{"text":"a"},"priority":"urgent""#), 422, "invalid_field", Some("priority")),
        (
            with(r#""content":{"text":"a"},"expires_at":"2020-01-01T00:00:00Z""#),
            422,
            "invalid_field",
            Some("expires_at"),
        ),
        (with(r#""content":{"text":"a"},"send_at":"tomorrow""#), 422, "invalid_field", Some("send_at")),
        (with(r#""content":{"text":"a"},"send_at":"2026-12-01T09:00:00""#), 422, "invalid_field", Some("send_at")),
        (
            with(r#""content":{"text":"a"},"send_at":"2099-01-02T00:00:00Z","expires_at":"2099-01-01T00:00:00Z""#),
            422,
            "invalid_field",
            Some("expires_at"),
        ),
        (with(r#""content":{"text":"a"},"route":"default""#), 422, "invalid_field", Some("route")),
        (
            with(&format!(r#""content":{{"text":"a"}},"labels":{{{}}}"#, labels.join(","))),
            422,
            "invalid_field",
            Some("labels"),
        ),
        (
            with(&format!(r#""content":{{"text":"a"}},"labels":{{"k":"{}"}}"#, "v".repeat(257))),
            422,
            "invalid_field",
            Some("labels.k"),
        ),
        (with(r#""content":{"text":"a"},"labels":{"k":5}"#), 422, "invalid_field", Some("labels.k")),
        (
            r#"{"to":[{"userid":"li"}],"via":["nobody"],"content":{"text":"a"}}"#.into(),
            422,
            "invalid_field",
            Some("via"),
        ),
        (
            r#"{"to":[{"userid":"li"}],"route":"nowhere","content":{"text":"a"}}"#.into(),
            422,
            "invalid_field",
            Some("route"),
        ),
    ];
    for (body, status, code, field) in cases {
        for path in ["/v1/messages", "/v1/messages/plan"] {
            let shown: String = body.chars().take(120).collect();
            let found = gateway.post(path, &body).await.problem();
            assert_eq!(found, (status, code.to_owned(), field.map(str::to_owned)), "{shown}");
        }
    }
    nothing_stored(&gateway).await;
    assert_eq!(gateway.post("/v1/messages", GOOD).await.status, 202);
    gateway.stop().await;
}

#[tokio::test]
async fn bad_heads_are_told_apart() {
    let gateway = TestGateway::start().await;
    let post = |path: &str| gateway.request("POST", path);
    let cases = [
        (post("/v1/messages").header("content-type", "text/plain").body(GOOD), 415, Some("content-type")),
        (post("/v1/messages?wait=31s").body(GOOD), 400, Some("wait")),
        (post("/v1/messages?wait=soon").body(GOOD), 400, Some("wait")),
        (post("/v1/messages?colour=red").body(GOOD), 400, Some("colour")),
        (post("/v1/messages").header("idempotency-key", "two words").body(GOOD), 400, Some("idempotency-key")),
        (post("/v1/messages").header("idempotency-key", &"k".repeat(256)).body(GOOD), 400, Some("idempotency-key")),
        (gateway.request("GET", "/v1/messages?state=lost"), 400, Some("state")),
        (gateway.request("GET", "/v1/messages?limit=0"), 400, Some("limit")),
        (gateway.request("GET", "/v1/messages?limit=1001"), 400, Some("limit")),
        (gateway.request("GET", "/v1/messages?cursor=x"), 400, Some("cursor")),
        (gateway.request("GET", "/v1/messages?label.=x"), 400, Some("label.")),
        (gateway.request("GET", "/v1/messages/nonsense"), 404, Some("id")),
        (gateway.request("GET", "/v1/messages/%ff"), 404, Some("id")),
        (gateway.request("GET", "/v1/messages/m0000000000000"), 404, Some("id")),
        (gateway.request("POST", "/v1/messages/m0000000000000/recall"), 404, Some("id")),
        (gateway.request("POST", "/v1/accounts/nobody/check"), 404, Some("name")),
        (gateway.request("GET", "/v2"), 404, None),
    ];
    for (request, status, field) in cases {
        let (found, _, found_field) = request.send().await.problem();
        assert_eq!((found, found_field.as_deref()), (status, field));
    }
    let answer = gateway.request("DELETE", "/v1/messages").send().await;
    assert_eq!(answer.problem().0, 405);
    let mut allow: Vec<&str> = answer.header("allow").unwrap().split(',').map(str::trim).collect();
    allow.sort_unstable();
    assert_eq!(allow, ["GET", "HEAD", "POST"]);
    let head = gateway.request("HEAD", "/healthz").send().await;
    assert_eq!(head.status, 200);
    for media_type in ["application/json; charset=utf-8", "application/vnd.x+json", "APPLICATION/JSON"] {
        let answer = post("/v1/messages").header("content-type", media_type).body(GOOD).send().await;
        assert_eq!(answer.status, 202, "{media_type}");
    }
    gateway.stop().await;
}

#[tokio::test]
async fn a_hundred_megabytes_are_refused_and_the_connection_stays_sane() {
    let gateway = TestGateway::start().await;
    let head = format!(
        "POST /v1/messages HTTP/1.1\r\nhost: t\r\nauthorization: Bearer {}\r\ncontent-length: 100000000\r\n\r\n",
        gateway.admin
    );
    let mut stream = connect(gateway.address).await;
    stream.write_all(head.as_bytes()).await.unwrap();
    let chunk = vec![b'a'; 1_000_000];
    for _ in 0..100 {
        stream.write_all(&chunk).await.unwrap();
    }
    stream.flush().await.unwrap();
    assert_eq!(Answer::read(&mut stream, false).await.unwrap().problem().1, "too_large");
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: t\r\n\r\n").await.unwrap();
    stream.flush().await.unwrap();
    assert_eq!(Answer::read(&mut stream, false).await.unwrap().status, 200);

    // Whoever asks first is told before anything is sent.
    let mut stream = connect(gateway.address).await;
    let polite = head.replace("\r\n\r\n", "\r\nexpect: 100-continue\r\n\r\n");
    stream.write_all(polite.as_bytes()).await.unwrap();
    stream.flush().await.unwrap();
    assert_eq!(Answer::read(&mut stream, false).await.unwrap().problem().1, "too_large");

    // A body that does not say how long it is.
    let mut stream = connect(gateway.address).await;
    let chunked = head.replace("content-length: 100000000", "transfer-encoding: chunked");
    stream.write_all(chunked.as_bytes()).await.unwrap();
    for _ in 0..3 {
        stream.write_all(format!("{:x}\r\n", chunk.len()).as_bytes()).await.unwrap();
        stream.write_all(&chunk).await.unwrap();
        stream.write_all(b"\r\n").await.unwrap();
    }
    stream.write_all(b"0\r\n\r\n").await.unwrap();
    stream.flush().await.unwrap();
    assert_eq!(Answer::read(&mut stream, false).await.unwrap().problem().1, "too_large");
    nothing_stored(&gateway).await;
    gateway.stop().await;
}

#[tokio::test]
async fn broken_requests_leave_the_gateway_as_it_was() {
    let config = crate::CONFIG.replace("[server]", "[server]\nbody_timeout_ms = 300\nheader_timeout_ms = 2000");
    let gateway = TestGateway::start_with(&config).await;
    for bytes in [
        &b"\x16\x03\x01\x02\x00"[..],
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /v1/messages HTTP/1.1\r\nhost: t\r\ncontent-length: -1\r\n\r\n",
        b"POST /v1/messages HTTP/1.1\r\nhost: t\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello",
        b"GET /\x00 HTTP/1.1\r\n\r\n",
    ] {
        let mut stream = connect(gateway.address).await;
        stream.write_all(bytes).await.unwrap();
        stream.flush().await.unwrap();
        let answer = tokio::time::timeout(Duration::from_secs(10), Answer::read(&mut stream, false)).await.unwrap();
        assert!(answer.is_none_or(|answer| (400..600).contains(&answer.status)));
    }
    // Half a body, and then silence.
    let mut stream = connect(gateway.address).await;
    let head = format!(
        "POST /v1/messages HTTP/1.1\r\nhost: t\r\nauthorization: Bearer {}\r\ncontent-length: 50\r\n\r\n{{",
        gateway.admin
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.flush().await.unwrap();
    assert_eq!(Answer::read(&mut stream, false).await.unwrap().problem().0, 408);
    // Bytes that are not UTF-8.
    let body = b"{\"to\":[{\"userid\":\"\xff\xfe\"}],\"content\":{\"text\":\"a\"}}".to_vec();
    let answer = gateway.request("POST", "/v1/messages").body(body).send().await;
    assert_eq!(answer.problem().1, "malformed_json");
    // A mistake of ours is a problem without particulars, and the next request is served.
    let boom = r#"{"to":[{"userid":"li"}],"via":["boom"],"content":{"text":"a"}}"#;
    let answer = gateway.post("/v1/messages", boom).await;
    assert_eq!(answer.problem(), (500, "internal".into(), None));
    assert!(!answer.text().contains("invented"));
    nothing_stored(&gateway).await;
    assert_eq!(Request::new(gateway.address, "GET", "/healthz").send().await.status, 200);
    gateway.stop().await;
}

#[tokio::test]
async fn a_batch_says_of_each_message_what_became_of_it() {
    let gateway = TestGateway::start().await;
    let bad = r#"{"to":[{"phone":"1"}],"via":["ding"],"content":{"text":"a"}}"#;
    for body in [format!(r#"{{"messages":[{GOOD},{bad},{GOOD}]}}"#), format!("[{GOOD},{bad},{GOOD}]")] {
        let answer = gateway.post("/v1/messages/batch", &body).await;
        assert_eq!(answer.status, 202);
        let json = answer.json();
        assert_eq!((&json["accepted"], &json["refused"]), (&2.into(), &1.into()));
        assert_eq!(json["results"][0]["state"], "pending");
        assert_eq!(json["results"][1]["problem"]["field"], "to[0].phone");
        assert_eq!(json["results"][2]["index"], 2);
    }
    let answer = gateway.post("/v1/messages/batch", &format!("[{bad}]")).await;
    assert_eq!((answer.status, &answer.json()["accepted"]), (422, &0.into()));
    let too_many = format!("[{}]", vec![GOOD; 1_001].join(","));
    for (body, status, field) in [
        ("[]", 422, Some("messages")),
        ("{}", 422, Some("messages")),
        (r#"{"messages":5}"#, 422, Some("messages")),
        (r#"{"messages":[],"x":1}"#, 422, Some("x")),
        ("[", 400, None),
        (too_many.as_str(), 422, Some("messages")),
    ] {
        let (found, _, found_field) = gateway.post("/v1/messages/batch", body).await.problem();
        assert_eq!((found, found_field.as_deref()), (status, field), "{}", &body[..body.len().min(40)]);
    }
    assert_eq!(gateway.get("/v1/messages").await.json()["messages"].as_array().unwrap().len(), 4);
    gateway.stop().await;
}

#[tokio::test]
async fn a_store_that_cannot_keep_up_says_when_to_come_back() {
    let options = hongyan_store::Options { accept_rows: 1, ..hongyan_store::Options::default() };
    let accounts = std::collections::BTreeMap::from([crate::account("ding", crate::fake::FakeChannel::people())]);
    let config = hongyan_gateway::Config::parse(crate::CONFIG, None, []).unwrap();
    let gateway = TestGateway::start_over(config, accounts, options).await;
    let (mut accepted, mut busy) = (0, 0);
    // While one commit runs, one message may wait; whoever comes then is told.
    for _ in 0..20 {
        let posts: Vec<_> =
            (0..32).map(|_| tokio::spawn(gateway.request("POST", "/v1/messages").body(GOOD).send())).collect();
        for post in posts {
            let answer = post.await.unwrap();
            if answer.status == 202 {
                accepted += 1;
            } else {
                assert_eq!(answer.problem(), (503, "busy".into(), None));
                assert_eq!(answer.header("retry-after"), Some("1"));
                busy += 1;
            }
        }
        if busy > 0 {
            break;
        }
    }
    assert!(busy > 0);
    let page = gateway.get("/v1/messages?limit=1000").await.json();
    assert_eq!(page["messages"].as_array().unwrap().len(), accepted);
    gateway.stop().await;
}

#[tokio::test]
async fn everybody_is_named_in_one_way_only() {
    let gateway = TestGateway::start().await;
    let message = GOOD.replace("li", "@all");
    let problem = gateway.post("/v1/messages", &message).await.json();
    assert!(problem["detail"].as_str().unwrap().contains("{\"all\": true}"), "{problem}");
    nothing_stored(&gateway).await;
    gateway.stop().await;
}
