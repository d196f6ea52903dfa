//! What the platforms' own paths work with.

use hongyan_core::{Clock, Store};
use hongyan_dispatch::Dispatcher;
use hongyan_intake::{ApiKeys, Bodies, Intake, Waiting};
use std::{sync::Arc, time::Duration};

/// What the platforms' own paths work with.
#[derive(Clone)]
pub struct Services {
    /// Accepts sends.
    pub intake: Arc<Intake>,
    /// Says what became of them.
    pub store: Arc<dyn Store>,
    /// Takes them back, and knows which accounts rest.
    pub dispatcher: Arc<Dispatcher>,
    /// Who waits for which message.
    pub waiting: Arc<Waiting>,
    /// Reads bodies.
    pub bodies: Arc<Bodies>,
    /// Who calls.
    pub keys: Arc<ApiKeys>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// How long a send's caller waits for the platform's reply.
    pub wait: Duration,
    /// The largest body of one message, in bytes.
    pub max_body_bytes: usize,
}
