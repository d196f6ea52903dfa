//! DingTalk's groups: the older operations, the current ones, messages into chosen conversations, status bars.

use crate::acs::{Ding, encoded, text};
use serde_json::{Value, json};

const CREATE: &str = "/chat/create";
const UPDATE: &str = "/chat/update";
const SEND: &str = "/chat/send";

async fn made(ding: &Ding) -> (String, String) {
    let reply = ding
        .old(
            CREATE,
            json!({"name": "War room", "owner": "zhangsan", "useridlist": ["zhangsan", "lisi"], "showHistoryType": 1}),
        )
        .await;
    assert_eq!(reply["errcode"], 0, "{reply}");
    assert_eq!(reply["conversationTag"], 2);
    let id = |name: &str| reply[name].as_str().unwrap().to_owned();
    (id("chatid"), id("openConversationId"))
}

#[tokio::test]
async fn a_chat_is_made_changed_and_given() {
    let ding = Ding::start().await;
    let (chatid, cid) = made(&ding).await;
    assert!(chatid.starts_with("chat") && cid.starts_with("cid") && cid.ends_with("=="), "{chatid} {cid}");
    let change = json!({"chatid": chatid, "name": "War room 2", "owner": "lisi", "add_useridlist": ["wangwu"],
        "del_useridlist": ["zhangsan"], "chatBannedType": 1});
    assert_eq!(ding.old(UPDATE, change).await, json!({"errcode": 0, "errmsg": "ok"}));
    let given = ding.get(&format!("/chat/get?chatid={chatid}")).await;
    assert_eq!(
        given["chat_info"],
        json!({"chatid": chatid, "name": "War room 2", "owner": "lisi", "useridlist": ["lisi", "wangwu"],
            "conversationTag": 2, "icon": "", "status": 1, "chatBannedType": 1, "searchable": 0, "validationType": 0,
            "mentionAllAuthority": 0, "managementType": 0, "showHistoryType": 1})
    );
}

#[tokio::test]
async fn chat_create_refuses_what_its_page_refuses() {
    let ding = Ding::start().await;
    let many: Vec<String> = (1..=41).map(|i| format!("u{i:03}")).collect();
    let base = json!({"name": "n", "owner": "zhangsan", "useridlist": ["zhangsan", "lisi"]});
    for (name, value, code) in [
        ("name", Value::Null, 40035),
        ("name", json!(""), 40035),
        ("name", json!("  "), 49015),
        ("name", json!("字".repeat(21)), 400_002),
        ("owner", Value::Null, 49013),
        ("owner", json!("nobody"), 49018),
        ("owner", json!("wangwu"), 49006),
        ("useridlist", Value::Null, 49010),
        ("useridlist", json!([]), 49010),
        ("useridlist", json!(many), 49011),
        ("useridlist", json!(["zhangsan", "nobody"]), 40031),
        ("useridlist", json!(["zhangsan", "outsider"]), 40031),
        // The mistake of a well-known sample: a JSON text in the list's place.
        ("useridlist", json!("[\"zhangsan\",\"lisi\"]"), 40031),
        ("extidlist", json!(["ext1"]), 49009),
        ("showHistoryType", json!(2), 40035),
    ] {
        let mut body = base.clone();
        if value.is_null() {
            body.as_object_mut().unwrap().remove(name);
        } else {
            body[name] = value;
        }
        assert_eq!(ding.old(CREATE, body.clone()).await["errcode"], code, "{body}");
    }
    let target = format!("{CREATE}?access_token={}", ding.token);
    let reply = crate::raw::parse(&ding.raw.send("POST", &target, "application/json", "name=x").await).json();
    assert_eq!(reply["errcode"], 43009);
    assert_eq!(ding.raw.post("/chat/create?access_token=x", base).await["errcode"], 40014);
    assert_eq!(ding.raw.get(&target).await["errcode"], 43002);
}

