//! The table against what is mounted, the documents, the metrics, and the stop.

use crate::{
    TestGateway,
    http::{Answer, Request, connect},
};
use hongyan_api::{Method, ROUTES};
use serde_json::Value;
use std::{collections::BTreeMap, time::Duration};
use tokio::io::AsyncWriteExt;

#[tokio::test]
async fn every_route_of_the_table_is_mounted_and_nothing_else_is() {
    let gateway = TestGateway::start().await;
    let mut methods: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for route in ROUTES {
        let list = methods.entry(route.path).or_default();
        list.push(route.method.name());
        if route.method == Method::Get {
            list.push("HEAD");
        }
    }
    for (path, mut methods) in methods {
        let path = path.replace("{id}", "m0000000000000").replace("{name}", "nobody");
        // A method that nothing is mounted for answers with those that are.
        let answer = gateway.request("PATCH", &path).send().await;
        assert_eq!(answer.problem().0, 405, "{path}");
        let mut allow: Vec<&str> = answer.header("allow").unwrap().split(',').map(str::trim).collect();
        allow.sort_unstable();
        methods.sort_unstable();
        assert_eq!(allow, methods, "{path}");
        for method in methods {
            let status = gateway.request(method, &path).send().await.status;
            assert!(status != 405 && status < 500, "{method} {path}: {status}");
        }
    }
    for path in ["/", "/v1", "/v1/", "/v1/messages/", "/v1/keys", "/v1/events", "/v1/messages/a/b/c", "/doc", "/debug"]
    {
        assert_eq!(gateway.get(path).await.problem().0, 404, "{path}");
    }
    gateway.stop().await;
}

#[tokio::test]
async fn a_query_parameter_that_the_table_does_not_name_is_refused() {
    let gateway = TestGateway::start().await;
    for route in ROUTES {
        let path = route.path.replace("{id}", "m0000000000000").replace("{name}", "nobody");
        let answer = gateway.request(route.method.name(), &format!("{path}?stranger=1")).send().await;
        if route.any_query {
            assert_eq!(answer.status, 200, "{path}");
        } else {
            assert_eq!(answer.problem(), (400, "invalid_query".into(), Some("stranger".into())), "{path}");
        }
    }
    gateway.stop().await;
}

#[tokio::test]
async fn the_documents_are_whole_and_strict() {
    let gateway = TestGateway::start().await;
    let open = async |path: &str| Request::new(gateway.address, "GET", path).send().await;
    let document: Value = open("/openapi.json").await.json();
    assert_eq!(document["openapi"], "3.1.0");
    for route in ROUTES {
        assert!(document["paths"][route.path][route.method.name().to_lowercase()].is_object(), "{}", route.path);
    }
    let docs = open("/docs").await;
    let policy = docs.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-") && !policy.contains("unsafe"));
    assert_eq!(docs.header("x-content-type-options"), Some("nosniff"));
    assert!(docs.text().contains("/v1/messages/{id}/recall"));
    assert_eq!(open("/readyz").await.json()["status"], "ready");
    gateway.stop().await;
}

#[tokio::test]
async fn what_happens_is_counted() {
    let gateway = TestGateway::start().await;
    let body = r#"{"to":[{"userid":"li"}],"via":["ding"],"content":{"text":"a"}}"#;
    assert_eq!(gateway.post("/v1/messages?wait=10s", body).await.json()["state"], "sent");
    assert_eq!(gateway.post("/v1/messages", "{").await.status, 400);
    let wanted = [
        "hongyan_accepted_total 1",
        r#"hongyan_http_requests_total{route="message.send",status="202"} 1"#,
        r#"hongyan_http_requests_total{route="message.send",status="400"} 1"#,
        r#"hongyan_attempts_total{account="ding",class="taken"} 1"#,
        r#"hongyan_attempts_total{account="mail",class="taken"} 0"#,
        r#"hongyan_attempt_seconds_count{account="ding"} 1"#,
        "hongyan_accept_seconds_count 1",
        r#"hongyan_deliveries{account="ding",state="sending"} 0"#,
        "# EOF",
    ];
    // Gauges follow the store every few seconds, later on a busy machine.
    let missing = |text: &str| wanted.iter().copied().find(|line| text.lines().all(|other| other != *line));
    let mut text = String::new();
    for _ in 0..300 {
        text = gateway.get("/metrics").await.text();
        if missing(&text).is_none() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(missing(&text), None, "{text}");
    gateway.stop().await;
}

#[tokio::test]
async fn a_stop_answers_what_is_under_way_and_takes_nothing_new() {
    let gateway = TestGateway::start().await;
    let address = gateway.address;
    let mut stream = connect(address).await;
    let later = r#"{"to":[{"userid":"li"}],"via":["ding"],"content":{"text":"a"},"send_at":"2099-01-01T00:00:00Z"}"#;
    let request = format!(
        "POST /v1/messages?wait=700ms HTTP/1.1\r\nhost: t\r\nauthorization: Bearer {}\r\ncontent-length: {}\r\n\r\n{later}",
        gateway.admin,
        later.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    stream.flush().await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let stopping = tokio::spawn(gateway.stop());
    assert_eq!(Answer::read(&mut stream, false).await.unwrap().status, 202);
    stopping.await.unwrap();
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}
