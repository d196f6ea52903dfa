//! DingTalk's contacts, written, both generations.

use crate::dingtalk_contacts::Contacts;
use serde_json::{Value, json};

const CREATE: &str = "v2/user/create";
const UPDATE: &str = "v2/user/update";

fn newcomer() -> Value {
    json!({"name": "新人", "mobile": "13900000001", "dept_id_list": "11,12"})
}

/// The newcomer, with some fields otherwise.
fn but(change: Value) -> Value {
    let mut body = newcomer();
    body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    body
}

#[tokio::test]
async fn a_newcomer_is_found_written_to_and_let_go() {
    let contacts = Contacts::start().await;
    let body = but(json!({"userid": "newcomer", "title": "工程师", "email": "n@example.com", "job_number": 77,
        "dept_order_list": [{"dept_id": 11, "order": 5}], "extension": "{\"爱好\":\"读书\"}", "hired_date": 1_600_000_000_000_i64,
        "manager_userid": "zhangsan"}));
    let made = contacts.top(CREATE, body).await;
    assert_eq!(made["result"]["userid"], "newcomer", "{made}");
    let shown = contacts.top("v2/user/get", json!({"userid": "newcomer"})).await["result"].clone();
    assert_eq!((&shown["unionid"], &shown["dept_id_list"]), (&made["result"]["unionId"], &json!([11, 12])));
    assert_eq!((&shown["job_number"], &shown["extension"]), (&json!("77"), &json!("{\"爱好\":\"读书\"}")));
    assert_eq!(shown["dept_order_list"][0], json!({"dept_id": 11, "order": 5}));
    let found = contacts.top("v2/user/getbymobile", json!({"mobile": "13900000001"})).await;
    assert_eq!(found["result"]["userid"], "newcomer");
    let count = contacts.get("/user/get_org_user_count", "onlyActive=0").await["count"].clone();
    assert_eq!(count, 251);

    let agent = contacts.raw.credentials["dingtalk"]["agent_id"].clone();
    let notice =
        json!({"agent_id": agent, "dept_id_list": "12", "msg": {"msgtype": "text", "text": {"content": "欢迎"}}});
    assert_eq!(contacts.top("message/corpconversation/asyncsend_v2", notice).await["errcode"], 0);
    contacts.raw.advance(1_000).await;
    assert_eq!(contacts.raw.phone("newcomer").await.len(), 1);

    assert_eq!(contacts.top("v2/user/delete", json!({"userid": "newcomer"})).await["errcode"], 0);
    assert_eq!(contacts.top("v2/user/delete", json!({"userid": "newcomer"})).await["errcode"], 33012);
    assert_eq!(contacts.top("v2/user/getbymobile", json!({"mobile": "13900000001"})).await["errcode"], 60121);
    let members = contacts.top("user/listid", json!({"dept_id": 12})).await;
    assert!(!members["result"]["userid_list"].as_array().unwrap().contains(&json!("newcomer")));
    assert_eq!(contacts.top(CREATE, newcomer()).await["errcode"], 0, "the number is free again");
}

#[tokio::test]
async fn a_newcomer_who_cannot_be_is_refused() {
    let contacts = Contacts::start().await;
    let many = (0..101).map(|i| i.to_string()).collect::<Vec<_>>().join(",");
    for (change, code) in [
        (json!({"userid": "zhangsan"}), 60102),
        (json!({"userid": "x".repeat(65)}), 400_002),
        (json!({"name": ""}), 60112),
        (json!({"name": "字".repeat(81)}), 60112),
        (json!({"mobile": "12"}), 60103),
        (json!({"mobile": "13800000001"}), 60104),
        (json!({"mobile": "+86-13800000001"}), 60104),
        (json!({"email": "nowhere"}), 60105),
        (json!({"email": "zhangsan@home.example.com"}), 60106),
        (json!({"org_email": "zhangsan@example.com"}), 60106),
        (json!({"dept_id_list": many}), 60110),
        (json!({"dept_id_list": "777"}), 60003),
        (json!({"dept_id_list": "90"}), 50004),
        (json!({"dept_id_list": "first"}), 40009),
        (json!({"telephone": "8000"}), 400_002),
        (json!({"remark": "字".repeat(2_001)}), 400_002),
        (json!({"extension": "{"}), 400_002),
        (json!({"manager_userid": "nobody"}), 33012),
        (json!({"hired_date": "yesterday"}), 400_002),
    ] {
        let reply = contacts.top(CREATE, but(change.clone())).await;
        assert_eq!(reply["errcode"], code, "{change} {reply}");
    }
    for missing in ["name", "mobile", "dept_id_list"] {
        let mut body = newcomer();
        body.as_object_mut().unwrap().remove(missing);
        assert_eq!(contacts.top(CREATE, body).await["errcode"], 400_002, "{missing}");
    }
    assert_eq!(contacts.get("/user/get_org_user_count", "onlyActive=0").await["count"], 250);
}

