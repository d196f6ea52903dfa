//! Replies that many operations share.

use crate::read;
use serde::{Deserialize, Serialize};

/// The envelope and nothing else.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {}

/// New-style operations that only say that it worked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Success {
    /// True; what failed comes as a refusal.
    #[serde(default, deserialize_with = "read::flag")]
    pub success: bool,
}

/// What `/topapi/*` puts into `result`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wrapped<T> {
    /// The reply itself.
    pub result: T,
}
