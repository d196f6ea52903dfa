//! Whatever the program says to people, it says in their language.

use std::path::{Path, PathBuf};

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.extension() {
            None => sources(&path, found),
            Some(end) if end == "rs" => found.push(path),
            Some(_) => {}
        }
    }
}

/// From a macro's opening parenthesis to the closing one; parentheses in texts are paired in these sources.
fn arguments(text: &str) -> &str {
    let mut depth = 0;
    let end = text.char_indices().find_map(|(at, c)| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        (depth == 0).then_some(at)
    });
    &text[1..end.expect("a macro ends")]
}

/// The text literals of a piece of source.
fn literals(source: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = source;
    while let Some(start) = rest.find('"') {
        let body = &rest[start + 1..];
        let mut escaped = false;
        let end = body.find(|c| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        });
        let Some(end) = end else { break };
        found.push(&body[..end]);
        rest = &body[end + 1..];
    }
    found
}

/// Whether a text has a word of three letters or more outside of `{arguments}`.
fn has_english(text: &str) -> bool {
    let mut depth = 0;
    let bare: String = text
        .chars()
        .map(|c| {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            if depth == 0 { c } else { ' ' }
        })
        .collect();
    bare.split(|c: char| !c.is_ascii_alphabetic()).any(|word| word.len() >= 3)
}

fn has_chinese(text: &str) -> bool {
    text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
}

#[test]
fn no_line_is_said_in_english_alone() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    let (mut calls, mut english) = (0, Vec::new());
    for file in files {
        let source = std::fs::read_to_string(&file).unwrap();
        for (at, _) in ["say!(", "note!("].iter().flat_map(|name| source.match_indices(name)) {
            let from = at + source[at..].find('(').unwrap();
            let said = arguments(&source[from..]);
            calls += 1;
            // What programs read has no language.
            if said.contains("json!(") {
                continue;
            }
            if literals(said).into_iter().any(has_english) && !has_chinese(said) {
                english.push(format!("{}: {said}", file.display()));
            }
        }
    }
    assert!(calls > 60, "{calls}");
    assert!(english.is_empty(), "told! has both languages:\n{}", english.join("\n"));
}

#[test]
fn the_walk_sees_what_it_looks_for() {
    for (said, english, chinese) in [
        (r#""accepted {id}""#, true, false),
        (r#""{accepted} · {}", id"#, false, false),
        (r#""{}", told!("message {id}" ; "消息 {id}")"#, true, true),
        (r#""a \"quoted\" b""#, true, false),
        (r#""{red}{head}{red:#}: {}""#, false, false),
    ] {
        assert_eq!((literals(said).into_iter().any(has_english), has_chinese(said)), (english, chinese), "{said}");
    }
    assert_eq!(arguments("(a(b), c) d"), "a(b), c");
}
