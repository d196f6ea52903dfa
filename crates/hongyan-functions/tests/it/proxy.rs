//! Through a proxy that the call names.

use crate::server::{OK, Peer, Server, functions, get};
use hongyan_functions::{Config, HttpCall, Kind};
use hongyan_net::Secret;
use std::net::TcpStream;

fn through(proxy: &str, call: HttpCall) -> HttpCall {
    HttpCall { config: Config { proxy: Some(Secret::new(proxy)), ..Config::default() }, ..call }
}

#[test]
fn plain_http_is_asked_of_the_proxy_by_its_whole_address() {
    let proxy = Server::saying(OK);
    let functions = functions(|_| {});
    for name in [format!("http://{}", proxy.address), proxy.address.to_string(), format!("HTTP://{}/", proxy.address)] {
        functions.http(&through(&name, get("http://127.0.0.1:1/a?b=c"))).unwrap();
        assert!(
            proxy.last().starts_with("GET http://127.0.0.1:1/a?b=c HTTP/1.1\r\nHost: 127.0.0.1:1\r\n"),
            "{}",
            proxy.last()
        );
        assert!(!proxy.last().contains("Authorization"));
    }
    assert_eq!(proxy.connections(), 1, "the connection is kept");
}

#[test]
fn a_proxy_is_told_its_login_and_the_server_never() {
    let proxy = Server::saying(OK);
    let functions = functions(|_| {});
    let mut call = through(&proxy.address.to_string(), get("http://a.example/"));
    call.config.proxy_username = Some("li".into());
    call.config.proxy_password = Some(Secret::new("pass:word"));
    functions.http(&call).unwrap();
    assert!(proxy.last().contains("\r\nProxy-Authorization: Basic bGk6cGFzczp3b3Jk\r\n"), "{}", proxy.last());
    call.config.proxy_password = Some(Secret::new("other"));
    functions.http(&call).unwrap();
    assert_eq!(proxy.connections(), 2, "another login, another connection");
    functions.http(&through(&format!("http://li:x@{}", proxy.address), get("http://a.example/"))).unwrap();
    assert!(proxy.last().contains("\r\nProxy-Authorization: Basic bGk6eA==\r\n"), "{}", proxy.last());

    let server = Server::saying(OK);
    functions.http(&get(&server.url("/"))).unwrap();
    assert!(!server.last().contains("Proxy-Authorization"));
}

#[test]
fn https_goes_through_a_tunnel_and_a_refusal_is_an_error() {
    let proxy = Server::start(|mut peer: Peer<TcpStream>| {
        peer.hear();
        peer.say("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
    });
    let error = functions(|_| {})
        .http(&through(&proxy.address.to_string(), get("https://a.example/x?token=canary")))
        .unwrap_err();
    assert!(proxy.last().starts_with("CONNECT a.example:443 HTTP/1.1\r\n"), "{}", proxy.last());
    assert_eq!(error.kind(), Kind::Transport { timeout: false }, "{error}");
    assert!(!error.to_string().contains("canary"));
}

#[test]
fn what_is_no_http_proxy_is_said() {
    for bad in ["socks5://127.0.0.1:1", "https://127.0.0.1:1", "http://", "a b:1", "http://h:1/path"] {
        let error = functions(|_| {}).http(&through(bad, get("http://a.example/"))).unwrap_err();
        assert_eq!(error.kind(), Kind::Argument, "{bad}: {error}");
    }
    // libcurl's port where none is named; nobody is there.
    let error = functions(|_| {}).http(&through("127.0.0.1", get("http://a.example/"))).unwrap_err();
    assert_eq!(error.kind(), Kind::Transport { timeout: false }, "{error}");
}

#[test]
fn a_private_target_stays_refused_behind_a_proxy_when_safe() {
    let proxy = Server::saying(OK);
    let functions = functions(|profile| profile.allow_private = false);
    for url in ["http://10.0.0.1/", "http://localhost/", "https://127.0.0.1/"] {
        let error = functions.http(&through(&proxy.address.to_string(), get(url))).unwrap_err();
        assert_eq!(error.switch(), Some("dangerous_private_addresses"), "{url}");
    }
    assert!(proxy.heard().is_empty());
    functions.http(&through(&proxy.address.to_string(), get("http://a.example/"))).unwrap();
}
