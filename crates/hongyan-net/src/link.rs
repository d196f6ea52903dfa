//! One connection and one exchange on it at a time, both driven by the caller's own task: nothing is spawned, so a
//! call costs no hand-over between tasks and an idle connection costs nothing at all.

use crate::{Watched, head::Head};
use bytes::{Bytes, BytesMut};
use http_body_util::Full;
use hyper::{
    HeaderMap, Request, Response,
    body::{Body, Incoming},
    client::conn::http1::{Builder, Connection, SendRequest},
    rt::{Read, Write},
};
use hyper_util::rt::TokioIo;
use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

/// Any stream below HTTP: TCP, or TLS over it.
pub(crate) trait Stream: Read + Write + Send + Unpin {}
impl<T: Read + Write + Send + Unpin> Stream for T {}

type Driver = Connection<TokioIo<Watched<TokioIo<Box<dyn Stream>>, Head>>, Full<Bytes>>;

/// An open connection.
pub(crate) struct Link {
    sender: SendRequest<Full<Bytes>>,
    /// `None` once it has ended.
    driver: Option<Driver>,
    head: Head,
    /// When its last exchange ended.
    used: Instant,
    /// For how long the other side says that it keeps an idle connection.
    kept_for: Option<Duration>,
    /// Whether an exchange has succeeded on it.
    pub(crate) reused: bool,
}

/// What an exchange brought.
pub(crate) struct Exchanged {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// As it came.
    pub(crate) head: String,
    pub(crate) body: Bytes,
}

/// Why an answer with a bare line feed is none.
pub(crate) const BARE_LINE_FEED: &str = "a line of the answer's head ends without a carriage return";

/// How an exchange failed.
pub(crate) enum Broken {
    /// The request never left; here it is again.
    Unsent(Box<Request<Full<Bytes>>>),
    /// It may have been read; nothing of an answer came.
    Unanswered(hyper::Error),
    /// The answer broke off.
    Cut(hyper::Error),
    /// A line of the answer's head ends with a bare line feed: two readers could see two answers in it.
    BareLineFeed,
    /// The answer is longer than allowed.
    TooLarge,
}

/// Whose the calls are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Mode {
    /// Ours: heads are read as the standard has it, header names are written in lower case.
    Strict,
    /// Somebody else's: folded lines and stray spaces are borne, names are written `As-These`.
    Raw,
}

impl Link {
    /// Makes HTTP of a stream.
    pub(crate) async fn open(stream: Box<dyn Stream>, mode: Mode) -> hyper::Result<Self> {
        let head = Head::default();
        let lenient = mode == Mode::Raw;
        let (sender, driver) = Builder::new()
            .title_case_headers(lenient)
            .allow_obsolete_multiline_headers_in_responses(lenient)
            .allow_spaces_after_header_name_in_responses(lenient)
            .ignore_invalid_headers_in_responses(lenient)
            .handshake(TokioIo::new(Watched::new(TokioIo::new(stream), head.clone())))
            .await?;
        Ok(Self { sender, driver: Some(driver), head, used: Instant::now(), kept_for: None, reused: false })
    }

    /// Whether it has lain idle for less than `limit`, and less than the other side's own limit.
    pub(crate) fn is_within(&self, limit: Duration) -> bool {
        self.used.elapsed() < self.kept_for.map_or(limit, |theirs| limit.min(theirs))
    }

    /// Whether another exchange can begin: the other side has neither closed nor spoken unasked.
    pub(crate) fn is_ready(&mut self) -> bool {
        self.drive(&mut Context::from_waker(Waker::noop()));
        self.driver.is_some() && self.sender.is_ready()
    }

    fn drive(&mut self, cx: &mut Context<'_>) {
        if let Some(driver) = &mut self.driver
            && Pin::new(driver).poll(cx).is_ready()
        {
            // Its error reaches the exchange, if there is one.
            self.driver = None;
        }
    }

    /// One request and its whole answer, at most `max_body_bytes` of body.
    pub(crate) async fn exchange(
        &mut self,
        request: Request<Full<Bytes>>,
        max_body_bytes: usize,
    ) -> Result<Exchanged, Broken> {
        self.head.expect();
        let response = self.send(request).await?;
        let (status, head) = (response.status().as_u16(), self.head.text());
        if head.has_bare_line_feed {
            return Err(Broken::BareLineFeed);
        }
        let (parts, body) = response.into_parts();
        self.kept_for = kept_for(&parts.headers);
        let body = self.read(body, max_body_bytes).await?;
        self.reused = true;
        Ok(Exchanged { status, headers: parts.headers, head: head.text, body })
    }

    async fn send(&mut self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, Broken> {
        let mut answering = pin!(self.sender.try_send_request(request));
        let answered = poll_fn(|cx| {
            self.drive(cx);
            answering.as_mut().poll(cx)
        });
        answered.await.map_err(|mut error| match error.take_message() {
            Some(request) => Broken::Unsent(Box::new(request)),
            None => Broken::Unanswered(error.into_error()),
        })
    }

    async fn read(&mut self, mut body: Incoming, max_bytes: usize) -> Result<Bytes, Broken> {
        // Most answers come in one piece, which then needs no copy.
        let mut first = Bytes::new();
        let mut rest = BytesMut::new();
        loop {
            let frame = poll_fn(|cx| {
                self.drive(cx);
                Pin::new(&mut body).poll_frame(cx)
            });
            let Some(frame) = frame.await else { break };
            let Ok(data) = frame.map_err(Broken::Cut)?.into_data() else { continue };
            if first.len().max(rest.len()) + data.len() > max_bytes {
                return Err(Broken::TooLarge);
            }
            if first.is_empty() && rest.is_empty() {
                first = data;
                continue;
            }
            if rest.is_empty() {
                rest.extend_from_slice(&first);
            }
            rest.extend_from_slice(&data);
        }
        Ok(if rest.is_empty() { first } else { rest.freeze() })
    }
}

impl Link {
    /// Lets the connection see the end of its exchange, so that it can be kept.
    pub(crate) async fn settle(&mut self) -> bool {
        poll_fn(|cx| {
            self.drive(cx);
            Poll::Ready(())
        })
        .await;
        self.used = Instant::now();
        self.driver.is_some() && self.sender.is_ready()
    }
}

/// `Keep-Alive: timeout=5`: closed a second before that, or at half of it where it is short.
fn kept_for(headers: &HeaderMap) -> Option<Duration> {
    let line = headers.get("keep-alive")?.to_str().ok()?;
    let seconds = line.split(',').find_map(|part| part.trim().strip_prefix("timeout=")?.trim().parse().ok())?;
    let theirs = Duration::from_secs(seconds);
    Some(theirs.saturating_sub(Duration::from_secs(1)).max(theirs / 2))
}
