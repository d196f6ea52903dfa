//! A client of sockets and strings.

use hongyan_sandbox::{Sandbox, SandboxOptions};
use serde_json::{Value, json};
use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// What came back, byte by byte.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&self.body)))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

/// Writes bytes, reads until the other side closes.
pub(crate) async fn exchange(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut back = Vec::new();
    // A reset after some bytes is an end as well.
    let _ = stream.read_to_end(&mut back).await;
    back
}

pub(crate) fn parse(bytes: &[u8]) -> Reply {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Reply { status, head, body: bytes[end + 4..].to_vec() }
}

/// A sandbox and its credentials.
pub(crate) struct Raw {
    pub(crate) sandbox: Sandbox,
    pub(crate) credentials: Value,
}

impl Raw {
    pub(crate) async fn start() -> Self {
        Self::with(SandboxOptions { smtp_listen: None, ..SandboxOptions::default() }).await
    }

    pub(crate) async fn with(options: SandboxOptions) -> Self {
        let sandbox = Sandbox::start(options).await.unwrap();
        // Noon in China: no test meets the turn of a day or of a minute by accident.
        let (now, day) = (sandbox.clock().now_ms(), 86_400_000);
        let to_noon = (4 * 3_600_000 - now).rem_euclid(day);
        sandbox.clock().advance_ms(u64::try_from(to_noon).unwrap());
        let credentials = sandbox.credentials();
        Self { sandbox, credentials }
    }

    /// One call with these header lines and this body; the bytes that came back.
    pub(crate) async fn bytes(&self, method: &str, target: &str, head: &str, body: &[u8]) -> Vec<u8> {
        let head = format!(
            "{method} {target} HTTP/1.1\r\nHost: sandbox\r\nConnection: close\r\n{head}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        exchange(self.sandbox.address(), &[head.as_bytes(), body].concat()).await
    }

    pub(crate) async fn send(&self, method: &str, target: &str, kind: &str, body: &str) -> Vec<u8> {
        self.bytes(method, target, &format!("Content-Type: {kind}"), body.as_bytes()).await
    }

    pub(crate) async fn call(&self, method: &str, target: &str, body: &Value) -> Reply {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        parse(&self.send(method, target, "application/json", &body).await)
    }

    /// As the new-style host is called: the token in its own header.
    pub(crate) async fn acs(&self, method: &str, target: &str, token: &str, body: &Value) -> Reply {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let head = format!("Content-Type: application/json\r\nx-acs-dingtalk-access-token: {token}");
        parse(&self.bytes(method, target, &head, body.as_bytes()).await)
    }

    /// Posts one file as the part `media` of a form.
    pub(crate) async fn form(&self, target: &str, name: &str, content: &[u8]) -> Reply {
        self.form_with(target, &[], name, content).await
    }

    /// As [`Raw::form`], with text fields before the file.
    pub(crate) async fn form_with(&self, target: &str, fields: &[(&str, &str)], name: &str, content: &[u8]) -> Reply {
        let mut body = String::new();
        for (field, value) in fields {
            body += &format!("--frontier\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n");
        }
        let kind = if name.ends_with(".png") { "image/png" } else { "text/plain" };
        body += &format!(
            "--frontier\r\nContent-Disposition: form-data; name=\"media\"; filename=\"{name}\"\r\n\
             Content-Type: {kind}\r\n\r\n"
        );
        let body = [body.as_bytes(), content, b"\r\n--frontier--\r\n"].concat();
        let head = "Content-Type: multipart/form-data; boundary=frontier";
        parse(&self.bytes("POST", target, head, &body).await)
    }

    pub(crate) async fn get(&self, target: &str) -> Value {
        self.call("GET", target, &Value::Null).await.json()
    }

    pub(crate) async fn post(&self, target: &str, body: Value) -> Value {
        self.call("POST", target, &body).await.json()
    }

    pub(crate) async fn ding_token(&self) -> String {
        let d = &self.credentials["dingtalk"];
        let (key, secret) = (d["app_key"].as_str().unwrap(), d["app_secret"].as_str().unwrap());
        let reply = self.get(&format!("/gettoken?appkey={key}&appsecret={secret}")).await;
        assert_eq!(reply["errcode"], 0, "{reply}");
        assert_eq!(reply["expires_in"], 7200);
        reply["access_token"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn wecom_token(&self) -> String {
        let w = &self.credentials["wecom"];
        let (corp, secret) = (w["corp_id"].as_str().unwrap(), w["secret"].as_str().unwrap());
        let reply = self.get(&format!("/cgi-bin/gettoken?corpid={corp}&corpsecret={secret}")).await;
        assert_eq!(reply["errcode"], 0, "{reply}");
        reply["access_token"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn advance(&self, ms: u64) {
        self.post("/sandbox/clock", json!({"advance_ms": ms})).await;
    }

    pub(crate) async fn stats(&self) -> Value {
        self.get("/sandbox/stats").await
    }

    pub(crate) async fn phone(&self, userid: &str) -> Vec<Value> {
        let phone = self.get(&format!("/sandbox/phones/{userid}")).await;
        phone["messages"].as_array().unwrap().clone()
    }
}
