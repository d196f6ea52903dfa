//! Against the sandbox's server.

use crate::support::{LOGIN, PASSWORD, config, mail, sandbox};
use hongyan_endpoint::{About, Class, Fault};
use hongyan_mail::{Mailer, MailerConfig, SendFault, Tls};
use hongyan_net::Secret;
use hongyan_sandbox::smtp::{Smtp, SmtpFault, SmtpFaultKind};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

const LI: &str = "li@example.com";

async fn open() -> (Smtp, Mailer) {
    let smtp = sandbox(|_| {}).await;
    let mailer = Mailer::new(config(&smtp, Tls::Starttls)).unwrap();
    (smtp, mailer)
}

/// Sends one mail to Li and returns the fault's code and class.
async fn fault(mailer: &Mailer) -> (String, &'static str) {
    let SendFault { fault, .. } = mailer.send(LOGIN, &[LI], &mail("m@x.example")).await.unwrap_err();
    assert!(!format!("{fault} {fault:?}").contains(PASSWORD));
    (fault.code().to_owned(), fault.class().name())
}

async fn works(mailer: &Mailer) {
    let sent = mailer.send(LOGIN, &[LI], &mail("m@x.example")).await.unwrap();
    assert_eq!((sent.reply_code.as_str(), sent.refused), ("250", vec![]));
}

#[tokio::test]
async fn a_mail_arrives_over_each_kind_of_tls_and_without() {
    for (tls, implicit) in [(Tls::Starttls, false), (Tls::Implicit, true), (Tls::DangerousNone, false)] {
        for pipelining in [true, false] {
            let smtp = sandbox(|options| {
                options.implicit_tls = implicit;
                options.require_starttls = tls == Tls::Starttls;
                options.offer_pipelining = pipelining;
            })
            .await;
            let mailer = Mailer::new(config(&smtp, tls)).unwrap();
            mailer.probe().await.unwrap();
            for id in ["1@x.example", "2@x.example"] {
                let bytes = mail(id);
                let sent = mailer.send(LOGIN, &[LI, "wang@example.com"], &bytes).await.unwrap();
                assert_eq!((sent.reply_code.as_str(), sent.refused.len()), ("250", 0));
                let inbox = smtp.inbox();
                let last = inbox.last().unwrap();
                assert_eq!((last.from.as_str(), last.to.len()), (LOGIN, 2));
                assert_eq!(last.data, bytes);
                assert_eq!((last.subject.as_str(), last.at_ms), ("磁盘将满", 1_796_090_400_000));
                assert_eq!(last.message_id, format!("<{id}>"));
            }
            let totals = smtp.totals();
            assert_eq!((totals.connections, totals.logins, totals.mails), (2, 2, 2), "probe, then one for both");
        }
    }
}

#[tokio::test]
async fn refused_recipients_are_data_and_the_rest_receive() {
    for pipelining in [true, false] {
        let smtp = sandbox(|options| options.offer_pipelining = pipelining).await;
        let mailer = Mailer::new(config(&smtp, Tls::DangerousNone)).unwrap();
        smtp.refuse("gone.*", 550, "5.1.1 no such mailbox");
        smtp.refuse("full.*", 452, "4.2.2 mailbox full");
        let to = ["gone.a@example.com", LI, "not an address", "full.b@example.com", "wang@example.com"];
        let sent = mailer.send(LOGIN, &to, &mail("m@x.example")).await.unwrap();
        let refused: Vec<_> = sent.refused.iter().map(|(at, f)| (*at, f.code(), f.class().name())).collect();
        let expected = [(0, "5.1.1", "permanent"), (2, "request.invalid", "permanent"), (3, "4.2.2", "retryable")];
        assert_eq!(refused, expected);
        assert_eq!(smtp.inbox()[0].to, [LI, "wang@example.com"]);
        works(&mailer).await;
        assert_eq!(smtp.totals().connections, 1, "a refused recipient does not cost the connection");
    }
}

