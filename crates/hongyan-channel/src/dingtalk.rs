//! DingTalk work notifications as a channel.

use crate::{
    directory::Directory,
    published, render,
    secret::{SecretError, SecretRef},
};
use async_trait::async_trait;
use hongyan_client::Client;
use hongyan_core::{
    Address, AddressKind, Call, Capabilities, Channel, Content, Dedup, Format, Group, Health, Outcome, Rate, Reason,
    Receipts, RecipientState, Resolution, Target, TargetResult, Unfit,
};
use hongyan_dingtalk::{
    Credential, DingTalk,
    notice::{GetSendProgress, GetSendResult, RESULT_HOURS, RecallNotice, SendNotice, SendResult},
    user::GetByMobile,
};
use hongyan_endpoint::{Endpoint, Fault, Known, Scope};
use hongyan_net::{Http, Options};
use hongyan_text::Dialect;
use serde::Deserialize;
use serde_json::{Value, json};
use std::{borrow::Cow, time::Duration};

/// `channel = "dingtalk"`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DingTalkConfig {
    /// `AppKey`, also called Client ID.
    pub app_key: String,
    /// `AppSecret`, also called Client Secret.
    pub app_secret: SecretRef,
    /// `AgentId`.
    pub agent_id: i64,
    /// In place of the platform's own hosts, for the sandbox or a proxy.
    #[serde(default)]
    pub base_url: Option<String>,
}

impl DingTalkConfig {
    /// Reads the secret.
    ///
    /// # Errors
    /// [`SecretError`].
    pub fn credential(&self) -> Result<Credential, SecretError> {
        Ok(Credential { app_key: self.app_key.clone(), app_secret: self.app_secret.read()? })
    }
}

/// Codes that mean that there is no such person.
const NOBODY: &[&str] = &["60121", "40104", "33012", "46004", "60103"];
/// The platform's code for content that went to the person today.
const REPEATED: &str = "143106";

/// An internal application's work notifications.
pub struct DingTalkChannel {
    client: Client<DingTalk>,
    agent_id: i64,
    capabilities: Capabilities,
    directory: Directory,
}

impl DingTalkChannel {
    /// Reads the secret and makes the channel.
    ///
    /// # Errors
    /// [`SecretError`].
    pub fn open(config: &DingTalkConfig) -> Result<Self, SecretError> {
        let credential = config.credential()?;
        let window = Duration::from_secs(u64::from(RESULT_HOURS) * 3_600);
        let spec = &SendNotice::SPEC;
        Ok(Self {
            client: Client::new(Http::new(Options::default()), config.base_url.as_deref(), credential),
            agent_id: config.agent_id,
            directory: Directory::default(),
            capabilities: Capabilities {
                channel: "dingtalk",
                groups: vec![
                    Group::of(&[AddressKind::Userid, AddressKind::Mobile], spec.max_items("userid_list").unwrap_or(1)),
                    Group::of(&[AddressKind::Department], spec.max_items("dept_id_list").unwrap_or(1)),
                    Group::of(&[AddressKind::All], 1),
                ],
                looked_up: &[AddressKind::Mobile],
                formats: &[Format::Text, Format::Markdown, Format::Native],
                attachments: false,
                dedup: Dedup::SameContentPerDay,
                receipts_for: Some(window),
                recall_for: Some(window),
                concurrency: 16,
                rates: published::rates(spec, Scope::App),
            },
        })
    }

    /// The application's way to its platform: one token for all who use it.
    #[must_use]
    pub fn client(&self) -> &Client<DingTalk> {
        &self.client
    }

    /// The platform's published rates for messages to one person.
    #[must_use]
    pub fn recipient_rates() -> Vec<Rate> {
        published::rates(&SendNotice::SPEC, Scope::Recipient)
    }
}

