//! No ring of more than two files that use each other: such files are one, and can only be read together.
//!
//! Read are the `use` lines and the paths of each file's code, without its tests. A name counts for the file that
//! declares it, through re-exports; a parent and its child may use each other.

use crate::workspace;
use anyhow::{Context, Result, ensure};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    fs,
    path::Path,
};

/// Crates that have rings left: none may be added.
const NOT_YET: [&str; 7] = [
    "hongyan-dingtalk",
    "hongyan-endpoint",
    "hongyan-functions",
    "hongyan-mail",
    "hongyan-sandbox",
    "hongyan-script",
    "hongyan-wecom",
];

/// A module by the names on the way to it; the crate's root by none.
type Module = Vec<String>;
/// The code of each module, without its tests.
type Sources = BTreeMap<Module, String>;

/// Looks through every crate's `src`.
///
/// # Errors
/// Names each ring, by a shortest way around it.
pub(crate) fn check() -> Result<()> {
    let mut found = Vec::new();
    let folder = workspace::root()?.join("crates");
    for member in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        let member = member?;
        let name = member.file_name().to_string_lossy().into_owned();
        if NOT_YET.contains(&name.as_str()) {
            continue;
        }
        let mut sources = Sources::new();
        read(&member.path().join("src"), &Vec::new(), &mut sources)?;
        found.extend(rings(&sources).into_iter().map(|ring| format!("{name}: {ring}")));
    }
    ensure!(found.is_empty(), "files that use each other in a ring:\n  {}", found.join("\n  "));
    Ok(())
}

fn read(folder: &Path, module: &Module, into: &mut Sources) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let mut of = module.clone();
        if path.is_dir() {
            of.push(stem);
            read(&path, &of, into)?;
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            if !matches!(stem.as_str(), "mod" | "lib" | "main") {
                of.push(stem);
            }
            into.insert(of, code(&fs::read_to_string(&path)?));
        }
    }
    Ok(())
}

/// The code without comments, texts and the tests at its end.
fn code(text: &str) -> String {
    let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    let mut rest = &text[..end];
    let mut code = String::with_capacity(rest.len());
    while let Some(sign) = rest.chars().next() {
        let skipped = match sign {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '"' => {
                let mut escaped = false;
                let closing = rest[1..].find(|sign| {
                    let closes = sign == '"' && !escaped;
                    escaped = sign == '\\' && !escaped;
                    closes
                });
                closing.map_or(rest.len(), |at| at + 2)
            }
            '\'' if rest.starts_with("'\"'") => 3,
            '\'' if rest.starts_with("'\\\"'") => 4,
            _ => 0,
        };
        if skipped == 0 {
            code.push(sign);
        }
        rest = &rest[if skipped == 0 { sign.len_utf8() } else { skipped }..];
    }
    code
}

/// The paths of a `use` tree: `a::{b, c::d}` is `a::b` and `a::c::d`.
fn expand(tree: &str, before: &str, into: &mut Vec<Vec<String>>) {
    let tree = tree.trim();
    let Some((head, inner)) = tree.split_once('{') else {
        let name = tree.split(" as ").next().unwrap_or_default();
        let path = format!("{before}{name}");
        into.push(path.split("::").map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect());
        return;
    };
    let (before, inner) = (format!("{before}{head}"), inner.trim_end().trim_end_matches('}'));
    let (mut depth, mut start) = (0, 0);
    // The last brace was cut off, so that a tree in it may be open at its end.
    for (at, sign) in inner.char_indices().chain([(inner.len(), ',')]) {
        match sign {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 || at == inner.len() => {
                if !inner[start..at].trim().is_empty() {
                    expand(&inner[start..at], &before, into);
                }
                start = at + 1;
            }
            _ => {}
        }
    }
}

/// The paths of a file's `use` lines, and every other path in it.
fn paths(code: &str) -> (Vec<Vec<String>>, Vec<Vec<String>>) {
    let (mut uses, mut others, mut open) = (Vec::new(), Vec::new(), None::<String>);
    for line in code.lines() {
        let begun = open.take().or_else(|| {
            let (before, _) = line.split_once("use ")?;
            matches!(before.trim(), "" | "pub" | "pub(crate)" | "pub(super)").then(String::new)
        });
        match begun {
            Some(statement) => {
                let statement = format!("{statement} {line}");
                match statement.split_once("use ").and_then(|(_, tree)| tree.split_once(';')) {
                    Some((tree, _)) => expand(tree, "", &mut uses),
                    None => open = Some(statement),
                }
            }
            None => {
                let words = line.split(|sign: char| !(sign.is_alphanumeric() || matches!(sign, '_' | ':')));
                let path = |word: &str| word.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect();
                others.extend(words.filter(|word| word.contains("::") && !word.starts_with(':')).map(path));
            }
        }
    }
    (uses, others)
}