#[tokio::test]
async fn when_all_recipients_are_refused_nothing_is_sent_and_the_connection_serves_on() {
    for pipelining in [true, false] {
        let smtp = sandbox(|options| options.offer_pipelining = pipelining).await;
        let mailer = Mailer::new(config(&smtp, Tls::DangerousNone)).unwrap();
        smtp.refuse("*@gone.example", 550, "5.1.1 no such mailbox");
        let failed = mailer.send(LOGIN, &["a@gone.example", "b@gone.example"], &mail("m@x.example")).await.unwrap_err();
        assert_eq!((failed.fault.code(), failed.refused.len()), ("5.1.1", 2));
        assert!(smtp.inbox().is_empty());
        works(&mailer).await;
        assert_eq!(smtp.totals().connections, 1);
    }
}

#[tokio::test]
async fn too_many_recipients_are_to_be_sent_again() {
    let (smtp, mailer) = open().await;
    smtp.inject(SmtpFault::once(SmtpFaultKind::TooManyRecipients { limit: 120 }));
    let to: Vec<String> = (0..250).map(|n| format!("u{n}@example.com")).collect();
    let to: Vec<&str> = to.iter().map(String::as_str).collect();
    let sent = mailer.send(LOGIN, &to, &mail("m@x.example")).await.unwrap();
    assert_eq!((sent.refused.len(), sent.refused[0].0), (130, 120));
    assert!(sent.refused.iter().all(|(_, fault)| fault.class().name() == "retryable" && fault.code() == "4.5.3"));
    assert_eq!(smtp.inbox()[0].to.len(), 120);
}

#[tokio::test]
async fn each_refusal_has_its_class_and_a_later_try_succeeds() {
    for (trouble, expected) in [
        (
            SmtpFaultKind::RefuseConnection { code: 421, text: Some("HL:IFC too many".into()) },
            ("421 HL:IFC", "throttled"),
        ),
        (SmtpFaultKind::HideStarttls, ("smtp.no_starttls", "permanent")),
        (SmtpFaultKind::RefuseLogin { code: 454, text: None }, ("454", "retryable")),
        (SmtpFaultKind::RefuseMail { code: 451, text: None }, ("451", "retryable")),
        (SmtpFaultKind::RefuseMail { code: 421, text: None }, ("421", "retryable")),
        (
            SmtpFaultKind::RefuseMail { code: 553, text: Some("Mail from must equal authorized user".into()) },
            ("553 authorized user", "permanent"),
        ),
        (SmtpFaultKind::RefuseRecipient { address: "*".into(), code: 450, text: None }, ("450", "retryable")),
        (SmtpFaultKind::Greylist, ("450 greylist", "retryable")),
        (SmtpFaultKind::RefuseContent { code: 552, text: None }, ("5.3.4", "permanent")),
        (
            SmtpFaultKind::RefuseContent { code: 554, text: Some("DT:SPM 163 sandbox".into()) },
            ("554 DT:SPM", "permanent"),
        ),
        (
            SmtpFaultKind::RefuseContent { code: 451, text: Some("DT:SPM please try again".into()) },
            ("451 DT:SPM", "retryable"),
        ),
        (SmtpFaultKind::CloseAtData, ("net.lost", "ambiguous")),
        (SmtpFaultKind::DropBeforeEffect, ("net.lost", "ambiguous")),
    ] {
        for pipelining in [true, false] {
            let smtp = sandbox(|options| options.offer_pipelining = pipelining).await;
            let mailer = Mailer::new(config(&smtp, Tls::Starttls)).unwrap();
            smtp.inject(SmtpFault::once(trouble.clone()));
            let (code, class) = fault(&mailer).await;
            // Whether the end was seen before or after the dot is the network's to decide.
            if trouble == SmtpFaultKind::CloseAtData {
                assert!(matches!(class, "ambiguous" | "retryable"), "{trouble:?}");
            } else {
                assert_eq!((code.as_str(), class), expected, "{trouble:?}");
            }
            assert_eq!(smtp.totals().mails, 0, "{trouble:?}");
            works(&mailer).await;
        }
    }
}

