//! Opening a store: the file, its lock, its threads.

use super::{
    Options, Sqlite,
    addressed::Runs,
    checkpoint::{self, Checkpointer, Gauge},
    place::{self, Place},
    readers::Readers,
    schema::{self, Role},
    writer::{Desk, Writer},
};
use crate::error::{Error, Result};
use hongyan_core::StoreError;
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// Page cache of the thread that only copies pages.
const COPY_CACHE_KIB: u32 = 512;

impl Sqlite {
    /// Opens a store to serve from it, making the file when there is none. Blocks while it does.
    ///
    /// The file is this process's until the store is dropped. Whatever was `sending` when the last process died is
    /// an orphan from now on.
    ///
    /// # Errors
    /// [`StoreError::Failed`] when another gateway has the file, when a newer version wrote it, or when it cannot
    /// be opened.
    pub fn open(path: &Path, options: Options) -> std::result::Result<Self, StoreError> {
        Ok(open(path, options, None)?)
    }

    /// Opens a store beside a gateway that may be serving from it, for a moment: for keys and look-ups.
    ///
    /// # Errors
    /// [`StoreError::Failed`], as [`Self::open`], except that another process may have it.
    pub fn open_shared(path: &Path, options: Options) -> std::result::Result<Self, StoreError> {
        Ok(open_shared(path, options)?)
    }

    /// A store of its own in the system's temporary folder, gone when it is dropped: for tests and demonstrations.
    ///
    /// # Errors
    /// [`StoreError::Failed`] when the folder cannot be made.
    pub fn temporary(options: Options) -> std::result::Result<Self, StoreError> {
        let folder = Folder::make().map_err(Error::from)?;
        Ok(open(&folder.0.join("outbox.db"), options, Some(folder))?)
    }
}

fn open(path: &Path, options: Options, folder: Option<Folder>) -> Result<Sqlite> {
    let path = &place::real(path)?;
    let found = place::take(path)?;
    let failed = |error: Error| error.at(path.display());
    let mut connection = schema::connect(path, Role::Writer, options.cache_kib).map_err(failed)?;
    checkpoint::cut_log(&connection);
    schema::migrate(&mut connection).map_err(failed)?;
    let notices = place::mark_open(&connection, path, &found).map_err(failed)?;
    connection.execute("UPDATE deliveries INDEXED BY sending SET lease = 0 WHERE lease IS NOT NULL", [])?;
    let place = Arc::new(Place::of(path)?);
    let checkpointer = Checkpointer::start(schema::connect(path, Role::Checkpointer, COPY_CACHE_KIB)?, &place)?;
    let gauge = checkpointer.gauge(&mut connection)?;
    let runs = Runs::read(&connection)?;
    Ok(Sqlite {
        readers: Readers::new(path.to_owned(), Arc::clone(&place)),
        writer: Writer::start(connection, options.accept_rows, Desk { runs, gauge, place, is_owner: true })?,
        files_bytes: options.files_bytes,
        clock: options.clock,
        _checkpointer: Some(checkpointer),
        notices,
        _lock: Some(found.lock),
        _folder: folder,
    })
}

fn open_shared(path: &Path, options: Options) -> Result<Sqlite> {
    let path = &place::real(path)?;
    let failed = |error: Error| error.at(path.display());
    let mut connection = schema::connect(path, Role::Guest, options.cache_kib).map_err(failed)?;
    schema::migrate(&mut connection).map_err(failed)?;
    let place = Arc::new(Place::of(path)?);
    let readers = Readers::new(path.to_owned(), Arc::clone(&place));
    let desk = Desk { runs: Runs::beside(), gauge: Gauge::default(), place, is_owner: false };
    Ok(Sqlite {
        writer: Writer::start(connection, options.accept_rows, desk)?,
        readers,
        files_bytes: options.files_bytes,
        clock: options.clock,
        _checkpointer: None,
        notices: Vec::new(),
        _lock: None,
        _folder: None,
    })
}

/// A folder that is removed when it is dropped.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    fn make() -> std::io::Result<Self> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        loop {
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let path = std::env::temp_dir().join(format!("hongyan-{}-{number}", std::process::id()));
            match std::fs::create_dir(&path) {
                Ok(()) => return Ok(Self(path)),
                // Left by an earlier process with this number.
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::debug!(%error, "could not remove a temporary store");
        }
    }
}
