//! Mail, through the sandbox's server.

use crate::server::near;
use hongyan_functions::{
    ArgumentError, FunctionError, Functions, Kind, MailCall, MailContent, MailServer, Profile, Reroute,
};
use hongyan_mail::Tls;
use hongyan_net::Secret;
use hongyan_sandbox::smtp::{Smtp, SmtpFault, SmtpFaultKind, SmtpOptions};
use std::sync::Arc;

const LOGIN: &str = "a@sandbox.example";
const PASSWORD: &str = "canary-password";

async fn sandbox(change: impl FnOnce(&mut SmtpOptions)) -> Smtp {
    let mut options = SmtpOptions::new("127.0.0.1:0".parse().unwrap(), Arc::new(|| 1_796_090_400_000));
    options.username = LOGIN.into();
    options.password = PASSWORD.into();
    change(&mut options);
    Smtp::start(options).await.unwrap()
}

/// Functions that reach this server for the sandbox's domain.
fn functions(smtp: &Smtp, change: impl FnOnce(&mut Profile)) -> Functions {
    let mut profile = Profile { ca_pem: Some(smtp.ca_pem().to_owned()), ..near() };
    change(&mut profile);
    let functions = Functions::new(profile);
    functions.email_smtp_config("Sandbox.Example", "127.0.0.1", Some(smtp.address().port())).unwrap();
    functions
}

fn mail(to: &[&str]) -> MailCall {
    MailCall {
        user_id: LOGIN.into(),
        password: Secret::new(PASSWORD),
        recipients: to.iter().map(|it| (*it).to_owned()).collect(),
        content: MailContent::Parts { subject: "磁盘将满".into(), body: "<pre>剩余 5%</pre>".into() },
    }
}

async fn fails(functions: &Functions, call: &MailCall) -> FunctionError {
    let error = functions.send_email(call).await.expect_err("it should have failed");
    assert!(!format!("{error} {error:?}").contains(PASSWORD));
    error
}

#[tokio::test]
async fn a_mail_is_taken_for_one_and_for_many_and_the_result_has_its_six_entries() {
    let smtp = sandbox(|options| options.require_starttls = true).await;
    let functions = functions(&smtp, |_| {});
    for to in [&["li@example.com"][..], &["li@example.com", "wang@example.com", "zhao@example.com"]] {
        let result = functions.send_email(&mail(to)).await.unwrap();
        assert_eq!(result.response_code, 250);
        assert!(result.headers.starts_with("250 ") && result.headers.ends_with("\r\n"));
        assert!(result.headers.contains(&result.text) && result.elapsed > 0.0);
        assert_eq!((result.user_id.as_str(), result.recipient), (LOGIN, to.join(" ")));
        let inbox = smtp.inbox();
        let taken = inbox.last().unwrap();
        assert_eq!((taken.from.as_str(), taken.subject.as_str()), (LOGIN, "磁盘将满"));
        assert_eq!(taken.to, to);
        let text = String::from_utf8(taken.data.clone()).unwrap();
        assert!(text.is_ascii());
        for part in ["Date: ", "Message-ID: <", "multipart/alternative", "text/plain", "text/html"] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
        assert!(text.contains(&format!("To: {}", to.join(", "))), "{text}");
    }
    assert_eq!((smtp.totals().connections, smtp.totals().mails), (1, 2), "the connection is kept");
    functions.close().await;
}

