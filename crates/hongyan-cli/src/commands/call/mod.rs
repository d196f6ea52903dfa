//! `hongyan call PLATFORM OPERATION`: any declared operation of a platform, by name.
//!
//! Nothing here knows an operation: names, fields and paths are read from the declarations. What is a message's own
//! (queue, ledger, limits) is not kept by these calls; that is `hongyan send`.

mod fields;
mod mask;

use super::explain::row_json;
use crate::lang::told;
use crate::out::{note, say};
use crate::{
    args::Call,
    exit::{Exit, Usage},
    listing::{self, Cell},
};
use anyhow::Context;
use fields::Given;
use hongyan_channel::{AccountConfig, Operations, OwnValue, PLATFORMS, operations};
use hongyan_endpoint::{Auth, Class, Declared, Effect, Fault, Wire, harmless_json, with_code};
use hongyan_gateway::Config;
use mask::{HIDDEN, masked};
use serde_json::{Value, json};
use std::fmt::Write;

pub(crate) async fn run(args: &Call, json: bool) -> anyhow::Result<Exit> {
    let Some(platform) = args.platform.as_deref() else {
        list(PLATFORMS, json);
        return Ok(Exit::Done);
    };
    let platform = operations(platform).ok_or_else(|| {
        let names: Vec<&str> = PLATFORMS.iter().map(|row| row.platform).collect();
        Usage(told!("no platform is called {platform:?}: {}" ; "没有名为 {platform:?} 的平台：{}", names.join(", ")))
    })?;
    let Some(name) = args.operation.as_deref() else {
        list(std::slice::from_ref(platform), json);
        return Ok(Exit::Done);
    };
    let operation = find(platform, name)?;
    let config = crate::configuration::load(args.config.as_deref())?;
    let account = account(&config, platform, args.account.as_deref())?;
    let given = Given::read(&args.fields)?;
    if args.dry_run {
        // The secret is not even read.
        let (_, wire) = fields::fill(operation, given, &own_fields(account, true)?)?;
        let base = account.and_then(AccountConfig::base_url).unwrap_or_else(|| (platform.base)(operation.spec()));
        print_wire(operation, base.trim_end_matches('/'), wire, json);
        return Ok(Exit::Done);
    }
    let account = account.with_context(|| {
        told!("no account of {} is configured: --config FILE names the configuration" ; "没有配置 {} 的账号：请用 --config 指明配置文件", platform.platform)
    })?;
    let (request, _) = fields::fill(operation, given, &own_fields(Some(account), false)?)?;
    let caller = account
        .caller()
        .map_err(|invalid| anyhow::Error::msg(told!("{invalid}" ; "{invalid:#}")))?
        .with_context(|| told!("this channel has no operations" ; "该渠道没有可调用的接口"))?;
    match caller.call(operation, request).await {
        Ok(reply) => {
            let reply = masked(reply);
            if json {
                say!("{}", String::from_utf8_lossy(&harmless_json(reply.to_string().into_bytes())));
            } else {
                say!("{}", String::from_utf8_lossy(&harmless_json(format!("{reply:#}").into_bytes())));
            }
            Ok(Exit::Done)
        }
        Err(fault) => Ok(refused(&fault, json)),
    }
}

fn find(platform: &Operations, name: &str) -> anyhow::Result<&'static dyn Declared> {
    let all = (platform.list)();
    if let Some(found) = all.iter().find(|declared| declared.spec().name == name) {
        return Ok(*found);
    }
    let mut near: Vec<(usize, &str)> = all
        .iter()
        .map(|declared| declared.spec().name)
        .map(|other| (if other.contains(name) { 0 } else { distance(name, other) }, other))
        .filter(|(far, _)| *far <= name.chars().count().div_ceil(2))
        .collect();
    near.sort_unstable();
    let hint = if near.is_empty() {
        format!("`hongyan call {}` lists them", platform.platform)
    } else {
        let near: Vec<&str> = near.into_iter().take(5).map(|(_, name)| name).collect();
        format!("did you mean {}?", near.join(", "))
    };
    Err(Usage(told!("{} has no operation {name:?}; {hint}" ; "{} 没有接口 {name:?}；{hint}", platform.platform)).into())
}

/// How many letters have to be put in, left out or changed.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let changed = corner + usize::from(x != *y);
            corner = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(corner + 1);
        }
    }
    row[b.len()]
}

/// The account that is named, else the platform's only one, else none.
fn account<'a>(
    config: &'a Config,
    platform: &Operations,
    name: Option<&str>,
) -> anyhow::Result<Option<&'a AccountConfig>> {
    let fits = |account: &AccountConfig| account.channel_name() == platform.platform;
    if let Some(name) = name {
        let account = config.accounts.get(name).ok_or_else(|| {
            Usage(told!("--account: no account is called {name:?}" ; "--account：没有名为 {name:?} 的账号"))
        })?;
        if !fits(account) {
            let channel = account.channel_name();
            return Err(Usage(told!(
                "--account: {name:?} is an account of {channel}" ;
                "--account：{name:?} 是 {channel} 的账号"
            ))
            .into());
        }
        return Ok(Some(account));
    }
    let mut fitting = config.accounts.iter().filter(|(_, account)| fits(account));
    match (fitting.next(), fitting.next()) {
        (Some(_), Some(_)) => {
            let names: Vec<&str> =
                config.accounts.iter().filter(|(_, a)| fits(a)).map(|(name, _)| name.as_str()).collect();
            Err(Usage(told!("which account? --account {}" ; "用哪个账号？--account {}", names.join(" or --account ")))
                .into())
        }
        (only, _) => Ok(only.map(|(_, account)| account)),
    }
}

