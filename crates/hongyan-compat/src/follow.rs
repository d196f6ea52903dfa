//! What became of a send, by the id that its caller was given: progress, result, recall, read list.
//!
//! An id may be the platform's or ours; either leads to the message, and from there to every id that the platform
//! gave. An id that leads nowhere is the platform's to answer.

use crate::{application::Application, forward, platform::PlatformKind, send::platform_id, services::Services};
use hongyan_core::{
    AddressKind, CallHandle, DeliveryId, DeliveryRow, DeliveryState, ISSUED_AFTER, LedgerRow, MessageId, MessageRow,
    RecipientState, StoreError,
};
use hongyan_dingtalk::notice::{Forbidden, Progress, SendProgress, SendResult, SendResultGiven};
use hongyan_dispatch::RecallResult;
use hongyan_endpoint::{Declared, Fault, Reach, Refusal, Role, Sealed, Spec, Wire, lenient};
use serde_json::{Map, Value, json};

/// DingTalk's code for content that went to the person today.
const REPEATED: &str = "143106";

/// What an id led to.
struct Found {
    message: MessageRow,
    /// One of the platform's own ids leads to one delivery, one of ours to all.
    only: Option<u32>,
}

impl Found {
    fn deliveries(&self) -> impl Iterator<Item = &DeliveryRow> {
        self.message.deliveries.iter().filter(|one| self.only.is_none_or(|number| one.id.number == number))
    }

    fn handles(&self) -> Vec<&str> {
        self.deliveries().flat_map(|one| &one.handles).map(CallHandle::as_str).collect()
    }

    fn under_way(&self) -> bool {
        self.deliveries().any(|one| {
            matches!(one.state, DeliveryState::Pending | DeliveryState::Sending)
                || (one.state == DeliveryState::Unknown && one.due.is_some())
        })
    }
}

/// Answers from the ledger and the platform; `None` when the id leads to no message of this account.
pub(crate) async fn answer(
    services: &Services,
    from: &Application,
    platform: PlatformKind,
    declared: &'static dyn Declared,
    field: &str,
    call: &Wire,
) -> Option<Sealed> {
    let spec = declared.spec();
    let given = given(field, call)?;
    let found = match find(services, from, &given, &handle_of(spec, call, &given)).await {
        Ok(found) => found?,
        Err(error) => {
            tracing::warn!(%error, "an id could not be looked up");
            return Some(platform.seal(spec, Err(&platform.refuse(spec, Refusal::Busy))));
        }
    };
    let answered = match spec.role {
        Role::Progress(_) => progress(services, from, declared, &found).await,
        Role::Result(_) => result(services, from, declared, &found).await,
        Role::Recall(Reach::People, _) => recall(services, from, platform, declared, field, &found).await,
        Role::Recall(..) => recall_by_robot(services, platform, spec, &found, &given).await,
        _ => return read_list(services, from, declared, field, call, &found, &given).await,
    };
    Some(match answered {
        Ok(reply) => platform.seal(spec, Ok(reply)),
        Err(fault) => platform.seal(spec, Err(&platform.own_words(spec, fault))),
    })
}

/// The id as a text, from the body or the query.
fn given(field: &str, call: &Wire) -> Option<String> {
    let in_body = serde_json::from_slice::<Map<String, Value>>(&call.body).ok().and_then(|mut body| body.remove(field));
    let single = |id: Value| match id {
        // Of several at once, each is the platform's to take back.
        Value::Array(mut list) => list.pop().filter(|_| list.is_empty()),
        id => Some(id),
    };
    let id = in_body
        .and_then(single)
        .and_then(|id| lenient::text(id).ok())
        .or_else(|| call.query(field).map(str::to_owned))?;
    Some(id.trim().to_owned()).filter(|id| !id.is_empty())
}

/// As a channel keeps the id: a robot's with the place where it spoke.
fn handle_of(spec: &Spec, call: &Wire, given: &str) -> String {
    match spec.role {
        Role::Readers(Reach::RobotToPeople, _) | Role::Recall(Reach::RobotToPeople, _) => format!("people:{given}"),
        Role::Readers(Reach::RobotToChat, _) | Role::Recall(Reach::RobotToChat, _) => {
            let body = serde_json::from_slice::<Value>(&call.body).unwrap_or_default();
            format!("robot:{}:{given}", body["openConversationId"].as_str().unwrap_or_default())
        }
        _ => given.to_owned(),
    }
}