/// The platform's message object.
fn message(content: &Content) -> Value {
    if let Some(native) = &content.native {
        native.clone()
    } else if let Some(markdown) = &content.markdown {
        let text = hongyan_text::render(markdown, Dialect::DingTalk);
        json!({"msgtype": "markdown", "markdown": {"title": content.title, "text": text}})
    } else {
        json!({"msgtype": "text", "text": {"content": render::plain(content)}})
    }
}

/// Values of one kind joined as the platform joins them; `None` when there are none.
fn joined(targets: &[Target], wanted: impl Fn(AddressKind) -> bool) -> Option<String> {
    let ids: Vec<&str> = targets.iter().filter(|t| wanted(t.address.kind)).map(Target::wire_id).collect();
    (!ids.is_empty()).then(|| ids.join(","))
}

fn is_person(kind: AddressKind) -> bool {
    matches!(kind, AddressKind::Userid | AddressKind::Mobile)
}

#[async_trait]
impl Channel for DingTalkChannel {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn parts<'a>(&self, content: &'a Content, suffix: &str) -> Result<Vec<Cow<'a, Content>>, Unfit> {
        let size = |content: &Content| message(content).to_string().len();
        render::parts(content, suffix, "DingTalk message", SendNotice::SPEC.max_bytes("msg"), size)
    }

    async fn resolve(&self, addresses: &[Address]) -> Result<Vec<Resolution>, Fault> {
        let client = self.client.clone();
        self.directory
            .resolve(addresses, self.capabilities.looked_up, NOBODY, move |address| {
                let client = client.clone();
                async move {
                    Ok(client
                        .call(&GetByMobile { mobile: address.value, ..GetByMobile::default() })
                        .await?
                        .result
                        .userid)
                }
            })
            .await
    }

    async fn deliver(&self, call: &Call<'_>) -> Outcome {
        let request = SendNotice {
            agent_id: self.agent_id,
            userid_list: joined(call.targets, is_person),
            dept_id_list: joined(call.targets, |kind| kind == AddressKind::Department),
            to_all_user: call.targets.iter().any(|t| t.address.kind == AddressKind::All).then_some(true),
            msg: message(call.content),
        };
        match self.client.call(&request).await {
            Ok(taken) => Outcome::Taken { handle: Some(taken.task_id.to_string()), exceptions: Vec::new() },
            Err(fault) => Outcome::failed(fault),
        }
    }

    async fn receipts(&self, handle: &str, targets: &[Target]) -> Result<Receipts, Fault> {
        let (agent_id, task_id) = (self.agent_id, task(handle)?);
        let result = self.client.call(&GetSendResult { agent_id, task_id }).await?.send_result;
        let results = read_result(&result, targets);
        let people = targets.iter().filter(|t| is_person(t.address.kind)).count();
        // Everybody is accounted for: the task is done, and the progress call is saved.
        let finished = results.len() >= people
            || self.client.call(&GetSendProgress { agent_id, task_id }).await?.progress.status == 2;
        Ok(Receipts { results, finished })
    }

    async fn recall(&self, handle: &str) -> Result<(), Fault> {
        let request = RecallNotice { agent_id: self.agent_id, msg_task_id: task(handle)? };
        self.client.call(&request).await.map(drop)
    }

    async fn probe(&self) -> Result<(), Fault> {
        self.client.log_in().await
    }

    fn health(&self) -> Health {
        published::health(self.client.token_state())
    }

    fn explain(&self, code: &str) -> Option<&'static Known> {
        published::explain::<DingTalk>(code)
    }
}

fn task(handle: &str) -> Result<i64, Fault> {
    handle.parse().map_err(|_| Fault::transport("request.invalid", "the task id that was kept is not a number"))
}

