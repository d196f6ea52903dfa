//! Rows that this version does not understand: of a newer one, or damaged.

use crate::Folder;
use hongyan_core::{Admin, DeliveryState, Filter, Ledger, Priority, Queue, RecipientState, Settlement};
use hongyan_store::contract::{LEASE, Maker, NOW, Stand, after, attempt, claim_all, ended, first, put, put_sent, sent};

fn poke(folder: &Folder, sql: &str) {
    let other = rusqlite::Connection::open(folder.file()).unwrap();
    assert_eq!(other.execute(sql, []).unwrap(), 1, "{sql}");
}

#[tokio::test]
async fn a_delivery_in_a_state_that_is_not_known_does_not_stop_the_others() {
    let (folder, make) = (Folder::make(), Maker::default());
    let store = folder.open();
    let odd = put(&store, make.message("ding", &["li"])).await;
    poke(&folder, &format!("UPDATE deliveries SET state = 99 WHERE message = {}", odd.get()));
    poke(&folder, "UPDATE depths SET state = 99 WHERE account = 'ding'");
    let good = put(&store, make.message("ding", &["li"])).await;
    let shown = store.message(odd).await.unwrap().unwrap();
    assert_eq!(
        (shown.deliveries[0].state, &shown.unreadable),
        (DeliveryState::Unknown, &vec!["deliveries[0].state".into()])
    );
    assert_eq!(store.list(Filter { limit: 10, ..Filter::default() }).await.unwrap().messages.len(), 2);
    assert_eq!(store.depths().await.unwrap(), [("ding".to_owned(), DeliveryState::Pending, 1)]);
    assert_eq!(store.cancel(odd, NOW).await.unwrap(), Some(0), "what it is in is not ours to decide about");
    assert_eq!(store.retry(odd, NOW).await.unwrap(), Some(0));
    let claims = claim_all(&store, "ding").await;
    let readable: Vec<_> = claims.iter().map(|claim| (claim.id.message, claim.unreadable.is_none())).collect();
    assert_eq!(readable, [(odd, false), (good, true)]);
    let failed = ended(first(odd), DeliveryState::Failed, RecipientState::Failed, None);
    store.settle(vec![failed, sent(first(good))]).await.unwrap();
    assert!(store.check_integrity().await.unwrap().is_empty(), "the depths follow it out of its state");
    assert!(claim_all(&store, "ding").await.is_empty());
}

#[tokio::test]
async fn a_recipient_that_cannot_be_read_is_named_and_the_others_go() {
    let (folder, make) = (Folder::make(), Maker::default());
    let store = folder.open();
    let id = put(&store, make.message("ding", &["li", "wang", "zhao"])).await;
    poke(&folder, "UPDATE recipients SET kind = 77 WHERE number = 1");
    poke(&folder, "UPDATE recipients SET state = 55 WHERE number = 2");
    let claim = claim_all(&store, "ding").await.remove(0);
    assert_eq!((claim.targets.len(), &claim.unreadable_targets, &claim.unreadable), (1, &vec![1], &None));
    let rows = store.recipients(id).await.unwrap();
    let states: Vec<_> = rows.iter().map(|row| (row.state, row.reason.as_ref().map(|r| r.code.as_str()))).collect();
    let unreadable = Some("unreadable");
    assert_eq!(
        states,
        [(RecipientState::Pending, None), (RecipientState::Pending, unreadable), (RecipientState::Unknown, unreadable)]
    );
    assert_eq!(rows[1].address.value, "wang");
    assert_eq!(store.message(id).await.unwrap().unwrap().recipients[&RecipientState::Unknown], 1);
    store.settle(vec![sent(claim.id)]).await.unwrap();
    let tasks = store.receipts_due("ding", after(60), after(90), 10).await.unwrap();
    assert_eq!(tasks[0].targets.len(), 1);
}

