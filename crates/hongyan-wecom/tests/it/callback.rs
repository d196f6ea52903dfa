//! Callbacks: the published and our own vectors, both directions, and what must be refused.

use hongyan_net::Secret;
use hongyan_wecom::{
    callback::{
        Callback, CallbackFault, CardClick, Element, Event, Message, Pushed, Reply, Selected, Signature, Stamp,
    },
    content::{Card, Jump, Title},
};
use proptest::prelude::*;

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const ECHO: &str = "4j/AuRx71kQlxVlzbpsMWGNZZBerWhryFDAbY+Z/O0rVKoORbph6PGw46R0kJ4GJi/cUs+w9q+wiJZPJddaedg==";

fn callback() -> Callback {
    Callback::new(Secret::new("SandboxToken2024"), KEY, "wwsandbox00000001").unwrap()
}

fn stamp(timestamp: i64, nonce: &str, random: &[u8; 16]) -> Stamp {
    Stamp { timestamp, nonce: nonce.into(), random: *random }
}

fn signature(msg_signature: &str, timestamp: &str, nonce: &str) -> Signature {
    Signature { msg_signature: msg_signature.into(), timestamp: timestamp.into(), nonce: nonce.into() }
}

fn echo_signature() -> Signature {
    signature("7b5253df33498c103e172bd9aa3dc0b466f6025a", "1700000000", "77001122")
}

/// Any text, signed as it is.
fn signed(encrypted: &str) -> Signature {
    signature(&hongyan_callback::signature("SandboxToken2024", "1", "n", encrypted), "1", "n")
}

#[test]
fn vector_a_the_vendors_own_sample_opens() {
    let encrypted = concat!(
        "RypEvHKD8QQKFhvQ6QleEB4J58tiPdvo+rtK1I9qca6aM/wvqnLSV5zEPeusUiX5L5X/0lWfrf0QADHHhGd3QczcdCUpj911L3vg3W/sYYvuJTs3TUUk",
        "SUXxaccAS0qhxchrRYt66wiSpGLYL42aM6A8dTT+6k4aSknmPj48kzJs8qLjvd4Xgpue06DOdnLxAUHzM6+kDZ+HMZfJYuR+LtwGc2hgf5gsijff0ekU",
        "NXZiqATP7PF5mZxZ3Izoun1s4zG4LUMnvw2r+KqCKIw+3IQH03v+BCA9nMELNqbSf6tiWSrXJB3LAVGUcallcrw8V2t9EL4EhzJWrQUax5wLVMNS0+rU",
        "PA3k22Ncx4XXZS9o0MBH27Bo6BpNelZpS+/uh9KsNlY6bHCmJU9p8g7m3fVKn28H3KDYA5Pl/T8Z1ptDAVe0lXdQ2YoyyH2uyPIGHBZZIs2pDBS8R07+",
        "qN+E7Q==",
    );
    let key = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";
    let callback = Callback::new(Secret::new("QDG6eK"), key, "wx5823bf96d3bd56c7").unwrap();
    let signature = signature("477715d11cdb4164915debcba66cb864d751f3e6", "1409659813", "1372623149");
    let body = format!(
        "<xml><ToUserName><![CDATA[wx5823bf96d3bd56c7]]></ToUserName><Encrypt><![CDATA[{encrypted}]]></Encrypt>\
         <AgentID><![CDATA[218]]></AgentID></xml>"
    );
    let pushed = callback.open(&signature, body.as_bytes()).unwrap();
    assert_eq!(pushed.message, Message::Text { content: "hello".into() });
    assert_eq!((pushed.msg_id.as_deref(), pushed.agent_id.as_deref()), (Some("4561255354251345929"), Some("218")));
    assert_eq!(pushed.repeat_key(), "4561255354251345929");

    let other = Callback::new(Secret::new("QDG6eK"), key, "wwother").unwrap();
    assert_eq!(other.open(&signature, body.as_bytes()), Err(CallbackFault::Receiver));
    let other = Callback::new(Secret::new("QDG6eK"), KEY, "wx5823bf96d3bd56c7").unwrap();
    assert_eq!(other.open(&signature, body.as_bytes()), Err(CallbackFault::Decrypt));
}

#[test]
fn vector_b_the_url_is_verified_and_asked_about_alike() {
    assert_eq!(callback().verify_url(&echo_signature(), ECHO).unwrap(), "4821690357716203915");
    let asked = callback().ask_url(&stamp(1_700_000_000, "77001122", b"0123456789abcdef"), "4821690357716203915");
    assert_eq!(asked, (echo_signature(), ECHO.to_owned()));
    // A layer that decoded the query once too often.
    assert_eq!(callback().verify_url(&echo_signature(), &ECHO.replace('+', " ")).unwrap(), "4821690357716203915");
}

#[test]
fn vector_c_a_whole_block_of_padding_is_read_and_written() {
    let sealed = "4j/AuRx71kQlxVlzbpsMWMQnYXNvWwu7oyG7gqcT72+twZZEMBvIOcpPtKPUA02Hf/KNkKMV214GzFargWk5u4pBnLx00nTwj8M/arqKZAMtA7UcGCFhfYfQXSuwhm3+";
    let text = "x".repeat(27);
    assert_eq!(callback().verify_url(&signed(sealed), sealed).unwrap(), text);
    assert_eq!(callback().ask_url(&stamp(1, "n", b"0123456789abcdef"), &text).1, sealed);
}

