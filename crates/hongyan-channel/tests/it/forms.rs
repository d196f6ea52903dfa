//! Every form through every channel: what is accepted passes the platform's own check as it leaves.

use crate::server::{Answer, Server, account, content, deliver};
use hongyan_core::{Address, AddressKind, CallFile, Content, FileUse, Format, Target, Templated, Time};
use hongyan_dingtalk::content as dingtalk;
use hongyan_endpoint::File;
use hongyan_wecom::content::{self as wecom, Place};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// The object that left, judged as its platform judges it.
fn judge(channel: &str, body: &[u8], chat: bool) -> Result<(), String> {
    let body: Map<String, Value> = serde_json::from_slice(body).map_err(|e| e.to_string())?;
    let msgtype = body.get("msgtype").and_then(Value::as_str).unwrap_or_default();
    let wecom = |place| wecom::check(place, msgtype, &body).map_err(|unfit| unfit.to_string());
    match channel {
        "dingtalk" => dingtalk::check(body["msg"].as_object().ok_or("no msg")?).map_err(|unfit| unfit.to_string()),
        "dingtalk-robot" => {
            let message = serde_json::from_value(Value::Object(body)).map_err(|e| e.to_string())?;
            dingtalk::robot(&message).map_err(|unfit| unfit.to_string())
        }
        "wecom" => wecom(if chat { Place::Chat } else { Place::App }),
        "wecom-robot" => wecom(Place::Robot),
        _ => Ok(()),
    }
}

fn words() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9 .!?*_#`<>&\\[\\]()~|-]{1,60}",
        "[\u{4e00}-\u{4e40}，。！]{1,80}",
        "[\u{1f600}-\u{1f640}a-z]{1,20}",
        Just("**告警** [看板](https://example.com/a_b)\n\n| 节点 | 状态 |\n|---|---|\n| dn-3 | 离线 |\n".repeat(3)),
    ]
    .prop_filter("not blank", |words| !words.trim().is_empty())
}

fn url() -> impl Strategy<Value = String> {
    "[a-z0-9/?=&%()_.-]{0,60}".prop_map(|rest| format!("https://example.com/{rest}"))
}

fn link() -> impl Strategy<Value = Value> {
    (words(), prop::option::of(words()), url(), prop::option::of(url())).prop_map(|(title, text, url, picture)| {
        json!({"title": title, "text": text.unwrap_or_default(), "url": url, "picture": picture})
    })
}

fn any_content() -> impl Strategy<Value = Content> {
    let button = (words(), url()).prop_map(|(title, url)| json!({"title": title, "url": url}));
    let title = "[a-z\u{4e00}-\u{4e20}]{1,30}";
    let file = |form: &'static str| json!({form: {"media": "f1"}});
    prop_oneof![
        words().prop_map(|text| json!({ "text": text })),
        (title, words()).prop_map(|(title, text)| json!({"title": title, "text": text})),
        (title, words()).prop_map(|(title, markdown)| json!({"title": title, "markdown": markdown})),
        (title, words(), prop::collection::vec(button, 1..6)).prop_map(|(title, markdown, buttons)| {
            json!({"title": title, "card": {"markdown": markdown, "buttons": buttons}})
        }),
        link().prop_map(|link| json!({ "link": link })),
        prop::collection::vec(link(), 1..8).prop_map(|news| json!({ "news": news })),
        (title, words(), prop::collection::vec(prop::collection::vec(words(), 2), 0..9)).prop_map(
            |(title, text, rows)| json!({"title": title, "text": text, "table": {"columns": ["a", text], "rows": rows}})
        ),
        Just(file("image")),
        Just(file("file")),
        Just(file("video")),
        (1_u32..60).prop_map(|seconds| json!({"voice": {"media": "f1", "seconds": seconds}})),
        words().prop_map(|text| json!({"native": {"msgtype": "text", "text": {"content": text}}})),
    ]
    .prop_map(content)
}

