//! What survives a restart: credentials, tokens, the company, groups and their robots, callbacks and how far the clock
//! was moved, in one file.
//!
//! The file holds secrets and is its owner's alone. It is replaced as a whole, so that a crash leaves the old one or
//! the new one. Messages, tasks, counters, trouble and what is on its way to receivers end with the process.

use crate::{
    clock::Clock,
    mail::Mail,
    world::{World, company::Roll, platform::Members},
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    fs::{self, File},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

/// The only version there is.
const VERSION: u32 = 1;

/// The file's content, as it is read. No `Debug`: it holds secrets.
#[derive(Deserialize)]
#[serde(default)]
pub(crate) struct Snapshot {
    version: u32,
    moved_ms: i64,
    /// Those that a later version adds are made anew.
    pub(crate) credentials: Members,
    company: Option<Roll>,
    /// What each platform wrote.
    #[serde(flatten)]
    platforms: Members,
}

impl Default for Snapshot {
    fn default() -> Self {
        Self { version: VERSION, moved_ms: 0, credentials: Members::new(), company: None, platforms: Members::new() }
    }
}

fn bad(words: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, words)
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
        let snapshot: Self = serde_json::from_slice(&bytes)
            .map_err(|error| bad(format!("not a sandbox's state: line {}, column {}", error.line(), error.column())))?;
        if snapshot.version != VERSION {
            return Err(bad(format!("a sandbox's state of version {}, not {VERSION}", snapshot.version)));
        }
        Ok(snapshot)
    }

    /// Puts everything but the credentials into a fresh world.
    ///
    /// # Errors
    /// A member is not of its form. The words quote nothing of it.
    pub(crate) fn restore(mut self, world: &mut World, clock: &Clock) -> io::Result<()> {
        clock.advance_ms(self.moved_ms.try_into().unwrap_or(0));
        if let Some(roll) = self.company {
            world.company = roll.into();
        }
        for platform in world.platforms {
            let restored = platform.restore(world, &mut self.platforms);
            restored.map_err(|_| bad(format!("not a sandbox's state: what {} wrote", platform.name())))?;
        }
        Ok(())
    }
}

/// Every credential, as the file keeps it.
pub(crate) fn credentials(world: &World, mail: &Mail) -> Members {
    let mut all: Members = world.platforms.iter().flat_map(|platform| platform.credentials(world)).collect();
    if let Ok(Value::Object(of_mail)) = serde_json::to_value(&mail.credentials) {
        all.extend(of_mail);
    }
    all
}

/// The file's content, as it is written.
///
/// # Errors
/// Something has no JSON.
pub(crate) fn picture(world: &World, mail: &Mail, clock: &Clock) -> serde_json::Result<Members> {
    let mut all = Members::new();
    all.insert("version".into(), json!(VERSION));
    all.insert("moved_ms".into(), json!(clock.moved_ms()));
    all.insert("credentials".into(), Value::Object(credentials(world, mail)));
    all.insert("company".into(), serde_json::to_value(Roll::of(&world.company))?);
    for platform in world.platforms {
        platform.snapshot(world, &mut all);
    }
    Ok(all)
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

    /// Writes what it is to hold, where that changed.
    ///
    /// # Errors
    /// The system's; the file that was there stays.
    pub(crate) fn write(&self, bytes: Vec<u8>) -> io::Result<()> {
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
