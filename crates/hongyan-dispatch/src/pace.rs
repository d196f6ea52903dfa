//! How many calls may be made now: the account's limits, and each recipient's.
//!
//! A limit counts from when a call begins, is passed one span after its request was written, and is asked for right
//! before the call: what a delivery waits for before that (a look-up, a file, a token) does not count.

use super::lock::lock;
use hongyan_core::{Bucket, Clock, Meter, Rate, Target, Tick, Turn};
use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    sync::Mutex,
    time::Duration,
};
use tokio::sync::Notify;

/// Deliveries are leased this long before their turn, at most.
const AHEAD: Duration = Duration::from_secs(1);
/// Round trips whose spread widens the windows.
const TRIPS: usize = 32;
/// Those that were leased together come to their turn about together, in any order; the first of them waits for the
/// others for this long.
const GATHER: Duration = Duration::from_millis(2);

/// The account's own limits, all of which hold at once, and who waits for them, in the order of their leases.
pub(super) struct Turns {
    // A std mutex: never held across await.
    inner: Mutex<Inner>,
    changed: Notify,
}

struct Inner {
    meters: Vec<Meter>,
    waiting: BTreeSet<u64>,
    trips: VecDeque<Duration>,
}

impl Inner {
    fn next(&mut self, now: Tick) -> Turn {
        self.meters.iter_mut().map(|meter| meter.next(now)).max().unwrap_or(Turn::Now)
    }
}

impl Turns {
    pub(super) fn new(rates: &[Rate]) -> Self {
        let meters = rates.iter().map(|rate| Meter::new(*rate)).collect();
        Self {
            inner: Mutex::new(Inner { meters, waiting: BTreeSet::new(), trips: VecDeque::new() }),
            changed: Notify::new(),
        }
    }

    /// The longest window that outlasts a restart.
    pub(super) fn longest(&self) -> Option<Duration> {
        lock(&self.inner).meters.iter().filter(|meter| meter.is_long()).map(|meter| meter.rate().per).max()
    }

    /// Calls of an earlier process, oldest first: they count as if they had been made here.
    pub(super) fn remember(&self, calls: &[Tick]) {
        lock(&self.inner).meters.iter_mut().for_each(|meter| meter.remember(calls.iter().copied()));
    }

    /// How many more may be leased: those whose turn comes soon.
    pub(super) fn capacity(&self, now: Tick, most: usize) -> usize {
        let mut inner = lock(&self.inner);
        let room = inner.meters.iter_mut().map(|meter| meter.within(AHEAD, now, most)).min().unwrap_or(most);
        room.saturating_sub(inner.waiting.len())
    }

    /// When the next turn comes, if that is known and not now.
    pub(super) fn next(&self, now: Tick) -> Option<Tick> {
        match lock(&self.inner).next(now) {
            Turn::At(at) => Some(at),
            Turn::Now | Turn::AfterAnother => None,
        }
    }

    /// Waits for the turn of the `number`th lease. `None` as soon as `may` says that there is none to wait for.
    pub(super) async fn turn<'a>(
        &'a self,
        clock: &'a dyn Clock,
        number: u64,
        may: impl Fn() -> bool,
    ) -> Option<Pass<'a>> {
        if lock(&self.inner).meters.is_empty() {
            return may().then_some(Pass { turns: self, clock, counted: false });
        }
        lock(&self.inner).waiting.insert(number);
        let place = Place { turns: self, number };
        tokio::time::sleep(GATHER).await;
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // From here on no change is missed.
            changed.as_mut().enable();
            if !may() {
                return None;
            }
            let wait = {
                let mut inner = lock(&self.inner);
                let now = clock.tick();
                let first = inner.waiting.first() == Some(&number);
                match first.then(|| inner.next(now)) {
                    Some(Turn::Now) => {
                        inner.meters.iter_mut().for_each(|meter| meter.begin(now));
                        drop(inner);
                        drop(place);
                        return Some(Pass { turns: self, clock, counted: true });
                    }
                    Some(Turn::At(at)) => Some(at.since(now)),
                    Some(Turn::AfterAnother) | None => None,
                }
            };
            match wait {
                Some(wait) => drop(tokio::time::timeout(wait, changed).await),
                None => changed.await,
            }
        }
    }

    /// Whoever waits asks again whether there is something to wait for.
    pub(super) fn wake(&self) {
        self.changed.notify_waiters();
    }

    fn end(&self, act: impl Fn(&mut Meter)) {
        lock(&self.inner).meters.iter_mut().for_each(act);
        self.wake();
    }

    /// An answer came so long after its request was written.
    fn answered(&self, trip: Duration) {
        let mut inner = lock(&self.inner);
        if inner.trips.len() == TRIPS {
            inner.trips.pop_front();
        }
        inner.trips.push_back(trip);
        let (least, most) = (inner.trips.iter().min().copied(), inner.trips.iter().max().copied());
        let spread = most.unwrap_or_default() - least.unwrap_or_default();
        inner.meters.iter_mut().for_each(|meter| meter.widen(spread));
    }
}

