//! A platform made of bytes: what its answers make of a call, and how often it is asked for a token.

use hongyan_dingtalk::{DingTalk, notice::RecallNotice, user::GetByMobile};
use hongyan_endpoint::{About, Class, Fault};
use hongyan_net::{BeforeWrite, Http, Options, Secret};
use hongyan_platform_client::{Client, TokenState};
use hongyan_wecom::{WeCom, message::SendMessage};
use serde_json::{Map, json};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
};

/// What is answered to the nth call of a path; an empty answer closes the connection, none at all leaves it hanging.
type Answers = Arc<dyn Fn(&str, usize) -> Option<String> + Send + Sync>;

struct Bytewise {
    base: String,
    calls: Arc<Mutex<HashMap<String, usize>>>,
}

impl Bytewise {
    async fn start(answers: impl Fn(&str, usize) -> Option<String> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let calls = Arc::<Mutex<HashMap<String, usize>>>::default();
        let (answers, counted): (Answers, _) = (Arc::new(answers), Arc::clone(&calls));
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (answers, counted) = (Arc::clone(&answers), Arc::clone(&counted));
                tokio::spawn(async move {
                    let mut stream = BufReader::new(stream);
                    while let Some(path) = request(&mut stream).await {
                        let nth = {
                            let mut counted = counted.lock().unwrap();
                            let count = counted.entry(path.clone()).or_default();
                            *count += 1;
                            *count
                        };
                        match answers(&path, nth) {
                            Some(answer) if answer.is_empty() => return,
                            Some(answer) => stream.write_all(answer.as_bytes()).await.unwrap(),
                            None => std::future::pending().await,
                        }
                    }
                });
            }
        });
        Self { base, calls }
    }

    fn calls(&self, path: &str) -> usize {
        self.calls.lock().unwrap().get(path).copied().unwrap_or(0)
    }

    fn wecom(&self) -> Client<WeCom> {
        let credential = hongyan_wecom::Credential { corp_id: "wwsample".into(), secret: Secret::new("canary-secret") };
        let options = Options { timeout: Duration::from_millis(300), ..Options::default() };
        Client::new(Http::new(options), Some(&self.base), credential)
    }

    fn dingtalk(&self) -> Client<DingTalk> {
        let app_secret = Secret::new("canary-secret");
        let credential = hongyan_dingtalk::Credential { app_key: "dingsample".into(), app_secret };
        Client::new(Http::new(Options::default()), Some(&self.base), credential)
    }
}

/// Reads a request; its path, or `None` at the end of the connection.
async fn request(stream: &mut BufReader<tokio::net::TcpStream>) -> Option<String> {
    let (mut path, mut length) = (None, 0);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
            return None;
        }
        if path.is_none() {
            path = line.split([' ', '?']).nth(1).map(str::to_owned);
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line == "\r\n" {
            stream.read_exact(&mut vec![0; length]).await.ok()?;
            return path;
        }
    }
}

fn answer(status: &str, headers: &str, body: &str) -> Option<String> {
    Some(format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n{body}", body.len()))
}

fn ok(body: &str) -> Option<String> {
    answer("200 OK", "content-type: application/json\r\n", body)
}

fn token(n: usize) -> Option<String> {
    ok(&json!({"errcode": 0, "errmsg": "ok", "access_token": format!("token{n}"), "expires_in": 7200}).to_string())
}

fn notice() -> SendMessage {
    SendMessage {
        touser: "zhangsan".into(),
        msgtype: "text".into(),
        agentid: 1,
        content: Map::from_iter([("text".to_owned(), json!({"content": "a"}))]),
        ..SendMessage::default()
    }
}

async fn hundred(client: &Client<WeCom>) -> Vec<Fault> {
    let calls: Vec<_> = (0..100)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.call(&notice()).await })
        })
        .collect();
    let mut faults = Vec::new();
    for call in calls {
        faults.push(call.await.unwrap().unwrap_err());
    }
    faults
}

