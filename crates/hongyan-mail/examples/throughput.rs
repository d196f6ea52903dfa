//! How many mails a second one account's mailer hands over, each built anew.
//!
//! `throughput HOST:PORT [CONNECTIONS] [MAILS]` sends to a server that takes mail without TLS and login, such as
//! postfix's `smtp-sink`; `throughput sandbox …` starts the sandbox's own in this process.

use hongyan_mail::{Mail, Mailer, MailerConfig, Party, Shown, Tls};
use hongyan_sandbox::smtp::{Smtp, SmtpOptions};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let target = arguments.next().unwrap_or_else(|| "sandbox".into());
    let connections: usize = arguments.next().unwrap_or_else(|| "1".into()).parse()?;
    let mails: usize = arguments.next().unwrap_or_else(|| "10000".into()).parse()?;

    let mut options = SmtpOptions::new("127.0.0.1:0".parse()?, Arc::new(|| 0));
    options.require_auth = false;
    let sandbox = Smtp::start(options).await?;
    let target = if target == "sandbox" { sandbox.address().to_string() } else { target };
    let (host, port) = target.rsplit_once(':').ok_or("HOST:PORT is expected")?;

    let mut config = MailerConfig::new(host, port.parse()?, Tls::DangerousNone);
    config.connections = connections;
    config.messages_per_connection = usize::MAX;
    let mailer = Arc::new(Mailer::new(config)?);
    mailer.probe().await?;

    let next = Arc::new(AtomicUsize::new(0));
    let start = Instant::now();
    let tasks: Vec<_> = (0..connections)
        .map(|_| {
            let (mailer, next) = (Arc::clone(&mailer), Arc::clone(&next));
            tokio::spawn(async move {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= mails {
                        return Ok::<_, String>(());
                    }
                    let bytes = mail(number).build().map_err(|fault| fault.to_string())?;
                    let sent = mailer.send("alarm@sandbox.example", &["li@example.com"], &bytes).await;
                    sent.map_err(|failed| failed.to_string())?;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    let seconds = start.elapsed().as_secs_f64();
    println!("{mails} mails over {connections} connections in {seconds:.2} s: {:.0}/s", mails as f64 / seconds);
    Ok(())
}

/// About 600 bytes.
fn mail(number: usize) -> Mail {
    Mail {
        from: Party::new("alarm@sandbox.example").named("值班报警"),
        to: Shown::Neutral,
        cc: Vec::new(),
        reply_to: Vec::new(),
        subject: format!("磁盘将满 {number}"),
        text: Some("机房甲的三号服务器剩余空间不足百分之五。\n".repeat(3)),
        html: None,
        attachments: Vec::new(),
        date_ms: 1_796_090_400_000,
        message_id: format!("{number}@hongyan.example"),
    }
}
