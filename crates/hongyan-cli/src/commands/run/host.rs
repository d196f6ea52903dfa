//! The world as a script sees it: the functions, the clock, standard output.

use super::{login::Logins, output::Output, time::Time};
use hongyan_functions::{
    ArgumentError, Blocking, FunctionError, HttpCall, HttpMethod, MailCall, Value as Argument, smtp_config_arguments,
};
use hongyan_script::{Diagnostic, Dict, Host, HostCall, HostError, Script, Severity, Source, Value, check};
use std::{
    cell::OnceCell,
    time::{Duration, Instant},
};

/// Joins a script to the functions.
pub(super) struct World<'w> {
    pub(super) functions: Blocking,
    pub(super) output: Output,
    pub(super) time: Time,
    /// A sandbox's logins, to be lent.
    pub(super) logins: Option<Logins>,
    /// Whether all mail goes to a sandbox.
    pub(super) sandboxed: bool,
    /// When the whole run is over.
    pub(super) deadline: Option<Instant>,
    /// The script as it was written.
    pub(super) script: &'w Script,
    /// The same as it may be shown; worked out when something is to be shown.
    pub(super) shown: OnceCell<Source>,
    pub(super) color: bool,
    /// Whether the last call that failed may have had its effect all the same.
    pub(super) unknown: bool,
}

/// The parameters' names, for arguments with names.
fn parameters(function: &str) -> &'static [&'static str] {
    match function {
        "sendEmail" => &["userId", "pwd", "recipient", "subject", "body", "msg"],
        "emailSmtpConfig" => &["domain", "host", "port"],
        _ => &["url", "params", "timeout", "headers", "config"],
    }
}

impl World<'_> {
    /// The script to draw diagnostics with: stars where secrets stand.
    pub(super) fn shown(&self) -> &Source {
        self.shown.get_or_init(|| Source::new(self.script.source().name(), check::masked_script(self.script)))
    }

    /// What is left of the run; `None` when it has no limit.
    fn left(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    fn over(&self) -> bool {
        self.left().is_some_and(|left| left.is_zero())
    }

    fn http(&mut self, method: HttpMethod, arguments: &[Argument]) -> Result<Value, FunctionError> {
        let mut call = HttpCall::from_arguments(method, arguments)?;
        if let Some(note) = self.logins.as_mut().and_then(|logins| logins.lend(&mut call)) {
            self.output.note(note);
        }
        if let Some(left) = self.left() {
            let left = u64::try_from(left.as_millis()).unwrap_or(u64::MAX).max(1);
            let own = call.timeout_ms.filter(|ms| *ms > 0).unwrap_or(self.functions.functions().profile().timeout_ms);
            call.timeout_ms = Some(own.min(left));
        }
        let result = self.functions.http(&call)?;
        Ok(dictionary([
            ("responseCode", Value::Int(result.response_code.into())),
            ("text", Value::text(result.text_lossy())),
            ("headers", Value::text(result.headers)),
            ("elapsed", Value::Double(result.elapsed)),
        ]))
    }

    fn mail(&mut self, arguments: &[Argument]) -> Result<Value, FunctionError> {
        let call = MailCall::from_arguments(arguments)?;
        let result = match self.functions.send_email(&call) {
            Err(error) if self.sandboxed && error.argument() == Some(ArgumentError::UnknownDomain) => {
                let Some((_, domain)) = call.user_id.rsplit_once('@') else { return Err(error) };
                self.output.note(format!(
                    "nobody knows the mail server of {domain}: the sandbox takes the mail, and outside the script needs emailSmtpConfig('{domain}', HOST, PORT)（真正发送前须用 emailSmtpConfig 指定邮件服务器）"
                ));
                // Any host will do: every mail goes to the sandbox.
                self.functions.email_smtp_config(domain, "localhost", None)?;
                self.functions.send_email(&call)?
            }
            result => result?,
        };
        Ok(dictionary([
            ("responseCode", Value::Int(result.response_code.into())),
            ("text", Value::text(result.text)),
            ("headers", Value::text(result.headers)),
            ("elapsed", Value::Double(result.elapsed)),
            ("userId", Value::text(result.user_id)),
            ("recipient", Value::text(result.recipient)),
        ]))
    }

    fn configure(&self, arguments: &[Argument]) -> Result<Value, FunctionError> {
        let (domain, host, port) = smtp_config_arguments(arguments)?;
        self.functions.email_smtp_config(&domain, &host, port)?;
        Ok(Value::Bool(true))
    }
}

