//! Handing rows over to the gateway, each under its key, and sorting its answers.

use crate::{
    Fault, Kind,
    answer::{Meaning, meaning},
    work::{Outcome, Waiting},
};
use data_encoding::HEXLOWER;
use hongyan_client::Gateway;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// A row that the gateway could not take just now waits so long, in milliseconds, while others go on.
const LATER_MS: i64 = 5_000;

/// What became of a batch.
#[derive(Debug, Default)]
pub(crate) struct HandedOver {
    /// One per row.
    pub(crate) outcomes: Vec<(Waiting, Outcome)>,
    /// What stood in the way of the rest, if anything did: they are [`Outcome::Later`].
    pub(crate) fault: Option<hongyan_client::Fault>,
    /// Nothing will go through before somebody acts.
    pub(crate) stop: Option<Fault>,
}

/// The gateway's idempotency key for a row's: as it is where it can stand in a header, else a digest of it.
pub(crate) fn header_key(key: &str) -> String {
    if (1..=255).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic()) {
        return key.to_owned();
    }
    format!("sha256:{}", HEXLOWER.encode(&Sha256::digest(key.as_bytes())))
}

/// Hands over a batch. What is refused as a whole is halved until the row that spoils it stands alone.
pub(crate) async fn hand_over(gateway: &Gateway, rows: Vec<Waiting>, now: i64) -> HandedOver {
    let mut handed = HandedOver::default();
    let mut parts = vec![rows];
    while let Some(mut rows) = parts.pop() {
        if handed.fault.is_some() {
            let not_sent = |row| (row, Outcome::Later { error: None, due_at: None, read: false });
            handed.outcomes.extend(rows.into_iter().map(not_sent));
            continue;
        }
        let answers = call(gateway, &rows, now).await;
        match answers {
            Ok(outcomes) => handed.outcomes.extend(rows.into_iter().zip(outcomes)),
            Err(fault) => match meaning(&fault) {
                Meaning::Refused if rows.len() > 1 => {
                    let rest = rows.split_off(rows.len() / 2);
                    parts.push(rest);
                    parts.push(rows);
                }
                Meaning::Refused => {
                    let outcome = Outcome::Rejected { error: fault.message };
                    handed.outcomes.extend(rows.into_iter().map(|row| (row, outcome.clone())));
                }
                meaning => {
                    let read = meaning == Meaning::MaybeRead;
                    let later = |row| (row, Outcome::Later { error: None, due_at: None, read });
                    handed.outcomes.extend(rows.into_iter().map(later));
                    if meaning == Meaning::NoAccess {
                        let message = format!(
                            "{}: the relay needs a key with the scopes send and read (`hongyan keys create --scope send \
                             --scope read`) · 需要具备 send 与 read 权限的密钥",
                            fault.message
                        );
                        handed.stop = Some(Fault::new(Kind::Access, message));
                    }
                    handed.fault = Some(fault);
                }
            },
        }
    }
    handed
}

async fn call(gateway: &Gateway, rows: &[Waiting], now: i64) -> Result<Vec<Outcome>, hongyan_client::Fault> {
    if let [row] = rows {
        let accepted = gateway.submit_text(&row.message, &header_key(&row.key)).await?;
        return Ok(vec![taken(&accepted, now)]);
    }
    let keys: Vec<String> = rows.iter().map(|row| header_key(&row.key)).collect();
    let messages = keys.iter().zip(rows).map(|(key, row)| (key.as_str(), row.message.as_str()));
    let mut results = gateway.submit_batch(messages).await?;
    // Fewer answers than rows: the rest is asked for again.
    results.resize(rows.len(), Value::Null);
    Ok(results.iter().map(|result| of_item(result, now)).collect())
}

fn of_item(result: &Value, now: i64) -> Outcome {
    let problem = &result["problem"];
    if problem.is_null() {
        return taken(result, now);
    }
    let status = problem["status"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or(500);
    let fault = hongyan_client::Fault::of_problem(status, problem);
    match meaning(&fault) {
        Meaning::Refused => Outcome::Rejected { error: fault.message },
        // About one message, nothing of this closes the door to the others.
        Meaning::NoAccess | Meaning::NotRead | Meaning::MaybeRead => later(fault.message, now),
    }
}

fn taken(accepted: &Value, now: i64) -> Outcome {
    match accepted["id"].as_str() {
        Some(id) => Outcome::Accepted {
            message_id: id.to_owned(),
            // A repeat within a batch comes without one.
            state: accepted["state"].as_str().unwrap_or("pending").to_owned(),
        },
        None => later("the gateway's answer names no message".to_owned(), now),
    }
}

fn later(error: String, now: i64) -> Outcome {
    Outcome::Later { error: Some(error), due_at: Some(now.saturating_add(LATER_MS)), read: true }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_key_that_no_header_can_carry_becomes_a_digest_and_another_stays_as_it_is() {
        assert_eq!(header_key("order-17/paid"), "order-17/paid");
        for key in ["", "order 17", "订单-17", &"k".repeat(256)] {
            let header = header_key(key);
            assert!(header.starts_with("sha256:") && header.len() == 71, "{header}");
        }
        assert_ne!(header_key("order 17"), header_key("order 18"));
    }

    #[test]
    fn an_item_of_a_batch_is_taken_refused_or_left_for_later() {
        let taken = of_item(&json!({"index": 0, "id": "m1", "state": "pending"}), 0);
        assert_eq!(taken, Outcome::Accepted { message_id: "m1".into(), state: "pending".into() });
        let replayed = of_item(&json!({"index": 0, "id": "m1", "replay": true}), 0);
        assert_eq!(replayed, taken);
        let problem = |status: u16, code: &str| json!({"problem": {"status": status, "code": code, "title": "no"}});
        for (status, code) in [(422, "invalid_field"), (409, "idempotency_conflict"), (403, "account_forbidden")] {
            assert!(matches!(of_item(&problem(status, code), 0), Outcome::Rejected { .. }), "{code}");
        }
        for result in [problem(507, "no_room"), problem(503, "busy"), json!(null)] {
            assert!(matches!(of_item(&result, 10), Outcome::Later { due_at: Some(5010), read: true, .. }), "{result}");
        }
    }
}
