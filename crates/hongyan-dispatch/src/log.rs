//! The log's lines about deliveries: `info` for what somebody may have to look into (a refusal, a dead letter), `debug`
//! for the ordinary way of a message. An account's rests are told where they are noted ([`super::rest`]).

use super::{holding, lane::Lane};
use hongyan_core::{
    AttemptRow, Claim, DeliveryId, DeliveryState, RecipientState, Settlement, StoreError, TargetResult,
};
use std::{collections::BTreeMap, time::Duration};
use tracing::Span;

/// What the lines about a leased delivery stand in; made only where `debug` is on.
pub(super) fn span(lane: &Lane, claim: &Claim) -> Span {
    let message = tracing::debug_span!("message", id = %claim.id.message);
    tracing::debug_span!(parent: &message, "delivery", account = %lane.account.name, number = claim.id.number)
}

/// One call was made.
pub(super) fn attempted(lane: &Lane, id: DeliveryId, row: &AttemptRow) {
    let AttemptRow { took_ms, code, message: error, class, .. } = row;
    tracing::debug!(account = %lane.account.name, delivery = %id, class, code, error, took_ms, "attempted");
}

/// A delivery is about to be written down as it stands.
pub(super) fn settled(lane: &Lane, settlement: &Settlement) {
    let Settlement { id, state, due, attempts, rest: (_, reason), attempt, exceptions, .. } = settlement;
    let (account, state) = (&lane.account.name, *state);
    refused(lane, *id, exceptions);
    let over = match state {
        DeliveryState::Failed | DeliveryState::Expired => true,
        DeliveryState::Unknown => due.is_none(),
        _ => false,
    };
    if !over {
        let due = due.map(tracing::field::display);
        tracing::debug!(%account, delivery = %id, state = state.name(), attempts, due, "settled");
        return;
    }
    let code = reason.as_ref().map(|reason| reason.code.as_str());
    let error = reason.as_ref().map(|reason| reason.message.as_str()).filter(|message| !message.is_empty());
    // What was said last, where the reason is a decision of our own.
    let last = attempt.as_ref().map(|attempt| attempt.code.as_str());
    tracing::info!(%account, delivery = %id, state = state.name(), code, error, last, attempts, "dead letter");
}

/// The platform refused recipients: a line for each of its codes.
pub(super) fn refused(lane: &Lane, id: DeliveryId, results: &[TargetResult]) {
    let mut by_code: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
    for result in results.iter().filter(|result| result.state == RecipientState::Refused) {
        let (code, error) = result.reason.as_ref().map_or(("", ""), |reason| (&*reason.code, &*reason.message));
        by_code.entry(code).or_insert((0, error)).0 += 1;
    }
    for (code, (recipients, error)) in by_code {
        tracing::info!(account = %lane.account.name, delivery = %id, recipients, code, error, "recipients refused");
    }
}

/// What the store does not do, again and again: told when it begins and when it is over.
#[derive(Default)]
pub(super) struct Refusals(u32);

impl Refusals {
    /// It was refused once more.
    pub(super) fn say(&mut self, lane: &Lane, error: &StoreError, what: &str) {
        if self.0 == 0 {
            tracing::warn!(account = %lane.account.name, %error, "{what}");
        }
        self.0 = self.0.saturating_add(1);
    }

    /// Before the next try.
    pub(super) fn pause(&self) -> Duration {
        const LONGEST: Duration = Duration::from_secs(5);
        holding::pause(self.0.saturating_sub(1)).min(LONGEST)
    }

    /// It was done.
    pub(super) fn is_over(&mut self, lane: &Lane, what: &str) {
        let tries = std::mem::take(&mut self.0);
        if tries > 0 {
            tracing::info!(account = %lane.account.name, tries, "{what}");
        }
    }
}
