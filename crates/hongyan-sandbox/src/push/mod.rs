//! The pushing side: takes events that are due, carries them to their receivers, and judges the answers.
//!
//! When a push is tried again is [`crate::world::event`]'s to say. What travels and which answer counts is each
//! platform's own. Time-outs are the network's and run in real time; everything else is on the sandbox's clock.

pub(crate) mod dingtalk;
pub(crate) mod wecom;

use crate::{
    Hub,
    route::enter,
    world::{
        World,
        callback::Road,
        event::{Delivery, Happening},
    },
};
use bytes::Bytes;
use hongyan_net::{Http, NetFault, Options, Reply};
use http::Request;
use std::{sync::Arc, time::Duration};
use tokio::{sync::oneshot, task::JoinSet, time::timeout};

/// How often the clock is looked at when nothing rings.
const TICK: Duration = Duration::from_millis(50);
/// A push waits so long for the one before it: who answers quickly gets events in their order.
const IN_ORDER: Duration = Duration::from_millis(100);
/// Pushes under way at once.
const AT_ONCE: usize = 64;
/// DingTalk waits so long for the answer to an event…
const DINGTALK_TIMEOUT: Duration = Duration::from_millis(1_500);
/// …and so long for the answer to `check_url`.
const DINGTALK_CHECK_TIMEOUT: Duration = Duration::from_millis(2_500);
const ROBOT_TIMEOUT: Duration = Duration::from_secs(5);
const WECOM_TIMEOUT: Duration = Duration::from_secs(5);
const WECOM_CHECK_TIMEOUT: Duration = Duration::from_secs(1);

/// A client for all pushes. Every bound of a single call is its own.
pub(crate) fn client() -> Http {
    Http::new(Options { max_body_bytes: 1 << 20, ..Options::default() })
}

/// One push as it travels.
struct Job {
    number: u64,
    road: Road,
    request: Request<Bytes>,
    patience: Duration,
}

/// Pushes until dropped.
pub(crate) async fn run(hub: Arc<Hub>) {
    let bell = enter(&hub.world).events.bell();
    let mut under_way = JoinSet::new();
    loop {
        let now = hub.clock.now_ms();
        while under_way.try_join_next().is_some() {}
        overdue(&mut enter(&hub.world), now);
        while under_way.len() < AT_ONCE {
            let Some(job) = next(&mut enter(&hub.world), now) else { break };
            let (done, finished) = oneshot::channel();
            let hub = hub.clone();
            under_way.spawn(async move {
                let answer = send(&hub.http, job.request, job.patience).await;
                judge(&hub, job.number, job.road, answer);
                // Nobody waits any longer: it took its time.
                let _ = done.send(());
            });
            // Done or not, the next one's turn.
            let _ = timeout(IN_ORDER, finished).await;
        }
        // Either way there is something to look at.
        let _ = timeout(TICK, bell.notified()).await;
    }
}

/// One HTTP exchange within its own bound.
pub(crate) async fn send(http: &Http, request: Request<Bytes>, patience: Duration) -> Result<Reply, NetFault> {
    match timeout(patience, http.send(request)).await {
        Ok(answer) => answer,
        Err(_) => {
            let message = format!("no answer within {patience:?}");
            Err(NetFault { failure: hongyan_net::Failure::Timeout, timed_out: true, message })
        }
    }
}

/// Stream pushes that were not answered in time, pings and partings.
fn overdue(world: &mut World, now: i64) {
    world.streams.settle(now);
    for number in world.events.unanswered(now) {
        refused(world, number, Road::Stream, "no answer in time", now);
    }
}

/// Prepares the next push that is due. Those over Stream are written at once.
fn next(world: &mut World, now: i64) -> Option<Job> {
    while let Some(delivery) = world.events.next_due(now) {
        let Delivery { number, road, .. } = delivery;
        let prepared = match (road, &delivery.event.happening) {
            (Road::Stream, happening) => {
                let written = dingtalk::write(world, &delivery.event, now);
                if !written && matches!(happening, Happening::Robot(_) | Happening::Card { .. }) {
                    refused(world, number, road, "nobody is connected", now);
                } else if !written {
                    world.events.park(number);
                }
                continue;
            }
            (Road::DingTalk, Happening::DingTalk { .. }) => {
                let hook = world.callbacks.dingtalk.as_ref();
                hook.and_then(|hook| dingtalk::event(&world.credentials, hook, &delivery.event, now))
                    .map(|request| (request, DINGTALK_TIMEOUT))
            }
            (Road::Robot, Happening::Robot(message)) => world
                .callbacks
                .robot
                .as_ref()
                .and_then(|url| dingtalk::robot(&world.credentials, url, message, now))
                .map(|request| (request, ROBOT_TIMEOUT)),
            (Road::Card, Happening::Card { press, route: Some(route), .. }) => {
                dingtalk::press(route, press, now).map(|request| (request, hongyan_dingtalk::card::ANSWER_WITHIN))
            }
            (Road::WeCom, Happening::WeCom(pushed)) => delivery
                .event
                .hook
                .as_ref()
                .or(world.callbacks.wecom.as_ref())
                .and_then(|hook| wecom::push(hook, pushed, now))
                .map(|request| (request, WECOM_TIMEOUT)),
            _ => None,
        };
        match prepared {
            Some((request, patience)) => return Some(Job { number, road, request, patience }),
            None => refused(world, number, road, "nobody is registered, or at no address", now),
        }
    }
    None
}

