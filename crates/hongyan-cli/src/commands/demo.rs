//! `hongyan demo`: the whole of it on one screen, without an account anywhere.
//!
//! A sandbox and a gateway start; one message goes to five recipients over three channels, some of whom cannot be
//! reached; one reads it; it is taken back; the ledger says what became of it for each.

use super::{recall, serve, status};
use crate::lang::told;
use crate::out::say;
use crate::{args::Demo, exit::Exit, remote::Gateway};
use anyhow::Context;
use hongyan_gateway::Config;
use hongyan_net::{Http, Options, Secret};
use hongyan_sandbox::{Sandbox, SandboxOptions};
use serde_json::{Value, json};
use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

/// How long the demo waits for each thing to happen.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) async fn run(args: &Demo, json: bool) -> anyhow::Result<Exit> {
    crate::logging::start("error", false);
    let folder = Folder::make()?;
    let sandbox = Sandbox::start(SandboxOptions::default())
        .await
        .with_context(|| told!("the sandbox cannot start" ; "模拟平台无法启动"))?;
    let said = sandbox.credentials();
    let config = Config::parse(&configuration(&said, &folder)?, Some("the demo's configuration"), [])?;
    let (server, key) = serve::start(config).await?;
    let key = key.context("a new store gives a key")?;
    let base = format!("http://{}", server.address);
    let gateway = Gateway::new(&base, Secret::new(key.as_str()));

    let show = |text: &str| {
        if !json {
            say!("{text}");
        }
    };
    show(&format!(
        "1. Sandbox with DingTalk, WeCom and mail 模拟平台: {}\n   Gateway 网关: {base}",
        said["inspect"].as_str().unwrap_or_default()
    ));
    let message = message();
    let accepted = gateway.call("POST", "/v1/messages", &[], Some(&message)).await?;
    let id = accepted["id"].as_str().context("no id")?.to_owned();
    show(&format!(
        "\n2. One message, five recipients, three channels 一条消息、五位接收人、三个渠道：{id} accepted (on disk 已落盘)"
    ));
    let delivered = |message: &Value| message["state"] != "pending" && message["recipients"]["unread"] == 1;
    wait_until(&gateway, &id, "delivered", delivered).await?;

    read_by(&said, "zhangsan").await?;
    let read = |message: &Value| message["recipients"]["read"] == 1;
    wait_until(&gateway, &id, "read", read).await?;
    let path = format!("/v1/messages/{id}/recipients");
    let before = gateway.call("GET", &path, &[], None).await?;
    show("\n3. Sent, and 张三 has read it 已发送，张三已读：\n");
    if !json {
        status::print_ledger(&before)?;
    }

    let report = recall::recall(&gateway, &id).await?;
    let after = gateway.call("GET", &path, &[], None).await?;
    show("\n4. Taken back wherever the platform can 在平台支持处撤回：\n");
    if json {
        say!(
            "{}",
            json!({"message": id, "before_recall": before["recipients"], "recall": report, "recipients": after["recipients"]})
        );
    } else {
        recall::print_report(&report)?;
        status::print_ledger(&after)?;
        print_calls(&said).await?;
    }
    if !args.once {
        show(&format!(
            "\nStill up; Ctrl-C ends it 仍在运行，Ctrl-C 结束：\n\
             \x20 gateway 网关            {base}  (documents 文档 {base}/docs, metrics {base}/metrics)\n\
             \x20 API key 密钥            export HONGYAN_GATEWAY={base} HONGYAN_KEY={key}\n\
             \x20 sandbox 模拟平台        {inspect}  (phones 手机 {inspect}/phones/zhangsan, mail 邮件 {inspect}/mail)\n\
             \x20 try 试试                hongyan send --to mobile:13800000001 --via ding --text '你好' --wait 5",
            inspect = said["inspect"].as_str().unwrap_or_default(),
        ));
        super::stop::told_to_stop().await?;
    }
    server.stop().await;
    sandbox.stop().await;
    Ok(Exit::Done)
}

/// The business system's message: some of the five cannot be reached, each for a reason of its own.
fn message() -> Value {
    json!({
        "to": [
            {"mobile": "13800000001", "via": ["ding", "wecom"]},
            {"mobile": "13999999999", "via": ["ding"]},
            {"userid": "outsider", "via": ["wecom"]},
            {"email": "lisi@example.com", "via": ["mail"]},
            {"email": "gone@example.com", "via": ["mail"]},
        ],
        "content": {"title": "订单待审批", "text": "订单 20261122-007 等待您审批，请于今日 18:00 前处理。"},
        "labels": {"app": "demo"},
    })
}

