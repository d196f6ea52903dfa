//! `docs/api/PLATFORM.md`: what can be called, written from the declarations.

use crate::workspace;
use anyhow::{Context, Result, bail};
use hongyan_dingtalk::DingTalk;
use hongyan_endpoint::{Auth, Bound, Effect, Fixture, Limit, Needs, Platform, RateScope, Reach, Role, Spec, Unit};
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
         moved since. `needs` is what the caller holds beside a token: a permission by the platform's name, or whose\n\
         token. A code behind a limit is what the platform refuses more with. Client and `hongyan call` speak all of\n\
         them; the sandbox answers those of its `GET /sandbox`.\n\n\
         | operation | call | auth | needs | effect | role | limits | source | state |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n"
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
    let (role, needs) = (role(spec.role), needs(spec.needs));
    let limits: Vec<String> = spec.limits.iter().map(limit).collect();
    let limits = if limits.is_empty() { "none published".into() } else { limits.join("; ") };
    let doc: Vec<&str> = spec.doc.split_whitespace().collect();
    let mut row = String::new();
    let _ = writeln!(
        row,
        "| `{}`<br>{} | {} `{}{}` | {auth} | {needs} | {effect} | {role} | {limits} | [page]({}) | checked {checked} |",
        spec.name,
        doc.join(" "),
        spec.method.as_str(),
        P::base(spec),
        spec.path,
        spec.source,
    );
    row
}

fn role(role: Role) -> String {
    let whom = |reach| match reach {
        Reach::People => "people",
        Reach::Chat => "a group",
        Reach::RobotToPeople => "people by the robot",
        Reach::RobotToChat => "a group by the robot",
        Reach::Webhook => "the robot's group",
        Reach::Session => "where the robot was addressed",
    };
    match role {
        Role::Login(_) => "login".into(),
        Role::Grant => "gives a credential".into(),
        Role::Send(reach) => format!("message to {}", whom(reach)),
        Role::Progress(field) => format!("progress of a send by `{field}`"),
        Role::Result(field) => format!("result of a send by `{field}`"),
        Role::Readers(reach, field) => format!("readers of a message to {} by `{field}`", whom(reach)),
        Role::Recall(reach, field) => format!("recall of a message to {} by `{field}`", whom(reach)),
        Role::Upload => "file for messages".into(),
        Role::Read | Role::Manage => "–".into(),
    }
}

fn needs(needs: Needs) -> String {
    match needs {
        Needs::Token => "–".into(),
        Needs::Permission(name) => format!("`{name}`"),
        Needs::Application => "the application's token".into(),
        Needs::Details => "the application's token, or the contacts' with details".into(),
        Needs::Suite => "the suite's token".into(),
        Needs::Person => "a person's token".into(),
    }
}

fn limit(limit: &Limit) -> String {
    let bound = match limit.bound {
        Bound::Size { field, max, unit } => {
            let unit = match unit {
                Unit::Items => "items",
                Unit::Bytes => "bytes",
                Unit::Chars => "characters",
            };
            let what = if field.is_empty() { "the body".into() } else { format!("`{field}`") };
            format!("{what} up to {} {unit}", grouped(max))
        }
        Bound::Rate { max, per, scope } => {
            let whose = match scope {
                RateScope::App => "application",
                RateScope::Recipient => "recipient",
                RateScope::Corp => "company",
            };
            format!("{} a {} for each {whose}", grouped(max as usize), span(per))
        }
        Bound::Within(span) => format!("for {} hours", span.as_secs() / 3_600),
        Bound::Seconds { field, default, max } => {
            format!("`{field}` up to {} seconds, {} when left out", grouped(max as usize), grouped(default as usize))
        }
    };
    if limit.code.is_empty() { bound } else { format!("{bound} (`{}`)", limit.code) }
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
        assert_eq!(limit(&rate(500, DAY, RateScope::Recipient)), "500 a day for each recipient");
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
