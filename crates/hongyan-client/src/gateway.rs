//! One gateway, and the key for it.

use crate::{Fault, Kind};
use bytes::Bytes;
use hongyan_net::{Http, Options, Reply, Secret};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use std::time::Duration;

/// A gateway's address and a key for it. Cheap to clone; all clones share their connections.
#[derive(Clone)]
pub struct Gateway {
    http: Http,
    base: String,
    key: Secret,
}

impl Gateway {
    /// A gateway at `base`, such as `http://127.0.0.1:7300`, with a key. Opens nothing.
    #[must_use]
    pub fn new(base: &str, key: Secret) -> Self {
        let options = Options { timeout: Duration::from_secs(60), max_body_bytes: 64 << 20, ..Options::default() };
        Self { http: Http::new(options), base: base.trim_end_matches('/').into(), key }
    }

    /// Hands in a message (`POST /v1/messages`); the same `key` with the same message is the same message.
    ///
    /// # Errors
    /// [`Fault`]; after [`Fault::is_transient`] ones it may be repeated with the same key.
    pub async fn submit(&self, message: &Value, key: Option<&str>) -> Result<Value, Fault> {
        let header = key.map(|key| ("idempotency-key", key));
        self.call("POST", "/v1/messages", header.as_slice(), Some(message)).await
    }

    /// Hands in a message that is JSON text already, as it stands: a repeat has the same bytes whoever wrote them.
    ///
    /// # Errors
    /// As [`Self::submit`].
    pub async fn submit_text(&self, message: &str, key: &str) -> Result<Value, Fault> {
        let headers = [("idempotency-key", key), ("content-type", "application/json")];
        let reply = self.ask("POST", "/v1/messages", &headers, Bytes::copy_from_slice(message.as_bytes())).await?;
        self.json(&reply)
    }

