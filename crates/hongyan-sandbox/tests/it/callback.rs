//! Pushes over HTTP: registered and asked, sealed and signed, tried again, given up.

use crate::{
    acs::Ding,
    raw::Raw,
    receiver::{Received, Receiver, Sealed, at_once, between},
};
use serde_json::{Value, json};
use std::time::Duration;

const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
const TOKEN: &str = "tok123456";

fn of_ding() -> Sealed {
    Sealed::new(TOKEN, KEY, "dingsandboxcorp")
}

fn of_wecom() -> Sealed {
    Sealed::new("SandboxToken2024", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", "wwsandbox00000001")
}

async fn says_success(seal: Sealed) -> Receiver {
    Receiver::start(move |_| at_once(200, seal.answer("success"))).await
}

async fn wecom_receiver() -> Receiver {
    let seal = of_wecom();
    Receiver::start(move |heard| at_once(200, seal.echo(heard).unwrap_or_default())).await
}

fn wanted(url: &str) -> Value {
    json!({"call_back_tag": ["user_add_org", "user_leave_org"], "token": TOKEN, "aes_key": KEY, "url": url})
}

impl Ding {
    async fn post(&self, what: &str, body: Value) -> Value {
        self.old(&format!("/call_back/{what}"), body).await
    }

    async fn ask(&self, what: &str) -> Value {
        self.get(&format!("/call_back/{what}?")).await
    }

    async fn happens(&self, kind: &str, members: Value) -> Value {
        let event = json!({"platform": "dingtalk", "event": kind, "members": members});
        self.raw.post("/sandbox/events", event).await
    }
}

async fn set_wecom(raw: &Raw, url: &str) -> Value {
    let seal = of_wecom();
    let key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
    let setting = json!({"platform": "wecom", "url": url, "token": seal.token, "encoding_aes_key": key});
    raw.post("/sandbox/callbacks", setting).await
}

/// The one receiver that is shown, once its counts are so.
async fn counted(raw: &Raw, name: &str, expected: u64) -> Value {
    for _ in 0..200 {
        let shown = raw.get("/sandbox/callbacks").await;
        if shown["callbacks"][0]["counts"][name] == expected {
            return shown["callbacks"][0].clone();
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("{name} never came to {expected}: {}", raw.get("/sandbox/callbacks").await)
}

#[test]
fn the_box_of_the_tests_opens_the_vectors_of_the_pages() {
    let seal = Sealed::new("123456", "1234567890123456789012345678901234567890123", "dingsnotzck6pm5veliw");
    let sealed = "YvkvaGe4hQxd3VxRmEty0dVlnCOAqwf56xwTRHDHoOURqhalbmBJQk5FNcRk42Gl5T0YQXZNwpwWSm1xAFJ5ZA==";
    assert_eq!(seal.open(sealed), "success");
    let signature = "9a95a004dd16f5c307e849b994173f76aa26e5eb";
    assert_eq!(seal.signature("1614767836", "A7Co0cJLMzIDtMMI", sealed), signature);
    let echo = "4j/AuRx71kQlxVlzbpsMWGNZZBerWhryFDAbY+Z/O0rVKoORbph6PGw46R0kJ4GJi/cUs+w9q+wiJZPJddaedg==";
    assert_eq!(of_wecom().open(echo), "4821690357716203915");
    assert_eq!(of_wecom().close("4821690357716203915"), echo);
}

#[tokio::test]
async fn an_address_is_asked_before_it_is_registered_and_then_told() {
    let ding = Ding::start().await;
    let receiver = says_success(of_ding()).await;
    assert_eq!(ding.ask("get_call_back").await["errcode"], 71_007);
    assert_eq!(ding.post("update_call_back", wanted(&receiver.url)).await["errcode"], 71_007);
    assert_eq!(ding.ask("delete_call_back").await["errcode"], 71_007);
    assert_eq!(ding.post("register_call_back", wanted(&receiver.url)).await, json!({"errcode": 0, "errmsg": "ok"}));
    let asked = receiver.heard();
    assert_eq!(asked.len(), 1);
    assert_eq!((asked[0].method.as_str(), asked[0].query["app"].as_str()), ("POST", "1"));
    assert_eq!(asked[0].query["msg_signature"], asked[0].query["signature"]);
    assert_eq!(of_ding().event(&asked[0])["EventType"], "check_url");

    let given = ding.ask("get_call_back").await;
    let expected = json!({"errcode": 0, "errmsg": "ok", "call_back_tag": ["user_add_org", "user_leave_org"],
        "token": TOKEN, "aes_key": KEY, "url": receiver.url});
    assert_eq!(given, expected);
    assert_eq!(ding.post("register_call_back", wanted(&receiver.url)).await["errcode"], 71_006);

    assert_eq!(ding.happens("user_add_org", json!({"UserId": ["user1"]})).await["told"], json!(["dingtalk"]));
    assert_eq!(ding.happens("user_modify_org", json!({"UserId": ["user1"]})).await["told"], json!([]));
    let pushed = &receiver.wait(2).await[1];
    let event = of_ding().event(pushed);
    assert_eq!((&event["EventType"], &event["CorpId"]), (&json!("user_add_org"), &json!("dingsandboxcorp")));
    assert_eq!(event["UserId"], json!(["user1"]));
    assert!(event["TimeStamp"].is_i64() && event["eventId"].is_string());
    // Our own half of the callback reads the same.
    let ours = hongyan_dingtalk::callback::Callback::new(TOKEN, KEY, "dingsandboxcorp").unwrap();
    let stamp = hongyan_dingtalk::callback::Stamp {
        signature: pushed.query["signature"].clone(),
        timestamp: pushed.query["timestamp"].clone(),
        nonce: pushed.query["nonce"].clone(),
    };
    let opened = ours.open(&stamp, &serde_json::from_str(&pushed.body).unwrap()).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&opened).unwrap(), event);

    let shown = counted(&ding.raw, "delivered", 1).await;
    assert_eq!((&shown["url"], &shown["waiting"]), (&json!(receiver.url.trim_end_matches("?app=1")), &json!(0)));
    let text = shown.to_string();
    assert!(!text.contains(TOKEN) && !text.contains(KEY), "{text}");
    assert_eq!(ding.ask("delete_call_back").await["errcode"], 0);
    assert_eq!(ding.happens("user_add_org", json!({})).await["told"], json!([]));
}

#[tokio::test]
async fn each_wrong_address_is_refused_with_its_code() {
    let ding = Ding::start().await;
    let receiver = says_success(of_ding()).await;
    let with = |name: &str, value: Value| {
        let mut body = wanted(&receiver.url);
        body[name] = value;
        body
    };
    for (body, code) in [
        (with("call_back_tag", json!(["no_such_event"])), 71_008),
        (with("call_back_tag", json!([])), 71_008),
        (with("url", json!("not an address")), 71_011),
        (with("url", json!("ftp://127.0.0.1/cb")), 71_011),
        (with("url", json!("http://127.0.0.1:1/cb")), 71_012),
        (with("aes_key", json!("short")), 900_004),
        (with("aes_key", json!(KEY.replace('a', "!"))), 900_004),
        (with("token", json!("t")), 40_035),
    ] {
        assert_eq!(ding.post("register_call_back", body.clone()).await["errcode"], code, "{body}");
    }
    assert!(receiver.heard().is_empty());
    let broken = format!("/call_back/register_call_back?access_token={}", ding.token);
    let reply = crate::raw::parse(&ding.raw.send("POST", &broken, "application/json", "{broken").await).json();
    assert_eq!(reply["errcode"], 71_010);
    // Nobody is asked on behalf of a stranger.
    let stranger = ding.raw.post("/call_back/register_call_back?access_token=wrong", wanted(&receiver.url)).await;
    assert_eq!(stranger["errcode"], 40_014);
    assert!(receiver.heard().is_empty());

    let forged = |change: fn(&mut Value)| {
        let mut answer = serde_json::from_str(&of_ding().answer("success")).unwrap();
        change(&mut answer);
        answer.to_string()
    };
    let other_key = Sealed::new(TOKEN, "1234567890123456789012345678901234567890123", "dingsandboxcorp");
    for (answer, code) in [
        (at_once(200, "success"), 71_009),
        (at_once(200, ""), 71_009),
        (at_once(200, of_ding().answer("fine")), 71_009),
        (at_once(500, of_ding().answer("success")), 71_012),
        ((200, of_ding().answer("success"), Duration::from_millis(2_700)), 71_012),
        (at_once(200, forged(|answer| answer["nonce"] = json!("other"))), 900_005),
        (at_once(200, other_key.answer("success")), 900_008),
        (at_once(200, Sealed::new(TOKEN, KEY, "another").answer("success")), 900_010),
    ] {
        let said = answer.clone();
        receiver.answers(move |_| said.clone());
        let reply = ding.post("register_call_back", wanted(&receiver.url)).await;
        assert_eq!(reply["errcode"], code, "{answer:?}: {reply}");
    }
    assert_eq!(ding.ask("get_call_back").await["errcode"], 71_007);
}

#[tokio::test]
async fn an_event_that_is_not_taken_comes_after_ten_and_thirty_seconds_and_then_in_the_list() {
    let ding = Ding::start().await;
    let receiver = says_success(of_ding()).await;
    ding.post("register_call_back", wanted(&receiver.url)).await;
    receiver.answers(|_| at_once(200, "success"));
    ding.happens("user_add_org", json!({"UserId": ["zhangsan"]})).await;
    counted(&ding.raw, "refused", 1).await;
    ding.raw.advance(9_000).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(receiver.heard().len(), 2, "ten seconds are not over");
    ding.raw.advance(1_000).await;
    receiver.wait(3).await;
    counted(&ding.raw, "refused", 2).await;
    ding.raw.advance(30_000).await;
    receiver.wait(4).await;
    let shown = counted(&ding.raw, "given_up", 1).await;
    assert_eq!((&shown["counts"]["refused"], &shown["counts"]["delivered"]), (&json!(3), &json!(0)));
    let ids: Vec<Value> = receiver.heard()[1..].iter().map(|heard| of_ding().event(heard)["eventId"].clone()).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "one event, one id: {ids:?}");

    assert_eq!(ding.ask("get_call_back_failed_result").await["failed_list"], json!([]));
    ding.raw.advance(180_000).await;
    let failed = ding.ask("get_call_back_failed_result").await;
    assert_eq!(failed["has_more"], false);
    let row = &failed["failed_list"][0];
    assert_eq!(row["call_back_tag"], "user_add_org");
    assert_eq!(row["user_add_org"], json!({"corpid": "dingsandboxcorp", "userid": ["zhangsan"]}));
    assert!(row["event_time"].is_i64());
    assert_eq!(ding.ask("get_call_back_failed_result").await["failed_list"], json!([]));
    ding.raw.advance(86_400_000).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(receiver.heard().len(), 4, "given up is given up");
}

