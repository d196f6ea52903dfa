//! The functions that reach out, and the settings. All of them are for statements of the user's own: a view, a trigger
//! or another part of a database file, which may be a stranger's, cannot call them.

use crate::host::{Call, Failure, Function, Output};
use hongyan_embed::{EngineError, HttpArguments, HttpMethod, MailArguments, http_json, mail_json};

pub(crate) static FUNCTIONS: &[Function] = &[
    Function { name: "http_get", arguments: 1..=5, direct_only: true, run: |call| http(call, HttpMethod::Get) },
    Function { name: "http_post", arguments: 1..=5, direct_only: true, run: |call| http(call, HttpMethod::Post) },
    Function { name: "http_put", arguments: 1..=5, direct_only: true, run: |call| http(call, HttpMethod::Put) },
    Function { name: "http_delete", arguments: 1..=5, direct_only: true, run: |call| http(call, HttpMethod::Delete) },
    Function { name: "send_email", arguments: 3..=6, direct_only: true, run: send_email },
    Function { name: "email_smtp_config", arguments: 2..=3, direct_only: true, run: email_smtp_config },
    Function { name: "hongyan_config", arguments: 1..=2, direct_only: true, run: config },
    Function { name: "hongyan_post", arguments: 1..=2, direct_only: true, run: post },
    Function { name: "hongyan_version", arguments: 0..=0, direct_only: false, run: version },
];

impl From<EngineError> for Failure {
    fn from(fault: EngineError) -> Self {
        Self::Message(fault.message)
    }
}

fn http(call: &Call<'_>, method: HttpMethod) -> Result<Output, Failure> {
    let arguments = HttpArguments {
        url: call.needed(0, "url")?,
        params: call.text(1, "params")?,
        timeout_ms: call.integer(2, "timeout_ms")?,
        headers: call.text(3, "headers")?,
        config: call.text(4, "config")?,
    };
    fitting(call, http_json(&call.state.engine.http(method, &arguments)?))
}

fn send_email(call: &Call<'_>) -> Result<Output, Failure> {
    let arguments = MailArguments {
        user: call.needed(0, "user")?,
        password: call.needed(1, "pwd")?,
        recipient: call.needed(2, "recipient")?,
        subject: call.text(3, "subject")?,
        body: call.text(4, "body")?,
        msg: call.text(5, "msg")?,
    };
    fitting(call, mail_json(&call.state.engine.send_email(&arguments)?))
}

fn email_smtp_config(call: &Call<'_>) -> Result<Output, Failure> {
    let port = match call.integer(2, "port")? {
        None => None,
        Some(port) => Some(u16::try_from(port).ok().filter(|port| *port > 0).ok_or_else(|| {
            Failure::Message(format!("{}: port {port} is not between 1 and 65535 · 端口须为 1 至 65535", call.name))
        })?),
    };
    call.state.engine.email_smtp_config(call.needed(0, "domain")?, call.needed(1, "host")?, port)?;
    Ok(Output::Integer(1))
}

/// `hongyan_config(name)` says what a setting is, `hongyan_config(name, value)` changes it for this connection.
fn config(call: &Call<'_>) -> Result<Output, Failure> {
    let name = call.needed(0, "name")?;
    if call.arguments.len() == 2 {
        call.state.engine.set(name, &call.word(1, "value")?.unwrap_or_default())?;
    }
    Ok(Output::Text(call.state.engine.get(name)?))
}

fn post(call: &Call<'_>) -> Result<Output, Failure> {
    let answer = call.state.engine.submit(call.needed(0, "message")?, call.text(1, "key")?)?;
    fitting(call, answer.to_string())
}

fn version(_: &Call<'_>) -> Result<Output, Failure> {
    Ok(Output::Text(env!("CARGO_PKG_VERSION").into()))
}

fn fitting(call: &Call<'_>, text: String) -> Result<Output, Failure> {
    if text.len() > call.connection.longest() { Err(Failure::TooBig) } else { Ok(Output::Text(text)) }
}