#[tokio::test]
async fn chat_update_and_get_refuse_what_their_pages_refuse() {
    let ding = Ding::start().await;
    let (chatid, cid) = made(&ding).await;
    for (body, code) in [
        (json!({}), 49000),
        (json!({"chatid": ""}), 49000),
        (json!({"chatid": "chatnone"}), 40016),
        (json!({"chatid": cid}), 40016),
        (json!({"chatid": chatid, "name": "字".repeat(21)}), 49015),
        (json!({"chatid": chatid, "add_useridlist": ["wangwu"], "del_useridlist": ["wangwu"]}), 49004),
        (json!({"chatid": chatid, "add_extidlist": ["a"], "del_extidlist": ["a"]}), 49023),
        (json!({"chatid": chatid, "add_extidlist": ["a"]}), 49009),
        (json!({"chatid": chatid, "add_useridlist": ["nobody"]}), 40031),
        (json!({"chatid": chatid, "add_useridlist": "wangwu"}), 40031),
        (json!({"chatid": chatid, "add_useridlist": vec!["x"; 41]}), 49011),
        (json!({"chatid": chatid, "owner": "wangwu"}), 49006),
        (json!({"chatid": chatid, "del_useridlist": ["zhangsan"]}), 49006),
        (json!({"chatid": chatid, "isBan": true, "searchable": 7}), 40035),
    ] {
        assert_eq!(ding.old(UPDATE, body.clone()).await["errcode"], code, "{body}");
    }
    let given = ding.get(&format!("/chat/get?chatid={chatid}")).await;
    assert_eq!((&given["chat_info"]["name"], &given["chat_info"]["chatBannedType"]), (&json!("War room"), &json!(0)));
    assert_eq!(ding.get("/chat/get?x=").await["errcode"], 49000);
    assert_eq!(ding.get("/chat/get?chatid=").await["errcode"], 49000);
    assert_eq!(ding.get("/chat/get?chatid=chatnone").await["errcode"], 40016);
}

#[tokio::test]
async fn a_group_holds_a_thousand_members() {
    let ding = Ding::with(hongyan_sandbox::SandboxOptions {
        people: 1_050,
        smtp_listen: None,
        ..hongyan_sandbox::SandboxOptions::default()
    })
    .await;
    let (chatid, _) = made(&ding).await;
    let everybody: Vec<String> = (1..=1_050).map(|i| format!("u{i:03}")).collect();
    for forty in everybody[..960].chunks(40) {
        assert_eq!(ding.old(UPDATE, json!({"chatid": chatid, "add_useridlist": forty})).await["errcode"], 0);
    }
    let more = ding.old(UPDATE, json!({"chatid": chatid, "add_useridlist": everybody[960..1_000]})).await;
    assert_eq!(more["errcode"], 49005);
    let last = ding.old(UPDATE, json!({"chatid": chatid, "add_useridlist": everybody[960..998]})).await;
    assert_eq!(last["errcode"], 0);
}

