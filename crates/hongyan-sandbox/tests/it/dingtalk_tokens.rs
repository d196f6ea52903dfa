//! DingTalk's tokens: of the application in three forms, of a vendor's suite in two generations.

use crate::raw::{Raw, Reply};
use hongyan_dingtalk::isv;
use serde_json::{Value, json};

/// A sandbox and the suite's credentials.
struct Suite {
    raw: Raw,
}

impl Suite {
    async fn start() -> Self {
        Self { raw: Raw::start().await }
    }

    fn text(&self, name: &str) -> &str {
        self.raw.credentials["dingtalk"]["suite"][name].as_str().unwrap()
    }

    fn signed(&self, key: &str, secret: &str, ticket: &str, at: i64) -> String {
        let signature = isv::sign(secret, at, ticket).replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
        format!("accessKey={key}&timestamp={at}&suiteTicket={ticket}&signature={signature}")
    }

    fn query(&self) -> String {
        let now = self.raw.sandbox.clock().now_ms();
        self.signed(self.text("suite_key"), self.text("suite_secret"), self.text("suite_ticket"), now)
    }

    async fn corp_token(&self, query: &str) -> Value {
        let corp = self.text("auth_corp_id");
        self.raw.post(&format!("/service/get_corp_token?{query}"), json!({"auth_corpid": corp})).await
    }

    async fn suite_token(&self) -> String {
        let body = json!({"suite_key": self.text("suite_key"), "suite_secret": self.text("suite_secret"), "suite_ticket": self.text("suite_ticket")});
        let reply = self.raw.post("/service/get_suite_token", body).await;
        assert_eq!((&reply["errcode"], &reply["expires_in"]), (&json!(0), &json!(7200)), "{reply}");
        reply["suite_access_token"].as_str().unwrap().to_owned()
    }

    async fn new_corp_token(&self, change: Value) -> Reply {
        let mut body = json!({"suiteKey": self.text("suite_key"), "suiteSecret": self.text("suite_secret"), "authCorpId": self.text("auth_corp_id"), "suiteTicket": self.text("suite_ticket")});
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        self.raw.call("POST", "/v1.0/oauth2/corpAccessToken", &body).await
    }
}

fn refused(reply: &Reply, status: u16, code: &str) {
    let body = reply.json();
    assert_eq!((reply.status, body["code"].as_str()), (status, Some(code)), "{body}");
    assert!(body["requestid"].is_string() && body["message"].is_string());
}

#[tokio::test]
async fn one_application_has_one_token_in_all_three_forms_and_on_both_hosts() {
    let raw = Raw::start().await;
    let d = &raw.credentials["dingtalk"];
    let legacy = raw.ding_token().await;
    let body = json!({"appKey": d["app_key"], "appSecret": d["app_secret"]});
    let reply = raw.post("/v1.0/oauth2/accessToken", body).await;
    assert_eq!(reply, json!({"accessToken": legacy, "expireIn": 7200}));
    let target = format!("/v1.0/oauth2/{}/token", d["corp_id"].as_str().unwrap());
    let body = json!({"client_id": d["app_key"], "client_secret": d["app_secret"], "grant_type": "client_credentials"});
    assert_eq!(raw.post(&target, body).await, json!({"access_token": legacy, "expires_in": 7200}));
    let (corp, secret) = (d["corp_id"].as_str().unwrap(), d["app_secret"].as_str().unwrap());
    let older = raw.get(&format!("/gettoken?corpid={corp}&corpsecret={secret}")).await;
    assert_eq!(older["access_token"], json!(legacy));
    let search = json!({"queryWord": "张三", "offset": 0, "size": 10});
    assert_eq!(raw.acs("POST", "/v1.0/contact/users/search", &legacy, &search).await.status, 200);
    assert_eq!(raw.stats().await["tokens"]["dingtalk"], 1);
}

