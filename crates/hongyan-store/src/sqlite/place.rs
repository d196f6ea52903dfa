//! Where a store lies: whose its file is, and whether file and log are still what was opened.
//!
//! SQLite writes on happily into a file that was deleted or renamed under it; the next start finds nothing of that. So
//! the writer looks before each group and again before it acknowledges one: three system calls beside an fsync.

use crate::error::{Error, Result};
use rusqlite::Connection;
use std::{
    collections::BTreeSet,
    ffi::OsString,
    fs::{self, File, Metadata, OpenOptions, Permissions, TryLockError},
    io,
    os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// For the owner alone: the store holds messages, addresses and the hashes of keys.
const MODE: u32 = 0o600;
/// Links that are followed by hand before the path is called circular.
const LINKS: usize = 40;
/// The first bytes of a log, without the bit that tells the order of its checksums' bytes.
const LOG_MAGIC: u32 = 0x377f_0682;

/// The path without links, so that all names of a store share one lock and one log.
pub(crate) fn real(path: &Path) -> Result<PathBuf> {
    let failed = |error: io::Error| Error::from(error).at(path.display());
    let mut target = path.to_owned();
    for _ in 0..LINKS {
        // What is no link, or is not there yet, is the file itself.
        let Ok(next) = fs::read_link(&target) else { break };
        target = target.parent().unwrap_or(Path::new("")).join(next);
    }
    let name = target.file_name().ok_or_else(|| failed(io::ErrorKind::InvalidInput.into()))?;
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Ok(fs::canonicalize(folder).map_err(failed)?.join(name))
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    PathBuf::from(name)
}

/// Device and number: what a file is called by, whatever its names.
type Inode = (u64, u64);

fn inode(metadata: &Metadata) -> Inode {
    (metadata.dev(), metadata.ino())
}

/// Stores that this process has open. Asked before the file's own lock is tried: to close a second handle on a file
/// takes SQLite's locks on it away, and they are the whole process's.
static OPEN: Mutex<BTreeSet<Inode>> = Mutex::new(BTreeSet::new());

fn open_here() -> MutexGuard<'static, BTreeSet<Inode>> {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The file is this process's while this is held; the system lets go of it when the process ends, however it ends.
///
/// Held by two locks: one beside the file, and on Linux one on the file itself, which holds over hard links and over
/// somebody who removes the first. Elsewhere the second kind would meet SQLite's own locks.
#[derive(Debug)]
pub(crate) struct Lock {
    inode: Inode,
    _file: Option<File>,
    _beside: File,
}

impl Drop for Lock {
    fn drop(&mut self) {
        open_here().remove(&self.inode);
    }
}

/// What was found where a store is to be opened.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) lock: Lock,
    /// There was no store, or an empty file.
    is_new: bool,
    /// A gateway had a store here before.
    was_here: bool,
    /// Bytes of the log that was left behind; `None` when there was none.
    log_bytes: Option<u64>,
}

/// Takes the file for this process, making an empty one when there is none.
pub(crate) fn take(path: &Path) -> Result<Found> {
    let lock_file = beside(path, ".lock");
    let was_here = lock_file.exists();
    let beside_it = open_file(&lock_file)?;
    try_lock(&beside_it, path)?;
    let bytes = |path: &Path| fs::metadata(path).ok().map(|metadata| metadata.len());
    let log_bytes = bytes(&beside(path, "-wal"));
    let is_new = bytes(path).unwrap_or_default() == 0;
    if is_new && log_bytes.is_some_and(|bytes| bytes > 0) {
        return Err(Error::new(format_args!(
            "{0}: the store is missing or empty, but its log {0}-wal is there and holds what was accepted last: put the \
             store's file back beside it, or move the log away to begin anew",
            path.display()
        )));
    }
    let there = || fs::metadata(path).map(|metadata| inode(&metadata));
    let known = there().ok();
    if known.is_some_and(|inode| open_here().contains(&inode)) {
        return Err(taken(path));
    }
    let file = open_file(path)?;
    let file = if cfg!(target_os = "linux") {
        match file.try_lock() {
            Ok(()) => Some(file),
            Err(TryLockError::WouldBlock) => return Err(taken(path)),
            // A file system without such locks: the one beside it holds.
            Err(TryLockError::Error(error)) => {
                tracing::debug!(%error, "the store's file cannot be locked itself");
                Some(file)
            }
        }
    } else {
        Some(file)
    };
    let inode = there().map_err(|error| Error::from(error).at(path.display()))?;
    open_here().insert(inode);
    let lock = Lock { inode, _file: file, _beside: beside_it };
    for ending in ["-wal", "-shm"] {
        restrict(&beside(path, ending));
    }
    Ok(Found { lock, is_new, was_here, log_bytes })
}

