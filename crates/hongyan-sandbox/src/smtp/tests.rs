//! The server under raw bytes, without our client.

use super::{Smtp, SmtpFault, SmtpFaultKind, SmtpOptions};
use std::sync::Arc;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

async fn start(change: impl FnOnce(&mut SmtpOptions)) -> Smtp {
    let mut options = SmtpOptions::new("127.0.0.1:0".parse().unwrap(), Arc::new(|| 7));
    options.require_auth = false;
    change(&mut options);
    Smtp::start(options).await.unwrap()
}

/// Says it all at once, hangs up, and returns the replies' codes (with the mark after them where it is not a space).
async fn say(smtp: &Smtp, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(smtp.address()).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).await.unwrap();
    assert!(said.is_empty() || said.ends_with("\r\n"), "{said:?}");
    let last = said.lines().filter(|line| line.as_bytes().get(3) == Some(&b' '));
    last.map(|line| &line[..3]).collect::<Vec<_>>().join(" ")
}

const HEAD: &str = "EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<li@example.com>\r\nDATA\r\n";

async fn content(smtp: &Smtp, content: &str) -> String {
    let said = say(smtp, format!("{HEAD}{content}\r\n.\r\nQUIT\r\n").as_bytes()).await;
    said.strip_prefix("220 250 250 250 354 ").unwrap_or(&said).to_owned()
}

#[tokio::test]
async fn commands_sent_together_are_answered_in_order() {
    let smtp = start(|_| {}).await;
    let all = "ehlo x\r\nNOOP\r\nmail from:<>\r\nRCPT TO:<li@example.com>\r\nRCPT TO:<nobody>\r\nDATA\r\n\
               Subject: =?utf-8?b?5p2O?=\r\n\r\n..\r\n.\r\nRSET\r\nVRFY li\r\nEXPN x\r\nQUIT\r\n";
    assert_eq!(say(&smtp, all.as_bytes()).await, "220 250 250 250 250 501 354 250 250 252 500 221");
    let inbox = smtp.inbox();
    assert_eq!((inbox[0].from.as_str(), inbox[0].subject.as_str(), inbox[0].at_ms), ("", "李", 7));
    assert!(inbox[0].data.ends_with(b"\r\n\r\n.\r\n"));
}

#[tokio::test]
async fn one_byte_at_a_time_is_understood() {
    let smtp = start(|_| {}).await;
    let mut stream = TcpStream::connect(smtp.address()).await.unwrap();
    stream.set_nodelay(true).unwrap();
    for byte in format!("{HEAD}a\r\n\r\n.b\r\n.\r\nQUIT\r\n").bytes() {
        stream.write_all(&[byte]).await.unwrap();
        tokio::task::yield_now().await;
    }
    let mut said = String::new();
    stream.read_to_string(&mut said).await.unwrap();
    assert_eq!(smtp.inbox()[0].data, b"a\r\n\r\nb\r\n", "{said}");
}

#[tokio::test]
async fn only_crlf_dot_crlf_ends_a_message() {
    let smtp = start(|_| {}).await;
    for smuggled in ["a\n.\nMAIL FROM:<x@y>", "a\n.\r\nMAIL FROM:<x@y>", "a\r.\rMAIL FROM:<x@y>", "a\rb"] {
        assert_eq!(content(&smtp, smuggled).await, "554 221", "{smuggled:?}");
    }
    assert_eq!(content(&smtp, &"a".repeat(1001)).await, "554 221");
    assert!(smtp.inbox().is_empty());
    assert_eq!(say(&smtp, b"NOOP\nNOOP\r\nQUIT\r\n").await, "220 500 250 221", "a bare LF ends no command");
}