#[tokio::test]
async fn what_is_absent_from_an_update_stays() {
    let contacts = Contacts::start().await;
    let show = async || contacts.top("v2/user/get", json!({"userid": "lisi"})).await["result"].clone();
    let before = show().await;
    let body =
        json!({"userid": "lisi", "mobile": "+852-55500001", "dept_id_list": [12], "extension": "{\"甲\":\"1\"}"});
    assert_eq!(contacts.top(UPDATE, body).await["errcode"], 0);
    let after = show().await;
    assert_eq!((&after["name"], &after["title"]), (&before["name"], &before["title"]));
    assert_eq!((&after["state_code"], &after["mobile"]), (&json!("852"), &json!("55500001")));
    assert_eq!((&after["dept_id_list"], &after["extension"]), (&json!([12]), &json!("{\"甲\":\"1\"}")));
    let body = json!({"userid": "lisi", "extension": "{\"乙\":\"2\"}", "ext_attrs_update_mode": 1});
    contacts.top(UPDATE, body).await;
    let merged: Value = serde_json::from_str(show().await["extension"].as_str().unwrap()).unwrap();
    assert_eq!(merged, json!({"甲": "1", "乙": "2"}));
    assert_eq!(before["manager_userid"], "zhangsan");
    contacts.top(UPDATE, json!({"userid": "lisi", "force_update_fields": "manager_userid"})).await;
    assert!(show().await.get("manager_userid").is_none());
    for (body, code) in [
        (json!({"userid": "nobody", "title": "x"}), 33012),
        (json!({"userid": "outsider", "title": "x"}), 50002),
        (json!({"userid": "lisi", "mobile": "13800000001"}), 60104),
        (json!({"userid": "lisi", "ext_attrs_update_mode": 2}), 400_002),
        (json!({"title": "x"}), 400_002),
    ] {
        assert_eq!(contacts.top(UPDATE, body.clone()).await["errcode"], code, "{body}");
    }
    assert_eq!(contacts.top(UPDATE, json!({"userid": "lisi", "mobile": "+852-55500001"})).await["errcode"], 0);
}

