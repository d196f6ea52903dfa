//! WeCom's interactive cards, statistics, translated ids, and sign-ins.

use crate::wecom::Corp;
use serde_json::{Value, json};

const SEND: &str = "/cgi-bin/message/send";
const UPDATE: &str = "/cgi-bin/message/update_template_card";
const STATISTICS: &str = "/cgi-bin/message/get_statistics";
const WHO: &str = "/cgi-bin/auth/getuserinfo";

fn buttons(task: &str) -> Value {
    json!({"card_type": "button_interaction", "task_id": task, "main_title": {"title": "任务失败"},
        "button_list": [{"text": "重试", "key": "retry"}, {"text": "忽略", "key": "skip"}]})
}

/// With the word that there is a callback address, without which no interactive card goes.
async fn carded() -> Corp {
    let corp = Corp::start().await;
    corp.raw.post("/sandbox/settings", json!({"wecom_callback": true})).await;
    corp
}

impl Corp {
    async fn card(&self, users: &str, card: Value) -> Value {
        self.post(
            SEND,
            json!({"touser": users, "msgtype": "template_card", "agentid": self.agent, "template_card": card}),
        )
        .await
    }

    async fn click(&self, userid: &str, body: Value) -> Value {
        self.raw.post(&format!("/sandbox/phones/{userid}/click"), body).await
    }
}

#[tokio::test]
async fn a_card_is_clicked_and_updated_once() {
    let corp = carded().await;
    let sent = corp.card("zhangsan|lisi", buttons("job-1")).await;
    let code = sent["response_code"].clone();
    assert!(code.is_string(), "{sent}");
    let id = corp.raw.phone("lisi").await[0]["id"].clone();
    let click = corp.click("lisi", json!({"message": id, "key": "retry"})).await;
    for (name, value) in [
        ("userid", json!("lisi")),
        ("agent_id", json!(corp.agent)),
        ("event_key", json!("retry")),
        ("task_id", json!("job-1")),
        ("card_type", json!("button_interaction")),
    ] {
        assert_eq!(click[name], value, "{click}");
    }
    assert!(corp.click("lisi", json!({"message": id, "key": "smoke"})).await["error"].is_string());

    let update = json!({"userids": ["LiSi", "ghost01", "wangwu"], "agentid": corp.agent, "response_code": code,
        "button": {"replace_name": "已处理"}});
    assert_eq!(corp.post(UPDATE, update.clone()).await["invaliduser"], json!(["ghost01", "wangwu"]));
    assert_eq!(corp.raw.phone("lisi").await[0]["content"]["template_card"]["replace_text"], "已处理");
    assert!(corp.raw.phone("zhangsan").await[0]["content"]["template_card"]["replace_text"].is_null());
    assert_eq!(corp.post(UPDATE, update).await["errcode"], 60140);
    assert!(corp.click("lisi", json!({"message": id, "key": "retry"})).await["error"].is_string());

    let notice = json!({"card_type": "text_notice", "main_title": {"title": "已恢复"},
        "card_action": {"type": 1, "url": "https://example.com/d"}});
    let update =
        json!({"atall": 1, "agentid": corp.agent, "response_code": click["response_code"], "template_card": notice});
    assert_eq!(corp.post(UPDATE, update.clone()).await, json!({"errcode": 0, "errmsg": "ok"}));
    assert_eq!(corp.raw.phone("zhangsan").await[0]["content"]["template_card"]["card_type"], "text_notice");
    assert_eq!(corp.post(UPDATE, update).await["errcode"], 60140, "a click's code serves once as well");
}

