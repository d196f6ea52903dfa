//! The platforms' own paths on the gateway, as a foreign script calls them: only the host is another.

use crate::stage::{Stage, text};
use serde_json::{Value, json};
use std::time::Duration;

const SEND: &str = "/topapi/message/corpconversation/asyncsend_v2";
const PROGRESS: &str = "/topapi/message/corpconversation/getsendprogress";
const RESULT: &str = "/topapi/message/corpconversation/getsendresult";
const RECALL: &str = "/topapi/message/corpconversation/recall";

/// A script's call: no key, no header but the body's type.
async fn raw(stage: &Stage, method: &str, target: &str, kind: &str, body: &str) -> (u16, Value) {
    let mut request = http::Request::builder().method(method).uri(format!("{}{target}", stage.base));
    if !kind.is_empty() {
        request = request.header("content-type", kind);
    }
    let reply = stage.http.send(request.body(body.to_owned().into()).unwrap()).await.unwrap();
    let body = serde_json::from_slice(&reply.body).unwrap_or_else(|_| panic!("{target}: {:?}", reply.body));
    (reply.status, body)
}

async fn get(stage: &Stage, target: &str) -> Value {
    raw(stage, "GET", target, "", "").await.1
}

async fn post(stage: &Stage, target: &str, body: &Value) -> Value {
    raw(stage, "POST", target, "application/json", &body.to_string()).await.1
}

async fn ding_token(stage: &Stage) -> String {
    let said = stage.sandbox.credentials();
    let (key, secret) = (text(&said, "/dingtalk/app_key"), text(&said, "/dingtalk/app_secret"));
    text(&get(stage, &format!("/gettoken?appkey={key}&appsecret={secret}")).await, "/access_token")
}

async fn wecom_token(stage: &Stage) -> String {
    let said = stage.sandbox.credentials();
    let (id, secret) = (text(&said, "/wecom/corp_id"), text(&said, "/wecom/secret"));
    text(&get(stage, &format!("/cgi-bin/gettoken?corpid={id}&corpsecret={secret}")).await, "/access_token")
}

fn notice(stage: &Stage, users: &str, words: &str) -> Value {
    let agent = &stage.sandbox.credentials()["dingtalk"]["agent_id"];
    json!({"agent_id": agent, "userid_list": users, "msg": {"msgtype": "text", "text": {"content": words}}})
}

fn wecom_message(stage: &Stage, users: &str, words: &str) -> Value {
    let agent = &stage.sandbox.credentials()["wecom"]["agent_id"];
    json!({"touser": users, "msgtype": "text", "agentid": agent, "text": {"content": words}})
}

