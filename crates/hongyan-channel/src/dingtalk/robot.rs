//! What the application's robot says in its own kinds of message, given as `native` with `msgKey` and `msgParam`: to
//! people one by one, or in a group with an `openConversationId`. How every other content becomes one of these kinds
//! in a group is [`super::body`]'s.

use super::{
    application::DingTalkChannel,
    body,
    group::is_conversation,
    robot_message::{RobotMessage, message_of},
};
use crate::{refusal, target};
use hongyan_core::{
    Address, AddressKind, Bilingual, Content, Flaw, Outcome, Reason, ReceiptReport, RecipientState, Target,
    TargetResult, Unfit, bilingual,
};
use hongyan_dingtalk::{
    DingTalk,
    robot::{GetReadStatus, RecallFromPeople, SendToPeople},
};
use hongyan_endpoint::{Endpoint, Fault};

/// What stands against a content for these recipients.
pub(super) fn check_for(content: &Content, to: &[Address]) -> Result<(), Unfit> {
    let unfit = |why: Bilingual| Unfit::new(crate::render::form(content), Flaw::Unfit(why));
    if let Some(chat) = to.iter().find(|address| address.kind == AddressKind::Chat) {
        if is_conversation(&chat.value) {
            // Ids of files are as in [`body::check`].
            return body::robot_message(content, &"@".repeat(64), false).map(drop);
        }
        return match message_of(content) {
            None => Ok(()),
            Some(_) => Err(unfit(Bilingual::fixed(
                "is a robot's message, and a chatid is not the robot's: name the cid…",
                "是机器人消息，而 chatid 不属于机器人：请写 cid…",
            ))),
        };
    }
    if message_of(content).is_none() {
        return Ok(());
    }
    if !to.iter().all(|address| matches!(address.kind, AddressKind::Userid | AddressKind::Mobile)) {
        return Err(unfit(Bilingual::fixed(
            "is a robot's message: it goes to people and group chats only",
            "是机器人消息：只能发给个人和群聊",
        )));
    }
    match SendToPeople::SPEC.max_items("userIds").filter(|max| to.len() > *max) {
        Some(max) => Err(unfit(bilingual!(
            "is a robot's message: it goes to at most {max} people";
            "是机器人消息：最多发给 {max} 人"
        ))),
        None => Ok(()),
    }
}

/// Sends to people, one by one.
pub(super) async fn send(channel: &DingTalkChannel, said: &RobotMessage<'_>, targets: &[Target]) -> Outcome {
    let request = SendToPeople {
        robot_code: channel.robot_code.clone(),
        user_ids: targets.iter().map(|target| target.wire_id().into_owned()).collect(),
        msg_key: said.msg_key.to_owned(),
        msg_param: said.msg_param.to_owned(),
    };
    let sent = match channel.client.call(&request).await {
        Ok(sent) => sent,
        Err(fault) => return Outcome::failed(fault),
    };
    let lists = [
        (&sent.invalid_staff_id_list, Reason::ours("invalid_recipient")),
        (&sent.flow_controlled_staff_id_list, Reason { code: "143104".into(), message: FLOW_CONTROLLED.into() }),
        (&sent.filtered_staff_id_list, Reason { code: "143105".into(), message: "filteredStaffIdList".into() }),
    ];
    let exceptions = targets.iter().filter_map(|target| {
        let listed =
            |(list, _): &&(&Vec<String>, Reason)| list.iter().any(|id| id.eq_ignore_ascii_case(&target.wire_id()));
        let (_, reason) = lists.iter().find(listed)?;
        Some(TargetResult { index: target.index, state: RecipientState::Refused, reason: Some(reason.clone()) })
    });
    let handle = Some(sent.process_query_key.as_str()).filter(|key| !key.is_empty());
    Outcome::Taken { handle: handle.map(|key| format!("people:{key}").into()), exceptions: exceptions.collect() }
}

/// The list of those who were sent too much.
const FLOW_CONTROLLED: &str = "flowControlledStaffIdList";

/// Who has read it.
pub(super) async fn receipts(channel: &DingTalkChannel, key: &str, targets: &[Target]) -> Result<ReceiptReport, Fault> {
    let (robot_code, process_query_key) = (channel.robot_code.clone(), key.to_owned());
    let status = channel.client.call(&GetReadStatus { robot_code, process_query_key }).await?;
    let of = |target: &Target| {
        let rows = &status.message_read_info_list;
        let row = rows.iter().find(|row| row.user_id.eq_ignore_ascii_case(&target.wire_id()))?;
        let state = if row.read_status == "READ" { RecipientState::Read } else { RecipientState::Unread };
        Some(TargetResult { index: target.index, state, reason: None })
    };
    let people = targets.iter().filter(|target| target::is_person(target.address.kind));
    Ok(ReceiptReport { results: people.filter_map(of).collect(), finished: status.send_status != "PROCESSING" })
}

/// Takes it back.
pub(super) async fn recall(channel: &DingTalkChannel, key: &str) -> Result<(), Fault> {
    let (robot_code, process_query_keys) = (channel.robot_code.clone(), vec![key.to_owned()]);
    let recalled = channel.client.call(&RecallFromPeople { robot_code, process_query_keys }).await?;
    match recalled.failed_result.into_iter().next() {
        None => Ok(()),
        Some((_, code)) => Err(refusal::refused::<DingTalk>(&code, "failedResult")),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::group::Handle, *};
    use serde_json::json;

    fn native(native: serde_json::Value) -> Content {
        Content { native: Some(native), ..Content::default() }
    }

    #[test]
    fn a_robots_message_goes_to_people_and_conversations_only() {
        let content = native(json!({"msgKey": "sampleText", "msgParam": "{\"content\":\"a\"}"}));
        message_of(&content).unwrap().check().unwrap();
        let to = |kind, value: &str| check_for(&content, &[Address::new(kind, value)]);
        assert!(to(AddressKind::Userid, "li").is_ok() && to(AddressKind::Chat, "cid1").is_ok());
        assert!(to(AddressKind::Department, "1").is_err() && to(AddressKind::Chat, "chat1").is_err());
        let many: Vec<Address> = (0..21).map(|n| Address::new(AddressKind::Userid, n.to_string())).collect();
        assert!(check_for(&content, &many).unwrap_err().text().en.contains("at most 20"));
        for wrong in [json!({"msgKey": "a", "msgParam": "[]"}), json!({"msgKey": "a", "msgParam": "{}", "x": 1})] {
            assert!(message_of(&native(wrong)).unwrap().check().is_err());
        }
        assert!(message_of(&native(json!({"msgtype": "text"}))).is_none());
        assert_eq!(Handle::read("people:k:1").unwrap(), Handle::People { key: "k:1" });
    }
}
