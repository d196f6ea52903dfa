//! What an account's limits, a quota of an audience and the end of a message come to, on a moved clock.

use crate::rig::{HOUR, Platform, Rig, SECOND, START, gone, nothing};
use hongyan_core::{DeliveryState, Rate, Time};
use hongyan_endpoint::{About, Class, Fault};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test(start_paused = true)]
async fn a_limit_by_the_minute_goes_on_over_restarts() {
    let rig = Rig::new();
    let rate = Rate { max: 20, per: MINUTE };
    rig.accept(70, |_| {}).await;
    let mut sent: Vec<Time> = Vec::new();
    for lasts in [SECOND * 3, SECOND * 3, SECOND * 3, HOUR] {
        let (platform, dispatcher) = rig.start(rig.platform(nothing()), vec![rate]);
        tokio::time::sleep(lasts).await;
        dispatcher.stop(SECOND).await;
        sent.extend(platform.sent.lock().unwrap().iter().map(|(_, at)| *at));
    }
    assert_eq!((sent.len(), rig.count(DeliveryState::Sent).await), (70, 70));
    for (number, first) in sent.iter().enumerate() {
        let within = sent[number..].iter().take_while(|at| at.since(*first) < rate.per).count();
        assert!(within <= 20, "{within} within a minute");
    }
}

#[tokio::test(start_paused = true)]
async fn a_spent_quota_of_an_audience_lets_only_that_message_wait() {
    let rig = Rig::new();
    let spent = Fault::refused("41045", "", None).with_class(Class::throttled(3_600)).with_about(About::Audience);
    let send = move |_: Time, call| (call == 0).then(|| spent.clone());
    let ids = rig.accept(1, |_| {}).await;
    let (platform, dispatcher) = rig.start(rig.platform(Box::new(send)), Vec::new());
    tokio::time::sleep(SECOND).await;
    rig.accept(9, |_| {}).await;
    dispatcher.wake("ding");
    rig.until(DeliveryState::Sent, 9, SECOND * 10).await;
    assert_eq!(dispatcher.standing("ding").unwrap().rest, None);
    assert_eq!((rig.count(DeliveryState::Pending).await, rig.reason(ids[0]).await.as_str()), (1, "41045"));
    rig.until(DeliveryState::Sent, 10, HOUR * 2).await;
    assert!(platform.sent.lock().unwrap().last().unwrap().1 >= START + HOUR);
    assert_eq!(*rig.seen.rests.lock().unwrap(), [] as [bool; 0]);
    dispatcher.stop(SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn a_message_that_cannot_leave_expires_in_its_time() {
    let rig = Rig::new();
    let down = |_: Time, _| Some(gone());
    let platform = Platform { login: Some(Box::new(down)), ..rig.platform(Box::new(down)) };
    let (_, dispatcher) = rig.start(platform, Vec::new());
    rig.accept(1, |_| {}).await;
    dispatcher.wake("ding");
    // The account rests for minutes by then.
    tokio::time::sleep(HOUR).await;
    let end = START + HOUR + SECOND * 7;
    let late = rig.accept(1, |message| message.expires_at = Some(end)).await;
    dispatcher.wake("ding");
    tokio::time::sleep(SECOND * 9).await;
    assert_eq!(rig.delivery(late[0]).await.state, DeliveryState::Expired);
    assert_eq!(rig.count(DeliveryState::Pending).await, 1);
    dispatcher.stop(SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn a_gate_that_names_no_time_is_tried_after_a_second_and_then_ever_more_rarely() {
    let rig = Rig::new();
    let send = |now: Time, _| (now < START + SECOND * 10).then(|| Fault::transport("net.throttled", "HTTP 429"));
    rig.accept(3, |_| {}).await;
    let (platform, dispatcher) = rig.start(rig.platform(Box::new(send)), Vec::new());
    rig.until(DeliveryState::Sent, 3, SECOND * 25).await;
    assert!(platform.calls.load(std::sync::atomic::Ordering::SeqCst) < 12);
    dispatcher.stop(SECOND).await;
}
