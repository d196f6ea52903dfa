//! The platforms' sends: read as the platform reads them, accepted into the outbox, answered as the platform answers.
//!
//! What is wrong as a whole is refused at once in the platform's code; everything else is the platform's to judge,
//! when the delivery is made a moment later.

use super::{Application, Doors, side::Side};
use crate::{accept, app::App, keys::Caller, routes::messages};
use hongyan_core::{
    Accepted, Address, AddressKind, Channel, Content, DeliveryRow, DeliveryState, LedgerRow, Message, MessageId,
    MessageRow, Priority, RecipientState,
};
use hongyan_dingtalk::{
    chat::SendToChat,
    notice::SendNotice,
    robot::{SendToGroup, SendToPeople},
};
use hongyan_endpoint::{Endpoint, Fault, Sealed, Spec, Wire, lenient};
use hongyan_wecom::{
    appchat::SendChat,
    message::{DUPLICATE_CHECK_MAX_SECONDS, MessageSent, SendMessage},
};
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::time::Instant;

/// Seconds in which WeCom swallows an identical request, when the request does not say.
const DUPLICATE_CHECK_SECONDS: i64 = 1_800;

/// Whether an operation is a send that goes through the outbox, and to which kind of recipient.
pub(super) fn is_send(side: Side, spec: &Spec) -> Option<AddressKind> {
    match (side, spec.name) {
        (_, "notice.send" | "message.send") => Some(AddressKind::Userid),
        (_, "chat.send" | "appchat.send") => Some(AddressKind::Chat),
        (Side::DingTalk, "robot.batch_send") => Some(AddressKind::Userid),
        (Side::DingTalk, "robot.group_send") => Some(AddressKind::Chat),
        _ => None,
    }
}

/// What a send asks for.
pub(super) struct Asked {
    pub(super) to: Vec<Address>,
    pub(super) native: Value,
}

/// Accepts a send, waits for its outcome and gives the platform's reply; `None` for one that is the platform's alone to
/// answer.
pub(super) async fn answer(
    app: &App,
    caller: &Caller,
    from: &Application,
    side: Side,
    spec: &'static Spec,
    call: &Wire,
) -> Option<Sealed> {
    let asked = match spec.name {
        "robot.batch_send" | "robot.group_send" => Ok(by_robot(from, spec, call)?),
        _ => read(&app.doors, from, side, spec, call),
    };
    Some(match asked {
        Ok(asked) => carry(app, caller, &from.account, &from.channel, side, spec, asked).await,
        Err(fault) => side.seal(spec, Err(&fault)),
    })
}

/// What the application's own robot is to say; `None` for another's, and for what the platform would refuse.
fn by_robot(from: &Application, spec: &Spec, call: &Wire) -> Option<Asked> {
    let own = |code: &str| from.robot_code.as_deref() == Some(code);
    let (to, key, param) = if spec.name == "robot.batch_send" {
        let request = SendToPeople::decode(call).ok().filter(|request| own(&request.robot_code))?;
        let most = SendToPeople::SPEC.max_items("userIds").unwrap_or(usize::MAX);
        if request.user_ids.is_empty() || request.user_ids.len() > most {
            return None;
        }
        let to = request.user_ids.into_iter().map(|id| Address::new(AddressKind::Userid, id)).collect();
        (to, request.msg_key, request.msg_param)
    } else {
        let request = SendToGroup::decode(call).ok().filter(|request| own(&request.robot_code))?;
        if request.cool_app_code.is_some()
            || request.token.is_some()
            || !request.open_conversation_id.starts_with("cid")
        {
            return None;
        }
        (vec![Address::new(AddressKind::Chat, request.open_conversation_id)], request.msg_key, request.msg_param)
    };
    let most = SendToGroup::SPEC.max_bytes("msgParam").unwrap_or(usize::MAX);
    let whole = serde_json::from_str::<Map<String, Value>>(&param).is_ok() && param.len() <= most;
    (whole && !key.is_empty()).then(|| Asked { to, native: json!({"msgKey": key, "msgParam": param}) })
}

