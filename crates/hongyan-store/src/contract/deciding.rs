//! What people decide: recall, cancel, retry.

use super::{
    LEASE, Maker, NOW, Stand, after, attempt, claim_all, delivery, ended, first, ledger, put, put_sent, result, sent,
    state, states,
};
use hongyan_core::{
    AttemptRow, DeliveryId, DeliveryState, Ledger, MessageId, NewMessage, Queue, Recalled, RecipientState, Settlement,
    Store,
};

pub async fn a_recall_takes_back_what_was_sent(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let id = put(&store, make.message("ding", &["li", "wang", "zhao", "sun"])).await;
    claim_all(&store, "ding").await;
    let exceptions = vec![result(1, RecipientState::Refused), result(3, RecipientState::Unknown)];
    store.settle(vec![Settlement { exceptions, ..sent(first(id)) }]).await.unwrap();
    store.received(first(id), vec![result(0, RecipientState::Read)], Some(after(60))).await.unwrap();
    store.recalled(vec![Recalled { id: first(id), result: Ok(()) }], after(5)).await.unwrap();
    use RecipientState as S;
    assert_eq!(states(&store, id).await, [S::Recalled, S::Refused, S::Recalled, S::Recalled]);
    assert_eq!(ledger(&store, id).await[0].at, after(5));
    assert_eq!(state(&store, id).await, DeliveryState::Recalled);
    assert_eq!(store.next_receipt("ding").await.unwrap(), None);
    assert_eq!(store.message(id).await.unwrap().unwrap().state.name(), "recalled");
}

pub async fn a_refused_recall_changes_the_history_only(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let id = put_sent(&store, make.message("ding", &["li"])).await;
    let refused = AttemptRow { class: "permanent".into(), ..attempt("88") };
    store.recalled(vec![Recalled { id: first(id), result: Err(refused.clone()) }], after(5)).await.unwrap();
    let message = store.message(id).await.unwrap().unwrap();
    assert_eq!(message.deliveries[0].history, [attempt("0"), refused]);
    assert_eq!((message.deliveries[0].state, message.state.name()), (DeliveryState::Sent, "sent"));
    assert_eq!(store.next_receipt("ding").await.unwrap(), Some(after(60)));
}

/// One message with a delivery in each state that a decision meets: sent, failed, expired, held, repeated, under
/// way, pending, in this order.
async fn one_of_each(store: &impl Store, make: &Maker) -> MessageId {
    let mut new = make.message("ding", &["li", "wang"]);
    for _ in 0..5 {
        new.deliveries.push(delivery("ding", &["li", "wang"]));
    }
    new.deliveries.push(delivery("mail", &["li"]));
    let id = put(store, new).await;
    assert_eq!(claim_all(store, "ding").await.len(), 6);
    let at = |number| DeliveryId { message: id, number };
    store
        .settle(vec![
            Settlement { exceptions: vec![result(1, RecipientState::Refused)], ..sent(at(1)) },
            ended(at(2), DeliveryState::Failed, RecipientState::Failed, None),
            ended(at(3), DeliveryState::Expired, RecipientState::Expired, None),
            ended(at(4), DeliveryState::Unknown, RecipientState::Unknown, None),
            ended(at(5), DeliveryState::Unknown, RecipientState::Unknown, Some(after(30))),
        ])
        .await
        .unwrap();
    id
}

async fn delivery_states(store: &impl Store, id: MessageId) -> Vec<DeliveryState> {
    store.message(id).await.unwrap().unwrap().deliveries.iter().map(|delivery| delivery.state).collect()
}

pub async fn cancelling_calls_off_only_what_is_pending(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let id = one_of_each(&store, &make).await;
    assert_eq!(store.cancel(id, after(5)).await.unwrap(), Some(1));
    use DeliveryState as D;
    let expected = [D::Sent, D::Failed, D::Expired, D::Unknown, D::Unknown, D::Sending, D::Cancelled];
    assert_eq!(delivery_states(&store, id).await, expected);
    let rows = ledger(&store, id).await;
    let row = rows.last().unwrap();
    assert_eq!(
        (row.state, row.reason.as_ref().unwrap().code.as_str(), row.at),
        (RecipientState::Cancelled, "cancelled", after(5))
    );
    assert_eq!(rows.iter().filter(|row| row.state == RecipientState::Cancelled).count(), 1);
    assert_eq!(store.cancel(id, after(6)).await.unwrap(), Some(0));
}

