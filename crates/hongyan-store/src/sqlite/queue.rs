//! The hand-off to the writer thread: two queues under one lock.
//!
//! Accepts are bounded, by rows and bytes, and refused beyond that: the backlog belongs on disk. What the
//! dispatcher asks for comes first, so that a flood of accepts cannot starve deliveries.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
};

/// Most rows that one commit takes together.
const GROUP_ROWS: usize = 2_000;
/// What accepts get of a commit even when the other queue could fill it.
const ACCEPT_ROWS: usize = 250;
/// Most bytes of content that wait; one larger message alone is still taken.
const WAITING_BYTES: usize = 32 << 20;

/// How much an entry weighs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Weight {
    /// Rows it writes, about.
    pub(crate) rows: usize,
    /// Bytes it holds, about.
    pub(crate) bytes: usize,
}

/// Why an entry was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Full.
    Full,
    /// The writer is gone.
    Closed,
}

/// The two queues.
#[derive(Debug)]
pub(crate) struct Queue<T> {
    state: Mutex<State<T>>,
    wake: Condvar,
    accept_rows: usize,
}

#[derive(Debug)]
struct State<T> {
    urgent: VecDeque<(Weight, T)>,
    accepts: VecDeque<(Weight, T)>,
    waiting: Weight,
    idle: bool,
    closed: bool,
}

impl<T> Queue<T> {
    /// A queue that holds at most `accept_rows` rows of accepts.
    pub(crate) fn new(accept_rows: usize) -> Self {
        let state = State {
            urgent: VecDeque::new(),
            accepts: VecDeque::new(),
            waiting: Weight { rows: 0, bytes: 0 },
            idle: false,
            closed: false,
        };
        Self { state: Mutex::new(state), wake: Condvar::new(), accept_rows }
    }

    // Every critical section is a few moves; poisoning cannot leave one half-done.
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, put: impl FnOnce(&mut State<T>) -> Result<(), Refused>) -> Result<(), Refused> {
        let mut state = self.lock();
        if state.closed {
            return Err(Refused::Closed);
        }
        put(&mut state)?;
        // Only a writer that sleeps is woken: while it commits it will look by itself.
        let wake = std::mem::take(&mut state.idle);
        drop(state);
        if wake {
            self.wake.notify_one();
        }
        Ok(())
    }

    /// Puts an accept behind the others, if there is room.
    pub(crate) fn offer(&self, weight: Weight, entry: T) -> Result<(), Refused> {
        let most = self.accept_rows;
        self.push(|state| {
            let (rows, bytes) = (state.waiting.rows + weight.rows, state.waiting.bytes + weight.bytes);
            if !state.accepts.is_empty() && (rows > most || bytes > WAITING_BYTES) {
                return Err(Refused::Full);
            }
            state.waiting = Weight { rows, bytes };
            state.accepts.push_back((weight, entry));
            Ok(())
        })
    }

    /// Puts in what goes before accepts. The caller bounds how many there are.
    pub(crate) fn push_urgent(&self, rows: usize, entry: T) -> Result<(), Refused> {
        self.push(|state| {
            state.urgent.push_back((Weight { rows, bytes: 0 }, entry));
            Ok(())
        })
    }

    /// Waits until there is something and moves a group of it out. `false` once closed and empty.
    pub(crate) fn take(&self, group: &mut Vec<T>) -> bool {
        let mut state = self.lock();
        while state.urgent.is_empty() && state.accepts.is_empty() {
            if state.closed {
                return false;
            }
            state.idle = true;
            state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.idle = false;
        let mut rows = 0;
        while rows < GROUP_ROWS
            && let Some((weight, entry)) = state.urgent.pop_front()
        {
            rows += weight.rows;
            group.push(entry);
        }
        let most = rows.max(GROUP_ROWS - ACCEPT_ROWS) + ACCEPT_ROWS;
        while rows < most
            && let Some((weight, entry)) = state.accepts.pop_front()
        {
            rows += weight.rows;
            state.waiting.rows -= weight.rows;
            state.waiting.bytes -= weight.bytes;
            group.push(entry);
        }
        true
    }

    /// Takes nothing more; what is in is still worked off.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.wake.notify_one();
    }

    /// Closes and drops what waits, so that whoever waits for it hears so.
    pub(crate) fn abandon(&self) {
        let mut state = self.lock();
        state.closed = true;
        let waiting = (std::mem::take(&mut state.urgent), std::mem::take(&mut state.accepts));
        drop(state);
        drop(waiting);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Weight = Weight { rows: 1, bytes: 10 };

    #[test]
    fn a_full_hand_off_refuses_accepts_and_never_what_is_urgent() {
        let queue = Queue::new(2);
        assert_eq!(queue.offer(ONE, 1), Ok(()));
        assert_eq!(queue.offer(ONE, 2), Ok(()));
        assert_eq!(queue.offer(ONE, 3), Err(Refused::Full));
        assert_eq!(queue.push_urgent(1, 4), Ok(()));
        let mut group = Vec::new();
        assert!(queue.take(&mut group));
        assert_eq!(group, [4, 1, 2], "urgent first, then in order");
        assert_eq!(queue.offer(ONE, 5), Ok(()), "room again");
    }

    #[test]
    fn one_entry_larger_than_the_whole_hand_off_is_taken_when_it_is_alone() {
        let queue = Queue::new(2);
        assert_eq!(queue.offer(Weight { rows: 1_000, bytes: WAITING_BYTES + 1 }, 1), Ok(()));
        assert_eq!(queue.offer(ONE, 2), Err(Refused::Full));
    }

    #[test]
    fn a_flood_of_urgent_work_leaves_accepts_their_share() {
        let queue = Queue::new(10_000);
        for n in 0..5_000 {
            queue.push_urgent(1, n).unwrap();
            queue.offer(ONE, -1).unwrap();
        }
        let mut group = Vec::new();
        assert!(queue.take(&mut group));
        assert_eq!(group.iter().filter(|n| **n < 0).count(), ACCEPT_ROWS);
        assert_eq!(group.len(), GROUP_ROWS + ACCEPT_ROWS);
    }

    #[test]
    fn a_closed_queue_is_emptied_and_takes_nothing_more() {
        let queue = Queue::new(2);
        queue.offer(ONE, 1).unwrap();
        queue.close();
        assert_eq!(queue.offer(ONE, 2), Err(Refused::Closed));
        let mut group = Vec::new();
        assert!(queue.take(&mut group));
        assert!(!queue.take(&mut group));
    }
}
