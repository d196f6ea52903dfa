//! The client and its token custodian against the sandbox.

mod answers;

use hongyan_dingtalk::{DingTalk, user::GetByMobile};
use hongyan_endpoint::{About, Class, Declared, Fault, Platform};
use hongyan_net::{Http, Options, Secret};
use hongyan_platform_client::{Client, TokenState};
use hongyan_sandbox::{FaultRule, Sandbox, SandboxOptions};
use hongyan_wecom::{
    WeCom,
    message::{MessageSent, SendMessage},
};
use serde_json::{Map, Value, json};
use std::time::Duration;

async fn sandbox() -> Sandbox {
    Sandbox::start(SandboxOptions { smtp_listen: None, ..SandboxOptions::default() }).await.unwrap()
}

fn text(said: &Value, path: &str) -> String {
    said.pointer(path).and_then(Value::as_str).unwrap().to_owned()
}

fn wecom(sandbox: &Sandbox, secret: Option<&str>) -> Client<WeCom> {
    let said = sandbox.credentials();
    let secret = secret.map_or_else(|| text(&said, "/wecom/secret"), str::to_owned);
    let credential = hongyan_wecom::Credential { corp_id: text(&said, "/wecom/corp_id"), secret: Secret::new(secret) };
    let options = Options { timeout: Duration::from_secs(2), ..Options::default() };
    Client::new(Http::new(options), Some(&sandbox.base()), credential)
}

fn dingtalk(sandbox: &Sandbox) -> Client<DingTalk> {
    let said = sandbox.credentials();
    let credential = hongyan_dingtalk::Credential {
        app_key: text(&said, "/dingtalk/app_key"),
        app_secret: Secret::new(text(&said, "/dingtalk/app_secret")),
    };
    Client::new(Http::new(Options::default()), Some(&sandbox.base()), credential)
}

fn notice(sandbox: &Sandbox, words: &str) -> SendMessage {
    SendMessage {
        touser: "zhangsan".into(),
        msgtype: "text".into(),
        agentid: sandbox.credentials()["wecom"]["agent_id"].as_i64().unwrap(),
        content: Map::from_iter([("text".to_owned(), json!({"content": words}))]),
        ..SendMessage::default()
    }
}

async fn stats(sandbox: &Sandbox) -> Value {
    let reply = Http::new(Options::default()).get(&format!("{}/sandbox/stats", sandbox.base())).await.unwrap();
    serde_json::from_slice(&reply.body).unwrap()
}

async fn calls(sandbox: &Sandbox, path: &str) -> u64 {
    stats(sandbox).await["calls"][path].as_u64().unwrap_or(0)
}

fn order_fault(sandbox: &Sandbox, rule: &str) {
    sandbox.order(rule.parse::<FaultRule>().unwrap());
}

