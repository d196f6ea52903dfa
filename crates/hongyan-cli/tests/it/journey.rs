//! Messages through all three channels, from acceptance to the last receipt.

use crate::stage::{Stage, summary};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_and_fifty_people_are_reached_in_three_calls_and_recalled_in_three() {
    let stage = Stage::open("").await;
    let people = stage.inspect("company").await;
    let ids: Vec<String> = people["people"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|p| p["dingtalk"] == "ok" || p["dingtalk"].is_null())
        .map(|p| p["userid"].as_str().unwrap().to_owned())
        .collect();
    let to: Vec<_> = ids
        .iter()
        .cloned()
        .chain((0..250_usize.saturating_sub(ids.len())).map(|i| format!("nobody{i:03}")))
        .take(250)
        .map(|id| json!({"userid": id}))
        .collect();
    let id = stage.send(&json!({"to": to, "via": ["ding"], "content": {"text": "全员通知"}})).await;
    let ledger = stage
        .until(&id, "delivered", |m| {
            let counts = m["recipients"].as_object().unwrap();
            !counts.is_empty() && !counts.contains_key("pending") && !counts.contains_key("sent")
        })
        .await;
    assert_eq!(ledger.len(), 250, "a row per recipient");
    let stats = stage.inspect("stats").await;
    assert_eq!(stats["calls"]["/topapi/message/corpconversation/asyncsend_v2"], 3);
    let nobody = ledger.iter().filter(|row| row["address"]["userid"].as_str().unwrap().starts_with("nobody"));
    assert!(nobody.clone().all(|row| row["state"] == "refused"), "who does not exist is refused, not sent");

    let (status, report) = stage.call("POST", &format!("/v1/messages/{id}/recall"), Some(&json!({}))).await;
    assert_eq!(status, 200, "{report}");
    assert_eq!(report["deliveries"].as_array().unwrap().len(), 3);
    assert!(report["deliveries"].as_array().unwrap().iter().all(|d| d["result"] == "recalled"), "{report}");
    let unread =
        stage.ledger(&id).await.iter().filter(|row| row["state"] == "unread" || row["state"] == "sent").count();
    assert_eq!(unread, 0, "recalled or refused, nothing between");
    let (_, again) = stage.call("POST", &format!("/v1/messages/{id}/recall"), Some(&json!({}))).await;
    assert_eq!(again["deliveries"], report["deliveries"], "a second recall says the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_move_when_people_read() {
    let stage = Stage::open("").await;
    let to = json!([{"userid": "zhangsan"}, {"userid": "lisi"}]);
    let id =
        stage.send(&json!({"to": to, "via": ["ding"], "content": {"title": "周报", "markdown": "**请查收**"}})).await;
    stage.until(&id, "unread", |m| m["recipients"]["unread"] == 2).await;
    stage.tell("phones/lisi/read", &json!({})).await;
    let ledger = stage.until(&id, "read by one", |m| m["recipients"]["read"] == 1).await;
    assert_eq!(summary(&ledger), ["ding lisi read -", "ding zhangsan unread -"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_named_by_number_and_by_id_gets_one_copy_and_two_rows() {
    let stage = Stage::open("").await;
    let to = json!([{"mobile": "13800000001"}, {"userid": "zhangsan"}]);
    let id = stage.send(&json!({"to": to, "via": ["wecom"], "content": {"text": "一份就好"}})).await;
    let ledger = stage.until_state(&id, "sent").await;
    assert_eq!(summary(&ledger), ["wecom 13800000001 sent -", "wecom zhangsan sent -"]);
    assert_eq!(stage.copies("zhangsan", "wecom", "一份就好").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_platform_would_swallow_is_said_beforehand_or_stamped() {
    let stage = Stage::open("").await;
    let message =
        |account: &str| json!({"to": [{"userid": "zhangsan"}], "via": [account], "content": {"text": "同一句话"}});
    for account in ["ding", "wecom"] {
        let first = stage.send(&message(account)).await;
        stage.until_state(&first, "sent").await;
        let second = stage.send(&message(account)).await;
        let ledger = stage.until_state(&second, "failed").await;
        assert_eq!(summary(&ledger), [format!("{account} zhangsan refused repeated")]);
    }
    let stats = stage.inspect("stats").await;
    assert_eq!((&stats["dingtalk"]["sends"], &stats["wecom"]["sends"]), (&json!(1), &json!(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_is_remembered_over_a_restart() {
    let mut stage = Stage::open("").await;
    let message = json!({"to": [{"userid": "zhangsan"}], "via": ["wecom"], "content": {"text": "重启之前"}});
    let first = stage.send(&message).await;
    stage.until_state(&first, "sent").await;
    stage.kill();
    stage.start();
    let second = stage.send(&message).await;
    assert_eq!(summary(&stage.until_state(&second, "failed").await), ["wecom zhangsan refused repeated"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_text_arrives_in_parts_and_one_beyond_measure_is_refused_at_once() {
    let mut stage = Stage::dark("").await;
    let file = stage.folder.0.join("hongyan.toml");
    let whole = std::fs::read_to_string(&file).unwrap();
    let refuse = whole.replace("receipts_after_ms = 100", "receipts_after_ms = 100\nlong_text = \"refuse\"");
    std::fs::write(&file, refuse).unwrap();
    stage.start();
    let long: String = (0..120).map(|i| format!("第 {i} 行:这是一段比较长的通知。\n")).collect();
    let text = |text: &str| json!({"to": [{"userid": "zhangsan"}], "via": ["ding"], "content": {"text": text}});
    let message = text(&long);
    let (status, problem) = stage.call("POST", "/v1/messages", Some(&message)).await;
    assert_eq!((status, &problem["field"]), (422, &json!("content.text")), "{problem}");

    stage.kill();
    std::fs::write(&file, whole).unwrap();
    stage.start();
    let (status, problem) = stage.call("POST", "/v1/messages", Some(&text(&"长".repeat(20_000)))).await;
    assert_eq!((status, &problem["field"]), (422, &json!("content.text")), "{problem}");
    let id = stage.send(&message).await;
    let ledger = stage.until(&id, "delivered", |m| m["recipients"]["unread"].as_u64() >= Some(3)).await;
    let parts = ledger.len();
    assert!(parts >= 3 && ledger.iter().all(|row| row["state"] == "unread"), "{ledger:?}");
    for part in 1..=parts {
        assert_eq!(stage.copies("zhangsan", "dingtalk", &format!("({part}/{parts})")).await, 1, "part {part}");
    }
    for line in 0..120 {
        assert_eq!(
            stage.copies("zhangsan", "dingtalk", &format!("第 {line} 行")).await,
            1,
            "line {line} is in one part"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_for_later_waits_and_can_be_called_off() {
    let stage = Stage::open("").await;
    let message = json!({"to": [{"userid": "lisi"}], "via": ["ding"], "content": {"text": "明年见"}, "send_at": "2099-01-01T00:00:00+08:00"});
    let id = stage.send(&message).await;
    let (status, said) = stage.call("POST", &format!("/v1/messages/{id}/cancel"), Some(&json!({}))).await;
    assert_eq!((status, &said["deliveries"]), (200, &json!(1)), "{said}");
    assert_eq!(summary(&stage.ledger(&id).await), ["ding lisi cancelled cancelled"]);
    assert_eq!(stage.inspect("stats").await["dingtalk"]["sends"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn wait_gives_the_outcome_when_it_is_known_in_time() {
    let stage = Stage::open("").await;
    let message =
        json!({"to": [{"email": "lisi@example.com"}], "via": ["mail"], "content": {"title": "主题", "text": "正文"}});
    let (status, said) = stage.call("POST", "/v1/messages?wait=10s", Some(&message)).await;
    assert_eq!((status, &said["state"]), (202, &json!("sent")), "{said}");
    let inbox = stage.inspect("mail").await;
    assert!(inbox.to_string().contains("主题"), "{inbox}");
}
