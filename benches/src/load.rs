//! A load generator that costs little: kept connections, prepared requests, answers read by length.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Makes the body of the n-th request.
pub(crate) type Body = Arc<dyn Fn(u64) -> String + Send + Sync>;

/// Where and as whom.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    pub(crate) path: &'static str,
    pub(crate) key: String,
}

/// What a run saw.
#[derive(Debug, Default, Clone)]
pub(crate) struct Seen {
    /// Answers with 202.
    pub(crate) accepted: u64,
    /// Other answers.
    pub(crate) refused: u64,
    /// One entry per answer, in microseconds, sorted.
    pub(crate) latencies_us: Vec<u32>,
    /// How long the run took.
    pub(crate) took: Duration,
}

impl Seen {
    pub(crate) fn per_second(&self) -> f64 {
        self.accepted as f64 / self.took.as_secs_f64()
    }

    /// A percentile of the latencies, in milliseconds.
    pub(crate) fn percentile_ms(&self, percent: f64) -> f64 {
        let last = self.latencies_us.len().saturating_sub(1);
        let at = (last as f64 * percent / 100.0).round() as usize;
        self.latencies_us.get(at).map_or(0.0, |us| f64::from(*us) / 1_000.0)
    }
}

/// When a run ends.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Until {
    /// After this long.
    Elapsed(Duration),
    /// After so many requests in all.
    Count(u64),
}

/// Posts over `connections` kept connections, each waiting for its answer; `pace` spaces a connection's requests.
pub(crate) async fn post(
    target: &Target,
    connections: usize,
    until: Until,
    pace: Option<Duration>,
    first: u64,
    body: Body,
) -> io::Result<Seen> {
    let next = Arc::new(AtomicU64::new(0));
    let began = Instant::now();
    let tasks: Vec<_> = (0..connections)
        .map(|_| {
            tokio::spawn(connection(target.clone(), until, pace, first, Arc::clone(&next), Arc::clone(&body), began))
        })
        .collect();
    let mut seen = Seen::default();
    for task in tasks {
        let one = task.await.map_err(io::Error::other)??;
        seen.accepted += one.accepted;
        seen.refused += one.refused;
        seen.latencies_us.extend(one.latencies_us);
    }
    seen.took = began.elapsed();
    seen.latencies_us.sort_unstable();
    Ok(seen)
}

async fn connection(
    target: Target,
    until: Until,
    pace: Option<Duration>,
    first: u64,
    next: Arc<AtomicU64>,
    body: Body,
    began: Instant,
) -> io::Result<Seen> {
    let mut stream = TcpStream::connect(target.address).await?;
    stream.set_nodelay(true)?;
    let mut seen = Seen::default();
    let mut buffer = Vec::with_capacity(16 << 10);
    let mut due = Instant::now();
    loop {
        let n = next.fetch_add(1, Ordering::Relaxed);
        let over = match until {
            Until::Elapsed(span) => began.elapsed() >= span,
            Until::Count(count) => n >= count,
        };
        if over {
            return Ok(seen);
        }
        if let Some(pace) = pace {
            tokio::time::sleep_until(due.into()).await;
            due += pace;
        }
        let body = body(first + n);
        let request = format!(
            "POST {} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            target.path,
            target.key,
            body.len()
        );
        let sent = Instant::now();
        stream.write_all(request.as_bytes()).await?;
        let status = answer(&mut stream, &mut buffer).await?;
        seen.latencies_us.push(u32::try_from(sent.elapsed().as_micros()).unwrap_or(u32::MAX));
        if status == 202 {
            seen.accepted += 1;
        } else {
            seen.refused += 1;
        }
    }
}

/// Reads one answer with a `content-length` and gives its status.
async fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<u16> {
    buffer.clear();
    loop {
        if stream.read_buf(buffer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let Some(head) = buffer.windows(4).position(|w| w == b"\r\n\r\n") else { continue };
        let text = std::str::from_utf8(&buffer[..head]).map_err(io::Error::other)?;
        let status = text.get(9..12).and_then(|s| s.parse().ok()).unwrap_or(0);
        let length: usize = text
            .lines()
            .find_map(|line| {
                line.to_ascii_lowercase().strip_prefix("content-length:").and_then(|v| v.trim().parse().ok())
            })
            .unwrap_or(0);
        while buffer.len() < head + 4 + length {
            if stream.read_buf(buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        return Ok(status);
    }
}

/// A `GET`, for setting up: the body as text.
pub(crate) async fn get(address: SocketAddr, path: &str, key: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let request =
        format!("GET {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {key}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    let text = String::from_utf8(answer).map_err(io::Error::other)?;
    Ok(text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default())
}
