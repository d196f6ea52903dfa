//! Group chats of both platforms: made through an account, spoken into, read, changed.

use crate::{
    commands::{code, json as printed, run},
    stage::{Stage, summary},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use std::time::Duration;

/// Makes a chat of an account, with zhangsan and lisi in it.
pub(crate) async fn create(stage: &Stage, account: &str) -> String {
    let made = printed(&run(
        stage,
        &[
            "--json", "chats", "create", account, "--name", "夜盘", "--member", "zhangsan", "--member", "lisi",
            "--owner", "zhangsan",
        ],
    ));
    made["id"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned()
}

fn into(chat: &str, account: &str, words: &str) -> Value {
    json!({"to": [{"chat": chat}], "via": [account], "content": {"text": words}})
}

/// A chat by either of its ids on DingTalk: its `cid…`.
async fn conversation(stage: &Stage, chat: &str) -> String {
    let chats = stage.inspect(&format!("chats/{chat}")).await;
    let text = chats.to_string();
    let at = text.find("cid").unwrap_or_else(|| panic!("{text}"));
    text[at..].split('"').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_is_made_spoken_into_read_and_changed() {
    let stage = Stage::open("").await;
    for (account, platform) in [("ding", "dingtalk"), ("wecom", "wecom")] {
        let chat = create(&stage, account).await;
        let listed = printed(&run(&stage, &["--json", "chats", "list", account]));
        assert_eq!(listed["chats"][0]["id"], chat.as_str(), "{listed}");
        let known = stage.phone("lisi", platform).await.len();
        let id = stage.send(&into(&chat, account, "开会")).await;
        stage.until_state(&id, "sent").await;
        let shown = stage.comes("lisi", platform, known).await;
        assert_eq!((&shown["content"]["text"]["content"], &shown["group"]["name"]), (&json!("开会"), &json!("夜盘")));

        // The same words again, the same day: a chat recognises no repeats, and neither do we.
        let again = stage.send(&into(&chat, account, "开会")).await;
        let ledger = stage.until_state(&again, "sent").await;
        assert_ne!(ledger[0]["state"], "refused", "{ledger:?}");
        stage.comes("lisi", platform, known + 1).await;

        let changed = run(&stage, &["chats", "update", account, &chat, "--name", "日盘", "--add", "wangwu"]);
        assert_eq!(code(&changed), 0, "{changed:?}");
        let shown = printed(&run(&stage, &["--json", "chats", "show", account, &chat]));
        assert_eq!((&shown["name"], shown["members"].as_array().unwrap().len()), (&json!("日盘"), 3), "{shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_of_a_dingtalk_chat_are_named_and_make_the_receipt() {
    let stage = Stage::open("").await;
    let chat = create(&stage, "ding").await;
    let conversation = conversation(&stage, &chat).await;
    for chat in [&chat, &conversation] {
        let known = stage.phone("lisi", "dingtalk").await.len();
        let id = stage.send(&into(chat, "ding", &format!("谁看了 {chat}"))).await;
        stage
            .until(&id, "unread", |message| message["counts"]["unread"] == 1 || message.to_string().contains("unread"))
            .await;
        let readers = |id: String| printed(&run(&stage, &["--json", "chats", "readers", &id]));
        assert_eq!(readers(id.clone())["chats"][0]["readers"], json!([]), "{chat}");
        stage.comes("lisi", "dingtalk", known).await;
        stage.tell("phones/lisi/read", &json!({})).await;
        let mut said = Value::Null;
        for _ in 0..100 {
            said = readers(id.clone());
            if said["chats"][0]["readers"] == json!(["lisi"]) && stage.ledger(&id).await[0]["state"] == "read" {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(said["chats"][0]["readers"], json!(["lisi"]), "{chat}");
        assert_eq!(stage.ledger(&id).await[0]["state"], "read", "{chat}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_reply_of_a_chat_goes_by_what_the_account_says_and_by_no_platforms_rule() {
    for hold in [true, false] {
        let mut stage = Stage::dark("").await;
        if hold {
            stage.configure(|text| text.replace("agent_id = ", "on_unknown = \"hold\"\nagent_id = "));
        }
        stage.start();
        for (account, platform, path) in
            [("ding", "dingtalk", "/chat/send"), ("wecom", "wecom", "/cgi-bin/appchat/send")]
        {
            let chat = create(&stage, account).await;
            stage.order_fault(&format!("drop_after:{path}:1"));
            let id = stage.send(&into(&chat, account, "丢了回执")).await;
            if hold {
                let ledger = stage.until_state(&id, "unknown").await;
                assert_eq!(summary(&ledger), [format!("{account} {chat} unknown held")]);
                tokio::time::sleep(Duration::from_millis(300)).await;
            } else {
                let ledger = stage.until_state(&id, "sent").await;
                assert_eq!(ledger[0]["reason"]["code"], "maybe_twice", "{ledger:?}");
                assert_eq!(stage.message(&id).await["deliveries"][0]["repeated"], true);
            }
            let calls = if hold { 1 } else { 2 };
            assert_eq!(stage.calls(path).await, calls, "{account}");
            tokio::time::sleep(Duration::from_millis(100)).await;
            assert_eq!(stage.copies("lisi", platform, "丢了回执").await as u64, calls, "{account}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_robots_conversation_takes_pictures_files_and_cards() {
    let stage = Stage::open("").await;
    let chat = create(&stage, "ding").await;
    let chat = conversation(&stage, &chat).await;
    let file = |name: &str, bytes: &[u8]| json!({"name": name, "base64": STANDARD.encode(bytes)});
    let button = |title: &str| json!({"title": title, "url": "https://example.com"});
    for (content, kind) in [
        (json!({"title": "告警", "markdown": "**磁盘**"}), "sampleMarkdown"),
        (json!({"image": file("a.png", b"\x89PNG\r\n\x1a\n-a-picture")}), "sampleImageMsg"),
        (json!({"file": file("日报.pdf", b"%PDF-1.7 a report")}), "sampleFile"),
        (json!({"title": "审批", "card": {"markdown": "请看", "buttons": [button("查看")]}}), "sampleActionCard"),
        (
            json!({"title": "审批", "card": {"markdown": "请选", "buttons": [button("是"), button("否")]}}),
            "sampleActionCard6",
        ),
        (json!({"native": {"msgKey": "sampleText", "msgParam": "{\"content\":\"原生\"}"}}), "sampleText"),
    ] {
        let known = stage.phone("lisi", "dingtalk").await.len();
        let id = stage.send(&json!({"to": [{"chat": chat}], "via": ["ding"], "content": content})).await;
        stage.until_state(&id, "sent").await;
        let shown = stage.comes("lisi", "dingtalk", known).await;
        assert_eq!(shown["content"]["msgtype"], kind, "{shown}");
    }
    // A file whose name tells no kind is refused before it is accepted.
    let nameless = json!({"file": file("日报", b"%PDF-1.7 a report")});
    let (status, said) = stage
        .call("POST", "/v1/messages", Some(&json!({"to": [{"chat": chat}], "via": ["ding"], "content": nameless})))
        .await;
    assert_eq!((status, &said["field"]), (422, &json!("content.file")), "{said}");

    let id = stage.send(&into(&chat, "ding", "撤回我")).await;
    stage.until_state(&id, "sent").await;
    let (status, said) = stage.call("POST", &format!("/v1/messages/{id}/recall"), None).await;
    assert_eq!((status, &said["deliveries"][0]["result"]), (200, &json!("recalled")), "{said}");
    assert_eq!(stage.copies("lisi", "dingtalk", "撤回我").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_wecom_chat_does_not_take_is_refused_before_it_is_accepted() {
    let stage = Stage::open("").await;
    let chat = create(&stage, "wecom").await;
    let card = json!({"native": {"msgtype": "template_card", "template_card": {"card_type": "text_notice",
        "main_title": {"title": "原生"}, "card_action": {"type": 1, "url": "https://example.com"}}}});
    let message = json!({"to": [{"chat": chat}], "via": ["wecom"], "content": card});
    let (status, said) = stage.call("POST", "/v1/messages", Some(&message)).await;
    assert_eq!(status, 422, "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_no_way_back_is_impossible_to_recall_whatever_sent_it() {
    let stage = Stage::open("").await;
    let mut ids = Vec::new();
    for account in ["ding", "wecom"] {
        let chat = create(&stage, account).await;
        ids.push(stage.send(&into(&chat, account, "收不回")).await);
    }
    let mail = json!({"to": [{"email": "lisi@example.com"}], "via": ["mail"], "content": {"text": "收不回"}});
    ids.push(stage.send(&mail).await);
    for id in ids {
        stage.until_state(&id, "sent").await;
        let (status, said) = stage.call("POST", &format!("/v1/messages/{id}/recall"), None).await;
        let delivery = &said["deliveries"][0];
        assert_eq!(
            (status, &delivery["result"], &delivery["reason"]["code"]),
            (200, &json!("impossible"), &json!("cannot_recall")),
            "{said}"
        );
    }
}
