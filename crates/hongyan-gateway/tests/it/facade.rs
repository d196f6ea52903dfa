//! `/api/dingtalkserve/*`, route by route.

use crate::{TestGateway, http::Request, upstream::Upstream};
use hongyan_api::FACADE;
use hongyan_gateway::Config;
use serde_json::{Value, json};

pub(crate) fn config(upstream: &Upstream, more: &str) -> Config {
    let text = format!(
        "[server]\nlisten = \"127.0.0.1:0\"\n[accounts.ding]\nchannel = \"dingtalk\"\nbase_url = \"http://{}\"\n\
         app_key = \"dingsample\"\napp_secret = \"invented\"\nagent_id = 7\nreceipts_after_ms = 0\n\
         [accounts.wecom]\nchannel = \"wecom\"\nbase_url = \"http://{}\"\ncorp_id = \"wwsample\"\nsecret = \"invented\"\n\
         agent_id = 8\n{more}",
        upstream.address, upstream.address
    );
    Config::parse(&text, None, []).unwrap()
}

async fn open(upstream: &Upstream, more: &str) -> TestGateway {
    let config = config(upstream, more);
    let accounts = config.open_accounts().unwrap();
    TestGateway::start_on(config, accounts).await
}

const FACADE_ON: &str = "[facade]\naccount = \"ding\"\n";

/// Path, a good body, the platform's call that it becomes: request line without the token, and body.
fn cases() -> Vec<(&'static str, Value, &'static str, Value)> {
    let text = |words: &str| json!({"msgtype": "text", "text": {"content": words}});
    vec![
        (
            "asyncsend_v2",
            json!({"userid_list": "li,wang", "dept_id_list": "2", "msg": "工单"}),
            "POST /topapi/message/corpconversation/asyncsend_v2",
            json!({"agent_id": 7, "userid_list": "li,wang", "dept_id_list": "2", "msg": text("工单")}),
        ),
        (
            "getsendprogress",
            json!({"task_id": "456"}),
            "POST /topapi/message/corpconversation/getsendprogress",
            json!({"agent_id": 7, "task_id": 456}),
        ),
        (
            "getsendresult",
            json!({"task_id": 457}),
            "POST /topapi/message/corpconversation/getsendresult",
            json!({"agent_id": 7, "task_id": 457}),
        ),
        ("list_ids", json!({"id": 1}), "GET /department/list_ids?id=1", json!(null)),
        (
            "list",
            json!({"id": "1", "lang": "zh_CN", "fetch_child": true}),
            "GET /department/list?id=1&fetch_child=true&lang=zh_CN",
            json!(null),
        ),
        ("departmentget", json!({"id": "2"}), "GET /department/get?id=2", json!(null)),
        (
            "list_parent_depts_by_dept",
            json!({"id": "2"}),
            "GET /department/list_parent_depts_by_dept?id=2",
            json!(null),
        ),
        ("list_parent_depts", json!({"userId": "li"}), "GET /department/list_parent_depts?userId=li", json!(null)),
        ("get_org_user_count", json!({"onlyActive": 0}), "GET /user/get_org_user_count?onlyActive=0", json!(null)),
        ("userinfo", json!({"userid": "li"}), "GET /user/get?userid=li", json!(null)),
        ("getDeptMember", json!({"deptId": 2}), "GET /user/getDeptMember?deptId=2", json!(null)),
        (
            "listbypage",
            json!({"department_id": 2, "offset": "0", "size": "10"}),
            "GET /user/listbypage?department_id=2&offset=0&size=10",
            json!(null),
        ),
        ("getUseridByUnionid", json!({"unionid": "u 1"}), "GET /user/getUseridByUnionid?unionid=u%201", json!(null)),
        ("authScopes", json!({}), "GET /auth/scopes", json!(null)),
        (
            "createChat",
            json!({"name": "群", "owner": "li", "useridlist": "li,wang"}),
            "POST /chat/create",
            json!({"name": "群", "owner": "li", "useridlist": ["li", "wang"]}),
        ),
        ("chatInfo", json!({"chatid": "chat1"}), "GET /chat/get?chatid=chat1", json!(null)),
        (
            "chatSend",
            json!({"chatid": "chat1", "msg": "早"}),
            "POST /chat/send",
            json!({"chatid": "chat1", "msg": text("早")}),
        ),
        (
            "getReadList",
            json!({"messageId": "m1", "cursor": 0, "size": 10}),
            "GET /chat/getReadList?messageId=m1&cursor=0&size=10",
            json!(null),
        ),
    ]
}