/// A place among those who wait; left when dropped.
struct Place<'a> {
    turns: &'a Turns,
    number: u64,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        lock(&self.turns.inner).waiting.remove(&self.number);
        self.turns.wake();
    }
}

/// The right to make one call, which counts. One that is dropped was sent, as far as anybody knows.
pub(super) struct Pass<'a> {
    turns: &'a Turns,
    clock: &'a dyn Clock,
    counted: bool,
}

impl Pass<'_> {
    /// No call was made.
    pub(super) fn give_back(mut self) {
        if std::mem::take(&mut self.counted) {
            self.turns.end(Meter::given_back);
        }
    }

    /// The call has ended. `written`: when its request was written, where that is known; its end stands for it
    /// otherwise, which is on the safe side. `answered`: whether there was an answer.
    pub(super) fn ended(mut self, written: Option<Tick>, answered: bool) {
        if std::mem::take(&mut self.counted) {
            let now = self.clock.tick();
            if let Some(written) = written.filter(|_| answered) {
                self.turns.answered(now.since(written));
            }
            let at = written.unwrap_or(now);
            self.turns.end(|meter| meter.written(at));
        }
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if self.counted {
            let now = self.clock.tick();
            self.turns.end(|meter| meter.written(now));
        }
    }
}

/// Recipients with something in their windows; idle ones are forgotten.
pub(super) struct RecipientPace {
    rates: Vec<Rate>,
    people: HashMap<String, Vec<Bucket>>,
    sweep_at: usize,
}

/// Windows of recipients are widened by this: a call is counted when it begins.
const WIDENED: Duration = Duration::from_millis(500);

impl RecipientPace {
    pub(super) fn new(rates: Vec<Rate>) -> Self {
        let widened = |rate: Rate| Rate { per: rate.per + WIDENED, ..rate };
        Self { rates: rates.into_iter().map(widened).collect(), people: HashMap::new(), sweep_at: 1_024 }
    }

    /// The longest window.
    pub(super) fn longest(&self) -> Option<Duration> {
        self.rates.iter().map(|rate| rate.per).max()
    }

    /// What was sent by an earlier process, in place of all that is known.
    pub(super) fn remember(&mut self, mut sent: Vec<(Tick, Vec<Target>)>) {
        self.people.clear();
        sent.sort_by_key(|(at, _)| *at);
        sent.iter().for_each(|(at, targets)| self.note(targets, *at));
    }

    /// When one of the recipients is at a limit: until when.
    pub(super) fn full(&mut self, targets: &[Target], now: Tick) -> Option<Tick> {
        let of = |target: &Target| {
            self.people.get_mut(&*target.wire_id())?.iter_mut().filter_map(|bucket| bucket.next(now)).max()
        };
        targets.iter().filter_map(of).max()
    }

    /// Takes one message for each recipient, or, when one of them is at a limit, none: then says until when.
    pub(super) fn take(&mut self, targets: &[Target], now: Tick) -> Result<(), Tick> {
        if self.rates.is_empty() {
            return Ok(());
        }
        if self.people.len() >= self.sweep_at {
            self.people.retain(|_, buckets| !buckets.iter_mut().all(|bucket| bucket.is_idle(now)));
            self.sweep_at = (self.people.len() * 2).max(1_024);
        }
        if let Some(until) = self.full(targets, now) {
            return Err(until);
        }
        self.note(targets, now);
        Ok(())
    }

