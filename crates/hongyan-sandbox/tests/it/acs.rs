//! DingTalk's two hosts with a token in hand.

use crate::raw::{Raw, Reply};
use hongyan_sandbox::SandboxOptions;
use serde_json::{Value, json};

/// A sandbox with a token, the robot's code and the company's first group.
pub(crate) struct Ding {
    pub(crate) raw: Raw,
    pub(crate) token: String,
    pub(crate) robot: String,
    /// `openConversationId` of the first group.
    pub(crate) cid: String,
    pub(crate) chatid: String,
}

impl Ding {
    pub(crate) async fn start() -> Self {
        Self::on(Raw::start().await).await
    }

    pub(crate) async fn with(options: SandboxOptions) -> Self {
        Self::on(Raw::with(options).await).await
    }

    async fn on(raw: Raw) -> Self {
        let token = raw.ding_token().await;
        let robot = raw.credentials["dingtalk"]["robot_code"].as_str().unwrap().to_owned();
        let chats = raw.get("/sandbox/chats").await;
        let text = |name: &str| chats["chats"][0][name].as_str().unwrap().to_owned();
        Self { token, robot, cid: text("id"), chatid: text("chatid"), raw }
    }

    /// A call of the older host.
    pub(crate) async fn old(&self, path: &str, body: Value) -> Value {
        self.raw.post(&format!("{path}?access_token={}", self.token), body).await
    }

    /// A query of the older host.
    pub(crate) async fn get(&self, target: &str) -> Value {
        self.raw.get(&format!("{target}&access_token={}", self.token)).await
    }

    /// A call of the new-style host.
    pub(crate) async fn acs(&self, method: &str, target: &str, body: Value) -> Reply {
        self.raw.acs(method, target, &self.token, &body).await
    }

    /// A new-style call that succeeds.
    pub(crate) async fn done(&self, path: &str, body: Value) -> Value {
        let reply = self.acs("POST", path, body).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()
    }

    /// The code of a new-style refusal.
    pub(crate) async fn refusal(&self, path: &str, body: Value) -> String {
        let reply = self.acs("POST", path, body.clone()).await;
        assert_eq!(reply.status, 400, "{body} {}", reply.json());
        let reply = reply.json();
        assert!(reply["requestid"].is_string() && reply["message"].is_string(), "{reply}");
        reply["code"].as_str().unwrap().to_owned()
    }

    /// Uploads a file in the way of browsers.
    pub(crate) async fn upload(&self, kind: Option<&str>, name: &str, content: &[u8]) -> Value {
        let fields: Vec<_> = kind.iter().map(|kind| ("type", *kind)).collect();
        let target = format!("/media/upload?access_token={}", self.token);
        self.raw.form_with(&target, &fields, name, content).await.json()
    }

    /// A group's history.
    pub(crate) async fn said(&self, id: &str) -> Vec<Value> {
        let chat = self.raw.get(&format!("/sandbox/chats/{}", encoded(id))).await;
        chat["messages"].as_array().unwrap_or_else(|| panic!("{chat}")).clone()
    }

    pub(crate) async fn read(&self, userid: &str) {
        let read = self.raw.post(&format!("/sandbox/phones/{userid}/read"), json!({})).await;
        assert!(read["read"].as_u64().unwrap() > 0, "{userid} had nothing to read");
    }
}

/// Percent-encoded, as in a query or a path.
pub(crate) fn encoded(text: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if keep(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// A text message of the older operations.
pub(crate) fn text(content: &str) -> Value {
    json!({"msgtype": "text", "text": {"content": content}})
}
