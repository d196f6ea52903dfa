//! Results as JSON texts, with the entries of the functions' dictionaries.

use hongyan_functions::{HttpResult, MailResult};
use serde_json::json;

/// `{"responseCode", "text", "headers", "elapsed"}`. Bytes of the body outside UTF-8 become U+FFFD.
#[must_use]
pub fn http_json(result: &HttpResult) -> String {
    json!({
        "responseCode": result.response_code,
        "text": result.text_lossy(),
        "headers": result.headers,
        "elapsed": result.elapsed,
    })
    .to_string()
}

/// `{"responseCode", "text", "headers", "elapsed", "userId", "recipient"}`.
#[must_use]
pub fn mail_json(result: &MailResult) -> String {
    json!({
        "responseCode": result.response_code,
        "text": result.text,
        "headers": result.headers,
        "elapsed": result.elapsed,
        "userId": result.user_id,
        "recipient": result.recipient,
    })
    .to_string()
}
