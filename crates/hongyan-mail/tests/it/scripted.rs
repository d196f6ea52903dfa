//! Against servers that say exactly what the script says.

use crate::support::{LOGIN, PASSWORD, mail};
use hongyan_mail::{Mailer, MailerConfig, Tls};
use hongyan_net::Secret;
use std::{sync::Arc, time::Duration};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
    sync::Mutex,
};

type Received = Arc<Mutex<Vec<String>>>;

/// One connection per script. A script is the server's lines: each is written, then one line is awaited; `>` at the
/// head means to write without waiting, `data` to read up to the dot.
async fn server(scripts: &'static [&'static [&'static str]]) -> (MailerConfig, Received) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut config = MailerConfig::new("127.0.0.1", listener.local_addr().unwrap().port(), Tls::DangerousNone);
    config.timeout = Duration::from_secs(2);
    let heard = Received::default();
    let log = Arc::clone(&heard);
    tokio::spawn(async move {
        for script in scripts {
            let (stream, _) = listener.accept().await.unwrap();
            let mut stream = BufReader::new(stream);
            for line in *script {
                if *line == "data" {
                    let mut text = String::new();
                    while !text.ends_with("\r\n.\r\n") && stream.read_line(&mut text).await.unwrap() > 0 {}
                    continue;
                }
                let (wait, line) = line.strip_prefix('>').map_or((true, *line), |line| (false, line));
                let _ = stream.write_all(format!("{line}\r\n").as_bytes()).await;
                if wait {
                    let mut text = String::new();
                    if stream.read_line(&mut text).await.unwrap_or(0) > 0 {
                        log.lock().await.push(text.trim_end().to_owned());
                    }
                }
            }
        }
    });
    (config, heard)
}

fn with_login(mut config: MailerConfig) -> MailerConfig {
    config.username = Some(LOGIN.into());
    config.password = Some(Secret::new(PASSWORD));
    config
}

async fn outcome(config: MailerConfig) -> (String, String) {
    match Mailer::new(config).unwrap().send(LOGIN, &["li@example.com"], &mail("m@x.example")).await {
        Ok(sent) => (sent.reply_code, sent.reply),
        Err(failed) => (failed.fault.code().into(), failed.fault.class().name().into()),
    }
}

fn is(code: &str, rest: &str) -> (String, String) {
    (code.into(), rest.into())
}

#[tokio::test]
async fn an_old_server_that_knows_only_helo_takes_mail() {
    let (config, heard) =
        server(&[&["220 old", "502 what?", "250 hello", "250 ok", "250 ok", "354 go", "data", ">250 taken"]]).await;
    assert_eq!(outcome(config).await, is("250", "taken"));
    let heard = heard.lock().await.clone();
    assert_eq!(heard[..3], ["EHLO localhost", "HELO localhost", "MAIL FROM:<alarm@sandbox.example>"]);
}

#[tokio::test]
async fn what_is_not_a_mail_server_is_told() {
    let (config, _) = server(&[&[">HTTP/1.1 400 Bad Request"]]).await;
    assert_eq!(outcome(config).await, is("smtp.protocol", "retryable"));
}

#[tokio::test]
async fn a_login_is_never_attempted_where_none_is_offered() {
    let (config, heard) = server(&[&["220 x", "250-x\r\n250 AUTH XOAUTH2", ">421 unexpected"]]).await;
    assert_eq!(outcome(with_login(config)).await, is("smtp.no_auth", "permanent"));
    assert_eq!(*heard.lock().await, ["EHLO localhost"]);
}

#[tokio::test]
async fn a_server_that_repeats_the_secret_does_not_carry_it_into_the_fault() {
    let (config, heard) = server(&[&[
        "220 x",
        "250-x\r\n250 AUTH PLAIN",
        "501 canary-password AGFsYXJtQHNhbmRib3guZXhhbXBsZQBjYW5hcnktcGFzc3dvcmQ=",
    ]])
    .await;
    let failed = Mailer::new(with_login(config)).unwrap().probe().await.unwrap_err();
    let shown = format!("{failed} {failed:?}");
    assert!(!shown.contains("canary") && !shown.contains("AGFs"), "{shown}");
    assert!(heard.lock().await.iter().any(|line| line.starts_with("AUTH PLAIN AGFs")));
}

#[tokio::test]
async fn a_connection_that_died_idle_is_replaced_without_a_word() {
    // The first connection ends with its script, after one mail.
    let (config, heard) = server(&[
        &["220 x", "250 x", "250 ok", "250 ok", "354 go", "data", ">250 first"],
        &["220 x", "250 x", "250 ok", "250 ok", "354 go", "data", ">250 second"],
    ])
    .await;
    let mailer = Mailer::new(config).unwrap();
    for reply in ["first", "second"] {
        let sent = mailer.send(LOGIN, &["li@example.com"], &mail("m@x.example")).await.unwrap();
        assert_eq!(sent.reply, reply);
    }
    assert_eq!(heard.lock().await.iter().filter(|line| line.starts_with("EHLO")).count(), 2);
}

#[tokio::test]
async fn a_connection_that_dies_at_mail_is_replaced_when_it_was_kept() {
    // The first server waits for the second MAIL and closes without a reply.
    let (config, _) = server(&[
        &["220 x", "250 x", "250 ok", "250 ok", "354 go", "data", "250 first"],
        &["220 x", "250 x", "250 ok", "250 ok", "354 go", "data", ">250 second"],
    ])
    .await;
    let mailer = Mailer::new(config).unwrap();
    for reply in ["first", "second"] {
        let sent = mailer.send(LOGIN, &["li@example.com"], &mail("m@x.example")).await.unwrap();
        assert_eq!(sent.reply, reply);
    }
}

#[tokio::test]
async fn a_fresh_connection_that_dies_at_mail_is_a_fault() {
    let (config, _) = server(&[&["220 x", "250 x"]]).await;
    assert_eq!(outcome(config).await, is("net.lost", "retryable"));
}

#[tokio::test]
async fn a_group_may_be_granted_data_without_recipients() {
    // RFC 2920: DATA stands in the group, so 354 may come although every recipient was refused.
    let (config, heard) =
        server(&[&["220 x", "250-x\r\n250 PIPELINING", "250 ok", "550 no", "354 go", ">554 no valid recipients"]])
            .await;
    assert_eq!(outcome(config).await, is("550", "permanent"));
    assert_eq!(heard.lock().await.last().unwrap(), ".");
}

#[tokio::test]
async fn a_server_that_says_nothing_after_data_is_retryable() {
    let (mut config, _) =
        server(&[&["220 x", "250 x", "250 ok", "250 ok", "250-never\r\n250-ending", ">250-more", "250-and"]]).await;
    config.timeout = Duration::from_millis(300);
    assert_eq!(outcome(config).await, is("net.timeout", "retryable"));
}
