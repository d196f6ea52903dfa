//! WeCom's own examples, asked of the sandbox one after another: each is answered with all that its page shows.

use crate::{
    fixture::{answered, localise, names, resembles},
    wecom::Corp,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};
use std::path::Path;

/// Asks one operation; what its reply names can be used by the next.
async fn ask(corp: &Corp, operation: &str, token: &str, known: &mut Map<String, Value>, own: Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../hongyan-wecom/fixtures/{operation}.json"));
    let mut fixture: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let mut ours = known.clone();
    ours.extend(names(own));
    localise(&mut fixture["query"], &ours);
    localise(&mut fixture["body"], &ours);
    let (method, target) = fixture["line"].as_str().unwrap().split_once(' ').unwrap();
    let key = corp.raw.credentials["wecom"]["robot"]["key"].as_str().unwrap();
    let mut target = format!("{target}?access_token={token}&key={key}");
    for (name, value) in fixture["query"].as_object().into_iter().flatten() {
        target += &format!("&{name}={}", value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    }
    let reply = match fixture["body"].get("media") {
        Some(file) => {
            let bytes = STANDARD.decode(file["bytes"].as_str().unwrap()).unwrap();
            corp.raw.form(&target, file["name"].as_str().unwrap(), &bytes).await
        }
        None => corp.raw.call(method, &target, &fixture["body"]).await,
    };
    let reply = match reply.header("content-disposition") {
        Some(name) => {
            json!({"name": name, "media_type": reply.header("content-type"), "bytes": STANDARD.encode(&reply.body)})
        }
        None => reply.json(),
    };
    if reply.get("bytes").is_none() {
        assert_eq!(reply["errcode"], 0, "{operation}: {reply}");
    }
    resembles(operation, &fixture["reply"], &reply);
    for name in ["media_id", "msgid", "jobid"] {
        if let Some(value) = reply.get(name) {
            known.insert(name.into(), value.clone());
        }
    }
}

#[tokio::test]
async fn every_example_of_wecom_is_answered_as_its_page_shows() {
    let corp = Corp::start().await;
    corp.raw.post("/sandbox/settings", json!({"wecom_callback": true})).await;
    let w = corp.raw.credentials["wecom"].clone();
    let (id, secret) = (w["corp_id"].as_str().unwrap(), w["contacts_secret"].as_str().unwrap());
    let given = corp.raw.get(&format!("/cgi-bin/gettoken?corpid={id}&corpsecret={secret}")).await;
    let contacts = given["access_token"].as_str().unwrap().to_owned();
    let card = json!({"card_type": "button_interaction", "task_id": "t", "main_title": {"title": "t"},
        "button_list": [{"text": "t", "key": "k"}]});
    let card = json!({"touser": "lisi", "msgtype": "template_card", "agentid": corp.agent, "template_card": card});
    let response_code = corp.post("/cgi-bin/message/send", card).await["response_code"].clone();
    let signed = corp.raw.post("/sandbox/phones/lisi/signin", json!({"private": true})).await["code"].clone();
    let openid = corp.post("/cgi-bin/user/convert_to_openid", json!({"userid": "lisi"})).await["openid"].clone();
    let mut known = names(json!({"corpid": w["corp_id"], "corpsecret": w["secret"], "agentid": w["agent_id"]}));
    let mut unasked = answered(&corp.raw, "wecom").await;
    let (nothing, mut asked) = (json!({}), 0);
    for (operation, own) in [
        ("token.get", nothing.clone()),
        ("message.send", json!({"touser": "zhangsan|ghost01"})),
        ("message.recall", nothing.clone()),
        ("message.statistics", nothing.clone()),
        ("message.update_template_card", json!({"userids": ["lisi", "ghost01"], "response_code": response_code})),
        ("appchat.create", json!({"owner": "lisi", "userlist": ["lisi", "wangwu", "zhaoliu"]})),
        ("appchat.update", json!({"add_user_list": ["sunqi"], "del_user_list": ["zhaoliu"]})),
        ("appchat.get", nothing.clone()),
        ("appchat.send", nothing.clone()),
        ("media.upload", nothing.clone()),
        ("media.get", nothing.clone()),
        ("media.uploadimg", nothing.clone()),
        ("user.getuserid", json!({"mobile": "13800000001"})),
        ("user.get_userid_by_email", json!({"email": "zhangsan@example.com"})),
        ("user.get", json!({"userid": "lisi"})),
        ("user.convert_to_openid", json!({"userid": "lisi"})),
        ("user.convert_to_userid", json!({"openid": openid})),
        ("user.list", nothing.clone()),
        ("user.simplelist", nothing.clone()),
        ("user.list_id", nothing.clone()),
        ("user.create", json!({"mobile": "+86 13900002222"})),
        ("user.update", nothing.clone()),
        ("user.delete", nothing.clone()),
        ("user.batchdelete", json!({"useridlist": ["sunqi", "zhouba"]})),
        ("department.create", json!({"id": 900})),
        ("department.update", json!({"id": 900})),
        ("department.delete", json!({"id": 900})),
        ("department.get", json!({"id": 11})),
        ("department.list", nothing.clone()),
        ("department.simplelist", nothing.clone()),
        ("tag.create", nothing.clone()),
        ("tag.update", nothing.clone()),
        ("tag.addtagusers", json!({"tagid": 1, "userlist": ["lisi", "ghost01"]})),
        ("tag.deltagusers", json!({"tagid": 1, "userlist": ["lisi"]})),
        ("tag.delete", nothing.clone()),
        ("tag.get", json!({"tagid": 2})),
        ("tag.list", nothing.clone()),
        ("batch.invite", json!({"user": ["lisi", "ghost01"], "tag": [1]})),
        ("batch.syncuser", nothing.clone()),
        ("batch.getresult", nothing.clone()),
        ("batch.replaceparty", nothing.clone()),
        ("batch.replaceuser", nothing.clone()),
        ("auth.getuserinfo", json!({"code": signed})),
        ("callback.getcallbackip", nothing.clone()),
        ("address.get_api_domain_ip", nothing.clone()),
        ("agent.get", nothing.clone()),
        ("agent.list", nothing.clone()),
        ("menu.create", nothing.clone()),
        ("menu.get", nothing.clone()),
        ("menu.delete", nothing.clone()),
        ("webhook.upload_media", nothing.clone()),
        ("webhook.send", nothing.clone()),
    ] {
        let sends =
            ["message", "appchat", "auth", "callback", "agent", "menu"].contains(&operation.split('.').next().unwrap());
        ask(&corp, operation, if sends { &corp.token } else { &contacts }, &mut known, own).await;
        assert!(unasked.remove(operation), "{operation} is not answered");
        asked += 1;
    }
    assert!(unasked.is_empty(), "answered, but not asked: {unasked:?}");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../hongyan-wecom/fixtures");
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), asked, "each declaration has an example and a handler");
}
