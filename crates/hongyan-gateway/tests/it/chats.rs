//! Group chats: made, read, changed, written into, read by.

use crate::{TestGateway, until};
use hongyan_core::Scope;
use serde_json::json;

#[tokio::test]
async fn a_chat_is_made_changed_and_written_into() {
    let gateway = TestGateway::start().await;
    let order = json!({"account": "ding", "name": "值班", "owner": "li", "members": ["li", "wang"]}).to_string();
    let made = gateway.post("/v1/chats", &order).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/chats/ding/{id}");
    let chat = gateway.get(&path).await.json();
    assert_eq!(chat, json!({"account": "ding", "id": id, "name": "值班", "owner": "li", "members": ["li", "wang"]}));

    let change = json!({"name": "新值班", "add": ["sun"], "remove": ["wang"]}).to_string();
    assert_eq!(gateway.post(&path, &change).await.json(), json!({"account": "ding", "id": id}));
    assert_eq!(gateway.get(&path).await.json()["members"], json!(["li", "sun"]));
    let list = gateway.get("/v1/chats?account=ding").await.json();
    assert_eq!((&list["chats"][0]["id"], &list["chats"][0]["name"]), (&json!(id), &json!("新值班")));
    assert_eq!(gateway.get("/v1/chats?account=mail").await.json(), json!({"chats": []}));

    let body = json!({"to": [{"chat": id}, {"userid": "li"}], "via": ["ding"], "content": {"text": "a"}}).to_string();
    let message = gateway.settled(&body).await;
    assert_eq!(message["state"], "sent");
    let readers = gateway.get(&format!("/v1/messages/{}/readers", message["id"].as_str().unwrap())).await.json();
    assert_eq!(readers["chats"].as_array().unwrap().len(), 1, "only of chats");
    assert_eq!((&readers["chats"][0]["chat"], &readers["chats"][0]["readers"]), (&json!(id), &json!(["li"])));
}

