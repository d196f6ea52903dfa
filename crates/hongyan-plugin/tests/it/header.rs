//! The header against the Rust that it describes: names, numbers of arguments, codes, version.

use crate::{own, symbols::declared};
use std::collections::BTreeMap;

fn text(path: &str) -> String {
    std::fs::read_to_string(own(path)).unwrap()
}

/// How many arguments each function takes, by the text between its parentheses.
fn counts(source: &str, end: &str) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for name in declared() {
        let Some(at) = source.find(&format!("{name}(")) else { continue };
        let arguments = source[at + name.len() + 1..].split(end).next().unwrap().trim().trim_end_matches(',');
        let count = if arguments.is_empty() || arguments == "void" { 0 } else { arguments.split(',').count() };
        counts.insert(name, count);
    }
    counts
}

#[test]
fn every_function_takes_as_many_arguments_in_rust_as_in_c() {
    let header = text("include/hongyan.h");
    let code: String = header.split("/*").map(|part| part.split_once("*/").map_or(part, |(_, code)| code)).collect();
    let exports = text("src/exports.rs");
    let exported: String = exports.split("extern \"C\" fn ").skip(1).collect::<Vec<_>>().join("\n");
    let c = counts(&code, ");");
    assert_eq!(c.len(), declared().len());
    assert_eq!(c, counts(&exported, ")"));
}

#[test]
fn the_codes_and_the_version_are_the_same_on_both_sides() {
    let (header, fault, exports) = (text("include/hongyan.h"), text("src/fault.rs"), text("src/exports.rs"));
    for (c, rust) in [
        ("HONGYAN_E_ARGUMENT = 1", "Argument = 1"),
        ("HONGYAN_E_SETTINGS = 2", "Settings = 2"),
        ("HONGYAN_E_FORBIDDEN = 3", "Forbidden = 3"),
        ("HONGYAN_E_UNREACHABLE = 4", "Unreachable = 4"),
        ("HONGYAN_E_NO_ANSWER = 5", "NoAnswer = 5"),
        ("HONGYAN_E_REFUSED = 6", "Refused = 6"),
        ("HONGYAN_E_CLOSED = 7", "Closed = 7"),
        ("HONGYAN_E_CONFLICT = 8", "Conflict = 8"),
        ("HONGYAN_E_STORAGE = 9", "Storage = 9"),
        ("HONGYAN_E_INTERNAL = 10", "Internal = 10"),
    ] {
        assert!(header.contains(c) && fault.contains(rust), "{c}");
    }
    assert!(header.contains("#define HONGYAN_ABI_VERSION 1\n") && exports.contains("ABI_VERSION: u32 = 1;"));
}
