//! Whom a mail names and who gets it: copies, names, answers, one mail each; and what is said before a mail is promised.

use crate::stage::{Stage, summary};
use serde_json::{Value, json};

/// A stage with the mailbox twice more: `all` names everybody, `each` writes to everybody alone.
async fn stage() -> Stage {
    let mut stage = Stage::dark("").await;
    stage.configure(|text| {
        let at = text.find("[accounts.mail]").unwrap();
        let mail = &text[at..];
        let more = |name: &str, key: &str| mail.replace("[accounts.mail]", &format!("[accounts.{name}]\n{key} = true"));
        format!("{text}\n{}\n{}", more("all", "show_recipients"), more("each", "per_person"))
    });
    stage.start();
    stage
}

/// The heads of the mails that came since the first `known` ones, unfolded, and who got them.
fn mails(stage: &Stage, known: usize) -> Vec<(String, Vec<String>)> {
    let inbox = stage.sandbox.smtp().unwrap().inbox();
    let head = |data: &[u8]| {
        let text = String::from_utf8_lossy(data).into_owned();
        text.split("\r\n\r\n").next().unwrap().replace("\r\n ", " ")
    };
    inbox.iter().skip(known).map(|mail| (head(&mail.data), mail.to.clone())).collect()
}

fn line<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