/// Five hundred sends at once; each is another text.
async fn burst(client: &Client<WeCom>, sandbox: &Sandbox) -> Vec<Result<MessageSent, Fault>> {
    let sends: Vec<_> = (0..500)
        .map(|i| {
            let (client, request) = (client.clone(), notice(sandbox, &format!("第 {i} 条")));
            tokio::spawn(async move { client.call(&request).await })
        })
        .collect();
    let mut outcomes = Vec::new();
    for send in sends {
        outcomes.push(send.await.unwrap());
    }
    outcomes
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_cold_sends_log_in_once() {
    let sandbox = sandbox().await;
    let client = wecom(&sandbox, None);
    assert!(burst(&client, &sandbox).await.iter().all(Result::is_ok));
    assert_eq!(calls(&sandbox, "/cgi-bin/gettoken").await, 1);
    assert!(matches!(client.token_state(), TokenState::Fresh(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_revoked_in_mid_burst_is_refreshed_once_and_no_send_fails() {
    for how in ["revoke", "expire"] {
        let sandbox = sandbox().await;
        let client = wecom(&sandbox, None);
        client.call(&notice(&sandbox, "warm")).await.unwrap();
        let revoking = tokio::spawn({
            let base = sandbox.base();
            async move {
                tokio::time::sleep(Duration::from_millis(10)).await;
                let body = json!({"platform": "wecom", "how": how}).to_string();
                let request = http::Request::post(format!("{base}/sandbox/tokens/revoke")).body(body.into()).unwrap();
                Http::new(Options::default()).send(request).await.unwrap().status
            }
        });
        let outcomes = burst(&client, &sandbox).await;
        assert_eq!(revoking.await.unwrap(), 200);
        let after = burst(&client, &sandbox).await;
        assert!(outcomes.iter().chain(&after).all(Result::is_ok), "{how}");
        assert_eq!(calls(&sandbox, "/cgi-bin/gettoken").await, 2, "{how}: once cold, once after the revocation");
    }
}

#[tokio::test]
async fn a_wrapped_token_code_is_refreshed_too() {
    let sandbox = sandbox().await;
    let client = dingtalk(&sandbox);
    let request = GetByMobile { mobile: "13800000001".into(), ..GetByMobile::default() };
    assert_eq!(client.call(&request).await.unwrap().result.userid, "zhangsan");
    order_fault(&sandbox, "token_revoked:/topapi/:1");
    assert_eq!(client.call(&request).await.unwrap().result.userid, "zhangsan");
    assert_eq!(calls(&sandbox, "/gettoken").await, 2);
}

#[tokio::test]
async fn a_token_that_is_refused_again_and_again_is_replaced_once_per_call() {
    let sandbox = sandbox().await;
    let client = wecom(&sandbox, None);
    order_fault(&sandbox, "token_revoked:/cgi-bin/message/send");
    let fault = client.call(&notice(&sandbox, "a")).await.unwrap_err();
    assert_eq!((fault.class(), fault.code()), (Class::RefreshToken, "40014"));
    assert_eq!(fault.about(), About::Account);
    assert_eq!(calls(&sandbox, "/cgi-bin/gettoken").await, 2);
}

#[tokio::test]
async fn a_wrong_secret_is_not_hammered() {
    let sandbox = sandbox().await;
    let client = wecom(&sandbox, Some("canary-wrong-secret"));
    for outcome in burst(&client, &sandbox).await {
        let fault = outcome.unwrap_err();
        assert_eq!((fault.class(), fault.about()), (Class::Permanent, About::Account));
        assert!(!format!("{fault} {fault:?}").contains("canary"));
    }
    assert_eq!(calls(&sandbox, "/cgi-bin/gettoken").await, 1);
    assert!(matches!(client.token_state(), TokenState::Refused(_)));
    assert!(client.log_in().await.is_err(), "a check tries again at once");
    assert_eq!(calls(&sandbox, "/cgi-bin/gettoken").await, 2);
}

#[tokio::test]
async fn what_is_no_answer_of_the_platform_is_classed_by_what_may_have_happened() {
    let sandbox = sandbox().await;
    let client = wecom(&sandbox, None);
    client.call(&notice(&sandbox, "warm")).await.unwrap();
    for (kind, code) in [
        ("html_200", "net.not_json"),
        ("html", "net.status"),
        ("status_5xx", "net.status"),
        ("empty", "net.not_json"),
        ("truncated", "net.not_json"),
        ("drop_before", "net.lost"),
        ("drop_after", "net.lost"),
        ("cut_body", "net.lost"),
        ("redirect", "net.redirect"),
        ("latency_ms=3000", "net.timeout"),
    ] {
        order_fault(&sandbox, &format!("{kind}:/cgi-bin/message/send:1"));
        let fault = client.call(&notice(&sandbox, kind)).await.expect_err(kind);
        assert_eq!((fault.code(), fault.class()), (code, Class::Ambiguous), "{kind}: a send may have happened");
        order_fault(&sandbox, &format!("{kind}:/cgi-bin/user/getuserid:1"));
        let look_up = hongyan_wecom::user::GetUserid { mobile: "13800000001".into() };
        let fault = client.call(&look_up).await.expect_err(kind);
        assert_ne!(fault.class(), Class::Ambiguous, "{kind}: a look-up changes nothing");
    }
}

#[tokio::test]
async fn nobody_listening_means_that_nothing_was_sent() {
    let sandbox = sandbox().await;
    let request = notice(&sandbox, "a");
    let client = wecom(&sandbox, None);
    client.call(&request).await.unwrap();
    sandbox.stop().await;
    let fault = client.call(&request).await.unwrap_err();
    assert!(matches!(fault.class(), Class::Retryable { .. }), "{fault}");
}

#[tokio::test]
async fn an_operation_by_name_goes_the_same_way_and_never_to_another_platform() {
    let sandbox = sandbox().await;
    let client = dingtalk(&sandbox);
    let named = |all: Vec<&'static dyn Declared>, name: &str| {
        all.into_iter().find(|declared| declared.spec().name == name).unwrap()
    };
    let operation = named(DingTalk::endpoints(), "user.getbymobile");
    order_fault(&sandbox, "token_revoked:/topapi/:1");
    let reply = client.call_declared(operation, json!({"mobile": "13800000001"})).await.unwrap();
    assert_eq!((&reply["result"]["userid"], &reply["errcode"]), (&json!("zhangsan"), &json!(0)));
    assert_eq!(calls(&sandbox, "/gettoken").await, 2, "refreshed as for a typed call");
    let fault = client.call_declared(operation, json!({})).await.unwrap_err();
    assert_eq!(fault.code(), "request.invalid");
    let foreign = named(WeCom::endpoints(), "message.send");
    let fault = client.call_declared(foreign, json!({"msgtype": "text"})).await.unwrap_err();
    assert_eq!((fault.code(), calls(&sandbox, "/cgi-bin/message/send").await), ("request.invalid", 0));
}

#[tokio::test]
async fn a_reply_that_is_not_as_declared_is_never_quoted() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 4096]).await.unwrap();
        let body = r#"{"errcode":0,"errmsg":"ok","access_token":7777123477771234,"expires_in":7200}"#;
        let head =
            format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
        stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    });
    let credential = hongyan_wecom::Credential { corp_id: "wwsample".into(), secret: Secret::new("sample") };
    let client = Client::<WeCom>::new(Http::new(Options::default()), Some(&base), credential);
    let fault = client.log_in().await.unwrap_err();
    assert_eq!(fault.code(), "net.not_json");
    assert!(!format!("{fault} {fault:?}").contains("7777"), "{fault}");
}
