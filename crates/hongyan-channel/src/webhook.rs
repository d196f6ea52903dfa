//! Any HTTPS address as a channel: each delivery is a `POST` of one JSON object, signed.
//!
//! ```text
//! POST /hook
//! x-hongyan-id: d…                              the delivery: the same at every attempt, to tell repeats by
//! x-hongyan-timestamp: 1790000000               seconds since 1970
//! x-hongyan-signature: sha256=…                 HMAC-SHA256 of `timestamp.body`, in hexadecimal
//!
//! {"id": "d…", "at": "…", "to": [{"userid": "li"}], "content": {"text": "disk full"}}
//! ```
//!
//! What the answer's body says is not read: it may be anybody's.

use crate::{
    factory::{ChannelFactory, OpenedChannel},
    published,
    refusal::invalid,
    render,
    secret::SecretRef,
    table_view,
};
use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use hongyan_core::{
    Address, AddressKind, Call, CallFile, Capabilities, Channel, Clock, Content, Dedup, FileUse, Format, Group, Health,
    Media, Outcome, Resolution, TokenHealth, Unfit, clock::System,
};
use hongyan_endpoint::{About, Bilingual, Class, ErrorCode, Fault, Invalid, Responsible, error_code};
use hongyan_net::{BeforeWrite, Http, NetFault, Options, Secret, is_public};
use serde::Deserialize;
use serde_json::json;
use sha2::Sha256;
use std::{borrow::Cow, net::IpAddr, time::Duration};

/// `channel = "webhook"`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookConfig {
    /// The address: `https`; `http` too with `allow_private`. Treated as a secret, since many hold one.
    pub url: SecretRef,
    /// Signs the calls.
    #[serde(default)]
    pub secret: Option<SecretRef>,
    /// Whether the address may lie in a private network.
    #[serde(default)]
    pub allow_private: bool,
}

impl ChannelFactory for WebhookConfig {
    fn open(&self, options: &Options) -> Result<OpenedChannel, Invalid> {
        WebhookChannel::open(self, options).map(OpenedChannel::alone)
    }

    fn secrets(&self) -> Vec<(&'static str, &SecretRef)> {
        // Most addresses are no secret; whoever has one that is may keep it elsewhere.
        self.secret.iter().map(|secret| ("secret", secret)).collect()
    }
}

/// Answers that are refusals, by their HTTP status.
pub(crate) static ERROR_CODES: &[ErrorCode] = &[
    error_code(
        "http.refused",
        Class::Permanent,
        Responsible::Operator,
        ("the webhook refused the call", "Webhook 拒绝了调用"),
        ("look up the status, check the account's url and secret", "请查看状态码，检查账号的 url 与 secret"),
    ),
    error_code(
        "http.busy",
        Class::RETRY,
        Responsible::Hongyan,
        ("the webhook could not take the call now", "Webhook 暂时无法接收"),
        (
            "after a send that may have arrived all the same the outcome is unknown; see the delivery",
            "若该次发送可能已送达，则结果未知；请查看该投递",
        ),
    ),
    error_code(
        "http.throttled",
        Class::Throttled { after: None },
        Responsible::Hongyan,
        ("the webhook wants fewer calls", "Webhook 要求降低频率"),
        (
            "hongyan waits as long as it was told, else 1 s, 2 s, 4 s …; set rate on the account",
            "鸿雁按其要求等待，未说明时依次等待 1 秒、2 秒、4 秒……；可为账号设置 rate",
        ),
    )
    .about(About::Network),
];

/// The row for one of [`ERROR_CODES`]' codes.
pub(crate) fn row(code: &str) -> Option<&'static ErrorCode> {
    ERROR_CODES.iter().find(|row| row.code == code)
}

/// Recipients of one call.
const RECIPIENTS_PER_CALL: usize = 1_000;
/// Calls a second, unless the account says otherwise.
const CALLS_PER_SECOND: u32 = 20;
/// For how long an idle connection is kept: most servers wait five seconds at least before they close one.
const IDLE: Duration = Duration::from_secs(3);

