//! Answers of real life: whatever comes, a refusal is never taken for a success.

use hongyan_dingtalk::{DingTalk, notice, token, user};
use hongyan_endpoint::{Class, Endpoint, Fault, Platform, Spec, audit};
use proptest::prelude::*;
use serde_json::json;

const SEND: &Spec = &notice::SendNotice::SPEC;
const READ: &Spec = &user::GetByMobile::SPEC;

/// An operation of the new-style host; this slice declares none.
const NEW_STYLE: &Spec = &Spec { name: "sample.new", path: "/v1.0/sample", ..user::GetByMobile::SPEC };
const NEW_STYLE_SEND: &Spec = &Spec { name: "sample.new", path: "/v1.0/sample", ..notice::SendNotice::SPEC };

fn refusal(spec: &Spec, status: u16, body: impl AsRef<[u8]>) -> Fault {
    let body = body.as_ref();
    DingTalk::open(spec, status, body).expect_err(&format!("taken for a success: {}", String::from_utf8_lossy(body)))
}

#[test]
fn no_refusal_with_http_200_opens_as_a_success() {
    for (body, code) in [
        (r#"{"errcode":-1,"errmsg":"系统繁忙"}"#, "-1"),
        (r#"{"errcode":"-1","errmsg":"系统繁忙"}"#, "-1"),
        (r#"{"errcode":15,"sub_code":"isp.top-remote-connection-timeout","sub_msg":"t","errmsg":"e"}"#, "15"),
        (
            r#"{"errcode":22,"sub_msg":"不合法ApiName,ApiName = sample","errmsg":"Invalid method","request_id":"r"}"#,
            "22",
        ),
        (r#"{"errcode":404,"errmsg":"请求的URI地址不存在"}"#, "404"),
        (r#"{"errcode":500,"errmsg":"未知错误","request_id":"r"}"#, "500"),
        (r#"{"errcode":33012,"errmsg":"无效的userid"}"#, "33012"),
        (r#"{"errcode":34016,"errmsg":"too long"}"#, "34016"),
        (r#"{"errcode":40001,"errmsg":"获取access_token时Secret错误"}"#, "40001"),
        (r#"{"errcode":40014,"errmsg":"不合法的access_token"}"#, "40014"),
        (r#"{"errcode":"40014","errmsg":"不合法的access_token"}"#, "40014"),
        (r#"{"errcode":" 40014 ","errmsg":"不合法的access_token"}"#, "40014"),
        (r#"{"errcode":40035,"errmsg":"缺少参数 corpid or appkey"}"#, "40035"),
        (r#"{"errcode":40056,"errmsg":"不合法的agentid","request_id":"r"}"#, "40056"),
        (r#"{"errcode":40078,"errmsg":"不存在的临时授权码"}"#, "40078"),
        (r#"{"errcode":40089,"errmsg":"不合法的corpid或corpsecret"}"#, "40089"),
        (r#"{"errcode":40096,"errmsg":"不合法的appKey或appSecret"}"#, "40096"),
        (r#"{"errcode":41045,"errmsg":"to_all"}"#, "41045"),
        (r#"{"errcode":41052,"errmsg":null}"#, "41052"),
        (r#"{"errcode":42001}"#, "42001"),
        (r#"{"errcode":43004,"errmsg":{"odd":["shape"]}}"#, "43004"),
        (r#"{"errcode":60121,"errmsg":"找不到该用户","request_id":"r"}"#, "60121"),
        (r#"{"errcode":60121,"errmsg":"找不到该用户","userid":"sample"}"#, "60121"),
        (r#"{"errcode":90002,"errmsg":"从 A 到 B 请求总次数超过 300 次"}"#, "90002"),
        (r#"{"errcode":130101,"errmsg":"send too fast, exceed 20 times per minute"}"#, "130101"),
        (r#"{"errcode":300005,"errmsg":"token is not exist"}"#, "300005"),
        (r#"{"errcode":310000,"errmsg":"sign not match"}"#, "310000"),
        (r#"{"errcode":400002,"errmsg":"参数错误","task_id":1,"request_id":"r"}"#, "400002"),
        (r#"{"errcode":660026,"errmsg":"sending too many messages per minute"}"#, "660026"),
        (
            r#"{"errcode":88,"sub_code":"40014","sub_msg":"不合法的access_token","errmsg":"ding talk error","request_id":"r"}"#,
            "40014",
        ),
        (r#"{"errcode":"88","sub_code":"40014","sub_msg":"","errmsg":"ding talk error"}"#, "40014"),
        (r#"{"errcode":88,"sub_code":40014,"sub_msg":"a number","errmsg":"ding talk error"}"#, "40014"),
        (
            r#"{"errcode":88,"sub_code":null,"errmsg":"ding talk error[subcode=40014,submsg=不合法的access_token]"}"#,
            "40014",
        ),
        (r#"{"errcode":88,"errmsg":"ding talk error[subcode=90018,submsg=QPS]"}"#, "90018"),
        (r#"{"errcode":88,"errmsg":"ding talk error[subcode=isp.sample-code,submsg=x]"}"#, "isp.sample-code"),
        (r#"{"errcode":88,"sub_code":"isp.top-remote-connection-timeout","errmsg":"e"}"#, "15"),
        (r#"{"errcode":88,"sub_code":"40000","sub_msg":"access_token is blank","errmsg":"e"}"#, "40000"),
        (r#"{"errcode":88,"sub_code":"60011","sub_msg":"{requiredScopes=[qyapi_get_member]}","errmsg":"e"}"#, "60011"),
        (r#"{"errcode":88,"sub_code":"60020","sub_msg":"request ip=192.0.2.7","errmsg":"e"}"#, "60020"),
        (r#"{"errcode":88,"sub_code":"90020","sub_msg":"monthly","errmsg":"e"}"#, "90020"),
        (r#"{"errcode":88,"errmsg":"ding talk error"}"#, "88"),
        (r#"{"errcode":88}"#, "88"),
        (r#"{"errcode":88,"errmsg":"subcode="}"#, "88"),
        (r#"{"errcode":123456789,"errmsg":"a code that nobody has seen"}"#, "123456789"),
        (r#"{"status":1111,"wait":5,"source":"x5","punish":"deny","uuid":"sample"}"#, "ip.blocked"),
        (r#"{"status":"1111","wait":5}"#, "ip.blocked"),
        (r#"{"punish":"deny"}"#, "ip.blocked"),
        (
            r#"{"code":"InvalidAuthentication","requestid":"r","message":"不合法的access_token"}"#,
            "InvalidAuthentication",
        ),
    ] {
        for declared in DingTalk::endpoints() {
            let fault = refusal(declared.spec(), 200, body);
            assert_eq!(fault.code(), code, "{} {body}", declared.spec().name);
        }
        assert_eq!(refusal(NEW_STYLE, 200, body).code(), code, "{body}");
    }
}

#[test]
fn what_is_not_the_platforms_answer_is_a_transport_fault() {
    let truncated = r#"{"errcode":0,"errmsg":"ok","task_id":2000"#;
    for (status, body, code) in [
        (200, "<html><body>deny</body></html>", "net.not_json"),
        (502, "<html><body>Bad Gateway</body></html>", "net.status"),
        (200, "", "net.not_json"),
        (503, "", "net.status"),
        (200, truncated, "net.not_json"),
        (502, truncated, "net.status"),
        (200, "null", "net.not_json"),
        (200, "[]", "net.not_json"),
        (200, "[0,\"ok\"]", "net.not_json"),
        (200, "0", "net.not_json"),
        (200, "\"ok\"", "net.not_json"),
        (200, "{}", "net.not_json"),
        (200, r#"{"ok":true}"#, "net.not_json"),
        (200, r#"{"errcode":null,"errmsg":"ok"}"#, "net.not_json"),
        (200, r#"{"errcode":true,"errmsg":"ok"}"#, "net.not_json"),
        (200, r#"{"errcode":0.5}"#, "net.not_json"),
        (200, r#"{"errcode":0,"errcode":40014}"#, "net.not_json"),
        (200, r#"{"errcode":99999999999999999999}"#, "net.not_json"),
        (200, r#"{"errcode":0} trailing"#, "net.not_json"),
        (404, r#"{"error":"not found"}"#, "net.gate"),
        (403, "<html><body>deny</body></html>", "net.gate"),
        (429, "", "net.gate"),
        (413, "<html>", "net.too_long"),
        (407, r#"{"errcode":0,"errmsg":"ok"}"#, "net.not_json"),
        (502, r#"{"errcode":0,"errmsg":"ok"}"#, "net.status"),
    ] {
        assert_eq!(refusal(READ, status, body).code(), code, "{status} {body}");
        assert_eq!(refusal(SEND, status, body).code(), code, "{status} {body}");
    }
    assert_eq!(refusal(READ, 200, b"\xff\xfe\x00").code(), "net.not_json");
    // The client strips a byte-order mark before it opens; one that is left is no JSON.
    assert_eq!(refusal(READ, 200, b"\xef\xbb\xbf{\"errcode\":0}").code(), "net.not_json");
}

#[test]
fn a_transport_fault_never_quotes_the_answer() {
    for body in [r#""sampletoken""#, r#"{"errcode":"sampletoken"}"#, r#"{"access_token":"sampletoken"}"#] {
        let fault = refusal(&token::GetToken::SPEC, 200, body);
        assert!(!format!("{fault} {fault:?}").contains("sampletoken"), "{fault:?}");
    }
}

#[test]
fn deep_nesting_neither_overflows_the_stack_nor_opens_a_refusal() {
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    for name in ["result", "errcode", "errmsg", "sub_code", "code", "status"] {
        // What the platform might add beside the envelope is skipped; inside it, it is refused.
        let _ = DingTalk::open(READ, 200, format!(r#"{{"errcode":0,"{name}":{deep}}}"#).as_bytes());
        refusal(READ, 200, format!(r#"{{"{name}":{deep},"errcode":40014}}"#));
        refusal(READ, 200, format!(r#"{{"{name}":{deep}}}"#));
    }
    refusal(READ, 200, "[".repeat(10_000));
    refusal(READ, 200, "{\"a\":".repeat(10_000));
}

#[test]
fn replies_of_many_shapes_open_and_are_read() {
    fn read<E: Endpoint<Platform = DingTalk>>(body: &str) -> E::Reply {
        DingTalk::open(&E::SPEC, 200, body.as_bytes()).unwrap();
        serde_json::from_str(body).unwrap()
    }
    let token = read::<token::GetToken>(r#"{"errcode":"0","errmsg":"ok","access_token":"sampletoken"}"#);
    assert_eq!((token.access_token.as_str(), token.expires_in), ("sampletoken", 7_200));
    assert_eq!(read::<notice::SendNotice>(r#"{"errcode":"0","task_id":"123"}"#).task_id, 123);

    let old = read::<notice::GetSendResult>(
        r#"{"errcode":0,"send_result":{"invalid_user_id_list":"a, b","read_user_id_list":"","forbidden_list":null,
            "unread_user_id_list":null,"invalid_dept_id_list":[1,2]}}"#,
    )
    .send_result;
    assert_eq!(old.invalid_user_id_list, ["a", "b"]);
    assert_eq!(old.invalid_dept_id_list, ["1", "2"]);
    assert!(old.read_user_id_list.is_empty() && old.unread_user_id_list.is_empty());
    assert!(old.failed_user_id_list.is_empty() && old.forbidden_list.is_empty());
    read::<notice::RecallNotice>(r#"{"errcode":0,"errmsg":"","code":{"a":1},"status":[1],"message":null}"#);
}

#[test]
fn new_style_refusals_are_read_whatever_their_status() {
    for (status, code, class) in [
        (400, "InvalidAuthentication", Class::RefreshToken),
        (401, "InvalidAuthentication", Class::RefreshToken),
        (400, "AuthenticationFailed.MissingParameter", Class::Permanent),
        (400, "invalidClientIdOrSecret", Class::Permanent),
        (400, "invalidParameter.userIds.overMax", Class::Permanent),
        (400, "never.seen.before", Class::Permanent),
        (400, "qps.exceed.limit", Class::throttled(1)),
        (403, "Forbidden.AccessDenied.AccessTokenPermissionDenied", Class::Permanent),
        (403, "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", Class::throttled(1)),
        (403, "Forbidden.AccessDenied.QpmLimitForAppkeyAndApi", Class::throttled(60)),
        (403, "Forbidden.AccessDenied.ApiCountLimitForOrg", Class::throttled(3_600)),
        (500, "system.error", Class::RETRY),
        (500, "unknownError", Class::RETRY),
        (503, "ServiceUnavailable", Class::RETRY),
    ] {
        let body = json!({"code": code, "requestid": "sample", "message": "words", "accessdenieddetail": {}});
        for spec in [NEW_STYLE, NEW_STYLE_SEND] {
            let fault = refusal(spec, status, body.to_string());
            assert_eq!((fault.code(), fault.class(), fault.message()), (code, class, "words"), "{status}");
        }
    }
    DingTalk::open(NEW_STYLE, 200, br#"{"processQueryKey":"sample"}"#).unwrap();
    DingTalk::open(NEW_STYLE, 200, br#"{"code":"10000","status":1,"message":"a member of the reply"}"#).unwrap();
}

#[test]
fn a_lost_answer_leaves_only_a_sends_outcome_open() {
    for (status, body) in [
        (504, r#"{"code":"504","requestid":"r","message":"gateway"}"#),
        (504, r#"{"code":"system.error","requestid":"r","message":"late"}"#),
        (504, "<html>Gateway Time-out</html>"),
        (500, r#"{"code":"unknown.send.result","requestid":"r","message":"?"}"#),
        (500, r#"{"code":"never.seen.before","requestid":"r","message":"?"}"#),
        (200, r#"{"errcode":15,"sub_code":"isp.top-remote-connection-timeout","errmsg":"e"}"#),
    ] {
        assert_eq!(refusal(NEW_STYLE_SEND, status, body).class(), Class::Ambiguous, "{status} {body}");
        assert_eq!(refusal(NEW_STYLE, status, body).class(), Class::RETRY, "{status} {body}");
    }
    assert_eq!(refusal(SEND, 200, r#"{"errcode":88,"errmsg":"ding talk error"}"#).class(), Class::RETRY);
}

#[test]
fn what_the_sandbox_seals_is_what_the_client_opens() {
    // 88 without a sub_code is the envelope itself; codes in words belong to the other host.
    let codes: Vec<&str> = DingTalk::error_codes()
        .iter()
        .map(|row| row.code)
        .filter(|code| *code != "88" && (code.parse::<i64>().is_ok() || *code == "ip.blocked"))
        .collect();
    assert!(codes.len() > 200);
    assert_eq!(audit::round_trips::<DingTalk>(&codes), Vec::<String>::new());
}

#[test]
fn the_new_hosts_half_of_the_seal_is_read_back_too() {
    for row in DingTalk::error_codes().iter().filter(|row| !row.code.ends_with(".*")) {
        let sealed = DingTalk::seal(NEW_STYLE_SEND, Err(&Fault::refused(row.code, "invented", Some(row))));
        let read = refusal(NEW_STYLE_SEND, sealed.status, &sealed.body);
        assert_eq!((read.code(), read.class()), (row.code, row.class));
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(status in 100_u16..600, body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = DingTalk::open(SEND, status, &body);
        let _ = DingTalk::open(NEW_STYLE, status, &body);
    }

    #[test]
    fn no_text_around_a_wrapped_code_makes_it_panic_or_open(text in "\\PC{0,40}", after in "(subcode=)?\\PC{0,40}") {
        let body = json!({"errcode": 88, "errmsg": format!("{text}subcode={after}"), "sub_msg": text});
        prop_assert!(DingTalk::open(SEND, 200, body.to_string().as_bytes()).is_err());
    }

    #[test]
    fn no_errcode_but_zero_opens(code in any::<i64>(), status in 100_u16..600) {
        let opened = DingTalk::open(READ, status, json!({"errcode": code}).to_string().as_bytes()).is_ok();
        prop_assert_eq!(opened, code == 0 && (200..300).contains(&status));
    }
}
