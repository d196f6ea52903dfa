//! What survives a restart: credentials, tokens, the company, groups and their robots, callbacks and how far the clock
//! was moved, in one file.
//!
//! The file holds secrets and is its owner's alone. It is replaced as a whole, so that a crash leaves the old one or
//! the new one. Messages, tasks, counters, trouble and what is on its way to receivers end with the process.

use crate::{
    Hub,
    clock::Clock,
    dingtalk::{groups::Groups, hook::Hooks},
    options::Credentials,
    route::enter,
    wecom::{Chats, Robots},
    world::{World, callback::Set, company::Roll, token::TokenStore},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{
    fs::{self, File},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// The only version there is.
const VERSION: u32 = 1;
/// How often it is looked whether something changed.
const EVERY: Duration = Duration::from_secs(2);

/// The file's content, as it is read. No `Debug`: it holds secrets.
#[derive(Deserialize)]
#[serde(default)]
pub(crate) struct Snapshot {
    version: u32,
    moved_ms: i64,
    /// As an object: those that a later version adds are made anew.
    credentials: Value,
    dingtalk_token: TokenStore,
    wecom_token: TokenStore,
    wecom_contacts_token: TokenStore,
    callbacks: Set,
    company: Option<Roll>,
    groups: Groups,
    hooks: Hooks,
    chats: Chats,
    robots: Robots,
}

/// The file's content, as it is written. No `Debug`: it holds secrets.
#[derive(Serialize)]
struct Picture<'a> {
    version: u32,
    moved_ms: i64,
    credentials: &'a Credentials,
    dingtalk_token: &'a TokenStore,
    wecom_token: &'a TokenStore,
    wecom_contacts_token: &'a TokenStore,
    callbacks: Set,
    company: Roll,
    groups: &'a Groups,
    hooks: &'a Hooks,
    chats: &'a Chats,
    robots: &'a Robots,
}

impl Default for Snapshot {
    fn default() -> Self {
        Self {
            version: VERSION,
            moved_ms: 0,
            credentials: Value::Null,
            dingtalk_token: TokenStore::default(),
            wecom_token: TokenStore::default(),
            wecom_contacts_token: TokenStore::default(),
            callbacks: Set::default(),
            company: None,
            groups: Groups::default(),
            hooks: Hooks::default(),
            chats: Chats::default(),
            robots: Robots::default(),
        }
    }
}

impl Snapshot {
    /// Reads a file; a missing one is as good as an empty one.
    ///
    /// # Errors
    /// It cannot be read, or is not ours. The words quote nothing of it.
    pub(crate) fn read(path: &Path) -> io::Result<Self> {
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(error),
        };
        let bad = |words: String| io::Error::new(io::ErrorKind::InvalidData, words);
        let snapshot: Self = serde_json::from_slice(&bytes)
            .map_err(|error| bad(format!("not a sandbox's state: line {}, column {}", error.line(), error.column())))?;
        if snapshot.version != VERSION {
            return Err(bad(format!("a sandbox's state of version {}, not {VERSION}", snapshot.version)));
        }
        Ok(snapshot)
    }

    /// Credentials as they were; those that the file does not know stay as given.
    pub(crate) fn credentials(&self, fresh: Credentials) -> Credentials {
        let Ok(Value::Object(mut all)) = serde_json::to_value(&fresh) else { return fresh };
        if let Value::Object(kept) = &self.credentials {
            all.extend(kept.iter().map(|(name, value)| (name.clone(), value.clone())));
        }
        serde_json::from_value(Value::Object(all)).unwrap_or(fresh)
    }

    /// Puts the rest back into a fresh world.
    pub(crate) fn restore(self, world: &mut World, clock: &Clock) {
        clock.advance_ms(self.moved_ms.try_into().unwrap_or(0));
        world.dingtalk.token = self.dingtalk_token;
        world.wecom.token = self.wecom_token;
        world.callbacks.restore(self.callbacks, &world.credentials);
        if let Some(roll) = self.company {
            world.company = roll.into();
            // Groups name their members by the company's numbers.
            if let Some(groups) = self.groups.restored(&world.company).filter(|groups| self.hooks.fit(groups.len())) {
                (world.dingtalk.groups, world.dingtalk.hooks) = (groups, self.hooks);
            }
        }
        world.wecom.contacts_token = self.wecom_contacts_token;
        (world.wecom.chats, world.wecom.robots) = (self.chats, self.robots);
    }
}

impl<'a> Picture<'a> {
    fn take(world: &'a World, clock: &Clock) -> Self {
        Self {
            version: VERSION,
            moved_ms: clock.moved_ms(),
            credentials: &world.credentials,
            dingtalk_token: &world.dingtalk.token,
            wecom_token: &world.wecom.token,
            wecom_contacts_token: &world.wecom.contacts_token,
            callbacks: world.callbacks.set(),
            company: Roll::of(&world.company),
            groups: &world.dingtalk.groups,
            hooks: &world.dingtalk.hooks,
            chats: &world.wecom.chats,
            robots: &world.wecom.robots,
        }
    }
}

/// The file, and what was written last.
pub(crate) struct StateFile {
    path: PathBuf,
    written: Mutex<Vec<u8>>,
}

impl StateFile {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, written: Mutex::default() }
    }

    /// Writes what changed.
    ///
    /// # Errors
    /// The system's; the file that was there stays.
    pub(crate) fn save(&self, hub: &Hub) -> io::Result<()> {
        let bytes = {
            let world = enter(&hub.world);
            serde_json::to_vec(&Picture::take(&world, &hub.clock))?
        };
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if *written == bytes {
            return Ok(());
        }
        let mut beside = self.path.clone().into_os_string();
        beside.push(".new");
        let beside = PathBuf::from(beside);
        // One left by a crash might be somebody else's to read.
        match fs::remove_file(&beside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = File::options().write(true).create_new(true).mode(0o600).open(&beside)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(&beside, &self.path)?;
        *written = bytes;
        Ok(())
    }
}

/// Saves what changed, now and then, until dropped.
pub(crate) async fn keep(hub: Arc<Hub>) {
    loop {
        tokio::time::sleep(EVERY).await;
        let hub = hub.clone();
        // A panic in there is the same as no file: nothing to do about it here.
        let _ = tokio::task::spawn_blocking(move || save(&hub)).await;
    }
}

/// Saves what changed; where that fails, says so and goes on.
pub(crate) fn save(hub: &Hub) {
    if let Some(Err(error)) = hub.state.as_ref().map(|state| state.save(hub)) {
        tracing::warn!(%error, "the sandbox's state was not saved");
    }
}
