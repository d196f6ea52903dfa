//! `hongyan retry ID` and `hongyan cancel ID`.

use crate::out::say;
use crate::{args::Message, exit::Exit, remote::Gateway};
use serde_json::json;

/// Asks for the action of that name and says how many deliveries it concerned.
pub(crate) async fn run(args: &Message, action: &str, json: bool) -> anyhow::Result<Exit> {
    let gateway = Gateway::open(&args.remote)?;
    let report = gateway.call("POST", &format!("/v1/messages/{}/{action}", args.id), &[], Some(&json!({}))).await?;
    let deliveries = report["deliveries"].as_u64().unwrap_or(0);
    if json {
        say!("{report}");
    } else if deliveries == 0 {
        say!("nothing to {action}: look with `hongyan status {}`", args.id);
    } else {
        say!("{action}: {deliveries} deliveries; look with `hongyan status {}`", args.id);
    }
    Ok(if deliveries == 0 { Exit::Failed } else { Exit::Done })
}
