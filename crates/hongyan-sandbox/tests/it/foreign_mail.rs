//! Mail clients that are not ours, unmodified, against the sandbox's mail server: Python's own library and curl, which
//! write 8-bit content without declaring it.

use hongyan_sandbox::{Sandbox, SandboxOptions, smtp::SmtpFault, smtp::SmtpFaultKind};
use std::process::{Output, Stdio};
use tokio::{io::AsyncWriteExt, process::Command};

async fn run(mut command: Command, input: &str) -> Output {
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = piped.spawn().expect("the client is installed");
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).await.unwrap();
    drop(stdin);
    child.wait_with_output().await.unwrap()
}

async fn start(smtp_without_login: bool) -> Sandbox {
    Sandbox::start(SandboxOptions { smtp_without_login, ..SandboxOptions::default() }).await.unwrap()
}

const PYTHON: &str = r#"
import smtplib, ssl, sys
from email.message import EmailMessage
host, port, user, password, pem = sys.argv[1:]
message = EmailMessage()
message["From"], message["To"], message["Subject"] = "ops@example.com", "lisi@example.com", "磁盘将满"
message.set_content("剩余 5%，请处理。\n.点\n", cte="8bit")
with smtplib.SMTP(host, int(port)) as server:
    if user:
        server.starttls(context=ssl.create_default_context(cadata=pem))
        server.login(user, password)
    server.send_message(message)
"#;

async fn python(sandbox: &Sandbox, login: bool) -> Output {
    let smtp = &sandbox.credentials()["smtp"];
    let text = |key: &str| smtp[key].as_str().unwrap().to_owned();
    let address = sandbox.smtp().unwrap().address();
    let python = std::env::var("HONGYAN_TEST_PYTHON").unwrap_or_else(|_| "python3".into());
    let mut command = Command::new(python);
    let (user, password) = if login { (text("username"), text("password")) } else { Default::default() };
    command.args(["-c", PYTHON, "127.0.0.1", &address.port().to_string(), &user, &password, &text("ca_pem")]);
    run(command, "").await
}

#[tokio::test]
async fn pythons_own_library_sends_chinese_with_a_login_and_without() {
    for without_login in [false, true] {
        let sandbox = start(without_login).await;
        let output = python(&sandbox, !without_login).await;
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let inbox = sandbox.smtp().unwrap().inbox();
        assert_eq!((inbox.len(), inbox[0].subject.as_str()), (1, "磁盘将满"));
        let data = String::from_utf8(inbox[0].data.clone()).unwrap();
        assert!(data.contains("\r\n\r\n剩余 5%，请处理。\r\n.点\r\n"), "{data}");
    }
}

#[tokio::test]
async fn mail_without_a_login_and_undeclared_bits_are_refused_where_that_is_wanted() {
    let sandbox = start(false).await;
    assert!(!python(&sandbox, false).await.status.success(), "a login is wanted unless the setting says otherwise");
    sandbox.smtp().unwrap().inject(SmtpFault::once(SmtpFaultKind::RefuseEightBit { code: 554, text: None }));
    assert!(!python(&sandbox, true).await.status.success());
    assert!(sandbox.smtp().unwrap().inbox().is_empty());
    assert!(python(&sandbox, true).await.status.success());
}

#[tokio::test]
async fn curl_sends_chinese() {
    let sandbox = start(true).await;
    let mut curl = Command::new("curl");
    let url = format!("smtp://{}", sandbox.smtp().unwrap().address());
    curl.args(["-sS", "--url", &url, "--mail-from", "ops@example.com", "--mail-rcpt", "lisi@example.com", "-T", "-"]);
    let output = run(curl, "Subject: curl\r\nTo: lisi@example.com\r\n\r\n剩余 5%\r\n").await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let inbox = sandbox.smtp().unwrap().inbox();
    assert!(String::from_utf8_lossy(&inbox[0].data).contains("剩余 5%"));
}
