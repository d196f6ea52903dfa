//! A query's result, from a file or a pipe, as it lies on people's phones, in mailboxes and in the files beside it.

use crate::{
    commands::{code, json, run},
    stage::Stage,
};
use serde_json::{Value, json};
use std::{
    io::Write,
    process::{Command, Output, Stdio},
    time::Duration,
};

/// `hongyan …` with something to read.
fn piped(stage: &Stage, args: &[&str], input: &[u8]) -> Output {
    let mut command = stage.command();
    let mut child =
        command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A program that ends early does not read it all.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

fn long() -> String {
    let rows = (0..1_200).map(|n| format!("A-{n},{},=cmd()|{n},\"两行\n`{n}`\"\n", n * 10));
    format!("account,used,note,备注\n{}", rows.collect::<String>())
}

/// The file that hongyan keeps of a message's table.
async fn file(stage: &Stage, id: &str) -> (String, Vec<u8>) {
    let content = &stage.message(id).await["content"];
    let kept = &content["table"]["kept"]["file"];
    let path = format!("{}/v1/media/{}/content", stage.base, kept["media"].as_str().unwrap());
    let request = http::Request::get(path).header("authorization", format!("Bearer {}", stage.key));
    let reply = stage.http.send(request.body(String::new().into()).unwrap()).await.unwrap();
    assert_eq!(reply.status, 200);
    (kept["name"].as_str().unwrap().to_owned(), reply.body.to_vec())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_table_is_a_preview_and_a_file_on_every_phone() {
    let stage = Stage::complete("").await;
    let chat = |id: &str| json!({"chat": id});
    for (account, to, person, platform) in [
        ("ding", json!({"userid": "zhangsan"}), "zhangsan", "dingtalk"),
        ("wecom", json!({"userid": "lisi"}), "lisi", "wecom"),
        ("wecom", chat("sandboxchat01"), "wangwu", "wecom"),
        ("wecombot", json!({"all": true}), "zhangsan", "wecom"),
    ] {
        let known = stage.phone(person, platform).await.len();
        let message = json!({"to": [to], "via": [account],
            "content": {"title": "持仓超限", "text": "今日超限", "table": {"csv": long(), "name": "positions"}}});
        let (status, plan) = stage.call("POST", "/v1/messages/plan", Some(&message)).await;
        assert_eq!((status, plan["deliveries"].as_array().unwrap().len()), (200, 2), "{plan}");
        assert!(plan["deliveries"][0]["shows"].as_str().unwrap().contains("1,1"), "{plan}");
        assert_eq!(plan["deliveries"][1]["file"], "positions.xlsx", "{plan}");
        let id = stage.send(&message).await;
        stage.until_state(&id, "sent").await;
        let words = stage.comes(person, platform, known).await;
        let said = words["content"].to_string();
        assert!(said.contains("持仓超限") && said.contains("account") && said.contains("A-0"), "{account}: {said}");
        assert!(said.contains("more rows") && said.contains("positions"), "{account}: {said}");
        let kind = if account == "wecombot" { "markdown_v2" } else { "markdown" };
        assert_eq!(words["content"]["msgtype"], kind, "{said}");
        let shown = stage.comes(person, platform, known + 1).await;
        assert_eq!(shown["content"]["msgtype"], "file", "{account}: {shown}");
        assert!(file(&stage, &id).await.1.starts_with(b"PK"));
    }
    // A group's robot of DingTalk takes no files, and says so.
    let known = stage.phone("zhangsan", "dingtalk").await.len();
    let message =
        json!({"to": [{"all": true}], "via": ["dingbot"], "content": {"title": "t", "table": {"csv": long()}}});
    let id = stage.send(&message).await;
    stage.until_state(&id, "sent").await;
    let words = stage.comes("zhangsan", "dingtalk", known).await["content"].to_string();
    assert!(words.contains("其余未发送") && words.contains("the rest was not sent"), "{words}");
    let message = stage.message(&id).await;
    assert!(!message["content"]["table"]["kept"].as_object().unwrap().contains_key("file"), "{message}");
    // DingTalk's page lists no CSV, but such files were seen to arrive.
    let known = stage.phone("lisi", "dingtalk").await.len();
    let message = json!({"to": [{"userid": "lisi"}], "via": ["ding"],
        "content": {"title": "t", "table": {"csv": long(), "attach": "csv"}}});
    let id = stage.send(&message).await;
    stage.until_state(&id, "sent").await;
    assert_eq!(stage.comes("lisi", "dingtalk", known + 1).await["content"]["msgtype"], "file");
    assert_eq!(file(&stage, &id).await.0, "t.csv");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_has_a_real_table_and_the_whole_attached() {
    let stage = Stage::open("").await;
    let args = [
        "--json",
        "send",
        "--table",
        "-",
        "--to",
        "lisi@example.com",
        "--via",
        "mail",
        "--title",
        "持仓",
        "--wait",
        "20",
    ];
    for (extra, csv) in [(&["--attach-as", "csv", "--table-name", "positions"][..], true), (&[], false)] {
        let known = stage.inspect("mail").await["mails"].as_array().unwrap().len();
        let sent = piped(&stage, &[&args[..], extra].concat(), long().as_bytes());
        assert_eq!(code(&sent), 0, "{sent:?}");
        let mails = stage.inspect("mail").await;
        let mail = &mails["mails"][known].to_string();
        assert!(mail.contains("multipart/mixed") && mail.contains("text/html"), "{mail}");
        let id = json(&sent)["message"]["id"].as_str().unwrap().to_owned();
        let (name, bytes) = file(&stage, &id).await;
        if csv {
            assert_eq!(name, "positions.csv");
            let text = String::from_utf8(bytes).unwrap();
            assert!(
                text.starts_with("\u{feff}account,used,note,备注\r\nA-0,0,'=cmd()|0,\"两行\n`0`\"\r\n"),
                "{text:.200}"
            );
            assert_eq!(text.matches("A-").count(), 1_200);
        } else {
            assert_eq!(name, "持仓.xlsx");
            let read = workbook(&bytes);
            assert_eq!(read["rows"].as_array().unwrap().len(), 1_201, "{read:.300}");
            assert_eq!(read["rows"][1], json!(["A-0", 0, "=cmd()|0", "两行\n`0`"]));
            assert_eq!((&read["bold"], &read["frozen"]), (&json!(true), &json!("A2")), "{read:.300}");
        }
    }
}

/// What Python's openpyxl reads from a workbook.
fn workbook(bytes: &[u8]) -> Value {
    const READ: &str = "import io, json, sys, openpyxl\n\
        book = openpyxl.load_workbook(io.BytesIO(sys.stdin.buffer.read()))\n\
        page = book.active\n\
        rows = [[cell.value for cell in row] for row in page.iter_rows()]\n\
        assert not any(cell.data_type == 'f' for row in page.iter_rows() for cell in row)\n\
        print(json.dumps({'rows': rows, 'bold': page['A1'].font.b, 'frozen': page.freeze_panes}))";
    let python = std::env::var("HONGYAN_TEST_PYTHON").unwrap_or_else(|_| "python3".into());
    let mut child = Command::new(&python)
        .args(["-c", READ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{python}: {error}"));
    let _ = child.stdin.take().unwrap().write_all(bytes);
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "{python} cannot read it with openpyxl: run `cargo xtask ci`, which installs it, or set HONGYAN_TEST_PYTHON"
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_reads_what_databases_write() {
    let stage = Stage::open("").await;
    let to = ["--json", "send", "--to", "zhangsan", "--via", "wecom", "--wait", "20", "--table"];
    let send = |extra: &[&str], input: &str| piped(&stage, &[&to[..], extra].concat(), input.as_bytes());
    for (extra, input, words) in [
        (&["-", "--title", "一"][..], "a,b\nx,1\n", "a | b"),
        (&["-", "--title", "二", "--text", "前言"], "[{\"a\":\"x\",\"b\":1}]\n", "前言"),
        (&["-", "--title", "三", "--table-format", "json"], "{\"a\":1}\n{\"a\":2}\n", "`2`"),
        (&["-", "--title", "四"], "", "no rows"),
    ] {
        let known = stage.phone("zhangsan", "wecom").await.len();
        let sent = send(extra, input);
        assert_eq!(code(&sent), 0, "{sent:?}");
        let shown = stage.comes("zhangsan", "wecom", known).await["content"].to_string();
        assert!(shown.contains(words), "{shown}");
    }
    // Nothing is sent where there is nothing to tell, and nothing is asked for: not even a key.
    for empty in ["", "a,b\n", "[]"] {
        let known = stage.phone("zhangsan", "wecom").await.len();
        let sent = send(&["-", "--if-rows"], empty);
        assert_eq!(code(&sent), 0, "{sent:?}");
        assert_eq!(json(&sent), json!({"sent": false, "rows": 0}));
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(stage.phone("zhangsan", "wecom").await.len(), known);
    }
    for (input, words) in [("a,b\n1\n", "line 2: row 1 has 1 cells"), ("[1]", "entry 1"), ("{", "line 1")] {
        let refused = send(&["-"], input);
        assert_eq!(code(&refused), 2, "{refused:?}");
        assert!(String::from_utf8_lossy(&refused.stderr).contains(words), "{refused:?}");
    }
    let gbk = piped(&stage, &[&to[..], &["-"]].concat(), b"a\n\xd5\xcb\n");
    assert!(code(&gbk) == 2 && String::from_utf8_lossy(&gbk.stderr).contains("iconv"), "{gbk:?}");
    // From a file, large: handed in as a file first.
    let path = stage.folder.0.join("large.csv");
    let rows: String = (0..30_000).map(|n| format!("A-{n},{n}\n")).collect();
    std::fs::write(&path, format!("account,n\n{rows}")).unwrap();
    let plan =
        run(&stage, &["send", "--plan", "--to", "zhangsan", "--via", "wecom", "--table", path.to_str().unwrap()]);
    let plan = String::from_utf8_lossy(&plan.stdout).into_owned();
    assert!(plan.contains("29,970 more rows") && plan.contains("-- wecom (2/2) + large.xlsx"), "{plan}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_table_is_named() {
    let stage = Stage::complete("").await;
    for (table, field) in [
        (json!({}), "content.table"),
        (json!({"rows": [[1]]}), "content.table"),
        (json!({"columns": ["a", "b"], "rows": [[1, 2], [3]]}), "content.table.rows[1]"),
        (json!({"csv": "a,b\n1\n"}), "content.table.csv"),
        (
            json!({"records": (0..201).map(|n| json!({format!("c{n}"): 1})).collect::<Vec<_>>()}),
            "content.table.records",
        ),
        (json!({"media": "f000000000000000000000000"}), "content.table.media"),
        (json!({"csv": "a\n1\n", "name": "../a"}), "content.table.name"),
        (json!({"csv": "a\n1\n", "align": ["left", "right"]}), "content.table.align"),
        (json!({"csv": "a\n1\n", "kept": {"total": 1}}), "content.table"),
        (json!({"csv": "a\n1\n", "attach": "pdf"}), "content.table.attach"),
    ] {
        let message =
            json!({"to": [{"userid": "zhangsan"}], "via": ["wecom"], "content": {"title": "t", "table": table}});
        let (status, said) = stage.call("POST", "/v1/messages", Some(&message)).await;
        assert!(matches!(status, 400 | 422) && said["field"] == field, "{table}: {status} {said}");
    }
}

/// Answers one request with 200, and gives its body.
async fn hook(listener: tokio::net::TcpListener) -> Value {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut read = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&read);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.to_ascii_lowercase().lines().find_map(|line| {
                line.strip_prefix("content-length:").map(|length| length.trim().parse::<usize>().unwrap())
            });
            if length.is_some_and(|length| body.len() >= length) {
                break;
            }
        }
        assert!(stream.read_buf(&mut read).await.unwrap() > 0);
    }
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await.unwrap();
    let start = read.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
    serde_json::from_slice(&read[start..]).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_gets_every_row_as_json() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let folder = crate::stage::Folder::new();
    let url = folder.0.join("url");
    std::fs::write(&url, format!("http://{}/hook", listener.local_addr().unwrap())).unwrap();
    let more = format!(
        "[accounts.hook]\nchannel = \"webhook\"\nurl = {{ file = \"{}\" }}\nallow_private = true\n",
        url.display()
    );
    let stage = Stage::open(&more).await;
    let said = tokio::spawn(hook(listener));
    let id = stage
        .send(&json!({"to": [{"all": true}], "via": ["hook"], "content": {"title": "t", "table": {"csv": long()}}}))
        .await;
    stage.until_state(&id, "sent").await;
    let content = &said.await.unwrap()["content"];
    assert_eq!(content["table"]["columns"], json!(["account", "used", "note", "备注"]));
    assert_eq!(content["table"]["rows"].as_array().unwrap().len(), 1_200);
    assert_eq!(content["table"]["rows"][1_199], json!(["A-1199", 11_990, "=cmd()|1199", "两行\n`1199`"]));
    assert!(!content["table"].as_object().unwrap().contains_key("kept"));
}
