//! The mail server's place in the sandbox: started with it where asked for, looked at through `/sandbox/mail`.

use serde_json::Value;

/// The mail server, if one was started.
#[derive(Default)]
pub(crate) struct Mail {}

impl Mail {
    /// What was received; `None` without a server.
    pub(crate) fn inbox(&self) -> Option<Value> {
        None
    }

    /// Empties it; `false` without a server.
    pub(crate) fn clear(&self) -> bool {
        false
    }
}
