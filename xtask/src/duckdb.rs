//! The file that DuckDB loads: the library of `plugins/duckdb` with DuckDB's footer.

use crate::{footer, workspace};
use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::{
    env::consts::{ARCH, OS},
    fs,
    path::{Path, PathBuf},
    process::Stdio,
};

/// The package.
const PACKAGE: &str = "hongyan-duckdb";
/// The file; DuckDB makes the entry point's name of what stands before the dot.
const FILE: &str = "hongyan.duckdb_extension";
/// Builds the file and says where it is.
///
/// # Errors
/// When it does not build, an option is unknown, or the platform has no name with DuckDB.
pub(crate) fn build(options: &[&str]) -> Result<PathBuf> {
    let (mut release, mut platform, mut out) = (false, None, None);
    let mut options = options.iter();
    while let Some(option) = options.next() {
        match *option {
            "--release" => release = true,
            "--platform" => platform = Some(options.next().context("--platform needs a name")?.to_string()),
            "--out" => out = Some(PathBuf::from(options.next().context("--out needs a folder")?)),
            other => bail!("{other}: duckdb-extension knows --release, --platform NAME and --out FOLDER"),
        }
    }
    let platform = match platform {
        Some(name) => name,
        None => footer::native(OS, ARCH)
            .with_context(|| format!("DuckDB has no name for {OS} on {ARCH}; give --platform"))?,
    };
    let mut bytes = fs::read(library(release)?)?;
    bytes.extend(footer::write(&platform, env!("CARGO_PKG_VERSION")).context("the platform's name is too long")?);
    let folder = match out {
        Some(folder) => folder,
        None => workspace::target()?.join(if release { "release" } else { "debug" }),
    };
    fs::create_dir_all(&folder).with_context(|| format!("{}", folder.display()))?;
    let path = folder.join(FILE);
    // In one move: a DuckDB that has the old file open keeps what it has.
    let fresh = folder.join(format!("{FILE}.{}", std::process::id()));
    fs::write(&fresh, bytes).with_context(|| format!("{}", fresh.display()))?;
    fs::rename(&fresh, &path).with_context(|| format!("{}", path.display()))?;
    Ok(path)
}

/// Builds the library; cargo says where it put it.
fn library(release: bool) -> Result<PathBuf> {
    let mut command = workspace::cargo()?;
    command.args(["build", "--package", PACKAGE, "--locked", "--message-format", "json-render-diagnostics"]);
    if release {
        command.arg("--release");
    }
    let output = command.stderr(Stdio::inherit()).output().context("cargo build does not start")?;
    ensure!(output.status.success(), "cargo build --package {PACKAGE}: {}", output.status);
    let named = |message: Value| {
        let ours = message["target"]["kind"].as_array()?.iter().any(|kind| kind == "cdylib")
            && message["target"]["name"].as_str()? == PACKAGE.replace('-', "_");
        let files = message["filenames"].as_array().filter(|_| ours)?;
        files
            .iter()
            .filter_map(Value::as_str)
            .map(Path::new)
            .find(|path| path.extension().is_some())
            .map(Path::to_owned)
    };
    let messages = output.stdout.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok());
    messages.filter_map(named).next_back().context("cargo build names no library")
}
