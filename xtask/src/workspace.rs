//! Where things are, and how cargo is called.

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// The workspace's root: the folder above this crate's, wherever the tree stands now.
pub(crate) fn root() -> Result<PathBuf> {
    let here = env::var_os("CARGO_MANIFEST_DIR").context("run this as `cargo xtask`, not by its path")?;
    let root = Path::new(&here).parent().context("xtask has no folder above it")?;
    Ok(root.to_owned())
}

/// The cargo that runs us, from the root, without standard input.
pub(crate) fn cargo() -> Result<Command> {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root()?).stdin(Stdio::null());
    // `cargo run` tells us about our own package. A cargo below must not hear of it: there are build scripts that look
    // at these, and what depends on them would be built anew, here and again by the next plain cargo.
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_str().is_some_and(about_us)) {
        command.env_remove(name);
    }
    Ok(command)
}

fn about_us(name: &str) -> bool {
    name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
}

/// Whether a cargo subcommand such as `nextest` is installed.
pub(crate) fn has_subcommand(name: &str) -> Result<bool> {
    let status = cargo()?.args([name, "--version"]).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    Ok(status.success())
}

/// `cargo metadata` with these arguments.
pub(crate) fn metadata(arguments: &[String]) -> Result<Value> {
    let output = cargo()?
        .args(["metadata", "--format-version", "1", "--locked"])
        .args(arguments)
        .stderr(Stdio::inherit())
        .output()
        .context("cargo metadata does not start")?;
    ensure!(output.status.success(), "cargo metadata failed");
    serde_json::from_slice(&output.stdout).context("cargo metadata wrote something else than JSON")
}

/// The folder for what is built.
pub(crate) fn target() -> Result<PathBuf> {
    let metadata = metadata(&["--no-deps".into()])?;
    match metadata["target_directory"].as_str() {
        Some(path) => Ok(path.into()),
        None => bail!("cargo metadata names no target directory"),
    }
}