#[tokio::test]
async fn an_answer_after_a_second_and_a_half_is_none() {
    let ding = Ding::start().await;
    let receiver = says_success(of_ding()).await;
    ding.post("register_call_back", wanted(&receiver.url)).await;
    receiver.answers(|_| (200, of_ding().answer("success"), Duration::from_millis(1_800)));
    ding.happens("user_leave_org", json!({"UserId": ["zhangsan"]})).await;
    let shown = counted(&ding.raw, "refused", 1).await;
    assert!(shown["counts"]["last_problem"].as_str().unwrap().contains("1.5s"), "{shown}");
    receiver.answers(|_| at_once(200, of_ding().answer("success")));
    ding.raw.advance(10_000).await;
    counted(&ding.raw, "delivered", 1).await;
}

#[tokio::test]
async fn the_console_s_address_is_told_of_everything_under_the_application_s_key() {
    let ding = Ding::start().await;
    let seal = Sealed::new(TOKEN, KEY, "dingsandboxapp");
    let receiver = says_success(seal.clone()).await;
    let setting = json!({"platform": "dingtalk", "url": receiver.url, "token": TOKEN, "encoding_aes_key": KEY});
    let shown = ding.raw.post("/sandbox/callbacks", setting).await;
    assert_eq!(shown["callbacks"][0]["platform"], "dingtalk", "{shown}");
    ding.happens("org_dept_create", json!({"DeptId": [11]})).await;
    assert_eq!(seal.event(&receiver.wait(2).await[1])["DeptId"], json!([11]));
    assert_eq!(ding.post("register_call_back", wanted(&receiver.url)).await["errcode"], 71_006);
    let wrong = json!({"platform": "dingtalk", "url": "http://127.0.0.1:1/", "token": TOKEN, "encoding_aes_key": KEY});
    assert_eq!(ding.raw.call("POST", "/sandbox/callbacks", &wrong).await.status, 422);
    let shown = ding.raw.call("DELETE", "/sandbox/callbacks?platform=dingtalk", &Value::Null).await.json();
    assert_eq!(shown["callbacks"], json!([]));
}

