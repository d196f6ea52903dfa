//! WeCom's files.

use crate::{
    raw::{exchange, parse},
    wecom::Corp,
};
use serde_json::{Value, json};

pub(crate) const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
const GET: &str = "/cgi-bin/media/get";
const SEND: &str = "/cgi-bin/message/send";

#[tokio::test]
async fn a_file_comes_back_as_it_was_sent_whole_and_in_parts() {
    let corp = Corp::start().await;
    let up = corp.upload("file", "日终 报表.csv", b"a,b\n1,2\n").await;
    assert_eq!((&up["errcode"], &up["errmsg"], &up["type"]), (&json!(0), &json!(""), &json!("file")), "{up}");
    assert!(up["created_at"].is_string(), "{up}");
    let id = up["media_id"].as_str().unwrap();
    let target = format!("{GET}?access_token={}&media_id={id}", corp.token);
    let down = corp.raw.call("GET", &target, &Value::Null).await;
    assert_eq!((down.status, &*down.body), (200, &b"a,b\n1,2\n"[..]));
    assert_eq!(down.header("content-type"), Some("text/plain"));
    assert_eq!(down.header("content-disposition"), Some("attachment; filename=\"日终 报表.csv\""));

    let ranged = async |range: &str| {
        let bytes = format!("GET {target} HTTP/1.1\r\nHost: s\r\nConnection: close\r\nRange: {range}\r\n\r\n");
        parse(&exchange(corp.raw.sandbox.address(), bytes.as_bytes()).await)
    };
    let part = ranged("bytes=2-4").await;
    assert_eq!((part.status, &*part.body, part.header("content-range")), (206, &b"b\n1"[..], Some("bytes 2-4/8")));
    assert_eq!(ranged("bytes=9-").await.json()["errcode"], 40146);
}

#[tokio::test]
async fn files_that_do_not_fit_are_refused() {
    let corp = Corp::start().await;
    for (kind, bytes, code) in [
        ("poem", &b"123456"[..], 40004),
        ("", b"123456", 40004),
        ("file", b"", 44001),
        ("file", b"12345", 40006),
        ("image", b"no image", 40123),
        ("voice", b"no voice", 301_017),
        ("video", b"no video at all", 40005),
        ("voice", &[b"#!AMR".to_vec(), vec![0; 2 << 20]].concat(), 301_016),
        ("image", &[PNG.to_vec(), vec![0; 10 << 20]].concat(), 40009),
    ] {
        assert_eq!(corp.upload(kind, "x", bytes).await["errcode"], code, "{kind}");
    }
    let target = format!("/cgi-bin/media/upload?access_token={}&type=file", corp.token);
    assert_eq!(corp.raw.post(&target, json!({"media": "x"})).await["errcode"], 44001);
    assert_eq!(corp.raw.form("/cgi-bin/media/upload?type=file", "x", b"123456").await.json()["errcode"], 41001);
    for (query, code) in [("", 41006), ("media_id=", 41006), ("media_id=nobody", 40007)] {
        assert_eq!(corp.get(GET, query).await["errcode"], code, "{query}");
    }
}

#[tokio::test]
async fn a_picture_for_articles_has_an_address() {
    let corp = Corp::start().await;
    let target = format!("/cgi-bin/media/uploadimg?access_token={}", corp.token);
    let up = corp.raw.form(&target, "图.png", PNG).await.json();
    assert!(up["url"].as_str().unwrap().starts_with("https://"), "{up}");
    assert_eq!(corp.raw.form(&target, "x.txt", b"no image").await.json()["errcode"], 40123);
    assert_eq!(corp.raw.form(&target, "x.png", &[PNG, &[0; 2 << 20]].concat()).await.json()["errcode"], 40009);
}

#[tokio::test]
async fn a_message_names_a_file_of_its_kind_that_is_alive() {
    let corp = Corp::start().await;
    let id = |up: Value| up["media_id"].as_str().unwrap().to_owned();
    let image = id(corp.upload("image", "a.png", PNG).await);
    let file = id(corp.upload("file", "a.txt", b"123456").await);
    let message = |kind: &str, media: &str| json!({"touser": "zhangsan", "msgtype": kind, "agentid": corp.agent, kind: {"media_id": media}});
    assert_eq!(corp.post(SEND, message("image", &image)).await["errcode"], 0);
    assert_eq!(corp.post(SEND, message("file", &file)).await["errcode"], 0);
    assert_eq!(corp.raw.phone("zhangsan").await[1]["content"]["file"]["media_id"], file);
    assert_eq!(corp.post(SEND, message("voice", &file)).await["errcode"], 40007);
    assert_eq!(corp.post(SEND, message("file", "nobody")).await["errcode"], 40007);
    let article =
        json!({"title": "周报", "thumb_media_id": image, "content": "<p>正文</p>", "digest": "要".repeat(600)});
    let news = json!({"touser": "zhangsan", "msgtype": "mpnews", "agentid": corp.agent, "safe": 2,
        "mpnews": {"articles": [article]}});
    assert_eq!(corp.post(SEND, news.clone()).await["errcode"], 0);
    let shown = corp.raw.phone("zhangsan").await[2]["content"]["mpnews"]["articles"][0].clone();
    assert_eq!(shown["digest"].as_str().unwrap().len(), 510);

    corp.raw.advance(72 * 3_600_000 + 1).await;
    let corp = Corp::on(corp.raw).await;
    let message = json!({"touser": "zhangsan", "msgtype": "file", "agentid": corp.agent, "file": {"media_id": file}});
    assert_eq!(corp.post(SEND, message).await["errcode"], 40007);
    assert_eq!(corp.post(SEND, news).await["errcode"], 40007);
    assert_eq!(corp.get(GET, &format!("media_id={file}")).await["errcode"], 40145);
}
