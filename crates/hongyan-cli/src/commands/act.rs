//! `hongyan retry ID` and `hongyan cancel ID`.

use crate::out::say;
use crate::{
    args::Message,
    exit::Exit,
    lang::told,
    remote::{Gateway, other_version},
};
use anyhow::Context;
use serde_json::json;

/// What may still be done about a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Retry,
    Cancel,
}

/// Asks for the action and says how many deliveries it concerned.
pub(crate) async fn run(args: &Message, action: Action, json: bool) -> anyhow::Result<Exit> {
    let gateway = Gateway::open(&args.remote)?;
    let (id, name) = (&args.id, if action == Action::Retry { "retry" } else { "cancel" });
    let report = gateway.call("POST", &format!("/v1/messages/{id}/{name}"), &[], Some(&json!({}))).await?;
    let deliveries = report["deliveries"].as_u64().with_context(other_version)?;
    if json {
        say!("{report}");
    } else {
        let what = match (action, deliveries) {
            (Action::Retry, 0) => told!("nothing to retry" ; "没有可重试的投递"),
            (Action::Cancel, 0) => told!("nothing to cancel" ; "没有可取消的投递"),
            (Action::Retry, _) => told!("retried: {deliveries} deliveries" ; "已重试 {deliveries} 个投递"),
            (Action::Cancel, _) => told!("cancelled: {deliveries} deliveries" ; "已取消 {deliveries} 个投递"),
        };
        say!("{}", told!("{what}; look with `hongyan status {id}`" ; "{what}；可用 `hongyan status {id}` 查看"));
    }
    Ok(if deliveries == 0 { Exit::Failed } else { Exit::Done })
}
