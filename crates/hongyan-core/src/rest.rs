//! Whether an account's lane works, rests or is tried: what a long outage of a platform comes to.
//!
//! ```text
//! works ──(the network or the account fails)──► rests ──(its pause is over)──► is tried ──(one call is answered)──► works
//!                                             ▲                               │
//!                                             └────────(fails again: a longer pause)
//! ```
//!
//! Pure: it is told what became of calls, and when. Who makes the calls, and writes down what becomes of each
//! delivery, is the dispatcher's affair; that one is [`settle`](fn@crate::settle)'s.

use crate::{
    Backoff, LastError, Moment, Outage, Reason, Rest, Room, Tick, Time,
    outage::{Bearing, bearing},
};
use hongyan_endpoint::{About, Class, Fault};
use std::{collections::VecDeque, time::Duration};

/// After a credential was refused: at least this long, doubled at each further refusal. Platforms ban an address that
/// goes on with a wrong one.
const REFUSED_FIRST: Duration = Duration::from_secs(30);
/// The longest pause after a refused credential.
const REFUSED_LONGEST: Duration = Duration::from_secs(3_600);
/// The longest pause that a platform can ask for.
pub const LONGEST_PAUSE: Duration = Duration::from_secs(3_600);
/// Calls in a row that failed for whatever reason but the message's own, after which it is taken for the account's.
const IN_A_ROW: u32 = 3;
/// Outages that are remembered; older ones are forgotten.
const OUTAGES: usize = 64;

#[derive(Debug, Clone, PartialEq, Eq)]
struct Pause {
    cause: Reason,
    class: &'static str,
    /// Since when it cannot send; moved when the wall clock is set.
    since: Time,
    /// When the present pause was set.
    set: Tick,
    until: Tick,
    pauses: u32,
    /// The login, or whatever else only reads, works again: a message may be risked.
    probed: bool,
    /// A quota on messages is spent: everything else may go on.
    quota: bool,
}

impl Pause {
    fn rest(&self, now: Moment) -> Rest {
        let until = now.wall_at(self.until);
        Rest { cause: self.cause.clone(), class: self.class, since: self.since, until }
    }
}

/// How an account's lane stands.
#[derive(Debug, Clone)]
pub struct Standing {
    backoff: Backoff,
    pause: Option<Pause>,
    in_a_row: u32,
    last_error: Option<LastError>,
    /// Those that are over, oldest first.
    outages: VecDeque<Outage>,
}

/// What a call's end changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It began to rest.
    Rests,
    /// It rests on, for longer.
    RestsOn,
    /// It works again, after so long.
    Works(Duration),
}

impl Standing {
    /// A lane that works; pauses grow as the account's retries do.
    #[must_use]
    pub fn new(backoff: Backoff) -> Self {
        Self { backoff, pause: None, in_a_row: 0, last_error: None, outages: VecDeque::new() }
    }

    /// How much may be sent now.
    #[must_use]
    pub fn room(&self, now: Tick) -> Room {
        match &self.pause {
            None => Room::All,
            Some(pause) if now < pause.until => Room::None(pause.until),
            Some(_) => Room::One,
        }
    }

    /// Whether a look at what only reads should come before the next message.
    #[must_use]
    pub fn wants_probe(&self, now: Tick) -> bool {
        self.pause.as_ref().is_some_and(|pause| now >= pause.until && !pause.probed)
    }

    /// Why it rests: until something shows that it may work again.
    #[must_use]
    pub fn rest(&self, now: Moment) -> Option<Rest> {
        let pause = self.pause.as_ref().filter(|pause| now.tick < pause.until || !pause.probed);
        pause.map(|pause| pause.rest(now))
    }