#[tokio::test]
async fn what_can_be_shown_of_a_damaged_message_is_shown() {
    let (folder, make) = (Folder::make(), Maker::default());
    let store = folder.open();
    let id = put_sent(&store, make.message("ding", &["li"])).await;
    let of = format!("WHERE id = {}", id.get());
    poke(&folder, &format!("UPDATE messages SET labels = '{{\"a\":' {of}"));
    poke(&folder, &format!("UPDATE messages SET priority = 9 {of}"));
    poke(&folder, &format!("UPDATE messages SET content = CAST(x'7b22c3' AS TEXT) {of}"));
    poke(&folder, "UPDATE deliveries SET history = 'no history'");
    poke(&folder, "UPDATE deliveries SET attempts = -1");
    let shown = store.message(id).await.unwrap().unwrap();
    assert_eq!(shown.unreadable, ["content", "labels", "priority", "deliveries[0].attempts", "deliveries[0].history"]);
    assert_eq!((shown.state.name(), shown.priority, shown.deliveries[0].handles.len()), ("sent", Priority::Normal, 1));
    let mut filter = Filter { limit: 10, ..Filter::default() };
    assert_eq!(store.list(filter.clone()).await.unwrap().messages, [shown]);
    filter.labels.insert("a".into(), "b".into());
    assert!(store.list(filter).await.unwrap().messages.is_empty());
}

#[tokio::test]
async fn a_damaged_history_does_not_keep_an_outcome_from_being_written() {
    for damage in ["no history", "{}", "[1,", ""] {
        let (folder, make) = (Folder::make(), Maker::default());
        let store = folder.open();
        let id = put(&store, make.message("ding", &["li"])).await;
        claim_all(&store, "ding").await;
        poke(&folder, &format!("UPDATE deliveries SET history = '{damage}'"));
        store.settle(vec![Settlement { attempt: Some(attempt("7")), ..sent(first(id)) }]).await.unwrap();
        let shown = store.message(id).await.unwrap().unwrap();
        assert_eq!(shown.deliveries[0].history, [attempt("7")], "{damage:?}");
    }
}

#[tokio::test]
async fn a_priority_that_is_not_known_goes_last() {
    let (folder, make) = (Folder::make(), Maker::default());
    let store = folder.open();
    let odd = put(&store, make.message("ding", &["li"])).await;
    poke(&folder, "UPDATE deliveries SET priority = 9");
    let good = put(&store, make.message("ding", &["li"])).await;
    let claims = claim_all(&store, "ding").await;
    assert_eq!(claims.iter().map(|claim| claim.id.message).collect::<Vec<_>>(), [good, odd]);
    poke(&folder, &format!("UPDATE deliveries SET due = 7, state = 0, lease = NULL WHERE message = {}", odd.get()));
    assert_eq!(store.next_due("ding").await.unwrap().map(|due| due.millis()), Some(7));
}

#[tokio::test]
async fn a_delivery_without_its_message_is_settled_like_any_other() {
    let (folder, make) = (Folder::make(), Maker::default());
    let store = folder.open();
    let odd = put(&store, make.message("ding", &["li"])).await;
    poke(&folder, &format!("DELETE FROM messages WHERE id = {}", odd.get()));
    let claims = store.claim("ding", NOW, LEASE, 10).await.unwrap();
    assert!(claims[0].unreadable.is_some());
}

#[tokio::test]
async fn a_key_that_cannot_be_read_opens_nothing_and_keeps_no_other_back() {
    let (folder, key) = (Folder::make(), crate::keys::key);
    let store = folder.open();
    for id in ["a", "b", "c"] {
        store.add_key(key(id)).await.unwrap();
    }
    poke(&folder, "UPDATE keys SET accounts = 'all of them' WHERE id = 'a'");
    poke(&folder, r#"UPDATE keys SET scopes = '["read","fly"]' WHERE id = 'b'"#);
    let keys = store.keys().await.unwrap();
    assert_eq!(keys.iter().map(|key| key.id.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
    assert!(keys[0].revoked_at.is_some() && keys[0].scopes.is_empty());
    assert_eq!(keys[1].scopes, [hongyan_core::Scope::Read]);
    assert_eq!(keys[2], key("c"));
}
