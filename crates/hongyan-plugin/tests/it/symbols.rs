//! What the library shows: the header's names, and nothing of what it is made of.

use crate::{libraries, own};
use std::{collections::BTreeSet, process::Command};

/// The names that the header declares.
pub(crate) fn declared() -> BTreeSet<String> {
    let header = std::fs::read_to_string(own("include/hongyan.h")).unwrap();
    let code: String = header.split("/*").map(|part| part.split_once("*/").map_or(part, |(_, code)| code)).collect();
    code.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| {
            word.starts_with("hongyan_")
                && !word.ends_with("_t")
                && *word != "hongyan_result"
                && *word != "hongyan_error"
        })
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_library_shows_the_headers_names_and_no_other() {
    let output = Command::new("nm").args(["-D", "--defined-only"]).arg(libraries().join("libhongyan.so")).output();
    let output = output.expect("nm does not run: install binutils, which every linker brings");
    let text = String::from_utf8(output.stdout).unwrap();
    let shown: BTreeSet<String> =
        text.lines().filter_map(|l| l.split_whitespace().next_back().map(str::to_owned)).collect();
    assert_eq!(shown, declared());
}
