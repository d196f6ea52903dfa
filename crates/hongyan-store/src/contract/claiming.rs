//! Leasing what is due.

use super::{LEASE, Maker, NOW, Stand, after, claim_all, delivery, ended, first, put, put_sent, result, sent, state};
use hongyan_core::{
    Admin, DeliveryState, Ledger, NewDelivery, NewMessage, Outage, Part, Priority, Queue, RecipientState, Settlement,
    Store, Wording,
};
use std::{collections::HashSet, sync::Arc, time::Duration};

pub async fn what_is_not_due_is_not_claimed(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let id = put(&store, NewMessage { send_at: Some(after(60)), ..make.message("ding", &["li"]) }).await;
    assert_eq!(store.message(id).await.unwrap().unwrap().deliveries[0].due, Some(after(60)));
    assert!(claim_all(&store, "ding").await.is_empty());
    assert!(store.claim("ding", after(59), LEASE, 10).await.unwrap().is_empty());
    assert_eq!(store.claim("ding", after(60), LEASE, 10).await.unwrap().len(), 1);
}

/// Two parts to one person, through one account.
fn in_two_parts(make: &Maker) -> NewMessage {
    let part = |number| NewDelivery { part: Some(Part { number, of: 2 }), ..delivery("ding", &["li"]) };
    NewMessage { deliveries: vec![part(1), part(2)], ..make.message("ding", &["li"]) }
}

pub async fn parts_go_out_one_after_another(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let id = put(&store, in_two_parts(&make)).await;
    let claims = claim_all(&store, "ding").await;
    assert_eq!(claims.iter().map(|claim| claim.part).collect::<Vec<_>>(), [Some(Part { number: 1, of: 2 })]);
    assert!(claim_all(&store, "ding").await.is_empty(), "the second waits while the first is under way");
    let again = ended(first(id), DeliveryState::Pending, RecipientState::Pending, Some(after(5)));
    store.settle(vec![again]).await.unwrap();
    assert!(claim_all(&store, "ding").await.is_empty(), "and while it is to be tried again");
    assert_eq!(store.claim("ding", after(5), LEASE, 10).await.unwrap().len(), 1);
    store.settle(vec![sent(first(id))]).await.unwrap();
    assert_eq!(store.next_due("ding").await.unwrap(), Some(NOW));
    let claims = claim_all(&store, "ding").await;
    assert_eq!((claims[0].id.number, claims[0].part), (2, Some(Part { number: 2, of: 2 })));
    store.settle(vec![sent(claims[0].id)]).await.unwrap();
    let message = store.message(id).await.unwrap().unwrap();
    assert_eq!(message.state.name(), "sent");
    assert_eq!(message.deliveries[1].part, Some(Part { number: 2, of: 2 }));
    let rows = store.recipients(id).await.unwrap();
    assert_eq!(rows.iter().filter_map(|row| row.part).map(|part| part.number).collect::<Vec<_>>(), [1, 2]);
}