/// As [`answer`], for a send that has been read.
pub(super) async fn carry(
    app: &App,
    caller: &Caller,
    account: &str,
    channel: &Arc<dyn Channel>,
    side: Side,
    spec: &'static Spec,
    asked: Asked,
) -> Sealed {
    match run(app, caller, account, channel, side, spec, asked).await {
        Ok((reply, members)) => {
            let sealed = match reply {
                Ok(reply) => side.seal(spec, Ok(reply)),
                Err(fault) => side.seal(spec, Err(&fault)),
            };
            with_members(sealed, members)
        }
        Err(fault) => side.seal(spec, Err(&fault)),
    }
}

/// The reply or the platform's refusal, and what stands beside a refusal.
type Answered = (Result<Value, Fault>, Map<String, Value>);

async fn run(
    app: &App,
    caller: &Caller,
    account: &str,
    channel: &Arc<dyn Channel>,
    side: Side,
    spec: &'static Spec,
    Asked { to, native }: Asked,
) -> Result<Answered, Fault> {
    let began = Instant::now();
    let message = Message {
        to,
        cc: Vec::new(),
        bcc: Vec::new(),
        reply_to: None,
        via: vec![account.to_owned()],
        route: None,
        content: Content { native: Some(native), ..Content::default() },
        send_at: None,
        expires_at: None,
        priority: Priority::default(),
        labels: BTreeMap::new(),
    };
    let now = app.clock.now();
    let draft = accept::draft(app, caller, message, now).await.map_err(|problem| side.unfit(spec, &problem))?;
    let id = app.ids.next(now);
    // Taken before the message is stored, so that no change is missed.
    let ticket = app.watch.waiting.enter(id);
    let message = draft.into_new(app, id, None).await.map_err(|problem| side.unfit(spec, &problem))?;
    let accepted = accept::commit(app, vec![message]).await.map_err(|problem| side.unfit(spec, &problem))?;
    if !matches!(accepted.first(), Some(Accepted::New(_))) {
        return Err(side.busy(spec));
    }
    app.watch.metrics.accepted(1, began.elapsed());
    let until = began + Duration::from_millis(app.config.official.wait_ms);
    // From here on the message is on disk: whatever fails now, the caller is told that it was taken.
    let row = messages::outcome(app, id, ticket, until).await.ok().flatten();
    let ledger = app.outbox.recipients(id).await.unwrap_or_default();
    match row.as_ref().and_then(|row| settled(channel, side, spec, row, &ledger)) {
        Some(answered) => Ok(answered),
        None => taken(app, side, spec, id, &ledger).await,
    }
}

/// The platform's own answer, once the one call has been made; `None` while nobody can say what it was.
fn settled(
    channel: &Arc<dyn Channel>,
    side: Side,
    spec: &'static Spec,
    row: &MessageRow,
    ledger: &[LedgerRow],
) -> Option<Answered> {
    let [delivery] = row.deliveries.as_slice() else { return None };
    match delivery.state {
        DeliveryState::Sent | DeliveryState::Recalled => {
            let handle = delivery.handles.last().map(String::as_str);
            let code = handle.and_then(|handle| channel.response_code(handle));
            let reply = reply(side, spec, handle.map(platform_id), ledger, code.unwrap_or_default())?;
            Some((Ok(reply), Map::new()))
        }
        DeliveryState::Failed => {
            let fault = refusal(side, spec, delivery)?;
            let members = match fault.code() {
                "81013" => lists(ledger),
                _ => Map::new(),
            };
            Some((Err(fault), members))
        }
        _ => None,
    }
}

/// What the platform said of the call that failed for good; `None` when no call was made.
fn refusal(side: Side, spec: &Spec, delivery: &DeliveryRow) -> Option<Fault> {
    let last = delivery.history.last()?;
    let platforms = !last.code.starts_with("net.") && last.class != "taken";
    Some(if platforms { side.refuse(&last.code, last.words.clone()) } else { side.busy(spec) })
}

