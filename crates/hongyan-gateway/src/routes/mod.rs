//! The table of `hongyan-api`, mounted: who may call what, and what is done about calls that go wrong.

mod accounts;
mod app;
mod call;
mod callbacks;
mod chats;
mod contacts;
mod ledger;
mod media;
mod messages;
mod pages;
mod platform;
mod query;
mod system;

pub(crate) use app::App;
pub(crate) use pages::Pages;

use axum::{
    Router,
    body::Body,
    extract::{RawPathParams, Request, State, rejection::RawPathParamsRejection},
    response::Response,
    routing::{MethodFilter, on},
};
use call::Call;
use hongyan_api::{Code, Method, Operation, Problem, ROUTES, Route};
use hongyan_intake::{
    discard,
    reply::{self, Reply},
};
use http::{HeaderValue, header};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    task::Poll,
};

/// Every route of the table and nothing else.
pub(crate) fn mount(app: Arc<App>) -> Router {
    let mut router = Router::new();
    for route in ROUTES {
        let filter = match route.method {
            Method::Get => MethodFilter::GET,
            Method::Post => MethodFilter::POST,
        };
        let handler = move |State(app): State<Arc<App>>,
                            params: Result<RawPathParams, RawPathParamsRejection>,
                            request: Request| answer(app, route, params, request);
        router = router.route(route.path, on(filter, handler));
    }
    router
        .fallback(async |State(app): State<Arc<App>>, request: Request| outside(&app, request).await)
        .method_not_allowed_fallback(async |request: Request| {
            refuse(request, Problem::bare(Code::MethodNotAllowed)).await
        })
        .with_state(app)
}

/// What is not of the table of routes: the facade's, a callback, a platform's own path, or nobody's.
async fn outside(app: &App, request: Request) -> Response {
    let (parts, mut body) = request.into_parts();
    let mut route = "official";
    let answered = guarded(async {
        if let Some(facade) = &app.facade
            && let Some(response) = facade.answer(&parts, &mut body).await
        {
            route = "facade";
            return Ok(response);
        }
        if let Some(response) = app.callbacks.answer(&parts, &mut body).await {
            route = "callback";
            return Ok(response);
        }
        let official = app.official.as_ref().ok_or_else(|| Problem::bare(Code::NotFound))?;
        official.answer(&parts, &mut body).await.ok_or_else(|| Problem::bare(Code::NotFound))
    })
    .await;
    let response = match answered {
        Some(Ok(response)) => {
            app.metrics.request(route, response.status().as_u16());
            app.bodies.with_share(route, response).await
        }
        Some(Err(problem)) => reply::problem(&problem),
        None => {
            tracing::error!(path = parts.uri.path(), "a request panicked; the gateway goes on");
            reply::problem(&Problem::bare(Code::Internal))
        }
    };
    finish(response, &mut body, &parts.headers).await
}

async fn refuse(request: Request, problem: Problem) -> Response {
    let (parts, mut body) = request.into_parts();
    finish(reply::problem(&problem), &mut body, &parts.headers).await
}