#[tokio::test]
async fn a_chat_message_reaches_every_member_and_its_readers_are_listed() {
    let ding = Ding::start().await;
    let (chatid, cid) = made(&ding).await;
    let sent = ding.old(SEND, json!({"chatid": chatid, "msg": text("hi")})).await;
    assert_eq!(sent["errcode"], 0, "{sent}");
    let id = sent["messageId"].as_str().unwrap();
    assert!(id.starts_with("msg") && id.contains('/') && id.contains('+'), "{id}");
    for userid in ["zhangsan", "lisi"] {
        let shown = &ding.raw.phone(userid).await[0];
        assert_eq!(shown["group"], json!({"id": cid, "name": "War room"}));
        assert_eq!(shown["content"], text("hi"));
        assert_eq!(shown["source"], id);
    }
    assert!(ding.raw.phone("wangwu").await.is_empty());
    let list = format!("/chat/getReadList?messageId={}&size=", encoded(id));
    assert_eq!(ding.get(&format!("{list}100&cursor=0")).await, json!({"errcode": 0, "errmsg": "ok"}));
    ding.read("lisi").await;
    ding.raw.advance(1_000).await;
    ding.read("zhangsan").await;
    let first = ding.get(&format!("{list}1&cursor=0")).await;
    assert_eq!(first["readUserIdList"], json!(["lisi"]));
    let rest = ding.get(&format!("{list}1&cursor={}", first["next_cursor"])).await;
    assert_eq!(rest, json!({"errcode": 0, "errmsg": "ok", "readUserIdList": ["zhangsan"]}));
    for (target, code) in [
        (format!("{list}0&cursor=0"), 40069),
        (format!("{list}101&cursor=0"), 40069),
        (format!("{list}x&cursor=0"), 40069),
        (format!("{list}1&cursor=7"), 40068),
        ("/chat/getReadList?messageId=none&cursor=0&size=1".into(), 40035),
        ("/chat/getReadList?cursor=0&size=1".into(), 40035),
    ] {
        assert_eq!(ding.get(&target).await["errcode"], code, "{target}");
    }
    let said = ding.said(&cid).await;
    assert_eq!((said.len(), &said[0]["read"]), (1, &json!(["lisi", "zhangsan"])));
    assert_eq!(ding.said(&chatid).await, said);
}

#[tokio::test]
async fn chat_send_refuses_what_its_page_refuses() {
    let ding = Ding::start().await;
    let chatid = &ding.chatid;
    for (body, code) in [
        (json!({"msg": text("x")}), 34001),
        (json!({"chatid": "", "msg": text("x")}), 34001),
        (json!({"chatid": "chatnone", "msg": text("x")}), 34013),
        (json!({"chatid": chatid}), 34014),
        (json!({"chatid": chatid, "msg": "x"}), 34014),
        (json!({"chatid": chatid, "msg": {"msgtype": "smoke"}}), 34004),
        (json!({"chatid": chatid, "msg": {"msgtype": "text"}}), 34014),
        (json!({"chatid": chatid, "msg": text("")}), 34014),
        (json!({"chatid": chatid, "msg": text(&"字".repeat(700))}), 34016),
        (json!({"chatid": chatid, "msg": {"msgtype": "image", "image": {"media_id": "@lADnone"}}}), 40007),
    ] {
        assert_eq!(ding.old(SEND, body.clone()).await["errcode"], code, "{body}");
    }
    // The oldest form has no `msg`.
    let old = json!({"chatid": chatid, "msgtype": "text", "text": {"content": "old"}});
    assert_eq!(ding.old(SEND, old).await["errcode"], 0);
    assert_eq!(ding.said(chatid).await[0]["content"], text("old"));
}

#[tokio::test]
async fn a_current_group_is_the_same_as_its_chat() {
    let ding = Ding::start().await;
    let body = json!({"name": "Test", "owner": "zhangsan", "useridlist": ["zhangsan", "lisi"], "conversationTag": 2,
        "managementOptions": {"searchable": 1}});
    let made = ding.done("/v1.0/im/group/create", body).await;
    assert_eq!(made["conversationTag"], 2);
    let (chatid, cid) = (made["chatid"].as_str().unwrap(), made["openConversationId"].as_str().unwrap());
    let converted = ding.done(&format!("/v1.0/im/chat/{chatid}/convertToOpenConversationId"), Value::Null).await;
    assert_eq!(converted, json!({"openConversationId": cid}));
    let change = json!({"chatid": chatid, "name": "Test 2", "add_useridlist": ["wangwu"], "managementOptions": {"chatBannedType": 1}});
    assert_eq!(ding.done("/v1.0/im/group/update", change).await, json!({"success": true}));
    let chat = &ding.get(&format!("/chat/get?chatid={chatid}")).await["chat_info"];
    assert_eq!(chat["useridlist"], json!(["zhangsan", "lisi", "wangwu"]));
    assert_eq!((&chat["name"], &chat["searchable"], &chat["chatBannedType"]), (&json!("Test 2"), &json!(1), &json!(1)));
}