/// Sends one mail to Li and returns the fault.
async fn failed(mailer: &Mailer) -> Fault {
    mailer.send(LOGIN, &[LI], &mail("m@x.example")).await.unwrap_err().fault
}

#[tokio::test]
async fn a_421_on_a_kept_connection_costs_a_new_one_and_nothing_else() {
    for trouble in [
        SmtpFaultKind::RefuseMail { code: 421, text: None },
        SmtpFaultKind::RefuseMail { code: 421, text: Some("4.7.0 too many messages on this connection".into()) },
        SmtpFaultKind::RefuseMail { code: 450, text: Some("MI:DMC 163 smtp8".into()) },
        SmtpFaultKind::RefuseRecipient { address: "*".into(), code: 421, text: None },
        SmtpFaultKind::RefuseRecipient { address: "*".into(), code: 450, text: Some("RP:DRC 163 smtp8".into()) },
        SmtpFaultKind::RefuseContent { code: 421, text: None },
    ] {
        for pipelining in [true, false] {
            let smtp = sandbox(|options| options.offer_pipelining = pipelining).await;
            let mailer = Mailer::new(config(&smtp, Tls::Starttls)).unwrap();
            works(&mailer).await;
            smtp.inject(SmtpFault::once(trouble.clone()));
            works(&mailer).await;
            let totals = smtp.totals();
            assert_eq!((totals.connections, totals.mails), (2, 2), "{trouble:?}");
            // On a connection of its own it is the account's.
            mailer.close().await;
            smtp.inject(SmtpFault::once(trouble.clone()));
            let fault = failed(&mailer).await;
            assert_eq!(fault.about(), About::Account, "{trouble:?} {fault}");
            assert_ne!(fault.class(), Class::Permanent, "{trouble:?} {fault}");
            works(&mailer).await;
        }
    }
}

#[tokio::test]
async fn a_lost_reply_on_a_kept_connection_is_not_sent_again_by_itself() {
    let (smtp, mailer) = open().await;
    works(&mailer).await;
    smtp.inject(SmtpFault::once(SmtpFaultKind::DropAfterEffect));
    assert_eq!(failed(&mailer).await.class(), Class::Ambiguous);
    assert_eq!(smtp.totals().mails, 2);
}

#[tokio::test]
async fn a_server_that_gives_no_welcome_costs_one_more_connection_and_never_the_message() {
    let refused = |code, text: &str| SmtpFaultKind::RefuseConnection { code, text: Some(text.into()) };
    for (trouble, code, tries) in [
        (refused(554, "5.7.1 no SMTP service here"), "smtp.unwelcome", 2),
        (refused(550, "Connection denied"), "smtp.unwelcome", 2),
        (refused(421, "4.3.2 closing"), "421", 2),
        // A server that names a limit is not asked again at once.
        (refused(421, "HL:ICC too many connections"), "421 HL:ICC", 1),
        (refused(550, "Ip frequency limited"), "550 frequency limited", 1),
        (SmtpFaultKind::RefuseHello { code: 550, text: None }, "smtp.unwelcome", 2),
        (SmtpFaultKind::RefuseHello { code: 450, text: None }, "450", 2),
    ] {
        let (smtp, mailer) = open().await;
        smtp.inject(SmtpFault::times(tries, trouble.clone()));
        let fault = failed(&mailer).await;
        assert_eq!((fault.code(), fault.about()), (code, About::Account), "{trouble:?}");
        assert_ne!(fault.class(), Class::Permanent, "{trouble:?}: no message dies of it");
        assert_eq!(smtp.totals().connections, u64::from(tries));
        if tries == 2 {
            smtp.inject(SmtpFault::once(trouble));
        }
        works(&mailer).await;
        assert!(smtp.faults().is_empty());
    }
}

