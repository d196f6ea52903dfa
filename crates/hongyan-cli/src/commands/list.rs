//! `hongyan list`: messages, newest first; as CSV, all of them.

use crate::out::{note, say};
use crate::{
    args::List,
    exit::{Exit, Usage},
    lang::told,
    listing::{self, Cell},
    progress,
    remote::{Gateway, encode},
    when,
};
use serde_json::{Value, json};

/// Messages that are shown where the caller does not say how many.
const SHOWN: usize = 20;
/// The gateway's largest page.
const PAGE: usize = 1_000;

pub(crate) async fn run(args: &List, json: bool) -> anyhow::Result<Exit> {
    let gateway = Gateway::open(&args.remote)?;
    let query = query(args)?;
    let limit = args.limit.unwrap_or(if args.csv { usize::MAX } else { SHOWN });
    if limit == 0 {
        return Err(Usage(told!("--limit: at least 1 is expected" ; "--limit: 至少为 1")).into());
    }
    let mut cursor = args.cursor.clone();
    let mut left = limit;
    let mut messages = Vec::new();
    let sign = progress::begin(told!("reading messages" ; "正在读取消息"));
    let mut csv = Csv::default();
    loop {
        let mut query = query.clone();
        query.push(("limit".to_owned(), left.min(PAGE).to_string()));
        query.extend(cursor.take().map(|cursor| ("cursor".to_owned(), cursor)));
        let query: Vec<String> = query.iter().map(|(k, v)| format!("{}={}", encode(k), encode(v))).collect();
        let mut page = gateway.call("GET", &format!("/v1/messages?{}", query.join("&")), &[], None).await?;
        let Value::Array(found) = page["messages"].take() else { break };
        left = left.saturating_sub(found.len());
        cursor = page["next_cursor"].as_str().map(str::to_owned);
        sign.set_message(told!("read {0} messages" ; "已读取 {0} 条消息", limit - left));
        if args.csv {
            // Page by page: an export of everything is not held in memory.
            sign.suspend(|| csv.print(&found))?;
        } else {
            messages.extend(found);
        }
        if left == 0 || cursor.is_none() || crate::out::is_closed() {
            break;
        }
    }
    sign.finish_and_clear();
    if json {
        say!("{}", json!({"messages": messages, "next_cursor": cursor}));
        return Ok(Exit::Done);
    }
    if !args.csv {
        let rows: Vec<Vec<Cell>> = messages.iter().map(row).collect();
        listing::print(&["MESSAGE 消息", "AT 时间", "STATE 状态", "RECIPIENTS 接收人", "CONTENT 内容"], &rows);
    }
    // A page that could not be written is still to come.
    if let Some(cursor) = cursor.filter(|_| !crate::out::is_closed()) {
        let cursor = hongyan_endpoint::harmless(&cursor);
        note!("{}", told!("there are more: --cursor {cursor}" ; "还有更多：--cursor {cursor}"));
    }
    Ok(Exit::Done)
}

fn query(args: &List) -> anyhow::Result<Vec<(String, String)>> {
    let mut query = Vec::new();
    for (name, value) in [
        ("state", &args.state),
        ("account", &args.account),
        ("recipient", &args.recipient),
        ("since", &args.since),
        ("until", &args.until),
    ] {
        query.extend(value.clone().map(|value| (name.to_owned(), value)));
    }
    for label in &args.labels {
        let (key, value) = label.split_once('=').ok_or_else(|| {
            Usage(told!("--label {label}: KEY=VALUE is expected" ; "--label {label}：应为 KEY=VALUE"))
        })?;
        query.push((format!("label.{key}"), value.to_owned()));
    }
    Ok(query)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn row(message: &Value) -> Vec<Cell> {
    const WORDS: usize = 30;
    vec![
        text(&message["id"]).into(),
        Cell::time(&text(&message["at"])),
        Cell::state(&text(&message["state"])),
        counts(message).into(),
        words(message).chars().take(WORDS).collect::<String>().into(),
    ]
}

fn counts(message: &Value) -> String {
    let counts = message["recipients"].as_object().into_iter().flatten();
    counts.map(|(state, count)| format!("{count} {state}")).collect::<Vec<_>>().join(", ")
}

/// What a message says, in short: its title or words, or what form it has.
fn words(message: &Value) -> &str {
    let content = &message["content"];
    let words = ["title", "text", "markdown", "html"].iter().find_map(|name| content[*name].as_str());
    let forms = ["image", "file", "voice", "video", "link", "card", "news", "table"];
    words.unwrap_or_else(|| forms.into_iter().find(|form| content.get(form).is_some()).unwrap_or("(native)"))
}

/// An export: one header, then pages of rows.
#[derive(Default)]
struct Csv {
    begun: bool,
}

impl Csv {
    const COLUMNS: [&str; 6] = ["id", "at", "state", "recipients", "labels", "content"];

    fn print(&mut self, messages: &[Value]) -> anyhow::Result<()> {
        let rows = messages.iter().map(|message| {
            let labels = message["labels"].as_object().into_iter().flatten();
            let labels: Vec<String> = labels.map(|(key, value)| format!("{key}={}", text(value))).collect();
            [
                text(&message["id"]),
                when::local(&text(&message["at"])),
                text(&message["state"]),
                counts(message),
                labels.join(" "),
                words(message).to_owned(),
            ]
        });
        listing::print_csv(&Self::COLUMNS, rows, !std::mem::replace(&mut self.begun, true))
    }
}
