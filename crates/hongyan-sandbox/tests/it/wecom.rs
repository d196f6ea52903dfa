//! WeCom's paths.

use crate::raw::{Raw, Reply, parse};
use hongyan_sandbox::SandboxOptions;
use serde_json::{Value, json};

const SEND: &str = "/cgi-bin/message/send";
const RECALL: &str = "/cgi-bin/message/recall";

pub(crate) struct Corp {
    pub(crate) raw: Raw,
    pub(crate) token: String,
    pub(crate) agent: i64,
}

impl Corp {
    pub(crate) async fn start() -> Self {
        Self::on(Raw::start().await).await
    }

    pub(crate) async fn on(raw: Raw) -> Self {
        let (token, agent) = (raw.wecom_token().await, raw.credentials["wecom"]["agent_id"].as_i64().unwrap());
        Self { raw, token, agent }
    }

    pub(crate) async fn call(&self, path: &str, body: &Value) -> Reply {
        self.raw.call("POST", &format!("{path}?access_token={}", self.token), body).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Value {
        self.call(path, &body).await.json()
    }

    pub(crate) async fn get(&self, path: &str, query: &str) -> Value {
        self.raw.get(&format!("{path}?access_token={}&{query}", self.token)).await
    }

    /// Uploads a file; the whole answer.
    pub(crate) async fn upload(&self, kind: &str, name: &str, bytes: &[u8]) -> Value {
        let target = format!("/cgi-bin/media/upload?access_token={}&type={kind}", self.token);
        self.raw.form(&target, name, bytes).await.json()
    }

    pub(crate) fn text(&self, users: &str, text: &str) -> Value {
        json!({"touser": users, "msgtype": "text", "agentid": self.agent, "text": {"content": text}})
    }
}

#[tokio::test]
async fn gettoken_refuses_as_the_platform_does() {
    let raw = Raw::start().await;
    let corp = raw.credentials["wecom"]["corp_id"].as_str().unwrap();
    for (query, code) in [
        ("".to_owned(), 41002),
        ("?corpsecret=x".to_owned(), 41002),
        (format!("?corpid={corp}"), 41004),
        (format!("?corpid={corp}&corpsecret="), 41004),
        ("?corpid=ww0&corpsecret=x".to_owned(), 40013),
        (format!("?corpid={corp}&corpsecret=x"), 40001),
    ] {
        let reply = raw.call("GET", &format!("/cgi-bin/gettoken{query}"), &Value::Null).await;
        let body = reply.json();
        assert_eq!((reply.status, &body["errcode"]), (200, &json!(code)), "{query}");
        assert_eq!(reply.header("error-code"), Some(code.to_string().as_str()));
        let words = body["errmsg"].as_str().unwrap();
        assert!(words.contains("hint: [") && words.contains("from ip: 127.0.0.1"), "{words}");
        assert!(words.ends_with(&format!("more info at https://open.work.weixin.qq.com/devtool/query?e={code}")));
    }
}

#[tokio::test]
async fn a_token_is_given_again_until_it_lapses() {
    let corp = Corp::start().await;
    corp.raw.advance(3_600_000).await;
    assert_eq!(corp.raw.wecom_token().await, corp.token);
    corp.raw.advance(3_600_000).await;
    assert_eq!(corp.post(SEND, corp.text("zhangsan", "x")).await["errcode"], 42001);
    assert_ne!(corp.raw.wecom_token().await, corp.token);
    assert_eq!(corp.post(SEND, corp.text("zhangsan", "x")).await["errcode"], 42001);
    let corp = Corp::on(corp.raw).await;
    corp.raw.post("/sandbox/tokens/revoke", json!({"platform": "wecom", "how": "revoke"})).await;
    assert_eq!(corp.post(SEND, corp.text("zhangsan", "x")).await["errcode"], 40014);
}

#[tokio::test]
async fn many_wrong_secrets_shut_an_address_out_for_an_hour() {
    let raw = Raw::start().await;
    let id = raw.credentials["wecom"]["corp_id"].as_str().unwrap();
    let bytes = format!("GET /cgi-bin/gettoken?corpid={id}&corpsecret=x HTTP/1.1\r\nHost: s\r\n\r\n").repeat(1_999)
        + &format!("GET /cgi-bin/gettoken?corpid={id}&corpsecret=x HTTP/1.1\r\nHost: s\r\nConnection: close\r\n\r\n");
    let replies = String::from_utf8(crate::raw::exchange(raw.sandbox.address(), bytes.as_bytes()).await).unwrap();
    assert_eq!(replies.matches("\"errcode\":40001").count(), 2_000);
    let secret = raw.credentials["wecom"]["secret"].as_str().unwrap();
    let right = format!("/cgi-bin/gettoken?corpid={id}&corpsecret={secret}");
    assert_eq!(raw.get(&right).await["errcode"], 45009);
    raw.advance(3_600_000).await;
    assert_eq!(raw.get(&right).await["errcode"], 0);
}

#[tokio::test]
async fn a_message_reaches_people_and_can_be_recalled() {
    let corp = Corp::start().await;
    let sent = corp.post(SEND, corp.text("ZhangSan|lisi|Ghost01|outsider", "批次完成")).await;
    assert_eq!(sent["errcode"], 0, "{sent}");
    assert_eq!(sent["invaliduser"], "ghost01|outsider");
    let shown = corp.raw.phone("zhangsan").await;
    assert_eq!(shown[0]["content"], json!({"msgtype": "text", "text": {"content": "批次完成"}}));
    assert_eq!(corp.raw.phone("lisi").await.len(), 1);
    assert_eq!(corp.post(RECALL, json!({"msgid": sent["msgid"]})).await["errcode"], 0);
    assert_eq!(corp.raw.phone("lisi").await[0]["recalled"], true);
    assert_eq!(corp.post(RECALL, json!({"msgid": "nonsense"})).await["errcode"], 40058);
    corp.raw.advance(86_400_001).await;
    let corp = Corp::on(corp.raw).await;
    assert_eq!(corp.post(RECALL, json!({"msgid": sent["msgid"]})).await["errcode"], 42052);
}

#[tokio::test]
async fn parties_and_tags_are_expanded_once_per_person() {
    let corp = Corp::start().await;
    let body = json!({"touser": "zhangsan", "toparty": "2|90|x", "totag": "1|3|99", "msgtype": "text",
        "agentid": corp.agent.to_string(), "text": {"content": "大家好"}});
    let sent = corp.post(SEND, body).await;
    assert_eq!((&sent["invalidparty"], &sent["invalidtag"]), (&json!("90|x"), &json!("3|99")), "{sent}");
    assert_eq!(corp.raw.phone("zhangsan").await.len(), 1);
    let effects = corp.raw.stats().await["wecom"]["effects"].as_u64().unwrap();
    assert!(effects > 10, "{effects}");
    let all = corp.post(SEND, corp.text("@all", "全员")).await;
    assert_eq!(all["errcode"], 0);
    assert!(corp.raw.stats().await["wecom"]["effects"].as_u64().unwrap() > effects + 200);
    assert!(corp.raw.phone("outsider").await.is_empty());
}

#[tokio::test]
async fn a_bad_message_is_refused_in_the_platforms_order() {
    let corp = Corp::start().await;
    let good = corp.text("zhangsan", "x");
    let with = |name: &str, value: Value| {
        let mut body = good.clone();
        body[name] = value;
        body
    };
    let many = |n: usize| vec!["1"; n].join("|");
    for (body, code) in [
        (with("agentid", json!(7)), 40056),
        (with("agentid", json!(corp.agent + 1)), 301_002),
        (with("touser", json!("")), 82001),
        (with("touser", json!(many(1_001))), 40032),
        (with("toparty", json!(many(101))), 82002),
        (with("totag", json!(many(101))), 82003),
        (with("touser", json!("ghost01")), 81013),
        (json!({"touser": "ghost01", "msgtype": "text", "agentid": corp.agent, "text": {"content": ""}}), 81013),
        (with("touser", json!(["zhangsan"])), 40058),
        (with("text", json!({"content": ""})), 44004),
        (with("msgtype", json!("smoke")), 40008),
        (with("duplicate_check_interval", json!(20_000)), 40058),
        (json!({"touser": "zhangsan"}), 40008),
        (
            json!({"touser": "zhangsan", "msgtype": "markdown", "agentid": corp.agent, "markdown": {"content": "x".repeat(2_049)}}),
            45002,
        ),
        (json!({"touser": "zhangsan", "msgtype": "text", "text": {"content": "x"}}), 41011),
    ] {
        let reply = corp.post(SEND, body.clone()).await;
        assert_eq!(reply["errcode"], code, "{body} {reply}");
    }
    assert_eq!(corp.post(SEND, with("touser", json!("Ghost01"))).await["invaliduser"], "ghost01");
    assert_eq!(corp.raw.post(SEND, good.clone()).await["errcode"], 41001);
    assert_eq!(corp.raw.post(&format!("{SEND}?access_token=x"), json!([])).await["errcode"], 40014);
    let target = format!("{SEND}?access_token={}", corp.token);
    assert_eq!(corp.raw.get(&target).await["errcode"], 40058);
    let broken = corp.raw.send("POST", &target, "application/json", "{").await;
    assert_eq!(parse(&broken).json()["errcode"], 40058);
    let form = corp.raw.send("POST", &target, "application/x-www-form-urlencoded", "touser=zhangsan").await;
    assert_eq!(parse(&form).json()["errcode"], 40058);
    assert_eq!(corp.raw.stats().await["wecom"]["sends"], 0);
}

#[tokio::test]
async fn an_address_that_is_not_trusted_is_refused() {
    let corp = Corp::start().await;
    corp.raw.post("/sandbox/settings", json!({"wecom_trusted_ips": ["192.0.2.1"]})).await;
    assert_eq!(corp.post(SEND, json!({})).await["errcode"], 60020);
    corp.raw.post("/sandbox/settings", json!({"wecom_trusted_ips": null})).await;
    assert_eq!(corp.post(SEND, corp.text("zhangsan", "x")).await["errcode"], 0);
}

#[tokio::test]
async fn an_identical_request_is_delivered_once_within_the_interval() {
    let corp = Corp::start().await;
    let mut body = corp.text("zhangsan", "只此一次");
    body["enable_duplicate_check"] = json!(1);
    body["duplicate_check_interval"] = json!(600);
    let first = corp.post(SEND, body.clone()).await;
    let second = corp.post(SEND, body.clone()).await;
    assert_eq!((&second["errcode"], &second["msgid"]), (&json!(0), &first["msgid"]));
    let reordered = json!({"text": {"content": "只此一次"}, "duplicate_check_interval": 600, "agentid": corp.agent,
        "enable_duplicate_check": 1, "msgtype": "text", "touser": "zhangsan"});
    corp.post(SEND, reordered).await;
    assert_eq!(corp.raw.phone("zhangsan").await.len(), 1);
    let stats = corp.raw.stats().await;
    assert_eq!((&stats["wecom"]["swallowed"], &stats["duplicates"]), (&json!(2), &json!(0)));
    corp.raw.advance(600_000).await;
    corp.post(SEND, body).await;
    assert_eq!(corp.raw.phone("zhangsan").await.len(), 2);
    assert_eq!(corp.raw.stats().await["duplicates"], 1);
}

#[tokio::test]
async fn without_the_check_a_repeat_reaches_the_phone_twice() {
    let corp = Corp::start().await;
    corp.post(SEND, corp.text("zhangsan", "又来了")).await;
    corp.post(SEND, corp.text("zhangsan", "又来了")).await;
    assert_eq!(corp.raw.phone("zhangsan").await[1]["copies"], 2);
    assert_eq!(corp.raw.stats().await["duplicates"], 1);
}

#[tokio::test]
async fn a_person_gets_thirty_a_minute_and_nobody_is_told() {
    let corp = Corp::start().await;
    for i in 0..32 {
        let sent = corp.post(SEND, corp.text("zhangsan", &i.to_string())).await;
        assert_eq!((&sent["errcode"], &sent["invaliduser"]), (&json!(0), &json!("")));
    }
    assert_eq!(corp.raw.phone("zhangsan").await.len(), 30);
    assert_eq!(corp.raw.stats().await["wecom"]["dropped"], 2);
    corp.raw.advance(60_000).await;
    corp.post(SEND, corp.text("zhangsan", "again")).await;
    assert_eq!(corp.raw.phone("zhangsan").await.len(), 31);
}

#[tokio::test]
async fn long_text_is_cut_at_a_whole_character() {
    let corp = Corp::start().await;
    corp.post(SEND, corp.text("zhangsan", &"鸿".repeat(1_000))).await;
    let shown = corp.raw.phone("zhangsan").await;
    assert_eq!(shown[0]["content"]["text"]["content"].as_str().unwrap().len(), 2_046);
}

#[tokio::test]
async fn members_are_found_by_mobile_and_mail_as_far_as_they_are_visible() {
    let corp = Corp::start().await;
    let mobile = "/cgi-bin/user/getuserid";
    assert_eq!(corp.post(mobile, json!({"mobile": "13800000001"})).await["userid"], "zhangsan");
    let miss = corp.post(mobile, json!({"mobile": "13999999999"})).await;
    assert_eq!((&miss["errcode"], &miss["userid"]), (&json!(46004), &json!("")));
    let outsider = corp.raw.get("/sandbox/people/outsider").await["mobile"].clone();
    assert_eq!(corp.post(mobile, json!({"mobile": outsider})).await["errcode"], 46004);
    assert_eq!(corp.post(mobile, json!({"mobile": "138"})).await["errcode"], 40058);
    assert_eq!(corp.post(mobile, json!({})).await["errcode"], 40058);
    let mail = "/cgi-bin/user/get_userid_by_email";
    assert_eq!(corp.post(mail, json!({"email": "Lisi@example.com"})).await["userid"], "lisi");
    assert_eq!(corp.post(mail, json!({"email": "lisi@home.example.com", "email_type": 2})).await["userid"], "lisi");
    assert_eq!(corp.post(mail, json!({"email": "lisi@example.com", "email_type": 2})).await["errcode"], 46004);
    assert_eq!(corp.post(mail, json!({"email": "x@example.com", "email_type": 3})).await["errcode"], 40058);
}

#[tokio::test]
async fn people_can_be_told_to_refuse() {
    let corp = Corp::start().await;
    for (userid, rule) in [("lisi", "invisible"), ("wangwu", "unlicensed"), ("zhaoliu", "silent")] {
        corp.raw.post(&format!("/sandbox/people/{userid}"), json!({"wecom": rule})).await;
    }
    let sent = corp.post(SEND, corp.text("zhangsan|lisi|wangwu|zhaoliu", "各有各的")).await;
    assert_eq!((&sent["invaliduser"], &sent["unlicenseduser"]), (&json!("lisi"), &json!("wangwu")));
    assert_eq!(corp.raw.stats().await["wecom"]["dropped"], 1);
    assert_eq!(corp.raw.stats().await["wecom"]["effects"], 1);
}

#[tokio::test]
async fn call_rates_and_look_ups_in_vain_are_limited_where_asked() {
    let raw = Raw::with(SandboxOptions { people: 2, ..SandboxOptions::default() }).await;
    let corp = Corp::on(raw).await;
    corp.raw.post("/sandbox/settings", json!({"limits": {"calls": true}})).await;
    let mut last = Value::Null;
    for _ in 0..5 {
        last = corp.post("/cgi-bin/user/getuserid", json!({"mobile": "13999999999"})).await;
    }
    assert_eq!(last["errcode"], 45009);
}

#[tokio::test]
async fn unknown_paths_are_not_found() {
    let raw = Raw::start().await;
    assert_eq!(raw.call("GET", "/cgi-bin/nowhere", &Value::Null).await.status, 404);
}

#[tokio::test]
async fn debugging_is_for_five_calls_a_minute() {
    let corp = Corp::start().await;
    let debugged = async || corp.get("/cgi-bin/user/get", "userid=lisi&debug=1").await["errcode"].clone();
    for _ in 0..5 {
        assert_eq!(debugged().await, 0);
    }
    assert_eq!(debugged().await, 45_009);
    assert_eq!(corp.get("/cgi-bin/user/get", "userid=lisi").await["errcode"], 0);
    corp.raw.advance(60_000).await;
    assert_eq!(debugged().await, 0);
}

#[tokio::test]
async fn what_is_sent_again_after_a_lost_answer_arrives_once_where_the_platform_says_so() {
    let corp = Corp::start().await;
    let lost = async |target: &str, body: &Value| {
        let rule = json!({"match": target.split('?').next(), "kind": "drop_after", "count": 1});
        corp.raw.post("/sandbox/faults", rule).await;
        let body = body.to_string();
        assert!(corp.raw.send("POST", target, "application/json", &body).await.is_empty());
        parse(&corp.raw.send("POST", target, "application/json", &body).await).json()
    };
    let mut body = corp.text("zhangsan", "once");
    body["enable_duplicate_check"] = json!(1);
    assert_eq!(lost(&format!("{SEND}?access_token={}", corp.token), &body).await["errcode"], 0);
    let token = corp.raw.ding_token().await;
    let robot = corp.raw.post("/sandbox/robots", json!({"keyword": "告警"})).await;
    let said = json!({"msgtype": "text", "text": {"content": "告警"}, "msgUuid": "6f1c"});
    let target = format!("/robot/send?access_token={}", robot["access_token"].as_str().unwrap());
    assert_eq!(lost(&target, &said).await["errcode"], 0);
    let group = json!({"title": "Ops", "template_id": "t1", "owner_user_id": "zhangsan", "uuid": "req-1"});
    let target = format!("/topapi/im/chat/scenegroup/create?access_token={token}");
    assert_eq!(lost(&target, &group).await["errcode"], 0);
    let phone = corp.raw.phone("zhangsan").await;
    assert_eq!(phone.len(), 2, "{phone:?}");
    let groups = corp.raw.get("/sandbox/chats").await;
    let ops = groups["chats"].as_array().unwrap().iter().filter(|chat| chat["name"] == "Ops").count();
    assert_eq!(ops, 1);
}

#[tokio::test]
async fn an_application_that_is_switched_off_does_nothing() {
    let corp = Corp::start().await;
    corp.raw.post("/sandbox/settings", json!({"wecom_app_enabled": false})).await;
    assert_eq!(corp.post(SEND, corp.text("zhangsan", "x")).await["errcode"], 50_003);
    let w = &corp.raw.credentials["wecom"];
    let (id, secret) = (w["corp_id"].as_str().unwrap(), w["secret"].as_str().unwrap());
    assert_eq!(corp.raw.get(&format!("/cgi-bin/gettoken?corpid={id}&corpsecret={secret}")).await["errcode"], 50_003);
    corp.raw.post("/sandbox/settings", json!({"wecom_app_enabled": true})).await;
    assert_eq!(corp.post(SEND, corp.text("zhangsan", "x")).await["errcode"], 0);
}

#[tokio::test]
async fn numbers_may_be_text_and_fields_that_nobody_knows_are_not_minded() {
    let corp = Corp::start().await;
    let body = json!({"touser": "ZhangSan", "msgtype": "text", "agentid": corp.agent.to_string(), "safe": "0",
        "enable_duplicate_check": "1", "text": {"content": "x", "colour": "red"}, "moon": {"phase": 3}});
    assert_eq!(corp.post(SEND, body.clone()).await["errcode"], 0);
    assert_eq!(corp.post(SEND, body).await["errcode"], 0);
    assert_eq!(corp.raw.phone("zhangsan").await.len(), 1);
}

#[tokio::test]
async fn a_day_of_a_rate_turns_at_midnight_in_china() {
    let options = SandboxOptions { smtp_listen: None, ..SandboxOptions::default() };
    let corp = Corp::on(Raw::with(options).await).await;
    corp.raw.post("/sandbox/settings", json!({"limits": {"calls": true, "people": true}})).await;
    let create = async |corp: &Corp| {
        let group = json!({"name": "群", "userlist": ["zhangsan", "lisi"]});
        corp.post("/cgi-bin/appchat/create", group).await["errcode"].clone()
    };
    for _ in 0..1_000 {
        assert_eq!(create(&corp).await, 0);
    }
    assert_eq!(create(&corp).await, 45_009);
    // Noon in China it was: midnight is twelve hours away, that of UTC twenty.
    corp.raw.advance(12 * 3_600_000).await;
    let corp = Corp::on(corp.raw).await;
    assert_eq!(create(&corp).await, 0);
}
