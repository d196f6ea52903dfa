//! Open connections kept for the next mail, a fixed number at most.
//!
//! A connection is owned by whoever uses it and comes back only when it can serve again, so an abandoned call
//! closes its connection and leaves no half transaction behind.

use crate::connection::Connection;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep},
};

/// How long an unused connection is kept. Providers close idle ones after a minute or so.
pub(crate) const MAX_IDLE: Duration = Duration::from_secs(30);

/// The pool. Clones are the same pool.
#[derive(Clone)]
pub(crate) struct Pool {
    permits: Arc<Semaphore>,
    idle: Arc<Mutex<Idle>>,
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
        Self { permits: Arc::new(Semaphore::new(connections)), idle: Arc::default() }
    }

    /// Waits for the right to use one connection; it ends when the permit is dropped.
    pub(crate) async fn admit(&self) -> Option<OwnedSemaphorePermit> {
        // The semaphore is never closed.
        Arc::clone(&self.permits).acquire_owned().await.ok()
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

    /// Keeps a connection for the next mail.
    pub(crate) fn keep(&self, connection: Connection) {
        let sweep = with(&self.idle, |idle| {
            idle.connections.push(connection);
            !std::mem::replace(&mut idle.swept, true)
        });
        if sweep {
            tokio::spawn(close_old(Arc::downgrade(&self.idle)));
        }
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

// A std mutex: never held across await. What it guards stays whole even if a holder panicked.
fn with<T>(idle: &Mutex<Idle>, work: impl FnOnce(&mut Idle) -> T) -> T {
    work(&mut idle.lock().unwrap_or_else(PoisonError::into_inner))
}
