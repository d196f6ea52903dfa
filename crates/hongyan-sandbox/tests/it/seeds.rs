//! The flows of the tutorials that the project began with, byte by byte as their scripts send them, and their
//! mistakes, answered as the platforms would.

use crate::raw::{Raw, parse};
use serde_json::{Value, json};

impl Raw {
    /// As the scripts' HTTP function posts: a text that is meant to be JSON, under the header that it sets by itself.
    async fn script(&self, target: &str, header: &str, text: &str) -> Value {
        parse(&self.send("POST", target, header, text).await).json()
    }
}

/// What the scripts' HTTP library says of a text when the script says nothing.
const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

#[tokio::test]
async fn the_wecom_script_sends_to_everybody_makes_a_group_and_writes_into_it() {
    let raw = Raw::start().await;
    let (token, agent) = (raw.wecom_token().await, &raw.credentials["wecom"]["agent_id"]);
    let send = format!("/cgi-bin/message/send?access_token={token}");
    let message =
        format!(r#"{{"touser" : "@all","agentid" : {agent},"msgtype" : "text","text" : {{"content" : "第一条"}}}}"#);
    let said = raw.script(&send, FORM, &message).await;
    assert_eq!((&said["errcode"], &said["errmsg"]), (&json!(0), &json!("ok")), "{said}");
    assert_eq!(raw.phone("zhangsan").await.len(), 1);

    let create = format!("/cgi-bin/appchat/create?access_token={token}");
    let group = r#"{"name" : "量化值班","owner" : "zhangsan","userlist" : ["zhangsan", "lisi", "wangwu"],"chatid" : "quant01"}"#;
    let said = raw.script(&create, FORM, group).await;
    assert_eq!((&said["errcode"], &said["chatid"]), (&json!(0), &json!("quant01")), "{said}");
    assert_eq!(raw.script(&create, FORM, group).await["errcode"], 86215, "an id is taken once");

    let into = format!("/cgi-bin/appchat/send?access_token={token}");
    let words = r#"{"chatid" : "quant01","msgtype" : "text","text" : {"content" : "第二条"}}"#;
    assert_eq!(raw.script(&into, FORM, words).await["errcode"], 0);
    for person in ["zhangsan", "lisi", "wangwu"] {
        let phone = raw.phone(person).await;
        assert!(phone.iter().any(|shown| shown.to_string().contains("第二条")), "{person}: {phone:?}");
    }
    assert_eq!(raw.phone("zhaoliu").await.len(), 1, "not in the group");
}

#[tokio::test]
async fn the_wecom_scripts_mistakes_are_refused_and_nothing_is_sent() {
    let raw = Raw::start().await;
    let (token, agent) = (raw.wecom_token().await, &raw.credentials["wecom"]["agent_id"]);
    let send = format!("/cgi-bin/message/send?access_token={token}");
    // The last brace is missing.
    let open =
        format!(r#"{{"touser" : "@all","agentid" : {agent},"msgtype" : "text","text" : {{"content" : "不会到"}}"#);
    let said = raw.script(&send, FORM, &open).await;
    assert_eq!(said["errcode"], 40058, "{said}");
    // A full-width comma between two members.
    let create = format!("/cgi-bin/appchat/create?access_token={token}");
    let group = r#"{"name" : "值班","owner" : "zhangsan","userlist" : ["zhangsan", "lisi"]，"chatid" : "wide01"}"#;
    let said = raw.script(&create, FORM, group).await;
    assert_eq!(said["errcode"], 40058, "{said}");
    // `CHATID=body.access_token` of a reply that has none: an empty text, or the token of before.
    let into = format!("/cgi-bin/appchat/send?access_token={token}");
    for (id, code) in [("", 86201), (token.as_str(), 86003)] {
        let words = json!({"chatid": id, "msgtype": "text", "text": {"content": "不会到"}}).to_string();
        let said = raw.script(&into, FORM, &words).await;
        assert!([json!(code), json!(86001), json!(86003)].contains(&said["errcode"]), "{said}");
    }
    // The placeholders, sent as they stand.
    let said = raw.get("/cgi-bin/gettoken?corpid=xxxxx&corpsecret=xxxxx").await;
    assert_eq!(said["errcode"], 40013, "{said}");
    assert_eq!(raw.script("/cgi-bin/message/send?access_token=xxxxx", FORM, &open).await["errcode"], 40014);
    assert_eq!(raw.script("/cgi-bin/message/send?access_token=", FORM, &open).await["errcode"], 41001);
    assert_eq!(raw.stats().await["wecom"]["effects"], 0);
}

#[tokio::test]
async fn the_dingtalk_script_finds_people_makes_a_group_and_writes_into_it() {
    let raw = Raw::start().await;
    let token = raw.ding_token().await;
    let departments = raw.get(&format!("/department/list?access_token={token}&fetch_child=true")).await;
    let list = departments["department"].as_array().unwrap();
    assert!(list.len() > 20, "{departments}");
    for member in ["id", "name", "parentid", "createDeptGroup", "autoAddUser"] {
        assert!(list[0].get(member).is_some(), "{member}: {}", list[0]);
    }
    let below = raw.get(&format!("/department/list?access_token={token}")).await;
    assert!(below["department"].as_array().unwrap().len() < list.len(), "only the next level, without fetch_child");
    let team = list.iter().find(|department| department["name"] == "平台组").unwrap()["id"].to_string();
    let members = raw.get(&format!("/user/getDeptMember?access_token={token}&deptId={team}")).await;
    let ids: Vec<&str> = members["userIds"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
    assert!(ids.contains(&"zhangsan") && ids.contains(&"lisi"), "{members}");
    let simple = raw.get(&format!("/user/simplelist?access_token={token}&department_id={team}&offset=0&size=50")).await;
    assert!(
        simple["userlist"].as_array().unwrap().iter().any(|p| p == &json!({"userid": "zhangsan", "name": "张三"})),
        "{simple}"
    );
    assert_eq!(simple["hasMore"], false);

    let create = format!("/chat/create?access_token={token}");
    let group = r#"{"name" : "量化值班","owner" : "zhangsan","useridlist" : ["zhangsan","lisi"]}"#;
    let said = raw.script(&create, JSON, group).await;
    assert_eq!((&said["errcode"], &said["conversationTag"]), (&json!(0), &json!(2)), "{said}");
    let chat = said["chatid"].as_str().unwrap();
    assert!(chat.starts_with("chat"));
    let words = format!(r#"{{"chatid" : "{chat}","msg" : {{"msgtype" : "text","text" : {{"content" : "第三条"}}}}}}"#);
    let said = raw.script(&format!("/chat/send?access_token={token}"), JSON, &words).await;
    assert!(said["errcode"] == 0 && said["messageId"].is_string(), "{said}");
    for (person, expected) in [("zhangsan", true), ("lisi", true), ("wangwu", false)] {
        let phone = raw.phone(person).await;
        assert_eq!(phone.iter().any(|shown| shown.to_string().contains("第三条")), expected, "{person}");
    }
}

#[tokio::test]
async fn the_dingtalk_scripts_mistakes_are_refused_and_nothing_is_sent() {
    let raw = Raw::start().await;
    let token = raw.ding_token().await;
    let create = format!("/chat/create?access_token={token}");
    // The list as a text that looks like one.
    let text = r#"{"name":"值班","owner":"zhangsan","useridlist":"['zhangsan','lisi']"}"#;
    assert_eq!(raw.script(&create, JSON, text).await["errcode"], 40031);
    // The owner is not among the members; a member whom nobody knows; no members.
    for (body, code) in [
        (json!({"name": "值班", "owner": "wangwu", "useridlist": ["zhangsan", "lisi"]}), 49006),
        (json!({"name": "值班", "owner": "zhangsan", "useridlist": ["zhangsan", "zxxxx"]}), 40031),
        (json!({"name": "值班", "owner": "zhangsan", "useridlist": []}), 49010),
        (json!({"owner": "zhangsan", "useridlist": ["zhangsan"]}), 40035),
    ] {
        let said = raw.script(&create, JSON, &body.to_string()).await;
        assert_eq!(said["errcode"], code, "{body}: {said}");
    }
    // A space before the header's colon: the server sees no content type, and no JSON.
    let said = raw.script(&create, FORM, r#"{"name":"值班","owner":"zhangsan","useridlist":["zhangsan"]}"#).await;
    assert_eq!(said["errcode"], 43009, "{said}");
    let words = json!({"chatid": "xxx", "msg": {"msgtype": "text", "text": {"content": "不会到"}}}).to_string();
    let said = raw.script(&format!("/chat/send?access_token={token}"), JSON, &words).await;
    assert!([json!(34001), json!(34013)].contains(&said["errcode"]), "{said}");
    assert_eq!(raw.get("/gettoken?appkey=xxxxx&appsecret=xxxxx").await["errcode"], 40096);
    assert_eq!(raw.phone("zhangsan").await.len(), 0);
}

#[tokio::test]
async fn the_mini_programs_server_side_reads_people_and_notifies_everybody() {
    let raw = Raw::start().await;
    let (token, agent) = (raw.ding_token().await, &raw.credentials["dingtalk"]["agent_id"]);
    let page = raw.get(&format!("/user/listbypage?access_token={token}&department_id=11&offset=0&size=100")).await;
    let person = &page["userlist"].as_array().unwrap().iter().find(|p| p["userid"] == "zhangsan").unwrap().clone();
    for member in
        ["unionid", "mobile", "order", "isAdmin", "isBoss", "isHide", "isLeader", "name", "active", "department"]
    {
        assert!(person.get(member).is_some(), "{member}: {person}");
    }
    // Numbers and truths as texts, as the tutorial writes them.
    let body = json!({
        "agent_id": agent.to_string(), "to_all_user": "true",
        "msg": {"msgtype": "text", "text": {"content": "不平凡的一年"}},
    });
    let said = raw.post(&format!("/topapi/message/corpconversation/asyncsend_v2?access_token={token}"), body).await;
    assert!(said["errcode"] == 0 && said["task_id"].is_i64(), "{said}");
    raw.advance(1_000).await;
    assert_eq!(raw.phone("zhangsan").await.len(), 1);
}
