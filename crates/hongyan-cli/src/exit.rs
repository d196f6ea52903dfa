//! Exit codes, documented and few.

use hongyan_endpoint::harmless;
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

/// Says what went wrong, on standard error, and gives the code.
pub(crate) fn report(error: &anyhow::Error, json: bool) -> ExitCode {
    if json {
        anstream::eprintln!("{}", serde_json::json!({"error": format!("{error:#}")}));
    } else {
        let red = anstyle::AnsiColor::Red.on_default().bold();
        // It may quote other people's words.
        let words: Vec<String> = format!("{error:#}").lines().map(|line| harmless(line).into_owned()).collect();
        anstream::eprintln!("{red}error{red:#}: {}", words.join("\n"));
    }
    if error.is::<Usage>() {
        ExitCode::from(2)
    } else if error.is::<NoAnswer>() {
        ExitCode::from(3)
    } else {
        ExitCode::from(1)
    }
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