#[tokio::test]
async fn wrong_credentials_of_an_application_are_refused_in_each_forms_words() {
    let raw = Raw::start().await;
    let d = &raw.credentials["dingtalk"];
    let corp = d["corp_id"].as_str().unwrap();
    assert_eq!(raw.get(&format!("/gettoken?corpid={corp}&corpsecret=x")).await["errcode"], 40089);
    assert_eq!(raw.get(&format!("/gettoken?corpid={corp}")).await["errcode"], 40035);
    assert_eq!(raw.get("/gettoken?corpsecret=x").await["errcode"], 40035);
    let create = "/v1.0/oauth2/accessToken";
    for body in
        [json!({"appKey": d["app_key"], "appSecret": "x"}), json!({"appKey": "x", "appSecret": d["app_secret"]})]
    {
        refused(&raw.call("POST", create, &body).await, 400, "invalidClientIdOrSecret");
    }
    refused(&raw.call("POST", create, &json!({})).await, 400, "parameter.invalid");
    let ask = async |corp: &str, secret: &Value, grant: Value| {
        let body = json!({"client_id": d["app_key"], "client_secret": secret, "grant_type": grant});
        raw.call("POST", &format!("/v1.0/oauth2/{corp}/token"), &body).await
    };
    let (good, grant) = (&d["app_secret"], json!("client_credentials"));
    refused(&ask(corp, good, json!("password")).await, 400, "unsupported.grant.type");
    refused(&ask(corp, &json!("x"), grant.clone()).await, 400, "invalid.client");
    refused(&ask("dingelsewhere", good, grant.clone()).await, 401, "unauthorized.client");
    refused(&ask("nonsense", good, grant).await, 500, "unknownError");
}

#[tokio::test]
async fn the_new_host_takes_the_token_in_its_header_only() {
    let raw = Raw::start().await;
    let token = raw.ding_token().await;
    let (path, body) = ("/v1.0/contact/users/search", json!({"queryWord": "张三", "offset": 0, "size": 10}));
    let in_query = raw.call("POST", &format!("{path}?access_token={token}"), &body).await;
    refused(&in_query, 400, "AuthenticationFailed.MissingParameter");
    refused(&raw.acs("POST", path, "nonsense", &body).await, 400, "InvalidAuthentication");
    raw.advance(7_200_000).await;
    refused(&raw.acs("POST", path, &token, &body).await, 400, "InvalidAuthentication");
}

#[tokio::test]
async fn a_signed_vendor_gets_a_token_in_the_company() {
    let suite = Suite::start().await;
    let given = suite.corp_token(&suite.query()).await;
    assert_eq!((&given["errcode"], &given["expires_in"]), (&json!(0), &json!(7200)), "{given}");
    assert_eq!(suite.corp_token(&suite.query()).await["access_token"], given["access_token"]);
    let token = given["access_token"].as_str().unwrap();
    let custom = suite.signed(
        suite.text("custom_key"),
        suite.text("custom_secret"),
        "anything",
        suite.raw.sandbox.clock().now_ms(),
    );
    assert_eq!(suite.corp_token(&custom).await["errcode"], 0);
    let now = suite.raw.sandbox.clock().now_ms();
    let trial = suite.signed(suite.text("suite_key"), suite.text("suite_secret"), "TestSuiteTicket", now);
    assert_eq!(suite.corp_token(&trial).await["errcode"], 0);

    // A vendor sees less, finds nobody by number, and writes nothing.
    let get = |userid: &str| format!("/user/get?access_token={token}&userid={userid}");
    let shown = suite.raw.get(&get("zhangsan")).await;
    assert_eq!((&shown["userid"], &shown["position"].is_string()), (&json!("zhangsan"), &true), "{shown}");
    for hidden in ["mobile", "stateCode", "tel", "email", "orgEmail", "workPlace", "remark", "hiredDate", "extattr"] {
        assert!(shown.get(hidden).is_none(), "{hidden}");
    }
    let list = suite.raw.get(&format!("/department/list?access_token={token}&fetch_child=true")).await;
    assert_eq!(list["errcode"], 40035);
    let department = suite.raw.get(&format!("/department/get?access_token={token}&id=11")).await;
    assert!(department["errcode"] == 0 && department.get("parentid").is_none());
    let found = suite.raw.get(&format!("/user/get_by_mobile?access_token={token}&mobile=13800000001")).await;
    assert_eq!(found["errcode"], 60011);
    let deleted =
        suite.raw.post(&format!("/topapi/v2/user/delete?access_token={token}"), json!({"userid": "lisi"})).await;
    assert_eq!((&deleted["errcode"], &deleted["sub_code"]), (&json!(88), &json!("60011")));
    assert!(deleted["sub_msg"].as_str().unwrap().contains("requiredScopes=["));
    let scopes = suite.raw.get(&format!("/auth/scopes?access_token={token}")).await;
    assert!(!scopes["auth_user_field"].as_array().unwrap().contains(&json!("mobile")));
}

