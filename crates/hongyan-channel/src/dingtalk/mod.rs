//! A DingTalk application as a channel: work notifications to people and departments, messages to group chats.

mod application;
mod body;
mod callback;
mod chats;
mod contacts;
mod group;
mod pack;
mod robot;
mod robot_message;

use crate::{audience, published, refusal, render, table_view, target};
pub use application::{DingTalkChannel, DingTalkConfig};
use async_trait::async_trait;
use body::KIND;
use group::Handle;
use hongyan_core::{
    Address, AddressKind, Call, CallFile, CallHandle, Capabilities, Channel, Chats, Contacts, Content, Dedup, FileUse,
    Flaw, Format, Health, Outcome, Reason, Recall, ReceiptReport, Receipts, RecipientState, Resolution, Target,
    TargetResult, Time, Unfit, Uploaded, Uploads, bilingual,
};
use hongyan_dingtalk::{
    DingTalk,
    media::UploadMedia,
    notice::{GetSendProgress, GetSendResult, RecallNotice, SendNotice, SendResult},
    user::GetByMobile,
};
use hongyan_endpoint::{Class, Endpoint, ErrorCode, Fault, File};
use hongyan_text::Dialect;
use std::{borrow::Cow, time::Duration};

/// Codes that mean that there is no such person.
const NOBODY: &[&str] = &["60121", "40104", "33012", "46004", "60103"];
/// The platform's code for content that went to the person today.
const REPEATED: &str = "143106";
/// The platform's code for a task whose result it does not give: not yet, or never.
const NO_RESULT: &str = "41052";

/// For how long an uploaded file is named again: it has no published end, and is uploaded afresh every week.
const FILE_LIFE: Duration = Duration::from_secs(7 * 24 * 3_600);
/// A file that a message carries may be smaller than one that is only kept: 10 MB, by the page on messages.
const MESSAGE_FILE_BYTES: usize = 10 << 20;

#[async_trait]
impl Channel for DingTalkChannel {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn parts<'a>(&self, content: &'a Content, suffix: &str) -> Result<Vec<Cow<'a, Content>>, Unfit> {
        audience::check(content, Some(self.agent_id))?;
        if let Some(said) = robot_message::message_of(content) {
            said.check()?;
            return Ok(vec![Cow::Borrowed(content)]);
        }
        let size = |content: &Content| body::message(content, "").to_string().len();
        let (kind, limit) = (&KIND, SendNotice::SPEC.max_bytes("msg"));
        let parts = if content.table.is_some() {
            table_view::parts(content, suffix, (table_view::chat(Dialect::DingTalk), true), kind, limit, size)?
        } else {
            render::parts(content, suffix, kind, limit, size)?
        };
        parts.iter().try_for_each(|part| body::check(part))?;
        Ok(parts)
    }

    fn given_in_parts<'a>(&self, content: &'a Content) -> Vec<Cow<'a, Content>> {
        let size = |content: &Content| body::message(content, "").to_string().len();
        render::given(content, &body::WORDS, SendNotice::SPEC.max_bytes("msg"), size)
    }

    async fn resolve(&self, addresses: &[Address]) -> Result<Vec<Resolution>, Fault> {
        let client = self.client.clone();
        self.directory
            .resolve(addresses, self.capabilities.looked_up, NOBODY, move |address| {
                let client = client.clone();
                async move {
                    Ok(client
                        .call(&GetByMobile { mobile: address.on_wire().into_owned(), ..GetByMobile::default() })
                        .await?
                        .result
                        .userid)
                }
            })
            .await
    }

    fn check_for(&self, content: &Content, to: &[Address]) -> Result<(), Unfit> {
        robot::check_for(content, to)
    }

    fn words(&self, part: &Content, to: &[Address]) -> Option<String> {
        let to_robot =
            to.iter().any(|address| address.kind == AddressKind::Chat && group::is_conversation(&address.value));
        if !to_robot && robot_message::message_of(part).is_none() {
            return body::words(&body::message(part, ""));
        }
        let (_, param) = body::robot_message(part, "", self.zip_unlisted).ok()?;
        let param: serde_json::Value = serde_json::from_str(&param).ok()?;
        param["text"].as_str().or_else(|| param["content"].as_str()).map(str::to_owned)
    }

    fn dedup(&self, content: &Content, kind: AddressKind) -> Dedup {
        // A robot's messages are no notices: every one of them arrives.
        if robot_message::message_of(content).is_some() { Dedup::None } else { self.capabilities.dedup_of(kind) }
    }

    async fn deliver(&self, call: &Call<'_>) -> Outcome {
        if let Some(chat) = target::chat(call.targets) {
            return group::send(self, call, chat).await;
        }
        if let Some(said) = robot_message::message_of(call.content) {
            return robot::send(self, &said, call.targets).await;
        }
        let listed = |wanted: fn(AddressKind) -> bool| {
            Some(target::joined(call.targets, ",", wanted)).filter(|list| !list.is_empty())
        };
        let media_id = match call.file {
            Some(CallFile::Id(id)) => id,
            _ => "",
        };
        let request = SendNotice {
            agent_id: self.agent_id,
            userid_list: listed(target::is_person),
            dept_id_list: listed(|kind| kind == AddressKind::Department),
            to_all_user: target::everybody(call.targets).then_some(true),
            msg: body::message(call.content, media_id),
            rest: call.content.given.clone().unwrap_or_default(),
        };
        match self.client.call(&request).await {
            Ok(taken) => Outcome::Taken { handle: Some(taken.task_id.to_string().into()), exceptions: Vec::new() },
            Err(fault) => Outcome::failed(fault),
        }
    }

    fn file_use(&self, _form: Format) -> FileUse {
        FileUse::Upload
    }

    fn check_file(&self, form: Format, file: &File) -> Result<(), Unfit> {
        let kind = form.name();
        let max = UploadMedia::max_bytes(kind).ok_or_else(|| Unfit::coded("40004", "", refusal::no_files(form)))?;
        // Films travel as files.
        let max = if matches!(form, Format::File | Format::Video) { max.min(MESSAGE_FILE_BYTES) } else { max };
        refusal::within(file, kind, max, "40006")?;
        // Files of other names than the page lists were seen to arrive.
        if form == Format::File {
            return Ok(());
        }
        let endings = UploadMedia::endings(kind);
        let ending = pack::ending(&file.name).unwrap_or_default();
        if !endings.contains(&ending.as_str()) {
            let (name, en, zh) = (&file.name, endings.join(", "), endings.join("、"));
            let why = bilingual!(
                "{name:?} is no {kind} to DingTalk: its name ends in one of {en}";
                "{name:?} 对钉钉不是 {kind}：文件名应以 {zh} 之一结尾"
            );
            return Err(Unfit::coded("40005", "", Flaw::Unfit(why)));
        }
        Ok(())
    }

    fn receipts(&self) -> Option<&dyn Receipts> {
        Some(self)
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
        published::explain::<DingTalk>(code)
    }

    fn missing(&self, code: &str) -> Option<hongyan_core::Missing> {
        crate::missing::by_dingtalk(code)
    }
}