#[tokio::test]
async fn the_current_group_operations_refuse_in_words() {
    let ding = Ding::start().await;
    let create = |name: &str, value: Value| {
        let mut body = json!({"name": "n", "owner": "zhangsan", "useridlist": ["zhangsan"]});
        body[name] = value;
        body
    };
    for (body, code) in [
        (json!({}), "parameter.invalid"),
        (create("name", json!("")), "parameter.invalid"),
        (create("name", json!("字".repeat(21))), "parameter.invalid"),
        (create("owner", json!("")), "parameter.invalid"),
        (create("owner", json!("lisi")), "parameter.invalid"),
        (create("owner", json!("nobody")), "parameter.invalid"),
        (create("owner", json!("outsider")), "permession.checkFailed"),
        (create("conversationTag", json!(0)), "permession.checkFailed"),
        (create("useridlist", json!([])), "parameter.invalid"),
        (create("useridlist", json!(["zhangsan", "nobody"])), "parameter.invalid"),
        (create("managementOptions", json!({"searchable": 3})), "parameter.invalid"),
    ] {
        assert_eq!(ding.refusal("/v1.0/im/group/create", body.clone()).await, code, "{body}");
    }
    let chatid = &ding.chatid;
    for body in [
        json!({"chatid": "chatnone"}),
        json!({"chatid": chatid, "owner": "sunqi"}),
        json!({"chatid": chatid, "add_useridlist": ["sunqi"], "del_useridlist": ["sunqi"]}),
        json!({"chatid": chatid, "del_useridlist": ["zhangsan"]}),
    ] {
        assert_eq!(ding.refusal("/v1.0/im/group/update", body.clone()).await, "parameter.invalid", "{body}");
    }
    let path = "/v1.0/im/chat/chatnone/convertToOpenConversationId";
    assert_eq!(ding.refusal(path, Value::Null).await, "invalideChatId");
    let blank = ding.raw.call("POST", "/v1.0/im/group/create", &json!({})).await;
    assert_eq!((blank.status, &blank.json()["code"]), (400, &json!("AuthenticationFailed.MissingParameter")));
}

#[tokio::test]
async fn a_chosen_conversation_takes_one_message_within_a_day() {
    let ding = Ding::start().await;
    let choose =
        async |place: Value| ding.raw.post("/sandbox/conversations", place).await["cid"].as_str().unwrap().to_owned();
    let path = "/message/send_to_conversation";
    let cid = choose(json!({"chat": ding.chatid})).await;
    let send = |sender: &str, cid: &str| json!({"sender": sender, "cid": cid, "msg": text("hi")});
    for (body, code) in [
        (send("nobody", &cid), 40012),
        (send("zhangsan", "none"), 40016),
        (send("sunqi", &cid), 34007),
        (json!({"cid": cid, "msg": text("x")}), 40012),
        (json!({"sender": "zhangsan", "msg": text("x")}), 40016),
        (json!({"sender": "zhangsan", "cid": cid}), 34014),
        (json!({"sender": "zhangsan", "cid": cid, "msg": {"msgtype": "smoke"}}), 34004),
    ] {
        assert_eq!(ding.old(path, body.clone()).await["errcode"], code, "{body}");
    }
    let sent = ding.old(path, send("zhangsan", &cid)).await;
    assert_eq!(sent, json!({"errcode": 0, "errmsg": "ok", "receiver": "lisi|wangwu|zhaoliu"}));
    assert_eq!(ding.raw.phone("lisi").await[0]["from"], "zhangsan");
    assert!(ding.raw.phone("zhangsan").await.is_empty());
    assert_eq!(ding.old(path, send("zhangsan", &cid)).await["errcode"], 40016);
    let pair = choose(json!({"people": ["zhangsan", "sunqi"]})).await;
    assert_eq!(ding.old(path, send("zhangsan", &pair)).await["receiver"], "sunqi");
    let alone = choose(json!({"people": ["zhangsan"]})).await;
    assert_eq!(ding.old(path, send("zhangsan", &alone)).await["errcode"], 40017);
    let late = choose(json!({"chat": ding.chatid})).await;
    ding.raw.advance(7_000_000).await;
    ding.raw.advance(86_400_000).await;
    let token = ding.raw.ding_token().await;
    let reply = ding.raw.post(&format!("{path}?access_token={token}"), send("zhangsan", &late)).await;
    assert_eq!(reply["errcode"], 40016);
}

