//! The gateway: configuration, routes, keys, metrics and the dispatcher that drives the lanes.
//!
//! [`Gateway::start`] is handed everything it needs: a [`Config`], the accounts opened from it, a store and a clock;
//! the command line and the tests start it the same way. Channels' JSON and the store's tables are others' affair.

mod callbacks;
pub mod config;
mod listen;
mod metrics;
mod observer;
mod routes;
mod tasks;

pub use config::Config;
pub use hongyan_intake::keys;

use callbacks::Callbacks;
use hongyan_channel::Account;
use hongyan_compat::{Facade, OfficialApi, Services};
use hongyan_core::{Clock, Filter, IdSource, Store, StoreError};
use hongyan_dispatch::{Dispatcher, Observer};
use hongyan_intake::{ApiKeys, Bodies, Files, Intake, Templates, Waiting};
use metrics::Metrics;
use observer::Watch;
use routes::{App, Pages};
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    net::TcpListener,
    sync::{Semaphore, watch},
    task::JoinHandle,
};

/// Why a gateway did not start.
#[derive(Debug)]
pub enum StartError {
    /// The address cannot be listened on.
    Listen(SocketAddr, std::io::Error),
    /// The store failed.
    Store(StoreError),
    /// A template or a page cannot be made.
    Template(String),
    /// An account's callback settings cannot be used.
    Callback(String),
}

impl std::fmt::Display for StartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Listen(address, error) => write!(f, "{address} cannot be listened on: {error}"),
            Self::Store(error) => error.fmt(f),
            Self::Template(words) | Self::Callback(words) => f.write_str(words),
        }
    }
}

impl std::error::Error for StartError {}

/// A gateway at work.
pub struct Gateway {
    /// Where it listens; the port that was found when `listen` named 0.
    pub address: SocketAddr,
    /// The lanes.
    pub dispatcher: Arc<Dispatcher>,
    stop: watch::Sender<bool>,
    permits: Arc<Semaphore>,
    max_connections: u32,
    stop_timeout: Duration,
    tasks: Vec<JoinHandle<()>>,
}

impl Gateway {
    /// Listens, starts the lanes and serves. Needs a Tokio runtime.
    ///
    /// # Errors
    /// [`StartError`]: a template or callback settings that cannot be used, a store that cannot be read, an address that is
    /// taken.
    pub async fn start(
        config: Config,
        accounts: BTreeMap<Arc<str>, Account>,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StartError> {
        let server = config.server.clone();
        let templates = Templates::compile(&config.templates).map_err(StartError::Template)?;
        let pages = Pages::make().map_err(StartError::Template)?;
        let keys = Arc::new(ApiKeys::read(Arc::clone(&store) as _).await.map_err(StartError::Store)?);
        // Ids go on after the last one, even when the clock has stepped back.
        let last = store.list(Filter { limit: 1, ..Filter::default() }).await.map_err(StartError::Store)?;
        let ids = IdSource::after(last.messages.first().map(|row| row.id));
        // The largest body has to fit into one caller's half.
        let largest = server.max_body_bytes.max(server.max_batch_bytes).max(server.max_file_bytes) as u64;
        let memory = (server.max_held_bytes as u64).max(largest.saturating_mul(2));
        let millis = Duration::from_millis;
        let bodies = Arc::new(Bodies::new(memory, millis(server.body_timeout_ms), millis(server.write_timeout_ms)));
        let metrics = Arc::new(Metrics::new(accounts.keys()));
        let callbacks = Callbacks::open(
            &config.accounts,
            Arc::clone(&bodies),
            Arc::clone(&store) as _,
            Arc::clone(&clock),
            Arc::clone(&metrics),
        );
        let callbacks = callbacks.map_err(|invalid| StartError::Callback(invalid.to_string()))?;
        let failed = |error| StartError::Listen(server.listen, error);
        let listener = TcpListener::bind(server.listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;

        // The other half of the connections stays free for those who do not wait.
        let waiting = Arc::new(Waiting::new(server.max_connections / 2));
        let dispatcher = Dispatcher::start(
            Arc::clone(&store),
            accounts.clone(),
            Arc::clone(&clock),
            Arc::new(Watch { metrics: Arc::clone(&metrics), waiting: Arc::clone(&waiting) }) as Arc<dyn Observer>,
        );
        let (accepted, accept_seconds) = metrics.accepted.clone();
        let intake = Arc::new(Intake {
            accounts,
            routes: config.routes,
            templates,
            files: Files::new(Arc::clone(&store) as _, server.max_file_bytes),
            ledger: Arc::clone(&store) as _,
            dispatcher: Arc::clone(&dispatcher),
            ids,
            clock: Arc::clone(&clock),
            accepted,
            accept_seconds,
        });
        let services = Services {
            intake: Arc::clone(&intake),
            store: Arc::clone(&store),
            dispatcher: Arc::clone(&dispatcher),
            waiting: Arc::clone(&waiting),
            bodies: Arc::clone(&bodies),
            keys: Arc::clone(&keys),
            clock: Arc::clone(&clock),
            wait: millis(config.official.wait_ms),
            max_body_bytes: server.max_body_bytes,
        };
        let official = OfficialApi::open(services, &config.accounts, &intake.accounts).map_err(StartError::Store)?;
        let official = Arc::new(official);
        let app = Arc::new(App {
            server: server.clone(),
            intake: Arc::clone(&intake),
            store: Arc::clone(&store),
            bodies,
            clock: Arc::clone(&clock),
            keys: Arc::clone(&keys),
            metrics: Arc::clone(&metrics),
            waiting,
            dispatcher: Arc::clone(&dispatcher),
            pages,
            facade: Facade::open(&config.facade, Arc::clone(&official)),
            official: config.official.enabled.then_some(official),
            callbacks,
            ready: Mutex::new(None),
        });
        // A semaphore holds at most this many permits, and is emptied in one go at the end.
        let max_connections = u32::try_from(server.max_connections.min(Semaphore::MAX_PERMITS)).unwrap_or(u32::MAX);
        let permits = Arc::new(Semaphore::new(max_connections as usize));
        let (stop, stopped) = watch::channel(false);
        let timeouts =
            listen::Timeouts { head: millis(server.header_timeout_ms), write: millis(server.write_timeout_ms) };
        let tasks = vec![
            tokio::spawn(listen::run(listener, routes::mount(app), Arc::clone(&permits), timeouts, stopped)),
            tokio::spawn(tasks::follow_keys(keys)),
            tokio::spawn(tasks::keep_gauges(Arc::clone(&store) as _, Arc::clone(&intake), metrics)),
            tokio::spawn(tasks::forget(Arc::clone(&store) as _, store, clock, config.store.keep_days)),
        ];
        tracing::info!(%address, "listening");
        let stop_timeout = millis(server.stop_timeout_ms);
        Ok(Self { address, dispatcher, stop, permits, max_connections, stop_timeout, tasks })
    }

    /// Stops: no new connection, requests under way are answered, calls under way are settled; each within the
    /// configured time. The store is the caller's to close.
    pub async fn stop(self) {
        // An error only says that the listener has gone already.
        let _ = self.stop.send(true);
        // When every permit is back, nobody is connected.
        if tokio::time::timeout(self.stop_timeout, self.permits.acquire_many(self.max_connections)).await.is_err() {
            tracing::warn!("stopped with requests under way");
        }
        self.dispatcher.stop(self.stop_timeout).await;
        for task in &self.tasks {
            task.abort();
        }
        for task in self.tasks {
            // Aborted or ended: either way it holds the store no longer.
            let _ = task.await;
        }
        tracing::info!("stopped");
    }
}
