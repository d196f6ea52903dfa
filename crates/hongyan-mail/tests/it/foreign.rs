//! Against a server that is not ours: Python's aiosmtpd, read back by Python's own mail parser.

#[path = "../foreign/server.rs"]
mod server;

use hongyan_mail::{Attachment, Mail, Mailer, MailerConfig, Party, Shown, Tls};
use hongyan_net::Secret;
use server::{Foreign, LOGIN, PASSWORD};
use std::time::Duration;

impl Foreign {
    fn config(&self) -> MailerConfig {
        let mut config = MailerConfig::new("localhost", self.port, Tls::Starttls);
        config.ca_pem = Some(self.ca_pem.clone());
        config.username = Some(LOGIN.into());
        config.password = Some(Secret::new(PASSWORD));
        config.timeout = Duration::from_secs(10);
        config
    }

    fn mailer(&self) -> Mailer {
        Mailer::new(self.config()).unwrap()
    }
}

fn mail() -> Mail {
    Mail {
        from: Party::new(LOGIN).named("值班报警,一组"),
        to: Shown::Neutral,
        cc: Vec::new(),
        reply_to: Vec::new(),
        subject: "磁盘将满:机房甲的三号服务器剩余空间不足百分之五,请在今天下班之前处理并回复,谢谢配合 🪿".into(),
        text: Some("剩余 5%。\n.\n..点开头的行\n".into()),
        html: Some("<p>剩余 <b>5%</b></p>".into()),
        attachments: vec![
            Attachment {
                name: "二〇二六年十一月运行报告(机房甲、机房乙、机房丙)最终稿.pdf".into(),
                media_type: Some("application/pdf".into()),
                bytes: (0..=255).cycle().take(70_000).collect(),
            },
            Attachment { name: "plain \"quoted\".txt".into(), media_type: None, bytes: vec![] },
        ],
        date_ms: 1_796_090_400_000,
        message_id: "m-1@hongyan.example".into(),
    }
}

#[tokio::test]
async fn a_foreign_server_reads_back_what_was_written() {
    let mut foreign = Foreign::start("reads").await;
    let mailer = foreign.mailer();
    mailer.probe().await.unwrap();
    let expected = mail();
    let to = ["li@example.com", "gone@example.com", "wang@example.com"];
    let sent = mailer.send(LOGIN, &to, &expected.build().unwrap()).await.unwrap();
    assert_eq!(sent.reply_code, "250");
    let refused: Vec<_> = sent.refused.iter().map(|(at, fault)| (*at, fault.code(), fault.class().name())).collect();
    assert_eq!(refused, [(1, "5.1.1", "permanent")]);

    let heard = foreign.hear().await;
    assert_eq!(heard["to"], serde_json::json!(["li@example.com", "wang@example.com"]));
    assert_eq!((heard["from"].as_str(), heard["login"].as_str()), (Some(LOGIN), Some(LOGIN)));
    assert_eq!(heard["tls"], true);
    assert_eq!(heard["subject"], expected.subject);
    assert_eq!(heard["header_from"], "值班报警,一组");
    assert_eq!(heard["header_to"], "undisclosed-recipients:;");
    assert_eq!(heard["date"], "2026-12-01T02:00:00+00:00");
    assert_eq!(heard["message_id"], "<m-1@hongyan.example>");
    assert_eq!(heard["auto_submitted"], "auto-generated");
    assert_eq!(heard["text"].as_str().map(|text| text.replace("\r\n", "\n")), expected.text);
    assert_eq!(heard["html"].as_str().map(str::trim_end), expected.html.as_deref());
    let names: Vec<_> = heard["attachments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| (file["name"].as_str().unwrap(), file["size"].as_u64().unwrap()))
        .collect();
    assert_eq!(names, [(expected.attachments[0].name.as_str(), 70_000), (expected.attachments[1].name.as_str(), 0)]);
    assert_eq!(heard["type"], "multipart/mixed");
    assert_eq!(heard["defects"], serde_json::json!([]));
}

#[tokio::test]
async fn a_foreign_421_and_451_are_retryable_and_the_second_try_succeeds() {
    let mut foreign = Foreign::start("retries").await;
    let mailer = foreign.mailer();
    let bytes = mail().build().unwrap();
    for (address, code) in [("busy421@example.com", "421"), ("busy451@example.com", "451")] {
        let failed = mailer.send(LOGIN, &[address], &bytes).await.unwrap_err();
        assert_eq!((failed.fault.code(), failed.fault.class().name()), (code, "retryable"));
        mailer.send(LOGIN, &[address], &bytes).await.unwrap();
        assert_eq!(foreign.hear().await["to"], serde_json::json!([address]));
    }
}

#[tokio::test]
async fn a_foreign_server_refuses_a_wrong_password_and_we_a_wrong_authority() {
    let foreign = Foreign::start("refuses").await;
    let mut config = foreign.config();
    config.password = Some(Secret::new("wrong"));
    let fault = Mailer::new(config).unwrap().probe().await.unwrap_err();
    assert_eq!(fault.class().name(), "permanent", "{fault}");

    let mut config = foreign.config();
    config.ca_pem = None;
    let fault = Mailer::new(config).unwrap().probe().await.unwrap_err();
    assert_eq!(fault.code(), "net.untrusted");
}