/// The modules of one crate, and the `use` lines of each.
struct Crate<'a> {
    sources: &'a Sources,
    uses: BTreeMap<&'a Module, Vec<Vec<String>>>,
}

impl Crate<'_> {
    /// The module that declares what a path names in `module`; `None` for another crate's.
    fn resolve(&self, module: &Module, path: &[String], depth: usize) -> Option<Module> {
        let mut base = module.clone();
        let mut rest = path;
        match rest.first()?.as_str() {
            "crate" => (base, rest) = (Vec::new(), &rest[1..]),
            "self" => rest = &rest[1..],
            "super" => {
                while rest.first().is_some_and(|part| part == "super") {
                    base.pop();
                    rest = &rest[1..];
                }
            }
            child => {
                base.push(child.to_owned());
                rest = &rest[1..];
                if !self.sources.contains_key(&base) {
                    return None;
                }
            }
        }
        while let Some(part) = rest.first() {
            base.push(part.clone());
            if !self.sources.contains_key(&base) {
                base.pop();
                break;
            }
            rest = &rest[1..];
        }
        // A name may come from further down.
        let Some(name) = rest.first().filter(|name| *name != "self" && *name != "*" && depth < 9) else {
            return Some(base);
        };
        let uses = self.uses.get(&base)?;
        match uses.iter().find(|path| path.last() == Some(name) && **path != [name.clone()]) {
            Some(path) => self.resolve(&base, path, depth + 1),
            None => Some(base),
        }
    }
}

/// Each ring of more than two files, as `a -> b -> c`.
fn rings(sources: &Sources) -> BTreeSet<String> {
    let (mut uses, mut paths_of) = (BTreeMap::new(), BTreeMap::new());
    for (module, code) in sources {
        let (of, others) = paths(code);
        paths_of.insert(module, [of.clone(), others].concat());
        uses.insert(module, of);
    }
    let all = Crate { sources, uses };
    let below: BTreeMap<&Module, BTreeSet<Module>> = paths_of
        .iter()
        .map(|(module, paths)| {
            let mut used: BTreeSet<Module> = paths.iter().filter_map(|path| all.resolve(module, path, 0)).collect();
            used.remove(*module);
            (*module, used)
        })
        .collect();
    let mut found = BTreeSet::new();
    for (from, used) in &below {
        for to in used {
            if let Some(mut way) = way_back(&below, to, from) {
                let first = way.iter().enumerate().min_by_key(|(_, module)| *module).map_or(0, |(at, _)| at);
                way.rotate_left(first);
                let names = way.iter().map(|module| if module.is_empty() { "root".into() } else { module.join("::") });
                found.insert(names.collect::<Vec<_>>().join(" -> "));
            }
        }
    }
    found
}

/// The shortest way from one module to another that is not the direct one.
fn way_back(below: &BTreeMap<&Module, BTreeSet<Module>>, from: &Module, to: &Module) -> Option<Vec<Module>> {
    let mut before: BTreeMap<&Module, &Module> = BTreeMap::new();
    let mut open = VecDeque::from([from]);
    while let Some(at) = open.pop_front() {
        for next in below.get(at)? {
            if next == from || before.contains_key(next) || (at == from && next == to) {
                continue;
            }
            before.insert(next, at);
            if next == to {
                let mut way = vec![to.clone()];
                while let Some(earlier) = before.get(way.last()?) {
                    way.push((*earlier).clone());
                }
                way.reverse();
                return Some(way);
            }
            open.push_back(next);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let module = |name: &str| name.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect();
        let sources = files.iter().map(|(name, text)| (module(name), code(text))).collect();
        rings(&sources).into_iter().collect()
    }

    #[test]
    fn three_that_use_each_other_are_named_and_two_are_not() {
        let three =
            [("a", "use crate::{b::B, x::X};"), ("b", "fn f() { super::c::g(); }"), ("c", "use super::a;"), ("x", "")];
        assert_eq!(found(&three), ["a -> b -> c"]);
        assert_eq!(found(&[("a", "use crate::b::B;"), ("b", "use crate::a::A;")]), [""; 0]);
    }

    #[test]
    fn a_name_counts_for_the_file_that_declares_it() {
        let root = ("", "mod a;\nmod b;\npub use a::A;\npub(crate) use b::{\n    B,\n    self,\n};");
        assert_eq!(found(&[root, ("a", "use crate::B;"), ("b", "struct B;")]), [""; 0]);
        assert_eq!(found(&[root, ("a", "use crate::own;"), ("b", "use crate::A;")]), ["root -> b -> a"]);
    }

    #[test]
    fn comments_texts_and_tests_use_nothing() {
        let code = "// crate::b::B\nconst T: &str = \"crate::b\";\n#[cfg(test)]\nmod tests {\n    use crate::b::B;\n}";
        assert_eq!(found(&[("a", code), ("b", "use crate::c::C;"), ("c", "use crate::a::A;")]), [""; 0]);
    }
}
