//! Taking messages in.

use super::{Maker, NOW, Stand, after, claim_all, delivery, ledger, put, states};
use hongyan_core::{
    Accepted, AddressKind, DeliveryState, Idempotency, Ledger, NewMessage, Priority, Queue, RecipientState,
};
use std::{collections::BTreeMap, sync::Arc};

pub async fn what_is_accepted_is_in_the_ledger(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let mut new = make.message("ding", &["li", "wang"]);
    new.deliveries.push(delivery("mail", &["li"]));
    new.priority = Priority::High;
    new.expires_at = Some(after(60));
    new.labels = BTreeMap::from([("app".into(), "ops".into())]);
    let id = put(&store, new.clone()).await;

    let message = store.message(id).await.unwrap().unwrap();
    assert_eq!(
        (message.at, message.priority, message.send_at, message.expires_at),
        (NOW, Priority::High, None, Some(after(60)))
    );
    assert_eq!(message.labels, new.labels);
    assert_eq!(message.content.text.as_deref(), Some("The sample disk is full."));
    assert_eq!((message.state.name(), message.recipients[&RecipientState::Pending]), ("pending", 3));
    let numbers: Vec<_> = message.deliveries.iter().map(|d| (d.id.number, d.account.as_str(), d.recipients)).collect();
    assert_eq!(numbers, [(1, "ding", 2), (2, "mail", 1)]);
    assert!(message.deliveries.iter().all(|d| d.state == DeliveryState::Pending && d.due == Some(NOW)));

    let rows = ledger(&store, id).await;
    let rows: Vec<_> =
        rows.iter().map(|row| (row.delivery.number, row.account.as_str(), row.address.value.as_str())).collect();
    assert_eq!(rows, [(1, "ding", "li"), (1, "ding", "wang"), (2, "mail", "li")]);
}

pub async fn an_accepted_message_is_there_after_a_reopening(stand: impl Stand) {
    let make = Maker::default();
    let mut ids = Vec::new();
    for _ in 0..3 {
        let store = stand.open();
        for _ in 0..20 {
            ids.push(put(&store, make.message("ding", &["li"])).await);
        }
    }
    let store = stand.open();
    for id in ids {
        assert_eq!(states(&store, id).await, [RecipientState::Pending]);
    }
}

pub async fn a_batch_is_answered_in_order(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let batch: Vec<_> = (0..100).map(|_| make.message("ding", &["li"])).collect();
    let expected: Vec<_> = batch.iter().map(|message| Accepted::New(message.id)).collect();
    assert_eq!(store.accept(batch).await.unwrap(), expected);
    assert_eq!(claim_all(&store, "ding").await.len(), 100);
    assert_eq!(store.accept(Vec::new()).await.unwrap(), []);
}

pub async fn the_same_key_with_the_same_body_is_the_same_message(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let id = put(&store, make.keyed("order-1", 1)).await;
    let again = make.keyed("order-1", 1);
    let second = again.id;
    assert_eq!(store.accept(vec![again]).await.unwrap(), [Accepted::Before(id)]);
    assert!(store.message(second).await.unwrap().is_none());
    assert_eq!(claim_all(&store, "ding").await.len(), 1);
}

pub async fn the_same_key_with_another_body_is_a_conflict(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let id = put(&store, make.keyed("order-1", 1)).await;
    assert_eq!(store.accept(vec![make.keyed("order-1", 2)]).await.unwrap(), [Accepted::Conflict(id)]);
    assert_eq!(claim_all(&store, "ding").await.len(), 1);
}

pub async fn a_key_can_be_asked_for_without_a_message(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let key = |n| make.keyed("order-1", n).idempotency.unwrap();
    assert_eq!(store.keyed(key(1)).await.unwrap(), None);
    let id = put(&store, make.keyed("order-1", 1)).await;
    assert_eq!(store.keyed(key(1)).await.unwrap(), Some(Accepted::Before(id)));
    assert_eq!(store.keyed(key(2)).await.unwrap(), Some(Accepted::Conflict(id)));
    assert_eq!(store.keyed(Idempotency { scope: "other".into(), ..key(1) }).await.unwrap(), None);
}

