//! Messages in: one, many, or only planned.

use super::{app::App, call::Call, query};
use axum::body::Body;
use hongyan_api::{
    BatchItem, BatchResult, Code, DeliveryStub, MAX_BATCH, MessageAccepted, PlanReport, PlannedCall, PlannedCost,
    Problem,
};
use hongyan_core::{Accepted, DeliveryId, Flaw, Idempotency, MessageId, MessageRow, NewMessage, Time, bilingual};
use hongyan_intake::{
    Caller, Checked, Ticket, WaitsFor, message, parse,
    reply::{self, Reply},
};
use http::{HeaderValue, StatusCode};
use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use tokio::time::Instant;

fn conflict(earlier: MessageId) -> Problem {
    Problem::new(
        Code::IdempotencyConflict,
        format!("the idempotency key brought message {earlier} with another body"),
        format!("该幂等键已用于消息 {earlier}，且请求体不同"),
    )
    .at("idempotency-key")
}

/// `POST /v1/messages`
pub(super) async fn send(app: &Arc<App>, call: &Call, body: &mut Body) -> Reply {
    let began = Instant::now();
    let caller = call.caller()?;
    let wait = query::wait(call)?;
    let key = query::idempotency_key(call)?;
    let bytes = app.bodies.read(&caller.id, body, &call.parts.headers, app.server.max_body_bytes).await?;
    let now = app.clock.now();
    let message = hongyan_intake::message(&bytes)?;
    let idempotency = key.map(|key| idempotency(caller, key.to_owned(), &bytes));
    let id = app.intake.ids.next(now);
    // Taken before the message is stored, so that no change is missed.
    let ticket = wait.map(|span| (app.waiting.enter(id, WaitsFor::Results), began + span));
    let mut accepted = MessageAccepted { id, state: "pending".into(), deliveries: Vec::new(), settled: None };
    let outcome_of_it = match app.intake.check(caller, message, now).await {
        Ok(checked) => {
            accepted.deliveries = stubs(id, &checked);
            app.intake.store(vec![app.intake.ready(checked, id, idempotency).await?]).await?.first().copied()
        }
        Err(problem) => Some(known(app, idempotency).await?.ok_or(problem)?),
    };
    match outcome_of_it {
        Some(Accepted::New(_)) => {
            app.intake.count(1, began.elapsed());
            let accepted = match ticket {
                Some((ticket, until)) => {
                    let (row, settled) = results(app, ticket, until).await?;
                    let known = row.map_or(accepted, |row| of_row(&row));
                    MessageAccepted { settled: Some(settled), ..known }
                }
                None => accepted,
            };
            Ok(reply::json(StatusCode::ACCEPTED, &accepted))
        }
        Some(Accepted::Before(id)) => {
            let (row, settled) = match wait {
                Some(span) => {
                    let ticket = app.waiting.enter(id, WaitsFor::Results);
                    let (row, settled) = results(app, ticket, began + span).await?;
                    (row, Some(settled))
                }
                None => (app.store.message(id).await.map_err(reply::store)?, None),
            };
            // The key outlives a message that was forgotten.
            let forgotten = || MessageAccepted { id, state: "forgotten".into(), deliveries: Vec::new(), settled: None };
            let accepted = MessageAccepted { settled, ..row.map_or_else(forgotten, |row| of_row(&row)) };
            let mut response = reply::json(StatusCode::ACCEPTED, &accepted);
            response.headers_mut().insert("idempotent-replay", HeaderValue::from_static("true"));
            Ok(response)
        }
        Some(Accepted::Conflict(earlier)) => Err(conflict(earlier)),
        None => {
            tracing::error!("the store gave no result for a message");
            Err(Problem::bare(Code::StoreFailed))
        }
    }
}

fn idempotency(caller: &Caller, key: String, body: &[u8]) -> Idempotency {
    Idempotency { scope: caller.id.clone(), key, body_hash: Sha256::digest(body).into() }
}

/// What a key brought before, for a message that would be refused now: it may have expired since, or its account be
/// gone, and the caller asks what became of it.
async fn known(app: &App, key: Option<Idempotency>) -> Result<Option<Accepted>, Problem> {
    match key {
        Some(key) => app.store.keyed(key).await.map_err(reply::store),
        None => Ok(None),
    }
}

/// What became of a message, once the platforms have said it; and whether they have.
async fn results(app: &App, ticket: Ticket, until: Instant) -> Result<(Option<MessageRow>, bool), Problem> {
    let asks = |name: &str| app.intake.accounts.get(name).is_some_and(|account| account.receipts_after.is_some());
    ticket.results(&*app.store, asks, until).await
}

