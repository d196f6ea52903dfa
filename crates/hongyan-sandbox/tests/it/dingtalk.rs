//! DingTalk's paths.

use crate::raw::{Raw, parse};
use hongyan_sandbox::{Limits, SandboxOptions};
use serde_json::{Value, json};

const SEND: &str = "/topapi/message/corpconversation/asyncsend_v2";
const PROGRESS: &str = "/topapi/message/corpconversation/getsendprogress";
const RESULT: &str = "/topapi/message/corpconversation/getsendresult";
const RECALL: &str = "/topapi/message/corpconversation/recall";
const DAY: u64 = 86_400_000;

/// A sandbox with a token in hand.
struct Ding {
    raw: Raw,
    token: String,
    agent: i64,
}

impl Ding {
    async fn start() -> Self {
        Self::on(Raw::start().await).await
    }

    async fn on(raw: Raw) -> Self {
        let (token, agent) = (raw.ding_token().await, raw.credentials["dingtalk"]["agent_id"].as_i64().unwrap());
        Self { raw, token, agent }
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        self.raw.post(&format!("{path}?access_token={}", self.token), body).await
    }

    async fn send(&self, users: &str, text: &str) -> i64 {
        let reply = self.post(SEND, notice(self.agent, users, text)).await;
        assert_eq!(reply["errcode"], 0, "{reply}");
        reply["task_id"].as_i64().unwrap()
    }

    async fn result(&self, task: i64) -> Value {
        self.raw.advance(1_000).await;
        let reply = self.post(RESULT, json!({"agent_id": self.agent, "task_id": task})).await;
        assert_eq!(reply["errcode"], 0, "{reply}");
        reply["send_result"].clone()
    }
}

fn notice(agent: i64, users: &str, text: &str) -> Value {
    json!({"agent_id": agent, "userid_list": users, "msg": {"msgtype": "text", "text": {"content": text}}})
}

#[tokio::test]
async fn a_token_is_given_again_and_renewed() {
    let raw = Raw::start().await;
    let first = raw.ding_token().await;
    raw.advance(7_000_000).await;
    assert_eq!(raw.ding_token().await, first);
    raw.advance(7_000_000).await;
    assert_eq!(raw.get(&format!("/user/get_by_mobile?access_token={first}&mobile=13800000001")).await["errcode"], 0);
    raw.advance(300_000).await;
    assert_ne!(raw.ding_token().await, first);
}

#[tokio::test]
async fn gettoken_refuses_as_the_platform_does() {
    let raw = Raw::start().await;
    assert_eq!(raw.get("/gettoken?appkey=a&appsecret=b").await["errcode"], 40096);
    assert_eq!(raw.get("/gettoken").await["errcode"], 40035);
    assert_eq!(raw.get("/gettoken?appkey=a").await["errcode"], 40035);
    assert_eq!(raw.get("/gettoken?appkey=&appsecret=").await["errcode"], 40035);
    let form = raw.send("POST", "/gettoken", "application/x-www-form-urlencoded", "appkey=a&appsecret=b").await;
    assert_eq!(parse(&form).json()["errcode"], 40035);
}

#[tokio::test]
async fn a_bad_token_is_wrapped_on_topapi_and_bare_elsewhere() {
    let raw = Raw::start().await;
    let mobile = json!({"mobile": "13800000001"});
    let reply = raw.call("POST", "/topapi/v2/user/getbymobile?access_token=nonsense", &mobile).await;
    assert_eq!(reply.status, 200);
    let body = reply.json();
    assert_eq!((&body["errcode"], &body["sub_code"]), (&json!(88), &json!("40014")), "{body}");
    assert!(body["errmsg"].as_str().unwrap().contains("subcode=40014"));
    assert!(body["request_id"].is_string());
    let scopes = raw.get(&format!("/auth/scopes?access_token={}", raw.ding_token().await)).await;
    assert!(scopes["request_id"].is_null(), "only the gateway numbers its answers: {scopes}");
    let body = raw.post("/topapi/v2/user/getbymobile", mobile).await;
    assert_eq!((&body["errcode"], &body["sub_code"]), (&json!(88), &json!("40000")));
    assert_eq!(raw.get("/user/get_by_mobile?access_token=nonsense&mobile=1").await["errcode"], 40014);
    assert_eq!(raw.get("/user/get_by_mobile?mobile=1").await["errcode"], 41001);
}

