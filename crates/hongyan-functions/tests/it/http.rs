//! What goes over the wire, and what becomes of what comes back.

use crate::server::{OK, Server, functions, get};
use hongyan_functions::{ArgumentError, Blocking, FunctionError, Headers, HttpCall, HttpMethod, Kind, Params, Profile};
use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

fn text(params: &str) -> Params {
    Params::Text(params.into())
}

fn dictionary(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn call(method: HttpMethod, url: &str, params: Params) -> HttpCall {
    HttpCall { params, ..HttpCall::new(method, url) }
}

fn fails(functions: &Blocking, call: &HttpCall) -> FunctionError {
    functions.http(call).expect_err("it should have failed")
}

#[test]
fn a_get_looks_like_libcurls_and_the_result_has_its_four_entries() {
    let answer = "HTTP/1.1 200 Fine By Me\r\nX-oDD: 1\r\nETag: a\r\nset-cookie: b\r\nX-oDD: 2\r\nContent-Length: 3\r\n\r\n\0\u{7}x";
    let server = Server::saying(answer);
    let functions = functions(|_| {});
    let begun = Instant::now();
    let result = functions.http(&get(&server.url("/a?b=c#d"))).unwrap();
    let whole = begun.elapsed().as_secs_f64();
    assert_eq!(result.response_code, 200);
    assert_eq!(&result.text[..], b"\0\x07x");
    assert_eq!(result.headers, &answer[..answer.len() - 3]);
    assert!(result.elapsed > 0.0 && result.elapsed <= whole);
    let version = env!("CARGO_PKG_VERSION");
    let expected = format!(
        "GET /a?b=c HTTP/1.1\r\nHost: {}\r\nUser-Agent: hongyan/{version}\r\nAccept: */*\r\n\r\n",
        server.address
    );
    assert_eq!(server.last(), expected);
}

#[test]
fn params_of_a_get_are_put_into_the_query() {
    let server = Server::saying(OK);
    let safe = functions(|_| {});
    let old = functions(|profile| *profile = Profile::compatible());
    let pairs = Params::Pairs(dictionary(&[("name", "鸿雁 1"), ("id", "a/b~c")]));
    for (functions, url, params, line) in [
        (&safe, "/", pairs.clone(), "/?name=%E9%B8%BF%E9%9B%81%201&id=a/b~c"),
        (&safe, "", pairs, "/?name=%E9%B8%BF%E9%9B%81%201&id=a/b~c"),
        (&safe, "/", text("a,b,123"), "/?a,b,123"),
        (&safe, "/?x=1", text("y=2"), "/?x=1&y=2"),
        (&safe, "/?", text("y=2"), "/?y=2"),
        (&safe, "/?x=1&", text("y=2"), "/?x=1&y=2"),
        (&safe, "/p#part", text("y=2"), "/p?y=2"),
        (&safe, "?x=1", Params::None, "/?x=1"),
        (&safe, "/a b?c=鸿", text("d=雁 e"), "/a%20b?c=%E9%B8%BF&d=%E9%9B%81%20e"),
        (&safe, "/%41?a=%20", Params::None, "/%41?a=%20"),
        (&safe, "/", text(""), "/"),
        (&safe, "/", Params::Pairs(Vec::new()), "/"),
        (&safe, "/", text("next=https://a.example/?b=c"), "/?next=https://a.example/?b=c"),
        (&old, "/?x=1", text("y=2"), "/?x=1?y=2"),
        (&old, "/p#part", text("y=2"), "/p"),
    ] {
        functions.http(&call(HttpMethod::Get, &server.url(url), params)).unwrap();
        assert_eq!(server.last().split(' ').nth(1), Some(line));
    }
}

#[test]
fn an_address_needs_no_scheme_and_its_user_logs_in() {
    let server = Server::saying(OK);
    let functions = functions(|_| {});
    functions.http(&get(&format!("{}/a?next=http://b", server.address))).unwrap();
    assert!(server.last().starts_with("GET /a?next=http://b HTTP/1.1\r\n"));
    functions.http(&get(&format!(" HTTP://li:pa%40ss@{}/ ", server.address))).unwrap();
    assert!(server.last().contains("\r\nAuthorization: Basic bGk6cGFAc3M=\r\n"), "{}", server.last());
    for (url, why) in [
        ("", "the URL is empty"),
        ("ftp://a.example/", "neither http nor https"),
        ("file:///etc/hosts", "neither http nor https"),
        ("http:///path", "names no host"),
        ("http://a b/", "cannot be read"),
        ("http://a.example:port/", "cannot be read"),
        ("http://例子.example/", "xn--"),
        ("http://a.example/\r\nX: y", "line break"),
        ("http://a.example/\0", "line break"),
    ] {
        let error = fails(&functions, &get(url));
        assert!(error.to_string().contains(why), "{url:?}: {error}");
        assert!(matches!(error.kind(), Kind::Argument | Kind::Refused));
    }
}

#[test]
fn a_body_is_sent_as_it_is_and_a_dictionary_as_a_form() {
    let server = Server::saying(OK);
    let functions = functions(|_| {});
    let form = "Content-Type: application/x-www-form-urlencoded";
    for (method, params, body, typed) in [
        (HttpMethod::Post, text("{\"a\": \"鸿\"}\0x"), "{\"a\": \"鸿\"}\0x", true),
        (HttpMethod::Post, Params::Pairs(dictionary(&[("a", "b c"), ("d", "e")])), "a=b%20c&d=e", true),
        (HttpMethod::Post, Params::None, "", true),
        (HttpMethod::Put, text("x y"), "x y", false),
        (HttpMethod::Put, Params::Pairs(dictionary(&[("a", "b c")])), "a=b%20c", false),
        (HttpMethod::Put, Params::None, "", false),
    ] {
        functions.http(&call(method, &server.url("/p?q=1"), params)).unwrap();
        let heard = server.last();
        let (head, sent) = heard.split_once("\r\n\r\n").unwrap();
        assert_eq!(sent, body);
        assert!(head.contains(" /p?q=1 HTTP/1.1\r\n"));
        assert_eq!(head.contains(form), typed, "{head}");
        assert!(head.contains(&format!("Content-Length: {}", body.len())), "{head}");
    }
    let big = "x".repeat(3_000_000);
    functions.http(&call(HttpMethod::Put, &server.url("/"), text(&big))).unwrap();
    assert!(server.last().ends_with(&format!("\r\n\r\n{big}")), "every byte of a long body, once");
}

#[test]
fn a_delete_puts_its_params_into_the_query_or_forgets_them() {
    let server = Server::saying(OK);
    let params = Params::Pairs(dictionary(&[("id", "1 2")]));
    functions(|_| {}).http(&call(HttpMethod::Delete, &server.url("/x"), params.clone())).unwrap();
    assert!(server.last().starts_with("DELETE /x?id=1%202 HTTP/1.1\r\n"));
    let old = functions(|profile| profile.dangerous_ignore_delete_params = true);
    old.http(&call(HttpMethod::Delete, &server.url("/x"), params)).unwrap();
    assert!(server.last().starts_with("DELETE /x HTTP/1.1\r\n"));
    let empty = Params::Pairs(dictionary(&[("id", "")]));
    let error = fails(&old, &call(HttpMethod::Delete, &server.url("/x"), empty));
    assert_eq!(error.argument(), Some(ArgumentError::EmptyKeyOrValue), "judged, and then forgotten");
}

#[test]
fn headers_come_as_a_line_or_a_dictionary_and_replace_ours() {
    let server = Server::saying(OK);
    let functions = functions(|_| {});
    let with = |headers| HttpCall { headers, ..call(HttpMethod::Post, &server.url("/"), text("{}")) };
    for (headers, line) in [
        (Headers::Line("Content-Type:application/json".into()), "Content-Type: application/json"),
        (Headers::Line("x-at: 12:30:00".into()), "X-At: 12:30:00"),
        (Headers::Line("Referer:https://a.example/".into()), "Referer: https://a.example/"),
        (Headers::Pairs(dictionary(&[("User-Agent", "mine"), ("content-type", "text/plain")])), "User-Agent: mine"),
        (Headers::Pairs(dictionary(&[("X-Name", "鸿雁")])), "X-Name: 鸿雁"),
        (Headers::Pairs(dictionary(&[("Host", "b.example")])), "Host: b.example"),
        (Headers::Line(String::new()), "Accept: */*"),
    ] {
        functions.http(&with(headers)).unwrap();
        let heard = server.last();
        assert!(heard.contains(&format!("\r\n{line}\r\n")), "{line} is not in {heard}");
        assert_eq!(heard.to_ascii_lowercase().matches("content-type:").count(), 1, "{heard}");
    }
    for (headers, expected) in [
        (Headers::Line("no colon".into()), Some(ArgumentError::HeaderLine)),
        (Headers::Line(":value".into()), Some(ArgumentError::HeaderLine)),
        (Headers::Line("name:".into()), Some(ArgumentError::HeaderLine)),
        (Headers::Line("Content-Type : application/json".into()), Some(ArgumentError::HeaderLine)),
        (Headers::Pairs(dictionary(&[("", "v")])), Some(ArgumentError::EmptyKeyOrValue)),
        (Headers::Pairs(dictionary(&[("n", "")])), Some(ArgumentError::EmptyKeyOrValue)),
        (Headers::Pairs(dictionary(&[("a b", "v")])), None),
        (Headers::Pairs(dictionary(&[("Content-Length", "3")])), None),
        (Headers::Pairs(dictionary(&[("Transfer-Encoding", "chunked")])), None),
        (Headers::Pairs(dictionary(&[("X", "a\u{1}b")])), None),
    ] {
        let before = server.heard().len();
        let error = fails(&functions, &with(headers));
        assert_eq!(error.argument(), expected, "{error}");
        assert_eq!(server.heard().len(), before, "nothing was sent");
    }
}

#[test]
fn a_line_break_in_a_header_is_refused_unless_that_is_switched_on() {
    let server = Server::saying(OK);
    let headers = Headers::Pairs(dictionary(&[("X-One", "1\r\nX-Two: 2")]));
    let call = HttpCall { headers, ..get(&server.url("/")) };
    let error = fails(&functions(|_| {}), &call);
    assert_eq!((error.kind(), error.switch()), (Kind::Refused, Some("dangerous_line_breaks")));
    assert!(server.heard().is_empty());
    functions(|profile| profile.dangerous_line_breaks = true).http(&call).unwrap();
    assert!(server.last().contains("\r\nX-One: 1\r\nX-Two: 2\r\n"));
}

#[test]
fn every_status_is_a_result_and_a_redirect_is_not_followed() {
    for (answer, code, body) in [
        ("HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", 301, ""),
        ("HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone", 404, "gone"),
        ("HTTP/1.1 501 Unsupported method ('POST')\r\nContent-Length: 0\r\n\r\n", 501, ""),
        ("HTTP/1.1 204 No Content\r\n\r\n", 204, ""),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", 200, "abcde"),
        ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", 200, "x"),
        ("HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n", 999, ""),
        ("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", 200, ""),
    ] {
        let server = Server::saying(answer);
        let result = functions(|_| {}).http(&get(&server.url("/"))).unwrap();
        assert_eq!((result.response_code, &*result.text_lossy()), (code, body), "{answer}");
        assert!(result.headers.starts_with(&format!("HTTP/1.1 {code}")) && result.headers.ends_with("\r\n\r\n"));
    }
    let old = Server::start(|mut peer| {
        peer.hear();
        peer.say("HTTP/1.0 200 OK\r\nServer: old\r\n\r\nuntil the end");
    });
    let result = functions(|_| {}).http(&get(&old.url("/"))).unwrap();
    assert_eq!(result.text_lossy(), "until the end");
}

#[test]
fn connections_are_kept_and_a_dead_one_is_replaced_without_a_word() {
    let server = Server::saying(OK);
    let functions = functions(|_| {});
    for _ in 0..5 {
        functions.http(&get(&server.url("/"))).unwrap();
        functions.http(&call(HttpMethod::Post, &server.url("/"), text("x"))).unwrap();
    }
    assert_eq!((server.connections(), server.heard().len()), (1, 10));

    // Each connection serves one call and closes a little later.
    let closing = Server::start(|mut peer| {
        peer.hear();
        peer.say(OK);
        thread::sleep(Duration::from_millis(20));
    });
    for method in [HttpMethod::Get, HttpMethod::Post, HttpMethod::Put, HttpMethod::Get] {
        functions.http(&call(method, &closing.url("/"), Params::None)).unwrap();
        thread::sleep(Duration::from_millis(60));
    }
    assert_eq!((closing.connections(), closing.heard().len()), (4, 4));

    // Each closes behind the second request, unanswered: what may be repeated is.
    let deaf = Server::start(|mut peer| {
        peer.hear();
        peer.say(OK);
        peer.hear();
    });
    functions.http(&get(&deaf.url("/"))).unwrap();
    functions.http(&get(&deaf.url("/"))).unwrap();
    assert_eq!(deaf.connections(), 2);
    let error = fails(&functions, &call(HttpMethod::Post, &deaf.url("/"), text("x")));
    assert!(error.outcome_unknown(), "a post is not repeated by guess: {error}");
    assert_eq!(deaf.heard().iter().filter(|heard| heard.starts_with("POST")).count(), 1);
}

#[test]
fn a_time_limit_is_in_milliseconds_and_its_end_is_an_error() {
    let silent = Server::start(|mut peer| {
        peer.hear();
        thread::sleep(Duration::from_secs(5));
    });
    let slow = Server::start(|mut peer| {
        peer.hear();
        peer.say("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345");
        thread::sleep(Duration::from_secs(5));
    });
    let functions = functions(|profile| profile.timeout_ms = 150);
    for url in [silent.url("/?token=canary"), slow.url("/?token=canary")] {
        for limit in [Some(150), None, Some(0)] {
            let begun = Instant::now();
            let error = fails(&functions, &HttpCall { timeout_ms: limit, ..get(&url) });
            let passed = begun.elapsed().as_millis();
            assert!((150..1500).contains(&passed), "{passed}");
            assert!(error.is_timeout() && error.kind() == Kind::Transport { timeout: true });
            assert!(!error.outcome_unknown(), "a get has no effect");
            let text = error.to_string();
            assert!(text.contains("timeout") && text.contains("150 ms") && text.contains("127.0.0.1:"), "{text}");
        }
    }
    let post = HttpCall { timeout_ms: Some(150), ..HttpCall::new(HttpMethod::Post, silent.url("/")) };
    assert!(fails(&functions, &post).outcome_unknown());
}

#[test]
fn without_a_limit_only_where_that_is_switched_on() {
    let slow = Server::start(|mut peer| {
        peer.hear();
        thread::sleep(Duration::from_millis(400));
        peer.say(OK);
    });
    let functions = functions(|profile| {
        profile.timeout_ms = 100;
        profile.dangerous_no_time_limit = true;
    });
    assert_eq!(functions.http(&get(&slow.url("/"))).unwrap().response_code, 200);
}

#[test]
fn an_answer_beyond_the_limit_is_refused_and_names_the_switch() {
    let body = "x".repeat(100_001);
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let server = Server::saying(answer);
    let error = fails(&functions(|profile| profile.max_body_bytes = 100_000), &get(&server.url("/")));
    assert_eq!((error.kind(), error.switch()), (Kind::Refused, Some("dangerous_unbounded_body")));
    let open = functions(|profile| {
        profile.max_body_bytes = 100_000;
        profile.dangerous_unbounded_body = true;
    });
    assert_eq!(open.http(&get(&server.url("/"))).unwrap().text.len(), 100_001);
    let exact = functions(|profile| profile.max_body_bytes = 100_001);
    assert_eq!(exact.http(&get(&server.url("/"))).unwrap().text.len(), 100_001);
}

#[test]
fn what_is_no_http_is_an_error_and_a_cut_answer_too() {
    for answer in [
        "SSH-2.0-nothing\r\n\r\n",
        "",
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123",
        "HTTP/1.1 200 OK\r\nContent-Le",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ] {
        let server = Server::start(move |mut peer| {
            peer.hear();
            peer.say(answer);
        });
        let error = fails(&functions(|_| {}), &get(&server.url("/")));
        assert_eq!(error.kind(), Kind::Transport { timeout: false }, "{answer:?}: {error}");
    }
    let gone = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let error = fails(&functions(|_| {}), &HttpCall::new(HttpMethod::Post, gone.to_string()));
    assert!(error.to_string().contains("could not connect to 127.0.0.1:") && !error.outcome_unknown(), "{error}");
}

#[test]
fn private_addresses_are_refused_when_safe() {
    let safe = Blocking::default();
    for url in
        ["http://127.0.0.1:1/", "http://localhost:1/", "http://10.0.0.1/", "http://[::1]/", "http://169.254.169.254/"]
    {
        let error = fails(&safe, &get(url));
        assert_eq!(
            (error.kind(), error.switch()),
            (Kind::Refused, Some("dangerous_private_addresses")),
            "{url}: {error}"
        );
    }
}

#[test]
fn one_client_serves_many_threads() {
    let server = Server::saying(OK);
    let functions = Arc::new(functions(|_| {}));
    let threads: Vec<_> = (0..5)
        .map(|_| {
            let (functions, url) = (Arc::clone(&functions), server.url("/"));
            thread::spawn(move || {
                for _ in 0..200 {
                    assert_eq!(functions.http(&get(&url)).unwrap().response_code, 200);
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(server.heard().len(), 1000);
    assert!(server.connections() <= 5, "{}", server.connections());
}

#[tokio::test]
async fn waiting_within_a_runtime_is_possible() {
    let server = Server::saying(OK);
    let functions = functions(|_| {});
    assert_eq!(functions.http(&get(&server.url("/"))).unwrap().response_code, 200);
    assert_eq!(functions.functions().clone().http(&get("ftp://x")).await.unwrap_err().kind(), Kind::Argument);
    drop(functions);
}