#[tokio::test]
async fn the_first_generation_writes_the_same_people() {
    let contacts = Contacts::start().await;
    let body = json!({"userid": "newcomer", "name": "新人", "mobile": "13900000001", "department": "[11,12]",
        "orderInDepts": "{11:7}", "position": "工程师", "isHide": true, "extattr": {"爱好": "读书"}});
    let made = contacts.post("/user/create", body).await;
    assert_eq!((&made["errcode"], &made["userid"]), (&json!(0), &json!("newcomer")), "{made}");
    let shown = contacts.top("v2/user/get", json!({"userid": "newcomer"})).await["result"].clone();
    assert_eq!((&shown["unionid"], &shown["hide_mobile"]), (&made["unionId"], &json!(true)));
    assert_eq!(shown["dept_order_list"][0]["order"], 7);
    let body = json!({"userid": "newcomer", "position": "组长", "department": [13]});
    assert_eq!(contacts.post("/user/update", body).await["errcode"], 0);
    let shown = contacts.get("/user/get", "userid=newcomer").await;
    assert_eq!(
        (&shown["position"], &shown["department"], &shown["name"]),
        (&json!("组长"), &json!([13]), &json!("新人"))
    );
    assert_eq!(contacts.get("/user/delete", "userid=newcomer").await["errcode"], 0);
    assert_eq!(contacts.get("/user/delete", "userid=newcomer").await["errcode"], 60121);
    for (body, code) in [
        (json!({"name": "新人", "mobile": "13800000001", "department": [11]}), 60104),
        (json!({"name": "字".repeat(65), "mobile": "13900000001", "department": [11]}), 60112),
        (json!({"name": "新人", "mobile": "x", "department": [11]}), 60103),
        (json!({"name": "新人", "mobile": "13900000001", "department": [777]}), 60003),
        (json!({"name": "新人", "mobile": "13900000001"}), 40035),
        (json!({"mobile": "13900000001", "department": [11]}), 40035),
        (json!({"name": "新人", "mobile": "13900000001", "department": [11], "orderInDepts": "7"}), 40035),
    ] {
        assert_eq!(contacts.post("/user/create", body.clone()).await["errcode"], code, "{body}");
    }
    assert_eq!(contacts.post("/user/update", json!({"userid": "nobody"})).await["errcode"], 60121);
}

#[tokio::test]
async fn a_department_comes_changes_and_goes() {
    let contacts = Contacts::start().await;
    let made = contacts
        .top("v2/department/create", json!({"name": "新组", "parent_id": 2, "create_dept_group": true, "order": 99}))
        .await;
    let id = made["result"]["dept_id"].as_i64().unwrap();
    let get = async || contacts.top("v2/department/get", json!({"dept_id": id})).await["result"].clone();
    let shown = get().await;
    assert_eq!((&shown["name"], &shown["parent_id"], &shown["order"]), (&json!("新组"), &json!(2), &json!(99)));
    assert!(shown["dept_group_chat_id"].is_string());
    let body = json!({"dept_id": id, "name": "改组", "parent_id": 3, "code": "C1", "dept_manager_userid_list": "lisi,wangwu",
        "org_dept_owner": "lisi", "hide_dept": true, "user_permits": "zhangsan"});
    assert_eq!(contacts.top("v2/department/update", body).await["errcode"], 0);
    let shown = get().await;
    assert_eq!((&shown["name"], &shown["parent_id"], &shown["code"]), (&json!("改组"), &json!(3), &json!("C1")));
    assert_eq!(shown["dept_manager_userid_list"], json!(["lisi", "wangwu"]));
    assert_eq!((&shown["user_permits"], &shown["hide_dept"]), (&json!(["zhangsan"]), &json!(true)));
    let old = contacts.get("/department/get", &format!("id={id}")).await;
    assert_eq!((&old["deptManagerUseridList"], &old["orgDeptOwner"]), (&json!("lisi|wangwu"), &json!("lisi")));
    contacts
        .top("v2/department/update", json!({"dept_id": id, "force_update_fields": "code,dept_manager_userid_list"}))
        .await;
    let shown = get().await;
    assert!(shown.get("code").is_none() && shown["dept_manager_userid_list"] == json!([]));

    let member = json!({"name": "新人", "mobile": "13900000001", "dept_id_list": id.to_string(), "userid": "newcomer"});
    contacts.top(CREATE, member).await;
    let delete = async |id: i64| contacts.top("v2/department/delete", json!({"dept_id": id})).await["errcode"].clone();
    assert_eq!(delete(id).await, 60005);
    contacts.top("v2/user/delete", json!({"userid": "newcomer"})).await;
    assert_eq!(delete(id).await, 0);
    assert_eq!(delete(id).await, 60003);
    assert_eq!((delete(1).await, delete(2).await, delete(90).await), (json!(60007), json!(60006), json!(50004)));
}

