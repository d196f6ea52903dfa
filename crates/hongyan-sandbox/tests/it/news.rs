//! What happens by a call is pushed: groups to DingTalk's address, imports to the one that they name.

use crate::{
    acs::Ding,
    raw::Raw,
    receiver::{Received, Receiver, Sealed, at_once},
    wecom::Corp,
};
use serde_json::{Value, json};
use std::time::Duration;

const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
const TOKEN: &str = "tok123456";
const IMPORT_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

/// Everything that DingTalk tells from now on.
struct Ear {
    seal: Sealed,
    receiver: Receiver,
    heard: usize,
}

impl Ear {
    async fn listen(raw: &Raw) -> Self {
        let seal = Sealed::new(TOKEN, KEY, "dingsandboxapp");
        let answer = seal.clone();
        let receiver = Receiver::start(move |_| at_once(200, answer.answer("success"))).await;
        let setting = json!({"platform": "dingtalk", "url": receiver.url, "token": TOKEN, "encoding_aes_key": KEY});
        let set = raw.post("/sandbox/callbacks", setting).await;
        assert!(set["callbacks"].is_array(), "{set}");
        Self { seal, receiver, heard: 1 }
    }

    /// The next `count` events, without what every event has.
    async fn next(&mut self, count: usize) -> Vec<Value> {
        let heard = self.receiver.wait(self.heard + count).await;
        let news = heard[self.heard..].iter().map(|heard| self.seal.event(heard));
        let news = news.map(|mut event| {
            let members = event.as_object_mut().unwrap();
            for common in ["TimeStamp", "CorpId", "eventId"] {
                assert!(members.remove(common).is_some(), "{common}");
            }
            event
        });
        let news = news.collect();
        self.heard = heard.len();
        news
    }
}

#[tokio::test]
async fn what_becomes_of_a_group_is_told() {
    let ding = Ding::start().await;
    let mut ear = Ear::listen(&ding.raw).await;
    let group = json!({"name": "War room", "owner": "zhangsan", "useridlist": ["zhangsan", "lisi"]});
    let made = ding.old("/chat/create", group).await;
    let (chat, cid) = (made["chatid"].as_str().unwrap(), made["openConversationId"].as_str().unwrap());
    let told = |kind: &str, name: &str, value: Value, operator: Option<&str>| {
        let mut event = json!({"EventType": kind, "ChatId": chat, "OpenConversationId": cid, name: value});
        if let Some(operator) = operator {
            event["Operator"] = json!(operator);
        }
        event
    };
    let change = json!({"chatid": chat, "name": "War room 2", "owner": "wangwu", "add_useridlist": ["wangwu", "zhangsan"],
        "del_useridlist": ["lisi"]});
    assert_eq!(ding.old("/chat/update", change).await["errcode"], 0);
    let expected = [
        told("chat_add_member", "UserId", json!(["wangwu"]), Some("zhangsan")),
        told("chat_remove_member", "UserId", json!(["lisi"]), Some("zhangsan")),
        told("chat_update_owner", "Owner", json!("wangwu"), None),
        told("chat_update_title", "Title", json!("War room 2"), Some("zhangsan")),
    ];
    assert_eq!(ear.next(4).await, expected);

    // The same again changes nothing; a refused change changes nothing either.
    assert_eq!(ding.old("/chat/update", json!({"chatid": chat, "name": "War room 2"})).await["errcode"], 0);
    assert_ne!(ding.old("/chat/update", json!({"chatid": chat, "name": "x", "owner": "lisi"})).await["errcode"], 0);
    ding.done("/v1.0/im/group/update", json!({"chatid": chat, "name": "War room 3"})).await;
    assert_eq!(ear.next(1).await, [told("chat_update_title", "Title", json!("War room 3"), Some("wangwu"))]);

    let quit = |userid: &str| format!("/sandbox/phones/{userid}/quit");
    for (userid, id) in [("wangwu", chat), ("lisi", chat), ("zhangsan", "chat0")] {
        let refused = ding.raw.call("POST", &quit(userid), &json!({"chat": id})).await;
        assert_eq!(refused.status, 409, "{userid}");
    }
    assert_eq!(ding.raw.post(&quit("zhangsan"), json!({"chat": cid})).await, json!({}));
    let left = json!({"EventType": "chat_quit", "ChatId": chat, "OpenConversationId": cid, "Operator": "zhangsan"});
    assert_eq!(ear.next(1).await, [left]);
    assert_eq!(ding.get(&format!("/chat/get?chatid={chat}")).await["chat_info"]["useridlist"], json!(["wangwu"]));
}

