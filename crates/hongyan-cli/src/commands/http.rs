//! `hongyan http`: httpGet, httpPost, httpPut and httpDelete from a shell.

use crate::lang::told;
use crate::out::{say, write_bytes};
use crate::{
    args::Http,
    exit::{Exit, NoAnswer, Usage},
};
use anyhow::Context;
use hongyan_functions::{Config, FunctionError, Functions, Headers, HttpCall, HttpResult, Kind, Params};
use hongyan_net::Secret;
use serde_json::json;
use std::io::Read;

/// Where a proxy's password is found.
const PROXY_PASSWORD: &str = "HONGYAN_PROXY_PASSWORD";

pub(crate) async fn run(args: &Http, json: bool) -> anyhow::Result<Exit> {
    let functions = Functions::new(args.care.profile()?);
    let call = HttpCall {
        params: params(args)?,
        timeout_ms: Some(args.timeout_ms),
        headers: headers(&args.headers)?,
        config: config(args)?,
        ..HttpCall::new(args.verb.method(), &*args.url)
    };
    let result = functions.http(&call).await.map_err(failed)?;
    print(&result, args.include, json);
    if args.fail && result.response_code >= 400 {
        anyhow::bail!("{}", told!("the answer's status is {}" ; "应答状态码为 {}", result.response_code));
    }
    Ok(Exit::Done)
}

/// A function's error with the exit code that it deserves.
pub(crate) fn failed(error: FunctionError) -> anyhow::Error {
    if error.kind() == Kind::Argument {
        Usage(error.to_string()).into()
    } else if error.outcome_unknown() {
        NoAnswer(error.to_string()).into()
    } else {
        error.into()
    }
}

fn params(args: &Http) -> anyhow::Result<Params> {
    if let Some(data) = &args.data {
        return Ok(Params::Text(text(data)?));
    }
    let pairs = args.params.iter().map(|param| {
        let (key, value) = param
            .split_once('=')
            .ok_or_else(|| Usage(told!("--param {param:?} is not KEY=VALUE" ; "--param {param:?} 应为 KEY=VALUE")))?;
        Ok((key.to_owned(), value.to_owned()))
    });
    let pairs: Vec<_> = pairs.collect::<Result<_, Usage>>()?;
    Ok(if pairs.is_empty() { Params::None } else { Params::Pairs(pairs) })
}

/// A text as it stands, a file's or standard input's.
pub(crate) fn text(given: &str) -> anyhow::Result<String> {
    if given == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).context("standard input")?;
        return Ok(text);
    }
    match given.strip_prefix('@') {
        Some(path) => std::fs::read_to_string(path).with_context(|| path.to_owned()),
        None => Ok(given.to_owned()),
    }
}

fn headers(given: &[String]) -> anyhow::Result<Headers> {
    let mut pairs = Vec::new();
    for given in given {
        // A file has a header on each line; a line break in a value that was typed is somebody else's.
        let whole = if given.starts_with('@') { text(given)? } else { given.clone() };
        let lines: Vec<&str> = if given.starts_with('@') { whole.lines().collect() } else { vec![&whole] };
        for line in lines.into_iter().filter(|line| !line.trim().is_empty()) {
            let wrong = || Usage(told!("a --header is 'Name: value'" ; "--header 应为 '名称：值'"));
            let (name, value) = line.split_once(':').ok_or_else(wrong)?;
            if pairs.iter().any(|(other, _): &(String, String)| other.eq_ignore_ascii_case(name)) {
                return Err(
                    Usage(told!("the header {} is given twice" ; "请求头 {} 重复给出", name.escape_debug())).into()
                );
            }
            pairs.push((name.to_owned(), value.trim_matches([' ', '\t']).to_owned()));
        }
    }
    Ok(if pairs.is_empty() { Headers::None } else { Headers::Pairs(pairs) })
}

fn config(args: &Http) -> anyhow::Result<Config> {
    if args.proxy.as_deref().is_some_and(|proxy| proxy.contains('@')) {
        let message = told!("--proxy takes no login: give --proxy-user, and the password in {PROXY_PASSWORD}" ; "--proxy 不含登录名：请用 --proxy-user，密码放在环境变量 {PROXY_PASSWORD}");
        return Err(Usage(message).into());
    }
    Ok(Config {
        proxy: args.proxy.as_deref().map(Secret::new),
        proxy_username: args.proxy_user.clone(),
        proxy_password: std::env::var(PROXY_PASSWORD).ok().map(Secret::new),
    })
}

fn print(result: &HttpResult, include: bool, json: bool) {
    if json {
        let entries = json!({
            "responseCode": result.response_code,
            "headers": result.headers,
            "text": result.text_lossy(),
            "elapsed": result.elapsed,
        });
        say!("{entries}");
        return;
    }
    if include {
        write_bytes(result.headers.as_bytes());
    }
    write_bytes(&result.text);
}
