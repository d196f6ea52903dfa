//! The HTTP side: accept, read, meet trouble, answer. What an answer says is decided elsewhere.

use crate::{
    Hub, arrival, inspect, push,
    route::{Forced, Handling, enter, method_name, refuse},
    stream::{self, Entering},
    trouble::{FaultKind, Strike},
    world::{Caller, tally::Call},
};
use bytes::Bytes;
use hongyan_dingtalk::DingTalk;
use hongyan_endpoint::{Platform, Sealed};
use http::{
    HeaderMap, Request, Response, Uri,
    header::{CONTENT_LENGTH, HOST},
};
use http_body_util::{BodyExt, Limited};
use hyper::{
    body::{Body, Frame, Incoming, SizeHint},
    server::conn::http1,
    service::service_fn,
    upgrade::OnUpgrade,
};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::{
    fmt,
    net::IpAddr,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};
use tokio::{net::TcpListener, task::JoinSet};

/// The largest body that is read, in bytes: the platforms' largest file (20 MB) and the form around it.
const MAX_BODY: usize = 24 << 20;
/// Characters of a path that are remembered.
const PATH_CHARS: usize = 200;

/// Serves until dropped; dropping closes every connection.
pub(crate) async fn serve(listener: TcpListener, hub: Arc<Hub>) {
    let mut connections = JoinSet::new();
    loop {
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of descriptors, mostly: give the open connections time to end.
                tracing::warn!(%error, "a connection was not accepted");
                tokio::time::sleep(Duration::from_millis(10)).await;
                continue;
            }
        };
        // A failure here costs latency only.
        let _ = stream.set_nodelay(true);
        let hub = hub.clone();
        connections.spawn(async move {
            let entering = Mutex::new(None);
            let service = service_fn(|request| answer(&hub, peer.ip(), request, &entering));
            let connection = http1::Builder::new().pipeline_flush(true).serve_connection(TokioIo::new(stream), service);
            if let Err(error) = connection.with_upgrades().await {
                tracing::trace!(%error, "a connection ended early");
            }
            // It goes on as a WebSocket, in this task: stopping the server ends it, too.
            if let Some(entering) = entering.into_inner().unwrap_or_else(PoisonError::into_inner) {
                stream::serve(&hub, entering).await;
            }
        });
        while connections.try_join_next().is_some() {}
    }
}

/// The connection is to be closed without an answer.
#[derive(Debug)]
struct HangUp;

impl fmt::Display for HangUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("hung up on demand")
    }
}

impl std::error::Error for HangUp {}

async fn answer(
    hub: &Hub,
    ip: IpAddr,
    mut request: Request<Incoming>,
    entering: &Mutex<Option<Entering>>,
) -> Result<Response<Answer>, HangUp> {
    if request.uri().path() == stream::PATH {
        let upgrade = hyper::upgrade::on(&mut request);
        return Ok(connect(hub, &request, upgrade, entering));
    }
    let (head, body) = request.into_parts();
    let announced = head.headers.get(CONTENT_LENGTH).and_then(|n| n.to_str().ok()).and_then(|n| n.parse::<u64>().ok());
    if announced.is_some_and(|length| length > MAX_BODY as u64) {
        return Ok(whole(too_large()));
    }
    let body = match Limited::new(body, MAX_BODY).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => return Ok(whole(too_large())),
        // The caller went away in the middle of his sentence.
        Err(_) => return Err(HangUp),
    };
    let method = method_name(head.method.as_str());
    let path = head.uri.path();
    if path == "/" || path == "/sandbox" || path.starts_with("/sandbox/") {
        return Ok(whole(inspect::answer(hub, method, &head.uri, &body).await));
    }
    let strike = hub.trouble.strike(path);
    if !strike.latency.is_zero() {
        tokio::time::sleep(strike.latency).await;
    }
    meet(hub, ip, method, &head.uri, &head.headers, &body, strike).await
}

/// A WebSocket's handshake.
fn connect(
    hub: &Hub,
    request: &Request<Incoming>,
    upgrade: OnUpgrade,
    entering: &Mutex<Option<Entering>>,
) -> Response<Answer> {
    match stream::enter_by(hub, request.uri(), request.headers(), upgrade) {
        Ok((headers, accepted)) => {
            *entering.lock().unwrap_or_else(PoisonError::into_inner) = Some(accepted);
            response(101, headers.into(), Answer::Whole(None))
        }
        Err(status) => response(status.as_u16(), Vec::new(), Answer::Whole(None)),
    }
}

/// Host and port by which the caller found us, when it is one.
fn host(headers: &HeaderMap) -> Option<String> {
    let host = headers.get(HOST)?.to_str().ok()?;
    host.parse::<http::uri::Authority>().ok().filter(|_| host.len() <= 255 && !host.contains('@')).map(|_| host.into())
}

