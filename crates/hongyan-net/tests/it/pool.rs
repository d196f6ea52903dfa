//! Connections: how many are opened, which are used again, and what is done the moment before a request is written.

use bytes::Bytes;
use hongyan_net::{BeforeWrite, Failure, Http, Options};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
    sync::Barrier,
};

/// What a server has seen.
#[derive(Default)]
struct Seen {
    connections: AtomicUsize,
    open: AtomicUsize,
    requests: AtomicUsize,
}

/// Answers `exchanges` requests of each connection so, then closes it.
async fn server(answer: &'static str, exchanges: usize) -> (String, Arc<Seen>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let seen = Arc::new(Seen::default());
    let witness = Arc::clone(&seen);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let seen = Arc::clone(&witness);
            tokio::spawn(async move {
                seen.connections.fetch_add(1, SeqCst);
                seen.open.fetch_add(1, SeqCst);
                let mut stream = BufReader::new(stream);
                for _ in 0..exchanges {
                    if !head(&mut stream).await {
                        break;
                    }
                    seen.requests.fetch_add(1, SeqCst);
                    stream.write_all(answer.as_bytes()).await.unwrap();
                }
                drop(stream);
                seen.open.fetch_sub(1, SeqCst);
            });
        }
    });
    (url, seen)
}

/// Reads a request with its body; `false` at the end of the connection.
async fn head(stream: &mut BufReader<tokio::net::TcpStream>) -> bool {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
            return false;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line == "\r\n" {
            let mut body = vec![0; length];
            return stream.read_exact(&mut body).await.is_ok();
        }
    }
}

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

fn post(url: &str) -> http::Request<Bytes> {
    http::Request::post(url).body(Bytes::from_static(b"{}")).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn at_most_as_many_connections_are_opened_as_calls_are_in_flight() {
    const IN_FLIGHT: usize = 64;
    let (url, seen) = server(OK, usize::MAX).await;
    let http = Http::new(Options::default());
    let callers: Vec<_> = (0..IN_FLIGHT)
        .map(|_| {
            let (http, url) = (http.clone(), url.clone());
            tokio::spawn(async move {
                for _ in 0..30 {
                    assert_eq!(http.send(post(&url)).await.unwrap().status, 200);
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    assert_eq!(seen.requests.load(SeqCst), IN_FLIGHT * 30);
    let opened = seen.connections.load(SeqCst);
    assert!((1..=IN_FLIGHT).contains(&opened), "{opened}");
}

#[tokio::test(flavor = "multi_thread")]
async fn as_many_as_were_in_flight_are_kept() {
    const IN_FLIGHT: usize = 100;
    let (url, seen) = server(OK, usize::MAX).await;
    let http = Http::new(Options::default());
    for _ in 0..3 {
        let all = Arc::new(Barrier::new(IN_FLIGHT));
        let callers: Vec<_> = (0..IN_FLIGHT)
            .map(|_| {
                let (http, url, all) = (http.clone(), url.clone(), Arc::clone(&all));
                // Every call has its connection before the first request is written.
                let together = BeforeWrite::new(move || {
                    let all = Arc::clone(&all);
                    async move {
                        all.wait().await;
                    }
                });
                let mut request = post(&url);
                request.extensions_mut().insert(together);
                tokio::spawn(async move { http.send(request).await.unwrap().status })
            })
            .collect();
        for caller in callers {
            assert_eq!(caller.await.unwrap(), 200);
        }
    }
    assert_eq!(seen.connections.load(SeqCst), IN_FLIGHT);
}

#[tokio::test]
async fn an_idle_connection_is_closed_though_nobody_calls() {
    let (url, seen) = server(OK, usize::MAX).await;
    let http = Http::new(Options { idle_timeout: Duration::from_millis(50), ..Options::default() });
    http.send(post(&url)).await.unwrap();
    assert_eq!(seen.open.load(SeqCst), 1);
    while seen.open.load(SeqCst) > 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    http.send(post(&url)).await.unwrap();
    assert_eq!(seen.connections.load(SeqCst), 2);
}

#[tokio::test]
async fn a_connection_that_the_other_side_closed_is_not_written_to() {
    // Each connection answers once and closes without a word.
    let (url, seen) = server(OK, 1).await;
    let http = Http::new(Options::default());
    for n in 1..=3 {
        assert_eq!(http.send(post(&url)).await.unwrap().status, 200);
        while seen.open.load(SeqCst) > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(seen.connections.load(SeqCst), n);
    }
}

#[tokio::test]
async fn the_other_sides_own_limit_is_kept() {
    let (url, seen) = server("HTTP/1.1 200 OK\r\nkeep-alive: timeout=0, max=9\r\ncontent-length: 0\r\n\r\n", 9).await;
    let http = Http::new(Options::default());
    http.send(post(&url)).await.unwrap();
    http.send(post(&url)).await.unwrap();
    assert_eq!(seen.connections.load(SeqCst), 2);
}

#[tokio::test]
async fn the_gate_is_passed_when_the_connection_is_open_and_nothing_is_written() {
    let (url, seen) = server(OK, usize::MAX).await;
    let http = Http::new(Options { timeout: Duration::from_millis(200), ..Options::default() });
    let passed = Arc::new(AtomicUsize::new(0));
    let gate = BeforeWrite::new({
        let (seen, passed) = (Arc::clone(&seen), Arc::clone(&passed));
        move || {
            let (seen, passed) = (Arc::clone(&seen), Arc::clone(&passed));
            async move {
                while seen.connections.load(SeqCst) == 0 {
                    tokio::task::yield_now().await;
                }
                // Longer than a call may take: waiting for room is not the call's time.
                tokio::time::sleep(Duration::from_millis(300)).await;
                assert_eq!(seen.requests.load(SeqCst), passed.fetch_add(1, SeqCst));
            }
        }
    });
    for _ in 0..2 {
        let mut request = post(&url);
        request.extensions_mut().insert(gate.clone());
        assert_eq!(http.send(request).await.unwrap().status, 200);
    }
    assert_eq!((passed.load(SeqCst), seen.connections.load(SeqCst)), (2, 1));
}

#[tokio::test]
async fn a_gate_around_work_is_found_by_it_and_not_by_what_it_spawns() {
    let gate = BeforeWrite::new(|| async {});
    let (inside, spawned) = gate
        .around(async {
            let spawned = tokio::spawn(async { BeforeWrite::current().is_some() }).await.unwrap();
            (BeforeWrite::current().is_some(), spawned)
        })
        .await;
    assert_eq!((inside, spawned, BeforeWrite::current().is_some()), (true, false, false));
}

#[tokio::test]
async fn a_handshake_that_hangs_is_no_connection_and_nothing_was_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let http = Http::new(Options { connect_timeout: Duration::from_millis(100), ..Options::default() });
    let fault = http.send(post(&url)).await.unwrap_err();
    assert_eq!(fault.failure, Failure::Connect, "{fault}");
}

#[tokio::test]
async fn a_bare_line_feed_in_an_answers_head_is_refused() {
    for answer in [
        "HTTP/1.1 200 OK\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 0\nx: 1\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\n",
    ] {
        let (url, _) = server(answer, 1).await;
        let fault = Http::new(Options::default()).send(post(&url)).await.unwrap_err();
        assert_eq!(fault.failure, Failure::Lost, "{answer:?}: {fault}");
    }
}
