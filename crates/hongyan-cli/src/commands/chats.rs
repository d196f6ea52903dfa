//! `hongyan chats`: group chats, made and changed through an account.

use crate::out::say;
use crate::{
    args::{Chats, ChatsAction},
    exit::Exit,
    lang::told,
    ledger,
    listing::{self, Cell},
    remote::{Gateway, encode, other_version},
};
use anyhow::Context;
use hongyan_api::{ChatList, ChatPage, ReaderReport};
use hongyan_core::ChatChange;
use serde_json::{Value, json};

pub(crate) async fn run(args: &Chats, json: bool) -> anyhow::Result<Exit> {
    let gateway = Gateway::open(&args.remote)?;
    let (answer, print): (Value, fn(Value) -> anyhow::Result<()>) = match &args.action {
        ChatsAction::Create { account, name, members, owner, id } => {
            let mut order = json!({"account": account, "name": name, "members": members});
            for (key, value) in [("owner", owner), ("id", id)] {
                if let Some(value) = value {
                    order[key] = json!(value);
                }
            }
            (gateway.call("POST", "/v1/chats", &[], Some(&order)).await?, print_made)
        }
        ChatsAction::Show { account, id } => (gateway.call("GET", &path(account, id), &[], None).await?, print_chat),
        ChatsAction::Update { account, id, name, owner, add, remove } => {
            let change =
                ChatChange { name: name.clone(), owner: owner.clone(), add: add.clone(), remove: remove.clone() };
            let body = serde_json::to_value(change)?;
            (gateway.call("POST", &path(account, id), &[], Some(&body)).await?, print_changed)
        }
        ChatsAction::List { account } => {
            let list = format!("/v1/chats?account={}", encode(account));
            (gateway.call("GET", &list, &[], None).await?, print_list)
        }
        ChatsAction::Readers { message } => {
            let readers = format!("/v1/messages/{}/readers", encode(message));
            (gateway.call("GET", &readers, &[], None).await?, print_readers)
        }
    };
    if json {
        say!("{answer}");
    } else {
        print(answer)?;
    }
    Ok(Exit::Done)
}

fn path(account: &str, id: &str) -> String {
    format!("/v1/chats/{}/{}", encode(account), encode(id))
}

fn print_made(answer: Value) -> anyhow::Result<()> {
    let id = answer["id"].as_str().with_context(other_version)?;
    say!(
        "{}",
        told!(
            "made {id}; write into it with `hongyan send --chat {id}`" ;
            "已创建 {id}；可用 `hongyan send --chat {id}` 发送消息"
        )
    );
    Ok(())
}

fn print_changed(answer: Value) -> anyhow::Result<()> {
    let id = answer["id"].as_str().with_context(other_version)?;
    say!("{}", told!("changed {id}" ; "已修改 {id}"));
    Ok(())
}

fn print_chat(answer: Value) -> anyhow::Result<()> {
    let ChatPage { account, chat } = serde_json::from_value(answer).with_context(other_version)?;
    let mut rows = vec![
        vec!["account 账号".into(), account.into()],
        vec!["chat 群聊".into(), chat.id.into()],
        vec!["name 名称".into(), chat.name.into()],
        vec!["owner 群主".into(), chat.owner.unwrap_or_default().into()],
    ];
    rows.extend(chat.members.into_iter().map(|member| vec!["member 成员".into(), member.into()]));
    listing::print(&["", ""], &rows);
    Ok(())
}

fn print_list(answer: Value) -> anyhow::Result<()> {
    let list: ChatList = serde_json::from_value(answer).with_context(other_version)?;
    let rows: Vec<Vec<Cell>> = list
        .chats
        .into_iter()
        .map(|chat| vec![chat.id.into(), chat.name.into(), chat.account.into(), Cell::time(&chat.at.to_string())])
        .collect();
    listing::print(&["CHAT 群聊", "NAME 名称", "ACCOUNT 账号", "MADE 创建时间"], &rows);
    Ok(())
}

fn print_readers(answer: Value) -> anyhow::Result<()> {
    let report: ReaderReport = serde_json::from_value(answer).with_context(other_version)?;
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for chat in report.chats {
        let reason = chat.error.as_ref().map(|error| ledger::explain(Some(&error.reason), error.advice.as_ref()));
        let read = match &chat.readers {
            Some(readers) => readers.join(", "),
            None => reason.unwrap_or_else(|| "?".into()),
        };
        let count = chat.readers.as_ref().map_or("?".into(), |readers| readers.len().to_string());
        rows.push(vec![chat.account.into(), chat.chat.into(), count.into(), read.into()]);
    }
    listing::print(&["ACCOUNT 账号", "CHAT 群聊", "READ 已读", "BY 人员"], &rows);
    Ok(())
}
