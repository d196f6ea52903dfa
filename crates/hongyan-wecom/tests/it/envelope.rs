//! Answers of real life: whatever comes, a refusal is never taken for a success.

use hongyan_endpoint::{Class, Endpoint, Fault, Platform, Spec, audit};
use hongyan_wecom::{WeCom, message, token, user};
use proptest::prelude::*;
use serde_json::json;

const SEND: &Spec = &message::SendMessage::SPEC;

fn refusal(spec: &Spec, status: u16, body: impl AsRef<[u8]>) -> Fault {
    let body = body.as_ref();
    WeCom::open(spec, status, body).expect_err(&format!("taken for a success: {}", String::from_utf8_lossy(body)))
}

#[test]
fn no_refusal_with_http_200_opens_as_a_success() {
    for (body, code, class) in [
        (r#"{"errcode":-1,"errmsg":"system busy"}"#, "-1", Class::RETRY),
        (r#"{"errcode":"-1","errmsg":"system busy"}"#, "-1", Class::RETRY),
        (r#"{"errcode":6000,"errmsg":"version conflict"}"#, "6000", Class::RETRY),
        (
            r#"{"errcode":40001,"errmsg":"invalid credential, hint: [170000000012345678901234]"}"#,
            "40001",
            Class::RefreshToken,
        ),
        (r#"{"errcode":40003,"errmsg":"invalid userid"}"#, "40003", Class::Permanent),
        (r#"{"errcode":40013,"errmsg":"invalid corpid"}"#, "40013", Class::Permanent),
        (r#"{"errcode":40014,"errmsg":"invalid access_token"}"#, "40014", Class::RefreshToken),
        (r#"{"errcode":"40014","errmsg":"invalid access_token"}"#, "40014", Class::RefreshToken),
        (r#"{"errcode":42001,"errmsg":"access_token expired"}"#, "42001", Class::RefreshToken),
        (r#"{"errcode":40032,"errmsg":"too many users"}"#, "40032", Class::Permanent),
        (r#"{"errcode":40056,"errmsg":"invalid agentid"}"#, "40056", Class::Permanent),
        (r#"{"errcode":40058,"errmsg":"invalid Request Parameter"}"#, "40058", Class::Permanent),
        (r#"{"errcode":40091,"errmsg":"secret is invalid"}"#, "40091", Class::Permanent),
        (r#"{"errcode":41001,"errmsg":"access_token missing"}"#, "41001", Class::Permanent),
        (r#"{"errcode":42052}"#, "42052", Class::Permanent),
        (r#"{"errcode":44004,"errmsg":"empty content"}"#, "44004", Class::Permanent),
        (r#"{"errcode":45009,"errmsg":"api freq out of limit"}"#, "45009", Class::throttled(60)),
        (r#"{"errcode":45033,"errmsg":null}"#, "45033", Class::throttled(2)),
        (r#"{"errcode":46004,"errmsg":"user not exist","userid":""}"#, "46004", Class::Permanent),
        (r#"{"errcode":48002,"errmsg":["odd"]}"#, "48002", Class::Permanent),
        (r#"{"errcode":60011,"errmsg":"no privilege"}"#, "60011", Class::Permanent),
        (r#"{"errcode":60020,"errmsg":"not allow to access from your ip"}"#, "60020", Class::Permanent),
        (
            r#"{"errcode":81013,"errmsg":"user & party & tag all invalid","invaliduser":"sample"}"#,
            "81013",
            Class::Permanent,
        ),
        (r#"{"errcode":81013,"errmsg":"all invalid","msgid":"sample"}"#, "81013", Class::Permanent),
        (r#"{"errcode":82001,"errmsg":"Warning: wrong json format."}"#, "82001", Class::Permanent),
        (r#"{"errcode":86215,"errmsg":"chatid exists"}"#, "86215", Class::Permanent),
        (r#"{"errcode":93000,"errmsg":"invalid webhook url"}"#, "93000", Class::Permanent),
        (r#"{"errcode":301002,"errmsg":"not allow operate another agent"}"#, "301002", Class::Permanent),
        (r#"{"errcode":123456789,"errmsg":"a code that nobody has seen"}"#, "123456789", Class::Permanent),
    ] {
        for declared in WeCom::endpoints() {
            let fault = refusal(declared.spec(), 200, body);
            assert_eq!((fault.code(), fault.class()), (code, class), "{} {body}", declared.spec().name);
        }
        assert_eq!(refusal(SEND, 403, body).code(), code, "one fixture of the field pairs a code with 403");
    }
}

#[test]
fn what_is_not_the_platforms_answer_is_a_transport_fault() {
    let truncated = r#"{"errcode":0,"errmsg":"ok","msgid":"samp"#;
    for (status, body, code) in [
        (200, "<html><body>blocked</body></html>", "net.not_json"),
        (502, "<html><body>Bad Gateway</body></html>", "net.status"),
        (200, "", "net.not_json"),
        (504, "", "net.status"),
        (200, truncated, "net.not_json"),
        (200, "null", "net.not_json"),
        (200, "[]", "net.not_json"),
        (200, "[0,\"ok\"]", "net.not_json"),
        (200, "\"ok\"", "net.not_json"),
        (200, "{}", "net.not_json"),
        (200, r#"{"message":"blocked by the proxy"}"#, "net.not_json"),
        (200, r#"{"errcode":null}"#, "net.not_json"),
        (200, r#"{"errcode":""}"#, "net.not_json"),
        (200, r#"{"errcode":false}"#, "net.not_json"),
        (200, r#"{"errcode":0,"errcode":40014}"#, "net.not_json"),
        (200, r#"{"errcode":99999999999999999999}"#, "net.not_json"),
        (403, r#"{"errcode":0,"errmsg":"ok"}"#, "net.not_json"),
        (403, "<html><body>blocked</body></html>", "net.gate"),
        (404, r#"{"error":"not found"}"#, "net.gate"),
        (414, "", "net.too_long"),
        (502, r#"{"errcode":0,"errmsg":"ok"}"#, "net.status"),
    ] {
        assert_eq!(refusal(SEND, status, body).code(), code, "{status} {body}");
    }
    assert_eq!(refusal(SEND, 200, b"\xff\xfe\x00").code(), "net.not_json");
    // The client strips a byte-order mark before it opens; one that is left is no JSON.
    assert_eq!(refusal(SEND, 200, b"\xef\xbb\xbf{\"errcode\":0}").code(), "net.not_json");
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
    for name in ["userid", "errcode", "errmsg"] {
        let _ = WeCom::open(SEND, 200, format!(r#"{{"errcode":0,"{name}":{deep}}}"#).as_bytes());
        refusal(SEND, 200, format!(r#"{{"{name}":{deep},"errcode":40014}}"#));
        refusal(SEND, 200, format!(r#"{{"{name}":{deep}}}"#));
    }
    refusal(SEND, 200, "[".repeat(10_000));
    refusal(SEND, 200, "{\"a\":".repeat(10_000));
}

#[test]
fn replies_of_many_shapes_open_and_are_read() {
    fn read<E: Endpoint<Platform = WeCom>>(body: &str) -> E::Reply {
        WeCom::open(&E::SPEC, 200, body.as_bytes()).unwrap();
        serde_json::from_str(body).unwrap()
    }
    let token = read::<token::GetToken>(r#"{"errcode":"0","errmsg":"","access_token":"sampletoken"}"#);
    assert_eq!((token.access_token.as_str(), token.expires_in), ("sampletoken", 7_200));
    assert_eq!(read::<user::GetUserid>(r#"{"errcode":0,"errmsg":"created","userid":"sample"}"#).userid, "sample");

    let bars = read::<message::SendMessage>(
        r#"{"errcode":0,"errmsg":"ok","invaliduser":"a|b","invalidparty":null,"invalidtag":"","msgid":"m"}"#,
    );
    assert_eq!(bars.invaliduser, ["a", "b"]);
    assert!(bars.invalidparty.is_empty() && bars.invalidtag.is_empty());
    let arrays = read::<message::SendMessage>(
        r#"{"errcode":0,"errmsg":"ok","invaliduser":["a"],"invalidparty":[2],"unlicenseduser":"c,d"}"#,
    );
    assert_eq!((arrays.invaliduser, arrays.invalidparty), (vec!["a".to_owned()], vec!["2".to_owned()]));
    assert_eq!(arrays.unlicenseduser, ["c", "d"]);
    assert_eq!(arrays.msgid, "");
}

#[test]
fn what_the_sandbox_seals_is_what_the_client_opens() {
    let codes: Vec<&str> = WeCom::error_codes().iter().map(|row| row.code).collect();
    assert!(codes.len() > 200);
    assert_eq!(audit::round_trips::<WeCom>(&codes), Vec::<String>::new());
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(status in 100_u16..600, body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = WeCom::open(SEND, status, &body);
    }

    #[test]
    fn no_errcode_but_zero_opens(code in any::<i64>(), status in 100_u16..600, errmsg in "\\PC{0,40}") {
        let body = json!({"errcode": code, "errmsg": errmsg}).to_string();
        let opened = WeCom::open(SEND, status, body.as_bytes()).is_ok();
        prop_assert_eq!(opened, code == 0 && (200..300).contains(&status));
    }
}
