//! A word before a request is written: how a caller who keeps a rate counts calls when they leave.
//!
//! ```
//! # async fn demo() {
//! use hongyan_net::BeforeWrite;
//! let gate = BeforeWrite::new(|| async { /* wait for room, then count */ });
//! gate.around(async { /* whatever is sent in here passes the gate first */ }).await;
//! # }
//! ```

use std::{fmt, future::Future, pin::Pin, sync::Arc};

type Passing = Pin<Box<dyn Future<Output = ()> + Send>>;

tokio::task_local! {
    static AMBIENT: BeforeWrite;
}

/// What is to be done the moment before a request is written to its connection, which is open by then.
///
/// [`Http`](crate::Http) looks for it among a request's extensions and waits for it as long as it takes; neither that
/// wait nor the connecting before it counts as the call's time. It is passed once more where the request has to be
/// written again: the connection had closed meanwhile.
#[derive(Clone)]
pub struct BeforeWrite(Arc<dyn Fn() -> Passing + Send + Sync>);

impl BeforeWrite {
    /// Makes a gate of a closure.
    #[must_use]
    pub fn new<F, W>(pass: F) -> Self
    where
        F: Fn() -> W + Send + Sync + 'static,
        W: Future<Output = ()> + Send + 'static,
    {
        Self(Arc::new(move || Box::pin(pass())))
    }

    /// Waits until the request may leave.
    pub async fn pass(&self) {
        (self.0)().await;
    }

    /// Carries out `work`, whose sends pass this gate. What `work` spawns does not: a login that is made for everybody
    /// is nobody's call.
    pub async fn around<W: Future>(self, work: W) -> W::Output {
        AMBIENT.scope(self, work).await
    }

    /// The gate around the running task's work, if there is one.
    #[must_use]
    pub fn current() -> Option<Self> {
        AMBIENT.try_with(Self::clone).ok()
    }
}

impl fmt::Debug for BeforeWrite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BeforeWrite")
    }
}
