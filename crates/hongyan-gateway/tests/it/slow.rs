//! Clients that take their time: they cost themselves something, and nobody else.

use crate::{CONFIG, TestGateway, http::Request};
use hongyan_core::Scope;
use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Long enough for a machine under load, and never waited for when all is well.
const PATIENCE: Duration = Duration::from_secs(30);

/// The usual configuration with other bounds of the server.
fn bounds(lines: &str) -> String {
    CONFIG.replacen("stop_timeout_ms = 3000", &format!("stop_timeout_ms = 3000\n{lines}"), 1)
}

/// Sends bytes and leaves it at that.
async fn rude(address: SocketAddr, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    stream
}

/// Waits until the gateway closes the connection, without reading what it says before it does.
async fn closed(stream: &TcpStream) {
    let gone = async {
        while stream.peer_addr().is_ok() && stream.try_write(b" ").is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, gone).await.expect("the connection is closed");
}

async fn answered(request: Request) -> u16 {
    tokio::time::timeout(PATIENCE, request.send()).await.expect("an answer").status
}

fn head(key: &str, line: &str, length: usize) -> Vec<u8> {
    format!(
        "{line} HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n"
    )
    .into_bytes()
}

#[tokio::test]
async fn a_reader_that_never_reads_is_cut_off_and_its_memory_given_back() {
    // The whole memory for bodies is two such files, and one key gets half of it.
    let config = bounds("write_timeout_ms = 400\nmax_held_bytes = 1\nbody_timeout_ms = 20000");
    let gateway = TestGateway::start_with(&config).await;
    // Far more than a socket's buffers take.
    let id = gateway.put_file("a.bin", &vec![7; 16 << 20]).await;
    let get = head(&gateway.admin, &format!("GET /v1/media/{id}/content"), 0);
    closed(&rude(gateway.address, &get).await).await;
    let again = gateway.get(&format!("/v1/media/{id}/content")).await;
    assert_eq!((again.status, again.body.len()), (200, 16 << 20));
    gateway.stop().await;
}

#[tokio::test]
async fn clients_that_say_nothing_do_not_take_every_connection() {
    let gateway = TestGateway::start_with(&bounds("max_connections = 4")).await;
    let post = head(&gateway.admin, "POST /v1/messages", 1_000);
    let mut idle = Vec::new();
    for n in 0..12 {
        // Nothing at all, half a head, or a body that never comes.
        let said: &[u8] = match n % 3 {
            0 => b"",
            1 => b"GET /healthz HTTP/1.1\r\nhost:",
            _ => &post,
        };
        idle.push(rude(gateway.address, said).await);
    }
    for _ in 0..6 {
        assert_eq!(answered(Request::new(gateway.address, "GET", "/healthz")).await, 200);
    }
    drop(idle);
    gateway.stop().await;
}

#[tokio::test]
async fn bodies_that_are_held_back_take_half_of_the_memory_at_most() {
    let config = bounds(
        "max_body_bytes = 100000\nmax_batch_bytes = 400000\nmax_file_bytes = 400000\nmax_held_bytes = 1\nbody_timeout_ms = 1500",
    );
    let gateway = TestGateway::start_with(&config).await;
    let other = gateway.key(&[Scope::Send], &[]).await;
    let good = r#"{"messages":[{"to":[{"userid":"li"}],"via":["ding"],"content":{"text":"a"}}]}"#;
    let batch = |key: &str| {
        // Large enough to be counted.
        let body = format!("{good}{}", " ".repeat(200_000));
        Request::new(gateway.address, "POST", "/v1/messages/batch")
            .bearer(key)
            .header("content-type", "application/json")
            .body(body)
    };
    // The other key is in force once the ring has looked.
    let known = async {
        while batch(&other).send().await.status == 401 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(PATIENCE, known).await.unwrap();

    let mut held = head(&gateway.admin, "POST /v1/messages/batch", 400_000);
    held.extend_from_slice(&vec![b' '; 300_000]);
    let held = rude(gateway.address, &held).await;
    // It has arrived before the next one.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut waiting = rude(gateway.address, &head(&gateway.admin, "POST /v1/messages/batch", 400_000)).await;
    assert_eq!(answered(batch(&other)).await, 202, "the other half is for others");
    let mut said = vec![0; 12];
    tokio::time::timeout(PATIENCE, waiting.read_exact(&mut said)).await.unwrap().unwrap();
    assert!(said == b"HTTP/1.1 503" || said == b"HTTP/1.1 408", "{}", String::from_utf8_lossy(&said));
    drop((held, waiting));
    assert_eq!(answered(batch(&gateway.admin)).await, 202);
    gateway.stop().await;
}

#[tokio::test]
async fn one_key_does_not_take_every_place_for_uploads() {
    let gateway = TestGateway::start().await;
    let other = gateway.key(&[Scope::Send], &[]).await;
    let put = |key: &str| {
        Request::new(gateway.address, "POST", "/v1/media?name=a.txt")
            .bearer(key)
            .header("content-type", "text/plain")
            .body("text")
    };
    let known = async {
        while put(&other).send().await.status == 401 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(PATIENCE, known).await.unwrap();
    let mut slow = Vec::new();
    for _ in 0..20 {
        let bytes = head(&gateway.admin, "POST /v1/media?name=b.txt", 1_000);
        slow.push(rude(gateway.address, &bytes).await);
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(answered(put(&other)).await, 201);
    drop(slow);
    gateway.stop().await;
}

#[tokio::test]
async fn a_list_is_no_object_on_any_route() {
    let gateway = TestGateway::start().await;
    for (path, body) in [
        ("/v1/messages", r#"[[{"userid":"x"}],["ding"],null,{"text":"x"},null,null,"normal",{}]"#),
        ("/v1/messages", r#"{"to":[["x",null,null,null,null,null,null,[]]],"via":["ding"],"content":{"text":"x"}}"#),
        ("/v1/messages", r#"{"to":[{"userid":"x"}],"via":["ding"],"content":["t","x"]}"#),
        (
            "/v1/messages",
            r#"{"to":[{"userid":"x"}],"via":["ding"],"content":{"link":["t","x","https://example.com",null]}}"#,
        ),
        ("/v1/messages", r#"{"to":[{"userid":"x"}],"via":["ding"],"content":{"table":[["a"],[["b"]]]}}"#),
        ("/v1/messages/plan", r#"[[{"userid":"x"}],["ding"],null,{"text":"x"},null,null,"normal",{}]"#),
        ("/v1/messages/batch", r#"[[[{"userid":"x"}],["ding"],null,{"text":"x"},null,null,"normal",{}]]"#),
        ("/v1/messages/batch", r#"[[{"userid":"x"}],["k"]]"#),
        ("/v1/chats", r#"["ding","name","li",["li"],null]"#),
        ("/v1/chats/ding/c", r#"["name","li",[],[]]"#),
    ] {
        let answer = gateway.post(path, body).await;
        assert_eq!(answer.status, 422, "{path} {body}: {}", answer.text());
    }
    gateway.stop().await;
}
