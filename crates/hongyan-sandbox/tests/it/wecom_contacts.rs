//! WeCom's contacts: members, departments, tags and imports.

use crate::wecom::Corp;
use serde_json::{Value, json};

const USER: &str = "/cgi-bin/user";
const DEPARTMENT: &str = "/cgi-bin/department";
const TAG: &str = "/cgi-bin/tag";

impl Corp {
    /// The same company, by the contacts' secret.
    pub(crate) async fn contacts() -> Self {
        let corp = Self::start().await;
        let w = corp.raw.credentials["wecom"].clone();
        let (id, secret) = (w["corp_id"].as_str().unwrap(), w["contacts_secret"].as_str().unwrap());
        let given = corp.raw.get(&format!("/cgi-bin/gettoken?corpid={id}&corpsecret={secret}")).await;
        Self { token: given["access_token"].as_str().unwrap().to_owned(), ..corp }
    }

    /// As the application again.
    async fn application(self) -> Self {
        Self::on(self.raw).await
    }
}

fn code(reply: &Value) -> i64 {
    reply["errcode"].as_i64().unwrap()
}

#[tokio::test]
async fn an_application_reads_what_it_sees_and_writes_nothing() {
    let corp = Corp::start().await;
    corp.raw.post("/sandbox/settings", json!({"wecom_app_writes": false})).await;
    let member = corp.get(&format!("{USER}/get"), "userid=ZhangSan").await;
    for (name, value) in [
        ("userid", json!("zhangsan")),
        ("name", json!("张三")),
        ("department", json!([11])),
        ("main_department", json!(11)),
        ("status", json!(1)),
        ("is_leader_in_dept", json!([1])),
        ("mobile", Value::Null),
        ("email", Value::Null),
    ] {
        assert_eq!(member[name], value, "{name}: {member}");
    }
    for (path, query, expected) in [
        ("user/get", "", 41009),
        ("user/get", "userid=ghost01", 60111),
        ("user/get", "userid=outsider", 60011),
        ("user/list", "", 60123),
        ("user/list", "department_id=777", 60003),
        ("user/list", "department_id=90", 60011),
        ("user/simplelist", "department_id=777", 60003),
        ("department/get", "id=777", 60003),
        ("department/get", "id=90", 60011),
        ("department/list", "id=777", 60003),
        ("department/simplelist", "id=90", 60011),
        ("tag/get", "", 41017),
        ("tag/get", "tagid=777", 40068),
        ("user/delete", "userid=lisi", 48002),
        ("department/delete", "id=13", 48002),
        ("tag/delete", "tagid=1", 81011),
    ] {
        assert_eq!(code(&corp.get(&format!("/cgi-bin/{path}"), query).await), expected, "{path}?{query}");
    }
    for (path, body) in [
        ("user/create", json!({"userid": "new1", "name": "新人", "mobile": "13900002222"})),
        ("user/update", json!({"userid": "lisi", "name": "x"})),
        ("user/batchdelete", json!({"useridlist": ["lisi"]})),
        ("user/list_id", json!({})),
        ("department/create", json!({"name": "夜班", "parentid": 1})),
        ("department/update", json!({"id": 11, "name": "夜班"})),
        ("batch/syncuser", json!({"media_id": "x"})),
    ] {
        assert_eq!(code(&corp.post(&format!("/cgi-bin/{path}"), body).await), 48002, "{path}");
    }
    assert_eq!(code(&corp.get("/cgi-bin/batch/getresult", "jobid=x").await), 48002);
    corp.raw.post("/sandbox/settings", json!({"wecom_private_fields": true, "wecom_app_writes": true})).await;
    let member = corp.get(&format!("{USER}/get"), "userid=zhangsan").await;
    assert_eq!((&member["mobile"], &member["biz_mail"]), (&json!("13800000001"), &json!("zhangsan@example.com")));
    assert_eq!(code(&corp.post(&format!("{USER}/update"), json!({"userid": "lisi", "name": "李四四"})).await), 0);
    assert_eq!(code(&corp.post(&format!("{USER}/update"), json!({"userid": "outsider", "name": "x"})).await), 60011);
}