/// A webhook.
pub struct WebhookChannel {
    http: Http,
    url: Secret,
    /// What may be a credential in the address: held so that nobody repeats it to us unnoticed.
    _in_url: Vec<Secret>,
    secret: Option<Secret>,
    capabilities: Capabilities,
}

impl WebhookChannel {
    /// Reads the secrets and makes the channel.
    ///
    /// # Errors
    /// What is wrong, and with which key; never the address.
    pub fn open(config: &WebhookConfig, options: &Options) -> Result<Self, Invalid> {
        let url = config.url.read_for("url")?;
        let secret = config.secret.as_ref().map(|secret| secret.read_for("secret")).transpose()?;
        check_url(url.expose(), config.allow_private)?;
        if options.proxy.is_some() && !config.allow_private {
            let why = Bilingual::fixed(
                "whoever goes through a proxy cannot tell private addresses: set allow_private = true",
                "经代理访问时无法识别内网地址：请设置 allow_private = true",
            );
            return Err(Invalid::unfit("proxy", why));
        }
        Ok(Self {
            http: Http::new(Options { refuse_private: !config.allow_private, idle_timeout: IDLE, ..options.clone() }),
            _in_url: credentials(url.expose()),
            url,
            secret,
            capabilities: Capabilities {
                channel: "webhook",
                groups: vec![Group::of(&AddressKind::EVERY, RECIPIENTS_PER_CALL)],
                looked_up: &[],
                formats: Format::EVERY,
                attachments: true,
                dedup: Dedup::MessageId,
                receipts_for: None,
                recall_for: None,
                concurrency: 8,
                rates: vec![hongyan_core::Rate { max: CALLS_PER_SECOND, per: Duration::from_secs(1) }],
            },
        })
    }

    async fn post(&self, id: &str, body: Vec<u8>) -> Result<(), Fault> {
        self.send(http::Method::POST, id, body).await.map_err(|fault| fault.during("webhook.post"))
    }

    async fn send(&self, method: http::Method, id: &str, body: Vec<u8>) -> Result<(), Fault> {
        // Signed when it is sent, so that the receiver can refuse what is old.
        let timestamp = (System.now().millis() / 1_000).to_string();
        let mut request = http::Request::builder()
            .method(&method)
            .uri(self.url.expose())
            .header("content-type", "application/json; charset=utf-8")
            .header("user-agent", "hongyan")
            .header("x-hongyan-id", id)
            .header("x-hongyan-timestamp", &timestamp);
        if let Some(secret) = &self.secret {
            request = request.header("x-hongyan-signature", format!("sha256={}", sign(secret, &timestamp, &body)));
        }
        // The error would name the address.
        let mut request = request.body(Bytes::from(body)).map_err(|_| invalid("url is not an address"))?;
        if method == http::Method::POST
            && let Some(gate) = BeforeWrite::current()
        {
            request.extensions_mut().insert(gate);
        }
        let reply = self.http.send(request).await.map_err(lost)?;
        judge(reply.status, reply.retry_after()).map_err(|fault| match fault.class() {
            // Only what was sent can have arrived.
            Class::Ambiguous if method != http::Method::POST => fault.with_class(Class::RETRY),
            _ => fault,
        })
    }
}

/// What an answer to a send says by its status; a pause that it asks for is kept. What was not refused outright may have
/// been acted on.
fn judge(status: u16, retry_after: Option<Duration>) -> Result<(), Fault> {
    let refused = |code: &'static str| Fault::refused(code, format!("HTTP {status}"), row(code));
    let unknown = |code: &'static str| refused(code).with_class(Class::Ambiguous);
    match status {
        200..300 => Ok(()),
        // Whoever answers for the receiver: a sign-in page, a proxy, an address that has moved.
        300..400 => Err(Fault::transport("net.redirect", format!("HTTP {status}")).with_class(Class::Ambiguous)),
        429 => Err(refused("http.throttled").with_class(Class::Throttled { after: retry_after })),
        503 if retry_after.is_some() => {
            let told = refused("http.busy").with_class(Class::Throttled { after: retry_after });
            Err(told.with_about(About::Network))
        }
        // A gate whose receiver is not there.
        502..=504 => Err(unknown("http.busy").with_about(About::Network)),
        408 | 425 => Err(refused("http.busy")),
        500.. => Err(unknown("http.busy")),
        // Of a proxy's own login.
        407 => Err(Fault::transport("net.proxy", format!("HTTP {status}"))),
        _ => Err(refused("http.refused")),
    }
}

