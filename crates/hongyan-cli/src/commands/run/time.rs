//! The time as a script sees it: the machine's, or a sandbox's that moves when the script sleeps.

use hongyan_functions::{Blocking, Functions, HttpCall, HttpMethod, Params, Profile};
use hongyan_sandbox::Clock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Where `now()` comes from and what `sleep` does.
pub(super) enum Time {
    /// The machine's clock; sleeping waits.
    Machine,
    /// The clock of a sandbox in this process; sleeping moves it.
    Own(Clock),
    /// The clock of a running sandbox, under `…/sandbox`; sleeping moves it.
    Remote(Box<Blocking>, String),
}

impl Time {
    /// The clock of a running sandbox at this address.
    pub(super) fn remote(base: &str) -> Self {
        let profile = Profile { allow_private: true, ..Profile::safe() };
        Self::Remote(Box::new(Blocking::new(Functions::new(profile))), format!("{base}/sandbox/clock"))
    }

    /// Milliseconds since 1970.
    pub(super) fn now_ms(&self) -> i64 {
        match self {
            Self::Machine => machine_ms(),
            Self::Own(clock) => clock.now_ms(),
            Self::Remote(functions, address) => {
                let call = HttpCall::new(HttpMethod::Get, address.as_str());
                asked(functions, &call).unwrap_or_else(machine_ms)
            }
        }
    }

    /// Whether sleeping takes time.
    pub(super) fn waits(&self) -> bool {
        matches!(self, Self::Machine)
    }

    /// Waits, or moves the clock.
    pub(super) fn sleep(&self, span: Duration) -> Result<(), &'static str> {
        let ms = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        match self {
            Self::Machine => std::thread::sleep(span),
            Self::Own(clock) => {
                clock.advance_ms(ms);
            }
            Self::Remote(functions, address) => {
                let mut call = HttpCall::new(HttpMethod::Post, address.as_str());
                call.params = Params::Text(format!("{{\"advance_ms\":{ms}}}"));
                asked(functions, &call).ok_or("the sandbox's clock could not be moved")?;
            }
        }
        Ok(())
    }
}

/// The clock's answer to a call.
fn asked(functions: &Blocking, call: &HttpCall) -> Option<i64> {
    let reply = functions.http(call).ok()?;
    serde_json::from_slice::<serde_json::Value>(&reply.text).ok()?["now_ms"].as_i64()
}

#[expect(clippy::disallowed_methods, reason = "this is the clock of scripts: everything else asks it")]
fn machine_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
