//! Against the sandbox: what needs a platform's mind.

use crate::server::{content, deliver};
use hongyan_channel::{Account, AccountConfig};
use hongyan_core::{
    Address, AddressKind, CallFile, ChatChange, Format, NewChat, Outcome, RecipientState, Target, Time,
};
use hongyan_endpoint::File;
use hongyan_sandbox::{Sandbox, SandboxOptions};
use serde_json::json;

async fn dingtalk() -> (Sandbox, Account) {
    let sandbox = Sandbox::start(SandboxOptions::default()).await.unwrap();
    let given = sandbox.credentials()["dingtalk"].clone();
    let config: AccountConfig = serde_json::from_value(json!({
        "channel": "dingtalk", "app_key": given["app_key"], "app_secret": given["app_secret"],
        "agent_id": given["agent_id"], "base_url": given["base"],
    }))
    .unwrap();
    (sandbox, config.open("ding").unwrap())
}

#[tokio::test]
async fn a_file_goes_into_a_dingtalk_chat_that_the_account_made() {
    let (sandbox, account) = dingtalk().await;
    let chats = account.channel.chats().unwrap();
    let members = ["zhangsan".to_owned(), "lisi".to_owned()].to_vec();
    let new = NewChat { name: "夜盘".into(), owner: Some(members[0].clone()), members: members.clone(), id: None };
    let id = chats.create(&new).await.unwrap();
    chats.update(&id, &ChatChange { name: Some("日盘".into()), ..ChatChange::default() }).await.unwrap();
    let chat = chats.get(&id).await.unwrap();
    assert_eq!((chat.name.as_str(), chat.members.len(), chat.owner.as_ref()), ("日盘", 2, Some(&members[0])));

    let file = File { name: "日报.pdf".into(), media_type: "application/pdf".into(), bytes: b"%PDF-1.7".to_vec() };
    let uploaded = account.channel.upload(Format::File, &file, Time::from_millis(0)).await.unwrap();
    let targets = [Target { index: 0, address: Address::new(AddressKind::Chat, id), resolved: None }];
    let report = content(json!({"file": {"media": "f1"}}));
    let Outcome::Taken { handle: Some(handle), .. } =
        deliver(&account, &report, Some(CallFile::Id(&uploaded.id)), &targets).await
    else {
        panic!("the chat did not take it")
    };
    assert!(chats.readers(&handle).await.unwrap().is_empty());
    let receipts = account.channel.receipts(&handle, &targets).await.unwrap();
    assert_eq!(receipts.results[0].state, RecipientState::Unread);
    assert_eq!(account.channel.recall(&handle).await.unwrap_err().code(), "cannot_recall");

    let gone = deliver(&account, &report, Some(CallFile::Id("@gone")), &targets).await;
    assert!(matches!(gone, Outcome::Failed { fault, .. } if fault.code() == "40007"));
    sandbox.stop().await;
}

#[tokio::test]
async fn a_groups_robot_signs_mentions_and_is_probed_without_a_word() {
    let sandbox = Sandbox::start(SandboxOptions::default()).await.unwrap();
    let given = sandbox.credentials()["dingtalk"].clone();
    let open = |token: &serde_json::Value| {
        let config = json!({
            "channel": "dingtalk-robot", "access_token": token, "secret": given["robot"]["secret"],
            "base_url": given["base"],
        });
        serde_json::from_value::<AccountConfig>(config).unwrap().open("robot").unwrap()
    };
    let robot = open(&given["robot"]["access_token"]);
    robot.channel.probe().await.unwrap();
    let targets = [Target { index: 0, address: Address::new(AddressKind::Userid, "zhangsan"), resolved: None }];
    for form in [
        json!({"text": "磁盘 91%"}),
        json!({"title": "告警", "markdown": "**磁盘** 91%"}),
        json!({"link": {"title": "看板", "url": "https://example.com"}}),
        json!({"title": "审批", "card": {"markdown": "a", "buttons": [{"title": "看", "url": "https://example.com"}]}}),
        json!({"news": [{"title": "周报", "text": "第 31 周", "url": "https://example.com"}]}),
    ] {
        let outcome = deliver(&robot, &content(form.clone()), None, &targets).await;
        assert!(matches!(outcome, Outcome::Taken { .. }), "{form}: {outcome:?}");
    }
    let fault = open(&json!("0000wrong")).channel.probe().await.unwrap_err();
    assert_eq!(fault.code(), "300005", "{fault}");
    sandbox.stop().await;
}

#[tokio::test]
async fn people_and_departments_of_dingtalk_are_read_level_by_level() {
    let (sandbox, account) = dingtalk().await;
    let contacts = account.channel.contacts().unwrap();
    let top = contacts.departments(None).await.unwrap();
    assert!(!top.is_empty());
    let below = contacts.departments(Some(&top[0].id)).await.unwrap();
    assert!(below.iter().all(|row| row.parent.as_deref() == Some(top[0].id.as_str())), "{below:?}");
    let person = contacts.person(&Address::new(AddressKind::Userid, "zhangsan")).await.unwrap();
    assert_eq!(person.name, "张三");
    let members = contacts.members(&person.departments[0]).await.unwrap();
    assert!(members.iter().any(|member| member.userid == "zhangsan"));
    assert!(contacts.person(&Address::new(AddressKind::Userid, "nobody")).await.is_err());
    sandbox.stop().await;
}
