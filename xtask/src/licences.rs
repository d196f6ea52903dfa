//! Every dependency's licence against the list in `deny.toml`.
//!
//! `cargo deny` does it where it is installed; else it is done here, from `cargo metadata`: enough for licence
//! expressions and sources, without minutes of building a tool.

use crate::workspace;
use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::{collections::BTreeMap, fs};

/// Checks the whole graph of the targets that `deny.toml` names.
///
/// # Errors
/// Lists every dependency whose licence or source is not allowed.
pub(crate) fn check() -> Result<()> {
    if workspace::has_subcommand("deny")? {
        let status = workspace::cargo()?.args(["deny", "check", "licenses", "bans", "sources"]).status()?;
        ensure!(status.success(), "cargo deny check licenses bans sources: {status}");
        return Ok(());
    }
    let path = workspace::root()?.join("deny.toml");
    let rules = Rules::read(&fs::read_to_string(&path).with_context(|| format!("{}", path.display()))?)?;
    let platforms = rules.targets.iter().flat_map(|target| ["--filter-platform".to_owned(), target.clone()]);
    let metadata = workspace::metadata(&platforms.collect::<Vec<_>>())?;
    let packages = metadata["packages"].as_array().context("cargo metadata lists no packages")?;
    let faults: Vec<String> = packages.iter().filter_map(|package| rules.judge(package).err()).collect();
    ensure!(faults.is_empty(), "not allowed by deny.toml:\n  {}", faults.join("\n  "));
    println!("    {} packages, every licence is on the list", packages.len());
    Ok(())
}

/// The part of `deny.toml` that is understood here.
struct Rules {
    targets: Vec<String>,
    allow: Vec<String>,
    /// Crate name to the licences that are allowed for it alone.
    exceptions: BTreeMap<String, Vec<String>>,
}

impl Rules {
    fn read(text: &str) -> Result<Self> {
        let table: toml::Table = text.parse().context("deny.toml")?;
        let list = |value: Option<&toml::Value>| -> Vec<String> {
            value
                .and_then(|v| v.as_array())
                .into_iter()
                .flatten()
                .filter_map(|v| Some(v.as_str()?.to_owned()))
                .collect()
        };
        let licenses = table.get("licenses").and_then(|v| v.as_table()).context("deny.toml has no [licenses]")?;
        let mut exceptions = BTreeMap::new();
        for exception in licenses.get("exceptions").and_then(|v| v.as_array()).into_iter().flatten() {
            let name = exception.get("crate").or_else(|| exception.get("name")).and_then(|v| v.as_str());
            exceptions.insert(name.context("an exception names no crate")?.to_owned(), list(exception.get("allow")));
        }
        let allow = list(licenses.get("allow"));
        ensure!(!allow.is_empty(), "deny.toml allows no licence at all");
        Ok(Self { targets: list(table.get("graph").and_then(|g| g.get("targets"))), allow, exceptions })
    }

    /// `Err` with a sentence about the package.
    fn judge(&self, package: &Value) -> Result<(), String> {
        let text = |key: &str| package[key].as_str().unwrap_or_default();
        let (name, version) = (text("name"), text("version"));
        if text("source").starts_with("git+") {
            return Err(format!("{name} {version}: comes from a git repository, not from the registry"));
        }
        let licence = text("license");
        if licence.is_empty() {
            return Err(format!("{name} {version}: names no licence"));
        }
        let own = self.exceptions.get(name).map_or(&[][..], Vec::as_slice);
        let allowed = |id: &str| self.allow.iter().chain(own).any(|a| a == id);
        match satisfied(licence, &allowed) {
            Ok(true) => Ok(()),
            Ok(false) => Err(format!("{name} {version}: {licence}")),
            Err(error) => Err(format!("{name} {version}: {licence:?} is not understood: {error}")),
        }
    }
}

/// Whether a licence expression can be met: `A OR B`, `A AND B`, `A WITH E`, parentheses, and the old `A/B` for OR.
///
/// # Errors
/// When it is not an expression.
fn satisfied(expression: &str, allowed: &dyn Fn(&str) -> bool) -> Result<bool> {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words = Words { words: spaced.split_whitespace().collect(), at: 0, allowed };
    let met = words.any_of()?;
    match words.peek() {
        None => Ok(met),
        Some(word) => bail!("{word:?} is one too many"),
    }
}

