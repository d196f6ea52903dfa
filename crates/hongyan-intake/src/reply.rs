//! Answers: JSON, and problems as problem documents.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use hongyan_api::{CONTENT_TYPE, Code, Problem};
use hongyan_core::{Obstacle, StoreError};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

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

/// A JSON answer with `200`.
///
/// # Errors
/// None.
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

/// What a store's error is to the caller. The store's words are for the log.
pub fn store(error: StoreError) -> Problem {
    match error {
        StoreError::Busy => Problem::bare(Code::Busy),
        StoreError::Full => Problem::bare(Code::NoRoom),
        StoreError::Unavailable(obstacle, words) => {
            tracing::error!(%obstacle, error = words, "the store cannot be used");
            unusable(obstacle)
        }
        StoreError::Failed(words) => {
            tracing::error!(error = words, "the store failed");
            Problem::bare(Code::StoreFailed)
        }
    }
}
