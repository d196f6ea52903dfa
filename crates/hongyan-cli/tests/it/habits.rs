//! Habits of other languages' clients, as bytes, on the gateway: what the platforms take, it takes.

use crate::stage::{Stage, text};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Status, head and body of what comes back on a connection of its own.
async fn ask(stage: &Stage, head: &str, body: &[u8]) -> (u16, String, Value) {
    let mut stream = TcpStream::connect(stage.base.trim_start_matches("http://")).await.unwrap();
    let head = format!("{}\r\n\r\n", head.trim_start().replace('\n', "\r\n"));
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body).await.unwrap();
    let mut back = Vec::new();
    let _ = stream.read_to_end(&mut back).await;
    let end = back.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
    let head = String::from_utf8(back[..end].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head, serde_json::from_slice(&back[end + 4..]).unwrap_or_default())
}

async fn get(stage: &Stage, target: &str) -> (u16, Value) {
    let (status, _, said) = ask(stage, &format!("GET {target} HTTP/1.1\nHost: gw\nConnection: close"), b"").await;
    (status, said)
}

async fn post(stage: &Stage, target: &str, lines: &str, body: &[u8]) -> Value {
    let length = body.len();
    let head = format!("POST {target} HTTP/1.1\nHost: gw\nConnection: close\n{lines}\nContent-Length: {length}");
    ask(stage, &head, body).await.2
}

async fn tokens(stage: &Stage) -> (String, String) {
    let said = stage.sandbox.credentials();
    let of = |path: &str| text(&said, path);
    let (key, secret) = (of("/dingtalk/app_key"), of("/dingtalk/app_secret"));
    let ding = get(stage, &format!("/gettoken?appkey={key}&appsecret={secret}")).await.1;
    let (id, secret) = (of("/wecom/corp_id"), of("/wecom/secret"));
    let wecom = get(stage, &format!("/cgi-bin/gettoken?corpid={id}&corpsecret={secret}")).await.1;
    (text(&ding, "/access_token"), text(&wecom, "/access_token"))
}