    /// Why nothing that is no message may be asked either (a chat, a look-up, a recall): it cannot log in or be reached.
    /// Where it `is_probed` by a call that only reads, such a call comes before them.
    #[must_use]
    pub fn rest_of_reads(&self, now: Moment, is_probed: bool) -> Option<Rest> {
        let bars = |pause: &&Pause| !pause.quota && (now.tick < pause.until || (is_probed && !pause.probed));
        self.pause.as_ref().filter(bars).map(|pause| pause.rest(now))
    }

    /// The last thing that went wrong.
    #[must_use]
    pub fn last_error(&self) -> Option<&LastError> {
        self.last_error.as_ref()
    }

    /// A call that began at `began` was answered by somebody who could judge it.
    pub fn answered(&mut self, began: Tick, now: Moment) -> Option<Change> {
        self.in_a_row = 0;
        // What left before the pause was set says nothing of what came after.
        let pause = self.pause.take_if(|pause| began >= pause.set)?;
        self.remember([Outage { since: pause.since, until: now.wall }]);
        Some(Change::Works(now.wall.since(pause.since)))
    }

    /// What only reads was answered: a message may be risked.
    pub fn probed(&mut self) {
        if let Some(pause) = &mut self.pause {
            pause.probed = true;
        }
    }

    /// Notes what somebody met who only looked: it is told, and changes no pause.
    pub fn note_error(&mut self, fault: &Fault, at: Time) {
        self.last_error = Some(LastError { reason: Reason::of(fault), class: fault.class().name(), at });
    }

    /// A call that began at `began` failed. `seed` picks the pause's jitter.
    pub fn failed(&mut self, fault: &Fault, began: Tick, now: Moment, seed: u64) -> Option<Change> {
        self.note_error(fault, now.wall);
        match bearing(fault) {
            Bearing::Answered => self.answered(began, now),
            Bearing::Doubtful => {
                self.in_a_row += 1;
                let resting = self.pause.is_some();
                (resting || self.in_a_row >= IN_A_ROW).then(|| self.pause(fault, began, now, seed)).flatten()
            }
            Bearing::All => self.pause(fault, began, now, seed),
        }
    }

    fn pause(&mut self, fault: &Fault, began: Tick, now: Moment, seed: u64) -> Option<Change> {
        let asked = match fault.class() {
            Class::Retryable { after } | Class::Throttled { after } => after.unwrap_or_default().min(LONGEST_PAUSE),
            Class::RefreshToken | Class::Permanent | Class::Ambiguous => Duration::ZERO,
        };
        let pauses = self.pause.as_ref().map_or(0, |pause| pause.pauses);
        if let Some(pause) = &mut self.pause
            && began < pause.set
        {
            // It left together with the one that set the pause: no news, but for a longer time that is asked for.
            pause.until = pause.until.max(now.tick + asked);
            return None;
        }
        let grown = if fault.class() == Class::Permanent {
            REFUSED_FIRST.saturating_mul(1 << pauses.min(12)).min(REFUSED_LONGEST)
        } else {
            self.backoff.delay(pauses, seed)
        };
        let change = if self.pause.is_some() { Change::RestsOn } else { Change::Rests };
        self.pause = Some(Pause {
            cause: Reason::of(fault),
            class: fault.class().name(),
            since: self.pause.as_ref().map_or(now.wall, |pause| pause.since),
            set: now.tick,
            until: now.tick + grown.max(asked),
            pauses: pauses.saturating_add(1),
            // A quota is not seen to be free by looking at something else.
            probed: matches!(fault.class(), Class::Throttled { .. }),
            quota: matches!(fault.class(), Class::Throttled { .. }) && fault.about() == About::Message,
        });
        Some(change)
    }

    /// Somebody has corrected what stood in the way, or wants it tried: at once.
    pub fn try_now(&mut self, now: Tick) {
        if let Some(pause) = &mut self.pause {
            pause.until = pause.until.min(now);
            pause.set = pause.set.min(now);
        }
    }

