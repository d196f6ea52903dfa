//! One call under way.

use hongyan_api::{Code, Problem};
use hongyan_intake::Caller;
use http::request::Parts;
use std::sync::Arc;

/// One call under way.
pub(super) struct Call {
    pub(super) parts: Parts,
    pub(super) params: Vec<(String, String)>,
    /// The query, as [`super::query::read`] has it.
    pub(super) query: Vec<(String, String)>,
    pub(super) caller: Option<Arc<Caller>>,
}

impl Call {
    /// Who calls. Every route that asks has a scope, so somebody does.
    pub(super) fn caller(&self) -> Result<&Caller, Problem> {
        self.caller.as_deref().ok_or_else(|| Problem::bare(Code::Unauthorized))
    }

    pub(super) fn param(&self, name: &str) -> &str {
        value(&self.params, name).unwrap_or_default()
    }

    pub(super) fn query(&self, name: &str) -> Option<&str> {
        value(&self.query, name)
    }
}

fn value<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}
