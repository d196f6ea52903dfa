//! One account's lane: leases what is due within its limits and keeps its calls in flight.

use super::{
    ends::Ends,
    guarded, holding,
    lane::{Errand, IDLE, Lane, LaneUpdate},
    leases,
    lock::lock,
    log::Refusals,
    outages::KeptOutages,
    rest,
};
use hongyan_core::{Claim, Room, StoreError, Tick, Time};
use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::{sync::watch, task::JoinSet};

/// When the store fails, the lane looks again after this long.
const STORE_PAUSE: Duration = Duration::from_millis(500);
/// Tries at what a dead process left behind before the lane goes on without: it is looked for again later.
const RECOVERIES: u32 = 5;

/// Runs a lane until it is told to stop, then lets its calls end.
pub(super) async fn run(lane: Arc<Lane>, mut stop: watch::Receiver<bool>) {
    let mut running: JoinSet<LaneUpdate> = JoinSet::new();
    reanchor(&lane).await;
    let mut outages = None;
    recover(&lane, &mut outages, &mut running, &mut stop).await;
    let mut ticks = lane.holding.ticks();
    // Whether something may be due: at the start, after a wake, after a full claim.
    let mut maybe_due = true;
    let mut timer: Option<Time> = None;
    let mut ends = Ends::unknown(&lane);
    let mut refusals = Refusals::default();
    while !*stop.borrow() {
        if rest::follow_clock(&lane).await {
            (maybe_due, timer) = (true, None);
            ends.changed();
        }
        if let Some(outages) = &mut outages {
            outages.write(&lane, false).await;
        }
        let moment = lane.clock.moment();
        let now = moment.wall;
        if !lane.holding.is_blocked() {
            ends.heed(&lane, &mut running).await;
        }
        let trial = running.is_empty() && lock(&lane.standing).room(moment.tick) == Room::One;
        if trial && lane.wants_probe(moment.tick) {
            running.spawn(rest::probe(Arc::clone(&lane)));
        }
        let capacity = if lane.holding.is_blocked() { 0 } else { lane.capacity(running.len(), moment.tick) };
        if maybe_due && capacity > 0 {
            match lane.queue.claim(&lane.account.name, now, lane.holding.lease(now), capacity).await {
                Ok(claims) => {
                    refusals.is_over(&lane, "the outbox gives again");
                    maybe_due = claims.len() == capacity;
                    // Also after a claim that gave something: what is due later was not claimed, and may have been
                    // accepted, or left behind by a dead process, without our having heard of its time.
                    if !maybe_due {
                        timer = next_due(&lane).await;
                    }
                    lane.holding.take(&claims);
                    for claim in claims {
                        let errand = Errand { number: lane.number(), trial };
                        running.spawn(guarded::attempt(Arc::clone(&lane), claim, errand));
                    }
                    if maybe_due {
                        continue;
                    }
                }
                Err(error) => {
                    refusals.say(&lane, &error, "the outbox gives nothing");
                    timer = Some(now + STORE_PAUSE);
                    maybe_due = false;
                }
            }
        }
        let moment = lane.clock.moment();
        let sleep = lane.sleep(maybe_due, timer, moment).min(ends.sleep(moment).unwrap_or(IDLE));
        tokio::select! {
            () = lane.due.notified() => {
                maybe_due = true;
                ends.changed();
            }
            Some(joined) = running.join_next(), if !running.is_empty() => {
                ends.changed();
                let now = lane.clock.now();
                for update in std::iter::once(joined).chain(std::iter::from_fn(|| running.try_join_next())) {
                    let Ok(update) = update else { continue };
                    if let Some(due) = update.due {
                        timer = Some(timer.map_or(due, |t| t.min(due)).max(now));
                    }
                }
            }
            () = tokio::time::sleep(sleep) => maybe_due = true,
            _ = ticks.tick() => match take_over(&lane, &mut running).await {
                Ok(()) => {}
                Err(error) => tracing::warn!(account = %lane.account.name, %error, "leases are not looked after"),
            },
            _ = stop.changed() => break,
        }
    }
    // What waits for its turn goes back.
    lane.stopping.store(true, Ordering::SeqCst);
    lane.turns.wake();
    while running.join_next().await.is_some() {}
    if let Some(outages) = &mut outages {
        outages.write(&lane, true).await;
    }
}