/// The platform's own id in a handle: that of a chat's message is kept with the chat's.
pub(super) fn platform_id(handle: &str) -> &str {
    if let Some(key) = handle.strip_prefix("people:") {
        return key;
    }
    let of_chat = handle.strip_prefix("chat:").or_else(|| handle.strip_prefix("robot:"));
    of_chat.and_then(|rest| rest.split_once(':')).map_or(handle, |(_, id)| id)
}

/// The platform's reply; `None` when it needs an id and there is none.
fn reply(side: Side, spec: &Spec, handle: Option<&str>, ledger: &[LedgerRow], code: String) -> Option<Value> {
    match (side, spec.name) {
        (_, "webhook.send") => Some(json!({})),
        (Side::DingTalk, "notice.send") => Some(json!({"task_id": handle?.parse::<i64>().ok()?})),
        (Side::DingTalk, "robot.group_send") => Some(json!({"processQueryKey": handle?})),
        (Side::DingTalk, "robot.batch_send") => {
            let refused = |code: &str| -> Vec<&str> {
                let is = |row: &&LedgerRow| row.reason.as_ref().is_some_and(|reason| reason.code == code);
                ledger.iter().filter(is).map(|row| row.address.value.as_str()).collect()
            };
            let (invalid, flow, filtered) = (refused("invalid_recipient"), refused("143104"), refused("143105"));
            let mut reply = json!({"processQueryKey": handle?, "invalidStaffIdList": invalid,
                "flowControlledStaffIdList": flow});
            if !filtered.is_empty() {
                reply["filteredStaffIdList"] = json!(filtered);
            }
            Some(reply)
        }
        (Side::DingTalk, _) => Some(json!({"messageId": handle?})),
        (Side::WeCom, "message.send") => {
            let refused = Refused::of(ledger);
            let sent = MessageSent {
                invaliduser: refused.users,
                invalidparty: refused.departments,
                invalidtag: refused.tags,
                unlicenseduser: refused.unlicensed,
                msgid: handle?.to_owned(),
                response_code: code,
            };
            serde_json::to_value(sent).ok()
        }
        (Side::WeCom, _) => Some(json!({})),
    }
}

/// An accepted reply with an id of ours: the platform's has not come, or there is none.
async fn taken(
    app: &App,
    side: Side,
    spec: &'static Spec,
    id: MessageId,
    ledger: &[LedgerRow],
) -> Result<Answered, Fault> {
    let number = app.outbox.hand_out(id).await.map_err(|error| {
        tracing::error!(message = %id, %error, "no id could be handed out for an accepted message");
        side.busy(spec)
    })?;
    let handle =
        if (side, spec.name) == (Side::DingTalk, "notice.send") { number.to_string() } else { format!("hy{number}") };
    let reply = reply(side, spec, Some(&handle), ledger, String::new()).unwrap_or_default();
    Ok((Ok(reply), Map::new()))
}

/// Recipients that WeCom did not serve, by its lists.
#[derive(Default)]
struct Refused {
    users: Vec<String>,
    departments: Vec<String>,
    tags: Vec<String>,
    unlicensed: Vec<String>,
}

impl Refused {
    fn of(ledger: &[LedgerRow]) -> Self {
        let mut lists = Self::default();
        for row in ledger.iter().filter(|row| row.state == RecipientState::Refused) {
            let id = row.resolved.as_ref().unwrap_or(&row.address.value);
            match (row.address.kind, row.reason.as_ref().map(|reason| reason.code.as_str())) {
                // It had it already: the platform says nothing of it.
                (_, Some("repeated")) => {}
                (AddressKind::Department, _) => lists.departments.push(id.clone()),
                (AddressKind::Tag, _) => lists.tags.push(id.clone()),
                (_, Some("unlicensed")) => lists.unlicensed.push(id.clone()),
                // The platform gives user ids back in small letters.
                _ => lists.users.push(id.to_lowercase()),
            }
        }
        lists
    }
}