#[tokio::test(flavor = "multi_thread")]
async fn copies_are_recipients_of_their_own_and_are_named_where_they_are_to_be_seen() {
    let stage = stage().await;
    let id = stage
        .send(&json!({
            "to": [{"email": "lisi@example.com", "name": "李四"}],
            "cc": [{"email": "wangwu@example.com", "name": "Wang Wu"}, {"email": "LISI@example.com"}],
            "bcc": [{"email": "gone@example.com"}, {"email": "zhaoliu@example.com"}],
            "reply_to": {"email": "ops@例子.cn", "name": "值班"},
            "via": ["mail"],
            "content": {"title": "抄送", "html": "<p>见<a href=\"https://a.example/x\">看板</a></p>"},
        }))
        .await;
    let ledger = stage.until_state(&id, "partial").await;
    assert_eq!(
        summary(&ledger),
        [
            "mail gone@example.com refused 5.1.1",
            "mail lisi@example.com sent -",
            "mail wangwu@example.com sent -",
            "mail zhaoliu@example.com sent -",
        ],
        "each with the server's own word; who is written to gets no copy beside that"
    );
    let kinds: Vec<&str> =
        ledger.iter().filter_map(|row| row["address"].as_object()?.keys().next()).map(|k| &**k).collect();
    assert_eq!(kinds, ["email", "cc", "bcc", "bcc"]);
    let mails = mails(&stage, 0);
    let (head, to) = &mails[0];
    assert_eq!(to[..], ["lisi@example.com", "wangwu@example.com", "zhaoliu@example.com"]);
    assert_eq!(line(head, "To"), Some("=?UTF-8?B?5p2O5Zub?= <lisi@example.com>"));
    assert_eq!(line(head, "Cc"), Some("Wang Wu <wangwu@example.com>"));
    assert_eq!(line(head, "Reply-To"), Some("=?UTF-8?B?5YC854+t?= <ops@xn--fsqu00a.cn>"));
    assert!(!head.contains("zhaoliu") && !head.contains("gone@"), "{head}");
    assert!(line(head, "Content-Type").unwrap().starts_with("multipart/alternative"), "{head}");

    let status = stage.command().args(["status", &id]).output().unwrap();
    let shown = String::from_utf8_lossy(&status.stdout).into_owned();
    assert!(shown.contains("bcc:gone@example.com") && shown.contains("cc:wangwu@example.com"), "{shown}");
    assert!(!shown.contains("5.1.1 5.1.1"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn to_names_nobody_everybody_or_each_as_the_account_says() {
    let stage = stage().await;
    let to = json!([{"email": "lisi@example.com", "name": "李四"}, {"email": "wangwu@example.com"}]);
    let mut known = 0;
    for (account, expected) in [
        ("mail", vec!["undisclosed-recipients:;"]),
        ("all", vec!["=?UTF-8?B?5p2O5Zub?= <lisi@example.com>, wangwu@example.com"]),
        ("each", vec!["=?UTF-8?B?5p2O5Zub?= <lisi@example.com>", "wangwu@example.com"]),
    ] {
        let id = stage.send(&json!({"to": to, "via": [account], "content": {"title": account, "text": "x"}})).await;
        stage.until_state(&id, "sent").await;
        let came = mails(&stage, known);
        known += came.len();
        let mut heads: Vec<&str> = came.iter().filter_map(|(head, _)| line(head, "To")).collect();
        heads.sort_unstable();
        assert_eq!(heads, expected, "{account}");
        let envelope: usize = came.iter().map(|(_, to)| to.len()).sum();
        assert_eq!(envelope, 2, "{account}");
    }

    let mut command = stage.command();
    command.args(["send", "--via", "all", "--to", "李四 <lisi@example.com>", "--cc", "王五 <wangwu@example.com>"]);
    command.args(["--bcc", "zhaoliu@example.com", "--reply-to", "Ops <ops@example.com>"]);
    let output = command.args(["--title", "t", "--text", "x", "--wait", "10"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mails = mails(&stage, known);
    let (head, to) = &mails[0];
    assert_eq!(to.len(), 3);
    assert_eq!(line(head, "Cc"), Some("=?UTF-8?B?546L5LqU?= <wangwu@example.com>"));
    assert_eq!(line(head, "Reply-To"), Some("Ops <ops@example.com>"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_mail_can_be_is_said_before_it_is_promised() {
    let stage = stage().await;
    let base = json!({"to": [{"email": "lisi@example.com"}], "via": ["mail"], "content": {"title": "t", "text": "x"}});
    let with = |path: &str, value: Value| {
        let mut message = base.clone();
        match path.split_once('.') {
            Some(("content", name)) => message["content"][name] = value,
            _ => message[path] = value,
        }
        message
    };
    let attached = |name: &str, kind: &str| json!([{"name": name, "media_type": kind, "base64": "eA=="}]);
    let many: Vec<Value> = (0..501).map(|n| json!({"email": format!("u{n}@example.com")})).collect();
    for (message, field) in [
        (with("to", json!([{"email": "a..b@example.com"}])), "to[0]"),
        (with("to", json!([{"email": "a@x.com;b@y.com"}])), "to[0]"),
        (with("to", json!([{"email": "李四 <lisi@example.com>"}])), "to[0]"),
        (with("to", json!([{"cc": "wangwu@example.com"}])), "to[0]"),
        (with("cc", json!([{"email": "wangwu@example.com,b@y.com"}])), "cc[0].email"),
        (with("bcc", json!([{"email": "wangwu@"}])), "bcc[0].email"),
        (with("reply_to", json!({"email": "nobody"})), "reply_to.email"),
        (with("reply_to", json!({"email": "a@b.cn", "name": "x\nBcc: y"})), "reply_to.name"),
        (with("content.mail", json!({"cc": [{"email": "a@b.cn"}]})), "content.mail"),
        (with("content.attachments", attached(&"长".repeat(86), "text/plain")), "content.attachments[0].name"),
        (with("content.attachments", attached("a.eml", "message/rfc822")), "content.attachments[0].media_type"),
        (with("content.attachments", attached("a", "multipart/mixed")), "content.attachments[0].media_type"),
        (with("content.attachments", attached("a", "text/html; name=a b.html")), "content.attachments[0].media_type"),
        (json!({"to": many, "via": ["all"], "content": {"text": "x"}}), "to"),
        (
            json!({"to": [{"userid": "lisi"}], "cc": [{"email": "a@b.cn"}], "via": ["ding"], "content": {"text": "x"}}),
            "cc[0]",
        ),
        (
            json!({"to": [{"userid": "lisi"}], "reply_to": {"email": "a@b.cn"}, "via": ["ding"], "content": {"text": "x"}}),
            "reply_to",
        ),
        (
            json!({"to": [{"email": "a@b.cn"}], "bcc": [{"email": "c@b.cn"}], "via": ["each"], "content": {"text": "x"}}),
            "bcc[0]",
        ),
    ] {
        let (status, said) = stage.call("POST", "/v1/messages", Some(&message)).await;
        assert!(matches!(status, 400 | 422), "{status} {said} for {message}");
        assert_eq!(said["field"], field, "{said}");
    }
    assert!(stage.sandbox.smtp().unwrap().inbox().is_empty());
}
