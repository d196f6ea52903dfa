//! Who signed in to DingTalk, and WeCom's application, menu and ids of WeChat.

use crate::{raw::Raw, wecom::Corp};
use serde_json::{Value, json};

async fn code(raw: &Raw, userid: &str) -> String {
    let given = raw.post(&format!("/sandbox/phones/{userid}/signin"), json!({"platform": "dingtalk"})).await;
    given["code"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_code_of_the_client_names_a_member_once_and_for_five_minutes() {
    let raw = Raw::start().await;
    let target = format!("/topapi/v2/user/getuserinfo?access_token={}", raw.ding_token().await);
    let given = code(&raw, "lisi").await;
    let found = raw.post(&target, json!({"code": given})).await;
    assert_eq!(
        (&found["errcode"], &found["result"]["userid"], &found["result"]["name"]),
        (&json!(0), &json!("lisi"), &json!("李四"))
    );
    assert_eq!((&found["result"]["sys"], &found["result"]["sys_level"]), (&json!(false), &json!(0)));
    assert_eq!(raw.post(&target, json!({"code": given})).await["errcode"], 40078);
    assert_eq!(raw.post(&target, json!({"code": "never given"})).await["errcode"], 40078);
    let late = code(&raw, "lisi").await;
    raw.advance(300_000).await;
    assert_eq!(raw.post(&target, json!({"code": late})).await["errcode"], 40078);
}

#[tokio::test]
async fn a_persons_token_reads_that_person() {
    let raw = Raw::start().await;
    let d = raw.credentials["dingtalk"].clone();
    let token = async |more: Value| {
        let mut body = json!({"clientId": d["app_key"], "clientSecret": d["app_secret"]});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        raw.call("POST", "/v1.0/oauth2/userAccessToken", &body).await
    };
    let given = code(&raw, "lisi").await;
    let got = token(json!({"code": given, "grantType": "authorization_code"})).await.json();
    assert_eq!((&got["expireIn"], &got["corpId"]), (&json!(7200), &d["corp_id"]));
    assert_eq!(
        token(json!({"code": given, "grantType": "authorization_code"})).await.status,
        400,
        "a code serves once"
    );
    assert_eq!(token(json!({"code": given})).await.status, 400);
    let mine = got["accessToken"].as_str().unwrap().to_owned();
    let read =
        async |token: &str, who: &str| raw.acs("GET", &format!("/v1.0/contact/users/{who}"), token, &Value::Null).await;
    let me = read(&mine, "me").await.json();
    assert_eq!((&me["nick"], &me["mobile"], &me["stateCode"]), (&json!("李四"), &json!("13800000002"), &json!("86")));
    let unionid = me["unionId"].as_str().unwrap().to_owned();
    assert_eq!(read(&mine, &unionid).await.json(), me);
    // The application's token is nobody's, and shows how to reach nobody.
    let app = raw.ding_token().await;
    assert_eq!(read(&app, "me").await.json()["code"], "paramIllegal");
    let seen = read(&app, &unionid).await.json();
    assert_eq!((&seen["nick"], &seen["mobile"]), (&json!("李四"), &json!("")));
    assert_eq!(read("none", "me").await.json()["code"], "InvalidAuthentication");
    assert_eq!(read(&mine, "nobody").await.status, 400);
    let contacts =
        raw.acs("POST", "/v1.0/contact/users/search", &mine, &json!({"queryWord": "李", "offset": 0, "size": 1})).await;
    assert_eq!(contacts.json()["code"], "InvalidAuthentication", "a person's token opens this door alone");
    let again = token(json!({"refreshToken": got["refreshToken"], "grantType": "refresh_token"})).await.json();
    raw.advance(7_200_000).await;
    assert_eq!(read(&mine, "me").await.json()["code"], "InvalidAuthentication");
    let renewed = token(json!({"refreshToken": again["refreshToken"], "grantType": "refresh_token"})).await.json();
    assert_eq!(read(renewed["accessToken"].as_str().unwrap(), "me").await.json()["nick"], "李四");
}

#[tokio::test]
async fn wecoms_application_tells_of_itself_and_has_a_menu() {
    let corp = Corp::start().await;
    let agent = corp.raw.credentials["wecom"]["agent_id"].clone();
    let of = format!("agentid={agent}");
    let own = corp.get("/cgi-bin/agent/get", &of).await;
    assert_eq!((&own["errcode"], &own["agentid"], &own["close"]), (&json!(0), &agent, &json!(0)));
    assert!(own["allow_partys"]["partyid"].as_array().is_some_and(|ids| !ids.is_empty()), "{own}");
    assert_eq!(corp.get("/cgi-bin/agent/list", "").await["agentlist"][0]["agentid"], agent);
    assert_eq!(corp.get("/cgi-bin/agent/get", "agentid=7").await["errcode"], 40056);
    assert_eq!(corp.get("/cgi-bin/agent/get", "").await["errcode"], 41011);

    assert_eq!(corp.get("/cgi-bin/menu/get", &of).await["errcode"], 46003);
    let menu = json!({"button": [{"type": "click", "name": "值班", "key": "duty"},
        {"name": "更多", "sub_button": [{"type": "view", "name": "面板", "url": "https://example.com/"}]}]});
    let create = async |menu: &Value| {
        let target = format!("/cgi-bin/menu/create?access_token={}&{of}", corp.token);
        corp.raw.post(&target, menu.clone()).await
    };
    assert_eq!(create(&menu).await, json!({"errcode": 0, "errmsg": "ok"}));
    assert_eq!(corp.get("/cgi-bin/menu/get", &of).await["button"], menu["button"]);
    let one = |button: Value| json!({"button": [button]});
    for wrong in [
        json!({"button": []}),
        json!({"button": vec![menu["button"][0].clone(); 4]}),
        one(json!({"type": "click", "name": "值班"})),
        one(json!({"type": "view", "name": "值班", "key": "k"})),
        one(json!({"type": "smoke", "name": "值班", "key": "k"})),
        one(json!({"type": "click", "name": "字".repeat(6), "key": "k"})),
        one(json!({"name": "更多", "sub_button": vec![menu["button"][0].clone(); 6]})),
    ] {
        let refused = create(&wrong).await;
        assert_eq!(refused["errcode"], 40058, "{wrong}");
        assert!(refused["errmsg"].as_str().unwrap().contains("invalid Request Parameter"), "{refused}");
    }
    assert_eq!(corp.get("/cgi-bin/menu/delete", &of).await["errcode"], 0);
    assert_eq!(corp.get("/cgi-bin/menu/get", &of).await["errcode"], 46003);
    let ips = corp.get("/cgi-bin/get_api_domain_ip", "").await;
    assert!(ips["ip_list"].as_array().is_some_and(|ips| !ips.is_empty()), "{ips}");
}

#[tokio::test]
async fn a_members_openid_leads_back_to_the_member() {
    let corp = Corp::start().await;
    let post = async |path: &str, body: Value| {
        corp.raw.post(&format!("/cgi-bin/user/{path}?access_token={}", corp.token), body).await
    };
    let lisi = post("convert_to_openid", json!({"userid": "lisi"})).await;
    let openid = lisi["openid"].as_str().unwrap();
    assert_eq!((openid.len(), openid.starts_with('o')), (28, true), "{openid}");
    assert_ne!(post("convert_to_openid", json!({"userid": "zhangsan"})).await["openid"], openid);
    assert_eq!(post("convert_to_userid", json!({"openid": openid})).await["userid"], "lisi");
    assert_eq!(post("convert_to_openid", json!({"userid": "nobody"})).await["errcode"], 60111);
    assert_eq!(post("convert_to_openid", json!({"userid": "outsider"})).await["errcode"], 60011);
    assert_eq!(post("convert_to_openid", json!({})).await["errcode"], 41009);
    assert_eq!(post("convert_to_userid", json!({"openid": "nobody's"})).await["errcode"], 40003);
}
