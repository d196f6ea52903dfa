//! Idle connections of one client: as many as calls were in flight at once, closed before the other side does.

use crate::link::Link;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

/// The most that are kept for one host.
const PER_HOST: usize = 256;
/// The least time between two looks at what has lain idle too long.
const SHORTEST_SWEEP: Duration = Duration::from_millis(250);

/// Scheme, host and port.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Origin {
    pub(crate) secure: bool,
    pub(crate) authority: String,
}

/// Connections that nobody uses.
pub(crate) struct Pool {
    idle_timeout: Duration,
    // A std mutex: never held across await. What it guards stays whole even if a holder panicked.
    idle: Mutex<Idle>,
}

#[derive(Default)]
struct Idle {
    links: HashMap<Origin, Vec<Link>>,
    /// Whether a task closes what has lain idle too long.
    swept: bool,
}

impl Pool {
    pub(crate) fn new(idle_timeout: Duration) -> Arc<Self> {
        Arc::new(Self { idle_timeout, idle: Mutex::default() })
    }

    /// The one that was used last, if the other side has kept it open too.
    pub(crate) fn take(&self, origin: &Origin) -> Option<Link> {
        loop {
            let mut link = self.with(|idle| idle.links.get_mut(origin)?.pop())?;
            if link.is_within(self.idle_timeout) && link.is_ready() {
                return Some(link);
            }
        }
    }

    /// Keeps a connection for the next call.
    pub(crate) fn keep(self: &Arc<Self>, origin: Origin, link: Link) {
        let sweep = self.with(|idle| {
            let links = idle.links.entry(origin).or_default();
            if links.len() < PER_HOST {
                links.push(link);
            }
            !std::mem::replace(&mut idle.swept, true)
        });
        if sweep {
            tokio::spawn(sweeping(Sweeper(Arc::downgrade(self)), (self.idle_timeout / 4).max(SHORTEST_SWEEP)));
        }
    }

    fn with<T>(&self, work: impl FnOnce(&mut Idle) -> T) -> T {
        work(&mut self.idle.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Closes what has lain idle too long, and what the other side has closed; `false` when nothing is left.
    fn sweep(&self) -> bool {
        self.with(|idle| {
            idle.links.retain(|_, links| {
                links.retain_mut(|link| link.is_within(self.idle_timeout) && link.is_ready());
                !links.is_empty()
            });
            idle.swept = !idle.links.is_empty();
            idle.swept
        })
    }
}

/// Says that nobody sweeps any more when its runtime ends, so that another one's task may.
struct Sweeper(Weak<Pool>);

impl Drop for Sweeper {
    fn drop(&mut self) {
        if let Some(pool) = self.0.upgrade() {
            pool.with(|idle| idle.swept = false);
        }
    }
}

async fn sweeping(sweeper: Sweeper, every: Duration) {
    loop {
        tokio::time::sleep(every).await;
        let Some(pool) = sweeper.0.upgrade() else { return };
        if !pool.sweep() {
            return;
        }
    }
}
