//! The configuration that a command works with: the file that is named, `./hongyan.toml`, or the defaults alone; and
//! the one that a sandbox needs.

use anyhow::Context;
use hongyan_gateway::config::{Config, ConfigError};
use serde_json::Value;
use std::path::Path;

/// Reads it, with the environment on top.
pub(crate) fn load(named: Option<&Path>) -> Result<Config, ConfigError> {
    Config::load(Config::find(named).as_deref(), std::env::vars())
}

/// A configuration of every kind of account that a sandbox has, from its first line. Its secrets stand in it: they are
/// a sandbox's.
///
/// # Errors
/// The line is no sandbox's.
pub(crate) fn of_sandbox(said: &Value) -> anyhow::Result<String> {
    let at = |path: &str| {
        said.pointer(path)
            .filter(|value| value.is_string() || value.is_number())
            // JSON's quoting is within what TOML takes.
            .map(Value::to_string)
            .with_context(|| format!("the sandbox gave no {path}"))
    };
    let smtp = said["smtp"]["address"].as_str().context("the sandbox gave no /smtp/address")?;
    let (host, port) = smtp.rsplit_once(':').context("no port")?;
    Ok(format!(
        r#"# hongyan's configuration for the sandbox. Every key with its meaning and default: hongyan config default
# 模拟平台对应的鸿雁配置。全部配置项及默认值见：hongyan config default

[server]
# Where to listen: on this machine alone. 监听地址，仅限本机。
listen = "127.0.0.1:7300"

[store]
# Messages and their ledger, in a file beside this one. 消息与台账，存放在本文件旁。
url = "sqlite:hongyan.db"

# The simulated platforms; a real account has no base_url, and its secrets are {{ env = "NAME" }} or {{ file = "PATH" }}.
# 模拟平台的账号；真实账号不写 base_url，密钥写作 {{ env = "名称" }} 或 {{ file = "路径" }}。
[accounts.ding]
channel = "dingtalk"
base_url = {ding_base}
app_key = {app_key}
app_secret = {app_secret}
agent_id = {ding_agent}

[accounts.wecom]
channel = "wecom"
base_url = {wecom_base}
corp_id = {corp_id}
secret = {secret}
agent_id = {wecom_agent}

[accounts.mail]
channel = "mail"
host = "{host}"
port = {port}
tls = "dangerous_none"  # never leaves this machine 仅限本机
username = {username}
password = {password}

# Robots of the groups that the company starts with. 初始群里的群机器人。
[accounts.ding-robot]
channel = "dingtalk-robot"
base_url = {ding_base}
access_token = {robot_token}
secret = {robot_secret}

[accounts.wecom-robot]
channel = "wecom-robot"
base_url = {wecom_base}
key = {robot_key}

# The accounts of messages that name none. 未指明账号的消息经由这些账号。
[routes.default]
via = ["ding", "mail"]
"#,
        ding_base = at("/dingtalk/base")?,
        app_key = at("/dingtalk/app_key")?,
        app_secret = at("/dingtalk/app_secret")?,
        ding_agent = at("/dingtalk/agent_id")?,
        robot_token = at("/dingtalk/robot/access_token")?,
        robot_secret = at("/dingtalk/robot/secret")?,
        wecom_base = at("/wecom/base")?,
        corp_id = at("/wecom/corp_id")?,
        secret = at("/wecom/secret")?,
        wecom_agent = at("/wecom/agent_id")?,
        robot_key = at("/wecom/robot/key")?,
        username = at("/smtp/username")?,
        password = at("/smtp/password")?,
    ))
}
