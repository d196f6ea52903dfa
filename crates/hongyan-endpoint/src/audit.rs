//! What every platform crate must keep, checked the same way for all: fixtures, error table, both directions.
//!
//! Each function gives the list of what is wrong, so that a test prints all of it at once. Reading the files is
//! the test's work: this crate touches none.

use crate::{Class, Effect, ErrorCode, Fault, Fixture, Platform};
use std::collections::{BTreeMap, BTreeSet};

/// Walks all declarations against their fixtures: `files` are pairs of file name and text.
///
/// A declaration without fixture, a fixture without declaration, two declarations of one name, a declaration without
/// source or doc, and a code that the error table does not explain are faults like any disagreement.
#[must_use]
pub fn fixtures<P: Platform>(files: Vec<(String, String)>) -> Vec<String> {
    let mut faults = Vec::new();
    let mut files: BTreeMap<String, String> = files.into_iter().collect();
    let mut names = BTreeSet::new();
    for declared in P::endpoints() {
        let spec = declared.spec();
        if !names.insert(spec.name) {
            faults.push(format!("{}: declared twice", spec.name));
            continue;
        }
        if !spec.source.starts_with("https://") {
            faults.push(format!("{}: no source", spec.name));
        }
        if spec.doc.trim().is_empty() {
            faults.push(format!("{}: no doc", spec.name));
        }
        let codes = spec.refuses.iter().map(|refusal| refusal.code).chain(spec.limits.iter().map(|limit| limit.code));
        for code in codes.filter(|code| !code.is_empty() && P::error_code(code).is_none()) {
            faults.push(format!("{}: {code} is in no row of the error table", spec.name));
        }
        let Some(text) = files.remove(&format!("{}.json", spec.name)) else {
            faults.push(format!("{}: no fixture", spec.name));
            continue;
        };
        match serde_json::from_str::<Fixture>(&text) {
            Err(error) => faults.push(format!("{}: the fixture is not read: {error}", spec.name)),
            Ok(fixture) => {
                if fixture.source != spec.source {
                    faults.push(format!("{}: fixture and declaration name different pages", spec.name));
                }
                faults.extend(declared.agrees_with(&fixture).err().map(|e| format!("{}: {e}", spec.name)));
            }
        }
    }
    faults.extend(files.into_keys().map(|file| format!("{file}: no declaration has this fixture")));
    faults
}

/// Checks an error table row by row: unique codes, whole texts, advice that is more than the meaning, somebody
/// to act on what is permanent.
#[must_use]
pub fn error_codes(table: &[ErrorCode]) -> Vec<String> {
    use crate::Responsible;
    let mut faults = Vec::new();
    let mut seen = BTreeSet::new();
    for row in table {
        let mut wrong = |what: &str| faults.push(format!("{}: {what}", row.code));
        if row.code.trim().is_empty() || !seen.insert(row.code) {
            wrong("the code is empty or stands twice");
        }
        if row.en.trim().is_empty() || row.advice_en.trim().is_empty() {
            wrong("an English text is empty");
        }
        // An English text in the Chinese column is a slip of the hand.
        if row.zh.is_ascii() || row.advice_zh.is_ascii() {
            wrong("a Chinese text is empty or not Chinese");
        }
        if row.en == row.advice_en || row.zh == row.advice_zh {
            wrong("the advice repeats the meaning");
        }
        match (row.class, row.responsible) {
            (Class::Permanent, Responsible::Hongyan) => wrong("permanent, but nobody is to act"),
            (Class::RefreshToken, who) if who != Responsible::Hongyan => wrong("hongyan itself refreshes tokens"),
            _ => {}
        }
    }
    faults
}

/// Seals each of `codes` as the platform would and opens it again, for every declared operation: the sandbox's
/// half must say what the client's half reads, with the table's class (an open outcome only counts for a send).
#[must_use]
pub fn round_trips<P: Platform>(codes: &[&str]) -> Vec<String> {
    let mut faults = Vec::new();
    for declared in P::endpoints() {
        let spec = declared.spec();
        for code in codes {
            let wrong = |what: String| format!("{} {code}: {what}", spec.name);
            let fault = Fault::refused(*code, "invented", P::error_code(code));
            let sealed = P::seal(spec, Err(&fault));
            let expected = match fault.class() {
                Class::Ambiguous if spec.effect != Effect::Send => Class::RETRY,
                class => class,
            };
            match P::open(spec, sealed.status, &sealed.body) {
                Ok(()) => faults.push(wrong("opens as a success".into())),
                Err(read) if read.code() != *code => faults.push(wrong(format!("read as {}", read.code()))),
                Err(read) if read.class() != expected => faults.push(wrong(format!("classed {:?}", read.class()))),
                Err(_) => {}
            }
        }
    }
    faults
}