fn stubs(id: MessageId, checked: &Checked) -> Vec<DeliveryStub> {
    (1..)
        .zip(&checked.plan.deliveries)
        .map(|(number, planned)| DeliveryStub {
            id: DeliveryId { message: id, number },
            account: planned.account.clone(),
            recipients: planned.recipients.len() as u64,
        })
        .collect()
}

fn of_row(row: &MessageRow) -> MessageAccepted {
    MessageAccepted {
        id: row.id,
        state: row.state.name().into(),
        deliveries: row
            .deliveries
            .iter()
            .map(|d| DeliveryStub { id: d.id, account: d.account.clone(), recipients: d.recipients })
            .collect(),
        settled: None,
    }
}

/// A batch, split into messages that are not yet read, and the keys for them.
struct Split<'a> {
    items: Vec<&'a RawValue>,
    keys: Option<Vec<String>>,
}

fn split(bytes: &[u8]) -> Result<Split<'_>, Problem> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Wrapped<'a> {
        #[serde(borrow)]
        messages: Vec<&'a RawValue>,
        keys: Option<Vec<String>>,
    }
    let nothing = || Split { items: Vec::new(), keys: None };
    if bytes.trim_ascii_start().first() == Some(&b'[') {
        return match serde_json::from_slice(bytes) {
            Ok(items) => Ok(Split { items, keys: None }),
            Err(_) => parse::<Vec<serde_json::Value>>(bytes).map(|_| nothing()),
        };
    }
    match serde_json::from_slice::<Wrapped<'_>>(bytes) {
        Ok(wrapped) => Ok(Split { items: wrapped.messages, keys: wrapped.keys }),
        // Read again without borrowing, for the words.
        Err(_) => {
            #[derive(Deserialize)]
            #[serde(deny_unknown_fields)]
            struct Owned {
                #[serde(rename = "messages")]
                _messages: Vec<serde_json::Value>,
                #[serde(rename = "keys")]
                _keys: Option<Vec<String>>,
            }
            parse::<Owned>(bytes).map(|_| nothing())
        }
    }
}

/// The keys of a batch, one for each message: by themselves, or made of the header's.
fn keys(
    caller: &Caller,
    header: Option<&str>,
    bytes: &[u8],
    batch: &mut Split<'_>,
) -> Result<Vec<Option<Idempotency>>, Problem> {
    let items = &batch.items;
    match (header, batch.keys.take()) {
        (None, None) => Ok(vec![None; items.len()]),
        (Some(_), Some(_)) => Err(Problem::field(
            Code::InvalidField,
            "keys",
            (
                "cannot stand beside the header Idempotency-Key: give one of them",
                "不能与请求头 Idempotency-Key 同时出现：只给一个",
            ),
        )),
        (Some(header), None) => {
            let whole = idempotency(caller, String::new(), bytes);
            // A space cannot stand in a header's key, so this is nobody else's.
            Ok((0..items.len()).map(|n| Some(Idempotency { key: format!("{header} {n}"), ..whole.clone() })).collect())
        }
        (None, Some(keys)) if keys.len() != items.len() => {
            let (count, messages) = (keys.len(), items.len());
            let detail =
                bilingual!("has {count} entries for {messages} messages"; "有 {count} 项，而消息有 {messages} 条");
            Err(Problem::field(Code::InvalidField, "keys", detail))
        }
        (None, Some(keys)) => {
            if let Some(n) = keys.iter().position(|key| !query::is_key(key)) {
                return Err(Problem::field(Code::InvalidField, format!("keys[{n}]"), query::KEY));
            }
            let each = keys.into_iter().zip(items);
            Ok(each.map(|(key, item)| Some(idempotency(caller, key, item.get().as_bytes()))).collect())
        }
    }
}