#[tokio::test]
async fn what_the_account_has_wrong_is_about_the_account() {
    for (trouble, code) in [
        (SmtpFaultKind::RefuseLogin { code: 534, text: None }, "5.7.9"),
        (SmtpFaultKind::HideStarttls, "smtp.no_starttls"),
        (
            SmtpFaultKind::RefuseMail { code: 553, text: Some("Mail from must equal authorized user".into()) },
            "553 authorized user",
        ),
        (SmtpFaultKind::RefuseMail { code: 530, text: Some("5.7.0 Authentication required".into()) }, "530"),
    ] {
        let (smtp, mailer) = open().await;
        smtp.inject(SmtpFault::once(trouble));
        let fault = failed(&mailer).await;
        assert_eq!((fault.code(), fault.class(), fault.about()), (code, Class::Permanent, About::Account));
    }
    for trouble in [
        SmtpFaultKind::RefuseContent { code: 554, text: Some("DT:SPM".into()) },
        SmtpFaultKind::RefuseRecipient { address: "*".into(), code: 550, text: None },
    ] {
        let (smtp, mailer) = open().await;
        smtp.inject(SmtpFault::once(trouble));
        assert_eq!(failed(&mailer).await.about(), About::Message);
    }
}

#[tokio::test]
async fn a_domain_in_chinese_is_written_as_punycode() {
    let (smtp, mailer) = open().await;
    mailer.send(LOGIN, &["li@例子.中国"], &mail("m@x.example")).await.unwrap();
    assert_eq!(smtp.inbox()[0].to, ["li@xn--fsqu00a.xn--fiqs8s"]);
}

#[tokio::test]
async fn a_lost_reply_to_a_message_is_ambiguous() {
    let (smtp, mailer) = open().await;
    smtp.inject(SmtpFault::once(SmtpFaultKind::DropAfterEffect));
    assert_eq!(fault(&mailer).await.1, "ambiguous");
    assert_eq!(smtp.totals().mails, 1, "it had arrived");
    works(&mailer).await;
    assert_eq!(smtp.totals().duplicates, 1, "and can be told by its Message-ID");
}

#[tokio::test]
async fn a_late_reply_to_a_message_is_ambiguous() {
    let smtp = sandbox(|_| {}).await;
    let mailer = Mailer::new(config(&smtp, Tls::Starttls)).unwrap().with_final_timeout(Duration::from_millis(200));
    smtp.inject(SmtpFault::once(SmtpFaultKind::SlowReply { ms: 2_000 }));
    assert_eq!(fault(&mailer).await, ("net.timeout".into(), "ambiguous"));
    works(&mailer).await;
}

#[tokio::test]
async fn a_late_greeting_is_retryable() {
    let smtp = sandbox(|_| {}).await;
    let mut config = config(&smtp, Tls::Starttls);
    config.timeout = Duration::from_millis(300);
    let mailer = Mailer::new(config).unwrap();
    smtp.inject(SmtpFault::once(SmtpFaultKind::DelayGreeting { ms: 3_000 }));
    assert_eq!(fault(&mailer).await, ("net.timeout".into(), "retryable"));
    works(&mailer).await;
}

#[tokio::test]
async fn a_wrong_password_is_tried_once_and_rests() {
    let smtp = sandbox(|_| {}).await;
    let mut config = config(&smtp, Tls::Starttls);
    config.password = Some(Secret::new("wrong-canary-password"));
    config.connections = 8;
    let mailer = Arc::new(Mailer::new(config).unwrap());
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let mailer = Arc::clone(&mailer);
            tokio::spawn(async move { fault(&mailer).await })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), ("5.7.8".into(), "permanent"));
    }
    let totals = smtp.totals();
    assert_eq!((totals.connections, totals.logins_refused), (1, 2), "PLAIN and LOGIN, on one connection");
    assert!(mailer.probe().await.is_err(), "asked for by hand it is tried anew");
    assert_eq!(smtp.totals().connections, 2);
}