#[test]
fn vector_d_a_message_is_opened_and_pushed_alike() {
    let encrypted = concat!(
        "wrNmYnsdngNwZHPRm4NnS4q5PJnLX6OdBmPYUSGN8uKLuCUsHlm8WwVNk8W8vFU0+fslyx45Zu/70MHrFyDEjs30pUkjZSWURG3VFMSqnN678UwEQeqJ",
        "FLcUb5uaFBKM3dex5JQrZiFEbBPA0tfGu4p1amxR2J4VuDUlAgoY3C2IOA3vBZJ62J0n86a0otxIXktKArdUviJYkUysb27cD4GbHZPMsBB2trrNRroc",
        "H3aoLhX0PXvNWBchaADsJUCH/t0z6NK5T4dTMop0bK4o6cHnvUE4OZNXIPrSJZMHP9uGIiWV8B7ts5TimFVfeovlgOp8JsDYo6wvay9x/HXqkafjB3M7",
        "rs5DDILluRHZG0ZaEYglibCUMRd+tM3pcXwe3lUwudi33t6fk78hMF+pZmHKV6XCr0ywQa7oIqE9wmA=",
    );
    let signature = signature("5abb5e363c55df0bf0a75391043fe819c795a278", "1700000001", "88112233");
    let pushed = Pushed {
        to_user_name: "wwsandbox00000001".into(),
        from_user_name: "lihua".into(),
        create_time: 1_700_000_001,
        message: Message::Text { content: "早".into() },
        msg_id: Some("7000000000000000001".into()),
        agent_id: Some("1000002".into()),
        rest: Vec::new(),
    };
    let (signed, body) = callback().push(&stamp(1_700_000_001, "88112233", b"fedcba9876543210"), &pushed);
    assert_eq!(signed, signature);
    assert!(body.contains(encrypted), "{body}");
    assert_eq!(callback().open(&signature, body.as_bytes()).unwrap(), pushed);
}

#[test]
fn what_is_altered_cut_off_or_somebody_elses_is_refused() {
    let verify = |signature: &Signature, text: &str| callback().verify_url(signature, text).unwrap_err();
    let good = echo_signature();
    for bad in [
        Signature { msg_signature: String::new(), ..good.clone() },
        Signature { msg_signature: good.msg_signature[1..].into(), ..good.clone() },
        Signature { timestamp: "1700000001".into(), ..good.clone() },
        Signature { nonce: String::new(), ..good.clone() },
        Signature::from_query(&[]),
    ] {
        assert_eq!(verify(&bad, ECHO), CallbackFault::Signature);
    }
    assert_eq!(verify(&good, &ECHO[4..]), CallbackFault::Signature);
    assert_eq!(verify(&signed("!!!!"), "!!!!"), CallbackFault::Base64);
    for cut in [4, 20, 64, 84] {
        assert_eq!(verify(&signed(&ECHO[..cut]), &ECHO[..cut]), CallbackFault::Decrypt, "{cut}");
    }
    assert_eq!(verify(&signed(""), ""), CallbackFault::Decrypt);
    let key = hongyan_callback::Key::parse(KEY).unwrap();
    let other = key.encrypt(b"0123456789abcdef", b"x", "wwother");
    assert_eq!(verify(&signed(&other), &other), CallbackFault::Receiver);
    let binary = key.encrypt(b"0123456789abcdef", b"\xff\xfe", "wwsandbox00000001");
    assert_eq!(verify(&signed(&binary), &binary), CallbackFault::Buffer);
    for body in
        [&b""[..], b"\xff", b"{}", b"<xml>", b"<!DOCTYPE x [<!ENTITY e \"x\">]><xml><Encrypt>&e;</Encrypt></xml>"]
    {
        assert_eq!(callback().open(&good, body), Err(CallbackFault::Xml));
    }
    assert_eq!(callback().open(&good, b"<xml></xml>"), Err(CallbackFault::Signature));
    let inner = key.encrypt(b"0123456789abcdef", b"not xml", "wwsandbox00000001");
    let body = format!("<xml><Encrypt>{inner}</Encrypt></xml>");
    assert_eq!(callback().open(&signed(&inner), body.as_bytes()), Err(CallbackFault::Xml));
    for key in ["", "short", &KEY[1..], &"!".repeat(43)] {
        assert_eq!(Callback::new(Secret::new("t"), key, "c").unwrap_err().code(), -40_004);
    }
    assert_eq!(CallbackFault::Signature.code(), -40_001);
}

#[test]
fn neither_token_nor_key_is_shown() {
    let shown = format!("{:?}", callback());
    assert!(!shown.contains("SandboxToken") && !shown.contains("AAEC"), "{shown}");
}

