//! Lines that people send, through all dialects: `corpus.txt` says what must come out.

use hongyan_text::{Dialect, render};
use std::collections::BTreeMap;

const DIALECTS: [(&str, Dialect); 6] = [
    ("ding", Dialect::DingTalk),
    ("wecom", Dialect::WeCom),
    ("v2", Dialect::WeComV2),
    ("html", Dialect::Html),
    ("plain", Dialect::Plain),
    ("card", Dialect::WeComCard),
];

struct Case {
    line: usize,
    source: String,
    own: BTreeMap<&'static str, String>,
}

impl Case {
    /// What must come out: what the case says, or what the file's head says of those that it does not name.
    fn expected(&self, dialect: &str) -> String {
        if let Some(own) = self.own.get(dialect) {
            return own.clone();
        }
        let plain = || self.own.get("plain").unwrap_or(&self.source);
        match dialect {
            "html" => {
                let text = plain().replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
                let text = text.replace('"', "&quot;").replace('\'', "&#39;").replace('\n', "<br>\n");
                format!("<p>{text}</p>")
            }
            "card" => plain().replace('<', "＜").replace('\n', "<br>"),
            _ => self.source.clone(),
        }
    }
}

fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for (line, text) in (1..).zip(include_str!("corpus.txt").lines()) {
        if text.is_empty() || text.starts_with(['#', '[']) {
            continue;
        }
        let (name, value) = text.split_once(':').unwrap_or_else(|| panic!("line {line} has no name"));
        // One space, or as many as make the values stand below one another.
        let value = value.get("source: ".len() - name.len() - 1..).unwrap_or_default();
        let value = value.replace('⏎', "\n").replace("\\u{200b}", "\u{200b}");
        if name == "source" {
            cases.push(Case { line, source: value, own: BTreeMap::new() });
            continue;
        }
        let (name, _) = DIALECTS.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("line {line}"));
        let case = cases.last_mut().unwrap_or_else(|| panic!("line {line} belongs to no source"));
        assert!(case.own.insert(name, value).is_none(), "line {line} says it twice");
    }
    cases
}

fn rendered(source: &str, dialect: Dialect) -> String {
    let out = render(source, dialect);
    let Some(inner) = out.strip_prefix("<div style=\"font-family:sans-serif;line-height:1.6\">\n") else { return out };
    inner.strip_suffix("</div>\n").unwrap().trim_end().to_owned()
}

#[test]
fn every_line_is_read_as_its_writer_means_it() {
    let cases = cases();
    assert!(cases.len() >= 250, "{}", cases.len());
    let mut wrong = String::new();
    for case in &cases {
        for (name, dialect) in DIALECTS {
            let (out, expected) = (rendered(&case.source, dialect), case.expected(name));
            if out != expected {
                wrong.push_str(&format!("line {} {name}:\n  expected {expected:?}\n  got      {out:?}\n", case.line));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn addresses_come_out_byte_for_byte() {
    // Where an emphasis ends with an address, the table above says where.
    for case in cases().into_iter().filter(|case| !case.source.starts_with('*')) {
        let words = case.source.split(|c: char| !c.is_ascii_graphic()).filter(|word| word.starts_with("http"));
        for address in words {
            // Where HTML is read, an ampersand is written as HTML has it.
            for (name, dialect) in DIALECTS.into_iter().filter(|(name, _)| *name != "html") {
                assert!(render(&case.source, dialect).contains(address), "line {} {name}", case.line);
            }
        }
    }
}
