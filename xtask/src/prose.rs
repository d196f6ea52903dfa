//! No decision is made by reading prose: what a caller must know of an error is a field or a variant.
//!
//! Looked for is what such a decision is written like, in the sources outside of their tests: a message that is asked
//! for a word, and a code that is asked for how it begins.

use crate::workspace;
use anyhow::{Context, Result, ensure};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// What is refused.
const SIGNS: &[&str] = &[
    "message.contains(",
    "message().contains(",
    "message.starts_with(\"",
    "message().starts_with(\"",
    "detail.contains(",
    "detail.starts_with(",
    ".starts_with(\"net.",
    "to_string().contains(",
    "said.contains(",
    "said.starts_with(",
];

/// Files that may, each with what it reads and why there is nothing else to go by.
const ALLOWED: &[(&str, &str)] = &[(
    "crates/hongyan-cli/src/commands/doctor/mail.rs",
    "a handshake's failure reaches the mail client as words alone",
)];

/// Looks through every crate's `src`.
///
/// # Errors
/// Names each place.
pub(crate) fn check() -> Result<()> {
    let root = workspace::root()?;
    let mut found = Vec::new();
    for path in sources(&root, &["src"])? {
        let name = path.strip_prefix(&root).unwrap_or(&path).display().to_string();
        if ALLOWED.iter().any(|(allowed, _)| *allowed == name)
            || path.file_name().is_some_and(|name| name == "tests.rs")
        {
            continue;
        }
        let text = fs::read_to_string(&path).with_context(|| name.clone())?;
        found.extend(places(&text).into_iter().map(|(line, sign)| format!("{name}:{line}: {sign}")));
    }
    ensure!(found.is_empty(), "decided by reading prose; ask a kind, an origin or a code:\n  {}", found.join("\n  "));
    Ok(())
}

/// The Rust files in these folders of every crate, in order.
pub(crate) fn sources(root: &Path, folders: &[&str]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for members in ["crates", "plugins"] {
        for member in fs::read_dir(root.join(members)).with_context(|| members.to_owned())? {
            let member = member?.path();
            folders.iter().try_for_each(|folder| collect(&member.join(folder), &mut files))?;
        }
    }
    files.sort();
    Ok(files)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

/// Lines, from 1, with what is refused there. A file's tests are the module at its end; what is for tests alone and
/// stands before it (`mod tests;`, an import) hides nothing behind it.
fn places(text: &str) -> Vec<(usize, &'static str)> {
    let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    let code = text[..end].lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
    code.filter_map(|(at, line)| SIGNS.iter().find(|sign| line.contains(**sign)).map(|sign| (at + 1, *sign))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_by_prose_is_named_by_its_line() {
        for bad in [
            "if error.message.contains(\"bytes\") {",
            "if fault.message().contains(\"certificate\") {",
            "problem.detail.contains(\"bytes\")",
            "!fault.code().starts_with(\"net.\")",
            "last.code.starts_with(\"net.\")",
        ] {
            assert_eq!(places(&format!("fn f() {{\n    {bad}\n}}")).len(), 1, "{bad}");
            assert_eq!(places(&format!("fn f() {{\n    {bad}\n}}"))[0].0, 2, "{bad}");
        }
    }

    #[test]
    fn tests_in_a_file_of_their_own_hide_nothing() {
        let text = "#[cfg(test)]\nmod tests;\n\nfn f() {\n    problem.detail.contains(\"bytes\")\n}";
        assert_eq!(places(text), [(5, "detail.contains(")]);
    }

    #[test]
    fn comments_tests_and_other_texts_are_left_alone() {
        for good in [
            "// message.contains(\"x\")",
            "name.starts_with(\"isv.\")",
            "text.contains('@')",
            "#[cfg(test)]\nmod tests { fn f() { message.contains(\"x\"); } }",
        ] {
            assert_eq!(places(good), [], "{good}");
        }
    }
}
