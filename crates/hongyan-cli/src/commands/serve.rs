//! `hongyan serve`: runs the gateway.

use crate::{args::Serve, exit::Exit, logging};
use anyhow::Context;
use hongyan_channel::Account;
use hongyan_core::{Clock, clock::System};
use hongyan_gateway::{Config, Gateway, config::LogFormat, keys};
use hongyan_store::{Options, Sqlite};
use serde_json::json;
use std::{collections::BTreeMap, io::Write, sync::Arc};
use tokio::signal::unix::{SignalKind, signal};

pub(crate) async fn run(args: &Serve, json: bool) -> anyhow::Result<Exit> {
    let config = Config::load(args.config.as_deref(), std::env::vars())?;
    logging::start(config.log.level.name(), config.log.format == LogFormat::Json);
    let (gateway, first_key) = start(config).await?;
    if json {
        println!("{}", json!({"listen": gateway.address.to_string(), "key": first_key}));
    } else {
        println!("hongyan listens on http://{0}  (API documents: http://{0}/docs)", gateway.address);
        if let Some(key) = &first_key {
            println!("API key, shown this once  API 密钥,仅显示一次: {key}");
        }
    }
    std::io::stdout().flush()?;
    told_to_stop().await?;
    gateway.stop().await;
    Ok(Exit::Done)
}

/// Opens the store and the accounts and starts a gateway; gives the first key if it had to be made.
pub(crate) async fn start(config: Config) -> anyhow::Result<(Gateway, Option<String>)> {
    let accounts: BTreeMap<Arc<str>, Account> = config.open_accounts()?;
    let path = config.store.path().context("store.url names no file")?;
    let options = Options { files_bytes: config.store.max_files_bytes, ..Options::default() };
    let store = Arc::new(Sqlite::open(&path, options).with_context(|| format!("store {}", path.display()))?);
    // Whatever the log's level: nobody should find this out from a missing message.
    for notice in store.notices() {
        let (en, zh) = notice.words();
        eprintln!("store {}: {en}\n{zh}", path.display());
    }
    let clock: Arc<dyn Clock> = Arc::new(System);
    let first_key = keys::ensure_first(&*store, clock.now()).await?;
    let (outbox, keys) = (Arc::clone(&store) as _, Arc::clone(&store) as _);
    let gateway = Gateway::start(config, accounts, outbox, keys, store, clock).await?;
    Ok((gateway, first_key))
}

/// Resolves at Ctrl-C or a polite kill.
pub(crate) async fn told_to_stop() -> anyhow::Result<()> {
    let mut term = signal(SignalKind::terminate())?;
    tokio::select! {
        outcome = tokio::signal::ctrl_c() => outcome?,
        _ = term.recv() => {}
    }
    Ok(())
}
