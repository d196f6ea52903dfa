//! What the platforms pushed, to be read.

use super::{Call, query};
use crate::{
    app::App,
    reply::{self, Reply},
};
use hongyan_api::CallbackPage;
use std::sync::Arc;

const DEFAULT_LIMIT: usize = 50;
const MAX_LIMIT: usize = 1_000;

/// `GET /v1/callbacks`
pub(super) async fn list(app: &Arc<App>, call: &Call) -> Reply {
    let caller = call.caller()?;
    let (mut account, mut after, mut limit) = (None, 0, DEFAULT_LIMIT);
    for (name, value) in query::pairs(call)? {
        match name.as_str() {
            "account" => account = Some(value),
            "after" => {
                after = value
                    .parse()
                    .map_err(|_| query::wrong("after", ("expected the id of a callback", "应为回调的 ID")))?;
            }
            "limit" => {
                let given = value.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit));
                limit = given.ok_or_else(|| query::wrong("limit", ("expected 1 to 1000", "应为 1 至 1000")))?;
            }
            _ => return Err(query::unknown(&name)),
        }
    }
    app.admit(caller, account.as_deref())?;
    let mut callbacks = app.outbox.callbacks(account.as_deref(), after, limit).await.map_err(reply::store)?;
    let next_after = callbacks.last().map(|row| row.id).filter(|_| callbacks.len() == limit);
    // A key for some accounts sees theirs; the cursor goes on all the same.
    callbacks.retain(|row| caller.barred([row.account.as_str()]).is_none());
    reply::ok(&CallbackPage { callbacks, next_after })
}