fn chat(id: &str) -> Vec<Target> {
    vec![Target { index: 0, address: Address::new(AddressKind::Chat, id), resolved: None }]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn what_is_accepted_passes_the_platforms_own_check(content in any_content(), users in 1_usize..20) {
        let Ok(Templated::Ready(form)) = content.form() else { return Ok(()) };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let people: Vec<Target> = (0_u32..).take(users)
            .map(|i| Target {
                index: i,
                address: Address::new(AddressKind::Userid, format!("user-of-some-length-{i}")),
                resolved: None,
            })
            .collect();
        let picture = File { name: "a.png".into(), bytes: b"\x89PNG\r\n\x1a\n".to_vec(), ..File::default() };
        runtime.block_on(async {
            for (channel, targets) in [
                ("dingtalk", people.clone()), ("wecom", people.clone()), ("dingtalk-robot", people.clone()),
                ("wecom-robot", people), ("dingtalk", chat("chat1")), ("wecom", chat("c1")),
            ] {
                let server = Server::start(Answer::Says(200, json!({"errcode": 0, "errmsg": "ok", "task_id": 7}))).await;
                let mut account = account(channel, &server.base);
                account.long_text = hongyan_channel::LongText::Split;
                if !account.channel.capabilities().formats.contains(&form) {
                    continue;
                }
                let Ok(parts) = account.parts(&content, Time::from_millis(0)) else { continue };
                for part in parts {
                    let form = part.media().map_or(form, |(form, _)| form);
                    let file = match account.channel.file_use(form) {
                        FileUse::Carry => CallFile::Bytes(&picture),
                        _ => CallFile::Id("@lADPDe7s2ySi18PNA6XNBXg"),
                    };
                    let file = part.media().map(|_| file);
                    deliver(&account, &part, file, &targets).await;
                    let judged = judge(channel, &server.last().body, targets[0].address.kind == AddressKind::Chat);
                    prop_assert!(judged.is_ok(), "{} {:?}: {:?}", channel, judged, part);
                }
            }
            Ok(())
        })?;
    }
}

#[tokio::test]
async fn every_form_has_a_channel_and_every_channel_its_forms() {
    for (channel, forms) in
        [("dingtalk", 11), ("wecom", 11), ("dingtalk-robot", 7), ("wecom-robot", 11), ("webhook", 12)]
    {
        let account = account(channel, "http://127.0.0.1:1");
        assert_eq!(account.channel.capabilities().formats.len(), forms, "{channel}");
    }
    assert_eq!(Format::EVERY.len(), 12);
}

#[tokio::test]
async fn a_native_object_that_the_platform_would_refuse_names_its_field() {
    let empty = content(json!({"native": {"msgtype": "text", "text": {"content": ""}}}));
    let nothing = content(json!({"native": {"text": {"content": "a"}}}));
    for channel in ["dingtalk", "wecom", "dingtalk-robot", "wecom-robot"] {
        let account = account(channel, "http://127.0.0.1:1");
        let unfit = |content| account.parts(content, Time::from_millis(0)).unwrap_err();
        assert_eq!(unfit(&empty).field, "native.text.content", "{channel}");
        assert!(unfit(&nothing).field.starts_with("native"), "{channel}");
    }
}

#[tokio::test]
async fn a_chat_by_its_conversation_is_the_robots_to_send_to() {
    let server = Server::start(Answer::Says(200, json!({"processQueryKey": "key1"}))).await;
    let account = account("dingtalk", &server.base);
    let text = content(json!({"text": "a"}));
    let outcome = deliver(&account, &text, None, &chat("cid6KeBB==")).await;
    assert!(
        matches!(outcome, hongyan_core::Outcome::Taken { handle: Some(handle), .. } if handle.as_str() == "robot:cid6KeBB==:key1")
    );
    let came = server.last();
    assert!(came.head.starts_with("POST /v1.0/robot/groupMessages/send"), "{}", came.head);
    let body: Value = serde_json::from_slice(&came.body).unwrap();
    assert_eq!((&body["robotCode"], &body["msgParam"]), (&json!("dingsample"), &json!("{\"content\":\"a\"}")));
}
