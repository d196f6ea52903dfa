//! Against a server that is not ours: Python's aiosmtpd, read back by Python's own mail parser.

use crate::support::{LOGIN, PASSWORD};
use hongyan_mail::{Attachment, Mail, Mailer, MailerConfig, Party, Shown, Tls};
use hongyan_net::Secret;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::Value;
use std::{path::PathBuf, process::Stdio, time::Duration};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

struct Foreign {
    port: u16,
    ca_pem: String,
    said: Lines<BufReader<ChildStdout>>,
    folder: PathBuf,
    // Ends when its standard input does, and is killed at the latest with this.
    _child: Child,
}

impl Drop for Foreign {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Foreign {
    async fn start(name: &str) -> Self {
        let python = std::env::var("HONGYAN_TEST_PYTHON").unwrap_or_else(|_| "python3".into());
        let found = Command::new(&python).args(["-c", "import aiosmtpd"]).stderr(Stdio::null()).status().await;
        assert!(
            found.is_ok_and(|status| status.success()),
            "{python} cannot import aiosmtpd: run `cargo xtask ci`, which installs it, or set HONGYAN_TEST_PYTHON"
        );
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let ca_pem = params.self_signed(&key).unwrap().pem();
        let issuer = Issuer::new(params, key);
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec!["localhost".into()]).unwrap().signed_by(&key, &issuer).unwrap();

        let folder = std::env::temp_dir().join(format!("hongyan-mail-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("certificate.pem"), certificate.pem()).unwrap();
        std::fs::write(folder.join("key.pem"), key.serialize_pem()).unwrap();
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/foreign/aiosmtpd_server.py");
        let mut child = Command::new(&python)
            .args([script, "certificate.pem", "key.pem", LOGIN, PASSWORD])
            .current_dir(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let said = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut this = Self { port: 0, ca_pem, said, folder, _child: child };
        this.port = u16::try_from(this.hear().await["port"].as_u64().unwrap()).unwrap();
        this
    }

    async fn hear(&mut self) -> Value {
        let line = timeout(Duration::from_secs(20), self.said.next_line()).await.expect("the server says nothing");
        serde_json::from_str(&line.unwrap().expect("the server has ended")).unwrap()
    }

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
    assert_eq!(fault.code(), "net.tls");
}