#[tokio::test]
async fn votes_and_choices_are_answered_with_what_was_selected() {
    let corp = carded().await;
    let vote = json!({"card_type": "vote_interaction", "main_title": {"title": "选择窗口"}, "task_id": "vote-1",
        "checkbox": {"question_key": "q1", "mode": 0, "option_list": [{"id": "a", "text": "今晚"}, {"id": "b", "text": "周末"}]},
        "submit_button": {"text": "提交", "key": "ok"}});
    assert!(corp.card("lisi", vote).await["response_code"].is_string());
    let id = corp.raw.phone("lisi").await[0]["id"].clone();
    let click = corp.click("lisi", json!({"message": id, "key": "ok", "selected": {"q1": ["b"]}})).await;
    assert_eq!(click["selected"], json!({"q1": ["b"]}));
    let notice = json!({"card_type": "text_notice", "main_title": {"title": "完成"},
        "card_action": {"type": 1, "url": "https://example.com/d"}});
    assert!(corp.card("lisi", notice).await["response_code"].is_null());
}

#[tokio::test]
async fn updates_that_cannot_be_are_refused() {
    let corp = carded().await;
    let code = corp.card("lisi", buttons("job-1")).await["response_code"].clone();
    let good = json!({"userids": ["lisi"], "agentid": corp.agent, "response_code": code, "button": {"replace_name": "已处理"}});
    let with = |name: &str, value: Value| {
        let mut body = good.clone();
        body[name] = value;
        body
    };
    for (body, code) in [
        (with("agentid", json!(corp.agent + 1)), 301_002),
        (with("agentid", json!(7)), 40056),
        (with("userids", json!([])), 82101),
        (with("userids", json!(["zhangsan"])), 82102),
        (with("userids", json!(vec!["x"; 1_001])), 40032),
        (with("response_code", json!("nonsense")), 60140),
        (with("template_card", buttons("job-1")), 40058),
        (with("button", json!({"replace_name": ""})), 42038),
        (json!({"agentid": corp.agent, "userids": ["lisi"]}), 60140),
    ] {
        assert_eq!(corp.post(UPDATE, body.clone()).await["errcode"], code, "{body}");
    }
    corp.raw.advance(72 * 3_600_000 + 1).await;
    let corp = Corp::on(corp.raw).await;
    assert_eq!(corp.post(UPDATE, good).await["errcode"], 60140);
}

#[tokio::test]
async fn cards_that_cannot_be_are_refused() {
    let corp = carded().await;
    let with = |name: &str, value: Value| {
        let mut card = buttons("job-1");
        card[name] = value;
        card
    };
    for (card, code) in [
        (with("card_type", json!("poem")), 42031),
        (with("main_title", json!({})), 42033),
        (with("task_id", json!("")), 42014),
        (with("task_id", json!("任务")), 42014),
        (with("button_list", json!([{"text": "重试"}])), 42039),
        (with("horizontal_content_list", json!(vec![json!({"keyname": "节点"}); 7])), 42035),
        (with("horizontal_content_list", json!([{"keyname": "节点", "type": 2, "media_id": "x"}])), 40007),
    ] {
        assert_eq!(corp.card("lisi", card.clone()).await["errcode"], code, "{card}");
    }
    assert_eq!(corp.card("lisi", buttons("job-1")).await["errcode"], 0);
    assert_eq!(corp.card("lisi", buttons("job-1")).await["errcode"], 42014, "a task's id serves once");
    for callback in [json!(false), Value::Null] {
        corp.raw.post("/sandbox/settings", json!({"wecom_callback": callback})).await;
        assert_eq!(corp.card("lisi", buttons("job-2")).await["errcode"], 43012, "nobody is told of clicks");
    }
}

