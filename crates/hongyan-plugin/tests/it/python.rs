//! The library from Python, without a compiler.

use crate::{libraries, own, stage::echo};
use std::process::Command;

#[test]
fn a_python_without_a_compiler_calls_it_from_threads_and_children() {
    let python = std::env::var("HONGYAN_TEST_PYTHON").unwrap_or_else(|_| "python3".into());
    let output = Command::new(&python)
        .arg(own("tests/foreign/hongyan_ctypes.py"))
        .arg(libraries().join("libhongyan.so"))
        .arg(echo())
        .output()
        .unwrap_or_else(|e| panic!("{python} does not run ({e}): install python3, or name one in HONGYAN_TEST_PYTHON"));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "well\n", "{output:?}");
}
