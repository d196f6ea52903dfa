//! The relay: watches the table, hands over what is committed, follows what is under way.
//!
//! Two loops share the table: one hands over, one asks for states. Each writes only what it has an answer for, so that a crash
//! at any step leaves rows as if the step had not begun, and the keys make a repeat the same message.

use crate::{
    Change, Fault, Kind, OutboxTable,
    hand_over::hand_over,
    pace::Backoff,
    poll::{Accounts, poll},
    work::{LONGEST_PAUSE_MS, Take},
};
use hongyan_client::Gateway;
use hongyan_core::{Clock, Steps, clock::System};
use serde::Serialize;
use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::{Notify, watch};

/// Bytes of messages in one call, about: well below what a gateway takes.
const BATCH_BYTES: usize = 4 << 20;
/// Messages asked for in one round.
const POLLS: usize = 500;
/// After a stop, what is under way has so long to end.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);
/// Failures in a row after which a relay that is to end gives up.
const MAX_FAILURES: u32 = 6;

/// How a relay works.
#[derive(Clone)]
pub struct Options {
    /// Time between two glances at an idle table.
    pub interval: Duration,
    /// Rows of one call, 1 to 1,000.
    pub batch: usize,
    /// How long the gateway surely knows an idempotency key: at most its `[store] keep_days`. A row whose hand-over had
    /// no answer for longer is not handed over again but ends as `unknown`.
    pub keys_kept: Duration,
    /// Ends when every row is settled, or after so long; `None` watches until it is told to stop.
    pub once: Option<Duration>,
    /// Says what time it is.
    pub clock: Arc<dyn Clock>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            interval: Duration::from_millis(100),
            batch: 500,
            keys_kept: Duration::from_secs(23 * 3_600),
            once: None,
            clock: Arc::new(System),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { interval, batch, keys_kept, once, clock: _ } = self;
        f.debug_struct("Options")
            .field("interval", interval)
            .field("batch", batch)
            .field("keys_kept", keys_kept)
            .field("once", once)
            .finish_non_exhaustive()
    }
}

/// What a relay did in its life.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Rows that the gateway took, now or before.
    pub taken: u64,
    /// Rows that ended well: `sent`, `recalled` or `cancelled`.
    pub well: u64,
    /// Rows that ended otherwise: `rejected`, `failed`, `partial`, `expired`.
    pub badly: u64,
    /// Rows that ended with nobody knowing.
    pub unknown: u64,
    /// Rows that are not settled yet.
    pub open: u64,
}

impl Summary {
    fn count(&mut self, change: &Change) {
        if !change.settled {
            return;
        }
        match change.state.as_str() {
            "sent" | "recalled" | "cancelled" => self.well += 1,
            "unknown" | "pending" => self.unknown += 1,
            _ => self.badly += 1,
        }
    }
}

/// Watches a table and delivers what is committed in it, until `stop` becomes true (or its sender is gone) or, with
/// [`Options::once`], until everything is settled. `told` hears of every change after it is written.
///
/// # Errors
/// [`Kind::Access`] when the gateway does not let the key in, [`Kind::Open`] when the file was replaced; with [`Options::once`] also [`Kind::Gateway`] when it
/// cannot be reached and [`Kind::Busy`] or [`Kind::Database`] for the table. Without it, the relay waits and goes on.
pub async fn relay(
    table: OutboxTable,
    gateway: &Gateway,
    options: &Options,
    stop: watch::Receiver<bool>,
    told: impl Fn(&Change) + Send + Sync,
) -> Result<Summary, Fault> {
    let relay = Relay {
        table: Arc::new(Mutex::new(table)),
        gateway,
        options,
        stop,
        told: &told,
        summary: Mutex::new(Summary::default()),
        handed: Notify::new(),
        drained: AtomicBool::new(false),
        until: options.once.map(|span| Instant::now() + span),
        steps: Mutex::new((Steps::from(options.clock.moment()), Stepped::default())),
    };
    let now = relay.now();
    if let Err(fault) = relay.with(move |table| table.reanchor(now)).await {
        tracing::warn!(%fault, "rows that wait are not looked through");
    }
    let work = async { tokio::try_join!(relay.hand_over(), relay.poll()) };
    let last_words = async {
        stopped(relay.stop.clone()).await;
        tokio::time::sleep(STOP_TIMEOUT).await;
    };
    tokio::select! {
        outcome = work => outcome.map(|_| ())?,
        () = last_words => {}
    }
    let open = relay.with(|table| table.open_rows()).await?;
    let summary = *relay.summary.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(Summary { open, ..summary })
}

