//! What the platforms and the network do to us, and what the ledger says then.

use crate::stage::{Stage, summary};
use hongyan_core::{Clock, clock};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const DING: &str = "/topapi/message/corpconversation/asyncsend_v2";
const WECOM: &str = "/cgi-bin/message/send";

fn message(account: &str, words: &str) -> Value {
    json!({"to": [{"userid": "zhangsan"}], "via": [account], "content": {"text": words}})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_reply_is_repeated_and_arrives_once() {
    let stage = Stage::open("").await;
    for (account, path, platform) in [("ding", DING, "dingtalk"), ("wecom", WECOM, "wecom")] {
        for kind in ["drop_before", "drop_after", "truncated", "html_200", "status_5xx"] {
            stage.order_fault(&format!("{kind}:{path}:1"));
            let words = format!("应答丢失 {kind}");
            let id = stage.send(&message(account, &words)).await;
            stage.until_state(&id, "sent").await;
            let delivery = stage.message(&id).await["deliveries"][0].clone();
            assert_eq!(
                delivery["repeated"], true,
                "{account} {kind}: the ledger says that a reply was lost: {delivery}"
            );
            tokio::time::sleep(std::time::Duration::from_millis(150)).await;
            assert_eq!(stage.copies("zhangsan", platform, &words).await, 1, "{account} {kind}");
        }
    }
    assert_eq!(stage.inspect("stats").await["duplicates"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_never_left_is_retried_without_a_flag() {
    let stage = Stage::open("").await;
    for account in ["ding", "wecom"] {
        stage.order_fault(&format!("busy:{}:2", if account == "ding" { DING } else { WECOM }));
        let id = stage.send(&message(account, "系统繁忙")).await;
        let ledger = stage.until_state(&id, "sent").await;
        assert!(summary(&ledger)[0].ends_with(" -"), "{ledger:?}");
        let history = stage.message(&id).await["deliveries"][0]["history"].clone();
        let classes: Vec<&str> = history.as_array().unwrap().iter().map(|a| a["class"].as_str().unwrap()).collect();
        assert_eq!(classes, ["retryable", "retryable", "taken"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_lane_rests_and_the_other_goes_on() {
    let stage = Stage::open("").await;
    stage.order_fault(&format!("throttle:{WECOM}:1"));
    let slow = stage.send(&message("wecom", "限流")).await;
    let quick = stage.send(&message("ding", "不受影响")).await;
    stage.until_state(&quick, "sent").await;
    let waiting = stage.message(&slow).await;
    assert_eq!(waiting["state"], "pending", "{waiting}");
    assert_eq!(waiting["deliveries"][0]["attempts"], 0, "a throttled call is not counted as an attempt");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_by_the_platform_is_a_dead_letter_until_somebody_retries() {
    let stage = Stage::open("").await;
    stage.tell("faults", &json!({"match": DING, "kind": "code", "value": 40048, "count": 1})).await;
    let id = stage.send(&message("ding", "链接不可信")).await;
    let ledger = stage.until_state(&id, "failed").await;
    assert_eq!(summary(&ledger), ["ding zhangsan failed 40048"]);
    assert!(ledger[0]["advice"]["zh"].as_str().is_some_and(|advice| !advice.is_empty()), "{ledger:?}");
    let (status, said) = stage.call("POST", &format!("/v1/messages/{id}/retry"), Some(&json!({}))).await;
    assert_eq!((status, &said["deliveries"]), (200, &json!(1)), "{said}");
    stage.until_state(&id, "sent").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_platform_filters_one_person_and_the_ledger_says_whom_and_why() {
    let stage = Stage::open("").await;
    stage.tell("people/lisi", &json!({"dingtalk": "forbidden:143105"})).await;
    stage.tell("people/wangwu", &json!({"dingtalk": "failed"})).await;
    let to = json!([{"userid": "zhangsan"}, {"userid": "lisi"}, {"userid": "wangwu"}]);
    let id = stage.send(&json!({"to": to, "via": ["ding"], "content": {"text": "三个人"}})).await;
    let ledger = stage.until_state(&id, "partial").await;
    assert_eq!(
        summary(&ledger),
        ["ding lisi refused 143105", "ding wangwu failed platform_failed", "ding zhangsan unread -"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_retry_for_one_person_everybodys_copy_can_be_recalled() {
    let stage = Stage::open("").await;
    stage.tell("people/lisi", &json!({"dingtalk": "failed"})).await;
    let to = json!([{"userid": "zhangsan"}, {"userid": "lisi"}]);
    let id = stage.send(&json!({"to": to, "via": ["ding"], "content": {"text": "先到一位"}})).await;
    stage.until_state(&id, "partial").await;
    stage.tell("people/lisi", &json!({"dingtalk": "ok"})).await;
    stage.call("POST", &format!("/v1/messages/{id}/retry"), Some(&json!({}))).await;
    let both = |m: &Value| m["recipients"]["unread"] == 2;
    stage.until(&id, "with both", both).await;
    assert_eq!(stage.message(&id).await["deliveries"][0]["handles"].as_array().map(Vec::len), Some(2));
    assert_eq!(stage.copies("zhangsan", "dingtalk", "先到一位").await, 1, "the retry was for the other one alone");
    stage.call("POST", &format!("/v1/messages/{id}/recall"), Some(&json!({}))).await;
    for person in ["zhangsan", "lisi"] {
        assert_eq!(stage.copies(person, "dingtalk", "先到一位").await, 0, "{person}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_mailbox_is_refused_one_put_off_and_one_served() {
    let stage = Stage::open("").await;
    let to = json!([{"email": "gone@example.com"}, {"email": "lisi@example.com"}]);
    let id = stage.send(&json!({"to": to, "via": ["mail"], "content": {"text": "两个信箱"}})).await;
    let ledger = stage.until_state(&id, "partial").await;
    assert_eq!(summary(&ledger), ["mail gone@example.com refused 5.1.1", "mail lisi@example.com sent -"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_due_soon_is_not_forgotten_behind_what_is_due_now() {
    let mut stage = Stage::open("").await;
    let at = |seconds: u64| json!(clock::System.now() + Duration::from_secs(seconds));
    let message = |words: &str| json!({"to": [{"userid": "lisi"}], "via": ["wecom"], "content": {"text": words}});
    let mut later = message("两秒后");
    later["send_at"] = at(2);
    let first = stage.send(&later).await;
    stage.send(&message("现在")).await;
    let began = Instant::now();
    stage.until_state(&first, "sent").await;
    assert!(began.elapsed() < Duration::from_secs(6), "{:?}", began.elapsed());

    // The same at a start: one is due at once, the other soon.
    stage.order_fault("latency_ms=300:/cgi-bin/message/send:1");
    let lost = stage.send(&message("杀掉")).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    later["content"]["text"] = json!("再两秒后");
    later["send_at"] = at(2);
    let second = stage.send(&later).await;
    stage.kill();
    stage.start();
    let began = Instant::now();
    stage.send(&message("又是现在")).await;
    for id in [lost, second] {
        stage.until_state(&id, "sent").await;
    }
    assert!(began.elapsed() < Duration::from_secs(6), "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_low_limit_of_open_files_is_raised_to_what_connections_need() {
    let mut stage = Stage::dark("").await;
    let mut command = stage.command_of("sh");
    command.args([
        "-c",
        "ulimit -Sn 200 && ulimit -Hn 1500 && exec \"$0\" serve --json",
        env!("CARGO_BIN_EXE_hongyan"),
    ]);
    let id = stage.start_by(command);
    let limits = std::fs::read_to_string(format!("/proc/{id}/limits")).unwrap();
    let open_files = limits.lines().find(|line| line.starts_with("Max open files")).expect("a limit of open files");
    let words: Vec<&str> = open_files.split_whitespace().collect();
    assert_eq!(words[3..5], ["1500", "1500"], "as far as the system lets it: {open_files}");
}
