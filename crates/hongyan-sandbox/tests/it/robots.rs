//! The application's robot: to people, to groups, taken back, read.

use crate::acs::{Ding, encoded};
use serde_json::{Value, json};

const PEOPLE: &str = "/v1.0/robot/oToMessages/batchSend";
const GROUP: &str = "/v1.0/robot/groupMessages/send";
const DAY: u64 = 86_400_000;

fn hello(ding: &Ding, users: &[&str]) -> Value {
    json!({"robotCode": ding.robot, "userIds": users, "msgKey": "sampleText", "msgParam": "{\"content\":\"hello\"}"})
}

#[tokio::test]
async fn people_get_a_message_and_the_others_are_named() {
    let ding = Ding::start().await;
    ding.raw.post("/sandbox/people/lisi", json!({"dingtalk": "forbidden:143105"})).await;
    let sent = ding.done(PEOPLE, hello(&ding, &["zhangsan", "nobody", "lisi", "outsider", "zhangsan"])).await;
    assert_eq!(sent["invalidStaffIdList"], json!(["nobody", "outsider"]));
    assert_eq!(sent["flowControlledStaffIdList"], json!(["lisi"]));
    let shown = ding.raw.phone("zhangsan").await;
    assert_eq!(shown.len(), 1);
    assert_eq!(shown[0]["content"], json!({"msgtype": "sampleText", "sampleText": {"content": "hello"}}));
    let key = sent["processQueryKey"].as_str().unwrap();
    let target =
        format!("/v1.0/robot/oToMessages/readStatus?robotCode={}&processQueryKey={}", ding.robot, encoded(key));
    let status = |read: &str, send: &str| json!({"sendStatus": send, "messageReadInfoList": [{"name": "张三", "userId": "zhangsan", "readStatus": read}]});
    assert_eq!(ding.acs("GET", &target, Value::Null).await.json(), status("UNREAD", "SUCCESS"));
    ding.read("zhangsan").await;
    assert_eq!(ding.acs("GET", &target, Value::Null).await.json(), status("READ", "SUCCESS"));
    let recall = json!({"robotCode": ding.robot, "processQueryKeys": [key, "bad"]});
    let recalled = ding.done("/v1.0/robot/otoMessages/batchRecall", recall).await;
    assert_eq!(recalled, json!({"successResult": [key], "failedResult": {"bad": "invalid.processQueryKey"}}));
    assert_eq!(ding.raw.phone("zhangsan").await[0]["recalled"], true);
    assert_eq!(ding.acs("GET", &target, Value::Null).await.json(), status("READ", "RECALLED"));
}

#[tokio::test]
async fn a_message_to_people_is_refused_by_field() {
    let ding = Ding::start().await;
    let with = |name: &str, value: Value| {
        let mut body = hello(&ding, &["zhangsan"]);
        if value.is_null() {
            body.as_object_mut().unwrap().remove(name);
        } else {
            body[name] = value;
        }
        body
    };
    for (body, code) in [
        (with("robotCode", Value::Null), "invalidParameter.robotCode.empty"),
        (with("robotCode", json!("")), "invalidParameter.robotCode.empty"),
        (with("robotCode", json!("another")), "invalidParameter.robotCode.notExsit"),
        (with("userIds", Value::Null), "invalidParameter.userIds.empty"),
        (with("userIds", json!([])), "invalidParameter.userIds.empty"),
        (with("userIds", json!(vec!["zhangsan"; 21])), "invalidParameter.userIds.overMax"),
        (with("msgKey", Value::Null), "invalidParameter.msgKey.empty"),
        (with("msgKey", json!("smoke")), "invalidParameter.msgKey.invalid"),
        (with("msgParam", json!({"content": "an object"})), "invalidParameter.msgParam.invalid"),
        (with("msgParam", json!("{broken")), "invalidParameter.msgParam.invalid"),
        (with("msgParam", json!("{}")), "invalidParameter.msgParam.invalid"),
        (
            with("msgParam", json!(format!("{{\"content\":\"{}\"}}", "x".repeat(15_000)))),
            "invalidParameter.msgParam.tooLong",
        ),
    ] {
        assert_eq!(ding.refusal(PEOPLE, body.clone()).await, code, "{body}");
    }
    let key = |key: &str, param: Value| json!({"robotCode": ding.robot, "userIds": ["zhangsan"], "msgKey": key, "msgParam": param.to_string()});
    let audio = key("sampleAudio", json!({"mediaId": "@none", "duration": "1000"}));
    assert_eq!(ding.refusal(PEOPLE, audio).await, "resource.not.found");
    let voice = ding.upload(Some("voice"), "a.amr", b"x").await;
    let audio = key("sampleAudio", json!({"mediaId": voice["media_id"], "duration": "1000"}));
    assert!(ding.done(PEOPLE, audio).await["processQueryKey"].is_string());
    let picture = key("sampleImageMsg", json!({"photoURL": "https://example.com/a.png"}));
    assert!(ding.done(PEOPLE, picture).await["processQueryKey"].is_string());
    let path = "/v1.0/robot/otoMessages/batchRecall";
    let recall = |keys: Value| json!({"robotCode": ding.robot, "processQueryKeys": keys});
    assert_eq!(ding.refusal(path, recall(json!([]))).await, "invalidParameter.processQueryKeys.empty");
    assert_eq!(ding.refusal(path, recall(json!(vec!["x"; 21]))).await, "invalidParameter.processQueryKeys.overMax");
    let target = format!("/v1.0/robot/oToMessages/readStatus?robotCode={}&processQueryKey=none", ding.robot);
    assert_eq!(ding.acs("GET", &target, Value::Null).await.json()["code"], "invalid.processQueryKey");
}