#[tokio::test]
async fn a_lapsed_or_revoked_token_is_refused() {
    let ding = Ding::start().await;
    ding.raw.advance(7_200_000).await;
    let old = format!("/user/get_by_mobile?access_token={}&mobile=13800000001", ding.token);
    assert_eq!(ding.raw.get(&old).await["errcode"], 42001);
    assert_eq!(ding.post(PROGRESS, json!({})).await["sub_code"], "40014");
    let fresh = ding.raw.ding_token().await;
    assert_ne!(fresh, ding.token);
    ding.raw.post("/sandbox/tokens/revoke", json!({"platform": "dingtalk"})).await;
    let revoked = format!("/user/get_by_mobile?access_token={fresh}&mobile=13800000001");
    assert_eq!(ding.raw.get(&revoked).await["errcode"], 40014);
    assert_eq!(ding.raw.stats().await["tokens"]["dingtalk"], 2);
}

#[tokio::test]
async fn people_are_found_by_mobile_on_both_paths() {
    let ding = Ding::start().await;
    let v1 = |mobile: &str| format!("/user/get_by_mobile?access_token={}&mobile={mobile}", ding.token);
    assert_eq!(ding.raw.get(&v1("13800000001")).await["userid"], "zhangsan");
    assert_eq!(ding.raw.get(&v1("%2B86-13800000002")).await["userid"], "lisi");
    assert_eq!(ding.raw.get(&v1("13999999999")).await["errcode"], 60121);
    assert_eq!(ding.raw.get(&v1("not-a-number")).await["errcode"], 40104);
    let v2 = "/topapi/v2/user/getbymobile";
    assert_eq!(ding.post(v2, json!({"mobile": "13800000001"})).await["result"]["userid"], "zhangsan");
    assert_eq!(ding.post(v2, json!({"mobile": "13999999999"})).await["errcode"], 60121);
    assert_eq!(ding.post(v2, json!({"mobile": "1380000000112345"})).await["errcode"], 40104);
    assert_eq!(ding.post(v2, json!({})).await["errcode"], 400002);
    assert_eq!(ding.raw.get(&format!("{v2}?access_token={}", ding.token)).await["errcode"], 43002);
    let target = v1("13800000001");
    assert_eq!(ding.raw.post(&target, Value::Null).await["errcode"], 43001);
}

#[tokio::test]
async fn a_notice_is_accepted_delivered_read_and_recalled() {
    let delivery_delay = std::time::Duration::from_secs(60);
    let ding = Ding::on(Raw::with(SandboxOptions { delivery_delay, ..SandboxOptions::default() }).await).await;
    let task = ding.send("zhangsan,lisi,nobody,outsider", "你好").await;
    let progress = json!({"agent_id": ding.agent, "task_id": task});
    assert_eq!(ding.post(PROGRESS, progress.clone()).await["progress"]["status"], 0);
    ding.raw.advance(31_000).await;
    assert_eq!(ding.post(PROGRESS, progress.clone()).await["progress"]["status"], 1);
    assert!(ding.raw.phone("zhangsan").await.is_empty());
    ding.raw.advance(30_000).await;
    let result = ding.result(task).await;
    assert_eq!(ding.post(PROGRESS, progress).await["progress"], json!({"progress_in_percent": 100, "status": 2}));
    assert_eq!(result["unread_user_id_list"], json!(["zhangsan", "lisi"]));
    assert_eq!(result["invalid_user_id_list"], json!(["nobody", "outsider"]));
    let shown = ding.raw.phone("zhangsan").await;
    assert_eq!(shown[0]["content"]["text"]["content"], "你好");
    assert_eq!((&shown[0]["platform"], &shown[0]["read"]), (&json!("dingtalk"), &json!(false)));

    assert_eq!(ding.raw.post("/sandbox/phones/zhangsan/read", Value::Null).await["read"], 1);
    let result = ding.result(task).await;
    assert_eq!(result["read_user_id_list"], json!(["zhangsan"]));
    assert_eq!(result["unread_user_id_list"], json!(["lisi"]));

    let recall = json!({"agent_id": ding.agent, "msg_task_id": task});
    assert_eq!(ding.post(RECALL, recall.clone()).await["errcode"], 0);
    assert_eq!(ding.post(RECALL, recall).await["errcode"], 0);
    assert_eq!(ding.raw.phone("lisi").await[0]["recalled"], true);
    let stats = ding.raw.stats().await;
    assert_eq!(stats["dingtalk"]["effects"], 2);
    assert_eq!(stats["dingtalk"]["recalls"], 1);
}

