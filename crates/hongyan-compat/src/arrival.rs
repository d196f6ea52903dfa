//! A call as it arrived, made into what declarations read, and into what is passed on.

use axum::http::{header::CONTENT_TYPE, request::Parts};
use bytes::Bytes;
use hongyan_endpoint::{Auth, Method, Wire, pairs};
use hongyan_platform_client::Raw;

/// The head of a call: everything but its body.
pub(crate) fn head(parts: &Parts) -> Wire {
    let method = Method::named(parts.method.as_str()).map_or("GET", Method::as_str);
    let header = |name| parts.headers.get(name)?.to_str().ok();
    Wire::arrived(method, parts.uri.path(), parts.uri.query().unwrap_or_default(), header, Vec::new())
}

/// The name in the query of an operation's credential, where it has one there.
pub(crate) fn credential(auth: Auth) -> Option<String> {
    let mut token = Wire::default();
    auth.attach("", &mut token);
    token.query.into_iter().next().map(|(name, _)| name)
}

/// The call as it can be passed on: as it came, without what is `withheld` of its query: the credential.
pub(crate) fn raw(parts: &Parts, withheld: &[&str], body: Bytes) -> Raw {
    let query = parts.uri.query().unwrap_or_default();
    let name = |pair| pairs(pair).next().map(|(name, _)| name);
    let kept = query.split('&').filter(|pair| name(pair).is_some_and(|name| !withheld.contains(&name.as_str())));
    Raw {
        method: parts.method.clone(),
        path: hongyan_dingtalk::declared_path(parts.uri.path()).to_owned(),
        query: kept.collect::<Vec<_>>().join("&"),
        content_type: parts.headers.get(CONTENT_TYPE).cloned(),
        body,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(target: &str) -> Parts {
        http::Request::get(target).body(()).unwrap().into_parts().0
    }

    #[test]
    fn the_credential_is_taken_out_and_everything_else_stays_as_it_was() {
        let query = |target: &str, auth| {
            let credential = credential(auth);
            raw(&parts(target), &credential.iter().map(String::as_str).collect::<Vec<_>>(), Bytes::new()).query
        };
        assert_eq!(query("/user/get?access_token=a%2Bb&userid=%E6%9D%8E&x", Auth::AccessToken), "userid=%E6%9D%8E&x");
        assert_eq!(query("/user/get?access%5Ftoken=a&userid=1", Auth::AccessToken), "userid=1");
        assert_eq!(query("/user/get?userid=1&access_token=a&access_token=b", Auth::AccessToken), "userid=1");
        assert_eq!(query("/v1.0/x?access_token=a", Auth::AcsHeader), "access_token=a");
        assert_eq!(query("/user/get", Auth::AccessToken), "");
    }

    #[test]
    fn the_query_is_read_beside_the_body_on_topapi_only() {
        let read = |target: &str, bytes: &'static [u8]| {
            let mut call = Wire { body: bytes.to_vec(), ..head(&parts(target)) };
            hongyan_dingtalk::topapi::gather(&mut call, true);
            String::from_utf8(call.body).unwrap()
        };
        assert_eq!(read("/topapi/x?access_token=t&userid_list=li", b""), r#"{"userid_list":"li"}"#);
        assert_eq!(read("/topapi/x?access_token=t&a=1", b"{\"a\":2}"), r#"{"a":2}"#, "the body wins");
        assert_eq!(read("/topapi/x?access_token=t", b"{\"a\":2}"), r#"{"a":2}"#);
        assert_eq!(read("/topapi/x?a=1", b"[1]"), "[1]");
        assert_eq!(read("/chat/send?a=1", b"{}"), "{}");
    }
}
