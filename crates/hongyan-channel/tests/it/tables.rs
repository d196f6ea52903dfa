//! What each channel makes of a table: within its limits, with nothing missing unsaid.

use hongyan_channel::{Account, AccountConfig};
use hongyan_core::{Content, Time};
use hongyan_text::{Dialect, render};
use proptest::prelude::*;
use serde_json::{Value, json};

const NOW: Time = Time::from_millis(1_790_000_000_000);

fn account(config: Value) -> Account {
    let config: AccountConfig = serde_json::from_value(config).unwrap();
    config.open("sample").unwrap()
}

fn accounts() -> Vec<Account> {
    [
        json!({"channel": "dingtalk", "app_key": "k", "app_secret": "canary", "agent_id": 1}),
        json!({"channel": "wecom", "corp_id": "ww0000", "secret": "canary", "agent_id": 1}),
        json!({"channel": "dingtalk-robot", "access_token": "canary"}),
        json!({"channel": "wecom-robot", "key": "canary"}),
        json!({"channel": "mail", "host": "mail.example.com", "from": "ops@example.com"}),
        json!({"channel": "webhook", "url": "https://example.com/hook"}),
    ]
    .map(account)
    .into()
}

/// As the gateway keeps it: the first rows, how many there are, and where the file is.
fn kept(table: Value, extra: Value) -> Content {
    let (columns, rows) = (&table["columns"], table["rows"].as_array().unwrap());
    let mut content = json!({"table": {"columns": columns, "rows": &rows[..rows.len().min(100)],
        "kept": {"total": rows.len(), "file": {"media": "f000000000000000000000000", "name": "positions.xlsx"}}}});
    for (name, value) in extra.as_object().unwrap() {
        if matches!(name.as_str(), "attach" | "align") {
            content["table"][name] = value.clone();
        } else {
            content[name] = value.clone();
        }
    }
    serde_json::from_value(content).unwrap()
}

/// What is sent, as the channel's dialect has it.
fn sent(account: &Account, part: &Content) -> String {
    let markdown = part.markdown.as_deref().unwrap_or_default();
    match account.channel.capabilities().channel {
        "dingtalk" | "dingtalk-robot" => render(markdown, Dialect::DingTalk),
        "wecom" => render(markdown, Dialect::WeCom),
        "wecom-robot" => part.native.as_ref().unwrap()["markdown_v2"]["content"].as_str().unwrap().to_owned(),
        _ => render(markdown, Dialect::Plain),
    }
}

fn positions() -> Value {
    json!({"columns": ["account", "limit", "used"], "rows": [["A-17", 100, 117], ["乙-2", 2000, 12.5]]})
}

#[test]
fn a_small_table_is_one_message_everywhere() {
    let content =
        kept(positions(), json!({"title": "持仓超限", "text": "今日 2 户", "align": ["left", "right", "right"]}));
    let shown: Vec<(&str, String)> = accounts()[..5]
        .iter()
        .map(|account| {
            let parts = account.parts(&content, NOW).unwrap();
            assert_eq!(parts.len(), 1);
            (account.channel.capabilities().channel, sent(account, &parts[0]))
        })
        .collect();
    let quoted = "今日 2 户\n\n> account | limit | used  \n>   A-17 \u{a0} ";
    assert!(shown[0].1.starts_with(quoted) && shown[0].1 == shown[2].1, "{:?}", shown[0]);
    assert_eq!(shown[1].1, "今日 2 户\n\n`account | limit | used`\n`A-17    |   100 |  117`\n`乙-2    |  2000 | 12.5`");
    let v2 = "# 持仓超限\n今日 2 户\n\n| account | limit | used |\n| --- | --: | --: |\n| A-17 | 100 | 117 |\n| 乙-2 | 2000 | 12.5 |";
    assert_eq!(shown[3].1, v2);
    assert_eq!(shown[4].1, "今日 2 户\n\naccount | limit | used\nA-17    |   100 |  117\n乙-2    |  2000 | 12.5");
}

#[test]
fn what_is_missing_is_said_and_the_whole_follows_as_a_file() {
    let rows: Vec<Value> = (0..1_213).map(|n| json!([format!("A-{n}"), n])).collect();
    let content = kept(json!({"columns": ["account", "n"], "rows": rows}), json!({"title": "t"}));
    for account in accounts() {
        let parts = account.parts(&content, NOW).unwrap();
        let channel = account.channel.capabilities().channel;
        let words = sent(&account, &parts[0]);
        match channel {
            "mail" => {
                assert_eq!(parts.len(), 1);
                assert!(words.contains("1,113 more rows; all of it in positions.xlsx"), "{words}");
                assert_eq!(parts[0].file.as_ref().unwrap().name.as_deref(), Some("positions.xlsx"));
            }
            "dingtalk-robot" => {
                assert_eq!(parts.len(), 1);
                assert!(
                    words.contains("另有 1,183 行；其余未发送") && words.contains("the rest was not sent"),
                    "{words}"
                );
            }
            "webhook" => assert_eq!(parts.len(), 1),
            _ => {
                assert_eq!(parts.len(), 2, "{channel}");
                assert!(words.contains("另有 1,183 行；全部见附件 positions.xlsx"), "{channel}: {words}");
                assert_eq!(parts[1].file.as_ref().unwrap().name.as_deref(), Some("positions.xlsx"));
            }
        }
        // A file is wanted, or is not.
        let never = kept(positions(), json!({"title": "t", "attach": "always"}));
        let files =
            |content: &Content| account.parts(content, NOW).unwrap().iter().filter(|p| p.file.is_some()).count();
        let takes = usize::from(!matches!(channel, "webhook" | "dingtalk-robot"));
        assert_eq!(files(&never), takes, "{channel}");
        let rows: Vec<Value> = (0..500).map(|n| json!([n])).collect();
        let never = kept(json!({"columns": ["n"], "rows": rows}), json!({"title": "t", "attach": "never"}));
        assert_eq!(files(&never), 0, "{channel}");
    }
}

