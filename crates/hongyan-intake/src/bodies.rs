//! Bodies: a request's is read within a limit and a time, or thrown away without being kept; a large answer waits for its
//! share of the memory.

use crate::{
    reply,
    shares::{self, Share, Shares},
};
use axum::{
    body::{Body, HttpBody},
    response::Response,
};
use bytes::{Bytes, BytesMut};
use hongyan_api::{Code, Problem};
use hongyan_core::{Message, number};
use hongyan_endpoint::{Flaw, Invalid};
use http::{HeaderMap, header};
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;
use std::{borrow::Cow, sync::Arc, time::Duration};

/// What is thrown away of a body that is refused, so that the caller hears why instead of a reset.
const DISCARD_BYTES: u64 = 256 * 1024 * 1024;
const DISCARD_FOR: Duration = Duration::from_secs(10);
/// Bodies up to so many bytes, asked and answered, are not counted: as many connections as there may be hold that much.
const SMALL: u64 = 64 << 10;

/// Files that are taken in at once.
const UPLOADS: u64 = 16;

/// Mark of an answer whose bytes hold their share already.
#[derive(Clone, Copy)]
pub struct HasShare;

/// Reads requests' bodies and answers' within what callers share: memory for large ones, places for uploads.
pub struct Bodies {
    /// The bytes of large bodies, asked and answered, that are in memory at once.
    memory: Arc<Shares>,
    /// [`UPLOADS`].
    uploads: Arc<Shares>,
    read_timeout: Duration,
    write_timeout: Duration,
}

impl Bodies {
    /// `memory_bytes` for all callers together, half of it for one; the times that a request's body and an answer may take.
    #[must_use]
    pub fn new(memory_bytes: u64, read_timeout: Duration, write_timeout: Duration) -> Self {
        Self { memory: Shares::new(memory_bytes), uploads: Shares::new(UPLOADS), read_timeout, write_timeout }
    }

    /// Reads a JSON body. One that is declared too long is not read at all.
    ///
    /// A large one holds its share of the memory for bodies, in the name of `caller`, until the last copy of it is gone.
    ///
    /// # Errors
    /// [`Code::UnsupportedMediaType`], and those of [`Self::read_any`].
    pub async fn read(
        &self,
        caller: &str,
        body: &mut Body,
        headers: &HeaderMap,
        limit: usize,
    ) -> Result<Bytes, Problem> {
        check_type(headers)?;
        self.read_any(caller, body, headers, limit).await
    }

    /// As [`Self::read`], of any type.
    ///
    /// # Errors
    /// [`Code::TooLarge`], [`Code::Timeout`], [`Code::Busy`] while there is no memory for it, [`Code::MalformedJson`] when
    /// it breaks off.
    pub async fn read_any(
        &self,
        caller: &str,
        body: &mut Body,
        headers: &HeaderMap,
        limit: usize,
    ) -> Result<Bytes, Problem> {
        let share = self.share(caller, headers, limit).await?;
        let bytes = self.read_without_share(body, headers, limit).await?;
        Ok(match share {
            Some(share) => shares::bytes(bytes, share),
            None => bytes,
        })
    }

    /// The share of the memory for bodies that a body will need; `None` for a small one.
    ///
    /// # Errors
    /// [`Code::Busy`] while there is none within the time for a body, or too many of the caller's requests wait.
    pub async fn share(&self, caller: &str, headers: &HeaderMap, limit: usize) -> Result<Option<Share>, Problem> {
        // What does not say how long it is may be as long as it may be.
        let size = declared(headers).map_or(limit as u64, |length| length.min(limit as u64));
        if size <= SMALL {
            return Ok(None);
        }
        let share = self.memory.take(caller, size, self.read_timeout).await;
        share.map(Some).ok_or_else(|| Problem::bare(Code::Busy))
    }

    /// One of the places for uploads.
    ///
    /// # Errors
    /// [`Code::Busy`] as of [`Self::share`].
    pub async fn place(&self, caller: &str) -> Result<Share, Problem> {
        self.uploads.take(caller, 1, self.read_timeout).await.ok_or_else(|| Problem::bare(Code::Busy))
    }