#[tokio::test]
async fn what_is_said_to_wecom_is_pushed_and_the_answer_is_shown() {
    let raw = Raw::start().await;
    let receiver = wecom_receiver().await;
    let shown = set_wecom(&raw, &receiver.url).await;
    assert_eq!(shown["callbacks"][0]["platform"], "wecom", "{shown}");
    let asked = &receiver.heard()[0];
    assert_eq!(asked.method, "GET");

    let seal = of_wecom();
    receiver.answers(move |heard: &Received| {
        let xml = seal.xml(heard);
        if !xml.contains("<MsgType><![CDATA[text]]>") {
            return at_once(200, "");
        }
        let to = between(&xml, "<FromUserName><![CDATA[", "]]>");
        let inner = format!(
            "<xml><ToUserName>{to}</ToUserName><FromUserName>wwsandbox00000001</FromUserName><CreateTime>1</CreateTime>\
             <MsgType>text</MsgType><Content><![CDATA[收到]]></Content></xml>"
        );
        let sealed = seal.close(&inner);
        let signature = seal.signature("1700000000", "99", &sealed);
        at_once(
            200,
            format!(
                "<xml><Encrypt><![CDATA[{sealed}]]></Encrypt><MsgSignature>{signature}</MsgSignature>\
                 <TimeStamp>1700000000</TimeStamp><Nonce>99</Nonce></xml>"
            ),
        )
    });
    let said = raw.post("/sandbox/phones/zhangsan/say", json!({"platform": "wecom", "text": "早 <&> ]]>"})).await;
    assert_eq!(said["told"], json!(["wecom"]), "{said}");
    raw.post("/sandbox/phones/lisi/say", json!({"platform": "wecom", "event": "enter_agent"})).await;
    let heard = receiver.wait(3).await;
    let signature = hongyan_wecom::callback::Signature {
        msg_signature: heard[1].query["msg_signature"].clone(),
        timestamp: heard[1].query["timestamp"].clone(),
        nonce: heard[1].query["nonce"].clone(),
    };
    let key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
    let token = hongyan_net::Secret::new("SandboxToken2024");
    let ours = hongyan_wecom::callback::Callback::new(token, key, "wwsandbox00000001").unwrap();
    let pushed = ours.open(&signature, heard[1].body.as_bytes()).unwrap();
    assert_eq!((pushed.from_user_name.as_str(), pushed.agent_id.as_deref()), ("zhangsan", Some("1000002")));
    assert_eq!(pushed.msg_id.as_deref(), said["msgid"].as_str());
    assert_eq!(pushed.message, hongyan_wecom::callback::Message::Text { content: "早 <&> ]]>".into() });
    let event = of_wecom().xml(&heard[2]);
    assert!(event.contains("<Event><![CDATA[enter_agent]]></Event>"), "{event}");
    assert!(heard[1].body.contains("<AgentID>"), "{}", heard[1].body);
    counted(&raw, "delivered", 2).await;
    let phone = raw.phone("zhangsan").await;
    assert_eq!(phone[0]["content"], json!({"msgtype": "text", "text": {"content": "收到"}}));
    assert!(raw.phone("lisi").await.is_empty());
    for wrong in [
        json!({"platform": "wecom"}),
        json!({"platform": "wecom", "text": "a", "event": "enter_agent"}),
        json!({"platform": "wecom", "event": "dance"}),
        json!({"platform": "other", "text": "a"}),
    ] {
        assert_eq!(raw.call("POST", "/sandbox/phones/zhangsan/say", &wrong).await.status, 400, "{wrong}");
    }
}

