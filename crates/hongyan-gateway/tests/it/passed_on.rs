//! The official paths' pass-through: what reaches the platform, and what comes back.

use crate::{TestGateway, facade::config, http::Request, upstream::Upstream};
use hongyan_core::{Clock, clock};
use hongyan_dingtalk::webhook::sign;
use serde_json::{Value, json};

async fn open(upstream: &Upstream) -> TestGateway {
    let config = config(upstream, "");
    let accounts = config.open_accounts().unwrap();
    TestGateway::start_on(config, accounts).await
}

async fn token(gateway: &TestGateway) -> String {
    let path = "/cgi-bin/gettoken?corpid=wwsample&corpsecret=invented";
    let answer = Request::new(gateway.address, "GET", path).send().await.json();
    answer["access_token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

#[tokio::test]
async fn an_upload_arrives_byte_for_byte_and_a_download_comes_back_so() {
    let upstream = Upstream::start().await;
    let gateway = open(&upstream).await;
    let token = token(&gateway).await;
    let file: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
    let mut form =
        b"--b\r\nContent-Disposition: form-data; name=\"media\"; filename=\"\xe5\x9b\xbe.png\"\r\n\r\n".to_vec();
    form.extend(&file);
    form.extend(b"\r\n--b--\r\n");
    let path = format!("/cgi-bin/media/upload?access_token={token}&type=file");
    let request =
        Request::new(gateway.address, "POST", &path).header("content-type", "multipart/form-data; boundary=b");
    let answer = request.body(form.clone()).send().await;
    assert_eq!((answer.status, &answer.json()["errcode"]), (200, &json!(0)));
    let seen = upstream.last();
    assert!(seen.body == form && seen.head.contains("multipart/form-data; boundary=b"));
    assert_eq!(seen.target, "POST /cgi-bin/media/upload?access_token=the-platforms-own-token&type=file");

    upstream.answer("/cgi-bin/media/get", "200 OK", "image/png", &file);
    let path = format!("/cgi-bin/media/get?media_id=m1&access_token={token}");
    let answer = Request::new(gateway.address, "GET", &path).send().await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("image/png")));
    assert!(answer.body == file);
    gateway.stop().await;
}

