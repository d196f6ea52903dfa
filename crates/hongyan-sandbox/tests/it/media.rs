//! Uploads to DingTalk, and messages that name them.

use crate::acs::{Ding, text};
use serde_json::{Value, json};

#[tokio::test]
async fn a_file_is_uploaded_and_sent_by_its_id() {
    let ding = Ding::start().await;
    let given = ding.upload(Some("image"), "图.PNG", b"\x89PNG").await;
    assert_eq!((&given["errcode"], &given["type"]), (&json!(0), &json!("image")), "{given}");
    assert!(given["created_at"].is_i64());
    let id = given["media_id"].as_str().unwrap();
    assert!(id.starts_with('@'));
    let send = |msg: Value| json!({"chatid": ding.chatid, "msg": msg});
    let image = json!({"msgtype": "image", "image": {"media_id": id}});
    assert_eq!(ding.old("/chat/send", send(image.clone())).await["errcode"], 0);
    let agent = &ding.raw.credentials["dingtalk"]["agent_id"];
    let notice = |msg: Value| json!({"agent_id": agent, "userid_list": "zhangsan", "msg": msg});
    let path = "/topapi/message/corpconversation/asyncsend_v2";
    assert_eq!(ding.old(path, notice(image)).await["errcode"], 0);
    // A year later it is still there.
    ding.raw.advance(365 * 86_400_000).await;
    let token = ding.raw.ding_token().await;
    let image = json!({"msgtype": "image", "image": {"media_id": id}});
    let reply = ding.raw.post(&format!("/chat/send?access_token={token}"), send(image)).await;
    assert_eq!(reply["errcode"], 0);
    let listed = ding.raw.get("/sandbox/media").await;
    assert_eq!((&listed["media"][0]["media_id"], &listed["media"][0]["bytes"]), (&json!(id), &json!(4)));
    let bytes = ding.raw.call("GET", &format!("/sandbox/media/{id}"), &Value::Null).await;
    assert_eq!(bytes.body, b"\x89PNG");
}

#[tokio::test]
async fn a_message_that_names_an_unknown_file_is_refused() {
    let ding = Ding::start().await;
    let agent = &ding.raw.credentials["dingtalk"]["agent_id"];
    for msg in [
        json!({"msgtype": "image", "image": {"media_id": "@lADnone"}}),
        json!({"msgtype": "voice", "voice": {"media_id": "@lADnone", "duration": "10"}}),
        json!({"msgtype": "file", "file": {"media_id": "@lADnone"}}),
        json!({"msgtype": "link", "link": {"messageUrl": "https://example.com", "picUrl": "@lADnone", "title": "t", "text": "d"}}),
        json!({"msgtype": "oa", "oa": {"message_url": "https://example.com", "head": {"bgcolor": "FFBBBBBB", "text": "h"},
            "body": {"image": "@lADnone"}}}),
    ] {
        let body = json!({"agent_id": agent, "userid_list": "zhangsan", "msg": msg});
        let reply = ding.old("/topapi/message/corpconversation/asyncsend_v2", body).await;
        assert_eq!(reply["errcode"], 40007, "{msg}");
    }
    let link = json!({"msgtype": "link", "link": {"messageUrl": "https://example.com", "picUrl": "https://example.com/a.png", "title": "t", "text": "d"}});
    assert_eq!(ding.old("/chat/send", json!({"chatid": ding.chatid, "msg": link})).await["errcode"], 0);
}

#[tokio::test]
async fn an_upload_is_refused_by_type_kind_and_size() {
    let ding = Ding::start().await;
    for (kind, name, size, code) in [
        (None, "a.png", 1, 40004),
        (Some("smoke"), "a.png", 1, 40004),
        (Some("image"), "a.exe", 1, 40005),
        (Some("image"), "a", 1, 40005),
        (Some("voice"), "a.png", 1, 40005),
        (Some("image"), "a.png", 0, 44001),
        (Some("voice"), "a.amr", (2 << 20) + 1, 45001),
        (Some("image"), "a.png", (20 << 20) + 1, 45001),
        (Some("voice"), "a.amr", 2 << 20, 0),
        (Some("file"), "a.PDF", 1, 0),
        (Some("video"), "a.mp4", 1, 0),
    ] {
        let reply = ding.upload(kind, name, &vec![1; size]).await;
        assert_eq!(reply["errcode"], code, "{kind:?} {name} {size}");
    }
    let target = format!("/media/upload?access_token={}&type=image", ding.token);
    assert_eq!(ding.raw.post(&target, json!({})).await["errcode"], 43008);
    let empty = ding.raw.bytes("POST", &target, "Content-Type: multipart/form-data; boundary=b", b"--b--\r\n").await;
    assert_eq!(crate::raw::parse(&empty).json()["errcode"], 41005);
    // The type may stand in the query.
    let body = b"--b\r\nContent-Disposition: form-data; name=\"media\"; filename=\"a.png\"\r\n\r\nx\r\n--b--\r\n";
    let reply = ding.raw.bytes("POST", &target, "Content-Type: multipart/form-data; boundary=b", body).await;
    assert_eq!(crate::raw::parse(&reply).json()["errcode"], 0);
    let stranger = ding.raw.post("/media/upload?access_token=none&type=image", json!({})).await;
    assert_eq!(stranger["errcode"], 40014);
}

#[tokio::test]
async fn a_file_of_a_message_is_smaller_than_that_of_an_upload() {
    let ding = Ding::start().await;
    let given = ding.upload(Some("file"), "a.zip", &vec![1; (10 << 20) + 1]).await;
    let msg = json!({"msgtype": "file", "file": {"media_id": given["media_id"]}});
    assert_eq!(ding.old("/chat/send", json!({"chatid": ding.chatid, "msg": msg})).await["errcode"], 40006);
    assert_eq!(ding.old("/chat/send", json!({"chatid": ding.chatid, "msg": text("ok")})).await["errcode"], 0);
}