#[tokio::test]
async fn an_address_of_wecom_must_answer_the_question() {
    let raw = Raw::start().await;
    let receiver = wecom_receiver().await;
    for answer in [at_once(200, "wrong"), at_once(404, ""), (200, String::new(), Duration::from_millis(1_200))] {
        receiver.answers(move |_| answer.clone());
        let refused = set_wecom(&raw, &receiver.url).await;
        assert!(refused["error"].is_string(), "{refused}");
    }
    // A quote or a line's end too much is wrong, too.
    receiver.answers(|heard| at_once(200, format!("{}\n", of_wecom().echo(heard).unwrap())));
    assert!(set_wecom(&raw, &receiver.url).await["error"].is_string());
    assert_eq!(raw.get("/sandbox/callbacks").await["callbacks"], json!([]));
}

#[tokio::test]
async fn wecom_tries_three_times_or_as_often_as_is_set() {
    let raw = Raw::start().await;
    let receiver = wecom_receiver().await;
    set_wecom(&raw, &receiver.url).await;
    receiver.answers(|_| at_once(500, ""));
    let say = json!({"platform": "wecom", "text": "x"});
    raw.post("/sandbox/phones/zhangsan/say", say.clone()).await;
    for tries in 1..=3 {
        counted(&raw, "refused", tries).await;
        raw.advance(5_000).await;
    }
    counted(&raw, "given_up", 1).await;
    raw.advance(3_600_000).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(receiver.heard().len(), 4);
    let ids: Vec<String> =
        receiver.heard()[1..].iter().map(|heard| between(&of_wecom().xml(heard), "<MsgId>", "<").to_owned()).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    let events = raw.get("/sandbox/events").await;
    let event = &events["events"][0];
    assert_eq!((&event["kind"], &event["tries"], &event["outcome"]), (&json!("text"), &json!(3), &json!("given up")));

    raw.post("/sandbox/settings", json!({"wecom_push_tries": 1})).await;
    raw.post("/sandbox/phones/zhangsan/say", say).await;
    counted(&raw, "given_up", 2).await;
}