pub async fn the_same_key_of_another_scope_is_another_key(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    put(&store, make.keyed("order-1", 1)).await;
    let key = Idempotency { scope: "other".into(), key: "order-1".into(), body_hash: [1; 32] };
    put(&store, NewMessage { idempotency: Some(key), ..make.keyed("", 1) }).await;
}

pub async fn a_key_is_recognised_within_one_batch(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let batch = vec![make.keyed("a", 1), make.keyed("a", 1), make.keyed("b", 1), make.keyed("a", 2)];
    let (a, b) = (batch[0].id, batch[2].id);
    let expected = [Accepted::New(a), Accepted::Before(a), Accepted::New(b), Accepted::Conflict(a)];
    assert_eq!(store.accept(batch).await.unwrap(), expected);
}

pub async fn concurrent_duplicates_become_one_message(stand: impl Stand) {
    let (store, make) = (Arc::new(stand.open()), Maker::default());
    let callers: Vec<_> = (0..32)
        .map(|_| {
            let (store, message) = (Arc::clone(&store), make.keyed("order-1", 1));
            tokio::spawn(async move { store.accept(vec![message]).await.unwrap()[0] })
        })
        .collect();
    let mut new = 0;
    let mut ids = Vec::new();
    for caller in callers {
        match caller.await.unwrap() {
            Accepted::New(id) => {
                new += 1;
                ids.push(id);
            }
            Accepted::Before(id) | Accepted::Conflict(id) => ids.push(id),
        }
    }
    ids.dedup();
    assert_eq!((new, ids.len()), (1, 1));
    assert_eq!(claim_all(&*store, "ding").await.len(), 1);
}

pub async fn a_key_survives_a_reopening(stand: impl Stand) {
    let make = Maker::default();
    let id = put(&stand.open(), make.keyed("order-1", 1)).await;
    assert_eq!(stand.open().accept(vec![make.keyed("order-1", 1)]).await.unwrap(), [Accepted::Before(id)]);
}

pub async fn any_language_and_any_length_comes_back_as_it_was(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    for text in ["鸿雁传书 — نص — 👩‍👩‍👧‍👦 \u{0} ' \" \\ %_", &"雁".repeat(1 << 20)] {
        let mut new = make.message("钉钉 'a'", &["张三 👋"]);
        new.content = serde_json::json!({ "text": text }).to_string();
        new.labels = BTreeMap::from([("类'别".into(), "报\"警".into())]);
        let labels = new.labels.clone();
        let id = put(&store, new).await;
        let message = store.message(id).await.unwrap().unwrap();
        assert_eq!(message.content.text.as_deref(), Some(text));
        assert_eq!(message.labels, labels);
        let claims = claim_all(&store, "钉钉 'a'").await;
        assert_eq!(claims[0].content.text.as_deref(), Some(text));
        assert_eq!(claims[0].targets[0].address.value, "张三 👋");
    }
}

pub async fn a_delivery_holds_a_thousand_recipients(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let mut new = make.message("wecom", &[]);
    for (number, recipient) in
        (0..1_000).map(|n| (n, hongyan_core::Address::new(AddressKind::EVERY[n % 6], format!("sample{n}"))))
    {
        assert_eq!(number, new.deliveries[0].recipients.len());
        new.deliveries[0].recipients.push(recipient);
    }
    let expected: Vec<_> = new.deliveries[0].recipients.clone();
    let id = put(&store, new).await;
    let claims = claim_all(&store, "wecom").await;
    let targets: Vec<_> = claims[0].targets.iter().map(|target| target.address.clone()).collect();
    assert_eq!(targets, expected);
    assert!(claims[0].targets.iter().zip(0..).all(|(target, index)| target.index == index));
    store.settle(vec![super::sent(claims[0].id)]).await.unwrap();
    assert_eq!(store.message(id).await.unwrap().unwrap().recipients[&RecipientState::Sent], 1_000);
}
