//! The listener: accepts, serves, and stops without cutting anybody off.
//!
//! A client can take its time, but not everybody's: an answer that is not read ends its connection ([`timed`]), and
//! when connections run short, the one that has let the gateway wait longest makes room ([`clients`]).

mod clients;
mod timed;

use axum::{Router, body::Body, response::Response};
use clients::{Client, Clients, Watched};
use hongyan_intake::Peer;
use hongyan_net::{Heads, Requests};
use http::{HeaderValue, StatusCode, header};
use hyper::{server::conn::http1, service::Service};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use std::{pin::pin, sync::Arc, time::Duration};
use timed::Timed;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
};

/// A pause after the machine refused a connection, so that the loop does not spin.
const AFTER_REFUSAL: Duration = Duration::from_millis(50);
/// How often it is looked for somebody who can make room, while there is none.
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// Of all connections, this part is not left to clients that let the gateway wait.
const KEPT_FREE: usize = 4;

/// How long the gateway waits for a client.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timeouts {
    /// For a request's head.
    pub(crate) head: Duration,
    /// While it takes nothing of an answer.
    pub(crate) write: Duration,
}

/// Accepts until `stop` turns true. A connection holds a permit of `permits` while it lives.
pub(crate) async fn run(
    listener: TcpListener,
    router: Router,
    permits: Arc<Semaphore>,
    timeouts: Timeouts,
    mut stop: watch::Receiver<bool>,
) {
    let stopped = stop.clone();
    let clients = Arc::new(Clients::default());
    let kept_free = (permits.available_permits() / KEPT_FREE).max(1);
    loop {
        let accepted = tokio::select! {
            biased;
            () = told(&mut stop) => return,
            permit = next_permit(&permits, &clients) => {
                // The semaphore is never closed.
                let Some(permit) = permit else { return };
                tokio::select! {
                    biased;
                    () = told(&mut stop) => return,
                    accepted = listener.accept() => accepted.map(|(stream, peer)| (stream, peer, permit)),
                }
            }
        };
        match accepted {
            Ok((stream, peer, permit)) => {
                if permits.available_permits() < kept_free {
                    clients.make_room();
                }
                let (router, stop, client) = (router.clone(), stopped.clone(), clients.enter());
                tokio::spawn(async move {
                    serve(stream, Peer(peer.ip()), router, timeouts, client, stop).await;
                    drop(permit);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(AFTER_REFUSAL).await;
            }
        }
    }
}

/// A permit; while there is none, whoever can make room is asked to.
async fn next_permit(permits: &Arc<Semaphore>, clients: &Clients) -> Option<OwnedSemaphorePermit> {
    let mut permit = pin!(Arc::clone(permits).acquire_owned());
    loop {
        match tokio::time::timeout(LOOK_AGAIN, permit.as_mut()).await {
            Ok(permit) => return permit.ok(),
            Err(_) => clients.make_room(),
        }
    }
}

async fn serve(
    stream: TcpStream,
    peer: Peer,
    router: Router,
    timeouts: Timeouts,
    client: Client,
    mut stop: watch::Receiver<bool>,
) {
    // Without it a small answer waits for the caller's delayed acknowledgement: 40 ms.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY could not be set");
    }
    let router = TowerToHyperService::new(router);
    let presence = client.presence();
    let service = hyper::service::service_fn(move |request: http::Request<hyper::body::Incoming>| {
        presence.at_work();
        let mut request = request.map(|body| Body::new(Watched::new(body, presence.clone())));
        request.extensions_mut().insert(peer);
        let (answer, presence) = (names_its_host(&request).then(|| router.call(request)), presence.clone());
        async move {
            let answer = match answer {
                Some(answer) => answer.await,
                None => Ok(no_host()),
            };
            // From here on it is the client's turn: to take the answer, and to ask again.
            presence.waits_for_client();
            answer
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(timeouts.head)
        .serve_connection(TokioIo::new(Heads::new(Timed::new(stream, timeouts.write), Requests::default())), service);
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => Some(ended),
        () = told(&mut stop) => None,
        () = client.asked_to_leave() => {
            tracing::debug!("a connection made room for others: its client had let us wait the longest");
            return;
        }
    };
    let ended = match ended {
        Some(ended) => ended,
        None => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// Whether a request says once for whom it is, as RFC 9112, section 3.2, demands: of two readers each could believe
/// another one. Before HTTP/1.1 it need not.
fn names_its_host<B>(request: &http::Request<B>) -> bool {
    let hosts = request.headers().get_all(header::HOST).iter().count();
    hosts == 1 || (hosts == 0 && request.version() < http::Version::HTTP_11)
}

/// As the parser refuses what it cannot read.
fn no_host() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

/// Returns once it is time to stop, or nobody is left who could say so.
async fn told(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}
