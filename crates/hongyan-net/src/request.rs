//! A request as it is written.

use crate::Proxy;
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Uri, header, uri::Scheme};
use http_body_util::Full;

/// The request as its first reader gets it: a path for the server, or the whole address for this proxy.
pub(crate) fn on_the_wire(mut request: Request<Bytes>, to: &Uri, proxy: Option<&Proxy>) -> Request<Full<Bytes>> {
    let usual = if to.scheme() == Some(&Scheme::HTTPS) { ":443" } else { ":80" };
    let authority = to.authority().map(|it| it.as_str()).unwrap_or_default();
    let host = authority.strip_suffix(usual).unwrap_or(authority);
    if !request.headers().contains_key(header::HOST)
        && let Ok(host) = HeaderValue::from_str(host)
    {
        // At the head, where servers expect it.
        let rest = std::mem::take(request.headers_mut());
        let headers = request.headers_mut();
        headers.reserve(rest.len() + 2);
        headers.insert(header::HOST, host);
        headers.extend(rest);
    }
    if request.body().is_empty() && matches!(*request.method(), Method::POST | Method::PUT | Method::PATCH) {
        // Many servers refuse such a request without a length, and none would be written for an empty body.
        request.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    match proxy {
        Some(proxy) => {
            if let Some(login) = proxy.authorization() {
                request.headers_mut().insert(header::PROXY_AUTHORIZATION, login);
            }
        }
        None => {
            let path = to.path_and_query().cloned();
            *request.uri_mut() = path.map_or_else(|| Uri::from_static("/"), Uri::from);
        }
    }
    request.map(Full::new)
}