/// What was written down while the clock was ahead is not to wait for it.
async fn reanchor(lane: &Lane) {
    let now = lane.clock.now();
    match lane.queue.reanchor(&lane.account.name, now, rest::longest_pause(lane)).await {
        Ok(0) => {}
        Ok(deliveries) => tracing::warn!(account = %lane.account.name, deliveries, "the clock was ahead: due now"),
        Err(error) => tracing::warn!(account = %lane.account.name, %error, "due times are not looked through"),
    }
}

async fn next_due(lane: &Lane) -> Option<Time> {
    match lane.queue.next_due(&lane.account.name).await {
        Ok(due) => due,
        Err(error) => {
            tracing::warn!(account = %lane.account.name, %error, "the outbox did not say what is due next");
            Some(lane.clock.now() + STORE_PAUSE)
        }
    }
}

/// Takes over what a dead process left behind and remembers what it had sent, and when it could not, before anything
/// new goes out.
async fn recover(
    lane: &Arc<Lane>,
    outages: &mut Option<KeptOutages>,
    running: &mut JoinSet<LaneUpdate>,
    stop: &mut watch::Receiver<bool>,
) {
    for tries in 0.. {
        let recovered = async {
            if outages.is_none() {
                *outages = Some(KeptOutages::read(lane).await?);
            }
            remember_sent(lane).await?;
            take_over(lane, running).await?;
            // Those that were taken over count too.
            remember_calls(lane).await
        };
        let Err(error) = recovered.await else { return };
        tracing::warn!(account = %lane.account.name, %error, "what went before the start is not settled yet");
        // A store that works but for this: everything else must not wait for it.
        if tries >= RECOVERIES && matches!(error, StoreError::Failed(_)) {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(holding::pause(tries)) => {}
            _ = stop.changed() => return,
        }
    }
}

/// Looks after the leases, and settles what nobody holds.
async fn take_over(lane: &Arc<Lane>, running: &mut JoinSet<LaneUpdate>) -> Result<(), StoreError> {
    loop {
        let lost = leases::keep(lane).await?;
        if lost.is_empty() {
            return Ok(());
        }
        let deliveries = lost.len();
        tracing::warn!(account = %lane.account.name, deliveries, "interrupted calls are settled as unknown");
        for claim in lost {
            running.spawn(guarded::interrupted(Arc::clone(lane), claim));
        }
    }
}

async fn remember_sent(lane: &Lane) -> Result<(), StoreError> {
    const PAGE: usize = 1_000;
    let moment = lane.clock.moment();
    let now = moment.wall;
    let windows = lock(&lane.recipients).longest().map(|window| now - window);
    let repeats = lock(&lane.repeats).horizon(now);
    let Some(since) = windows.into_iter().chain(repeats).min() else { return Ok(()) };
    let mut after = None;
    let mut recent = Vec::new();
    loop {
        let sent: Vec<Claim> = lane.queue.sent_since(&lane.account.name, since, after, PAGE).await?;
        {
            let mut repeats = lock(&lane.repeats);
            for claim in sent.iter().filter(|claim| claim.unreadable.is_none()) {
                if windows.is_some_and(|since| claim.first_call_at >= since) {
                    recent.push((moment.tick_at(claim.first_call_at.min(now)), claim.targets.clone()));
                }
                let Ok(content) = lane.account.wording(claim) else { continue };
                repeats.note(claim.id, &content, &claim.targets, claim.first_call_at);
            }
        }
        match sent.last() {
            Some(last) if sent.len() == PAGE => after = Some(last.id),
            _ => break,
        }
    }
    lock(&lane.recipients).remember(recent);
    Ok(())
}

/// The account's limits go on over a restart.
async fn remember_calls(lane: &Lane) -> Result<(), StoreError> {
    let Some(longest) = lane.turns.longest() else { return Ok(()) };
    let now = lane.clock.moment();
    let calls = lane.queue.calls_since(&lane.account.name, now.wall - longest).await?;
    // What lies further ahead than a window was written down by a clock that was ahead.
    let known = calls.into_iter().filter(|(at, _)| *at <= now.wall + longest);
    let ticks: Vec<Tick> =
        known.flat_map(|(at, calls)| std::iter::repeat_n(now.tick_at(at.min(now.wall)), calls as usize)).collect();
    lane.turns.remember(&ticks);
    Ok(())
}