fn pushed(message: Message) -> Pushed {
    Pushed {
        to_user_name: "wwsandbox00000001".into(),
        from_user_name: "sample.li".into(),
        create_time: 1_700_000_002,
        message,
        agent_id: Some("1000002".into()),
        ..Pushed::default()
    }
}

#[test]
fn every_kind_of_push_comes_back_as_it_was() {
    let text = |text: &str| text.to_owned();
    let click = CardClick {
        event_key: text("retry"),
        task_id: text("job-17"),
        card_type: text("vote_interaction"),
        response_code: text("sampleCode"),
        selected: vec![Selected { question_key: text("q1"), option_ids: vec![text("a"), text("b")] }],
    };
    let kinds = [
        Message::Image { pic_url: text("https://example.com/p"), media_id: text("m") },
        Message::Voice { media_id: text("m"), format: text("amr") },
        Message::Video { media_id: text("m"), thumb_media_id: text("t") },
        Message::Location { x: text("31.2"), y: text("121.5"), scale: text("15"), label: text("上海") },
        Message::Link { title: text("t"), description: text("d"), url: text("https://e"), pic_url: text("p") },
        Message::Event(Event::Subscribe),
        Message::Event(Event::EnterAgent),
        Message::Event(Event::Location { latitude: text("1.5"), longitude: text("2.5"), precision: text("40") }),
        Message::Event(Event::Click { event_key: text("k") }),
        Message::Event(Event::View { event_key: text("https://e") }),
        Message::Event(Event::BatchJobResult {
            job_id: text("j"),
            job_type: text("sync_user"),
            err_code: text("0"),
            err_msg: text("ok"),
        }),
        Message::Event(Event::TemplateCard(click.clone())),
        Message::Event(Event::TemplateCardMenu(CardClick { selected: Vec::new(), ..click })),
        Message::Event(Event::CloseInactiveAgent),
    ];
    for kind in kinds {
        let pushed = pushed(kind);
        let (signature, body) = callback().push(&stamp(1, "n", b"0123456789abcdef"), &pushed);
        assert_eq!(callback().open(&signature, body.as_bytes()).unwrap(), pushed);
    }
}

#[test]
fn unknown_kinds_and_members_keep_all_that_they_had() {
    let rest = vec![Element::text("UserID", "sample.sun"), Element::of("ExtAttr", vec![Element::text("Item", "x")])];
    for kind in [
        Message::Other { msg_type: "hologram".into() },
        Message::Event(Event::Other { event: "share_agent_change".into() }),
        Message::Event(Event::ChangeContact { change_type: "create_user".into() }),
    ] {
        let pushed = Pushed { rest: rest.clone(), ..pushed(kind) };
        let (signature, body) = callback().push(&stamp(1, "n", b"0123456789abcdef"), &pushed);
        assert_eq!(callback().open(&signature, body.as_bytes()).unwrap(), pushed);
    }
}

#[test]
fn an_answer_goes_back_to_whom_it_came_from() {
    let click = pushed(Message::Event(Event::TemplateCard(CardClick::default())));
    let answer = |reply: Reply| {
        let body = callback().reply(&stamp(1_700_000_003, "n", b"0123456789abcdef"), &click, &reply);
        callback().open_reply(body.as_bytes()).unwrap()
    };
    let text = answer(Reply::Text("收到 ]]> <b>".into()));
    assert_eq!((text.get("ToUserName"), text.get("FromUserName")), ("sample.li", "wwsandbox00000001"));
    assert_eq!((text.get("MsgType"), text.get("Content")), ("text", "收到 ]]> <b>"));
    let button = answer(Reply::UpdateButton("已处理".into()));
    let inner = button.children.iter().find(|child| child.name == "Button").unwrap();
    assert_eq!((button.get("MsgType"), inner.get("ReplaceName")), ("update_button", "已处理"));
    let jump = Jump { kind: Some(1), title: "t".into(), url: "https://e".into(), ..Jump::default() };
    let card = Card {
        card_type: "text_notice".into(),
        main_title: Some(Title { title: "完".into(), ..Title::default() }),
        jump_list: vec![jump.clone(), jump],
        ..Card::default()
    };
    let card = answer(Reply::UpdateTemplateCard(Box::new(card)));
    let inner = card.children.iter().find(|child| child.name == "TemplateCard").unwrap();
    assert_eq!(inner.get("CardType"), "text_notice");
    assert_eq!(inner.children.iter().filter(|child| child.name == "JumpList").count(), 2);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(body in proptest::collection::vec(any::<u8>(), 0..300), text in "\\PC{0,80}") {
        let _ = callback().open(&echo_signature(), &body);
        let _ = callback().open(&echo_signature(), format!("<xml><Encrypt>{text}</Encrypt></xml>").as_bytes());
        let _ = callback().verify_url(&signed(&text), &text);
    }

    #[test]
    fn any_text_is_opened_as_it_was_pushed(content in "\\PC{0,200}") {
        let pushed = pushed(Message::Text { content });
        let (signature, body) = callback().push(&stamp(1, "n", b"0123456789abcdef"), &pushed);
        prop_assert_eq!(callback().open(&signature, body.as_bytes()).unwrap(), pushed);
    }
}
