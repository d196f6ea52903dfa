//! The alert manager of Prometheus, a client that is not ours: Debian's package, unpacked under the target folder and
//! never installed, so that no service starts.

use crate::{python::run, workspace};
use anyhow::{Context, Result, ensure};
use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// The environment variable in which tests look for it.
pub(crate) const VARIABLE: &str = "HONGYAN_TEST_ALERTMANAGER";
/// Debian's package and the program in it.
const PACKAGE: &str = "prometheus-alertmanager";

/// The program: the one that the environment names, the one on the path, or our own, fetched when missing.
///
/// # Errors
/// Says what is missing on this machine. Nothing is skipped in silence.
pub(crate) fn provide() -> Result<PathBuf> {
    if let Some(path) = env::var_os(VARIABLE).map(PathBuf::from) {
        ensure!(starts(&path), "{VARIABLE} names a program that does not start: {}", path.display());
        return Ok(path);
    }
    if starts(Path::new(PACKAGE)) {
        return Ok(PACKAGE.into());
    }
    let folder = workspace::target()?.join("test-alertmanager");
    let program = folder.join("usr/bin").join(PACKAGE);
    if starts(&program) {
        supply_templates(&folder)?;
        return Ok(program);
    }
    std::fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    let missing = "the tests of foreign clients need Debian's prometheus-alertmanager (apt-get update, then again), \
                   or one named in HONGYAN_TEST_ALERTMANAGER";
    run(Command::new("apt-get").args(["download", "-q", PACKAGE]).current_dir(&folder)).context(missing)?;
    let package = std::fs::read_dir(&folder)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "deb"))
        .context(missing)?;
    run(Command::new("dpkg-deb").arg("-x").arg(&package).arg(&folder)).context(missing)?;
    ensure!(starts(&program), "{} was unpacked, but does not start", program.display());
    supply_templates(&folder)?;
    Ok(program)
}

/// Where Debian's build looks for its templates, wherever it lies itself.
const TEMPLATES: &str = "/usr/share/prometheus/alertmanager";

/// Puts the unpacked package's templates where the program looks for them, unless there are some. No service comes with
/// them, as it would with an installed package.
fn supply_templates(folder: &Path) -> Result<()> {
    let wanted = Path::new(TEMPLATES);
    if wanted.join("default.tmpl").exists() {
        return Ok(());
    }
    let unpacked = folder.join(TEMPLATES.trim_start_matches('/'));
    let (from, to) = (unpacked.display(), wanted.display());
    let copy = format!("mkdir -p '{to}' && cp '{from}'/*.tmpl '{to}'/");
    let done = run(Command::new("sh").args(["-c", &copy])).or_else(|_| {
        // Not root: perhaps allowed to be.
        run(Command::new("sudo").args(["-n", "sh", "-c", &copy]))
    });
    done.with_context(|| format!("prometheus-alertmanager reads its templates in {to}: copy {from}/*.tmpl there"))
}

fn starts(program: &Path) -> bool {
    let mut command = Command::new(program);
    command.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
