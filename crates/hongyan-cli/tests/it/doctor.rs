//! `hongyan doctor`: one injected misconfiguration, one named cause.

use crate::{
    commands::{code, json},
    stage::{Stage, text},
};
use hongyan_sandbox::smtp::{Smtp, SmtpOptions};
use serde_json::{Value, json as j};
use std::{
    io::{Read, Write},
    net::TcpListener,
};

/// What the doctor says of one account, after a change to the configuration's text.
fn examined(stage: &Stage, account: &str, change: impl Fn(&str) -> String, env: &[(&str, &str)]) -> Value {
    let file = stage.folder.0.join("hongyan.toml");
    let whole = std::fs::read_to_string(&file).unwrap();
    let changed = stage.folder.0.join("changed.toml");
    std::fs::write(&changed, change(&whole)).unwrap();
    let mut command = stage.command();
    command.env("HONGYAN_CONFIG", &changed).envs(env.iter().copied());
    let output = command.args(["--json", "doctor", "--account", account]).output().unwrap();
    let said = json(&output);
    assert_eq!(code(&output) == 0, said["ok"] == true, "{said}");
    assert!(!said.to_string().contains("canary"), "{said}");
    said["accounts"][0].clone()
}

/// The check that failed (it is the last one) and its code.
#[track_caller]
fn cause(account: &Value) -> (String, String, String) {
    let checks = account["checks"].as_array().unwrap();
    let wrong: Vec<&Value> = checks.iter().filter(|check| check["ok"] == false).collect();
    assert_eq!(wrong.len(), 1, "one cause: {account}");
    let last = checks.last().unwrap();
    assert_eq!(last["ok"], false, "the course ends at the cause: {account}");
    for member in ["cause", "cause_zh", "remedy", "remedy_zh"] {
        assert!(last[member].as_str().is_some_and(|text| !text.is_empty()), "{member}: {last}");
    }
    (text(last, "/check"), text(last, "/code"), last.to_string())
}

