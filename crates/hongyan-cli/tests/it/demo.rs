//! The main job, as the README gives it.

use crate::stage::{HONGYAN, summary};
use serde_json::Value;
use std::process::Command;

#[test]
fn the_demo_shows_the_true_state_of_every_recipient() {
    let output = Command::new(HONGYAN).args(["demo", "--once", "--json"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    let rows = |name: &str| summary(said[name].as_array().unwrap());
    assert_eq!(
        rows("before_recall"),
        [
            "ding 13800000001 read -",
            "ding 13999999999 refused 60121",
            "mail gone@example.com refused 5.1.1",
            "mail lisi@example.com sent -",
            "wecom 13800000001 sent -",
            "wecom outsider refused invalid_recipient",
        ]
    );
    assert_eq!(
        rows("recipients"),
        [
            "ding 13800000001 recalled -",
            "ding 13999999999 refused 60121",
            "mail gone@example.com refused 5.1.1",
            "mail lisi@example.com sent -",
            "wecom 13800000001 recalled -",
            "wecom outsider refused invalid_recipient",
        ]
    );
}

#[test]
fn the_demo_prints_a_table_for_people() {
    let output = Command::new(HONGYAN).args(["demo", "--once"]).output().unwrap();
    assert!(output.status.success());
    let screen = String::from_utf8(output.stdout).unwrap();
    for words in ["ACCOUNT 账号", "mobile:13800000001", "recalled", "60121", "cannot_recall", "asyncsend_v2", "已读"]
    {
        assert!(screen.contains(words), "{words} is missing:\n{screen}");
    }
    assert!(!screen.contains("hy_"), "no key on the screen of a demo that ends at once");
}
