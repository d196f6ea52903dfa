//! `hongyan explain`: every meaning of a code.

use crate::{
    commands::{code, json},
    stage::HONGYAN,
};
use std::process::{Command, Output};

fn explain(args: &[&str]) -> Output {
    Command::new(HONGYAN).env_remove("HONGYAN_CONFIG").arg("explain").args(args).output().unwrap()
}

#[test]
fn a_number_is_explained_for_each_platform_that_uses_it() {
    let said = explain(&["60020"]);
    assert_eq!(code(&said), 0);
    let text = String::from_utf8(said.stdout).unwrap();
    for part in ["dingtalk 60020", "wecom 60020", "remedy", "处理", "to act", "permanent"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let one = json(&explain(&["60020", "--platform", "wecom", "--json"]));
    let rows = one.as_array().unwrap();
    assert_eq!(rows.len(), 1);
    for member in ["code", "class", "who", "who_zh", "meaning", "meaning_zh", "remedy", "remedy_zh"] {
        assert!(rows[0][member].as_str().is_some_and(|text| !text.is_empty()), "{member}: {}", rows[0]);
    }
}

#[test]
fn codes_of_mail_network_and_our_own_are_explained_too() {
    for (asked, platform) in [("535", "mail"), ("net.timeout", "network"), ("deduplicated", "hongyan")] {
        assert_eq!(json(&explain(&[asked, "--json"]))[0]["platform"], platform, "{asked}");
    }
    assert_eq!(code(&explain(&["-1"])), 0, "a code may begin with a minus");
    let family = json(&explain(&["invalidParameter.userIds.empty", "--json"]));
    assert_eq!(family[0]["code"], "invalidParameter.*");
}

#[test]
fn an_unknown_code_is_a_failure_with_a_sentence() {
    let said = explain(&["987654321"]);
    assert_eq!(code(&said), 1);
    assert!(String::from_utf8_lossy(&said.stderr).contains("987654321 is not known"), "{said:?}");
    assert_eq!(code(&explain(&[])), 2);
    assert_eq!(code(&explain(&["60020", "--platform", "pigeon"])), 2);
}

#[test]
fn the_list_holds_every_table() {
    let all = json(&explain(&["--list", "--json"]));
    let all = all.as_array().unwrap();
    assert!(all.len() > 300, "{}", all.len());
    for platform in ["dingtalk", "wecom", "mail", "network", "hongyan"] {
        assert!(all.iter().any(|row| row["platform"] == platform), "{platform}");
    }
    let text = explain(&["--list", "--platform", "mail"]);
    assert!(String::from_utf8_lossy(&text.stdout).contains("554 DT:SPM"));
}
