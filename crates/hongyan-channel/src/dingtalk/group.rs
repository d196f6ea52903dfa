//! Messages to group chats: by the older `chatid`, in the company's name; by `openConversationId`, through the
//! application's robot. Which call it was is kept in the handle.

use super::{application::DingTalkChannel, body};
use crate::refusal;
use hongyan_core::{Call, CallFile, Outcome, Reason, ReceiptReport, RecipientState, Target, TargetResult};
use hongyan_dingtalk::{
    chat::{GetChat, GetReadList, SendToChat},
    robot::{GetGroupReaders, RecallFromGroup, SendToGroup},
};
use hongyan_endpoint::Fault;

/// What a handle names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Handle<'a> {
    /// A work notification's task.
    Task(i64),
    /// A message to a `chatid`.
    Chat {
        /// The group.
        group: &'a str,
        /// The message.
        message: &'a str,
    },
    /// A robot's message to an `openConversationId`.
    Robot {
        /// The group.
        group: &'a str,
        /// The send's key.
        key: &'a str,
    },
    /// A robot's message to people.
    People {
        /// The send's key.
        key: &'a str,
    },
}

impl<'a> Handle<'a> {
    /// Reads what [`send`] or a notice's delivery wrote.
    pub(super) fn read(handle: &'a str) -> Result<Self, Fault> {
        // Ids of groups are letters and digits, or base64: they hold no colon.
        if let Some((group, message)) = handle.strip_prefix("chat:").and_then(|rest| rest.split_once(':')) {
            return Ok(Self::Chat { group, message });
        }
        if let Some((group, key)) = handle.strip_prefix("robot:").and_then(|rest| rest.split_once(':')) {
            return Ok(Self::Robot { group, key });
        }
        if let Some(key) = handle.strip_prefix("people:") {
            return Ok(Self::People { key });
        }
        handle.parse().map(Self::Task).map_err(|_| refusal::invalid("the task id that was kept is not a number"))
    }
}

/// Whether an id is an `openConversationId`.
pub(super) fn is_conversation(id: &str) -> bool {
    id.starts_with("cid")
}

/// The most pages that are read of one list.
const MOST_PAGES: usize = 1_000;
/// Readers of one page, to a `chatid`.
const CHAT_PAGE: i64 = 100;
/// Codes for parameters that are wrong, such as a page larger than the group.
const PAGE_TOO_LARGE: [&str; 3] = ["40035", "40068", "40069"];
/// Readers of one page, of a robot's message.
const ROBOT_PAGE: i64 = 200;

/// Sends to one group chat.
pub(super) async fn send(channel: &DingTalkChannel, call: &Call<'_>, chat: &Target) -> Outcome {
    let id = &*chat.wire_id();
    let media_id = match call.file {
        Some(CallFile::Id(id)) => id,
        _ => "",
    };
    if !is_conversation(id) {
        let request =
            SendToChat { chatid: id.to_owned(), msg: body::message(call.content, media_id), ..SendToChat::default() };
        return match channel.client.call(&request).await {
            Ok(sent) => taken((!sent.message_id.is_empty()).then(|| format!("chat:{id}:{}", sent.message_id))),
            Err(fault) => Outcome::failed(fault),
        };
    }
    let (msg_key, msg_param) = match body::robot_message(call.content, media_id, channel.zip_unlisted) {
        Ok(message) => message,
        Err(unfit) => return Outcome::failed(refusal::invalid(unfit.text().to_string())),
    };
    let request = SendToGroup {
        robot_code: channel.robot_code.clone(),
        open_conversation_id: id.to_owned(),
        msg_key,
        msg_param,
        ..SendToGroup::default()
    };
    match channel.client.call(&request).await {
        Ok(sent) => {
            taken((!sent.process_query_key.is_empty()).then(|| format!("robot:{id}:{}", sent.process_query_key)))
        }
        Err(fault) => Outcome::failed(fault),
    }
}

