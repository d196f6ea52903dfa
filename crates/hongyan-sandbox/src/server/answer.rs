//! Answers as they travel: whole, cut off, odd, or somebody else's in the platform's place.

use crate::faults::FaultKind;
use bytes::Bytes;
use hongyan_endpoint::Sealed;
use http::Response;
use hyper::body::{Body, Frame, SizeHint};
use serde_json::Value;
use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

/// The connection is to be closed without an answer.
#[derive(Debug)]
pub(super) struct HangUp;

impl fmt::Display for HangUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("hung up on demand")
    }
}

impl std::error::Error for HangUp {}

/// What stands in the platform's place.
pub(super) fn replacement(kind: FaultKind, value: Option<i64>) -> Option<Sealed> {
    const PAGE: &str = "<!DOCTYPE html>\n<html><head><title>Access denied</title></head>\
        <body><h1>Access denied</h1><p>Your request was blocked by a gateway.</p></body></html>\n";
    let status =
        |default: u16| value.and_then(|v| v.try_into().ok()).filter(|s| (200..600).contains(s)).unwrap_or(default);
    let page = |status, kind: &str, body: &str| Sealed {
        status,
        headers: vec![("content-type", kind.into())],
        body: body.as_bytes().to_vec(),
    };
    Some(match kind {
        FaultKind::Status5xx => page(status(502), "text/plain", "upstream connect error or disconnect\n"),
        FaultKind::Status => {
            let status = status(503);
            let words = http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
            page(status, "text/plain", &format!("{}\n", words.unwrap_or("no reason")))
        }
        FaultKind::Html => page(status(503), "text/html; charset=utf-8", PAGE),
        FaultKind::Html200 => page(200, "text/html; charset=utf-8", PAGE),
        FaultKind::Deny => page(
            200,
            "application/json",
            r#"{"status":1111,"wait":5,"source":"x5","punish":"deny","uuid":"00000000000000000000000000000000"}"#,
        ),
        FaultKind::Empty => page(200, "application/json; charset=UTF-8", ""),
        FaultKind::Redirect => {
            let mut sealed = page(status(302), "text/plain", "");
            sealed.headers.push(("location", "https://elsewhere.example.com/".into()));
            sealed
        }
        _ => return None,
    })
}

pub(super) fn too_large() -> Sealed {
    let kind = ("content-type", "text/plain".to_owned());
    // The rest of the body is not read, so the connection cannot go on.
    Sealed { status: 413, headers: vec![kind, ("connection", "close".into())], body: b"body too large\n".to_vec() }
}

/// The code as text, and empty lists left out, wherever they are.
pub(super) fn odd(mut sealed: Sealed) -> Sealed {
    fn thin(value: &mut Value) {
        match value {
            Value::Object(members) => {
                members.retain(|_, value| value.as_array().is_none_or(|list| !list.is_empty()));
                members.values_mut().for_each(thin);
            }
            Value::Array(items) => items.iter_mut().for_each(thin),
            _ => {}
        }
    }
    if let Ok(mut body) = serde_json::from_slice::<Value>(&sealed.body) {
        thin(&mut body);
        if let Some(code) = body.get_mut("errcode") {
            *code = Value::String(code.to_string());
        }
        sealed.body = body.to_string().into_bytes();
    }
    sealed
}

pub(super) fn halved(mut sealed: Sealed) -> Sealed {
    sealed.body.truncate(sealed.body.len() / 2);
    sealed
}

pub(super) fn entire(sealed: Sealed) -> Response<Answer> {
    let Sealed { status, headers, body } = sealed;
    response(status, headers, Answer::Entire(Some(body.into())))
}

/// Announces the whole body and breaks off in the middle.
pub(super) fn cut(sealed: Sealed) -> Response<Answer> {
    let Sealed { status, mut headers, mut body } = sealed;
    headers.push(("content-length", body.len().to_string()));
    body.truncate(body.len() / 2);
    response(status, headers, Answer::Cut(Some(body.into()), true))
}

pub(super) fn response(status: u16, headers: Vec<(&'static str, String)>, body: Answer) -> Response<Answer> {
    let mut builder = Response::builder().status(status);
    for (name, value) in headers {
        builder = builder.header(name, value);
    }
    // Statuses are in range and header values plain text; should one not be, the caller sees a 500.
    builder.body(body).unwrap_or_else(|_| {
        let mut response = Response::new(Answer::Entire(None));
        *response.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR;
        response
    })
}

/// An answer's body.
pub(super) enum Answer {
    /// As it is.
    Entire(Option<Bytes>),
    /// What there is, then a pause in which it is flushed, then the end of the connection.
    Cut(Option<Bytes>, bool),
}

impl Body for Answer {
    type Data = Bytes;
    type Error = HangUp;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, HangUp>>> {
        match &mut *self {
            Self::Entire(body) => Poll::Ready(body.take().map(|body| Ok(Frame::data(body)))),
            Self::Cut(body, pause) => match body.take() {
                Some(body) => Poll::Ready(Some(Ok(Frame::data(body)))),
                None if std::mem::take(pause) => {
                    cx.waker().wake_by_ref();
                    Poll::Pending
                }
                None => Poll::Ready(Some(Err(HangUp))),
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Entire(None))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Entire(body) => SizeHint::with_exact(body.as_ref().map_or(0, |body| body.len() as u64)),
            Self::Cut(..) => SizeHint::default(),
        }
    }
}