#[tokio::test]
async fn a_department_that_cannot_be_is_refused() {
    let contacts = Contacts::start().await;
    for (body, code) in [
        (json!({"name": "平台组", "parent_id": 2}), 60021),
        (json!({"name": "新组", "parent_id": 777}), 60004),
        (json!({"name": "新组", "parent_id": 90}), 50004),
        (json!({"name": "", "parent_id": 2}), 600_109),
        (json!({"name": "新-组", "parent_id": 2}), 600_109),
        (json!({"name": "字".repeat(65), "parent_id": 2}), 600_109),
        (json!({"name": "新组", "parent_id": 2, "order": -1}), 40011),
        (json!({"name": "新组", "parent_id": 2, "user_permits": "nobody"}), 40031),
        (json!({"name": "新组", "parent_id": 2, "dept_permits": "777"}), 40009),
        (json!({"name": "新组", "parent_id": 2, "dept_permits": vec!["1"; 51].join(",")}), 400_002),
        (json!({"parent_id": 2}), 400_002),
        (json!({"name": "新组", "parent_id": "two"}), 400_002),
    ] {
        assert_eq!(contacts.top("v2/department/create", body.clone()).await["errcode"], code, "{body}");
    }
    for (body, code) in [
        (json!({"dept_id": 777, "name": "x"}), 60003),
        (json!({"dept_id": 90, "name": "x"}), 50004),
        (json!({"dept_id": 11, "name": "应用组"}), 60021),
        (json!({"dept_id": 2, "parent_id": 11}), 600_109),
        (json!({"dept_id": 11, "parent_id": 777}), 60004),
        (json!({"dept_id": 1, "parent_id": 2}), 40010),
        (json!({"dept_id": 11, "order": -1}), 40011),
        (json!({"dept_id": 11, "dept_manager_userid_list": "nobody"}), 40031),
        (json!({"dept_id": 11, "code": "x".repeat(31)}), 40093),
        (json!({"name": "x"}), 400_002),
    ] {
        assert_eq!(contacts.top("v2/department/update", body.clone()).await["errcode"], code, "{body}");
    }
    // The same name elsewhere is nobody's.
    assert_eq!(contacts.top("v2/department/create", json!({"name": "平台组", "parent_id": 3})).await["errcode"], 0);
}

#[tokio::test]
async fn the_first_generation_writes_the_same_departments() {
    let contacts = Contacts::start().await;
    let made = contacts
        .post("/department/create", json!({"name": "新组", "parentid": 2, "order": "7", "userPermits": "lisi|wangwu"}))
        .await;
    let id = made["id"].as_i64().unwrap();
    let shown = contacts.top("v2/department/get", json!({"dept_id": id})).await["result"].clone();
    assert_eq!((&shown["order"], &shown["user_permits"]), (&json!(7), &json!(["lisi", "wangwu"])));
    let body = json!({"id": id, "name": "改组", "deptManagerUseridList": ["lisi", "wangwu"]});
    assert_eq!(contacts.post("/department/update", body).await["id"], id);
    assert_eq!(contacts.get("/department/get", &format!("id={id}")).await["deptManagerUseridList"], "lisi|wangwu");
    for (body, code) in [
        (json!({"name": "平台组", "parentid": "2"}), 60021),
        (json!({"name": "又一组", "parentid": "777"}), 60004),
        (json!({"name": "又一组", "parentid": "two"}), 40010),
        (json!({"name": "又一组", "parentid": "2", "order": "x"}), 40011),
        (json!({"name": "又,一组", "parentid": "2"}), 600_109),
        (json!({"name": "又一组"}), 40035),
    ] {
        assert_eq!(contacts.post("/department/create", body.clone()).await["errcode"], code, "{body}");
    }
    assert_eq!(contacts.get("/department/delete", &format!("id={id}")).await["errcode"], 0);
    assert_eq!(contacts.get("/department/delete", &format!("id={id}")).await["errcode"], 60003);
    assert_eq!(contacts.get("/department/delete", "id=1").await["errcode"], 60007);
    assert_eq!(contacts.get("/department/delete", "id=11").await["errcode"], 60005);
}
