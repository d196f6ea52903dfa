//! What every connection shares.

use crate::{
    clock::Clock,
    faults::Faults,
    mail::Mail,
    options::SandboxOptions,
    route::{Routes, enter},
    state::{self, StateFile},
    world::{World, event::Events, platform::Members},
};
use hongyan_net::Http;
use serde_json::{Value, json};
use std::{io, net::SocketAddr, sync::Mutex};

pub(crate) struct Hub {
    pub(crate) options: SandboxOptions,
    pub(crate) clock: Clock,
    pub(crate) routes: Routes,
    pub(crate) faults: Faults,
    pub(crate) world: Mutex<World>,
    pub(crate) mail: Mail,
    pub(crate) http: Http,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    pub(crate) state: Option<StateFile>,
}

impl Hub {
    /// Where everything is and how to log in. Holds secrets.
    pub(crate) fn describe_credentials(&self) -> Value {
        let base = format!("http://{}", self.address);
        let world = enter(&self.world);
        let of = |platform: &&dyn crate::world::platform::SimulatedPlatform| {
            (platform.name().to_owned(), platform.describe(&world, &base))
        };
        let mut all: Members = world.platforms.iter().map(of).collect();
        all.extend(self.mail.describe_credentials().map(|smtp| ("smtp".to_owned(), smtp)));
        all.insert("inspect".into(), json!(format!("{base}/sandbox")));
        Value::Object(all)
    }

    /// The world as at the start, with the same credentials; the clock stays, so tokens of before are unknown.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub(crate) fn reset(&self) -> io::Result<()> {
        self.faults.clear();
        self.options.faults.iter().cloned().for_each(|rule| self.faults.order(rule));
        self.mail.reset();
        let mut world = enter(&self.world);
        let mut fresh = World::open(&self.options, world.platforms, &state::credentials(&world, &self.mail))?;
        fresh.events = Events::after(&world.events);
        for platform in world.platforms {
            platform.reset(&mut fresh, &world);
        }
        fresh.host.clone_from(&world.host);
        *world = fresh;
        Ok(())
    }

    /// Writes to its file what changed, where it has one.
    ///
    /// # Errors
    /// The system's; the file that was there stays.
    pub(crate) fn save(&self) -> io::Result<()> {
        let Some(file) = &self.state else { return Ok(()) };
        let picture = state::picture(&enter(&self.world), &self.mail, &self.clock)?;
        file.write(serde_json::to_vec(&picture)?)
    }
}