#[tokio::test]
async fn login_is_tried_where_plain_is_refused() {
    let (smtp, mailer) = open().await;
    smtp.inject(SmtpFault::once(SmtpFaultKind::RefuseLogin { code: 535, text: None }));
    works(&mailer).await;
    assert_eq!(smtp.totals().logins, 1);
}

#[tokio::test]
async fn another_sender_than_the_login_is_refused_where_the_server_wants_it_so() {
    for (code, expected) in [(501, "501 authorization user"), (553, "553 authorized user")] {
        let smtp = sandbox(|options| options.sender_rule = Some(code)).await;
        let mailer = Mailer::new(config(&smtp, Tls::Starttls)).unwrap();
        let failed = mailer.send("other@sandbox.example", &[LI], &mail("m@x.example")).await.unwrap_err();
        assert_eq!((failed.fault.code(), failed.fault.class().name()), (expected, "permanent"));
        works(&mailer).await;
    }
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_refused_before_anything_is_said() {
    let smtp = sandbox(|options| options.implicit_tls = true).await;
    let other = sandbox(|_| {}).await;
    for ca in [Some(other.ca_pem().to_owned()), None] {
        let mut config = config(&smtp, Tls::Implicit);
        config.ca_pem = ca;
        let mailer = Mailer::new(config).unwrap();
        assert_eq!(fault(&mailer).await, ("net.untrusted".into(), "retryable"));
    }
    assert_eq!(smtp.totals().logins, 0);
}

#[tokio::test]
async fn text_slipped_in_before_the_handshake_is_forgotten() {
    let (smtp, mailer) = open().await;
    smtp.inject(SmtpFault::once(SmtpFaultKind::InjectBeforeTls));
    works(&mailer).await;
}

#[tokio::test]
async fn an_unreachable_server_is_retryable() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let mailer = Mailer::new(MailerConfig::new("127.0.0.1", free.port(), Tls::DangerousNone)).unwrap();
    assert_eq!(fault(&mailer).await, ("net.connect".into(), "retryable"));
}

#[tokio::test]
async fn nothing_but_addresses_reaches_the_wire() {
    let (smtp, mailer) = open().await;
    for evil in ["a@b.example>\r\nRCPT TO:<x@y.example", "a@b.example\n", "a@b.example,x@y.example", "a b@c.example"] {
        assert!(mailer.send(evil, &[LI], &mail("m@x.example")).await.is_err());
        assert!(mailer.send(LOGIN, &[evil], &mail("m@x.example")).await.is_err());
    }
    assert_eq!(mailer.send(LOGIN, &[], &mail("m@x.example")).await.unwrap_err().fault.code(), "request.invalid");
    assert_eq!(smtp.totals().connections, 0);
}

#[tokio::test]
async fn a_mail_that_is_too_large_is_refused_before_it_is_sent() {
    let smtp = sandbox(|options| options.max_bytes = 100).await;
    let mailer = Mailer::new(config(&smtp, Tls::Starttls)).unwrap();
    assert_eq!(fault(&mailer).await, ("5.3.4".into(), "permanent"));
}

#[tokio::test]
async fn dots_and_line_ends_arrive_as_they_were_meant() {
    let (smtp, mailer) = open().await;
    mailer.send(LOGIN, &[LI], b"Subject: a\r\n\r\n.\r\n..b\n.\nMAIL FROM:<x@y.example>\rc").await.unwrap();
    let expected = b"Subject: a\r\n\r\n.\r\n..b\r\n.\r\nMAIL FROM:<x@y.example>\r\nc\r\n";
    assert_eq!((smtp.inbox().len(), smtp.inbox()[0].data.as_slice()), (1, expected.as_slice()));
}

#[tokio::test]
async fn eight_bit_mail_is_declared() {
    let (smtp, mailer) = open().await;
    mailer.send(LOGIN, &[LI], "Subject: 报警\r\n\r\n李\r\n".as_bytes()).await.unwrap();
    assert_eq!(smtp.inbox()[0].subject, "报警");
}

