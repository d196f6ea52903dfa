//! `hongyan mail`: sendEmail from a shell.

use crate::lang::told;
use crate::out::say;
use crate::{
    args::MailArgs,
    commands::http::{failed, text},
    exit::{Exit, Usage},
};
use anyhow::Context;
use hongyan_functions::{Functions, MailCall, MailContent};
use hongyan_net::Secret;
use serde_json::json;

pub(crate) async fn run(args: &MailArgs, json: bool) -> anyhow::Result<Exit> {
    let functions = Functions::new(args.care.profile()?);
    if let Some(server) = &args.server {
        let (host, port) = server_of(server)?;
        let domain = args.from.rsplit_once('@').map_or("", |(_, domain)| domain);
        functions.email_smtp_config(domain, host, port).map_err(failed)?;
    }
    let call = MailCall {
        user_id: args.from.clone(),
        password: password(args)?,
        recipients: args.to.clone(),
        content: content(args)?,
    };
    let outcome = functions.send_email(&call).await;
    functions.close().await;
    let result = outcome.map_err(failed)?;
    if json {
        let entries = json!({
            "responseCode": result.response_code,
            "headers": result.headers,
            "text": result.text,
            "elapsed": result.elapsed,
            "userId": result.user_id,
            "recipient": result.recipient,
        });
        say!("{entries}");
    } else {
        say!("{} {}", result.response_code, result.text);
    }
    Ok(Exit::Done)
}

fn server_of(server: &str) -> Result<(&str, Option<u16>), Usage> {
    match server.rsplit_once(':') {
        None => Ok((server, None)),
        Some((host, port)) => {
            let port = port.parse().map_err(|_| {
                Usage(told!("--server {server}: {port:?} is not a port" ; "--server {server}：{port:?} 不是端口"))
            })?;
            Ok((host, Some(port)))
        }
    }
}

fn password(args: &MailArgs) -> anyhow::Result<Secret> {
    if let Some(path) = &args.password_file {
        let read = std::fs::read_to_string(path).with_context(|| format!("--password-file {}", path.display()))?;
        return Ok(Secret::new(read.trim_end_matches(['\r', '\n'])));
    }
    let name = args.password_env.as_deref().unwrap_or_default();
    // The name is not repeated: it may be the password itself, typed in the wrong place.
    let value = std::env::var(name).map_err(|_| {
        Usage(told!("--password-env names no variable of the environment; the password itself is never given here" ; "--password-env 指的环境变量不存在；密码本身不写在命令行上"))
    })?;
    Ok(Secret::new(value))
}

fn content(args: &MailArgs) -> anyhow::Result<MailContent> {
    if let Some(path) = &args.msg {
        let path = if path == "-" { path.clone() } else { format!("@{path}") };
        return Ok(MailContent::Raw(text(&path)?));
    }
    let body = args.body.as_deref().unwrap_or_default();
    Ok(MailContent::Parts { subject: args.subject.clone().unwrap_or_default(), body: text(body)? })
}