#[tokio::test]
async fn the_contacts_secret_sends_nothing_and_may_be_kept_from_details() {
    let corp = Corp::contacts().await;
    assert_eq!(code(&corp.post("/cgi-bin/message/send", corp.text("lisi", "x")).await), 48002);
    assert_eq!(code(&corp.get("/cgi-bin/appchat/get", "chatid=sandboxchat01").await), 48002);
    assert_eq!(corp.get(&format!("{USER}/get"), "userid=outsider").await["mobile"], "13800000008");
    corp.raw.post("/sandbox/settings", json!({"wecom_contacts_details": false})).await;
    assert_eq!(code(&corp.get(&format!("{USER}/get"), "userid=lisi").await), 48009);
    assert_eq!(code(&corp.get(&format!("{DEPARTMENT}/simplelist"), "").await), 0);
    corp.raw.post("/sandbox/tokens/revoke", json!({"platform": "wecom"})).await;
    assert_eq!(code(&corp.get(&format!("{DEPARTMENT}/simplelist"), "").await), 40014);
}

#[tokio::test]
async fn members_come_change_and_go() {
    let corp = Corp::contacts().await;
    let (create, update) = (format!("{USER}/create"), format!("{USER}/update"));
    let new = json!({"userid": "Zheng.Shi", "name": "郑十", "mobile": "+86 13900002222", "department": [11, 12], "order": [1, 2],
        "is_leader_in_dept": [0, 1], "direct_leader": ["lisi"], "email": "zs@example.com", "gender": "1",
        "main_department": 12, "position": "值班", "enable": 1, "to_invite": false,
        "extattr": {"attrs": [{"type": 0, "name": "工位", "text": {"value": "A1"}}]}});
    assert_eq!(corp.post(&create, new.clone()).await, json!({"errcode": 0, "errmsg": "created"}));
    let member = corp.get(&format!("{USER}/get"), "userid=zheng.shi").await;
    for (name, value) in [
        ("department", json!([12, 11])),
        ("main_department", json!(12)),
        ("is_leader_in_dept", json!([1, 0])),
        ("order", json!([2, 1])),
        ("direct_leader", json!(["lisi"])),
        ("mobile", json!("13900002222")),
        ("email", json!("zs@example.com")),
        ("gender", json!("1")),
        ("status", json!(4)),
    ] {
        assert_eq!(member[name], value, "{name}: {member}");
    }
    assert_eq!(member["extattr"]["attrs"][0]["text"]["value"], "A1");
    let with = |name: &str, value: Value| {
        let mut body = json!({"userid": "new1", "name": "新人", "mobile": "13900003333", "department": [11]});
        body[name] = value;
        body
    };
    for (body, expected) in [
        (with("userid", json!("ZHENG.SHI")), 60102),
        (with("userid", json!("新人")), 40003),
        (with("userid", json!("")), 40003),
        (with("name", json!("")), 60112),
        (with("mobile", json!("13900002222")), 60104),
        (with("mobile", json!("12ab")), 60103),
        (with("mobile", json!("")), 60129),
        (with("email", json!("no address")), 60105),
        (with("email", json!("ZS@example.com")), 60106),
        (with("biz_mail", json!("lisi@example.com")), 60106),
        (with("department", json!([0])), 40066),
        (with("department", json!(vec![11; 101])), 60110),
        (with("order", json!([1, 2])), 60132),
        (with("is_leader_in_dept", json!([])), 60132),
        (with("direct_leader", json!(["ghost01"])), 60111),
        (with("direct_leader", json!(["lisi", "wangwu"])), 40058),
        (with("main_department", json!(12)), 60123),
        (with("gender", json!(7)), 40058),
        (with("position", json!("x".repeat(129))), 40058),
    ] {
        assert_eq!(code(&corp.post(&create, body.clone()).await), expected, "{body}");
    }
    let made = corp.post(&create, with("department", json!([11, 555]))).await;
    assert_eq!(made["created_department_list"]["department_info"][0]["id"], 555, "{made}");

    assert_eq!(corp.post(&update, json!({"userid": "zheng.shi", "position": "组长"})).await["errmsg"], "updated");
    let member = corp.get(&format!("{USER}/get"), "userid=zheng.shi").await;
    assert_eq!((&member["position"], &member["name"]), (&json!("组长"), &json!("郑十")));
    for (body, expected) in [
        (json!({"name": "x"}), 41009),
        (json!({"userid": "ghost01", "name": "x"}), 60111),
        (json!({"userid": "zheng.shi", "mobile": "13800000001"}), 60104),
        (json!({"userid": "zheng.shi", "order": [1]}), 60132),
    ] {
        assert_eq!(code(&corp.post(&update, body.clone()).await), expected, "{body}");
    }
    assert_eq!(corp.post(&update, json!({"userid": "zheng.shi", "enable": 0})).await["errcode"], 0);
    assert_eq!(corp.get(&format!("{USER}/get"), "userid=zheng.shi").await["status"], 2);

    for (query, expected) in [("", 41009), ("userid=ghost01", 60111), ("userid=zhangsan", 301_005), ("userid=new1", 0)]
    {
        assert_eq!(code(&corp.get(&format!("{USER}/delete"), query).await), expected, "{query}");
    }
    let delete = format!("{USER}/batchdelete");
    for (list, expected) in [
        (json!([]), 40031),
        (json!(["zheng.shi", "ghost01"]), 40031),
        (json!(vec!["x"; 201]), 40032),
        (json!(["zheng.shi", "zhangsan"]), 301_005),
        (json!(["zheng.shi"]), 0),
    ] {
        assert_eq!(code(&corp.post(&delete, json!({"useridlist": list})).await), expected, "{list}");
    }
    assert_eq!(code(&corp.get(&format!("{USER}/get"), "userid=zheng.shi").await), 60111);
    let corp = corp.application().await;
    assert_eq!(code(&corp.post("/cgi-bin/message/send", corp.text("zheng.shi", "x")).await), 81013);
}

