//! DingTalk's interactive cards: made, shown, changed, pressed.

use crate::{
    raw::{Raw, Reply},
    receiver::Receiver,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::{client_async, tungstenite::Message};

const MADE: &str = "/v1.0/card/instances";
const MAKE: &str = "/v1.0/card/instances/createAndDeliver";

struct Cards {
    raw: Raw,
    token: String,
    robot: String,
    group: String,
}

impl Cards {
    async fn start() -> Self {
        let raw = Raw::start().await;
        let token = raw.ding_token().await;
        let robot = raw.credentials["dingtalk"]["robot_code"].as_str().unwrap().to_owned();
        let chats = raw.get("/sandbox/chats").await;
        let chats = chats.as_array().or_else(|| chats["chats"].as_array()).unwrap().clone();
        let group =
            chats.iter().find(|chat| chat["platform"] == "dingtalk").unwrap()["id"].as_str().unwrap().to_owned();
        Self { raw, token, robot, group }
    }

    async fn call(&self, method: &str, path: &str, body: &Value) -> Reply {
        self.raw.acs(method, path, &self.token, body).await
    }

    /// A card of these variables in the group.
    fn card(&self, track: &str, more: Value) -> Value {
        let mut card = json!({
            "cardTemplateId": "0f1e2d3c-0000-4000-8000-000000000001.schema", "outTrackId": track,
            "cardData": {"cardParamMap": {"title": "节点 dn-3 离线", "state": "open"}},
            "openSpaceId": format!("dtv1.card//IM_GROUP.{}", self.group),
            "imGroupOpenSpaceModel": {"supportForward": true},
            "imGroupOpenDeliverModel": {"robotCode": self.robot}, "userIdType": 1,
        });
        card.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        card
    }

    /// What somebody sees on the newest card.
    async fn seen(&self, userid: &str) -> Value {
        let phone = self.raw.phone(userid).await;
        let last = phone.last().unwrap_or_else(|| panic!("{userid} sees nothing"));
        last["content"]["interactive_card"]["cardParamMap"].clone()
    }

    async fn press(&self, userid: &str, body: Value) -> Reply {
        self.raw.call("POST", &format!("/sandbox/phones/{userid}/click"), &body).await
    }
}

#[tokio::test]
async fn a_card_is_shown_to_a_group_and_changed_for_all_or_for_one() {
    let cards = Cards::start().await;
    let private = json!({"privateData": {"lisi": {"cardParamMap": {"mine": "yes"}}}});
    let made = cards.call("POST", MAKE, &cards.card("t1", private)).await;
    let one = &made.json()["result"]["deliverResults"][0];
    assert_eq!((made.status, &one["success"], &one["spaceType"]), (200, &json!(true), &json!("IM_GROUP")));
    assert!(one["carrierId"].as_str().is_some_and(|key| !key.is_empty()), "{one}");
    assert_eq!(cards.seen("zhangsan").await, json!({"title": "节点 dn-3 离线", "state": "open"}));
    assert_eq!(cards.seen("lisi").await["mine"], "yes");

    let by_key = json!({"outTrackId": "t1", "cardData": {"cardParamMap": {"state": "claimed"}},
        "cardUpdateOptions": {"updateCardDataByKey": true}});
    let changed = cards.call("PUT", MADE, &by_key).await;
    assert_eq!((changed.status, changed.json()), (200, json!({"success": true, "result": true})));
    assert_eq!(cards.seen("zhangsan").await, json!({"title": "节点 dn-3 离线", "state": "claimed"}));
    assert_eq!(cards.seen("lisi").await["mine"], "yes");
    // Without options everything is replaced.
    let whole = json!({"outTrackId": "t1", "cardData": {"cardParamMap": {"state": "done"}},
        "privateData": {"lisi": {"cardParamMap": {"theirs": "x"}}}});
    cards.call("PUT", MADE, &whole).await;
    assert_eq!(cards.seen("zhangsan").await, json!({"state": "done"}));
    assert_eq!(cards.seen("lisi").await, json!({"state": "done", "theirs": "x"}));

    let stream = |guid: &str, content: &str, full: bool| json!({"outTrackId": "t1", "guid": guid, "key": "text", "content": content, "isFull": full});
    for (guid, content, full, seen) in [
        ("a", "正在", true, "正在"),
        ("b", "查", false, "正在查"),
        ("b", "查", false, "正在查"),
        ("c", "好", true, "好"),
    ] {
        assert_eq!(cards.call("PUT", "/v1.0/card/streaming", &stream(guid, content, full)).await.status, 200);
        assert_eq!(cards.seen("wangwu").await["text"], seen);
    }
    // Read states go by the carrier.
    let query =
        json!({"robotCode": cards.robot, "openConversationId": cards.group, "processQueryKey": one["carrierId"]});
    cards.raw.post("/sandbox/phones/lisi/read", json!({})).await;
    let read = cards.call("POST", "/v1.0/robot/groupMessages/query", &query).await.json();
    assert_eq!(read["readUserIds"], json!(["lisi"]));
}

#[tokio::test]
async fn a_card_is_made_first_and_delivered_to_several_places_later() {
    let cards = Cards::start().await;
    let mut card = cards.card("t2", json!({}));
    card.as_object_mut().unwrap().remove("openSpaceId");
    let made = cards.call("POST", MADE, &card).await;
    assert_eq!(made.json(), json!({"success": true, "result": "t2"}));
    assert!(cards.raw.phone("zhangsan").await.is_empty());
    let deliver = |space: &str| {
        json!({"outTrackId": "t2", "openSpaceId": format!("dtv1.card//{space}"),
            "imGroupOpenDeliverModel": {"robotCode": cards.robot, "recipients": ["lisi"]},
            "imRobotOpenDeliverModel": {"spaceType": "IM_ROBOT"}})
    };
    let path = format!("{MADE}/deliver");
    let refused = cards.call("POST", &path, &deliver("IM_ROBOT.zhangsan")).await;
    assert_eq!((refused.status, &refused.json()["code"]), (400, &json!("param.openSpaceModelInvalid")));
    let more = json!({"outTrackId": "t2", "imRobotOpenSpaceModel": {"supportForward": true}});
    assert_eq!(cards.call("PUT", &format!("{MADE}/spaces"), &more).await.json()["result"], true);
    // One place is nobody's: HTTP 200, and a delivery that failed.
    let several = format!("IM_GROUP.{};IM_ROBOT.zhangsan;IM_ROBOT.nobody", cards.group);
    let delivered = cards.call("POST", &path, &deliver(&several)).await;
    let results = delivered.json()["result"].clone();
    let success: Vec<&Value> = results.as_array().unwrap().iter().map(|one| &one["success"]).collect();
    assert_eq!((delivered.status, success), (200, vec![&json!(true), &json!(true), &json!(false)]), "{results}");
    assert!(results[2]["errorMsg"].as_str().is_some_and(|words| !words.is_empty()));
    assert_eq!(cards.seen("zhangsan").await["state"], "open");
    assert_eq!(cards.seen("lisi").await["state"], "open");
    assert!(cards.raw.phone("wangwu").await.is_empty(), "not among the recipients");
}

#[tokio::test]
async fn a_card_that_cannot_be_is_refused_in_the_pages_codes() {
    let cards = Cards::start().await;
    assert_eq!(cards.call("POST", MAKE, &cards.card("there", json!({}))).await.status, 200);
    let without = |name: &str| {
        let mut card = cards.card("t", json!({}));
        card.as_object_mut().unwrap().remove(name);
        card
    };
    for (body, code) in [
        (cards.card("there", json!({})), "param.cardAlreadyExist"),
        (cards.card("", json!({})), "param.outTrackIdEmpty"),
        (without("outTrackId"), "param.outTrackIdEmpty"),
        (without("cardTemplateId"), "param.cardTemplateIdEmpty"),
        (without("cardData"), "param.cardPublicDataEmpty"),
        (without("openSpaceId"), "param.openSpaceIdEmpty"),
        (without("imGroupOpenSpaceModel"), "param.openSpaceModelInvalid"),
        (without("imGroupOpenDeliverModel"), "param.openDeliverModelEmpty"),
        (cards.card("t", json!({"imGroupOpenDeliverModel": {}})), "param.openDeliverModelError"),
        (cards.card("t", json!({"openSpaceId": "IM_GROUP.x"})), "param.openSpaceIdInvalid"),
        (cards.card("t", json!({"cardTemplateId": "none"})), "param.templateNotExist"),
        (cards.card("t", json!({"privateData": {"nobody": {"cardParamMap": {}}}})), "param.userIdNotExist"),
        // Variables are texts.
        (cards.card("t", json!({"cardData": {"cardParamMap": {"n": 1}}})), "parameter.invalid"),
    ] {
        let refused = cards.call("POST", MAKE, &body).await;
        assert_eq!((refused.status, &refused.json()["code"]), (400, &json!(code)), "{body}");
    }
    for (body, code) in [
        (json!({"outTrackId": "none", "cardData": {"cardParamMap": {}}}), "param.cardNotExist"),
        (json!({"outTrackId": "there"}), "param.cardDataAndPrivateDataBothEmpty"),
        (json!({"cardData": {"cardParamMap": {}}}), "param.outTrackIdEmpty"),
    ] {
        assert_eq!(cards.call("PUT", MADE, &body).await.json()["code"], code, "{body}");
    }
    let setting = json!({"dingtalk_card_templates": {"a.schema": true, "b.schema": false}});
    cards.raw.post("/sandbox/settings", setting).await;
    for (template, code) in [
        ("a.schema", Value::Null),
        ("b.schema", json!("param.templateUnpublished")),
        ("c.schema", json!("param.templateNotExist")),
    ] {
        let card = cards.card(&format!("of {template}"), json!({"cardTemplateId": template}));
        assert_eq!(cards.call("POST", MAKE, &card).await.json()["code"], code, "{template}");
    }
}

#[tokio::test]
async fn a_press_goes_to_the_registered_address_and_its_answer_to_the_pressers_screen() {
    let cards = Cards::start().await;
    let answer = r#"{"cardData":{"cardParamMap":{"state":"claimed"}},"userPrivateData":{"cardParamMap":{"mine":"true"}},
        "cardUpdateOptions":{"updateCardDataByKey":true,"updatePrivateDataByKey":true}}"#;
    let receiver = Receiver::start(move |_| (200, answer.into(), Duration::ZERO)).await;
    let route = json!({"callbackRouteKey": "r", "callbackUrl": receiver.url, "apiSecret": "sec-invented"});
    let register = "/v1.0/card/callbacks/register";
    let registered = cards.call("POST", register, &route).await.json();
    assert_eq!(registered["result"]["apiSecret"], "sec-invented");
    let again = cards.call("POST", register, &route).await;
    assert_eq!((again.status, &again.json()["code"]), (500, &json!("param.callbackRouteKeyExist")));
    let by = json!({"callbackType": "HTTP", "callbackRouteKey": "r"});
    cards.call("POST", MAKE, &cards.card("t3", by)).await;

    let pressed = cards.press("lisi", json!({"key": "claim", "params": {"reason": "值班", "n": 2}})).await.json();
    assert_eq!(pressed["told"], json!(["dingtalk_card"]));
    let heard = receiver.wait(1).await.remove(0);
    let press: Value = serde_json::from_str(&heard.body).unwrap();
    assert_eq!(press, pressed["press"]);
    assert_eq!(
        (&press["type"], &press["outTrackId"], &press["userId"], &press["corpId"], &press["spaceType"]),
        (&json!("actionCallback"), &json!("t3"), &json!("lisi"), &json!("dingsandboxcorp"), &json!("IM_GROUP"))
    );
    let content: Value = serde_json::from_str(press["content"].as_str().unwrap()).unwrap();
    assert_eq!(content, json!({"cardPrivateData": {"actionIds": ["claim"], "params": {"reason": "值班", "n": 2}}}));
    // HMAC-SHA256 of the time under the secret.
    let (time, signature) = (&heard.headers["x-ddpaas-signature-timestamp"], &heard.headers["x-ddpaas-signature"]);
    assert_eq!(STANDARD.decode(signature).unwrap().len(), 32);
    assert_eq!(*signature, hongyan_dingtalk::card::sign("sec-invented", time));

    for _ in 0..200 {
        if cards.seen("lisi").await["state"] == "claimed" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let seen = json!({"title": "节点 dn-3 离线", "state": "claimed", "mine": "true"});
    assert_eq!(cards.seen("lisi").await, seen);
    assert_eq!(cards.seen("zhangsan").await["state"], "open", "only the presser sees the answer");
    let update = json!({"outTrackId": "t3", "cardData": {"cardParamMap": {"state": "claimed by lisi"}}});
    cards.call("PUT", MADE, &update).await;
    assert_eq!(cards.seen("zhangsan").await["state"], "claimed by lisi");
    assert_eq!(cards.seen("lisi").await, json!({"state": "claimed by lisi", "mine": "true"}));
}

#[tokio::test]
async fn a_press_comes_over_stream_to_whoever_subscribed() {
    let cards = Cards::start().await;
    let raw = &cards.raw;
    cards.call("POST", MAKE, &cards.card("t4", json!({"callbackType": "STREAM"}))).await;
    assert_eq!(cards.press("lisi", json!({"key": "claim"})).await.json()["told"], json!([]), "nobody listens");
    let d = &raw.credentials["dingtalk"];
    let topic = json!([{"type": "CALLBACK", "topic": "/v1.0/card/instances/callback"}]);
    let body = json!({"clientId": d["app_key"], "clientSecret": d["app_secret"], "subscriptions": topic});
    let opened = raw.post("/v1.0/gateway/connections/open", body).await;
    let url = format!("ws://{}/connect?ticket={}", raw.sandbox.address(), opened["ticket"].as_str().unwrap());
    let (mut socket, _) = client_async(url, TcpStream::connect(raw.sandbox.address()).await.unwrap()).await.unwrap();
    assert_eq!(cards.press("lisi", json!({"key": "claim"})).await.json()["told"], json!(["stream"]));
    let frame = socket.next().await.unwrap().unwrap();
    let frame: Value = serde_json::from_str(frame.to_text().unwrap()).unwrap();
    assert_eq!(frame["headers"]["topic"], "/v1.0/card/instances/callback");
    let press: Value = serde_json::from_str(frame["data"].as_str().unwrap()).unwrap();
    assert_eq!((&press["outTrackId"], &press["userId"]), (&json!("t4"), &json!("lisi")));
    let response = json!({"response": {"cardData": {"cardParamMap": {"state": "mine"}}}});
    let ack = json!({"code": 200, "headers": {"messageId": frame["headers"]["messageId"]}, "message": "OK",
        "data": response.to_string()});
    socket.send(Message::text(ack.to_string())).await.unwrap();
    for _ in 0..200 {
        if cards.seen("lisi").await["state"] == "mine" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // Without options it is all that is seen.
    assert_eq!(cards.seen("lisi").await, json!({"state": "mine"}));
    assert_eq!(cards.seen("zhangsan").await["state"], "open");
}

#[tokio::test]
async fn a_card_without_a_way_back_is_pressed_in_vain() {
    let cards = Cards::start().await;
    cards.call("POST", MAKE, &cards.card("t5", json!({}))).await;
    let pressed = cards.press("lisi", json!({"key": "claim"})).await;
    assert_eq!((pressed.status, &pressed.json()["told"]), (200, &json!([])));
    assert_eq!(cards.press("lisi", json!({})).await.status, 400, "which action is said");
    assert_eq!(cards.press("outsider", json!({"key": "claim"})).await.status, 404);
}
