//! Secrets planted in every field that may hold one are looked for everywhere that anybody can read.

use crate::{TestGateway, account, fake::FakeChannel};
use hongyan_core::Ledger;
use hongyan_gateway::Config;
use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Answers every call as a platform that does not know the secret, and now and then hangs up.
async fn platform() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        for turn in 0_u32.. {
            let Ok((mut stream, _)) = listener.accept().await else { return };
            tokio::spawn(async move {
                let mut buffer = [0; 4096];
                let _ = stream.read(&mut buffer).await;
                if turn % 2 == 1 {
                    return;
                }
                let body = r#"{"errcode":40001,"errmsg":"invalid credential"}"#;
                let answer = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                    body.len()
                );
                let _ = stream.write_all(answer.as_bytes()).await;
            });
        }
    });
    format!("http://{address}")
}

/// Lets everybody in with a token, and answers everything else with what was asked, in every spelling: as a body, in
/// headers, as an error page, and as the platform's own words.
async fn parrot() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        for turn in 0_u32.. {
            let Ok((mut stream, _)) = listener.accept().await else { return };
            tokio::spawn(async move {
                let mut buffer = vec![0; 1 << 16];
                let mut length = stream.read(&mut buffer).await.unwrap_or_default();
                // Head and body may come apart.
                if let Ok(Ok(more)) =
                    tokio::time::timeout(Duration::from_millis(20), stream.read(&mut buffer[length..])).await
                {
                    length += more;
                }
                let asked = String::from_utf8_lossy(&buffer[..length]).into_owned();
                let answer = if asked.contains("gettoken") || asked.contains("oauth2") {
                    let body = format!(
                        r#"{{"errcode":0,"errmsg":"ok","access_token":"canary-token/+{turn}","expires_in":7200}}"#
                    );
                    format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n{body}")
                } else {
                    repeated(&asked, turn)
                };
                let _ = stream.write_all(answer.as_bytes()).await;
            });
        }
    });
    format!("http://{address}")
}

/// What was asked, in every spelling, as one kind of answer or another.
fn repeated(asked: &str, turn: u32) -> String {
    use base64::{Engine, engine::general_purpose};
    let percent: String = asked.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let escaped: String = asked.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect();
    let line: String = asked.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let quoted = serde_json::to_string(&line).unwrap();
    let plain = quoted.trim_matches('"');
    let slashed = plain.replace('/', "\\/");
    let (standard, url) = (general_purpose::STANDARD.encode(asked), general_purpose::URL_SAFE_NO_PAD.encode(asked));
    let said = format!("{plain} {slashed} {escaped} {percent} {standard} {url} \\u001b[31m\u{9b}1A");
    let (status, kind, body) = match turn % 4 {
        0 => (200, "application/json", format!(r#"{{"errcode":60011,"errmsg":"{said}"}}"#)),
        1 => (
            200,
            "application/json",
            format!(
                r#"{{"errcode":0,"errmsg":"ok","userid":"li","name":"{said}","department":[1],
                "result":{{"userid":"li","name":"{said}","dept_id_list":[1]}},"auth_user_field":["{said}"],
                "chat_info":{{"chatid":"c","name":"{said}","owner":"li","userlist":["li"]}}}}"#
            ),
        ),
        2 => (502, "text/html", format!("<html>{line} {percent} {standard}</html>")),
        _ => (400, "application/json", format!(r#"{{"code":"Echo","message":"{said}","requestid":"1"}}"#)),
    };
    let first = line.split(" HTTP/").next().unwrap_or_default();
    format!(
        "HTTP/1.1 {status} Replied\r\ncontent-type: {kind}\r\nerror-msg: {first}\r\ncontent-disposition: {percent}\r\nconnection: \
         close\r\n\r\n{body}"
    )
}

/// A mail server that repeats everything, the login too.
async fn mail_parrot() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        for turn in 0_u32.. {
            let Ok((stream, _)) = listener.accept().await else { return };
            tokio::spawn(async move {
                let mut stream = tokio::io::BufStream::new(stream);
                let _ = stream.write_all(b"220 parrot\r\n").await;
                let mut heard = String::new();
                loop {
                    let _ = stream.flush().await;
                    let mut line = String::new();
                    let read = tokio::io::AsyncBufReadExt::read_line(&mut stream, &mut line).await;
                    if !matches!(read, Ok(1..)) {
                        return;
                    }
                    heard.push_str(line.trim_end());
                    let answer = match line.get(..4).unwrap_or_default() {
                        "EHLO" => "250-parrot\r\n250 AUTH PLAIN\r\n".to_owned(),
                        "AUTH" if turn % 2 == 0 => "235 in\r\n".to_owned(),
                        _ => format!("550 5.7.1 {heard} canary-password \u{1b}[2J\r\n"),
                    };
                    let _ = stream.write_all(answer.as_bytes()).await;
                }
            });
        }
    });
    port
}

