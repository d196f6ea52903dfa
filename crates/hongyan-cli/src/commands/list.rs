//! `hongyan list`: messages, newest first.

use crate::out::say;
use crate::{
    args::List,
    exit::{Exit, Usage},
    remote::{Gateway, encode},
    table::{self, Cell},
};
use serde_json::Value;

pub(crate) async fn run(args: &List, json: bool) -> anyhow::Result<Exit> {
    let gateway = Gateway::open(&args.remote)?;
    let mut query = vec![("limit".to_owned(), args.limit.to_string())];
    for (name, value) in [("state", &args.state), ("account", &args.account), ("recipient", &args.recipient)] {
        query.extend(value.clone().map(|value| (name.to_owned(), value)));
    }
    for label in &args.labels {
        let (key, value) =
            label.split_once('=').ok_or_else(|| Usage(format!("--label {label}: KEY=VALUE is expected")))?;
        query.push((format!("label.{key}"), value.to_owned()));
    }
    let query: Vec<String> = query.iter().map(|(k, v)| format!("{}={}", encode(k), encode(v))).collect();
    let page = gateway.call("GET", &format!("/v1/messages?{}", query.join("&")), &[], None).await?;
    if json {
        say!("{page}");
        return Ok(Exit::Done);
    }
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let rows: Vec<Vec<Cell>> = page["messages"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|message| {
            let counts: Vec<String> = message["recipients"]
                .as_object()
                .into_iter()
                .flatten()
                .map(|(state, count)| format!("{count} {state}"))
                .collect();
            let content = &message["content"];
            let words = ["title", "text", "markdown", "html"].iter().find_map(|name| content[*name].as_str());
            let words: String = words
                .unwrap_or_else(|| form(content))
                .chars()
                .take(30)
                .map(|c| if c.is_control() { ' ' } else { c })
                .collect();
            vec![
                text(&message["id"]).into(),
                Cell::time(&text(&message["at"])),
                Cell::state(&text(&message["state"])),
                counts.join(", ").into(),
                words.into(),
            ]
        })
        .collect();
    table::print(&["MESSAGE 消息", "AT 时间", "STATE 状态", "RECIPIENTS 接收人", "CONTENT 内容"], &rows);
    Ok(Exit::Done)
}

/// What a content without words of its own is.
fn form(content: &Value) -> &str {
    let forms = ["image", "file", "voice", "video", "link", "card", "news"];
    forms.into_iter().find(|form| content.get(form).is_some()).unwrap_or("(native)")
}
