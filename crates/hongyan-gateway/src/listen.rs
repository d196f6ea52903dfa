//! The listener: accepts, serves, and stops without cutting anybody off.

use crate::heads::Heads;
use axum::Router;
use hyper::{server::conn::http1, service::Service};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use std::{net::IpAddr, pin::pin, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
};

/// A pause after the machine refused a connection, so that the loop does not spin.
const AFTER_REFUSAL: Duration = Duration::from_millis(50);

/// From where a request came, as its connection says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// Accepts until `stop` turns true. A connection holds a permit of `room` while it lives.
pub(crate) async fn run(
    listener: TcpListener,
    router: Router,
    room: Arc<Semaphore>,
    header_timeout: Duration,
    mut stop: watch::Receiver<bool>,
) {
    let stopped = stop.clone();
    loop {
        let accepted = tokio::select! {
            biased;
            () = told(&mut stop) => return,
            permit = Arc::clone(&room).acquire_owned() => {
                // The semaphore is never closed.
                let Ok(permit) = permit else { return };
                tokio::select! {
                    biased;
                    () = told(&mut stop) => return,
                    accepted = listener.accept() => accepted.map(|(stream, peer)| (stream, peer, permit)),
                }
            }
        };
        match accepted {
            Ok((stream, peer, permit)) => {
                let (router, stop) = (router.clone(), stopped.clone());
                tokio::spawn(async move {
                    serve(stream, Peer(peer.ip()), router, header_timeout, stop).await;
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

async fn serve(
    stream: TcpStream,
    peer: Peer,
    router: Router,
    header_timeout: Duration,
    mut stop: watch::Receiver<bool>,
) {
    // Without it a small answer waits for the caller's delayed acknowledgement: 40 ms.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY could not be set");
    }
    let router = TowerToHyperService::new(router);
    let service = hyper::service::service_fn(move |mut request: http::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(peer);
        router.call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(header_timeout)
        .serve_connection(TokioIo::new(Heads::new(stream)), service);
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => Some(ended),
        () = told(&mut stop) => None,
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

/// Returns once it is time to stop, or nobody is left who could say so.
async fn told(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}