    /// Bytes that are answered, `size` of them, made once there is memory for them.
    ///
    /// # Errors
    /// [`Code::Busy`], and those of `make`.
    pub async fn answer<T: AsRef<[u8]> + Send + 'static>(
        &self,
        caller: &str,
        size: u64,
        make: impl Future<Output = Result<T, Problem>>,
    ) -> Result<Bytes, Problem> {
        let share = self.memory.take(caller, size, self.write_timeout).await;
        let share = share.ok_or_else(|| Problem::bare(Code::Busy))?;
        Ok(shares::bytes(make.await?, share))
    }

    /// The same answer, a large one with its share of the memory for bodies until it is written; `503` while there is
    /// none.
    pub async fn with_share(&self, caller: &str, response: Response) -> Response {
        let size = response.body().size_hint().exact().unwrap_or(u64::MAX);
        if size <= SMALL || response.extensions().get::<HasShare>().is_some() {
            return response;
        }
        let (parts, body) = response.into_parts();
        // It lies in memory as one piece, so this neither waits nor fails.
        let collected = async { Ok(body.collect().await.map(|body| body.to_bytes()).unwrap_or_default()) };
        match self.answer(caller, size, collected).await {
            Ok(bytes) => Response::from_parts(parts, Body::from(bytes)),
            Err(problem) => reply::problem(&problem),
        }
    }

    /// As [`Self::read_any`], for who holds a share already.
    ///
    /// # Errors
    /// [`Code::TooLarge`], [`Code::Timeout`], [`Code::MalformedJson`] when it breaks off.
    pub async fn read_without_share(
        &self,
        body: &mut Body,
        headers: &HeaderMap,
        limit: usize,
    ) -> Result<Bytes, Problem> {
        let read = tokio::time::timeout(self.read_timeout, collect(body, headers, limit)).await;
        read.unwrap_or_else(|_| Err(Problem::bare(Code::Timeout)))
    }
}

/// All of a body, up to a limit.
async fn collect(body: &mut Body, headers: &HeaderMap, limit: usize) -> Result<Bytes, Problem> {
    let too_large = || {
        Problem::new(
            Code::TooLarge,
            format!("the body is larger than {limit} bytes"),
            format!("请求体超过 {limit} 字节"),
        )
    };
    if declared(headers).is_some_and(|length| length > limit as u64) {
        return Err(too_large());
    }
    let mut first: Option<Bytes> = None;
    let mut more = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Problem::new(Code::MalformedJson, "the body broke off", "请求体中断"))?;
        let Ok(data) = frame.into_data() else { continue };
        if first.as_ref().map_or(0, Bytes::len) + more.len() + data.len() > limit {
            return Err(too_large());
        }
        // Nearly every body is one frame, which is kept as it is.
        match (&first, more.is_empty()) {
            (None, true) => first = Some(data),
            (Some(head), true) => {
                let declared = declared(headers).and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
                more.reserve(declared.min(limit).max(head.len() + data.len()));
                more.extend_from_slice(head);
                more.extend_from_slice(&data);
                first = None;
            }
            _ => more.extend_from_slice(&data),
        }
    }
    Ok(first.unwrap_or_else(|| more.freeze()))
}

/// Throws the rest of a body away. `false` when there is too much of it: the connection has to be closed.
pub async fn discard(body: &mut Body, headers: &HeaderMap) -> bool {
    // Who asks first has not sent it, and will not.
    if headers.contains_key(header::EXPECT) || declared(headers).is_some_and(|length| length > DISCARD_BYTES) {
        return HttpBody::is_end_stream(body);
    }
    let rest = async {
        let mut seen = 0_u64;
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else { return false };
            seen += frame.data_ref().map_or(0, |data| data.len() as u64);
            if seen > DISCARD_BYTES {
                return false;
            }
        }
        true
    };
    tokio::time::timeout(DISCARD_FOR, rest).await.unwrap_or(false)
}

/// The length that the head announces.
fn declared(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn check_type(headers: &HeaderMap) -> Result<(), Problem> {
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return Ok(()) };
    let essence = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json")) {
        return Ok(());
    }
    Err(Problem::new(
        Code::UnsupportedMediaType,
        "send Content-Type: application/json",
        "请使用 Content-Type: application/json",
    )
    .at("content-type"))
}

