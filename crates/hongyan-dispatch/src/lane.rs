//! What the tasks of one account's lane share.

use super::{
    holding::Holding,
    lock::lock,
    observer::Observer,
    pace::{RecipientPace, Turns},
    uploads::Uploads,
};
use hongyan_channel::Account;
use hongyan_core::{Clock, FileStore, Moment, Queue, Repeats, Room, Standing, Steps, Tick, Time};
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::sync::Notify;

/// The longest sleep of an idle lane.
pub(super) const IDLE: Duration = Duration::from_secs(60);

/// What the tasks of one account share.
pub(super) struct Lane {
    pub(super) account: Account,
    pub(super) queue: Arc<dyn Queue>,
    pub(super) files: Arc<dyn FileStore>,
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
    pub(super) standing: Mutex<Standing>,
    pub(super) turns: Turns,
    /// Leases so far: their order is that of the turns.
    leased: AtomicU64,
    pub(super) steps: Mutex<Steps>,
    /// Nothing more is to be sent by this process.
    pub(super) stopping: AtomicBool,
    pub(super) holding: Holding,
}

impl Lane {
    pub(super) fn new(
        account: Account,
        queue: Arc<dyn Queue>,
        files: Arc<dyn FileStore>,
        clock: Arc<dyn Clock>,
        observer: Arc<dyn Observer>,
        lease: Duration,
    ) -> Self {
        Self {
            repeats: Mutex::new(Repeats::new(account.policy.dedup)),
            recipients: Mutex::new(RecipientPace::new(account.recipient_rates.clone())),
            standing: Mutex::new(Standing::new(account.policy.backoff)),
            turns: Turns::new(&account.rates),
            leased: AtomicU64::new(0),
            steps: Mutex::new(Steps::from(clock.moment())),
            stopping: AtomicBool::new(false),
            account,
            queue,
            files,
            clock,
            observer,
            uploads: Uploads::default(),
            holding: Holding::new(lease),
            due: Notify::new(),
            receipts: Notify::new(),
        }
    }

    /// The next lease's number.
    pub(super) fn number(&self) -> u64 {
        self.leased.fetch_add(1, Ordering::Relaxed)
    }

    /// How many may be leased now, with `running` under way.
    pub(super) fn capacity(&self, running: usize, now: Tick) -> usize {
        match lock(&self.standing).room(now) {
            Room::All => self.turns.capacity(now, self.account.concurrency.saturating_sub(running)),
            Room::One if running == 0 => self.turns.capacity(now, 1),
            Room::One | Room::None(_) => 0,
        }
    }

    pub(super) fn wants_probe(&self, now: Tick) -> bool {
        self.account.channel.probe_only_reads() && lock(&self.standing).wants_probe(now)
    }

    /// How long the lane may sleep: until its rest or its next turn is over, else until something is due.
    pub(super) fn sleep(&self, maybe_due: bool, due: Option<Time>, now: Moment) -> Duration {
        let sleep = match lock(&self.standing).room(now.tick) {
            Room::None(until) => Some(until.since(now.tick)),
            Room::All | Room::One if maybe_due => self.turns.next(now.tick).map(|at| at.since(now.tick)),
            Room::All | Room::One => due.map(|due| due.since(now.wall)),
        };
        sleep.unwrap_or(IDLE).min(IDLE)
    }
}

/// What the lane has to know of an attempt.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct LaneUpdate {
    /// It is to be tried again then.
    pub(super) due: Option<Time>,
}

/// What a lease is for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Errand {
    /// Which lease of the lane it is.
    pub(super) number: u64,
    /// It is the one call by which a resting account is tried.
    pub(super) trial: bool,
}

impl Errand {
    /// Whether the account's standing lets it go on.
    pub(super) fn may_send(self, lane: &Lane) -> bool {
        if lane.stopping.load(Ordering::SeqCst) {
            return false;
        }
        match lock(&lane.standing).room(lane.clock.tick()) {
            Room::All => true,
            Room::One => self.trial,
            Room::None(_) => false,
        }
    }
}
