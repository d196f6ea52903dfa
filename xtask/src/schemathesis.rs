//! The interface against its own document: schemathesis, which shares no code with ours, makes requests out of
//! `/openapi.json` by the thousand, right ones and wrong ones, and holds each answer against it.
//!
//! It talks to a real gateway over the sandbox. What only the company knows is said in `xtask/schemathesis/hooks.py`.

use crate::{python::run, workspace};
use anyhow::{Context, Result, ensure};
use std::{
    env,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
};

/// Where an interpreter that has it may be named.
const VARIABLE: &str = "HONGYAN_SCHEMATHESIS_PYTHON";
const PACKAGE: &str = "schemathesis==4.32.5";
/// How long the part of it in CI may take, in seconds.
const IN_CI: u32 = 30;
/// Accounts of the gateway under test: of each kind that has calls of its own.
const ACCOUNTS: &str = "ding,wecom,mail";

/// All of it: every phase, with `options` handed on to schemathesis.
///
/// # Errors
/// What is missing on this machine, or that there are findings.
pub(crate) fn test(options: &[&str]) -> Result<()> {
    let mut arguments = vec!["--phases", "examples,coverage,fuzzing,stateful", "--max-examples", "20"];
    arguments.extend_from_slice(options);
    check(&arguments)
}

/// A part of it within half a minute, the same at each run.
///
/// # Errors
/// As [`fn@test`].
pub(crate) fn bounded() -> Result<()> {
    let seconds = IN_CI.to_string();
    check(&["--phases", "examples,coverage", "--generation-deterministic", "--max-time", &seconds])
}

fn check(arguments: &[&str]) -> Result<()> {
    let python = provide()?;
    let mut build = workspace::cargo()?;
    run(build.args(["build", "--quiet", "--package", "hongyan-cli"]).stdin(Stdio::null()))?;
    let program = workspace::target()?.join("debug/hongyan");
    let folder = workspace::target()?.join("schemathesis");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;

    let sandbox = Server::start(
        Command::new(&program).args(["sandbox", "--listen", "127.0.0.1:0", "--smtp", "127.0.0.1:0"]),
        &folder.join("sandbox.log"),
    )?;
    let configuration = folder.join("hongyan.toml");
    std::fs::write(&configuration, configure(&sandbox.said, &folder)?)?;
    let gateway = Server::start(
        Command::new(&program).args(["--json", "serve", "--config"]).arg(&configuration),
        &folder.join("gateway.log"),
    )?;
    let text = |name: &str| {
        gateway.said[name].as_str().map(str::to_owned).with_context(|| format!("the gateway does not say its {name}"))
    };
    let (listen, key) = (text("listen")?, text("key")?);

    let hooks = workspace::root()?.join("xtask/schemathesis");
    let mut command = Command::new(python);
    command
        .args(["-m", "schemathesis.cli", "run"])
        .arg(format!("http://{listen}/openapi.json"))
        .args(["--checks", "all", "--exclude-checks", "positive_data_acceptance", "--continue-on-failure"])
        // How hard it is to make an example is the schemas' affair, not a finding.
        .args(["--suppress-health-check", "all"])
        .args(["--header", &format!("Authorization: Bearer {key}")])
        .args(arguments)
        .current_dir(&folder)
        .env("PYTHONPATH", hooks)
        .env("SCHEMATHESIS_HOOKS", "hooks")
        .env("HONGYAN_ACCOUNTS", ACCOUNTS)
        .stdin(Stdio::null());
    let status = command.status().context("schemathesis does not start")?;
    ensure!(status.success(), "schemathesis has findings: the gateway's log is in {}", folder.display());
    Ok(())
}

/// The interpreter: the one that the environment names, else our own, made when missing.
fn provide() -> Result<PathBuf> {
    if let Some(path) = env::var_os(VARIABLE).map(PathBuf::from) {
        ensure!(equipped(&path), "{VARIABLE} names a Python without schemathesis: {}", path.display());
        return Ok(path);
    }
    let folder = workspace::target()?.join("schemathesis-python");
    let python = folder.join("bin/python");
    if equipped(&python) {
        return Ok(python);
    }
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder)).with_context(|| {
        format!("the check needs python3 with venv, or a Python with {PACKAGE} named in {VARIABLE}")
    })?;
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", PACKAGE];
    run(Command::new(&python).args(install)).with_context(|| format!("{PACKAGE} could not be installed"))?;
    ensure!(equipped(&python), "{PACKAGE} was installed, but cannot be imported");
    Ok(python)
}

fn equipped(python: &Path) -> bool {
    let version = PACKAGE.split("==").nth(1).unwrap_or_default();
    let code = format!("from importlib.metadata import version; assert version('schemathesis') == '{version}'");
    let mut command = Command::new(python);
    command.args(["-c", &code]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// One of our servers, until it is dropped, and the JSON that it said first.
struct Server {
    child: Child,
    said: serde_json::Value,
    /// Held open: a program that cannot write any more may end.
    output: BufReader<ChildStdout>,
}

impl Server {
    fn start(command: &mut Command, log: &Path) -> Result<Self> {
        let log = std::fs::File::create(log)?;
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn()?;
        let output = BufReader::new(child.stdout.take().context("no standard output")?);
        let mut server = Self { child, said: serde_json::Value::Null, output };
        let mut line = String::new();
        server.output.read_line(&mut line)?;
        server.said = serde_json::from_str(&line).with_context(|| format!("{command:?} does not say where it is"))?;
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; there is nobody left to tell.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A gateway over the sandbox.
fn configure(sandbox: &serde_json::Value, folder: &Path) -> Result<String> {
    let value = |pointer: &str| {
        sandbox.pointer(pointer).map(ToString::to_string).with_context(|| format!("the sandbox does not say {pointer}"))
    };
    let (host, port) = sandbox["smtp"]["address"]
        .as_str()
        .and_then(|address| address.rsplit_once(':'))
        .context("the sandbox does not say where its mail server is")?;
    let store = folder.join("hongyan.db");
    Ok(format!(
        "[server]\nlisten = \"127.0.0.1:0\"\n[store]\nurl = \"sqlite:{}\"\n\
         [accounts.ding]\nchannel = \"dingtalk\"\napp_key = {}\napp_secret = {}\nagent_id = {}\nbase_url = {}\n\
         [accounts.wecom]\nchannel = \"wecom\"\ncorp_id = {}\nsecret = {}\nagent_id = {}\nbase_url = {}\n\
         [accounts.mail]\nchannel = \"mail\"\nhost = \"{host}\"\nport = {port}\ntls = \"dangerous_none\"\n\
         username = {}\npassword = {}\nfrom = {}\n\
         [routes.default]\nvia = [\"ding\", \"mail\"]\n[facade]\naccount = \"ding\"\n",
        store.display(),
        value("/dingtalk/app_key")?,
        value("/dingtalk/app_secret")?,
        value("/dingtalk/agent_id")?,
        value("/dingtalk/base")?,
        value("/wecom/corp_id")?,
        value("/wecom/secret")?,
        value("/wecom/agent_id")?,
        value("/wecom/base")?,
        value("/smtp/username")?,
        value("/smtp/password")?,
        value("/smtp/username")?,
    ))
}
