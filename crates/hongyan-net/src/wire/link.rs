//! One connection and one exchange on it at a time, both driven by the caller's own task: nothing is spawned, so a
//! call costs no hand-over between tasks and an idle connection costs nothing at all.

use super::head::{Copying, Head};
use bytes::{Bytes, BytesMut};
use http_body_util::Full;
use hyper::{
    Request, Response,
    body::{Body, Incoming},
    client::conn::http1::{Builder, Connection, SendRequest},
    rt::{Read, Write},
};
use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
    time::Instant,
};

/// Any stream below HTTP: TCP, or TLS over it.
pub(super) trait Stream: Read + Write + Send + Unpin {}
impl<T: Read + Write + Send + Unpin> Stream for T {}

type Driver = Connection<Copying<Box<dyn Stream>>, Full<Bytes>>;

/// An open connection.
pub(super) struct Link {
    sender: SendRequest<Full<Bytes>>,
    /// `None` once it has ended.
    driver: Option<Driver>,
    head: Head,
    /// When its last exchange ended.
    pub(super) used: Instant,
    /// Whether an exchange has succeeded on it.
    pub(super) reused: bool,
}

/// What an exchange brought.
pub(super) struct Exchanged {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: Bytes,
}

/// How an exchange failed.
pub(super) enum Broken {
    /// The request never left; here it is again.
    Unsent(Box<Request<Full<Bytes>>>),
    /// It may have been read; nothing of an answer came.
    Unanswered(hyper::Error),
    /// The answer broke off.
    Cut(hyper::Error),
    /// The answer is longer than allowed.
    TooLarge,
}

impl Link {
    /// Makes HTTP of a stream. Lenient with answers where that harms nobody.
    pub(super) async fn open(stream: Box<dyn Stream>) -> hyper::Result<Self> {
        let head = Head::default();
        let (sender, driver) = Builder::new()
            .title_case_headers(true)
            .allow_obsolete_multiline_headers_in_responses(true)
            .allow_spaces_after_header_name_in_responses(true)
            .ignore_invalid_headers_in_responses(true)
            .handshake(Copying::new(stream, head.clone()))
            .await?;
        Ok(Self { sender, driver: Some(driver), head, used: Instant::now(), reused: false })
    }

    /// Whether another exchange can begin: the other side has neither closed nor spoken unasked.
    pub(super) fn is_ready(&mut self) -> bool {
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
    pub(super) async fn exchange(
        &mut self,
        request: Request<Full<Bytes>>,
        max_body_bytes: usize,
    ) -> Result<Exchanged, Broken> {
        self.head.expect();
        let response = self.send(request).await?;
        let status = response.status().as_u16();
        let head = self.head.text();
        let body = self.read(response.into_body(), max_body_bytes).await?;
        self.reused = true;
        Ok(Exchanged { status, head, body })
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
    pub(super) async fn settle(&mut self) -> bool {
        poll_fn(|cx| {
            self.drive(cx);
            Poll::Ready(())
        })
        .await;
        self.used = Instant::now();
        self.driver.is_some() && self.sender.is_ready()
    }
}