#[tokio::test]
async fn a_signature_is_checked_step_by_step() {
    let suite = Suite::start().await;
    let (key, secret, ticket) = (suite.text("suite_key"), suite.text("suite_secret"), suite.text("suite_ticket"));
    let now = suite.raw.sandbox.clock().now_ms();
    let old = 1_700_000_000_000;
    for (query, code) in [
        (suite.query().replace("timestamp=", "timestamp=x"), 853_001),
        (suite.signed(key, secret, ticket, old), 853_002),
        (suite.signed("suiteelse", secret, ticket, now), 853_003),
        (suite.signed(key, "wrong", ticket, now), 853_004),
        // Not encoded, a `+` arrives as a space; any change of the signature is found.
        (suite.query().replace("signature=", "signature=+"), 853_004),
        (suite.signed(key, secret, "older-ticket", now), 40_085),
        (String::new(), 853_001),
    ] {
        assert_eq!(suite.corp_token(&query).await["errcode"], code, "{query}");
    }
    let body = |corp: &str| json!({"auth_corpid": corp});
    let target = format!("/service/get_corp_token?{}", suite.query());
    assert_eq!(suite.raw.post(&target, body("dingelsewhere")).await["errcode"], 41030);
    assert_eq!(suite.raw.post(&target, json!({})).await["errcode"], 40035);
    let info = format!("/service/get_auth_info?{}", suite.query());
    let told = suite.raw.post(&info, body(suite.text("auth_corp_id"))).await;
    assert_eq!(told["auth_info"]["agent"][0]["agentid"], suite.raw.credentials["dingtalk"]["suite"]["agent_id"]);
    let wrong = json!({"auth_corpid": suite.text("auth_corp_id"), "suite_key": "suiteelse"});
    assert_eq!(suite.raw.post(&info, wrong).await["errcode"], 40083);
}

#[tokio::test]
async fn who_signs_with_the_machines_time_is_believed_after_the_clock_moved() {
    let suite = Suite::start().await;
    let machine = hongyan_sandbox::Clock::default().now_ms();
    suite.raw.advance(86_400_000).await;
    let query = suite.signed(suite.text("suite_key"), suite.text("suite_secret"), suite.text("suite_ticket"), machine);
    assert_eq!(suite.corp_token(&query).await["errcode"], 0);
    assert_eq!(suite.corp_token(&suite.query()).await["errcode"], 0);
}

#[tokio::test]
async fn a_suite_is_authorised_and_activated_once() {
    let suite = Suite::start().await;
    let token = suite.suite_token().await;
    let of = |name: &str| format!("/service/{name}?suite_access_token={token}");
    let (key, corp, agent) =
        (suite.text("suite_key"), suite.text("auth_corp_id"), &suite.raw.credentials["dingtalk"]["suite"]["agent_id"]);
    let waiting = suite.raw.post(&of("get_unactive_corp"), json!({})).await;
    assert_eq!((&waiting["corp_list"], &waiting["has_more"]), (&json!([corp]), &json!(false)), "{waiting}");
    let agent_target = format!("{}&{}", of("get_agent"), suite.query());
    let agent_body = json!({"suite_key": key, "auth_corpid": corp, "agentid": agent});
    assert_eq!(suite.raw.post(&agent_target, agent_body.clone()).await["close"], 2);

    let temporary = json!({"tmp_auth_code": suite.text("tmp_auth_code")});
    let code = suite.raw.post(&of("get_permanent_code"), temporary.clone()).await;
    assert_eq!(code["auth_corp_info"]["corpid"], json!(corp), "{code}");
    assert_eq!(suite.raw.post(&of("get_permanent_code"), temporary).await["errcode"], 40102);
    assert_eq!(suite.raw.post(&of("get_permanent_code"), json!({"tmp_auth_code": "x"})).await["errcode"], 40078);
    assert_eq!(suite.raw.post(&of("get_permanent_code"), json!({})).await["errcode"], 41026);

    let activate = |corp: &str, code: &Value| json!({"suite_key": key, "auth_corpid": corp, "permanent_code": code});
    let permanent = &code["permanent_code"];
    assert_eq!(suite.raw.post(&of("activate_suite"), activate(corp, &json!("x"))).await["errcode"], 40084);
    assert_eq!(suite.raw.post(&of("activate_suite"), activate("dingelse", permanent)).await["errcode"], 41031);
    assert_eq!(suite.raw.post(&of("activate_suite"), activate(corp, permanent)).await["errcode"], 0);
    assert_eq!(suite.raw.post(&of("get_unactive_corp"), json!({"app_id": 57_453})).await["corp_list"], json!([]));
    assert_eq!(suite.raw.post(&of("get_unactive_corp"), json!({"app_id": 1})).await["errcode"], 40086);
    assert_eq!(suite.raw.post(&agent_target, agent_body).await["close"], 1);
    let nobody = json!({"suite_key": key, "auth_corpid": corp, "agentid": "7"});
    assert_eq!(suite.raw.post(&agent_target, nobody).await["errcode"], 70003);

    let older = format!("/service/get_corp_token?suite_access_token={token}");
    let body = |code: &Value| json!({"auth_corpid": corp, "permanent_code": code});
    assert_eq!(suite.raw.post(&older, body(permanent)).await["expires_in"], 7200);
    assert_eq!(suite.raw.post(&older, body(&json!("x"))).await["errcode"], 40084);
    assert_eq!(suite.raw.post(&older, json!({"auth_corpid": corp})).await["errcode"], 41025);
}

