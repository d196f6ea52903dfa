//! What becomes of a message, in its row.

use crate::fake::{Fake, Folder, Trouble};
use hongyan_relay::{Change, Options, Row, Summary, relay};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::sync::watch;

/// Delivers one row to a gateway that shows its message so, and gives the row.
async fn one(shows: Value, ledger: Value, wait: Duration) -> (Row, Summary) {
    let (folder, (fake, gateway)) = (Folder::new(), Fake::start().await);
    let table = folder.table("wal");
    table.put("{}", Some("order-1")).unwrap();
    fake.order(Trouble { shows: Some(shows), ledger: Some(ledger), ..Trouble::default() });
    let (_go, stop) = watch::channel(false);
    let options = Options { once: Some(wait), ..Options::default() };
    let summary = relay(table, &gateway, &options, stop, |_: &Change| ()).await.unwrap();
    (folder.table("wal").status("order-1").unwrap().unwrap(), summary)
}

#[tokio::test]
async fn a_failure_says_whom_it_did_not_reach_and_why() {
    let ledger = json!({"recipients": [
        {"address": {"userid": "zhangsan"}, "state": "sent", "reason": null},
        {"address": {"userid": "nobody"}, "state": "refused", "reason": {"code": "60111", "message": "userid not found"}},
    ]});
    let shows = json!({"state": "partial", "recipients": {"sent": 1, "refused": 1}, "deliveries": []});
    let (row, summary) = one(shows, ledger, Duration::from_secs(10)).await;
    assert_eq!((row.state.as_str(), row.settled, summary.badly), ("partial", true, 1));
    assert_eq!(row.error.as_deref(), Some("1 of 2: userid nobody refused, 60111 userid not found"));
}

#[tokio::test]
async fn a_platform_with_receipts_may_have_second_thoughts_and_mail_has_none() {
    let now = "2199-01-01T00:00:00Z";
    let sent = |account: &str| {
        json!({"state": "sent", "recipients": {"sent": 1},
               "deliveries": [{"account": account, "state": "sent", "sent_at": now}]})
    };
    let (row, summary) = one(sent("mail"), json!({}), Duration::from_secs(10)).await;
    assert_eq!((row.state.as_str(), row.settled, summary.well), ("sent", true, 1));
    let (row, summary) = one(sent("ding"), json!({}), Duration::from_millis(900)).await;
    assert_eq!((row.state.as_str(), row.settled, summary.open), ("sent", false, 1));
    let mut read = sent("ding");
    read["recipients"] = json!({"unread": 1});
    let (row, _) = one(read, json!({}), Duration::from_secs(10)).await;
    assert!(row.settled);
}

#[tokio::test]
async fn what_is_held_is_unknown_and_nobody_waits_for_it() {
    let shows = json!({"state": "unknown", "recipients": {"unknown": 1},
                       "deliveries": [{"account": "mail", "state": "unknown", "due": null}]});
    let ledger = json!({"recipients": [{"address": {"email": "li@example.com"}, "state": "unknown",
                                         "reason": {"code": "held", "message": ""}}]});
    let began = std::time::Instant::now();
    let (row, summary) = one(shows, ledger, Duration::from_secs(30)).await;
    assert_eq!((row.state.as_str(), row.settled, summary.open), ("unknown", false, 1));
    assert_eq!(row.error.as_deref(), Some("email li@example.com unknown, held"));
    assert!(began.elapsed() < Duration::from_secs(20));
}

#[tokio::test]
async fn a_message_that_the_gateway_forgot_ends_with_what_was_known() {
    let (folder, (_fake, gateway)) = (Folder::new(), Fake::start().await);
    let table = folder.table("wal");
    for (key, state) in [("a", "sent"), ("b", "pending")] {
        table.put("{}", Some(key)).unwrap();
        let set = "UPDATE hongyan_outbox SET state = ?1, message_id = 'm99', due_at = 1 WHERE key = ?2";
        folder.user().execute(set, [state, key]).unwrap();
    }
    let (_go, stop) = watch::channel(false);
    let options = Options { once: Some(Duration::from_secs(10)), ..Options::default() };
    relay(table, &gateway, &options, stop, |_: &Change| ()).await.unwrap();
    for (key, state) in [("a", "sent"), ("b", "unknown")] {
        let row = folder.table("wal").status(key).unwrap().unwrap();
        assert_eq!((row.state.as_str(), row.settled), (state, true));
        assert!(row.error.unwrap().contains("forgotten"));
    }
}
