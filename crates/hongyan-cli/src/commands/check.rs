//! `hongyan check FILE…`: the known mistakes of scripts, by name, without running them.

use super::run::{colored, described, read};
use crate::lang::told;
use crate::out::say;
use crate::{
    args::Check,
    exit::Exit,
    listing::{self, Cell},
};
use hongyan_script::{Script, Severity, Source, check};
use serde_json::{Value, json};

pub(crate) fn run(args: &Check, json: bool) -> anyhow::Result<Exit> {
    if args.rules {
        rules(json);
        return Ok(Exit::Done);
    }
    let mut worst = None;
    let mut files = Vec::new();
    for file in &args.files {
        let (name, text) = read(file)?;
        let (diagnostics, source) = match Script::parse(&name, &text) {
            Ok(script) => {
                let surroundings = check::Surroundings { defined: &args.defines };
                let findings = check::check(&script, &surroundings);
                let source = Source::new(name.as_str(), check::masked_script(&script));
                (findings.iter().map(|finding| finding.diagnostic(&source)).collect::<Vec<_>>(), source)
            }
            Err(errors) => {
                let source = Source::new(name.as_str(), check::masked(&text));
                (errors.iter().map(|error| error.diagnostic().clone()).collect(), source)
            }
        };
        worst = worst.max(diagnostics.iter().map(|diagnostic| diagnostic.severity).max());
        if json {
            let findings: Vec<Value> = diagnostics.iter().map(|diagnostic| described(diagnostic, &source)).collect();
            files.push(json!({"file": name, "findings": findings}));
        } else {
            for diagnostic in diagnostics.iter().take(MOST_SHOWN) {
                say!("{}\n", diagnostic.render(&source, colored()));
            }
            if let Some(more @ 1..) = diagnostics.len().checked_sub(MOST_SHOWN) {
                say!("{}\n", told!("… and {more} more; --json has them all" ; "……另有 {more} 条；--json 可列出全部"));
            }
            summarise(&name, &diagnostics.iter().map(|diagnostic| diagnostic.severity).collect::<Vec<_>>());
        }
    }
    if json {
        say!("{}", json!({"files": files}));
    }
    let failing = if args.strict { Severity::Warning } else { Severity::Error };
    Ok(if worst.is_some_and(|worst| worst >= failing) { Exit::Failed } else { Exit::Done })
}

fn summarise(name: &str, found: &[Severity]) {
    let count = |severity: Severity| found.iter().filter(|one| **one == severity).count();
    if found.is_empty() {
        say!("{}", told!("{name}: no known mistake" ; "{name}：未发现已知错误"));
    } else {
        let [errors, warnings, notes] = [Severity::Error, Severity::Warning, Severity::Note].map(count);
        say!(
            "{}",
            told!(
                "{name}: {errors} error(s), {warnings} warning(s), {notes} note(s)" ;
                "{name}：{errors} 个错误，{warnings} 个警告，{notes} 个提示"
            )
        );
    }
}

/// Findings of one file that are drawn for people.
const MOST_SHOWN: usize = 200;

/// What is looked for.
fn rules(json: bool) {
    let word = |severity: Severity| format!("{severity:?}").to_lowercase();
    if json {
        let all: Value = check::RULES
            .iter()
            .map(|rule| json!({"rule": rule.id, "severity": word(rule.severity), "title": rule.title_en, "title_zh": rule.title_zh}))
            .collect();
        say!("{all}");
        return;
    }
    let rows: Vec<Vec<Cell>> = check::RULES
        .iter()
        .map(|rule| {
            vec![
                rule.id.into(),
                word(rule.severity).as_str().into(),
                format!("{}  {}", rule.title_en, rule.title_zh).into(),
            ]
        })
        .collect();
    listing::print(&["RULE 规则", "SEVERITY 级别", "WHAT 内容"], &rows);
}
