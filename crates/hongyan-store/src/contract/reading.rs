//! Looking things up, and forgetting.

use super::{LEASE, Maker, NOW, Stand, after, claim_all, delivery, ended, first, put, put_sent, result, sent};
use hongyan_core::{
    Accepted, Admin, DeliveryState, Filter, Ledger, MessageId, NewMessage, Queue, Recalled, RecipientState, Settlement,
    Store, Time,
};
use std::{collections::BTreeMap, time::Duration};

pub async fn what_was_sent_since_a_time_comes_back_as_it_was_claimed(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let mut sent_ids = Vec::new();
    for seconds in [0, 10, 20, 30] {
        let id = put(&store, make.message("ding", &["li", "wang", "zhao"])).await;
        claim_all(&store, "ding").await;
        store.resolved(first(id), vec![(2, "user-3".into())]).await.unwrap();
        let exceptions = vec![result(1, RecipientState::Refused)];
        store.settle(vec![Settlement { exceptions, at: after(seconds), ..sent(first(id)) }]).await.unwrap();
        sent_ids.push(first(id));
    }
    put_sent(&store, make.message("mail", &["li"])).await;
    put(&store, make.message("ding", &["li"])).await;
    let failed = put(&store, make.message("ding", &["li"])).await;
    claim_all(&store, "ding").await;
    store.settle(vec![ended(first(failed), DeliveryState::Failed, RecipientState::Failed, None)]).await.unwrap();

    let page = store.sent_since("ding", after(10), None, 2).await.unwrap();
    assert_eq!(page.iter().map(|claim| claim.id).collect::<Vec<_>>(), sent_ids[1..3]);
    let targets: Vec<_> = page[0].targets.iter().map(|target| (target.index, target.wire_id())).collect();
    assert_eq!(targets, [(0, "li".into()), (2, "user-3".into())], "without whom the platform refused");
    assert_eq!((page[0].made_at, page[0].content.text.as_deref()), (NOW, Some("The sample disk is full.")));
    let rest = store.sent_since("ding", after(10), Some(page[1].id), 2).await.unwrap();
    assert_eq!(rest.iter().map(|claim| claim.id).collect::<Vec<_>>(), sent_ids[3..]);
}

pub async fn a_message_counts_its_recipients_by_state(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let mut new = make.message("ding", &["li", "wang"]);
    new.deliveries.push(delivery("mail", &["li"]));
    let id = put(&store, new).await;
    claim_all(&store, "ding").await;
    store
        .settle(vec![Settlement { exceptions: vec![result(1, RecipientState::Refused)], ..sent(first(id)) }])
        .await
        .unwrap();
    let message = store.message(id).await.unwrap().unwrap();
    let expected = [(RecipientState::Pending, 1), (RecipientState::Sent, 1), (RecipientState::Refused, 1)];
    assert_eq!(message.recipients, BTreeMap::from(expected));
}

async fn ids(store: &impl Store, filter: Filter) -> Vec<MessageId> {
    let page = store.list(filter).await.unwrap();
    page.messages.iter().map(|message| message.id).collect()
}

pub async fn the_list_is_newest_first_and_goes_on_where_it_stopped(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let mut all = Vec::new();
    for _ in 0..7 {
        all.push(put(&store, make.message("ding", &["li"])).await);
    }
    all.reverse();
    for recipient in [None, Some("li".to_owned())] {
        let mut seen = Vec::new();
        let mut filter = Filter { limit: 3, recipient, ..Filter::default() };
        loop {
            let page = store.list(filter.clone()).await.unwrap();
            assert!(page.messages.len() <= 3);
            seen.extend(page.messages.iter().map(|message| message.id));
            match page.next {
                Some(_) => filter.before = page.next,
                None => break,
            }
        }
        assert_eq!(seen, all);
    }
    let page = store.list(Filter { limit: 7, ..Filter::default() }).await.unwrap();
    assert_eq!((page.messages.len(), page.next), (7, None), "no page follows that would be empty");
    assert_eq!(Some(&page.messages[0]), store.message(all[0]).await.unwrap().as_ref());
}

