//! Contents: the reference's example of every type is taken, and what the platform refuses is named with its code.

use hongyan_endpoint::{Endpoint, File, Platform};
use hongyan_wecom::{
    WeCom,
    appchat::{CreateChat, SendChat},
    content::{self, Content, Place},
    media::UploadMedia,
    message::{SendMessage, UpdateTemplateCard},
    webhook::{SendWebhook, UploadWebhookMedia},
};
use serde_json::{Value, json};

fn samples() -> Vec<Value> {
    vec![
        json!({"msgtype":"text","text":{"content":"早"}}),
        json!({"msgtype":"image","image":{"media_id":"m"},"safe":0}),
        json!({"msgtype":"voice","voice":{"media_id":"m"}}),
        json!({"msgtype":"video","video":{"media_id":"m","title":"演示","description":"回放"}}),
        json!({"msgtype":"file","file":{"media_id":"m"},"safe":1}),
        json!({"msgtype":"textcard","textcard":{"title":"审批","description":"待办","url":"https://example.com/t/9","btntxt":"去处理"}}),
        json!({"msgtype":"news","news":{"articles":[{"title":"周报","description":"第 31 周","url":"https://example.com/w31","picurl":"https://example.com/w31.png"}]}}),
        json!({"msgtype":"mpnews","mpnews":{"articles":[{"title":"周报","thumb_media_id":"m","author":"运维","content_source_url":"https://example.com/w31","content":"<p>正文</p>","digest":"摘要"}]},"safe":2}),
        json!({"msgtype":"markdown","markdown":{"content":"# 告警"}}),
        json!({"msgtype":"miniprogram_notice","miniprogram_notice":{"appid":"wxsample1","page":"pages/i","title":"会议预订成功","description":"四月二十七日","emphasis_first_item":true,"content_item":[{"key":"地点","value":"402"}]}}),
        json!({"msgtype":"template_card","template_card":{"card_type":"text_notice","main_title":{"title":"日终完成","desc":"8 月 1 日"},"emphasis_content":{"title":"99.98%","desc":"成功率"},"horizontal_content_list":[{"keyname":"详情","value":"打开","type":1,"url":"https://example.com/d"}],"card_action":{"type":1,"url":"https://example.com/d"}}}),
        json!({"msgtype":"template_card","template_card":{"card_type":"news_notice","main_title":{"title":"容量图"},"card_image":{"url":"https://example.com/c.png","aspect_ratio":1.6},"card_action":{"type":1,"url":"https://example.com/c"}}}),
        json!({"msgtype":"template_card","template_card":{"card_type":"button_interaction","task_id":"job-17","main_title":{"title":"任务失败","desc":"需要处理"},"horizontal_content_list":[{"keyname":"节点","value":"dn-3"}],"button_list":[{"text":"重试","style":1,"key":"retry"},{"text":"忽略","style":2,"key":"skip"}]}}),
        json!({"msgtype":"template_card","template_card":{"card_type":"vote_interaction","main_title":{"title":"选择窗口"},"task_id":"vote-1","checkbox":{"question_key":"q1","mode":0,"option_list":[{"id":"a","text":"今晚","is_checked":true},{"id":"b","text":"周末","is_checked":false}]},"submit_button":{"text":"提交","key":"ok"}}}),
        json!({"msgtype":"template_card","template_card":{"card_type":"multiple_interaction","main_title":{"title":"处理方式"},"task_id":"multi-1","select_list":[{"question_key":"who","title":"负责人","selected_id":"u1","option_list":[{"id":"u1","text":"样例李"},{"id":"u2","text":"样例王"}]}],"submit_button":{"text":"提交","key":"ok"}}}),
    ]
}

fn message(mut body: Value) -> SendMessage {
    body["touser"] = json!("sample.li");
    body["agentid"] = json!(1000002);
    serde_json::from_value(body).unwrap()
}

#[test]
fn every_example_of_the_reference_is_taken_and_written_back_whole() {
    for sample in samples() {
        message(sample.clone()).check().unwrap_or_else(|unfit| panic!("{unfit}: {sample}"));
        let kind = sample["msgtype"].as_str().unwrap();
        let content = Content::read(kind, sample.as_object().unwrap()).unwrap();
        assert_eq!(content.msgtype(), kind);
        assert_eq!(content.to_map()[kind], sample[kind], "nothing is lost");
        let chat: SendChat = serde_json::from_value({
            let mut body = sample.clone();
            body["chatid"] = json!("samplechat01");
            body
        })
        .unwrap();
        let taken = !matches!(kind, "template_card" | "miniprogram_notice");
        let outcome = chat.check().map_err(|unfit| unfit.code);
        assert_eq!(outcome, if taken { Ok(()) } else { Err("40008") }, "{kind}");
    }
}

