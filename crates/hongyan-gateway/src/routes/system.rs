//! The gateway about itself: alive, ready, counted, described.

use super::{
    app::{App, Readiness},
    call::Call,
};
use hongyan_api::{Code, Live, Problem, Ready, Route};
use hongyan_core::StoreError;
use hongyan_intake::reply::{self, Reply};
use http::{StatusCode, header};
use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};

/// For how long an answer about the store is good.
const READY_FOR: Duration = Duration::from_secs(1);
/// How long the store may take to show that it can be written.
const READY_WITHIN: Duration = Duration::from_secs(2);

/// `GET /healthz`
pub(super) fn live() -> Reply {
    reply::ok(&Live { status: "ok".into(), version: env!("CARGO_PKG_VERSION").into() })
}

/// `GET /readyz`
pub(super) async fn ready(app: &Arc<App>) -> Reply {
    let now = app.clock.tick();
    let known = *app.ready.lock().unwrap_or_else(PoisonError::into_inner);
    let ready = match known {
        Some((at, ready)) if now.since(at) < READY_FOR => ready,
        _ => {
            let asked = tokio::time::timeout(READY_WITHIN, app.store.check_writable(app.clock.now())).await;
            let ready = match asked {
                Ok(Ok(())) => Readiness::Ready,
                Ok(Err(StoreError::Unavailable(obstacle, _))) => Readiness::Unusable(obstacle),
                // Slow, busy, or something that nobody foresaw.
                Ok(Err(_)) | Err(_) => Readiness::NotReady,
            };
            *app.ready.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, ready));
            ready
        }
    };
    match ready {
        Readiness::Ready => reply::ok(&Ready { status: "ready".into() }),
        Readiness::Unusable(obstacle) => Err(reply::unusable(obstacle)),
        Readiness::NotReady => Err(Problem::bare(Code::NotReady)),
    }
}

/// `GET /metrics`
pub(super) fn metrics(app: &Arc<App>, route: &Route, call: &Call) -> Reply {
    // Where they are open to everybody, that is the operator's word for all accounts.
    let visible = |name: &str| call.caller().map_or(true, |caller| caller.barred([name]).is_none());
    Ok(reply::with_type(StatusCode::OK, route.media_type, app.metrics.text(visible)))
}

/// `GET /openapi.json`
pub(super) fn openapi_page(app: &Arc<App>, route: &Route) -> Reply {
    Ok(reply::with_type(StatusCode::OK, route.media_type, app.pages.openapi.clone()))
}

/// `GET /docs`
pub(super) fn docs_page(app: &Arc<App>, route: &Route) -> Reply {
    let mut response = reply::with_type(StatusCode::OK, route.media_type, app.pages.docs.clone());
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, app.pages.docs_policy.clone());
    Ok(response)
}
