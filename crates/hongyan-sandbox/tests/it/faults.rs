//! Each kind of trouble, seen from outside.

use crate::raw::{Raw, parse};
use hongyan_sandbox::SandboxOptions;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const SEND: &str = "/cgi-bin/message/send";

/// Orders trouble for the next send, sends, and gives the raw bytes that came back.
async fn struck(raw: &Raw, rule: Value) -> Vec<u8> {
    let mut rule = rule;
    rule["match"] = json!(SEND);
    rule["count"] = json!(1);
    let token = raw.wecom_token().await;
    let ordered = raw.post("/sandbox/faults", rule).await;
    assert!(ordered.is_array(), "{ordered}");
    let body = json!({"touser": "zhangsan", "msgtype": "text", "agentid": raw.credentials["wecom"]["agent_id"],
        "text": {"content": "x"}});
    let bytes = raw.send("POST", &format!("{SEND}?access_token={token}"), "application/json", &body.to_string()).await;
    assert_eq!(raw.get("/sandbox/faults").await, json!([]), "a rule that has struck is gone");
    bytes
}

async fn effects(raw: &Raw) -> u64 {
    raw.stats().await["wecom"]["effects"].as_u64().unwrap()
}

#[tokio::test]
async fn a_connection_is_dropped_before_or_after_the_effect() {
    let raw = Raw::start().await;
    assert!(struck(&raw, json!({"kind": "drop_before"})).await.is_empty());
    assert_eq!(effects(&raw).await, 0);
    assert!(struck(&raw, json!({"kind": "drop_after"})).await.is_empty());
    assert_eq!(effects(&raw).await, 1);
    let calls = raw.get(&format!("/sandbox/calls?path={SEND}")).await;
    assert_eq!(calls["calls"][0]["fault"], "drop_before");
    assert_eq!((&calls["calls"][1]["fault"], &calls["calls"][1]["code"]), (&json!("drop_after"), &json!("0")));
}

#[tokio::test]
async fn an_answer_is_replaced_and_nothing_happens() {
    let raw = Raw::start().await;
    for (rule, status) in [
        (json!({"kind": "status_5xx"}), 502),
        (json!({"kind": "status_5xx", "value": 500}), 500),
        (json!({"kind": "html"}), 503),
        (json!({"kind": "html_200"}), 200),
        (json!({"kind": "empty"}), 200),
        (json!({"kind": "redirect"}), 302),
    ] {
        let reply = parse(&struck(&raw, rule.clone()).await);
        assert_eq!(reply.status, status, "{rule}");
        assert!(serde_json::from_slice::<Value>(&reply.body).is_err(), "{rule}");
        match rule["kind"].as_str().unwrap() {
            "html" | "html_200" => assert!(reply.body.starts_with(b"<!DOCTYPE html>")),
            "empty" => assert!(reply.body.is_empty()),
            "redirect" => assert!(reply.header("location").is_some()),
            _ => {}
        }
    }
    assert_eq!(effects(&raw).await, 0);
}

#[tokio::test]
async fn a_proxy_may_fail_after_the_effect() {
    let raw = Raw::start().await;
    assert_eq!(parse(&struck(&raw, json!({"kind": "status_5xx", "after": true})).await).status, 502);
    assert_eq!(effects(&raw).await, 1);
}

#[tokio::test]
async fn an_answer_is_cut_short_after_the_effect() {
    let raw = Raw::start().await;
    let reply = parse(&struck(&raw, json!({"kind": "truncated"})).await);
    assert_eq!(reply.header("content-length").unwrap().parse::<usize>().unwrap(), reply.body.len());
    assert!(serde_json::from_slice::<Value>(&reply.body).is_err());
    let reply = parse(&struck(&raw, json!({"kind": "cut_body"})).await);
    assert_eq!(reply.status, 200);
    let announced = reply.header("content-length").unwrap().parse::<usize>().unwrap();
    assert!(!reply.body.is_empty() && reply.body.len() < announced, "{} of {announced}", reply.body.len());
    assert_eq!(effects(&raw).await, 2);
}

#[tokio::test]
async fn the_platform_refuses_on_demand() {
    let raw = Raw::start().await;
    for (rule, code) in [
        (json!({"kind": "busy"}), -1),
        (json!({"kind": "throttle"}), 45009),
        (json!({"kind": "code", "value": 48002}), 48002),
        (json!({"kind": "token_revoked"}), 40014),
        (json!({"kind": "token_expired"}), 42001),
    ] {
        assert_eq!(parse(&struck(&raw, rule).await).json()["errcode"], code);
    }
    assert_eq!(effects(&raw).await, 0);
    assert_eq!(raw.stats().await["faults"]["busy"], 1);
    assert_eq!(raw.stats().await["tokens"]["wecom"], 2);

    let token = raw.ding_token().await;
    raw.post("/sandbox/faults", json!([{"match": "/topapi/", "kind": "throttle", "skip": 1, "count": 1}])).await;
    let target = format!("/topapi/v2/user/getbymobile?access_token={token}");
    let mobile = json!({"mobile": "13800000001"});
    assert_eq!(raw.post(&target, mobile.clone()).await["errcode"], 0);
    assert_eq!(raw.post(&target, mobile.clone()).await["sub_code"], "90018");
    assert_eq!(raw.post(&target, mobile).await["errcode"], 0);
}

