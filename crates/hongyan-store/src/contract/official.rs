//! Ids that were handed out, and callbacks.

use super::{Maker, NOW, Stand, claim_all, first, put, sent};
use hongyan_core::{CallbackLog, ISSUED_AFTER, IssuedIds, NewCallback, Queue, Settlement};
use serde_json::json;

pub async fn an_issued_number_leads_back_to_its_message_after_a_restart(stand: impl Stand) {
    let maker = Maker::default();
    let (message, other, number);
    {
        let store = stand.open();
        message = put(&store, maker.message("ding", &["li"])).await;
        other = put(&store, maker.message("ding", &["wang"])).await;
        number = store.issue(message).await.unwrap();
        assert!((ISSUED_AFTER + 1..1 << 53).contains(&number), "{number}");
        assert_eq!(store.issue(message).await.unwrap(), number, "asked again: the same");
    }
    let store = stand.open();
    assert_eq!(store.issued(number).await.unwrap(), Some(message));
    assert_ne!(store.issue(other).await.unwrap(), number);
    assert_eq!(store.issued(number + 50).await.unwrap(), None);
}

pub async fn the_platforms_id_leads_back_to_its_delivery(stand: impl Stand) {
    let store = stand.open();
    let message = put(&store, Maker::default().message("ding", &["li"])).await;
    claim_all(&store, "ding").await;
    store.settle(vec![Settlement { handle: Some("task-7".into()), ..sent(first(message)) }]).await.unwrap();
    assert_eq!(store.sent_as("ding", "task-7").await.unwrap(), Some(first(message)));
    assert_eq!(store.sent_as("ding", "task-").await.unwrap(), None);
    assert_eq!(store.sent_as("wecom", "task-7").await.unwrap(), None, "another account's id is not this one's");
    // A retry brings a second id; both lead back.
    store.settle(vec![Settlement { handle: Some("task-8".into()), ..sent(first(message)) }]).await.unwrap();
    for handle in ["task-7", "task-8"] {
        assert_eq!(store.sent_as("ding", handle).await.unwrap(), Some(first(message)), "{handle}");
    }
}

pub async fn a_callback_is_kept_once_and_read_in_order(stand: impl Stand) {
    let callback = |account: &str, key: &str| NewCallback {
        account: account.into(),
        key: key.into(),
        event: "user_add_org".into(),
        at: NOW,
        body: json!({"UserId": [key]}),
    };
    {
        let store = stand.open();
        for (account, key, new) in
            [("ding", "a", true), ("ding", "a", false), ("wecom", "a", true), ("ding", "b", true)]
        {
            assert_eq!(store.keep_callback(callback(account, key)).await.unwrap(), new, "{account} {key}");
        }
    }
    let store = stand.open();
    assert!(!store.keep_callback(callback("ding", "b")).await.unwrap(), "known after a restart, too");
    let all = store.callbacks(None, 0, 10).await.unwrap();
    let rows: Vec<_> = all.iter().map(|row| (row.account.as_str(), row.body["UserId"][0].as_str().unwrap())).collect();
    assert_eq!(rows, [("ding", "a"), ("wecom", "a"), ("ding", "b")]);
    let later = store.callbacks(Some("ding"), all[0].id, 10).await.unwrap();
    assert_eq!(later, [all[2].clone()]);
    assert_eq!(store.callbacks(None, 0, 1).await.unwrap().len(), 1);
}
