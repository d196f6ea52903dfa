//! The ledger as a table of texts, which is what a database shows.

use serde_json::Value;

/// One recipient of a message. Texts, `None` where the gateway says nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LedgerRow {
    /// The message's id, `m…`.
    pub message_id: String,
    /// Whom the business system named: the address's value, such as `zhangsan`; for everybody, `all`.
    pub recipient: Option<String>,
    /// What kind of address that is: `userid`, `mobile`, `email`, `department`, `chat` …
    pub kind: Option<String>,
    /// The platform's id, once looked up.
    pub resolved: Option<String>,
    /// The account.
    pub account: Option<String>,
    /// `pending`, `sent`, `read`, `unread`, `refused`, `failed`, `unknown`, `recalled`, `expired`, `cancelled`.
    pub state: Option<String>,
    /// What the reason means, in English and Chinese, where it is a known one.
    pub reason: Option<String>,
    /// The platform's code, or hongyan's own.
    pub code: Option<String>,
    /// What the platform said, as it said it.
    pub message: Option<String>,
    /// What to do, in English and Chinese.
    pub advice: Option<String>,
    /// Since when, RFC 3339.
    pub at: Option<String>,
    /// The delivery.
    pub delivery: Option<String>,
}

impl LedgerRow {
    /// As the columns of a table: recipient, kind, account, state, code, message, reason, advice, resolved, at, delivery,
    /// message_id.
    #[must_use]
    pub fn columns(self) -> [Option<String>; 12] {
        [
            self.recipient,
            self.kind,
            self.account,
            self.state,
            self.code,
            self.message,
            self.reason,
            self.advice,
            self.resolved,
            self.at,
            self.delivery,
            Some(self.message_id),
        ]
    }
}

/// Reads `GET /v1/messages/{id}/recipients`.
pub(crate) fn rows(message_id: &str, list: &Value) -> Vec<LedgerRow> {
    list["recipients"].as_array().into_iter().flatten().map(|row| read(message_id, row)).collect()
}

fn read(message_id: &str, row: &Value) -> LedgerRow {
    let (kind, recipient) =
        match row["address"].as_object().and_then(|address| address.iter().find(|(kind, _)| *kind != "via")) {
            Some((kind, Value::Bool(true))) => (Some(kind.clone()), Some(kind.clone())),
            Some((kind, value)) => (Some(kind.clone()), text(value)),
            None => (None, None),
        };
    let advice = &row["advice"];
    LedgerRow {
        message_id: message_id.to_owned(),
        recipient,
        kind,
        resolved: text(&row["resolved"]),
        account: text(&row["account"]),
        state: text(&row["state"]),
        reason: both(&advice["means_en"], &advice["means_zh"]),
        code: text(&row["reason"]["code"]),
        message: text(&row["reason"]["message"]).filter(|said| !said.is_empty()),
        advice: both(&advice["en"], &advice["zh"]),
        at: text(&row["at"]),
        delivery: text(&row["delivery"]),
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

fn both(en: &Value, zh: &Value) -> Option<String> {
    match (text(en), text(zh)) {
        (Some(en), Some(zh)) => Some(format!("{en} · {zh}")),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_row_is_read_whatever_it_lacks() {
        let list = json!({"recipients": [
            {"delivery": "d1", "account": "ding", "address": {"userid": "nobody"}, "resolved": null, "state": "refused",
             "reason": {"code": "33012", "message": ""}, "at": "2026-11-22T01:02:03.000Z",
             "advice": {"means_en": "no such user", "means_zh": "查无此人", "en": "look", "zh": "查", "who": "sender"}},
            {"address": {"all": true}, "state": "sent", "reason": null},
        ]});
        let rows = rows("m1", &list);
        assert_eq!(rows.len(), 2);
        assert_eq!((rows[0].recipient.as_deref(), rows[0].kind.as_deref()), (Some("nobody"), Some("userid")));
        assert_eq!((rows[0].reason.as_deref(), rows[0].message.as_deref()), (Some("no such user · 查无此人"), None));
        assert_eq!((rows[1].recipient.as_deref(), rows[1].code.as_deref()), (Some("all"), None));
        assert!(super::rows("m1", &json!({})).is_empty());
    }
}