#[tokio::test]
async fn the_new_host_refuses_on_demand_in_words() {
    let raw = Raw::start().await;
    let token = raw.ding_token().await;
    let path = "/v1.0/contact/users/search";
    for (rule, code) in [
        (json!({"kind": "busy"}), "system.error"),
        (json!({"kind": "throttle"}), "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi"),
        (json!({"kind": "code", "value": 90_002}), "Forbidden.AccessDenied.QpsLimitForApi"),
        (json!({"kind": "code", "value": 90_020}), "Forbidden.AccessDenied.ApiCountLimitForOrg"),
        (json!({"kind": "code", "value": 60_011}), "Forbidden.AccessDenied.AccessTokenPermissionDenied"),
        (json!({"kind": "token_expired"}), "InvalidAuthentication"),
    ] {
        let mut rule = rule;
        (rule["match"], rule["count"]) = (json!(path), json!(1));
        raw.post("/sandbox/faults", rule).await;
        let reply = raw.acs("POST", path, &token, &json!({"queryWord": "张", "offset": 0, "size": 10})).await;
        assert_eq!(reply.json()["code"], code);
        let status = match code.split('.').next() {
            Some("system") => 500,
            Some("Forbidden") => 403,
            _ => 400,
        };
        assert_eq!(reply.status, status, "{code}");
    }
}

#[tokio::test]
async fn the_networks_gate_denies_and_answers_may_be_odd() {
    let raw = Raw::start().await;
    let denied = parse(&struck(&raw, json!({"kind": "deny"})).await).json();
    assert_eq!((&denied["status"], &denied["punish"]), (&json!(1111), &json!("deny")));
    assert_eq!(effects(&raw).await, 0);
    let odd = parse(&struck(&raw, json!({"kind": "quirks"})).await).json();
    assert_eq!(odd["errcode"], "0", "{odd}");
    let token = raw.ding_token().await;
    raw.post("/sandbox/faults", json!({"match": "/auth/scopes", "kind": "quirks"})).await;
    let odd = raw.get(&format!("/auth/scopes?access_token={token}")).await;
    assert_eq!(odd["errcode"], "0", "{odd}");
    assert!(odd.get("condition_field").is_none() && odd["auth_user_field"].is_array(), "{odd}");
    assert_eq!(effects(&raw).await, 1);
}

#[tokio::test]
async fn an_answer_takes_its_time() {
    let raw = Raw::start().await;
    let start = Instant::now();
    let reply = parse(&struck(&raw, json!({"kind": "latency_ms", "value": 150})).await);
    assert_eq!(reply.json()["errcode"], 0);
    assert!(start.elapsed() >= Duration::from_millis(150));
}

#[tokio::test]
async fn a_gate_throttles_with_a_time_to_wait_in_both_forms() {
    let raw = Raw::start().await;
    let text = |reply: &crate::raw::Reply| String::from_utf8_lossy(&reply.body).into_owned();
    // The gate's own words.
    let gate = parse(&struck(&raw, json!({"kind": "status", "value": 429, "retry_after": 30})).await);
    assert_eq!((gate.status, gate.header("retry-after")), (429, Some("30")));
    assert_eq!(text(&gate), "Too Many Requests\n");
    let gate = parse(&struck(&raw, json!({"kind": "html", "value": 503, "retry_after": "date+30"})).await);
    let date = gate.header("retry-after").unwrap();
    assert!(gate.status == 503 && date.len() == 29 && date.ends_with(" GMT"), "{date}");
    // The platform's words under the gate's status.
    let refused = parse(&struck(&raw, json!({"kind": "throttle", "status": 429, "retry_after": "soon"})).await);
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("soon")));
    assert_eq!(refused.json()["errcode"], 45009);
    let refused = parse(&struck(&raw, json!({"kind": "code", "value": 123_456, "status": 400})).await);
    assert_eq!((refused.status, &refused.json()["errcode"]), (400, &json!(123_456)));
    assert_eq!(effects(&raw).await, 0);
    // Any path, so many times; others are let through.
    raw.sandbox.order("status=503@7:*gettoken:2".parse().unwrap());
    for (path, status) in [("/cgi-bin/gettoken", 503), ("/auth/scopes", 200), ("/gettoken", 503), ("/gettoken", 200)] {
        let reply = raw.call("GET", path, &Value::Null).await;
        assert_eq!(reply.status, status, "{path}");
        assert_eq!(reply.header("retry-after"), (status == 503).then_some("7"), "{path}");
    }
}

