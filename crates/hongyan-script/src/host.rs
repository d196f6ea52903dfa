//! What a script does to the world, and what it is told of it: all of it goes through one trait.

use crate::diagnostic::Diagnostic;
use crate::value::Value;

/// The functions of the `httpClient` module.
pub const HTTP_CLIENT: [&str; 6] = ["httpGet", "httpPost", "httpPut", "httpDelete", "sendEmail", "emailSmtpConfig"];

/// A call of a module's function.
#[derive(Clone, Debug)]
pub struct HostCall {
    /// `httpClient`.
    pub module: String,
    /// `httpGet` and so on.
    pub function: String,
    /// In order; `None` where one is skipped, as the second of `f(a,,c)`.
    pub positional: Vec<Option<Value>>,
    /// Those with a name.
    pub named: Vec<(String, Value)>,
    /// The line of the call, from 1.
    pub line: usize,
}

/// Why the host did not do what it was asked to. The script's `catch` catches it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostError {
    /// What went wrong; shown to the user, so without secrets.
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
}

impl HostError {
    /// An error without advice.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }
}

/// The world as a script sees it.
pub trait Host {
    /// Does what the call says and returns its result; called only for what [`Host::knows`].
    ///
    /// # Errors
    /// [`HostError`] with the sentence that the script's user reads.
    fn call(&mut self, call: &HostCall) -> Result<Value, HostError>;

    /// Whether there is such a function; without this method those of [`HTTP_CLIENT`].
    fn knows(&self, module: &str, function: &str) -> bool {
        module == "httpClient" && HTTP_CLIENT.contains(&function)
    }

    /// Writes what `print` prints; may hold several lines, has no line break at its end.
    fn print(&mut self, text: &str);

    /// Told at once of an assertion that did not hold, and of notes; they are in the outcome as well.
    fn report(&mut self, _diagnostic: &Diagnostic) {}

    /// Milliseconds since 1970.
    fn now_ms(&mut self) -> i64;

    /// Waits.
    ///
    /// # Errors
    /// When it does not wait, or not so long.
    fn sleep_ms(&mut self, ms: u64) -> Result<(), HostError>;

    /// Asked every few thousand steps: `true` ends the run.
    fn interrupted(&self) -> bool {
        false
    }

    /// `loadPlugin(path)`. The functions of `httpClient` are there without it, so by default nothing is done.
    ///
    /// # Errors
    /// When there is no such plugin.
    fn load_plugin(&mut self, _path: &str) -> Result<(), HostError> {
        Ok(())
    }
}
