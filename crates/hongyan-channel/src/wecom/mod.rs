//! A WeCom application as a channel: messages to members, departments and tags, and to the group chats that it made.

mod application;
pub(crate) mod body;
mod callback;
mod chats;
mod contacts;
pub(crate) mod files;

use crate::{audience, published, refusal, render, table_view, target};
use application::DUPLICATE_WINDOW_SECONDS;
pub use application::{WeComChannel, WeComConfig};
use async_trait::async_trait;
use files::{bad_file, file_until};
use hongyan_core::{
    Address, AddressKind, Bilingual, Call, CallFile, CallHandle, Capabilities, Channel, Chats, Contacts, Content,
    Dedup, FileUse, Format, Health, Outcome, Reason, Recall, RecipientState, Resolution, Target, TargetResult, Time,
    Unfit, Uploaded, Uploads,
};
use hongyan_endpoint::{Endpoint, ErrorCode, Fault, File, lenient};
use hongyan_text::Dialect;
use hongyan_wecom::{
    WeCom,
    appchat::SendChat,
    content::Place,
    media::{UploadMedia, check_kind},
    message::{MessageSent, RecallMessage, SendMessage},
    user::{GetUserid, GetUseridByEmail},
};
use serde_json::Value;
use std::{borrow::Cow, time::Duration};

/// Codes that mean that there is no such person.
const NOBODY: &[&str] = &["46004", "60111", "40003"];
/// The platform's code for "none of them is valid or visible".
const ALL_INVALID: &str = "81013";
/// Members of a native content that say whether and how long the platform looks out for repeats.
const ENABLE_CHECK: &str = "enable_duplicate_check";
const CHECK_INTERVAL: &str = "duplicate_check_interval";

/// Seconds in which the platform is to swallow an identical request; `None` for not at all. A native content may say
/// so itself; everything else has the platform's default.
fn duplicate_check(content: &Content) -> Option<i64> {
    let said = |name: &str| content.native.as_ref()?.get(name)?.as_i64();
    match said(ENABLE_CHECK) {
        Some(0) => None,
        _ => Some(said(CHECK_INTERVAL).unwrap_or(i64::from(DUPLICATE_WINDOW_SECONDS))),
    }
}

/// What a call is called in an error.
const KIND: Bilingual = Bilingual::fixed("WeCom message", "企业微信消息");

/// The words of a text or markdown message, in bytes.
fn words_size(content: &Content) -> usize {
    let (msgtype, object) = body::message(content, "");
    object.get(&msgtype).and_then(|o| o.get("content")).and_then(Value::as_str).map_or(0, str::len)
}

impl WeComChannel {
    /// Sends to one group chat; there is no duplicate check, and nothing to recall or to ask for.
    async fn send_chat(&self, call: &Call<'_>, chat: &Target, media_id: &str) -> Outcome {
        let (msgtype, mut content) = body::message(call.content, media_id);
        // What goes there is narrower than what goes to members: cards do not.
        let given = call.content.given.is_some();
        if !given && let Err(unfit) = body::judge(call.content, &KIND, Place::Chat, &msgtype, &content) {
            return Outcome::failed(refusal::invalid(format!("content.{} {}", unfit.field, unfit.text())));
        }
        let safe = content.remove("safe").and_then(|safe| lenient::integer(safe).ok());
        if !given {
            content.retain(|name, _| *name == msgtype);
        }
        let cut = body::cut(call.content, Place::Chat, &msgtype, &content);
        let request = SendChat { chatid: chat.wire_id().into_owned(), msgtype, content, safe };
        match self.client.call(&request).await {
            Ok(_) => Outcome::Taken {
                handle: Some(format!("chat:{}", request.chatid).into()),
                exceptions: truncated(cut, std::slice::from_ref(chat), &[]),
            },
            Err(fault) => Outcome::failed(fault),
        }
    }
}