#[tokio::test]
async fn tokens_are_refused_twice_and_in_storms() {
    let raw = Raw::start().await;
    let send = async |token: &str| {
        let body = json!({"touser": "zhangsan", "msgtype": "text", "agentid": raw.credentials["wecom"]["agent_id"],
            "text": {"content": "x"}});
        raw.post(&format!("{SEND}?access_token={token}"), body).await["errcode"].as_i64().unwrap()
    };
    // Revoked between refresh and repeat.
    raw.post("/sandbox/faults", json!({"match": SEND, "kind": "token_revoked", "count": 2})).await;
    assert_eq!(send(&raw.wecom_token().await).await, 40014);
    assert_eq!(send(&raw.wecom_token().await).await, 40014);
    assert_eq!(send(&raw.wecom_token().await).await, 0);
    // A storm: each third call loses it, until told otherwise.
    raw.post("/sandbox/faults", json!({"match": SEND, "kind": "token_expired", "every": 3})).await;
    let mut codes = Vec::new();
    for _ in 0..6 {
        codes.push(send(&raw.wecom_token().await).await);
    }
    assert_eq!(codes, [0, 0, 42001, 0, 0, 42001]);
    // The contacts' secret has a token of its own, which goes as well.
    let contacts = raw.credentials["wecom"]["contacts_secret"].as_str().unwrap();
    let corp = raw.credentials["wecom"]["corp_id"].as_str().unwrap();
    let reply = raw.get(&format!("/cgi-bin/gettoken?corpid={corp}&corpsecret={contacts}")).await;
    let token = reply["access_token"].as_str().unwrap().to_owned();
    raw.post("/sandbox/faults", json!({"match": "/cgi-bin/department/list", "kind": "token_revoked", "count": 1}))
        .await;
    let reply = raw.get(&format!("/cgi-bin/department/list?access_token={token}")).await;
    assert_eq!(reply["errcode"], 40014);
    // The code alone, although the token is good.
    raw.post("/sandbox/faults", json!({"match": "/topapi/", "kind": "code", "value": 40014, "count": 1})).await;
    let reply = raw.post(&format!("/topapi/user/count?access_token={}", raw.ding_token().await), json!({})).await;
    assert_eq!((&reply["errcode"], &reply["sub_code"]), (&json!(88), &json!("40014")));
}

#[tokio::test]
async fn dingtalks_older_host_wraps_or_does_not_on_demand() {
    let raw = Raw::start().await;
    let token = raw.ding_token().await;
    let scopes = format!("/auth/scopes?access_token={token}");
    raw.post("/sandbox/faults", json!({"match": "/auth/", "kind": "token_expired", "wrapped": true, "count": 1})).await;
    let reply = raw.get(&scopes).await;
    assert_eq!((&reply["errcode"], &reply["sub_code"]), (&json!(88), &json!("42001")));
    assert_eq!(reply["errmsg"], "ding talk error[subcode=42001,submsg=access_token已过期]");
    let count = format!("/topapi/user/count?access_token={}", raw.ding_token().await);
    let rules = json!([{"match": "/topapi/", "kind": "throttle", "wrapped": false, "count": 1, "status": 429},
        {"match": "/topapi/", "kind": "code", "value": 40078, "wrapped": true, "count": 1}]);
    raw.post("/sandbox/faults", rules).await;
    let reply = raw.call("POST", &count, &json!({"only_active": false})).await;
    assert_eq!((reply.status, &reply.json()["errcode"]), (429, &json!(90018)));
    assert_eq!(raw.post(&count, json!({"only_active": false})).await["sub_code"], "40078");
    assert_eq!(raw.post(&count, json!({"only_active": false})).await["errcode"], 0);
}

#[tokio::test]
async fn an_answer_may_be_late_although_the_effect_was_not() {
    let raw = Raw::start().await;
    let token = raw.wecom_token().await;
    raw.post("/sandbox/faults", json!({"match": SEND, "kind": "latency_ms", "value": 600_000, "after": true})).await;
    let body = json!({"touser": "zhangsan", "msgtype": "text", "agentid": raw.credentials["wecom"]["agent_id"],
        "text": {"content": "x"}});
    let target = format!("{SEND}?access_token={token}");
    let seen = async {
        while effects(&raw).await == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        reply = raw.post(&target, body) => panic!("answered at once: {reply}"),
        () = seen => {}
    }
    assert_eq!(effects(&raw).await, 1);
}

#[tokio::test]
async fn trouble_may_be_there_from_the_start_and_be_taken_back() {
    let faults = vec!["busy:/cgi-bin/gettoken".parse().unwrap()];
    let raw = Raw::with(SandboxOptions { faults, ..SandboxOptions::default() }).await;
    assert_eq!(raw.get("/cgi-bin/gettoken").await["errcode"], -1);
    raw.call("DELETE", "/sandbox/faults", &Value::Null).await;
    assert_eq!(raw.get("/cgi-bin/gettoken").await["errcode"], 41002);
}

#[tokio::test]
async fn a_body_beyond_all_measure_is_not_read() {
    let raw = Raw::start().await;
    let head = format!("POST {SEND} HTTP/1.1\r\nHost: s\r\nContent-Length: 100000000\r\n\r\n");
    let reply = parse(&crate::raw::exchange(raw.sandbox.address(), head.as_bytes()).await);
    assert_eq!(reply.status, 413);
}