#[tokio::test]
async fn each_route_makes_the_platforms_call_and_gives_its_answer() {
    let upstream = Upstream::start().await;
    let gateway = open(&upstream, FACADE_ON).await;
    assert_eq!(cases().len(), FACADE.len());
    for (route, body, line, sent) in cases() {
        let path = format!("/api/dingtalkserve/{route}");
        let answer = gateway.post(&path, &body.to_string()).await;
        assert_eq!((answer.status, &answer.json()["success"]), (200, &json!(true)), "{route}: {}", answer.text());
        assert_eq!(answer.json()["data"]["errcode"], 0, "{route}: {}", answer.text());
        let seen = upstream.last();
        let got = seen.target.replace("access_token=the-platforms-own-token&", "");
        let got = got.replace("?access_token=the-platforms-own-token", "");
        // Members of a query have no order.
        let parts = |line: &str| {
            let (head, query) = line.split_once('?').unwrap_or((line, ""));
            let mut query: Vec<String> = query.split('&').map(str::to_owned).collect();
            query.sort();
            (head.to_owned(), query)
        };
        assert_eq!(parts(&got), parts(line), "{route}");
        let body: Value = serde_json::from_slice(&seen.body).unwrap_or_default();
        assert_eq!(body, sent, "{route}");
    }
    let sent = gateway.post("/api/dingtalkserve/asyncsend_v2", r#"{"to_all_user":true,"msg":"全员"}"#).await;
    assert_eq!(sent.json()["data"]["task_id"], 456, "{}", sent.text());
    let ledger = gateway.get("/v1/messages").await.json();
    assert!(ledger["messages"].as_array().unwrap().len() >= 2, "sends are in the ledger: {ledger}");
    gateway.stop().await;
}

#[tokio::test]
async fn each_missing_parameter_is_named_in_the_words_that_scripts_know() {
    let upstream = Upstream::start().await;
    let gateway = open(&upstream, FACADE_ON).await;
    for (route, body, ..) in cases() {
        let declared = FACADE.iter().find(|one| one.path.ends_with(&format!("/{route}"))).unwrap();
        let path = declared.path;
        let mut expected: Vec<(&str, &str)> =
            declared.params.iter().filter_map(|param| Some((param.name, param.missing?))).collect();
        if let Some((names, words)) = declared.one_of {
            let mut less = body.clone();
            for name in names {
                less.as_object_mut().unwrap().shift_remove(*name);
            }
            let answer = gateway.post(path, &less.to_string()).await;
            assert_eq!(answer.json(), json!({"success": false, "msg": words}), "{route}");
        }
        // All missing: the first is asked for. One missing: that one is.
        if let (Some((_, words)), None) = (expected.first(), declared.one_of) {
            let answer = gateway.post(path, "").await;
            assert_eq!((answer.status, answer.json()), (200, json!({"success": false, "msg": words})), "{route}");
        }
        for (name, words) in expected.drain(..) {
            let mut less = body.clone();
            less[name] = json!("");
            let answer = gateway.post(path, &less.to_string()).await;
            assert_eq!(answer.json(), json!({"success": false, "msg": words}), "{route} without {name}");
        }
    }
    let owner = json!({"name": "群", "owner": "li", "useridlist": "lisi,wang"});
    let answer = gateway.post("/api/dingtalkserve/createChat", &owner.to_string()).await;
    assert_eq!(answer.json(), json!({"success": false, "msg": "群主必须为群成员"}));
    assert!(upstream.seen().is_empty(), "the platform was not asked");
    gateway.stop().await;
}

#[tokio::test]
async fn forms_are_read_and_refusals_carry_codes_and_words() {
    let upstream = Upstream::start().await;
    let gateway = open(&upstream, FACADE_ON).await;
    let form = gateway
        .request("POST", "/api/dingtalkserve/userinfo")
        .header("content-type", "application/x-www-form-urlencoded")
        .body("userid=%E6%9D%8E+1&lang=zh_CN")
        .send()
        .await;
    assert_eq!(form.json()["success"], true, "{}", form.text());
    assert!(upstream.last().target.contains("userid=%E6%9D%8E%201"));

    let refused = json!({"errcode": 60121, "errmsg": "找不到该用户"}).to_string();
    upstream.answer("/user/get", "200 OK", "application/json", refused.as_bytes());
    let answer = gateway.post("/api/dingtalkserve/userinfo", r#"{"userid":"li"}"#).await.json();
    let expected = json!({
        "success": false, "msg": "60121 找不到该用户", "errcode": 60121, "sub_code": "60121", "errmsg": "找不到该用户",
    });
    assert_eq!(answer, expected);
    let wrapped = json!({"errcode": 88, "sub_code": "60011", "sub_msg": "没有权限", "errmsg": "x"}).to_string();
    upstream.answer("/topapi/message/corpconversation/getsendresult", "200 OK", "application/json", wrapped.as_bytes());
    let answer = gateway.post("/api/dingtalkserve/getsendresult", r#"{"task_id":1}"#).await.json();
    assert_eq!((&answer["errcode"], &answer["sub_code"]), (&json!(88), &json!("60011")), "{answer}");
    // A send's refusal is the platform's own, through the ledger.
    let path = "/topapi/message/corpconversation/asyncsend_v2";
    let refused = json!({"errcode": 40009, "errmsg": "不合法的部门列表"}).to_string();
    upstream.answer(path, "200 OK", "application/json", refused.as_bytes());
    let answer = gateway.post("/api/dingtalkserve/asyncsend_v2", r#"{"dept_id_list":"9","msg":"x"}"#).await.json();
    assert_eq!((&answer["success"], &answer["errcode"]), (&json!(false), &json!(40009)), "{answer}");
    // A page in the platform's place is no data.
    upstream.answer("/auth/scopes", "502 Bad Gateway", "text/html", b"<html>");
    let answer = gateway.post("/api/dingtalkserve/authScopes", "").await.json();
    assert_eq!(answer["success"], false, "{answer}");
    assert!(answer["msg"].as_str().is_some_and(|words| !words.is_empty()), "{answer}");
    gateway.stop().await;
}

#[tokio::test]
async fn a_key_is_needed_unless_this_machine_is_let_in() {
    let upstream = Upstream::start().await;
    let gateway = open(&upstream, FACADE_ON).await;
    let path = "/api/dingtalkserve/authScopes";
    let bare = Request::new(gateway.address, "POST", path).send().await;
    assert_eq!((bare.status, &bare.json()["success"]), (401, &json!(false)));
    let wrong = Request::new(gateway.address, "POST", path).bearer("hy_0123456789_wrong").send().await;
    assert_eq!(wrong.status, 401);
    let in_query = Request::new(gateway.address, "POST", &format!("{path}?key={}", gateway.admin)).send().await;
    assert_eq!(in_query.json()["success"], true);
    assert!(!upstream.last().target.contains("hy_"), "the key goes no further");
    assert_eq!(gateway.get(path).await.status, 405);
    assert_eq!(gateway.post("/api/dingtalkserve/nothing", "").await.status, 404);
    gateway.stop().await;

    let gateway = open(&upstream, "[facade]\naccount = \"ding\"\nopen_on_loopback = true\n").await;
    let bare = || Request::new(gateway.address, "POST", path);
    assert_eq!(bare().send().await.json()["success"], true);
    for (name, value) in [("x-forwarded-for", "203.0.113.9"), ("origin", "https://example.com")] {
        assert_eq!(bare().header(name, value).send().await.status, 401, "{name} speaks for somebody else");
    }
    gateway.stop().await;

    let gateway = open(&upstream, "").await;
    assert_eq!(gateway.post(path, "").await.problem().0, 404, "there is no facade without an account");
    gateway.stop().await;
}