    /// The wall clock was set.
    pub fn clock_stepped(&mut self, by: i64) {
        let moved = |at: &mut Time| *at = Time::from_millis(at.millis().saturating_add(by));
        for outage in &mut self.outages {
            moved(&mut outage.since);
            moved(&mut outage.until);
        }
        if let Some(pause) = &mut self.pause {
            moved(&mut pause.since);
        }
    }

    /// Adds outages that are over: those of an earlier process, or one that has just ended.
    pub fn remember(&mut self, outages: impl IntoIterator<Item = Outage>) {
        self.outages.extend(outages);
        self.outages.drain(..self.outages.len().saturating_sub(OUTAGES));
    }

    /// When it could not send, oldest first; the present outage, if there is one, lasts until `now`.
    pub fn outages(&self, now: Time) -> impl DoubleEndedIterator<Item = Outage> {
        let present = self.pause.iter().map(move |pause| Outage { since: pause.since, until: now });
        self.outages.iter().copied().chain(present)
    }

    /// For how long something that has been due since `due` waited only because the account could not send.
    #[must_use]
    pub fn kept_from(&self, due: Time, now: Time) -> Duration {
        self.outages(now).map(|outage| outage.until.min(now).since(outage.since.max(due))).sum()
    }

    /// What has been due since then, or longer, was kept from leaving for `limit` or more; `None` when nothing can
    /// have been. For finding it in an index on due times.
    #[must_use]
    pub fn kept_since(&self, limit: Duration, now: Time) -> Option<Time> {
        let mut left = limit;
        for outage in self.outages(now).rev() {
            let span = outage.until.since(outage.since);
            if span >= left {
                return Some(outage.until - left);
            }
            left -= span;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::is_untouched;
    use proptest::prelude::*;

    const SECOND: Duration = Duration::from_secs(1);
    const HOUR: Duration = Duration::from_secs(3_600);

    fn at(seconds: i64) -> Moment {
        Moment {
            wall: Time::from_millis(1_790_000_000_000 + seconds * 1_000),
            tick: Tick::from_millis(seconds * 1_000),
        }
    }

    fn standing() -> Standing {
        Standing::new(Backoff { first: SECOND, cap: Duration::from_secs(600) })
    }

    fn fault(class: Class, about: About) -> Fault {
        Fault::refused("1", "words", None).with_class(class).with_about(about)
    }

    fn gone() -> Fault {
        Fault::transport("net.connect", "refused")
    }

    fn until(standing: &Standing, now: Moment) -> Option<Duration> {
        match standing.room(now.tick) {
            Room::None(until) => Some(until.since(now.tick)),
            Room::All | Room::One => None,
        }
    }

    #[test]
    fn each_fault_rests_the_lane_or_leaves_it() {
        let cases = [
            (gone(), true, true),
            (Fault::transport("net.tls", ""), true, true),
            (Fault::transport("net.status", "502"), true, false),
            (Fault::transport("net.status", "502").with_class(Class::Ambiguous), true, false),
            (Fault::transport("net.throttled", "429"), true, true),
            (Fault::transport("net.unavailable", "503"), true, true),
            (Fault::transport("net.timeout", "").with_class(Class::Ambiguous), false, false),
            (Fault::transport("net.lost", ""), false, false),
            (fault(Class::throttled(60), About::Message), true, false),
            (fault(Class::throttled(60), About::Audience), false, false),
            (fault(Class::RefreshToken, About::Account), true, false),
            (fault(Class::Permanent, About::Account), true, true),
            (fault(Class::RETRY, About::Account), true, true),
            (fault(Class::Permanent, About::Message), false, false),
            (fault(Class::RETRY, About::Message), false, false),
        ];
        for (fault, rests, untouched) in cases {
            let mut standing = standing();
            standing.failed(&fault, at(0).tick, at(0), 1);
            assert_eq!(standing.rest(at(0)).is_some(), rests, "{fault:?}");
            assert_eq!(is_untouched(&fault), untouched, "{fault:?}");
            assert!(standing.last_error().is_some());
        }
    }

    #[test]
    fn pauses_grow_while_one_call_after_the_other_fails_and_end_with_an_answer() {
        let mut standing = standing();
        let mut now = at(0);
        let mut pauses = Vec::new();
        for attempt in 0..14 {
            let change = standing.failed(&gone(), now.tick, now, 7);
            assert_eq!(change, Some(if attempt == 0 { Change::Rests } else { Change::RestsOn }));
            let pause = until(&standing, now).unwrap();
            pauses.push(pause);
            let millis = i64::try_from(pause.as_millis()).unwrap();
            now = Moment { wall: now.wall + pause, tick: now.tick + pause };
            assert!(millis > 0 && standing.room(now.tick) == Room::One && standing.wants_probe(now.tick));
        }
        assert!(pauses.windows(2).all(|pair| pair[1] >= pair[0] / 2), "{pauses:?}");
        assert!(pauses[0] <= SECOND && pauses[13] >= Duration::from_secs(300), "{pauses:?}");
        assert_eq!(standing.rest(now).unwrap().since, at(0).wall);
        standing.probed();
        assert!(!standing.wants_probe(now.tick) && standing.room(now.tick) == Room::One, "a message must show it");
        assert!(matches!(standing.answered(now.tick, now), Some(Change::Works(_))));
        assert_eq!((standing.room(now.tick), standing.rest(now)), (Room::All, None));
        assert_eq!(standing.last_error().unwrap().reason.code, "net.connect", "it is still told");
    }

    #[test]
    fn calls_that_left_together_count_once() {
        let mut standing = standing();
        standing.failed(&gone(), at(0).tick, at(5), 1);
        let first = until(&standing, at(5)).unwrap();
        for _ in 0..20 {
            assert_eq!(standing.failed(&gone(), at(1).tick, at(5), 1), None);
        }
        assert_eq!(until(&standing, at(5)), Some(first));
        assert_eq!(standing.answered(at(2).tick, at(5)), None, "an older answer is no news either");
        standing.failed(&Fault::transport("net.throttled", "").not_before(HOUR / 2), at(3).tick, at(5), 1);
        assert_eq!(until(&standing, at(5)), Some(HOUR / 2), "but for a longer time that is asked for");
    }

    #[test]
    fn a_spent_quota_is_tried_by_a_message_and_shown_while_it_lasts() {
        let mut standing = standing();
        standing.failed(&fault(Class::throttled(60), About::Message), at(0).tick, at(0), 1);
        assert!(standing.rest(at(59)).is_some());
        assert_eq!((standing.rest(at(60)), standing.room(at(60).tick)), (None, Room::One));
        assert!(!standing.wants_probe(at(60).tick), "a login says nothing of it");
    }

    #[test]
    fn what_is_no_message_rests_with_the_account_and_not_with_its_quota() {
        for (fault, bars) in [
            (gone(), true),
            (fault(Class::Permanent, About::Account), true),
            (Fault::transport("net.throttled", "429"), true),
            (fault(Class::throttled(60), About::Message), false),
        ] {
            let mut standing = standing();
            standing.failed(&fault, at(0).tick, at(0), 1);
            let pause = until(&standing, at(0)).unwrap();
            let rest = standing.rest_of_reads(at(0), true);
            assert_eq!(rest.is_some(), bars, "{fault:?}");
            assert!(rest.is_none_or(|rest| Some(rest) == standing.rest(at(0))));
            let over = Moment { wall: at(0).wall + pause, tick: at(0).tick + pause };
            assert_eq!(standing.rest_of_reads(over, true).is_some(), standing.wants_probe(over.tick), "{fault:?}");
            assert_eq!(standing.rest_of_reads(over, false), None, "nothing else shows whether it works");
            standing.probed();
            assert_eq!(standing.rest_of_reads(over, true), None);
        }
    }

    #[test]
    fn what_a_platform_asks_for_is_heeded_up_to_an_hour() {
        for (asked, given) in [(90, 90), (86_400, 3_600)] {
            let mut standing = standing();
            standing.failed(&fault(Class::throttled(asked), About::Message), at(0).tick, at(0), 1);
            assert_eq!(until(&standing, at(0)), Some(Duration::from_secs(given)));
        }
    }

    #[test]
    fn a_refused_credential_is_tried_ever_more_rarely_and_at_once_when_somebody_wants_it() {
        let refused = fault(Class::Permanent, About::Account);
        let mut standing = standing();
        let mut now = at(0);
        for expected in [30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600] {
            standing.failed(&refused, now.tick, now, 1);
            let pause = until(&standing, now).unwrap();
            assert_eq!(pause.as_secs(), expected);
            now = Moment { wall: now.wall + pause, tick: now.tick + pause };
        }
        standing.failed(&refused, now.tick, now, 1);
        standing.try_now(now.tick);
        assert_eq!(standing.room(now.tick), Room::One);
    }

    #[test]
    fn lost_replies_rest_the_lane_once_several_follow_each_other() {
        let lost = Fault::transport("net.timeout", "").with_class(Class::Ambiguous);
        let mut standing = standing();
        for _ in 0..2 {
            assert_eq!(standing.failed(&lost, at(0).tick, at(10), 1), None);
        }
        standing.answered(at(0).tick, at(10));
        for _ in 0..2 {
            assert_eq!(standing.failed(&lost, at(10).tick, at(20), 1), None);
        }
        assert_eq!(standing.failed(&lost, at(10).tick, at(20), 1), Some(Change::Rests));
    }

    #[test]
    fn only_the_time_counts_in_which_it_was_due_and_the_account_could_not_send() {
        let mut standing = standing();
        standing.failed(&gone(), at(100).tick, at(100), 1);
        standing.answered(at(200).tick, at(200));
        standing.failed(&gone(), at(1_000).tick, at(1_000), 1);
        let kept = |due, now| standing.kept_from(at(due).wall, at(now).wall).as_secs();
        assert_eq!([kept(0, 1_500), kept(150, 1_500), kept(500, 1_500), kept(1_400, 1_500)], [600, 550, 500, 100]);
        let since = |limit, now| standing.kept_since(Duration::from_secs(limit), at(now).wall);
        assert_eq!(since(500, 1_500), Some(at(1_000).wall));
        assert_eq!(since(550, 1_500), Some(at(150).wall));
        assert_eq!(since(601, 1_500), None);
    }

    #[test]
    fn a_set_wall_clock_moves_what_is_shown_and_no_pause() {
        let mut standing = standing();
        standing.failed(&gone(), at(0).tick, at(0), 1);
        let pause = until(&standing, at(0));
        standing.clock_stepped(-86_400_000);
        let now = Moment { wall: at(0).wall - HOUR * 24, tick: at(0).tick };
        assert_eq!(until(&standing, now), pause);
        assert_eq!(standing.rest(now).unwrap().since, now.wall);
        assert_eq!(standing.kept_from(now.wall, now.wall + SECOND), SECOND);
    }

    proptest! {
        #[test]
        fn what_is_found_by_its_due_time_is_what_was_kept_for_so_long(
            spans in prop::collection::vec((1_i64..500, 1_i64..500), 0..8), open: bool, limit in 1_u64..2_000, due in 0_i64..5_000,
        ) {
            let mut standing = standing();
            let mut now = 0;
            for (works, rests) in &spans {
                standing.failed(&gone(), at(now + works).tick, at(now + works), 1);
                now += works + rests;
                standing.answered(at(now).tick, at(now));
            }
            if open {
                standing.failed(&gone(), at(now + 1).tick, at(now + 1), 1);
            }
            let end = at(now + 300).wall;
            let limit = Duration::from_secs(limit);
            let found = standing.kept_since(limit, end).is_some_and(|since| at(due).wall <= since);
            prop_assert_eq!(found, standing.kept_from(at(due).wall, end) >= limit);
        }
    }
}