#[tokio::test]
async fn one_refused_recipient_means_that_nobody_receives() {
    for pipelining in [true, false] {
        let smtp = sandbox(|options| options.offer_pipelining = pipelining).await;
        smtp.refuse("gone@*", 550, "5.1.1 no such mailbox");
        let functions = functions(&smtp, |_| {});
        let error = fails(&functions, &mail(&["li@example.com", "gone@example.com", "wang@example.com"])).await;
        assert_eq!(error.kind(), Kind::Mail);
        let text = error.to_string();
        assert!(text.contains("gone@example.com (5.1.1 ") && text.contains("nothing was sent to anybody"), "{text}");
        assert!(!text.contains("wang@"));
        assert!(smtp.inbox().is_empty());
        functions.send_email(&mail(&["li@example.com"])).await.unwrap();
        assert_eq!(smtp.totals().connections, 1, "a refusal does not cost the connection");
        let error = fails(&functions, &mail(&["li@example.com", "no address"])).await;
        assert!(error.to_string().contains("recipient \"no address\": "), "{error}");
        assert_eq!(smtp.inbox().len(), 1);
    }
}

#[tokio::test]
async fn a_wrong_password_is_said_with_what_to_do() {
    let smtp = sandbox(|_| {}).await;
    let functions = functions(&smtp, |_| {});
    let mut call = mail(&["li@example.com"]);
    call.password = Secret::new("wrong");
    let error = fails(&functions, &call).await;
    assert_eq!((error.kind(), error.reply_code()), (Kind::Mail, Some(535)));
    let text = error.to_string();
    assert!(text.starts_with("UserId or password is incorrect") && text.contains("授权码"), "{text}");
    functions.send_email(&mail(&["li@example.com"])).await.unwrap();
}

#[tokio::test]
async fn without_starttls_nothing_is_sent_unless_that_is_switched_on() {
    let smtp = sandbox(|options| options.offer_starttls = false).await;
    let error = fails(&functions(&smtp, |_| {}), &mail(&["li@example.com"])).await;
    assert_eq!((error.kind(), error.switch()), (Kind::Refused, Some("dangerous_mail_in_clear_text")));
    let lax = functions(&smtp, |profile| profile.dangerous_mail_in_clear_text = true);
    assert_eq!(lax.send_email(&mail(&["li@example.com"])).await.unwrap().response_code, 250);

    let smtp = sandbox(|options| options.require_starttls = true).await;
    let lax = functions(&smtp, |profile| profile.dangerous_mail_in_clear_text = true);
    assert_eq!(lax.send_email(&mail(&["li@example.com"])).await.unwrap().response_code, 250, "used where offered");
}

#[tokio::test]
async fn a_certificate_of_nobody_is_refused_unless_that_is_switched_on() {
    let smtp = sandbox(|_| {}).await;
    let error = fails(&functions(&smtp, |profile| profile.ca_pem = None), &mail(&["li@example.com"])).await;
    assert_eq!(error.switch(), Some("dangerous_accept_any_certificate"), "{error}");
    let lax = functions(&smtp, |profile| {
        profile.ca_pem = None;
        profile.dangerous_accept_any_certificate = true;
    });
    assert_eq!(lax.send_email(&mail(&["li@example.com"])).await.unwrap().response_code, 250);
}

#[tokio::test]
async fn private_mail_servers_are_refused_when_safe() {
    let smtp = sandbox(|_| {}).await;
    let error = fails(&functions(&smtp, |profile| profile.allow_private = false), &mail(&["li@example.com"])).await;
    assert_eq!((error.kind(), error.switch()), (Kind::Refused, Some("dangerous_private_addresses")), "{error}");
}

#[tokio::test]
async fn a_lost_reply_to_the_whole_mail_is_unknown() {
    let smtp = sandbox(|_| {}).await;
    smtp.inject(SmtpFault::once(SmtpFaultKind::DropAfterEffect));
    let error = fails(&functions(&smtp, |_| {}), &mail(&["li@example.com"])).await;
    assert!(error.outcome_unknown(), "{error}");
}