fn taken(path: &Path) -> Error {
    Error::new(format_args!(
        "{}: another gateway has this store open: stop it first, or give this one a file of its own",
        path.display()
    ))
}

fn try_lock(file: &File, path: &Path) -> Result<()> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(taken(path)),
        Err(TryLockError::Error(error)) => Err(Error::from(error).at(format_args!("{}.lock", path.display()))),
    }
}

fn open_file(path: &Path) -> Result<File> {
    let file = OpenOptions::new().create(true).truncate(false).read(true).write(true).mode(MODE).open(path);
    let file = file.map_err(|error| Error::from(error).at(path.display()))?;
    restrict(path);
    Ok(file)
}

/// Takes a file away from all but its owner. SQLite gives log and index the file's own mode when it makes them.
fn restrict(path: &Path) {
    let Ok(metadata) = fs::metadata(path) else { return };
    if metadata.permissions().mode() & 0o077 == 0 {
        return;
    }
    if let Err(error) = fs::set_permissions(path, Permissions::from_mode(MODE)) {
        tracing::warn!(file = %path.display(), %error, "others may read the store: give its files to the gateway's user");
    }
}

/// What was found at a start that somebody should know of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// A gateway had a store here, and this one is new: messages, ledger and keys that were handed out are not in it.
    NewWhereOneWas,
    /// The store was not closed, and its log is missing: what was accepted and settled last may be lost.
    LogMissing,
}

impl Notice {
    /// A sentence in English and one in Chinese.
    #[must_use]
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::NewWhereOneWas => (
                "there was a store here and it is gone: this one is NEW AND EMPTY, and API keys that were handed out do \
                 not open it. If the file was moved, stop, put it back and start again",
                "此处原有的存储已不存在：当前存储是全新且空的，之前发放的 API 密钥均无效。如果文件被移走，请停止网关、放回文件后再启动",
            ),
            Self::LogMissing => (
                "the store was not closed and its log (-wal) is MISSING: what was accepted, sent and settled last may be \
                 lost, unless another program opened the store since and wrote the log into it",
                "存储上次未正常关闭，且其日志文件（-wal）缺失：最近接收、发送和记录的内容可能已丢失，除非此后有其他程序打开存储并写入了日志",
            ),
        }
    }
}

/// Marks the store as open, and says what an earlier end has cost.
///
/// The mark goes into the file itself, past the log: when the log is deleted, the mark is what is left to tell.
pub(crate) fn mark_open(connection: &Connection, path: &Path, found: &Found) -> Result<Vec<Notice>> {
    let opened_as: Option<String> = connection.query_row("SELECT opened_as FROM state", [], |row| row.get(0))?;
    let name = path.display().to_string();
    let mut notices = Vec::new();
    if found.is_new && found.was_here {
        notices.push(Notice::NewWhereOneWas);
    }
    if let Some(earlier) = opened_as
        && found.log_bytes.unwrap_or_default() == 0
    {
        let elsewhere = PathBuf::from(&earlier);
        if elsewhere != path && fs::metadata(beside(&elsewhere, "-wal")).is_ok_and(|log| log.len() > 0) {
            return Err(Error::new(format_args!(
                "{name}: the log of this store is beside its other name, {earlier}: open it by that one"
            )));
        }
        notices.push(Notice::LogMissing);
    }
    for notice in &notices {
        tracing::error!(store = name, "{}", notice.words().0);
    }
    connection.execute("UPDATE state SET opened_as = ?1", [&name])?;
    connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
    Ok(notices)
}

/// Marks the store as closed in order.
pub(crate) fn mark_closed(connection: &Connection) -> Result<()> {
    connection.execute("UPDATE state SET opened_as = NULL", [])?;
    Ok(())
}

/// The file and the log that were opened.
#[derive(Debug)]
pub(crate) struct Place {
    path: PathBuf,
    log_path: PathBuf,
    file: Inode,
    log: Inode,
    log_file: File,
    seen: Mutex<Seen>,
}

