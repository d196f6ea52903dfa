//! Heads that two readers could read in two ways.

use crate::TestGateway;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

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
        let mut stream = tokio::net::TcpStream::connect(gateway.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let found: Vec<&str> = answer.split("HTTP/1.1 ").skip(1).map(|rest| &rest[..3]).collect();
        assert_eq!(found, statuses, "{request:?}: {answer}");
    }
    gateway.stop().await;
}
