//! The inspection API.

use crate::raw::{Raw, exchange, parse};
use hongyan_sandbox::{Sandbox, SandboxOptions};
use serde_json::{Value, json};

#[tokio::test]
async fn it_says_what_is_here() {
    let raw = Raw::start().await;
    let here = raw.get("/sandbox").await;
    assert!(here["people"].as_u64().unwrap() >= 200 && here["departments"].as_u64().unwrap() >= 20);
    let send = "POST /cgi-bin/message/send (wecom message.send)";
    assert!(here["operations"].as_array().unwrap().iter().any(|line| line == send), "{}", here["operations"]);
    let company = raw.get("/sandbox/company").await;
    assert_eq!(company["people"][0]["userid"], "zhangsan");
    assert_eq!(company["people"][0]["email"], "zhangsan@example.com");
}

#[tokio::test]
async fn no_credential_is_ever_shown() {
    let raw = Raw::start().await;
    let mut secrets = vec![raw.ding_token().await, raw.wecom_token().await];
    for (platform, name) in [("dingtalk", "app_secret"), ("wecom", "secret")] {
        secrets.push(raw.credentials[platform][name].as_str().unwrap().to_owned());
    }
    for page in ["", "/company", "/calls", "/stats", "/settings", "/faults", "/clock", "/phones/zhangsan"] {
        let text = raw.get(&format!("/sandbox{page}")).await.to_string();
        assert!(secrets.iter().all(|secret| !text.contains(secret.as_str())), "{page}");
    }
    assert!(secrets.iter().all(|secret| !format!("{:?}", raw.sandbox).contains(secret.as_str())));
}