pub async fn a_delivery_says_what_was_settled_when_its_message_was_accepted(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let says = |account: &str, wording| NewDelivery { wording, ..delivery(account, &["li"]) };
    let id = put(
        &store,
        NewMessage {
            deliveries: vec![
                says("ding", Wording::Whole),
                says("ding", Wording::Own(1)),
                says("ding", Wording::Own(0)),
                says("ding", Wording::Own(1)),
                says("ding", Wording::Made),
            ],
            wordings: vec![r#"{"text":"one"}"#.into(), r#"{"text":"two"}"#.into()],
            ..make.message("ding", &["li"])
        },
    )
    .await;
    let claims = claim_all(&store, "ding").await;
    let said: Vec<(&str, bool)> = claims.iter().map(|c| (c.content.text.as_deref().unwrap(), c.ready)).collect();
    let whole = "The sample disk is full.";
    assert_eq!(said, [(whole, true), ("two", true), ("one", true), ("two", true), (whole, false)]);
    assert!(Arc::ptr_eq(&claims[1].content, &claims[3].content), "one wording is held once");
    let over = |id| Settlement { receipt_at: None, ..sent(id) };
    store.settle(claims.iter().map(|claim| over(claim.id)).collect()).await.unwrap();
    let since = store.sent_since("ding", NOW, None, 10).await.unwrap();
    assert_eq!(since.iter().filter(|claim| claim.content.text.as_deref() == Some("two")).count(), 2);
    assert_eq!(store.message(id).await.unwrap().unwrap().content.text.as_deref(), Some(whole));
    assert_eq!(store.forget(after(3_600), 10).await.unwrap(), 1);
}

pub async fn a_part_that_waits_can_be_called_off(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let id = put(&store, in_two_parts(&make)).await;
    claim_all(&store, "ding").await;
    assert_eq!(store.cancel(id, NOW).await.unwrap(), Some(1));
    store.settle(vec![sent(first(id))]).await.unwrap();
    assert!(claim_all(&store, "ding").await.is_empty());
    let states: Vec<_> = store.message(id).await.unwrap().unwrap().deliveries.iter().map(|d| d.state).collect();
    assert_eq!(states, [DeliveryState::Sent, DeliveryState::Cancelled]);
}

pub async fn higher_priorities_are_claimed_first_and_then_the_earlier_ones(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let mut expected = Vec::new();
    for (place, priority, seconds) in [
        (4, Priority::Normal, 20),
        (0, Priority::Critical, 30),
        (3, Priority::Normal, 10),
        (2, Priority::High, 20),
        (5, Priority::Low, 0),
        (1, Priority::High, 10),
    ] {
        let message = NewMessage { priority, send_at: Some(after(seconds)), ..make.message("ding", &["li"]) };
        expected.push((place, put(&store, message).await));
    }
    expected.sort_unstable();
    let expected: Vec<_> = expected.into_iter().map(|(_, id)| id).collect();
    let mut claimed = Vec::new();
    for limit in [2, 2, 10] {
        let claims = store.claim("ding", after(60), after(120), limit).await.unwrap();
        claimed.extend(claims.iter().map(|claim| claim.id.message));
    }
    assert_eq!(claimed, expected);
}

pub async fn a_claim_has_what_the_call_needs(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let id = put(&store, NewMessage { expires_at: Some(after(60)), ..make.message("ding", &["li", "wang"]) }).await;
    let claims = claim_all(&store, "ding").await;
    let [claim] = &claims[..] else { panic!("one claim expected, not {}", claims.len()) };
    assert_eq!(
        (claim.id, claim.made_at, claim.attempts, claim.repeat_of, claim.expires_at),
        (first(id), NOW, 0, None, Some(after(60)))
    );
    assert_eq!(claim.content.text.as_deref(), Some("The sample disk is full."));
    let targets: Vec<_> = claim.targets.iter().map(|target| (target.index, target.wire_id())).collect();
    assert_eq!(targets, [(0, "li".into()), (1, "wang".into())]);
    assert_eq!(state(&store, id).await, DeliveryState::Sending);
}

pub async fn deliveries_of_one_message_share_its_content(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let mut new = make.message("ding", &["li"]);
    new.deliveries.push(delivery("ding", &["wang"]));
    put(&store, new).await;
    let claims = claim_all(&store, "ding").await;
    assert_eq!(claims.len(), 2);
    assert!(Arc::ptr_eq(&claims[0].content, &claims[1].content));
}

pub async fn only_the_accounts_own_deliveries_are_claimed(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let mut new = make.message("ding", &["li"]);
    new.deliveries.push(delivery("mail", &["li"]));
    put(&store, new).await;
    assert!(claim_all(&store, "wecom").await.is_empty());
    assert_eq!(claim_all(&store, "mail").await[0].id.number, 2);
    assert_eq!(claim_all(&store, "ding").await[0].id.number, 1);
}

pub async fn a_claim_takes_no_more_than_asked(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    store.accept((0..10).map(|_| make.message("ding", &["li"])).collect()).await.unwrap();
    assert!(store.claim("ding", NOW, LEASE, 0).await.unwrap().is_empty());
    assert_eq!(store.claim("ding", NOW, LEASE, 7).await.unwrap().len(), 7);
    assert_eq!(store.claim("ding", NOW, LEASE, 7).await.unwrap().len(), 3);
}

pub async fn concurrent_claimers_never_get_the_same_delivery(stand: impl Stand) {
    let (store, make) = (Arc::new(stand.open()), Maker::default());
    store.accept((0..500).map(|_| make.message("ding", &["li"])).collect()).await.unwrap();
    let claimers: Vec<_> = (0..16)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let mut mine = Vec::new();
                loop {
                    let claims = store.claim("ding", NOW, LEASE, 7).await.unwrap();
                    if claims.is_empty() {
                        return mine;
                    }
                    mine.extend(claims.into_iter().map(|claim| claim.id));
                }
            })
        })
        .collect();
    let mut seen = HashSet::new();
    for claimer in claimers {
        for id in claimer.await.unwrap() {
            assert!(seen.insert(id), "{id} was claimed twice");
        }
    }
    assert_eq!(seen.len(), 500);
}

