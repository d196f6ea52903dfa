//! `hongyan sandbox`: simulated DingTalk, WeCom and mail servers, for trying and testing without an account.

use crate::out::say;
use crate::{
    args::Sandbox as Args,
    configuration,
    exit::{Exit, Usage},
    lang::told,
    logging,
};
use hongyan_sandbox::{FaultRule, Limits, Sandbox, SandboxOptions};
use std::{io::ErrorKind, net::SocketAddr, time::Duration};

pub(crate) async fn run(args: &Args) -> anyhow::Result<Exit> {
    logging::start("warn", false);
    if args.fixed_credentials && !(args.listen.ip().is_loopback() && args.smtp.ip().is_loopback()) {
        let message =
            told!("--fixed-credentials are for loopback addresses only" ; "--fixed-credentials 仅限本机回环地址");
        return Err(Usage(message).into());
    }
    if args.print_config {
        if !args.fixed_credentials && args.state.is_none() {
            let message = told!(
                "--print-config needs --fixed-credentials or --state FILE: other credentials are new at every start" ;
                "--print-config 需要 --fixed-credentials 或 --state 文件：否则每次启动的凭证都不同"
            );
            return Err(Usage(message).into());
        }
        crate::out::write(format_args!("{}", described(args).await?));
        return Ok(Exit::Done);
    }
    let options = options(args)?;
    let sandbox = Sandbox::start(options).await.map_err(|error| match error.kind() {
        // What is wrong is not with an address: a file, or no random bytes.
        ErrorKind::Other => anyhow::anyhow!(told!("the sandbox does not start: {error}" ; "模拟平台无法启动：{error}")),
        _ => anyhow::anyhow!(
            "the sandbox cannot listen on {} or {}: {error}; choose others with --listen and --smtp",
            args.listen,
            args.smtp
        ),
    })?;
    say!("{}", sandbox.credentials());
    super::stop::told_to_stop().await?;
    sandbox.stop().await;
    Ok(Exit::Done)
}

fn options(args: &Args) -> anyhow::Result<SandboxOptions> {
    let faults: Result<Vec<FaultRule>, _> = args.faults.iter().map(|text| text.parse()).collect();
    Ok(SandboxOptions {
        listen: args.listen,
        smtp_listen: Some(args.smtp),
        smtp_without_login: args.smtp_without_login,
        seed: args.seed,
        faults: faults.map_err(|error| Usage(format!("--fault {error}")))?,
        auto_read: args.auto_read_ms.map(Duration::from_millis),
        limits: Limits { calls: args.limits, people: !args.no_people_limits },
        state: args.state.clone(),
        fixed_credentials: args.fixed_credentials,
        ..SandboxOptions::default()
    })
}

/// The gateway's configuration for the sandbox that these options make.
async fn described(args: &Args) -> anyhow::Result<String> {
    let anywhere = |address: SocketAddr| SocketAddr::new(address.ip(), 0);
    // Started beside the one that may be running, for what it would say.
    let mut options = options(args)?;
    (options.listen, options.smtp_listen) = (anywhere(args.listen), Some(anywhere(args.smtp)));
    let kept = args.state.as_ref().is_none_or(|state| state.exists());
    let sandbox = Sandbox::start(options)
        .await
        .map_err(|error| anyhow::anyhow!(told!("the sandbox does not start: {error}" ; "模拟平台无法启动：{error}")))?;
    let mut said = sandbox.credentials();
    if kept {
        // Nothing is written down: the state belongs to the one that is running.
        drop(sandbox);
    } else {
        sandbox.stop().await;
    }
    let base = format!("http://{}", args.listen);
    said["dingtalk"]["base"] = base.clone().into();
    said["wecom"]["base"] = base.into();
    said["smtp"]["address"] = args.smtp.to_string().into();
    configuration::of_sandbox(&said)
}

/// As `hongyan sandbox --fixed-credentials --print-config` says.
pub(crate) async fn configuration() -> anyhow::Result<String> {
    use clap::Parser;
    #[derive(Parser)]
    struct Alone {
        #[command(flatten)]
        sandbox: Args,
    }
    described(&Alone::parse_from(["sandbox", "--fixed-credentials"]).sandbox).await
}
