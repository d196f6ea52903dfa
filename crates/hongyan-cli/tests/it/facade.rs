//! `/api/dingtalkserve/*` over the sandbox's DingTalk: all eighteen routes, as old programs call them.

use crate::stage::Stage;
use serde_json::{Value, json};
use std::time::Duration;

/// A call with a JSON or a form body: status and answer.
async fn ask(stage: &Stage, route: &str, form: bool, fields: &Value) -> Value {
    let target = format!("/api/dingtalkserve/{route}?key={}", stage.key);
    let (status, said) = if form {
        let pairs = fields.as_object().unwrap().iter().map(|(name, value)| {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let encoded: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
            format!("{name}={encoded}")
        });
        let body = pairs.collect::<Vec<_>>().join("&");
        stage.raw("POST", &target, "application/x-www-form-urlencoded", body).await
    } else {
        stage.raw("POST", &target, "application/json", fields.to_string()).await
    };
    assert_eq!(status, 200, "{route} {fields}: {said}");
    said
}

/// As [`ask`]: what the platform said, which was no refusal.
async fn data(stage: &Stage, route: &str, form: bool, fields: &Value) -> Value {
    let said = ask(stage, route, form, fields).await;
    assert_eq!((&said["success"], &said["data"]["errcode"]), (&json!(true), &json!(0)), "{route} {fields}: {said}");
    said["data"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn all_eighteen_routes_answer_in_json_and_in_forms() {
    let stage = Stage::complete("").await;
    for form in [false, true] {
        let ask = |route: &'static str, fields: Value| {
            let stage = &stage;
            async move { data(stage, route, form, &fields).await }
        };
        let words = if form { "表单 + & =" } else { "工单" };
        let sent = ask("asyncsend_v2", json!({"userid_list": "zhangsan,nobody01", "msg": words})).await;
        let task = sent["task_id"].clone();
        assert!(task.is_i64(), "{sent}");
        let mut progress = Value::Null;
        for _ in 0..100 {
            progress = ask("getsendprogress", json!({"task_id": task})).await;
            if progress["progress"]["status"] == 2 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(progress["progress"]["progress_in_percent"], 100, "{progress}");
        let result = ask("getsendresult", json!({"task_id": task})).await;
        assert_eq!(result["send_result"]["invalid_user_id_list"], json!(["nobody01"]), "{result}");
        assert_eq!(stage.copies("zhangsan", "dingtalk", words).await, 1);

        assert!(ask("list_ids", json!({"id": 1})).await["sub_dept_id_list"].is_array());
        let list = ask("list", json!({"id": 1, "fetch_child": "false"})).await;
        let all = ask("list", json!({"id": 1, "fetch_child": "true", "lang": "zh_CN"})).await;
        let count = |list: &Value| list["department"].as_array().unwrap().len();
        assert!(count(&all) > count(&list), "{all}");
        assert_eq!(ask("departmentget", json!({"id": 2})).await["id"], 2);
        assert!(ask("list_parent_depts_by_dept", json!({"id": 11})).await["parentIds"].is_array());
        assert!(ask("list_parent_depts", json!({"userId": "zhangsan"})).await["department"][0].is_array());
        assert!(ask("get_org_user_count", json!({"onlyActive": 0})).await["count"].as_i64().unwrap() > 200);
        let person = ask("userinfo", json!({"userid": "zhangsan"})).await;
        assert_eq!(person["name"], "张三", "{person}");
        let home = person["department"][0].clone();
        assert!(ask("getDeptMember", json!({"deptId": home})).await["userIds"].to_string().contains("zhangsan"));
        let page = ask("listbypage", json!({"department_id": home, "offset": 0, "size": 5})).await;
        assert!(!page["userlist"].as_array().unwrap().is_empty(), "{page}");
        let found = ask("getUseridByUnionid", json!({"unionid": person["unionid"]})).await;
        assert_eq!(found["userid"], "zhangsan", "{found}");
        assert!(ask("authScopes", json!({})).await["auth_org_scopes"].is_object());

        let made = ask("createChat", json!({"name": "夜盘", "owner": "lisi", "useridlist": "zhangsan, lisi"})).await;
        let chat = made["chatid"].clone();
        let info = ask("chatInfo", json!({"chatid": chat})).await;
        assert_eq!(
            (&info["chat_info"]["name"], &info["chat_info"]["owner"]),
            (&json!("夜盘"), &json!("lisi")),
            "{info}"
        );
        let sent = ask("chatSend", json!({"chatid": chat, "msg": "群里好"})).await;
        let read = ask("getReadList", json!({"messageId": sent["messageId"], "cursor": 0, "size": 2})).await;
        assert!(read.get("messageId").is_none(), "{read}");
    }
    let messages = stage.call("GET", "/v1/messages", None).await.1;
    assert_eq!(messages["messages"].as_array().unwrap().len(), 4, "sends are in the ledger: {messages}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_of_the_platform_has_code_and_words() {
    let stage = Stage::complete("").await;
    for (route, fields) in [
        ("userinfo", json!({"userid": "nobody01"})),
        ("departmentget", json!({"id": 99999})),
        ("getsendprogress", json!({"task_id": 1})),
        ("chatInfo", json!({"chatid": "chatnobody"})),
        ("chatSend", json!({"chatid": "chatnobody", "msg": "a"})),
        ("getReadList", json!({"messageId": "msgnobody", "cursor": 0, "size": 2})),
        ("getDeptMember", json!({"deptId": 90_000})),
    ] {
        let said = ask(&stage, route, false, &fields).await;
        assert_eq!(said["success"], json!(false), "{route}: {said}");
        assert!(said["errcode"].as_i64().is_some_and(|code| code != 0), "{route}: {said}");
        for member in ["sub_code", "errmsg", "msg"] {
            assert!(said[member].as_str().is_some_and(|text| !text.is_empty()), "{route} {member}: {said}");
        }
    }
    // `li` is no member of `lisi,wangwu`, and `lisi` is.
    let chat = |owner: &str| json!({"name": "群", "owner": owner, "useridlist": "lisi,wangwu"});
    let said = ask(&stage, "createChat", true, &chat("li")).await;
    assert_eq!(said["success"], json!(false), "{said}");
    assert_eq!(stage.calls("/chat/create").await, 0);
    data(&stage, "createChat", true, &chat("lisi")).await;
    // A parameter cannot add another to the platform's address.
    let said = ask(&stage, "userinfo", true, &json!({"userid": "nobody01&userid=zhangsan"})).await;
    assert_eq!(said["success"], json!(false), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_id_that_was_handed_out_is_understood_by_the_other_routes() {
    let mut stage = Stage::complete("[official]\nwait_ms = 100\n").await;
    stage.order_fault("latency_ms=800:/topapi/message/corpconversation/asyncsend_v2:1");
    let sent = data(&stage, "asyncsend_v2", false, &json!({"userid_list": "zhangsan", "msg": "慢"})).await;
    let task = sent["task_id"].as_i64().unwrap();
    assert!(task > 1 << 52, "{sent}");
    stage.kill();
    stage.start();
    let mut result = Value::Null;
    for _ in 0..200 {
        result = data(&stage, "getsendresult", true, &json!({"task_id": task})).await;
        let lists = &result["send_result"];
        if lists["unread_user_id_list"] == json!(["zhangsan"]) || lists["forbidden_user_id_list"] == json!(["zhangsan"])
        {
            break;
        }
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    assert!(result.to_string().contains("zhangsan"), "{result}");
    assert_eq!(stage.copies("zhangsan", "dingtalk", "慢").await, 1);
}