/// Answers one call to a platform, with the trouble it meets.
async fn meet(
    hub: &Hub,
    ip: IpAddr,
    method: &'static str,
    uri: &Uri,
    headers: &HeaderMap,
    body: &Bytes,
    strike: Strike,
) -> Result<Response<Answer>, HangUp> {
    if let Some(host) = host(headers) {
        enter(&hub.world).host = host;
    }
    let caller = Caller { ip, now: hub.clock.now_ms(), moved_ms: hub.clock.moved_ms(), asked: None };
    let name = strike.kind.map(FaultKind::name);
    let mut handling = Handling { caller, forced: None, fault: name };
    let route = hub.routes.find(method, uri.path());
    if let Some(kind) = strike.kind {
        let mut world = enter(&hub.world);
        *world.tally.faults.entry(kind.name()).or_default() += 1;
        let token = match route.map(|route| route.platform) {
            Some(hongyan_wecom::WeCom::NAME) => &mut world.wecom.token,
            _ => &mut world.dingtalk.token,
        };
        match kind {
            FaultKind::TokenRevoked => token.revoke(),
            FaultKind::TokenExpired => token.expire(),
            FaultKind::Busy => handling.forced = Some(Forced::Code(-1)),
            FaultKind::Code => handling.forced = Some(Forced::Code(strike.value.unwrap_or(-1))),
            FaultKind::Throttle => handling.forced = Some(Forced::Throttle),
            _ => {}
        }
    }
    let replaced = strike.kind.and_then(|kind| replacement(kind, strike.value));
    let dropped = matches!(strike.kind, Some(FaultKind::DropBefore | FaultKind::DropAfter));
    if (replaced.is_some() || dropped) && !strike.after {
        note(hub, &caller, method, uri.path(), name);
    } else {
        let sealed = match route {
            Some(route) => {
                let call = arrival::read(method, uri, headers, body);
                if let Some(question) = route.question(&hub.world, &call, &handling) {
                    handling.caller.asked = Some(push::ask(hub, question).await);
                }
                route.run(&hub.world, &call, &handling)
            }
            None => {
                note(hub, &caller, method, uri.path(), name);
                unknown(uri.path())
            }
        };
        if replaced.is_none() && !dropped {
            return Ok(match strike.kind {
                Some(FaultKind::Truncated) => whole(halved(sealed)),
                Some(FaultKind::CutBody) => cut(sealed),
                Some(FaultKind::Quirks) => whole(odd(sealed)),
                _ => whole(sealed),
            });
        }
    }
    replaced.map(whole).ok_or(HangUp)
}

/// Remembers a call that no mind was asked about.
fn note(hub: &Hub, caller: &Caller, method: &'static str, path: &str, fault: Option<&'static str>) {
    let mut world = enter(&hub.world);
    let counted = hub.routes.find(method, path).map_or("other", |route| route.spec.path);
    *world.tally.calls.entry(counted).or_default() += 1;
    let path = path.chars().take(PATH_CHARS).collect::<String>().into();
    world.calls.record(Call { seq: 0, at_ms: caller.now, method, path, code: "".into(), fault });
}

/// What stands in the platform's place.
fn replacement(kind: FaultKind, value: Option<i64>) -> Option<Sealed> {
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

/// The platforms' answers to a path that is nobody's.
fn unknown(path: &str) -> Sealed {
    if path.starts_with("/cgi-bin/") {
        let kind = ("content-type", "text/plain".to_owned());
        return Sealed { status: 404, headers: vec![kind], body: b"404 page not found\n".to_vec() };
    }
    if path.starts_with("/v1.0/") || path.starts_with("/v2.0/") {
        let words = "Specified api is not found, please check your url and version.";
        let body = json!({"code": "InvalidAction.NotFound", "requestid": "sandbox", "message": words});
        return Sealed::json(404, &body);
    }
    if let Some(name) = path.strip_prefix("/topapi/") {
        let name: String = name.chars().take(PATH_CHARS).collect();
        let words = format!("不合法ApiName,ApiName = dingtalk.oapi.{}", name.replace('/', "."));
        let errmsg = format!("Invalid method[submsg={words}]");
        return Sealed::json(200, &json!({"errcode": 22, "sub_msg": words, "errmsg": errmsg, "request_id": "sandbox"}));
    }
    let fault = refuse::<DingTalk>("404", "请求的URI地址不存在");
    Sealed::json(200, &json!({"errcode": 404, "errmsg": fault.message()}))
}

fn too_large() -> Sealed {
    let kind = ("content-type", "text/plain".to_owned());
    // The rest of the body is not read, so the connection cannot go on.
    Sealed { status: 413, headers: vec![kind, ("connection", "close".into())], body: b"body too large\n".to_vec() }
}

/// The code as text, and empty lists left out, wherever they are.
fn odd(mut sealed: Sealed) -> Sealed {
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

fn halved(mut sealed: Sealed) -> Sealed {
    sealed.body.truncate(sealed.body.len() / 2);
    sealed
}

fn whole(sealed: Sealed) -> Response<Answer> {
    let Sealed { status, headers, body } = sealed;
    response(status, headers, Answer::Whole(Some(body.into())))
}

/// Announces the whole body and breaks off in the middle.
fn cut(sealed: Sealed) -> Response<Answer> {
    let Sealed { status, mut headers, mut body } = sealed;
    headers.push(("content-length", body.len().to_string()));
    body.truncate(body.len() / 2);
    response(status, headers, Answer::Cut(Some(body.into()), true))
}

fn response(status: u16, headers: Vec<(&'static str, String)>, body: Answer) -> Response<Answer> {
    let mut builder = Response::builder().status(status);
    for (name, value) in headers {
        builder = builder.header(name, value);
    }
    // Statuses are in range and header values plain text; should one not be, the caller sees a 500.
    builder.body(body).unwrap_or_else(|_| {
        let mut response = Response::new(Answer::Whole(None));
        *response.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR;
        response
    })
}

/// An answer's body.
enum Answer {
    /// As it is.
    Whole(Option<Bytes>),
    /// What there is, then a pause in which it is flushed, then the end of the connection.
    Cut(Option<Bytes>, bool),
}

impl Body for Answer {
    type Data = Bytes;
    type Error = HangUp;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, HangUp>>> {
        match &mut *self {
            Self::Whole(body) => Poll::Ready(body.take().map(|body| Ok(Frame::data(body)))),
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
        matches!(self, Self::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => SizeHint::with_exact(body.as_ref().map_or(0, |body| body.len() as u64)),
            Self::Cut(..) => SizeHint::default(),
        }
    }
}
