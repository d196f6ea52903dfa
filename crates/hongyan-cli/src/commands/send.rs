//! `hongyan send`: hands a message to the gateway.

use super::{media, sheet, status};
use crate::lang::told;
use crate::out::say;
use crate::{
    args::Send,
    exit::{Exit, Usage},
    listing::{self, Cell},
    remote::{Gateway, other_version},
};
use anyhow::Context;
use base64::{Engine, engine::general_purpose::STANDARD};
use hongyan_core::number;
use serde_json::{Map, Value, json};
use std::{io::Read, path::Path};

pub(crate) async fn run(args: Send, json: bool) -> anyhow::Result<Exit> {
    let mut message = message(&args)?;
    let table = sheet::read(&args)?;
    if args.if_rows && table.as_ref().is_some_and(sheet::Given::is_empty) {
        if json {
            say!("{}", json!({"sent": false, "rows": 0}));
        }
        return Ok(Exit::Done);
    }
    let gateway = Gateway::open(&args.remote)?;
    if let Some((form, path)) = file(&args) {
        let mut named = json!({"media": media::put(&gateway, path, None).await?.id});
        if let Some(seconds) = args.seconds {
            named["seconds"] = seconds.into();
        }
        message["content"][form] = named;
    }
    if let Some(table) = table {
        message["content"]["table"] = table.object(&args, &gateway).await?;
    }
    if args.plan {
        let plan = gateway.call("POST", "/v1/messages/plan", &[], Some(&message)).await?;
        if json {
            say!("{plan}");
        } else {
            print_plan(&plan);
        }
        return Ok(Exit::Done);
    }
    let headers: Vec<(&str, &str)> = args.idempotency_key.iter().map(|key| ("idempotency-key", key.as_str())).collect();
    let path = match args.wait {
        Some(seconds) => format!("/v1/messages?wait={seconds}s"),
        None => "/v1/messages".into(),
    };
    let accepted = gateway.call("POST", &path, &headers, Some(&message)).await?;
    let id = accepted["id"].as_str().with_context(other_version)?;
    if args.wait.is_some() {
        let known = status::show(&gateway, id, json).await?;
        // The time was up before the platforms had spoken of everybody.
        return Ok(if accepted["settled"] == false { Exit::Unknown } else { known });
    }
    if json {
        say!("{accepted}");
    } else {
        say!(
            "{}",
            told!("accepted {id}; look with `hongyan status {id}`" ; "已接受 {id}；可用 `hongyan status {id}` 查看")
        );
    }
    Ok(Exit::Done)
}

