//! Heads that two readers could read in two ways.

use crate::TestGateway;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[tokio::test]
async fn a_bare_line_feed_in_the_line_of_a_chunks_length_is_refused() {
    let gateway = TestGateway::start().await;
    let head = format!(
        "POST /v1/messages/plan HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {}\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n",
        gateway.admin
    );
    // What is wrong with `{}` is another matter.
    for (body, status) in [
        ("2;x\r\n{}\r\n0\r\n\r\n", "422"),
        ("2;x\ny\r\n{}\r\n0\r\n\r\n", "400"),
        ("2\n{}\r\n0\r\n\r\n", "400"),
        ("2;x\n{}\r\n0\r\n\r\n", "400"),
    ] {
        assert_eq!(statuses(&gateway, &format!("{head}{body}")).await, [status], "{body:?}");
    }
    gateway.stop().await;
}

#[tokio::test]
async fn a_request_says_once_for_whom_it_is() {
    let gateway = TestGateway::start().await;
    for (head, status) in [
        ("GET /healthz HTTP/1.1\r\nhost: a\r\nconnection: close", "200"),
        ("GET /healthz HTTP/1.1\r\nhost:\r\nconnection: close", "200"),
        ("GET /healthz HTTP/1.0", "200"),
        ("GET /healthz HTTP/1.1", "400"),
        ("GET /healthz HTTP/1.1\r\nhost: a\r\nhost: b", "400"),
        ("GET /healthz HTTP/1.1\r\nhost: a\r\nHost: a", "400"),
        ("POST /v1/messages HTTP/1.1\r\ncontent-length: 2", "400"),
        ("GET /gettoken HTTP/1.1\r\nhost: a\r\nhost: b", "400"),
    ] {
        assert_eq!(statuses(&gateway, &format!("{head}\r\n\r\n")).await, [status], "{head:?}");
    }
    gateway.stop().await;
}

/// The statuses of the answers to what is written on one connection, until it ends.
async fn statuses(gateway: &TestGateway, wire: &str) -> Vec<String> {
    let mut stream = tokio::net::TcpStream::connect(gateway.address).await.unwrap();
    stream.write_all(wire.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.split("HTTP/1.").skip(1).map(|rest| rest[2..5].to_owned()).collect()
}

#[tokio::test]
async fn a_bare_line_feed_in_a_head_is_refused() {
    let gateway = TestGateway::start().await;
    for (request, statuses) in [
        ("GET /healthz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n", vec!["200"]),
        ("GET /healthz HTTP/1.1\nhost: a\r\n\r\n", vec!["400"]),
        ("GET /healthz HTTP/1.1\r\nhost: a\nx: 1\r\n\r\n", vec!["400"]),
        ("GET /healthz HTTP/1.1\r\nhost: a\r\n\n", vec!["400"]),
        ("GET /healthz HTTP/1.1\r\nhost: a\r\nx: 1\n\n", vec!["400"]),
        // The second on a connection too, behind a body that may hold what it likes.
        (
            "POST /v1/messages HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\n\n\nGET /healthz HTTP/1.1\nhost: a\r\n\r\n",
            vec!["401", "400"],
        ),
    ] {
        assert_eq!(self::statuses(&gateway, request).await, statuses, "{request:?}");
    }
    gateway.stop().await;
}
