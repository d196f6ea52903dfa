//! An application of a platform: its connection, its login, and harmless calls that tell what it may do.

use super::{
    cause::{Cause, names_agent},
    course::Course,
    network,
};
use crate::lang::told;
use hongyan_channel::{AccountConfig, Caller, Operations, operations};
use hongyan_endpoint::{Class, Fault, Reach, Responsible, Role};
use serde_json::{Value, json};

/// A call that changes nothing and reaches nobody, made where its path is declared.
pub(super) struct Probe {
    path: &'static str,
    request: fn(i64) -> Value,
    /// Whether the request means nothing on purpose, so that a refusal of its content says that all before it is well.
    hollow: bool,
    /// Whether an answer says that the application sees nobody.
    sees_nobody: fn(&Value) -> bool,
}

/// Of an answer that does not tell what is visible.
const SILENT: fn(&Value) -> bool = |_| false;

/// DingTalk: what the token may see; the progress of a task that does not exist, which tells a wrong agent id apart.
pub(super) const PROBES_DINGTALK: &[Probe] = &[
    Probe {
        path: "/auth/scopes",
        request: |_| json!({}),
        hollow: false,
        sees_nobody: |said| {
            let seen = &said["auth_org_scopes"];
            [&seen["authed_dept"], &seen["authed_user"]].iter().all(|list| list.as_array().is_none_or(Vec::is_empty))
        },
    },
    Probe {
        path: "/topapi/message/corpconversation/getsendprogress",
        request: |agent| json!({"agent_id": agent, "task_id": 1}),
        hollow: true,
        sees_nobody: SILENT,
    },
];

/// WeCom: the departments that it sees; a message to nobody, which is refused for its agent id before anything else.
pub(super) const PROBES_WECOM: &[Probe] = &[
    Probe {
        path: "/cgi-bin/message/send",
        request: |agent| json!({"touser": "", "msgtype": "text", "agentid": agent, "text": {"content": ""}}),
        hollow: true,
        sees_nobody: SILENT,
    },
    Probe {
        path: "/cgi-bin/department/simplelist",
        request: |_| json!({}),
        hollow: false,
        sees_nobody: |said| said["department_id"].as_array().is_some_and(Vec::is_empty),
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
    let out = account.http_options().unwrap_or_default();
    for base in bases(account, platform) {
        network::examine(course, &base, &out).await?;
    }
    let caller = match account.caller() {
        Ok(caller) => caller?,
        Err(invalid) => {
            let words = told!("{invalid}" ; "{invalid:#}");
            return course.step(("credentials", "凭证"), Err(Cause::secret(&words)));
        }
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
        match caller.call(*operation, (probe.request)(agent_id)).await {
            Ok(said) if (probe.sees_nobody)(&said) => return Err(invisible()),
            Err(fault) if !(probe.hollow && only_the_content(&fault)) => return Err(Cause::of_call(&fault, agent_id)),
            _ => {}
        }
    }
    Ok(format!("agent id {agent_id}"))
}

/// Nobody is in the application's visible range: every message would be refused.
fn invisible() -> Cause {
    Cause::ours(
        "visible_range",
        ("nobody is in the application's visible range", "应用的可见范围为空"),
        (
            "in the admin console, add departments or people to the application's visible range",
            "请在管理后台为该应用的可见范围添加部门或成员",
        ),
    )
}

/// The host of a platform's webhooks; empty when it has none.
pub(super) fn base_of_webhook(platform: &str) -> &'static str {
    let Some(platform) = operations(platform) else { return "" };
    let mut specs = (platform.list)().into_iter().map(|declared| declared.spec());
    specs.find(|spec| spec.role == Role::Send(Reach::Webhook)).map_or("", |spec| (platform.base)(spec))
}

/// Whether a refusal speaks of what was asked, and not of who asked.
fn only_the_content(fault: &Fault) -> bool {
    if names_agent(fault) || fault.is_transport() {
        return false;
    }
    match fault.error_code() {
        // A code in no table, to a request that means nothing: nothing can be said against the account.
        None => fault.class() == Class::Permanent,
        Some(row) => row.class == Class::Permanent && (row.responsible == Responsible::Sender || row.code == NOBODY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_visible_range_is_seen_in_what_the_platforms_answer() {
        let sees = |probes: &[Probe], path: &str, said: Value| {
            !(probes.iter().find(|probe| probe.path == path).unwrap().sees_nobody)(&said)
        };
        let scopes = |departments: Value, people: Value| {
            let said = json!({"auth_org_scopes": {"authed_dept": departments, "authed_user": people}});
            sees(PROBES_DINGTALK, "/auth/scopes", said)
        };
        assert!(scopes(json!([1]), json!([])) && scopes(json!([]), json!(["zhangsan"])));
        assert!(!scopes(json!([]), json!([])) && !scopes(Value::Null, json!([])));
        let list = "/cgi-bin/department/simplelist";
        assert!(sees(PROBES_WECOM, list, json!({"department_id": [{"id": 2, "parentid": 1, "order": 1}]})));
        assert!(!sees(PROBES_WECOM, list, json!({"department_id": []})));
        let declared = operations("wecom").map(|platform| (platform.list)()).unwrap();
        for probe in PROBES_WECOM {
            assert!(declared.iter().any(|declared| declared.spec().path == probe.path), "{}", probe.path);
        }
    }
}