#[tokio::test]
async fn a_connection_is_left_after_its_share_of_mails() {
    let smtp = sandbox(|_| {}).await;
    let mut config = config(&smtp, Tls::Starttls);
    config.messages_per_connection = 2;
    let mailer = Mailer::new(config).unwrap();
    for _ in 0..5 {
        works(&mailer).await;
    }
    assert_eq!(smtp.totals().connections, 3);
}

#[tokio::test]
async fn no_more_connections_are_opened_than_allowed() {
    let smtp = sandbox(|_| {}).await;
    let mut config = config(&smtp, Tls::DangerousNone);
    config.connections = 3;
    config.messages_per_connection = 1000;
    let mailer = Arc::new(Mailer::new(config).unwrap());
    let tasks: Vec<_> = (0..60)
        .map(|_| {
            let mailer = Arc::clone(&mailer);
            tokio::spawn(async move { works(&mailer).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(smtp.totals().mails, 60);
    assert!(smtp.totals().connections <= 3);
}

#[tokio::test]
async fn an_abandoned_send_leaves_no_half_transaction_behind() {
    let (smtp, mailer) = open().await;
    works(&mailer).await;
    smtp.inject(SmtpFault::once(SmtpFaultKind::SlowReply { ms: 1_000 }));
    let bytes = mail("m@x.example");
    let given_up = tokio::time::timeout(Duration::from_millis(100), mailer.send(LOGIN, &[LI], &bytes)).await;
    assert!(given_up.is_err());
    works(&mailer).await;
    assert_eq!(smtp.totals().connections, 2);
}

/// Nagle against delayed acknowledgement costs 40 ms a mail; many connections would hide it.
#[tokio::test]
async fn one_connection_does_not_stall() {
    let smtp = sandbox(|_| {}).await;
    let mut config = config(&smtp, Tls::DangerousNone);
    config.messages_per_connection = 1000;
    let mailer = Mailer::new(config).unwrap();
    let bytes = mail("m@x.example");
    works(&mailer).await;
    let mut times = Vec::new();
    for _ in 0..100 {
        let start = Instant::now();
        mailer.send(LOGIN, &[LI], &bytes).await.unwrap();
        times.push(start.elapsed());
    }
    times.sort();
    assert!(times[50] < Duration::from_millis(5), "{:?} for half of the mails", times[50]);
}

#[tokio::test]
async fn all_or_nothing_asks_for_data_only_when_everybody_is_taken() {
    for pipelining in [true, false] {
        let smtp = sandbox(|options| options.offer_pipelining = pipelining).await;
        smtp.refuse("gone.*", 550, "5.1.1 no such mailbox");
        let mut settings = config(&smtp, Tls::Starttls);
        settings.all_or_nothing = true;
        let mailer = Mailer::new(settings).unwrap();
        for (to, code) in [([LI, "gone.a@example.com"], "5.1.1"), ([LI, "not an address"], "request.invalid")] {
            let failed = mailer.send(LOGIN, &to, &mail("m@x.example")).await.unwrap_err();
            assert_eq!(failed.refused.len(), 1);
            assert_eq!((failed.refused[0].0, failed.refused[0].1.code()), (1, code));
        }
        assert!(smtp.inbox().is_empty());
        works(&mailer).await;
        assert_eq!(smtp.totals().connections, 1);
        mailer.close().await;
        works(&mailer).await;
        assert_eq!(smtp.totals().connections, 2, "closed, and opened again");
    }
}

#[tokio::test]
async fn private_servers_can_be_refused() {
    let smtp = sandbox(|_| {}).await;
    let mut settings = config(&smtp, Tls::Starttls);
    settings.refuse_private = true;
    assert_eq!(fault(&Mailer::new(settings).unwrap()).await, ("net.private".to_owned(), "permanent"));
    assert_eq!(smtp.totals().connections, 0);
}
