//! Keys, scopes, and idempotency keys.

use crate::{TestGateway, http::Request, until};
use hongyan_api::{Method, Operation, ROUTES};
use hongyan_core::{Admin, Ledger, Scope, clock};
use hongyan_gateway::keys;

const TO_DING: &str = r#"{"to":[{"userid":"li"}],"via":["ding"],"content":{"text":"a"}}"#;
const TO_MAIL: &str = r#"{"to":[{"email":"li@example.com"}],"via":["mail"],"content":{"title":"t","text":"a"}}"#;

fn filled(path: &str) -> String {
    path.replace("{id}", "m0000000000000").replace("{name}", "ding")
}

#[tokio::test]
async fn without_a_key_only_the_open_pages_answer() {
    let gateway = TestGateway::start().await;
    let wrong = gateway.admin.chars().rev().collect::<String>();
    let close = format!("{}x", &gateway.admin[..gateway.admin.len() - 1]);
    for route in ROUTES {
        let request = || Request::new(gateway.address, route.method.name(), &filled(route.path));
        if route.scope.is_none() {
            assert_eq!(request().send().await.status, 200, "{}", route.path);
            continue;
        }
        for request in [
            request(),
            request().header("authorization", "Bearer "),
            request().header("authorization", "Basic eDp5"),
            request().header("authorization", &gateway.admin),
            request().bearer(&wrong),
            request().bearer(&close),
        ] {
            let answer = request.send().await;
            assert_eq!(answer.problem().0, 401, "{}", route.path);
            assert!(answer.header("www-authenticate").unwrap().starts_with("Bearer"));
        }
    }
    gateway.stop().await;
}

#[tokio::test]
async fn metrics_can_be_opened() {
    let gateway = TestGateway::start_with(&crate::CONFIG.replace("[server]", "[server]\nopen_metrics = true")).await;
    assert_eq!(Request::new(gateway.address, "GET", "/metrics").send().await.status, 200);
    gateway.stop().await;
}

#[tokio::test]
async fn a_key_does_what_its_scopes_allow_and_a_new_one_needs_no_restart() {
    let gateway = TestGateway::start().await;
    for scope in Scope::EVERY {
        let key = gateway.key(&[scope], &[]).await;
        let ask = async || Request::new(gateway.address, "GET", "/v1/accounts").bearer(&key).send().await;
        until(ask, |answer| answer.status != 401).await;
        for route in ROUTES.iter().filter(|route| route.scope.is_some()) {
            // A body is wanted where one is taken; an empty one is refused later than a key.
            let request = Request::new(gateway.address, route.method.name(), &filled(route.path)).bearer(&key);
            let status = request.body("").send().await.status;
            let allowed = scope == Scope::Admin || route.scope == Some(scope);
            assert_eq!(status == 403, !allowed, "{} {} {}", scope.name(), route.path, status);
        }
    }
    gateway.stop().await;
}

#[tokio::test]
async fn a_revoked_key_is_refused_soon() {
    let gateway = TestGateway::start().await;
    assert_eq!(gateway.get("/v1/accounts").await.status, 200);
    let id = gateway.store.keys().await.unwrap()[0].id.clone();
    assert!(gateway.store.revoke_key(&id, hongyan_core::Clock::now(&clock::System)).await.unwrap());
    until(async || gateway.get("/v1/accounts").await, |answer| answer.status == 401).await;
    gateway.stop().await;
}