/// The lists that stand beside a refusal of everybody.
fn lists(ledger: &[LedgerRow]) -> Map<String, Value> {
    let Refused { users, departments, tags, unlicensed } = Refused::of(ledger);
    let lists =
        [("invaliduser", users), ("invalidparty", departments), ("invalidtag", tags), ("unlicenseduser", unlicensed)];
    lists
        .into_iter()
        .filter(|(_, list)| !list.is_empty())
        .map(|(name, list)| (name.to_owned(), json!(list.join("|"))))
        .collect()
}

fn with_members(mut sealed: Sealed, members: Map<String, Value>) -> Sealed {
    if !members.is_empty()
        && let Ok(Value::Object(mut body)) = serde_json::from_slice(&sealed.body)
    {
        body.extend(members);
        sealed.body = Value::Object(body).to_string().into_bytes();
    }
    sealed
}

fn read(doors: &Doors, from: &Application, side: Side, spec: &'static Spec, call: &Wire) -> Result<Asked, Fault> {
    let unreadable = |invalid: hongyan_endpoint::Invalid| side.unreadable(spec, &invalid.to_string());
    let unfit =
        |unfit: hongyan_wecom::content::Unfit| side.refuse(unfit.code, format!("{}: {}", unfit.field, unfit.message));
    match (side, spec.name) {
        (Side::DingTalk, "notice.send") => notice(from, side, SendNotice::decode(call).map_err(unreadable)?),
        (Side::DingTalk, _) => {
            let request = SendToChat::decode(call).map_err(unreadable)?;
            let chatid = Some(request.chatid).filter(|id| !id.trim().is_empty());
            let chatid = chatid.ok_or_else(|| side.refuse("34001", "无效的会话id"))?;
            // The oldest form has the message's members beside the chat's id.
            let said = match request.msg {
                Value::Null if request.rest.contains_key("msgtype") => Value::Object(request.rest),
                said => said,
            };
            Ok(Asked { to: vec![Address::new(AddressKind::Chat, chatid)], native: msg(side, said)? })
        }
        (Side::WeCom, "message.send") => {
            let request = SendMessage::decode(call).map_err(unreadable)?;
            app_message(doors, from, side, &request)?;
            request.check().map_err(unfit)?;
            let to = [
                (AddressKind::Userid, &request.touser),
                (AddressKind::Department, &request.toparty),
                (AddressKind::Tag, &request.totag),
            ];
            let to = if request.touser.trim() == "@all" {
                vec![Address::new(AddressKind::All, "")]
            } else {
                to.into_iter().flat_map(|(kind, list)| split(list, '|').map(move |id| Address::new(kind, id))).collect()
            };
            let mut native = request.content;
            native.insert("msgtype".into(), request.msgtype.into());
            // As the caller wants it, and not as an account's other messages have it.
            let check = request.enable_duplicate_check == Some(1);
            native.insert("enable_duplicate_check".into(), i64::from(check).into());
            if check {
                let seconds = request.duplicate_check_interval.unwrap_or(DUPLICATE_CHECK_SECONDS);
                native.insert("duplicate_check_interval".into(), seconds.into());
            }
            Ok(Asked { to, native: Value::Object(native) })
        }
        (Side::WeCom, _) => {
            let request = SendChat::decode(call).map_err(unreadable)?;
            request.check().map_err(unfit)?;
            let mut native = request.content;
            native.insert("msgtype".into(), request.msgtype.into());
            native.extend(request.safe.map(|safe| ("safe".to_owned(), safe.into())));
            let to = vec![Address::new(AddressKind::Chat, request.chatid)];
            Ok(Asked { to, native: Value::Object(native) })
        }
    }
}

