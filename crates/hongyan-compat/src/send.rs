//! The platforms' sends: read as the platform reads them, accepted into the outbox, answered as the platform answers.
//!
//! Nothing is refused, cut or split here. What the platform takes, or may take, goes through the outbox as it came
//! ([`Content::given`]); what it is known to refuse, and what cannot be read, is passed on as it is, so that the
//! refusal is the platform's own and leaves no dead letter.

use crate::{application::Application, platform::PlatformKind, services::Services};
use hongyan_api::Problem;
use hongyan_core::{
    Accepted, Address, AddressKind, Channel, Content, DeliveryRow, DeliveryState, LedgerRow, Message, MessageId,
    MessageRow, Priority, RecipientState, number,
};
use hongyan_dingtalk::{
    chat::SendToChat,
    content as dingtalk,
    notice::SendNotice,
    robot::{SendToGroup, SendToPeople},
};
use hongyan_endpoint::{Endpoint, Fault, Origin, Reach, Refusal, Role, Sealed, Spec, Unfit, Wire};
use hongyan_intake::{Caller, WaitsFor};
use hongyan_wecom::{
    appchat::SendChat,
    content::{Place, may_be_taken},
    message::{DUPLICATE_CHECK_SECONDS, MessageSent, SendMessage},
};
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, sync::Arc};
use tokio::time::Instant;

/// Whether an operation is a send that goes through the outbox, and to which kind of recipient.
pub(crate) fn is_send(spec: &Spec) -> Option<AddressKind> {
    match spec.role {
        Role::Send(Reach::People | Reach::RobotToPeople) => Some(AddressKind::Userid),
        Role::Send(Reach::Chat | Reach::RobotToChat) => Some(AddressKind::Chat),
        _ => None,
    }
}

/// What a send asks for.
pub(crate) struct SendRequest {
    pub(crate) to: Vec<Address>,
    pub(crate) native: Value,
    /// What the request said beside the message.
    pub(crate) beside: Map<String, Value>,
}

/// Accepts a send, waits for its outcome and gives the platform's reply; `None` for one that is the platform's alone to
/// answer.
pub(crate) async fn answer(
    services: &Services,
    caller: &Caller,
    from: &Application,
    platform: PlatformKind,
    spec: &'static Spec,
    call: &Wire,
) -> Option<Sealed> {
    // An array would be read by position: what its members mean is the platform's to say.
    if call.body.trim_ascii_start().first() != Some(&b'{') || !keeps_numbers(&call.body) {
        return None;
    }
    let request = match spec.role {
        Role::Send(Reach::RobotToPeople | Reach::RobotToChat) => by_robot(from, spec, call)?,
        _ => read(from, platform, spec, call)?,
    };
    Some(accept(services, caller, &from.account, &from.channel, platform, spec, request).await)
}

/// Whether a text of JSON is kept as it came: what is sent is kept as values, and a whole number that 64 bits cannot
/// hold would arrive rounded.
pub(crate) fn keeps_numbers(json: &[u8]) -> bool {
    !number::inexact(json).into_iter().any(|one| one.integer)
}

