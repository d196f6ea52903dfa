//! `hongyan explain CODE`: what a code means, who must act and what to do.

use crate::lang::told;
use crate::out::say;
use crate::{
    args::Explain,
    exit::{Exit, Usage},
    listing::{self, Cell},
};
use hongyan_channel::{Entry, catalogue, explain};
use hongyan_endpoint::{ErrorCode, Responsible};
use serde_json::{Value, json};

pub(crate) fn run(args: &Explain, json: bool) -> anyhow::Result<Exit> {
    let only = args.platform.as_deref();
    let Some(code) = args.code.as_deref() else {
        if !args.list {
            return Err(Usage(told!("which code? give one, or --list" ; "要查哪个错误码？请给出，或用 --list")).into());
        }
        let all: Vec<Entry> = catalogue().into_iter().filter(|entry| only.is_none_or(|o| o == entry.table)).collect();
        if json {
            say!("{}", all.iter().map(described).collect::<Value>());
        } else {
            print_list(&all);
        }
        return Ok(Exit::Done);
    };
    let found = explain(code, only);
    if json {
        say!("{}", found.iter().map(described).collect::<Value>());
    } else {
        for entry in &found {
            print(entry);
        }
    }
    if found.is_empty() {
        let place = only.map_or_else(String::new, |only| format!(" to {only}"));
        let message = format!(
            "{code} is not known{place}; `hongyan explain --list` shows every code（未知错误码；`hongyan explain --list` 列出全部）"
        );
        anyhow::bail!(message);
    }
    Ok(Exit::Done)
}

/// Who acts, in both languages.
pub(crate) fn who(responsible: Responsible) -> (&'static str, &'static str) {
    match responsible {
        Responsible::Hongyan => ("nobody: hongyan does it by itself", "无需处理，鸿雁自动完成"),
        Responsible::Sender => ("whoever sends the message", "消息发送方"),
        Responsible::Admin => ("the platform's administrator in the company", "企业的平台管理员"),
        Responsible::Operator => ("whoever runs hongyan", "鸿雁运维人员"),
    }
}

/// A row as JSON, without its table.
pub(crate) fn row_json(row: &ErrorCode) -> Value {
    let (who_en, who_zh) = who(row.responsible);
    json!({
        "code": row.code, "class": row.class.name(), "who": who_en, "who_zh": who_zh,
        "meaning": row.en, "meaning_zh": row.zh, "remedy": row.advice_en, "remedy_zh": row.advice_zh,
    })
}

fn described(entry: &Entry) -> Value {
    let mut value = json!({"platform": entry.table});
    if let (Value::Object(all), Value::Object(row)) = (&mut value, row_json(entry.row)) {
        all.extend(row);
    }
    value
}

fn print(entry: &Entry) {
    let row = entry.row;
    let (who_en, who_zh) = who(row.responsible);
    let bold = anstyle::Style::new().bold();
    say!("{bold}{} {}{bold:#}  ({})", entry.table, row.code, row.class.name());
    for (label, en, zh) in [
        ("meaning 含义", row.en, row.zh),
        ("to act 处理人", who_en, who_zh),
        ("remedy 处理", row.advice_en, row.advice_zh),
    ] {
        say!("  {label}: {en}\n    {zh}");
    }
}

fn print_list(entries: &[Entry]) {
    let rows: Vec<Vec<Cell>> = entries
        .iter()
        .map(|entry| {
            let row = entry.row;
            vec![entry.table.into(), row.code.into(), row.class.name().into(), format!("{}  {}", row.en, row.zh).into()]
        })
        .collect();
    listing::print(&["PLATFORM 平台", "CODE 错误码", "CLASS 类别", "MEANING 含义"], &rows);
}