#[tokio::test]
async fn a_key_for_one_account_sees_and_uses_that_one_alone() {
    let gateway = TestGateway::start().await;
    let key = gateway.key(&[Scope::Send, Scope::Read], &["ding"]).await;
    let call = |method: &str, path: &str| Request::new(gateway.address, method, path).bearer(&key);
    until(async || call("GET", "/v1/accounts").send().await, |answer| answer.status == 200).await;
    assert_eq!(call("POST", "/v1/messages").body(TO_DING).send().await.status, 202);
    let refused = call("POST", "/v1/messages").body(TO_MAIL).send().await;
    assert_eq!(refused.problem().1, "account_forbidden");
    assert!(refused.json()["detail"].as_str().unwrap().contains("mail"));
    let id = gateway.post("/v1/messages", TO_MAIL).await.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(call("GET", &format!("/v1/messages/{id}")).send().await.status, 403);
    assert_eq!(call("POST", &format!("/v1/messages/{id}/cancel")).send().await.status, 403);
    assert_eq!(call("GET", "/v1/messages?account=mail").send().await.status, 403);
    let page = call("GET", "/v1/messages").send().await.json();
    assert_eq!(page["messages"].as_array().unwrap().len(), 1);
    let accounts = call("GET", "/v1/accounts").send().await.json();
    assert_eq!(accounts["accounts"].as_array().unwrap().len(), 1);
    gateway.stop().await;
}

#[tokio::test]
async fn metrics_name_no_account_that_the_key_is_not_for() {
    let gateway = TestGateway::start().await;
    gateway.settled(TO_DING).await;
    gateway.settled(TO_MAIL).await;
    let key = gateway.key(&[Scope::Read, Scope::Admin], &["ding"]).await;
    let call = async || Request::new(gateway.address, "GET", "/metrics").bearer(&key).send().await;
    let some = until(call, |answer| answer.status == 200).await.text();
    assert!(some.contains("account=\"ding\"") && some.contains("hongyan_accepted_total"), "{some}");
    assert!(!some.contains("mail") && !some.contains("boom"), "{some}");
    assert!(gateway.get("/metrics").await.text().contains("account=\"mail\""));
    gateway.stop().await;
}

#[tokio::test]
async fn the_first_start_makes_one_admin_key_and_the_second_none() {
    let gateway = TestGateway::start().await;
    let now = hongyan_core::Clock::now(&clock::System);
    assert_eq!(keys::ensure_first(gateway.store.as_ref(), now).await.unwrap(), None);
    let rows = gateway.store.keys().await.unwrap();
    assert_eq!((rows.len(), rows[0].scopes.as_slice()), (1, [Scope::Admin].as_slice()));
    assert!(gateway.admin.starts_with(&format!("hy_{}_", rows[0].id)));
    gateway.stop().await;
}

#[tokio::test]
async fn the_same_idempotency_key_is_the_same_message() {
    let gateway = TestGateway::start().await;
    let post = |path: &str, key: &str, body: &str| {
        gateway.request("POST", path).header("idempotency-key", key).body(body.to_owned()).send()
    };
    let first = post("/v1/messages", "order-7", TO_DING).await;
    let again = post("/v1/messages", "order-7", TO_DING).await;
    assert_eq!((first.status, again.status), (202, 202));
    assert_eq!(first.json()["id"], again.json()["id"]);
    assert_eq!(first.json()["deliveries"], again.json()["deliveries"]);
    assert_eq!((first.header("idempotent-replay"), again.header("idempotent-replay")), (None, Some("true")));
    let other = post("/v1/messages", "order-7", TO_MAIL).await;
    assert_eq!(other.problem(), (409, "idempotency_conflict".into(), Some("idempotency-key".into())));

    let batch = format!("[{TO_DING},{TO_MAIL}]");
    let first = post("/v1/messages/batch", "order-8", &batch).await.json();
    let again = post("/v1/messages/batch", "order-8", &batch).await;
    assert_eq!(again.header("idempotent-replay"), Some("true"));
    for i in 0..2 {
        assert_eq!(first["results"][i]["id"], again.json()["results"][i]["id"]);
    }
    let longer = format!("[{TO_DING},{TO_MAIL},{TO_DING}]");
    assert_eq!(post("/v1/messages/batch", "order-8", &longer).await.problem().0, 409);
    let list = gateway.store.list(hongyan_core::Filter { limit: 10, ..Default::default() }).await.unwrap();
    assert_eq!(list.messages.len(), 3);
    gateway.stop().await;
}