#[tokio::test]
async fn a_group_gets_a_message_and_its_readers_are_paged() {
    let ding = Ding::start().await;
    let body = json!({"robotCode": ding.robot, "openConversationId": ding.cid, "msgKey": "sampleMarkdown",
        "msgParam": "{\"title\":\"t\",\"text\":\"# hi\"}"});
    let key = ding.done(GROUP, body.clone()).await["processQueryKey"].as_str().unwrap().to_owned();
    assert_eq!(ding.raw.phone("zhaoliu").await[0]["from"], json!(ding.robot));
    ding.read("lisi").await;
    ding.raw.advance(10).await;
    ding.read("wangwu").await;
    let query = |name: &str, value: Value| {
        let mut body =
            json!({"processQueryKey": key, "openConversationId": ding.cid, "robotCode": ding.robot, "maxResults": 1});
        body[name] = value;
        body
    };
    let path = "/v1.0/robot/groupMessages/query";
    let page = ding.done(path, query("nextToken", json!(""))).await;
    assert_eq!((&page["readUserIds"], &page["hasMore"]), (&json!(["lisi"]), &json!(true)));
    let page = ding.done(path, query("nextToken", page["nextToken"].clone())).await;
    assert_eq!(page, json!({"sendStatus": "SUCCESS", "readUserIds": ["wangwu"], "hasMore": false, "nextToken": ""}));
    for (body, code) in [
        (query("processQueryKey", json!("none")), "invalid.processQueryKey"),
        (query("openConversationId", json!("cidnone")), "invalid.openConversationId"),
        (query("maxResults", json!(201)), "invalidParameter.maxResults.invalid"),
        (query("nextToken", json!("x")), "invalidParameter.nextToken.invalid"),
    ] {
        assert_eq!(ding.refusal(path, body.clone()).await, code, "{body}");
    }
    let recall =
        |keys: Value| json!({"robotCode": ding.robot, "openConversationId": ding.cid, "processQueryKeys": keys});
    let recalled = ding.done("/v1.0/robot/groupMessages/recall", recall(json!([key]))).await;
    assert_eq!(recalled, json!({"successResult": [key], "failedResult": {}}));
    assert_eq!(ding.done(path, query("maxResults", json!(9))).await["sendStatus"], "RECALLED");
    for (name, value, code) in [
        ("openConversationId", json!(""), "miss.openConversationId"),
        ("openConversationId", json!("cidnone"), "invalid.openConversationId"),
        ("openConversationId", json!(ding.chatid), "invalid.openConversationId"),
        ("robotCode", json!("another"), "invalidParameter.robotCode.notExsit"),
    ] {
        let mut body = body.clone();
        body[name] = value;
        assert_eq!(ding.refusal(GROUP, body.clone()).await, code, "{body}");
    }
}

#[tokio::test]
async fn nothing_is_told_or_taken_back_after_a_day() {
    let ding = Ding::start().await;
    let key = ding.done(PEOPLE, hello(&ding, &["zhangsan"])).await["processQueryKey"].clone();
    ding.raw.advance(DAY + 1_000).await;
    let ding = Ding { token: ding.raw.ding_token().await, ..ding };
    let recall = json!({"robotCode": ding.robot, "processQueryKeys": [key]});
    let recalled = ding.done("/v1.0/robot/otoMessages/batchRecall", recall).await;
    assert_eq!(recalled["failedResult"][key.as_str().unwrap()], "robot.processQueryKey.expired");
}

#[tokio::test]
async fn a_ding_reaches_people_within_its_bounds() {
    let ding = Ding::start().await;
    let body = |kind: i64, users: Value| json!({"robotCode": ding.robot, "remindType": kind, "receiverUserIdList": users, "content": "disk full"});
    let path = "/v1.0/robot/ding/send";
    let sent = ding.done(path, body(1, json!(["zhangsan", "nobody"]))).await;
    assert!(sent["openDingId"].is_string());
    assert_eq!(sent["failedList"], json!({"nobody": "staffId.notExisted"}));
    assert_eq!(ding.raw.phone("zhangsan").await[0]["content"]["ding"]["content"], "disk full");
    assert_eq!(ding.refusal(path, body(2, json!(vec!["zhangsan"; 21]))).await, "ding.receivercount.limit");
    assert_eq!(ding.refusal(path, body(4, json!(["zhangsan"]))).await, "invalidParameter.remindType.invalid");
}

#[tokio::test]
async fn a_file_that_was_sent_to_the_robot_is_fetched_by_its_code() {
    let ding = Ding::start().await;
    let id = ding.upload(Some("image"), "a.png", b"picture").await["media_id"].as_str().unwrap().to_owned();
    let code = ding.raw.post(&format!("/sandbox/media/{id}/code"), json!({})).await["downloadCode"].clone();
    let path = "/v1.0/robot/messageFiles/download";
    let given = ding.done(path, json!({"downloadCode": code, "robotCode": ding.robot})).await;
    let url = given["downloadUrl"].as_str().unwrap();
    let file = ding.raw.call("GET", &url[url.find("/sandbox/media").unwrap()..], &Value::Null).await;
    assert_eq!((file.body.as_slice(), file.header("content-type")), (&b"picture"[..], Some("image/png")));
    let wrong = json!({"downloadCode": "none", "robotCode": ding.robot});
    assert_eq!(ding.refusal(path, wrong).await, "invalidParameter.robotCode.invalid");
}