/// Resolves once it is true or nobody can make it so.
async fn stopped(mut stop: watch::Receiver<bool>) {
    // An error says that the sender is gone.
    let _ = stop.wait_for(|stop| *stop).await;
}

struct Relay<'a, F> {
    table: Arc<Mutex<OutboxTable>>,
    gateway: &'a Gateway,
    options: &'a Options,
    stop: watch::Receiver<bool>,
    told: &'a F,
    summary: Mutex<Summary>,
    /// There is something new to look at.
    handed: Notify,
    /// Everything that waited was handed over; only said when the relay is to end.
    drained: AtomicBool,
    until: Option<Instant>,
    steps: Mutex<(Steps, Stepped)>,
}

/// How the wall clock was set so far.
#[derive(Debug, Clone, Copy, Default)]
struct Stepped {
    /// How often the table followed it.
    times: u64,
    /// What the table has still to follow, in milliseconds.
    owed_ms: i64,
}

impl<F: Fn(&Change) + Send + Sync> Relay<'_, F> {
    /// Runs `work` on the table, away from the threads that serve sockets.
    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&OutboxTable) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let table = Arc::clone(&self.table);
        tokio::task::spawn_blocking(move || work(&table.lock().unwrap_or_else(PoisonError::into_inner)))
            .await
            .map_err(|error| Fault::new(Kind::Database, format!("the work on the table broke: {error}")))?
    }

    fn now(&self) -> i64 {
        self.options.clock.now().millis()
    }

    /// Moves what rows wait for with a wall clock that was set, so that no pause is as long as the step. How often that
    /// has happened.
    async fn follow_clock(&self) -> Result<u64, Fault> {
        let Stepped { times, owed_ms } = {
            let (steps, stepped) = &mut *self.steps.lock().unwrap_or_else(PoisonError::into_inner);
            stepped.owed_ms += steps.look(self.options.clock.moment()).unwrap_or(0);
            *stepped
        };
        if owed_ms == 0 {
            return Ok(times);
        }
        self.with(move |table| table.clock_stepped(owed_ms)).await?;
        tracing::warn!(by_ms = owed_ms, "the clock was set: rows that wait move with it");
        let (_, stepped) = &mut *self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        stepped.owed_ms -= owed_ms;
        stepped.times += 1;
        // The other loop may sleep until a time that is no more.
        self.handed.notify_one();
        Ok(stepped.times)
    }

    fn over(&self) -> bool {
        // A sender that is gone can stop nothing any more, and nobody waits.
        *self.stop.borrow()
            || self.stop.has_changed().is_err()
            || self.until.is_some_and(|until| Instant::now() >= until)
    }

    fn tell(&self, changes: &[Change]) {
        {
            let mut summary = self.summary.lock().unwrap_or_else(PoisonError::into_inner);
            changes.iter().for_each(|change| summary.count(change));
        }
        changes.iter().for_each(self.told);
    }

    /// Sleeps, less if the relay is stopped meanwhile.
    async fn rest(&self, span: Duration) {
        let span = self.until.map_or(span, |until| span.min(until.saturating_duration_since(Instant::now())));
        tokio::select! {
            () = tokio::time::sleep(span) => {}
            () = stopped(self.stop.clone()) => {}
        }
    }

    /// Trouble with the table: others hold it, or the disk is full. Only a relay that is to end gives up, and one whose
    /// file is another's now.
    async fn back_off(&self, fault: Fault, backoff: &mut Backoff) -> Result<(), Fault> {
        let wait = backoff.next();
        let gives_up = self.until.is_some() && (backoff.failures() >= MAX_FAILURES || fault.kind != Kind::Busy);
        if gives_up || fault.kind == Kind::Open {
            return Err(fault);
        }
        tracing::warn!(%fault, wait_ms = wait.as_millis(), "the table is out of reach: the relay waits");
        self.rest(wait).await;
        Ok(())
    }

    /// Trouble with the gateway, likewise.
    async fn outage(&self, fault: &hongyan_client::Fault, backoff: &mut Backoff) -> Result<(), Fault> {
        let wait = backoff.next();
        if self.until.is_some() && backoff.failures() >= MAX_FAILURES {
            return Err(Fault::new(Kind::Gateway, format!("{fault}; the rows stay as they are · 各行保持不变")));
        }
        tracing::warn!(%fault, wait_ms = wait.as_millis(), "the gateway is out of reach: the relay waits");
        self.rest(wait).await;
        Ok(())
    }

    /// Hands over what is committed, in the order of the ids.
    async fn hand_over(&self) -> Result<(), Fault> {
        let take = Take {
            rows: self.options.batch.clamp(1, 1_000),
            bytes: BATCH_BYTES,
            keys_kept_ms: i64::try_from(self.options.keys_kept.as_millis()).unwrap_or(i64::MAX),
        };
        let mut gateway_pace = Backoff::new(Duration::from_millis(200), Duration::from_secs(30));
        let mut table_pace = Backoff::new(Duration::from_millis(50), Duration::from_secs(5));
        let mut watch = Watch::default();
        while !self.over() {
            // After an outage, the gateway is asked for before rows are touched: an outage writes nothing.
            if gateway_pace.failures() > 0
                && let Err(fault) = self.gateway.answers().await
            {
                self.outage(&fault, &mut gateway_pace).await?;
                continue;
            }
            let changed = match self.follow_clock().await {
                Ok(steps) => watch.changed(self, self.now(), steps).await,
                Err(fault) => Err(fault),
            };
            let now = self.now();
            let batch = match changed {
                Ok(true) => self.with(move |table| table.take(now, take)).await,
                Ok(false) => {
                    self.rest(self.options.interval).await;
                    continue;
                }
                Err(fault) => Err(fault),
            };
            let batch = match batch {
                Ok(batch) => batch,
                Err(fault) => {
                    watch.again();
                    self.back_off(fault, &mut table_pace).await?;
                    continue;
                }
            };
            table_pace.reset();
            self.tell(&batch.ended);
            if batch.rows.is_empty() {
                if self.until.is_some() && batch.ended.is_empty() && !self.any_postponed().await? {
                    break;
                }
                continue;
            }
            watch.again();
            let handed = hand_over(self.gateway, batch.rows, now).await;
            self.write_back(handed.outcomes, &mut table_pace).await?;
            if let Some(fault) = handed.stop {
                return Err(fault);
            }
            match handed.fault {
                Some(fault) => self.outage(&fault, &mut gateway_pace).await?,
                None => gateway_pace.reset(),
            }
        }
        self.drained.store(true, Ordering::Release);
        self.handed.notify_one();
        Ok(())
    }

    /// Whether rows wait for a time of their own.
    async fn any_postponed(&self) -> Result<bool, Fault> {
        self.with(|table| table.any_waiting(i64::MAX)).await
    }

    /// Writes answers down however long that takes: they are known to nobody else.
    async fn write_back(
        &self,
        outcomes: Vec<(crate::work::Waiting, crate::work::Outcome)>,
        pace: &mut Backoff,
    ) -> Result<(), Fault> {
        let outcomes = Arc::new(outcomes);
        loop {
            let (now, written) = (self.now(), Arc::clone(&outcomes));
            match self.with(move |table| table.handed(now, &written)).await {
                Ok(changes) => {
                    pace.reset();
                    let taken = changes.iter().filter(|change| change.message_id.is_some()).count();
                    self.summary.lock().unwrap_or_else(PoisonError::into_inner).taken += taken as u64;
                    self.tell(&changes);
                    self.handed.notify_one();
                    return Ok(());
                }
                // The keys make the repeat harmless.
                Err(fault) if self.over() => return Err(fault),
                Err(fault) => self.back_off(fault, pace).await?,
            }
        }
    }

    /// Follows what is under way.
    async fn poll(&self) -> Result<(), Fault> {
        let mut gateway_pace = Backoff::new(Duration::from_millis(200), Duration::from_secs(30));
        let mut table_pace = Backoff::new(Duration::from_millis(50), Duration::from_secs(5));
        let mut accounts = Accounts::default();
        while !self.over() {
            let drained = self.drained.load(Ordering::Acquire);
            let followed = self.follow_clock().await;
            let now = self.now();
            let read = match followed {
                Ok(_) => self.with(move |table| Ok((table.due(now, POLLS)?, table.next_poll()?))).await,
                Err(fault) => Err(fault),
            };
            let (rows, next) = match read {
                Ok(read) => read,
                Err(fault) => {
                    self.back_off(fault, &mut table_pace).await?;
                    continue;
                }
            };
            if rows.is_empty() {
                if drained && !self.worth_waiting(next, now) {
                    return Ok(());
                }
                self.sleep_until(next, now).await;
                continue;
            }
            let polled = poll(self.gateway, &mut accounts, rows, now).await;
            let found = polled.found;
            match self.with(move |table| table.found(now, &found)).await {
                Ok(changes) => {
                    table_pace.reset();
                    self.tell(&changes);
                }
                // The same looks are made again.
                Err(fault) => self.back_off(fault, &mut table_pace).await?,
            }
            if let Some(fault) = polled.stop {
                return Err(fault);
            }
            match polled.fault {
                Some(fault) => self.outage(&fault, &mut gateway_pace).await?,
                None => gateway_pace.reset(),
            }
        }
        Ok(())
    }

    /// Whether a relay that is to end waits for the next look.
    fn worth_waiting(&self, next: Option<i64>, now: i64) -> bool {
        let (Some(next), Some(until)) = (next, self.until) else { return false };
        let wait = Duration::from_millis(u64::try_from(next.saturating_sub(now)).unwrap_or(0));
        Instant::now() + wait < until
    }

    /// Until the next look is due or there is something new to look at.
    async fn sleep_until(&self, next: Option<i64>, now: i64) {
        let wait = next.map_or(LONGEST_PAUSE_MS, |next| next.saturating_sub(now).clamp(1, LONGEST_PAUSE_MS));
        let wait = Duration::from_millis(u64::try_from(wait).unwrap_or(1));
        tokio::select! {
            () = self.rest(wait) => {}
            () = self.handed.notified() => {
                // Not at once after each batch: what was just taken is not due yet.
                let soon = Duration::from_millis(u64::try_from(crate::work::FIRST_POLL_MS).unwrap_or(0));
                self.rest(soon.min(wait)).await;
            }
        }
    }
}