#[tokio::test]
async fn messages_of_a_batch_have_keys_of_their_own_that_single_ones_share() {
    let gateway = TestGateway::start().await;
    let stage = &gateway;
    let post = |body: String| async move { stage.post("/v1/messages/batch", &body).await };
    let single = gateway.request("POST", "/v1/messages").header("idempotency-key", "row-1").body(TO_DING.to_owned());
    let single = single.send().await.json();
    let said =
        post(format!(r#"{{"keys":["row-1","row-2","row-2"],"messages":[{TO_DING}, {TO_MAIL} ,{TO_MAIL}]}}"#)).await;
    let results = said.json()["results"].as_array().unwrap().clone();
    assert_eq!((&results[0]["id"], &results[0]["replay"]), (&single["id"], &true.into()));
    assert_eq!((&results[1]["id"], &results[1]["replay"]), (&results[2]["id"], &serde_json::Value::Null));
    assert_eq!(results[2]["replay"], true);
    let other = post(format!(r#"{{"messages":[{TO_MAIL},{TO_DING}],"keys":["row-1","row-3"]}}"#)).await.json();
    assert_eq!(other["results"][0]["problem"]["code"], "idempotency_conflict");
    assert_eq!(other["accepted"], 1);

    for (body, field) in [
        (format!(r#"{{"messages":[{TO_DING}],"keys":[]}}"#), "keys"),
        (format!(r#"{{"messages":[{TO_DING}],"keys":["a b"]}}"#), "keys[0]"),
        (format!(r#"{{"messages":[{TO_DING}],"keys":[""]}}"#), "keys[0]"),
        (format!(r#"{{"messages":[{TO_DING}],"keys":[7]}}"#), "keys[0]"),
    ] {
        assert_eq!(post(body.clone()).await.problem().2.as_deref(), Some(field), "{body}");
    }
    let both = gateway.request("POST", "/v1/messages/batch").header("idempotency-key", "row-4");
    let both = both.body(format!(r#"{{"messages":[{TO_DING}],"keys":["row-4"]}}"#)).send().await;
    assert_eq!(both.problem().2.as_deref(), Some("keys"));
    gateway.stop().await;
}

#[tokio::test]
async fn a_key_finds_its_message_when_it_would_be_refused_by_now() {
    let gateway = TestGateway::start().await;
    let now = hongyan_core::Clock::now(&clock::System);
    let soon = now + std::time::Duration::from_millis(400);
    let message = TO_DING.replacen('{', &format!(r#"{{"expires_at":"{soon}","#), 1);
    let single =
        || gateway.request("POST", "/v1/messages").header("idempotency-key", "row-1").body(message.clone()).send();
    let first = single().await.json();
    assert!(first["id"].is_string(), "{first}");
    tokio::time::sleep(std::time::Duration::from_millis(450)).await;
    let again = single().await;
    assert_eq!((again.status, &again.json()["id"]), (202, &first["id"]));
    let batch = format!(r#"{{"messages":[{message},{message}],"keys":["row-1","row-2"]}}"#);
    let results = gateway.post("/v1/messages/batch", &batch).await.json()["results"].clone();
    assert_eq!((&results[0]["id"], &results[0]["replay"]), (&first["id"], &true.into()));
    assert_eq!(results[1]["problem"]["field"], "expires_at");
    gateway.stop().await;
}

#[test]
fn what_changes_something_is_never_open() {
    for route in ROUTES.iter().filter(|route| route.method == Method::Post) {
        assert!(matches!(route.scope, Some(Scope::Send | Scope::Admin)), "{}", route.path);
    }
    assert!(ROUTES.iter().any(|route| route.operation == Operation::CheckAccount && route.scope == Some(Scope::Admin)));
}
