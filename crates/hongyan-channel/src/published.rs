//! What the platform crates declare, in the words of `hongyan-core`: rates, a token's state, reasons.

use hongyan_core::{Health, Rate, Reason, TokenHealth};
use hongyan_endpoint::{ErrorCode, Platform, RateScope, Spec, TRANSPORT_FAULTS};
use hongyan_platform_client::TokenState;

/// The rates that an operation declares for a scope.
pub(crate) fn rates(spec: &Spec, scope: RateScope) -> Vec<Rate> {
    spec.rates().filter(|(_, _, of)| *of == scope).map(|(max, per, _)| Rate { max, per }).collect()
}

/// A token's state as an account's health.
pub(crate) fn health(token: TokenState) -> Health {
    match token {
        TokenState::None => Health { token: TokenHealth::None },
        TokenState::Fresh(_) => Health { token: TokenHealth::Fresh },
        TokenState::Failed(_) => Health { token: TokenHealth::None },
        TokenState::Refused(_) => Health { token: TokenHealth::Refused },
    }
}

/// The platform's row, ours, or the transport's.
pub(crate) fn explain<P: Platform>(code: &str) -> Option<&'static ErrorCode> {
    P::error_code(code).or_else(|| explain_ours(code))
}

/// Our row, or the transport's.
pub(crate) fn explain_ours(code: &str) -> Option<&'static ErrorCode> {
    Reason::error_code(code).or_else(|| TRANSPORT_FAULTS.iter().find(|row| row.code == code))
}
