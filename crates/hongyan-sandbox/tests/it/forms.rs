//! Which bodies `/topapi/*` reads, which file names an upload takes, and whose words a refusal is in.

use crate::raw::{Raw, parse};
use serde_json::{Value, json};

const FIND: &str = "/topapi/v2/user/getbymobile";
const FORM: &str = "application/x-www-form-urlencoded; charset=UTF-8";

async fn said(raw: &Raw, method: &str, target: &str, kind: Option<&str>, body: &str) -> Value {
    let head = kind.map_or_else(|| "X-Nothing: 1".to_owned(), |kind| format!("Content-Type: {kind}"));
    parse(&raw.bytes(method, target, &head, body.as_bytes()).await).json()
}

#[tokio::test]
async fn topapi_reads_json_forms_parts_and_the_query() {
    let raw = Raw::start().await;
    let token = raw.ding_token().await;
    let with = format!("{FIND}?access_token={token}");
    let json = r#"{"mobile":"13800000001"}"#;
    let parts = "--x\r\ncontent-disposition: form-data; name=\"mobile\"\r\n\r\n13800000001\r\n--x--";
    let (multipart, in_query) = ("multipart/form-data; boundary=x", format!("{with}&mobile=13800000001"));
    for (method, target, kind, body) in [
        ("POST", with.as_str(), Some("application/json"), json),
        ("POST", &with, Some("text/plain;charset=UTF-8"), json),
        ("POST", &with, None, json),
        ("POST", &with, Some(FORM), "mobile=13800000001"),
        ("POST", &with, Some(multipart), parts),
        ("POST", &in_query, None, ""),
        ("GET", &in_query, None, ""),
        ("POST", FIND, Some(FORM), &format!("mobile=13800000001&access_token={token}")),
    ] {
        let found = said(&raw, method, target, kind, body).await;
        assert_eq!(found["result"]["userid"], "zhangsan", "{method} {kind:?} {found}");
    }
    assert_eq!(said(&raw, "GET", &with, None, "").await["errcode"], 43002, "nothing but the token in the query");
}

#[tokio::test]
async fn json_text_under_the_forms_type_is_refused_bare_until_it_is_turned() {
    let raw = Raw::start().await;
    let target = format!("{FIND}?access_token={}", raw.ding_token().await);
    let json = r#"{"mobile":"13800000001"}"#;
    let refused = said(&raw, "POST", &target, Some(FORM), json).await;
    assert_eq!((&refused["errcode"], &refused["errmsg"]), (&json!(40), &json!("Missing required arguments:mobile")));
    assert!(refused.get("sub_code").is_none() && refused["request_id"].is_string(), "{refused}");
    let nested = said(&raw, "POST", &target, Some(FORM), "msg[msgtype]=text").await;
    assert_eq!(nested["errmsg"], "Missing required arguments:mobile");
    raw.post("/sandbox/settings", json!({"dingtalk_json_in_forms": true})).await;
    assert_eq!(said(&raw, "POST", &target, Some(FORM), json).await["result"]["userid"], "zhangsan");
    // The new host wants JSON and says so.
    let head = format!("Content-Type: {FORM}\r\nx-acs-dingtalk-access-token: {}", raw.ding_token().await);
    let reply = parse(&raw.bytes("POST", "/v1.0/contact/users/search", &head, b"queryWord=x").await);
    assert_eq!((reply.status, &reply.json()["code"]), (400, &json!("Missingbody")));
}

#[tokio::test]
async fn a_file_of_any_name_is_taken_unless_types_are_strict() {
    let raw = Raw::start().await;
    let target = format!("/media/upload?access_token={}&type=file", raw.ding_token().await);
    let code = async |name: &str| raw.form(&target, name, b"a,b\n").await.json()["errcode"].clone();
    let odd = ["a.csv", "日终.txt", "README.md", "a.json", "a.log", "a.mp4", "noending"];
    for name in odd {
        assert_eq!(code(name).await, 0, "{name}");
    }
    raw.post("/sandbox/settings", json!({"strict_file_types": true})).await;
    for name in odd {
        assert_eq!(code(name).await, 40005, "{name}");
    }
    for name in ["a.docx", "a.PDF", "a.zip"] {
        assert_eq!(code(name).await, 0, "{name}");
    }
}

#[tokio::test]
async fn no_library_speaks_in_a_platforms_place() {
    let raw = Raw::start().await;
    let (ding, wecom) = (raw.ding_token().await, raw.wecom_token().await);
    let foreign = ["expected", "missing field", "invalid type", "EOF", " line ", "column", "struct "];
    let mut seen = 0;
    let operations = raw.get("/sandbox").await["operations"].as_array().unwrap().clone();
    for operation in &operations {
        let mut words = operation.as_str().unwrap().split(' ');
        let (method, path) = (words.next().unwrap(), words.next().unwrap().replace(['{', '}'], "x"));
        let token = if path.starts_with("/cgi-bin/") { &wecom } else { &ding };
        for body in ["{", "[]", "{}", r#"{"userid":{},"msg":7,"agentid":"x","dept_id":[],"id":{},"name":[1]}"#] {
            let head = format!("Content-Type: application/json\r\nx-acs-dingtalk-access-token: {ding}");
            let target = format!("{path}?access_token={token}");
            let reply = parse(&raw.bytes(method, &target, &head, body.as_bytes()).await);
            let Ok(said) = serde_json::from_slice::<Value>(&reply.body) else { continue };
            for member in ["errmsg", "message", "sub_msg"] {
                let words = said[member].as_str().unwrap_or_default();
                seen += usize::from(!words.is_empty());
                assert!(!foreign.iter().any(|foreign| words.contains(foreign)), "{operation} {body}: {words}");
            }
        }
    }
    assert!(operations.len() > 140 && seen > 500, "{} {seen}", operations.len());
}