#[test]
fn a_robot_takes_its_own_kinds() {
    for (body, code) in [
        (json!({"msgtype":"markdown_v2","markdown_v2":{"content":"# 表"}}), None),
        (json!({"msgtype":"image","image":{"base64":"iVBORw0KGgo=","md5":"e9dd2797018cad79186e03e8c5aec8dc"}}), None),
        (json!({"msgtype":"image","image":{"base64":"iVBORw0KGgo=","md5":"no"}}), Some("301019")),
        (json!({"msgtype":"image","image":{"base64":"A".repeat(3 << 20),"md5":"no"}}), Some("93018")),
        (json!({"msgtype":"markdown","markdown":{"content":"x".repeat(4096)}}), None),
        (json!({"msgtype":"markdown","markdown":{"content":"x".repeat(4097)}}), Some("40058")),
        (json!({"msgtype":"text","text":{"content":"x".repeat(2049)}}), Some("40058")),
        (json!({"msgtype":"mpnews","mpnews":{}}), Some("40008")),
        (
            json!({"msgtype":"template_card","template_card":{"card_type":"text_notice","main_title":{"title":"完"},"card_action":{"type":1,"url":"https://example.com/d"}}}),
            None,
        ),
        (json!({"msgtype":"template_card","template_card":{"card_type":"vote_interaction"}}), Some("42031")),
    ] {
        let request: SendWebhook = serde_json::from_value(body).unwrap();
        assert_eq!(request.check().err().map(|unfit| unfit.code), code, "{}", request.msgtype);
    }
}

/// Replaces what a pointer names; `null` stands for taking it away.
fn with(sample: usize, pointer: &str, value: Value) -> Value {
    let mut body = samples()[sample].clone();
    let (parent, last) = pointer.rsplit_once('/').unwrap();
    body.pointer_mut(parent).unwrap()[last] = value;
    body
}

#[test]
fn what_the_platform_refuses_is_named_with_field_and_code() {
    let many = |entry: Value, count: usize| Value::Array(vec![entry; count]);
    let button = json!({"text":"重试","key":"retry"});
    for (body, code, field) in [
        (json!({"msgtype":"text"}), "44004", "text.content"),
        (json!({"msgtype":"text","text":{"content":" "}}), "44004", "text.content"),
        (json!({"msgtype":"text","text":{"content":["a"]}}), "40058", "text.content"),
        (json!({"msgtype":"hologram"}), "40008", "msgtype"),
        (json!({"msgtype":"markdown","markdown":{"content":"x".repeat(2049)}}), "45002", "markdown.content"),
        (json!({"msgtype":"image","image":{}}), "41006", "image.media_id"),
        (with(5, "/textcard/title", json!("")), "41016", "textcard.title"),
        (with(5, "/textcard/description", json!(null)), "41033", "textcard.description"),
        (with(5, "/textcard/url", json!("")), "41010", "textcard.url"),
        (with(5, "/textcard/url", json!("example.com")), "45034", "textcard.url"),
        (with(6, "/news/articles", many(json!({"title":"t","url":"https://e"}), 9)), "45008", "news.articles"),
        (with(6, "/safe", json!(1)), "40074", "safe"),
        (with(7, "/mpnews/articles", many(json!({"title":"t"}), 1)), "41006", "mpnews.articles[0].thumb_media_id"),
        (with(9, "/miniprogram_notice/appid", json!("")), "90200", "miniprogram_notice.appid"),
        (with(10, "/template_card/card_type", json!("other")), "42031", "template_card.card_type"),
        (with(10, "/template_card/main_title", json!(null)), "42033", "template_card.main_title.title"),
        (with(10, "/template_card/card_action", json!(null)), "42045", "template_card.card_action"),
        (
            with(10, "/template_card/horizontal_content_list", many(json!({"keyname":"k"}), 7)),
            "42035",
            "template_card.horizontal_content_list",
        ),
        (
            with(10, "/template_card/horizontal_content_list", json!([{"value":"v"}])),
            "42027",
            "template_card.horizontal_content_list[0].keyname",
        ),
        (with(10, "/template_card/jump_list", many(json!({"title":"t"}), 4)), "42042", "template_card.jump_list"),
        (
            with(10, "/template_card/jump_list", json!([{"title":"t","type":2}])),
            "42030",
            "template_card.jump_list[0].appid",
        ),
        (
            with(10, "/template_card/action_menu", json!({"action_list":[{"text":"a","key":"k"}]})),
            "42014",
            "template_card.task_id",
        ),
        (
            with(
                12,
                "/template_card/action_menu",
                json!({"action_list":[{"text":"a","key":"k"},{"text":"b","key":"k"}]}),
            ),
            "42051",
            "template_card.action_menu.action_list[1].key",
        ),
        (with(11, "/template_card/card_image", json!(null)), "42044", "template_card.card_image"),
        (
            with(11, "/template_card/vertical_content_list", many(json!({"title":"t"}), 5)),
            "42036",
            "template_card.vertical_content_list",
        ),
        (with(12, "/template_card/task_id", json!("a b")), "42014", "template_card.task_id"),
        (with(12, "/template_card/button_list", many(button, 7)), "42017", "template_card.button_list"),
        (with(12, "/template_card/button_list/0/text", json!("")), "42038", "template_card.button_list[0].text"),
        (with(13, "/template_card/checkbox/option_list", json!([])), "42037", "template_card.checkbox.option_list"),
        (
            with(13, "/template_card/checkbox/option_list/0/id", json!("")),
            "42040",
            "template_card.checkbox.option_list[0].id",
        ),
        (with(13, "/template_card/submit_button", json!(null)), "42046", "template_card.submit_button"),
        (with(14, "/template_card/select_list", json!([])), "42047", "template_card.select_list"),
        (
            with(14, "/template_card/select_list/0/question_key", json!("")),
            "42043",
            "template_card.select_list[0].question_key",
        ),
    ] {
        let unfit = message(body.clone()).check().expect_err(&body.to_string());
        assert_eq!((unfit.code, unfit.field.as_str()), (code, field), "{body}");
        assert!(WeCom::error_code(unfit.code).is_some(), "{} has no row", unfit.code);
    }
}

