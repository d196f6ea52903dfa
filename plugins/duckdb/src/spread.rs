//! The rows of a chunk, one after the other or a few at once.

use std::{
    sync::{
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc,
    },
    thread,
};

/// How many calls that only ask are under way at once.
const AT_ONCE: usize = 8;

/// Computes every row and gives each result to `write`, once. What acts goes strictly in order and stops at the first
/// fault; what only asks waits for the network [`AT_ONCE`] rows at a time, and begins no row after a fault.
///
/// # Errors
/// The fault of the first row, in order, that had one.
///
/// # Panics
/// When `call` does.
pub(crate) fn compute<R: Sync, T: Send>(
    asks: bool,
    rows: &[R],
    call: impl Fn(&R) -> Result<T, String> + Sync,
    mut write: impl FnMut(usize, T),
) -> Result<(), String> {
    if !asks || rows.len() < 2 {
        for (place, row) in rows.iter().enumerate() {
            write(place, call(row)?);
        }
        return Ok(());
    }
    let (next, ended) = (AtomicUsize::new(0), AtomicBool::new(false));
    let (results, done) = mpsc::channel();
    let work = |results: mpsc::Sender<_>| {
        while !ended.load(Ordering::Relaxed) {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(row) = rows.get(place) else { break };
            let result = call(row);
            ended.fetch_or(result.is_err(), Ordering::Relaxed);
            if results.send((place, result)).is_err() {
                break;
            }
        }
    };
    thread::scope(|scope| {
        let spawn = |_: &usize| {
            let results = results.clone();
            thread::Builder::new().name("hongyan-rows".into()).spawn_scoped(scope, || work(results)).is_ok()
        };
        // Where the system gives fewer threads, fewer do the work; where it gives none, this one does.
        if (0..rows.len().min(AT_ONCE)).filter(spawn).count() == 0 {
            work(results);
        } else {
            drop(results);
        }
        let mut fault: Option<(usize, String)> = None;
        for (place, result) in done {
            match result {
                Ok(value) => write(place, value),
                Err(why) if fault.as_ref().is_none_or(|(first, _)| place < *first) => fault = Some((place, why)),
                Err(_) => {}
            }
        }
        fault.map_or(Ok(()), |(_, why)| Err(why))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{sync::Mutex, time::Duration};

    /// The outcome, what was written where, and the rows in the order in which they were begun.
    type Run = (Result<(), String>, Vec<(usize, u64)>, Vec<u64>);

    fn run(asks: bool, rows: &[u64]) -> Run {
        let (seen, mut written) = (Mutex::new(Vec::new()), Vec::new());
        let call = |row: &u64| {
            seen.lock().unwrap().push(*row);
            thread::sleep(Duration::from_millis(*row % 5));
            if *row >= 1000 { Err(format!("row {row}")) } else { Ok(*row) }
        };
        let outcome = compute(asks, rows, call, |place, value| written.push((place, value)));
        written.sort_unstable();
        (outcome, written, seen.into_inner().unwrap())
    }

    #[test]
    fn every_row_is_computed_once_and_written_to_its_place() {
        let rows: Vec<u64> = (0..100).rev().collect();
        for asks in [false, true] {
            let (outcome, written, mut seen) = run(asks, &rows);
            assert_eq!(outcome, Ok(()));
            assert!(written.iter().enumerate().all(|(at, (place, value))| at == *place && *value == rows[at]));
            assert_eq!(written.len(), 100);
            seen.sort_unstable();
            assert_eq!(seen, (0..100).collect::<Vec<_>>());
        }
    }

    #[test]
    fn what_acts_goes_in_order_and_stops_at_a_fault() {
        let (outcome, written, seen) = run(false, &[1, 2, 1000, 3]);
        assert_eq!((outcome, written.len(), seen), (Err("row 1000".into()), 2, vec![1, 2, 1000]));
    }

    #[test]
    fn the_first_fault_in_order_is_told() {
        let rows: Vec<u64> = (0..5).chain([1001, 1000]).chain(0..500).collect();
        let (outcome, _, seen) = run(true, &rows);
        assert_eq!(outcome, Err("row 1001".into()));
        assert!(seen.len() < 100, "{}", seen.len());
    }

    #[test]
    #[should_panic(expected = "a scoped thread panicked")]
    fn a_panic_reaches_the_caller() {
        let _ = compute(true, &[1, 2, 3], |_| -> Result<(), String> { panic!("x") }, |_, ()| {});
    }
}