#[tokio::test]
async fn a_card_is_answered_with_what_it_asks() {
    let raw = Raw::start().await;
    let receiver = wecom_receiver().await;
    set_wecom(&raw, &receiver.url).await;
    let token = raw.wecom_token().await;
    let card = json!({
        "touser": "zhangsan", "msgtype": "template_card", "agentid": 1_000_002,
        "template_card": {
            "card_type": "vote_interaction", "main_title": {"title": "选择窗口"}, "task_id": "vote-1",
            "checkbox": {"question_key": "q1", "mode": 0, "option_list": [
                {"id": "a", "text": "今晚", "is_checked": true}, {"id": "b", "text": "周末", "is_checked": false}]},
            "submit_button": {"text": "提交", "key": "ok"},
        },
    });
    let sent = raw.post(&format!("/cgi-bin/message/send?access_token={token}"), card).await;
    assert_eq!(sent["errcode"], 0, "{sent}");
    let clicked = raw.post("/sandbox/phones/zhangsan/click", json!({"selected": {"q1": ["b"]}})).await;
    assert_eq!(clicked["told"], json!(["wecom"]), "{clicked}");
    let xml = of_wecom().xml(&receiver.wait(2).await[1]);
    for part in [
        "<Event><![CDATA[template_card_event]]></Event>",
        "<EventKey><![CDATA[ok]]></EventKey>",
        "<TaskId><![CDATA[vote-1]]></TaskId>",
        "<CardType><![CDATA[vote_interaction]]></CardType>",
        "<QuestionKey><![CDATA[q1]]></QuestionKey><OptionIds><OptionId><![CDATA[b]]></OptionId></OptionIds>",
        clicked["response_code"].as_str().unwrap(),
    ] {
        assert!(xml.contains(part), "{part} in {xml}");
    }
    for wrong in [json!({"key": "other"}), json!({"selected": {"q2": ["b"]}}), json!({"selected": {"q1": ["c"]}})] {
        assert_eq!(raw.call("POST", "/sandbox/phones/zhangsan/click", &wrong).await.status, 400, "{wrong}");
    }
    assert_eq!(raw.call("POST", "/sandbox/phones/lisi/click", &json!({})).await.status, 404);
}