    fn note(&mut self, targets: &[Target], at: Tick) {
        for target in targets {
            let buckets = self
                .people
                .entry(target.wire_id().into_owned())
                .or_insert_with(|| self.rates.iter().map(|rate| Bucket::new(*rate)).collect());
            buckets.iter_mut().for_each(|bucket| bucket.take(1, at));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hongyan_core::{Address, AddressKind, Time};
    use std::sync::Arc;

    const NOW: Tick = Tick::from_millis(1_790_000_000);

    /// The runtime's paused time.
    struct Paused(tokio::time::Instant);

    impl Clock for Paused {
        fn now(&self) -> Time {
            Time::from_millis(1_790_000_000_000) + self.0.elapsed()
        }
    }

    #[test]
    fn a_recipient_at_a_limit_puts_the_call_off_until_the_window_has_passed() {
        let target = |id: &str| Target { index: 0, address: Address::new(AddressKind::Userid, id), resolved: None };
        let minute = Duration::from_secs(60);
        let mut pace = RecipientPace::new(vec![Rate { max: 2, per: minute }]);
        let wide = minute + WIDENED;
        assert_eq!(pace.take(&[target("li")], NOW), Ok(()));
        assert_eq!(pace.take(&[target("li"), target("wang")], NOW), Ok(()));
        assert_eq!(pace.full(&[target("wang"), target("li")], NOW), Some(NOW + wide));
        assert_eq!(pace.take(&[target("wang"), target("li")], NOW), Err(NOW + wide));
        assert_eq!(pace.take(&[target("wang")], NOW), Ok(()), "nothing was taken from her when the call was put off");
        assert_eq!(pace.take(&[target("li")], NOW + wide), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn turns_come_in_the_order_of_the_leases_whoever_asks_first() {
        let clock: Arc<dyn Clock> = Arc::new(Paused(tokio::time::Instant::now()));
        let turns = Arc::new(Turns::new(&[Rate { max: 10, per: Duration::from_secs(1) }]));
        let calls: Arc<Mutex<Vec<(u64, Tick)>>> = Arc::default();
        let mut tasks = tokio::task::JoinSet::new();
        for number in [3, 1, 4, 0, 2, 9, 8, 7, 6, 5, 12, 11, 10] {
            let (clock, turns, calls) = (Arc::clone(&clock), Arc::clone(&turns), Arc::clone(&calls));
            tasks.spawn(async move {
                let pass = turns.turn(&*clock, number, || true).await.unwrap();
                lock(&calls).push((number, clock.tick()));
                tokio::time::sleep(Duration::from_millis(30)).await;
                pass.ended(None, true);
            });
        }
        while tasks.join_next().await.is_some() {}
        let calls = lock(&calls).clone();
        assert_eq!(calls.iter().map(|(number, _)| *number).collect::<Vec<_>>(), (0..13).collect::<Vec<_>>());
        for (at, (_, first)) in calls.iter().enumerate() {
            let within = calls[at..].iter().take_while(|(_, at)| at.since(*first) < Duration::from_secs(1)).count();
            assert!(within <= 10, "{calls:?}");
        }
        let gaps: Vec<_> = calls.windows(2).map(|pair| pair[1].1.since(pair[0].1)).collect();
        assert!(gaps.iter().all(|gap| *gap >= Duration::from_millis(80)), "spaced: {gaps:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_is_let_go_when_there_is_nothing_to_wait_for_and_leaves_no_trace() {
        let clock = Paused(tokio::time::Instant::now());
        let turns = Turns::new(&[Rate { max: 1, per: Duration::from_secs(60) }]);
        turns.turn(&clock, 0, || true).await.unwrap().ended(None, true);
        assert_eq!(turns.capacity(clock.tick(), 8), 0);
        let resting = std::sync::atomic::AtomicBool::new(false);
        let may = || !resting.load(std::sync::atomic::Ordering::SeqCst);
        let (waited, ()) = tokio::join!(turns.turn(&clock, 1, may), async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            resting.store(true, std::sync::atomic::Ordering::SeqCst);
            turns.wake();
        });
        assert!(waited.is_none());
        assert!(lock(&turns.inner).waiting.is_empty());
        tokio::time::sleep(Duration::from_secs(61)).await;
        turns.turn(&clock, 2, || true).await.unwrap().give_back();
        assert_eq!(turns.capacity(clock.tick(), 8), 1, "what was not sent does not count");
    }

    #[test]
    fn an_account_without_limits_waits_for_no_turn() {
        let turns = Turns::new(&[]);
        assert_eq!((turns.capacity(NOW, 9), turns.next(NOW)), (9, None));
    }
}