#[tokio::test]
async fn all_ids_are_listed_page_by_page() {
    let corp = Corp::contacts().await;
    let (mut cursor, mut rows) = (String::new(), Vec::new());
    loop {
        let page = corp.post(&format!("{USER}/list_id"), json!({"limit": 100, "cursor": cursor})).await;
        rows.extend(page["dept_user"].as_array().unwrap().clone());
        cursor = page["next_cursor"].as_str().unwrap().to_owned();
        if cursor.is_empty() {
            break;
        }
    }
    assert!(rows.len() > 250 && rows.contains(&json!({"userid": "outsider", "department": 90})), "{}", rows.len());
    for body in [json!({"limit": 0}), json!({"limit": 10_001}), json!({"cursor": "x"})] {
        assert_eq!(code(&corp.post(&format!("{USER}/list_id"), body).await), 40058);
    }
}

#[tokio::test]
async fn members_are_listed_by_department() {
    let corp = Corp::start().await;
    let list = async |path: &str, query: &str| {
        let reply = corp.get(&format!("{USER}/{path}"), query).await;
        reply["userlist"].as_array().unwrap_or_else(|| panic!("{reply}")).clone()
    };
    let names = list("simplelist", "department_id=11").await;
    let lisi = names.iter().find(|member| member["userid"] == "lisi").unwrap();
    assert_eq!(lisi, &json!({"userid": "lisi", "name": "李四", "department": [11], "open_userid": ""}));
    let full = list("list", "department_id=11&fetch_child=0&status=0").await;
    assert_eq!(full.len(), names.len());
    assert!(full[0]["is_leader_in_dept"].is_array());
    assert!(list("simplelist", "department_id=2").await.is_empty());
    assert!(list("simplelist", "department_id=1&fetch_child=1").await.len() > 200);
}

