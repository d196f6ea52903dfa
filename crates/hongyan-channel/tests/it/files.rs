//! Files: what is too large or of another kind is refused before any call, naming the limit; the rest is uploaded.

use crate::server::{Answer, Server, account, account_with, content, deliver, somebody};
use hongyan_core::{Address, AddressKind, CallFile, FileUse, Format, Outcome, Target, Time};
use hongyan_endpoint::File;
use serde_json::{Value, json};

const NOW: Time = Time::from_millis(1_790_000_000_000);

fn file(name: &str, head: &[u8], size: usize) -> File {
    let mut bytes = head.to_vec();
    bytes.resize(size.max(head.len()), 0);
    File { name: name.into(), media_type: String::new(), bytes }
}

#[tokio::test]
async fn a_file_over_the_limit_is_refused_without_a_call() {
    for (channel, form, file, limit) in [
        ("dingtalk", Format::Voice, file("a.amr", b"#!AMR", (2 << 20) + 1), "2097152"),
        ("dingtalk", Format::File, file("a.pdf", b"%PDF", (10 << 20) + 1), "10485760"),
        ("wecom", Format::Image, file("a.png", b"\x89PNG", (10 << 20) + 1), "10485760"),
        ("wecom-robot", Format::Voice, file("a.amr", b"#!AMR", (2 << 20) + 1), "2097152"),
    ] {
        // Nobody listens there: a call would say so.
        let account = account(channel, "http://127.0.0.1:1");
        let fault = account.channel.uploads().unwrap().upload(form, &file, NOW).await.unwrap_err();
        assert!(fault.message().contains(limit) && fault.error_code().is_some(), "{channel}: {fault}");
    }
    let other = file("a.exe", b"MZ", 100);
    let fault = account("dingtalk", "http://127.0.0.1:1")
        .channel
        .uploads()
        .unwrap()
        .upload(Format::Image, &other, NOW)
        .await
        .unwrap_err();
    assert!(fault.code() == "40005" && fault.message().contains("png"), "{fault}");
}

#[tokio::test]
async fn dingtalk_gets_a_file_of_any_name_as_it_is_or_in_a_zip_where_the_account_says_so() {
    let reply = json!({"errcode": 0, "errmsg": "ok", "type": "file", "media_id": "@M1", "created_at": 1});
    for (name, plain, zipped) in [
        ("日终.csv", "filename=\"日终.csv\"", "filename=\"日终.csv.zip\""),
        ("notes.md", "filename=\"notes.md\"", "filename=\"notes.md.zip\""),
        ("日报.PDF", "filename=\"日报.PDF\"", "filename=\"日报.PDF\""),
    ] {
        for (more, expected) in [(json!({}), plain), (json!({"zip_unlisted_files": true}), zipped)] {
            let server = Server::start(Answer::Says(200, reply.clone())).await;
            let account = account_with("dingtalk", &server.base, more.clone());
            account.channel.check_file(Format::File, &file(name, b"a,b", 3)).unwrap();
            account.channel.uploads().unwrap().upload(Format::File, &file(name, b"a,b", 3), NOW).await.unwrap();
            let body = String::from_utf8_lossy(&server.last().body).into_owned();
            assert!(body.contains(expected) && body.contains("a,b"), "{name} {more}: {body}");
            // A robot's message names the file as it was uploaded.
            let content = content(json!({"file": {"media": "f1", "name": name}}));
            let address = Address::new(AddressKind::Chat, "cidA+/==");
            let group = [Target { index: 0, address, resolved: None }];
            deliver(&account, &content, Some(CallFile::Id("@M1")), &group).await;
            let sent: Value = serde_json::from_slice(&server.last().body).unwrap();
            let param: Value = serde_json::from_str(sent["msgParam"].as_str().unwrap()).unwrap();
            assert!(expected.contains(param["fileName"].as_str().unwrap()), "{param}");
            let ending = param["fileName"].as_str().unwrap().rsplit('.').next().unwrap().to_lowercase();
            assert_eq!(param["fileType"], ending.as_str());
        }
    }
}

#[tokio::test]
async fn an_uploaded_file_lives_as_long_as_the_platform_keeps_it() {
    let reply = json!({"errcode": 0, "errmsg": "ok", "type": "file", "media_id": "@M1", "created_at": 1});
    for (channel, hours) in [("dingtalk", 7 * 24), ("wecom", 71), ("wecom-robot", 71)] {
        let server = Server::start(Answer::Says(200, reply.clone())).await;
        let account = account(channel, &server.base);
        assert_eq!(account.channel.file_use(Format::File), FileUse::Upload);
        let uploaded = account
            .channel
            .uploads()
            .unwrap()
            .upload(Format::File, &file("日报.pdf", b"%PDF", 100), NOW)
            .await
            .unwrap();
        assert_eq!((uploaded.id.as_str(), uploaded.until.since(NOW).as_secs() / 3_600), ("@M1", hours), "{channel}");
        assert!(String::from_utf8_lossy(&server.last().body).contains("filename=\"日报.pdf\""));
    }
}

#[tokio::test]
async fn an_id_that_the_platform_forgot_is_told_by_its_code() {
    for channel in ["dingtalk", "wecom", "wecom-robot"] {
        let server = Server::start(Answer::Says(200, json!({"errcode": 40_007, "errmsg": "invalid media_id"}))).await;
        let content = content(json!({"file": {"media": "f1"}}));
        let call = deliver(&account(channel, &server.base), &content, Some(CallFile::Id("@gone")), &somebody()).await;
        let Outcome::Failed { fault, .. } = call else { panic!("{channel} took it") };
        assert_eq!(fault.code(), "40007", "{channel}");
    }
}

#[tokio::test]
async fn what_carries_its_bytes_has_them_in_the_call() {
    let picture = file("a.png", b"\x89PNG\r\n\x1a\n", 8);
    let content = content(json!({"image": {"media": "f1"}}));
    for (channel, pointer) in [("wecom-robot", "/image/base64"), ("webhook", "/content/image/base64")] {
        let server = Server::start(Answer::Says(200, json!({"errcode": 0, "errmsg": "ok"}))).await;
        let account = account(channel, &server.base);
        assert_eq!(account.channel.file_use(Format::Image), FileUse::Carry);
        deliver(&account, &content, Some(CallFile::Bytes(&picture)), &somebody()).await;
        let body: Value = serde_json::from_slice(&server.last().body).unwrap();
        assert_eq!(body.pointer(pointer), Some(&json!("iVBORw0KGgo=")), "{channel}");
    }
}