#[tokio::test]
async fn a_notice_recalled_before_delivery_is_never_seen() {
    let ding = Ding::start().await;
    let task = ding.send("zhangsan", "算了").await;
    ding.post(RECALL, json!({"agent_id": ding.agent, "msg_task_id": task})).await;
    ding.raw.advance(1_000).await;
    assert_eq!(ding.raw.phone("zhangsan").await[0]["recalled"], true);
}

#[tokio::test]
async fn a_form_post_is_read_as_json_is() {
    let ding = Ding::start().await;
    let body = format!(
        "agent_id={}&userid_list=zhangsan&msg=%7B%22msgtype%22%3A%22text%22%2C%22text%22%3A%7B%22content%22%3A%22a+b%22%7D%7D",
        ding.agent
    );
    let target = format!("{SEND}?access_token={}", ding.token);
    let reply = ding.raw.send("POST", &target, "application/x-www-form-urlencoded", &body).await;
    assert_eq!(parse(&reply).json()["errcode"], 0);
    ding.raw.advance(1_000).await;
    assert_eq!(ding.raw.phone("zhangsan").await[0]["content"]["text"]["content"], "a b");
}

#[tokio::test]
async fn a_bad_notice_is_refused_at_once() {
    let ding = Ding::start().await;
    let agent = ding.agent;
    let text = json!({"msgtype": "text", "text": {"content": "x"}});
    let many = |n: usize| (0..n).map(|i| i.to_string()).collect::<Vec<_>>().join(",");
    for (body, code) in [
        (notice(1, "zhangsan", "x"), 40056),
        (json!({"userid_list": "zhangsan", "msg": text}), 400002),
        (json!({"agent_id": agent, "msg": text}), 400002),
        (json!({"agent_id": agent, "userid_list": "", "msg": text}), 400002),
        (json!({"agent_id": agent, "userid_list": "zhangsan", "dept_id_list": "", "msg": text}), 41),
        (json!({"agent_id": agent, "userid_list": "zhangsan"}), 400002),
        (json!({"agent_id": agent, "userid_list": ["zhangsan"], "msg": text}), 400002),
        (json!({"agent_id": agent, "userid_list": many(101), "msg": text}), 40032),
        (json!({"agent_id": agent, "dept_id_list": many(21), "msg": text}), 40066),
        (json!({"agent_id": agent, "dept_id_list": "first", "msg": text}), 40066),
        (json!({"agent_id": agent, "userid_list": "zhangsan", "msg": {"msgtype": "smoke"}}), 40008),
        (json!({"agent_id": agent, "userid_list": "zhangsan", "msg": {"msgtype": "text"}}), 34014),
        (notice(agent, "zhangsan", &"字".repeat(700)), 45002),
        (notice(agent, "zhangsan", ""), 44004),
    ] {
        let reply = ding.post(SEND, body.clone()).await;
        assert_eq!(reply["errcode"], code, "{body} {reply}");
    }
    let target = format!("{SEND}?access_token={}", ding.token);
    let broken = ding.raw.send("POST", &target, "application/json", "{\"agent_id\":").await;
    assert_eq!(parse(&broken).json()["errcode"], 400002);
    assert_eq!(ding.raw.stats().await["dingtalk"]["sends"], 0);
}

