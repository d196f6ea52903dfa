//! Files, group chats and contacts on the command line.

use crate::{
    commands::{code, json, run},
    stage::Stage,
};
use serde_json::json;
use std::path::Path;

fn shown(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_put_listed_and_got_back() {
    let stage = Stage::open("").await;
    let file = stage.folder.0.join("磁盘 1.png");
    std::fs::write(&file, [0, 255, 7]).unwrap();
    let put = run(&stage, &["--json", "media", "put", shown(&file)]);
    assert_eq!(code(&put), 0, "{put:?}");
    let row = json(&put);
    assert_eq!((&row["name"], &row["media_type"]), (&json!("磁盘 1.png"), &json!("image/png")));
    let id = row["id"].as_str().unwrap();
    let list = run(&stage, &["media", "list"]);
    assert!(String::from_utf8_lossy(&list.stdout).contains(id) && code(&list) == 0);
    assert_eq!(json(&run(&stage, &["--json", "media", "list"]))["files"], json!([row]));
    assert_eq!(json(&run(&stage, &["--json", "media", "get", id])), row);
    let back = stage.folder.0.join("back");
    assert_eq!(code(&run(&stage, &["media", "get", id, "--output", shown(&back)])), 0);
    assert_eq!(std::fs::read(back).unwrap(), [0, 255, 7]);
    assert_eq!(run(&stage, &["media", "get", id, "-o", "-"]).stdout, [0, 255, 7]);
    let missing = run(&stage, &["media", "get", "f000000000000000000000000"]);
    assert_eq!(code(&missing), 1);
    assert!(String::from_utf8_lossy(&missing.stderr).contains("404"), "{missing:?}");
    assert_eq!(code(&run(&stage, &["media", "put", "no such file"])), 1);
    assert_eq!(code(&run(&stage, &["media", "put"])), 2);
    let named = run(&stage, &["media", "put", shown(&file), "--name", "a/b.png"]);
    assert!(code(&named) == 1 && String::from_utf8_lossy(&named.stderr).contains("slash"), "{named:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_without_chats_or_people_says_so() {
    let stage = Stage::open("").await;
    for args in [
        &["chats", "create", "mail", "--name", "a", "--member", "li"][..],
        &["chats", "show", "mail", "c"],
        &["contacts", "find", "mail", "li"],
        &["contacts", "departments", "mail"],
        &["contacts", "members", "mail", "1"],
    ] {
        let refused = run(&stage, args);
        assert_eq!(code(&refused), 1, "{args:?} {refused:?}");
        assert!(String::from_utf8_lossy(&refused.stderr).contains("mail"), "{refused:?}");
    }
    assert_eq!(code(&run(&stage, &["chats", "list", "nobody"])), 1);
    assert_eq!(json(&run(&stage, &["--json", "chats", "list", "mail"])), json!({"chats": []}));
    assert_eq!(code(&run(&stage, &["contacts", "find", "ding", "tag:1"])), 2);
    assert_eq!(code(&run(&stage, &["chats", "create", "ding", "--name", "a"])), 2, "members are needed");
    assert_eq!(code(&run(&stage, &["chats", "readers", "m0000000000000"])), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_that_do_not_go_together_are_a_mistake_in_usage() {
    let stage = Stage::open("").await;
    for args in [
        &["send", "--to", "li", "--image", "a.png", "--file", "b.pdf"][..],
        &["send", "--to", "li", "--image", "a.png", "--text", "a"],
        &["send", "--to", "li", "--link", "https://example.com"],
        &["send", "--to", "li", "--seconds", "3", "--text", "a"],
        &["send", "--to", "li", "--card", "{"],
        &["send", "--message", "-", "--text", "a"],
        &["send", "--image", "a.png"],
    ] {
        assert_eq!(code(&run(&stage, args)), 2, "{args:?}");
    }
}
