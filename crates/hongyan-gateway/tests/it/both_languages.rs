//! What is wrong with a message is said in Chinese as it is in English: the same numbers, the same names.

use crate::TestGateway;
use hongyan_gateway::Config;
use serde_json::{Value, json};

const ACCOUNTS: &str = r#"
[server]
listen = "127.0.0.1:0"
[accounts.wecom]
channel = "wecom"
corp_id = "wwsample"
secret = "invented"
agent_id = 7
[accounts.ding]
channel = "dingtalk"
app_key = "dingsample"
app_secret = "invented"
agent_id = 7
[accounts.strict]
channel = "wecom"
corp_id = "wwsample"
secret = "invented"
agent_id = 8
long_text = "refuse"
[accounts.webot]
channel = "wecom-robot"
key = "invented"
[accounts.dingbot]
channel = "dingtalk-robot"
access_token = "invented"
keyword = "告警"
[accounts.mail]
channel = "mail"
host = "127.0.0.1"
from = "ops@example.com"
[accounts.hook]
channel = "webhook"
url = "https://example.com/"
[templates.disk]
title = "磁盘"
markdown = "{{ host }} {{ used }}%"
"#;

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '.' | '[' | ']'))
        .map(|word| word.trim_matches('.'))
        .filter(|word| !word.is_empty())
}

/// Numbers, and names of fields: words that no English sentence holds by itself.
fn facts(detail: &str, field: &str) -> Vec<String> {
    const NAMES: [&str; 11] = [
        "userid",
        "mobile",
        "email",
        "media_id",
        "base64",
        "send_at",
        "via",
        "msgParam",
        "msgKey",
        "long_text",
        "seconds",
    ];
    let last = field.rsplit('.').next().unwrap_or_default();
    let is_fact = |word: &&str| {
        word.bytes().all(|b| b.is_ascii_digit())
            || NAMES.contains(word)
            || (word.contains('_') || word.contains('.'))
            || {
                *word == last
                    && !["text", "title", "file", "table", "template", "card", "link", "to", "description"]
                        .contains(word)
            }
    };
    words(detail).filter(is_fact).map(str::to_owned).collect()
}

