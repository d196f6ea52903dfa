//! A Python with the foreign programs that the tests talk to: a virtual environment under the target folder.

use crate::workspace;
use anyhow::{Context, Result, ensure};
use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// The environment variable in which tests look for it.
pub(crate) const VARIABLE: &str = "HONGYAN_TEST_PYTHON";
/// What is installed, by the module that it is imported as: programs that share no code with ours.
const PACKAGES: [(&str, &str); 6] = [
    // A mail server, for the mailer.
    ("aiosmtpd", "aiosmtpd==1.4.6"),
    // A client of WeCom, for the sandbox.
    ("wechatpy", "wechatpy==1.8.18"),
    // DingTalk's own client of Stream, for the sandbox.
    ("dingtalk_stream", "dingtalk-stream==0.24.3"),
    // A reader of workbooks, for the files of tables.
    ("openpyxl", "openpyxl==3.1.5"),
    // What wechatpy does its cryptography with; it leaves the choice open.
    ("cryptography", "cryptography==50.0.2"),
    // A database, for the extension that it loads.
    ("duckdb", "duckdb==2.0.0"),
];

/// The interpreter: the one that the environment names if it is equipped, else our own, made when missing.
///
/// # Errors
/// Says what is missing on this machine. Nothing is skipped in silence.
pub(crate) fn provide() -> Result<PathBuf> {
    if let Some(path) = env::var_os(VARIABLE).map(PathBuf::from) {
        let modules = PACKAGES.map(|(module, _)| module).join(", ");
        ensure!(equipped(&path), "{VARIABLE} names a Python that lacks one of {modules}: {}", path.display());
        return Ok(path);
    }
    let folder = workspace::target()?.join("test-python");
    let python = folder.join("bin/python");
    if equipped(&python) {
        return Ok(python);
    }
    let packages = PACKAGES.map(|(_, package)| package);
    let named = packages.join(", ");
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder)).with_context(|| {
        format!(
            "the tests against foreign programs need python3 with its venv module (on Debian: python3 and \
             python3-venv), or a Python with {named} named in {VARIABLE}"
        )
    })?;
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    run(Command::new(&python).args(install).args(packages))
        .with_context(|| format!("the tests need {named}, which could not be installed"))?;
    ensure!(equipped(&python), "{named} were installed, but cannot be imported");
    Ok(python)
}

fn equipped(python: &Path) -> bool {
    let mut command = Command::new(python);
    command.args(["-c", &format!("import {}", PACKAGES.map(|(module, _)| module).join(", "))]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// What the command prints goes to standard error: ours is the path alone.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("{command:?} does not start"))?;
    eprint!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "{command:?}: {}", output.status);
    Ok(())
}
