//! The official paths' pass-through: what reaches the platform, and what comes back.

use crate::{TestGateway, facade::config, http::Request, upstream::Upstream};
use serde_json::json;

async fn open(upstream: &Upstream) -> TestGateway {
    let config = config(upstream, "");
    let accounts = config.open_accounts().unwrap();
    TestGateway::start_on(config, accounts).await
}

async fn token(gateway: &TestGateway) -> String {
    let path = "/cgi-bin/gettoken?corpid=wwsample&corpsecret=invented";
    let answer = Request::new(gateway.address, "GET", path).send().await.json();
    answer["access_token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

#[tokio::test]
async fn an_upload_arrives_byte_for_byte_and_a_download_comes_back_so() {
    let upstream = Upstream::start().await;
    let gateway = open(&upstream).await;
    let token = token(&gateway).await;
    let file: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
    let mut form =
        b"--b\r\nContent-Disposition: form-data; name=\"media\"; filename=\"\xe5\x9b\xbe.png\"\r\n\r\n".to_vec();
    form.extend(&file);
    form.extend(b"\r\n--b--\r\n");
    let path = format!("/cgi-bin/media/upload?access_token={token}&type=file");
    let request =
        Request::new(gateway.address, "POST", &path).header("content-type", "multipart/form-data; boundary=b");
    let answer = request.body(form.clone()).send().await;
    assert_eq!((answer.status, &answer.json()["errcode"]), (200, &json!(0)));
    let seen = upstream.last();
    assert!(seen.body == form && seen.head.contains("multipart/form-data; boundary=b"));
    assert_eq!(seen.target, "POST /cgi-bin/media/upload?access_token=the-platforms-own-token&type=file");

    upstream.answer("/cgi-bin/media/get", "200 OK", "image/png", &file);
    let path = format!("/cgi-bin/media/get?media_id=m1&access_token={token}");
    let answer = Request::new(gateway.address, "GET", &path).send().await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("image/png")));
    assert!(answer.body == file);
    gateway.stop().await;
}

#[tokio::test]
async fn what_the_platform_answers_is_what_the_caller_gets() {
    let upstream = Upstream::start().await;
    let gateway = open(&upstream).await;
    let token = token(&gateway).await;
    let path = format!("/cgi-bin/user/get?access_token={token}&userid=li");
    for (status, kind, body) in [
        ("200 OK", "application/json", &br#"{"errcode":60111,"errmsg":"userid not found, hint: [1]"}"#[..]),
        ("502 Bad Gateway", "text/html", b"<html>upstream</html>"),
        ("302 Found", "text/plain", b""),
    ] {
        upstream.answer("/cgi-bin/user/get", status, kind, body);
        let answer = Request::new(gateway.address, "GET", &path).send().await;
        assert_eq!((answer.status.to_string().as_str(), answer.body.as_slice()), (&status[..3], body));
        assert_eq!(answer.header("location"), None);
    }
    // A refused token is refreshed once inside; refused again, the caller hears it.
    let before = upstream.seen().len();
    upstream.answer("/cgi-bin/user/get", "200 OK", "application/json", br#"{"errcode":42001,"errmsg":"expired"}"#);
    let answer = Request::new(gateway.address, "GET", &path).send().await;
    assert_eq!((answer.json()["errcode"].as_i64(), upstream.seen().len() - before), (Some(42_001), 2));
    gateway.stop().await;
}

#[tokio::test]
async fn a_body_over_the_limit_and_a_platform_that_is_away_are_said_in_its_words() {
    let upstream = Upstream::start().await;
    let gateway = open(&upstream).await;
    let token = token(&gateway).await;
    let path = format!("/cgi-bin/message/send?access_token={token}");
    let answer = Request::new(gateway.address, "POST", &path).body(vec![b' '; 2 << 20]).send().await;
    assert_eq!((answer.status, &answer.json()["errcode"]), (200, &json!(45_002)));
    let answer = Request::new(gateway.address, "DELETE", &path).send().await;
    assert_eq!(answer.json()["errcode"], 40_058);
    gateway.stop().await;
}

#[tokio::test]
async fn the_paths_can_be_switched_off() {
    let upstream = Upstream::start().await;
    let config = config(&upstream, "[official]\nenabled = false\n");
    let accounts = config.open_accounts().unwrap();
    let gateway = TestGateway::start_on(config, accounts).await;
    let answer = Request::new(gateway.address, "GET", "/cgi-bin/gettoken?corpid=a&corpsecret=b").send().await;
    assert_eq!(answer.problem().0, 404);
    gateway.stop().await;
}

#[tokio::test]
async fn a_robot_and_a_chat_of_wecom_are_reached_through_the_outbox() {
    let upstream = Upstream::start().await;
    let more = format!(
        "[accounts.webot]\nchannel = \"wecom-robot\"\nkey = \"robotkey\"\nbase_url = \"http://{}\"\n",
        upstream.address
    );
    let config = config(&upstream, &more);
    let accounts = config.open_accounts().unwrap();
    let gateway = TestGateway::start_on(config, accounts).await;
    let said = json!({"msgtype": "markdown", "markdown": {"content": "**慢**"}});
    for key in ["robotkey", gateway.admin.as_str()] {
        let path = format!("/cgi-bin/webhook/send?key={key}");
        let answer = Request::new(gateway.address, "POST", &path).body(said.to_string()).send().await;
        assert_eq!((answer.status, &answer.json()["errcode"]), (200, &json!(0)), "{}", answer.text());
        assert_eq!(upstream.last().target, "POST /cgi-bin/webhook/send?key=robotkey");
        assert_eq!(serde_json::from_slice::<serde_json::Value>(&upstream.last().body).unwrap(), said);
    }
    let empty = Request::new(gateway.address, "POST", "/cgi-bin/webhook/send?key=robotkey").body("{}").send().await;
    assert_eq!(empty.json()["errcode"], 40_008, "{}", empty.text());
    let before = upstream.seen().len();
    let long =
        r#"{"msgtype":"news","news":{"articles":[{"title":"t","url":"https://a.cn","n":123456789012345678901}]}}"#;
    let refused = Request::new(gateway.address, "POST", "/cgi-bin/webhook/send?key=robotkey").body(long).send().await;
    assert_ne!(refused.json()["errcode"], 0, "{}", refused.text());
    assert_eq!(upstream.seen().len(), before, "a number that would be rounded is not sent");

    let token = token(&gateway).await;
    // What is only passed on is not read at all.
    let member = r#"{"userid": "li", "extattr": {"n": 123456789012345678901.50}}"#;
    let path = format!("/cgi-bin/user/update?access_token={token}");
    Request::new(gateway.address, "POST", &path).body(member).send().await;
    assert_eq!(std::str::from_utf8(&upstream.last().body).unwrap(), member);
    let words = json!({"chatid": "duty1", "msgtype": "text", "text": {"content": "群里好"}, "safe": 0});
    let path = format!("/cgi-bin/appchat/send?access_token={token}");
    let answer = Request::new(gateway.address, "POST", &path).body(words.to_string()).send().await;
    assert_eq!(answer.json(), json!({"errcode": 0, "errmsg": "ok"}));
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&upstream.last().body).unwrap(), words);
    let newest = gateway.get("/v1/messages?limit=1").await.json();
    assert_eq!(newest["messages"][0]["state"], "sent", "{newest}");
    gateway.stop().await;
}