#[tokio::test]
async fn departments_come_change_and_go() {
    let corp = Corp::contacts().await;
    let (create, update) = (format!("{DEPARTMENT}/create"), format!("{DEPARTMENT}/update"));
    let made =
        corp.post(&create, json!({"name": "夜班", "name_en": "Night", "parentid": 3, "order": 5, "id": 900})).await;
    assert_eq!(made, json!({"errcode": 0, "errmsg": "created", "id": 900}));
    for (body, expected) in [
        (json!({"name": "夜班", "parentid": 3}), 60008),
        (json!({"name": "日班", "parentid": 3, "id": 900}), 60008),
        (json!({"name": "日班", "parentid": 777}), 60004),
        (json!({"name": "日班"}), 60004),
        (json!({"name": "", "parentid": 3}), 60001),
        (json!({"name": "x".repeat(65), "parentid": 3}), 60001),
        (json!({"name": "日:班", "parentid": 3}), 60009),
        (json!({"name": "日班", "parentid": 3, "id": 1}), 60123),
    ] {
        assert_eq!(code(&corp.post(&create, body.clone()).await), expected, "{body}");
    }
    let chosen = corp.post(&create, json!({"name": "日班", "parentid": "900"})).await["id"].clone();
    assert_eq!(
        corp.post(&update, json!({"id": 900, "name": "夜班组"})).await,
        json!({"errcode": 0, "errmsg": "updated"})
    );
    let told = corp.get(&format!("{DEPARTMENT}/get"), "id=900").await["department"].clone();
    assert_eq!(told, json!({"id": 900, "name": "夜班组", "name_en": "Night", "parentid": 3, "order": 5}));
    for (body, expected) in [
        (json!({"id": 777, "name": "x"}), 60003),
        (json!({"id": 900, "parentid": chosen}), 60010),
        (json!({"id": 900, "parentid": 777}), 60004),
        (json!({"id": 900, "name": "网络组"}), 60008),
    ] {
        assert_eq!(code(&corp.post(&update, body.clone()).await), expected, "{body}");
    }
    let below = corp.get(&format!("{DEPARTMENT}/list"), "id=900").await["department"].clone();
    assert_eq!(below.as_array().unwrap().len(), 2);
    let ids = corp.get(&format!("{DEPARTMENT}/simplelist"), "id=900").await["department_id"].clone();
    assert_eq!(ids[0], json!({"id": 900, "parentid": 3, "order": 5}));
    for (query, expected) in [
        ("id=1".to_owned(), 60007),
        ("id=777".into(), 60003),
        ("id=900".into(), 60006),
        ("id=11".into(), 60005),
        (format!("id={chosen}"), 0),
        ("id=900".into(), 0),
        ("id=900".into(), 60003),
    ] {
        assert_eq!(code(&corp.get(&format!("{DEPARTMENT}/delete"), &query).await), expected, "{query}");
    }
    let corp = corp.application().await;
    let all = corp.get(&format!("{DEPARTMENT}/list"), "").await["department"].clone();
    assert!(all.as_array().unwrap().iter().all(|department| department["id"] != 90));
}

#[tokio::test]
async fn an_application_has_tags_of_its_own() {
    let corp = Corp::start().await;
    corp.raw.post("/sandbox/settings", json!({"wecom_app_writes": false})).await;
    let made = corp.post(&format!("{TAG}/create"), json!({"tagname": "演练", "tagid": 9})).await;
    assert_eq!(made, json!({"errcode": 0, "errmsg": "created", "tagid": 9}));
    for (body, expected) in [
        (json!({"tagname": "演练"}), 40071),
        (json!({"tagname": ""}), 40072),
        (json!({"tagname": "x".repeat(33)}), 40072),
        (json!({"tagname": "别的", "tagid": 9}), 40068),
    ] {
        assert_eq!(code(&corp.post(&format!("{TAG}/create"), body.clone()).await), expected, "{body}");
    }
    let (add, remove) = (format!("{TAG}/addtagusers"), format!("{TAG}/deltagusers"));
    let added = corp.post(&add, json!({"tagid": 9, "userlist": ["LiSi", "ghost01"], "partylist": [12, 90]})).await;
    assert_eq!(added, json!({"errcode": 0, "errmsg": "ok", "invalidlist": "ghost01", "invalidparty": [90]}));
    for (body, expected) in [
        (json!({"tagid": 9}), 40031),
        (json!({"tagid": 9, "userlist": ["ghost01"]}), 40070),
        (json!({"tagid": 777, "userlist": ["lisi"]}), 40068),
        (json!({"tagid": 1, "userlist": ["lisi"]}), 81011),
        (json!({"tagid": 9, "userlist": vec!["x"; 1_001]}), 40032),
        (json!({"tagid": 9, "partylist": vec![1; 101]}), 40066),
    ] {
        assert_eq!(code(&corp.post(&add, body.clone()).await), expected, "{body}");
    }
    let told = corp.get(&format!("{TAG}/get"), "tagid=9").await;
    assert_eq!((&told["tagname"], &told["partylist"]), (&json!("演练"), &json!([12])));
    assert_eq!(told["userlist"], json!([{"userid": "lisi", "name": "李四"}]));
    let body = json!({"totag": "9", "msgtype": "text", "agentid": corp.agent, "text": {"content": "演练开始"}});
    assert_eq!(code(&corp.post("/cgi-bin/message/send", body).await), 0);
    assert_eq!((corp.raw.phone("lisi").await.len(), corp.raw.phone("wangwu").await.len()), (1, 1));
    let removed = corp.post(&remove, json!({"tagid": 9, "userlist": ["lisi"], "partylist": [12]})).await;
    assert_eq!(removed, json!({"errcode": 0, "errmsg": "deleted"}));
    assert_eq!(
        corp.post(&format!("{TAG}/update"), json!({"tagid": 9, "tagname": "演练组"})).await["errmsg"],
        "updated"
    );
    assert_eq!(code(&corp.post(&format!("{TAG}/update"), json!({"tagid": 9, "tagname": "值班"})).await), 40071);
    let tags = corp.get(&format!("{TAG}/list"), "").await["taglist"].clone();
    assert!(tags.as_array().unwrap().contains(&json!({"tagid": 9, "tagname": "演练组"})));
    assert_eq!(corp.get(&format!("{TAG}/delete"), "tagid=9").await["errmsg"], "deleted");
    assert_eq!(code(&corp.get(&format!("{TAG}/get"), "tagid=9").await), 40068);
}