fn same(text: &str) -> String {
    text.to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn all_is_well_with_the_sandbox_and_nobody_was_sent_anything() {
    let stage = Stage::dark("").await;
    let output = stage.command().args(["doctor"]).output().unwrap();
    let shown = String::from_utf8_lossy(&output.stdout);
    assert_eq!(code(&output), 0, "{output:?}");
    for part in ["credentials 凭证", "application 应用", "agent id", "STARTTLS"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert_eq!(stage.inspect("").await["messages"], 0);
    assert_eq!(code(&stage.command().args(["doctor", "--account", "nobody"]).output().unwrap()), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_or_missing_secret_is_the_cause() {
    let stage = Stage::dark("").await;
    for (account, name) in [("ding", "TEST_DING"), ("wecom", "TEST_WECOM"), ("mail", "TEST_MAIL")] {
        let said = examined(&stage, account, same, &[(name, "canary-wrong")]);
        let (check, _, whole) = cause(&said);
        assert_eq!(check, "credentials", "{whole}");
        let (check, _, whole) = cause(&examined(&stage, account, same, &[(name, "")]));
        assert_eq!(check, "secret");
        assert!(whole.contains(name), "{whole}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_mail_password_comes_with_the_providers_hint() {
    let stage = Stage::dark("").await;
    let change = |text: &str| text.replace("sandbox@example.com", "robot@163.com");
    let (check, code, whole) = cause(&examined(&stage, "mail", change, &[]));
    assert_eq!(check, "credentials", "{code}");
    assert!(whole.contains("authorization code") && whole.contains("授权码"), "{whole}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_agent_id_is_the_cause() {
    let stage = Stage::dark("").await;
    let known = stage.sandbox.credentials();
    for (account, platform, far) in [("ding", "dingtalk", 9), ("wecom", "wecom", 1), ("wecom", "wecom", 9)] {
        let right = known[platform]["agent_id"].as_i64().unwrap();
        let change = |text: &str| text.replace(&format!("agent_id = {right}"), &format!("agent_id = {}", right + far));
        let (check, _, whole) = cause(&examined(&stage, account, change, &[]));
        assert_eq!(check, "application", "{whole}");
        assert!(whole.contains(&format!("agent id {} is not", right + far)), "{whole}");
    }
    assert_eq!(stage.inspect("").await["messages"], 0, "nothing was sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_host_is_the_cause() {
    let stage = Stage::dark("").await;
    let base = stage.sandbox.base();
    for (elsewhere, expected) in [
        ("http://127.0.0.1:1", ("network", "net.connect")),
        ("https://nobody.invalid", ("network", "dns")),
        // Secrets do not leave this machine in the open unless that is said.
        ("http://nobody.invalid", ("configuration", "configuration")),
        ("http://nobody.invalid\"\ndangerous_plain_http = true\n# \"", ("network", "dns")),
        ("nowhere", ("configuration", "configuration")),
        (&base.replace("http:", "https:"), ("tls", "net.tls")),
    ] {
        let said = examined(&stage, "wecom", |text| text.replace(&base, elsewhere), &[]);
        let (check, code, whole) = cause(&said);
        assert_eq!((check.as_str(), code.as_str()), expected, "{whole}");
    }
    let port = text(&stage.sandbox.credentials(), "/smtp/address").rsplit_once(':').unwrap().1.to_owned();
    let change = |text: &str| text.replace(&format!("port = {port}"), "port = 1");
    assert_eq!(cause(&examined(&stage, "mail", change, &[])).1, "net.connect");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_untrusted_address_is_named_as_the_platform_sees_it() {
    let stage = Stage::dark("").await;
    let elsewhere = j!({"wecom_trusted_ips": ["10.9.9.9"], "dingtalk_trusted_ips": ["10.9.9.9"]});
    stage.tell("settings", &elsewhere).await;
    for account in ["ding", "wecom"] {
        let (check, code, whole) = cause(&examined(&stage, account, same, &[]));
        assert_eq!((check.as_str(), code.as_str()), ("application", "60020"), "{whole}");
        assert!(whole.contains("add 127.0.0.1 to"), "{whole}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_token_a_permission_and_a_wrong_platform_are_told_apart() {
    let stage = Stage::dark("").await;
    stage.order_fault("token_revoked:/auth/scopes");
    let (check, code, whole) = cause(&examined(&stage, "ding", same, &[]));
    assert_eq!((check.as_str(), code.as_str()), ("application", "40014"), "{whole}");
    for refusal in ["60011", "48002"] {
        stage.order_fault(&format!("code={refusal}:/cgi-bin/message/send:1"));
        let (check, code, whole) = cause(&examined(&stage, "wecom", same, &[]));
        assert_eq!((check.as_str(), code.as_str()), ("application", refusal), "{whole}");
    }
    stage.order_fault("html_200:/cgi-bin/gettoken:1");
    let (check, code, _) = cause(&examined(&stage, "wecom", same, &[]));
    assert_eq!((check.as_str(), code.as_str()), ("credentials", "net.not_json"));
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_that_begins_otherwise_than_configured_is_the_cause() {
    let stage = Stage::dark("").await;
    let implicit = |text: &str| text.replace("channel = \"mail\"", "channel = \"mail\"\ntls = \"implicit\"");
    let (check, code, whole) = cause(&examined(&stage, "mail", implicit, &[]));
    assert_eq!((check.as_str(), code.as_str()), ("tls", "tls_mode"), "{whole}");
    assert!(whole.contains("set tls = \\\"starttls\\\""), "{whole}");

    let options = SmtpOptions::new("127.0.0.1:0".parse().unwrap(), std::sync::Arc::new(|| 0));
    let other = Smtp::start(SmtpOptions { implicit_tls: true, ..options.clone() }).await.unwrap();
    let port = text(&stage.sandbox.credentials(), "/smtp/address").rsplit_once(':').unwrap().1.to_owned();
    let there = |smtp: &Smtp| {
        let to = format!("port = {}", smtp.address().port());
        let from = format!("port = {port}");
        move |text: &str| text.replace(&from, &to)
    };
    let (check, code, whole) = cause(&examined(&stage, "mail", there(&other), &[]));
    assert_eq!((check.as_str(), code.as_str()), ("tls", "tls_mode"), "{whole}");
    assert!(whole.contains("set tls = \\\"implicit\\\""), "{whole}");

    let plain = Smtp::start(SmtpOptions { offer_starttls: false, ..options.clone() }).await.unwrap();
    assert_eq!(cause(&examined(&stage, "mail", there(&plain), &[])).1, "smtp.no_starttls");
    // Another server's certificate is of an authority that the account does not trust.
    let foreign = Smtp::start(options).await.unwrap();
    let (check, code, whole) = cause(&examined(&stage, "mail", there(&foreign), &[]));
    assert_eq!((check.as_str(), code.as_str()), ("tls", "net.untrusted"), "{whole}");
    assert!(whole.contains("was issued by CN="), "{whole}");
}

/// A server whose certificate is `pair`'s: certificate and key. Its port; it answers everything with an empty object.
fn encrypted(certificate: &rcgen::Certificate, key: &rcgen::KeyPair) -> u16 {
    use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned, crypto::ring, pki_types::PrivateKeyDer};
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let config = ServerConfig::builder_with_provider(std::sync::Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    let config = std::sync::Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = ServerConnection::new(std::sync::Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(connection, stream.unwrap());
            if stream.read(&mut [0; 4096]).is_ok_and(|size| size > 0) {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}");
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        }
    });
    port
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_that_is_not_trusted_is_named_and_how_to_trust_it() {
    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
    let stage = Stage::dark("").await;
    let base = stage.sandbox.base();
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, "示例公司 Inspection CA");
    let authority = stage.folder.0.join("company-ca.pem");
    std::fs::write(&authority, params.self_signed(&key).unwrap().pem()).unwrap();
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().unwrap();
    let names = vec!["localhost".into()];
    let port = encrypted(&CertificateParams::new(names.clone()).unwrap().signed_by(&key, &issuer).unwrap(), &key);
    let there = |more: &str| {
        let keys = format!("\"https://localhost:{port}\"\n{more}");
        let from = format!("\"{base}\"");
        move |text: &str| text.replace(&from, &keys)
    };

    let (check, code, whole) = cause(&examined(&stage, "wecom", there(""), &[]));
    assert_eq!((check.as_str(), code.as_str()), ("tls", "net.untrusted"), "{whole}");
    for part in ["CN=示例公司 Inspection CA", "ca_file", "SSL_CERT_FILE"] {
        assert!(whole.contains(part), "{part}: {whole}");
    }
    // Trusted, the course goes on to the login, which that server knows nothing of.
    let path = authority.to_str().unwrap();
    let trusted = |more: &str, env: &[(&str, &str)]| cause(&examined(&stage, "wecom", there(more), env)).0;
    assert_eq!(trusted(&format!("ca_file = {path:?}"), &[]), "credentials");
    assert_eq!(trusted("", &[("SSL_CERT_FILE", path)]), "credentials");

    let key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(names).unwrap().self_signed(&key).unwrap();
    std::fs::write(&authority, own.pem()).unwrap();
    let port = encrypted(&own, &key);
    let there = |more: &str| {
        let (from, to) = (format!("\"{base}\""), format!("\"https://localhost:{port}\"\n{more}"));
        move |text: &str| text.replace(&from, &to)
    };
    let (_, code, whole) = cause(&examined(&stage, "wecom", there(""), &[]));
    assert!(code == "net.untrusted" && whole.contains("signed by itself"), "{whole}");
    let said = examined(&stage, "wecom", there(&format!("ca_file = {path:?}")), &[]);
    assert_eq!(cause(&said).0, "credentials", "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_off_is_the_cause() {
    let stage = Stage::dark("").await;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let late = format!("http://{}", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        // The first connection is the look whether anybody listens.
        for stream in listener.incoming().take(2) {
            let mut stream = stream.unwrap();
            let mut head = [0; 1024];
            if stream.read(&mut head).unwrap_or(0) > 0 {
                let reply = "HTTP/1.1 200 OK\r\ndate: Sun, 01 Nov 2015 09:00:00 GMT\r\ncontent-length: 2\r\n\r\n{}";
                stream.write_all(reply.as_bytes()).unwrap();
            }
        }
    });
    let base = stage.sandbox.base();
    let (check, code, whole) = cause(&examined(&stage, "wecom", |text| text.replace(&base, &late), &[]));
    assert_eq!((check.as_str(), code.as_str()), ("clock", "clock"), "{whole}");
    server.join().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn each_guard_of_a_robot_is_a_cause_of_its_own() {
    let stage = Stage::dark("").await;
    let known = stage.sandbox.credentials();
    let base = stage.sandbox.base();
    let account = |channel: &str, keys: &str| {
        let section = format!("[accounts.robot]\nchannel = \"{channel}\"\nbase_url = \"{base}\"\n{keys}\n");
        move |text: &str| format!("{text}{section}")
    };
    let (token, secret) = (text(&known, "/dingtalk/robot/access_token"), text(&known, "/dingtalk/robot/secret"));
    let ding = |token: &str, more: &str| account("dingtalk-robot", &format!("access_token = \"{token}\"\n{more}"));
    let said = examined(&stage, "robot", ding(&token, &format!("secret = \"{secret}\"")), &[]);
    assert_eq!(said["ok"], true, "{said}");
    for (secret, code) in [("", "robot.signature"), ("secret = \"SECcanary\"", "robot.signature")] {
        let (check, got, whole) = cause(&examined(&stage, "robot", ding(&token, secret), &[]));
        assert_eq!((check.as_str(), got.as_str()), ("answer", code), "{whole}");
    }
    assert_eq!(cause(&examined(&stage, "robot", ding("canary", ""), &[])).1, "300005");

    let made = http::Request::post(format!("{base}/sandbox/robots"));
    let made = made.body(j!({"keyword": "告警"}).to_string().into()).unwrap();
    let made: Value = serde_json::from_slice(&stage.http.send(made).await.unwrap().body).unwrap();
    let worded = text(&made, "/access_token");
    assert_eq!(cause(&examined(&stage, "robot", ding(&worded, ""), &[])).1, "robot.keyword");
    let said = examined(&stage, "robot", ding(&worded, "keyword = \"告警\""), &[]);
    assert_eq!(said["ok"], true, "{said}");

    let wecom = |key: &str| account("wecom-robot", &format!("key = \"{key}\""));
    let said = examined(&stage, "robot", wecom(&text(&known, "/wecom/robot/key")), &[]);
    assert_eq!(said["ok"], true, "{said}");
    assert_eq!(cause(&examined(&stage, "robot", wecom("canary"), &[])).1, "93000");
    assert_eq!(stage.inspect("").await["messages"], 0, "nothing was said");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_is_not_there_or_lets_nothing_through_is_the_cause() {
    let stage = Stage::dark("").await;
    let base = stage.sandbox.base();
    let through = |proxy: &str| {
        let (from, to) = (base.clone(), format!("https://platform.invalid\"\nproxy = \"{proxy}"));
        move |text: &str| text.replacen(&from, &to, 2).replacen(&to, &from, 1)
    };
    let (check, code, whole) = cause(&examined(&stage, "wecom", through("http://127.0.0.1:1"), &[]));
    assert_eq!((check.as_str(), code.as_str()), ("network", "proxy"), "{whole}");
    let (check, _, whole) = cause(&examined(&stage, "wecom", through("https://nowhere"), &[]));
    assert!(
        check == "configuration" && whole.contains("proxy: is not of the form http://[USER:PASSWORD@]HOST:PORT"),
        "{whole}"
    );

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = std::thread::spawn(move || {
        for stream in listener.incoming().take(2) {
            let mut stream = stream.unwrap();
            let mut head = [0; 1024];
            if stream.read(&mut head).unwrap_or(0) > 0 {
                stream.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n").unwrap();
            }
        }
    });
    let (check, code, whole) = cause(&examined(&stage, "wecom", through(&format!("http://ops:canary@{address}")), &[]));
    assert_eq!((check.as_str(), code.as_str()), ("tls", "net.proxy"), "{whole}");
    server.join().unwrap();
}
