//! Writing down what became of deliveries, and receipts.

use super::{
    LEASE, Maker, NOW, Stand, after, attempt, claim_all, ended, first, ledger, put, put_sent, result, sent, state,
    states,
};
use hongyan_core::{
    DeliveryState, Ledger, MessageId, Queue, Reason, Recalled, RecipientState, Settlement, TargetResult,
};
use std::time::Duration;

pub async fn a_settled_delivery_is_sent_with_its_recipients(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let id = put_sent(&store, make.message("ding", &["li", "wang"])).await;
    let message = store.message(id).await.unwrap().unwrap();
    let delivery = &message.deliveries[0];
    assert_eq!(
        (message.state.name(), delivery.state, delivery.attempts, delivery.due),
        ("sent", DeliveryState::Sent, 1, None)
    );
    assert_eq!((joined(&delivery.handles), delivery.sent_at, delivery.repeated), ("task-1".into(), Some(NOW), false));
    assert_eq!(delivery.history, [attempt("0")]);
    assert_eq!(states(&store, id).await, [RecipientState::Sent; 2]);
    assert!(store.orphans("ding", after(9_999), after(10_000)).await.unwrap().is_empty());
}

pub async fn exceptions_differ_from_the_rest(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let id = put(&store, make.message("ding", &["li", "wang", "zhao", "sun"])).await;
    claim_all(&store, "ding").await;
    let reason = Some(Reason { code: "invalid_recipient".into(), message: "无此人".into() });
    let exceptions = vec![
        TargetResult { index: 2, state: RecipientState::Refused, reason: reason.clone() },
        result(0, RecipientState::Pending),
        result(3, RecipientState::Unknown),
        result(99, RecipientState::Refused),
    ];
    store
        .settle(vec![Settlement { state: DeliveryState::Pending, due: Some(after(10)), exceptions, ..sent(first(id)) }])
        .await
        .unwrap();
    use RecipientState as S;
    assert_eq!(states(&store, id).await, [S::Pending, S::Sent, S::Refused, S::Unknown]);
    let rows = ledger(&store, id).await;
    assert_eq!((&rows[2].reason, &rows[1].reason, rows[2].at), (&reason, &None, NOW));
}

pub async fn a_settlement_changes_only_open_recipients(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let id = put(&store, make.message("ding", &["li", "wang"])).await;
    claim_all(&store, "ding").await;
    let partly = Settlement {
        state: DeliveryState::Pending,
        due: Some(NOW),
        exceptions: vec![result(1, RecipientState::Pending)],
        ..sent(first(id))
    };
    store.settle(vec![partly]).await.unwrap();
    let claims = claim_all(&store, "ding").await;
    assert_eq!(claims[0].targets.iter().map(|target| target.index).collect::<Vec<_>>(), [1]);
    let failed = ended(first(id), DeliveryState::Failed, RecipientState::Failed, None);
    store.settle(vec![Settlement { exceptions: vec![result(0, RecipientState::Refused)], ..failed }]).await.unwrap();
    assert_eq!(states(&store, id).await, [RecipientState::Sent, RecipientState::Failed]);
    assert_eq!(store.message(id).await.unwrap().unwrap().state.name(), "partial");
}

pub async fn what_failed_for_now_is_due_again(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let id = put(&store, make.message("ding", &["li"])).await;
    claim_all(&store, "ding").await;
    let again = ended(first(id), DeliveryState::Pending, RecipientState::Pending, Some(after(30)));
    store.settle(vec![Settlement { attempts: 3, ..again }]).await.unwrap();
    assert!(claim_all(&store, "ding").await.is_empty());
    assert_eq!(store.next_due("ding").await.unwrap(), Some(after(30)));
    let rows = ledger(&store, id).await;
    assert_eq!(rows[0].reason.as_ref().unwrap().code, "40003", "why it waits is known");
    assert_eq!(store.claim("ding", after(30), LEASE, 10).await.unwrap()[0].attempts, 3);
}

pub async fn a_repeat_remembers_the_first_lost_reply(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let id = put(&store, make.message("ding", &["li"])).await;
    claim_all(&store, "ding").await;
    let lost = ended(first(id), DeliveryState::Unknown, RecipientState::Unknown, Some(NOW));
    store.settle(vec![Settlement { repeat_of: Some(after(1)), ..lost }]).await.unwrap();
    assert!(store.message(id).await.unwrap().unwrap().deliveries[0].repeated);
    let claims = claim_all(&store, "ding").await;
    assert_eq!((claims[0].repeat_of, claims[0].targets.len()), (Some(after(1)), 1));
}