pub async fn the_list_is_filtered_by_recipient_account_state_and_labels(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let labels = |app: &str| BTreeMap::from([("app".to_owned(), app.to_owned()), ("zone".into(), "sample".into())]);
    let a = put_sent(&store, NewMessage { labels: labels("ops"), ..make.message("ding", &["li", "wang"]) }).await;
    let mut both = make.message("mail", &["li"]);
    both.deliveries.push(delivery("mail", &["li"]));
    let b = put(&store, NewMessage { labels: labels("shop"), ..both }).await;
    let c = put(&store, make.message("ding", &["zhao"])).await;

    let every = || Filter { limit: 10, ..Filter::default() };
    let label = |key: &str, value: &str| Filter { labels: BTreeMap::from([(key.into(), value.into())]), ..every() };
    assert_eq!(ids(&store, every()).await, [c, b, a]);
    assert_eq!(ids(&store, Filter { recipient: Some("li".into()), ..every() }).await, [b, a], "each once");
    assert_eq!(ids(&store, Filter { recipient: Some("l".into()), ..every() }).await, []);
    assert_eq!(ids(&store, Filter { account: Some("mail".into()), ..every() }).await, [b]);
    assert_eq!(ids(&store, Filter { state: Some(RecipientState::Pending), ..every() }).await, [c, b]);
    assert_eq!(ids(&store, label("zone", "sample")).await, [b, a]);
    assert_eq!(ids(&store, label("app", "ops")).await, [a]);
    assert_eq!(ids(&store, label("app", "%")).await, []);
    let two = Filter {
        recipient: Some("li".into()),
        account: Some("ding".into()),
        state: Some(RecipientState::Sent),
        ..label("app", "ops")
    };
    assert_eq!(ids(&store, two.clone()).await, [a]);
    assert_eq!(ids(&store, Filter { before: Some(a), ..two }).await, []);
}

pub async fn the_list_is_bounded_by_time(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let mut made = Vec::new();
    for minute in 0..4 {
        let at = NOW + Duration::from_secs(60 * minute);
        let message = NewMessage { id: MessageId::first_at(at), at, ..make.message("ding", &["li"]) };
        made.push((at, put(&store, message).await));
    }
    let between = |since: Option<usize>, until: Option<usize>, recipient: Option<&str>| Filter {
        since: since.map(|n| made[n].0),
        until: until.map(|n| made[n].0),
        recipient: recipient.map(str::to_owned),
        limit: 10,
        ..Filter::default()
    };
    let id = |n: usize| made[n].1;
    for recipient in [None, Some("li")] {
        assert_eq!(
            ids(&store, between(Some(1), None, recipient)).await,
            [id(3), id(2), id(1)],
            "from its first moment"
        );
        assert_eq!(ids(&store, between(None, Some(2), recipient)).await, [id(1), id(0)], "up to and without it");
        assert_eq!(ids(&store, between(Some(1), Some(2), recipient)).await, [id(1)]);
        assert_eq!(ids(&store, between(Some(2), Some(2), recipient)).await, []);
    }
    let page = store.list(Filter { limit: 1, ..between(Some(1), Some(3), None) }).await.unwrap();
    assert_eq!(page.next, Some(id(2)));
    let rest = Filter { before: page.next, ..between(Some(1), Some(3), None) };
    assert_eq!(ids(&store, rest).await, [id(1)], "a cursor goes on within the times");
}

pub async fn the_list_finds_a_recipient_by_the_platforms_id(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let id = put(&store, make.message("ding", &["13800000001"])).await;
    store.resolved(first(id), vec![(0, "user-1".into())]).await.unwrap();
    let other = put(&store, make.message("wecom", &["user-1"])).await;
    let filter = Filter { recipient: Some("user-1".into()), limit: 10, ..Filter::default() };
    assert_eq!(ids(&store, filter).await, [other, id]);
}