/// Reads JSON strictly.
///
/// # Errors
/// [`Code::MalformedJson`], [`Code::UnknownField`] or [`Code::InvalidField`], naming the field.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    hongyan_endpoint::from_json(bytes).map_err(|Invalid { field, flaw }| {
        let code = match flaw {
            Flaw::Syntax { .. } => Code::MalformedJson,
            Flaw::Unknown => Code::UnknownField,
            _ => Code::InvalidField,
        };
        Problem::field(code, field, flaw.text())
    })
}

/// Reads a message, with no number of it rounded: what 64 bits cannot hold is kept as text where it is shown, and
/// refused where it would go to a platform.
///
/// # Errors
/// As [`parse`].
pub fn message(bytes: &[u8]) -> Result<Message, Problem> {
    let message = parse(bytes)?;
    let Ok(text) = std::str::from_utf8(bytes) else { return Ok(message) };
    match number::of_message(text) {
        Ok(Cow::Borrowed(_)) => Ok(message),
        Ok(Cow::Owned(kept)) => parse(kept.as_bytes()),
        Err(path) => Err(Problem::field(
            Code::InvalidField,
            path,
            (
                "is a number that 64 bits cannot hold: it would be rounded on its way; write it as a text, in quotes",
                "是 64 位无法容纳的数字，途中会被舍入：请写成带引号的文本",
            ),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_a_message_is_kept_or_refused() {
        let read = |content: &str| message(format!(r#"{{"to":[{{"userid":"li"}}],"content":{content}}}"#).as_bytes());
        let table = read(r#"{"table":{"columns":["id"],"rows":[[123456789012345678901]]}}"#).unwrap();
        assert_eq!(table.content.table.unwrap().rows.unwrap()[0][0], "123456789012345678901");
        let data = read(r#"{"template":"t","data":{"id":123456789012345678901}}"#).unwrap();
        assert_eq!(data.content.data.unwrap()["id"], "123456789012345678901");
        let problem = read(r#"{"native":{"msgtype":"text","n":123456789012345678901}}"#).unwrap_err();
        assert_eq!((problem.status, problem.field.as_deref()), (422, Some("content.native.n")));
        assert_eq!(read("{").unwrap_err().code, "malformed_json");
    }

    #[test]
    fn what_is_wrong_is_named_by_its_field() {
        for (text, code, field) in [
            ("{", "malformed_json", None),
            ("", "malformed_json", None),
            ("{\"to\":[],}", "malformed_json", None),
            ("[]", "invalid_field", None),
            (r#"{"content":{"text":"a"}}"#, "invalid_field", Some("to")),
            (r#"{"to":"li","content":{"text":"a"}}"#, "invalid_field", Some("to")),
            (r#"{"to":[{"phone":"1"}],"content":{"text":"a"}}"#, "unknown_field", Some("to[0].phone")),
            (r#"{"to":[{"userid":5}],"content":{"text":"a"}}"#, "invalid_field", Some("to[0].userid")),
            (r#"{"to":[{"email":"x"}],"content":{"text":"a"}}"#, "invalid_field", Some("to[0]")),
            (r#"{"to":[],"content":{"txet":"a"}}"#, "unknown_field", Some("content.txet")),
            (r#"{"to":[],"content":{"text":{}}}"#, "invalid_field", Some("content.text")),
            (r#"{"to":[],"to":[],"content":{}}"#, "invalid_field", Some("to")),
            (r#"{"to":[],"content":{},"colour":1}"#, "unknown_field", Some("colour")),
            (r#"{"to":[],"content":{},"priority":"x"}"#, "invalid_field", Some("priority")),
            (r#"{"to":[],"content":{},"send_at":"soon"}"#, "invalid_field", Some("send_at")),
        ] {
            let problem = parse::<Message>(text.as_bytes()).unwrap_err();
            assert_eq!((problem.code.as_ref(), problem.field.as_deref()), (code, field), "{text}: {problem:?}");
        }
        assert_eq!(parse::<Message>(b"{\"to\":[{\"userid\":\"\xff\"}]}").unwrap_err().code, "malformed_json");
        let deep = "[".repeat(100_000);
        assert_eq!(parse::<Message>(format!("{{\"to\":{deep}").as_bytes()).unwrap_err().status / 100, 4);
    }
}