pub async fn an_expired_delivery_is_claimed_all_the_same(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    put(&store, NewMessage { expires_at: Some(after(1)), ..make.message("ding", &["li"]) }).await;
    let claims = store.claim("ding", after(60), after(120), 10).await.unwrap();
    assert_eq!(claims[0].expires_at, Some(after(1)));
}

pub async fn the_next_due_time_is_the_earliest_of_any_priority(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    assert_eq!(store.next_due("ding").await.unwrap(), None);
    for (priority, seconds) in [(Priority::Critical, 30), (Priority::Low, 10), (Priority::Normal, 20)] {
        put(&store, NewMessage { priority, send_at: Some(after(seconds)), ..make.message("ding", &["li"]) }).await;
    }
    assert_eq!(store.next_due("ding").await.unwrap(), Some(after(10)));
    assert_eq!(store.next_due("mail").await.unwrap(), None);
    store.claim("ding", after(10), LEASE, 10).await.unwrap();
    assert_eq!(store.next_due("ding").await.unwrap(), Some(after(20)));
}

pub async fn a_lease_keeps_others_away_until_it_ends(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let id = put(&store, make.message("ding", &["li"])).await;
    claim_all(&store, "ding").await;
    assert!(claim_all(&store, "ding").await.is_empty());
    assert!(store.orphans("ding", LEASE, after(120)).await.unwrap().is_empty(), "it has not ended before its end");
    let orphans = store.orphans("ding", LEASE + Duration::from_millis(1), after(120)).await.unwrap();
    assert_eq!(orphans[0].id, first(id));
}

pub async fn what_was_under_way_is_orphaned_by_a_reopening(stand: impl Stand) {
    let make = Maker::default();
    let store = stand.open();
    let under_way = put(&store, make.message("ding", &["li"])).await;
    assert_eq!(store.claim("ding", NOW, after(9_999), 10).await.unwrap().len(), 1);
    let waiting = put(&store, make.message("ding", &["wang"])).await;
    drop(store);

    let store = stand.open();
    let orphans = store.orphans("ding", NOW, LEASE).await.unwrap();
    assert_eq!(orphans.iter().map(|claim| claim.id.message).collect::<Vec<_>>(), [under_way]);
    assert_eq!(orphans[0].targets.len(), 1);
    assert_eq!(claim_all(&store, "ding").await[0].id.message, waiting);
}

pub async fn an_orphan_is_leased_to_one_caller(stand: impl Stand) {
    let make = Maker::default();
    let store = stand.open();
    put(&store, make.message("ding", &["li"])).await;
    claim_all(&store, "ding").await;
    drop(store);
    let store = stand.open();
    assert_eq!(store.orphans("ding", NOW, LEASE).await.unwrap().len(), 1);
    assert!(store.orphans("ding", NOW, LEASE).await.unwrap().is_empty());
}

