//! Answers: JSON, and problems as problem documents.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use hongyan_api::{CONTENT_TYPE, Code, Problem};
use hongyan_core::{Obstacle, StoreError};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// A call's result: an answer, or a problem.
pub type Reply = Result<Response, Problem>;

/// A JSON answer.
pub fn json(status: StatusCode, value: &impl Serialize) -> Response {
    match serde_json::to_vec(value) {
        Ok(bytes) => with_type(status, "application/json", hongyan_endpoint::harmless_json(bytes)),
        Err(error) => {
            tracing::error!(%error, "an answer cannot be written as JSON");
            problem(&Problem::bare(Code::Internal))
        }
    }
}

/// A JSON answer with `200`; never an error, but what a call returns.
pub fn ok(value: &impl Serialize) -> Reply {
    Ok(json(StatusCode::OK, value))
}

/// Any bytes with their type.
pub fn with_type(status: StatusCode, media_type: &'static str, bytes: impl Into<Body>) -> Response {
    let mut response = (status, [(header::CONTENT_TYPE, media_type)], bytes.into()).into_response();
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A problem document with the headers that its status wants.
pub fn problem(problem: &Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    // A problem is a handful of strings; nothing in it can fail to be written.
    let bytes = hongyan_endpoint::harmless_json(serde_json::to_vec(problem).unwrap_or_default());
    let mut response = with_type(status, CONTENT_TYPE, bytes);
    let headers = response.headers_mut();
    match problem.status {
        401 => drop(headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"hongyan\""))),
        503 => drop(headers.insert(header::RETRY_AFTER, HeaderValue::from(problem.retry_after.unwrap_or(1)))),
        408 => drop(headers.insert(header::CONNECTION, HeaderValue::from_static("close"))),
        _ => {}
    }
    response
}

/// The store cannot be used, and why.
pub fn unusable(obstacle: Obstacle) -> Problem {
    let (en, zh) = obstacle.words();
    Problem::new(Code::StoreUnavailable, format!("the store cannot be used: {en}"), format!("存储不可用：{zh}"))
}

/// That the store cannot be used.
static UNUSABLE: Seldom = Seldom(Mutex::new((None, 0)));

/// A line of the log for what every request may meet while it lasts.
struct Seldom(Mutex<(Option<Instant>, u64)>);

impl Seldom {
    const EVERY: Duration = Duration::from_secs(10);

    /// How often nothing was said since the last line, when it is time for one.
    fn turn(&self, now: Instant) -> Option<u64> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (last, unsaid) = &mut *state;
        if last.is_some_and(|last| now.duration_since(last) < Self::EVERY) {
            *unsaid += 1;
            return None;
        }
        *last = Some(now);
        Some(std::mem::take(unsaid))
    }
}

/// What a store's error is to the caller. The store's words are for the log.
pub fn store(error: StoreError) -> Problem {
    match error {
        StoreError::Busy => Problem::bare(Code::Busy),
        StoreError::Full => Problem::bare(Code::NoRoom),
        StoreError::Unavailable(obstacle, words) => {
            if let Some(unsaid) = UNUSABLE.turn(Instant::now()) {
                tracing::error!(%obstacle, error = words, unsaid, "the store cannot be used");
            }
            unusable(obstacle)
        }
        StoreError::Failed(words) => {
            tracing::error!(error = words, "the store failed");
            Problem::bare(Code::StoreFailed)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_every_request_meets_is_said_seldom() {
        let (line, now) = (Seldom(Mutex::default()), Instant::now());
        assert_eq!(line.turn(now), Some(0));
        assert_eq!((line.turn(now), line.turn(now + Seldom::EVERY / 2)), (None, None));
        assert_eq!(line.turn(now + Seldom::EVERY), Some(2), "with how often it was not said");
        assert_eq!(line.turn(now + Seldom::EVERY * 2), Some(0));
    }
}
