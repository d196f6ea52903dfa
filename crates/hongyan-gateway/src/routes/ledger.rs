//! What became of messages, and what can still be done about them.

use super::{
    app::App,
    call::Call,
    platform::{self, advice},
    query::{self, wrong},
};
use hongyan_api::{
    CancelReport, Code, DeliveryRecall, MessagePage, Problem, RecallReport, RecipientList, RecipientRow, RetryReport,
};
use hongyan_core::{Filter, MessageId, MessageRow, RecipientState, bilingual};
use hongyan_intake::reply::{self, Reply};
use std::sync::Arc;

fn no_such_message() -> Problem {
    Problem::new(Code::NotFound, "there is no such message", "没有这条消息").at("id")
}

/// The message that the path names, where the key may see it.
pub(super) async fn found(app: &App, call: &Call) -> Result<MessageRow, Problem> {
    let id: MessageId = call.param("id").parse().map_err(|_| no_such_message())?;
    let row = app.store.message(id).await.map_err(reply::store)?.ok_or_else(no_such_message)?;
    call.caller()?.check_accounts(row.deliveries.iter().map(|d| d.account.as_str()))?;
    Ok(row)
}

/// `GET /v1/messages`
pub(super) async fn list(app: &Arc<App>, call: &Call) -> Reply {
    let caller = call.caller()?;
    let filter = filter(call)?;
    if let Some(account) = &filter.account {
        caller.check_accounts([account.as_str()])?;
    }
    let page = app.store.list(filter).await.map_err(reply::store)?;
    let mut messages = page.messages;
    // A key for some accounts sees the messages that went through those alone.
    messages.retain(|row| caller.barred(row.deliveries.iter().map(|d| d.account.as_str())).is_none());
    reply::ok(&MessagePage { messages, next_cursor: page.next.map(|id| id.to_string()) })
}

fn filter(call: &Call) -> Result<Filter, Problem> {
    let mut filter = Filter { limit: query::limit(call)?, ..Filter::default() };
    for (name, value) in &call.query {
        match name.as_str() {
            "state" => {
                let state = RecipientState::from_name(value).ok_or_else(|| {
                    let every: Vec<&str> = RecipientState::EVERY.iter().map(|state| state.name()).collect();
                    let (en, zh) = (every.join(", "), every.join("、"));
                    wrong("state", bilingual!("expected one of {en}"; "应为 {zh} 之一"))
                })?;
                filter.state = Some(state);
            }
            "account" => filter.account = Some(value.clone()),
            "recipient" => filter.recipient = Some(value.clone()),
            "cursor" => {
                filter.before = Some(
                    value.parse().map_err(|_| wrong("cursor", ("is not a next_cursor", "不是 next_cursor 的值")))?,
                );
            }
            "since" => filter.since = Some(query::time("since", value)?),
            "until" => filter.until = Some(query::time("until", value)?),
            _ => {
                if let Some(key) = name.strip_prefix("label.") {
                    filter.labels.insert(key.to_owned(), value.clone());
                }
            }
        }
    }
    Ok(filter)
}

/// `GET /v1/messages/{id}`
pub(super) async fn get(app: &Arc<App>, call: &Call) -> Reply {
    reply::ok(&found(app, call).await?)
}

/// `GET /v1/messages/{id}/recipients`
pub(super) async fn recipients(app: &Arc<App>, call: &Call) -> Reply {
    let message = found(app, call).await?;
    let recipients = app
        .store
        .recipients(message.id)
        .await
        .map_err(reply::store)?
        .into_iter()
        .map(|row| {
            let advice = row.reason.as_ref().and_then(|reason| advice(app, &row.account, &reason.code));
            RecipientRow { row, advice }
        })
        .collect();
    reply::ok(&RecipientList { recipients })
}

/// `POST /v1/messages/{id}/recall`
pub(super) async fn recall(app: &Arc<App>, call: &Call) -> Reply {
    let id = found(app, call).await?.id;
    let report = app.dispatcher.recall(id).await.map_err(reply::store)?.ok_or_else(no_such_message)?;
    app.waiting.notify(id);
    if let Some((account, rest)) = report.rest {
        return Err(platform::resting(app, &account, rest));
    }
    let deliveries = report
        .deliveries
        .into_iter()
        .map(|d| {
            let advice = d.reason.as_ref().and_then(|reason| advice(app, &d.account, &reason.code));
            DeliveryRecall {
                id: d.id,
                account: d.account,
                result: d.result.name().to_owned(),
                reason: d.reason,
                advice,
            }
        })
        .collect();
    reply::ok(&RecallReport { id, deliveries })
}

/// `POST /v1/messages/{id}/retry`
pub(super) async fn retry(app: &Arc<App>, call: &Call) -> Reply {
    let message = found(app, call).await?;
    let retried = app.store.retry(message.id, app.clock.now()).await.map_err(reply::store)?;
    let deliveries = retried.ok_or_else(no_such_message)?;
    for delivery in &message.deliveries {
        app.dispatcher.wake(&delivery.account);
    }
    reply::ok(&RetryReport { id: message.id, deliveries })
}

/// `POST /v1/messages/{id}/cancel`
pub(super) async fn cancel(app: &Arc<App>, call: &Call) -> Reply {
    let id = found(app, call).await?.id;
    let cancelled = app.store.cancel(id, app.clock.now()).await.map_err(reply::store)?;
    app.waiting.notify(id);
    reply::ok(&CancelReport { id, deliveries: cancelled.ok_or_else(no_such_message)? })
}
