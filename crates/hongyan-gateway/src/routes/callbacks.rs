//! What the platforms pushed, to be read.

use super::{app::App, call::Call, query};
use hongyan_api::CallbackPage;
use hongyan_intake::reply::{self, Reply};
use std::sync::Arc;

/// `GET /v1/callbacks`
pub(super) async fn list(app: &Arc<App>, call: &Call) -> Reply {
    let caller = call.caller()?;
    let account = call.query("account");
    let after = call.query("after").map_or(Ok(0), str::parse);
    let after = after.map_err(|_| query::wrong("after", ("expected the id of a callback", "应为回调的 ID")))?;
    let limit = query::limit(call)?;
    caller.check_accounts(account)?;
    let mut callbacks = app.store.callbacks(account, after, limit).await.map_err(reply::store)?;
    let next_after = callbacks.last().map(|row| row.id).filter(|_| callbacks.len() == limit);
    // A key for some accounts sees theirs; the cursor goes on all the same.
    callbacks.retain(|row| caller.barred([row.account.as_str()]).is_none());
    reply::ok(&CallbackPage { callbacks, next_after })
}
