//! A Python with the foreign servers and clients that our tests talk to: a virtual environment under the target
//! folder.

use crate::workspace;
use anyhow::{Context, Result, ensure};
use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// The environment variable in which tests look for it.
pub(crate) const VARIABLE: &str = "HONGYAN_TEST_PYTHON";
/// What is installed, and the module by which it is found: a mail server that shares no code with ours, and
/// DingTalk's own client of Stream.
const PACKAGES: [(&str, &str); 2] = [("aiosmtpd==1.4.6", "aiosmtpd"), ("dingtalk-stream==0.24.3", "dingtalk_stream")];

/// The interpreter: the one that the environment names if it is equipped, else our own, made when missing.
///
/// # Errors
/// Says what is missing on this machine. Nothing is skipped in silence.
pub(crate) fn provide() -> Result<PathBuf> {
    if let Some(path) = env::var_os(VARIABLE).map(PathBuf::from) {
        ensure!(equipped(&path), "{VARIABLE} names a Python without {}: {}", modules(), path.display());
        return Ok(path);
    }
    let folder = workspace::target()?.join("test-python");
    let python = folder.join("bin/python");
    if equipped(&python) {
        return Ok(python);
    }
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder)).context(
        "the foreign tests need python3 with its venv module (on Debian: python3 and python3-venv), \
         or a Python equipped for them, named in HONGYAN_TEST_PYTHON",
    )?;
    let packages = PACKAGES.map(|(package, _)| package);
    run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(packages))
        .with_context(|| format!("the foreign tests need {packages:?}, which could not be installed"))?;
    ensure!(equipped(&python), "{packages:?} were installed, but cannot be imported");
    Ok(python)
}

/// As `import` takes them.
fn modules() -> String {
    PACKAGES.map(|(_, module)| module).join(", ")
}

fn equipped(python: &Path) -> bool {
    let mut command = Command::new(python);
    command.args(["-c", &format!("import {}", modules())]);
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