#[tokio::test]
async fn imports_create_change_and_replace() {
    let corp = Corp::contacts().await;
    let import = async |path: &str, csv: &str| {
        let media = corp.upload("file", "import.csv", csv.as_bytes()).await["media_id"].clone();
        let job = corp.post(&format!("/cgi-bin/batch/{path}"), json!({"media_id": media, "to_invite": false})).await;
        corp.get("/cgi-bin/batch/getresult", &format!("jobid={}", job["jobid"].as_str().unwrap())).await
    };
    let done = import(
        "syncuser",
        "姓名,帐号,手机号,邮箱,所在部门,职位\n郑十,zhengshi,13900002222,,11;12,值班\n李四,lisi,,,11,组长\n坏,坏,,,,\n",
    )
    .await;
    assert_eq!((&done["status"], &done["type"], &done["total"]), (&json!(3), &json!("sync_user"), &json!(3)), "{done}");
    assert_eq!(done["result"][0], json!({"action": 1, "userid": "zhengshi", "errcode": 0, "errmsg": "ok"}));
    assert_eq!((&done["result"][1]["action"], &done["result"][2]["errcode"]), (&json!(2), &json!(40003)));
    assert_eq!(corp.get(&format!("{USER}/get"), "userid=zhengshi").await["department"], json!([11, 12]));
    import("replaceuser", "name,userid,mobile,department\n郑十,zhengshi,13900002222,11\n").await;
    assert_eq!(code(&corp.get(&format!("{USER}/get"), "userid=lisi").await), 60111);
    assert_eq!(code(&corp.get(&format!("{USER}/get"), "userid=zhangsan").await), 0, "the creator stays");
    import("replaceparty", "部门名称,部门ID,父部门ID,排序\n样例,1,0,1\n夜班,900,1,5\n").await;
    let left = corp.get(&format!("{DEPARTMENT}/simplelist"), "").await["department_id"].clone();
    let left: Vec<i64> = left.as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect();
    assert!(left.contains(&900) && left.contains(&11) && !left.contains(&3), "{left:?}");
    assert_eq!(code(&corp.get("/cgi-bin/batch/getresult", "jobid=nobody").await), 40058);
    assert_eq!(code(&corp.post("/cgi-bin/batch/syncuser", json!({"media_id": "x"})).await), 40007);
}

#[tokio::test]
async fn invitations_tell_whom_nobody_knows() {
    let corp = Corp::start().await;
    let invite = "/cgi-bin/batch/invite";
    let told = corp.post(invite, json!({"user": ["lisi", "Ghost01"], "party": [11, 90], "tag": [1, 777]})).await;
    assert_eq!(told["invaliduser"], json!(["ghost01"]));
    assert_eq!((&told["invalidparty"], &told["invalidtag"]), (&json!([90]), &json!([777])));
    assert_eq!(code(&corp.post(invite, json!({})).await), 40063);
    assert_eq!(code(&corp.post(invite, json!({"user": vec!["x"; 1_001]})).await), 40032);
}
