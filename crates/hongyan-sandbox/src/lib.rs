//! The sandbox: DingTalk, WeCom and a mail server that answer like the real ones, on one process.
//!
//! It is a platform, not a mock: it keeps a company, tokens, quotas and clocks, and judges each call by the same
//! declarations that our clients encode with. Other people's SDKs and plain `curl` may talk to it; so may a test:
//!
//! ```
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! use hongyan_sandbox::{Sandbox, SandboxOptions};
//!
//! let sandbox = Sandbox::start(SandboxOptions::default()).await?;
//! let credentials = sandbox.credentials(); // the JSON that `hongyan sandbox` prints
//! assert!(credentials["dingtalk"]["base"].as_str().unwrap().starts_with("http://127.0.0.1:"));
//! sandbox.clock().advance_ms(7_200_000); // every token has lapsed
//! sandbox.stop().await;
//! # std::io::Result::Ok(()) }).unwrap();
//! ```
//!
//! Beside the platforms' paths, `/sandbox` shows and moves the world: phones, clock, trouble, counters. What
//! is kept in memory is bounded, and ends with the process but for what [`SandboxOptions::state`] keeps.

mod arrival;
mod ask;
mod clock;
mod control;
mod dingtalk;
mod faults;
mod hub;
mod inspect;
mod mail;
mod options;
mod platforms;
mod push;
mod range;
mod route;
mod server;
pub mod smtp;
mod state;
mod wecom;
mod world;

pub use clock::Clock;
pub use faults::{BadRule, FaultKind, FaultRule};
pub use options::{Limits, SandboxOptions};

use faults::Faults;
use hub::Hub;
use mail::Mail;
use platforms::PLATFORMS;
use route::Routes;
use serde_json::Value;
use state::{Snapshot, StateFile};
use std::{
    fmt, io,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{net::TcpListener, task::JoinHandle};
use world::World;

/// How often it is looked whether something changed that the state's file keeps.
const SAVED_EVERY: Duration = Duration::from_secs(2);

/// Told apart from an address that cannot be listened on.
fn of_state(error: io::Error) -> io::Error {
    io::Error::other(format!("the state's file: {error}"))
}

/// A running sandbox. Dropping it stops it.
pub struct Sandbox {
    hub: Arc<Hub>,
    address: SocketAddr,
    serving: JoinHandle<()>,
    pushing: JoinHandle<()>,
    keeping: Option<JoinHandle<()>>,
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Sandbox {
    /// Starts one on the current runtime.
    ///
    /// # Errors
    /// When an address cannot be listened on, the file of [`SandboxOptions::state`] cannot be read or written, or
    /// the system gives no random bytes.
    pub async fn start(options: SandboxOptions) -> io::Result<Self> {
        let listener = TcpListener::bind(options.listen).await?;
        let address = listener.local_addr()?;
        let kept = options.state.as_deref().map(Snapshot::read).transpose().map_err(of_state)?.unwrap_or_default();
        let clock = Clock::default();
        let credentials = mail::Credentials::new(&kept.credentials, options.fixed_credentials)?;
        let mail = match options.smtp_listen {
            Some(listen) => Mail::start(listen, options.smtp_without_login, credentials, &clock).await?,
            None => Mail::without_server(credentials),
        };
        let mut routes = Routes::default();
        PLATFORMS.iter().for_each(|platform| (platform.routes)(&mut routes));
        let mut world = World::open(&options, platforms::simulated(), &kept.credentials)?;
        world.events.wake_by(clock.wake());
        world.host = address.to_string();
        kept.restore(&mut world, &clock).map_err(of_state)?;
        let hub = Arc::new(Hub {
            clock,
            routes,
            faults: Faults::new(options.faults.clone()),
            world: Mutex::new(world),
            mail,
            http: push::client(),
            address,
            state: options.state.clone().map(StateFile::new),
            options,
        });
        let serving = tokio::spawn(server::serve(listener, hub.clone()));
        let pushing = tokio::spawn(push::run(hub.clone()));
        // A place that cannot be written to is better known now than at the end.
        hub.save().map_err(of_state)?;
        let keeping = hub.state.is_some().then(|| tokio::spawn(keep(hub.clone())));
        Ok(Self { hub, address, serving, pushing, keeping })
    }

    /// Where both platforms and the inspection API answer.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The root of both platforms' paths: `http://ADDRESS`.
    #[must_use]
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its clock.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.hub.clock
    }

    /// Its mail server, where one was started.
    #[must_use]
    pub fn smtp(&self) -> Option<&smtp::Smtp> {
        self.hub.mail.server()
    }

    /// Orders trouble, as `POST /sandbox/faults` does.
    pub fn order(&self, rule: FaultRule) {
        self.hub.faults.order(rule);
    }

    /// What `hongyan sandbox` prints first: where everything is and how to log in. Holds secrets.
    #[must_use]
    pub fn credentials(&self) -> Value {
        self.hub.describe_credentials()
    }

    /// Closes every connection, waits until the port is free, and saves what a restart is to find.
    pub async fn stop(mut self) {
        self.serving.abort();
        self.pushing.abort();
        // An aborted task ends in an error that says so.
        let _ = (&mut self.serving).await;
        let _ = (&mut self.pushing).await;
        if let Some(keeping) = self.keeping.take() {
            keeping.abort();
            let _ = keeping.await;
        }
        save(&self.hub);
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.serving.abort();
        self.pushing.abort();
        if let Some(keeping) = &self.keeping {
            keeping.abort();
        }
    }
}

/// Saves what changed, now and then, until dropped.
async fn keep(hub: Arc<Hub>) {
    loop {
        tokio::time::sleep(SAVED_EVERY).await;
        let hub = hub.clone();
        // A panic in there is the same as no file: nothing to do about it here.
        let _ = tokio::task::spawn_blocking(move || save(&hub)).await;
    }
}

/// Saves what changed; where that fails, says so and goes on.
fn save(hub: &Hub) {
    if let Err(error) = hub.save() {
        tracing::warn!(%error, "the sandbox's state was not saved");
    }
}