#[tokio::test]
async fn what_the_platform_says_against_a_chat_is_a_problem_with_its_words() {
    let gateway = TestGateway::start().await;
    let with = |member: &str| json!({"account": "ding", "name": "a", "members": ["li", member]}).to_string();
    for (member, status, code, class) in [
        ("ghost", 422, "platform_refused", "permanent"),
        ("shut", 502, "platform_failed", "permanent"),
        ("busy", 503, "platform_throttled", "throttled"),
        ("lost", 504, "platform_unknown", "ambiguous"),
    ] {
        let answer = gateway.post("/v1/chats", &with(member)).await;
        assert_eq!(answer.problem(), (status, code.into(), None), "{member}");
        assert_eq!(answer.json()["error"]["class"], class);
        let after = (code == "platform_throttled").then_some("60");
        assert_eq!(answer.header("retry-after"), after, "{member}");
    }
    let answer = gateway.get("/v1/chats/ding/none").await;
    assert_eq!(answer.problem(), (404, "not_found".into(), None));
    let error = &answer.json()["error"];
    assert_eq!((&error["reason"]["code"], &error["advice"]["zh"]), (&json!("86003"), &json!("请核对 ID")));
    assert!(answer.json()["detail_zh"].as_str().unwrap().contains("群聊不存在"));
    assert_eq!(gateway.post("/v1/chats/ding/none", r#"{"name":"b"}"#).await.problem().0, 404);
    assert_eq!(gateway.get("/v1/chats?account=ding").await.json(), json!({"chats": []}), "none of them was made");
}

#[tokio::test]
async fn an_account_that_rests_is_asked_for_nothing_and_the_answer_says_why_and_until_when() {
    let gateway = TestGateway::start().await;
    let body = json!({"to": [{"chat": "c"}], "via": ["ding"], "content": {"text": "a"}}).to_string();
    let id = gateway.settled(&body).await["id"].as_str().unwrap().to_owned();
    let order = |member: &str| json!({"account": "ding", "name": "a", "members": [member]}).to_string();
    let answer = gateway.post("/v1/chats", &order("locked")).await;
    assert_eq!((answer.problem().0, &answer.json()["error"]["reason"]["code"]), (502, &json!("40001")));
    for (method, path, body) in [
        ("POST", "/v1/chats", order("li").as_str()),
        ("GET", "/v1/chats/ding/none", ""),
        ("POST", "/v1/chats/ding/none", r#"{"name":"b"}"#),
        ("GET", "/v1/contacts/ding/people?userid=ghost", ""),
        ("GET", "/v1/contacts/ding/departments", ""),
        ("GET", "/v1/contacts/ding/departments/9/members", ""),
        ("POST", &format!("/v1/messages/{id}/recall"), ""),
    ] {
        let answer = gateway.request(method, path).body(body).send().await;
        assert_eq!(answer.problem(), (503, "account_rests".into(), Some("account".into())), "{method} {path}");
        let after: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=30).contains(&after), "{after}");
        let rest = &answer.json()["rest"];
        assert_eq!((&rest["cause"]["class"], &rest["cause"]["reason"]["code"]), (&json!("permanent"), &json!("40001")));
        let [since, until] = ["since", "until"].map(|end| rest[end].as_str().unwrap().to_owned());
        assert!(since < until, "{rest}");
        let account = gateway.get("/v1/accounts").await.json()["accounts"].as_array().unwrap()[1].clone();
        assert_eq!(account["name"], "ding");
        assert_eq!((&account["rest"]["cause"], &account["rest"]["since"]), (&rest["cause"], &rest["since"]));
    }
    let readers = gateway.get(&format!("/v1/messages/{id}/readers")).await.json();
    assert_eq!(readers["chats"][0]["error"]["reason"]["code"], "40001");

    assert_eq!(gateway.post("/v1/accounts/ding/check", "").await.json()["ok"], true);
    assert_eq!(gateway.get("/v1/contacts/ding/departments").await.status, 200, "it was seen to work");
    let recalled = gateway.post(&format!("/v1/messages/{id}/recall"), "").await.json();
    assert_eq!(recalled["deliveries"][0]["result"], "recalled");
}

#[tokio::test]
async fn a_wrong_request_about_chats_is_named_by_its_field() {
    let gateway = TestGateway::start().await;
    for (body, status, field) in [
        (json!({"name": "a", "members": ["li"]}), 422, Some("account")),
        (json!({"account": "none", "name": "a", "members": ["li"]}), 404, Some("account")),
        (json!({"account": "mail", "name": "a", "members": ["li"]}), 422, Some("account")),
        (json!({"account": "ding", "name": " ", "members": ["li"]}), 422, Some("name")),
        (json!({"account": "ding", "name": "a\nb", "members": ["li"]}), 422, Some("name")),
        (json!({"account": "ding", "name": "a", "members": []}), 422, Some("members")),
        (json!({"account": "ding", "name": "a", "members": [""]}), 422, Some("members")),
        (json!({"account": "ding", "name": "a", "members": vec!["li"; 1_001]}), 422, Some("members")),
        (json!({"account": "ding", "name": "a", "members": ["li"], "owner": ""}), 422, Some("owner")),
        (json!({"account": "ding", "name": "a", "members": ["li"], "id": ""}), 422, Some("id")),
        (json!({"account": "ding", "name": "a", "members": ["li"], "colour": 1}), 422, Some("colour")),
    ] {
        let (got, _, at) = gateway.post("/v1/chats", &body.to_string()).await.problem();
        assert_eq!((got, at.as_deref()), (status, field), "{body}");
    }
    for (body, field) in [("{}", None), (r#"{"name":""}"#, Some("name")), (r#"{"add":["\u0007"]}"#, Some("add"))] {
        let (got, _, at) = gateway.post("/v1/chats/ding/c", body).await.problem();
        assert_eq!((got, at.as_deref()), (422, field), "{body}");
    }
    assert_eq!(gateway.get("/v1/chats").await.problem(), (400, "invalid_query".into(), Some("account".into())));
    assert_eq!(gateway.get("/v1/messages/mnone/readers").await.problem().0, 404);
}

#[tokio::test]
async fn a_key_reaches_only_its_accounts_and_scopes() {
    let gateway = TestGateway::start().await;
    let reader = gateway.key(&[Scope::Read], &["mail"]).await;
    let ask = async |method: &str, path: &str, body: &str| {
        gateway.request(method, path).bearer(&reader).body(body).send().await
    };
    until(async || ask("GET", "/v1/media", "").await, |answer| answer.status == 200).await;
    let order = r#"{"account":"mail","name":"a","members":["li"]}"#;
    for (method, path, body, code) in [
        ("POST", "/v1/media?name=a", "abc", "forbidden"),
        ("POST", "/v1/chats", order, "forbidden"),
        ("POST", "/v1/chats/mail/c", r#"{"name":"b"}"#, "forbidden"),
        ("GET", "/v1/chats?account=ding", "", "account_forbidden"),
        ("GET", "/v1/chats/ding/c", "", "account_forbidden"),
        ("GET", "/v1/contacts/ding/people?userid=li", "", "account_forbidden"),
        ("GET", "/v1/contacts/ding/departments", "", "account_forbidden"),
        ("GET", "/v1/contacts/ding/departments/2/members", "", "account_forbidden"),
    ] {
        let (status, got, _) = ask(method, path, body).await.problem();
        assert_eq!((status, got.as_str()), (403, code), "{method} {path}");
    }
    for path in ["/v1/media", "/v1/chats?account=ding", "/v1/contacts/ding/people?userid=li"] {
        let nobody = crate::http::Request::new(gateway.address, "GET", path).send().await;
        assert_eq!(nobody.problem().0, 401, "{path}");
    }
}