const LOGIN: &str = "/cgi-bin/gettoken";
const SEND: &str = "/cgi-bin/message/send";

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_fails_is_everybodys_and_is_not_made_again_at_once() {
    for (name, bad, code, class, about) in [
        ("502", answer("502 Bad Gateway", "", "<html>"), "net.status", "retryable", About::Account),
        ("busy", ok(r#"{"errcode":-1,"errmsg":"busy"}"#), "-1", "retryable", About::Account),
        ("dropped", Some(String::new()), "net.lost", "retryable", About::Account),
        ("hangs", None, "net.timeout", "retryable", About::Account),
        ("302", answer("302 Found", "location: /\r\n", ""), "net.redirect", "retryable", About::Account),
        ("403", answer("403 Forbidden", "", "<html>"), "net.gate", "retryable", About::Account),
        (
            "429",
            answer("429 Too Many Requests", "retry-after: 9\r\n", ""),
            "net.throttled",
            "throttled",
            About::Account,
        ),
        ("secret", ok(r#"{"errcode":40001,"errmsg":"invalid credential"}"#), "40001", "permanent", About::Account),
    ] {
        let platform = Bytewise::start(move |_, _| bad.clone()).await;
        let client = platform.wecom();
        for fault in hundred(&client).await.into_iter().chain(hundred(&client).await) {
            assert_eq!((fault.code(), fault.class().name(), fault.about()), (code, class, about), "{name}: {fault}");
            if let Class::Retryable { after } | Class::Throttled { after } = fault.class() {
                assert!(after.is_some(), "{name}: nobody need try before the next login");
            }
        }
        assert_eq!(platform.calls(LOGIN), 1, "{name}");
        assert_eq!(platform.calls(SEND), 0, "{name}");
        assert_eq!(matches!(client.token_state(), TokenState::Refused(_)), class == "permanent", "{name}");
        assert!(!matches!(client.token_state(), TokenState::None), "{name}: the account's trouble is shown");
    }
}

#[tokio::test]
async fn a_client_with_wider_bounds_logs_in_within_the_first_ones() {
    let platform = Bytewise::start(|_, _| None).await;
    let wide = platform.wecom().over(Http::new(Options { timeout: Duration::from_secs(600), ..Options::default() }));
    assert_eq!(wide.call(&notice()).await.unwrap_err().code(), "net.timeout");
}

#[tokio::test]
async fn pauses_between_failing_logins_grow_and_a_good_one_ends_them() {
    let platform = Bytewise::start(|path, nth| match path {
        LOGIN if nth <= 4 => ok(r#"{"errcode":-1,"errmsg":"busy"}"#),
        LOGIN => token(nth),
        _ => ok(r#"{"errcode":0,"errmsg":"ok","msgid":"m"}"#),
    })
    .await;
    let client = platform.wecom();
    let mut pauses = Vec::new();
    for _ in 0..4 {
        // As a check of the account does, whatever pause there is.
        let Class::Retryable { after: Some(after) } = client.log_in().await.unwrap_err().class() else { panic!() };
        pauses.push(after.as_secs());
    }
    assert_eq!(pauses, [1, 2, 4, 8]);
    assert!(client.call(&notice()).await.is_err(), "the pause holds for calls");
    assert_eq!(platform.calls(LOGIN), 4);
    client.log_in().await.unwrap();
    client.call(&notice()).await.unwrap();
    assert!(matches!(client.token_state(), TokenState::Fresh(_)));
}

#[tokio::test]
async fn whoever_gives_up_waiting_does_not_end_the_login_of_the_others() {
    let (platform, released) = {
        let released = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&released);
        let platform = Bytewise::start(move |path, nth| {
            if path == LOGIN {
                while seen.load(SeqCst) == 0 {
                    std::thread::sleep(Duration::from_millis(1));
                }
                return token(nth);
            }
            ok(r#"{"errcode":0,"errmsg":"ok","msgid":"m"}"#)
        });
        (platform, released)
    };
    // The platform blocks its thread: it has a runtime of its own.
    let platform = std::thread::scope(|scope| {
        scope
            .spawn(|| {
                let runtime = tokio::runtime::Runtime::new().unwrap();
                let platform = runtime.block_on(platform);
                std::mem::forget(runtime);
                platform
            })
            .join()
            .unwrap()
    });
    let client = platform.wecom();
    let impatient = tokio::time::timeout(Duration::from_millis(20), client.log_in()).await;
    assert!(impatient.is_err());
    let patient = tokio::spawn({
        let client = client.clone();
        async move { client.call(&notice()).await }
    });
    tokio::task::yield_now().await;
    released.store(1, SeqCst);
    patient.await.unwrap().unwrap();
    assert_eq!(platform.calls(LOGIN), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_refused_twice_in_a_row_keeps_its_class_whatever_the_call() {
    let platform = Bytewise::start(|path, nth| match path {
        LOGIN | "/gettoken" => token(nth),
        // As the gateway of DingTalk's older host wraps it.
        path if path.starts_with("/topapi/") => {
            ok(r#"{"errcode":88,"sub_code":"40014","sub_msg":"bad token","errmsg":"e","request_id":"r"}"#)
        }
        _ => ok(r#"{"errcode":42001,"errmsg":"access_token expired"}"#),
    })
    .await;
    let wecom = platform.wecom();
    let sent = wecom.call(&notice()).await.unwrap_err();
    let looked_up = wecom.call(&hongyan_wecom::user::GetUserid { mobile: "1".into() }).await.unwrap_err();
    let dingtalk = platform.dingtalk();
    let by_mobile = GetByMobile { mobile: "1".into(), ..GetByMobile::default() };
    let wrapped = dingtalk.call(&by_mobile).await.unwrap_err();
    let recalled = dingtalk.call(&RecallNotice { agent_id: 1, msg_task_id: 1 }).await.unwrap_err();
    for fault in [sent, looked_up, wrapped, recalled] {
        assert_eq!((fault.class(), fault.about()), (Class::RefreshToken, About::Account), "{fault}");
    }
    assert_eq!(platform.calls(SEND), 2, "one refresh and one replay");
    assert!(matches!(wecom.token_state(), TokenState::Fresh(_)), "nothing is said against the credential");
}

#[tokio::test]
async fn a_refusal_by_a_gate_is_throttled_and_never_ambiguous() {
    let known = r#"{"errcode":45009,"errmsg":"api freq out of limit"}"#;
    let unknown = r#"{"errcode":987654,"errmsg":"?"}"#;
    let date = "date: Tue, 01 Dec 2026 09:00:00 GMT\r\nretry-after: Tue, 01 Dec 2026 09:00:40 GMT\r\n";
    for (status, headers, body, code, seconds) in [
        ("429 Too Many Requests", "retry-after: 5\r\n", "", "net.throttled", Some(5)),
        ("429 Too Many Requests", "", "<html>", "net.throttled", None),
        ("429 Too Many Requests", "retry-after: soon\r\n", "<html>", "net.throttled", None),
        ("429 Too Many Requests", "retry-after: 1.5\r\n", "<html>", "net.throttled", None),
        ("429 Too Many Requests", date, "{}", "net.throttled", Some(40)),
        ("503 Service Unavailable", "retry-after: 5\r\n", "<html>", "net.unavailable", Some(5)),
        ("503 Service Unavailable", "retry-after: 86400\r\n", "", "net.unavailable", Some(3_600)),
        ("429 Too Many Requests", "retry-after: 5\r\n", known, "45009", Some(5)),
        ("429 Too Many Requests", "retry-after: 5\r\n", unknown, "987654", Some(5)),
        ("503 Service Unavailable", "retry-after: 5\r\n", unknown, "987654", Some(5)),
    ] {
        let platform = Bytewise::start(move |path, nth| match path {
            LOGIN => token(nth),
            _ => answer(status, headers, body),
        })
        .await;
        let fault = platform.wecom().call(&notice()).await.unwrap_err();
        let class = Class::Throttled { after: seconds.map(Duration::from_secs) };
        assert_eq!((fault.code(), fault.class()), (code, class), "{status} {headers:?} {body}");
    }
}

#[tokio::test]
async fn only_sends_pass_the_gate_around_them() {
    let platform = Bytewise::start(|path, nth| match path {
        LOGIN => token(nth),
        // A token that is refused once: what is written again is counted again.
        SEND if nth == 1 => ok(r#"{"errcode":42001,"errmsg":"access_token expired"}"#),
        SEND => ok(r#"{"errcode":0,"errmsg":"ok","msgid":"m"}"#),
        _ => ok(r#"{"errcode":0,"errmsg":"ok","userid":"li"}"#),
    })
    .await;
    let client = platform.wecom();
    let passed = Arc::new(AtomicUsize::new(0));
    let counting = Arc::clone(&passed);
    let gate = BeforeWrite::new(move || {
        counting.fetch_add(1, SeqCst);
        async {}
    });
    gate.around(async {
        client.call(&hongyan_wecom::user::GetUserid { mobile: "1".into() }).await.unwrap();
        assert_eq!(passed.load(SeqCst), 0);
        client.call(&notice()).await.unwrap();
    })
    .await;
    assert_eq!((passed.load(SeqCst), platform.calls(SEND), platform.calls(LOGIN)), (2, 2, 2));
}