#[tokio::test]
async fn departments_are_expanded_and_unknown_ones_named() {
    let ding = Ding::start().await;
    let body = json!({"agent_id": ding.agent, "userid_list": "zhangsan", "dept_id_list": "11,90,777",
        "msg": {"msgtype": "text", "text": {"content": "组内"}}});
    let task = ding.post(SEND, body).await["task_id"].as_i64().unwrap();
    let result = ding.result(task).await;
    assert_eq!(result["invalid_dept_id_list"], json!(["90", "777"]));
    let reached = result["unread_user_id_list"].as_array().unwrap();
    assert!(reached.len() > 2 && reached.iter().filter(|id| **id == "zhangsan").count() == 1, "{reached:?}");
}

#[tokio::test]
async fn the_same_content_reaches_a_person_once_a_day() {
    let ding = Ding::start().await;
    ding.send("zhangsan", "磁盘 91%").await;
    ding.raw.advance(1_000).await;
    let again = ding.send("zhangsan,lisi", "磁盘 91%").await;
    let result = ding.result(again).await;
    assert_eq!(result["forbidden_list"], json!([{"code": "143106", "count": 1, "userid": "zhangsan"}]));
    assert_eq!(result["forbidden_user_id_list"], json!(["zhangsan"]));
    assert_eq!(result["unread_user_id_list"], json!(["lisi"]));
    assert_eq!(ding.raw.phone("zhangsan").await.len(), 1);
    ding.raw.advance(DAY).await;
    let ding = Ding::on(ding.raw).await;
    let tomorrow = ding.send("zhangsan", "磁盘 91%").await;
    assert_eq!(ding.result(tomorrow).await["unread_user_id_list"], json!(["zhangsan"]));
    let stats = ding.raw.stats().await;
    assert_eq!((&stats["dingtalk"]["swallowed"], &stats["duplicates"]), (&json!(1), &json!(1)));
    assert_eq!(ding.raw.phone("zhangsan").await[1]["copies"], 2);
}

#[tokio::test]
async fn a_person_gets_five_hundred_a_day_where_quotas_hold() {
    for (people, expected) in [(true, "143105"), (false, "")] {
        let limits = Limits { calls: false, people };
        let options = SandboxOptions { limits, delivery_delay: std::time::Duration::ZERO, ..SandboxOptions::default() };
        let ding = Ding::on(Raw::with(options).await).await;
        for i in 0..500 {
            ding.send("zhangsan", &format!("第 {i} 条")).await;
        }
        let last = ding.send("zhangsan", "第 501 条").await;
        let result = ding.result(last).await;
        assert_eq!(result["forbidden_list"][0]["code"].as_str().unwrap_or_default(), expected);
    }
}

#[tokio::test]
async fn receivers_per_minute_and_notices_to_all_are_counted() {
    let raw = Raw::with(SandboxOptions { people: 2_600, ..SandboxOptions::default() }).await;
    let ding = Ding::on(raw).await;
    let all = |text: &str| json!({"agent_id": ding.agent, "to_all_user": true, "msg": {"msgtype": "text", "text": {"content": text}}});
    for text in ["一", "二", "三"] {
        assert_eq!(ding.post(SEND, all(text)).await["errcode"], 0);
    }
    assert_eq!(ding.post(SEND, all("四")).await["errcode"], 41045);
    ding.raw.advance(1_000).await;
    let stats = ding.raw.stats().await;
    assert_eq!(stats["dingtalk"]["effects"], 5_000);
    assert!(stats["dingtalk"]["forbidden"].as_u64().unwrap() > 0);
    ding.raw.advance(DAY).await;
    let ding = Ding::on(ding.raw).await;
    let task = ding.post(SEND, json!({"agent_id": ding.agent, "to_all_user": "true", "msg": {"msgtype": "text", "text": {"content": "五"}}})).await;
    let query = json!({"agent_id": ding.agent, "task_id": task["task_id"]});
    assert_eq!(ding.post(RESULT, query).await["errcode"], 41052);
}