fn dictionary<const N: usize>(entries: [(&str, Value); N]) -> Value {
    let mut dict = Dict::any();
    for (key, value) in entries {
        dict.set(key, value);
    }
    Value::Dict(dict)
}

/// The arguments in the order of the parameters.
fn in_order(call: &HostCall) -> Result<Vec<Argument>, HostError> {
    let names = parameters(&call.function);
    let mut all: Vec<Argument> =
        call.positional.iter().map(|value| value.as_ref().map_or(Argument::Absent, argument)).collect();
    for (name, value) in &call.named {
        let Some(index) = names.iter().position(|known| known == name) else {
            return Err(HostError {
                message: format!("{} has no parameter {name}", call.function),
                hint: Some(format!("{}({})", call.function, names.join(", "))),
            });
        };
        if all.len() <= index {
            // sendEmail counts its arguments, and msg is the last.
            let least = if call.function == "sendEmail" { 5 } else { 0 };
            all.resize((index + 1).max(least), Argument::Absent);
        }
        all[index] = argument(value);
    }
    Ok(all)
}

/// A script's value as the functions take it.
fn argument(value: &Value) -> Argument {
    match value {
        Value::Null => Argument::Null,
        Value::Bool(flag) => Argument::Flag(*flag),
        Value::Int(number) => Argument::Whole(*number),
        Value::Double(number) => Argument::Real(*number),
        Value::Text(text) => Argument::Text(text.to_string()),
        Value::Vector(items) => Argument::List(items.iter().map(argument).collect()),
        Value::Dict(dict) => {
            Argument::Pairs(dict.iter().map(|(key, value)| (argument(&key.to_value()), argument(value))).collect())
        }
        Value::Pair(..) | Value::Code(_) | Value::Failure(_) => Argument::Other,
    }
}

/// The sentence and the advice apart, as a diagnostic shows them.
fn told(error: &FunctionError) -> HostError {
    let (en, zh) = error.advice();
    let mut advice: Vec<String> = Vec::new();
    if let Some(switch) = error.switch() {
        advice.push(format!(
            "--{} would allow it / 如确需允许，请加 --{}",
            switch.replace('_', "-"),
            switch.replace('_', "-")
        ));
    }
    if error.outcome_unknown() {
        advice
            .push("it may have arrived all the same: look before repeating it / 对方可能已收到，重发前请先查证".into());
    }
    if !en.is_empty() || !zh.is_empty() {
        advice.push([en, zh].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" / "));
    }
    HostError { message: error.message().trim_end().to_owned(), hint: (!advice.is_empty()).then(|| advice.join("; ")) }
}

impl Host for World<'_> {
    fn call(&mut self, call: &HostCall) -> Result<Value, HostError> {
        if self.over() {
            return Err(HostError::new("the time of the run is over"));
        }
        // What was printed is seen before the wait.
        self.output.flush();
        let arguments = in_order(call)?;
        let result = match call.function.as_str() {
            "httpGet" => self.http(HttpMethod::Get, &arguments),
            "httpPost" => self.http(HttpMethod::Post, &arguments),
            "httpPut" => self.http(HttpMethod::Put, &arguments),
            "httpDelete" => self.http(HttpMethod::Delete, &arguments),
            "sendEmail" => self.mail(&arguments),
            "emailSmtpConfig" => self.configure(&arguments),
            other => return Err(HostError::new(format!("there is no function {other}"))),
        };
        result.map_err(|error| {
            self.unknown = error.outcome_unknown();
            let mut told = told(&error);
            if let Some(ArgumentError::MailCount | ArgumentError::HttpCount | ArgumentError::SmtpConfigCount) =
                error.argument()
            {
                told.hint = Some(format!("httpClient::{}({})", call.function, parameters(&call.function).join(", ")));
            }
            told
        })
    }

    fn print(&mut self, text: &str) {
        self.output.print(text);
    }

    fn report(&mut self, diagnostic: &Diagnostic) {
        // A note is a line; what did not hold is shown where it stands.
        if diagnostic.severity == Severity::Note {
            self.output.remark(&diagnostic.to_string());
        } else {
            let drawn = diagnostic.render(self.shown(), self.color);
            self.output.tell(&drawn);
        }
    }

    fn now_ms(&mut self) -> i64 {
        self.time.now_ms()
    }

    fn sleep_ms(&mut self, ms: u64) -> Result<(), HostError> {
        self.output.flush();
        let span = Duration::from_millis(ms);
        let left = self.left().filter(|_| self.time.waits());
        self.time.sleep(left.map_or(span, |left| span.min(left))).map_err(HostError::new)
    }

    fn interrupted(&self) -> bool {
        crate::out::is_closed() || self.over()
    }
}