pub async fn looked_up_ids_come_back_with_the_next_claim(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let id = put(&store, make.message("ding", &["li", "wang"])).await;
    claim_all(&store, "ding").await;
    store.resolved(first(id), vec![(1, "user-2".into())]).await.unwrap();
    let again = ended(first(id), DeliveryState::Pending, RecipientState::Pending, Some(NOW));
    store.settle(vec![Settlement { exceptions: vec![result(0, RecipientState::Refused)], ..again }]).await.unwrap();
    let claims = claim_all(&store, "ding").await;
    let targets: Vec<_> = claims[0].targets.iter().map(|target| (target.index, target.wire_id())).collect();
    assert_eq!(targets, [(1, "user-2".into())], "who was refused is not tried again");
    store.settle(vec![sent(first(id))]).await.unwrap();
    assert_eq!(store.recipients(id).await.unwrap()[1].resolved.as_deref(), Some("user-2"));
}

pub async fn the_time_of_the_first_lease_outlives_a_crash(stand: impl Stand) {
    let make = Maker::default();
    let store = stand.open();
    put(&store, make.message("ding", &["li"])).await;
    assert_eq!(store.claim("ding", after(7), after(60), 10).await.unwrap()[0].first_call_at, after(7));
    drop(store);
    let store = stand.open();
    let orphan = &store.orphans("ding", after(9_000), after(9_060)).await.unwrap()[0];
    assert_eq!((orphan.first_call_at, orphan.repeat_of), (after(7), None));
    // Interrupted once more before it was settled.
    drop(store);
    let store = stand.open();
    assert_eq!(store.orphans("ding", after(9_500), after(9_999)).await.unwrap()[0].first_call_at, after(7));
}

pub async fn a_settled_attempt_leaves_no_first_call_behind(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let id = put(&store, make.message("ding", &["li"])).await;
    claim_all(&store, "ding").await;
    // Nothing was sent: the next call is the first again.
    store.settle(vec![ended(first(id), DeliveryState::Pending, RecipientState::Pending, Some(NOW))]).await.unwrap();
    assert_eq!(store.claim("ding", after(30), after(90), 10).await.unwrap()[0].first_call_at, after(30));
    let lost = ended(first(id), DeliveryState::Unknown, RecipientState::Unknown, Some(after(40)));
    store.settle(vec![Settlement { repeat_of: Some(after(30)), ..lost }]).await.unwrap();
    let repeat = &store.claim("ding", after(50), after(90), 10).await.unwrap()[0];
    assert_eq!((repeat.first_call_at, repeat.repeat_of), (after(30), Some(after(30))));
}

pub async fn a_renewed_lease_keeps_others_away_for_longer(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let under_way = put(&store, make.message("ding", &["li"])).await;
    let over = put_sent(&store, make.message("mail", &["li"])).await;
    claim_all(&store, "ding").await;
    store.renew(vec![first(under_way), first(over)], after(600)).await.unwrap();
    assert!(store.orphans("ding", after(599), after(700)).await.unwrap().is_empty());
    assert!(store.orphans("mail", after(9_999), after(10_000)).await.unwrap().is_empty(), "what is over is not leased");
    assert_eq!(store.orphans("ding", after(601), after(700)).await.unwrap().len(), 1);
    assert_eq!(state(&store, over).await, DeliveryState::Sent);
}

pub async fn a_content_that_cannot_be_read_keeps_nobody_back(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let mut odd = Vec::new();
    for content in [r#"{"hologram":{}}"#, r#"{"text":7}"#, "{\"text\":\"", "\u{0}"] {
        odd.push(put(&store, NewMessage { content: content.into(), ..make.message("ding", &["li"]) }).await);
        put(&store, make.message("ding", &["wang"])).await;
    }
    let claims = claim_all(&store, "ding").await;
    assert_eq!(claims.len(), 8);
    for claim in &claims {
        assert_eq!(claim.unreadable.is_some(), odd.contains(&claim.id.message), "{}", claim.id);
    }
    let page = store.list(hongyan_core::Filter { limit: 100, ..Default::default() }).await.unwrap();
    let unreadable = page.messages.iter().filter(|message| message.unreadable == ["content"]).count();
    assert_eq!((page.messages.len(), unreadable), (8, 4));
    assert_eq!(store.message(odd[0]).await.unwrap().unwrap().deliveries.len(), 1);
}