#[async_trait]
impl Channel for WeComChannel {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn parts<'a>(&self, content: &'a Content, suffix: &str) -> Result<Vec<Cow<'a, Content>>, Unfit> {
        audience::check(content, Some(self.agent_id))?;
        if content.table.is_some() {
            let limit = SendMessage::SPEC.max_bytes("markdown.content");
            let style = (table_view::chat(Dialect::WeCom), true);
            let parts = table_view::parts(content, suffix, style, &KIND, limit, words_size)?;
            parts.iter().try_for_each(|part| body::check(part, &KIND, Place::App))?;
            return Ok(parts);
        }
        let (msgtype, _) = body::message(content, "");
        let limit = SendMessage::SPEC.max_bytes(&format!("{msgtype}.content"));
        let parts = render::parts(content, suffix, &KIND, limit, words_size)?;
        parts.iter().try_for_each(|part| body::check(part, &KIND, Place::App))?;
        Ok(parts)
    }

    fn given_in_parts<'a>(&self, content: &'a Content) -> Vec<Cow<'a, Content>> {
        let (msgtype, _) = body::message(content, "");
        let limit = SendMessage::SPEC.max_bytes(&format!("{msgtype}.content"));
        render::given(content, &body::WORDS, limit, words_size)
    }

    async fn resolve(&self, addresses: &[Address]) -> Result<Vec<Resolution>, Fault> {
        let client = self.client.clone();
        self.directory
            .resolve(addresses, self.capabilities.looked_up, NOBODY, move |address| {
                let client = client.clone();
                async move {
                    let found = if address.kind == AddressKind::Mobile {
                        client.call(&GetUserid { mobile: address.on_wire().into_owned() }).await?
                    } else {
                        client.call(&GetUseridByEmail { email: address.value, email_type: None }).await?
                    };
                    Ok(found.userid)
                }
            })
            .await
    }

    async fn deliver(&self, call: &Call<'_>) -> Outcome {
        let media_id = match call.file {
            Some(CallFile::Id(id)) => id,
            _ => "",
        };
        if let Some(chat) = target::chat(call.targets) {
            return self.send_chat(call, chat, media_id).await;
        }
        let check = duplicate_check(call.content);
        let (msgtype, content) = body::message(call.content, media_id);
        let cut = body::cut(call.content, Place::App, &msgtype, &content);
        let people = || target::joined(call.targets, "|", target::is_person);
        let request = SendMessage {
            touser: if target::everybody(call.targets) { "@all".into() } else { people() },
            toparty: target::joined(call.targets, "|", |kind| kind == AddressKind::Department),
            totag: target::joined(call.targets, "|", |kind| kind == AddressKind::Tag),
            msgtype,
            agentid: self.agent_id,
            content,
            // On from the first attempt, so that a repeat's bytes are the same.
            enable_duplicate_check: Some(i64::from(check.is_some())),
            duplicate_check_interval: check,
        };
        match self.client.call(&request).await {
            Ok(sent) => {
                self.codes.note(&sent.msgid, &sent.response_code);
                let mut exceptions = rejected(&sent, call.targets);
                exceptions.extend(truncated(cut, call.targets, &exceptions));
                Outcome::Taken { exceptions, handle: Some(sent.msgid).filter(|id| !id.is_empty()).map(Into::into) }
            }
            Err(fault) if fault.code() == ALL_INVALID => {
                let reason = Reason::of(&fault);
                let exceptions = call
                    .targets
                    .iter()
                    .map(|t| TargetResult {
                        index: t.index,
                        state: RecipientState::Refused,
                        reason: Some(reason.clone()),
                    })
                    .collect();
                Outcome::Failed { fault, exceptions }
            }
            Err(fault) => Outcome::failed(fault),
        }
    }

    fn dedup(&self, content: &Content, kind: AddressKind) -> Dedup {
        match self.capabilities.dedup_of(kind) {
            Dedup::IdenticalWithin(_) => duplicate_check(content).map_or(Dedup::None, |seconds| {
                Dedup::IdenticalWithin(Duration::from_secs(u64::try_from(seconds).unwrap_or_default()))
            }),
            dedup => dedup,
        }
    }

    fn response_code(&self, handle: &CallHandle) -> Option<String> {
        self.codes.find(handle.as_str())
    }

    fn file_use(&self, _form: Format) -> FileUse {
        FileUse::Upload
    }

    fn check_file(&self, form: Format, file: &File) -> Result<(), Unfit> {
        let kind = form.name();
        check_kind(kind, file).map_err(|unfit| bad_file(file, kind, &unfit))
    }

    fn check_for(&self, content: &Content, to: &[Address]) -> Result<(), Unfit> {
        if !to.iter().any(|address| address.kind == AddressKind::Chat) {
            return Ok(());
        }
        // What goes there is narrower than what goes to members: cards do not.
        body::check(content, &KIND, Place::Chat)
    }

    fn words(&self, part: &Content, _to: &[Address]) -> Option<String> {
        let (msgtype, object) = body::message(part, "");
        body::words(&msgtype, &object)
    }

    fn recall(&self) -> Option<&dyn Recall> {
        Some(self)
    }

    fn uploads(&self) -> Option<&dyn Uploads> {
        Some(self)
    }

    fn chats(&self) -> Option<&dyn Chats> {
        Some(self)
    }

    fn contacts(&self) -> Option<&dyn Contacts> {
        Some(self)
    }

    async fn probe(&self) -> Result<(), Fault> {
        self.client.log_in().await
    }

    fn probe_only_reads(&self) -> bool {
        true
    }

    fn health(&self) -> Health {
        published::health(self.client.token_state())
    }

    fn explain(&self, code: &str) -> Option<&'static ErrorCode> {
        published::explain::<WeCom>(code)
    }

    fn missing(&self, code: &str) -> Option<hongyan_core::Missing> {
        crate::missing::by_wecom(code)
    }
}

