//! DingTalk's contacts, read, both generations.

use crate::raw::Raw;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A sandbox with a token in hand.
pub(crate) struct Contacts {
    pub(crate) raw: Raw,
    pub(crate) token: String,
}

impl Contacts {
    pub(crate) async fn start() -> Self {
        let raw = Raw::start().await;
        let token = raw.ding_token().await;
        Self { raw, token }
    }

    /// The first generation.
    pub(crate) async fn get(&self, path: &str, query: &str) -> Value {
        self.raw.get(&format!("{path}?access_token={}&{query}", self.token)).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Value {
        self.raw.post(&format!("{path}?access_token={}", self.token), body).await
    }

    /// The second generation.
    pub(crate) async fn top(&self, path: &str, body: Value) -> Value {
        let reply = self.post(&format!("/topapi/{path}"), body).await;
        assert!(reply["request_id"].is_string(), "{reply}");
        reply
    }
}

fn texts(list: &Value) -> BTreeSet<String> {
    list.as_array().unwrap().iter().map(|item| item.as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn both_generations_show_the_same_person() {
    let contacts = Contacts::start().await;
    let new = contacts.top("v2/user/get", json!({"userid": "lisi"})).await["result"].clone();
    let old = contacts.get("/user/get", "userid=lisi").await;
    for (new_name, old_name) in [
        ("userid", "userid"),
        ("unionid", "unionid"),
        ("name", "name"),
        ("mobile", "mobile"),
        ("state_code", "stateCode"),
        ("telephone", "tel"),
        ("job_number", "jobnumber"),
        ("title", "position"),
        ("email", "email"),
        ("org_email", "orgEmail"),
        ("manager_userid", "managerUserid"),
        ("dept_id_list", "department"),
        ("hired_date", "hiredDate"),
        ("active", "active"),
    ] {
        assert!(!new[new_name].is_null(), "{new_name}");
        assert_eq!(new[new_name], old[old_name], "{new_name}");
    }
    assert_eq!((&new["mobile"], &new["dept_id_list"]), (&json!("13800000002"), &json!([11])));
    let order = new["dept_order_list"][0]["order"].as_i64().unwrap();
    assert!(order > 1 << 53);
    assert_eq!(old["orderInDepts"], json!(format!("{{11:{order}}}")));
    assert_eq!(old["isLeaderInDepts"], json!("{11:false}"));
    assert_eq!(new["leader_in_dept"], json!([{"dept_id": 11, "leader": false}]));
    let extension: Value = serde_json::from_str(new["extension"].as_str().unwrap()).unwrap();
    assert_eq!(extension, old["extattr"]);
    let head = contacts.top("v2/user/get", json!({"userid": "zhangsan"})).await["result"].clone();
    assert_eq!(
        (&head["admin"], &head["boss"], &head["leader_in_dept"][0]["leader"]),
        (&json!(true), &json!(true), &json!(true))
    );
    assert!(head.get("manager_userid").is_none(), "a field without value is absent");
}

#[tokio::test]
async fn whoever_is_missing_or_out_of_scope_is_refused() {
    let contacts = Contacts::start().await;
    for (userid, new, old) in
        [("nobody", 33012, 60121), ("ZhangSan", 33012, 60121), ("outsider", 50002, 50002), ("", 400_002, 40035)]
    {
        assert_eq!(contacts.top("v2/user/get", json!({"userid": userid})).await["errcode"], new, "{userid}");
        assert_eq!(contacts.get("/user/get", &format!("userid={userid}")).await["errcode"], old, "{userid}");
    }
    assert_eq!(contacts.top("v2/user/get", json!({})).await["errcode"], 400_002);
    assert_eq!(contacts.get("/user/get", "").await["errcode"], 40035);
    contacts.raw.post("/sandbox/people/lisi", json!({"dingtalk": "invisible"})).await;
    assert_eq!(contacts.get("/user/get", "userid=lisi").await["errcode"], 50002);
}

#[tokio::test]
async fn a_departments_members_are_paged_through_once() {
    let contacts = Contacts::start().await;
    let expected = texts(&contacts.top("user/listid", json!({"dept_id": 11})).await["result"]["userid_list"]);
    assert!(expected.len() > 6 && expected.contains("zhangsan"));
    assert_eq!(texts(&contacts.get("/user/getDeptMember", "deptId=11").await["userIds"]), expected);
    for path in ["v2/user/list", "user/listsimple"] {
        let (mut found, mut cursor) = (Vec::new(), json!(0));
        loop {
            let page =
                contacts.top(path, json!({"dept_id": "11", "cursor": cursor, "size": 3})).await["result"].clone();
            found.extend(
                page["list"].as_array().unwrap().iter().map(|line| line["userid"].as_str().unwrap().to_owned()),
            );
            if page["has_more"] == false {
                assert!(page.get("next_cursor").is_none());
                break;
            }
            cursor = page["next_cursor"].clone();
        }
        assert_eq!(found.len(), expected.len(), "{path}");
        assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected, "{path}");
    }
    let (mut found, mut offset) = (Vec::new(), 0);
    loop {
        let query = format!("department_id=11&offset={offset}&size=4&order=entry_desc");
        let page = contacts.get("/user/listbypage", &query).await;
        found.extend(page["userlist"].as_array().unwrap().iter().map(|line| line["userid"].clone()));
        offset += 4;
        if page["hasMore"] == false {
            break;
        }
    }
    assert_eq!((found.len(), found.last()), (expected.len(), Some(&json!("zhangsan"))));
    let all = contacts.get("/user/simplelist", "department_id=11").await;
    assert_eq!((all["userlist"].as_array().unwrap().len(), &all["hasMore"]), (expected.len(), &json!(false)));
    assert_eq!(all["userlist"][0].as_object().unwrap().len(), 2);
}

#[tokio::test]
async fn lists_stand_in_the_order_that_is_asked_for() {
    let contacts = Contacts::start().await;
    let custom = contacts.get("/user/listbypage", "department_id=11&offset=0&size=100").await;
    let orders: Vec<i64> =
        custom["userlist"].as_array().unwrap().iter().map(|l| l["order"].as_i64().unwrap()).collect();
    assert!(orders.len() > 6 && orders.is_sorted_by(|a, b| a >= b));
    contacts.top("v2/user/update", json!({"userid": "lisi", "title": "改过"})).await;
    let first = async |order: &str| {
        let body = json!({"dept_id": 11, "cursor": 0, "size": 1, "order_field": order});
        contacts.top("v2/user/list", body).await["result"]["list"][0]["userid"].clone()
    };
    assert_eq!(first("modify_desc").await, "lisi");
    assert_eq!(first("entry_asc").await, "zhangsan");
    assert_ne!(first("entry_desc").await, "zhangsan");
    let wrong = json!({"dept_id": 11, "cursor": 0, "size": 1, "order_field": "sideways"});
    assert_eq!(contacts.top("v2/user/list", wrong).await["errcode"], 40070);
}

#[tokio::test]
async fn a_page_out_of_bounds_is_refused() {
    let contacts = Contacts::start().await;
    for (cursor, size, code) in [(-1, 10, 40068), (100_001, 10, 40068), (0, 0, 40069), (0, 101, 40069)] {
        for path in ["v2/user/list", "user/listsimple"] {
            let reply = contacts.top(path, json!({"dept_id": 1, "cursor": cursor, "size": size})).await;
            assert_eq!(reply["errcode"], code, "{path} {cursor} {size}");
        }
        for path in ["/user/listbypage", "/user/simplelist"] {
            let reply = contacts.get(path, &format!("department_id=1&offset={cursor}&size={size}")).await;
            assert_eq!(reply["errcode"], code, "{path} {cursor} {size}");
        }
    }
    assert_eq!(contacts.get("/user/listbypage", "department_id=1").await["errcode"], 40035);
    assert_eq!(contacts.get("/user/simplelist", "department_id=1&size=10").await["errcode"], 40068);
    assert_eq!(contacts.get("/user/simplelist", "department_id=1&offset=0").await["errcode"], 40069);
    assert_eq!(contacts.top("v2/user/list", json!({"dept_id": 1})).await["errcode"], 400_002);
}

#[tokio::test]
async fn the_scope_binds_some_lists_and_not_others() {
    let contacts = Contacts::start().await;
    for (path, query) in [
        ("/user/simplelist", "department_id=90"),
        ("/department/get", "id=90"),
        ("/department/list", "id=90"),
        ("/user/listbypage", "department_id=90&offset=0&size=10"),
    ] {
        assert_eq!(contacts.get(path, query).await["errcode"], 50004, "{path}");
    }
    for (path, body) in [
        ("v2/department/get", json!({"dept_id": 90})),
        ("v2/department/listsub", json!({"dept_id": 90})),
        ("v2/user/list", json!({"dept_id": 90, "cursor": 0, "size": 10})),
    ] {
        assert_eq!(contacts.top(path, body).await["errcode"], 50004, "{path}");
    }
    let ids = contacts.get("/department/list_ids", "id=1").await["sub_dept_id_list"].clone();
    assert!(ids.as_array().unwrap().contains(&json!(90)));
    assert_eq!(contacts.top("v2/department/listsubid", json!({"dept_id": 1})).await["result"]["dept_id_list"], ids);
    let seen = contacts.get("/department/list", "id=1").await;
    assert!(seen["department"].as_array().unwrap().iter().all(|line| line["id"] != 90 && line["id"] != 1));
    assert_eq!(
        contacts.top("user/listid", json!({"dept_id": 90})).await["result"]["userid_list"].as_array().unwrap().len(),
        3
    );
    assert_eq!(contacts.get("/department/list_parent_depts", "userId=outsider").await["department"], json!([[90, 1]]));
    let scopes = contacts.get("/auth/scopes", "").await;
    assert_eq!(scopes["auth_org_scopes"]["authed_dept"], json!([2, 3, 4, 5, 6, 7, 8]));
}

#[tokio::test]
async fn departments_are_walked_level_by_level_or_at_once() {
    let contacts = Contacts::start().await;
    let level = contacts.top("v2/department/listsub", json!({})).await["result"].clone();
    assert_eq!(level.as_array().unwrap().len(), 7);
    let first =
        json!({"dept_id": 2, "name": "研发部", "parent_id": 1, "create_dept_group": true, "auto_add_user": true});
    assert_eq!(level[0], first);
    let below = contacts.top("v2/department/listsub", json!({"dept_id": 2})).await["result"].clone();
    assert_eq!(below.as_array().unwrap().iter().map(|line| line["dept_id"].clone()).collect::<Vec<_>>(), [11, 12, 13]);
    let all = contacts.get("/department/list", "fetch_child=true&lang=zh_CN").await;
    assert_eq!(all["department"].as_array().unwrap().len(), 28);
    assert_eq!(contacts.get("/department/list", "").await["department"].as_array().unwrap().len(), 7);
    assert_eq!(contacts.get("/department/list_parent_depts_by_dept", "id=11").await["parentIds"], json!([11, 2, 1]));
    assert_eq!(
        contacts.top("v2/department/listparentbydept", json!({"dept_id": 11})).await["result"]["parent_id_list"],
        json!([11, 2, 1])
    );
    let chains = contacts.top("v2/department/listparentbyuser", json!({"userid": "lisi"})).await;
    assert_eq!(chains["result"]["parent_list"], json!([{"parent_dept_id_list": [11, 2, 1]}]));
}

#[tokio::test]
async fn a_department_is_told_in_full() {
    let contacts = Contacts::start().await;
    let new = contacts.top("v2/department/get", json!({"dept_id": 11})).await["result"].clone();
    let old = contacts.get("/department/get", "id=11").await;
    assert_eq!((&new["name"], &new["parent_id"], &new["order"]), (&json!("平台组"), &json!(2), &json!(11)));
    assert_eq!(new["dept_manager_userid_list"], json!(["zhangsan"]));
    assert_eq!((&old["deptManagerUseridList"], &old["parentid"]), (&json!("zhangsan"), &json!(2)));
    assert_eq!(new["member_count"], new["owning_member_count"]);
    let root = contacts.get("/department/get", "id=1").await;
    assert!(root["errcode"] == 0 && root.get("parentid").is_none());
    let whole = contacts.top("v2/department/get", json!({"dept_id": 2})).await["result"].clone();
    assert!(whole["member_count"].as_i64() > whole["owning_member_count"].as_i64());
}

#[tokio::test]
async fn a_department_that_is_not_there_is_refused() {
    let contacts = Contacts::start().await;
    for path in ["/department/list_ids", "/department/get", "/department/list", "/department/list_parent_depts_by_dept"]
    {
        assert_eq!(contacts.get(path, "id=777").await["errcode"], 60003, "{path}");
        assert_eq!(contacts.get(path, "id=first").await["errcode"], 40009, "{path}");
    }
    assert_eq!(contacts.get("/department/get", "").await["errcode"], 40035);
    for path in [
        "v2/department/get",
        "v2/department/listsub",
        "v2/department/listsubid",
        "v2/department/listparentbydept",
        "user/listid",
    ] {
        assert_eq!(contacts.top(path, json!({"dept_id": 777})).await["errcode"], 60003, "{path}");
    }
    assert_eq!(contacts.top("v2/department/listparentbyuser", json!({"userid": "nobody"})).await["errcode"], 33012);
    assert_eq!(contacts.get("/department/list_parent_depts", "userId=nobody").await["errcode"], 60121);
}

#[tokio::test]
async fn the_company_is_counted_and_its_administrators_named() {
    let contacts = Contacts::start().await;
    let all = contacts.get("/user/get_org_user_count", "onlyActive=0").await["count"].as_i64().unwrap();
    let active = contacts.get("/user/get_org_user_count", "onlyActive=1").await["count"].as_i64().unwrap();
    assert!(all == 250 && active < all);
    assert_eq!(contacts.top("user/count", json!({"only_active": false})).await["result"]["count"], all);
    assert_eq!(contacts.top("user/count", json!({"only_active": "true"})).await["result"]["count"], active);
    assert_eq!(contacts.get("/user/get_org_user_count", "onlyActive=2").await["errcode"], 40035);
    let admins = contacts.top("user/listadmin", json!({})).await["result"].clone();
    assert_eq!(admins[0], json!({"sys_level": 1, "userid": "zhangsan"}));
    assert_eq!(contacts.get("/user/get_admin", "").await["adminList"], admins);
}

#[tokio::test]
async fn the_older_name_of_a_list_is_answered_alike() {
    let contacts = Contacts::start().await;
    let query = "department_id=11&offset=0&size=2&order=custom";
    let listed = contacts.get("/user/list", query).await;
    assert_eq!(listed["userlist"].as_array().unwrap().len(), 2, "{listed}");
    assert_eq!(listed, contacts.get("/user/listbypage", query).await);
}

#[tokio::test]
async fn a_person_is_found_by_unionid_and_by_name() {
    let contacts = Contacts::start().await;
    let union = contacts.get("/user/get", "userid=lisi").await["unionid"].as_str().unwrap().to_owned();
    let found = contacts.top("user/getbyunionid", json!({"unionid": union})).await["result"].clone();
    assert_eq!(found, json!({"contact_type": 0, "userid": "lisi"}));
    for path in ["/user/getUseridByUnionid", "/user/getuseridbyunionid"] {
        let found = contacts.get(path, &format!("unionid={union}")).await;
        assert_eq!((&found["contactType"], &found["userid"]), (&json!(0), &json!("lisi")), "{path}");
    }
    assert_eq!(contacts.top("user/getbyunionid", json!({"unionid": "x"})).await["errcode"], 60121);
    assert_eq!(contacts.get("/user/getUseridByUnionid", "unionid=x").await["errcode"], 60121);

    let search =
        async |body: Value| contacts.raw.acs("POST", "/v1.0/contact/users/search", &contacts.token, &body).await;
    let reply = search(json!({"queryWord": "李四", "offset": 0, "size": 10, "fullMatchField": 1})).await.json();
    assert!(reply["list"].as_array().unwrap().contains(&json!("lisi")), "{reply}");
    let reply = search(json!({"queryWord": "小", "offset": 0, "size": 1})).await.json();
    assert!(reply["hasMore"] == true && reply["totalCount"].as_i64() > Some(1));
    assert_eq!(search(json!({"queryWord": "外人", "offset": 0, "size": 10})).await.json()["totalCount"], 0);
    for body in [
        json!({"queryWord": "", "offset": 0, "size": 1}),
        json!({"queryWord": "a", "offset": 0, "size": 0}),
        json!({"queryWord": "a", "offset": -1, "size": 1}),
        json!({}),
    ] {
        let reply = search(body).await;
        assert_eq!((reply.status, reply.json()["code"].as_str()), (400, Some("parameter.invalid")));
    }
}

#[tokio::test]
async fn a_form_is_read_and_fields_that_nobody_knows_are_not_minded() {
    let contacts = Contacts::start().await;
    let target = format!("/topapi/v2/user/list?access_token={}", contacts.token);
    let form = "dept_id=11&cursor=0&size=2&language=zh_CN&contain_access_limit=false&something=else";
    let reply = contacts.raw.send("POST", &target, "application/x-www-form-urlencoded", form).await;
    assert_eq!(crate::raw::parse(&reply).json()["result"]["list"].as_array().unwrap().len(), 2);
    let reply = contacts.top("v2/user/get", json!({"userid": "lisi", "something": {"else": 1}})).await;
    assert_eq!(reply["errcode"], 0);
}

#[tokio::test]
async fn a_company_is_walked_from_the_root_to_everybody() {
    let contacts = Contacts::start().await;
    let d = &contacts.raw.credentials["dingtalk"];
    let (corp, secret) = (d["corp_id"].as_str().unwrap(), d["app_secret"].as_str().unwrap());
    let given = contacts.raw.get(&format!("/gettoken?corpid={corp}&corpsecret={secret}")).await;
    assert_eq!(given["access_token"], json!(contacts.token));
    let mut everybody = BTreeSet::new();
    // As Python writes it.
    let all = contacts.get("/department/list", "id=1&fetch_child=True").await["department"].clone();
    for department in all.as_array().unwrap() {
        let id = &department["id"];
        assert_eq!(contacts.get("/department/get", &format!("id={id}&lang=zh_CN")).await["name"], department["name"]);
        let ids = texts(&contacts.get("/user/getDeptMember", &format!("deptId={id}")).await["userIds"]);
        let query = format!("department_id={id}&offset=0&size=100");
        let page = contacts.get("/user/listbypage", &query).await;
        let shown = page["userlist"].as_array().unwrap().iter().map(|line| line["userid"].as_str().unwrap().to_owned());
        assert_eq!(shown.collect::<BTreeSet<_>>(), ids, "{department}");
        everybody.extend(ids);
    }
    // All but those of the closed department.
    assert_eq!(everybody.len(), 247);
}
