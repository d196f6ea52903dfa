//! Commands, their output for programs, and their exit codes.

use crate::stage::{HONGYAN, Stage};
use serde_json::Value;
use std::process::{Command, Output};

pub(crate) fn run(stage: &Stage, args: &[&str]) -> Output {
    stage.command().args(args).output().unwrap()
}

pub(crate) fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|e| panic!("{e}: {:?} {}", output, String::from_utf8_lossy(&output.stderr)))
}

pub(crate) fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn send_status_recall_and_their_exit_codes() {
    let stage = Stage::open("").await;
    let sent = run(
        &stage,
        &["--json", "send", "--to", "mobile:13800000001", "--via", "ding", "--text", "命令行", "--wait", "10"],
    );
    assert_eq!(code(&sent), 0, "{sent:?}");
    let id = json(&sent)["message"]["id"].as_str().unwrap().to_owned();
    let status = run(&stage, &["status", &id]);
    assert_eq!(code(&status), 0);
    assert!(String::from_utf8_lossy(&status.stdout).contains("mobile:13800000001"));
    assert_eq!(code(&run(&stage, &["recall", &id])), 0);
    assert_eq!(json(&run(&stage, &["--json", "status", &id]))["message"]["state"], "recalled");

    let refused = run(&stage, &["send", "--to", "outsider", "--via", "wecom", "--text", "看不见", "--wait", "10"]);
    assert_eq!(code(&refused), 1, "{refused:?}");
    let list = json(&run(&stage, &["--json", "list"]));
    let id = list["messages"][0]["id"].as_str().unwrap();
    let csv = String::from_utf8(run(&stage, &["status", id, "--csv"]).stdout).unwrap();
    let mut lines = csv.trim_start_matches('\u{feff}').lines();
    assert_eq!(lines.next(), Some("delivery,account,recipient,resolved,state,code,message,advice,at"));
    assert!(lines.next().unwrap().contains("widen the application's visible range"), "what to do is told: {csv}");
    assert_eq!(code(&run(&stage, &["status", "m0000000000000"])), 1);
    assert_eq!(code(&run(&stage, &["send", "--text", "没有收件人"])), 2);
    assert_eq!(code(&run(&stage, &["send", "--to", "pigeon:1", "--text", "a"])), 2);
    let bad = run(&stage, &["send", "--to", "zhangsan", "--via", "nobody", "--text", "a"]);
    assert_eq!(code(&bad), 1);
    assert!(String::from_utf8_lossy(&bad.stderr).contains("via"), "{bad:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_written_is_an_error_and_a_reader_that_is_gone_is_none() {
    let stage = Stage::open("").await;
    let sent = run(&stage, &["send", "--to", "zhangsan", "--via", "ding", "--text", "满", "--wait", "10"]);
    assert_eq!(code(&sent), 0, "{sent:?}");
    let id = json(&run(&stage, &["--json", "list"]))["messages"][0]["id"].as_str().unwrap().to_owned();
    let script = format!("{}/words-{}.dos", env!("CARGO_TARGET_TMPDIR"), std::process::id());
    std::fs::write(&script, "print(\"words\")\n").unwrap();
    let script = script.as_str();
    for (args, ended) in [
        (vec!["list", "--csv"], 1),
        (vec!["list"], 1),
        (vec!["--json", "list"], 1),
        (vec!["status", &id], 1),
        (vec!["status", &id, "--csv"], 1),
        (vec!["media", "list"], 1),
        (vec!["explain", "40001"], 1),
        (vec!["config", "default"], 1),
        (vec!["completions", "bash"], 1),
        (vec!["run", script], 1),
        (vec!["--json", "run", script], 1),
        (vec!["--help"], 1),
        (vec!["--lang", "zh", "send", "--help"], 1),
        (vec!["--version"], 1),
    ] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = stage.command().args(&args).stdout(full).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(code(&output), ended, "{args:?}: {said}");
        let expected =
            if args.contains(&"zh") { "无法写入标准输出：" } else { "standard output cannot be written" };
        assert!(said.contains(expected), "{args:?}: {said}");
        assert!(!args.contains(&"--json") || said.lines().last().unwrap().starts_with('{'), "{args:?}: {said}");

        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = stage.command().args(&args).stdout(writer).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!said.contains("cannot be written") && !said.contains("panic"), "{args:?}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_serves_from_its_first_use() {
    let stage = Stage::open("").await;
    for number in 0..3 {
        let name = format!("key-{number}");
        let made = run(&stage, &["--json", "keys", "create", "--name", &name, "--scope", "read"]);
        assert_eq!(code(&made), 0, "{made:?}");
        let key = json(&made)["key"].as_str().unwrap().to_owned();
        let listed = stage.command().env("HONGYAN_KEY", key).args(["--json", "list"]).output().unwrap();
        assert_eq!(code(&listed), 0, "{listed:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_ends_with_what_the_platform_says_of_everybody() {
    let mut stage = Stage::open("").await;
    // The first look would be long after the wait.
    stage.kill();
    stage.configure(|text| text.replace("receipts_after_ms = 100", "receipts_after_ms = 60000"));
    stage.start();
    let send = |to: &[&str], words: &str, wait: &str| {
        let named = to.iter().flat_map(|to| ["--to", to]);
        let args = ["--json", "send", "--via", "ding", "--text", words, "--wait", wait];
        run(&stage, &args.into_iter().chain(named).collect::<Vec<_>>())
    };
    let taken = send(&["zhangsan"], "一", "20");
    assert_eq!(code(&taken), 0, "{taken:?}");
    assert_eq!(json(&taken)["recipients"][0]["state"], "unread", "not only taken: with them");
    // DingTalk takes these, too; its result says what became of them.
    let nobody = send(&["nobody01"], "二", "20");
    assert_eq!((code(&nobody), &json(&nobody)["recipients"][0]["state"]), (1, &"refused".into()), "{nobody:?}");
    assert_eq!(code(&send(&["zhangsan", "nobody01"], "三", "20")), 1);
    // Departments are in no list; the result is whole all the same.
    let department = send(&["department:2"], "四", "20");
    assert_eq!(
        (code(&department), &json(&department)["recipients"][0]["state"]),
        (0, &"sent".into()),
        "{department:?}"
    );
    stage.order_fault("busy:/topapi/message/corpconversation/getsendresult");
    let unknown = send(&["zhangsan"], "五", "2");
    assert_eq!((code(&unknown), &json(&unknown)["recipients"][0]["state"]), (3, &"sent".into()), "{unknown:?}");

    for bare in ["13800000001", "+86 138-0000-0001"] {
        let refused = run(&stage, &["send", "--to", bare, "--via", "ding", "--text", "a"]);
        assert_eq!(code(&refused), 2, "{refused:?}");
        assert!(String::from_utf8_lossy(&refused.stderr).contains("mobile:"), "{refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn plan_shows_the_calls_and_sends_nothing() {
    let stage = Stage::open("").await;
    let plan = json(&run(
        &stage,
        &["--json", "send", "--plan", "--to", "zhangsan", "--to", "mobile:13800000002", "--via", "ding", "--text", "a"],
    ));
    assert_eq!((&plan["cost"]["sends"], &plan["cost"]["lookups"]), (&1.into(), &1.into()), "{plan}");
    let list = json(&run(&stage, &["--json", "list"]));
    assert_eq!(list["messages"].as_array().map(Vec::len), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_can_do_what_its_scopes_say_and_nothing_once_revoked() {
    let mut stage = Stage::open("").await;
    let made = json(&run(&stage, &["--json", "keys", "create", "--name", "reader", "--scope", "read"]));
    let admin = std::mem::replace(&mut stage.key, made["key"].as_str().unwrap().to_owned());
    // A running gateway looks at its keys every two seconds.
    tokio::time::sleep(std::time::Duration::from_millis(2_500)).await;
    assert_eq!(code(&run(&stage, &["list"])), 0);
    let refused = run(&stage, &["send", "--to", "zhangsan", "--via", "ding", "--text", "a"]);
    assert_eq!(code(&refused), 1);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("403"), "{refused:?}");
    let id = made["id"].as_str().unwrap();
    assert_eq!(code(&run(&stage, &["keys", "revoke", id])), 0);
    tokio::time::sleep(std::time::Duration::from_millis(2_500)).await;
    assert_eq!(code(&run(&stage, &["list"])), 1);
    let keys = run(&stage, &["--json", "keys", "list"]);
    let text = String::from_utf8_lossy(&keys.stdout);
    assert!(text.contains(id) && !text.contains(&admin) && !text.contains(&stage.key), "ids, never keys");
}

#[tokio::test(flavor = "multi_thread")]
async fn config_check_names_what_is_wrong_and_where() {
    let stage = Stage::dark("").await;
    assert_eq!(code(&run(&stage, &["config", "check"])), 0);
    let unset = stage.command().env_remove("TEST_DING").args(["--json", "config", "check"]).output().unwrap();
    assert_eq!(code(&unset), 1);
    assert!(json(&unset).to_string().contains("TEST_DING"), "{unset:?}");
    let file = stage.folder.0.join("hongyan.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replacen("agent_id", "agent_idd", 1)).unwrap();
    let bad = run(&stage, &["config", "check"]);
    assert_eq!(code(&bad), 1);
    assert!(String::from_utf8_lossy(&bad.stderr).contains("agent_idd"), "{bad:?}");
}

#[test]
fn the_sandbox_prints_its_credentials_as_its_first_line() {
    let mut child = Command::new(HONGYAN)
        .args(["sandbox", "--listen", "127.0.0.1:0", "--smtp", "127.0.0.1:0"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.take().unwrap()), &mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let said: Value = serde_json::from_str(&line).unwrap();
    for path in [
        "/dingtalk/base",
        "/dingtalk/app_key",
        "/dingtalk/app_secret",
        "/wecom/corp_id",
        "/wecom/secret",
        "/smtp/address",
        "/smtp/password",
        "/inspect",
    ] {
        assert!(said.pointer(path).and_then(Value::as_str).is_some_and(|v| !v.is_empty()), "{path}: {said}");
    }
    assert!(said.pointer("/dingtalk/agent_id").is_some_and(Value::is_i64));
}

#[test]
fn usage_errors_are_two_and_no_gateway_is_one() {
    let run = |args: &[&str]| Command::new(HONGYAN).args(args).env_remove("HONGYAN_KEY").output().unwrap();
    assert_eq!(code(&run(&["fly"])), 2);
    assert_eq!(code(&run(&["list"])), 2, "no key");
    let output = Command::new(HONGYAN)
        .args(["list", "--gateway", "http://127.0.0.1:1"])
        .env("HONGYAN_KEY", "canary-key")
        .output()
        .unwrap();
    assert_eq!(code(&output), 1);
    assert!(!String::from_utf8_lossy(&output.stderr).contains("canary"));
}
