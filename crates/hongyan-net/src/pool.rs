//! Idle connections of one client: as many as calls were in flight at once, closed before the other side does.

use crate::{
    connect::Dial,
    link::{Link, Mode},
};
use http::{HeaderValue, Uri};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

/// The most that are kept for one host.
const PER_HOST: usize = 256;
/// Destinations whose connections are kept.
const DESTINATIONS: usize = 256;
/// The least time between two looks at what has lain idle too long.
const SHORTEST_SWEEP: Duration = Duration::from_millis(250);

/// Where a connection leads and how. Calls with equal destinations share connections.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Destination {
    secure: bool,
    authority: String,
    mode: Mode,
    /// The proxy with its login: another login, another connection.
    proxy: Option<(String, Option<HeaderValue>)>,
    refuse_private: bool,
}

impl Destination {
    pub(crate) fn of(to: &Uri, secure: bool, dial: &Dial<'_>) -> Self {
        Self {
            secure,
            authority: to.authority().map(|it| it.as_str().to_ascii_lowercase()).unwrap_or_default(),
            mode: dial.mode,
            proxy: dial.proxy.map(|proxy| (proxy.host_and_port(), proxy.authorization())),
            refuse_private: dial.refuse_private,
        }
    }
}

/// Connections that nobody uses.
pub(crate) struct Pool {
    idle_timeout: Duration,
    // A std mutex: never held across await. What it guards stays whole even if a holder panicked.
    idle: Mutex<Idle>,
}

#[derive(Default)]
struct Idle {
    links: HashMap<Destination, Vec<Link>>,
    /// Whether a task closes what has lain idle too long.
    swept: bool,
}

impl Pool {
    pub(crate) fn new(idle_timeout: Duration) -> Arc<Self> {
        Arc::new(Self { idle_timeout, idle: Mutex::default() })
    }

    /// The one that was used last, less than `max_idle` ago, if the other side has kept it open too.
    pub(crate) fn take(&self, destination: &Destination, max_idle: Duration) -> Option<Link> {
        loop {
            let mut link = self.with(|idle| idle.links.get_mut(destination)?.pop())?;
            if link.is_within(max_idle) && link.is_ready() {
                return Some(link);
            }
        }
    }

    /// Keeps a connection for the next call.
    pub(crate) fn keep(self: &Arc<Self>, destination: Destination, link: Link) {
        let sweep = self.with(|idle| {
            if idle.links.len() >= DESTINATIONS && !idle.links.contains_key(&destination) {
                // Scripts that call ever new hosts do not need the old ones' connections.
                idle.links.clear();
            }
            let links = idle.links.entry(destination).or_default();
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
