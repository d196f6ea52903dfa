//! Moving the write-ahead log into the file, off the commit path.
//!
//! A second thread copies pages whenever the log has grown by a few MiB; the writer only ever has to start the
//! log anew, between two groups, when it has become large all the same. An automatic checkpoint would do both
//! inside somebody's commit.
//!
//! A copy that fails is owed: it is made again until it is done, and then the log is cut to nothing. Where the disk is
//! full the writer may meanwhile use what the log has of it but not lengthen it: a log that took the last of the disk
//! would leave the copy no room, and nothing would ever get it back.

use super::place::Place;
use crate::error::{Error, Result};
use hongyan_core::Obstacle;
use rusqlite::Connection;
use std::{
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// Growth of the log, in pages of 4 KiB, after which the thread copies: 4 MiB.
const COPY_PAGES: usize = 1_024;
/// Length of the log at which the writer starts it anew: 64 MiB.
const RESTART_PAGES: usize = 16_384;
/// How much longer the log gets before another try, when a reader stood in the way: 16 MiB.
const RETRY_PAGES: usize = 4_096;
/// How often the thread looks whether file and log are where they were, when nobody writes.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long the writer waits for readers to leave the log. They never wait for it.
const RESTART_WAIT: Duration = Duration::from_millis(20);

/// Before a copy that failed is made again; doubled at each further one.
const AGAIN_FIRST: Duration = Duration::from_secs(1);
/// The longest pause.
const AGAIN_LONGEST: Duration = Duration::from_secs(4);
/// What one group may add to the log, in pages: while a copy is owed, so much must be left of its length.
const GROUP_PAGES: u64 = 256;
/// A page in the log, with its head.
const FRAME_BYTES: u64 = 4_096 + 24;

#[derive(Debug, Default)]
struct Wanted {
    copy: bool,
    closed: bool,
    owed: Option<Owed>,
    /// What was owed is done: the writer cuts the log, not before then.
    cut: Option<Instant>,
}

/// A copy that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Owed {
    again: Instant,
    pause: Duration,
    /// For want of room.
    is_full: bool,
}

impl Owed {
    /// After one that failed just now.
    fn after(earlier: Option<Self>, error: &Error, now: Instant) -> Self {
        let pause = earlier.map_or(AGAIN_FIRST, |owed| (owed.pause * 2).min(AGAIN_LONGEST));
        Self { again: now + pause, pause, is_full: error.obstacle() == Some(Obstacle::Full) }
    }
}

/// Whether a group may be written to a log of so many pages in a file of that length, without lengthening it.
fn fits(pages: usize, file_bytes: u64) -> bool {
    (pages as u64 + GROUP_PAGES) * FRAME_BYTES <= file_bytes
}

#[derive(Debug, Default)]
struct Shared {
    wanted: Mutex<Wanted>,
    wake: Condvar,
    // Held while a checkpoint runs: SQLite allows one at a time.
    running: Mutex<()>,
}

impl Shared {
    fn wanted(&self) -> MutexGuard<'_, Wanted> {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what became of a copy.
    fn copied(&self, done: rusqlite::Result<bool>) {
        let now = Instant::now();
        let mut wanted = self.wanted();
        let earlier = wanted.owed;
        let error = done.err().map(Error::from);
        wanted.owed = error.as_ref().map(|error| Owed::after(earlier, error, now));
        if earlier.is_some() && error.is_none() {
            wanted.cut = Some(now);
        }
        drop(wanted);
        match (error, earlier) {
            (Some(error), None) => {
                tracing::warn!(%error, "could not copy the write-ahead log: it is tried again until it is done");
            }
            (Some(error), Some(_)) => tracing::debug!(%error, "could not copy the write-ahead log yet"),
            (None, Some(_)) => tracing::info!("the write-ahead log is copied now"),
            (None, None) => {}
        }
    }
}