/// Recursive descent; `AND` binds tighter than `OR`.
struct Words<'a> {
    words: Vec<&'a str>,
    at: usize,
    allowed: &'a dyn Fn(&str) -> bool,
}

impl<'a> Words<'a> {
    fn peek(&self) -> Option<&'a str> {
        self.words.get(self.at).copied()
    }

    fn take(&mut self, word: &str) -> bool {
        let is = self.peek() == Some(word);
        self.at += usize::from(is);
        is
    }

    fn any_of(&mut self) -> Result<bool> {
        let mut met = self.all_of()?;
        while self.take("OR") {
            met |= self.all_of()?;
        }
        Ok(met)
    }

    fn all_of(&mut self) -> Result<bool> {
        let mut met = self.one()?;
        while self.take("AND") {
            met &= self.one()?;
        }
        Ok(met)
    }

    fn one(&mut self) -> Result<bool> {
        if self.take("(") {
            let met = self.any_of()?;
            ensure!(self.take(")"), "a parenthesis is not closed");
            return Ok(met);
        }
        let id = self.name()?;
        if self.take("WITH") {
            let exception = self.name()?;
            return Ok((self.allowed)(&format!("{id} WITH {exception}")));
        }
        Ok((self.allowed)(id))
    }

    fn name(&mut self) -> Result<&'a str> {
        match self.peek() {
            Some(word) if !matches!(word, "OR" | "AND" | "WITH" | "(" | ")") => {
                self.at += 1;
                Ok(word)
            }
            Some(word) => bail!("{word:?} stands where a licence is expected"),
            None => bail!("a licence is missing at the end"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn met(expression: &str) -> Option<bool> {
        let allowed = |id: &str| matches!(id, "MIT" | "Apache-2.0" | "ISC" | "Apache-2.0 WITH LLVM-exception");
        satisfied(expression, &allowed).ok()
    }

    #[test]
    fn expressions_are_met_as_they_are_written() {
        for (expression, expected) in [
            ("MIT", true),
            ("GPL-3.0-only", false),
            ("MIT OR GPL-3.0-only", true),
            ("GPL-3.0-only OR MIT", true),
            ("GPL-3.0-only/MIT", true),
            ("MIT / Apache-2.0", true),
            ("MIT AND GPL-3.0-only", false),
            ("MIT AND ISC", true),
            ("GPL-3.0-only AND MIT OR ISC", true),
            ("MIT OR GPL-3.0-only AND AGPL-3.0-only", true),
            ("(MIT OR GPL-3.0-only) AND AGPL-3.0-only", false),
            ("(MIT OR GPL-3.0-only) AND (ISC)", true),
            ("Apache-2.0 WITH LLVM-exception", true),
            ("MIT WITH LLVM-exception", false),
            ("mit", false),
        ] {
            assert_eq!(met(expression), Some(expected), "{expression}");
        }
    }

    #[test]
    fn what_is_no_expression_is_refused() {
        for expression in ["", "MIT OR", "OR MIT", "(MIT", "MIT)", "MIT ISC", "MIT WITH", "()", "MIT AND AND ISC"] {
            assert_eq!(met(expression), None, "{expression:?}");
        }
    }

    #[test]
    fn an_unlisted_licence_a_missing_one_and_a_foreign_source_are_named() {
        let rules = Rules::read(
            "[graph]\ntargets = [\"x\"]\n[licenses]\nallow = [\"MIT\"]\n\
             [[licenses.exceptions]]\ncrate = \"special\"\nallow = [\"MPL-2.0\"]",
        )
        .unwrap();
        let judge = |name: &str, licence: Option<&str>, source: &str| {
            rules.judge(&json!({"name": name, "version": "1.0.0", "license": licence, "source": source}))
        };
        assert_eq!(rules.targets, ["x"]);
        assert_eq!(judge("good", Some("MIT OR GPL-3.0-only"), "registry+x"), Ok(()));
        assert_eq!(judge("bad", Some("GPL-3.0-only"), "registry+x"), Err("bad 1.0.0: GPL-3.0-only".into()));
        assert!(judge("bare", None, "registry+x").unwrap_err().contains("names no licence"));
        assert!(judge("far", Some("MIT"), "git+https://example.com/far").unwrap_err().contains("git repository"));
        assert_eq!(judge("special", Some("MPL-2.0"), "registry+x"), Ok(()));
        assert!(judge("other", Some("MPL-2.0"), "registry+x").is_err());
        assert!(Rules::read("[licenses]\nallow = []").is_err());
    }
}
