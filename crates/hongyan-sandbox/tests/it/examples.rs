//! DingTalk's own examples, asked of the sandbox. Each has a sandbox of its own: some of them change the company.

use crate::{
    fixture::{STAGED, answered, localise, names, resembles},
    raw::{Raw, Reply},
};
use hongyan_dingtalk::{DingTalk, isv, new_style};
use hongyan_endpoint::{Body, Platform, Spec};
use serde_json::{Map, Value, json};
use std::path::Path;

/// Families whose examples need groups, robots and files of their own: `crate::scenes` asks them.
const CONVERSATIONS: [&str; 9] =
    ["chat.", "conversation.", "group.", "media.", "notice.status_bar", "robot.", "scene.", "scene_v1.", "webhook."];

/// The page's example of an operation.
fn example(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../hongyan-dingtalk/fixtures/{name}.json"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn spec(name: &str) -> &'static Spec {
    let found = DingTalk::endpoints().into_iter().map(|declared| declared.spec()).find(|spec| spec.name == name);
    found.unwrap_or_else(|| panic!("{name} is not declared"))
}

/// Sends an example's request with a token where the operation takes one.
async fn ask(raw: &Raw, spec: &Spec, token: &str, example: &Value) -> Reply {
    let (method, path) = example["line"].as_str().unwrap().split_once(' ').unwrap();
    let mut target = path.replace("dingsamplecorp", raw.credentials["dingtalk"]["corp_id"].as_str().unwrap());
    let mut add = |name: &str, value: &str| {
        let value: String = value
            .bytes()
            .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
            .collect();
        target += &format!("{}{name}={value}", if target.contains('?') { '&' } else { '?' });
    };
    for (name, value) in example["query"].as_object().into_iter().flatten() {
        add(name, &value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    }
    if new_style(spec) {
        return raw.acs(method, &target, token, &example["body"]).await;
    }
    add("access_token", token);
    raw.call(method, &target, &example["body"]).await
}

/// What the page calls otherwise than this sandbox, for one operation.
async fn ours(raw: &Raw, operation: &str, token: &str) -> Map<String, Value> {
    let bare = token;
    let (d, token) = (&raw.credentials["dingtalk"], format!("access_token={token}"));
    let suite = &d["suite"];
    let now = raw.sandbox.clock().now_ms();
    let lisi = raw.get("/sandbox/people/lisi").await;
    let sent = raw
        .post(
            &format!("/topapi/message/corpconversation/asyncsend_v2?{token}"),
            json!({"agent_id": d["agent_id"], "userid_list": "lisi", "msg": {"msgtype": "text", "text": {"content": "x"}}}),
        )
        .await;
    let suite_token = raw
        .post(
            "/service/get_suite_token",
            json!({"suite_key": suite["suite_key"], "suite_secret": suite["suite_secret"], "suite_ticket": suite["suite_ticket"]}),
        )
        .await["suite_access_token"]
        .clone();
    let text = |name: &str| suite[name].as_str().unwrap();
    let mut all = names(json!({
        "appkey": d["app_key"], "appsecret": d["app_secret"], "appKey": d["app_key"], "appSecret": d["app_secret"],
        "client_id": d["app_key"], "client_secret": d["app_secret"],
        "agent_id": d["agent_id"], "agentid": suite["agent_id"], "app_id": suite["app_id"],
        "task_id": sent["task_id"], "msg_task_id": sent["task_id"], "userid_list": "zhangsan,nobody",
        "userid": "lisi", "userId": "lisi", "unionid": lisi["unionid"], "mobile": "13800000001",
        "dept_id": 11, "id": 11, "deptId": "11", "department_id": "11", "department": [12], "dept_id_list": "11,12",
        "accessKey": suite["suite_key"], "suiteKey": suite["suite_key"], "suite_key": suite["suite_key"],
        "suiteSecret": suite["suite_secret"], "suite_secret": suite["suite_secret"],
        "suiteTicket": suite["suite_ticket"], "suite_ticket": suite["suite_ticket"],
        "timestamp": now.to_string(),
        "signature": isv::sign(text("suite_secret"), now, text("suite_ticket")),
        "authCorpId": d["corp_id"], "auth_corpid": d["corp_id"], "tmp_auth_code": suite["tmp_auth_code"],
        "suite_access_token": suite_token, "clientId": d["app_key"], "clientSecret": d["app_secret"],
    }));
    if operation.starts_with("card.") {
        let chats = raw.get("/sandbox/chats").await;
        let chats = chats.as_array().or_else(|| chats["chats"].as_array()).unwrap();
        let group = chats.iter().find(|chat| chat["platform"] == "dingtalk").unwrap()["id"].as_str().unwrap();
        all.insert("robotCode".into(), d["robot_code"].clone());
        all.insert("openSpaceId".into(), json!(format!("dtv1.card//IM_GROUP.{group}")));
    }
    match operation {
        "card.deliver" | "card.spaces" | "card.update" | "card.streaming" => {
            let card = example("card.create");
            let made = raw.acs("POST", "/v1.0/card/instances", bare, &card["body"]).await;
            assert_eq!(made.status, 200, "{}", made.json());
        }
        "login.user_info" | "login.user_token" => {
            let code = raw.post("/sandbox/phones/lisi/signin", json!({"platform": "dingtalk"})).await;
            all.insert("code".into(), code["code"].clone());
        }
        "login.contact" => {
            let code = raw.post("/sandbox/phones/lisi/signin", json!({"platform": "dingtalk"})).await;
            let body = json!({"clientId": d["app_key"], "clientSecret": d["app_secret"], "code": code["code"],
                "grantType": "authorization_code"});
            let given = raw.post("/v1.0/oauth2/userAccessToken", body).await;
            all.insert("user_token".into(), given["accessToken"].clone());
        }
        "user.create" | "user_v1.create" => drop(all.insert("mobile".into(), json!("13900000001"))),
        // Of more than one page, as on the page.
        "user.list" => drop(all.insert("size".into(), json!(1))),
        "department.delete" | "department_v1.delete" => {
            let empty = json!({"name": "空组", "parent_id": 1});
            let made = raw.post(&format!("/topapi/v2/department/create?{token}"), empty).await;
            all.insert("dept_id".into(), made["result"]["dept_id"].clone());
            all.insert("id".into(), made["result"]["dept_id"].clone());
        }
        "isv.activate_suite" => {
            let target = format!("/service/get_permanent_code?suite_access_token={}", suite_token.as_str().unwrap());
            let code = raw.post(&target, json!({"tmp_auth_code": suite["tmp_auth_code"]})).await;
            all.insert("permanent_code".into(), code["permanent_code"].clone());
        }
        _ => {}
    }
    all
}

#[tokio::test]
async fn every_example_of_dingtalk_is_answered_as_its_page_shows() {
    let operations = answered(&Raw::start().await, "dingtalk").await;
    assert!(operations.len() >= 50, "{operations:?}");
    for operation in operations {
        let staged = STAGED.contains(&operation.as_str());
        if staged || CONVERSATIONS.iter().any(|family| operation.starts_with(family)) {
            continue;
        }
        let raw = Raw::start().await;
        let token = raw.ding_token().await;
        let (mut example, names) = (example(&operation), ours(&raw, &operation, &token).await);
        localise(&mut example["query"], &names);
        localise(&mut example["body"], &names);
        let token = match operation.as_str() {
            "suite.auth_info" => names["suite_access_token"].as_str().unwrap(),
            "login.contact" => names["user_token"].as_str().unwrap(),
            _ => &token,
        };
        let reply = ask(&raw, spec(&operation), token, &example).await;
        let body = reply.json();
        assert_eq!((reply.status, body["errcode"].as_i64().unwrap_or_default()), (200, 0), "{operation}: {body}");
        resembles(&operation, &example["reply"], &body);
    }
}

#[tokio::test]
async fn every_declared_request_is_answered_in_words_that_its_declaration_reads() {
    let raw = Raw::start().await;
    let (token, operations) = (raw.ding_token().await, answered(&raw, "dingtalk").await);
    let mut asked = 0;
    for declared in DingTalk::endpoints() {
        let spec = declared.spec();
        if !operations.contains(spec.name) || spec.body == Body::Multipart {
            continue;
        }
        let reply = ask(&raw, spec, &token, &example(spec.name)).await;
        asked += 1;
        match DingTalk::open(spec, reply.status, &reply.body) {
            Ok(()) => drop(declared.read_reply(&reply.body).unwrap_or_else(|e| panic!("{}: {e}", spec.name))),
            Err(fault) => {
                let code = fault.code();
                assert!(fault.error_code().is_some() && !["404", "22"].contains(&code), "{}: {fault:?}", spec.name);
            }
        }
    }
    assert!(asked >= 50, "{asked}");
}