/// What WeCom asks first: the duplicate check's interval, and whose application this is.
fn app_message(doors: &Doors, from: &Application, side: Side, request: &SendMessage) -> Result<(), Fault> {
    if let Some(interval) = request.duplicate_check_interval
        && !(0..=i64::from(DUPLICATE_CHECK_MAX_SECONDS)).contains(&interval)
    {
        return Err(side.refuse("40058", "duplicate_check_interval, invalid Request Parameter"));
    }
    let sibling = |one: &Application| (one.side, &one.id, one.agent_id) == (side, &from.id, request.agentid);
    match request.agentid {
        id if id == from.agent_id => Ok(()),
        0 => Err(side.refuse("41011", "agentid missing")),
        _ if doors.applications.iter().any(sibling) => {
            Err(side.refuse("301002", "not allow operate another agent with this accesstoken"))
        }
        _ => Err(side.refuse("40056", "invalid agentid")),
    }
}

/// A work notification: the platform's checks that come before the message is stored.
fn notice(from: &Application, side: Side, request: SendNotice) -> Result<Asked, Fault> {
    if request.agent_id != from.agent_id {
        return Err(side.refuse("40056", "不合法的agentid"));
    }
    let ids = |list: &Option<String>| -> Vec<String> {
        split(list.as_deref().unwrap_or_default(), ',').map(str::to_owned).collect()
    };
    let (users, departments) = (ids(&request.userid_list), ids(&request.dept_id_list));
    let everybody = request.to_all_user == Some(true);
    if request.dept_id_list.is_some() && departments.is_empty() {
        return Err(side.refuse("400002", "参数错误: dept_id_list 不能为空"));
    }
    if users.is_empty() && departments.is_empty() && !everybody {
        return Err(side.refuse("400002", "参数错误: userid_list、dept_id_list、to_all_user 不能同时为空"));
    }
    let over = |field: &str, count: usize| SendNotice::SPEC.max_items(field).is_some_and(|max| count > max);
    if over("userid_list", users.len()) {
        return Err(side.refuse("40032", "不合法的userid列表长度"));
    }
    if over("dept_id_list", departments.len()) {
        return Err(side.refuse("40066", "不合法的部门列表: 超过长度限制"));
    }
    if let Some(wrong) = departments.iter().find(|id| id.parse::<i64>().is_err()) {
        return Err(side.refuse("40066", format!("不合法的部门列表: {wrong}")));
    }
    let to = if everybody {
        vec![Address::new(AddressKind::All, "")]
    } else {
        let users = users.into_iter().map(|id| Address::new(AddressKind::Userid, id));
        users.chain(departments.into_iter().map(|id| Address::new(AddressKind::Department, id))).collect()
    };
    Ok(Asked { to, native: msg(side, request.msg)? })
}

/// A DingTalk message object, or a text that is one: form posts and some clients send it so.
fn msg(side: Side, msg: Value) -> Result<Value, Fault> {
    let incomplete = |what: &str| side.refuse("34014", format!("消息JSON不完整{what}"));
    let msg = match msg {
        Value::String(text) => serde_json::from_str(&text).map_err(|_| incomplete(""))?,
        other => other,
    };
    let Value::Object(members) = &msg else { return Err(incomplete("")) };
    let kind = members.get("msgtype").cloned().and_then(|kind| lenient::text(kind).ok()).unwrap_or_default();
    if kind.is_empty() {
        return Err(side.refuse("40008", "不合法的消息类型"));
    }
    let Some(Value::Object(content)) = members.get(&kind) else { return Err(incomplete(&format!(": {kind}"))) };
    if kind == "text" && content.get("content").is_none_or(|words| words.as_str().is_some_and(str::is_empty)) {
        return Err(side.refuse("44004", "文本消息内容为空"));
    }
    let size = msg.to_string().len();
    match SendNotice::SPEC.max_bytes("msg") {
        Some(max) if size > max => Err(side.refuse("45002", format!("消息内容大小超过限制: {size} > {max}"))),
        _ => Ok(msg),
    }
}

fn split(list: &str, by: char) -> impl Iterator<Item = &str> {
    list.split(by).map(str::trim).filter(|id| !id.is_empty())
}
