//! `hongyan keys`: makes, lists and revokes API keys in the store; a running gateway follows.

use crate::out::{note, say};
use crate::{
    args::{Keys as Args, KeysAction},
    exit::{Exit, Usage},
    lang::told,
    listing::{self, Cell},
    when,
};
use anyhow::Context;
use hongyan_core::{Admin, Clock, Scope, clock::System};
use hongyan_gateway::keys;
use hongyan_store::{Options, Sqlite};
use serde_json::json;

pub(crate) async fn run(args: &Args, json: bool) -> anyhow::Result<Exit> {
    let config = crate::configuration::load(args.config.as_deref())?;
    let path = config.store.path().with_context(|| told!("store.url names no file" ; "store.url 未指明文件"))?;
    if !path.exists() {
        let message = told!(
            "there is no store at {0} yet: `hongyan serve` makes it, with a first key" ;
            "{0} 处还没有数据库：请先运行 `hongyan serve`，它会创建数据库和第一个密钥",
            path.display()
        );
        return Err(Usage(message).into());
    }
    let store = Sqlite::open_shared(&path, Options::default())
        .with_context(|| told!("store {}" ; "数据库 {}", path.display()))?;
    let now = System.now();
    match &args.action {
        KeysAction::Create { name, scopes, accounts } => {
            let scopes = scopes.iter().map(|s| scope(s)).collect::<anyhow::Result<Vec<_>>>()?;
            if let Some(unknown) = accounts.iter().find(|a| !config.accounts.contains_key(*a)) {
                return Err(Usage(told!("--account {unknown}: no account is called so in the configuration" ; "--account {unknown}：配置中没有此账号")).into());
            }
            let (key, row) = keys::mint(name, scopes, accounts.clone(), now)?;
            let id = row.id.clone();
            store.add_key(row).await?;
            if json {
                say!("{}", json!({"id": id, "key": key}));
            } else {
                say!("{key}");
                note!("{}", told!("shown this once; its id is {id}" ; "仅显示一次；编号 {id}"));
            }
        }
        KeysAction::List => {
            let rows = store.keys().await?;
            if json {
                let rows: Vec<_> = rows
                    .iter()
                    .map(|k| json!({"id": k.id, "name": k.name, "scopes": k.scopes, "accounts": k.accounts, "made_at": k.made_at, "revoked_at": k.revoked_at}))
                    .collect();
                say!("{}", json!({"keys": rows}));
            } else {
                let cells: Vec<Vec<Cell>> = rows
                    .iter()
                    .map(|k| {
                        let scopes: Vec<&str> = k.scopes.iter().map(|s| s.name()).collect();
                        let accounts = if k.accounts.is_empty() { "all".into() } else { k.accounts.join(", ") };
                        let revoked = k
                            .revoked_at
                            .map_or(String::new(), |at| format!("revoked {}", when::local(&at.to_string())));
                        vec![
                            k.id.as_str().into(),
                            k.name.as_str().into(),
                            scopes.join(", ").into(),
                            accounts.into(),
                            Cell::time(&k.made_at.to_string()),
                            revoked.into(),
                        ]
                    })
                    .collect();
                listing::print(&["ID", "NAME 名称", "SCOPES 权限", "ACCOUNTS 账号", "MADE 创建时间", ""], &cells);
            }
        }
        KeysAction::Revoke { id } => {
            if !store.revoke_key(id, now).await? {
                anyhow::bail!(
                    told!("no key has the id {id}; `hongyan keys list` shows them" ; "没有编号为 {id} 的密钥；`hongyan keys list` 可列出")
                );
            }
            say!(
                "{}",
                if json { json!({"revoked": id}).to_string() } else { told!("{id} is revoked" ; "{id} 已吊销") }
            );
        }
    }
    Ok(Exit::Done)
}

fn scope(text: &str) -> anyhow::Result<Scope> {
    let names: Vec<&str> = Scope::EVERY.iter().map(|s| s.name()).collect();
    Scope::from_name(text).ok_or_else(|| {
        Usage(told!("--scope {text}: {} are expected" ; "--scope {text}：应为 {} 之一", names.join(", "))).into()
    })
}
