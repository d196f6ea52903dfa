//! One account's lane: leases what is due within its limits and keeps its calls in flight.

use super::{
    Observer,
    attempt::News,
    files::Uploads,
    holding::{self, Holding},
    pace::{Pace, RecipientPace},
};
use hongyan_channel::Account;
use hongyan_core::{Claim, Clock, Library, Outbox, Repeats, StoreError, Time};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    sync::{Notify, watch},
    task::JoinSet,
};

/// When the store fails, the lane looks again after this long.
const STORE_PAUSE: Duration = Duration::from_millis(500);
/// Tries at what a dead process left behind before the lane goes on without: it is looked for again later.
const RECOVERIES: u32 = 5;
/// The longest sleep of an idle lane.
const IDLE: Duration = Duration::from_secs(60);

/// What the tasks of one account share.
pub(super) struct Lane {
    pub(super) account: Account,
    pub(super) outbox: Arc<dyn Outbox>,
    pub(super) library: Arc<dyn Library>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) observer: Arc<dyn Observer>,
    /// Something may be due.
    pub(super) due: Notify,
    /// Receipts may be due.
    pub(super) receipts: Notify,
    // Std mutexes: never held across await.
    pub(super) repeats: Mutex<Repeats>,
    pub(super) recipients: Mutex<RecipientPace>,
    pub(super) uploads: Uploads,
    pub(super) holding: Holding,
}

impl Lane {
    pub(super) fn new(
        account: Account,
        outbox: Arc<dyn Outbox>,
        library: Arc<dyn Library>,
        clock: Arc<dyn Clock>,
        observer: Arc<dyn Observer>,
        lease: Duration,
    ) -> Self {
        Self {
            repeats: Mutex::new(Repeats::new(account.policy.dedup)),
            recipients: Mutex::new(RecipientPace::new(account.recipient_rates.clone())),
            account,
            outbox,
            library,
            clock,
            observer,
            uploads: Uploads::default(),
            holding: Holding::new(lease),
            due: Notify::new(),
            receipts: Notify::new(),
        }
    }
}

/// Runs a lane until it is told to stop, then lets its calls end.
pub(super) async fn run(lane: Arc<Lane>, mut stop: watch::Receiver<bool>) {
    let mut running: JoinSet<News> = JoinSet::new();
    let mut pace = Pace::new(&lane.account.rates);
    recover(&lane, &mut running, &mut stop).await;
    let mut ticks = lane.holding.ticks();
    // Whether something may be due: at the start, after a wake, after a full claim.
    let mut hungry = true;
    let mut timer: Option<Time> = None;
    while !*stop.borrow() {
        let now = lane.clock.now();
        let free = if lane.holding.is_blocked() { 0 } else { lane.account.concurrency.saturating_sub(running.len()) };
        let room = free.min(pace.available(now));
        if hungry && room > 0 {
            match lane.outbox.claim(&lane.account.name, now, lane.holding.lease(now), room).await {
                Ok(claims) => {
                    hungry = claims.len() == room;
                    // Also after a claim that gave something: what is due later was not claimed, and may have been
                    // accepted, or left behind by a dead process, without our having heard of its time.
                    if !hungry {
                        timer = next_due(&lane).await;
                    }
                    pace.take(claims.len(), now);
                    lane.holding.take(&claims);
                    for claim in claims {
                        running.spawn(holding::attempt(Arc::clone(&lane), claim));
                    }
                    if hungry {
                        continue;
                    }
                }
                Err(error) => {
                    tracing::warn!(account = %lane.account.name, %error, "the outbox gave nothing");
                    timer = Some(now + STORE_PAUSE);
                    hungry = false;
                }
            }
        }
        let resting = if hungry { pace.next(now) } else { None };
        let wake_at = resting.or(timer).unwrap_or(now + IDLE);
        let nap = wake_at.since(lane.clock.now()).min(IDLE);
        tokio::select! {
            () = lane.due.notified() => hungry = true,
            Some(joined) = running.join_next(), if !running.is_empty() => {
                let now = lane.clock.now();
                for news in std::iter::once(joined).chain(std::iter::from_fn(|| running.try_join_next())) {
                    let Ok(news) = news else { continue };
                    if let Some(until) = news.rests_until {
                        pace.rest(until);
                    }
                    if let Some(due) = news.due {
                        timer = Some(timer.map_or(due, |t| t.min(due)).max(now));
                    }
                }
            }
            () = tokio::time::sleep(nap) => hungry = true,
            _ = ticks.tick() => match take_over(&lane, &mut running).await {
                Ok(()) => {}
                Err(error) => tracing::warn!(account = %lane.account.name, %error, "leases are not looked after"),
            },
            _ = stop.changed() => break,
        }
    }
    while running.join_next().await.is_some() {}
}

async fn next_due(lane: &Lane) -> Option<Time> {
    match lane.outbox.next_due(&lane.account.name).await {
        Ok(due) => due,
        Err(error) => {
            tracing::warn!(account = %lane.account.name, %error, "the outbox did not say what is due next");
            Some(lane.clock.now() + STORE_PAUSE)
        }
    }
}

/// Takes over what a dead process left behind and remembers what it had sent, before anything new goes out.
async fn recover(lane: &Arc<Lane>, running: &mut JoinSet<News>, stop: &mut watch::Receiver<bool>) {
    for tries in 0.. {
        let recovered = match remember_sent(lane).await {
            Ok(()) => take_over(lane, running).await,
            Err(error) => Err(error),
        };
        let Err(error) = recovered else { return };
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
async fn take_over(lane: &Arc<Lane>, running: &mut JoinSet<News>) -> Result<(), StoreError> {
    loop {
        let lost = holding::keep(lane).await?;
        if lost.is_empty() {
            return Ok(());
        }
        let deliveries = lost.len();
        tracing::warn!(account = %lane.account.name, deliveries, "interrupted calls are settled as unknown");
        for claim in lost {
            running.spawn(holding::interrupted(Arc::clone(lane), claim));
        }
    }
}

async fn remember_sent(lane: &Lane) -> Result<(), StoreError> {
    const PAGE: usize = 1_000;
    let now = lane.clock.now();
    let horizon = lock(&lane.repeats).horizon(now);
    let Some(since) = horizon else { return Ok(()) };
    let mut after = None;
    loop {
        let sent: Vec<Claim> = lane.outbox.sent_since(&lane.account.name, since, after, PAGE).await?;
        {
            let mut repeats = lock(&lane.repeats);
            for claim in sent.iter().filter(|claim| claim.unreadable.is_none()) {
                let Ok(content) = lane.account.wording(claim) else { continue };
                repeats.note(claim.id, &content, &claim.targets, claim.first_call_at);
            }
        }
        match sent.last() {
            Some(last) if sent.len() == PAGE => after = Some(last.id),
            _ => return Ok(()),
        }
    }
}

/// A mutex whose holder panicked holds data that is still whole: every critical section here is one update.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
