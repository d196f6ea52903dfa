//! Habits of other languages' clients, as bytes: what the platforms take, the sandbox takes.

use crate::raw::{Raw, Reply, exchange, parse};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A request of a head's lines and a body, on a connection of its own.
async fn ask(raw: &Raw, head: &str, body: &[u8]) -> Reply {
    let mut bytes = head.trim_start().replace('\n', "\r\n").into_bytes();
    bytes.extend_from_slice(b"\r\n\r\n");
    bytes.extend_from_slice(body);
    parse(&exchange(raw.sandbox.address(), &bytes).await)
}

/// What a chunked reply says, or the body as it is.
fn said(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.body).unwrap_or_else(|e| panic!("{e}: {}\n{:?}", reply.head, reply.body))
}

fn form(parts: &str) -> Vec<u8> {
    format!("{}--X--\r\n", parts.replace('\n', "\r\n")).into_bytes()
}

#[tokio::test]
async fn a_bare_line_feed_in_a_head_is_refused() {
    let raw = Raw::start().await;
    let path = "GET /cgi-bin/gettoken?corpid=x&corpsecret=y HTTP/1.1";
    for head in [
        format!("{path}\nhost: a\r\n\r\n"),
        format!("{path}\r\nhost: a\nx: b\r\n\r\n"),
        format!("{path}\r\nhost: a\r\n\n"),
    ] {
        let reply = parse(&exchange(raw.sandbox.address(), head.as_bytes()).await);
        assert!(reply.head.starts_with("HTTP/1.1 400"), "{head:?}: {}", reply.head);
    }
    let head = format!("{path}\r\nhost: a\r\nconnection: close\r\n\r\n");
    let reply = parse(&exchange(raw.sandbox.address(), head.as_bytes()).await);
    assert!(reply.head.starts_with("HTTP/1.1 200"), "{}", reply.head);
}

#[tokio::test]
async fn heads_that_clients_of_other_languages_write_are_taken() {
    let raw = Raw::start().await;
    let ding = raw.ding_token().await;
    let agent = raw.credentials["dingtalk"]["agent_id"].clone();
    let path = format!("/topapi/message/corpconversation/asyncsend_v2?access_token={ding}");
    let json = |words: &str| {
        json!({"agent_id": agent, "userid_list": "zhangsan", "msg": {"msgtype": "text", "text": {"content": words}}})
            .to_string()
    };
    let encoded = format!(
        "agent_id={agent}&userid_list=zhangsan&msg=%7B%22msgtype%22%3A%22text%22%2C%22text%22%3A%7B%22content%22%3A%22form%22%7D%7D"
    );
    for (who, lines, body) in [
        (
            "Go",
            "Content-Type: application/json;charset=utf-8\nAccept-Encoding: gzip\nUser-Agent: Go-http-client/1.1",
            json("go"),
        ),
        (
            "OkHttp",
            "Content-Type: application/json; charset=UTF-8\nConnection: Keep-Alive\nAccept-Encoding: gzip",
            json("okhttp"),
        ),
        (
            "TOP",
            "Content-Type: application/x-www-form-urlencoded;charset=utf-8\nAccept: text/xml,text/javascript,text/html\nUser-Agent: top-sdk-java",
            encoded.clone(),
        ),
        ("shouting", "CONTENT-TYPE: APPLICATION/X-WWW-FORM-URLENCODED;CHARSET=UTF-8", encoded.replace("form", "loud")),
        ("typeless", "X-Nothing: 1", json("typeless")),
        ("text", "Content-Type: text/plain;charset=UTF-8", json("text")),
    ] {
        let length = body.len();
        let head = format!("POST {path} HTTP/1.1\nHost: sandbox\nConnection: close\n{lines}\nContent-Length: {length}");
        let reply = ask(&raw, &head, body.as_bytes()).await;
        assert_eq!((reply.status, &said(&reply)["errcode"]), (200, &json!(0)), "{who}: {}", said(&reply));
        assert_eq!(reply.header("content-encoding"), None, "{who}");
    }
    // Chunks, and a client of the last century.
    let body = json("chunks");
    let (left, right) = body.split_at(20);
    let chunks = format!("{:x}\r\n{left}\r\n{:X};name=value\r\n{right}\r\n0\r\n\r\n", left.len(), right.len());
    let head = format!("POST {path} HTTP/1.1\nHost: sandbox\nConnection: close\nTransfer-Encoding: chunked");
    assert_eq!(said(&ask(&raw, &head, chunks.as_bytes()).await)["errcode"], 0);
    let reply = ask(&raw, &format!("GET /user/get?access_token={ding}&userid=lisi HTTP/1.0"), b"").await;
    assert_eq!((reply.status, &said(&reply)["userid"]), (200, &json!("lisi")));
    assert!(reply.header("transfer-encoding").is_none() && reply.header("content-length").is_some());
}

