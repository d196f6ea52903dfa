//! The platforms' own examples, asked of the sandbox: each is answered with all that the page shows.

use crate::raw::Raw;
use serde_json::{Map, Value, json};
use std::{collections::BTreeSet, path::Path};

/// Those that need somebody's server or something said before: their own tests ask them, in this order.
pub(crate) const STAGED: [&str; 7] = [
    "callback.register",
    "callback.update",
    "callback.get",
    "callback.failed",
    "callback.delete",
    "stream.open",
    "webhook.answer",
];

/// Puts the sandbox's own names in the place of the page's.
fn localise(value: &mut Value, names: &Map<String, Value>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                match names.get(name) {
                    Some(ours) => *value = ours.clone(),
                    None => localise(value, names),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| localise(item, names)),
        _ => {}
    }
}

/// Everything that the page shows is in our answer and of the same kind; values and list lengths are our own.
pub(crate) fn resembles(at: &str, page: &Value, ours: &Value) {
    match (page, ours) {
        (Value::Object(page), Value::Object(ours)) => {
            for (name, value) in page {
                // A list that is present only when somebody was filtered.
                if name != "forbidden_list" {
                    resembles(&format!("{at}.{name}"), value, ours.get(name).unwrap_or(&Value::Null));
                }
            }
        }
        _ => assert_eq!(std::mem::discriminant(page), std::mem::discriminant(ours), "{at}: {page} and {ours}"),
    }
}

/// The operations that the sandbox says it answers, by name.
async fn answered(raw: &Raw, platform: &str) -> BTreeSet<String> {
    let said = raw.call("GET", "/sandbox", &Value::Null).await.json();
    let of = format!("({platform} ");
    let operations = said["operations"].as_array().unwrap().iter().map(|line| line.as_str().unwrap());
    operations.filter_map(|line| Some(line.split_once(&of)?.1.trim_end_matches(')').to_owned())).collect()
}

/// Families whose examples need groups, robots and files of their own: `crate::scenes` asks them.
const CONVERSATIONS: [&str; 9] =
    ["chat.", "conversation.", "group.", "media.", "notice.status_bar", "robot.", "scene.", "scene_v1.", "webhook."];

async fn ask(raw: &Raw, platform: &str, names: &Map<String, Value>) {
    let mut answered = answered(raw, platform).await;
    if platform == "dingtalk" {
        answered.retain(|name| !CONVERSATIONS.iter().any(|family| name.starts_with(family)));
    }
    assert!(answered.len() >= 5, "{answered:?}");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../hongyan-{platform}/fixtures"));
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        if !answered.remove(name) || STAGED.contains(&name) {
            continue;
        }
        let mut fixture: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        localise(&mut fixture["query"], names);
        localise(&mut fixture["body"], names);
        let (method, target) = fixture["line"].as_str().unwrap().split_once(' ').unwrap();
        let mut target = format!("{target}?access_token={}", names["token"].as_str().unwrap());
        for (name, value) in fixture["query"].as_object().into_iter().flatten() {
            target += &format!("&{name}={}", value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        }
        let reply = raw.call(method, &target, &fixture["body"]).await.json();
        assert_eq!(reply["errcode"], 0, "{}: {reply}", path.display());
        resembles(&path.display().to_string(), &fixture["reply"], &reply);
    }
    assert!(answered.is_empty(), "answered, but without an example: {answered:?}");
}

fn names(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

#[tokio::test]
async fn every_example_of_dingtalk_is_answered_as_its_page_shows() {
    let raw = Raw::start().await;
    let (token, d) = (raw.ding_token().await, &raw.credentials["dingtalk"]);
    let sent = raw
        .post(
            &format!("/topapi/message/corpconversation/asyncsend_v2?access_token={token}"),
            json!({"agent_id": d["agent_id"], "userid_list": "lisi", "msg": {"msgtype": "text", "text": {"content": "x"}}}),
        )
        .await;
    let names = names(json!({
        "token": token, "appkey": d["app_key"], "appsecret": d["app_secret"], "agent_id": d["agent_id"],
        "task_id": sent["task_id"], "msg_task_id": sent["task_id"], "userid_list": "zhangsan,nobody",
        "mobile": "13800000001",
    }));
    ask(&raw, "dingtalk", &names).await;
}

#[tokio::test]
async fn every_example_of_wecom_is_answered_as_its_page_shows() {
    let raw = Raw::start().await;
    let (token, w) = (raw.wecom_token().await, &raw.credentials["wecom"]);
    let sent = raw
        .post(
            &format!("/cgi-bin/message/send?access_token={token}"),
            json!({"agentid": w["agent_id"], "touser": "lisi", "msgtype": "text", "text": {"content": "x"}}),
        )
        .await;
    let names = names(json!({
        "token": token, "corpid": w["corp_id"], "corpsecret": w["secret"], "agentid": w["agent_id"],
        "msgid": sent["msgid"], "touser": "zhangsan|ghost01", "mobile": "13800000001", "email": "zhangsan@example.com",
    }));
    ask(&raw, "wecom", &names).await;
}
