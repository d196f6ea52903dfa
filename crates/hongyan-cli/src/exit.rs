//! Exit codes, documented and few.

use crate::{
    lang::{self, Lang, told},
    out::note,
};
use hongyan_client::Kind;
use hongyan_endpoint::harmless;
use hongyan_gateway::config::ConfigError;
use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    /// 0: done.
    Done,
    /// 1: refused or failed.
    Failed,
    /// 3: nobody knows yet.
    Unknown,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Unknown => 3,
        })
    }
}

impl Exit {
    /// What a message's state means for whoever waits for it.
    pub(crate) fn of_state(state: &str) -> Self {
        match state {
            "sent" | "recalled" | "cancelled" => Self::Done,
            "unknown" | "pending" => Self::Unknown,
            _ => Self::Failed,
        }
    }
}

/// A mistake in how the command was used: exit code 2.
#[derive(Debug)]
pub(crate) struct Usage(pub(crate) String);

impl std::fmt::Display for Usage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

/// An answer that never came, after the request may have been read: exit code 3.
#[derive(Debug)]
pub(crate) struct NoAnswer(pub(crate) String);

impl std::fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NoAnswer {}

/// A gateway's fault, in the language that was chosen.
#[derive(Debug)]
pub(crate) struct Remote(pub(crate) hongyan_client::Fault);

impl std::fmt::Display for Remote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match lang::chosen() {
            Lang::En => &self.0.message,
            Lang::Zh => &self.0.message_zh,
        })
    }
}

impl std::error::Error for Remote {}

/// What was to be said on standard output is not there, or not whole.
pub(crate) fn unwritten(why: &std::io::Error) -> anyhow::Error {
    anyhow::Error::msg(told!("standard output cannot be written: {why}" ; "无法写入标准输出：{why}"))
}

/// An error as programs read it: the same members whatever went wrong.
struct Described {
    /// The problem document's code, or `usage`, `configuration`, `no_answer`, `unreachable`, `foreign`, `failed`.
    code: String,
    field: Option<String>,
    /// Of the gateway's answer.
    status: Option<u16>,
    exit: u8,
}

fn describe(error: &anyhow::Error) -> Described {
    let of = |code: &str, exit| Described { code: code.into(), field: None, status: None, exit };
    if error.is::<Usage>() {
        return of("usage", 2);
    }
    if error.is::<NoAnswer>() {
        return of("no_answer", 3);
    }
    if let Some(wrong) = error.downcast_ref::<ConfigError>() {
        let field = Some(wrong.key.clone()).filter(|key| !key.is_empty());
        return Described { field, ..of("configuration", 1) };
    }
    let Some(Remote(fault)) = error.downcast_ref::<Remote>() else { return of("failed", 1) };
    let (code, exit, status) = match fault.kind {
        Kind::Invalid => ("usage", 2, None),
        Kind::NoAnswer => ("no_answer", 3, None),
        Kind::Unreachable => ("unreachable", 1, None),
        Kind::Foreign => ("foreign", 1, None),
        Kind::Refused(status) => ("refused", 1, Some(status)),
    };
    let code = if fault.code.is_empty() { code } else { &fault.code };
    let field = Some(fault.field.clone()).filter(|field| !field.is_empty());
    Described { field, status, ..of(code, exit) }
}

/// Says what went wrong, on standard error, and gives the code.
pub(crate) fn report(error: &anyhow::Error, json: bool) -> ExitCode {
    let described = describe(error);
    let message = match error.downcast_ref::<ConfigError>() {
        Some(wrong) if lang::chosen() == Lang::Zh => format!("{wrong:#}"),
        _ => format!("{error:#}"),
    };
    if json {
        note!("{}", document(&described, &message));
    } else {
        let red = anstyle::AnsiColor::Red.on_default().bold();
        let head = told!("error" ; "错误");
        // It may quote other people's words; line breaks are ours.
        let words: Vec<String> = message.lines().map(|line| harmless(line).into_owned()).collect();
        let colon = told!(":" ; "：");
        let gap = told!(" " ; "");
        note!("{red}{head}{red:#}{colon}{gap}{}", words.join("\n"));
    }
    ExitCode::from(described.exit)
}

/// `{"error": {"code", "message", "field", "status", "exit"}}`; what there is not is left out.
fn document(described: &Described, message: &str) -> serde_json::Value {
    let Described { code, field, status, exit } = described;
    let mut error = serde_json::json!({"code": code, "message": message, "exit": exit});
    if let Some(field) = field {
        error["field"] = field.as_str().into();
    }
    if let Some(status) = status {
        error["status"] = (*status).into();
    }
    serde_json::json!({"error": error})
}

/// A mistake on the command line, as `clap` found it.
pub(crate) fn report_usage(error: &clap::Error, words: &str, json: bool) -> ExitCode {
    if json {
        let described = Described { code: "usage".into(), field: None, status: None, exit: 2 };
        let message = anstream::adapter::strip_str(words).to_string();
        note!("{}", document(&described, message.trim_end()));
    } else {
        crate::out::write_error(format_args!("{words}"));
    }
    // 2, or 0 for what was asked for.
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

#[cfg(test)]
mod tests {
    use super::Exit;

    #[test]
    fn a_state_that_may_still_change_is_unknown() {
        assert_eq!(Exit::of_state("sent"), Exit::Done);
        assert_eq!(Exit::of_state("partial"), Exit::Failed);
        assert_eq!(Exit::of_state("failed"), Exit::Failed);
        assert_eq!(Exit::of_state("unknown"), Exit::Unknown);
        assert_eq!(Exit::of_state("pending"), Exit::Unknown);
    }
}