pub async fn a_store_says_whether_it_can_be_written(stand: impl Stand) {
    let store = stand.open();
    store.check_writable(NOW).await.unwrap();
    store.check_writable(NOW).await.unwrap();
}

pub async fn a_claim_says_when_it_was_due_and_when_first(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    put(&store, NewMessage { send_at: Some(after(60)), ..make.message("ding", &["li"]) }).await;
    put(&store, make.message("mail", &["li"])).await;
    let claim = store.claim("ding", after(70), LEASE, 10).await.unwrap().remove(0);
    assert_eq!((claim.due, claim.first_due), (after(60), after(60)));
    let again = ended(claim.id, DeliveryState::Pending, RecipientState::Pending, Some(after(90)));
    store.settle(vec![again]).await.unwrap();
    let claim = store.claim("ding", after(100), LEASE, 10).await.unwrap().remove(0);
    assert_eq!((claim.due, claim.first_due), (after(90), after(60)), "a retry is due later, and was due first before");
    let claim = claim_all(&store, "mail").await.remove(0);
    assert_eq!((claim.due, claim.first_due), (NOW, NOW));
}

/// Deliveries of `ding`: one due now, one that waits for its `send_at`, one that is tried again after 30 seconds.
async fn three_that_wait(store: &impl Store, make: &Maker) -> [hongyan_core::MessageId; 3] {
    let again = put(store, make.message("ding", &["li"])).await;
    claim_all(store, "ding").await;
    let settled = ended(first(again), DeliveryState::Pending, RecipientState::Pending, Some(after(30)));
    store.settle(vec![settled]).await.unwrap();
    let now = put(store, make.message("ding", &["li"])).await;
    let dated = put(store, NewMessage { send_at: Some(after(60)), ..make.message("ding", &["li"]) }).await;
    [now, dated, again]
}

async fn due(store: &impl Store, id: hongyan_core::MessageId) -> Option<hongyan_core::Time> {
    store.message(id).await.unwrap().unwrap().deliveries[0].due
}

pub async fn what_waits_moves_with_a_clock_that_was_set(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let [now, dated, again] = three_that_wait(&store, &make).await;
    let sent = super::put_sent(&store, make.message("mail", &["li"])).await;
    let day = Duration::from_secs(86_400);
    assert_eq!(store.clock_stepped("ding", -86_400_000).await.unwrap(), 2);
    store.clock_stepped("mail", -86_400_000).await.unwrap();
    assert_eq!(due(&store, again).await, Some(after(30) - day));
    assert_eq!(due(&store, now).await, Some(NOW - day));
    assert_eq!(due(&store, dated).await, Some(after(60)), "a date is a date");
    let looks = store.receipts_due("mail", after(60) - day, after(120), 10).await.unwrap();
    assert_eq!(looks.iter().map(|task| task.id).collect::<Vec<_>>(), [first(sent)]);
    assert_eq!(store.clock_stepped("ding", 86_400_000).await.unwrap(), 2);
    assert_eq!(due(&store, again).await, Some(after(30)), "and back");
}

pub async fn what_was_written_down_while_the_clock_was_ahead_is_due_now(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let [now, dated, again] = three_that_wait(&store, &make).await;
    let hour = Duration::from_secs(3_600);
    assert_eq!(store.reanchor("ding", NOW, hour).await.unwrap(), 0, "all of them are pauses that can be");
    let minute_ago = NOW - Duration::from_secs(60);
    assert_eq!(store.reanchor("ding", minute_ago, hour).await.unwrap(), 1, "there is no pause before a first call");
    assert_eq!((due(&store, now).await, due(&store, again).await), (Some(minute_ago), Some(after(30))));
    let yesterday = NOW - Duration::from_secs(86_400);
    assert_eq!(store.reanchor("ding", yesterday, hour).await.unwrap(), 2);
    assert_eq!((due(&store, now).await, due(&store, again).await), (Some(yesterday), Some(yesterday)));
    assert_eq!(due(&store, dated).await, Some(after(60)));
    assert_eq!(store.claim("ding", yesterday, LEASE, 10).await.unwrap().len(), 2);
}