#[tokio::test]
async fn an_answer_to_a_click_changes_the_card_of_who_clicked() {
    let raw = Raw::start().await;
    let receiver = wecom_receiver().await;
    set_wecom(&raw, &receiver.url).await;
    let token = raw.wecom_token().await;
    let card = json!({"card_type": "button_interaction", "task_id": "job-1", "main_title": {"title": "任务失败"},
        "button_list": [{"text": "重试", "key": "retry"}]});
    let card =
        json!({"touser": "zhangsan|lisi", "msgtype": "template_card", "agentid": 1_000_002, "template_card": card});
    let sent = raw.post(&format!("/cgi-bin/message/send?access_token={token}"), card).await;
    assert_eq!(sent["errcode"], 0, "{sent}");
    let answers = |inner: &'static str| {
        receiver.answers(move |_: &Received| {
            let seal = of_wecom();
            let sealed = seal.close(&format!(
                "<xml><ToUserName>x</ToUserName><FromUserName>y</FromUserName><CreateTime>1</CreateTime>{inner}</xml>"
            ));
            let signature = seal.signature("1700000000", "99", &sealed);
            at_once(
                200,
                format!(
                    "<xml><Encrypt><![CDATA[{sealed}]]></Encrypt><MsgSignature>{signature}</MsgSignature>\
                     <TimeStamp>1700000000</TimeStamp><Nonce>99</Nonce></xml>"
                ),
            )
        });
    };
    answers(
        "<MsgType>update_template_card</MsgType><TemplateCard><CardType>button_interaction</CardType>\
         <MainTitle><Title>再试一次</Title></MainTitle><TaskId>job-1</TaskId>\
         <ButtonList><Text>重试</Text><Style>1</Style><Key>again</Key></ButtonList></TemplateCard>",
    );
    raw.post("/sandbox/phones/zhangsan/click", json!({"key": "retry"})).await;
    counted(&raw, "delivered", 1).await;
    let shown = raw.phone("zhangsan").await[0]["content"]["template_card"].clone();
    assert_eq!(shown["button_list"], json!([{"text": "重试", "style": 1, "key": "again"}]), "{shown}");
    answers("<MsgType>update_button</MsgType><Button><ReplaceName>已处理</ReplaceName></Button>");
    let clicked = raw.post("/sandbox/phones/zhangsan/click", json!({"key": "again"})).await;
    counted(&raw, "delivered", 2).await;
    let phone = raw.phone("zhangsan").await;
    assert_eq!((phone.len(), &phone[0]["content"]["template_card"]["replace_text"]), (1, &json!("已处理")));
    assert!(raw.phone("lisi").await[0]["content"]["template_card"]["replace_text"].is_null());
    // The code of the click still serves, once.
    let update = json!({"userids": ["lisi"], "agentid": 1_000_002, "response_code": clicked["response_code"],
        "button": {"replace_name": "他人已处理"}});
    let target = format!("/cgi-bin/message/update_template_card?access_token={token}");
    assert_eq!(raw.post(&target, update.clone()).await["errcode"], 0);
    assert_eq!(raw.post(&target, update).await["errcode"], 60_140);
}

