//! `hongyan http` and `hongyan mail`: the functions from a shell.

use crate::{
    commands::{code, json},
    stage::HONGYAN,
};
use hongyan_sandbox::smtp::{Smtp, SmtpOptions};
use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener},
    process::{Command, Output, Stdio},
    sync::{Arc, Mutex},
    thread,
};

fn run(args: &[&str], input: &str) -> Output {
    let mut child = Command::new(HONGYAN)
        .args(args)
        .env("MAIL_PASSWORD", "canary-password")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

/// Answers each connection's one request, whatever it is, and keeps what it heard. An empty answer hangs up.
fn server(answer: &'static str) -> (SocketAddr, Arc<Mutex<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let heard = Arc::new(Mutex::new(String::new()));
    let kept = Arc::clone(&heard);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut bytes = [0; 8192];
            let length = stream.read(&mut bytes).unwrap();
            *kept.lock().unwrap() = String::from_utf8_lossy(&bytes[..length]).into_owned();
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    (address, heard)
}

#[test]
fn an_answer_is_printed_as_body_with_its_head_or_as_the_functions_result() {
    let (address, heard) = server("HTTP/1.1 404 Not Here\r\nX-oDD: 1\r\nContent-Length: 4\r\n\r\ngone");
    let url = format!("{address}/x");
    let plain = run(&["http", "get", &url, "--param", "name=鸿雁 1", "--param", "id=2", "--allow-private"], "");
    assert_eq!((code(&plain), plain.stdout.as_slice()), (0, b"gone".as_slice()), "{plain:?}");
    assert!(heard.lock().unwrap().starts_with("GET /x?name=%E9%B8%BF%E9%9B%81%201&id=2 HTTP/1.1\r\n"));

    let head = run(&["http", "get", &url, "-i", "--dangerous-private-addresses"], "");
    assert!(head.stdout.starts_with(b"HTTP/1.1 404 Not Here\r\nX-oDD: 1\r\n"), "{head:?}");
    let result = json(&run(&["--json", "http", "delete", &url, "--allow-private"], ""));
    assert_eq!((&result["responseCode"], &result["text"]), (&404.into(), &"gone".into()));
    assert!(result["elapsed"].as_f64().is_some_and(|it| it > 0.0) && result["headers"].is_string());
    let failed = run(&["http", "get", &url, "--allow-private", "--fail"], "");
    assert_eq!((code(&failed), failed.stdout.as_slice()), (1, b"gone".as_slice()));
}

#[test]
fn a_body_comes_from_the_command_line_or_standard_input() {
    let (address, heard) = server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    let url = address.to_string();
    let header = "Content-Type: application/json";
    for (data, input) in [("{\"a\":1}", ""), ("-", "{\"a\":1}")] {
        let said = run(&["http", "post", &url, "--data", data, "-H", header, "--allow-private"], input);
        assert_eq!(code(&said), 0, "{said:?}");
        let heard = heard.lock().unwrap();
        assert!(
            heard.contains("\r\nContent-Type: application/json\r\n") && heard.ends_with("\r\n\r\n{\"a\":1}"),
            "{heard}"
        );
    }
}

#[test]
fn exit_codes_tell_refusal_usage_and_the_unknown_apart() {
    let (address, _) = server("");
    let url = format!("{address}/?token=canary");
    for (args, expected) in [
        (vec!["http", "get", &url], 1),
        (vec!["http", "get", &url, "--allow-private"], 1),
        (vec!["http", "post", &url, "--allow-private"], 3),
        (vec!["http", "get", "ftp://a.example/"], 2),
        (vec!["http", "head", &url], 2),
        (vec!["http", "get", &url, "--param", "canary"], 2),
        (vec!["http", "get", &url, "--proxy", "http://li:canary@127.0.0.1:1"], 2),
        (vec!["mail", "--from", "li@qq.com", "--to", "a@example.com", "--subject", "s", "--body", "b"], 2),
        (
            vec![
                "mail",
                "--from",
                "li@x.example",
                "--password-env",
                "MAIL_PASSWORD",
                "--to",
                "a@example.com",
                "--subject",
                "s",
                "--body",
                "b",
            ],
            2,
        ),
    ] {
        let said = run(&args, "");
        assert_eq!(code(&said), expected, "{args:?} {said:?}");
        let words = String::from_utf8_lossy(&said.stderr);
        assert!(!words.is_empty() && !words.contains("token=canary") && !words.contains("li:canary"), "{words}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_is_sent_from_a_shell() {
    let mut options = SmtpOptions::new("127.0.0.1:0".parse().unwrap(), Arc::new(|| 1_796_090_400_000));
    options.username = "alarm@sandbox.example".into();
    options.password = "canary-password".into();
    let smtp = Smtp::start(options).await.unwrap();
    let ca = std::env::temp_dir().join(format!("hongyan-cli-mail-{}.pem", std::process::id()));
    std::fs::write(&ca, smtp.ca_pem()).unwrap();
    let (place, ca_path) = (smtp.address().to_string(), ca.to_str().unwrap().to_owned());
    let send = |more: &[&str], input: &str| {
        let mut args = vec!["--json", "mail", "--from", "alarm@sandbox.example", "--password-env", "MAIL_PASSWORD"];
        args.extend(["--to", "li@example.com", "--to", "wang@example.com", "--server", &place, "--ca", &ca_path]);
        args.push("--allow-private");
        args.extend(more);
        run(&args, input)
    };
    let said = send(&["--subject", "磁盘将满", "--body", "-"], "剩余 5%\n");
    assert_eq!(code(&said), 0, "{said:?}");
    let result = json(&said);
    assert_eq!(
        (&result["responseCode"], &result["recipient"]),
        (&250.into(), &"li@example.com wang@example.com".into())
    );
    assert_eq!(smtp.inbox()[0].subject, "磁盘将满");
    let msg = "From: alarm@sandbox.example\nTo: li@example.com, wang@example.com\nSubject: 原文\n\n正文\n";
    assert_eq!(code(&send(&["--msg", "-"], msg)), 0);
    assert_eq!(smtp.inbox()[1].subject, "原文");
    smtp.refuse("wang@*", 550, "5.1.1 no such mailbox");
    let refused = send(&["--subject", "s", "--body", "b"], "");
    assert_eq!(code(&refused), 1);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("wang@example.com"), "{refused:?}");
    assert_eq!(smtp.inbox().len(), 2);
    std::fs::remove_file(ca).unwrap();
}
