//! Open connections kept for the next mail, a fixed number at most; while a transaction hangs, one more beside it.
//!
//! A connection is owned by whoever uses it and comes back only when it can serve again, so an abandoned call
//! closes its connection and leaves no half transaction behind.

use crate::connection::Connection;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep, sleep_until},
};

/// How long an unused connection is kept. Providers close idle ones after a minute or so.
pub(crate) const MAX_IDLE: Duration = Duration::from_secs(30);

/// A transaction that takes so long hangs: one further connection may be used beside it, so that one slow reply does not
/// hold up all other mails.
pub(crate) const HANGS: Duration = Duration::from_secs(10);

/// The pool. Clones are the same pool.
#[derive(Clone)]
pub(crate) struct Pool {
    permits: Arc<Semaphore>,
    /// The one beside a transaction that hangs.
    spare: Arc<Semaphore>,
    connections: usize,
    idle: Arc<Mutex<Idle>>,
    busy: Arc<Mutex<Busy>>,
}

/// When the uses that are under way began; the first is the oldest.
#[derive(Default)]
struct Busy {
    next: u64,
    since: BTreeMap<u64, Instant>,
}

/// The right to use one connection; it ends when this is dropped.
pub(crate) struct Permit {
    _permit: Option<OwnedSemaphorePermit>,
    busy: Arc<Mutex<Busy>>,
    number: u64,
}

impl Drop for Permit {
    fn drop(&mut self) {
        with(&self.busy, |busy| busy.since.remove(&self.number));
    }
}

#[derive(Default)]
struct Idle {
    /// The last used is last, and is used first.
    connections: Vec<Connection>,
    /// Whether a task is about that closes what has lain too long.
    swept: bool,
}

impl Pool {
    /// For so many connections at once.
    pub(crate) fn new(connections: usize) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(connections)),
            spare: Arc::new(Semaphore::new(1)),
            connections,
            idle: Arc::default(),
            busy: Arc::default(),
        }
    }

    /// Waits for the right to use one connection.
    pub(crate) async fn acquire(&self) -> Permit {
        // The semaphores are never closed.
        let permit = tokio::select! {
            biased;
            permit = Arc::clone(&self.permits).acquire_owned() => permit.ok(),
            permit = self.beside() => permit,
        };
        let number = with(&self.busy, |busy| {
            busy.next += 1;
            busy.since.insert(busy.next, Instant::now());
            busy.next
        });
        Permit { _permit: permit, busy: Arc::clone(&self.busy), number }
    }

    fn hangs(&self) -> bool {
        with(&self.busy, |busy| busy.since.values().any(|since| since.elapsed() >= HANGS))
    }

    /// Waits until a transaction hangs and nobody else is beside it.
    async fn beside(&self) -> Option<OwnedSemaphorePermit> {
        loop {
            let oldest = with(&self.busy, |busy| busy.since.values().next().copied());
            match oldest {
                Some(since) if since.elapsed() >= HANGS => {
                    let spare = Arc::clone(&self.spare).acquire_owned().await.ok();
                    // What hung may have ended meanwhile.
                    if self.hangs() {
                        return spare;
                    }
                }
                Some(since) => sleep_until(since + HANGS).await,
                None => sleep(HANGS).await,
            }
        }
    }

    /// An idle connection that still stands.
    pub(crate) async fn take(&self) -> Option<Connection> {
        loop {
            let mut connection = with(&self.idle, |idle| idle.connections.pop())?;
            if connection.used.elapsed() < MAX_IDLE && !connection.has_gone().await {
                return Some(connection);
            }
        }
    }

    /// Keeps a connection for the next mail, or gives it back where enough are kept.
    #[must_use]
    pub(crate) fn keep(&self, connection: Connection) -> Option<Connection> {
        let (sweep, over) = with(&self.idle, |idle| {
            if idle.connections.len() >= self.connections {
                return (false, Some(connection));
            }
            idle.connections.push(connection);
            (!std::mem::replace(&mut idle.swept, true), None)
        });
        if sweep {
            tokio::spawn(close_old(Arc::downgrade(&self.idle)));
        }
        over
    }
}

/// Closes what has lain too long; ends when nothing is left, or with the pool.
async fn close_old(idle: std::sync::Weak<Mutex<Idle>>) {
    loop {
        sleep(MAX_IDLE / 2).await;
        let Some(idle) = idle.upgrade() else { return };
        let now = Instant::now();
        let (old, done) = with(&idle, |idle| {
            let is_old = |connection: &mut Connection| now.duration_since(connection.used) >= MAX_IDLE;
            let old: Vec<_> = idle.connections.extract_if(.., is_old).collect();
            idle.swept = !idle.connections.is_empty();
            (old, !idle.swept)
        });
        for connection in old {
            connection.quit().await;
        }
        if done {
            return;
        }
    }
}

// Std mutexes: never held across await. What they guard stays whole even if a holder panicked.
fn with<G, T>(guarded: &Mutex<G>, work: impl FnOnce(&mut G) -> T) -> T {
    work(&mut guarded.lock().unwrap_or_else(PoisonError::into_inner))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::timeout;

    async fn admitted(pool: &Pool, within: Duration) -> Option<Permit> {
        timeout(within, pool.acquire()).await.ok()
    }

    #[tokio::test(start_paused = true)]
    async fn one_further_connection_is_used_beside_one_that_hangs() {
        let pool = Pool::new(1);
        let hangs = pool.acquire().await;
        assert!(admitted(&pool, HANGS / 2).await.is_none(), "it does not hang yet");
        sleep(HANGS).await;
        let beside = admitted(&pool, HANGS).await;
        assert!(beside.is_some());
        assert!(admitted(&pool, HANGS * 4).await.is_none(), "one, and no more");
        drop(beside);
        let beside = admitted(&pool, Duration::from_millis(1)).await;
        assert!(beside.is_some(), "it hangs still");
        drop(hangs);
        assert!(admitted(&pool, Duration::from_millis(1)).await.is_some(), "its own place is free");
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_long_behind_short_ones_stays_within_the_number() {
        let pool = Pool::new(1);
        let at_work = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let tasks: Vec<_> = (0..20)
            .map(|_| {
                let (pool, at_work) = (pool.clone(), Arc::clone(&at_work));
                tokio::spawn(async move {
                    let permit = pool.acquire().await;
                    let beside = at_work.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                    sleep(HANGS / 4).await;
                    at_work.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                    drop(permit);
                    beside
                })
            })
            .collect();
        for task in tasks {
            assert_eq!(task.await.unwrap(), 0);
        }
    }
}
