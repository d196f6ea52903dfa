//! Where deliveries and recipients stand.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// Waits for its due time.
    Pending,
    /// A call may be on its way.
    Sending,
    /// The platform took it.
    Sent,
    /// It will not be tried again by itself: a dead letter.
    Failed,
    /// It may have been taken; with a due time it will be repeated, without it is held.
    Unknown,
    /// Taken back.
    Recalled,
    /// Its time ran out.
    Expired,
    /// Called off before it was sent.
    Cancelled,
}

/// What is known of one recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RecipientState {
    /// Not sent yet.
    Pending,
    /// The platform took it for them.
    Sent,
    /// They have seen it.
    Read,
    /// It is with them, unseen.
    Unread,
    /// The platform would not take it for them; the reason says why.
    Refused,
    /// It could not be sent.
    Failed,
    /// It may have reached them.
    Unknown,
    /// Taken back.
    Recalled,
    /// Its time ran out first.
    Expired,
    /// Called off.
    Cancelled,
}

macro_rules! named_states {
    ($type:ident { $($variant:ident = $number:literal $name:literal),* $(,)? }) => {
        impl $type {
            /// Every state.
            pub const EVERY: &[Self] = &[$(Self::$variant),*];

            /// As in JSON.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// The number that stores keep. Never reused.
            #[must_use]
            pub const fn number(self) -> i64 {
                match self { $(Self::$variant => $number),* }
            }

            /// The state of that number.
            #[must_use]
            pub const fn from_number(number: i64) -> Option<Self> {
                match number { $($number => Some(Self::$variant),)* _ => None }
            }

            /// The state of that name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

named_states!(DeliveryState {
    Pending = 0 "pending", Sending = 1 "sending", Sent = 2 "sent", Failed = 3 "failed",
    Unknown = 4 "unknown", Recalled = 5 "recalled", Expired = 6 "expired", Cancelled = 7 "cancelled",
});
named_states!(RecipientState {
    Pending = 0 "pending", Sent = 1 "sent", Read = 2 "read", Unread = 3 "unread", Refused = 4 "refused",
    Failed = 5 "failed", Unknown = 6 "unknown", Recalled = 7 "recalled", Expired = 8 "expired", Cancelled = 9 "cancelled",
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_of_states_are_each_others_inverse() {
        for state in DeliveryState::EVERY {
            assert_eq!(DeliveryState::from_number(state.number()), Some(*state));
            assert_eq!(DeliveryState::from_name(state.name()), Some(*state));
        }
        for state in RecipientState::EVERY {
            assert_eq!(RecipientState::from_number(state.number()), Some(*state));
            assert_eq!(RecipientState::from_name(state.name()), Some(*state));
        }
    }
}
