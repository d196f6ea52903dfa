//! Files, groups and robots on the platforms' own paths, through the gateway to the sandbox.

use crate::stage::{Stage, text};
use serde_json::{Value, json};
use std::time::Duration;

const FORM: &str = "multipart/form-data; boundary=sample";

fn form(name: &str, bytes: &[u8]) -> Vec<u8> {
    let head = format!(
        "--sample\r\ncontent-disposition: form-data; name=\"media\"; filename=\"{name}\"; filelength={}\r\ncontent-type: application/octet-stream\r\n\r\n",
        bytes.len()
    );
    [head.as_bytes(), bytes, b"\r\n--sample--\r\n"].concat()
}

fn encoded(id: &str) -> String {
    id.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D")
}

async fn newest(stage: &Stage) -> Value {
    stage.call("GET", "/v1/messages?limit=1", None).await.1["messages"][0].clone()
}

/// A call in the new style: the token in a header.
async fn new_style(stage: &Stage, method: &str, target: &str, token: &str, body: &Value) -> (u16, Value) {
    let request = http::Request::builder()
        .method(method)
        .uri(format!("{}{target}", stage.base))
        .header("x-acs-dingtalk-access-token", token)
        .header("content-type", "application/json")
        .body(if method == "GET" { String::new() } else { body.to_string() }.into())
        .unwrap();
    let reply = stage.http.send(request).await.unwrap();
    (reply.status, serde_json::from_slice(&reply.body).unwrap_or(Value::Null))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wecom_robot_speaks_and_sends_files_by_its_own_key_or_an_api_key() {
    let stage = Stage::complete("").await;
    let own = text(&stage.sandbox.credentials(), "/wecom/robot/key");
    for (key, words) in [(own, "一"), (stage.key.clone(), "二")] {
        let body = json!({"msgtype": "text", "text": {"content": words, "mentioned_list": ["zhangsan"]}});
        let sent = stage.post(&format!("/cgi-bin/webhook/send?key={key}"), &body).await;
        assert_eq!((&sent["errcode"], &sent["errmsg"]), (&json!(0), &json!("ok")), "{sent}");
        assert_eq!(newest(&stage).await["deliveries"][0]["account"], "wecombot");
        assert_eq!(stage.copies("lisi", "wecom", words).await, 1);

        let target = format!("/cgi-bin/webhook/upload_media?key={key}&type=file");
        let (status, up) =
            stage.raw("POST", &target, FORM, form("日报.csv", format!("a,b,{words}\n").as_bytes())).await;
        assert_eq!((status, &up["errcode"], &up["type"]), (200, &json!(0), &json!("file")), "{up}");
        let known = stage.phone("lisi", "wecom").await.len();
        let body = json!({"msgtype": "file", "file": {"media_id": up["media_id"]}});
        assert_eq!(stage.post(&format!("/cgi-bin/webhook/send?key={key}"), &body).await["errcode"], 0);
        assert_eq!(stage.comes("lisi", "wecom", known).await["content"]["msgtype"], "file");
    }
    let refused = stage.raw("POST", "/cgi-bin/webhook/upload_media?key=unknown&type=file", FORM, form("a", b"123456"));
    assert_eq!(refused.await.1["errcode"], 93_000);
    for (kind, bytes, code) in
        [("image", &b"123456"[..], 40_004), ("file", b"1", 40_006), ("voice", b"no voice", 301_017)]
    {
        let target = format!("/cgi-bin/webhook/upload_media?key={}&type={kind}", stage.key);
        assert_eq!(stage.raw("POST", &target, FORM, form("a", bytes)).await.1["errcode"], code, "{kind}");
    }
    let body = json!({"msgtype": "file", "file": {"media_id": "nobody"}});
    let target = format!("/cgi-bin/webhook/send?key={}", stage.key);
    assert_eq!(stage.post(&target, &body).await["errcode"], 40_007, "the platform's own refusal");
    assert_eq!(stage.raw("GET", &target, "", "").await.1["errcode"], 40_058);
}

#[tokio::test(flavor = "multi_thread")]
async fn wecom_chats_and_uploads_go_through_the_gateway() {
    let stage = Stage::complete("").await;
    let token = stage.wecom_token().await;
    let chat = json!({"name": "夜盘", "owner": "zhangsan", "userlist": ["zhangsan", "lisi"], "chatid": "yepan01"});
    let made = stage.post(&format!("/cgi-bin/appchat/create?access_token={token}"), &chat).await;
    assert_eq!((&made["errcode"], &made["chatid"]), (&json!(0), &json!("yepan01")), "{made}");
    let target = format!("/cgi-bin/appchat/send?access_token={token}");
    let words = json!({"chatid": "yepan01", "msgtype": "text", "text": {"content": "群里好"}, "safe": 0});
    for copies in 1..=2 {
        let sent = stage.post(&target, &words).await;
        assert_eq!(sent["errcode"], 0, "{sent}");
        assert_eq!(stage.copies("lisi", "wecom", "群里好").await, copies);
    }
    assert_eq!(newest(&stage).await["state"], "sent");
    let nobody = json!({"chatid": "nobody", "msgtype": "text", "text": {"content": "a"}});
    assert_eq!(stage.post(&target, &nobody).await["errcode"], 86_003, "the platform's own refusal");
    let read = stage.get(&format!("/cgi-bin/appchat/get?access_token={token}&chatid=yepan01")).await;
    assert_eq!(read["chat_info"]["name"], "夜盘", "{read}");

    let upload = format!("/cgi-bin/media/upload?access_token={token}&type=image");
    let (_, up) = stage.raw("POST", &upload, FORM, form("图.png", b"\x89PNG\r\n\x1a\n-a-picture")).await;
    assert_eq!(up["errcode"], 0, "{up}");
    let agent = stage.sandbox.credentials()["wecom"]["agent_id"].clone();
    let picture =
        json!({"touser": "zhangsan", "msgtype": "image", "agentid": agent, "image": {"media_id": up["media_id"]}});
    let known = stage.phone("zhangsan", "wecom").await.len();
    let sent = stage.post(&format!("/cgi-bin/message/send?access_token={token}"), &picture).await;
    assert_eq!(sent["errcode"], 0, "{sent}");
    assert_eq!(stage.comes("zhangsan", "wecom", known).await["content"]["image"]["media_id"], up["media_id"]);
    let mut gone = picture.clone();
    gone["image"]["media_id"] = json!("nobody");
    let sent = stage.post(&format!("/cgi-bin/message/send?access_token={token}"), &gone).await;
    assert_eq!(sent["errcode"], 40_007, "{sent}");
}

#[tokio::test(flavor = "multi_thread")]
async fn dingtalks_own_robot_speaks_through_outbox_and_ledger() {
    let stage = Stage::complete("").await;
    let token = stage.ding_token().await;
    let robot = stage.sandbox.credentials()["dingtalk"]["robot_code"].clone();
    let param = json!({"content": "机器人说"}).to_string();
    let batch =
        json!({"robotCode": robot, "userIds": ["zhangsan", "nobody01"], "msgKey": "sampleText", "msgParam": param});
    let (status, sent) = new_style(&stage, "POST", "/v1.0/robot/oToMessages/batchSend", &token, &batch).await;
    assert_eq!(status, 200, "{sent}");
    let key = text(&sent, "/processQueryKey");
    assert_eq!(sent["invalidStaffIdList"], json!(["nobody01"]), "{sent}");
    assert_eq!(stage.copies("zhangsan", "dingtalk", "机器人说").await, 1);
    let message = newest(&stage).await;
    assert_eq!(
        (&message["deliveries"][0]["account"], &message["deliveries"][0]["state"]),
        (&json!("ding"), &json!("sent"))
    );
    // Once more, the same day: it is no notice, and arrives.
    let (_, again) = new_style(&stage, "POST", "/v1.0/robot/oToMessages/batchSend", &token, &batch).await;
    assert_ne!(again["processQueryKey"], sent["processQueryKey"], "{again}");
    assert_eq!(stage.copies("zhangsan", "dingtalk", "机器人说").await, 2);

    let robot_code = robot.as_str().unwrap();
    let status_of =
        format!("/v1.0/robot/oToMessages/readStatus?robotCode={robot_code}&processQueryKey={}", encoded(&key));
    let (status, said) = new_style(&stage, "GET", &status_of, &token, &Value::Null).await;
    assert_eq!((status, &said["sendStatus"]), (200, &json!("SUCCESS")), "{said}");
    let recall = json!({"robotCode": robot, "processQueryKeys": [key]});
    let (status, said) = new_style(&stage, "POST", "/v1.0/robot/otoMessages/batchRecall", &token, &recall).await;
    assert_eq!((status, &said["successResult"]), (200, &json!([key])), "{said}");
    assert_eq!(stage.copies("zhangsan", "dingtalk", "机器人说").await, 1);
    let id = message["id"].as_str().unwrap();
    assert_eq!(stage.message(id).await["deliveries"][0]["state"], "recalled", "the ledger knows");

    let chat = json!({"name": "夜盘", "owner": "zhangsan", "useridlist": ["zhangsan", "lisi"], "conversationTag": 2});
    let made = stage.post(&format!("/chat/create?access_token={token}"), &chat).await;
    let cid = text(&made, "/openConversationId");
    let group = json!({"robotCode": robot, "openConversationId": cid, "msgKey": "sampleMarkdown",
        "msgParam": json!({"title": "告警", "text": "**磁盘**"}).to_string()});
    let (status, sent) = new_style(&stage, "POST", "/v1.0/robot/groupMessages/send", &token, &group).await;
    assert_eq!(status, 200, "{sent}");
    assert_eq!(newest(&stage).await["state"], "sent");
    let key = text(&sent, "/processQueryKey");
    let about = json!({"robotCode": robot, "openConversationId": cid, "processQueryKey": key});
    let (status, said) = new_style(&stage, "POST", "/v1.0/robot/groupMessages/query", &token, &about).await;
    assert_eq!((status, &said["sendStatus"]), (200, &json!("SUCCESS")), "{said}");
    let recall = json!({"robotCode": robot, "openConversationId": cid, "processQueryKeys": [key]});
    let (_, said) = new_style(&stage, "POST", "/v1.0/robot/groupMessages/recall", &token, &recall).await;
    assert_eq!(said["successResult"], json!([key]), "{said}");
    let id = newest(&stage).await["id"].as_str().unwrap().to_owned();
    assert_eq!(stage.message(&id).await["deliveries"][0]["state"], "recalled");

    // What the platform refuses, it refuses in its own words.
    for (change, code) in [
        (json!({"robotCode": "dingother"}), "invalidParameter.robotCode.notExsit"),
        (json!({"msgKey": "sampleNothing"}), "invalidParameter.msgKey.invalid"),
        (json!({"msgParam": "{}"}), "invalidParameter.msgParam.invalid"),
        (json!({"msgParam": "no object"}), "invalidParameter.msgParam.invalid"),
    ] {
        let mut wrong = batch.clone();
        wrong.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let (status, said) = new_style(&stage, "POST", "/v1.0/robot/oToMessages/batchSend", &token, &wrong).await;
        assert_eq!((status, &said["code"]), (400, &json!(code)), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_of_ours_outlive_the_process_and_lead_to_the_platforms() {
    let mut stage = Stage::complete("[official]\nwait_ms = 150\n").await;
    let token = stage.ding_token().await;
    let robot = stage.sandbox.credentials()["dingtalk"]["robot_code"].clone();
    let batch = json!({"robotCode": robot, "userIds": ["zhangsan"], "msgKey": "sampleText",
        "msgParam": json!({"content": "慢机器人"}).to_string()});
    stage.order_fault("latency_ms=900:/v1.0/robot/oToMessages/batchSend:1");
    let (status, sent) = new_style(&stage, "POST", "/v1.0/robot/oToMessages/batchSend", &token, &batch).await;
    let key = text(&sent, "/processQueryKey");
    assert!(status == 200 && key.starts_with("hy"), "{sent}");
    let id = newest(&stage).await["id"].as_str().unwrap().to_owned();
    stage.until_state(&id, "sent").await;

    let chat = json!({"name": "夜盘", "owner": "zhangsan", "useridlist": ["zhangsan", "lisi"]});
    let made = stage.post(&format!("/chat/create?access_token={token}"), &chat).await;
    stage.order_fault("latency_ms=900:/chat/send:1");
    let words = json!({"chatid": made["chatid"], "msg": {"msgtype": "text", "text": {"content": "慢群"}}});
    let slow = stage.post(&format!("/chat/send?access_token={token}"), &words).await;
    let message_id = text(&slow, "/messageId");
    assert!(message_id.starts_with("hy"), "{slow}");
    let id_of_chat = newest(&stage).await["id"].as_str().unwrap().to_owned();
    stage.until_state(&id_of_chat, "sent").await;

    stage.kill();
    stage.start();
    let token = stage.ding_token().await;
    let robot_code = robot.as_str().unwrap();
    let status_of = format!("/v1.0/robot/oToMessages/readStatus?robotCode={robot_code}&processQueryKey={key}");
    let (_, said) = new_style(&stage, "GET", &status_of, &token, &Value::Null).await;
    assert_eq!(
        (&said["sendStatus"], &said["messageReadInfoList"][0]["userId"]),
        (&json!("SUCCESS"), &json!("zhangsan")),
        "{said}"
    );
    let recall = json!({"robotCode": robot, "processQueryKeys": [key]});
    let (_, said) = new_style(&stage, "POST", "/v1.0/robot/otoMessages/batchRecall", &token, &recall).await;
    assert_eq!(said["successResult"], json!([key]), "{said}");
    assert_eq!(stage.copies("zhangsan", "dingtalk", "慢机器人").await, 0);
    assert_eq!(stage.message(&id).await["deliveries"][0]["state"], "recalled");
    let list = format!("/chat/getReadList?access_token={token}&messageId={message_id}&cursor=0&size=2");
    let read = stage.get(&list).await;
    assert_eq!(read["errcode"], 0, "{read}");
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(stage.copies("lisi", "dingtalk", "慢群").await, 1);
}