/// `POST /v1/messages/batch`
pub(super) async fn send_batch(app: &Arc<App>, call: &Call, body: &mut Body) -> Reply {
    let began = Instant::now();
    let caller = call.caller()?;
    let key = query::idempotency_key(call)?;
    let bytes = app.bodies.read(&caller.id, body, &call.parts.headers, app.server.max_batch_bytes).await?;
    let mut batch = split(&bytes)?;
    if batch.items.is_empty() || batch.items.len() > MAX_BATCH {
        let flaw = Flaw::Count { count: batch.items.len(), min: 1, max: MAX_BATCH };
        return Err(Problem::field(Code::InvalidField, "messages", flaw.text()));
    }
    let keys = keys(caller, key, &bytes, &mut batch)?;
    let items = batch.items;
    let now = app.clock.now();
    let mut results: Vec<BatchItem> = Vec::with_capacity(items.len());
    let mut ready: Vec<NewMessage> = Vec::with_capacity(items.len());
    let mut places = Vec::with_capacity(items.len());
    for (index, (item, idempotency)) in items.iter().zip(keys).enumerate() {
        let mut result = BatchItem { index, id: None, state: None, replay: false, problem: None };
        match one(app, caller, item, now, idempotency.clone()).await {
            Ok(message) => {
                ready.push(message);
                places.push(index);
            }
            // A header's key is about the batch as it was, and that is settled with the others.
            Err(problem) if key.is_some() => result.problem = Some(problem),
            Err(problem) => match known(app, idempotency).await? {
                Some(Accepted::Before(id)) => (result.id, result.replay) = (Some(id), true),
                _ => result.problem = Some(problem),
            },
        }
        results.push(result);
    }
    let outcomes = if ready.is_empty() { Vec::new() } else { store(app, ready, key.is_some()).await? };
    let fresh = outcomes.iter().filter(|one| matches!(one, Accepted::New(_))).count();
    let all_before = !outcomes.is_empty() && fresh == 0;
    for (place, outcome) in places.into_iter().zip(outcomes) {
        let item = &mut results[place];
        match outcome {
            Accepted::New(id) | Accepted::Before(id) => {
                item.id = Some(id);
                item.replay = matches!(outcome, Accepted::Before(_));
                // What came before may be anywhere by now; asking for each would cost more than the batch.
                item.state = (!item.replay).then(|| "pending".into());
            }
            Accepted::Conflict(earlier) => item.problem = Some(conflict(earlier)),
        }
    }
    if fresh > 0 {
        app.intake.count(fresh as u64, began.elapsed());
    }
    let accepted = results.iter().filter(|item| item.id.is_some()).count();
    let status = if accepted == 0 { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::ACCEPTED };
    let result = BatchResult { accepted, refused: results.len() - accepted, results };
    let mut response = reply::json(status, &result);
    if all_before {
        response.headers_mut().insert("idempotent-replay", HeaderValue::from_static("true"));
    }
    Ok(response)
}

async fn one(
    app: &App,
    caller: &Caller,
    item: &RawValue,
    now: Time,
    idempotency: Option<Idempotency>,
) -> Result<NewMessage, Problem> {
    let bytes = item.get().as_bytes();
    let limit = app.server.max_body_bytes;
    if bytes.len() > limit {
        return Err(Problem::new(
            Code::TooLarge,
            format!("the message is larger than {limit} bytes"),
            format!("消息超过 {limit} 字节"),
        ));
    }
    let checked = app.intake.check(caller, message(bytes)?, now).await?;
    app.intake.ready(checked, app.intake.ids.next(now), idempotency).await
}

/// Stores a batch: in one commit, or, under an idempotency key, the first message alone before the others, so
/// that a key that came with another body is refused before anything is taken.
async fn store(app: &App, mut ready: Vec<NewMessage>, keyed: bool) -> Result<Vec<Accepted>, Problem> {
    if !keyed {
        return app.intake.store(ready).await;
    }
    let others = ready.split_off(1);
    let mut outcomes = app.intake.store(ready).await?;
    if let Some(Accepted::Conflict(earlier)) = outcomes.first() {
        return Err(conflict(*earlier));
    }
    if !others.is_empty() {
        outcomes.extend(app.intake.store(others).await?);
    }
    Ok(outcomes)
}

/// `POST /v1/messages/plan`
pub(super) async fn plan(app: &Arc<App>, call: &Call, body: &mut Body) -> Reply {
    let caller = call.caller()?;
    let bytes = app.bodies.read(&caller.id, body, &call.parts.headers, app.server.max_body_bytes).await?;
    let checked = app.intake.check(caller, message(&bytes)?, app.clock.now()).await?;
    let mut cost = PlannedCost::default();
    let deliveries = checked
        .plan
        .deliveries
        .iter()
        .filter_map(|planned| {
            let channel = &app.intake.accounts.get(planned.account.as_str())?.channel;
            let capabilities = channel.capabilities();
            let lookups = planned.recipients.iter().filter(|r| capabilities.looked_up.contains(&r.kind)).count() as u64;
            let shows = checked.shows(&**channel, planned);
            cost.sends += 1;
            cost.lookups += lookups;
            Some(PlannedCall {
                account: planned.account.clone(),
                channel: capabilities.channel.to_owned(),
                recipients: planned.recipients.clone(),
                part: planned.part,
                shows: shows.text,
                file: shows.file,
                lookups,
            })
        })
        .collect();
    cost.calls = cost.sends + cost.lookups;
    reply::ok(&PlanReport { deliveries, cost })
}
