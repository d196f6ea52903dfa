//! Pushes of both platforms, sealed as the platforms seal them.

use crate::{TestGateway, facade::config, http::Request, upstream::Upstream};
use hongyan_core::{Clock, clock};
use hongyan_dingtalk::callback as ding;
use hongyan_net::Secret;
use hongyan_wecom::callback as wecom;
use serde_json::{Value, json};

const TOKEN: &str = "sampleToken";
const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

async fn open() -> TestGateway {
    let callback = |account: &str| format!("[accounts.{account}.callback]\ntoken = \"{TOKEN}\"\naes_key = \"{KEY}\"\n");
    let more = format!("{}{}", callback("wecom"), callback("ding"));
    let config = config(&Upstream::start().await, &more);
    let accounts = config.open_accounts().unwrap();
    TestGateway::start_on(config, accounts).await
}

fn now_ms() -> i64 {
    clock::System.now().millis()
}

fn ding() -> ding::Callback {
    ding::Callback::new(TOKEN, KEY, "dingsample").unwrap()
}

async fn push_ding(gateway: &TestGateway, at_ms: i64, message: &Value) -> crate::http::Answer {
    let (stamp, push) = ding().seal(&[7; 16], &at_ms.to_string(), "nonce", &message.to_string());
    let path = format!(
        "/callbacks/ding?msg_signature={}&timestamp={}&nonce={}",
        stamp.signature, stamp.timestamp, stamp.nonce
    );
    let body = serde_json::to_string(&push).unwrap();
    Request::new(gateway.address, "POST", &path).body(body).send().await
}

#[tokio::test]
async fn a_push_of_dingtalk_is_kept_once_and_answered_with_success() {
    let gateway = open().await;
    let asked = push_ding(&gateway, now_ms(), &json!({"EventType": "check_url"})).await;
    ding().accept(&serde_json::from_slice(&asked.body).unwrap()).unwrap();
    let event = json!({"EventType": "user_add_org", "UserId": ["li"], "TimeStamp": "1"});
    for _ in 0..2 {
        let answer = push_ding(&gateway, now_ms(), &event).await;
        assert_eq!(answer.status, 200);
        ding().accept(&serde_json::from_slice(&answer.body).unwrap()).unwrap();
    }
    let page = gateway.get("/v1/callbacks?account=ding").await.json();
    assert_eq!(page["callbacks"].as_array().unwrap().len(), 1, "{page}");
    assert_eq!((&page["callbacks"][0]["event"], &page["callbacks"][0]["body"]), (&json!("user_add_org"), &event));
    let after = page["callbacks"][0]["id"].as_i64().unwrap();
    let rest = gateway.get(&format!("/v1/callbacks?after={after}")).await.json();
    assert_eq!(rest["callbacks"], json!([]));
    let counted = gateway.get("/metrics").await.text();
    assert!(counted.contains(r#"hongyan_callbacks_total{account="ding",outcome="repeat"} 1"#), "{counted}");
    gateway.stop().await;
}

#[tokio::test]
async fn wecom_asks_whose_address_it_is_and_pushes_xml() {
    let gateway = open().await;
    let callback = wecom::Callback::new(Secret::new(TOKEN), KEY, "wwsample").unwrap();
    let stamp = wecom::Stamp { timestamp: now_ms() / 1_000, nonce: "n1".into(), random: [3; 16] };
    let target = |signature: &wecom::Signature, more: &str| {
        let wecom::Signature { msg_signature, timestamp, nonce } = signature;
        format!("/callbacks/wecom?msg_signature={msg_signature}&timestamp={timestamp}&nonce={nonce}{more}")
    };
    let (signature, echostr) = callback.ask_url(&stamp, "5927");
    let echo = format!("&echostr={}", echostr.replace('+', "%2B").replace('=', "%3D").replace('/', "%2F"));
    let answer = Request::new(gateway.address, "GET", &target(&signature, &echo)).send().await;
    assert_eq!((answer.status, answer.text().as_str()), (200, "5927"));

    let pushed = wecom::Pushed {
        to_user_name: "wwsample".into(),
        from_user_name: "li".into(),
        create_time: 1_790_000_000,
        message: wecom::Message::Text { content: "在吗 <&>".into() },
        msg_id: Some("77".into()),
        agent_id: Some("8".into()),
        ..wecom::Pushed::default()
    };
    for nonce in ["n2", "n3"] {
        let stamp = wecom::Stamp { nonce: nonce.into(), ..stamp.clone() };
        let (signature, body) = callback.push(&stamp, &pushed);
        let answer = Request::new(gateway.address, "POST", &target(&signature, "")).body(body).send().await;
        assert_eq!((answer.status, answer.body.len()), (200, 0), "an empty body says that it was taken");
    }
    let page = gateway.get("/v1/callbacks").await.json();
    assert_eq!(page["callbacks"].as_array().unwrap().len(), 1, "{page}");
    assert_eq!(page["callbacks"][0]["event"], "text");
    assert_eq!(page["callbacks"][0]["body"]["Content"], "在吗 <&>");
    gateway.stop().await;
}

#[tokio::test]
async fn what_is_wrong_with_a_push_is_not_told() {
    let gateway = open().await;
    let event = json!({"EventType": "user_add_org"});
    let old = push_ding(&gateway, now_ms() - 7_200_000, &event).await;
    let unsigned = Request::new(gateway.address, "POST", "/callbacks/ding?signature=0&timestamp=1&nonce=a");
    let unsigned = unsigned.body(r#"{"encrypt":"AAAA"}"#).send().await;
    let garbage = Request::new(gateway.address, "POST", "/callbacks/wecom").body("<xml>").send().await;
    let large = Request::new(gateway.address, "POST", "/callbacks/ding").body(vec![b'x'; 300 << 10]).send().await;
    for answer in [old, unsigned, garbage, large] {
        assert_eq!((answer.status, answer.text().as_str()), (403, "refused\n"));
    }
    assert_eq!(gateway.request("POST", "/callbacks/nobody").body("{}").send().await.problem().0, 404);
    assert_eq!(gateway.get("/v1/callbacks").await.json()["callbacks"], json!([]));
    assert_eq!(gateway.get("/v1/callbacks?limit=0").await.problem().0, 400);
    gateway.stop().await;
}