/// The one message that the gateway knows.
async fn newest(stage: &Stage) -> Value {
    stage.call("GET", "/v1/messages?limit=1", None).await.1["messages"][0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_of_seed_004_works_with_another_host() {
    let stage = Stage::open("").await;
    let token = ding_token(&stage).await;
    assert_eq!(ding_token(&stage).await, token, "the same token while it lives");
    let found = get(&stage, &format!("/user/get_by_mobile?access_token={token}&mobile=13800000001")).await;
    assert_eq!((&found["errcode"], &found["userid"]), (&json!(0), &json!("zhangsan")));

    let sent =
        post(&stage, &format!("{SEND}?access_token={token}"), &notice(&stage, "zhangsan,nobody01", "工单 7")).await;
    assert_eq!((&sent["errcode"], &sent["errmsg"]), (&json!(0), &json!("ok")), "{sent}");
    let task = sent["task_id"].as_i64().unwrap();
    assert!(task < 1 << 52, "the platform's own task: {task}");
    assert!(sent["request_id"].as_str().is_some_and(|id| id != "sandbox"));

    let agent = stage.sandbox.credentials()["dingtalk"]["agent_id"].clone();
    let about = json!({"agent_id": agent, "task_id": task});
    for _ in 0..100 {
        let said = post(&stage, &format!("{PROGRESS}?access_token={token}"), &about).await;
        assert_eq!(said["errcode"], 0, "{said}");
        if said["progress"]["status"] == 2 {
            assert_eq!(said["progress"]["progress_in_percent"], 100);
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let said = post(&stage, &format!("{RESULT}?access_token={token}"), &about).await;
    assert_eq!(said["send_result"]["unread_user_id_list"], json!(["zhangsan"]), "{said}");
    assert_eq!(said["send_result"]["invalid_user_id_list"], json!(["nobody01"]), "{said}");

    let said =
        post(&stage, &format!("{RECALL}?access_token={token}"), &json!({"agent_id": agent, "msg_task_id": task})).await;
    assert_eq!(said["errcode"], 0, "{said}");
    let id = newest(&stage).await["id"].as_str().unwrap().to_owned();
    let message = stage.message(&id).await;
    assert_eq!((&message["state"], &message["deliveries"][0]["state"]), (&json!("recalled"), &json!("recalled")));
    assert_eq!(stage.copies("zhangsan", "dingtalk", "工单 7").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn old_clients_post_forms_and_message_objects_as_text() {
    let stage = Stage::open("").await;
    let token = ding_token(&stage).await;
    let agent = stage.sandbox.credentials()["dingtalk"]["agent_id"].clone();
    let form = format!(
        "agent_id={agent}&userid_list=zhangsan&to_all_user=false&msg=%7B%22msgtype%22%3A%22text%22%2C%22text%22%3A%7B%22content%22%3A%22%E8%A1%A8%E5%8D%95%22%7D%7D"
    );
    let kind = "application/x-www-form-urlencoded; charset=utf-8";
    let (_, sent) = raw(&stage, "POST", &format!("{SEND}?access_token={token}"), kind, &form).await;
    assert_eq!(sent["errcode"], 0, "{sent}");
    tokio::time::sleep(Duration::from_millis(150)).await;
    assert_eq!(stage.copies("zhangsan", "dingtalk", "表单").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn wecom_names_those_it_did_not_reach() {
    let stage = Stage::open("").await;
    let token = wecom_token(&stage).await;
    let target = format!("/cgi-bin/message/send?access_token={token}");
    let sent = post(&stage, &target, &wecom_message(&stage, "ZhangSan|Ghost01", "告警")).await;
    assert_eq!((&sent["errcode"], &sent["invaliduser"]), (&json!(0), &json!("ghost01")), "{sent}");
    let msgid = sent["msgid"].as_str().unwrap();
    assert!(!msgid.starts_with("hy"), "the platform's own id: {msgid}");
    let nobody = post(&stage, &target, &wecom_message(&stage, "ghost01|ghost02", "告警")).await;
    assert_eq!((&nobody["errcode"], &nobody["invaliduser"]), (&json!(81013), &json!("ghost01|ghost02")), "{nobody}");

    let said = post(&stage, &format!("/cgi-bin/message/recall?access_token={token}"), &json!({"msgid": msgid})).await;
    assert_eq!(said["errcode"], 0, "{said}");
    assert_eq!(stage.copies("zhangsan", "wecom", "告警").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_is_what_the_caller_says_it_is() {
    let stage = Stage::open("").await;
    let token = wecom_token(&stage).await;
    let target = format!("/cgi-bin/message/send?access_token={token}");
    for _ in 0..2 {
        assert_eq!(post(&stage, &target, &wecom_message(&stage, "zhangsan", "心跳")).await["errcode"], 0);
    }
    assert_eq!(stage.copies("zhangsan", "wecom", "心跳").await, 2, "no check was asked for, as on the platform");
    let mut checked = wecom_message(&stage, "zhangsan", "只一次");
    checked["enable_duplicate_check"] = json!(1);
    checked["safe"] = json!(1);
    for _ in 0..2 {
        let sent = post(&stage, &target, &checked).await;
        assert_eq!((&sent["errcode"], &sent["invaliduser"]), (&json!(0), &json!("")), "{sent}");
    }
    assert_eq!(stage.copies("zhangsan", "wecom", "只一次").await, 1);

    // DingTalk takes the second all the same; its result says that it was filtered.
    let token = ding_token(&stage).await;
    let target = format!("{SEND}?access_token={token}");
    let first = post(&stage, &target, &notice(&stage, "zhangsan", "每日一次")).await;
    let second = post(&stage, &target, &notice(&stage, "zhangsan", "每日一次")).await;
    assert_eq!((&first["errcode"], &second["errcode"]), (&json!(0), &json!(0)));
    let agent = stage.sandbox.credentials()["dingtalk"]["agent_id"].clone();
    let about = json!({"agent_id": agent, "task_id": second["task_id"]});
    let mut said = Value::Null;
    for _ in 0..100 {
        said = post(&stage, &format!("{RESULT}?access_token={token}"), &about).await;
        if said["send_result"]["forbidden_list"] != Value::Null {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(said["send_result"]["forbidden_list"][0]["code"], "143106", "the platform's own word: {said}");
    tokio::time::sleep(Duration::from_millis(150)).await;
    assert_eq!(stage.copies("zhangsan", "dingtalk", "每日一次").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pair_or_token_that_is_none_is_refused_in_the_platforms_words() {
    let stage = Stage::open("").await;
    let said = stage.sandbox.credentials();
    let (key, corp) = (text(&said, "/dingtalk/app_key"), text(&said, "/wecom/corp_id"));
    for (target, code) in [
        (format!("/gettoken?appkey={key}&appsecret=wrong"), 40096),
        ("/gettoken?corpid=ding1&corpsecret=wrong".to_owned(), 40089),
        ("/gettoken".to_owned(), 40035),
        (format!("/cgi-bin/gettoken?corpid={corp}&corpsecret=wrong"), 40001),
        ("/cgi-bin/gettoken?corpid=wwother&corpsecret=wrong".to_owned(), 40013),
        ("/cgi-bin/gettoken?corpid=x".to_owned(), 41004),
        ("/user/get?access_token=unknown&userid=zhangsan".to_owned(), 40014),
        ("/user/get?userid=zhangsan".to_owned(), 41001),
        ("/cgi-bin/user/get?access_token=unknown&userid=zhangsan".to_owned(), 40014),
    ] {
        assert_eq!(get(&stage, &target).await["errcode"], code, "{target}");
    }
    let wrapped = post(&stage, &format!("{SEND}?access_token=unknown"), &notice(&stage, "zhangsan", "x")).await;
    assert_eq!((&wrapped["errcode"], &wrapped["sub_code"]), (&json!(88), &json!("40014")), "{wrapped}");
    let (status, new) = raw(&stage, "POST", "/v1.0/contact/users/search", "application/json", "{}").await;
    assert_eq!((status, &new["code"]), (400, &json!("AuthenticationFailed.MissingParameter")));
    let bad = json!({"appKey": key, "appSecret": "wrong"}).to_string();
    let (status, new) = raw(&stage, "POST", "/v1.0/oauth2/accessToken", "application/json", &bad).await;
    assert_eq!((status, &new["code"]), (400, &json!("invalidClientIdOrSecret")));
    // The platforms never saw any of it.
    assert!(stage.inspect("stats").await["calls"].as_object().unwrap().is_empty());
    // A DingTalk token is none of WeCom's.
    let token = ding_token(&stage).await;
    assert_eq!(get(&stage, &format!("/cgi-bin/user/get?access_token={token}&userid=a")).await["errcode"], 40014);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_malformed_is_refused_in_the_platforms_words() {
    let stage = Stage::open("").await;
    let (ding, wecom) = (ding_token(&stage).await, wecom_token(&stage).await);
    let long = "长".repeat(700);
    let mut other_agent = notice(&stage, "zhangsan", "x");
    other_agent["agent_id"] = json!(1);
    let many = (0..101).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
    let mut typeless = notice(&stage, "zhangsan", "x");
    typeless["msg"] = json!({"text": {"content": "x"}});
    for (body, code) in [
        (json!({}).to_string(), 400_002),
        ("{".to_owned(), 400_002),
        (other_agent.to_string(), 40_056),
        (notice(&stage, "", "x").to_string(), 400_002),
        (notice(&stage, &many, "x").to_string(), 40_032),
        (typeless.to_string(), 40_008),
        (notice(&stage, "zhangsan", "").to_string(), 44_004),
        (notice(&stage, "zhangsan", &long).to_string(), 45_002),
    ] {
        let target = format!("{SEND}?access_token={ding}");
        let (status, said) = raw(&stage, "POST", &target, "application/json", &body).await;
        assert_eq!((status, &said["errcode"]), (200, &json!(code)), "{body}: {said}");
    }
    let mut typeless = wecom_message(&stage, "zhangsan", "x");
    typeless.as_object_mut().unwrap().shift_remove("msgtype");
    let mut agentless = wecom_message(&stage, "zhangsan", "x");
    agentless["agentid"] = json!(0);
    for (body, code) in [
        (typeless.to_string(), 40_008),
        (agentless.to_string(), 41_011),
        (wecom_message(&stage, "", "x").to_string(), 82_001),
        ("[]".to_owned(), 40_058),
    ] {
        let target = format!("/cgi-bin/message/send?access_token={wecom}");
        let (status, said) = raw(&stage, "POST", &target, "application/json", &body).await;
        assert_eq!((status, &said["errcode"]), (200, &json!(code)), "{body}: {said}");
    }
    assert_eq!(get(&stage, &format!("{SEND}?access_token={ding}")).await["errcode"], 43_002);
    let unknown = post(&stage, &format!("/topapi/no/such?access_token={ding}"), &json!({})).await;
    assert_eq!(unknown["errcode"], 22);
    let list = stage.call("GET", "/v1/messages?limit=1", None).await.1;
    assert_eq!(list["messages"], json!([]), "nothing of it was accepted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_that_does_not_come_leaves_an_id_that_outlives_the_process() {
    let mut stage = Stage::open("[official]\nwait_ms = 150\n").await;
    let token = ding_token(&stage).await;
    let agent = stage.sandbox.credentials()["dingtalk"]["agent_id"].clone();
    stage.order_fault(&format!("latency_ms=1500:{SEND}:1"));
    let sent = post(&stage, &format!("{SEND}?access_token={token}"), &notice(&stage, "zhangsan", "慢")).await;
    let task = sent["task_id"].as_i64().unwrap();
    assert_eq!(sent["errcode"], 0);
    assert!((1 << 52..1 << 53).contains(&task), "an id of ours, which JavaScript holds exactly: {task}");
    let about = json!({"agent_id": agent, "task_id": task});
    let said = post(&stage, &format!("{PROGRESS}?access_token={token}"), &about).await;
    assert_eq!((&said["errcode"], &said["progress"]["status"]), (&json!(0), &json!(1)), "{said}");

    stage.kill();
    stage.start();
    let old = post(&stage, &format!("{PROGRESS}?access_token={token}"), &about).await;
    assert_eq!(old["sub_code"], "40014", "a restart ends every token, and SDKs log in again");
    let token = ding_token(&stage).await;
    let id = newest(&stage).await["id"].as_str().unwrap().to_owned();
    stage.until_state(&id, "sent").await;
    let mut said = Value::Null;
    for _ in 0..100 {
        said = post(&stage, &format!("{RESULT}?access_token={token}"), &about).await;
        let lists = &said["send_result"];
        if lists["unread_user_id_list"] != json!([]) || lists["forbidden_user_id_list"] != json!([]) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    assert_eq!(said["errcode"], 0, "{said}");
    assert_eq!(stage.copies("zhangsan", "dingtalk", "慢").await, 1);
    let said =
        post(&stage, &format!("{RECALL}?access_token={token}"), &json!({"agent_id": agent, "msg_task_id": task})).await;
    assert_eq!(said["errcode"], 0, "{said}");
    assert_eq!(stage.message(&id).await["deliveries"][0]["state"], "recalled");

    // WeCom's ids are texts.
    let token = wecom_token(&stage).await;
    stage.order_fault("latency_ms=600:/cgi-bin/message/send:1");
    let sent =
        post(&stage, &format!("/cgi-bin/message/send?access_token={token}"), &wecom_message(&stage, "zhangsan", "慢"))
            .await;
    let msgid = sent["msgid"].as_str().unwrap();
    assert!(msgid.starts_with("hy"), "{sent}");
    let id = newest(&stage).await["id"].as_str().unwrap().to_owned();
    stage.until_state(&id, "sent").await;
    let said = post(&stage, &format!("/cgi-bin/message/recall?access_token={token}"), &json!({"msgid": msgid})).await;
    assert_eq!(said["errcode"], 0, "{said}");
    assert_eq!(stage.copies("zhangsan", "wecom", "慢").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_else_is_passed_on_with_our_own_token() {
    let stage = Stage::open("").await;
    let token = ding_token(&stage).await;
    let scopes = get(&stage, &format!("/auth/scopes?access_token={token}")).await;
    assert_eq!(scopes["errcode"], 0, "{scopes}");
    // The platform ends our token: it is renewed inside, and the caller notices nothing.
    stage.order_fault("token_revoked:/user/get_by_mobile:1");
    let found = get(&stage, &format!("/user/get_by_mobile?mobile=13800000001&access_token={token}")).await;
    assert_eq!(found["userid"], "zhangsan", "{found}");
    let body = json!({"mobile": "13800000001"});
    let found = post(&stage, &format!("/topapi/v2/user/getbymobile?access_token={token}"), &body).await;
    assert_eq!(found["result"]["userid"], "zhangsan", "{found}");
    let nobody =
        post(&stage, &format!("/topapi/v2/user/getbymobile?access_token={token}"), &json!({"mobile": "1"})).await;
    assert_ne!(nobody["errcode"], 0, "the platform's refusal, verbatim: {nobody}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_key_is_a_secret_with_its_own_limits_and_its_end() {
    let stage = Stage::open("").await;
    let made = |scopes: &[&str]| {
        let mut command = stage.command();
        command.args(["--json", "keys", "create", "--name", "script", "--account", "ding"]);
        for scope in scopes {
            command.args(["--scope", scope]);
        }
        let said = command.output().unwrap();
        serde_json::from_slice::<Value>(&said.stdout).unwrap_or_else(|e| panic!("{e}: {said:?}"))
    };
    let sender = made(&["send"]);
    let key = sender["key"].as_str().unwrap().to_owned();
    let login = format!("/gettoken?appkey=ding&appsecret={key}");
    let mut said = Value::Null;
    for _ in 0..100 {
        said = get(&stage, &login).await;
        if said["errcode"] == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let token = text(&said, "/access_token");
    let sent = post(&stage, &format!("{SEND}?access_token={token}"), &notice(&stage, "zhangsan", "密钥")).await;
    assert_eq!(sent["errcode"], 0, "{sent}");
    let read = get(&stage, &format!("/user/get_by_mobile?access_token={token}&mobile=13800000001")).await;
    assert_eq!(read["errcode"], 60_011, "a key that may only send does not read: {read}");
    let other = get(&stage, &format!("/cgi-bin/gettoken?corpid=wecom&corpsecret={key}")).await;
    assert_eq!(other["errcode"], 40_001, "nor does it use another account: {other}");

    let id = sender["id"].as_str().unwrap().to_owned();
    assert!(stage.command().args(["keys", "revoke", &id]).output().unwrap().status.success());
    for _ in 0..100 {
        said = post(&stage, &format!("{SEND}?access_token={token}"), &notice(&stage, "zhangsan", "作废")).await;
        if said["errcode"] != 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(said["sub_code"], "40014", "a revoked key takes its tokens with it: {said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_and_their_robots_are_reached_through_the_outbox() {
    let mut stage = Stage::dark("").await;
    let said = stage.sandbox.credentials();
    let hook = text(&said, "/dingtalk/robot/access_token");
    let path = stage.folder.0.join("hongyan.toml");
    let more = format!(
        "{}\n[accounts.dingbot]\nchannel = \"dingtalk-robot\"\naccess_token = \"{hook}\"\nsecret = \"{}\"\nbase_url = \"{base}\"\n",
        std::fs::read_to_string(&path).unwrap(),
        text(&said, "/dingtalk/robot/secret"),
        base = stage.sandbox.base(),
    );
    std::fs::write(&path, more).unwrap();
    stage.start();
    let body = json!({"msgtype": "text", "text": {"content": "机器人"}, "at": {"isAtAll": false}});
    // The token alone is half of the credential, as on the platform.
    for token in [hook.clone(), format!("{hook}&timestamp=1790000000000&sign=c2FtcGxl")] {
        assert_eq!(post(&stage, &format!("/robot/send?access_token={token}"), &body).await["errcode"], 310_000);
    }
    let now = hongyan_core::Clock::now(&hongyan_core::clock::System).millis();
    let sign = hongyan_dingtalk::webhook::sign(&text(&said, "/dingtalk/robot/secret"), now);
    let sign = sign.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    // An API key does in place of the robot's own credential: the gateway signs.
    for token in [format!("{hook}&timestamp={now}&sign={sign}"), stage.key.clone()] {
        let sent = post(&stage, &format!("/robot/send?access_token={token}"), &body).await;
        assert_eq!((&sent["errcode"], &sent["errmsg"]), (&json!(0), &json!("ok")), "{sent}");
    }
    assert_eq!(newest(&stage).await["deliveries"][0]["account"], "dingbot");
    assert_eq!(post(&stage, "/robot/send?access_token=unknown", &body).await["errcode"], 300_005);
    assert_eq!(post(&stage, "/cgi-bin/webhook/send?key=unknown", &body).await["errcode"], 93_000);

    let token = ding_token(&stage).await;
    let chat = json!({"name": "值班", "owner": "zhangsan", "useridlist": ["zhangsan", "lisi"]});
    let made = post(&stage, &format!("/chat/create?access_token={token}"), &chat).await;
    assert_eq!(made["errcode"], 0, "{made}");
    let words = json!({"chatid": made["chatid"], "msg": {"msgtype": "text", "text": {"content": "群里好"}}});
    let sent = post(&stage, &format!("/chat/send?access_token={token}"), &words).await;
    let id = text(&sent, "/messageId").replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    let read = get(&stage, &format!("/chat/getReadList?access_token={token}&messageId={id}&cursor=0&size=2")).await;
    assert_eq!(read["errcode"], 0, "the id is the platform's own: {read}");
    assert_eq!(newest(&stage).await["state"], "sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_alert_reaches_people_as_it_would_without_the_gateway() {
    let stage = Stage::open("").await;
    let token = wecom_token(&stage).await;
    let words = format!("磁盘告警 {}", "a".repeat(2_100 - "磁盘告警 ".len()));
    let target = format!("/cgi-bin/message/send?access_token={token}");
    let sent = post(&stage, &target, &wecom_message(&stage, "zhangsan", &words)).await;
    assert_eq!((&sent["errcode"], &sent["invaliduser"]), (&json!(0), &json!("")), "{sent}");
    assert_eq!(stage.copies("zhangsan", "wecom", "磁盘告警").await, 1, "one message, not two parts");
    let phone = stage.inspect("phones/zhangsan").await;
    let shown = phone["messages"].as_array().unwrap().iter().find(|m| m["platform"] == "wecom").unwrap();
    assert_eq!(shown["content"]["text"]["content"].as_str().map(str::len), Some(2_048), "the platform cuts");
    let id = newest(&stage).await["id"].as_str().unwrap().to_owned();
    let row = &stage.ledger(&id).await[0];
    assert_eq!((&row["state"], &row["reason"]["code"]), (&json!("sent"), &json!("truncated")), "{row}");
}