/// A handle on the thread. Dropping it ends the thread.
#[derive(Debug)]
pub(crate) struct Checkpointer {
    shared: Arc<Shared>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Checkpointer {
    /// Starts the thread on its own connection.
    pub(crate) fn start(connection: Connection, place: &Arc<Place>) -> Result<Self> {
        let shared = Arc::new(Shared::default());
        let thread = thread::Builder::new().name("store-checkpoint".into()).spawn({
            let (shared, place) = (Arc::clone(&shared), Arc::clone(place));
            move || work(&connection, &shared, &place)
        })?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// The writer's side; counts the pages that `writer` commits.
    pub(crate) fn gauge(&self, writer: &mut Connection) -> Result<Gauge> {
        let pages = Arc::new(AtomicUsize::new(0));
        writer.wal_hook(Some({
            let pages = Arc::clone(&pages);
            move |_: &mut rusqlite::hooks::Wal, count: std::ffi::c_int| {
                pages.store(usize::try_from(count).unwrap_or(0), Ordering::Relaxed);
                Ok(())
            }
        }))?;
        let shared = Arc::clone(&self.shared);
        Ok(Gauge(Some(Watch { shared, pages, copied: 0, restart_at: RESTART_PAGES })))
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.shared.wanted().closed = true;
        self.shared.wake.notify_one();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the store's checkpoint thread had panicked");
        }
    }
}

fn work(connection: &Connection, shared: &Shared, place: &Place) {
    loop {
        let mut wanted = shared.wanted();
        if !wanted.copy && !wanted.closed {
            let woken = shared.wake.wait_timeout(wanted, LOOK_EVERY);
            wanted = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
        if wanted.closed {
            return;
        }
        let copy = std::mem::take(&mut wanted.copy);
        let owed = wanted.owed;
        drop(wanted);
        let again = owed.is_some_and(|owed| owed.again <= Instant::now());
        if again || (copy && owed.is_none()) {
            let _running = shared.running.lock().unwrap_or_else(PoisonError::into_inner);
            shared.copied(checkpoint(connection, "PASSIVE"));
        } else {
            // It tells the log of what it finds; the writer finds out by itself.
            let _ = place.verify(connection);
        }
    }
}

/// A checkpoint on the writer's connection that waits for readers, but not long.
fn checkpoint_soon(writer: &Connection, how: &str) -> rusqlite::Result<bool> {
    super::schema::with_patience(writer, RESTART_WAIT, || checkpoint(writer, how))
}

/// At the start, before anything is written: what an earlier process left in the log goes into the file, and the log
/// gives back what it has of the disk.
pub(crate) fn cut_log(writer: &Connection) {
    match checkpoint(writer, "TRUNCATE") {
        Ok(_) => {}
        Err(error) => tracing::warn!(%error, "could not copy the write-ahead log"),
    }
}

/// Whether it went to its end.
fn checkpoint(connection: &Connection, how: &str) -> rusqlite::Result<bool> {
    connection.query_row(&format!("PRAGMA wal_checkpoint({how})"), [], |row| Ok(row.get::<_, i64>(0)? == 0))
}

/// Watches the log's length for the writer. Does nothing in a store that leaves it to SQLite.
#[derive(Debug, Default)]
pub(crate) struct Gauge(Option<Watch>);

#[derive(Debug)]
struct Watch {
    shared: Arc<Shared>,
    pages: Arc<AtomicUsize>,
    copied: usize,
    restart_at: usize,
}

impl Gauge {
    /// Before a group: refuses it where it would lengthen a log that cannot be copied for want of room.
    ///
    /// # Errors
    /// That the disk is full.
    pub(crate) fn before_commit(&self, place: &Place) -> Result<()> {
        let Some(watch) = &self.0 else { return Ok(()) };
        if !watch.shared.wanted().owed.is_some_and(|owed| owed.is_full) {
            return Ok(());
        }
        let pages = watch.pages.load(Ordering::Relaxed);
        if fits(pages, place.log_bytes()) { Ok(()) } else { Err(Error::full("the write-ahead log cannot be copied")) }
    }

    /// Between two groups: wakes the thread, or starts the log anew.
    ///
    /// Only here is the log cut, where no group is under way that would miss what the log was.
    pub(crate) fn after_commit(&mut self, writer: &Connection, place: &Place) {
        let Some(watch) = &mut self.0 else { return };
        let (is_owed, cut) = {
            let wanted = watch.shared.wanted();
            (wanted.owed.is_some(), wanted.cut.is_some_and(|at| at <= Instant::now()))
        };
        if is_owed {
            return;
        }
        if cut {
            watch.cut(writer, place);
        }
        let pages = watch.pages.load(Ordering::Relaxed);
        if pages < watch.copied {
            // It began anew.
            watch.copied = 0;
            watch.restart_at = RESTART_PAGES;
        }
        if pages >= watch.restart_at {
            watch.restart(writer, pages);
        } else if pages - watch.copied >= COPY_PAGES {
            watch.copied = pages;
            watch.shared.wanted().copy = true;
            watch.shared.wake.notify_one();
        }
    }
}

impl Watch {
    fn cut(&mut self, writer: &Connection, place: &Place) {
        let Ok(running) = self.shared.running.try_lock() else { return };
        let done = checkpoint_soon(writer, "TRUNCATE");
        drop(running);
        let is_cut = matches!(done, Ok(true));
        self.shared.wanted().cut = (!is_cut).then(|| Instant::now() + AGAIN_FIRST);
        if is_cut {
            self.pages.store(0, Ordering::Relaxed);
            // It knows the log's length from now on.
            let _ = place.verify(writer);
        } else if done.is_err() {
            self.shared.copied(done);
        }
    }

    fn restart(&mut self, writer: &Connection, pages: usize) {
        // The thread is copying: the next group is early enough.
        let Ok(_running) = self.shared.running.try_lock() else { return };
        let restarted = checkpoint_soon(writer, "RESTART");
        self.restart_at = if matches!(restarted, Ok(true)) { RESTART_PAGES } else { pages + RETRY_PAGES };
        self.shared.copied(restarted);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_that_failed_is_owed_until_one_comes_to_its_end_and_then_the_log_is_cut() {
        let shared = Shared::default();
        let full = || Err(rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_FULL), None));
        let owed = || shared.wanted().owed;
        shared.copied(Ok(false));
        assert_eq!((owed(), shared.wanted().cut), (None, None), "a reader in the way is no failure");
        let mut pauses = Vec::new();
        for _ in 0..5 {
            shared.copied(full());
            pauses.push(owed().unwrap().pause.as_secs());
        }
        assert_eq!(pauses, [1, 2, 4, 4, 4]);
        assert!(owed().unwrap().is_full && shared.wanted().cut.is_none());
        shared.copied(Err(rusqlite::Error::InvalidQuery));
        assert!(!owed().unwrap().is_full, "whatever else went wrong, the log may grow");
        shared.copied(Ok(true));
        assert!(owed().is_none() && shared.wanted().cut.is_some());
    }

    #[test]
    fn on_a_full_disk_a_group_fits_only_into_what_the_log_has() {
        assert!(fits(0, 4 << 20) && !fits(1_000, 4 << 20));
        assert!(!fits(0, 0));
    }
}
