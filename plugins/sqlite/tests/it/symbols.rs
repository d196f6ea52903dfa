//! What the library shows and wants of the world: its entry points, and nothing of SQLite.

use crate::session::library;
use std::process::Command;

fn symbols(which: &str) -> Vec<String> {
    let output = Command::new("nm").args(["-D", which]).arg(library()).output();
    let output = output.expect("nm does not run: install binutils, which every linker brings");
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter_map(|line| line.split_whitespace().next_back().map(str::to_owned)).collect()
}

#[test]
fn only_the_entry_points_are_to_be_seen() {
    let mut shown = symbols("--defined-only");
    shown.sort();
    assert_eq!(shown, ["sqlite3_extension_init", "sqlite3_hongyan_init", "sqlite3_hongyansqlite_init"]);
}

#[test]
fn nothing_of_sqlite_is_wanted_by_name() {
    let wanted = symbols("--undefined-only");
    assert!(!wanted.is_empty());
    assert!(!wanted.iter().any(|name| name.starts_with("sqlite3")), "{wanted:?}");
}