pub async fn a_cancelled_delivery_is_never_claimed(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let id = put(&store, NewMessage { send_at: Some(after(60)), ..make.message("ding", &["li"]) }).await;
    assert_eq!(store.cancel(id, NOW).await.unwrap(), Some(1));
    assert!(store.claim("ding", after(999), after(1_000), 10).await.unwrap().is_empty());
    assert_eq!(store.next_due("ding").await.unwrap(), None);
    assert_eq!(store.message(id).await.unwrap().unwrap().state.name(), "cancelled");
}

pub async fn retrying_sends_to_those_it_did_not_reach(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let id = one_of_each(&store, &make).await;
    assert_eq!(store.retry(id, after(5)).await.unwrap(), Some(4));
    let claims = store.claim("ding", after(5), LEASE, 10).await.unwrap();
    let mut targets: Vec<_> = claims.iter().map(|claim| (claim.id.number, claim.targets.len())).collect();
    targets.sort_unstable();
    assert_eq!(targets, [(1, 1), (2, 2), (3, 2), (4, 2)], "not to who has it, not what is under way or will repeat");
}

pub async fn retrying_starts_the_count_anew(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let id = put(&store, make.message("ding", &["li"])).await;
    claim_all(&store, "ding").await;
    let held = ended(first(id), DeliveryState::Unknown, RecipientState::Unknown, None);
    store.settle(vec![Settlement { attempts: 4, repeat_of: Some(NOW), ..held }]).await.unwrap();
    assert_eq!(store.retry(id, after(5)).await.unwrap(), Some(1));
    assert_eq!((states(&store, id).await, &ledger(&store, id).await[0].reason), (vec![RecipientState::Pending], &None));
    assert_eq!(store.next_due("ding").await.unwrap(), Some(after(5)));
    let claims = store.claim("ding", after(5), LEASE, 10).await.unwrap();
    assert_eq!((claims[0].attempts, claims[0].repeat_of), (0, None));
}

pub async fn a_retry_leaves_alone_what_is_under_way_or_over(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let sent = put_sent(&store, make.message("ding", &["li"])).await;
    assert_eq!(store.retry(sent, NOW).await.unwrap(), Some(0), "nobody was missed");
    let recalled = put_sent(&store, make.message("ding", &["li"])).await;
    store.recalled(vec![Recalled { id: first(recalled), result: Ok(()) }], NOW).await.unwrap();
    let cancelled = put(&store, make.message("ding", &["li"])).await;
    store.cancel(cancelled, NOW).await.unwrap();
    for id in [recalled, cancelled] {
        assert_eq!(store.retry(id, NOW).await.unwrap(), Some(0));
    }
    assert!(claim_all(&store, "ding").await.is_empty());
}

pub async fn a_retry_after_the_end_is_not_bound_by_it(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let id = put(&store, NewMessage { expires_at: Some(after(1)), ..make.message("ding", &["li"]) }).await;
    store.claim("ding", after(2), LEASE, 10).await.unwrap();
    store.settle(vec![ended(first(id), DeliveryState::Expired, RecipientState::Expired, None)]).await.unwrap();
    assert_eq!(store.retry(id, after(5)).await.unwrap(), Some(1));
    assert_eq!(store.claim("ding", after(5), LEASE, 10).await.unwrap()[0].expires_at, None);
    assert_eq!(store.message(id).await.unwrap().unwrap().expires_at, Some(after(1)), "what was asked stays on record");
}

pub async fn deciding_about_no_message_says_so(stand: impl Stand) {
    let store = stand.open();
    let nobody = MessageId::from_raw(1);
    assert_eq!(store.cancel(nobody, NOW).await.unwrap(), None);
    assert_eq!(store.retry(nobody, NOW).await.unwrap(), None);
    assert_eq!(store.message(nobody).await.unwrap(), None);
    assert!(store.recipients(nobody).await.unwrap().is_empty());
    store.recalled(vec![Recalled { id: first(nobody), result: Ok(()) }], NOW).await.unwrap();
    store.received(first(nobody), vec![result(0, RecipientState::Read)], None).await.unwrap();
    store.resolved(first(nobody), vec![(0, "user-1".into())]).await.unwrap();
}
