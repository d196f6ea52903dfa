//! What a world needs of a platform, whichever it is. A platform that is added brings a folder with this in it and one
//! line in the list of them.

use super::{
    World,
    company::{Change, PersonId},
    token::TokenStore,
};
use serde::Serialize;
use serde_json::{Map, Value};
use std::io;

/// Members of a JSON object.
pub(crate) type Members = Map<String, Value>;

/// The members of what is an object in JSON.
pub(crate) fn members(of: &impl Serialize) -> Members {
    match serde_json::to_value(of) {
        Ok(Value::Object(members)) => members,
        _ => Members::new(),
    }
}

/// A platform as the sandbox plays it. What it remembers is in [`World::memory`].
pub(crate) trait SimulatedPlatform: Send + Sync {
    /// As callers name it.
    fn name(&self) -> &'static str;

    /// Puts what the platform remembers into a fresh world, as it is at the start. `kept` holds credentials that stay;
    /// those that it lacks are made anew: well-known ones where `fixed`, else random ones.
    ///
    /// # Errors
    /// The system gives no random bytes.
    fn open(&self, world: &mut World, kept: &Members, fixed: bool) -> io::Result<()>;

    /// Takes over what outlives a reset: connections and the numbers of what is under way.
    fn reset(&self, _: &mut World, _before: &World) {}

    /// Its credentials, as a file keeps them. Holds secrets.
    fn credentials(&self, world: &World) -> Members;

    /// Where it answers and how to log in, as a client needs it. Holds secrets.
    fn describe(&self, world: &World, base: &str) -> Value;

    /// Writes what survives a restart beside what others write. Holds secrets.
    fn snapshot(&self, world: &World, to: &mut Members);

    /// Puts back what [`Self::snapshot`] wrote. The company is there already.
    ///
    /// # Errors
    /// Where a member is not of its form.
    fn restore(&self, world: &mut World, from: &mut Members) -> serde_json::Result<()>;

    /// Its settings, by their public names.
    fn settings(&self, world: &World) -> Members;

    /// Replaces all settings.
    ///
    /// # Errors
    /// Says which member is not of its form; nothing is changed then.
    fn set(&self, world: &mut World, settings: Members) -> serde_json::Result<()>;

    /// The tokens that it has given, of each of its secrets.
    fn tokens<'a>(&self, world: &'a mut World) -> Vec<&'a mut TokenStore>;

    /// How many different tokens it has given to the application.
    fn issued(&self, world: &World) -> u64;

    /// What it counts of messages, for the overview of the sandbox: a name and how many.
    fn overview(&self, world: &World) -> (&'static str, usize);

    /// Does what is due by `now`, each at the time it was due.
    fn settle(&self, _: &mut World, _now: i64) {}

    /// Looks after connections that are open; called every few milliseconds.
    fn tick(&self, _: &mut World, _now: i64) {}

    /// The company changed: whoever subscribed is told.
    fn on_change(&self, _: &mut World, _: &Change, _at: i64) {}

    /// A person has read the message of this id.
    fn on_read(&self, _: &mut World, _: PersonId, _source: &str, _now: i64) {}
}