#[async_trait]
impl Receipts for DingTalkChannel {
    async fn ask(&self, handle: &CallHandle, targets: &[Target]) -> Result<ReceiptReport, Fault> {
        let (agent_id, task_id) = match Handle::read(handle.as_str())? {
            Handle::Task(task) => (self.agent_id, task),
            Handle::People { key } => return robot::receipts(self, key, targets).await,
            chat => return group::receipts(self, chat, targets).await,
        };
        let is_done = async || Ok(self.client.call(&GetSendProgress { agent_id, task_id }).await?.progress.status == 2);
        let asked = self.client.call(&GetSendResult { agent_id, task_id }).await;
        let result = match asked {
            Err(fault) if fault.code() == NO_RESULT => {
                if !is_done().await? {
                    return Ok(ReceiptReport { results: Vec::new(), finished: false });
                }
                // It may have ended between the two. What still gives no result will never give one.
                let again = self.client.call(&GetSendResult { agent_id, task_id }).await;
                again.map_err(|fault| match fault.code() {
                    NO_RESULT => fault.with_class(Class::Permanent),
                    _ => fault,
                })?
            }
            asked => asked?,
        };
        let results = read_result(&result.send_result, targets);
        let people = targets.iter().filter(|t| target::is_person(t.address.kind)).count();
        // Everybody is accounted for: the task is done, and the progress call is saved.
        let finished = results.len() >= people || is_done().await?;
        Ok(ReceiptReport { results, finished })
    }
}

#[async_trait]
impl Recall for DingTalkChannel {
    async fn take_back(&self, handle: &CallHandle) -> Result<(), Fault> {
        match Handle::read(handle.as_str())? {
            Handle::Task(msg_task_id) => {
                self.client.call(&RecallNotice { agent_id: self.agent_id, msg_task_id }).await.map(drop)
            }
            Handle::Robot { group, key } => group::recall(self, group, key).await,
            Handle::People { key } => robot::recall(self, key).await,
            // The older operations have none.
            Handle::Chat { .. } => Err(Fault::ours("cannot_recall", "", Reason::error_code("cannot_recall"))),
        }
    }

    fn window(&self, handle: &CallHandle) -> Option<Duration> {
        match Handle::read(handle.as_str()) {
            // The older operations have none.
            Ok(Handle::Chat { .. }) => None,
            Ok(_) | Err(_) => self.capabilities.recall_for,
        }
    }
}

#[async_trait]
impl Uploads for DingTalkChannel {
    async fn upload(&self, form: Format, file: &File, now: Time) -> Result<Uploaded, Fault> {
        self.check_file(form, file).map_err(|unfit| refusal::unfit::<DingTalk>(&unfit))?;
        let wraps = self.zip_unlisted && form == Format::File;
        let request = UploadMedia { kind: form.name().into(), media: pack::file(file, wraps)?.into_owned() };
        Ok(Uploaded { id: self.client.call(&request).await?.media_id, until: now + FILE_LIFE })
    }
}

/// Who fared how, by the platform's lists.
fn read_result(result: &SendResult, targets: &[Target]) -> Vec<TargetResult> {
    let listed = |list: &[String], id: &str| list.iter().any(|other| other.eq_ignore_ascii_case(id));
    targets
        .iter()
        .filter_map(|target| {
            let id = &*target.wire_id();
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
                    Reason { code: "repeated".into(), message: row.code.clone() }
                } else {
                    Reason { code: row.code.clone(), message: format!("threshold {}", row.count) }
                };
                (RecipientState::Refused, Some(reason))
            } else if listed(&result.forbidden_user_id_list, id) {
                (
                    RecipientState::Refused,
                    Some(Reason { code: "143105".into(), message: "forbidden_user_id_list".into() }),
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
        let size = |content: &Content| body::message(content, "").to_string().len();
        let limit = SendNotice::SPEC.max_bytes("msg");
        let parts = render::parts(&content, "", &KIND, limit, size).unwrap();
        assert!(parts.len() > 1 && parts.iter().all(|part| size(part) <= limit.unwrap()));
        let second = body::message(&parts[1], "")["markdown"]["text"].as_str().unwrap().to_owned();
        assert!(second.starts_with(&format!("### 日终\n\n(2/{})\n\na ", parts.len())), "the header again: {second}");
        assert!(second.contains("在线 **离线**") && !second.contains("~~") && !second.contains("---"));
    }
}
