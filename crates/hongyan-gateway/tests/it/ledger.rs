//! What a message becomes, and what can be asked about it.

use crate::{TestGateway, until};

async fn accepted(gateway: &TestGateway, body: &str) -> String {
    let answer = gateway.post("/v1/messages", body).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    answer.json()["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_accepted_message_is_planned_sent_and_explained_per_recipient() {
    let gateway = TestGateway::start().await;
    let body = r#"{"to":[{"userid":"li"},{"userid":"ghost"},{"email":"li@example.com"}],
        "content":{"template":"disk","data":{"host":"db1","used":91}},"labels":{"app":"ops"}}"#;
    let answer = gateway.post("/v1/messages?wait=10s", body).await;
    assert_eq!(answer.status, 202);
    let json = answer.json();
    assert_eq!(json["state"], "partial", "{json}");
    let id = json["id"].as_str().unwrap();
    assert_eq!(json["deliveries"][0]["id"], format!("{id}.1"));
    assert_eq!((&json["deliveries"][0]["account"], &json["deliveries"][0]["recipients"]), (&"ding".into(), &2.into()));
    assert_eq!(json["deliveries"][1]["account"], "mail");

    let row = gateway.get(&format!("/v1/messages/{id}")).await.json();
    assert_eq!(row["content"]["title"], "db1");
    assert_eq!(row["content"]["markdown"], "**disk** 91 %");
    assert_eq!(row["deliveries"][0]["history"][0]["class"], "taken");
    let ledger = gateway.get(&format!("/v1/messages/{id}/recipients")).await.json();
    let ghost = &ledger["recipients"][1];
    assert_eq!((&ghost["address"]["userid"], &ghost["state"]), (&"ghost".into(), &"refused".into()));
    assert_eq!(ghost["reason"]["message"], "no such user");
    assert_eq!((&ghost["advice"]["en"], &ghost["advice"]["who"]), (&"check the id".into(), &"sender".into()));
    assert!(ledger["recipients"][0].get("advice").is_none());
    gateway.stop().await;
}

#[tokio::test]
async fn a_long_text_goes_out_in_parts_one_after_another() {
    let gateway = TestGateway::start().await;
    let body = r#"{"to":[{"userid":"li"},{"userid":"ghost"}],"via":["ding"],"content":{"text":"one<<cut>>two"}}"#;
    let plan = gateway.post("/v1/messages/plan", body).await.json();
    assert_eq!(plan["deliveries"][1]["part"], serde_json::json!({"number": 2, "of": 2}), "{plan}");
    assert_eq!([&plan["deliveries"][0]["shows"], &plan["deliveries"][1]["shows"]], ["one", "two"], "{plan}");
    let json = gateway.post("/v1/messages?wait=10s", body).await.json();
    assert_eq!(json["state"], "partial", "{json}");
    let id = json["id"].as_str().unwrap();
    let row = gateway.get(&format!("/v1/messages/{id}")).await.json();
    let [first, second] = [0, 1].map(|i| row["deliveries"][i]["history"][0]["at"].as_str().unwrap().to_owned());
    assert!(first <= second);
    let ledger = gateway.get(&format!("/v1/messages/{id}/recipients")).await.json();
    let shown: Vec<_> = ledger["recipients"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| (r["address"]["userid"].as_str().unwrap(), r["part"]["number"].as_u64().unwrap()))
        .collect();
    assert_eq!(shown, [("li", 1), ("ghost", 1), ("li", 2), ("ghost", 2)]);
    gateway.stop().await;
}

#[tokio::test]
async fn what_each_part_says_is_kept_when_the_message_is_accepted() {
    let gateway = TestGateway::start().await;
    let body = r#"{"to":[{"userid":"li"}],"via":["ding"],"content":{"text":"one<<cut>>two"},
        "send_at":"2100-01-01T00:00:00Z"}"#;
    let id = accepted(&gateway, body).await;
    let far = hongyan_core::Time::from_millis(5_000_000_000_000);
    let claims = hongyan_core::Queue::claim(&*gateway.store, "ding", far, far, 10).await.unwrap();
    let said: Vec<_> = claims.iter().map(|claim| (claim.ready, claim.content.text.as_deref())).collect();
    assert_eq!(said, [(true, Some("one"))], "the second part waits for the first");
    let row = gateway.get(&format!("/v1/messages/{id}")).await.json();
    assert_eq!(row["content"]["text"], "one<<cut>>two");
    gateway.stop().await;
}

#[tokio::test]
async fn messages_are_found_by_what_is_known_of_them() {
    let gateway = TestGateway::start().await;
    let to = |userid: &str, app: &str| {
        format!(
            r#"{{"to":[{{"userid":"{userid}"}}],"via":["ding"],"content":{{"text":"a"}},"labels":{{"app":"{app}","x y":"å"}}}}"#
        )
    };
    let li = accepted(&gateway, &to("li", "ops")).await;
    let ghost = accepted(&gateway, &to("ghost", "shop")).await;
    let ids = async |query: &str| -> Vec<String> {
        let json = gateway.get(&format!("/v1/messages{query}")).await.json();
        json["messages"].as_array().unwrap().iter().map(|m| m["id"].as_str().unwrap().to_owned()).collect()
    };
    until(async || gateway.get(&format!("/v1/messages/{ghost}")).await, |a| a.json()["state"] == "failed").await;
    until(async || gateway.get(&format!("/v1/messages/{li}")).await, |a| a.json()["state"] == "sent").await;
    assert_eq!(ids("").await, [ghost.as_str(), li.as_str()]);
    assert_eq!(ids("?state=refused").await, [ghost.as_str()]);
    assert_eq!(ids("?recipient=li").await, [li.as_str()]);
    assert_eq!(ids("?label.app=ops").await, [li.as_str()]);
    assert_eq!(ids("?label.app=ops&label.x%20y=%C3%A5").await, [li.as_str()]);
    assert!(ids("?label.app=nope").await.is_empty());
    assert!(ids("?account=mail").await.is_empty());
    let first = gateway.get("/v1/messages?limit=1").await.json();
    assert_eq!(first["messages"][0]["id"], ghost);
    let cursor = first["next_cursor"].as_str().unwrap();
    assert_eq!(ids(&format!("?limit=1&cursor={cursor}")).await, [li.as_str()]);
    gateway.stop().await;
}

