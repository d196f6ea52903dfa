//! DingTalk's scene groups on both hosts, and the pages' own examples of everything that needs a conversation.

use crate::{
    acs::{Ding, encoded},
    fixture::{localise, resembles},
};
use serde_json::{Map, Value, json};
use std::path::Path;

const CREATE: &str = "/v1.0/im/sceneGroup/create";
const OLD_CREATE: &str = "/topapi/im/chat/scenegroup/create";
const OLD_SEND: &str = "/topapi/im/chat/scencegroup/message/send_v2";

fn ops(uuid: &str) -> Value {
    json!({"title": "Ops", "template_id": "c354-ea65", "owner_user_id": "zhangsan", "user_ids": ["zhangsan", "lisi"],
        "uuid": uuid, "management_options": {"searchable": 1}})
}

async fn made(ding: &Ding) -> String {
    ding.done(CREATE, ops("first")).await["open_conversation_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_scene_group_is_made_once_changed_and_disbanded() {
    let ding = Ding::start().await;
    let first = ding.done(CREATE, ops("req-1")).await;
    assert_eq!(ding.done(CREATE, ops("req-1")).await, first);
    assert_ne!(ding.done(CREATE, ops("req-2")).await, first);
    let cid = first["open_conversation_id"].as_str().unwrap();
    let of = |name: &str, value: Value| json!({"open_conversation_id": cid, name: value});
    let good = json!({"success": true});
    assert_eq!(ding.done("/v1.0/im/sceneGroup/update", of("title", json!("Ops2"))).await, good);
    assert_eq!(ding.done("/v1.0/im/sceneGroup/member/add", of("user_ids", json!("wangwu,zhaoliu"))).await, good);
    assert_eq!(ding.done("/v1.0/im/sceneGroup/member/delete", of("user_ids", json!(["lisi"]))).await, good);
    let query = json!({"openConversationId": cid});
    let group = ding.done("/v1.0/im/sceneGroups/query", query.clone()).await;
    assert_eq!(
        (&group["title"], &group["templateId"], &group["ownerUserId"], &group["status"]),
        (&json!("Ops2"), &json!("c354-ea65"), &json!("zhangsan"), &json!(1))
    );
    let page = json!({"openConversationId": cid, "maxResults": 200});
    let members = ding.done("/v1.0/im/sceneGroups/members/batchQuery", page.clone()).await;
    assert_eq!(
        members,
        json!({"success": true, "memberUserIds": ["zhangsan", "wangwu", "zhaoliu"], "hasMore": false,
            "unionIdList": [], "staffIdNickMap": {}})
    );
    let old = ding.old("/topapi/im/chat/scenegroup/get", json!({"open_conversation_id": cid})).await;
    assert_eq!((&old["errcode"], &old["success"]), (&json!(0), &json!(true)));
    assert_eq!(old["result"]["management_options"]["searchable"], "1");
    assert_eq!(old["result"]["owner_staff_id"], "zhangsan");
    assert_eq!(ding.done("/v1.0/im/chat/scenegroup/disband", query.clone()).await, good);
    assert_eq!(ding.done("/v1.0/im/sceneGroups/query", query).await["status"], 2);
    assert_eq!(ding.refusal("/v1.0/im/sceneGroup/update", of("title", json!("x"))).await, "parameter.invalid");
    assert_eq!(ding.refusal("/v1.0/im/sceneGroups/members/batchQuery", page).await, "parameter.invalid");
    let robot = json!({"robotCode": ding.robot, "openConversationId": cid, "msgKey": "sampleText", "msgParam": "{\"content\":\"x\"}"});
    assert_eq!(ding.refusal("/v1.0/robot/groupMessages/send", robot).await, "group.disbanded");
    let chatid = first["chat_id"].as_str().unwrap();
    assert_eq!(ding.get(&format!("/chat/get?chatid={chatid}")).await["chat_info"]["status"], 2);
    assert_eq!(ding.old("/chat/send", json!({"chatid": chatid, "msg": crate::acs::text("x")})).await["errcode"], 34013);
}

#[tokio::test]
async fn a_custom_robot_of_a_disbanded_group_is_refused() {
    let ding = Ding::start().await;
    let cid = made(&ding).await;
    let token =
        ding.raw.post("/sandbox/robots", json!({"chat": cid})).await["access_token"].as_str().unwrap().to_owned();
    let to = format!("/robot/send?access_token={token}");
    assert_eq!(ding.raw.post(&to, crate::acs::text("x")).await["errcode"], 0);
    ding.done("/v1.0/im/chat/scenegroup/disband", json!({"openConversationId": cid})).await;
    assert_eq!(ding.raw.post(&to, crate::acs::text("x")).await["errcode"], 400_013);
}

#[tokio::test]
async fn the_scene_operations_refuse_what_their_pages_refuse() {
    let ding = Ding::start().await;
    ding.raw.post("/sandbox/settings", json!({"dingtalk_group_templates": ["c354-ea65"]})).await;
    let many: Vec<String> = (0..1_001).map(|i| format!("u{i:03}")).collect();
    for (name, value, new, old) in [
        ("title", json!(""), "parameter.invalid", 40035),
        ("title", json!("字".repeat(31)), "parameter.invalid", 40035),
        ("template_id", json!(""), "parameter.invalid", 40035),
        ("template_id", json!("none"), "groupTemplate.notFound", 660_024),
        ("owner_user_id", json!("nobody"), "member.notFound", 660_041),
        ("owner_user_id", json!("outsider"), "permession.checkFailed", 400_020),
        ("user_ids", json!("nobody"), "member.notFound", 660_041),
        ("user_ids", json!(many.join(",")), "member.exceed", 665_033),
    ] {
        let mut body = ops("");
        body[name] = value;
        assert_eq!(ding.refusal(CREATE, body.clone()).await, new, "{name}");
        if body["user_ids"].is_array() {
            body["user_ids"] = json!("zhangsan,lisi");
        }
        assert_eq!(ding.old(OLD_CREATE, body).await["errcode"], old, "{name}");
    }
    let mut long = ops(&"x".repeat(65));
    long["user_ids"] = json!("zhangsan");
    assert_eq!(ding.old(OLD_CREATE, long).await["errcode"], 40035);
    let cid = made(&ding).await;
    for (path, body, code) in [
        ("/v1.0/im/sceneGroup/update", json!({"open_conversation_id": ding.cid, "title": "x"}), "parameter.invalid"),
        (
            "/v1.0/im/sceneGroup/update",
            json!({"open_conversation_id": cid, "owner_user_id": "sunqi"}),
            "parameter.invalid",
        ),
        ("/v1.0/im/sceneGroup/member/add", json!({"open_conversation_id": cid}), "parameter.invalid"),
        (
            "/v1.0/im/sceneGroup/member/add",
            json!({"open_conversation_id": cid, "user_ids": ["nobody"]}),
            "member.notFound",
        ),
        (
            "/v1.0/im/sceneGroup/member/delete",
            json!({"open_conversation_id": cid, "user_ids": ["zhangsan"]}),
            "parameter.invalid",
        ),
        ("/v1.0/im/sceneGroups/query", json!({"openConversationId": "cidnone"}), "parameter.invalid"),
        ("/v1.0/im/chat/scenegroup/disband", json!({"openConversationId": ding.cid}), "parameter.invalid"),
    ] {
        assert_eq!(ding.refusal(path, body.clone()).await, code, "{path} {body}");
    }
}

#[tokio::test]
async fn a_robot_of_the_template_writes_into_the_scene_group() {
    let ding = Ding::start().await;
    let mut body = ops("old");
    body["user_ids"] = json!("zhangsan,lisi");
    let made = ding.old(OLD_CREATE, body).await;
    let cid = made["result"]["open_conversation_id"].as_str().unwrap().to_owned();
    let with = |name: &str, value: Value| {
        let mut body = json!({"robot_code": ding.robot, "target_open_conversation_id": cid,
            "msg_template_id": "inner_app_template_text", "msg_param_map": "{\"content\":\"hi\"}"});
        body[name] = value;
        body
    };
    let sent = ding.old(OLD_SEND, with("at_mobiles", json!("13800000002"))).await;
    assert_eq!((&sent["errcode"], &sent["success"]), (&json!(0), &json!(true)), "{sent}");
    assert_eq!(ding.raw.phone("lisi").await[0]["content"], crate::acs::text("hi"));
    let query = json!({"processQueryKey": sent["open_msg_id"], "robotCode": ding.robot});
    assert_eq!(ding.done("/v1.0/robot/groupMessages/query", query).await["sendStatus"], "SUCCESS");
    let only = ding.old(OLD_SEND, with("receiver_user_ids", json!("zhangsan"))).await;
    assert_eq!(only["errcode"], 0);
    assert_eq!((ding.raw.phone("zhangsan").await.len(), ding.raw.phone("lisi").await.len()), (2, 1));
    for (name, value, code) in [
        ("target_open_conversation_id", json!(""), 660_001),
        ("target_open_conversation_id", json!("chat1"), 660_023),
        ("target_open_conversation_id", json!("cidnone"), 660_015),
        ("target_open_conversation_id", json!(ding.cid), 660_012),
        ("robot_code", json!(""), 660_002),
        ("robot_code", json!("another"), 660_014),
        ("msg_template_id", json!("none"), 660_027),
        ("msg_param_map", json!("{broken"), 40035),
        ("msg_param_map", json!("{}"), 660_025),
        ("msg_media_id_param_map", json!("{\"content\":\"@x\"}"), 660_020),
        ("msg_media_id_param_map", json!("{\"other\":\"@x\"}"), 660_018),
        ("receiver_user_ids", json!("nobody"), 660_041),
        ("receiver_user_ids", json!("sunqi"), 660_022),
        ("at_users", json!(vec!["lisi"; 51].join(",")), 40035),
    ] {
        let reply = ding.old(OLD_SEND, with(name, value.clone())).await;
        assert_eq!((&reply["errcode"], reply["request_id"].is_string()), (&json!(code), true), "{name} {value}");
    }
    let gone = ding.raw.post(&format!("{OLD_SEND}?access_token=none"), json!({})).await;
    assert_eq!((&gone["errcode"], &gone["sub_code"]), (&json!(88), &json!("40014")));
}

#[tokio::test]
async fn every_example_of_conversations_is_answered_as_its_page_shows() {
    let ding = Ding::start().await;
    let agent = ding.raw.credentials["dingtalk"]["agent_id"].clone();
    let scene = made(&ding).await;
    let message = ding.old("/chat/send", json!({"chatid": ding.chatid, "msg": crate::acs::text("x")})).await;
    let to_people = json!({"robotCode": ding.robot, "userIds": ["lisi"], "msgKey": "sampleText", "msgParam": "{\"content\":\"x\"}"});
    let oto = ding.done("/v1.0/robot/oToMessages/batchSend", to_people).await["processQueryKey"].clone();
    let to_group = json!({"robotCode": ding.robot, "openConversationId": ding.cid, "msgKey": "sampleText", "msgParam": "{\"content\":\"x\"}"});
    let in_group = ding.done("/v1.0/robot/groupMessages/send", to_group).await["processQueryKey"].clone();
    let oa = json!({"msgtype": "oa", "oa": {"message_url": "https://example.com", "head": {"bgcolor": "FFBBBBBB", "text": "h"}, "body": {}}});
    let notice = json!({"agent_id": agent, "userid_list": "lisi", "msg": oa});
    let task = ding.old("/topapi/message/corpconversation/asyncsend_v2", notice).await["task_id"].clone();
    ding.raw.advance(1_000).await;
    ding.read("lisi").await;
    ding.raw.advance(10).await;
    ding.read("wangwu").await;
    let media = ding.upload(Some("image"), "a.png", b"x").await["media_id"].as_str().unwrap().to_owned();
    let code = ding.raw.post(&format!("/sandbox/media/{media}/code"), json!({})).await["downloadCode"].clone();
    let chosen = ding.raw.post("/sandbox/conversations", json!({"chat": ding.cid})).await["cid"].clone();
    let session = ding.raw.post("/sandbox/sessions", json!({"chat": ding.cid})).await["sessionWebhook"].clone();
    let session = session.as_str().unwrap().rsplit_once('=').unwrap().1.to_owned();
    let hook = ding.raw.post("/sandbox/robots", json!({})).await["access_token"].clone();
    // In an order in which each finds what it needs: those that end something come last.
    let ids = json!({"chatid": ding.chatid, "chatId": ding.chatid, "messageId": message["messageId"], "openConversationId": ding.cid,
        "robotCode": ding.robot, "robot_code": ding.robot, "owner": "zhangsan", "useridlist": ["zhangsan", "lisi"], "owner_user_id": "zhangsan",
        "add_useridlist": ["sunqi"], "del_useridlist": ["zhaoliu"], "sender": "zhangsan", "cid": chosen, "session": session,
        "access_token": hook, "task_id": task, "agent_id": agent, "downloadCode": code, "receiverUserIdList": ["lisi"],
        "userIds": ["lisi", "nobody"], "size": 1, "open_conversation_id": scene, "target_open_conversation_id": scene});
    let with = |others: Value| {
        let mut names = ids.as_object().unwrap().clone();
        names.extend(others.as_object().unwrap().clone());
        names
    };
    let texts = json!({"user_ids": "zhangsan,lisi", "uuid": "sample-old"});
    let lists =
        json!({"user_ids": ["zhangsan", "lisi"], "userIdList": ["zhangsan", "lisi"], "groupOwnerId": "zhangsan"});
    let scene_id = json!({"openConversationId": scene, "user_ids": ["sunqi"]});
    for (name, others) in [
        ("chat.create", json!({})),
        ("chat.update", json!({})),
        ("chat.get", json!({})),
        ("chat.send", json!({})),
        ("chat.getReadList", json!({})),
        ("conversation.send", json!({})),
        ("group.create", json!({})),
        ("group.update", json!({})),
        ("group.convert", json!({})),
        ("media.upload", json!({})),
        ("notice.status_bar", json!({})),
        ("webhook.send", json!({})),
        ("webhook.answer", json!({})),
        ("robot.batch_send", json!({})),
        ("robot.group_send", json!({})),
        ("robot.read_status", json!({"processQueryKey": oto})),
        ("robot.group_query", json!({"processQueryKey": in_group})),
        ("robot.ding", json!({})),
        ("robot.file_download", json!({})),
        ("robot.batch_recall", json!({"processQueryKeys": [oto, "bad"]})),
        ("robot.group_recall", json!({"processQueryKeys": [in_group, "bad"]})),
        ("scene.create", lists.clone()),
        ("scene.make", lists),
        ("scene_v1.create", texts),
        ("scene_v1.get", json!({})),
        ("scene_v1.send", json!({})),
        ("scene.update", scene_id.clone()),
        ("scene.member_add", scene_id.clone()),
        ("scene.members", scene_id.clone()),
        ("scene.query", scene_id.clone()),
        ("scene.member_delete", scene_id.clone()),
        ("scene.disband", scene_id),
    ] {
        example(&ding, name, &with(others)).await;
    }
}

async fn example(ding: &Ding, name: &str, names: &Map<String, Value>) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../hongyan-dingtalk/fixtures/{name}.json"));
    let mut fixture: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    localise(&mut fixture["query"], names);
    localise(&mut fixture["body"], names);
    let (method, path) = fixture["line"].as_str().unwrap().split_once(' ').unwrap();
    let path = path.replace("chatsample", &ding.chatid);
    let own = name.starts_with("webhook.");
    let mut query = if own { Vec::new() } else { vec![format!("access_token={}", ding.token)] };
    for (name, value) in fixture["query"].as_object().into_iter().flatten() {
        query.push(format!("{name}={}", encoded(&value.as_str().map_or_else(|| value.to_string(), str::to_owned))));
    }
    let target = format!("{path}?{}", query.join("&"));
    let reply = if name == "media.upload" {
        ding.upload(Some("image"), "图.png", b"\x89PNG").await
    } else {
        ding.acs(method, &target, fixture["body"].clone()).await.json()
    };
    resembles(name, &fixture["reply"], &reply);
}
