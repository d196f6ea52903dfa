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
mod clock;
mod dingtalk;
mod inspect;
mod mail;
mod options;
mod push;
mod range;
mod route;
mod server;
pub mod smtp;
mod state;
mod stream;
mod trouble;
mod wecom;
mod world;

pub use clock::Clock;
pub use options::{Limits, SandboxOptions};
pub use trouble::{BadRule, FaultKind, FaultRule};

use hongyan_net::Http;
use mail::Mail;
use options::Credentials;
use route::Routes;
use serde_json::{Value, json};
use state::{Snapshot, StateFile};
use std::{
    fmt, io,
    net::SocketAddr,
    sync::{Arc, Mutex},
};
use tokio::{net::TcpListener, task::JoinHandle};
use trouble::Trouble;
use world::{World, event::Events, stream::Streams};

/// What every connection shares.
struct Hub {
    options: SandboxOptions,
    clock: Clock,
    routes: Routes,
    trouble: Trouble,
    world: Mutex<World>,
    mail: Mail,
    http: Http,
    /// Where it listens.
    address: SocketAddr,
    state: Option<StateFile>,
}

impl Hub {
    /// Where everything is and how to log in. Holds secrets.
    fn describe_credentials(&self) -> Value {
        let base = format!("http://{}", self.address);
        let world = route::enter(&self.world);
        let credentials = &world.credentials;
        let suite = &credentials.suite;
        let mut all = json!({
            "dingtalk": {
                "base": base,
                "corp_id": credentials.corp_id,
                "app_key": credentials.app_key,
                "app_secret": credentials.app_secret,
                "agent_id": credentials.agent_id,
                "robot": {"access_token": credentials.robot_token, "secret": credentials.robot_secret},
                "robot_code": credentials.app_key,
                "suite": {
                    "suite_key": suite.key,
                    "suite_secret": suite.secret,
                    "suite_ticket": suite.ticket,
                    "custom_key": suite.custom_key,
                    "custom_secret": suite.custom_secret,
                    "auth_corp_id": credentials.corp_id,
                    "tmp_auth_code": suite.tmp_auth_code,
                    "agent_id": suite.agent_id,
                    "app_id": suite.app_id,
                },
            },
            "wecom": {
                "base": base,
                "corp_id": credentials.wecom_corp_id,
                "secret": credentials.wecom_secret,
                "agent_id": credentials.wecom_agent_id,
                "contacts_secret": credentials.wecom_contacts_secret,
                "robot": {"key": credentials.wecom_robot_key},
            },
        });
        if let Some(smtp) = self.mail.credentials(credentials) {
            all["smtp"] = smtp;
        }
        all["inspect"] = json!(format!("{base}/sandbox"));
        all
    }

    /// The world as at the start, with the same credentials; the clock stays, so tokens of before are unknown.
    fn reset(&self) {
        self.trouble.clear();
        self.options.faults.iter().cloned().for_each(|rule| self.trouble.order(rule));
        self.mail.reset();
        let mut world = route::enter(&self.world);
        let mut fresh = World::new(&self.options, world.credentials.clone());
        fresh.events = Events::after(&world.events);
        fresh.streams = Streams::after(&world.streams);
        fresh.host.clone_from(&world.host);
        *world = fresh;
    }
}

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
        let kept = options.state.as_deref().map(Snapshot::read).transpose().map_err(of_state)?;
        let credentials = Credentials::new(options.fixed_credentials)?;
        let credentials = kept.as_ref().map_or(credentials.clone(), |kept| kept.credentials(credentials));
        let clock = Clock::default();
        let mail = match options.smtp_listen {
            Some(listen) => Mail::start(listen, options.smtp_without_login, &credentials, &clock).await?,
            None => Mail::default(),
        };
        let mut routes = Routes::default();
        dingtalk::routes(&mut routes);
        wecom::routes(&mut routes);
        routes.rest_by_example::<hongyan_dingtalk::DingTalk>();
        routes.rest_by_example::<hongyan_wecom::WeCom>();
        let mut world = World::new(&options, credentials);
        world.events.ring_by(clock.bell());
        world.host = address.to_string();
        if let Some(kept) = kept {
            kept.restore(&mut world, &clock);
        }
        let hub = Arc::new(Hub {
            clock,
            routes,
            trouble: Trouble::new(options.faults.clone()),
            world: Mutex::new(world),
            mail,
            http: push::client(),
            address,
            state: options.state.clone().map(StateFile::new),
            options,
        });
        let serving = tokio::spawn(server::serve(listener, hub.clone()));
        let pushing = tokio::spawn(push::run(hub.clone()));
        let keeping = match &hub.state {
            Some(state) => {
                // A place that cannot be written to is better known now than at the end.
                state.save(&hub).map_err(of_state)?;
                Some(tokio::spawn(state::keep(hub.clone())))
            }
            None => None,
        };
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
        self.hub.trouble.order(rule);
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
        state::save(&self.hub);
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