#[tokio::test]
async fn a_message_can_be_called_off_recalled_and_tried_again() {
    let gateway = TestGateway::start().await;
    let later = r#"{"to":[{"userid":"li"}],"via":["ding"],"content":{"text":"a"},"send_at":"2099-01-01T00:00:00Z"}"#;
    let id = accepted(&gateway, later).await;
    let report = gateway.post(&format!("/v1/messages/{id}/cancel"), "").await.json();
    assert_eq!((&report["id"], &report["deliveries"]), (&id.clone().into(), &1.into()));
    assert_eq!(gateway.get(&format!("/v1/messages/{id}")).await.json()["state"], "cancelled");

    let now = r#"{"to":[{"userid":"li"},{"userid":"ghost"}],"via":["ding"],"content":{"text":"a"}}"#;
    let answer = gateway.post("/v1/messages?wait=10s", now).await.json();
    let id = answer["id"].as_str().unwrap().to_owned();
    let report = gateway.post(&format!("/v1/messages/{id}/retry"), "").await.json();
    assert_eq!(report["deliveries"], 1);
    until(async || gateway.get(&format!("/v1/messages/{id}")).await, |a| a.json()["state"] == "partial").await;
    let report = gateway.post(&format!("/v1/messages/{id}/recall"), "").await.json();
    assert_eq!(report["deliveries"][0]["result"], "recalled", "{report}");
    let row = gateway.get(&format!("/v1/messages/{id}")).await.json();
    assert_eq!(row["recipients"]["recalled"], 1, "{row}");
    gateway.stop().await;
}

#[tokio::test]
async fn a_wait_ends_when_its_time_is_up() {
    let gateway = TestGateway::start().await;
    let later = r#"{"to":[{"userid":"li"}],"via":["ding"],"content":{"text":"a"},"send_at":"2099-01-01T00:00:00Z"}"#;
    let answer = gateway.post("/v1/messages?wait=200ms", later).await;
    assert_eq!((answer.status, &answer.json()["state"]), (202, &"pending".into()));
    gateway.stop().await;
}

#[tokio::test]
async fn a_plan_counts_calls_and_stores_nothing() {
    let gateway = TestGateway::start().await;
    let mut to: Vec<String> = (0..150).map(|i| format!(r#"{{"mobile":"13{i:09}"}}"#)).collect();
    to.push(r#"{"email":"li@example.com"}"#.into());
    let body = format!(r#"{{"to":[{}],"content":{{"title":"t","text":"a"}}}}"#, to.join(","));
    let answer = gateway.post("/v1/messages/plan", &body).await;
    assert_eq!(answer.status, 200);
    let plan = answer.json();
    assert_eq!(plan["cost"], serde_json::json!({"sends": 3, "lookups": 150, "calls": 153}));
    let shape: Vec<(&str, &str, usize)> = plan["deliveries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| {
            let recipients = d["recipients"].as_array().unwrap().len();
            (d["account"].as_str().unwrap(), d["channel"].as_str().unwrap(), recipients)
        })
        .collect();
    assert_eq!(shape, [("ding", "people", 100), ("ding", "people", 50), ("mail", "mailboxes", 1)]);
    assert_eq!(gateway.get("/v1/messages").await.json()["messages"].as_array().unwrap().len(), 0);
    gateway.stop().await;
}

#[tokio::test]
async fn accounts_say_how_they_are_and_what_they_can() {
    let gateway = TestGateway::start().await;
    let accounts = gateway.get("/v1/accounts").await.json();
    let ding = &accounts["accounts"][1];
    assert_eq!((&ding["name"], &ding["channel"], &ding["token"]), (&"ding".into(), &"people".into(), &"none".into()));
    assert_eq!(ding["reaches"][0], serde_json::json!({"kinds": ["userid", "mobile"], "max": 100}));
    let check = gateway.post("/v1/accounts/ding/check", "").await.json();
    assert_eq!(check, serde_json::json!({"account": "ding", "ok": true}));
    let check = gateway.post("/v1/accounts/boom/check", "").await.json();
    assert_eq!((&check["ok"], &check["error"]["reason"]["code"]), (&false.into(), &"40035".into()));
    assert_eq!(check["error"]["advice"]["zh"], "请核对 ID");
    let accounts = gateway.get("/v1/accounts").await.json();
    let boom = accounts["accounts"].as_array().unwrap().iter().find(|account| account["name"] == "boom").unwrap();
    assert_eq!(boom["last_error"]["reason"], check["error"]["reason"], "what a check met is told");
    gateway.stop().await;
}
