//! Pushed events against the published vectors, and everything that must not pass.

use hongyan_callback::Key;
use hongyan_dingtalk::callback::{Answer, Callback, Push, Rejected, Stamp};
use proptest::prelude::*;
use serde_json::json;

const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
const OWNER: &str = "dingappkey000001";
const RANDOM: &[u8; 16] = b"0123456789abcdef";
const SEALED: &str = "Q3stYC6hdFzMh9T8HCvyDPAmVUAR9ZeRhlEwYP+nuEC6qK0PF0szsuMx3trXpUUHdUxNtorQJ28wjVbvqSmZlw==";

fn ours() -> Callback {
    Callback::new("tok123456", KEY, OWNER).unwrap()
}

/// A push that is signed rightly, whatever is in it.
fn signed(encrypt: &str) -> (Stamp, Push) {
    let signature = ours().sign("1700000000000", "nonce123", encrypt);
    let stamp = Stamp { signature, timestamp: "1700000000000".into(), nonce: "nonce123".into() };
    (stamp, Push { encrypt: encrypt.into() })
}

fn opened(encrypt: &str) -> Result<String, Rejected> {
    let (stamp, push) = signed(encrypt);
    ours().open(&stamp, &push)
}

#[test]
fn the_first_published_vector_opens() {
    let callback =
        Callback::new("123456", "1234567890123456789012345678901234567890123", "dingsnotzck6pm5veliw").unwrap();
    let stamp = Stamp {
        signature: "9a95a004dd16f5c307e849b994173f76aa26e5eb".into(),
        timestamp: "1614767836".into(),
        nonce: "A7Co0cJLMzIDtMMI".into(),
    };
    let encrypt = "YvkvaGe4hQxd3VxRmEty0dVlnCOAqwf56xwTRHDHoOURqhalbmBJQk5FNcRk42Gl5T0YQXZNwpwWSm1xAFJ5ZA==";
    assert_eq!(callback.open(&stamp, &Push { encrypt: encrypt.into() }).unwrap(), "success");
}

#[test]
fn the_second_published_vector_opens() {
    let callback =
        Callback::new("123456", "4g5j64qlyl3zvetqxz5jiocdr586fn2zvjpa8zls3ij", "suite4xxxxxxxxxxxxxxx").unwrap();
    let stamp = Stamp {
        signature: "5a65ceeef9aab2d149439f82dc191dd6c5cbe2c0".into(),
        timestamp: "1445827045067".into(),
        nonce: "nEXhMP4r".into(),
    };
    let encrypt = concat!(
        "1a3NBxmCFwkCJvfoQ7WhJHB+iX3qHPsc9JbaDznE1i03peOk1LaOQoRz3+nlyGNhwmwJ3vDMG+OzrHMeiZI7gTRWVdUBmfxjZ8Ej23JVYa9V",
        "rYeJ5as7XM/ZpulX8NEQis44w53h1qAgnC3PRzM7Zc/D6Ibr0rgUathB6zRHP8PYrfgnNOS9PhSBdHlegK+AGGanfwjXuQ9+0pZcy0w9lQ==",
    );
    let message = callback.open(&stamp, &Push { encrypt: encrypt.into() }).unwrap();
    let expected =
        r#"{"EventType":"check_create_suite_url","Random":"LPIdSnlF","TestSuiteKey":"suite4xxxxxxxxxxxxxxx"}"#;
    assert_eq!(message, expected);
}

#[test]
fn our_own_vector_holds_in_both_directions() {
    let answer = ours().answer(RANDOM, "1700000000000", "nonce123");
    assert_eq!(answer.encrypt, SEALED);
    assert_eq!(answer.msg_signature, "8d973af6edbd72be4adc43aa4feaa7fed0ef5db7");
    assert_eq!(opened(SEALED).unwrap(), "success");
    ours().accept(&answer).unwrap();
    let written = serde_json::to_value(&answer).unwrap();
    let members: Vec<_> = written.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["msg_signature", "timeStamp", "nonce", "encrypt"]);
    assert_eq!(written["timeStamp"], "1700000000000");
}