/// What the account puts into fields that were not given; `hidden` puts [`HIDDEN`] in place of its secret.
fn own_fields(account: Option<&AccountConfig>, hidden: bool) -> anyhow::Result<Vec<(&'static str, Value)>> {
    let Some(account) = account else { return Ok(Vec::new()) };
    let mut fields = Vec::new();
    for field in account.own_fields() {
        let value = match field.value {
            OwnValue::Open(value) => value,
            OwnValue::Secret(_) if hidden => HIDDEN.into(),
            OwnValue::Secret(secret) => secret.read()?.expose().into(),
        };
        fields.extend(field.names.iter().map(|name| (*name, value.clone())));
    }
    Ok(fields)
}

/// Shows the call that would be made; credentials as `***`.
fn print_wire(operation: &dyn Declared, base: &str, wire: Wire, json: bool) {
    let spec = operation.spec();
    let mut wire = mask::wire(wire);
    if spec.auth != Auth::None {
        spec.auth.attach(HIDDEN, &mut wire);
    }
    if !wire.body.is_empty() && !wire.headers.iter().any(|(name, _)| name == "content-type") {
        wire.headers.push(("content-type".into(), "application/json; charset=utf-8".into()));
    }
    // The stars are for people: as they are, not percent-encoded.
    let url = format!("{base}{}", wire.target().replace("%2A%2A%2A", HIDDEN));
    let body: Value = serde_json::from_slice(&wire.body).unwrap_or_else(|_| {
        if wire.body.is_empty() { Value::Null } else { format!("{} bytes", wire.body.len()).into() }
    });
    if json {
        let headers: serde_json::Map<String, Value> =
            wire.headers.into_iter().map(|(name, value)| (name, value.into())).collect();
        say!("{}", json!({"method": wire.method, "url": url, "headers": headers, "body": body}));
        return;
    }
    let mut text = format!("{} {url}\n", wire.method);
    for (name, value) in &wire.headers {
        // Writing to a String does not fail.
        let _ = writeln!(text, "{name}: {value}");
    }
    if !body.is_null() {
        let _ = writeln!(text, "\n{body:#}");
    }
    crate::out::write(format_args!("{text}"));
}

/// Says why a call failed, on standard error.
fn refused(fault: &Fault, json: bool) -> Exit {
    let unknown = fault.class() == Class::Ambiguous;
    if json {
        let mut said = json!({
            "operation": fault.operation(), "code": fault.code(), "class": fault.class().name(),
            "message": fault.message(), "exit": if unknown { 3 } else { 1 },
        });
        if let Some(row) = fault.error_code() {
            said["known"] = row_json(row);
        }
        note!("{}", json!({"error": said}));
    } else {
        let red = anstyle::AnsiColor::Red.on_default().bold();
        let head = if unknown { "unknown outcome 结果未知" } else { "refused 被拒" };
        note!("{red}{head}{red:#} {}: {}", fault.operation(), with_code(fault.code(), fault.message()));
        if let Some(row) = fault.error_code() {
            note!("  meaning 含义：{}  {}", row.en, row.zh);
            note!("  remedy 处理：{}  {}", row.advice_en, row.advice_zh);
        }
    }
    if unknown { Exit::Unknown } else { Exit::Failed }
}

fn list(platforms: &[Operations], json: bool) {
    let effect = |effect| match effect {
        Effect::Read => "read",
        Effect::Idempotent => "idempotent",
        Effect::Send => "send",
    };
    let all = platforms.iter().flat_map(|p| (p.list)().into_iter().map(|declared| (p.platform, declared.spec())));
    if json {
        let rows: Value = all
            .map(|(platform, spec)| {
                json!({
                    "platform": platform, "operation": spec.name, "method": spec.method.as_str(), "path": spec.path,
                    "effect": effect(spec.effect), "does": spec.doc.trim(), "source": spec.source,
                })
            })
            .collect();
        say!("{rows}");
        return;
    }
    let rows: Vec<Vec<Cell>> = all
        .map(|(platform, spec)| {
            vec![
                platform.into(),
                spec.name.into(),
                format!("{} {}", spec.method.as_str(), spec.path).into(),
                effect(spec.effect).into(),
                spec.doc.lines().next().unwrap_or_default().trim().into(),
            ]
        })
        .collect();
    listing::print(&["PLATFORM 平台", "OPERATION 操作", "CALL 调用", "EFFECT 效果", "DOES 说明"], &rows);
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn the_distance_counts_single_letters() {
        assert_eq!(distance("user.get", "user.get"), 0);
        assert_eq!(distance("mesage.send", "message.send"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