async fn find(services: &Services, from: &Application, given: &str, handle: &str) -> Result<Option<Found>, StoreError> {
    let number = given.strip_prefix("hy").unwrap_or(given).parse::<i64>().ok();
    let (id, only): (MessageId, Option<u32>) = match number {
        Some(number) if number > ISSUED_AFTER => match services.store.issued(number).await? {
            Some(id) => (id, None),
            None => return Ok(None),
        },
        _ => match services.store.sent_as(&from.account, handle).await? {
            Some(DeliveryId { message, number }) => (message, Some(number)),
            None => return Ok(None),
        },
    };
    let Some(message) = services.store.message(id).await? else { return Ok(None) };
    let found = Found { message, only };
    // Somebody else's id is no id.
    let own = found.deliveries().all(|one| one.account == *from.account);
    Ok(Some(found).filter(|_| own))
}

async fn ask(
    services: &Services,
    from: &Application,
    declared: &dyn Declared,
    id_field: &str,
    handle: &str,
) -> Result<Value, Fault> {
    let id = handle.parse::<i64>().map_or_else(|_| json!(handle), |number| json!(number));
    let call = from.caller.call(declared, json!({"agent_id": from.agent_id, id_field: id}));
    forward::ask(services, from.platform, declared.spec(), &from.account, call).await
}

/// How far all of its calls are.
async fn progress(
    services: &Services,
    from: &Application,
    declared: &'static dyn Declared,
    found: &Found,
) -> Result<Value, Fault> {
    let handles = found.handles();
    let mut all: Vec<Progress> = Vec::new();
    for handle in &handles {
        let said = ask(services, from, declared, "task_id", handle).await?;
        let said: SendProgress = serde_json::from_value(said).map_err(|_| unread())?;
        all.push(said.progress);
    }
    let started = !handles.is_empty() || found.deliveries().any(|one| one.state != DeliveryState::Pending);
    if found.under_way() {
        all.push(Progress { progress_in_percent: 0, status: i64::from(started) });
    } else if all.is_empty() {
        all.push(Progress { progress_in_percent: 100, status: 2 });
    }
    let count = i64::try_from(all.len()).unwrap_or(1).max(1);
    let same = |status: i64| all.iter().all(|one| one.status == status);
    let status = if same(2) { 2 } else { i64::from(!same(0)) };
    let percent = all.iter().map(|one| one.progress_in_percent).sum::<i64>() / count;
    to_value(&SendProgress { progress: Progress { progress_in_percent: percent, status } })
}

/// Who fared how: what the platform says of each call, and what it was never asked for.
async fn result(
    services: &Services,
    from: &Application,
    declared: &'static dyn Declared,
    found: &Found,
) -> Result<Value, Fault> {
    let mut all = SendResult::default();
    for handle in found.handles() {
        let said = ask(services, from, declared, "task_id", handle).await?;
        let SendResultGiven { send_result: one } = serde_json::from_value(said).map_err(|_| unread())?;
        all.invalid_user_id_list.extend(one.invalid_user_id_list);
        all.forbidden_user_id_list.extend(one.forbidden_user_id_list);
        all.failed_user_id_list.extend(one.failed_user_id_list);
        all.read_user_id_list.extend(one.read_user_id_list);
        all.unread_user_id_list.extend(one.unread_user_id_list);
        all.invalid_dept_id_list.extend(one.invalid_dept_id_list);
        all.forbidden_list.extend(one.forbidden_list);
    }
    let called = !found.handles().is_empty();
    let ledger = services.store.recipients(found.message.id).await.unwrap_or_default();
    for row in ledger.iter().filter(|row| found.deliveries().any(|one| one.id == row.delivery)) {
        add_unasked(&mut all, row, called);
    }
    to_value(&SendResultGiven { send_result: all })
}

/// Somebody of whom the platform knows nothing, because the call was never made for them.
fn add_unasked(all: &mut SendResult, row: &LedgerRow, called: bool) {
    let id = row.resolved.as_ref().unwrap_or(&row.address.value);
    let lists = [
        &all.invalid_user_id_list,
        &all.forbidden_user_id_list,
        &all.failed_user_id_list,
        &all.read_user_id_list,
        &all.unread_user_id_list,
        &all.invalid_dept_id_list,
    ];
    if lists.into_iter().flatten().any(|known| known.eq_ignore_ascii_case(id)) {
        return;
    }
    match (row.state, row.reason.as_ref().map(|reason| reason.code.as_str())) {
        (RecipientState::Refused, Some("repeated")) => {
            all.forbidden_user_id_list.push(id.clone());
            all.forbidden_list.push(Forbidden { code: REPEATED.into(), count: 1, userid: id.clone() });
        }
        (RecipientState::Refused, _) if row.address.kind == AddressKind::Department => {
            all.invalid_dept_id_list.push(id.clone());
        }
        (RecipientState::Refused, _) => all.invalid_user_id_list.push(id.clone()),
        (RecipientState::Failed | RecipientState::Expired | RecipientState::Cancelled, _) if !called => {
            all.failed_user_id_list.push(id.clone());
        }
        _ => {}
    }
}

