//! Files: handed in, named, handed on to the platform once.

use crate::{CONFIG, TestGateway, account, fake::Desk, fake::FakeChannel, until};
use hongyan_core::{FileStore, Ledger};
use hongyan_gateway::Config;
use serde_json::json;
use std::{collections::BTreeMap, sync::Arc};

/// A gateway and what the platforms behind `ding` and `mail` have seen.
async fn stage(config: &str) -> (TestGateway, Arc<Desk>, Arc<Desk>) {
    let (people, mailboxes) = (FakeChannel::people(), FakeChannel::mailboxes());
    let desks = (Arc::clone(&people.desk), Arc::clone(&mailboxes.desk));
    let accounts = BTreeMap::from([account("ding", people), account("mail", mailboxes)]);
    let config = Config::parse(config, None, []).unwrap();
    (TestGateway::start_on(config, accounts).await, desks.0, desks.1)
}

fn image(id: &str, to: &str) -> String {
    json!({"to": [{"userid": to}], "via": ["ding"], "content": {"image": {"media": id}}}).to_string()
}

fn seen(list: &std::sync::Mutex<Vec<String>>) -> Vec<String> {
    list.lock().unwrap().clone()
}

#[tokio::test]
async fn a_file_comes_back_as_it_was_handed_in() {
    let (gateway, ..) = stage(CONFIG).await;
    let raw = gateway.request("POST", "/v1/media?name=%E7%A3%81%E7%9B%98.png").body([0, 255, 7]).send().await;
    assert_eq!(raw.status, 201);
    let row = raw.json();
    assert_eq!(
        (&row["name"], &row["media_type"], &row["size_bytes"]),
        (&json!("磁盘.png"), &json!("image/png"), &json!(3))
    );
    let id = row["id"].as_str().unwrap();
    assert_eq!(gateway.get(&format!("/v1/media/{id}")).await.json(), row);
    let content = gateway.get(&format!("/v1/media/{id}/content")).await;
    assert_eq!(content.body, [0, 255, 7]);
    assert_eq!(content.header("content-type"), Some("application/octet-stream"), "never what a browser would run");
    assert_eq!(content.header("content-disposition"), Some("attachment; filename*=UTF-8''%E7%A3%81%E7%9B%98.png"));

    let form = "--x\r\ncontent-disposition: form-data; name=\"note\"\r\n\r\nhi\r\n--x\r\ncontent-disposition: form-data; \
                name=\"f\"; filename=\"a.txt\"\r\ncontent-type: text/plain\r\n\r\nabc\r\n--x--\r\n";
    let kind = ("content-type", "multipart/form-data; boundary=x");
    let formed = gateway.request("POST", "/v1/media").header(kind.0, kind.1).body(form).send().await;
    assert_eq!(
        (formed.status, &formed.json()["name"], &formed.json()["size_bytes"]),
        (201, &json!("a.txt"), &json!(3))
    );
    let again = gateway.request("POST", "/v1/media?name=a.txt").header("content-type", "text/plain").body("abc").send();
    assert_eq!(again.await.json()["id"], formed.json()["id"], "equal files are one");

    let page = gateway.get("/v1/media?limit=1").await.json();
    assert_eq!(page["files"].as_array().unwrap().len(), 1);
    let next = gateway.get(&format!("/v1/media?cursor={}", page["next_cursor"].as_str().unwrap())).await.json();
    assert_eq!((next["files"].as_array().unwrap().len(), &next["next_cursor"]), (1, &json!(null)));
}

