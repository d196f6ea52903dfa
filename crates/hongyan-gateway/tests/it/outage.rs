//! Long outages, on a moved clock: what a platform that is gone, a gate, a refused login do to what waits.

use crate::rig::{DAY, HOUR, Platform, Rig, SECOND, START, gone, nothing, refused_login};
use hongyan_core::{Dedup, DeliveryState, Ledger, Rate, RecipientState, Time};
use hongyan_dispatch::RecallResult;
use hongyan_endpoint::{About, Class, Fault};
use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

#[tokio::test(start_paused = true)]
async fn waiting_for_a_token_is_not_the_calls_time() {
    let rig = Rig::new();
    let ids = rig.accept(1, |_| {}).await;
    let platform = Platform { token_wait: Some(SECOND * 11), ..rig.platform(nothing()) };
    let (_, dispatcher) = rig.start(platform, Vec::new());
    rig.until(DeliveryState::Sent, 1, HOUR).await;
    let took = rig.seen.took.lock().unwrap().clone();
    assert!(took.len() == 1 && took[0] < SECOND, "{took:?}");
    let history = rig.delivery(ids[0]).await.history;
    assert!(history[0].at >= START + SECOND * 11 && history[0].took_ms < 1_000, "{history:?}");
    dispatcher.stop(SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn a_platform_gone_for_twenty_hours_costs_no_message_and_the_backlog_leaves_in_order_at_the_accounts_rate() {
    const WAITING: usize = 10_000;
    let rig = Rig::new();
    let back = START + HOUR * 20;
    let down = move |now: Time, _| (now < back).then(gone);
    let platform = Platform { login: Some(Box::new(down)), ..rig.platform(Box::new(down)) };
    let ids = rig.accept(WAITING, |_| {}).await;
    let rate = Rate { max: 100, per: SECOND };
    let (platform, dispatcher) = rig.start(platform, vec![rate]);

    tokio::time::sleep(HOUR).await;
    let standing = dispatcher.standing("ding").unwrap();
    let rest = standing.rest.unwrap();
    assert_eq!((rest.cause.code.as_str(), rest.class), ("net.connect", "retryable"));
    assert!(rest.since < START + SECOND * 60 && rest.until > rig.clock.now(), "{rest:?}");
    assert_eq!(standing.last_error.unwrap().reason.code, "net.connect");

    tokio::time::sleep(HOUR * 19).await;
    let (calls, probes) = (platform.calls.load(Ordering::SeqCst), platform.probes.load(Ordering::SeqCst));
    assert!(calls <= 16 && probes < 250, "{calls} messages and {probes} logins knocked in twenty hours");
    assert_eq!(rig.count(DeliveryState::Failed).await, 0);

    rig.until(DeliveryState::Sent, WAITING as u64, HOUR).await;
    let sent = platform.sent.lock().unwrap().clone();
    assert_eq!(sent.iter().map(|(id, _)| *id).collect::<Vec<_>>(), ids, "in order, each once");
    for (at, (_, first)) in sent.iter().enumerate() {
        let within = sent[at..].iter().take_while(|(_, at)| at.since(*first) < rate.per).count();
        assert!(within <= rate.max as usize, "{within} within a second");
    }
    let took = sent.last().unwrap().1.since(sent[0].1);
    assert!(took < HOUR / 2, "at the account's rate it takes some two minutes, not {took:?}");
    assert!(rig.delivery(ids[WAITING / 2]).await.attempts == 1 && rig.reason(ids[0]).await == "late");
    assert_eq!(dispatcher.standing("ding").unwrap().rest, None);
    assert_eq!(*rig.seen.rests.lock().unwrap(), [true, false]);
    dispatcher.stop(SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn tokens_that_are_refused_twice_in_a_row_kill_nothing() {
    let rig = Rig::new();
    // Two hours of revocations, as after a secret was given to somebody else who logs in all the time.
    let storm = |now: Time, _| {
        let fault = Fault::refused("42001", "access_token expired", None).with_class(Class::RefreshToken);
        (now < START + HOUR * 2).then(|| fault.with_about(About::Account))
    };
    let platform = Platform { login: Some(nothing()), ..rig.platform(Box::new(storm)) };
    rig.accept(200, |_| {}).await;
    let (platform, dispatcher) = rig.start(platform, Vec::new());
    tokio::time::sleep(HOUR).await;
    assert_eq!(dispatcher.standing("ding").unwrap().rest.unwrap().cause.code, "42001");
    rig.until(DeliveryState::Sent, 200, HOUR * 3).await;
    let calls = platform.calls.load(Ordering::SeqCst);
    assert!(calls < 300, "{calls} calls for 200 messages");
    dispatcher.stop(SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn one_message_alone_waits_out_a_storm_that_is_longer_than_its_attempts() {
    let rig = Rig::new();
    let storm = |now: Time, _| {
        let fault = Fault::refused("42001", "", None).with_class(Class::RefreshToken).with_about(About::Account);
        (now < START + DAY).then_some(fault)
    };
    rig.accept(1, |_| {}).await;
    let (_, dispatcher) = rig.start(rig.platform(Box::new(storm)), Vec::new());
    rig.until(DeliveryState::Sent, 1, DAY * 2).await;
    dispatcher.stop(SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn a_refused_login_rests_the_account_and_a_corrected_secret_finds_the_messages_waiting() {
    let rig = Rig::new();
    let refused = |_: Time, _| Some(refused_login());
    let platform = Platform { login: Some(Box::new(refused)), ..rig.platform(Box::new(refused)) };
    rig.accept(50, |_| {}).await;
    let (platform, dispatcher) = rig.start(platform, Vec::new());
    tokio::time::sleep(HOUR * 10).await;
    let rest = dispatcher.standing("ding").unwrap().rest.unwrap();
    assert_eq!((rest.cause.code.as_str(), rest.class), ("40001", "permanent"));
    let probes = platform.probes.load(Ordering::SeqCst);
    assert!(probes < 30, "{probes} logins with a refused secret in ten hours");
    dispatcher.stop(SECOND).await;
    assert_eq!(rig.count(DeliveryState::Pending).await, 50);

    let (_, dispatcher) = rig.start(rig.platform(nothing()), Vec::new());
    rig.until(DeliveryState::Sent, 50, HOUR).await;
    dispatcher.stop(SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn an_account_that_was_seen_to_work_is_tried_at_once() {
    let rig = Rig::new();
    let mended = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let state = Arc::clone(&mended);
    let send = Box::new(move |_: Time, _| (!state.load(Ordering::SeqCst)).then(refused_login));
    rig.accept(3, |_| {}).await;
    let (_, dispatcher) = rig.start(rig.platform(send), Vec::new());
    tokio::time::sleep(HOUR * 10).await;
    mended.store(true, Ordering::SeqCst);
    dispatcher.try_now("ding");
    rig.until(DeliveryState::Sent, 3, SECOND * 60).await;
    dispatcher.stop(SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn while_nothing_can_leave_messages_end_in_their_time_and_what_waits_by_design_does_not_count() {
    let rig = Rig::new();
    let end = START + DAY * 4;
    let down = move |now: Time, _| (now < end).then(gone);
    let platform = Platform { login: Some(Box::new(down)), ..rig.platform(Box::new(down)) };
    let waiting = rig.accept(2, |_| {}).await;
    let expiring = rig.accept(1, |message| message.expires_at = Some(START + HOUR)).await;
    let dated = rig.accept(1, |message| message.send_at = Some(START + DAY * 2)).await;
    let (platform, dispatcher) = rig.start(platform, Vec::new());

    tokio::time::sleep(HOUR + SECOND * 180).await;
    assert_eq!(rig.delivery(expiring[0]).await.state, DeliveryState::Expired, "told while the account still rests");
    tokio::time::sleep(HOUR * 70).await;
    assert_eq!(rig.delivery(waiting[0]).await.state, DeliveryState::Pending, "71 hours are no three days");
    tokio::time::sleep(HOUR + SECOND * 180).await;
    for id in waiting {
        assert_eq!(rig.delivery(id).await.state, DeliveryState::Failed);
        assert_eq!(rig.reason(id).await, "gave_up");
    }
    rig.until(DeliveryState::Sent, 1, DAY * 2).await;
    assert_eq!(rig.delivery(dated[0]).await.state, DeliveryState::Sent, "it was due for two days only");
    assert!(platform.calls.load(Ordering::SeqCst) < 10);
    dispatcher.stop(SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn what_a_message_waited_for_its_account_counts_over_restarts() {
    // Ended in order each time, or cut off.
    for patience in [SECOND * 30, Duration::ZERO] {
        let rig = Rig::new();
        let id = rig.accept(1, |_| {}).await[0];
        let down = |_: Time, _| Some(gone());
        let mut started =
            rig.start(Platform { login: Some(Box::new(down)), ..rig.platform(Box::new(down)) }, Vec::new());
        for _ in 0..7 {
            tokio::time::sleep(HOUR * 10).await;
            started.1.stop(patience).await;
            assert_eq!(rig.delivery(id).await.state, DeliveryState::Pending, "70 hours are no three days");
            // In which nobody tries.
            tokio::time::sleep(HOUR * 5).await;
            let platform = Platform { login: Some(Box::new(down)), ..rig.platform(Box::new(down)) };
            started = rig.start(platform, Vec::new());
        }
        tokio::time::sleep(HOUR).await;
        assert_eq!(rig.delivery(id).await.state, DeliveryState::Pending, "71 hours are none either");
        tokio::time::sleep(HOUR + SECOND * 600).await;
        assert_eq!(rig.delivery(id).await.state, DeliveryState::Failed);
        assert_eq!(rig.reason(id).await, "gave_up");
        started.1.stop(SECOND).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_servers_error_leaves_that_one_call_unknown_and_the_others_waiting() {
    let rig = Rig::new();
    let up = START + HOUR;
    let send = Box::new(move |now: Time, _| {
        (now < up).then(|| Fault::transport("net.status", "HTTP 502").with_class(Class::Ambiguous))
    });
    let mut platform = Platform { login: Some(Box::new(move |now, _| (now < up).then(gone))), ..rig.platform(send) };
    platform.capabilities.dedup = Dedup::None;
    rig.accept(100, |_| {}).await;
    let (platform, dispatcher) = rig.start(platform, vec![Rate { max: 10, per: SECOND }]);
    tokio::time::sleep(HOUR / 2).await;
    let (unknown, calls) = (rig.count(DeliveryState::Unknown).await, platform.calls.load(Ordering::SeqCst));
    assert!(unknown == calls && calls <= 2, "{unknown} unknown after {calls} calls: the login is asked first");
    rig.until(DeliveryState::Sent, 100 - unknown, HOUR * 2).await;
    assert_eq!(rig.count(DeliveryState::Unknown).await, unknown, "held until somebody decides");
    dispatcher.stop(SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn a_gate_that_names_a_time_is_left_alone_for_so_long() {
    let rig = Rig::new();
    let send = Box::new(|now: Time, _| {
        (now < START + HOUR / 2).then(|| Fault::transport("net.throttled", "HTTP 429").not_before(HOUR / 2))
    });
    let ids = rig.accept(20, |_| {}).await;
    let (platform, dispatcher) = rig.start(rig.platform(send), vec![Rate { max: 20, per: SECOND }]);
    rig.until(DeliveryState::Sent, 20, HOUR).await;
    let calls = platform.calls.load(Ordering::SeqCst);
    assert!(calls <= 36, "{calls} calls: those under way, and the messages");
    assert_eq!(rig.delivery(ids[0]).await.attempts, 1, "nobody judged it, so it counts for nothing");
    let sent = platform.sent.lock().unwrap().clone();
    assert_eq!(sent.iter().map(|(id, _)| *id).collect::<Vec<_>>(), ids, "each kept its place");
    dispatcher.stop(SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn receipts_outlive_refused_tokens_and_refused_logins() {
    let rig = Rig::new();
    let look = Box::new(|now: Time, number: usize| {
        let token = Fault::refused("42001", "", None).with_class(Class::RefreshToken).with_about(About::Account);
        match number {
            0..3 => Some(token),
            _ if now < START + HOUR => Some(refused_login()),
            _ => None,
        }
    });
    let mut platform = Platform {
        login: Some(Box::new(|now, _| (now < START + HOUR).then(refused_login))),
        look,
        ..rig.platform(nothing())
    };
    platform.capabilities.receipts_for = Some(HOUR / 2);
    let ids = rig.accept(5, |_| {}).await;
    let (_, dispatcher) = rig.start(platform, Vec::new());
    let end = rig.clock.now() + HOUR * 6;
    for id in ids {
        while rig.store.recipients(id).await.unwrap()[0].state != RecipientState::Read {
            assert!(rig.clock.now() < end, "given up for ever");
            tokio::time::sleep(SECOND * 10).await;
        }
    }
    dispatcher.stop(SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn a_recall_neither_knocks_at_a_platform_that_is_gone_nor_is_it_given_up() {
    let rig = Rig::new();
    let (down, up) = (START + HOUR, START + HOUR * 3);
    let away = move |now: Time, _| (down <= now && now < up).then(gone);
    let mut platform = Platform { login: Some(Box::new(away)), ..rig.platform(Box::new(away)) };
    platform.take_back = Box::new(away);
    let id = rig.accept(1, |_| {}).await[0];
    let (platform, dispatcher) = rig.start(platform, Vec::new());
    rig.until(DeliveryState::Sent, 1, HOUR).await;

    tokio::time::sleep(HOUR).await;
    for _ in 0..20 {
        let report = dispatcher.recall(id).await.unwrap().unwrap();
        let (account, rest) = report.rest.unwrap();
        assert_eq!((account.as_str(), rest.cause.code.as_str()), ("ding", "net.connect"));
        let one = &report.deliveries[0];
        let reason = one.reason.as_ref().unwrap();
        assert_eq!((one.result, reason.code.as_str()), (RecallResult::Failed, "account_rests"));
        assert!(
            reason.message.contains("net.connect") && reason.message.contains(&rest.until.to_string()),
            "{reason:?}"
        );
        tokio::time::sleep(SECOND * 30).await;
    }
    assert_eq!(platform.recalls.load(Ordering::SeqCst), 1, "the first one found out");
    assert_eq!(rig.delivery(id).await.state, DeliveryState::Sent);

    tokio::time::sleep(HOUR * 3).await;
    let report = dispatcher.recall(id).await.unwrap().unwrap();
    assert_eq!((report.deliveries[0].result, report.rest), (RecallResult::Recalled, None));
    assert_eq!(rig.delivery(id).await.state, DeliveryState::Recalled);
    dispatcher.stop(SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn an_account_with_nothing_to_send_is_tried_as_soon_as_its_pause_is_over() {
    let rig = Rig::new();
    let platform = Platform { login: Some(nothing()), ..rig.platform(nothing()) };
    let (platform, dispatcher) = rig.start(platform, Vec::new());
    tokio::time::sleep(SECOND * 5).await;
    let failed = dispatcher.ask("ding", async { Err::<(), _>(gone()) }).await;
    assert_eq!(failed.unwrap().unwrap_err().code(), "net.connect");
    let rest = dispatcher.ask("ding", async { Ok(()) }).await.unwrap_err();
    assert_eq!(rest.cause.code, "net.connect");
    tokio::time::sleep(SECOND * 3).await;
    assert_eq!(platform.probes.load(Ordering::SeqCst), 1);
    assert_eq!(dispatcher.ask("ding", async { Ok(7) }).await, Ok(Ok(7)));
    dispatcher.stop(SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn a_robots_first_twenty_leave_at_once_and_the_next_when_the_minute_is_over() {
    let rig = Rig::new();
    rig.accept(25, |_| {}).await;
    let minute = Duration::from_secs(60);
    let (platform, dispatcher) = rig.start(rig.platform(nothing()), vec![Rate { max: 20, per: minute }]);
    rig.until(DeliveryState::Sent, 25, minute * 10).await;
    let sent: Vec<Time> = platform.sent.lock().unwrap().iter().map(|(_, at)| *at).collect();
    assert!(sent[19].since(sent[0]) < SECOND * 10 && sent[20].since(sent[0]) >= minute, "{sent:?}");
    dispatcher.stop(SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_its_turn_goes_back_when_the_gateway_stops() {
    let rig = Rig::new();
    rig.accept(8, |_| {}).await;
    let (platform, dispatcher) = rig.start(rig.platform(nothing()), vec![Rate { max: 10, per: SECOND }]);
    tokio::time::sleep(Duration::from_millis(150)).await;
    let began = rig.clock.now();
    dispatcher.stop(SECOND * 30).await;
    assert!(rig.clock.now().since(began) < SECOND / 2, "nobody waits out its turn");
    let sent = platform.sent.lock().unwrap().len() as u64;
    assert!((1..8).contains(&sent), "{sent}");
    assert_eq!((rig.count(DeliveryState::Sent).await, rig.count(DeliveryState::Pending).await), (sent, 8 - sent));
}