#[tokio::test]
async fn the_credentials_are_for_this_machine_by_its_own_name() {
    let raw = Raw::start().await;
    let address = raw.sandbox.address();
    let ask = async |host: &str| {
        let head = format!("GET /sandbox/credentials HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        parse(&exchange(address, head.as_bytes()).await)
    };
    for host in [address.to_string(), "localhost:1".into(), "[::1]:80".into()] {
        assert_eq!(ask(&host).await.json(), raw.credentials, "{host}");
    }
    let strange = ask("rebound.example").await;
    assert_eq!(strange.status, 403);
    assert!(!String::from_utf8(strange.body).unwrap().contains(raw.credentials["wecom"]["secret"].as_str().unwrap()));
}

#[tokio::test]
async fn calls_are_listed_from_where_one_left_off() {
    let raw = Raw::start().await;
    raw.get("/gettoken").await;
    raw.get("/cgi-bin/gettoken").await;
    let calls = raw.get("/sandbox/calls").await;
    assert_eq!(calls["calls"][0]["path"], "/gettoken");
    assert_eq!((&calls["calls"][1]["code"], &calls["last"]), (&json!("41002"), &json!(2)));
    raw.get("/nowhere?secret=1").await;
    let calls = raw.get("/sandbox/calls?since=2").await;
    assert_eq!(calls["calls"].as_array().unwrap().len(), 1);
    assert_eq!(calls["calls"][0]["path"], "/nowhere");
    let stats = raw.stats().await;
    assert_eq!((&stats["calls"]["/gettoken"], &stats["calls"]["other"]), (&json!(1), &json!(1)));
}

#[tokio::test]
async fn a_reset_begins_anew_with_the_same_credentials() {
    let raw = Raw::start().await;
    let token = raw.ding_token().await;
    raw.post("/sandbox/people/zhangsan", json!({"dingtalk": "failed"})).await;
    raw.post("/sandbox/faults", json!({"match": "/", "kind": "busy"})).await;
    assert_eq!(raw.call("POST", "/sandbox/reset", &Value::Null).await.status, 200);
    assert_eq!(raw.get("/sandbox/people/zhangsan").await["dingtalk"], "ok");
    assert_ne!(raw.ding_token().await, token);
}

#[tokio::test]
async fn a_reset_leaves_nothing_of_what_came_before() {
    let raw = Raw::start().await;
    let looks = ["/company", "/settings", "/faults", "/chats", "/media", "/callbacks", "/stats", "/phones/zhangsan"];
    let look = async || {
        let mut seen = Vec::new();
        for page in looks {
            seen.push(raw.get(&format!("/sandbox{page}")).await);
        }
        seen
    };
    raw.post("/sandbox/reset", json!({})).await;
    let fresh = look().await;
    let (ding, wecom) = (raw.ding_token().await, raw.wecom_token().await);
    let member = json!({"name": "新人", "mobile": "13900002222", "dept_id_list": "2"});
    raw.post(&format!("/topapi/v2/user/create?access_token={ding}"), member).await;
    let group = json!({"name": "War room", "owner": "zhangsan", "useridlist": ["zhangsan", "lisi"]});
    raw.post(&format!("/chat/create?access_token={ding}"), group).await;
    let group = json!({"chatid": "night01", "userlist": ["zhangsan", "lisi"]});
    raw.post(&format!("/cgi-bin/appchat/create?access_token={wecom}"), group).await;
    let text = json!({"touser": "zhangsan", "msgtype": "text", "agentid": raw.credentials["wecom"]["agent_id"],
        "text": {"content": "x"}});
    raw.post(&format!("/cgi-bin/message/send?access_token={wecom}"), text).await;
    raw.form(&format!("/media/upload?access_token={ding}&type=file"), "a.zip", b"PK sample").await;
    raw.post("/sandbox/settings", json!({"wecom_seats": 7, "push_repeats": true})).await;
    raw.post("/sandbox/callbacks", json!({"platform": "dingtalk_robot", "url": "http://127.0.0.1:1/"})).await;
    raw.post("/sandbox/faults", json!({"match": "/nowhere", "kind": "busy"})).await;
    for (before, (now, page)) in fresh.iter().zip(look().await.iter().zip(looks)) {
        assert_ne!(before, now, "{page}");
    }
    raw.post("/sandbox/reset", json!({})).await;
    for (before, (now, page)) in fresh.iter().zip(look().await.iter().zip(looks)) {
        // Ids of groups are made anew.
        if page == "/chats" {
            assert_eq!(before["chats"].as_array().unwrap().len(), now["chats"].as_array().unwrap().len());
        } else {
            assert_eq!(before, now, "{page}");
        }
    }
}

#[tokio::test]
async fn every_call_that_is_listed_is_there() {
    let raw = Raw::start().await;
    let here = raw.get("/sandbox").await;
    for line in here["inspection"].as_array().unwrap() {
        let (method, path) = line["call"].as_str().unwrap().split_once(' ').unwrap();
        let path = path.split('?').next().unwrap();
        let path = path.replace("{userid}", "zhangsan").replace("{id}", "sandboxchat01").replace("{media_id}", "none");
        let said = parse(&raw.send(method, &path, "application/json", "{}").await);
        let words = String::from_utf8_lossy(&said.body);
        assert!(!words.contains("no such call"), "{method} {path}: {words}");
    }
}

#[tokio::test]
async fn what_cannot_be_understood_is_a_400_and_what_is_not_there_a_404() {
    let raw = Raw::start().await;
    for (method, path, body, status) in [
        ("POST", "/sandbox/clock", json!({"advance_ms": -1}), 400),
        ("POST", "/sandbox/clock", json!({}), 400),
        ("POST", "/sandbox/faults", json!({"match": "/", "kind": "earthquake"}), 400),
        ("POST", "/sandbox/people/zhangsan", json!({"wecom": "failed"}), 400),
        ("POST", "/sandbox/people/zhangsan", json!({"dingtalk": "sulking"}), 400),
        ("POST", "/sandbox/settings", json!({"gravity": 1}), 400),
        ("POST", "/sandbox/tokens/revoke", json!({"platform": "x"}), 400),
        ("GET", "/sandbox/calls?since=x", Value::Null, 400),
        ("GET", "/sandbox/phones/nobody", Value::Null, 404),
        ("GET", "/sandbox/nowhere", Value::Null, 404),
        ("PUT", "/sandbox", Value::Null, 404),
        ("GET", "/sandbox/mail", Value::Null, 404),
    ] {
        let reply = raw.call(method, path, &body).await;
        assert_eq!(reply.status, status, "{method} {path} {body}");
        assert!(reply.json()["error"].is_string());
    }
}

#[tokio::test]
async fn a_stopped_sandbox_frees_its_port() {
    let sandbox = Sandbox::start(SandboxOptions { smtp_listen: None, ..SandboxOptions::default() }).await.unwrap();
    let address = sandbox.address();
    sandbox.stop().await;
    Sandbox::start(SandboxOptions { listen: address, smtp_listen: None, ..SandboxOptions::default() }).await.unwrap();
}

#[tokio::test]
async fn secrets_differ_from_start_to_start_unless_fixed() {
    let secret = |fixed_credentials| async move {
        let options = SandboxOptions { fixed_credentials, smtp_listen: None, ..SandboxOptions::default() };
        Raw::with(options).await.credentials["wecom"]["secret"].clone()
    };
    assert_ne!(secret(false).await, secret(false).await);
    assert_eq!(secret(true).await, secret(true).await);
}

/// Says one line to a mail server and reads what it answers, to the last line of the reply.
async fn say(stream: &mut tokio::net::TcpStream, line: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    stream.write_all(line.as_bytes()).await.unwrap();
    let mut reply = String::new();
    // The last line of a reply has a space after its code.
    while !(reply.ends_with("\r\n") && reply.lines().last().unwrap().as_bytes()[3] == b' ') {
        let mut bytes = [0; 1_024];
        let read = stream.read(&mut bytes).await.unwrap();
        assert_ne!(read, 0, "{reply}");
        reply.push_str(std::str::from_utf8(&bytes[..read]).unwrap());
    }
    reply
}

#[tokio::test]
async fn mail_is_received_and_shown_and_some_mailboxes_refuse() {
    use base64::{Engine, prelude::BASE64_STANDARD};
    let raw = Raw::with(SandboxOptions::default()).await;
    let smtp = &raw.credentials["smtp"];
    assert!(smtp["ca_pem"].as_str().unwrap().starts_with("-----BEGIN CERTIFICATE-----"));
    let (user, password) = (smtp["username"].as_str().unwrap(), smtp["password"].as_str().unwrap());
    let mut stream = tokio::net::TcpStream::connect(smtp["address"].as_str().unwrap()).await.unwrap();
    assert!(say(&mut stream, "").await.starts_with("220"));
    assert!(say(&mut stream, "EHLO client.example.com\r\n").await.contains("STARTTLS"));
    let login = BASE64_STANDARD.encode(format!("\0{user}\0{password}"));
    assert!(say(&mut stream, &format!("AUTH PLAIN {login}\r\n")).await.starts_with("235"));
    assert!(say(&mut stream, &format!("MAIL FROM:<{user}>\r\n")).await.starts_with("250"));
    raw.post("/sandbox/mail/mailbox", json!({"address": "wangwu@example.com", "refuse": 550, "text": "5.7.1 no"}))
        .await;
    for (to, code) in
        [("zhangsan", "250"), ("gone", "550 5.1.1"), ("full", "452 4.2.2"), ("wangwu", "550 5.7.1"), ("lisi", "250")]
    {
        let reply = say(&mut stream, &format!("RCPT TO:<{to}@example.com>\r\n")).await;
        assert!(reply.starts_with(code), "{to}: {reply}");
    }
    assert!(say(&mut stream, "DATA\r\n").await.starts_with("354"));
    let mail = "From: a@example.com\r\nSubject: hello\r\nMessage-ID: <1@example.com>\r\n\r\nhi\r\n.\r\n";
    assert!(say(&mut stream, mail).await.starts_with("250"));
    let seen = raw.get("/sandbox/mail").await;
    assert_eq!(seen["mails"][0]["to"], json!(["zhangsan@example.com", "lisi@example.com"]));
    assert_eq!((&seen["mails"][0]["subject"], &seen["totals"]["mails"]), (&json!("hello"), &json!(1)));
    assert!(!seen.to_string().contains(password));
    raw.post("/sandbox/mail/faults", json!({"kind": "drop_after_effect"})).await;
    assert_eq!(raw.get("/sandbox/mail").await["faults"].as_array().unwrap().len(), 1);
    raw.call("DELETE", "/sandbox/mail", &Value::Null).await;
    assert_eq!(raw.get("/sandbox/mail").await["mails"], json!([]));
    let reply = raw.call("POST", "/sandbox/mail/mailbox", &json!({"address": "x", "refuse": 250})).await;
    assert_eq!(reply.status, 400);
    raw.post("/sandbox/reset", Value::Null).await;
    assert!(say(&mut stream, &format!("MAIL FROM:<{user}>\r\n")).await.starts_with("250"));
    for (to, code) in [("wangwu", "250"), ("gone", "550")] {
        assert!(say(&mut stream, &format!("RCPT TO:<{to}@example.com>\r\n")).await.starts_with(code), "{to}");
    }
}
