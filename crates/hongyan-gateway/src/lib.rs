//! The gateway: configuration, routes, keys, metrics and the dispatcher that drives the lanes.
//!
//! [`Gateway::start`] is handed everything it needs: a [`Config`], the accounts opened from it, a store and a clock;
//! the command line and the tests start it the same way. Channels' JSON and the store's tables are others' affair.

mod accept;
mod app;
mod body;
mod callbacks;
pub mod config;
mod facade;
mod files;
pub mod keys;
mod listen;
mod mails;
mod metrics;
mod official;
mod reply;
mod routes;
mod shares;
mod table_content;
mod tasks;
mod template;
mod waiting;

pub use config::Config;

use app::{App, Pages};
use hongyan_channel::Account;
use hongyan_core::{Clock, Filter, IdSource, Store, StoreError};
use hongyan_dispatch::{Dispatcher, Observer};
use metrics::Metrics;
use shares::Shares;
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
use waiting::{Waiting, Watch};

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
    room: Arc<Semaphore>,
    max_connections: u32,
    patience: Duration,
    tasks: Vec<JoinHandle<()>>,
}

impl Gateway {
    /// Listens, starts the lanes and serves. Needs a Tokio runtime.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(
        config: Config,
        accounts: BTreeMap<Arc<str>, Account>,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StartError> {
        let server = config.server.clone();
        let templates = template::Templates::compile(&config.templates).map_err(StartError::Template)?;
        let pages = Pages::make().map_err(StartError::Template)?;
        let ring = keys::Ring::read(Arc::clone(&store) as _).await.map_err(StartError::Store)?;
        // Ids go on after the last one, even when the clock has stepped back.
        let last = store.list(Filter { limit: 1, ..Filter::default() }).await.map_err(StartError::Store)?;
        let ids = IdSource::after(last.messages.first().map(|row| row.id));
        let receivers = callbacks::Receiver::open_all(&config).map_err(StartError::Callback)?;
        let doors = official::Doors::open(&config, &accounts).map_err(StartError::Store)?;
        let failed = |error| StartError::Listen(server.listen, error);
        let listener = TcpListener::bind(server.listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;

        // The other half of the connections stays free for those who do not wait.
        let waiting = Arc::new(Waiting::new(server.max_connections / 2));
        let watch = Arc::new(Watch { metrics: Metrics::new(accounts.keys()), waiting });
        let dispatcher = Dispatcher::start(
            Arc::clone(&store),
            accounts.clone(),
            Arc::clone(&clock),
            Arc::clone(&watch) as Arc<dyn Observer>,
        );
        // The largest body has to fit into one caller's half.
        let largest = server.max_body_bytes.max(server.max_batch_bytes).max(server.max_file_bytes) as u64;
        let config_memory = (server.max_held_bytes as u64).max(largest.saturating_mul(2));
        let app = Arc::new(App {
            config,
            accounts,
            templates,
            store,
            uploads: Shares::new(app::UPLOADS),
            memory: Shares::new(config_memory),
            judged: Semaphore::new(app::JUDGED),
            clock,
            ids,
            ring,
            watch,
            dispatcher: Arc::clone(&dispatcher),
            pages,
            doors,
            receivers,
            ready: Mutex::new(None),
        });
        // A semaphore holds at most this many permits, and is emptied in one go at the end.
        let max_connections = u32::try_from(server.max_connections.min(Semaphore::MAX_PERMITS)).unwrap_or(u32::MAX);
        let room = Arc::new(Semaphore::new(max_connections as usize));
        let (stop, stopped) = watch::channel(false);
        let patience = listen::Patience {
            head: Duration::from_millis(server.header_timeout_ms),
            write: Duration::from_millis(server.write_timeout_ms),
        };
        let tasks = vec![
            tokio::spawn(listen::run(listener, routes::mount(Arc::clone(&app)), Arc::clone(&room), patience, stopped)),
            tokio::spawn(tasks::follow_keys(Arc::clone(&app))),
            tokio::spawn(tasks::keep_gauges(Arc::clone(&app))),
            tokio::spawn(tasks::forget(app)),
        ];
        tracing::info!(%address, "listening");
        let patience = Duration::from_millis(server.stop_timeout_ms);
        Ok(Self { address, dispatcher, stop, room, max_connections, patience, tasks })
    }

    /// Stops: no new connection, requests under way are answered, calls under way are settled; each within the
    /// configured time. The store is the caller's to close.
    pub async fn stop(self) {
        // An error only says that the listener has gone already.
        let _ = self.stop.send(true);
        // When every permit is back, nobody is connected.
        if tokio::time::timeout(self.patience, self.room.acquire_many(self.max_connections)).await.is_err() {
            tracing::warn!("stopped with requests under way");
        }
        self.dispatcher.stop(self.patience).await;
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
