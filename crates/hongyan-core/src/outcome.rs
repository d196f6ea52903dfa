//! What a channel says of its calls.

use crate::{CallHandle, Reason, RecipientState};
use hongyan_endpoint::Fault;

/// What a channel says of one call.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The platform took the call. Recipients that are not named are [`RecipientState::Sent`]; a named
    /// one that is [`RecipientState::Pending`] was put off and is to be tried again.
    Taken {
        /// The platform's id for it (`task_id`, `msgid`), if it has one.
        handle: Option<CallHandle>,
        /// Recipients that fared otherwise.
        exceptions: Vec<TargetResult>,
    },
    /// The call as a whole failed. `exceptions` may still say more of single recipients.
    Failed {
        /// Why.
        fault: Fault,
        /// Recipients of whom more is known.
        exceptions: Vec<TargetResult>,
    },
}

impl Outcome {
    /// A failure that says nothing of single recipients.
    #[must_use]
    pub fn failed(fault: Fault) -> Self {
        Self::Failed { fault, exceptions: Vec::new() }
    }
}

/// What is known of one recipient after a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetResult {
    /// [`crate::Target::index`].
    pub index: u32,
    /// The state.
    pub state: RecipientState,
    /// Why.
    pub reason: Option<Reason>,
}

/// What a look at the receipts found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReceiptReport {
    /// The recipients of whom the platform said something.
    pub results: Vec<TargetResult>,
    /// Whether the platform has worked through the call. When not, look again soon.
    pub finished: bool,
}
