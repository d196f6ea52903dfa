//! Who is told of what the dispatcher does.

use hongyan_core::{DeliveryId, MessageId};
use std::time::Duration;

/// Who is told of what the dispatcher does: metrics, and whoever waits for a message.
pub trait Observer: Send + Sync + 'static {
    /// One call was made; `class` is `taken` or the fault's class.
    fn attempted(&self, account: &str, class: &'static str, took: Duration);

    /// A delivery's state changed.
    fn changed(&self, delivery: DeliveryId);

    /// An account began to rest, for a fault of this class, or works again.
    fn rested(&self, _account: &str, _class: &'static str, _rests: bool) {}

    /// Whether somebody waits for what the platform says of each recipient: then it is asked soon.
    fn results_awaited(&self, _message: MessageId) -> bool {
        false
    }

    /// The platform has said all that it will say of a delivery's recipients but for who reads it. Told before
    /// [`Self::changed`].
    fn results_whole(&self, _delivery: DeliveryId) {}
}

/// How long after a call its result is asked for while somebody waits for it, and how far apart further looks are.
pub(crate) const AWAITED_AFTER: Duration = Duration::from_secs(1);