/// Whether the table is worth a read.
#[derive(Debug, Default)]
struct Watch {
    /// The database's version that was read last.
    version: Option<i64>,
    /// When a row that was postponed is due.
    due: Option<i64>,
    /// How often the wall clock was set before.
    steps: u64,
}

impl Watch {
    /// There may be more: read again, whatever the version says.
    fn again(&mut self) {
        self.version = None;
    }

    async fn changed<F: Fn(&Change) + Send + Sync>(
        &mut self,
        relay: &Relay<'_, F>,
        now: i64,
        steps: u64,
    ) -> Result<bool, Fault> {
        if std::mem::replace(&mut self.steps, steps) != steps {
            *self = Self { steps, ..Self::default() };
        }
        let known = (self.version, self.due);
        let read = relay
            .with(move |table| {
                table.check_file()?;
                // The version before the rows: a commit in between is read twice rather than never.
                let version = table.version()?;
                let postponed = known.1.is_some_and(|due| due <= now);
                if known.0 == Some(version) && !postponed {
                    return Ok(None);
                }
                let any = table.any_waiting(now)?;
                Ok(Some((version, any, if any { None } else { table.next_postponed()? })))
            })
            .await?;
        let Some((version, any, due)) = read else { return Ok(false) };
        (self.version, self.due) = (Some(version), due);
        Ok(any || relay.until.is_some())
    }
}
