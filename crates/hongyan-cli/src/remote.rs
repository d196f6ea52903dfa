//! The gateway's REST interface, as its remote control calls it.

use crate::{
    args::Remote,
    exit::{NoAnswer, Usage},
};
use anyhow::Context;
use bytes::Bytes;
use hongyan_net::{Failure, Http, Options, Reply, Secret};
use serde_json::Value;
use std::time::Duration;

/// A gateway and the key for it.
pub(crate) struct Gateway {
    http: Http,
    base: String,
    key: Secret,
}

impl Gateway {
    /// Reads the key; opens nothing.
    pub(crate) fn open(remote: &Remote) -> anyhow::Result<Self> {
        let key = match (&remote.key_file, std::env::var("HONGYAN_KEY")) {
            (Some(path), _) => {
                std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?
            }
            (None, Ok(key)) if !key.trim().is_empty() => key,
            _ => {
                let message = "no API key: set HONGYAN_KEY or --key-file (the gateway prints one at its first start; \
                               `hongyan keys create` makes more)";
                return Err(Usage(message.into()).into());
            }
        };
        Ok(Self::new(&remote.gateway, Secret::new(key.trim())))
    }

    /// A gateway at an address, with a key.
    pub(crate) fn new(base: &str, key: Secret) -> Self {
        let options = Options { timeout: Duration::from_secs(60), max_body_bytes: 64 << 20, ..Options::default() };
        Self { http: Http::new(options), base: base.trim_end_matches('/').into(), key }
    }

    /// Makes a call; a problem document becomes an error that says what to do.
    pub(crate) async fn call(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> anyhow::Result<Value> {
        let mut headers = headers.to_vec();
        if body.is_some() {
            headers.push(("content-type", "application/json"));
        }
        let reply = self.ask(method, path, &headers, body.map(Value::to_string).unwrap_or_default().into()).await?;
        self.json(&reply)
    }

    /// Hands in a file.
    pub(crate) async fn upload(&self, path: &str, bytes: Vec<u8>) -> anyhow::Result<Value> {
        let headers = [("content-type", "application/octet-stream")];
        let reply = self.ask("POST", path, &headers, bytes.into()).await?;
        self.json(&reply)
    }

    /// Gets a file's content.
    pub(crate) async fn download(&self, path: &str) -> anyhow::Result<Bytes> {
        let reply = self.ask("GET", path, &[], Bytes::new()).await?;
        if reply.status < 400 {
            return Ok(reply.body);
        }
        self.json(&reply).map(|_| Bytes::new())
    }

    async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Bytes) -> anyhow::Result<Reply> {
        let mut request = http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header("authorization", format!("Bearer {}", self.key.expose()));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body).map_err(|e| Usage(format!("not a valid address or header: {e}")))?;
        self.http.send(request).await.map_err(|fault| match fault.failure {
            Failure::Connect | Failure::Tls | Failure::Request => {
                anyhow::anyhow!("no gateway answers at {}: {fault} (start one with `hongyan serve`)", self.base)
            }
            Failure::Timeout | Failure::Lost | Failure::TooLarge => NoAnswer(format!(
                "the gateway's answer did not arrive: {fault}; repeat with the same --idempotency-key, or look with `hongyan list`"
            ))
            .into(),
        })
    }

    fn json(&self, reply: &Reply) -> anyhow::Result<Value> {
        let value: Value = serde_json::from_slice(&reply.body)
            .with_context(|| format!("HTTP {} without JSON: is {} a hongyan gateway?", reply.status, self.base))?;
        if reply.status < 400 {
            return Ok(value);
        }
        Err(problem(reply.status, &value))
    }
}

/// A problem document (RFC 9457) in a sentence.
fn problem(status: u16, document: &Value) -> anyhow::Error {
    let text = |name: &str| document.get(name).and_then(Value::as_str).unwrap_or_default();
    let mut sentence = match text("field") {
        "" => format!("{} (HTTP {status})", text("title")),
        field => format!("{field}: {} (HTTP {status})", text("title")),
    };
    if !text("detail").is_empty() {
        sentence = format!("{sentence}: {}", text("detail"));
    }
    let advice = &document["trouble"]["advice"];
    if let (Some(en), Some(zh)) = (advice["en"].as_str(), advice["zh"].as_str()) {
        sentence = format!("{sentence} → {en} · {zh}");
    }
    // It may have been done: nobody knows yet.
    if text("code") == "platform_unknown" { NoAnswer(sentence).into() } else { anyhow::anyhow!(sentence) }
}

/// Percent-encodes a query value or a path's segment.
pub(crate) fn encode(text: &str) -> String {
    text.bytes()
        .map(|b| {
            if b.is_ascii_alphanumeric() || b"-._~".contains(&b) {
                char::from(b).to_string()
            } else {
                format!("%{b:02X}")
            }
        })
        .collect()
}