#[tokio::test]
async fn what_is_wrong_is_said_in_both_languages() {
    let config = Config::parse(ACCOUNTS, None, []).unwrap();
    let accounts = config.open_accounts().unwrap();
    let gateway = TestGateway::start_on(config, accounts).await;
    let to = |via: &str, content: Value| json!({"to": [{"userid": "li"}], "via": [via], "content": content});
    let mail = |content: Value| json!({"to": [{"email": "li@example.com"}], "via": ["mail"], "content": content});
    let robot = |via: &str, content: Value| json!({"to": [{"all": true}], "via": [via], "content": content});
    let to_one = |one: Value| json!({"to": [one], "via": ["wecom"], "content": {"text": "a"}});
    let and = |more: Value| {
        let mut message = to("wecom", json!({"text": "a"}));
        message.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        message
    };
    let long = "长".repeat(5_000);
    let link = |title: &str, url: &str| json!({"title": title, "url": url});
    let cases = [
        json!({"via": ["wecom"], "content": {"text": "a"}}),
        json!({"to": "li", "via": ["wecom"], "content": {"text": "a"}}),
        json!({"to": [], "via": ["wecom"], "content": {"text": "a"}}),
        json!({"to": [{"userid": "li"}], "via": ["nobody"], "content": {"text": "a"}}),
        json!({"to": [{"userid": "li"}], "content": {"text": "a"}}),
        to_one(json!({"phone": "1"})),
        to_one(json!({"userid": 5})),
        to_one(json!({})),
        to_one(json!({"userid": "li", "email": "li@example.com"})),
        to_one(json!({"userid": "a|b"})),
        to_one(json!({"userid": "@all"})),
        to_one(json!({"userid": "x".repeat(400)})),
        to_one(json!({"mobile": "call me"})),
        to_one(json!({"email": "a..b@example.com"})),
        to_one(json!({"department": "x"})),
        to_one(json!({"userid": "li", "mention": true})),
        and(json!({"colour": "red"})),
        and(json!({"priority": "urgent"})),
        and(json!({"send_at": "soon"})),
        and(json!({"expires_at": "2001-01-01T00:00:00Z"})),
        and(json!({"labels": {"k": "v".repeat(300)}})),
        and(json!({"labels": {"k": 5}})),
        and(json!({"route": "nowhere"})),
        and(json!({"reply_to": {"email": "a@example.com"}})),
        to("wecom", json!({})),
        to("wecom", json!({"text": " "})),
        to("wecom", json!({"text": 5})),
        to("wecom", json!({"text": "a", "markdown": "b"})),
        to("wecom", json!({"markdown": "b"})),
        to("wecom", json!({"html": "<p>", "title": "t"})),
        to("wecom", json!({"template": "nope"})),
        to("wecom", json!({"template": "disk", "data": {"host": "a"}})),
        to("wecom", json!({"text": "a", "data": {}})),
        to("wecom", json!({"link": link("t", "nowhere")})),
        to("wecom", json!({"link": link(&"题".repeat(200), "https://example.com/")})),
        to("wecom", json!({"news": vec![link("t", "https://example.com/"); 9]})),
        to("wecom", json!({"card": {"markdown": "a", "buttons": []}, "title": "t"})),
        to("wecom", json!({"image": {"media": "f0", "base64": "YQ=="}})),
        to("wecom", json!({"voice": {"media_id": "m", "seconds": 70}})),
        to("wecom", json!({"native": {"msgtype": "text", "text": {"content": "a"}, "touser": "@all"}})),
        to("wecom", json!({"native": {"msgtype": "poem"}})),
        to("wecom", json!({"native": {"msgtype": "textcard", "textcard": {"title": "t"}}})),
        to("wecom", json!({"native": {"text": {"content": "a"}}})),
        to("wecom", json!({"file": {"base64": "YQ==", "name": "a.txt"}})),
        to("wecom", json!({"file": {"media": "f000000000000000000000001"}})),
        to("wecom", json!({"table": {"csv": "a,b\n1"}})),
        to("wecom", json!({"table": {"rows": [[1]], "columns": ["a", "b"]}})),
        to("wecom", json!({"table": {"rows": [[1]]}})),
        to("wecom", json!({"table": {"csv": "a\n1", "align": ["left", "left"]}})),
        to("strict", json!({"text": long})),
        to("wecom", json!({"text": "长".repeat(20_000)})),
        to("ding", json!({"voice": {"media_id": "m"}})),
        to("ding", json!({"native": {"msgtype": "oa", "oa": {}}})),
        to("ding", json!({"native": {"msgKey": "sampleText", "msgParam": "no"}})),
        to("ding", json!({"native": {"msgKey": "sampleText", "msgParam": "{}", "robotCode": "x"}})),
        to("ding", json!({"native": {"msgtype": "markdown", "markdown": {"title": "t", "text": "a".repeat(5_001)}}})),
        to("ding", json!({"image": {"base64": "YQ==", "name": "a.exe"}})),
        robot("webot", json!({"image": {"media_id": "m"}})),
        robot(
            "webot",
            json!({"native": {"msgtype": "template_card", "template_card": {"card_type": "button_interaction"}}}),
        ),
        robot("dingbot", json!({"text": "没有那个词"})),
        robot("dingbot", json!({"native": {"msgtype": "link", "link": {"title": "告警"}}})),
        robot("dingbot", json!({"native": {"msgtype": "text", "text": "告警"}})),
        mail(json!({"text": "a"})),
        mail(json!({"title": "t", "text": "a", "attachments": [{"name": "a/b", "base64": "YQ=="}]})),
        mail(json!({"title": "t", "text": "a", "attachments": [{"name": "a", "base64": "?"}]})),
        mail(
            json!({"title": "t", "text": "a", "attachments": [{"name": "a", "base64": "YQ==", "media_type": "message/rfc822"}]}),
        ),
        mail(json!({"title": "t", "file": {"media_id": "m"}})),
        to("mail", json!({"text": "a"})),
        to("hook", json!({"text": "a"})),
    ];
    let mut refused = 0;
    let mut untold = Vec::new();
    for case in &cases {
        let body = case.to_string();
        let shown: String = body.chars().take(160).collect();
        let answer = gateway.post("/v1/messages/plan", &body).await;
        if answer.status == 200 {
            continue;
        }
        refused += 1;
        let problem = answer.json();
        assert_eq!(answer.status, 422, "{shown}: {problem}");
        // A problem may be that of no one field.
        let field = problem["field"].as_str().unwrap_or_default();
        let (detail, zh) = (problem["detail"].as_str().unwrap(), problem["detail_zh"].as_str().unwrap());
        assert!(zh.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "{shown}: {zh}");
        assert!(!["字段不正确", "请求体含有未知字段"].contains(&zh), "{shown}: a bare title");
        for fact in facts(detail, field).into_iter().filter(|fact| !zh.contains(fact)) {
            untold.push(format!("{shown}: {fact} is in {detail:?} and not in {zh:?}"));
        }
    }
    assert_eq!(untold, Vec::<String>::new());
    assert!(refused >= 60, "{refused} of {}", cases.len());
    gateway.stop().await;
}
