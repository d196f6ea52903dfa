//! The C ABI as C, C++ and Python see it: header and library, against a server, a sandbox and a gateway.

mod header;
mod programs;
mod python;
/// The same sandbox and gateway as the SQLite extension is tried with.
#[path = "../../../../plugins/sqlite/tests/it/stage.rs"]
#[expect(dead_code, reason = "what only the extension's tests use")]
mod stage;
mod symbols;

use std::path::{Path, PathBuf};

/// Where cargo put the libraries for these tests.
pub(crate) fn libraries() -> PathBuf {
    let here = std::env::current_exe().unwrap();
    let folder = here.parent().unwrap().to_owned();
    for file in ["libhongyan.so", "libhongyan.a"] {
        assert!(
            folder.join(file).exists(),
            "{} is not there: cargo builds it beside these tests",
            folder.join(file).display()
        );
    }
    folder
}

pub(crate) fn own(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}