pub async fn outages_are_there_after_a_reopening(stand: impl Stand) {
    let outage = |since, until| Outage { since: after(since), until: after(until) };
    let store = stand.open();
    assert_eq!(store.outages("ding").await.unwrap(), []);
    store.keep_outages("ding", vec![outage(1, 2), outage(5, 6)]).await.unwrap();
    store.keep_outages("mail", vec![outage(3, 4)]).await.unwrap();
    store.keep_outages("ding", vec![outage(5, 9), outage(20, 20)]).await.unwrap();
    drop(store);
    let store = stand.open();
    assert_eq!(store.outages("ding").await.unwrap(), [outage(5, 9), outage(20, 20)]);
    assert_eq!(store.outages("mail").await.unwrap(), [outage(3, 4)]);
    store.keep_outages("ding", Vec::new()).await.unwrap();
    assert_eq!(store.outages("ding").await.unwrap(), []);
}

pub async fn what_has_expired_is_leased_by_itself(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let expires = |seconds| NewMessage { expires_at: Some(after(seconds)), ..make.message("ding", &["li"]) };
    let soon = put(&store, expires(10)).await;
    put(&store, expires(20)).await;
    put(&store, make.message("ding", &["li"])).await;
    put(&store, NewMessage { expires_at: Some(after(10)), ..make.message("mail", &["li"]) }).await;
    assert!(store.expired("ding", after(9), LEASE, 10).await.unwrap().is_empty());
    let claims = store.expired("ding", after(10), LEASE, 10).await.unwrap();
    assert_eq!(claims.iter().map(|claim| claim.id.message).collect::<Vec<_>>(), [soon]);
    assert_eq!(state(&store, soon).await, DeliveryState::Sending);
    assert!(store.expired("ding", after(10), LEASE, 10).await.unwrap().is_empty());
    assert_eq!(store.expired("ding", after(60), LEASE, 10).await.unwrap().len(), 1);
}

pub async fn the_calls_of_an_account_are_known_after_a_reopening(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    for seconds in [1, 1, 30] {
        let id = put(&store, make.message("ding", &["li"])).await;
        store.claim("ding", after(seconds), LEASE, 10).await.unwrap();
        store.settle(vec![Settlement { at: after(seconds), ..sent(first(id)) }]).await.unwrap();
    }
    put(&store, make.message("ding", &["li"])).await;
    put(&store, make.message("mail", &["li"])).await;
    assert_eq!(store.claim("ding", after(40), LEASE, 10).await.unwrap().len(), 1);
    assert_eq!(store.calls_since("ding", NOW).await.unwrap(), [(after(1), 2), (after(30), 1)]);
    drop(store);
    let store = stand.open();
    assert_eq!(store.orphans("ding", after(50), LEASE).await.unwrap().len(), 1);
    let calls = [(after(1), 2), (after(30), 1), (after(50), 1)];
    assert_eq!(store.calls_since("ding", NOW).await.unwrap(), calls, "one that was under way may have been made");
    assert_eq!(store.calls_since("ding", after(30)).await.unwrap(), calls[1..]);
    assert_eq!(store.calls_since("mail", NOW).await.unwrap(), []);
}

pub async fn the_next_end_is_that_of_what_waits(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let expires = |seconds| NewMessage { expires_at: Some(after(seconds)), ..make.message("ding", &["li"]) };
    assert_eq!(store.next_end("ding").await.unwrap(), None);
    put(&store, make.message("ding", &["li"])).await;
    assert_eq!(store.next_end("ding").await.unwrap(), None);
    put(&store, expires(20)).await;
    put(&store, expires(10)).await;
    assert_eq!(store.next_end("ding").await.unwrap(), Some(after(10)));
    assert_eq!(store.expired("ding", after(10), LEASE, 10).await.unwrap().len(), 1);
    assert_eq!(store.next_end("ding").await.unwrap(), Some(after(20)));
    assert_eq!(store.next_end("mail").await.unwrap(), None);
}
