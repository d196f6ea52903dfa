//! Group chats: made, read and changed through an account; and who read what was sent into them.

use super::{app::App, call::Call, ledger, platform};
use axum::body::Body;
use hongyan_api::{ChatChanged, ChatList, ChatOrder, ChatPage, ChatReaders, Code, MAX_MEMBERS, Problem, ReaderReport};
use hongyan_channel::Account;
use hongyan_core::{AddressKind, Bilingual, ChatChange, ChatRow, Chats, Flaw, Missing};
use hongyan_intake::{
    Caller, parse,
    reply::{self, Reply},
};
use http::StatusCode;
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// Chats of one list.
const MAX_LIST: usize = 10_000;

fn wrong(field: &str, detail: impl Into<Bilingual>) -> Problem {
    Problem::field(Code::InvalidField, field, detail)
}

/// The account's chats, where its kind of channel has any.
fn chats<'a>(app: &'a App, caller: &Caller, name: &str) -> Result<(&'a Account, &'a dyn Chats), Problem> {
    let account = app.account(caller, name)?;
    let none = || {
        let (en, zh) = (format!("account {name}: has no group chats"), format!("账号 {name}：没有群聊"));
        Problem::new(Code::NotOffered, en, zh).at("account")
    };
    Ok((account, account.channel.chats().ok_or_else(none)?))
}

async fn read<T: DeserializeOwned>(app: &App, call: &Call, body: &mut Body) -> Result<T, Problem> {
    let (caller, limit) = (&call.caller()?.id, app.server.max_body_bytes);
    parse(&app.bodies.read(caller, body, &call.parts.headers, limit).await?)
}

fn check_name(name: &str) -> Result<(), Problem> {
    if name.trim().is_empty() || name.chars().any(char::is_control) {
        return Err(wrong("name", ("is empty or holds a control character", "为空或含有控制字符")));
    }
    Ok(())
}

fn check_people<'a>(field: &str, people: impl IntoIterator<Item = &'a String>) -> Result<(), Problem> {
    let mut count = 0;
    for person in people {
        count += 1;
        if person.trim().is_empty() || person.chars().any(char::is_control) {
            return Err(wrong(
                field,
                ("a user id is empty or holds a control character", "有用户 ID 为空或含有控制字符"),
            ));
        }
    }
    if count > MAX_MEMBERS {
        return Err(wrong(field, Flaw::Count { count, min: 0, max: MAX_MEMBERS }.text()));
    }
    Ok(())
}

/// `POST /v1/chats`
pub(super) async fn create(app: &Arc<App>, call: &Call, body: &mut Body) -> Reply {
    let order: ChatOrder = read(app, call, body).await?;
    let (name, chat) = order.split();
    let (account, chats) = chats(app, call.caller()?, &name)?;
    check_name(&chat.name)?;
    if chat.members.is_empty() {
        return Err(wrong("members", Flaw::Empty.text()));
    }
    check_people("members", &chat.members)?;
    check_people("owner", &chat.owner)?;
    if chat.id.as_ref().is_some_and(|id| id.is_empty() || id.chars().any(char::is_control)) {
        return Err(wrong("id", ("is empty or holds a control character", "为空或含有控制字符")));
    }
    let id = platform::ask(app, account, &[], chats.create(&chat)).await?;
    let row = ChatRow { account: name, id, name: chat.name, at: app.clock.now() };
    note(app, row.clone()).await;
    Ok(reply::json(StatusCode::CREATED, &row))
}

/// The chat is there, whether or not it is remembered: that is what the caller has to hear.
async fn note(app: &App, row: ChatRow) {
    let (account, chat) = (row.account.clone(), row.id.clone());
    if let Err(error) = app.store.note_chat(row).await {
        tracing::error!(account, chat, %error, "a group chat is not remembered");
    }
}

/// `GET /v1/chats`
pub(super) async fn list(app: &Arc<App>, call: &Call) -> Reply {
    let name = call.query("account").unwrap_or_default();
    app.account(call.caller()?, name)?;
    let chats = app.store.chats(name, MAX_LIST).await.map_err(reply::store)?;
    reply::ok(&ChatList { chats })
}

/// `GET /v1/chats/{account}/{id}`
pub(super) async fn get(app: &Arc<App>, call: &Call) -> Reply {
    let name = call.param("account");
    let (account, chats) = chats(app, call.caller()?, name)?;
    let chat = platform::ask(app, account, &[Missing::Chat], chats.get(call.param("id"))).await?;
    reply::ok(&ChatPage { account: name.to_owned(), chat })
}

/// `POST /v1/chats/{account}/{id}`
pub(super) async fn change(app: &Arc<App>, call: &Call, body: &mut Body) -> Reply {
    let (name, id) = (call.param("account"), call.param("id"));
    let (account, chats) = chats(app, call.caller()?, name)?;
    let change: ChatChange = read(app, call, body).await?;
    if change == ChatChange::default() {
        return Err(wrong(
            "",
            (
                "nothing is to change: give name, owner, add or remove",
                "没有要修改的内容：请给出 name、owner、add 或 remove",
            ),
        ));
    }
    change.name.as_deref().map_or(Ok(()), check_name)?;
    check_people("owner", &change.owner)?;
    check_people("add", &change.add)?;
    check_people("remove", &change.remove)?;
    platform::ask(app, account, &[Missing::Chat], chats.update(id, &change)).await?;
    if let Some(new_name) = change.name {
        let known = app.store.chats(name, MAX_LIST).await.unwrap_or_default();
        if let Some(row) = known.into_iter().find(|row| row.id == id) {
            note(app, ChatRow { name: new_name, ..row }).await;
        }
    }
    reply::ok(&ChatChanged { account: name.to_owned(), id: id.to_owned() })
}

/// `GET /v1/messages/{id}/readers`
pub(super) async fn readers(app: &Arc<App>, call: &Call) -> Reply {
    let message = ledger::found(app, call).await?;
    let ledger = app.store.recipients(message.id).await.map_err(reply::store)?;
    let mut report = ReaderReport { id: message.id, chats: Vec::new() };
    for row in ledger.into_iter().filter(|row| row.address.kind == AddressKind::Chat) {
        let handle = message.deliveries.iter().find(|d| d.id == row.delivery).and_then(|d| d.handles.last());
        let (readers, error) = match (app.intake.accounts.get(row.account.as_str()), handle) {
            (Some(account), Some(handle)) => match account.channel.chats() {
                Some(chats) => match app.dispatcher.ask(&row.account, chats.readers(handle)).await {
                    Ok(Ok(readers)) => (Some(readers), None),
                    Ok(Err(fault)) => (None, Some(platform::of_fault(app, &row.account, &fault))),
                    Err(rest) => (None, Some(platform::rest_row(app, &row.account, rest).cause)),
                },
                None => (None, None),
            },
            // Not sent, or sent without an id to ask by.
            _ => (None, None),
        };
        report.chats.push(ChatReaders {
            id: row.delivery,
            account: row.account,
            chat: row.address.value,
            readers,
            error,
        });
    }
    reply::ok(&report)
}