/// The parts of an address that may be a credential: path and query together, and what is long in either. Short
/// words such as `markdown` are none, and would be taken out of everything that anybody says.
fn credentials(url: &str) -> Vec<Secret> {
    const SHORTEST: usize = 16;
    let Some((_, rest)) = url.split_once("://") else { return Vec::new() };
    let target = rest.find('/').map_or("", |at| &rest[at..]);
    let words = target.split(['/', '?', '&', '#']).map(|word| word.split_once('=').map_or(word, |(_, value)| value));
    words.chain([target]).filter(|word| word.len() >= SHORTEST).map(Secret::new).collect()
}

/// HMAC-SHA256 over `timestamp.body`, in hexadecimal.
fn sign(secret: &Secret, timestamp: &str, body: &[u8]) -> String {
    // HMAC takes a key of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()) else { return String::new() };
    mac.update(timestamp.as_bytes());
    mac.update(b".");
    mac.update(body);
    HEXLOWER.encode(&mac.finalize().into_bytes())
}

/// A call without an answer: ambiguous once it may have been read.
fn lost(error: NetFault) -> Fault {
    let fault = Fault::transport(error.failure.code(), error.message);
    if error.failure.came_before_the_call() { fault } else { fault.with_class(Class::Ambiguous) }
}

fn check_url(url: &str, allow_private: bool) -> Result<(), Invalid> {
    let wrong = |en, zh| Invalid::unfit("url", Bilingual::fixed(en, zh));
    let parsed: http::Uri = url.parse().map_err(|_| wrong("is not an address", "不是地址"))?;
    let host = parsed.host().filter(|host| !host.is_empty()).ok_or_else(|| wrong("has no host", "没有主机名"))?;
    match parsed.scheme_str() {
        Some("https") => {}
        Some("http") if allow_private => {}
        _ => {
            return Err(wrong(
                "is not an https address (http is taken with allow_private = true)",
                "不是 https 地址（设置 allow_private = true 后可用 http）",
            ));
        }
    }
    if parsed.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err(wrong(
            "holds a login, which is not sent: put a token into its path or query",
            "含有用户名或密码，但不会发送：请将令牌放入路径或查询参数",
        ));
    }
    let private = host.eq_ignore_ascii_case("localhost")
        || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| !is_public(address));
    if private && !allow_private {
        return Err(wrong(
            "lies in a private network: set allow_private = true if that is meant",
            "位于内网：如确需如此，请设置 allow_private = true",
        ));
    }
    Ok(())
}

/// The object that is posted: the same bytes at every attempt, but for the recipients that are left.
fn body(call: &Call<'_>) -> Result<Vec<u8>, Fault> {
    let mut content = Cow::Borrowed(call.content);
    // Kept for the mails of the same message.
    if content.mail.is_some() {
        content.to_mut().mail = None;
    }
    if let Some(CallFile::Bytes(file)) = call.file {
        let seconds = call.content.media().and_then(|(_, media)| media.seconds);
        let carried = Media {
            base64: Some(STANDARD.encode(&file.bytes)),
            name: Some(file.name.clone()),
            seconds,
            ..Media::default()
        };
        if let Some(media) = content.to_mut().media_mut() {
            *media = carried;
        }
    }
    let to: Vec<&Address> = call.targets.iter().map(|target| &target.address).collect();
    let object = json!({"id": call.id.to_string(), "at": call.made_at, "to": to, "content": content});
    serde_json::to_vec(&object).map_err(|error| invalid(error.to_string()))
}