/// Takes it back through the dispatcher, so that the ledger knows.
async fn recall(
    services: &Services,
    from: &Application,
    platform: PlatformKind,
    declared: &'static dyn Declared,
    field: &str,
    found: &Found,
) -> Result<Value, Fault> {
    let spec = declared.spec();
    let report = match found.only {
        Some(number) => services.dispatcher.recall_delivery(DeliveryId { message: found.message.id, number }).await,
        None => services.dispatcher.recall(found.message.id).await,
    };
    let Ok(Some(report)) = report else { return Err(platform.refuse(spec, Refusal::Busy)) };
    if let Some((_, rest)) = &report.rest {
        return Err(forward::resting(services, platform, spec, rest));
    }
    for delivery in &report.deliveries {
        let reason = delivery.reason.as_ref();
        match (delivery.result, reason.map(|reason| reason.code.as_str())) {
            (RecallResult::Recalled | RecallResult::Cancelled, _) => {}
            // The platform says it in its own words.
            (RecallResult::Impossible, Some(code)) if code != "under_way" => {
                let Some(handle) = found.handles().first().copied() else {
                    return Err(platform.refuse(spec, Refusal::Busy));
                };
                return ask(services, from, declared, field, handle).await.map(|_| json!({}));
            }
            (_, Some(code)) if code.parse::<i64>().is_ok() => {
                let words = reason.map(|reason| reason.message.clone()).unwrap_or_default();
                return Err(platform.refused(code, words));
            }
            _ => return Err(platform.refuse(spec, Refusal::Busy)),
        }
    }
    Ok(json!({}))
}

/// As [`recall`]; what a robot could not take back is listed and no refusal.
async fn recall_by_robot(
    services: &Services,
    platform: PlatformKind,
    spec: &Spec,
    found: &Found,
    given: &str,
) -> Result<Value, Fault> {
    let report = match found.only {
        Some(number) => services.dispatcher.recall_delivery(DeliveryId { message: found.message.id, number }).await,
        None => services.dispatcher.recall(found.message.id).await,
    };
    let Ok(Some(report)) = report else { return Err(platform.refuse(spec, Refusal::Busy)) };
    if let Some((_, rest)) = &report.rest {
        return Err(forward::resting(services, platform, spec, rest));
    }
    let failed =
        report.deliveries.iter().find(|one| !matches!(one.result, RecallResult::Recalled | RecallResult::Cancelled));
    Ok(match failed {
        None => json!({"successResult": [given], "failedResult": {}}),
        Some(one) => {
            let code = one.reason.as_ref().map_or("ServiceUnavailable", |reason| reason.code.as_str());
            json!({"successResult": [], "failedResult": {given: code}})
        }
    })
}

/// Who has read a message: the platform's own answer, under its own id.
async fn read_list(
    services: &Services,
    from: &Application,
    declared: &'static dyn Declared,
    field: &str,
    call: &Wire,
    found: &Found,
    given: &str,
) -> Option<Sealed> {
    let (platform, spec) = (from.platform, declared.spec());
    let handle = found.handles().last().map(|handle| platform_id(handle).to_owned());
    if handle.as_deref() == Some(given) {
        return None;
    }
    let Some(handle) = handle else { return Some(platform.seal(spec, Err(&platform.refuse(spec, Refusal::Busy)))) };
    let mut request: Map<String, Value> = call.query.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    request.extend(serde_json::from_slice::<Map<String, Value>>(&call.body).unwrap_or_default());
    request.remove("access_token");
    request.insert(field.to_owned(), json!(handle));
    let call = from.caller.call(declared, Value::Object(request));
    Some(match forward::ask(services, platform, spec, &from.account, call).await {
        Ok(Value::Object(mut reply)) => {
            reply.retain(|name, _| !matches!(name.as_str(), "errcode" | "errmsg"));
            platform.seal(spec, Ok(Value::Object(reply)))
        }
        Ok(_) => platform.seal(spec, Err(&platform.refuse(spec, Refusal::Busy))),
        Err(fault) => platform.seal(spec, Err(&platform.own_words(spec, fault))),
    })
}

fn unread() -> Fault {
    Fault::transport("net.not_json", "the reply lacks what it should hold")
}

fn to_value(reply: &impl serde::Serialize) -> Result<Value, Fault> {
    serde_json::to_value(reply).map_err(|_| unread())
}