/// The message that the options describe, or the file holds.
fn message(args: &Send) -> anyhow::Result<Value> {
    if let Some(file) = &args.message {
        let text = read(file)?;
        return message_json(&text, &file.to_string());
    }
    if args.to.is_empty() && args.chats.is_empty() {
        return Err(Usage(told!("nobody to send to: give --to mobile:…, --to userid:… or --to NAME@HOST" ; "没有接收人：请给出 --to mobile:…、--to userid:… 或 --to 邮箱")).into());
    }
    if args.seconds.is_some() && args.voice.is_none() {
        return Err(
            Usage(told!("--seconds is how long a --voice is" ; "--seconds 是 --voice 的时长，须与之同用")).into()
        );
    }
    let mut content = Map::new();
    let given = |text: &Option<String>| text.as_deref().map(stdin_for_dash).transpose();
    for (name, value) in [
        ("title", args.title.clone()),
        ("text", given(&args.text)?),
        ("markdown", given(&args.markdown)?),
        ("html", given(&args.html)?),
        ("template", args.template.clone()),
    ] {
        content.extend(value.map(|value| (name.to_owned(), value.into())));
    }
    if let Some(data) = &args.data {
        let not_json = |e: serde_json::Error| Usage(told!("--data is not JSON: {e}" ; "--data 不是 JSON：{e}"));
        serde_json::from_str::<serde::de::IgnoredAny>(data).map_err(not_json)?;
        // A number that 64 bits would round is shown as it was written.
        let data: Value = serde_json::from_str(&number::quoted(data)).map_err(not_json)?;
        content.insert("data".into(), data);
    }
    for (name, value) in [("card", &args.card), ("news", &args.news)] {
        if let Some(value) = value {
            content.insert(name.into(), parse(name, value)?);
        }
    }
    if let Some(url) = &args.link {
        // The words are the page's.
        let words = [("title", content.remove("title")), ("text", content.remove("text"))];
        let mut link = Map::from_iter([("url".to_owned(), json!(url))]);
        link.extend(words.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
        link.extend(args.picture.as_ref().map(|picture| ("picture".to_owned(), json!(picture))));
        content.insert("link".into(), link.into());
    }
    if !args.attach.is_empty() {
        let files = args.attach.iter().map(|path| {
            let bytes =
                std::fs::read(path).with_context(|| told!("{} cannot be read" ; "{} 无法读取", path.display()))?;
            let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            Ok(json!({"name": name, "base64": STANDARD.encode(bytes)}))
        });
        content.insert("attachments".into(), files.collect::<anyhow::Result<Value>>()?);
    }
    let mut message = Map::new();
    let chats = args.chats.iter().map(|id| Ok(json!({"chat": id})));
    let to = args.to.iter().map(|to| recipient(to)).chain(chats).collect::<anyhow::Result<Value>>()?;
    message.insert("to".into(), to);
    message.insert("content".into(), content.into());
    for (name, list) in [("cc", &args.cc), ("bcc", &args.bcc)] {
        if !list.is_empty() {
            message.insert(name.into(), list.iter().map(|text| mailbox(text)).collect());
        }
    }
    message.extend(args.reply_to.as_ref().map(|text| ("reply_to".to_owned(), mailbox(text))));
    if !args.via.is_empty() {
        message.insert("via".into(), json!(args.via));
    }
    for (name, value) in [("send_at", &args.send_at), ("expires_at", &args.expires_at), ("priority", &args.priority)] {
        message.extend(value.as_ref().map(|value| (name.to_owned(), json!(value))));
    }
    if !args.labels.is_empty() {
        let labels = args.labels.iter().map(|label| {
            let (key, value) = label.split_once('=').ok_or_else(|| {
                Usage(told!("--label {label}: KEY=VALUE is expected" ; "--label {label}：应为 KEY=VALUE"))
            })?;
            Ok((key.to_owned(), Value::from(value)))
        });
        message.insert("labels".into(), Value::Object(labels.collect::<anyhow::Result<_>>()?));
    }
    Ok(Value::Object(message))
}

/// A message's JSON, with no number of it rounded.
fn message_json(text: &str, file: &str) -> anyhow::Result<Value> {
    let not_json = |e: serde_json::Error| Usage(told!("{file} is not JSON: {e}" ; "{file} 不是 JSON：{e}"));
    serde_json::from_str::<serde::de::IgnoredAny>(text).map_err(not_json)?;
    let kept = number::of_message(text).map_err(|path| {
        Usage(told!(
            "{file}: {path} is a number that 64 bits cannot hold and that would be rounded: write it in quotes" ;
            "{file}：{path} 是 64 位无法容纳的数字，会被舍入：请加引号写成文本"
        ))
    })?;
    Ok(serde_json::from_str(&kept).map_err(not_json)?)
}

/// The form and the file that are to be handed in first.
fn file(args: &Send) -> Option<(&'static str, &Path)> {
    let files = [("image", &args.image), ("file", &args.file), ("voice", &args.voice), ("video", &args.video)];
    files.into_iter().find_map(|(form, path)| Some((form, path.as_deref()?)))
}

/// JSON, or `@FILE` with it.
fn parse(name: &str, text: &str) -> anyhow::Result<Value> {
    let text = match text.strip_prefix('@') {
        Some(file) => read(file)?,
        None => text.to_owned(),
    };
    serde_json::from_str(&text)
        .map_err(|e| Usage(told!("--{name} is not JSON: {e}" ; "--{name} 不是 JSON: {e}")).into())
}

/// `ADDRESS` or `NAME <ADDRESS>`.
fn mailbox(text: &str) -> Value {
    let text = text.trim();
    match text.strip_suffix('>').and_then(|rest| rest.rsplit_once('<')) {
        None => json!({"email": text}),
        Some((name, address)) => match name.trim().trim_matches('"') {
            "" => json!({"email": address.trim()}),
            name => json!({"email": address.trim(), "name": name}),
        },
    }
}

/// `mobile:…` and the like; a bare word is a userid, one with an @ an e-mail address.
fn recipient(text: &str) -> anyhow::Result<Value> {
    if text == "all" {
        return Ok(json!({"all": true}));
    }
    if text == "@all" {
        return Ok(json!({"all": true, "mention": true}));
    }
    if text.ends_with('>') && text.contains('@') {
        return Ok(mailbox(text.strip_prefix("email:").unwrap_or(text)));
    }
    let (kind, value) = match text.split_once(':') {
        Some((kind, value)) => (kind, value),
        None if text.contains('@') => ("email", text),
        None if is_mobile(text) => {
            return Err(mobile_or_userid(text));
        }
        None => ("userid", text),
    };
    if hongyan_core::AddressKind::from_name(kind).is_none() {
        let kinds: Vec<&str> = hongyan_core::AddressKind::EVERY.iter().map(|k| k.name()).collect();
        return Err(Usage(
            told!("--to {text}: {kind:?} is none of {}" ; "--to {text}: {kind:?} 不是 {} 之一", kinds.join(", ")),
        )
        .into());
    }
    Ok(Value::Object(Map::from_iter([(kind.to_owned(), Value::from(value))])))
}

/// What is said of a bare number that may be a mobile's.
pub(crate) fn mobile_or_userid(text: &str) -> anyhow::Error {
    let words = format!(
        "{text} looks like a mobile number: say mobile:{text}, or userid:{text} where it is a user id \
        （看起来是手机号：请写 mobile:{text}；若是用户 ID，请写 userid:{text}）"
    );
    Usage(words).into()
}

/// Whether a word has the form of a Chinese mobile number, with or without the country's, or of one abroad.
pub(crate) fn is_mobile(text: &str) -> bool {
    let digits: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')')).collect();
    let local = ["+86", "0086", "86"].iter().find_map(|country| digits.strip_prefix(country)).unwrap_or(&digits);
    let is_local =
        |text: &str| text.len() == 11 && text.starts_with('1') && text.bytes().all(|byte| byte.is_ascii_digit());
    is_local(&digits) || is_local(local) || (digits.starts_with('+') && digits[1..].bytes().all(|b| b.is_ascii_digit()))
}

