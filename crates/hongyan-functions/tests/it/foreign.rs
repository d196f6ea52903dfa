//! Against servers that are not ours: Python's own HTTP server, and aiosmtpd as other crates' tests start it.

#[path = "../../../hongyan-mail/tests/foreign/server.rs"]
mod server;

use crate::server::{functions, get, near};
use hongyan_functions::{Functions, HttpCall, HttpMethod, MailCall, MailContent, Params, Profile};
use hongyan_net::Secret;
use server::{Foreign, LOGIN, PASSWORD};
use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

/// Serves an empty folder on a free port, and says which.
const HTTP: &str = "import http.server, sys, tempfile, functools
folder = tempfile.TemporaryDirectory()
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder.name)
server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler)
print(server.server_port, flush=True)
server.serve_forever()";

struct Python(Child, String);

impl Drop for Python {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn python() -> Python {
    let python = std::env::var("HONGYAN_TEST_PYTHON").unwrap_or_else(|_| "python3".into());
    let mut child =
        Command::new(python).args(["-c", HTTP]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    Python(child, format!("127.0.0.1:{}", line.trim()))
}

#[test]
fn pythons_http_server_answers_200_to_get_and_501_to_post() {
    let server = python();
    let functions = functions(|_| {});
    let dictionary = Params::Pairs(vec![("name".into(), "鸿雁".into()), ("id".into(), "1".into())]);
    for params in [Params::None, Params::Text("a,b,123".into()), dictionary] {
        // The address as the plugin's users write it, without a scheme.
        let result = functions.http(&HttpCall { params: params.clone(), ..get(&server.1) }).unwrap();
        assert_eq!(result.response_code, 200);
        assert!(result.headers.starts_with("HTTP/1.0 200 OK\r\nServer: SimpleHTTP/"), "{}", result.headers);
        assert!(result.text_lossy().contains("<html"));
        let post = HttpCall { params, ..HttpCall::new(HttpMethod::Post, &*server.1) };
        assert_eq!(functions.http(&post).unwrap().response_code, 501);
    }
}

#[tokio::test]
async fn a_foreign_mail_server_reads_back_what_send_email_wrote() {
    let mut foreign = Foreign::start("functions").await;
    let functions = Functions::new(Profile { ca_pem: Some(foreign.ca_pem.clone()), ..near() });
    functions.email_smtp_config("sandbox.example", "localhost", Some(foreign.port)).unwrap();
    let call = MailCall {
        user_id: LOGIN.into(),
        password: Secret::new(PASSWORD),
        recipients: vec!["li@example.com".into(), "wang@example.com".into()],
        content: MailContent::Parts { subject: "磁盘将满 🪿".into(), body: "第一行\n第二行".into() },
    };
    let result = functions.send_email(&call).await.unwrap();
    assert_eq!((result.response_code, result.text.as_str()), (250, "2.0.0 taken"));
    let heard = foreign.hear().await;
    assert_eq!(heard["to"], serde_json::json!(["li@example.com", "wang@example.com"]));
    assert_eq!((&heard["tls"], heard["subject"].as_str()), (&serde_json::json!(true), Some("磁盘将满 🪿")));
    assert_eq!(heard["header_to"], "li@example.com, wang@example.com");
    assert_eq!(heard["type"], "multipart/alternative");
    assert_eq!(
        heard["text"].as_str().map(|it| it.replace("\r\n", "\n").trim_end().to_owned()).as_deref(),
        Some("第一行\n第二行")
    );
    assert_eq!(heard["defects"], serde_json::json!([]));

    let mut refused = call.clone();
    refused.recipients.push("gone@example.com".into());
    let error = functions.send_email(&refused).await.unwrap_err();
    assert!(error.to_string().contains("gone@example.com (5.1.1 "), "{error}");
    let mut wrong = call.clone();
    wrong.password = Secret::new("wrong");
    let error = functions.send_email(&wrong).await.unwrap_err();
    assert!(error.to_string().starts_with("UserId or password is incorrect"), "{error}");
    functions.send_email(&call).await.unwrap();
    assert_eq!(
        foreign.hear().await["to"],
        serde_json::json!(["li@example.com", "wang@example.com"]),
        "and none in between"
    );
    functions.close().await;
}