#[test]
fn both_spellings_of_the_query_and_of_the_answer_are_read() {
    let stamp = Stamp { signature: "s".into(), timestamp: "1".into(), nonce: "n".into() };
    for query in [
        json!({"signature": "s", "timestamp": "1", "nonce": "n"}),
        json!({"msg_signature": "s", "timeStamp": "1", "nonce": "n"}),
    ] {
        assert_eq!(serde_json::from_value::<Stamp>(query).unwrap(), stamp);
    }
    let old = json!({"msg_signature": "s", "timestamp": "1", "nonce": "n", "encrypt": "e"});
    assert_eq!(serde_json::from_value::<Answer>(old).unwrap().timestamp, "1");
}

#[test]
fn a_wrong_signature_is_refused_before_anything_is_decrypted() {
    let (good, push) = signed(SEALED);
    for wrong in [
        Stamp { signature: String::new(), ..good.clone() },
        Stamp { signature: "0".repeat(40), ..good.clone() },
        Stamp { signature: good.signature[..39].into(), ..good.clone() },
        Stamp { timestamp: "1700000000001".into(), ..good.clone() },
        Stamp { nonce: "nonce124".into(), ..good.clone() },
    ] {
        assert_eq!(ours().open(&wrong, &push), Err(Rejected::Signature), "{wrong:?}");
        assert_eq!(ours().open(&wrong, &Push { encrypt: "not a box".into() }), Err(Rejected::Signature));
    }
    let other_token = Callback::new("tok654321", KEY, OWNER).unwrap();
    assert_eq!(other_token.open(&good, &push), Err(Rejected::Signature));
}

#[test]
fn what_is_no_box_is_refused_alike() {
    for wrong in ["", "not base64", "AAAA", &SEALED[..SEALED.len() - 4], &SEALED[..44], &SEALED[24..]] {
        assert_eq!(opened(wrong), Err(Rejected::Decrypt), "{wrong}");
    }
    let other_key = Key::parse("1234567890123456789012345678901234567890123").unwrap();
    assert_eq!(opened(&other_key.encrypt(RANDOM, b"success", OWNER)), Err(Rejected::Decrypt));
    assert_eq!(opened(&Key::parse(KEY).unwrap().encrypt(RANDOM, b"\xff\xfe", OWNER)), Err(Rejected::Decrypt));
}

#[test]
fn a_box_for_somebody_else_is_refused() {
    for owner in ["", "dingappkey000002", "dingappkey0000011", "DINGAPPKEY000001"] {
        let theirs = Callback::new("tok123456", KEY, owner).unwrap();
        assert_eq!(opened(&theirs.encrypt(RANDOM, "success")), Err(Rejected::Owner), "{owner}");
    }
}

#[test]
fn an_answer_that_does_not_say_success_is_refused() {
    let (stamp, push) = ours().seal(RANDOM, "1", "n", "failure");
    let answer =
        Answer { msg_signature: stamp.signature, timestamp: "1".into(), nonce: "n".into(), encrypt: push.encrypt };
    assert_eq!(ours().accept(&answer), Err(Rejected::Decrypt));
}

#[test]
fn each_refusal_has_the_platforms_number_and_its_row() {
    assert_eq!(Callback::new("t", "short", OWNER).unwrap_err(), Rejected::Key);
    for (rejected, code) in [
        (Rejected::Key, "900004"),
        (Rejected::Signature, "900005"),
        (Rejected::Decrypt, "900008"),
        (Rejected::Owner, "900010"),
    ] {
        assert_eq!((rejected.code(), rejected.fault().code()), (code, code));
        assert!(rejected.fault().error_code().is_some(), "{code}");
    }
}

#[test]
fn neither_token_nor_key_is_shown() {
    let shown = format!("{:?}", ours());
    assert!(!shown.contains("tok123456") && !shown.contains(KEY), "{shown}");
}

proptest! {
    #[test]
    fn what_is_sealed_opens(message in "\\PC{0,200}", nonce in "[a-z0-9]{1,16}", random in any::<[u8; 16]>()) {
        let (stamp, push) = ours().seal(&random, "1700000000000", &nonce, &message);
        prop_assert_eq!(ours().open(&stamp, &push).unwrap(), message);
    }

    #[test]
    fn one_altered_byte_never_opens_and_never_panics(at in 0_usize..88, to in "[A-Za-z0-9+/]") {
        let mut altered = SEALED.to_owned();
        altered.replace_range(at..=at, &to);
        prop_assume!(altered != SEALED);
        let (stamp, _) = signed(SEALED);
        prop_assert_eq!(ours().open(&stamp, &Push { encrypt: altered.clone() }), Err(Rejected::Signature));
        let _ = opened(&altered);
    }
}
