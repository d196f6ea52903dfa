//! Retired words do not come back: neither as a name in the code nor in public JSON. Prose may use them.
//!
//! Names are those of types, traits, functions, modules, constants and fields, in the sources and their tests. Variants
//! and local variables are left alone.

use crate::{prose::sources, workspace};
use anyhow::{Context, Result, ensure};
use std::fs;

/// A retired name, and what to say in its place.
const NAMES: &[(&str, &str)] = &[
    ("Doors", "OfficialApi"),
    ("Founding", "NewGroup"),
    ("Heard", "Received"),
    ("Known", "ErrorCode"),
    ("Letter", "SentMessage"),
    ("Manner", "SendOptions"),
    ("Mind", "Handler"),
    ("Parcel", "OutgoingMessage"),
    ("Road", "Destination"),
    ("Said", "Reply, RobotMessage"),
    ("Shelf", "MediaStore"),
    ("SmtpTrouble", "SmtpFault"),
    ("Spelled", "SecretText"),
    ("Treatment", "PersonRule"),
    ("Who", "Responsible"),
    ("arrive", "decode, check_call"),
    ("bell", "wake"),
    ("hungry", "maybe_due"),
    ("mind", "handler"),
    ("spelled", "code_for, rename"),
    ("strain", "check_quota"),
    ("twins", "duplicates"),
    ("way", "options, transport"),
    ("whole", "valid, entire, complete, raw"),
    ("worded", "decorate"),
];

/// A retired member of public JSON, and its successor.
const MEMBERS: &[(&str, &str)] =
    &[("road", "destination"), ("trouble", "error, last_error"), ("troubles", "faults"), ("words", "message")];

/// Looks through every crate.
///
/// # Errors
/// Names each place.
pub(crate) fn check() -> Result<()> {
    let root = workspace::root()?;
    let mut found = Vec::new();
    for path in sources(&root, &["src", "tests", "benches"])? {
        let name = path.strip_prefix(&root).unwrap_or(&path).display().to_string();
        let text = fs::read_to_string(&path).with_context(|| name.clone())?;
        for (at, line) in text.lines().enumerate() {
            let retired = retired(line).map(|(word, instead)| format!("{name}:{}: {word} → {instead}", at + 1));
            found.extend(retired);
        }
    }
    ensure!(found.is_empty(), "retired words; the glossary has the ones in use:\n  {}", found.join("\n  "));
    Ok(())
}

/// The retired word that a line declares as a name or as a member of JSON.
fn retired(line: &str) -> Option<(&'static str, &'static str)> {
    let line = line.trim_start();
    if line.starts_with("//") {
        return None;
    }
    let names = NAMES.iter().find(|(word, _)| declares(line, word));
    let members = || MEMBERS.iter().find(|(word, _)| is_member(line, word));
    names.or_else(members).copied()
}

fn declares(line: &str, word: &str) -> bool {
    const KEYWORDS: [&str; 8] = ["struct", "enum", "trait", "type", "fn", "mod", "static", "const"];
    let mut tokens = line.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|token| !token.is_empty());
    let item = tokens.any(|token| KEYWORDS.contains(&token)).then(|| tokens.next()).flatten();
    item == Some(word) || field(line) == Some(word)
}

/// The field that a line declares or sets.
fn field(line: &str) -> Option<&str> {
    let visible = match line.strip_prefix("pub(") {
        Some(rest) => rest.split_once(") ")?.1,
        None => line.strip_prefix("pub ").unwrap_or(line),
    };
    let (name, rest) = visible.split_once(':')?;
    (!rest.starts_with(':')).then_some(name)
}

fn is_member(line: &str, word: &str) -> bool {
    line.contains(&format!("\"{word}\":"))
        || line.contains(&format!("rename = \"{word}\""))
        || line.strip_prefix("pub ").is_some_and(|_| field(line) == Some(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retired_word_is_found_as_a_name_and_as_a_member_of_json() {
        for bad in [
            "pub struct Known {",
            "    pub(crate) enum Said {",
            "async fn mind(call: &Call) {",
            "    whole: bool,",
            "    pub(super) strain: u32,",
            "    pub words: String,",
            "    #[serde(rename = \"road\")]",
            "    json!({\"code\": 1, \"words\": said})",
        ] {
            assert!(retired(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn prose_variables_and_the_words_in_use_are_left_alone() {
        for good in [
            "// the whole: all of it",
            "let words: Vec<&str> = text.split(' ').collect();",
            "#[serde(alias = \"words\")]",
            "    message: String,",
            "    KnownValue::Nothing,",
            "way::of(call)",
        ] {
            assert_eq!(retired(good), None, "{good}");
        }
    }
}
