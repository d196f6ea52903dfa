//! The HTTP side: accept, read, meet trouble, answer. What an answer says is decided elsewhere.

mod answer;

use crate::{
    arrival,
    dingtalk::socket::{self, Entering},
    faults::{FaultKind, Strike},
    hub::Hub,
    inspect,
    platforms::no_such_path,
    push,
    route::{Forced, Handling, enter, method_name},
    world::{Caller, tally::CountedCall, token::TokenStore},
};
use answer::{Answer, HangUp, cut, entire, halved, odd, replacement, response, too_large};
use bytes::Bytes;
use hongyan_net::{Heads, Requests};
use http::{
    HeaderMap, HeaderValue, Request, Response, StatusCode, Uri,
    header::{CONTENT_LENGTH, HOST, RETRY_AFTER},
};
use http_body_util::{BodyExt, Limited};
use hyper::{body::Incoming, server::conn::http1, service::service_fn, upgrade::OnUpgrade};
use hyper_util::rt::TokioIo;
use std::{
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
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
            let connection = http1::Builder::new()
                .serve_connection(TokioIo::new(Heads::new(stream, Requests::with_upgrades())), service);
            if let Err(error) = connection.with_upgrades().await {
                tracing::trace!(%error, "a connection ended early");
            }
            // It goes on as a WebSocket, in this task: stopping the server ends it, too.
            if let Some(entering) = entering.into_inner().unwrap_or_else(PoisonError::into_inner) {
                socket::serve(&hub, entering).await;
            }
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn answer(
    hub: &Hub,
    ip: IpAddr,
    mut request: Request<Incoming>,
    entering: &Mutex<Option<Entering>>,
) -> Result<Response<Answer>, HangUp> {
    if request.uri().path() == socket::PATH {
        let upgrade = hyper::upgrade::on(&mut request);
        return Ok(connect(hub, &request, upgrade, entering));
    }
    let (head, body) = request.into_parts();
    let announced = head.headers.get(CONTENT_LENGTH).and_then(|n| n.to_str().ok()).and_then(|n| n.parse::<u64>().ok());
    if announced.is_some_and(|length| length > MAX_BODY as u64) {
        return Ok(entire(too_large()));
    }
    let body = match Limited::new(body, MAX_BODY).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => return Ok(entire(too_large())),
        // The caller went away in the middle of his sentence.
        Err(_) => return Err(HangUp),
    };
    let method = method_name(head.method.as_str());
    let path = head.uri.path();
    if path == "/" || path == "/sandbox" || path.starts_with("/sandbox/") {
        if path == inspect::CREDENTIALS {
            return Ok(entire(inspect::credentials(hub, ip, host(&head.headers).as_deref())));
        }
        return Ok(entire(inspect::answer(hub, method, &head.uri, &body).await));
    }
    let strike = hub.faults.strike(path);
    if !strike.latency.is_zero() {
        tokio::time::sleep(strike.latency).await;
    }
    let answer = meet(hub, ip, method, &head.uri, &head.headers, &body, &strike).await;
    if !strike.latency_after.is_zero() {
        tokio::time::sleep(strike.latency_after).await;
    }
    answer.map(|answer| marked(hub, answer, &strike))
}

/// The answer with the status and the time to wait that the trouble in force wants.
fn marked(hub: &Hub, mut answer: Response<Answer>, strike: &Strike) -> Response<Answer> {
    if let Some(status) = strike.status.and_then(|status| StatusCode::from_u16(status).ok()) {
        *answer.status_mut() = status;
    }
    let machine_ms = hub.clock.now_ms() - hub.clock.moved_ms();
    if let Some(after) = &strike.retry_after
        && let Ok(value) = HeaderValue::from_str(&after.value(machine_ms))
    {
        answer.headers_mut().insert(RETRY_AFTER, value);
    }
    answer
}

/// A WebSocket's handshake.
fn connect(
    hub: &Hub,
    request: &Request<Incoming>,
    upgrade: OnUpgrade,
    entering: &Mutex<Option<Entering>>,
) -> Response<Answer> {
    match socket::enter_by(hub, request.uri(), request.headers(), upgrade) {
        Ok((headers, accepted)) => {
            *entering.lock().unwrap_or_else(PoisonError::into_inner) = Some(accepted);
            response(101, headers.into(), Answer::Entire(None))
        }
        Err(status) => response(status.as_u16(), Vec::new(), Answer::Entire(None)),
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
    strike: &Strike,
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
        let platform = route.map_or_else(|| world.platforms.first().copied(), |route| world.platform(route.platform));
        match kind {
            FaultKind::TokenRevoked | FaultKind::TokenExpired => {
                let end: fn(&mut TokenStore) =
                    if kind == FaultKind::TokenRevoked { TokenStore::revoke } else { TokenStore::expire };
                if let Some(platform) = platform {
                    platform.tokens(&mut world).into_iter().for_each(end);
                }
            }
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
                let mut call = arrival::read(method, uri, headers, body);
                (route.gather)(&enter(&hub.world), &mut call);
                if let Some(question) = route.question(&hub.world, &call, &handling) {
                    handling.caller.asked = Some(push::ask(hub, question).await);
                }
                let sealed = route.run(&hub.world, &call, &handling);
                match strike.wrapped {
                    Some(wrapped) => (route.rewrapped)(sealed, wrapped),
                    None => sealed,
                }
            }
            None => {
                note(hub, &caller, method, uri.path(), name);
                no_such_path(uri.path())
            }
        };
        if replaced.is_none() && !dropped {
            return Ok(match strike.kind {
                Some(FaultKind::Truncated) => entire(halved(sealed)),
                Some(FaultKind::CutBody) => cut(sealed),
                Some(FaultKind::Quirks) => entire(odd(sealed)),
                _ => entire(sealed),
            });
        }
    }
    replaced.map(entire).ok_or(HangUp)
}

/// Remembers a call that no handler was asked about.
fn note(hub: &Hub, caller: &Caller, method: &'static str, path: &str, fault: Option<&'static str>) {
    let mut world = enter(&hub.world);
    let counted = hub.routes.find(method, path).map_or("other", |route| route.spec.path);
    *world.tally.calls.entry(counted).or_default() += 1;
    let path = path.chars().take(PATH_CHARS).collect::<String>().into();
    world.calls.record(CountedCall { seq: 0, at_ms: caller.now, method, path, code: "".into(), fault });
}