/// Whoever refuses a request reads its body to the end first, so that the caller hears the answer.
async fn finish(mut response: Response, body: &mut Body, headers: &http::HeaderMap) -> Response {
    if !discard(body, headers).await {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

async fn answer(
    app: Arc<App>,
    route: &'static Route,
    params: Result<RawPathParams, RawPathParamsRejection>,
    request: Request,
) -> Response {
    let (parts, mut body) = request.into_parts();
    let params = params.map_or_else(
        |_| Vec::new(),
        |params| params.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
    );
    let mut call = Call { parts, params, query: Vec::new(), caller: None };
    let worked = guarded(work(&app, route, &mut call, &mut body)).await;
    let response = match worked {
        Some(Ok(response)) => match &call.caller {
            Some(caller) => app.bodies.with_share(&caller.id, response).await,
            // Pages that everybody may see are the same bytes for all.
            None => response,
        },
        Some(Err(problem)) => {
            debug_assert!(route.can_answer(&problem), "{}: {} is not declared", route.operation.name(), problem.code);
            tracing::debug!(
                route = route.operation.name(),
                status = problem.status,
                code = %problem.code,
                field = problem.field,
                "refused"
            );
            finish(reply::problem(&problem), &mut body, &call.parts.headers).await
        }
        None => {
            tracing::error!(route = route.operation.name(), "a request panicked; the gateway goes on");
            finish(reply::problem(&Problem::bare(Code::Internal)), &mut body, &call.parts.headers).await
        }
    };
    app.metrics.request(route.operation.name(), response.status().as_u16());
    response
}

/// `None` when the future panicked.
async fn guarded(future: impl Future<Output = Reply> + Send) -> Option<Reply> {
    let mut future = Box::pin(future);
    // What the future held is dropped with it; shared state is behind locks that ignore poisoning.
    std::future::poll_fn(move |cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
        Ok(Poll::Ready(reply)) => Poll::Ready(Some(reply)),
        Ok(Poll::Pending) => Poll::Pending,
        Err(_) => Poll::Ready(None),
    })
    .await
}

async fn work(app: &Arc<App>, route: &Route, call: &mut Call, body: &mut Body) -> Reply {
    authorise(app, route, call).await?;
    call.query = query::read(route, &call.parts.uri)?;
    match route.operation {
        Operation::SendMessage => messages::send(app, call, body).await,
        Operation::SendBatch => messages::send_batch(app, call, body).await,
        Operation::PlanMessage => messages::plan(app, call, body).await,
        Operation::ListMessages => ledger::list(app, call).await,
        Operation::GetMessage => ledger::get(app, call).await,
        Operation::ListRecipients => ledger::recipients(app, call).await,
        Operation::RecallMessage => ledger::recall(app, call).await,
        Operation::RetryMessage => ledger::retry(app, call).await,
        Operation::CancelMessage => ledger::cancel(app, call).await,
        Operation::ListReaders => chats::readers(app, call).await,
        Operation::PutFile => media::put(app, call, body).await,
        Operation::ListFiles => media::list(app, call).await,
        Operation::GetFile => media::get(app, call).await,
        Operation::GetContent => media::content(app, call).await,
        Operation::CreateChat => chats::create(app, call, body).await,
        Operation::ListChats => chats::list(app, call).await,
        Operation::GetChat => chats::get(app, call).await,
        Operation::ChangeChat => chats::change(app, call, body).await,
        Operation::FindPerson => contacts::person(app, call).await,
        Operation::ListDepartments => contacts::departments(app, call).await,
        Operation::ListMembers => contacts::members(app, call).await,
        Operation::ListAccounts => accounts::list(app, call).await,
        Operation::CheckAccount => accounts::check(app, call).await,
        Operation::ListCallbacks => callbacks::list(app, call).await,
        Operation::Live => system::live(),
        Operation::Ready => system::ready(app).await,
        Operation::Metrics => system::metrics(app, route, call),
        Operation::OpenApi => system::openapi_page(app, route),
        Operation::Docs => system::docs_page(app, route),
    }
}

async fn authorise(app: &App, route: &Route, call: &mut Call) -> Result<(), Problem> {
    let Some(scope) = route.scope else { return Ok(()) };
    if route.operation == Operation::Metrics && app.server.open_metrics {
        return Ok(());
    }
    let mut given = call.parts.headers.get_all(header::AUTHORIZATION).iter();
    let key = match (given.next(), given.next()) {
        (Some(value), None) => value.to_str().ok().and_then(|value| value.split_once(' ')),
        _ => None,
    };
    let caller = match key.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")) {
        Some((_, key)) => app.keys.recognise_new(key.trim()).await,
        None => None,
    };
    let caller = caller.ok_or_else(|| {
        Problem::new(
            Code::Unauthorized,
            "send Authorization: Bearer KEY with a key that is in force",
            "请使用 Authorization: Bearer 密钥，且密钥须有效",
        )
    })?;
    if !caller.may(scope) {
        return Err(Problem::new(
            Code::Forbidden,
            format!("the API key lacks the scope {}", scope.name()),
            format!("该 API 密钥缺少 {} 权限", scope.name()),
        ));
    }
    call.caller = Some(caller);
    Ok(())
}
