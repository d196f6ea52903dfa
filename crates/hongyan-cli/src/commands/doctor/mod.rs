//! `hongyan doctor`: what is wrong with an account, in one cause.
//!
//! Each account is examined step by step, from the configuration to a harmless call, and the examination ends at
//! the first step that fails: what comes after it would only fail for the same reason.

mod cause;
mod course;
mod mail;
mod network;
mod platform;
mod robot;

use crate::lang::told;
use crate::out::say;
use crate::{
    args::Doctor,
    exit::{Exit, Usage},
    listing::{self, Cell},
};
use cause::Cause;
use course::Course;
use hongyan_channel::{AccountConfig, ChannelConfig};
use hongyan_gateway::config::{Finding, Severity};
use serde_json::{Value, json};

pub(crate) async fn run(args: &Doctor, json: bool) -> anyhow::Result<Exit> {
    let config = crate::configuration::load(args.config.as_deref())?;
    if let Some(name) = &args.account
        && !config.accounts.contains_key(name)
    {
        return Err(
            Usage(told!("--account: no account is called {name:?}" ; "--account: 没有名为 {name:?} 的账号")).into()
        );
    }
    // What the configuration check says of accounts is said below, step by step.
    let mut general = config.check();
    general.retain(|finding| args.account.is_none() && !finding.key.starts_with("accounts."));
    let mut well = general.iter().all(|finding| finding.severity != Severity::Error);
    let mut accounts = Vec::new();
    for (name, account) in &config.accounts {
        if args.account.as_ref().is_none_or(|only| only == name) {
            let mut course = Course::default();
            // The step that failed is in the course.
            let _ = examine(&mut course, name, account).await;
            well &= course.well();
            accounts.push((name.as_str(), account.channel_name(), course));
        }
    }
    if json {
        say!("{}", report(well, &general, &accounts));
    } else {
        print(&general, &accounts);
    }
    Ok(if well { Exit::Done } else { Exit::Failed })
}

async fn examine(course: &mut Course, name: &str, account: &AccountConfig) -> Option<()> {
    let secret = account.secret().map(|secret| secret.read());
    // Opening an account reads its secret: where that is the trouble, the next step says so.
    let opened = if matches!(secret, Some(Err(_))) { Ok(()) } else { account.open(name).map(drop) };
    course.step(
        ("configuration", "配置"),
        opened.map(|()| String::new()).map_err(|invalid| Cause::configuration(&invalid)),
    )?;
    let inline = if account.inline_secrets().is_empty() {
        ""
    } else {
        "it stands in the file: better { env = … } or { file = … }  直接写在文件中，建议改用 env 或 file"
    };
    let readable = match secret {
        None => Ok("none is needed  无需密钥".into()),
        Some(outcome) => outcome.map(|_| inline.to_owned()).map_err(|error| Cause::secret(&error.to_string())),
    };
    course.step(("secret", "密钥"), readable)?;
    match &account.channel {
        ChannelConfig::DingTalk(config) => {
            platform::examine(course, account, config.agent_id, platform::PROBES_DINGTALK).await
        }
        ChannelConfig::WeCom(config) => {
            platform::examine(course, account, config.agent_id, platform::PROBES_WECOM).await
        }
        ChannelConfig::Mail(config) => mail::examine(course, config).await,
        ChannelConfig::DingTalkRobot(_) | ChannelConfig::WeComRobot(_) | ChannelConfig::Webhook(_) => {
            robot::examine(course, name, account).await
        }
    }
}

fn report(well: bool, general: &[Finding], accounts: &[(&str, &str, Course)]) -> Value {
    let findings: Value = general
        .iter()
        .map(|f| json!({"severity": f.severity.name(), "key": f.key, "message": f.message_en, "message_zh": f.message_zh}))
        .collect();
    let accounts: Value = accounts
        .iter()
        .map(|(name, channel, course)| {
            let checks: Value = course
                .0
                .iter()
                .map(|check| match &check.outcome {
                    Ok(detail) => json!({"check": check.name.0, "ok": true, "detail": detail}),
                    Err(cause) => {
                        let mut said = cause.json();
                        said["check"] = check.name.0.into();
                        said["ok"] = false.into();
                        said
                    }
                })
                .collect();
            json!({"account": name, "channel": channel, "ok": course.well(), "checks": checks})
        })
        .collect();
    json!({"ok": well, "configuration": findings, "accounts": accounts})
}

fn print(general: &[Finding], accounts: &[(&str, &str, Course)]) {
    let mut rows: Vec<Vec<Cell>> = general
        .iter()
        .map(|finding| {
            let state = if finding.severity == Severity::Error { "failed" } else { "unknown" };
            vec![
                "-".into(),
                finding.key.as_str().into(),
                Cell::coloured(finding.severity.name(), state),
                format!("{}  {}", finding.message_en, finding.message_zh).into(),
            ]
        })
        .collect();
    for (name, _, course) in accounts {
        for check in &course.0 {
            let (result, detail) = match &check.outcome {
                Ok(detail) => (Cell::coloured("ok", "sent"), detail.clone()),
                Err(cause) => (Cell::coloured("wrong", "failed"), cause.to_string()),
            };
            rows.push(vec![(*name).into(), format!("{} {}", check.name.0, check.name.1).into(), result, detail.into()]);
        }
    }
    listing::print(&["ACCOUNT 账号", "CHECK 检查", "RESULT 结果", "CAUSE AND REMEDY 原因与处理"], &rows);
}