pub async fn a_held_unknown_is_never_due(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let id = put(&store, make.message("ding", &["li"])).await;
    claim_all(&store, "ding").await;
    store.settle(vec![ended(first(id), DeliveryState::Unknown, RecipientState::Unknown, None)]).await.unwrap();
    assert!(store.claim("ding", after(99_999), after(100_000), 10).await.unwrap().is_empty());
    assert_eq!(store.next_due("ding").await.unwrap(), None);
    assert_eq!(store.message(id).await.unwrap().unwrap().state.name(), "unknown");
}

pub async fn the_handle_stays_when_a_later_attempt_has_none(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let id = put(&store, make.message("ding", &["li", "wang"])).await;
    claim_all(&store, "ding").await;
    let partly = Settlement {
        state: DeliveryState::Pending,
        due: Some(NOW),
        exceptions: vec![result(1, RecipientState::Pending)],
        ..sent(first(id))
    };
    store.settle(vec![partly]).await.unwrap();
    claim_all(&store, "ding").await;
    store.settle(vec![ended(first(id), DeliveryState::Failed, RecipientState::Failed, None)]).await.unwrap();
    let message = store.message(id).await.unwrap().unwrap();
    assert_eq!(message.deliveries[0].handles, ["task-1".into()]);
    assert_eq!(store.next_receipt("ding").await.unwrap(), Some(after(60)), "whom it reached is still looked at");
}

pub async fn the_history_keeps_the_last_twenty_calls(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let id = put(&store, make.message("ding", &["li"])).await;
    for number in 0..25 {
        assert_eq!(claim_all(&store, "ding").await.len(), 1);
        let mut call = attempt(&number.to_string());
        call.message = "忙 \"quoted\" \u{0} \\".into();
        let again = ended(first(id), DeliveryState::Pending, RecipientState::Pending, Some(NOW));
        store.settle(vec![Settlement { attempt: Some(call), ..again }]).await.unwrap();
    }
    claim_all(&store, "ding").await;
    store.settle(vec![Settlement { attempt: None, ..sent(first(id)) }]).await.unwrap();
    let history = &store.message(id).await.unwrap().unwrap().deliveries[0].history;
    assert_eq!(
        history.iter().map(|call| call.code.parse().unwrap()).collect::<Vec<u32>>(),
        (5..25).collect::<Vec<_>>()
    );
    assert_eq!(history[0].message, "忙 \"quoted\" \u{0} \\");
}

pub async fn a_late_settlement_does_not_undo_a_recall(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let id = put_sent(&store, make.message("ding", &["li"])).await;
    store.recalled(vec![Recalled { id: first(id), result: Ok(()) }], after(5)).await.unwrap();
    store.settle(vec![sent(first(id))]).await.unwrap();
    assert_eq!(
        (state(&store, id).await, states(&store, id).await),
        (DeliveryState::Recalled, vec![RecipientState::Recalled])
    );
    assert_eq!(store.next_receipt("ding").await.unwrap(), None);
}

pub async fn settling_what_is_not_there_harms_nobody(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let id = put(&store, make.message("ding", &["li"])).await;
    claim_all(&store, "ding").await;
    store.settle(vec![sent(first(MessageId::from_raw(1))), sent(first(id))]).await.unwrap();
    assert_eq!(state(&store, id).await, DeliveryState::Sent);
}

pub async fn receipts_are_due_once_and_put_off(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let id = put_sent(&store, make.message("ding", &["li", "wang"])).await;
    assert!(store.receipts_due("ding", after(59), after(300), 10).await.unwrap().is_empty());
    assert_eq!(store.next_receipt("ding").await.unwrap(), Some(after(60)));
    let tasks = store.receipts_due("ding", after(60), after(300), 10).await.unwrap();
    assert_eq!(
        (tasks[0].id, joined(&tasks[0].handles), tasks[0].sent_at, tasks[0].looks),
        (first(id), "task-1".to_owned(), NOW, 0)
    );
    assert_eq!(tasks[0].targets.len(), 2);
    assert!(store.receipts_due("ding", after(60), after(300), 10).await.unwrap().is_empty());
    assert_eq!(store.next_receipt("ding").await.unwrap(), Some(after(300)));
    assert!(store.receipts_due("mail", after(999), after(999), 10).await.unwrap().is_empty());
}