#[tokio::test]
async fn a_robot_hears_over_http_and_answers_into_the_conversation() {
    let raw = Raw::start().await;
    let receiver =
        Receiver::start(|_| at_once(200, json!({"msgtype": "text", "text": {"content": "at once"}}).to_string())).await;
    raw.post("/sandbox/callbacks", json!({"platform": "dingtalk_robot", "url": receiver.url})).await;
    let said = raw.post("/sandbox/phones/zhangsan/say", json!({"platform": "dingtalk", "text": "hello"})).await;
    assert_eq!(said["told"], json!(["dingtalk_robot"]), "{said}");
    let heard = &receiver.wait(1).await[0];
    let message: Value = serde_json::from_str(&heard.body).unwrap();
    assert_eq!((&message["msgtype"], &message["text"]["content"]), (&json!("text"), &json!("hello")));
    assert_eq!((&message["senderStaffId"], &message["conversationType"]), (&json!("zhangsan"), &json!("1")));
    let secret = raw.credentials["dingtalk"]["app_secret"].as_str().unwrap();
    let stamp: i64 = heard.headers["timestamp"].parse().unwrap();
    assert!(hongyan_dingtalk::webhook::signed(&heard.headers["sign"], secret, stamp));
    counted(&raw, "delivered", 1).await;
    let webhook = message["sessionWebhook"].as_str().unwrap();
    let path = webhook.strip_prefix(&raw.sandbox.base()).unwrap();
    let later = json!({"msgtype": "markdown", "markdown": {"title": "t", "text": "later"}});
    assert_eq!(raw.post(path, later.clone()).await, json!({"errcode": 0, "errmsg": "ok"}));
    let phone = raw.phone("zhangsan").await;
    assert_eq!(phone[0]["content"]["text"]["content"], "at once");
    assert_eq!(phone[1]["content"]["markdown"]["text"], "later");
    assert_eq!(raw.post(path, json!({"msgtype": "smoke"})).await["errcode"], 400_105);
    raw.advance(5_400_000).await;
    assert_eq!(raw.post(path, later).await["errcode"], 300_001);
}

#[tokio::test]
async fn every_example_that_needs_a_stage_is_answered_as_its_page_shows() {
    let ding = Ding::start().await;
    let receiver = says_success(of_ding()).await;
    let d = &ding.raw.credentials["dingtalk"];
    for name in crate::fixture::STAGED {
        let path = format!("{}/../hongyan-dingtalk/fixtures/{name}.json", env!("CARGO_MANIFEST_DIR"));
        let mut fixture: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let (method, path) = fixture["line"].as_str().unwrap().split_once(' ').unwrap();
        let (method, mut target) = (method.to_owned(), format!("{path}?access_token={}", ding.token));
        let mut body = fixture["body"].take();
        match name {
            "callback.register" | "callback.update" => {
                for (member, value) in [("url", &receiver.url), ("token", &TOKEN.into()), ("aes_key", &KEY.into())] {
                    body[member] = json!(value);
                }
            }
            "callback.failed" => {
                receiver.answers(|_| at_once(500, ""));
                let tag = fixture["reply"]["failed_list"][0]["call_back_tag"].as_str().unwrap();
                ding.happens(tag, json!({"UserId": ["sample.li"]})).await;
                for (tries, after) in [(1, 10_000), (2, 30_000), (3, 180_000)] {
                    counted(&ding.raw, "refused", tries).await;
                    ding.raw.advance(after).await;
                }
            }
            "stream.open" => {
                (body["clientId"], body["clientSecret"]) = (d["app_key"].clone(), d["app_secret"].clone());
            }
            "webhook.answer" => {
                receiver.answers(|_| at_once(200, ""));
                let robot = json!({"platform": "dingtalk_robot", "url": receiver.url});
                ding.raw.post("/sandbox/callbacks", robot).await;
                let before = receiver.heard().len();
                let said = json!({"platform": "dingtalk", "text": "hi"});
                ding.raw.post("/sandbox/phones/zhangsan/say", said).await;
                let heard = &receiver.wait(before + 1).await[before];
                let message: Value = serde_json::from_str(&heard.body).unwrap();
                let webhook = message["sessionWebhook"].as_str().unwrap();
                target = webhook.strip_prefix("http://sandbox").unwrap().to_owned();
            }
            _ => {}
        }
        let reply = ding.raw.call(&method, &target, &body).await.json();
        assert!(reply["errcode"] == 0 || name == "stream.open", "{name}: {reply}");
        crate::fixture::resembles(name, &fixture["reply"], &reply);
    }
}
