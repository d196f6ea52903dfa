//! `docs/api/PLATFORM.md`: what can be called, written from the declarations.

use crate::workspace;
use anyhow::{Context, Result, bail};
use hongyan_dingtalk::DingTalk;
use hongyan_endpoint::{Auth, Effect, Fixture, Limit, Platform, Scope, Spec};
use hongyan_wecom::WeCom;
use std::{fmt::Write as _, fs, path::PathBuf, time::Duration};

/// Writes all tables.
///
/// # Errors
/// When a fixture cannot be read or a file cannot be written.
pub(crate) fn write() -> Result<()> {
    for (path, text) in tables()? {
        fs::create_dir_all(path.parent().context("a table lies in a folder")?)?;
        fs::write(&path, text).with_context(|| format!("{}", path.display()))?;
        println!("    wrote {}", path.display());
    }
    Ok(())
}

/// Compares the committed tables with the declarations.
///
/// # Errors
/// Names the file and the first line that differs.
pub(crate) fn check() -> Result<()> {
    for (path, expected) in tables()? {
        let found = fs::read_to_string(&path).unwrap_or_default();
        if let Some(line) = first_difference(&expected, &found) {
            bail!("{}: line {line} is not what the declarations say; run `cargo xtask api-table`", path.display());
        }
    }
    println!("    docs/api agrees with the declarations");
    Ok(())
}

fn tables() -> Result<Vec<(PathBuf, String)>> {
    Ok(vec![table::<DingTalk>("DingTalk 钉钉")?, table::<WeCom>("WeCom 企业微信")?])
}

/// Counted from 1.
fn first_difference(expected: &str, found: &str) -> Option<usize> {
    if expected == found {
        return None;
    }
    let same = expected.split('\n').zip(found.split('\n')).take_while(|(e, f)| e == f).count();
    Some(same + 1)
}

fn table<P: Platform>(title: &str) -> Result<(PathBuf, String)> {
    let root = workspace::root()?;
    let mut text = format!(
        "# {title}: the operations that hongyan calls\n\n\
         Written by `cargo xtask api-table` from the declarations; do not edit. `checked` is the day of\n\
         the compiled reference of the platform's pages from which declaration and fixture were taken; pages may have\n\
         moved since. Client and `hongyan call` speak all of them; the sandbox answers those of its `GET /sandbox`.\n\n\
         | operation | call | auth | effect | limits | source | state |\n\
         | --- | --- | --- | --- | --- | --- | --- |\n"
    );
    for declared in P::endpoints() {
        let spec = declared.spec();
        let path = root.join(format!("crates/hongyan-{}/fixtures/{}.json", P::NAME, spec.name));
        let fixture = fs::read_to_string(&path).with_context(|| format!("{}", path.display()))?;
        let fixture: Fixture = serde_json::from_str(&fixture).with_context(|| format!("{}", path.display()))?;
        text.push_str(&row::<P>(spec, &fixture.read));
    }
    Ok((root.join(format!("docs/api/{}.md", P::NAME)), text))
}

fn row<P: Platform>(spec: &Spec, checked: &str) -> String {
    let auth = match spec.auth {
        Auth::None => "none",
        Auth::AccessToken => "`access_token` in the query",
        Auth::AcsHeader => "token in the header",
        Auth::Key => "`key` in the query",
    };
    let effect = match spec.effect {
        Effect::Read => "reads",
        Effect::Idempotent => "may be repeated",
        Effect::Send => "sends",
    };
    let limits: Vec<String> = spec.limits.iter().map(limit).collect();
    let limits = if limits.is_empty() { "none published".into() } else { limits.join("; ") };
    let doc: Vec<&str> = spec.doc.split_whitespace().collect();
    let mut row = String::new();
    let _ = writeln!(
        row,
        "| `{}`<br>{} | {} `{}{}` | {auth} | {effect} | {limits} | [page]({}) | checked {checked} |",
        spec.name,
        doc.join(" "),
        spec.method.as_str(),
        P::base(spec),
        spec.path,
        spec.source,
    );
    row
}

fn limit(limit: &Limit) -> String {
    match *limit {
        Limit::Items { field, max } => format!("`{field}` up to {} items", grouped(max)),
        Limit::Bytes { field, max } => format!("`{field}` up to {} bytes", grouped(max)),
        Limit::Chars { field, max } => format!("`{field}` up to {} characters", grouped(max)),
        Limit::Rate { max, per, scope } => {
            let whose = match scope {
                Scope::App => "application",
                Scope::Recipient => "recipient",
                Scope::Corp => "company",
            };
            format!("{} a {} for each {whose}", grouped(max as usize), span(per))
        }
    }
}

fn span(per: Duration) -> String {
    match per.as_secs() {
        1 => "second".into(),
        60 => "minute".into(),
        3_600 => "hour".into(),
        86_400 => "day".into(),
        seconds => format!("{seconds} seconds"),
    }
}

/// 10000 as 10,000.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use hongyan_endpoint::{DAY, bytes, rate};

    #[test]
    fn limits_read_as_sentences() {
        assert_eq!(limit(&bytes("msg", 2_048)), "`msg` up to 2,048 bytes");
        assert_eq!(limit(&rate(500, DAY, Scope::Recipient)), "500 a day for each recipient");
        assert_eq!(["7", "70", "700", "7,000", "1,000,000"], [7, 70, 700, 7_000, 1_000_000].map(grouped).as_slice());
    }

    #[test]
    fn the_first_line_that_differs_is_named() {
        assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
        assert_eq!(first_difference("a\nb\n", "a\nc\n"), Some(2));
        assert_eq!(first_difference("a\nb\n", ""), Some(1));
        assert_eq!(first_difference("a\n", "a\nb\n"), Some(2));
    }
}
