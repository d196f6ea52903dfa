//! People and departments.

use crate::TestGateway;
use serde_json::json;

#[tokio::test]
async fn people_and_departments_are_found() {
    let gateway = TestGateway::start().await;
    let person = gateway.get("/v1/contacts/ding/people?mobile=13800000001").await;
    assert_eq!(person.json(), json!({"userid": "13800000001", "name": "李四"}));
    let below = gateway.get("/v1/contacts/ding/departments?below=1").await.json();
    assert_eq!(below, json!({"departments": [{"id": "2", "name": "研发", "parent": "1"}]}));
    assert_eq!(gateway.get("/v1/contacts/ding/departments").await.status, 200);
    let members = gateway.get("/v1/contacts/ding/departments/2/members").await.json();
    assert_eq!(members, json!({"people": [{"userid": "li"}]}));
}

#[tokio::test]
async fn what_is_not_there_or_not_asked_rightly_is_said_so() {
    let gateway = TestGateway::start().await;
    for (path, status, code) in [
        ("ding/people?userid=ghost", 404, "not_found"),
        ("ding/people?userid=shut", 502, "platform_failed"),
        ("ding/people?userid=busy", 503, "platform_throttled"),
        ("ding/departments/9/members", 404, "not_found"),
        ("none/people?userid=li", 404, "not_found"),
        ("mail/people?userid=li", 422, "not_offered"),
        ("ding/people", 400, "invalid_query"),
        ("ding/people?userid=li&mobile=1", 400, "invalid_query"),
        ("ding/people?userid=", 400, "invalid_query"),
        ("ding/people?name=li", 400, "invalid_query"),
        ("ding/people?userid=a%00b", 400, "invalid_query"),
        ("ding/departments?below=", 400, "invalid_query"),
        ("ding/departments/2/members?all=1", 400, "invalid_query"),
    ] {
        let (got, name, _) = gateway.get(&format!("/v1/contacts/{path}")).await.problem();
        assert_eq!((got, name.as_str()), (status, code), "{path}");
    }
    let ghost = gateway.get("/v1/contacts/ding/people?userid=ghost").await.json();
    assert_eq!(ghost["error"]["reason"], json!({"code": "40035", "message": "no such user"}));
}