/// A configuration for the sandbox's accounts.
fn configuration(said: &Value, folder: &Folder) -> anyhow::Result<String> {
    let text =
        |path: &str| said.pointer(path).and_then(Value::as_str).with_context(|| format!("the sandbox gave no {path}"));
    let (host, port) = text("/smtp/address")?.rsplit_once(':').context("no port")?;
    let authority = folder.0.join("sandbox-ca.pem");
    std::fs::write(&authority, text("/smtp/ca_pem")?)?;
    let quoted = |text: &str| json!(text).to_string();
    Ok(format!(
        "[server]\nlisten = \"127.0.0.1:0\"\n[store]\nurl = {store}\n\
         [accounts.ding]\nchannel = \"dingtalk\"\nbase_url = {base}\napp_key = {app_key}\napp_secret = {app_secret}\nagent_id = {ding_agent}\nreceipts_after_ms = 120\n\
         [accounts.wecom]\nchannel = \"wecom\"\nbase_url = {base}\ncorp_id = {corp_id}\nsecret = {secret}\nagent_id = {wecom_agent}\n\
         [accounts.mail]\nchannel = \"mail\"\nhost = {host}\nport = {port}\ntls = \"starttls\"\nca_file = {authority}\nusername = {username}\npassword = {password}\nfrom = {from}\n\
         [routes.default]\nvia = [\"ding\", \"mail\"]\n",
        store = quoted(&format!("sqlite:{}", folder.0.join("demo.db").display())),
        base = quoted(text("/dingtalk/base")?),
        app_key = quoted(text("/dingtalk/app_key")?),
        app_secret = quoted(text("/dingtalk/app_secret")?),
        ding_agent = said["dingtalk"]["agent_id"],
        corp_id = quoted(text("/wecom/corp_id")?),
        secret = quoted(text("/wecom/secret")?),
        wecom_agent = said["wecom"]["agent_id"],
        host = quoted(host),
        authority = quoted(&authority.display().to_string()),
        username = quoted(text("/smtp/username")?),
        password = quoted(text("/smtp/password")?),
        from = quoted(&format!("鸿雁演示 <{}>", text("/smtp/username")?)),
    ))
}

async fn wait_until(gateway: &Gateway, id: &str, what: &str, done: impl Fn(&Value) -> bool) -> anyhow::Result<()> {
    let began = Instant::now();
    loop {
        let message = gateway.call("GET", &format!("/v1/messages/{id}"), &[], None).await?;
        if done(&message) {
            return Ok(());
        }
        anyhow::ensure!(began.elapsed() < PATIENCE, "the message was not {what} within {PATIENCE:?}: {message}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Lets a simulated person open what is on their phone.
async fn read_by(said: &Value, userid: &str) -> anyhow::Result<()> {
    let inspect = said["inspect"].as_str().context("the sandbox has no inspection")?;
    let request = http::Request::post(format!("{inspect}/phones/{userid}/read"))
        .header("content-type", "application/json")
        .body(bytes::Bytes::from_static(b"{\"platform\":\"dingtalk\"}"))?;
    let reply = Http::new(Options::default()).send(request).await?;
    anyhow::ensure!(reply.status == 200, "the sandbox answered {}", reply.status);
    Ok(())
}

/// What the platforms saw: the business system's flow, call by call.
async fn print_calls(said: &Value) -> anyhow::Result<()> {
    let inspect = said["inspect"].as_str().unwrap_or_default();
    let reply = Http::new(Options::default()).get(&format!("{inspect}/calls")).await?;
    let calls: Value = serde_json::from_slice(&reply.body)?;
    let mut paths: Vec<(String, usize)> = Vec::new();
    for call in calls["calls"].as_array().into_iter().flatten() {
        let path = call["path"].as_str().unwrap_or_default();
        match paths.iter_mut().find(|(seen, _)| seen == path) {
            Some((_, times)) => *times += 1,
            None => paths.push((path.to_owned(), 1)),
        }
    }
    say!("\n5. What the platforms saw 平台收到的调用：");
    for (path, times) in paths {
        say!("   {times} x {path}");
    }
    Ok(())
}

/// A folder of the demo's own, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn make() -> anyhow::Result<Self> {
        let path = std::env::temp_dir().join(format!("hongyan-demo-{}", std::process::id()));
        std::fs::create_dir_all(&path).with_context(|| format!("{} cannot be made", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Left behind it harms nothing: it lies in the system's temporary folder.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