#[tokio::test]
async fn what_becomes_of_a_scene_group_is_told_and_its_end_once() {
    let ding = Ding::start().await;
    let mut ear = Ear::listen(&ding.raw).await;
    let group =
        json!({"title": "Ops", "template_id": "t1", "owner_user_id": "zhangsan", "user_ids": ["zhangsan", "lisi"]});
    let made = ding.done("/v1.0/im/sceneGroup/create", group).await;
    let cid = made["open_conversation_id"].as_str().unwrap();
    let of = |name: &str, value: Value| json!({"open_conversation_id": cid, name: value});
    ding.done("/v1.0/im/sceneGroup/member/add", of("user_ids", json!(["wangwu"]))).await;
    ding.done("/v1.0/im/sceneGroup/member/delete", of("user_ids", json!(["lisi"]))).await;
    ding.done("/v1.0/im/sceneGroup/update", of("owner_user_id", json!("wangwu"))).await;
    for _ in 0..2 {
        ding.done("/v1.0/im/chat/scenegroup/disband", json!({"openConversationId": cid})).await;
    }
    let news = ear.next(4).await;
    let kinds: Vec<&str> = news.iter().map(|event| event["EventType"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["chat_add_member", "chat_remove_member", "chat_update_owner", "chat_disband"]);
    assert_eq!((&news[0]["UserId"], &news[1]["UserId"]), (&json!(["wangwu"]), &json!(["lisi"])));
    assert_eq!((&news[3]["Operator"], &news[3]["OpenConversationId"]), (&json!("wangwu"), &json!(cid)));
    assert!(news[3]["ChatId"].as_str().unwrap().starts_with("chat"));
}

fn import_seal() -> Sealed {
    Sealed::new("ImportToken2026", IMPORT_KEY, "wwsandbox00000001")
}

#[tokio::test]
async fn an_import_that_is_done_is_told_to_the_address_that_it_names() {
    let corp = Corp::contacts().await;
    let receiver = Receiver::start(|_| at_once(200, "")).await;
    let csv = "name,userid,mobile,department\n郑十,zhengshi,13900002222,11\n";
    let media = corp.upload("file", "import.csv", csv.as_bytes()).await["media_id"].clone();
    let import = |url: &str, key: &str| {
        let callback = json!({"url": url, "token": "ImportToken2026", "encodingaeskey": key});
        json!({"media_id": media, "to_invite": false, "callback": callback})
    };
    for (url, key) in [("nowhere", IMPORT_KEY), (receiver.url.as_str(), "short")] {
        assert_eq!(corp.post("/cgi-bin/batch/syncuser", import(url, key)).await["errcode"], 40_058);
    }
    let job = corp.post("/cgi-bin/batch/syncuser", import(&receiver.url, IMPORT_KEY)).await;
    assert_eq!(job["errcode"], 0, "{job}");
    let heard = receiver.wait(1).await;
    let xml = import_seal().xml(&heard[0]);
    for part in [
        "<ToUserName><![CDATA[wwsandbox00000001]]></ToUserName>",
        "<FromUserName><![CDATA[sys]]></FromUserName>",
        "<Event><![CDATA[batch_job_result]]></Event>",
        "<JobType><![CDATA[sync_user]]></JobType>",
        job["jobid"].as_str().unwrap(),
    ] {
        assert!(xml.contains(part), "{part} in {xml}");
    }
    assert!(!heard[0].body.contains("<AgentID>"), "contacts are no application's: {}", heard[0].body);
}

#[tokio::test]
async fn an_import_without_an_address_is_told_to_the_application_after_its_people() {
    let corp = Corp::contacts().await;
    let seal = import_seal();
    let echo = seal.clone();
    let receiver = Receiver::start(move |heard: &Received| at_once(200, echo.echo(heard).unwrap_or_default())).await;
    let setting =
        json!({"platform": "wecom", "url": receiver.url, "token": "ImportToken2026", "encoding_aes_key": IMPORT_KEY});
    corp.raw.post("/sandbox/callbacks", setting).await;
    let csv = "name,userid,mobile,department\n郑十,zhengshi,13900002222,11\n";
    let media = corp.upload("file", "import.csv", csv.as_bytes()).await["media_id"].clone();
    corp.post("/cgi-bin/batch/syncuser", json!({"media_id": media})).await;
    let heard = receiver.wait(3).await;
    assert!(seal.xml(&heard[1]).contains("create_user"));
    assert!(seal.xml(&heard[2]).contains("batch_job_result"));
}

#[tokio::test]
async fn pushes_come_twice_and_out_of_order_where_asked() {
    let raw = Raw::start().await;
    let mut ear = Ear::listen(&raw).await;
    raw.post("/sandbox/settings", json!({"push_repeats": true})).await;
    let event =
        |userid: &str| json!({"platform": "dingtalk", "event": "user_add_org", "members": {"UserId": [userid]}});
    raw.post("/sandbox/events", event("u1")).await;
    ear.next(1).await;
    raw.post("/sandbox/events", event("u2")).await;
    ear.next(1).await;
    // Taken is taken only when the answer was read.
    tokio::time::sleep(Duration::from_millis(200)).await;
    raw.advance(1_000).await;
    let again = ear.next(2).await;
    assert_eq!((&again[0]["UserId"], &again[1]["UserId"]), (&json!(["u1"]), &json!(["u2"])));
    raw.advance(60_000).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(ear.receiver.heard().len(), 5, "twice is not for ever");
}