pub async fn depths_follow_the_deliveries(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let depths = || async {
        let mut depths = store.depths().await.unwrap();
        depths.retain(|(_, _, count)| *count > 0);
        depths.sort();
        depths
    };
    use DeliveryState as D;
    let row = |account: &str, state, count| (account.to_owned(), state, count);
    assert!(depths().await.is_empty());
    let id = put(&store, make.message("ding", &["li"])).await;
    put(&store, make.message("ding", &["li"])).await;
    put(&store, make.message("mail", &["li"])).await;
    let cancelled = put(&store, make.message("mail", &["li"])).await;
    assert_eq!(depths().await, [row("ding", D::Pending, 2), row("mail", D::Pending, 2)]);
    claim_all(&store, "ding").await;
    store.cancel(cancelled, NOW).await.unwrap();
    let expected = [row("ding", D::Sending, 2), row("mail", D::Pending, 1), row("mail", D::Cancelled, 1)];
    assert_eq!(depths().await, expected);
    store.settle(vec![sent(first(id))]).await.unwrap();
    store.recalled(vec![Recalled { id: first(id), result: Ok(()) }], NOW).await.unwrap();
    let ding = [row("ding", D::Sending, 1), row("ding", D::Recalled, 1)];
    assert_eq!(depths().await[..2], ding);
    assert_eq!(store.forget(after(9_999), 10).await.unwrap(), 2);
    assert_eq!(depths().await, [row("ding", D::Sending, 1), row("mail", D::Pending, 1)]);
}

pub async fn what_is_old_and_over_is_forgotten(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let old = put_sent(&store, make.message("ding", &["li"])).await;
    store.received(first(old), Vec::new(), None).await.unwrap();
    assert_eq!(store.forget(NOW, 10).await.unwrap(), 0, "not made before then");
    assert_eq!(store.forget(after(1), 10).await.unwrap(), 1);
    assert_eq!(store.message(old).await.unwrap(), None);
    assert!(store.recipients(old).await.unwrap().is_empty());
    assert_eq!(ids(&store, Filter { recipient: Some("li".into()), limit: 10, ..Filter::default() }).await, []);
}

pub async fn what_waits_is_not_forgotten(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let watched = put_sent(&store, make.message("ding", &["li"])).await;
    let under_way = put(&store, make.message("ding", &["li"])).await;
    claim_all(&store, "ding").await;
    let mut half = make.message("mail", &["li"]);
    half.deliveries.push(delivery("ding", &["li"]));
    let half = put(&store, half).await;
    store.claim("mail", NOW, LEASE, 10).await.unwrap();
    store.settle(vec![ended(first(half), DeliveryState::Failed, RecipientState::Failed, None)]).await.unwrap();
    assert_eq!(store.forget(after(9_999), 10).await.unwrap(), 0);
    for id in [watched, under_way, half] {
        assert!(store.message(id).await.unwrap().is_some());
    }
}

pub async fn a_forgotten_message_leaves_its_key_free(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let id = put(&store, make.keyed("order-1", 1)).await;
    store.cancel(id, NOW).await.unwrap();
    let other = put(&store, make.keyed("order-2", 1)).await;
    assert_eq!(store.forget(after(1), 10).await.unwrap(), 1);
    put(&store, make.keyed("order-1", 2)).await;
    assert_eq!(store.accept(vec![make.keyed("order-2", 1)]).await.unwrap(), [Accepted::Before(other)]);
}

pub async fn forgetting_stops_at_its_limit(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let many: Vec<String> = (0..900).map(|n| format!("sample{n}")).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    for size in [1, 900, 1, 900, 1] {
        let mut new = make.message("ding", &many[..size]);
        if size > 1 {
            new.deliveries.extend((0..4).map(|_| delivery("ding", &many)));
        }
        let id = put(&store, new).await;
        store.cancel(id, NOW).await.unwrap();
    }
    let end: Time = NOW + Duration::from_secs(1);
    assert_eq!(store.forget(end, 0).await.unwrap(), 0);
    assert_eq!(store.forget(end, 2).await.unwrap(), 2);
    assert_eq!(ids(&store, Filter { limit: 10, ..Filter::default() }).await.len(), 3, "the oldest went first");
    assert_eq!(store.forget(end, 100).await.unwrap(), 3);
    assert!(store.depths().await.unwrap().iter().all(|(_, _, count)| *count == 0));
}
