//! Moving the write-ahead log into the file, off the commit path.
//!
//! A second thread copies pages whenever the log has grown by a few MiB; the writer only ever has to start the
//! log anew, between two groups, when it has become large all the same. An automatic checkpoint would do both
//! inside somebody's commit.

use super::place::Place;
use crate::error::Result;
use rusqlite::Connection;
use std::{
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
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

#[derive(Debug, Default)]
struct Wanted {
    copy: bool,
    closed: bool,
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
        drop(wanted);
        if !copy {
            // It tells the log of what it finds; the writer finds out by itself.
            let _ = place.verify(connection);
            continue;
        }
        let _running = shared.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = checkpoint(connection, "PASSIVE") {
            tracing::warn!(%error, "could not copy the write-ahead log");
        }
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
    /// Between two groups: wakes the thread, or starts the log anew.
    pub(crate) fn after_commit(&mut self, writer: &Connection) {
        let Some(watch) = &mut self.0 else { return };
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
    fn restart(&mut self, writer: &Connection, pages: usize) {
        // The thread is copying: the next group is early enough.
        let Ok(_running) = self.shared.running.try_lock() else { return };
        let restarted = super::schema::with_patience(writer, RESTART_WAIT, || checkpoint(writer, "RESTART"));
        match restarted {
            Ok(true) => self.restart_at = RESTART_PAGES,
            Ok(false) => self.restart_at = pages + RETRY_PAGES,
            Err(error) => {
                self.restart_at = pages + RETRY_PAGES;
                tracing::warn!(%error, "could not start the write-ahead log anew");
            }
        }
    }
}
