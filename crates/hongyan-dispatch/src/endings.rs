//! Where a delivery stands that no call was made for.

use hongyan_core::{Claim, DeliveryState, Reason, RecipientState, Settled, TargetResult, Time};

/// A recipient to whom nothing goes.
pub(super) fn refusal(index: u32, reason: Reason) -> TargetResult {
    TargetResult { index, state: RecipientState::Refused, reason: Some(reason) }
}

/// A recipient whose address cannot be read.
pub(super) fn lost(index: u32) -> TargetResult {
    TargetResult { index, state: RecipientState::Failed, reason: Some(Reason::ours("unreadable")) }
}

/// A delivery whose row cannot be read; `called`: an earlier call may have been made.
pub(super) fn unreadable(what: &str, called: bool) -> Settled {
    let (state, recipients) = match called {
        true => (DeliveryState::Unknown, RecipientState::Unknown),
        false => (DeliveryState::Failed, RecipientState::Failed),
    };
    let reason = Reason { message: what.into(), ..Reason::ours("unreadable") };
    Settled { state, due: None, counts: false, rest: (recipients, Some(reason)), exceptions: Vec::new() }
}

/// Nobody is left to be called.
pub(super) fn all_refused(exceptions: Vec<TargetResult>) -> Settled {
    Settled { state: DeliveryState::Failed, due: None, counts: false, rest: (RecipientState::Failed, None), exceptions }
}

/// Its time is over.
pub(super) fn expired(claim: &Claim) -> Settled {
    let (state, recipients) = match claim.repeat_of {
        Some(_) => (DeliveryState::Unknown, RecipientState::Unknown),
        None => (DeliveryState::Expired, RecipientState::Expired),
    };
    let reason = if claim.repeat_of.is_some() { "held" } else { "expired" };
    Settled { state, due: None, counts: false, rest: (recipients, Some(Reason::ours(reason))), exceptions: Vec::new() }
}

/// Its account could not send for too long.
pub(super) fn gave_up(claim: &Claim) -> Settled {
    let (state, recipients, reason) = match claim.repeat_of {
        Some(_) => (DeliveryState::Unknown, RecipientState::Unknown, "held"),
        None => (DeliveryState::Failed, RecipientState::Failed, "gave_up"),
    };
    Settled { state, due: None, counts: false, rest: (recipients, Some(Reason::ours(reason))), exceptions: Vec::new() }
}

/// Waits for a recipient's window; what is refused already is written down meanwhile.
pub(super) fn put_off(claim: &Claim, exceptions: Vec<TargetResult>, until: Time) -> Settled {
    let (state, recipients) = match claim.repeat_of {
        Some(_) => (DeliveryState::Unknown, RecipientState::Unknown),
        None => (DeliveryState::Pending, RecipientState::Pending),
    };
    Settled { state, due: Some(until), counts: false, rest: (recipients, None), exceptions }
}