#[tokio::test]
async fn results_and_recalls_end_after_a_day() {
    let ding = Ding::start().await;
    let task = ding.send("zhangsan", "昨天").await;
    let query = json!({"agent_id": ding.agent, "task_id": task});
    assert_eq!(ding.post(RESULT, json!({"agent_id": 1, "task_id": task})).await["errcode"], 40035);
    assert_eq!(ding.post(RESULT, json!({"agent_id": ding.agent, "task_id": 1})).await["errcode"], 40035);
    assert_eq!(ding.post(RECALL, json!({"agent_id": ding.agent, "msg_task_id": 1})).await["errcode"], 400002);
    ding.raw.advance(DAY + 1).await;
    let ding = Ding::on(ding.raw).await;
    assert_eq!(ding.post(RESULT, query.clone()).await["errcode"], 40035);
    assert_eq!(ding.post(PROGRESS, query).await["errcode"], 40035);
    assert_eq!(ding.post(RECALL, json!({"agent_id": ding.agent, "msg_task_id": task})).await["errcode"], 400002);
}

#[tokio::test]
async fn people_can_be_told_to_refuse() {
    let ding = Ding::start().await;
    let rule = |userid: &str| format!("/sandbox/people/{userid}");
    ding.raw.post(&rule("lisi"), json!({"dingtalk": "forbidden:1430004"})).await;
    ding.raw.post(&rule("wangwu"), json!({"dingtalk": "failed"})).await;
    ding.raw.post(&rule("zhaoliu"), json!({"dingtalk": "invisible"})).await;
    let task = ding.send("zhangsan,lisi,wangwu,zhaoliu", "各有各的").await;
    let result = ding.result(task).await;
    assert_eq!(result["unread_user_id_list"], json!(["zhangsan"]));
    assert_eq!(result["forbidden_list"][0], json!({"code": "1430004", "count": 1, "userid": "lisi"}));
    assert_eq!(result["failed_user_id_list"], json!(["wangwu"]));
    assert_eq!(result["invalid_user_id_list"], json!(["zhaoliu"]));
    ding.raw.post(&rule("lisi"), json!({"dingtalk": "ok"})).await;
    let task = ding.send("lisi", "好了").await;
    assert_eq!(ding.result(task).await["unread_user_id_list"], json!(["lisi"]));
}

#[tokio::test]
async fn people_read_by_themselves_where_asked() {
    let auto_read = Some(std::time::Duration::from_secs(5));
    let ding = Ding::on(Raw::with(SandboxOptions { auto_read, ..SandboxOptions::default() }).await).await;
    let task = ding.send("zhangsan,dormant", "看看").await;
    assert_eq!(ding.result(task).await["unread_user_id_list"], json!(["zhangsan", "dormant"]));
    ding.raw.advance(5_000).await;
    let result = ding.result(task).await;
    assert_eq!(
        (&result["read_user_id_list"], &result["unread_user_id_list"]),
        (&json!(["zhangsan"]), &json!(["dormant"]))
    );
}

#[tokio::test]
async fn call_rates_hold_where_asked() {
    let ding = Ding::start().await;
    ding.raw.post("/sandbox/settings", json!({"limits": {"calls": true}})).await;
    let mut codes = Vec::new();
    for _ in 0..300 {
        codes.push(ding.post(PROGRESS, json!({"agent_id": 1, "task_id": 1})).await["sub_code"].clone());
    }
    assert!(codes.contains(&json!("90018")), "{codes:?}");
}

#[tokio::test]
async fn unknown_paths_are_answered_as_the_platform_does() {
    let raw = Raw::start().await;
    assert_eq!(raw.get("/nowhere").await["errcode"], 404);
    let reply = raw.post("/topapi/v2/user/notexist", json!({})).await;
    assert_eq!(reply["errcode"], 22);
    assert!(reply["sub_msg"].as_str().unwrap().contains("dingtalk.oapi.v2.user.notexist"));
    assert_eq!(raw.call("POST", "/v1.0/nowhere", &json!({})).await.status, 404);
}

#[tokio::test]
async fn an_address_that_is_not_trusted_is_refused() {
    let ding = Ding::start().await;
    ding.raw.post("/sandbox/settings", json!({"dingtalk_trusted_ips": ["192.0.2.1"]})).await;
    let reply = ding.post(PROGRESS, json!({"agent_id": ding.agent, "task_id": 1})).await;
    assert_eq!(reply["sub_code"], "60020");
    assert!(reply["sub_msg"].as_str().unwrap().contains("request ip=127.0.0.1"));
}