#[tokio::test]
async fn undeclared_eight_bit_content_is_taken_and_refused_on_demand() {
    let smtp = start(|_| {}).await;
    assert_eq!(content(&smtp, "Subject: a\r\n\r\n李").await, "250 221");
    assert_eq!(smtp.inbox()[0].data, "Subject: a\r\n\r\n李\r\n".as_bytes());
    smtp.inject(SmtpFault::once(SmtpFaultKind::RefuseEightBit { code: 554, text: None }));
    let declared =
        "EHLO x\r\nMAIL FROM: <a@b.example> BODY=8BITMIME AUTH=<>\r\nRCPT TO:<li@example.com>\r\nDATA\r\n李\r\n.\r\n";
    assert_eq!(say(&smtp, declared.as_bytes()).await, "220 250 250 250 354 250");
    assert_eq!(content(&smtp, "ascii").await, "250 221", "the trouble waits for what it is about");
    assert_eq!(content(&smtp, "李").await, "554 221");
    assert_eq!(content(&smtp, "李").await, "250 221");
}

#[tokio::test]
async fn order_size_and_login_are_enforced() {
    let smtp = start(|options| {
        options.max_bytes = 50;
        options.require_auth = true;
    })
    .await;
    assert_eq!(say(&smtp, b"MAIL FROM:<a@b.c>\r\nRCPT TO:<a@b.c>\r\nDATA\r\n").await, "220 503 503 503");
    assert_eq!(say(&smtp, b"EHLO x\r\nMAIL FROM:<a@b.c>\r\n").await, "220 250 530");
    let login = "EHLO x\r\nAUTH PLAIN AGFsYXJtQHNhbmRib3guZXhhbXBsZQBzYW5kYm94LXBhc3N3b3Jk\r\n";
    let big = format!(
        "{login}MAIL FROM:<a@b.c> SIZE=51\r\nMAIL FROM:<a@b.c>\r\nRCPT TO:<a@b.c>\r\nDATA\r\n{}\r\n.\r\nNOOP\r\n",
        "a\r\n".repeat(40)
    );
    assert_eq!(say(&smtp, big.as_bytes()).await, "220 250 235 552 250 250 354 552 250");
    assert_eq!(
        say(&smtp, b"EHLO x\r\nAUTH LOGIN\r\nYQ==\r\nYg==\r\nAUTH CRAM-MD5\r\nAUTH PLAIN !\r\n").await,
        "220 250 334 334 535 504 501"
    );
    assert_eq!((smtp.totals().logins, smtp.totals().logins_refused), (1, 1));
}

#[tokio::test]
async fn nothing_is_taken_before_tls_where_it_is_required() {
    let smtp = start(|options| options.require_starttls = true).await;
    assert_eq!(say(&smtp, b"EHLO x\r\nMAIL FROM:<a@b.c>\r\nAUTH LOGIN\r\n").await, "220 250 530 538");
}

#[tokio::test]
async fn troubles_happen_once_and_rules_until_they_are_taken_back() {
    let smtp = start(|_| {}).await;
    smtp.inject(SmtpFault::once(SmtpFaultKind::DropAfterEffect));
    assert_eq!(content(&smtp, "Message-ID: <1@x>\r\n\r\na").await, "220 250 250 250 354");
    assert_eq!(content(&smtp, "Message-ID: <1@x>\r\n\r\na").await, "250 221");
    assert_eq!((smtp.totals().mails, smtp.totals().duplicates), (2, 1));

    smtp.inject(SmtpFault::once(SmtpFaultKind::Greylist));
    let head = HEAD.strip_suffix("DATA\r\n").unwrap();
    assert_eq!(say(&smtp, head.as_bytes()).await, "220 250 250 450");
    assert_eq!(say(&smtp, head.as_bytes()).await, "220 250 250 250");
    smtp.refuse("LI@*", 550, "5.1.1 gone");
    assert_eq!(say(&smtp, head.as_bytes()).await, "220 250 250 550");
    smtp.accept("li@*");
    assert_eq!(say(&smtp, head.as_bytes()).await, "220 250 250 250");

    smtp.inject(SmtpFault::once(SmtpFaultKind::RefuseConnection { code: 421, text: None }));
    assert_eq!(smtp.faults().len(), 1);
    smtp.clear();
    assert!(smtp.faults().is_empty() && smtp.inbox().is_empty() && smtp.totals().mails == 0);
}