#[tokio::test]
async fn the_status_bar_of_an_oa_notice_changes_on_the_phone() {
    let ding = Ding::start().await;
    let agent = &ding.raw.credentials["dingtalk"]["agent_id"];
    let path = "/topapi/message/corpconversation/status_bar/update";
    let notice = |msg: Value| json!({"agent_id": agent, "userid_list": "zhangsan", "msg": msg});
    let oa = json!({"msgtype": "oa", "oa": {"message_url": "https://example.com", "head": {"bgcolor": "FFBBBBBB", "text": "h"},
        "status_bar": {"status_value": "pending", "status_bg": "0xFFF65E5E"}, "body": {"title": "T"}}});
    let send = "/topapi/message/corpconversation/asyncsend_v2";
    let task = ding.old(send, notice(oa)).await["task_id"].clone();
    let plain = ding.old(send, notice(text("plain"))).await["task_id"].clone();
    let change = json!({"agent_id": agent, "task_id": task, "status_value": "Approved", "status_bg": "0xFF78C06E"});
    assert_eq!(ding.old(path, change.clone()).await["errcode"], 41052, "not delivered yet");
    ding.raw.advance(1_000).await;
    let with = |name: &str, value: Value| {
        let mut body = change.clone();
        body[name] = value;
        body
    };
    for (body, code) in [
        (with("agent_id", json!(7)), 40056),
        (with("task_id", json!(7)), 40035),
        (with("task_id", plain), 40035),
        (with("status_value", json!("")), 40035),
        (with("status_bg", json!("red")), 40035),
        (json!({}), 40035),
    ] {
        let reply = ding.old(path, body.clone()).await;
        assert_eq!((&reply["errcode"], reply["request_id"].is_string()), (&json!(code), true), "{body}");
    }
    assert_eq!(ding.old(path, change.clone()).await["errcode"], 0);
    let shown = &ding.raw.phone("zhangsan").await[0]["content"]["oa"]["status_bar"];
    assert_eq!(*shown, json!({"status_value": "Approved", "status_bg": "0xFF78C06E"}));
}

#[tokio::test]
async fn a_script_of_the_database_makes_a_chat_and_writes_into_it() {
    let ding = Ding::start().await;
    let post = async |path: &str, body: &str| {
        let target = format!("{path}?access_token={}", ding.token);
        crate::raw::parse(&ding.raw.send("POST", &target, "application/json", body).await).json()
    };
    let made =
        post("/chat/create", r#"{"name" : "groupName","owner" : "zhangsan","useridlist" : ["zhangsan","lisi"]}"#).await;
    assert_eq!((&made["errcode"], &made["conversationTag"]), (&json!(0), &json!(2)), "{made}");
    let chatid = made["chatid"].as_str().unwrap();
    let body = format!(
        r#"{{"chatid" : "{chatid}","msg" : {{"msgtype" : "text","text" : {{"content" : "这是一条测试信息"}}}}}}"#
    );
    let sent = post("/chat/send", &body).await;
    assert_eq!(sent["errcode"], 0);
    assert!(sent["messageId"].is_string());
    assert_eq!(ding.raw.phone("lisi").await[0]["content"]["text"]["content"], "这是一条测试信息");
}
