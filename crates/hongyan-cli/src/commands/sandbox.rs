//! `hongyan sandbox`: simulated DingTalk, WeCom and mail servers, for trying and testing without an account.

use crate::{
    args::Sandbox as Args,
    exit::{Exit, Usage},
    logging,
};
use hongyan_sandbox::{FaultRule, Limits, Sandbox, SandboxOptions};
use std::{
    io::{ErrorKind, Write},
    time::Duration,
};

pub(crate) async fn run(args: &Args) -> anyhow::Result<Exit> {
    logging::start("warn", false);
    if args.fixed_credentials && !(args.listen.ip().is_loopback() && args.smtp.ip().is_loopback()) {
        return Err(Usage("--fixed-credentials are for loopback addresses only".into()).into());
    }
    let faults: Result<Vec<FaultRule>, _> = args.faults.iter().map(|text| text.parse()).collect();
    let options = SandboxOptions {
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
    };
    let sandbox = Sandbox::start(options).await.map_err(|error| match error.kind() {
        // What is wrong is not with an address: a file, or no random bytes.
        ErrorKind::Other => anyhow::anyhow!("the sandbox does not start: {error}"),
        _ => anyhow::anyhow!(
            "the sandbox cannot listen on {} or {}: {error}; choose others with --listen and --smtp",
            args.listen,
            args.smtp
        ),
    })?;
    println!("{}", sandbox.credentials());
    std::io::stdout().flush()?;
    super::serve::told_to_stop().await?;
    sandbox.stop().await;
    Ok(Exit::Done)
}