#[tokio::test]
async fn what_the_platform_answers_is_what_the_caller_gets() {
    let upstream = Upstream::start().await;
    let gateway = open(&upstream).await;
    let token = token(&gateway).await;
    let path = format!("/cgi-bin/user/get?access_token={token}&userid=li");
    for (status, kind, body) in [
        ("200 OK", "application/json", &br#"{"errcode":60111,"errmsg":"userid not found, hint: [1]"}"#[..]),
        ("502 Bad Gateway", "text/html", b"<html>upstream</html>"),
        ("302 Found", "text/plain", b""),
    ] {
        upstream.answer("/cgi-bin/user/get", status, kind, body);
        let answer = Request::new(gateway.address, "GET", &path).send().await;
        assert_eq!((answer.status.to_string().as_str(), answer.body.as_slice()), (&status[..3], body));
        assert_eq!(answer.header("location"), None);
    }
    // A refused token is refreshed once inside; refused again, the caller hears it.
    let before = upstream.seen().len();
    upstream.answer("/cgi-bin/user/get", "200 OK", "application/json", br#"{"errcode":42001,"errmsg":"expired"}"#);
    let answer = Request::new(gateway.address, "GET", &path).send().await;
    assert_eq!((answer.json()["errcode"].as_i64(), upstream.seen().len() - before), (Some(42_001), 2));
    gateway.stop().await;
}

#[tokio::test]
async fn a_body_over_the_limit_and_a_platform_that_is_away_are_said_in_its_words() {
    let upstream = Upstream::start().await;
    let gateway = open(&upstream).await;
    let token = token(&gateway).await;
    let path = format!("/cgi-bin/message/send?access_token={token}");
    let answer = Request::new(gateway.address, "POST", &path).body(vec![b' '; 9 << 20]).send().await;
    assert_eq!((answer.status, &answer.json()["errcode"]), (200, &json!(45_002)));
    let answer = Request::new(gateway.address, "DELETE", &path).send().await;
    assert_eq!(answer.json()["errcode"], 40_058);
    gateway.stop().await;
}

#[tokio::test]
async fn while_the_account_rests_its_platform_is_said_to_be_busy_and_is_not_asked() {
    let upstream = Upstream::start().await;
    let gateway = open(&upstream).await;
    let token = token(&gateway).await;
    let refused = br#"{"errcode":40001,"errmsg":"invalid credential"}"#;
    upstream.answer("/cgi-bin/gettoken", "200 OK", "application/json", refused);
    let ask = async |path: &str| {
        let path = format!("{path}?access_token={token}&userid=li");
        Request::new(gateway.address, "GET", &path).send().await
    };
    ask("/cgi-bin/user/get").await;
    let before = upstream.seen().len();
    for path in ["/cgi-bin/user/get", "/cgi-bin/department/list"] {
        let answer = ask(path).await;
        assert_eq!((answer.status, &answer.json()["errcode"]), (200, &json!(-1)), "{path}");
        let after: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!((2..=30).contains(&after), "{after}");
    }
    assert_eq!(upstream.seen().len(), before);
    gateway.stop().await;
}

#[tokio::test]
async fn a_dingtalk_account_that_names_its_company_is_logged_into_by_the_older_pair() {
    let account = |name: &str, more: &str| {
        format!(
            "[accounts.{name}]\nchannel = \"dingtalk\"\napp_key = \"key-{name}\"\napp_secret = \"secret-{name}\"\n\
             agent_id = 7\n{more}\n"
        )
    };
    let text = [
        "[server]\nlisten = \"127.0.0.1:0\"\n".to_owned(),
        account("ding", "corp_id = \"dingcorp\""),
        account("other", ""),
        account("third", "corp_id = \"dingcorp\""),
    ]
    .concat();
    let config = hongyan_gateway::Config::parse(&text, None, []).unwrap();
    let accounts = config.open_accounts().unwrap();
    let gateway = TestGateway::start_on(config, accounts).await;
    for (query, code) in [
        ("corpid=dingcorp&corpsecret=secret-ding", 0),
        // Several applications of one company: the secret tells which.
        ("corpid=dingcorp&corpsecret=secret-third", 0),
        ("appkey=key-ding&appsecret=secret-ding", 0),
        ("corpid=dingcorp&corpsecret=secret-other", 40089),
        ("corpid=dingelse&corpsecret=secret-ding", 40089),
        // The company is no application.
        ("appkey=dingcorp&appsecret=secret-ding", 40096),
        ("corpid=dingcorp", 40035),
    ] {
        let answer = Request::new(gateway.address, "GET", &format!("/gettoken?{query}")).send().await.json();
        assert_eq!(answer["errcode"], code, "{query}: {answer}");
        assert_eq!(answer["access_token"].is_string(), code == 0, "{query}");
    }
    gateway.stop().await;
}

#[tokio::test]
async fn no_library_speaks_in_a_platforms_place() {
    let upstream = Upstream::start().await;
    let gateway = open(&upstream).await;
    let wecom = token(&gateway).await;
    let login = "/gettoken?appkey=dingsample&appsecret=invented";
    let ding = Request::new(gateway.address, "GET", login).send().await.json();
    let ding = ding["access_token"].as_str().unwrap().to_owned();
    let notice = format!("/topapi/message/corpconversation/asyncsend_v2?access_token={ding}");
    let send = format!("/cgi-bin/message/send?access_token={wecom}");
    let chat = format!("/cgi-bin/appchat/send?access_token={wecom}");
    let create = "/v1.0/oauth2/accessToken".to_owned();
    for path in [&notice, &send, &chat, &create] {
        for body in ["{", "[]", "{}", r#"{"agent_id":[],"msg":7,"agentid":{},"chatid":{},"appKey":1,"msgtype":[]}"#] {
            let request = Request::new(gateway.address, "POST", path).header("content-type", "application/json");
            let said = request.body(body).send().await.json();
            let words = said["errmsg"].as_str().or(said["message"].as_str()).unwrap_or_else(|| panic!("{said}"));
            for foreign in ["expected", "missing field", "invalid type", "EOF", " line ", "column", "is missing"] {
                assert!(!words.contains(foreign), "{path} {body}: {words}");
            }
        }
    }
    gateway.stop().await;
}

#[tokio::test]
async fn the_paths_can_be_switched_off() {
    let upstream = Upstream::start().await;
    let config = config(&upstream, "[official]\nenabled = false\n");
    let accounts = config.open_accounts().unwrap();
    let gateway = TestGateway::start_on(config, accounts).await;
    let answer = Request::new(gateway.address, "GET", "/cgi-bin/gettoken?corpid=a&corpsecret=b").send().await;
    assert_eq!(answer.problem().0, 404);
    gateway.stop().await;
}

#[tokio::test]
async fn a_robot_and_a_chat_of_wecom_are_reached_through_the_outbox() {
    let upstream = Upstream::start().await;
    let more = format!(
        "[accounts.webot]\nchannel = \"wecom-robot\"\nkey = \"robotkey\"\nbase_url = \"http://{}\"\n",
        upstream.address
    );
    let config = config(&upstream, &more);
    let accounts = config.open_accounts().unwrap();
    let gateway = TestGateway::start_on(config, accounts).await;
    let said = json!({"msgtype": "markdown", "markdown": {"content": "**慢**"}});
    for key in ["robotkey", gateway.admin.as_str()] {
        let path = format!("/cgi-bin/webhook/send?key={key}");
        let answer = Request::new(gateway.address, "POST", &path).body(said.to_string()).send().await;
        assert_eq!((answer.status, &answer.json()["errcode"]), (200, &json!(0)), "{}", answer.text());
        assert_eq!(upstream.last().target, "POST /cgi-bin/webhook/send?key=robotkey");
        assert_eq!(serde_json::from_slice::<serde_json::Value>(&upstream.last().body).unwrap(), said);
    }
    let refusal = br#"{"errcode":40008,"errmsg":"invalid message type, hint: [7]"}"#;
    upstream.answer("/cgi-bin/webhook/send", "200 OK", "application/json", refusal);
    let empty = Request::new(gateway.address, "POST", "/cgi-bin/webhook/send?key=robotkey&debug=1").body("{}");
    assert_eq!(empty.send().await.body, refusal, "the platform's own words");
    assert_eq!(upstream.last().target, "POST /cgi-bin/webhook/send?key=robotkey&debug=1");
    let long =
        r#"{"msgtype":"news","news":{"articles":[{"title":"t","url":"https://a.cn","n":123456789012345678901}]}}"#;
    Request::new(gateway.address, "POST", "/cgi-bin/webhook/send?key=robotkey").body(long).send().await;
    assert_eq!(std::str::from_utf8(&upstream.last().body).unwrap(), long, "a number arrives as it came, not rounded");

    let token = token(&gateway).await;
    // What is only passed on is not read at all.
    let member = r#"{"userid": "li", "extattr": {"n": 123456789012345678901.50}}"#;
    let path = format!("/cgi-bin/user/update?access_token={token}");
    Request::new(gateway.address, "POST", &path).body(member).send().await;
    assert_eq!(std::str::from_utf8(&upstream.last().body).unwrap(), member);
    let words = json!({"chatid": "duty1", "msgtype": "text", "text": {"content": "群里好"}, "safe": 0});
    let path = format!("/cgi-bin/appchat/send?access_token={token}");
    let answer = Request::new(gateway.address, "POST", &path).body(words.to_string()).send().await;
    assert_eq!(answer.json(), json!({"errcode": 0, "errmsg": "ok"}));
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&upstream.last().body).unwrap(), words);
    let newest = gateway.get("/v1/messages?limit=1").await.json();
    assert_eq!(newest["messages"][0]["state"], "sent", "{newest}");
    gateway.stop().await;
}