#[tokio::test]
async fn what_cannot_be_sent_is_said_before_anything_is_opened() {
    let functions = Functions::default();
    let parts = |subject: &str, body: &str| MailContent::Parts { subject: subject.into(), body: body.into() };
    for (change, argument, switch) in [
        (
            Box::new(|c: &mut MailCall| c.user_id.clear()) as Box<dyn Fn(&mut MailCall)>,
            Some(ArgumentError::EmptyUserId),
            None,
        ),
        (Box::new(|c| c.user_id = "li@example.com".into()), Some(ArgumentError::UnknownDomain), None),
        (Box::new(|c| c.user_id = "qq.com".into()), Some(ArgumentError::UnknownDomain), None),
        (Box::new(|c| c.recipients.clear()), None, None),
        (Box::new(|c| c.recipients = vec!["a@example.com\r\nDATA".into()]), None, None),
        (Box::new(|c| c.user_id = "li@qq.com\r\nDATA".into()), None, None),
        (Box::new(move |c| c.content = parts("a\r\nBcc: b@example.com", "x")), None, Some("dangerous_line_breaks")),
        (Box::new(move |c| c.content = parts("a", "\0")), None, None),
    ] {
        let mut call = MailCall { user_id: "b@qq.com".into(), ..mail(&["li@example.com"]) };
        change(&mut call);
        let error = fails(&functions, &call).await;
        assert_eq!((error.argument(), error.switch()), (argument, switch), "{error}");
        assert!(matches!(error.kind(), Kind::Argument | Kind::Refused), "{error}");
    }
    let unknown = fails(&functions, &MailCall { user_id: "li@x.example".into(), ..mail(&["li@example.com"]) }).await;
    assert!(unknown.to_string().contains("emailSmtpConfig"), "{unknown}");
}

#[tokio::test]
async fn a_whole_message_is_completed_and_the_old_form_is_left_alone() {
    let smtp = sandbox(|_| {}).await;
    let msg = format!("From: {LOGIN}\r\nTo: li@example.com\r\nSubject: 主题\r\n\r\n正文\r\n.\r\n");
    let call = MailCall { content: MailContent::Raw(msg.clone()), ..mail(&["li@example.com"]) };
    functions(&smtp, |_| {}).send_email(&call).await.unwrap();
    let taken = smtp.inbox().pop().unwrap();
    assert_eq!(taken.subject, "主题");
    assert!(taken.data.is_ascii());
    let error =
        fails(&functions(&smtp, |_| {}), &MailCall { recipients: vec!["wang@example.com".into()], ..call.clone() })
            .await;
    assert_eq!(error.argument(), Some(ArgumentError::MsgTo));

    let old = functions(&smtp, |profile| profile.dangerous_raw_mail = true);
    old.send_email(&call).await.unwrap();
    assert_eq!(smtp.inbox().pop().unwrap().data, msg.as_bytes());
    old.send_email(&mail(&["li@example.com"])).await.unwrap();
    let text = String::from_utf8(smtp.inbox().pop().unwrap().data.clone()).unwrap();
    assert!(
        text.starts_with("MIME-Version: 1.0\r\nTo: li@example.com\r\nFrom: a@sandbox.example\r\nSubject: 磁盘将满\r\n")
    );
}

#[tokio::test]
async fn a_sandbox_takes_the_place_of_every_provider() {
    let smtp = sandbox(|_| {}).await;
    let place = MailServer {
        host: "127.0.0.1".into(),
        port: smtp.address().port(),
        tls: Tls::Starttls,
        ca_pem: Some(smtp.ca_pem().to_owned()),
        login: Some((LOGIN.into(), Secret::new(PASSWORD))),
    };
    let functions = Functions::default().with_reroute(Reroute::new().with_mail(place));
    let call = MailCall { user_id: "somebody@163.com".into(), password: Secret::new("x"), ..mail(&["li@example.com"]) };
    let outcome = functions.send_email(&call).await;
    // The sandbox may insist on the login's own address as the sender; it was reached in any case.
    assert!(outcome.is_ok() || outcome.is_err_and(|error| error.kind() == Kind::Mail));
    assert_eq!(smtp.totals().logins, 1);
    let unknown = MailCall { user_id: "somebody@nowhere.example".into(), ..call };
    assert_eq!(fails(&functions, &unknown).await.argument(), Some(ArgumentError::UnknownDomain));
}