fn taken(handle: Option<String>) -> Outcome {
    Outcome::Taken { handle: handle.map(Into::into), exceptions: Vec::new() }
}

/// The user ids of those who have read a message, page by page.
pub(super) async fn readers(channel: &DingTalkChannel, handle: Handle<'_>) -> Result<Vec<String>, Fault> {
    let mut readers = Vec::new();
    match handle {
        Handle::Task(_) | Handle::People { .. } => {
            return Err(Fault::ours("no_read_list", "", Reason::error_code("no_read_list")));
        }
        Handle::Chat { group, message } => {
            let (mut cursor, mut size) = (0, CHAT_PAGE);
            for _ in 0..MOST_PAGES {
                let request = GetReadList { message_id: message.to_owned(), cursor, size };
                let page = match channel.client.call(&request).await {
                    // A page must not be larger than the group.
                    Err(fault) if size == CHAT_PAGE && PAGE_TOO_LARGE.contains(&fault.code()) => {
                        let chat = channel.client.call(&GetChat { chatid: group.to_owned() }).await?.chat_info;
                        size = i64::try_from(chat.useridlist.len()).unwrap_or(CHAT_PAGE).clamp(1, CHAT_PAGE - 1);
                        channel.client.call(&GetReadList { size, ..request }).await?
                    }
                    answer => answer?,
                };
                readers.extend(page.read_user_id_list);
                match page.next_cursor {
                    Some(next) if next != cursor => cursor = next,
                    _ => break,
                }
            }
        }
        Handle::Robot { group, key } => {
            let mut next_token = None;
            for _ in 0..MOST_PAGES {
                let request = GetGroupReaders {
                    process_query_key: key.to_owned(),
                    open_conversation_id: Some(group.to_owned()),
                    robot_code: Some(channel.robot_code.clone()),
                    max_results: Some(ROBOT_PAGE),
                    next_token: next_token.clone(),
                };
                let page = channel.client.call(&request).await?;
                readers.extend(page.read_user_ids);
                match page
                    .next_token
                    .filter(|next| page.has_more && !next.is_empty() && next_token.as_ref() != Some(next))
                {
                    Some(next) => next_token = Some(next),
                    None => break,
                }
            }
        }
    }
    readers.sort_unstable();
    readers.dedup();
    Ok(readers)
}

/// A chat is read once somebody has read it; who, is asked for by [`readers`].
pub(super) async fn receipts(
    channel: &DingTalkChannel,
    handle: Handle<'_>,
    targets: &[Target],
) -> Result<ReceiptReport, Fault> {
    let read = !readers(channel, handle).await?.is_empty();
    let state = if read { RecipientState::Read } else { RecipientState::Unread };
    let results = targets.iter().map(|target| TargetResult { index: target.index, state, reason: None }).collect();
    Ok(ReceiptReport { results, finished: true })
}

/// Takes a robot's message back.
pub(super) async fn recall(channel: &DingTalkChannel, group: &str, key: &str) -> Result<(), Fault> {
    let request = RecallFromGroup {
        robot_code: channel.robot_code.clone(),
        open_conversation_id: group.to_owned(),
        process_query_keys: vec![key.to_owned()],
    };
    let recalled = channel.client.call(&request).await?;
    match recalled.failed_result.into_iter().next() {
        None => Ok(()),
        Some((_, code)) => Err(refusal::refused::<hongyan_dingtalk::DingTalk>(&code, "failedResult")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_says_which_call_it_is_of() {
        assert_eq!(Handle::read("256271667526").unwrap(), Handle::Task(256_271_667_526));
        assert_eq!(
            Handle::read("chat:chat1:msg6XM/A==").unwrap(),
            Handle::Chat { group: "chat1", message: "msg6XM/A==" }
        );
        let robot = Handle::Robot { group: "cid6+A/B==", key: "zcx:1" };
        assert_eq!(Handle::read("robot:cid6+A/B==:zcx:1").unwrap(), robot);
        assert_eq!(Handle::read("smoke").unwrap_err().code(), "request.invalid");
    }
}
