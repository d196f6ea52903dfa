//! `hongyan serve`: runs the gateway.

use super::stop::told_to_stop;
use crate::out::{self, note, say};
use crate::{
    args::Serve,
    exit::{Exit, Usage, unwritten},
    lang::told,
    logging,
};
use anyhow::{Context, bail};
use hongyan_channel::Account;
use hongyan_core::{Clock, clock::System};
use hongyan_gateway::{Config, Gateway, config::LogFormat, keys};
use hongyan_store::{Options, Sqlite};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use serde_json::json;
use std::{collections::BTreeMap, sync::Arc};

pub(crate) async fn run(args: &Serve, json: bool) -> anyhow::Result<Exit> {
    let config = crate::configuration::load(args.config.as_deref())?;
    if config.accounts.is_empty() {
        note!(
            "{}",
            told!(
                "there is no account: nothing can be sent; `hongyan init` writes a configuration" ;
                "没有配置账号，无法发送；`hongyan init` 可生成配置文件"
            )
        );
    }
    logging::start(config.log.level.name(), config.log.format == LogFormat::Json);
    provide_open_files(config.server.max_connections as u64);
    let (gateway, first_key) = start(config).await?;
    if json {
        say!("{}", json!({"listen": gateway.address.to_string(), "key": first_key}));
    } else {
        let base = format!("http://{}", gateway.address);
        say!(
            "{}",
            told!(
                "hongyan listens on {base}  (API documents: {base}/docs)" ;
                "鸿雁监听于 {base}（API 文档：{base}/docs）"
            )
        );
        if let Some(key) = &first_key {
            say!("{}", told!("API key, shown this once: {key}" ; "API 密钥，仅显示一次：{key}"));
        }
    }
    // A gateway runs on without a place for its words, but not when the only key was among them.
    if let Some(why) = out::failure().filter(|_| first_key.is_some()) {
        gateway.stop().await;
        return Err(unwritten(why).context(told!("the first API key was not shown: `hongyan keys create` makes another" ; "首个 API 密钥未能显示：可用 `hongyan keys create` 另建")));
    }
    told_to_stop().await?;
    gateway.stop().await;
    Ok(Exit::Done)
}

/// Files that are open beside the callers' connections: the store, calls to platforms, what is read and written.
const OTHER_FILES: u64 = 1_024;

/// Raises how many files the process may have open to what its connections may need, as far as the system lets it. A
/// process without one can neither answer nor send.
fn provide_open_files(connections: u64) {
    let wanted = connections.saturating_add(OTHER_FILES);
    let Ok((now, most)) = getrlimit(Resource::RLIMIT_NOFILE) else { return };
    let allowed = wanted.min(most);
    if now < allowed && setrlimit(Resource::RLIMIT_NOFILE, allowed, most).is_err() || most < wanted {
        let open_files = now.max(allowed);
        tracing::warn!(
            open_files,
            wanted,
            "fewer files may be open than server.max_connections may need: raise the limit (ulimit -n, LimitNOFILE=), or lower it"
        );
    }
}

/// Opens the store and the accounts and starts a gateway; gives the first key if it had to be made.
pub(crate) async fn start(config: Config) -> anyhow::Result<(Gateway, Option<String>)> {
    let accounts: BTreeMap<Arc<str>, Account> = config.open_accounts()?;
    let path = config.store.path().with_context(|| told!("store.url names no file" ; "store.url 未指明文件"))?;
    if let Some(old) = std::env::current_dir().ok().and_then(|working| config.store.left_behind(&working)) {
        let old = old.canonicalize().unwrap_or(old);
        bail!(Usage(told!(
            "a relative store.url belongs beside the configuration file since this version: there is none at {new}, and the \
             one in the working directory, {old}, would be left behind. To keep it, write under [store]: \
             url = \"sqlite:{old}\" (or move it, with its -wal file, to {new})" ;
            "自本版本起，store.url 的相对路径以配置文件所在目录为准：{new} 处没有数据库，而工作目录中已有 {old}。\
             如需继续使用，请在 [store] 下写：url = \"sqlite:{old}\"（或连同 -wal 文件移到 {new}）",
            old = old.display(), new = path.display()
        )));
    }
    let options = Options { files_bytes: config.store.max_files_bytes, ..Options::default() };
    let store =
        Arc::new(Sqlite::open(&path, options).with_context(|| told!("store {}" ; "数据库 {}", path.display()))?);
    // Whatever the log's level: nobody should find this out from a missing message.
    for notice in store.notices() {
        let (en, zh) = notice.words();
        note!("{}", told!("store {0}: {en}" ; "数据库 {0}：{zh}", path.display()));
    }
    let clock: Arc<dyn Clock> = Arc::new(System);
    let first_key = keys::ensure_first(&*store, clock.now()).await?;
    let gateway = Gateway::start(config, accounts, store, clock).await?;
    Ok((gateway, first_key))
}