/// What the platforms' own paths, the facade and callbacks answer to credentials, good and bad.
async fn foreign(gateway: &TestGateway) -> String {
    let admin = &gateway.admin;
    let mut said = String::new();
    let open = async |method: &str, path: &str, body: &str| {
        let request = crate::http::Request::new(gateway.address, method, path);
        request.header("content-type", "application/json").body(body).send().await.text()
    };
    let text = r#"{"msgtype":"text","text":{"content":"a"}}"#;
    for (method, path, body) in [
        ("GET", "/gettoken?appkey=dingsample&appsecret=canary-app-secret-wrong".to_owned(), ""),
        ("GET", "/cgi-bin/gettoken?corpid=wwsample&corpsecret=canary-app-secret-wrong".into(), ""),
        ("POST", "/v1.0/oauth2/accessToken".into(), r#"{"appKey":"dingsample","appSecret":"canary-app-secret-wrong"}"#),
        ("POST", "/robot/send?access_token=canary-robot-token".into(), text),
        ("POST", "/robot/send?access_token=canary-robot-token-wrong".into(), text),
        ("POST", format!("/robot/send?access_token={admin}"), text),
        ("POST", "/cgi-bin/webhook/send?key=canary-robot-key".into(), text),
        ("POST", format!("/cgi-bin/webhook/send?key={admin}"), text),
        ("POST", "/cgi-bin/webhook/upload_media?key=canary-robot-key&type=file".into(), text),
        ("GET", "/user/get?access_token=canary-token-wrong&userid=li".into(), ""),
        ("POST", format!("/api/dingtalkserve/userinfo?key={admin}"), r#"{"userid":"li"}"#),
        ("POST", "/api/dingtalkserve/userinfo?key=canary-key-wrong".into(), r#"{"userid":"li"}"#),
        ("POST", "/callbacks/ding?signature=a&timestamp=1&nonce=b".into(), r#"{"encrypt":"AAAA"}"#),
        ("POST", "/callbacks/wecom?msg_signature=a&timestamp=1&nonce=b".into(), "<xml><Encrypt>AAAA</Encrypt></xml>"),
    ] {
        said.push_str(&open(method, &path, body).await);
    }
    // Our own tokens are for whoever asked, and for nobody else.
    for (login, name) in [
        ("/gettoken?appkey=dingsample&appsecret=canary-app-secret".to_owned(), "asked"),
        (format!("/gettoken?appkey=ding&appsecret={admin}"), "by key"),
        ("/cgi-bin/gettoken?corpid=wwsample&corpsecret=canary-in-file".into(), "wecom"),
        ("/gettoken?appkey=parrotkey&appsecret=canary-other-secret".into(), "parrot"),
        ("/cgi-bin/gettoken?corpid=wwparrot&corpsecret=canary%2Fother%2Bsecret%3D%3D".into(), "parrot of wecom"),
    ] {
        let answer: serde_json::Value = serde_json::from_str(&open("GET", &login, "").await).unwrap();
        let token = answer["access_token"].as_str().unwrap_or_else(|| panic!("{name}: {answer}")).to_owned();
        let notice = format!(r#"{{"agent_id":1,"userid_list":"li","msg":{text}}}"#);
        let message = r#"{"touser":"li","agentid":1,"msgtype":"text","text":{"content":"a"}}"#;
        for (method, path, body) in [
            ("POST", "/topapi/message/corpconversation/asyncsend_v2", notice.as_str()),
            ("POST", "/cgi-bin/message/send", message),
            ("GET", "/auth/scopes", ""),
            ("GET", "/cgi-bin/user/get", ""),
            ("POST", "/topapi/v2/user/get", r#"{"userid":"li"}"#),
            ("GET", "/chat/get?chatid=c", ""),
        ] {
            let join = if path.contains('?') { '&' } else { '?' };
            // Each kind of answer has its turn.
            for _ in 0..4 {
                let request =
                    crate::http::Request::new(gateway.address, method, &format!("{path}{join}access_token={token}"));
                let answer = request.header("content-type", "application/json").body(body).send().await;
                said.push_str(&format!("{answer:?}{}", answer.text()));
            }
        }
        // It is looked for in the log with the rest.
        TOKENS.lock().unwrap().push(token);
    }
    said
}

static TOKENS: Mutex<Vec<String>> = Mutex::new(Vec::new());

#[tokio::test]
async fn secrets_are_nowhere_to_be_read() {
    let captured = Captured::default();
    let writer = captured.clone();
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .with_ansi(false)
        .try_init()
        .unwrap();
    let panics = captured.clone();
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let mut panics = panics.clone();
        let _ = io::Write::write_all(&mut panics, format!("{info}\n").as_bytes());
        usual(info);
    }));

    let folder = std::env::temp_dir().join(format!("hongyan-secrets-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("secret"), "canary-in-file").unwrap();
    let base = platform().await;
    let parrot = parrot().await;
    let mail_port = mail_parrot().await;
    let text = format!(
        r#"
[server]
listen = "127.0.0.1:0"
stop_timeout_ms = 3000
[official]
wait_ms = 200
[accounts.ding]
channel = "dingtalk"
app_key = "dingsample"
app_secret = "canary-app-secret"
agent_id = 1
base_url = "{base}"
max_attempts = 1
[accounts.wecom]
channel = "wecom"
corp_id = "wwsample"
secret = {{ file = "{}" }}
agent_id = 1
base_url = "{base}"
max_attempts = 1
[accounts.mail]
channel = "mail"
host = "127.0.0.1"
port = 9
tls = "dangerous_none"
username = "robot@example.com"
password = "canary-password"
from = "robot@example.com"
max_attempts = 1
[accounts.dingbot]
channel = "dingtalk-robot"
access_token = "canary-robot-token"
secret = "canary-robot-secret"
base_url = "{base}"
max_attempts = 1
[accounts.wecombot]
channel = "wecom-robot"
key = "canary-robot-key"
base_url = "{base}"
max_attempts = 1
[accounts.hook]
channel = "webhook"
url = "{base}/canary-hook-path?token=canary-hook-query"
secret = "canary-hook-secret"
allow_private = true
max_attempts = 1
[accounts.parrot_ding]
channel = "dingtalk"
app_key = "parrotkey"
app_secret = "canary-other-secret"
agent_id = 2
base_url = "{parrot}"
max_attempts = 1
[accounts.parrot_wecom]
channel = "wecom"
corp_id = "wwparrot"
secret = "canary/other+secret=="
agent_id = 2
base_url = "{parrot}"
max_attempts = 1
[accounts.parrot_dingbot]
channel = "dingtalk-robot"
access_token = "canary-robot-token"
secret = "canary-robot-secret"
base_url = "{parrot}"
max_attempts = 1
[accounts.parrot_wecombot]
channel = "wecom-robot"
key = "canary-robot-key"
base_url = "{parrot}"
max_attempts = 1
[accounts.parrot_hook]
channel = "webhook"
url = "{parrot}/canary-hook-path?token=canary-hook-query"
secret = "canary-hook-secret"
allow_private = true
max_attempts = 1
[accounts.parrot_mail]
channel = "mail"
host = "127.0.0.1"
port = {mail_port}
tls = "dangerous_none"
username = "robot@example.com"
password = "canary-password"
from = "robot@example.com"
max_attempts = 1
[accounts.ding.callback]
token = "canary-push-token"
aes_key = "canarypushaeskey0123456789ABCDEFGHIJKLMNOPQ"
[accounts.wecom.callback]
token = "canary-push-token"
aes_key = "canarypushaeskey0123456789ABCDEFGHIJKLMNOPQ"
[facade]
account = "ding"
"#,
        folder.join("secret").display()
    );
    let mut readable = String::new();

    // Mistakes right beside a secret, and in its very place.
    for (from, to) in [
        ("app_secret = \"canary-app-secret\"", "app_secret = \"canary-app-secret"),
        ("app_secret = \"canary-app-secret\"", "app_secret = [\"canary-app-secret\"]"),
        ("app_secret = \"canary-app-secret\"", "app_secret = { inline = \"canary-app-secret\" }"),
        ("app_secret = \"canary-app-secret\"", "appsecret = \"canary-app-secret\""),
        ("agent_id = 1", "agent_id = \"canary-agent\""),
        ("max_attempts = 1", "max_attempts = \"canary-attempts\""),
        ("tls = \"dangerous_none\"", "tls = 5"),
        ("channel = \"mail\"", "channel = \"canary-channel\""),
        ("max_attempts = 1", "on_unknown = \"canary-unknown\""),
        ("password = \"canary-password\"", "password = \"canary-password\" x"),
    ] {
        let broken = text.replacen(from, to, 1);
        let error = Config::parse(&broken, Some("hongyan.toml"), []).unwrap_err();
        readable.push_str(&format!("{error}\n{error:#}\n{error:?}\n"));
    }

    let config = Config::parse(&text, Some("hongyan.toml"), []).unwrap();
    readable.push_str(&format!("{config:?}\n{:?}\n", config.check()));
    let mut accounts = BTreeMap::from([account("boom", FakeChannel::broken())]);
    for (name, one) in &config.accounts {
        match one.open(name) {
            Ok(opened) => {
                accounts.insert(Arc::from(name.as_str()), opened);
            }
            Err(invalid) => readable.push_str(&format!("{invalid} {invalid:#}")),
        }
    }
    let opened: Vec<String> = accounts.keys().map(ToString::to_string).collect();
    let gateway = TestGateway::start_on(config, accounts).await;
    let mut ids = Vec::new();
    for (name, to, content) in [
        ("ding", r#"{"mobile":"13800000001"}"#, r#"{"text":"a"}"#),
        ("ding", r#"{"userid":"li"}"#, r#"{"text":"b"}"#),
        ("wecom", r#"{"userid":"li"}"#, r#"{"text":"a"}"#),
        ("mail", r#"{"email":"li@example.com"}"#, r#"{"title":"t","text":"a"}"#),
        ("boom", r#"{"userid":"li"}"#, r#"{"text":"a"}"#),
        ("dingbot", r#"{"all":true}"#, r#"{"text":"a"}"#),
        ("dingbot", r#"{"all":true}"#, r#"{"text":"b"}"#),
        ("wecombot", r#"{"all":true}"#, r#"{"text":"a"}"#),
        ("wecombot", r#"{"all":true}"#, r#"{"image":{"name":"a.png","base64":"iVBORw0KGgo="}}"#),
        ("wecombot", r#"{"all":true}"#, r#"{"file":{"name":"a.txt","base64":"YSB0ZXh0IGZpbGU="}}"#),
        ("hook", r#"{"all":true}"#, r#"{"text":"a"}"#),
        ("hook", r#"{"all":true}"#, r#"{"text":"b"}"#),
        ("wecom", r#"{"chat":"c"}"#, r#"{"text":"a"}"#),
        ("parrot_ding", r#"{"userid":"li"}"#, r#"{"text":"a"}"#),
        ("parrot_ding", r#"{"mobile":"13800000001"}"#, r#"{"text":"b"}"#),
        ("parrot_ding", r#"{"chat":"c"}"#, r#"{"text":"c"}"#),
        ("parrot_ding", r#"{"userid":"li"}"#, r#"{"file":{"name":"a.txt","base64":"YSB0ZXh0IGZpbGU="}}"#),
        ("parrot_wecom", r#"{"userid":"li"}"#, r#"{"text":"a"}"#),
        ("parrot_wecom", r#"{"userid":"li"}"#, r#"{"text":"b"}"#),
        ("parrot_wecom", r#"{"chat":"c"}"#, r#"{"text":"c"}"#),
        ("parrot_dingbot", r#"{"all":true}"#, r#"{"text":"a"}"#),
        ("parrot_dingbot", r#"{"all":true}"#, r#"{"text":"b"}"#),
        ("parrot_wecombot", r#"{"all":true}"#, r#"{"text":"a"}"#),
        ("parrot_wecombot", r#"{"all":true}"#, r#"{"file":{"name":"a.txt","base64":"YSB0ZXh0IGZpbGU="}}"#),
        ("parrot_hook", r#"{"all":true}"#, r#"{"text":"a"}"#),
        ("parrot_mail", r#"{"email":"li@example.com"}"#, r#"{"title":"t","text":"a"}"#),
        ("parrot_mail", r#"{"email":"li@example.com"}"#, r#"{"title":"t","text":"b"}"#),
    ] {
        let body = format!(r#"{{"to":[{to}],"via":["{name}"],"content":{content}}}"#);
        let answer = gateway.post("/v1/messages?wait=500ms", &body).await;
        readable.push_str(&format!("{answer:?}{}", answer.text()));
        if answer.status == 202 {
            ids.push(answer.json()["id"].as_str().unwrap().to_owned());
        }
    }
    assert!(ids.len() >= 3);
    for name in &opened {
        readable.push_str(&gateway.post(&format!("/v1/accounts/{name}/check"), "").await.text());
    }
    // Every question, often enough that each kind of answer has its turn.
    for _ in 0..5 {
        for account in ["parrot_ding", "parrot_wecom"] {
            for path in [
                format!("/v1/contacts/{account}/people?userid=li"),
                format!("/v1/contacts/{account}/people?mobile=13800000001"),
                format!("/v1/contacts/{account}/departments"),
                format!("/v1/contacts/{account}/departments/1/members"),
                format!("/v1/chats/{account}/c"),
            ] {
                readable.push_str(&gateway.get(&path).await.text());
            }
            let chat = format!(r#"{{"account":"{account}","name":"n","owner":"li","members":["li","wang"]}}"#);
            readable.push_str(&gateway.post("/v1/chats", &chat).await.text());
            readable.push_str(&gateway.post(&format!("/v1/chats/{account}/c"), r#"{"name":"m"}"#).await.text());
            readable.push_str(&gateway.post(&format!("/v1/accounts/{account}/check"), "").await.text());
        }
    }
    let mut pages = vec![
        "/metrics".to_owned(),
        "/openapi.json".into(),
        "/docs".into(),
        "/v1/accounts".into(),
        "/v1/messages".into(),
    ];
    for id in &ids {
        pages.push(format!("/v1/messages/{id}"));
        pages.push(format!("/v1/messages/{id}/recipients"));
        readable.push_str(&gateway.post(&format!("/v1/messages/{id}/recall"), "").await.text());
    }
    for page in pages {
        readable.push_str(&gateway.get(&page).await.text());
    }
    for id in &ids {
        let rows = gateway.store.recipients(id.parse().unwrap()).await.unwrap();
        readable.push_str(&format!("{rows:?}"));
    }
    readable.push_str(&foreign(&gateway).await);
    // A key in the wrong place is a secret too.
    let admin = gateway.admin.clone();
    let secret_part = &admin[14..];
    let wrong = crate::http::Request::new(gateway.address, "GET", "/v1/accounts")
        .header("authorization", &format!("Basic {admin}"));
    readable.push_str(&wrong.send().await.text());
    tokio::time::sleep(Duration::from_millis(300)).await;
    gateway.stop().await;
    std::fs::remove_dir_all(&folder).unwrap();

    let logged = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
    assert!(logged.contains("an invented mistake"), "the panic was captured");
    assert!(logged.contains("a request panicked") && logged.contains("DEBUG"), "the log was captured at every level");
    let tokens = TOKENS.lock().unwrap().clone();
    assert_eq!(tokens.len(), 5);
    assert!(readable.matches("***").count() > 50, "the parrot spoke and was cleaned");
    assert!(!readable.contains(['\u{1b}', '\u{9b}']) || !readable.contains("[2J"), "no terminal is told anything");
    for (place, text) in [("an answer", &readable), ("the log", &logged)] {
        // Every secret above begins so; what stood in its place by mistake, too.
        for canary in ["canary-", "canarypush", secret_part].into_iter().chain(tokens.iter().map(String::as_str)) {
            if let Some(at) = text.find(canary) {
                let from = text[..at].char_indices().rev().nth(200).map_or(0, |(i, _)| i);
                panic!("{canary} is in {place}: …{}", &text[from..at]);
            }
        }
    }
}
