//! An application of a platform: its way, its login, and harmless calls that tell what it may do.

use super::{
    Course,
    cause::{Cause, names_agent},
    way,
};
use hongyan_channel::{AccountConfig, Caller, Operations, operations};
use hongyan_endpoint::{Class, Fault, Who};
use serde_json::{Value, json};

/// A call that changes nothing and reaches nobody, made where its path is declared.
pub(super) struct Probe {
    path: &'static str,
    request: fn(i64) -> Value,
    /// Whether the request means nothing on purpose, so that a refusal of its content says that all before it is well.
    hollow: bool,
}

/// DingTalk: what the token may see; the progress of a task that does not exist, which tells a wrong agent id apart.
pub(super) const PROBES_DINGTALK: &[Probe] = &[
    Probe { path: "/auth/scopes", request: |_| json!({}), hollow: false },
    Probe {
        path: "/topapi/message/corpconversation/getsendprogress",
        request: |agent| json!({"agent_id": agent, "task_id": 1}),
        hollow: true,
    },
];

/// WeCom: the application's own page; a message to nobody, which is refused for its agent id before anything else.
pub(super) const PROBES_WECOM: &[Probe] = &[
    Probe { path: "/cgi-bin/agent/get", request: |agent| json!({"agentid": agent}), hollow: false },
    Probe {
        path: "/cgi-bin/message/send",
        request: |agent| json!({"touser": "", "msgtype": "text", "agentid": agent, "text": {"content": ""}}),
        hollow: true,
    },
];

/// "All of them are invalid": what a message to nobody should get, though an administrator is to act on others.
const NOBODY: &str = "81013";

pub(super) async fn examine(
    course: &mut Course,
    account: &AccountConfig,
    agent_id: i64,
    probes: &[Probe],
) -> Option<()> {
    let platform = operations(account.channel_name())?;
    for base in bases(account, platform) {
        way::examine(course, &base).await?;
    }
    let caller = match account.caller() {
        Ok(caller) => caller?,
        Err(error) => return course.step(("credentials", "凭证"), Err(Cause::secret(&error.to_string()))),
    };
    let login = caller.log_in().await.map(|()| String::new()).map_err(|fault| Cause::of_login(&fault));
    course.step(("credentials", "凭证"), login)?;
    course.step(("application", "应用"), application(&*caller, platform, agent_id, probes).await)
}

/// The hosts that the account's calls go to.
fn bases(account: &AccountConfig, platform: &Operations) -> Vec<String> {
    if let Some(base) = account.base_url() {
        return vec![base.to_owned()];
    }
    let mut bases: Vec<String> =
        (platform.list)().iter().map(|declared| (platform.base)(declared.spec()).to_owned()).collect();
    bases.sort_unstable();
    bases.dedup();
    bases
}

/// Agent id, trusted address, permission and token, by what the probes are answered.
async fn application(
    caller: &dyn Caller,
    platform: &Operations,
    agent_id: i64,
    probes: &[Probe],
) -> Result<String, Cause> {
    let declared = (platform.list)();
    for probe in probes {
        let Some(operation) = declared.iter().find(|declared| declared.spec().path == probe.path) else { continue };
        if let Err(fault) = caller.call(*operation, (probe.request)(agent_id)).await
            && !(probe.hollow && only_the_content(&fault))
        {
            return Err(Cause::of_call(&fault, agent_id));
        }
    }
    Ok(format!("agent id {agent_id}"))
}

/// Whether a refusal speaks of what was asked, and not of who asked.
fn only_the_content(fault: &Fault) -> bool {
    if names_agent(fault) || fault.code().starts_with("net.") {
        return false;
    }
    match fault.known() {
        // A code in no table, to a request that means nothing: nothing can be said against the account.
        None => fault.class() == Class::Permanent,
        Some(row) => row.class == Class::Permanent && (row.who == Who::Sender || row.code == NOBODY),
    }
}
