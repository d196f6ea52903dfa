//! The functions for callers that wait: one small runtime, made when the first call needs it.

use crate::{FunctionError, Functions, HttpCall, HttpResult, Kind, MailCall, MailResult};
use std::{fmt, future::Future, sync::OnceLock, time::Duration};
use tokio::runtime::{Builder, Handle, Runtime};

/// [`Functions`] for callers that wait. Made in no time and without a thread; usable from many threads at once.
///
/// The first call makes a current-thread runtime, which the calling threads drive themselves. Only looking up a
/// host's name takes a thread of its own, kept for a few seconds. Called from within another runtime's task it
/// blocks that task's thread, and does its work on a helper thread meanwhile.
pub struct Blocking {
    functions: Functions,
    runtime: OnceLock<Result<Runtime, String>>,
}

impl fmt::Debug for Blocking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blocking").field("functions", &self.functions).finish_non_exhaustive()
    }
}

impl Default for Blocking {
    fn default() -> Self {
        Self::new(Functions::default())
    }
}

impl Blocking {
    /// Waits for these functions.
    #[must_use]
    pub const fn new(functions: Functions) -> Self {
        Self { functions, runtime: OnceLock::new() }
    }

    /// The functions themselves. Their connections belong to this runtime once they were used here.
    #[must_use]
    pub fn functions(&self) -> &Functions {
        &self.functions
    }

    /// As [`Functions::http`].
    ///
    /// # Errors
    /// As [`Functions::http`], and [`Kind::Transport`] when the system gives no runtime.
    pub fn http(&self, call: &HttpCall) -> Result<HttpResult, FunctionError> {
        self.wait(self.functions.http(call))?
    }

    /// As [`Functions::send_email`].
    ///
    /// # Errors
    /// As [`Functions::send_email`], and [`Kind::Transport`] when the system gives no runtime.
    pub fn send_email(&self, call: &MailCall) -> Result<MailResult, FunctionError> {
        self.wait(self.functions.send_email(call))?
    }

    /// As [`Functions::email_smtp_config`].
    ///
    /// # Errors
    /// As [`Functions::email_smtp_config`].
    pub fn email_smtp_config(&self, domain: &str, host: &str, port: Option<u16>) -> Result<(), FunctionError> {
        self.functions.email_smtp_config(domain, host, port)
    }

    fn wait<T: Send>(&self, work: impl Future<Output = T> + Send) -> Result<T, FunctionError> {
        let runtime = self.runtime.get_or_init(|| {
            // Name look-ups are all that needs threads.
            let made = Builder::new_current_thread().enable_all().max_blocking_threads(4).build();
            made.map_err(|error| error.to_string())
        });
        let runtime = runtime.as_ref().map_err(|why| {
            FunctionError::new(
                Kind::Transport { timeout: false },
                format!("the system gives no resources for network calls: {why}"),
                ("check the limit of open files", "请检查打开文件数上限"),
            )
        })?;
        if Handle::try_current().is_err() {
            return Ok(runtime.block_on(work));
        }
        Ok(std::thread::scope(|scope| match scope.spawn(|| runtime.block_on(work)).join() {
            Ok(done) => done,
            Err(panic) => std::panic::resume_unwind(panic),
        }))
    }
}

impl Drop for Blocking {
    fn drop(&mut self) {
        let Some(Ok(runtime)) = self.runtime.take() else { return };
        if Handle::try_current().is_err() && self.functions.has_mail_connections() {
            let goodbye = self.functions.close();
            runtime.block_on(async {
                // A deaf server must not hold up whoever ends.
                let _ = tokio::time::timeout(Duration::from_secs(2), goodbye).await;
            });
        }
        // A name look-up under way is not waited for; and dropping within another runtime would panic.
        runtime.shutdown_background();
    }
}