/// Who fared how, by the platform's lists.
fn read_result(result: &SendResult, targets: &[Target]) -> Vec<TargetResult> {
    let listed = |list: &[String], id: &str| list.iter().any(|other| other.eq_ignore_ascii_case(id));
    targets
        .iter()
        .filter_map(|target| {
            let id = target.wire_id();
            let (state, reason) = if target.address.kind == AddressKind::Department {
                if !listed(&result.invalid_dept_id_list, id) {
                    return None;
                }
                (RecipientState::Refused, Some(Reason::ours("invalid_recipient")))
            } else if listed(&result.read_user_id_list, id) {
                (RecipientState::Read, None)
            } else if listed(&result.unread_user_id_list, id) {
                (RecipientState::Unread, None)
            } else if listed(&result.invalid_user_id_list, id) {
                (RecipientState::Refused, Some(Reason::ours("invalid_recipient")))
            } else if listed(&result.failed_user_id_list, id) {
                (RecipientState::Failed, Some(Reason::ours("platform_failed")))
            } else if let Some(row) = result.forbidden_list.iter().find(|row| row.userid.eq_ignore_ascii_case(id)) {
                let reason = if row.code == REPEATED {
                    Reason { code: "repeated".into(), words: row.code.clone() }
                } else {
                    Reason { code: row.code.clone(), words: format!("threshold {}", row.count) }
                };
                (RecipientState::Refused, Some(reason))
            } else if listed(&result.forbidden_user_id_list, id) {
                (
                    RecipientState::Refused,
                    Some(Reason { code: "143105".into(), words: "forbidden_user_id_list".into() }),
                )
            } else {
                return None;
            };
            Some(TargetResult { index: target.index, state, reason })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hongyan_dingtalk::notice::Forbidden;

    #[test]
    fn each_list_of_the_result_becomes_a_state() {
        let target =
            |index: u32, id: &str| Target { index, address: Address::new(AddressKind::Userid, id), resolved: None };
        let targets: Vec<Target> = ["read", "unread", "invalid", "failed", "again", "capped", "later"]
            .iter()
            .zip(0..)
            .map(|(id, i)| target(i, id))
            .collect();
        let result = SendResult {
            read_user_id_list: vec!["read".into()],
            unread_user_id_list: vec!["unread".into()],
            invalid_user_id_list: vec!["INVALID".into()],
            failed_user_id_list: vec!["failed".into()],
            forbidden_user_id_list: vec!["again".into(), "capped".into()],
            forbidden_list: vec![Forbidden { code: REPEATED.into(), count: 1, userid: "again".into() }],
            ..SendResult::default()
        };
        let states: Vec<(u32, &str, String)> = read_result(&result, &targets)
            .into_iter()
            .map(|r| (r.index, r.state.name(), r.reason.map_or(String::new(), |r| r.code)))
            .collect();
        let expected = [
            (0, "read", ""),
            (1, "unread", ""),
            (2, "refused", "invalid_recipient"),
            (3, "failed", "platform_failed"),
            (4, "refused", "repeated"),
            (5, "refused", "143105"),
        ];
        let expected: Vec<_> = expected.iter().map(|(i, s, c)| (*i, *s, (*c).to_owned())).collect();
        assert_eq!(states, expected, "who is in no list yet is left alone");
    }

    #[test]
    fn a_long_markdown_fits_in_parts_and_in_the_platforms_dialect() {
        let row = "| 节点 \"dn-3\" | ~~在线~~ **离线** |\n";
        let content = Content {
            title: Some("日终".into()),
            markdown: Some(format!("# 表\n\n| a | b |\n|---|---|\n{}", row.repeat(60))),
            ..Content::default()
        };
        let size = |content: &Content| message(content).to_string().len();
        let limit = SendNotice::SPEC.max_bytes("msg");
        let parts = render::parts(&content, "", "DingTalk message", limit, size).unwrap();
        assert!(parts.len() > 1 && parts.iter().all(|part| size(part) <= limit.unwrap()));
        let second = message(&parts[1])["markdown"]["text"].as_str().unwrap().to_owned();
        assert!(second.starts_with(&format!("(2/{})\n\na ", parts.len())), "the header again: {second}");
        assert!(second.contains("在线 **离线**") && !second.contains("~~") && !second.contains("---"));
    }
}
