//! What is measured.

use crate::{
    load::{self, Body, Target, Until},
    process::{self, Process},
    report::Report,
};
use anyhow::Context;
use serde_json::{Value, json};
use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

/// What stays the same over all scenarios.
pub(crate) struct Settings {
    pub(crate) hongyan: PathBuf,
    pub(crate) span: Duration,
    pub(crate) messages: usize,
    pub(crate) only: Option<String>,
}

/// A gateway with a sandbox, on free ports, in a folder of its own.
struct Stage {
    gateway: Process,
    _sandbox: Process,
    address: SocketAddr,
    key: String,
    people: Vec<String>,
    folder: PathBuf,
}

impl Drop for Stage {
    fn drop(&mut self) {
        // A folder under the system's temporary one; leaving it behind harms nothing.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Lifts what the platforms would throttle: here the gateway is to be the limit.
const UNLIMITED: &str =
    "rate = { max = 0, per_ms = 1 }\nrecipient_rate = { max = 0, per_ms = 1 }\nreceipts_after_ms = 0\n";

impl Stage {
    async fn open(settings: &Settings) -> anyhow::Result<Self> {
        let any = "127.0.0.1:0";
        let (sandbox, line) =
            Process::start(&settings.hongyan, &["sandbox", "--listen", any, "--smtp", any, "--no-people-limits"], &[])?;
        let sandbox_said: Value = serde_json::from_str(&line).context("the sandbox's first line is not JSON")?;
        let text = |path: &str| sandbox_said.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
        let folder = std::env::temp_dir().join(format!("hongyan-bench-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder)?;
        let (host, port) = sandbox_said
            .pointer("/smtp/address")
            .and_then(Value::as_str)
            .and_then(|a| a.rsplit_once(':'))
            .context("no smtp address")?;
        let config = format!(
            "[server]\nlisten = \"127.0.0.1:0\"\n[store]\nurl = \"sqlite:{}\"\n\
             [accounts.ding]\nchannel = \"dingtalk\"\napp_key = \"{}\"\napp_secret = {{ env = \"BENCH_DING\" }}\nagent_id = {}\nbase_url = \"{}\"\nconcurrency = 64\n{UNLIMITED}\
             [accounts.wecom]\nchannel = \"wecom\"\ncorp_id = \"{}\"\nsecret = {{ env = \"BENCH_WECOM\" }}\nagent_id = {}\nbase_url = \"{}\"\nconcurrency = 64\n{UNLIMITED}\
             [accounts.mail]\nchannel = \"mail\"\nhost = \"{host}\"\nport = {port}\ntls = \"dangerous_none\"\nusername = \"{}\"\npassword = {{ env = \"BENCH_MAIL\" }}\nfrom = \"{}\"\nconnections = 16\nmessages_per_connection = 1000000\nconcurrency = 64\n{UNLIMITED}",
            folder.join("bench.db").display(),
            text("/dingtalk/app_key"),
            sandbox_said["dingtalk"]["agent_id"],
            text("/dingtalk/base"),
            text("/wecom/corp_id"),
            sandbox_said["wecom"]["agent_id"],
            text("/wecom/base"),
            text("/smtp/username"),
            text("/smtp/username"),
        );
        let path = folder.join("bench.toml");
        std::fs::write(&path, config)?;
        let secrets = [text("/dingtalk/app_secret"), text("/wecom/secret"), text("/smtp/password")];
        let env = [
            ("BENCH_DING", secrets[0].as_str()),
            ("BENCH_WECOM", &secrets[1]),
            ("BENCH_MAIL", &secrets[2]),
            ("HONGYAN_LOG_LEVEL", "error"),
        ];
        let path = path.display().to_string();
        let (gateway, line) = Process::start(&settings.hongyan, &["serve", "--json", "--config", &path], &env)?;
        let said: Value = serde_json::from_str(&line).with_context(|| format!("the gateway said {line:?}"))?;
        let address = process::address(said["listen"].as_str().unwrap_or_default())?;
        let key = said["key"].as_str().context("the first start prints a key")?.to_owned();
        let inspect = text("/inspect");
        let inspect = process::address(inspect.trim_start_matches("http://").split('/').next().unwrap_or_default())?;
        let company: Value = serde_json::from_str(&load::get(inspect, "/sandbox/company", "").await?)?;
        let people = company["people"]
            .as_array()
            .context("the sandbox has no people")?
            .iter()
            .filter(|person| person["active"] != json!(false) && person["visible"] != json!(false))
            .filter_map(|person| person["userid"].as_str().map(str::to_owned))
            .filter(|userid| userid.starts_with('u'))
            .collect();
        Ok(Self { gateway, _sandbox: sandbox, address, key, people, folder })
    }

    fn target(&self, path: &'static str) -> Target {
        Target { address: self.address, path, key: self.key.clone() }
    }

    /// Messages for one person each, all different, for later or for now.
    fn message(&self, account: &'static str, later: bool) -> Body {
        let people = self.people.clone();
        let at = if later { r#","send_at":"2099-01-01T00:00:00Z""# } else { "" };
        Arc::new(move |n| {
            let person = &people[n as usize % people.len()];
            let to = match account {
                "mail" => format!(r#"{{"email":"{person}@example.com"}}"#),
                _ => format!(r#"{{"userid":"{person}"}}"#),
            };
            format!(
                r#"{{"to":[{to}],"via":["{account}"],"content":{{"text":"批次 {n} 已完成:这是一条用于测量的通知,内容各不相同,长度与日常消息相近,请勿回复。"}}{at}}}"#
            )
        })
    }

    /// Calls that the platforms took so far, by the gateway's own metrics.
    async fn taken(&self) -> anyhow::Result<u64> {
        let text = load::get(self.address, "/metrics", &self.key).await?;
        Ok(text
            .lines()
            .filter(|line| line.starts_with("hongyan_attempts_total") && line.contains("class=\"taken\""))
            .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
            .sum::<f64>() as u64)
    }
}

/// One round of everything.
pub(crate) async fn all(settings: &Settings, report: &mut Report) -> anyhow::Result<()> {
    let wanted = |name: &str| settings.only.as_deref().is_none_or(|only| name.contains(only));
    if wanted("accept") {
        accept(settings, report).await?;
    }
    for channel in ["ding", "wecom", "mail"] {
        if wanted(&format!("deliver {channel}")) {
            deliver(settings, report, channel).await?;
        }
    }
    if wanted("relay") {
        relay(settings, report).await?;
    }
    Ok(())
}

async fn accept(settings: &Settings, report: &mut Report) -> anyhow::Result<()> {
    let stage = Stage::open(settings).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    report.add("memory idle", "MiB", stage.gateway.memory_mib()?);

    let (baseline, line) = Process::start(&std::env::current_exe()?, &["--baseline-server"], &[])?;
    let without = Target { address: process::address(&line)?, path: "/v1/messages", key: stage.key.clone() };
    let later = stage.message("ding", true);
    let span = Until::Elapsed(settings.span);
    let bare = load::post(&without, 64, span, None, 0, Arc::clone(&later)).await?;
    report.add("JSON 202 without a store, 64 connections", "req/s", bare.per_second());
    drop(baseline);

    let target = stage.target("/v1/messages");
    let cpu = stage.gateway.cpu_seconds()?;
    let seen = load::post(&target, 64, span, None, 0, Arc::clone(&later)).await?;
    anyhow::ensure!(seen.refused == 0, "{} posts were refused", seen.refused);
    report.add("durable accepts, single posts, 64 connections", "msg/s", seen.per_second());
    report.add("durable accepts / JSON 202 without a store", "ratio", seen.per_second() / bare.per_second());
    report.add("accept p50, 64 connections", "ms", seen.percentile_ms(50.0));
    report.add("accept p99, 64 connections", "ms", seen.percentile_ms(99.0));
    let cpu = stage.gateway.cpu_seconds()? - cpu;
    report.add("CPU per 1,000 accepted", "s", cpu * 1_000.0 / seen.accepted as f64);

    let mut pending = seen.accepted;
    let full = load::post(&target, 16, span, None, pending, Arc::clone(&later)).await?;
    pending += full.accepted;
    report.add("durable accepts, single posts, 16 connections", "msg/s", full.per_second());
    let pace = Duration::from_secs_f64(2.0 * 16.0 / full.per_second());
    let half = load::post(&target, 16, span, Some(pace), pending, Arc::clone(&later)).await?;
    pending += half.accepted;
    report.add("accept p99, 16 connections, half load", "ms", half.percentile_ms(99.0));

    let one = Arc::clone(&later);
    let hundred: Body = Arc::new(move |n| {
        let items: Vec<String> = (0..100).map(|i| one(10_000_000 + n * 100 + i)).collect();
        format!(r#"{{"messages":[{}]}}"#, items.join(","))
    });
    let batches = load::post(&stage.target("/v1/messages/batch"), 8, span, None, 0, hundred).await?;
    anyhow::ensure!(batches.refused == 0, "{} batches were refused", batches.refused);
    pending += batches.accepted * 100;
    report.add("durable accepts, batches of 100, 8 connections", "msg/s", batches.per_second() * 100.0);
    report.add("batch of 100 p99", "ms", batches.percentile_ms(99.0));

    if pending < 100_000 {
        let fill = load::post(&target, 64, Until::Count(100_000 - pending), None, 50_000_000, later).await?;
        pending += fill.accepted;
    }
    report.add(&format!("memory with {}00,000+ pending", pending / 100_000), "MiB", stage.gateway.memory_mib()?);
    Ok(())
}

async fn deliver(settings: &Settings, report: &mut Report, channel: &'static str) -> anyhow::Result<()> {
    let stage = Stage::open(settings).await?;
    let target = stage.target("/v1/messages");
    // Log in, connect and fill caches first.
    let body = stage.message(channel, false);
    load::post(&target, 8, Until::Count(200), None, 90_000_000, Arc::clone(&body)).await?;
    wait_for(&stage, 200).await?;
    let cpu = stage.gateway.cpu_seconds()?;
    let began = Instant::now();
    let count = settings.messages as u64;
    let seen = load::post(&target, 16, Until::Count(count), None, 0, body).await?;
    anyhow::ensure!(seen.refused == 0, "{} posts were refused", seen.refused);
    wait_for(&stage, 200 + count).await?;
    let took = began.elapsed().as_secs_f64();
    report.add(&format!("deliver {channel}: accepted, sent and settled"), "msg/s", count as f64 / took);
    report.add(&format!("deliver {channel}: accept p99 meanwhile"), "ms", seen.percentile_ms(99.0));
    let cpu = stage.gateway.cpu_seconds()? - cpu;
    report.add(&format!("deliver {channel}: CPU per 1,000"), "s", cpu * 1_000.0 / count as f64);
    report.add(&format!("deliver {channel}: memory after"), "MiB", stage.gateway.memory_mib()?);
    Ok(())
}

async fn wait_for(stage: &Stage, count: u64) -> anyhow::Result<()> {
    let deadline = Instant::now() + Duration::from_secs(120);
    loop {
        let taken = stage.taken().await?;
        if taken >= count {
            return Ok(());
        }
        anyhow::ensure!(Instant::now() < deadline, "only {taken} of {count} were sent in time");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Rows of somebody's own database, committed before the relay starts: handed over (messages for later), and sent,
/// settled and written back.
async fn relay(settings: &Settings, report: &mut Report) -> anyhow::Result<()> {
    let stage = Stage::open(settings).await?;
    for (later, code, what) in [
        (true, 3, "relay: rows handed over, looked at and written back"),
        (false, 0, "relay wecom: rows handed over, sent, settled and written back"),
    ] {
        let path = stage.folder.join(format!("outbox-{later}.db"));
        let relay = |more: &[&str]| {
            let mut command = std::process::Command::new(&settings.hongyan);
            command.args(["relay", "--json", "--once", "--wait", "300", "--database"]).arg(&path).args(more);
            command.env("HONGYAN_GATEWAY", format!("http://{}", stage.address)).env("HONGYAN_KEY", &stage.key);
            command.stdout(std::process::Stdio::null()).status()
        };
        anyhow::ensure!(relay(&["--create"])?.success(), "the relay makes no table");
        let mut user = rusqlite::Connection::open(&path)?;
        user.execute_batch("PRAGMA journal_mode = WAL")?;
        let body = stage.message("wecom", later);
        let change = user.transaction()?;
        for n in 0..settings.messages as u64 {
            change
                .prepare_cached("INSERT INTO hongyan_outbox (message) VALUES (?1)")?
                .execute([body(n + if later { 0 } else { 1_000_000 })])?;
        }
        change.commit()?;
        let began = Instant::now();
        let ended = relay(&[])?;
        anyhow::ensure!(ended.code() == Some(code), "the relay ended with {ended}");
        report.add(what, "rows/s", settings.messages as f64 / began.elapsed().as_secs_f64());
    }
    Ok(())
}