/// What the receiver's answer means.
fn judge(hub: &Hub, number: u64, road: Road, answer: Result<Reply, NetFault>) {
    let now = hub.clock.now_ms();
    let mut world = enter(&hub.world);
    let world = &mut *world;
    // A reset or a removed receiver: the answer is nobody's.
    let Some(Delivery { event, repeated, .. }) = world.events.under_way(number).cloned() else { return };
    let outcome = answer.map_err(|fault| fault.message).and_then(|reply| match (road, &event.happening) {
        (Road::DingTalk, _) => match &world.callbacks.dingtalk {
            Some(hook) => dingtalk::accepts(&hook.seal, &reply).map_err(|asked| asked.words().into()),
            None => Err("nobody is registered".into()),
        },
        (_, _) if reply.status != 200 => Err(format!("answered with HTTP {}", reply.status)),
        // An answer was given to the first.
        (Road::Robot | Road::WeCom | Road::Card, _) if repeated => Ok(()),
        (Road::Card, Happening::Card { press, who, .. }) => {
            crate::dingtalk::card::answered(world, press, *who, &reply.body);
            Ok(())
        }
        (Road::Robot, Happening::Robot(message)) => {
            dingtalk::heard(world, message, &reply.body, now);
            Ok(())
        }
        // Nobody is there to read an answer about an import.
        (Road::WeCom, Happening::WeCom(pushed)) if event.hook.is_none() => {
            wecom::heard(world, pushed, &reply.body, now);
            Ok(())
        }
        _ => Ok(()),
    });
    match outcome {
        Ok(()) => delivered(world, number, road, now),
        Err(problem) => refused(world, number, road, &problem, now),
    }
}

/// The answer of a Stream connection to a frame.
pub(crate) fn acknowledged(world: &mut World, number: u64, outcome: Result<(), String>, now: i64) {
    match outcome {
        Ok(()) => delivered(world, number, Road::Stream, now),
        Err(problem) => refused(world, number, Road::Stream, &problem, now),
    }
}

fn delivered(world: &mut World, number: u64, road: Road, now: i64) {
    if let Some(delivery) = world.events.delivered(number) {
        world.callbacks.counts(road).delivered += 1;
        if world.settings.push_repeats {
            world.events.repeat(delivery, now);
        }
    }
}

fn refused(world: &mut World, number: u64, road: Road, problem: &str, now: i64) {
    if world.events.under_way(number).is_none() {
        return;
    }
    let tries = world.settings.wecom_push_tries;
    let given_up = world.events.refused(number, problem, tries, now).is_some();
    let counts = world.callbacks.counts(road);
    counts.refused += 1;
    counts.given_up += u64::from(given_up);
    counts.last_problem = Some(problem.to_owned());
}

/// A question to an address before it is taken, and the seal that its answer must bear.
pub(crate) enum Question {
    DingTalk { url: String, seal: hongyan_dingtalk::callback::Callback, corp_id: String },
    WeCom { url: String, seal: hongyan_wecom::callback::Callback },
}

/// What the address answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// As it must.
    Well,
    /// Not in time, not at all, or with another status than 200.
    Unreachable,
    /// Something that is not the encrypted `success`; for WeCom, not the echo.
    Otherwise,
    /// DingTalk: not signed with the token.
    Signature,
    /// DingTalk: not sealed with the key.
    Shut,
    /// DingTalk: sealed for somebody else.
    Owner,
}

impl Asked {
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Well => "well",
            Self::Unreachable => "the address cannot be reached in time, or does not answer with HTTP 200",
            Self::Otherwise => "the answer is not what the platform asked for",
            Self::Signature => "the answer's signature does not match",
            Self::Shut => "the answer cannot be decrypted",
            Self::Owner => "the answer is for another owner",
        }
    }
}

/// Asks an address.
pub(crate) async fn ask(hub: &Hub, question: Question) -> Asked {
    let now = hub.clock.now_ms();
    match question {
        Question::DingTalk { url, seal, corp_id } => {
            let Some(request) = dingtalk::check(&url, &seal, &corp_id, now) else { return Asked::Unreachable };
            match send(&hub.http, request, DINGTALK_CHECK_TIMEOUT).await {
                Ok(reply) => dingtalk::accepts(&seal, &reply).err().unwrap_or(Asked::Well),
                Err(_) => Asked::Unreachable,
            }
        }
        Question::WeCom { url, seal } => {
            let Some((request, echo)) = wecom::question(&url, &seal, now) else { return Asked::Unreachable };
            match send(&hub.http, request, WECOM_CHECK_TIMEOUT).await {
                Ok(reply) if reply.status != 200 => Asked::Unreachable,
                Ok(reply) if reply.body == echo.as_bytes() => Asked::Well,
                Ok(_) => Asked::Otherwise,
                Err(_) => Asked::Unreachable,
            }
        }
    }
}

/// Sixteen fresh bytes; none where the system gives none, and then nothing is pushed.
fn random() -> Option<[u8; 16]> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).ok().map(|()| bytes)
}

/// An address with more in its query.
fn with_query(url: &str, pairs: &[(&str, &str)]) -> String {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    let url = url.split_once('#').map_or(url, |(before, _)| before);
    let mut whole = url.to_owned();
    for (i, (name, value)) in pairs.iter().enumerate() {
        whole.push(if i == 0 && !url.contains('?') { '?' } else { '&' });
        whole.push_str(name);
        whole.push('=');
        whole.extend(utf8_percent_encode(value, NON_ALPHANUMERIC));
    }
    whole
}

/// Whether an address can be pushed to at all: `http` or `https`, and a host.
pub(crate) fn is_address(url: &str) -> bool {
    url.parse::<http::Uri>().is_ok_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty())
    })
}
