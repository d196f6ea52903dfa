//! `hongyan call`: declared operations by name, against the sandbox.

use crate::{
    commands::{code, json, run},
    stage::{HONGYAN, Stage, text},
};
use hongyan_channel::PLATFORMS;
use serde_json::json as j;
use std::{
    io::Write,
    process::{Command, Output, Stdio},
};

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[tokio::test(flavor = "multi_thread")]
async fn operations_of_both_platforms_round_trip() {
    let stage = Stage::dark("").await;
    let found = json(&run(&stage, &["--json", "call", "dingtalk", "user.getbymobile", "mobile=13800000001"]));
    assert_eq!(found["result"]["userid"], "zhangsan", "{found}");
    let found = json(&run(&stage, &["--json", "call", "dingtalk", "user.get_by_mobile", "mobile=13800000001"]));
    assert_eq!(found["userid"], "zhangsan", "GET: {found}");
    let found = json(&run(&stage, &["--json", "call", "wecom", "user.getuserid", "mobile=13800000001"]));
    assert_eq!(found["userid"], "zhangsan", "{found}");

    // Agent id and token are the account's business.
    let sent = json(&run(
        &stage,
        &[
            "--json",
            "call",
            "dingtalk",
            "notice.send",
            "userid_list=zhangsan",
            "msg.msgtype=text",
            "msg.text.content=42",
        ],
    ));
    let task = format!("task_id={}", sent["task_id"]);
    let progress = json(&run(&stage, &["--json", "call", "dingtalk", "notice.progress", &task]));
    assert!(progress["progress"]["status"].is_i64(), "{progress}");

    let message = j!({"touser": "zhangsan", "msgtype": "text", "text": {"content": "from a file"}});
    let mut child = stage
        .command()
        .args(["--json", "call", "wecom", "message.send", "@-", "enable_duplicate_check=1"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(message.to_string().as_bytes()).unwrap();
    let sent = json(&child.wait_with_output().unwrap());
    assert_eq!(sent["errcode"], 0, "{sent}");
    assert_eq!(stage.copies("zhangsan", "wecom", "from a file").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_takes_its_secret_from_the_account_and_no_credential_is_shown() {
    let stage = Stage::dark("").await;
    let known = stage.sandbox.credentials();
    for (platform, secret) in [("dingtalk", "/dingtalk/app_secret"), ("wecom", "/wecom/secret")] {
        let output = run(&stage, &["--json", "call", platform, "token.get"]);
        let reply = json(&output);
        assert_eq!((code(&output), &reply["access_token"], &reply["errcode"]), (0, &j!("***"), &j!(0)), "{reply}");
        assert!(!said(&output).contains(&text(&known, secret)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_shows_the_wire_without_a_secret_and_without_the_network() {
    let stage = Stage::dark("").await;
    let base = stage.sandbox.base();
    let dry = |args: &[&str]| {
        stage
            .command()
            .env("TEST_DING", "canary-ding")
            .env("TEST_WECOM", "canary-wecom")
            .args(["call", "--dry-run"])
            .args(args)
            .output()
            .unwrap()
    };
    let output = dry(&["wecom", "message.send", "touser=li", "msgtype=text", "text.content=你好"]);
    assert_eq!(code(&output), 0, "{output:?}");
    let shown = said(&output);
    assert!(shown.contains(&format!("POST {base}/cgi-bin/message/send?access_token=***")), "{shown}");
    assert!(shown.contains("\"content\": \"你好\"") && shown.contains("content-type: application/json"), "{shown}");
    for (platform, field) in [("dingtalk", "appsecret=***"), ("wecom", "corpsecret=***")] {
        let shown = said(&dry(&[platform, "token.get"]));
        assert!(shown.contains(field) && !shown.contains("canary"), "{shown}");
        let shown = said(&dry(&[platform, "token.get", &field.replace("***", "canary-typed")]));
        assert!(shown.contains(field) && !shown.contains("canary"), "{shown}");
    }
    let machine = json(&dry(&["--json", "dingtalk", "notice.progress", "task_id=1"]));
    assert_eq!((&machine["method"], &machine["body"]["task_id"]), (&j!("POST"), &j!(1)), "{machine}");
    assert_eq!(stage.inspect("stats").await["calls"], j!({}), "nobody was called");

    // Without a configuration the platform's own host is shown.
    let bare = Command::new(HONGYAN)
        .env_remove("HONGYAN_CONFIG")
        .args(["call", "--dry-run", "dingtalk", "notice.progress", "agent_id=1", "task_id=1"])
        .output()
        .unwrap();
    assert!(said(&bare).contains("https://oapi.dingtalk.com/topapi/"), "{bare:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_says_code_meaning_and_remedy_and_an_open_outcome_is_three() {
    let stage = Stage::dark("").await;
    let refused = run(&stage, &["call", "dingtalk", "user.get_by_mobile", "mobile=13999999999"]);
    assert_eq!(code(&refused), 1);
    let shown = said(&refused);
    assert!(shown.contains("60121") && shown.contains("meaning 含义") && shown.contains("remedy 处理"), "{shown}");
    let machine = run(&stage, &["--json", "call", "dingtalk", "user.get_by_mobile", "mobile=13999999999"]);
    let machine: serde_json::Value = serde_json::from_slice(&machine.stderr).unwrap();
    assert_eq!(machine["error"]["code"], "60121");

    stage.order_fault("drop_after:/cgi-bin/message/send:1");
    let lost = run(&stage, &["call", "wecom", "message.send", "touser=zhangsan", "msgtype=text", "text.content=a"]);
    assert_eq!(code(&lost), 3, "{lost:?}");
    stage.order_fault("drop_after:/cgi-bin/user/getuserid:1");
    assert_eq!(code(&run(&stage, &["call", "wecom", "user.getuserid", "mobile=13800000001"])), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slip_of_the_hand_is_a_usage_error_that_names_it() {
    let stage = Stage::dark("").await;
    for (args, named) in [
        (vec!["pigeon", "send"], "dingtalk, wecom"),
        (vec!["wecom", "mesage.send"], "message.send"),
        (vec!["wecom", "xyz"], "lists them"),
        (vec!["dingtalk", "notice.progress"], "task_id"),
        (vec!["dingtalk", "notice.progress", "task_id=abc"], "task_id"),
        (vec!["dingtalk", "notice.progress", "task_id=1", "colour=red"], "colour"),
        (vec!["dingtalk", "notice.progress", "task_id"], "key=value"),
        (vec!["dingtalk", "notice.progress", "--account", "nobody"], "nobody"),
        (vec!["dingtalk", "notice.progress", "--account", "wecom"], "account of wecom"),
    ] {
        let mut all = vec!["call"];
        all.extend(args);
        let output = run(&stage, &all);
        assert_eq!(code(&output), 2, "{all:?} {output:?}");
        assert!(said(&output).contains(named), "{all:?}: {}", said(&output));
    }
}

#[test]
fn every_declared_operation_is_listed_and_completed() {
    let output = |args: &[&str]| Command::new(HONGYAN).env_remove("HONGYAN_CONFIG").args(args).output().unwrap();
    let all = json(&output(&["--json", "call"]));
    let declared: usize = PLATFORMS.iter().map(|platform| (platform.list)().len()).sum();
    assert_eq!(all.as_array().map(Vec::len), Some(declared));
    let one = output(&["call", "wecom"]);
    let shown = String::from_utf8_lossy(&one.stdout);
    assert!(shown.contains("message.send") && !shown.contains("notice.send"), "{shown}");
    let completions = output(&["completions", "bash"]);
    let shown = String::from_utf8_lossy(&completions.stdout);
    assert!(shown.contains("notice.send") && shown.contains("message.send") && shown.contains("dingtalk wecom"));
}
