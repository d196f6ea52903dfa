//! Against the sandbox: what needs a platform's mind.

use crate::server::{content, deliver};
use hongyan_channel::{Account, AccountConfig};
use hongyan_core::{
    Address, AddressKind, CallFile, ChatChange, Format, NewChat, Outcome, RecipientState, Target, Time,
};
use hongyan_endpoint::{Class, File};
use hongyan_sandbox::{Sandbox, SandboxOptions};
use serde_json::json;

async fn dingtalk() -> (Sandbox, Account) {
    let sandbox = Sandbox::start(SandboxOptions::default()).await.unwrap();
    let account = dingtalk_on(&sandbox);
    (sandbox, account)
}

fn dingtalk_on(sandbox: &Sandbox) -> Account {
    let given = sandbox.credentials()["dingtalk"].clone();
    let config: AccountConfig = serde_json::from_value(json!({
        "channel": "dingtalk", "app_key": given["app_key"], "app_secret": given["app_secret"],
        "agent_id": given["agent_id"], "base_url": given["base"],
    }))
    .unwrap();
    config.open("ding").unwrap()
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
    let uploaded = account.channel.uploads().unwrap().upload(Format::File, &file, Time::from_millis(0)).await.unwrap();
    let targets = [Target { index: 0, address: Address::new(AddressKind::Chat, id), resolved: None }];
    let report = content(json!({"file": {"media": "f1"}}));
    let Outcome::Taken { handle: Some(handle), .. } =
        deliver(&account, &report, Some(CallFile::Id(&uploaded.id)), &targets).await
    else {
        panic!("the chat did not take it")
    };
    assert!(chats.readers(&handle).await.unwrap().is_empty());
    let receipts = account.channel.receipts().unwrap().ask(&handle, &targets).await.unwrap();
    assert_eq!(receipts.results[0].state, RecipientState::Unread);
    assert_eq!(account.channel.recall().unwrap().take_back(&handle).await.unwrap_err().code(), "cannot_recall");

    let gone = deliver(&account, &report, Some(CallFile::Id("@gone")), &targets).await;
    assert!(matches!(gone, Outcome::Failed { fault, .. } if fault.code() == "40007"));
    sandbox.stop().await;
}

#[tokio::test]
async fn a_task_whose_result_is_never_given_is_asked_for_until_it_is_done() {
    let sandbox = Sandbox::start(SandboxOptions { people: 200, ..SandboxOptions::default() }).await.unwrap();
    let account = dingtalk_on(&sandbox);
    let targets = [Target { index: 0, address: Address::new(AddressKind::All, ""), resolved: None }];
    let Outcome::Taken { handle: Some(handle), .. } =
        deliver(&account, &content(json!({"text": "全员"})), None, &targets).await
    else {
        panic!("it was not taken")
    };
    let fault = loop {
        match account.channel.receipts().unwrap().ask(&handle, &targets).await {
            Ok(receipts) => assert!(!receipts.finished && receipts.results.is_empty()),
            Err(fault) => break fault,
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    };
    assert_eq!((fault.code(), fault.class()), ("41052", Class::Permanent));
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