/// What the last look found.
#[derive(Debug, Default)]
struct Seen {
    file_bytes: u64,
    log_bytes: u64,
    /// What was emptied stays so, whatever it looks like later.
    emptied: bool,
    is_said: bool,
}

impl Place {
    /// Remembers what `connection`, which has written, has open.
    pub(crate) fn of(path: &Path) -> Result<Self> {
        let log_path = beside(path, "-wal");
        let failed = |error: io::Error| Error::from(error).at(path.display());
        let file = fs::metadata(path).map_err(failed)?;
        // The log bears none of SQLite's locks: to open and close it takes none away.
        let log_file = File::open(&log_path).map_err(failed)?;
        let log = log_file.metadata().map_err(failed)?;
        let seen = Seen { file_bytes: file.len(), log_bytes: log.len(), ..Seen::default() };
        Ok(Self {
            path: path.to_owned(),
            log_path,
            file: inode(&file),
            log: inode(&log),
            log_file,
            seen: Mutex::new(seen),
        })
    }

    /// Fails when what is written now would not be found at the next start.
    pub(crate) fn verify(&self, connection: &Connection) -> Result<()> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let looked = self.look(&mut seen, connection);
        match &looked {
            Err(error) if !seen.is_said => {
                tracing::error!(%error, "the store is not usable: nothing more is accepted");
                if !seen.emptied && self.verify_file().is_ok() {
                    self.save(connection);
                }
            }
            Ok(()) if seen.is_said => tracing::info!(store = %self.path.display(), "the store is back"),
            _ => {}
        }
        seen.is_said = looked.is_err();
        looked
    }

    fn look(&self, seen: &mut Seen, connection: &Connection) -> Result<()> {
        let file = same(&self.path, self.file)?;
        let log = same(&self.log_path, self.log)?;
        if file.len() < seen.file_bytes {
            // Who vacuums the store makes it smaller, and SQLite knows.
            let pages: u64 = connection.query_row("PRAGMA page_count", [], |row| row.get(0))?;
            let page_bytes: u64 = connection.query_row("PRAGMA page_size", [], |row| row.get(0))?;
            seen.emptied |= file.len() < pages * page_bytes;
        }
        // A log is cut to its limit, or by somebody's checkpoint to nothing; what is written to it then has a head.
        let cut =
            log.len() < seen.log_bytes && log.len() > 0 && log.len() < super::schema::WAL_LIMIT_BYTES.unsigned_abs();
        seen.emptied |= cut || (log.len() > 0 && !self.log_has_head());
        if seen.emptied {
            return Err(Error::gone(format_args!("{}: the file or its log was emptied", self.path.display())));
        }
        (seen.file_bytes, seen.log_bytes) = (file.len(), log.len());
        Ok(())
    }

    /// The log's length on the disk.
    pub(crate) fn log_bytes(&self) -> u64 {
        self.log_file.metadata().map_or(0, |log| log.len())
    }

    fn log_has_head(&self) -> bool {
        let mut head = [0; 4];
        self.log_file.read_exact_at(&mut head, 0).is_ok() && u32::from_be_bytes(head) & !1 == LOG_MAGIC
    }

    /// Fails when another file, or none, is where the store was.
    pub(crate) fn verify_file(&self) -> Result<()> {
        same(&self.path, self.file).map(drop)
    }

    /// The log alone is gone, and this process still has it open: what it holds goes into the file.
    fn save(&self, connection: &Connection) {
        let saved = connection.query_row("PRAGMA wal_checkpoint(FULL)", [], |row| row.get::<_, i64>(0));
        match saved {
            Ok(0) => tracing::warn!(store = %self.path.display(), "what the deleted log held is in the file now"),
            Ok(_) => tracing::error!(store = %self.path.display(), "what the deleted log held is not in the file"),
            Err(error) => tracing::error!(%error, "what the deleted log held is not in the file"),
        }
    }
}

/// The file at a path, while it is the one that was opened.
fn same(path: &Path, opened: Inode) -> Result<Metadata> {
    match fs::metadata(path) {
        Ok(found) if inode(&found) == opened => Ok(found),
        Ok(_) => Err(Error::gone(format_args!("{}: another file is in its place", path.display()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(Error::gone(format_args!("{}: deleted or renamed", path.display())))
        }
        Err(error) => Err(Error::gone(format_args!("{}: {error}", path.display()))),
    }
}