#[tokio::test]
async fn a_suites_token_is_good_for_the_suite_alone() {
    let suite = Suite::start().await;
    let token = suite.suite_token().await;
    let post = async |target: &str| suite.raw.post(target, json!({"tmp_auth_code": "x"})).await["errcode"].clone();
    assert_eq!(post("/service/get_permanent_code").await, 41022);
    assert_eq!(post("/service/get_permanent_code?suite_access_token=x").await, 40082);
    let app = suite.raw.ding_token().await;
    assert_eq!(post(&format!("/service/get_permanent_code?suite_access_token={app}")).await, 40082);
    assert_eq!(suite.raw.get(&format!("/auth/scopes?access_token={token}")).await["errcode"], 40014);
    let info = format!("/v1.0/oauth2/apps/authInfo?authCorpId={}", suite.text("auth_corp_id"));
    let told = suite.raw.acs("GET", &info, &token, &Value::Null).await;
    assert_eq!((told.status, &told.json()["authUserInfo"]["userId"]), (200, &json!("zhangsan")));
    refused(&suite.raw.acs("GET", &info, &app, &Value::Null).await, 400, "InvalidAuthentication");
    let path = "/v1.0/oauth2/apps/authInfo?authCorpId=";
    refused(&suite.raw.acs("GET", &format!("{path}dingelse"), &token, &Value::Null).await, 400, "orgNotExist");
    refused(&suite.raw.acs("GET", &format!("{path}x"), &token, &Value::Null).await, 400, "invalidCorpId");
    suite.raw.advance(7_200_000).await;
    assert_eq!(post(&format!("/service/get_permanent_code?suite_access_token={token}")).await, 42009);
}

#[tokio::test]
async fn each_flaw_of_a_suites_login_has_its_code() {
    let suite = Suite::start().await;
    let whole = json!({"suite_key": suite.text("suite_key"), "suite_secret": suite.text("suite_secret"), "suite_ticket": suite.text("suite_ticket")});
    for (field, value, code) in [
        ("suite_key", Value::Null, 41021),
        ("suite_key", json!("x"), 40083),
        ("suite_secret", Value::Null, 41024),
        ("suite_secret", json!("x"), 40088),
        ("suite_ticket", Value::Null, 41023),
        ("suite_ticket", json!("x"), 40085),
    ] {
        let mut body = whole.clone();
        if value.is_null() {
            body.as_object_mut().unwrap().remove(field);
        } else {
            body[field] = value;
        }
        assert_eq!(suite.raw.post("/service/get_suite_token", body).await["errcode"], code, "{field}");
    }
    let new = "/v1.0/oauth2/suiteAccessToken";
    let body = json!({"suiteKey": suite.text("suite_key"), "suiteSecret": suite.text("suite_secret"), "suiteTicket": suite.text("suite_ticket")});
    let given = suite.raw.post(new, body.clone()).await;
    assert_eq!((&given["accessToken"], &given["expireIn"]), (&json!(suite.suite_token().await), &json!(7200)));
    for (field, code) in [("suiteSecret", "invalidClientIdOrSecret"), ("suiteTicket", "invalidSuiteTicket")] {
        let mut body = body.clone();
        body[field] = json!("x");
        refused(&suite.raw.call("POST", new, &body).await, 400, code);
    }
}

#[tokio::test]
async fn the_new_corp_token_is_another_each_time() {
    let suite = Suite::start().await;
    let first = suite.new_corp_token(json!({})).await.json();
    let second = suite.new_corp_token(json!({})).await.json();
    assert_eq!(first["expireIn"], 7200);
    assert_ne!(first["accessToken"], second["accessToken"]);
    for given in [&first, &second] {
        let target = format!("/auth/scopes?access_token={}", given["accessToken"].as_str().unwrap());
        assert_eq!(suite.raw.get(&target).await["errcode"], 0);
    }
    for (field, code) in [
        ("suiteKey", "invalidSuiteKey"),
        ("suiteSecret", "invalidClientIdOrSecret"),
        ("suiteTicket", "invalidSuiteTicket"),
        ("authCorpId", "invalidAuthInfo"),
    ] {
        refused(&suite.new_corp_token(json!({field: "x"})).await, 400, code);
    }
}
