//! What a store answers where it did not do what it was asked.

/// Why a store did not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The hand-off to the writer is full; nothing was taken. Try again shortly.
    #[error("the store is busy: try again shortly")]
    Busy,
    /// There is no room for another file.
    #[error("the store has no room for another file")]
    Full,
    /// The store as a whole cannot be used now; nothing is acknowledged while that lasts. What was asked may or may not
    /// have been written.
    #[error("the store cannot be used, {0}: {1}")]
    Unavailable(Obstacle, String),
    /// The store did not do this one thing; what was asked may or may not have been written.
    #[error("the store failed: {0}")]
    Failed(String),
}

/// What stands between a store and its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Obstacle {
    /// The disk, or the quota on it, is full.
    Full,
    /// The file or its disk can only be read.
    ReadOnly,
    /// Another process holds the file's write lock.
    Locked,
    /// The file, its log or its folder was deleted, renamed, replaced or emptied while the store was open.
    Gone,
    /// Reading or writing fails.
    Broken,
}

impl Obstacle {
    /// Every obstacle.
    pub const EVERY: &[Self] = &[Self::Full, Self::ReadOnly, Self::Locked, Self::Gone, Self::Broken];

    /// What it is, in English and in Chinese.
    #[must_use]
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Full => ("its disk is full", "磁盘已满"),
            Self::ReadOnly => ("its file can only be read", "文件只读"),
            Self::Locked => ("another process has locked its file", "文件被其他进程锁定"),
            Self::Gone => (
                "its file or log was deleted, renamed, replaced or emptied: put it back, or start the gateway anew",
                "文件或日志被删除、改名、替换或清空：请恢复原文件，或重启网关",
            ),
            Self::Broken => ("its file cannot be read or written", "文件无法读写"),
        }
    }
}

impl std::fmt::Display for Obstacle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.words().0)
    }
}