pub async fn a_look_is_counted_and_the_last_one_ends_it(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let id = put_sent(&store, make.message("ding", &["li", "wang"])).await;
    store.received(first(id), vec![result(0, RecipientState::Read)], Some(after(120))).await.unwrap();
    let tasks = store.receipts_due("ding", after(120), after(300), 10).await.unwrap();
    assert_eq!((tasks[0].looks, tasks[0].targets.len()), (1, 2));
    store.received(first(id), vec![result(1, RecipientState::Unread)], None).await.unwrap();
    assert_eq!(store.next_receipt("ding").await.unwrap(), None);
    assert_eq!(states(&store, id).await, [RecipientState::Read, RecipientState::Unread]);
}

pub async fn receipts_change_only_who_was_sent_to(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let id = put(&store, make.message("ding", &["li", "wang", "zhao"])).await;
    claim_all(&store, "ding").await;
    let exceptions = vec![result(0, RecipientState::Refused), result(2, RecipientState::Unknown)];
    store.settle(vec![Settlement { exceptions, ..sent(first(id)) }]).await.unwrap();
    let results = (0..4).map(|index| result(index, RecipientState::Read)).collect();
    store.received(first(id), results, None).await.unwrap();
    assert_eq!(states(&store, id).await, [RecipientState::Refused, RecipientState::Read, RecipientState::Read]);
}

pub async fn a_receipt_does_not_bring_back_what_was_recalled(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let id = put_sent(&store, make.message("ding", &["li"])).await;
    store.recalled(vec![Recalled { id: first(id), result: Ok(()) }], after(5)).await.unwrap();
    store.received(first(id), vec![result(0, RecipientState::Read)], Some(NOW + Duration::from_secs(9))).await.unwrap();
    assert_eq!(states(&store, id).await, [RecipientState::Recalled]);
    assert_eq!(store.next_receipt("ding").await.unwrap(), None);
}

pub async fn a_receipt_does_not_hide_that_it_was_a_repeat(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let id = put(&store, make.message("ding", &["li", "wang"])).await;
    claim_all(&store, "ding").await;
    let twice = Some(Reason { code: "maybe_twice".into(), message: "sample words".into() });
    let exceptions = vec![TargetResult { reason: Some(Reason::ours("held")), ..result(1, RecipientState::Unknown) }];
    let settled = Settlement { rest: (RecipientState::Sent, twice.clone()), exceptions, ..sent(first(id)) };
    store.settle(vec![settled]).await.unwrap();
    let read = (0..2).map(|index| result(index, RecipientState::Read)).collect();
    store.received(first(id), read, None).await.unwrap();
    let rows = ledger(&store, id).await;
    assert_eq!((rows[0].state, &rows[0].reason), (RecipientState::Read, &twice));
    assert_eq!((rows[1].state, &rows[1].reason), (RecipientState::Read, &None), "who has read it is not held");
}

pub async fn how_it_left_is_still_said_when_it_was_read(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let id = put(&store, make.message("ding", &["li", "wang"])).await;
    claim_all(&store, "ding").await;
    let late = Settlement { rest: (RecipientState::Sent, Some(Reason::ours("late"))), ..sent(first(id)) };
    store.settle(vec![late]).await.unwrap();
    let capped = Reason { code: "143105".into(), message: String::new() };
    let refused = TargetResult { index: 1, state: RecipientState::Refused, reason: Some(capped.clone()) };
    for _ in 0..2 {
        let results = vec![result(0, RecipientState::Read), refused.clone()];
        store.received(first(id), results, Some(after(90))).await.unwrap();
        let rows = ledger(&store, id).await;
        assert_eq!((rows[0].state, &rows[0].reason), (RecipientState::Read, &Some(Reason::ours("late"))));
        assert_eq!((rows[1].state, &rows[1].reason), (RecipientState::Refused, &Some(capped.clone())));
    }
}

fn joined(handles: &[hongyan_core::CallHandle]) -> String {
    handles.iter().map(hongyan_core::CallHandle::as_str).collect::<Vec<_>>().join(",")
}