#[tokio::test]
async fn a_connection_is_kept_and_a_body_is_asked_for() {
    let raw = Raw::start().await;
    let token = raw.wecom_token().await;
    let mut stream = TcpStream::connect(raw.sandbox.address()).await.unwrap();
    for words in ["first", "second"] {
        let agent = &raw.credentials["wecom"]["agent_id"];
        let body = json!({"touser": "zhangsan", "msgtype": "text", "agentid": agent, "text": {"content": words}});
        let body = body.to_string();
        let head = format!(
            "POST /cgi-bin/message/send?access_token={token} HTTP/1.1\r\nHost: sandbox\r\nExpect: 100-continue\r\n\
             Content-Type: application/json; charset=UTF-8\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut held = [0; 4096];
        let count = stream.read(&mut held).await.unwrap();
        assert!(held[..count].starts_with(b"HTTP/1.1 100 Continue\r\n\r\n"));
        stream.write_all(body.as_bytes()).await.unwrap();
        let count = stream.read(&mut held).await.unwrap();
        assert_eq!(parse(&held[..count]).json()["errcode"], 0);
    }
    assert_eq!(raw.phone("zhangsan").await.len(), 2);
}

#[tokio::test]
async fn files_arrive_whatever_the_client_calls_the_part() {
    let raw = Raw::start().await;
    let (ding, wecom) = (raw.ding_token().await, raw.wecom_token().await);
    let key = raw.credentials["wecom"]["robot"]["key"].as_str().unwrap().to_owned();
    let upload = async |target: &str, kind: &str, parts: &str| {
        let body = form(parts);
        let length = body.len();
        let head = format!(
            "POST {target} HTTP/1.1\nHost: sandbox\nConnection: close\nContent-Type: {kind}\nContent-Length: {length}"
        );
        said(&ask(&raw, &head, &body).await)["errcode"].clone()
    };
    let app = format!("/cgi-bin/media/upload?access_token={wecom}&type=file");
    let robot = format!("/cgi-bin/webhook/upload_media?key={key}&type=file");
    let old = format!("/media/upload?access_token={ding}&type=file");
    let kind = "multipart/form-data; boundary=X";
    let named = "--X\nContent-Disposition: form-data; name=\"media\"; filename=\"日报 1.txt\"; filelength=11\nContent-Type: text/plain\n\nhello world\n";
    let other = "--X\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\nContent-Type: multipart/form-data\n\nhello world\n";
    let nameless = "--X\nContent-Disposition: form-data; filename=\"a.txt\"\nContent-Type: file/txt\n\nhello world\n";
    let beside = "--X\nContent-Disposition: form-data; name=\"type\"\n\nfile\n--X\nContent-Length: 11\ncontent-disposition: FORM-DATA; NAME=media; FileName=a.txt\n\nhello world\n";
    // A name in the extended form alone is no file name to the platform.
    let extended = "--X\nContent-Disposition: form-data; name=\"media\"; filename*=utf-8''a.txt\n\nhello world\n";
    let both = "--X\nContent-Disposition: form-data; name=\"media\"; filename=\"a.txt\"; filename*=UTF-8''%E6%97%A5.txt\nContent-Type: text/plain\n\nhello world\n";
    let text = "--X\nContent-Disposition: form-data; name=\"media\"\n\nhello world\n";
    for (parts, code) in
        [(named, 0), (other, 0), (nameless, 0), (beside, 0), (both, 0), (extended, 44001), (text, 44001)]
    {
        assert_eq!(upload(&app, kind, parts).await, code, "{parts}");
        assert_eq!(upload(&robot, "Multipart/Form-Data; charset=utf-8; boundary=\"X\"", parts).await, code, "{parts}");
    }
    for parts in [named, beside, both] {
        assert_eq!(
            upload(&old, kind, &parts.replace(".txt\"", ".pdf\"").replace("a.txt\n", "a.pdf\n")).await,
            0,
            "{parts}"
        );
    }
}

#[tokio::test]
async fn other_methods_and_misspelt_paths_are_nobodys() {
    let raw = Raw::start().await;
    let (ding, wecom) = (raw.ding_token().await, raw.wecom_token().await);
    for (line, status, code) in [
        (format!("GET /user/get/?access_token={ding}&userid=lisi"), 200, json!(404)),
        (format!("GET //user/get?access_token={ding}&userid=lisi"), 200, json!(404)),
        (format!("GET /User/Get?access_token={ding}&userid=lisi"), 200, json!(404)),
        (format!("GET /user/get?ACCESS_TOKEN={ding}&userid=lisi"), 200, json!(41001)),
        (format!("GET /user/get?Access_Token={ding}&userid=lisi"), 200, json!(41001)),
        (format!("GET /user/get?access_token={ding}&UserId=lisi"), 200, json!(40035)),
        (format!("GET /user/get?&&access_token={ding}&userid=lisi&"), 200, json!(0)),
        (format!("GET /cgi-bin/user/get/?access_token={wecom}&userid=lisi"), 404, Value::Null),
        (format!("GET /cgi-bin/user/get?ACCESS_TOKEN={wecom}&userid=lisi"), 200, json!(41001)),
        (format!("POST /cgi-bin/user/get?access_token={wecom}&userid=lisi"), 200, json!(0)),
        (format!("GET /cgi-bin/message/send?access_token={wecom}"), 200, json!(40058)),
        (format!("PUT /user/get?access_token={ding}&userid=lisi"), 200, json!(43001)),
    ] {
        let head = format!("{line} HTTP/1.1\nHost: sandbox\nConnection: close\nContent-Length: 0");
        let reply = ask(&raw, &head, b"").await;
        let got = serde_json::from_slice::<Value>(&reply.body).unwrap_or_default()["errcode"].clone();
        assert_eq!((reply.status, got), (status, code), "{line}: {:?}", String::from_utf8_lossy(&reply.body));
    }
    for method in ["HEAD", "OPTIONS"] {
        for path in ["/gettoken", "/cgi-bin/gettoken", "/v1.0/oauth2/accessToken", "/nowhere"] {
            let head = format!("{method} {path} HTTP/1.1\nHost: sandbox\nConnection: close");
            let reply = ask(&raw, &head, b"").await;
            assert!(reply.status < 500, "{method} {path}: {}", reply.head);
            assert!(method == "OPTIONS" || reply.body.is_empty(), "{method} {path}");
        }
    }
}