#[test]
fn targets_and_members_are_counted() {
    let check = |touser: &str| {
        let mut message = message(samples()[0].clone());
        message.touser = touser.into();
        message.check().map_err(|unfit| unfit.code)
    };
    assert_eq!(check(""), Err("82001"));
    assert_eq!(check("|"), Err("82001"));
    assert_eq!(check(&vec!["a"; 1000].join("|")), Ok(()));
    assert_eq!(check(&vec!["a"; 1001].join("|")), Err("40032"));

    let chat = |owner: &str, members: &[&str], chatid: &str| {
        let userlist = members.iter().map(|id| (*id).to_owned()).collect();
        CreateChat { owner: owner.into(), userlist, chatid: chatid.into(), ..CreateChat::default() }
            .check()
            .map_err(|unfit| unfit.code)
    };
    assert_eq!(chat("Sample.Li", &["sample.li", "b"], "a1"), Ok(()));
    assert_eq!(chat("", &[], ""), Err("86204"));
    assert_eq!(chat("", &["a", "A"], ""), Err("86006"));
    assert_eq!(chat("c", &["a", "b"], ""), Err("86207"));
    assert_eq!(chat("", &["a", "b"], &"1".repeat(33)), Err("86205"));
    assert_eq!(chat("", &["a", "b"], "a-b"), Err("86001"));
}

#[test]
fn an_update_wants_a_target_and_one_new_look() {
    let check = |body: Value| {
        let request: UpdateTemplateCard = serde_json::from_value(body).unwrap();
        request.check().map_err(|unfit| unfit.code)
    };
    let base = |extra: Value| {
        let mut body = json!({"userids":["a"],"agentid":"1000002","response_code":"r"});
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        body
    };
    assert_eq!(check(base(json!({"button":{"replace_name":"已处理"}}))), Ok(()));
    assert_eq!(check(base(json!({"template_card": samples()[10]["template_card"]}))), Ok(()));
    assert_eq!(check(base(json!({}))), Err("40058"));
    assert_eq!(check(base(json!({"userids":[],"button":{"replace_name":"x"}}))), Err("82101"));
}

#[test]
fn files_are_measured_and_looked_at() {
    let check = |kind: &str, bytes: &[u8]| {
        let media = File { name: "x".into(), bytes: bytes.to_vec(), ..File::default() };
        UploadMedia { kind: kind.into(), media }.check().map_err(|unfit| unfit.code)
    };
    assert_eq!(check("file", b"123456"), Ok(()));
    assert_eq!(check("file", b""), Err("44001"));
    assert_eq!(check("file", b"12345"), Err("40006"));
    assert_eq!(check("thumb", b"123456"), Err("40004"));
    assert_eq!(check("image", b"\x89PNG\r\n\x1a\n"), Ok(()));
    assert_eq!(check("image", b"GIF89a..."), Err("40123"));
    assert_eq!(check("voice", &[b"#!AMR\n".as_slice(), &vec![0; 2 << 20]].concat()), Err("301016"));
    let robot = UploadWebhookMedia { kind: "image".into(), media: File::default() };
    assert_eq!(robot.check().unwrap_err().code, "40004");
}

#[test]
fn an_upload_travels_as_a_form_with_its_kind_in_the_query() {
    let media = File { name: "日终.csv".into(), media_type: "text/csv".into(), bytes: b"a,b\n1,2\n".to_vec() };
    let upload = UploadMedia { kind: "file".into(), media };
    let wire = upload.encode().unwrap();
    assert_eq!(wire.target(), "/cgi-bin/media/upload?type=file");
    assert!(wire.headers[0].1.starts_with("multipart/form-data; boundary="));
    let text = String::from_utf8_lossy(&wire.body);
    assert!(text.contains("name=\"media\"; filename=\"日终.csv\"") && !text.contains("filename*"), "{text}");
    assert_eq!(UploadMedia::decode(&wire).unwrap(), upload);
    assert_eq!(upload.encode().unwrap(), wire, "a repeat is the same bytes");
}

#[test]
fn an_unknown_kind_passes_through_a_request_untouched() {
    let body = json!({"touser":"a","msgtype":"hologram","agentid":1,"hologram":{"depth":3}});
    let message: SendMessage = serde_json::from_value(body.clone()).unwrap();
    assert_eq!(serde_json::to_value(&message).unwrap(), body);
    assert_eq!(content::check(Place::App, "hologram", &message.content).unwrap_err().code, "40008");
}