#[async_trait]
impl Channel for WebhookChannel {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn parts<'a>(&self, content: &'a Content, suffix: &str) -> Result<Vec<Cow<'a, Content>>, Unfit> {
        Ok(vec![match &content.table {
            Some(table) => Cow::Owned(table_view::data(content, table, suffix)),
            None => render::suffixed(content, suffix),
        }])
    }

    async fn resolve(&self, addresses: &[Address]) -> Result<Vec<Resolution>, Fault> {
        Ok(vec![Resolution::Itself; addresses.len()])
    }

    async fn deliver(&self, call: &Call<'_>) -> Outcome {
        let posted = match body(call) {
            Ok(body) => self.post(&call.id.to_string(), body).await,
            Err(fault) => Err(fault),
        };
        match posted {
            Ok(()) => Outcome::Taken { handle: None, exceptions: Vec::new() },
            Err(fault) => Outcome::failed(fault),
        }
    }

    fn file_use(&self, _form: Format) -> FileUse {
        FileUse::Carry
    }

    fn table_rows(&self) -> usize {
        usize::MAX
    }

    /// Asks with `HEAD`: whoever answers at all is there, unless they turn the signature away.
    async fn probe(&self) -> Result<(), Fault> {
        match self.send(http::Method::HEAD, "probe", Vec::new()).await {
            Err(fault) if fault.code() == "http.refused" && !matches!(fault.message(), "HTTP 401" | "HTTP 403") => {
                Ok(())
            }
            outcome => outcome.map_err(|fault| fault.during("webhook.probe")),
        }
    }

    fn health(&self) -> Health {
        Health { token: TokenHealth::NotUsed }
    }

    fn explain(&self, code: &str) -> Option<&'static ErrorCode> {
        row(code).or_else(|| published::explain_ours(code))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_over_timestamp_and_body() {
        // As `printf '1790000000.{}' | openssl dgst -sha256 -hmac sample` gives it.
        let expected = "e363acb0c4f586dcfbf98f2476a97f950f05fab553d89264c0147962999aaadb";
        assert_eq!(sign(&Secret::new("sample"), "1790000000", b"{}"), expected);
    }

    #[test]
    fn an_answers_status_says_what_to_do_next() {
        let throttled = |s| Class::Throttled { after: Some(Duration::from_secs(s)) };
        for (status, after, code, class, about) in [
            (301, None, "net.redirect", Class::Ambiguous, About::Network),
            (429, None, "http.throttled", Class::Throttled { after: None }, About::Network),
            (429, Some(7), "http.throttled", throttled(7), About::Network),
            (503, Some(7), "http.busy", throttled(7), About::Network),
            (503, None, "http.busy", Class::Ambiguous, About::Network),
            (502, None, "http.busy", Class::Ambiguous, About::Network),
            (504, Some(7), "http.busy", Class::Ambiguous, About::Network),
            (500, None, "http.busy", Class::Ambiguous, About::Message),
            (408, None, "http.busy", Class::RETRY, About::Message),
            (425, None, "http.busy", Class::RETRY, About::Message),
            (407, None, "net.proxy", Class::RETRY, About::Network),
            (401, None, "http.refused", Class::Permanent, About::Message),
            (413, Some(7), "http.refused", Class::Permanent, About::Message),
        ] {
            let fault = judge(status, after.map(Duration::from_secs)).unwrap_err();
            assert_eq!((fault.code(), fault.class(), fault.about()), (code, class, about), "{status} {after:?}");
        }
        assert_eq!(judge(204, None), Ok(()));
    }

    #[test]
    fn private_addresses_and_plain_http_are_refused_unless_allowed() {
        for (url, allow, fine) in [
            ("https://example.com/hook?token=canary", false, true),
            ("http://example.com/hook", false, false),
            ("https://127.0.0.1/hook", false, false),
            ("https://localhost/hook", false, false),
            ("https://[::1]/hook", false, false),
            ("https://169.254.169.254/latest", false, false),
            ("http://127.0.0.1:8080/hook", true, true),
            ("ftp://example.com/", true, false),
            ("https://user:canary@example.com/", false, false),
            ("canary", false, false),
        ] {
            let checked = check_url(url, allow);
            assert_eq!(checked.is_ok(), fine, "{url}: {checked:?}");
            assert!(!checked.is_err_and(|words| words.to_string().contains("canary")));
        }
    }
}