    /// Hands in messages that are JSON text already, each under its key (`POST /v1/messages/batch`): the same key with
    /// the same text is the same message as by [`Self::submit_text`]. Gives the gateway's results, one per message; also
    /// when it took none of them.
    ///
    /// # Errors
    /// [`Fault`], for the batch as a whole. A text that is no JSON spoils the batch.
    pub async fn submit_batch<'a>(
        &self,
        messages: impl Iterator<Item = (&'a str, &'a str)>,
    ) -> Result<Vec<Value>, Fault> {
        let (keys, texts): (Vec<&str>, Vec<&str>) = messages.unzip();
        let body = format!("{{\"keys\":{},\"messages\":[{}]}}", Value::from(keys), texts.join(","));
        let headers = [("content-type", "application/json")];
        let reply = self.ask("POST", "/v1/messages/batch", &headers, body.into()).await?;
        let mut value: Value = match serde_json::from_slice(&reply.body) {
            Ok(value) => value,
            Err(_) => self.json(&reply)?,
        };
        match value["results"].take() {
            Value::Array(results) if reply.status < 400 || reply.status == 422 => Ok(results),
            _ if reply.status < 400 => Err(Fault::new(
                Kind::Foreign,
                format!("HTTP {} without results: is {} a hongyan gateway?", reply.status, self.base),
                format!("HTTP {}，没有结果：{} 是鸿雁网关吗？", reply.status, self.base),
            )),
            _ => Err(Fault::of_problem(reply.status, &value)),
        }
    }

    /// Whether anything answers there at all; asks for nothing that needs a key.
    ///
    /// # Errors
    /// [`Fault`] of [`Kind::Unreachable`] or [`Kind::NoAnswer`].
    pub async fn answers(&self) -> Result<(), Fault> {
        self.ask("GET", "/healthz", &[], Bytes::new()).await.map(|_| ())
    }

    /// What became of a message (`GET /v1/messages/{id}`).
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn status(&self, id: &str) -> Result<Value, Fault> {
        self.call("GET", &format!("/v1/messages/{}", encode(id)), &[], None).await
    }

    /// The ledger of a message (`GET /v1/messages/{id}/recipients`).
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn recipients(&self, id: &str) -> Result<Value, Fault> {
        self.call("GET", &format!("/v1/messages/{}/recipients", encode(id)), &[], None).await
    }

    /// Makes any call of the interface, with JSON both ways.
    ///
    /// # Errors
    /// [`Fault`]: a problem document becomes one that says what to do.
    pub async fn call(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Value, Fault> {
        let mut headers = headers.to_vec();
        if body.is_some() {
            headers.push(("content-type", "application/json"));
        }
        let reply = self.ask(method, path, &headers, body.map(Value::to_string).unwrap_or_default().into()).await?;
        self.json(&reply)
    }

    /// Hands in a file.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn upload(&self, path: &str, bytes: Vec<u8>) -> Result<Value, Fault> {
        let headers = [("content-type", "application/octet-stream")];
        let reply = self.ask("POST", path, &headers, bytes.into()).await?;
        self.json(&reply)
    }

    /// Gets a file's content.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn download(&self, path: &str) -> Result<Bytes, Fault> {
        let reply = self.ask("GET", path, &[], Bytes::new()).await?;
        if reply.status < 400 {
            return Ok(reply.body);
        }
        self.json(&reply).map(|_| Bytes::new())
    }

    async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Bytes) -> Result<Reply, Fault> {
        let mut request = http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header("authorization", format!("Bearer {}", self.key.expose()));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body).map_err(|error| {
            let message = format!("not a valid address, key or header: {error}");
            Fault::new(Kind::Invalid, message, format!("地址、密钥或请求头不合法：{error}"))
        })?;
        self.http.send(request).await.map_err(|fault| {
            if fault.failure.came_before_the_call() {
                let message = format!("no gateway answers at {}: {fault} (start one with `hongyan serve`)", self.base);
                let zh = format!("{} 处没有网关应答：{fault}（可用 `hongyan serve` 启动）", self.base);
                return Fault::new(Kind::Unreachable, message, zh);
            }
            let message = format!(
                "the gateway's answer did not arrive: {fault}; repeat with the same idempotency key, or look with \
                 `hongyan list`"
            );
            let zh = format!("网关的应答没有到达：{fault}；请用同一幂等键重试，或用 `hongyan list` 查看");
            Fault::new(Kind::NoAnswer, message, zh)
        })
    }

    fn json(&self, reply: &Reply) -> Result<Value, Fault> {
        let value: Value = serde_json::from_slice(&reply.body).map_err(|_| {
            let message = format!("HTTP {} without JSON: is {} a hongyan gateway?", reply.status, self.base);
            Fault::new(Kind::Foreign, message, format!("HTTP {}，不是 JSON:{} 是鸿雁网关吗？", reply.status, self.base))
        })?;
        if reply.status < 400 { Ok(harmless(value)) } else { Err(Fault::of_problem(reply.status, &harmless(value))) }
    }
}

/// The same answer without DEL and the control characters of C1, which JSON does not escape and some terminals obey.
fn harmless(mut value: Value) -> Value {
    let told = |c: char| matches!(c, '\u{7f}'..='\u{9f}');
    match &mut value {
        Value::String(text) if text.contains(told) => *text = text.replace(told, "\u{fffd}"),
        Value::Array(items) => items.iter_mut().for_each(|item| *item = harmless(item.take())),
        Value::Object(members) => members.values_mut().for_each(|member| *member = harmless(member.take())),
        _ => {}
    }
    value
}

/// What stands in a URL as it is (RFC 3986 §2.3).
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Percent-encodes a query value or a path's segment.
#[must_use]
pub fn encode(text: &str) -> String {
    utf8_percent_encode(text, UNRESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_tells_a_terminal_nothing() {
        let value = serde_json::json!({"a": ["x\u{9b}1A", {"b": "\u{7f}"}], "c": "行\n"});
        assert_eq!(harmless(value), serde_json::json!({"a": ["x\u{fffd}1A", {"b": "\u{fffd}"}], "c": "行\n"}));
    }
}
