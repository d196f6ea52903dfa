//! The pushing side: takes events that are due, carries them to their receivers, and has their platform judge the
//! answers.
//!
//! When a push is tried again is [`crate::world::event`]'s to say; what travels and which answer counts is the
//! platform's. Time-outs are the network's and run in real time; everything else is on the sandbox's clock.

use crate::{
    ask::{AddressReply, Question},
    hub::Hub,
    route::enter,
    world::{World, event::Begun},
};
use bytes::Bytes;
use hongyan_net::{Http, NetFault, Options, Reply};
use http::Request;
use std::{sync::Arc, time::Duration};
use tokio::{sync::oneshot, task::JoinSet, time};

/// How often the clock is looked at when nothing rings.
const TICK: Duration = Duration::from_millis(50);
/// A push waits so long for the one before it: who answers quickly gets events in their order.
const IN_ORDER: Duration = Duration::from_millis(100);
/// Pushes under way at once.
const AT_ONCE: usize = 64;

/// A client for all pushes. Every bound of a single call is its own.
pub(crate) fn client() -> Http {
    Http::new(Options { max_body_bytes: 1 << 20, ..Options::default() })
}

/// One push as it travels.
struct Job {
    number: u64,
    request: Request<Bytes>,
    timeout: Duration,
}

/// Pushes until dropped.
pub(crate) async fn run(hub: Arc<Hub>) {
    let wake = enter(&hub.world).events.wake();
    let mut under_way = JoinSet::new();
    loop {
        let now = hub.clock.now_ms();
        while under_way.try_join_next().is_some() {}
        look_after(&mut enter(&hub.world), now);
        while under_way.len() < AT_ONCE {
            let Some(job) = next(&mut enter(&hub.world), now) else { break };
            let (done, finished) = oneshot::channel();
            let hub = hub.clone();
            under_way.spawn(async move {
                let answer = send(&hub.http, job.request, job.timeout).await;
                judge(&hub, job.number, answer);
                // Nobody waits any longer: it took its time.
                let _ = done.send(());
            });
            // Done or not, the next one's turn.
            let _ = time::timeout(IN_ORDER, finished).await;
        }
        // Either way there is something to look at.
        let _ = time::timeout(TICK, wake.notified()).await;
    }
}

/// One HTTP exchange within its own bound.
async fn send(http: &Http, request: Request<Bytes>, timeout: Duration) -> Result<Reply, NetFault> {
    match time::timeout(timeout, http.send(request)).await {
        Ok(answer) => answer,
        Err(_) => {
            let message = format!("no answer within {timeout:?}");
            Err(NetFault { failure: hongyan_net::Failure::Timeout, timed_out: true, message })
        }
    }
}

/// Connections, and what was pushed over them and not answered in time.
fn look_after(world: &mut World, now: i64) {
    for platform in world.platforms {
        platform.tick(world, now);
    }
    for number in world.events.unanswered(now) {
        world.tried(number, Err("no answer in time".into()), now);
    }
}

/// Prepares the next push that is due. Those over connections are written at once.
fn next(world: &mut World, now: i64) -> Option<Job> {
    while let Some(delivery) = world.events.next_due(now) {
        let number = delivery.number;
        match delivery.event.push.begin(world, &delivery, now) {
            Begun::Request(request, timeout) => return Some(Job { number, request: *request, timeout }),
            Begun::Written => {}
            Begun::Parked => world.events.park(number),
            Begun::Failed(problem) => world.tried(number, Err(problem.into()), now),
        }
    }
    None
}

/// What the receiver's answer means.
fn judge(hub: &Hub, number: u64, answer: Result<Reply, NetFault>) {
    let now = hub.clock.now_ms();
    let mut world = enter(&hub.world);
    // A reset or a removed receiver: the answer is nobody's.
    let Some(delivery) = world.events.under_way(number).cloned() else { return };
    let outcome = answer.map_err(|fault| fault.message);
    let outcome = outcome.and_then(|reply| delivery.event.push.judge(&mut world, &delivery, &reply, now));
    world.tried(number, outcome, now);
}

/// Asks an address.
pub(crate) async fn ask(hub: &Hub, Question { request, timeout, judge }: Question) -> AddressReply {
    let Some(request) = request else { return AddressReply::Unreachable };
    match send(&hub.http, request, timeout).await {
        Ok(reply) if reply.status != 200 => AddressReply::Unreachable,
        Ok(reply) => judge(&reply),
        Err(_) => AddressReply::Unreachable,
    }
}