#[tokio::test]
async fn person_times_are_counted_by_day_and_bounded_by_seats() {
    let corp = Corp::start().await;
    corp.post(SEND, corp.text("zhangsan|lisi|ghost01", "x")).await;
    let row = corp.post(STATISTICS, json!({})).await["statistics"][0].clone();
    assert_eq!((&row["agentid"], &row["count"]), (&json!(corp.agent), &json!(2)));
    corp.raw.advance(86_400_000).await;
    let corp = Corp::on(corp.raw).await;
    assert_eq!(corp.post(STATISTICS, json!({"time_type": 0})).await["statistics"][0]["count"], 0);
    assert_eq!(corp.post(STATISTICS, json!({"time_type": 1})).await["statistics"][0]["count"], 2);
    assert_eq!(corp.post(STATISTICS, json!({"time_type": 2})).await["errcode"], 40058);
    corp.raw.post("/sandbox/settings", json!({"wecom_seats": 1})).await;
    assert_eq!(corp.post(SEND, corp.text("@all", "x")).await["errcode"], 45009);
}

#[tokio::test]
async fn ids_are_translated_where_asked() {
    let corp = carded().await;
    let mut body = corp.text("zhangsan", "$userName=lisi$ 在 $departmentName=11$,$userName=ghost$");
    body["enable_id_trans"] = json!(1);
    corp.post(SEND, body).await;
    assert_eq!(corp.raw.phone("zhangsan").await[0]["content"]["text"]["content"], "李四 在 平台组,$userName=ghost$");
}

#[tokio::test]
async fn every_other_kind_reaches_a_person() {
    let corp = carded().await;
    for (kind, content) in [
        (
            "textcard",
            json!({"title": "审批待办", "description": "<div class=\"highlight\">今日</div>", "url": "https://example.com/t/9"}),
        ),
        ("news", json!({"articles": [{"title": "周报", "appid": "wxsbx0001", "pagepath": "pages/i"}]})),
        ("markdown", json!({"content": "# 告警"})),
        (
            "template_card",
            json!({"card_type": "news_notice", "main_title": {"title": "容量图"},
                "card_image": {"url": "https://example.com/c.png", "aspect_ratio": 1.6},
                "card_action": {"type": 1, "url": "https://example.com/c"}}),
        ),
    ] {
        let sent =
            corp.post(SEND, json!({"touser": "lisi", "agentid": corp.agent, "msgtype": kind, kind: content})).await;
        assert_eq!(sent["errcode"], 0, "{kind}: {sent}");
    }
    // Of all kinds this one alone needs no agentid.
    let notice =
        json!({"appid": "wxsbx0001", "title": "会议预订成功", "content_item": [{"key": "地点", "value": "402"}]});
    let sent =
        corp.post(SEND, json!({"touser": "lisi", "msgtype": "miniprogram_notice", "miniprogram_notice": notice})).await;
    assert_eq!(sent["errcode"], 0, "{sent}");
    let news = json!({"articles": [{"title": "t", "url": "https://example.com"}]});
    let safe = json!({"touser": "lisi", "agentid": corp.agent, "msgtype": "news", "safe": 1, "news": news});
    assert_eq!(corp.post(SEND, safe).await["errcode"], 40074);
    assert_eq!(corp.raw.phone("lisi").await.len(), 5);
}

#[tokio::test]
async fn a_sign_in_is_told_once_within_five_minutes() {
    let corp = Corp::start().await;
    let sign_in = async |corp: &Corp, body| {
        let code = corp.raw.post("/sandbox/phones/lisi/signin", body).await["code"].clone();
        format!("code={}", code.as_str().unwrap())
    };
    let query = sign_in(&corp, json!({})).await;
    assert_eq!(corp.get(WHO, &query).await, json!({"errcode": 0, "errmsg": "ok", "userid": "lisi"}));
    assert_eq!(corp.get(WHO, &query).await["errcode"], 42022);
    assert_eq!(corp.get(WHO, "code=nonsense").await["errcode"], 40029);
    let query = sign_in(&corp, json!({"private": true})).await;
    assert!(corp.get(WHO, &query).await["user_ticket"].is_string());
    let query = sign_in(&corp, json!({})).await;
    corp.raw.advance(300_001).await;
    assert_eq!(corp.get(WHO, &query).await["errcode"], 42003);
    assert!(corp.get("/cgi-bin/getcallbackip", "").await["ip_list"].is_array());
}