#[tokio::test(flavor = "multi_thread")]
async fn heads_that_clients_of_other_languages_write_are_taken() {
    let stage = Stage::open("").await;
    let (ding, wecom) = tokens(&stage).await;
    let agent = stage.sandbox.credentials()["dingtalk"]["agent_id"].clone();
    let path = format!("/topapi/message/corpconversation/asyncsend_v2?access_token={ding}");
    let json = |words: &str| {
        json!({"agent_id": agent, "userid_list": "zhangsan", "msg": {"msgtype": "text", "text": {"content": words}}})
            .to_string()
    };
    let form = format!(
        "agent_id={agent}&userid_list=zhangsan&msg=%7B%22msgtype%22%3A%22text%22%2C%22text%22%3A%7B%22content%22%3A%22top%22%7D%7D"
    );
    for (who, lines, body) in [
        ("Go", "Content-Type: application/json;charset=utf-8\nAccept-Encoding: gzip", json("go")),
        ("OkHttp", "Content-Type: application/json; charset=UTF-8\nConnection: Keep-Alive", json("okhttp")),
        (
            "TOP",
            "Content-Type: application/x-www-form-urlencoded;charset=utf-8\nAccept: text/xml,text/javascript",
            form.clone(),
        ),
        ("shouting", "CONTENT-TYPE: APPLICATION/X-WWW-FORM-URLENCODED;CHARSET=UTF-8", form.replace("top", "loud")),
        ("curl -d", "Content-Type: application/x-www-form-urlencoded", json("curl")),
        ("typeless", "X-Nothing: 1", json("typeless")),
    ] {
        let said = post(&stage, &path, lines, body.as_bytes()).await;
        assert_eq!(said["errcode"], 0, "{who}: {said}");
    }
    // A form may carry the token.
    let with_token = format!("access_token={ding}&{}", form.replace("top", "inside"));
    let kind = "Content-Type: application/x-www-form-urlencoded";
    let send = "/topapi/message/corpconversation/asyncsend_v2";
    assert_eq!(post(&stage, send, kind, with_token.as_bytes()).await["errcode"], 0);
    for (token, errcode) in [(ding.as_str(), 0), ("nobody", 88)] {
        let form = format!("userid=zhangsan&access_token={token}");
        let said = post(&stage, "/topapi/v2/user/get", kind, form.as_bytes()).await;
        assert_eq!(said["errcode"], errcode, "{said}");
    }
    let body = json("chunks");
    let (left, right) = body.split_at(20);
    let chunks = format!("{:x}\r\n{left}\r\n{:X};name=value\r\n{right}\r\n0\r\n\r\n", left.len(), right.len());
    let head = format!("POST {path} HTTP/1.1\nHost: gw\nConnection: close\nTransfer-Encoding: chunked");
    assert_eq!(ask(&stage, &head, chunks.as_bytes()).await.2["errcode"], 0);
    let old = format!("GET /user/get?access_token={ding}&userid=lisi HTTP/1.0");
    assert_eq!(ask(&stage, &old, b"").await.2["userid"], "lisi");

    // Every client that reads "100 Continue" first sends its body after it, on a connection that is kept.
    let agent = &stage.sandbox.credentials()["wecom"]["agent_id"];
    let body = json!({"touser": "lisi", "msgtype": "text", "agentid": agent, "text": {"content": "asked"}}).to_string();
    let mut stream = TcpStream::connect(stage.base.trim_start_matches("http://")).await.unwrap();
    for _ in 0..2 {
        let head = format!(
            "POST /cgi-bin/message/send?access_token={wecom} HTTP/1.1\r\nHost: gw\r\nExpect: 100-continue\r\n\
             Content-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut held = [0; 4096];
        let count = stream.read(&mut held).await.unwrap();
        assert!(held[..count].starts_with(b"HTTP/1.1 100 Continue\r\n\r\n"));
        stream.write_all(body.as_bytes()).await.unwrap();
        let count = stream.read(&mut held).await.unwrap();
        let said = String::from_utf8_lossy(&held[..count]).into_owned();
        assert!(said.starts_with("HTTP/1.1 200") && said.contains("\"errcode\":0"), "{said}");
    }
    assert_eq!(stage.copies("lisi", "wecom", "asked").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_oldest_forms_of_calls_are_understood() {
    let stage = Stage::open("").await;
    let (ding, wecom) = tokens(&stage).await;
    let made = json!({"name": "值班", "owner": "zhangsan", "useridlist": ["zhangsan", "lisi"]}).to_string();
    let made =
        post(&stage, &format!("/chat/create?access_token={ding}"), "Content-Type: application/json", made.as_bytes())
            .await;
    let chat = text(&made, "/chatid");
    // The message's members beside the chat's id, and in a member of their own.
    for body in [
        json!({"chatid": chat, "msgtype": "text", "text": {"content": "旧式"}}),
        json!({"chatid": chat, "msg": {"msgtype": "text", "text": {"content": "新式"}}}),
    ] {
        let target = format!("/chat/send?access_token={ding}");
        let said = post(&stage, &target, "Content-Type: application/json", body.to_string().as_bytes()).await;
        assert!(said["errcode"] == 0 && said["messageId"].is_string(), "{said}");
    }
    assert_eq!(stage.copies("lisi", "dingtalk", "旧式").await, 1);
    let empty = json!({"chatid": chat}).to_string();
    // What is incomplete is passed on as it came, and refused in the platform's own words.
    for (head, code) in [("Content-Type: application/json", 34_014), ("X-Nothing: 1", 43_009)] {
        let said = post(&stage, &format!("/chat/send?access_token={ding}"), head, empty.as_bytes()).await;
        assert_eq!(said["errcode"], code, "{said}");
    }
    let listed = get(&stage, &format!("/user/list?access_token={ding}&department_id=11&offset=0&size=2")).await.1;
    assert_eq!(listed["userlist"].as_array().map(Vec::len), Some(2), "{listed}");

    // A file's part has any name, or none.
    for name in ["name=\"media\"; filename=\"日报.txt\"", "name=\"file\"; filename=\"a.txt\"", "filename=\"a.txt\""] {
        let body = format!("--X\r\nContent-Disposition: form-data; {name}\r\n\r\nhello world\r\n--X--\r\n");
        let target = format!("/cgi-bin/media/upload?type=file&access_token={wecom}");
        let said = post(&stage, &target, "Content-Type: multipart/form-data; boundary=X", body.as_bytes()).await;
        assert!(said["errcode"] == 0 && said["media_id"].is_string(), "{name}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_methods_and_misspelt_paths_are_nobodys() {
    let stage = Stage::open("").await;
    let (ding, wecom) = tokens(&stage).await;
    for (line, status, code) in [
        (format!("GET /user/get/?access_token={ding}&userid=lisi"), 200, json!(404)),
        (format!("GET /user/nothing?access_token={ding}"), 200, json!(404)),
        (format!("POST /message/send?access_token={ding}"), 200, json!(404)),
        (format!("GET /user/get?ACCESS_TOKEN={ding}&userid=lisi"), 200, json!(41001)),
        (format!("GET /user/get?access_token={ding}&UserId=lisi"), 200, json!(40035)),
        (format!("GET /user/get?&&access_token={ding}&userid=lisi&"), 200, json!(0)),
        (format!("PUT /user/get?access_token={ding}&userid=lisi"), 200, json!(43001)),
        (format!("GET /cgi-bin/user/get/?access_token={wecom}&userid=lisi"), 404, Value::Null),
        (format!("GET /cgi-bin/user/get?ACCESS_TOKEN={wecom}&userid=lisi"), 200, json!(41001)),
        (format!("POST /cgi-bin/user/get?access_token={wecom}&userid=lisi"), 200, json!(0)),
        (format!("GET /cgi-bin/message/send?access_token={wecom}"), 200, json!(40058)),
    ] {
        let head = format!("{line} HTTP/1.1\nHost: gw\nConnection: close\nContent-Length: 0");
        let (got, _, said) = ask(&stage, &head, b"").await;
        assert_eq!((got, &said["errcode"]), (status, &code), "{line}: {said}");
    }
    for method in ["HEAD", "OPTIONS"] {
        for path in ["/gettoken", "/cgi-bin/gettoken", "/v1.0/oauth2/accessToken", "//gettoken", "/nowhere"] {
            let head = format!("{method} {path} HTTP/1.1\nHost: gw\nConnection: close");
            let (status, head, _) = ask(&stage, &head, b"").await;
            assert!(status < 500, "{method} {path}: {head}");
        }
    }
}