fn stdin_for_dash(text: &str) -> anyhow::Result<String> {
    if text == "-" { read("-") } else { Ok(text.to_owned()) }
}

fn read(file: &str) -> anyhow::Result<String> {
    if file != "-" {
        return std::fs::read_to_string(file).with_context(|| told!("{file} cannot be read" ; "{file} 无法读取"));
    }
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .with_context(|| told!("standard input cannot be read" ; "无法读取标准输入"))?;
    Ok(text)
}

fn print_plan(plan: &Value) {
    let rows: Vec<Vec<Cell>> = plan["deliveries"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|delivery| {
            let recipients = delivery["recipients"].as_array().map_or(0, Vec::len);
            vec![
                delivery["account"].as_str().unwrap_or_default().into(),
                delivery["channel"].as_str().unwrap_or_default().into(),
                recipients.to_string().into(),
            ]
        })
        .collect();
    listing::print(&["ACCOUNT 账号", "CHANNEL 渠道", "RECIPIENTS 接收人"], &rows);
    let calls = &plan["cost"]["calls"];
    say!("{}", told!("API calls, at most: {calls}" ; "API 调用次数（最多）：{calls}"));
    for delivery in plan["deliveries"].as_array().into_iter().flatten() {
        let part =
            delivery["part"].as_object().map_or(String::new(), |part| format!(" ({}/{})", part["number"], part["of"]));
        let account = delivery["account"].as_str().unwrap_or_default();
        if let Some(shows) = delivery["shows"].as_str() {
            say!("\n-- {account}{part}\n{shows}");
        }
        if let Some(file) = delivery["file"].as_str() {
            say!("\n-- {account}{part} + {file}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::recipient;
    use serde_json::json;

    #[test]
    fn a_recipient_is_named_by_kind_or_guessed() {
        assert_eq!(recipient("mobile:13800000001").unwrap(), json!({"mobile": "13800000001"}));
        assert_eq!(recipient("li@example.com").unwrap(), json!({"email": "li@example.com"}));
        for named in ["李雷 <li@example.com>", "email:李雷<li@example.com>", "\"李雷\" <li@example.com>"] {
            assert_eq!(recipient(named).unwrap(), json!({"email": "li@example.com", "name": "李雷"}), "{named}");
        }
        assert_eq!(recipient("<li@example.com>").unwrap(), json!({"email": "li@example.com"}));
        assert_eq!(recipient("zhangsan").unwrap(), json!({"userid": "zhangsan"}));
        assert_eq!(recipient("all").unwrap(), json!({"all": true}));
        assert_eq!(recipient("@all").unwrap(), json!({"all": true, "mention": true}));
        assert!(recipient("phone:1").is_err());
        for mobile in ["13800000001", "+8613800000001", "8613800000001", "138-0000-0001", "138 0000 0001", "+49170123"]
        {
            let error = recipient(mobile).unwrap_err().to_string();
            assert!(error.contains("mobile:") && error.contains("userid:"), "{mobile}: {error}");
        }
        for userid in ["1380000000", "0123456789012345678", "manager4220", "23800000001"] {
            assert_eq!(recipient(userid).unwrap(), json!({"userid": userid}));
        }
        assert_eq!(recipient("userid:13800000001").unwrap(), json!({"userid": "13800000001"}));
    }
}