#[tokio::test]
async fn what_is_no_file_is_refused() {
    let config = CONFIG.replace("[server]", "[server]\nmax_file_bytes = 1000");
    let (gateway, ..) = stage(&config).await;
    let big = vec![7; 1_001];
    let parted =
        |part: &str| format!("--x\r\ncontent-disposition: form-data; {part}\r\n\r\nabc\r\n--x--\r\n").into_bytes();
    let form = Some("multipart/form-data; boundary=x");
    for (query, kind, body, status, field) in [
        ("", None, b"a".to_vec(), 400, Some("name")),
        ("?name=a&name=b", None, b"a".to_vec(), 400, Some("name")),
        ("?nme=a", None, b"a".to_vec(), 400, Some("nme")),
        ("?name=", None, b"a".to_vec(), 422, Some("name")),
        ("?name=a%2Fb.png", None, b"a".to_vec(), 422, Some("name")),
        ("?name=..%5Cb", None, b"a".to_vec(), 422, Some("name")),
        ("?name=a%0D%0Ab", None, b"a".to_vec(), 422, Some("name")),
        ("?name=a", Some("picture"), b"a".to_vec(), 422, Some("content-type")),
        ("?name=a", None, Vec::new(), 422, None),
        ("?name=a", None, big.clone(), 413, None),
        ("", form, parted("name=\"f\"; filename=\"../a\""), 422, Some("name")),
        ("", form, parted("name=\"f\""), 422, None),
        ("", form, b"nothing of the sort".to_vec(), 422, None),
        ("", Some("multipart/form-data"), parted("name=\"f\"; filename=\"a\""), 422, None),
        ("", form, parted(&format!("name=\"f\"; filename=\"a\"\r\n\r\n{}", "x".repeat(1_000))), 413, None),
    ] {
        let mut request = gateway.request("POST", &format!("/v1/media{query}"));
        if let Some(kind) = kind {
            request = request.header("content-type", kind);
        }
        let (got, _, at) = request.body(body).send().await.problem();
        assert_eq!((got, at.as_deref()), (status, field), "{query} {kind:?}");
    }
    for path in ["/v1/media/f000000000000000000000000", "/v1/media/..%2F..%2Fetc", "/v1/media/x/content"] {
        assert_eq!(gateway.get(path).await.problem().0, 404, "{path}");
    }
    for query in ["limit=0", "limit=1001", "cursor=x", "order=name"] {
        assert_eq!(gateway.get(&format!("/v1/media?{query}")).await.problem().0, 400, "{query}");
    }
    assert!(gateway.store.files(None, 9).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_hundred_megabytes_are_refused_and_the_gateway_goes_on() {
    let (gateway, ..) = stage(CONFIG).await;
    let huge = gateway.request("POST", "/v1/media?name=a").body(vec![7; 100 << 20]).send().await;
    assert_eq!(huge.problem().0, 413);
    gateway.put_file("a", b"small").await;
}

#[tokio::test]
async fn a_file_is_uploaded_once_and_used_again() {
    let (gateway, desk, _) = stage(CONFIG).await;
    let id = gateway.put_file("disk.png", b"1234").await;
    for person in ["li", "wang"] {
        assert_eq!(gateway.settled(&image(&id, person)).await["state"], "sent");
    }
    let as_file = json!({"to": [{"userid": "li"}], "via": ["ding"], "content": {"file": {"media": id}}});
    assert_eq!(gateway.settled(&as_file.to_string()).await["state"], "sent");
    assert_eq!(seen(&desk.uploads), ["image disk.png 4", "file disk.png 4"], "once per form");
    assert_eq!(seen(&desk.calls), ["@1", "@1", "@2"]);
}

#[tokio::test]
async fn deliveries_at_once_share_one_upload() {
    let (gateway, desk, _) = stage(CONFIG).await;
    let id = gateway.put_file("disk.png", b"1234").await;
    let messages: Vec<_> = (0..20)
        .map(|n| json!({"to": [{"userid": format!("p{n}")}], "via": ["ding"], "content": {"image": {"media": id}}}))
        .collect();
    let answer = gateway.post("/v1/messages/batch", &json!(messages).to_string()).await;
    assert_eq!(answer.json()["accepted"], 20);
    let sent = |answer: &crate::http::Answer| answer.json()["messages"].as_array().unwrap().len() == 20;
    until(async || gateway.get("/v1/messages?state=sent").await, sent).await;
    assert_eq!(seen(&desk.uploads).len(), 1);
    assert!(seen(&desk.calls).iter().all(|call| call == "@1"));
}

#[tokio::test]
async fn bytes_inside_a_message_are_kept_beside_it() {
    let (gateway, desk, mail) = stage(CONFIG).await;
    let body = json!({
        "to": [{"userid": "li"}, {"email": "li@example.com"}],
        "via": ["ding", "mail"],
        "content": {"file": {"base64": "AAECAw==", "name": "日报.pdf"}},
    });
    let message = gateway.settled(&body.to_string()).await;
    assert_eq!(message["state"], "sent", "{message}");
    let id = message["content"]["file"]["media"].as_str().unwrap();
    assert_eq!(message["content"], json!({"file": {"media": id, "name": "日报.pdf"}}), "the row never holds the bytes");
    let row = gateway.store.file_row(id).await.unwrap().unwrap();
    assert_eq!((row.name.as_str(), row.media_type.as_str(), row.size_bytes), ("日报.pdf", "application/pdf", 4));
    assert_eq!(seen(&desk.uploads), ["file 日报.pdf 4"]);
    assert_eq!(seen(&mail.calls), ["日报.pdf 4"], "carried");
    assert!(seen(&mail.uploads).is_empty());
}

#[tokio::test]
async fn a_platforms_own_id_goes_as_it_is() {
    let (gateway, desk, _) = stage(CONFIG).await;
    let body = json!({"to": [{"userid": "li"}], "via": ["ding"], "content": {"video": {"media_id": "@given"}}});
    assert_eq!(gateway.settled(&body.to_string()).await["state"], "sent");
    assert_eq!((seen(&desk.uploads).len(), seen(&desk.calls)), (0, vec!["@given".into()]));
    desk.lapsed.lock().unwrap().push("@old".into());
    let body = json!({"to": [{"userid": "li"}], "via": ["ding"], "content": {"image": {"media_id": "@old"}}});
    let message = gateway.settled(&body.to_string()).await;
    assert_eq!((&message["state"], seen(&desk.uploads).len()), (&json!("failed"), 0), "not ours to renew");
}

#[tokio::test]
async fn an_upload_that_the_platform_forgot_is_made_anew_once() {
    let (gateway, desk, _) = stage(CONFIG).await;
    let id = gateway.put_file("disk.png", b"1234").await;
    gateway.settled(&image(&id, "li")).await;
    desk.lapsed.lock().unwrap().push("@1".into());
    let message = gateway.settled(&image(&id, "wang")).await;
    assert_eq!(message["state"], "sent", "{message}");
    assert_eq!(seen(&desk.calls), ["@1", "@1", "@2"]);
    gateway.settled(&image(&id, "sun")).await;
    assert_eq!(seen(&desk.uploads).len(), 2, "the fresh one is used from then on");

    desk.lapsed.lock().unwrap().extend(["@2".into(), "@3".into()]);
    let message = gateway.settled(&image(&id, "zhao")).await;
    assert_eq!((&message["state"], seen(&desk.uploads).len()), (&json!("failed"), 3), "and no more than once");
    assert_eq!(message["deliveries"][0]["history"][0]["code"], "40007");
}

#[tokio::test]
async fn a_failed_upload_is_never_ambiguous() {
    let (gateway, desk, _) = stage(CONFIG).await;
    let lost = gateway.put_file("lost.png", b"1234").await;
    let message = gateway.settled(&image(&lost, "li")).await;
    assert_eq!(message["state"], "sent", "tried again: {message}");
    let history = &message["deliveries"][0]["history"];
    assert_eq!((&history[0]["code"], &history[0]["class"]), (&json!("net.lost"), &json!("retryable")));
    assert_eq!(message["deliveries"][0]["repeated"], false);
    assert_eq!(seen(&desk.calls).len(), 1);

    let refused = gateway.put_file("refused.png", b"1234").await;
    let message = gateway.settled(&image(&refused, "li")).await;
    assert_eq!(message["state"], "failed");
    let id = message["id"].as_str().unwrap();
    let row = &gateway.get(&format!("/v1/messages/{id}/recipients")).await.json()["recipients"][0];
    assert_eq!((&row["reason"]["code"], &row["advice"]["zh"]), (&json!("60011"), &json!("请授权")));
    assert_eq!(seen(&desk.calls).len(), 1, "nothing was sent");
}

#[tokio::test]
async fn a_file_that_is_gone_when_its_turn_comes_is_said_so() {
    let (gateway, desk, _) = stage(CONFIG).await;
    let id = gateway.put_file("disk.png", b"1234").await;
    let later = json!({
        "to": [{"userid": "li"}], "via": ["ding"], "content": {"image": {"media": id}},
        "send_at": "2099-01-01T00:00:00+08:00",
    });
    let waiting = gateway.post("/v1/messages", &later.to_string()).await.json()["id"].as_str().unwrap().to_owned();
    let far = hongyan_core::Time::from_millis(4_000_000_000_000);
    assert_eq!(gateway.store.forget_files(far, 9).await.unwrap(), 0, "a delivery waits for it");
    gateway.post(&format!("/v1/messages/{waiting}/cancel"), "").await;
    assert_eq!(gateway.store.forget_files(far, 9).await.unwrap(), 1);
    let waiting = waiting.parse().unwrap();
    gateway.store.retry(waiting, hongyan_core::Time::from_millis(0)).await.unwrap();
    let (status, _, field) = gateway.post("/v1/messages", &image(&id, "li")).await.problem();
    assert_eq!((status, field.as_deref()), (422, Some("content.image.media")));
    assert!(seen(&desk.calls).is_empty());
}

#[tokio::test]
async fn a_wrong_file_is_named_by_its_field() {
    let config = CONFIG.replace("[server]", "[server]\nmax_file_bytes = 1000");
    let (gateway, ..) = stage(&config).await;
    let id = gateway.put_file("disk.png", b"1234").await;
    let large = "AAAA".repeat(334);
    for (via, content, status, field) in [
        ("ding", json!({"image": {"media": "f000000000000000000000000"}}), 422, "content.image.media"),
        ("ding", json!({"image": {"media": id, "name": "other.png"}}), 422, "content.image.name"),
        ("ding", json!({"image": {"base64": "!!!!", "name": "a.png"}}), 422, "content.image.base64"),
        ("ding", json!({"image": {"base64": "AAE", "name": "a.png"}}), 422, "content.image.base64"),
        ("ding", json!({"image": {"base64": large, "name": "a.png"}}), 413, "content.image.base64"),
        ("ding", json!({"image": {"base64": "AAEC", "name": "a/b.png"}}), 422, "content.image"),
        ("ding", json!({"image": {"base64": "AAEC", "name": ".."}}), 422, "content.image.name"),
        ("ding", json!({"image": {"base64": "AAEC"}}), 422, "content.image"),
        ("ding", json!({"image": {"media": id, "base64": "AAEC", "name": "a"}}), 422, "content.image"),
        ("ding", json!({"video": {"media": id}}), 422, "content.video"),
        ("mail", json!({"title": "t", "image": {"media_id": "@1"}}), 422, "content.image.media_id"),
    ] {
        let to = if via == "mail" { json!({"email": "li@example.com"}) } else { json!({"userid": "li"}) };
        let body = json!({"to": [to], "via": [via], "content": content}).to_string();
        for path in ["/v1/messages", "/v1/messages/plan"] {
            let answer = gateway.post(path, &body).await;
            let (got, _, at) = answer.problem();
            assert_eq!((got, at.as_deref()), (status, Some(field)), "{content}");
            if field == "content.video" || field == "content.image.media_id" {
                assert!(answer.text().contains(&format!("account {via}")), "{}", answer.text());
            }
        }
    }
    assert_eq!(gateway.store.files(None, 9).await.unwrap().len(), 1, "what was refused left nothing behind");
}

#[tokio::test]
async fn a_plan_keeps_no_file() {
    let (gateway, ..) = stage(CONFIG).await;
    let body =
        json!({"to": [{"userid": "li"}], "via": ["ding"], "content": {"image": {"base64": "AAEC", "name": "a"}}});
    assert_eq!(gateway.post("/v1/messages/plan", &body.to_string()).await.status, 200);
    assert!(gateway.store.files(None, 9).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_key_for_one_account_sees_and_names_the_files_of_that_one_alone() {
    let (gateway, ..) = stage(CONFIG).await;
    let scopes = [hongyan_core::Scope::Send, hongyan_core::Scope::Read];
    let (ding, mail) = (gateway.key(&scopes, &["ding"]).await, gateway.key(&scopes, &["mail"]).await);
    let both = gateway.key(&scopes, &["mail", "ding"]).await;
    let address = gateway.address;
    let call = |key: &str, method: &str, path: &str| crate::http::Request::new(address, method, path).bearer(key);
    for key in [&ding, &mail, &both] {
        until(async || call(key, "GET", "/v1/media").send().await, |answer| answer.status == 200).await;
    }
    let put = async |key: &str, name: &str| {
        let answer = call(key, "POST", &format!("/v1/media?name={name}")).body("picture").send().await;
        answer.json()["id"].as_str().unwrap().to_owned()
    };
    let (of_ding, of_mail) = (put(&ding, "a.png").await, put(&mail, "b.png").await);
    let (of_both, of_admin) = (put(&both, "c.png").await, put(&gateway.admin, "d.png").await);
    let inline = json!({"to": [{"userid": "li"}], "via": ["ding"],
        "content": {"image": {"base64": "cGljdHVyZQ==", "name": "e.png"}}});
    gateway.settled(&inline.to_string()).await;
    let everything = gateway.get("/v1/media").await.json();
    let of_message = everything["files"].as_array().unwrap().iter().find(|row| row["name"] == "e.png").unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let all = [&of_ding, &of_mail, &of_both, &of_admin, &of_message];
    for (key, own) in [
        (&ding, vec![&of_ding, &of_message]),
        (&mail, vec![&of_mail]),
        (&both, vec![&of_ding, &of_mail, &of_both, &of_message]),
        (&gateway.admin, all.to_vec()),
    ] {
        let listed = call(key, "GET", "/v1/media").send().await.json();
        let mut listed: Vec<_> = listed["files"].as_array().unwrap().iter().map(|row| row["id"].clone()).collect();
        let mut expected: Vec<_> = own.iter().map(|id| json!(id)).collect();
        listed.sort_unstable_by_key(ToString::to_string);
        expected.sort_unstable_by_key(ToString::to_string);
        assert_eq!(listed, expected);
        for id in all {
            let status = if own.contains(&id) { 200 } else { 404 };
            assert_eq!(call(key, "GET", &format!("/v1/media/{id}")).send().await.status, status, "{id}");
            assert_eq!(call(key, "GET", &format!("/v1/media/{id}/content")).send().await.status, status, "{id}");
        }
    }
    // What a key may not see, it cannot send either: not as a picture, not as a table.
    for content in [json!({"image": {"media": of_mail}}), json!({"title": "t", "table": {"media": of_mail}})] {
        let message = json!({"to": [{"userid": "li"}], "via": ["ding"], "content": content}).to_string();
        let refused = call(&ding, "POST", "/v1/messages").body(message).send().await;
        assert_eq!(refused.status, 422, "{}", refused.text());
        assert!(refused.problem().2.is_some_and(|field| field.ends_with("media")), "{}", refused.text());
    }
    assert_eq!(call(&ding, "POST", "/v1/messages").body(image(&of_ding, "li")).send().await.status, 202);
    // Handed in again by another, the file is theirs too.
    assert_eq!(put(&mail, "a.png").await, of_ding);
    assert_eq!(call(&mail, "GET", &format!("/v1/media/{of_ding}")).send().await.status, 200);
    gateway.stop().await;
}