async fn open_with(upstream: &Upstream, more: &str) -> TestGateway {
    let config = config(upstream, more);
    let accounts = config.open_accounts().unwrap();
    TestGateway::start_on(config, accounts).await
}

async fn ding_token(gateway: &TestGateway) -> String {
    let answer = Request::new(gateway.address, "GET", "/gettoken?appkey=dingsample&appsecret=invented").send().await;
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

async fn post(gateway: &TestGateway, path: &str, body: &Value) -> Value {
    Request::new(gateway.address, "POST", path).body(body.to_string()).send().await.json()
}

fn body_of(seen: &crate::upstream::Seen) -> Value {
    serde_json::from_slice(&seen.body).unwrap()
}

/// The ledger of the newest message.
async fn ledger(gateway: &TestGateway) -> Vec<Value> {
    let page = gateway.get("/v1/messages?limit=1").await.json();
    let id = page["messages"][0]["id"].as_str().unwrap_or_else(|| panic!("{page}")).to_owned();
    gateway.get(&format!("/v1/messages/{id}/recipients")).await.json()["recipients"].as_array().unwrap().clone()
}

#[tokio::test]
async fn what_wecom_cuts_is_passed_on_whole_and_the_ledger_says_so() {
    let upstream = Upstream::start().await;
    let gateway = open(&upstream).await;
    let token = token(&gateway).await;
    let send = format!("/cgi-bin/message/send?access_token={token}");
    let chat = format!("/cgi-bin/appchat/send?access_token={token}");
    let long = "告警 ".repeat(300);
    let card = json!({"title": "字".repeat(129), "description": "d", "url": "https://example.com"});
    for (path, content, field) in [
        (&send, json!({"msgtype": "text", "text": {"content": long}}), "text.content: 2100 > 2048 bytes"),
        (&send, json!({"msgtype": "markdown", "markdown": {"content": long}}), "markdown.content: 2100 > 2048 bytes"),
        (&send, json!({"msgtype": "textcard", "textcard": card}), "textcard.title: 129 > 128 characters"),
        (&chat, json!({"msgtype": "text", "text": {"content": long}}), "text.content: 2100 > 2048 bytes"),
    ] {
        let mut body = content.clone();
        body.as_object_mut()
            .unwrap()
            .extend(json!({"touser": "li|wang", "agentid": "8", "safe": "0"}).as_object().unwrap().clone());
        if path == &chat {
            body = content.clone();
            body["chatid"] = json!("duty1");
        }
        let answer = post(&gateway, path, &body).await;
        assert_eq!(answer["errcode"], 0, "{answer}");
        let kind = content["msgtype"].as_str().unwrap();
        assert_eq!(body_of(&upstream.last())[kind], content[kind], "whole");
        for row in ledger(&gateway).await {
            assert_eq!((&row["state"], &row["reason"]["code"]), (&json!("sent"), &json!("truncated")), "{row}");
            assert_eq!(row["reason"]["message"], field);
            assert!(row["advice"]["zh"].as_str().is_some_and(|words| words.contains("long_text")), "{row}");
        }
    }
    post(&gateway, &send, &json!({"touser": "li", "agentid": 8, "msgtype": "text", "text": {"content": "a"}})).await;
    assert_eq!(ledger(&gateway).await[0]["reason"], Value::Null, "nothing was cut");
    gateway.stop().await;
}

#[tokio::test]
async fn what_comes_by_the_platforms_paths_is_split_only_where_the_account_says_so() {
    for (setting, calls) in [("", 1), ("long_text = \"refuse\"\n", 1), ("long_text = \"split\"\n", 2)] {
        let upstream = Upstream::start().await;
        // The last table of the configuration is the WeCom account's.
        let gateway = open_with(&upstream, setting).await;
        let token = token(&gateway).await;
        let path = format!("/cgi-bin/message/send?access_token={token}");
        let words = "告警 ".repeat(300);
        let body = json!({"touser": "li", "agentid": 8, "msgtype": "text", "text": {"content": words}, "safe": 1});
        let answer = post(&gateway, &path, &body).await;
        assert_eq!(answer["errcode"], 0, "{answer}");
        let seen = upstream.seen();
        assert_eq!(seen.len(), calls, "{setting}");
        if calls == 1 {
            assert_eq!(body_of(&seen[0])["text"]["content"], words);
            continue;
        }
        for (call, n) in seen.iter().zip(1..) {
            let body = body_of(call);
            let text = body["text"]["content"].as_str().unwrap();
            assert!(text.starts_with(&format!("({n}/2)")) && text.len() <= 2_048 && body["safe"] == 1, "{body}");
        }
        assert!(answer["msgid"].as_str().unwrap().starts_with("hy"), "one id for both parts: {answer}");
        let ledger = ledger(&gateway).await;
        let uncut = |row: &Value| row.as_object().expect("a row")["reason"].is_null();
        assert!(!ledger.is_empty() && ledger.iter().all(uncut), "nothing was cut: {ledger:?}");
        gateway.stop().await;
    }
}

#[tokio::test]
async fn what_the_platform_refuses_arrives_as_it_came_and_leaves_no_dead_letter() {
    let upstream = Upstream::start().await;
    let gateway = open(&upstream).await;
    let (wecom, ding) = (token(&gateway).await, ding_token(&gateway).await);
    let users = |n: usize, by: &str| (0..n).map(|n| n.to_string()).collect::<Vec<_>>().join(by);
    let articles = vec![json!({"title": "t", "url": "https://example.com"}); 9];
    let text = json!({"content": "a"});
    let notice = "/topapi/message/corpconversation/asyncsend_v2";
    let refusal = br#"{"errcode":45008,"errmsg":"in its own words, hint: [7]"}"#;
    for (path, token, body) in [
        (
            "/cgi-bin/message/send",
            &wecom,
            json!({"touser": "li", "agentid": 8, "msgtype": "news", "news": {"articles": articles}}),
        ),
        (
            "/cgi-bin/message/send",
            &wecom,
            json!({"touser": users(1_001, "|"), "agentid": 8, "msgtype": "text", "text": text}),
        ),
        ("/cgi-bin/message/send", &wecom, json!({"touser": "@all|li", "agentid": 8, "msgtype": "text", "text": text})),
        ("/cgi-bin/message/send", &wecom, json!({"touser": "li", "agentid": 9, "msgtype": "text", "text": text})),
        ("/cgi-bin/message/send", &wecom, json!([1, 2])),
        ("/cgi-bin/appchat/send", &wecom, json!({"chatid": "c", "msgtype": "template_card", "template_card": {}})),
        (
            notice,
            &ding,
            json!({"agent_id": 7, "userid_list": users(101, ","), "msg": {"msgtype": "text", "text": text}}),
        ),
        (
            notice,
            &ding,
            json!({"agent_id": 7, "userid_list": "li", "msg": {"msgtype": "text", "text": {"content": "长".repeat(700)}}}),
        ),
        (notice, &ding, json!({"agent_id": 7, "userid_list": "li", "msg": {"msgtype": "poem", "poem": {}}})),
        ("/chat/send", &ding, json!({"chatid": "cid14da==", "msg": {"msgtype": "text", "text": text}})),
    ] {
        upstream.answer(path, "200 OK", "application/json", refusal);
        let answer = Request::new(gateway.address, "POST", &format!("{path}?access_token={token}"))
            .body(body.to_string())
            .send()
            .await;
        assert_eq!(answer.body, refusal, "{path} {body}");
        assert_eq!(body_of(&upstream.last()), body, "{path}");
    }
    // The other method, too, is the platform's to judge.
    let answer = Request::new(gateway.address, "GET", &format!("{notice}?access_token={ding}&agent_id=7")).send().await;
    assert_eq!(answer.body, refusal);
    assert_eq!(upstream.last().target, format!("GET {notice}?access_token=the-platforms-own-token&agent_id=7"));
    let page = gateway.get("/v1/messages").await.json();
    assert_eq!(page["messages"], json!([]), "nothing of it was accepted");
    gateway.stop().await;
}

#[tokio::test]
async fn no_member_of_a_send_is_dropped_or_changed() {
    let upstream = Upstream::start().await;
    let gateway = open(&upstream).await;
    let (wecom, ding) = (token(&gateway).await, ding_token(&gateway).await);
    let path = format!("/cgi-bin/message/send?access_token={wecom}");
    let body = json!({"touser": "li", "agentid": 8, "msgtype": "text", "text": {"content": "a", "new": 1}, "safe": 2,
        "enable_id_trans": 1, "something_new": {"a": [1]}});
    assert_eq!(post(&gateway, &path, &body).await["errcode"], 0);
    let seen = body_of(&upstream.last());
    for name in ["text", "safe", "enable_id_trans", "something_new"] {
        assert_eq!(seen[name], body[name], "{name}");
    }
    let path = format!("/cgi-bin/message/send?access_token={wecom}");
    let notice = json!({"appid": "wxsample", "title": "会议室预订", "content_item": [{"key": "a", "value": "b"}]});
    let nameless = json!({"touser": "li", "msgtype": "miniprogram_notice", "miniprogram_notice": notice});
    assert_eq!(post(&gateway, &path, &nameless).await["errcode"], 0, "it names its sender by the mini-program");
    let path = format!("/topapi/message/corpconversation/asyncsend_v2?access_token={ding}");
    let body = json!({"agent_id": 7, "userid_list": "li", "enable_id_trans": true, "something_new": 1,
        "msg": {"msgtype": "text", "text": {"content": "a"}, "userid_list": "x"}});
    assert_eq!(post(&gateway, &path, &body).await["task_id"], 456);
    assert_eq!(body_of(&upstream.last()), body);
    let path = format!("/topapi/message/corpconversation/asyncsend_v2?access_token={ding}&userid_list=wang");
    assert_eq!(post(&gateway, &path, &json!({"agent_id": 7, "msg": body["msg"]})).await["task_id"], 456);
    assert_eq!(body_of(&upstream.last())["userid_list"], "wang", "DingTalk reads the query beside the body");
    gateway.stop().await;
}

#[tokio::test]
async fn a_robots_token_alone_opens_nothing_where_the_robot_wants_a_signature() {
    let upstream = Upstream::start().await;
    let robot = |name: &str, more: &str| {
        format!(
            "[accounts.{name}]\nchannel = \"dingtalk-robot\"\naccess_token = \"{name}token\"\n{more}base_url = \"http://{}\"\n",
            upstream.address
        )
    };
    let more = robot("signed", "secret = \"SECsample\"\n")
        + &robot("willing", "secret = \"SECsample\"\nsign_for_callers = true\n")
        + &robot("plain", "");
    let gateway = open_with(&upstream, &more).await;
    let said = json!({"msgtype": "text", "text": {"content": "a"}, "msgUuid": "own-key", "something_new": 1});
    let call =
        async |token: &str, rest: &str| post(&gateway, &format!("/robot/send?access_token={token}{rest}"), &said).await;
    let refused = call("signedtoken", "").await;
    assert_eq!(refused["errcode"], 310_000, "{refused}");
    let now = clock::System.now().millis();
    let signature = |secret: &str| {
        let sign = sign(secret, now).replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
        format!("&timestamp={now}&sign={sign}")
    };
    assert_eq!(call("signedtoken", &signature("SECother")).await["errcode"], 310_000);
    assert!(upstream.seen().is_empty(), "the platform never saw them");
    for (token, rest) in [("signedtoken", signature("SECsample")), ("willingtoken", String::new())] {
        assert_eq!(call(token, &rest).await["errcode"], 0, "{token}");
        let seen = upstream.last();
        assert!(seen.target.contains(&format!("access_token={token}&timestamp=")), "{}", seen.target);
        assert_eq!(body_of(&seen), said, "with its own key against repeats");
    }
    assert_eq!(call("plaintoken", "").await["errcode"], 0);
    assert_eq!(upstream.last().target, "POST /robot/send?access_token=plaintoken");
    let without = json!({"msgtype": "text", "text": {"content": "a"}});
    assert_eq!(post(&gateway, "/robot/send?access_token=plaintoken", &without).await["errcode"], 0);
    assert!(body_of(&upstream.last())["msgUuid"].as_str().is_some_and(|key| key.starts_with('m')));
    // Whoever holds a key of hongyan's needs no signature.
    let key = gateway.key(&[hongyan_core::Scope::Send], &["signed"]).await;
    crate::until(
        async || {
            Request::new(gateway.address, "POST", &format!("/robot/send?access_token={key}"))
                .body(said.to_string())
                .send()
                .await
        },
        |answer| answer.json()["errcode"] == 0,
    )
    .await;
    assert!(upstream.last().target.contains("access_token=signedtoken&timestamp="));
    gateway.stop().await;
}

#[tokio::test]
async fn wrong_logins_wait_and_right_ones_beside_them_do_not() {
    let upstream = Upstream::start().await;
    let gateway = open(&upstream).await;
    let address = gateway.address;
    assert!(!token(&gateway).await.is_empty());
    let mut guesses = tokio::task::JoinSet::new();
    for _ in 0..20 {
        guesses.spawn(async move {
            let path = "/cgi-bin/gettoken?corpid=wwsample&corpsecret=guessed";
            Request::new(address, "GET", path).send().await.json()["errcode"].as_i64()
        });
    }
    // Three cost no time, eight wait, and the others hear at once that they come too often.
    let mut codes = Vec::new();
    while codes.len() < 12
        && let Some(code) = guesses.join_next().await
    {
        codes.push(code.unwrap());
    }
    assert_eq!(codes.iter().filter(|code| **code == Some(45_009)).count(), 9, "{codes:?}");
    assert_eq!(codes.iter().filter(|code| **code == Some(40_001)).count(), 3, "{codes:?}");
    assert_eq!(guesses.len(), 8);
    assert!(!token(&gateway).await.is_empty(), "who was in before is let in, from the same address");
    // A right pair that never was is answered as the guesses are: else "too often" would mean "wrong".
    let path = format!("/cgi-bin/gettoken?corpid=wecom&corpsecret={}", gateway.admin);
    assert_eq!(Request::new(address, "GET", &path).send().await.json()["errcode"], 45_009);
    gateway.stop().await;
}
