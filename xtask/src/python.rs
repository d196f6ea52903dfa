//! A Python with the foreign mail server that the mail tests talk to: a virtual environment under the target folder.

use crate::workspace;
use anyhow::{Context, Result, ensure};
use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// The environment variable in which tests look for it.
pub(crate) const VARIABLE: &str = "HONGYAN_TEST_PYTHON";
/// What is installed: a mail server that shares no code with ours.
const PACKAGE: &str = "aiosmtpd==1.4.6";
const MODULE: &str = "aiosmtpd";

/// The interpreter: the one that the environment names if it is equipped, else our own, made when missing.
///
/// # Errors
/// Says what is missing on this machine. Nothing is skipped in silence.
pub(crate) fn provide() -> Result<PathBuf> {
    if let Some(path) = env::var_os(VARIABLE).map(PathBuf::from) {
        ensure!(equipped(&path), "{VARIABLE} names a Python without {MODULE}: {}", path.display());
        return Ok(path);
    }
    let folder = workspace::target()?.join("test-python");
    let python = folder.join("bin/python");
    if equipped(&python) {
        return Ok(python);
    }
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder)).context(
        "the mail tests need python3 with its venv module (on Debian: python3 and python3-venv), \
         or a Python with aiosmtpd named in HONGYAN_TEST_PYTHON",
    )?;
    run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", PACKAGE]))
        .with_context(|| format!("the mail tests need {PACKAGE}, which could not be installed"))?;
    ensure!(equipped(&python), "{PACKAGE} was installed, but cannot be imported");
    Ok(python)
}

fn equipped(python: &Path) -> bool {
    let mut command = Command::new(python);
    command.args(["-c", &format!("import {MODULE}")]);
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
