//! No secret in any error or debug text.

use crate::server::{OK, Server, functions, get};
use hongyan_functions::{Config, Functions, Headers, HttpCall, HttpMethod, MailCall, MailContent, Params, Profile};
use hongyan_net::Secret;

const CANARY: &str = "canary-7f3a";

fn calls(url: &str) -> Vec<HttpCall> {
    let with = |method| {
        let mut call = HttpCall::new(method, format!("{url}/{CANARY}?access_token={CANARY}"));
        call.params = Params::Text(format!("{{\"secret\": \"{CANARY}\"}}"));
        call.headers = Headers::Line(format!("Authorization:Bearer {CANARY}"));
        call.timeout_ms = Some(200);
        call
    };
    let mut calls: Vec<_> = [HttpMethod::Get, HttpMethod::Post, HttpMethod::Put, HttpMethod::Delete].map(with).to_vec();
    for proxy in
        [format!("http://li:{CANARY}@127.0.0.1:1"), format!("socks5://li:{CANARY}@h:1"), format!("{CANARY}:x:y")]
    {
        let mut call = with(HttpMethod::Post);
        call.config = Config { proxy: Some(Secret::new(proxy)), ..Config::default() };
        calls.push(call.clone());
        call.config.proxy_username = Some(format!("a:{CANARY}"));
        call.config.proxy_password = Some(Secret::new(CANARY));
        calls.push(call);
    }
    let mut call = with(HttpMethod::Get);
    call.headers = Headers::Line(format!("{CANARY} {CANARY}"));
    calls.push(call.clone());
    call.headers = Headers::Pairs(vec![(format!("a {CANARY}"), format!("{CANARY}\r\n"))]);
    calls.push(call.clone());
    call.headers = Headers::Pairs(vec![("a".into(), format!("{CANARY}\u{1}"))]);
    calls.push(call);
    calls.push(get(&format!("http://li:{CANARY}@127.0.0.1:1/")));
    calls.push(get(&format!("http://li:{CANARY}@a b/{CANARY}")));
    calls.push(get(&format!("{CANARY}://h/")));
    calls
}

#[test]
fn no_error_of_a_call_and_no_debug_text_shows_a_secret() {
    let broken = Server::start(|mut peer| {
        peer.hear();
        peer.say(format!("HTTP/1.1 {CANARY}\r\n"));
    });
    let fine = Server::saying(OK);
    let mut failed = 0;
    for url in [broken.url(""), fine.url(""), "http://127.0.0.1:1".into(), "https://127.0.0.1:1".into()] {
        for call in calls(&url) {
            for functions in [functions(|_| {}), functions(|profile| *profile = Profile::safe())] {
                let outcome = functions.http(&call);
                failed += usize::from(outcome.is_err());
                let mut shown = format!("{call:?} {functions:?} {outcome:?}");
                if let Err(error) = outcome {
                    shown += &error.to_string();
                }
                assert!(!shown.contains(CANARY), "{shown}");
            }
        }
    }
    assert!(failed > 60);
}

#[tokio::test]
async fn no_error_of_a_mail_shows_its_password_or_text() {
    let functions = Functions::new(Profile { allow_private: true, timeout_ms: 500, ..Profile::safe() });
    functions.email_smtp_config("example.com", "127.0.0.1", Some(1)).unwrap();
    for (user, subject, body) in [
        ("li@example.com", "s", "b"),
        ("li@nowhere.example", "s", "b"),
        ("li@example.com", "s\r\nX: y", "b"),
        ("li@example.com", "s", "\0"),
        ("li <li@example.com", "s", "b"),
    ] {
        let content = MailContent::Parts { subject: format!("{CANARY}{subject}"), body: format!("{CANARY}{body}") };
        let call = MailCall {
            user_id: user.into(),
            password: Secret::new(CANARY),
            recipients: vec!["wang@example.com".into()],
            content,
        };
        let error = functions.send_email(&call).await.unwrap_err();
        let shown = format!("{call:?} {error} {error:?} {functions:?}");
        assert!(!shown.contains(CANARY), "{shown}");
    }
}
