//! Inside a database that is not ours: DuckDB from PyPI loads the extension.

use crate::stage::{Stage, text};
// For cargo alone, which builds the library that DuckDB loads beside these tests.
use hongyan_duckdb as _;
use std::{
    env::consts::{ARCH, DLL_PREFIX, DLL_SUFFIX, OS},
    path::{Path, PathBuf},
    process::Stdio,
};
use tokio::process::Command;

#[path = "../../../../xtask/src/footer.rs"]
mod footer;

/// The library, as cargo built it for these tests.
fn library() -> PathBuf {
    let here = std::env::current_exe().unwrap();
    let file = here.parent().unwrap().join(format!("{DLL_PREFIX}hongyan_duckdb{DLL_SUFFIX}"));
    assert!(file.exists(), "{} is not there: cargo builds it beside these tests", file.display());
    file
}

#[tokio::test(flavor = "multi_thread")]
async fn duckdb_sends_from_sql_and_reads_the_ledger() {
    let python = std::env::var("HONGYAN_TEST_PYTHON").unwrap_or_else(|_| "python3".into());
    let found = Command::new(&python).args(["-c", "import duckdb"]).stderr(Stdio::null()).status().await;
    assert!(
        found.is_ok_and(|status| status.success()),
        "{python} cannot import duckdb: run `cargo xtask ci`, which installs it, or set HONGYAN_TEST_PYTHON"
    );
    let stage = Stage::open("").await;
    let extension = stage.folder.0.join("hongyan.duckdb_extension");
    let platform = footer::native(OS, ARCH).expect("DuckDB has a name for this platform");
    let mut bytes = std::fs::read(library()).unwrap();
    bytes.extend(footer::write(&platform, env!("CARGO_PKG_VERSION")).unwrap());
    std::fs::write(&extension, bytes).unwrap();
    let said = stage.sandbox.credentials();
    let smtp = text(&said, "/smtp/address");
    let (host, port) = smtp.rsplit_once(':').unwrap();
    let run = Command::new(&python)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/foreign/duckdb_host.py"))
        .env("EXTENSION", &extension)
        .env("HONGYAN_GATEWAY", &stage.base)
        .env("HONGYAN_KEY", &stage.key)
        .env("SMTP_HOST", host)
        .env("SMTP_PORT", port)
        .env("SMTP_CA", stage.folder.0.join("ca.pem"))
        .env("SMTP_USER", text(&said, "/smtp/username"))
        .env("SMTP_PASSWORD", text(&said, "/smtp/password"))
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let held = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success(), "{}\n{held}\n{}", run.status, String::from_utf8_lossy(&run.stderr));
    assert_eq!(held.lines().count(), 15, "{held}");
    // Twenty rows, sent by three runs of the statement: once each, and the one to nobody never.
    for (words, copies) in [("第 0 批已入库", 1), ("第 19 批已入库", 1), ("第 3 批已入库", 0)] {
        assert_eq!(stage.copies("zhangsan", "dingtalk", words).await, copies, "{words}");
    }
}