#[test]
fn too_many_columns_are_counted() {
    let columns: Vec<String> = (0..20).map(|n| format!("column {n}")).collect();
    let rows: Vec<Value> = (0..2).map(|_| Value::from(vec!["a cell"; 20])).collect();
    let content = kept(json!({"columns": columns, "rows": rows}), json!({"title": "t"}));
    for account in &accounts()[..4] {
        let parts = account.parts(&content, NOW).unwrap();
        let words = sent(account, &parts[0]);
        assert!(words.contains("more columns"), "{words}");
        assert!(words.contains("column 3") && !words.contains("column 19"), "{words}");
    }
    let mail = accounts().swap_remove(4);
    assert!(sent(&mail, &mail.parts(&content, NOW).unwrap()[0]).contains("column 19"));
}

#[test]
fn a_table_without_rows_says_so() {
    for table in [json!({"columns": ["a"], "rows": []}), json!({"columns": [], "rows": []})] {
        let content = kept(table, json!({"title": "t"}));
        for account in &accounts()[..5] {
            let parts = account.parts(&content, NOW).unwrap();
            assert!(parts.len() == 1 && sent(account, &parts[0]).contains("没有数据 · no rows"));
        }
    }
}

#[test]
fn people_are_mentioned_by_a_robot_in_the_dialect_that_can() {
    let content = kept(positions(), json!({"title": "t"}));
    let robot = accounts().swap_remove(3);
    let part = robot.parts(&content, NOW).unwrap().swap_remove(0).into_owned();
    // The real table, and beside it the words for a message that mentions somebody.
    assert!(part.native.is_some() && part.markdown.unwrap().starts_with("```\naccount"));
}

#[test]
fn a_webhook_gets_the_table_as_data() {
    let mut content = kept(positions(), json!({"title": "t", "text": "a"}));
    let table = content.table.as_mut().unwrap();
    table.rows =
        Some(serde_json::from_value(json!([["007", "1.50", "12345678901234567890123"], ["", "", ""]])).unwrap());
    table.kept.as_mut().unwrap().numbers = vec![1, 2];
    let hook = accounts().swap_remove(5);
    let part = hook.parts(&content, NOW).unwrap().swap_remove(0).into_owned();
    let expected = json!({"title": "t", "text": "a", "table": {"columns": ["account", "limit", "used"],
        "rows": [["007", 1.5, "12345678901234567890123"], ["", null, null]]}});
    assert_eq!(serde_json::to_value(part).unwrap(), expected);
}

#[test]
fn words_that_leave_no_room_are_refused() {
    let content = kept(positions(), json!({"title": "t", "text": "长".repeat(700)}));
    for account in &accounts()[..2] {
        let error = account.parts(&content, NOW).unwrap_err();
        assert!(error.field == "text" && error.text().en.contains("no room"), "{error:?}");
    }
}

fn cell() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<i32>().prop_map(Value::from),
        Just(Value::Null),
        "[a-z长|`*_<>\\[\\]()\\\\\n\r\t =-]{0,12}".prop_map(Value::from),
        "\\PC{0,60}".prop_map(Value::from),
        Just(Value::from("<script>alert(1)</script> =cmd() | `x` [a](javascript:b)")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn every_rendering_is_within_the_limits_and_says_what_it_lacks(
        (columns, rows) in (1_usize..25).prop_flat_map(|width| (
            prop::collection::vec("\\PC{0,20}", width),
            prop::collection::vec(prop::collection::vec(cell(), width), 0..60),
        )),
        lead in "\\PC{0,80}",
    ) {
        let total = rows.len();
        let lead = if lead.trim().is_empty() { "a".to_owned() } else { lead };
        let content = kept(json!({"columns": columns, "rows": rows}), json!({"title": "标题", "text": lead}));
        for account in &accounts()[..5] {
            // The platforms' own checks are made here: too long or malformed would be an error.
            let parts = account.parts(&content, NOW).unwrap();
            prop_assert_eq!(&parts, &account.parts(&content, NOW).unwrap(), "the same at every attempt");
            let channel = account.channel.capabilities().channel;
            let words = sent(account, &parts[0]);
            let size = match channel {
                "dingtalk" => json!({"msgtype": "markdown", "markdown": {"title": "标题", "text": words}}).to_string().len(),
                "wecom" => "# 标题\n".len() + words.len(),
                _ => words.len(),
            };
            let limit = match channel { "dingtalk" | "wecom" => 2_048, "wecom-robot" => 4_096, "dingtalk-robot" => 20_000, _ => usize::MAX };
            prop_assert!(size <= limit, "{channel}: {size}");
            let missing = words.contains("all of it in") || words.contains("was not sent");
            if matches!(channel, "dingtalk" | "wecom" | "mail") {
                prop_assert_eq!(missing, parts.iter().any(|part| part.file.is_some()), "{}", channel);
            }
            // Rows that are shown are lines of their own.
            if channel == "wecom" && !missing {
                let shown = words.lines().filter(|line| line.starts_with('`')).count();
                let blank = words.lines().filter(|line| line.is_empty()).count();
                prop_assert!(shown <= total + 1 && shown + blank > total, "{words}");
            }
            prop_assert!(!render(parts[0].markdown.as_deref().unwrap(), Dialect::Html).contains("<script"));
        }
    }
}