/// What the application's own robot is to say; `None` for another's, and for what the platform would refuse.
fn by_robot(from: &Application, spec: &Spec, call: &Wire) -> Option<SendRequest> {
    let own = |code: &str| from.robot_code.as_deref() == Some(code);
    let (to, key, param) = if spec.role == Role::Send(Reach::RobotToPeople) {
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
    let is_object = serde_json::from_str::<Map<String, Value>>(&param).is_ok() && param.len() <= most;
    let native = json!({"msgKey": key, "msgParam": param});
    (is_object && !key.is_empty()).then_some(SendRequest { to, native, beside: Map::new() })
}

/// As [`answer`], for a send that has been read.
pub(crate) async fn accept(
    services: &Services,
    caller: &Caller,
    account: &str,
    channel: &Arc<dyn Channel>,
    platform: PlatformKind,
    spec: &'static Spec,
    request: SendRequest,
) -> Sealed {
    match run(services, caller, account, channel, platform, spec, request).await {
        Ok((reply, members)) => {
            let sealed = match reply {
                Ok(reply) => platform.seal(spec, Ok(reply)),
                Err(fault) => platform.seal(spec, Err(&fault)),
            };
            with_members(sealed, members)
        }
        Err(fault) => platform.seal(spec, Err(&fault)),
    }
}

/// The reply or the platform's refusal, and what stands beside a refusal.
type Answered = (Result<Value, Fault>, Map<String, Value>);

async fn run(
    services: &Services,
    caller: &Caller,
    account: &str,
    channel: &Arc<dyn Channel>,
    platform: PlatformKind,
    spec: &'static Spec,
    SendRequest { to, native, beside }: SendRequest,
) -> Result<Answered, Fault> {
    let began = Instant::now();
    let message = Message {
        to,
        cc: Vec::new(),
        bcc: Vec::new(),
        reply_to: None,
        via: vec![account.to_owned()],
        route: None,
        content: Content { native: Some(native), given: Some(beside), ..Content::default() },
        send_at: None,
        expires_at: None,
        priority: Priority::default(),
        labels: BTreeMap::new(),
    };
    let refused = |problem: Problem| platform.of_problem(spec, &problem);
    let Services { intake, .. } = services;
    let now = services.clock.now();
    let checked = intake.check_given(caller, message, now).await.map_err(refused)?;
    let id = intake.ids.next(now);
    // Taken before the message is stored, so that no change is missed.
    let ticket = services.waiting.enter(id, WaitsFor::Calls);
    let message = intake.ready(checked, id, None).await.map_err(refused)?;
    let accepted = intake.store(vec![message]).await.map_err(refused)?;
    if !matches!(accepted.first(), Some(Accepted::New(_))) {
        return Err(platform.refuse(spec, Refusal::Busy));
    }
    intake.count(1, began.elapsed());
    // From here on the message is on disk: whatever fails now, the caller is told that it was taken.
    let row = ticket.calls_made(&*services.store, began + services.wait).await.ok().flatten();
    let ledger = services.store.recipients(id).await.unwrap_or_default();
    match row.as_ref().and_then(|row| settled(channel, platform, spec, row, &ledger)) {
        Some(answered) => Ok(answered),
        None => issued_reply(services, platform, spec, id, &ledger).await,
    }
}

/// The platform's own answer, once the one call has been made; `None` while nobody can say what it was.
fn settled(
    channel: &Arc<dyn Channel>,
    platform: PlatformKind,
    spec: &'static Spec,
    row: &MessageRow,
    ledger: &[LedgerRow],
) -> Option<Answered> {
    let [delivery] = row.deliveries.as_slice() else { return None };
    match delivery.state {
        DeliveryState::Sent | DeliveryState::Recalled => {
            let handle = delivery.handles.last();
            let code = handle.and_then(|handle| channel.response_code(handle));
            let reply = reply(
                platform,
                spec,
                handle.map(|handle| platform_id(handle.as_str())),
                ledger,
                code.unwrap_or_default(),
            )?;
            Some((Ok(reply), Map::new()))
        }
        DeliveryState::Failed => {
            let fault = refusal(platform, spec, delivery)?;
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
fn refusal(platform: PlatformKind, spec: &Spec, delivery: &DeliveryRow) -> Option<Fault> {
    let last = delivery.history.last()?;
    let platforms = Origin::of(&last.code) == Origin::Platform && last.class != "taken";
    Some(if platforms {
        platform.refused(&last.code, last.message.clone())
    } else {
        platform.refuse(spec, Refusal::Busy)
    })
}

/// The platform's own id in a handle: that of a chat's message is kept with the chat's.
pub(crate) fn platform_id(handle: &str) -> &str {
    if let Some(key) = handle.strip_prefix("people:") {
        return key;
    }
    let of_chat = handle.strip_prefix("chat:").or_else(|| handle.strip_prefix("robot:"));
    of_chat.and_then(|rest| rest.split_once(':')).map_or(handle, |(_, id)| id)
}

/// The platform's reply; `None` when it needs an id and there is none.
fn reply(
    platform: PlatformKind,
    spec: &Spec,
    handle: Option<&str>,
    ledger: &[LedgerRow],
    code: String,
) -> Option<Value> {
    match (platform, spec.role) {
        (_, Role::Send(Reach::Webhook)) => Some(json!({})),
        (PlatformKind::DingTalk, Role::Send(Reach::People)) => Some(json!({"task_id": handle?.parse::<i64>().ok()?})),
        (PlatformKind::DingTalk, Role::Send(Reach::RobotToChat)) => Some(json!({"processQueryKey": handle?})),
        (PlatformKind::DingTalk, Role::Send(Reach::RobotToPeople)) => {
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
        (PlatformKind::DingTalk, _) => Some(json!({"messageId": handle?})),
        (PlatformKind::WeCom, Role::Send(Reach::People)) => {
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
        (PlatformKind::WeCom, _) => Some(json!({})),
    }
}

/// An accepted reply with an id of ours: the platform's has not come, or there is none.
async fn issued_reply(
    services: &Services,
    platform: PlatformKind,
    spec: &'static Spec,
    id: MessageId,
    ledger: &[LedgerRow],
) -> Result<Answered, Fault> {
    let number = services.store.issue(id).await.map_err(|error| {
        tracing::error!(%id, %error, "no id could be handed out for an accepted message");
        platform.refuse(spec, Refusal::Busy)
    })?;
    let handle = if (platform, spec.role) == (PlatformKind::DingTalk, Role::Send(Reach::People)) {
        number.to_string()
    } else {
        format!("hy{number}")
    };
    let reply = reply(platform, spec, Some(&handle), ledger, String::new()).unwrap_or_default();
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

/// What a send asks for; `None` where the platform's answer is a refusal, or cannot be foreseen.
fn read(from: &Application, platform: PlatformKind, spec: &'static Spec, call: &Wire) -> Option<SendRequest> {
    match (platform, spec.role) {
        (PlatformKind::DingTalk, Role::Send(Reach::People)) => notice(from, SendNotice::decode(call).ok()?),
        (PlatformKind::DingTalk, _) => {
            let request = SendToChat::decode(call).ok()?;
            // An `openConversationId` is none of this operation's ids.
            if request.chatid.trim().is_empty() || request.chatid.starts_with("cid") {
                return None;
            }
            // The oldest form has the message's members beside the chat's id.
            let (said, beside) = match request.msg {
                Value::Null if request.rest.contains_key("msgtype") => (Value::Object(request.rest), Map::new()),
                said => (said, request.rest),
            };
            let to = vec![Address::new(AddressKind::Chat, request.chatid)];
            Some(SendRequest { to, native: msg(said)?, beside })
        }
        (PlatformKind::WeCom, Role::Send(Reach::People)) => app_message(from, SendMessage::decode(call).ok()?),
        (PlatformKind::WeCom, _) => {
            let request = SendChat::decode(call).ok()?;
            admissible(Place::Chat, &request.msgtype, &request.content, request.check())?;
            let mut native = request.content;
            native.insert("msgtype".into(), request.msgtype.into());
            native.extend(request.safe.map(|safe| ("safe".to_owned(), safe.into())));
            let to = vec![Address::new(AddressKind::Chat, request.chatid)];
            Some(SendRequest { to, native: Value::Object(native), beside: Map::new() })
        }
    }
}

/// `None` for what WeCom refuses. Where its documents and its answers do not agree, the platform decides.
pub(crate) fn admissible(
    place: Place,
    msgtype: &str,
    content: &Map<String, Value>,
    checked: Result<(), Unfit>,
) -> Option<()> {
    match checked {
        Ok(()) => Some(()),
        Err(unfit) => may_be_taken(place, msgtype, content, &unfit).then_some(()),
    }
}

/// A message of the application.
fn app_message(from: &Application, request: SendMessage) -> Option<SendRequest> {
    let (default, most) = DUPLICATE_CHECK_SECONDS;
    let window = 0..=i64::from(most);
    if request.duplicate_check_interval.is_some_and(|interval| !window.contains(&interval)) {
        return None;
    }
    // A mini-program notice names its sender by the mini-program.
    let nameless = request.agentid == 0 && request.msgtype == "miniprogram_notice";
    if request.agentid != from.agent_id && !nameless {
        return None;
    }
    admissible(Place::App, &request.msgtype, &request.content, request.check())?;
    let to = if request.touser.trim() == EVERYBODY {
        vec![Address::new(AddressKind::All, "")]
    } else {
        let lists = [
            (AddressKind::Userid, &request.touser),
            (AddressKind::Department, &request.toparty),
            (AddressKind::Tag, &request.totag),
        ];
        let to: Vec<Address> =
            lists.into_iter().flat_map(|(kind, list)| split(list, '|').map(move |id| Address::new(kind, id))).collect();
        // Everybody beside single people: what that means is not written anywhere.
        if to.iter().any(|one| one.kind == AddressKind::Userid && one.value.eq_ignore_ascii_case(EVERYBODY)) {
            return None;
        }
        to
    };
    let mut native = request.content;
    native.insert("msgtype".into(), request.msgtype.into());
    // As the caller wants it, and not as an account's other messages have it.
    let check = request.enable_duplicate_check == Some(1);
    native.insert("enable_duplicate_check".into(), i64::from(check).into());
    if check {
        let seconds = request.duplicate_check_interval.unwrap_or(i64::from(default));
        native.insert("duplicate_check_interval".into(), seconds.into());
    }
    Some(SendRequest { to, native: Value::Object(native), beside: Map::new() })
}

/// A work notification.
fn notice(from: &Application, request: SendNotice) -> Option<SendRequest> {
    if request.agent_id != from.agent_id {
        return None;
    }
    let ids = |list: &Option<String>| -> Vec<String> {
        split(list.as_deref().unwrap_or_default(), ',').map(str::to_owned).collect()
    };
    let (users, departments) = (ids(&request.userid_list), ids(&request.dept_id_list));
    let everybody = request.to_all_user == Some(true);
    let over = |field: &str, count: usize| SendNotice::SPEC.max_items(field).is_some_and(|max| count > max);
    if (request.dept_id_list.is_some() && departments.is_empty())
        || (users.is_empty() && departments.is_empty() && !everybody)
        || over("userid_list", users.len())
        || over("dept_id_list", departments.len())
        || departments.iter().any(|id| id.parse::<i64>().is_err())
    {
        return None;
    }
    let to = if everybody {
        vec![Address::new(AddressKind::All, "")]
    } else {
        let users = users.into_iter().map(|id| Address::new(AddressKind::Userid, id));
        users.chain(departments.into_iter().map(|id| Address::new(AddressKind::Department, id))).collect()
    };
    Some(SendRequest { to, native: msg(request.msg)?, beside: request.rest })
}

/// A DingTalk message object, or a text that is one: form posts and some clients send it so. `None` for what the
/// platform refuses.
fn msg(msg: Value) -> Option<Value> {
    let msg = match msg {
        Value::String(text) if keeps_numbers(text.as_bytes()) => serde_json::from_str(&text).ok()?,
        other => other,
    };
    dingtalk::check(msg.as_object()?).ok()?;
    Some(msg)
}

/// How WeCom spells everybody.
const EVERYBODY: &str = "@all";

fn split(list: &str, by: char) -> impl Iterator<Item = &str> {
    list.split(by).map(str::trim).filter(|id| !id.is_empty())
}
