//! What the tests share.

use hongyan_mail::{Mail, MailerConfig, Party, Shown, Tls};
use hongyan_net::Secret;
use hongyan_sandbox::smtp::{Smtp, SmtpOptions};
use std::{sync::Arc, time::Duration};

pub(crate) const LOGIN: &str = "alarm@sandbox.example";
pub(crate) const PASSWORD: &str = "canary-password";

/// A sandbox server on a free port.
pub(crate) async fn sandbox(change: impl FnOnce(&mut SmtpOptions)) -> Smtp {
    let mut options = SmtpOptions::new("127.0.0.1:0".parse().unwrap(), Arc::new(|| 1_796_090_400_000));
    options.username = LOGIN.into();
    options.password = PASSWORD.into();
    change(&mut options);
    Smtp::start(options).await.unwrap()
}

/// Settings that fit it.
pub(crate) fn config(smtp: &Smtp, tls: Tls) -> MailerConfig {
    let mut config = MailerConfig::new("127.0.0.1", smtp.address().port(), tls);
    config.ca_pem = Some(smtp.ca_pem().to_owned());
    config.username = Some(LOGIN.into());
    config.password = Some(Secret::new(PASSWORD));
    config.timeout = Duration::from_secs(5);
    config
}

/// A small mail.
pub(crate) fn mail(message_id: &str) -> Vec<u8> {
    let mail = Mail {
        from: Party::new(LOGIN).named("值班报警"),
        to: Shown::Neutral,
        cc: Vec::new(),
        reply_to: Vec::new(),
        subject: "磁盘将满".into(),
        text: Some(".剩余 5%\n.\nend".into()),
        html: None,
        attachments: Vec::new(),
        date_ms: 1_796_090_400_000,
        message_id: message_id.into(),
    };
    mail.build().unwrap()
}