#[async_trait]
impl Recall for WeComChannel {
    async fn take_back(&self, handle: &CallHandle) -> Result<(), Fault> {
        if handle.as_str().starts_with("chat:") {
            return Err(Fault::ours("cannot_recall", "", Reason::error_code("cannot_recall")));
        }
        self.client.call(&RecallMessage { msgid: handle.as_str().to_owned() }).await.map(drop)
    }

    fn window(&self, handle: &CallHandle) -> Option<Duration> {
        // Group chats have no way back.
        self.capabilities.recall_for.filter(|_| !handle.as_str().starts_with("chat:"))
    }
}

#[async_trait]
impl Uploads for WeComChannel {
    async fn upload(&self, form: Format, file: &File, now: Time) -> Result<Uploaded, Fault> {
        self.check_file(form, file).map_err(|unfit| refusal::unfit::<WeCom>(&unfit))?;
        let request = UploadMedia { kind: form.name().into(), media: file.clone() };
        Ok(Uploaded { id: self.client.call(&request).await?.media_id, until: file_until(now) })
    }
}

/// Says of everybody but those refused that the platform shows them the beginning only, where it does.
fn truncated(cut: Option<String>, targets: &[Target], refused: &[TargetResult]) -> Vec<TargetResult> {
    let Some(message) = cut else { return Vec::new() };
    let reason = Reason { message, ..Reason::ours("truncated") };
    let reached = targets.iter().filter(|target| !refused.iter().any(|result| result.index == target.index));
    let shown = |t: &Target| TargetResult { index: t.index, state: RecipientState::Sent, reason: Some(reason.clone()) };
    reached.map(shown).collect()
}

/// Recipients that the reply lists as not served. Ids come back lower-cased.
fn rejected(sent: &MessageSent, targets: &[Target]) -> Vec<TargetResult> {
    if sent.invaliduser.is_empty()
        && sent.invalidparty.is_empty()
        && sent.invalidtag.is_empty()
        && sent.unlicenseduser.is_empty()
    {
        return Vec::new();
    }
    let listed = |list: &[String], id: &str| list.iter().any(|other| other.eq_ignore_ascii_case(id));
    targets
        .iter()
        .filter_map(|target| {
            let id = &*target.wire_id();
            let invalid = match target.address.kind {
                AddressKind::Department => &sent.invalidparty,
                AddressKind::Tag => &sent.invalidtag,
                _ => &sent.invaliduser,
            };
            let code = if listed(invalid, id) {
                "invalid_recipient"
            } else if target::is_person(target.address.kind) && listed(&sent.unlicenseduser, id) {
                "unlicensed"
            } else {
                return None;
            };
            Some(TargetResult { index: target.index, state: RecipientState::Refused, reason: Some(Reason::ours(code)) })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_those_listed_are_refused() {
        let targets: Vec<Target> = ["LiHua", "ghost01", "free"]
            .iter()
            .zip(0..)
            .map(|(id, index)| Target { index, address: Address::new(AddressKind::Userid, *id), resolved: None })
            .collect();
        let sent = MessageSent {
            invaliduser: vec!["ghost01".into()],
            unlicenseduser: vec!["free".into()],
            ..MessageSent::default()
        };
        let refused: Vec<(u32, String)> =
            rejected(&sent, &targets).into_iter().filter_map(|r| Some((r.index, r.reason?.code))).collect();
        assert_eq!(refused, [(1, "invalid_recipient".into()), (2, "unlicensed".into())]);
    }

    #[test]
    fn markdown_is_put_into_the_platforms_dialect() {
        let content = Content {
            title: Some("告警".into()),
            markdown: Some("*慢* <font color=\"warning\">3 s</font>\n\n- [看板](https://example.com)".into()),
            ..Content::default()
        };
        let (msgtype, object) = body::message(&content, "");
        assert_eq!(msgtype, "markdown");
        let expected = "# 告警\n慢 <font color=\"warning\">3 s</font>\n\n- [看板](https://example.com)";
        assert_eq!(object["markdown"]["content"], expected);
    }
}
