//! The contract against SQLite, and what only a store in a file has.

mod file;
mod keys;
mod kill;
mod odd;
mod place;

use hongyan_store::{Options, Sqlite, contract::Stand};
use std::path::{Path, PathBuf};

/// A folder of its own, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn make() -> Self {
        use std::sync::atomic::{AtomicU32, Ordering};
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("outbox.db")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

impl Stand for Folder {
    type Store = Sqlite;

    fn fresh() -> Self {
        Self::make()
    }

    fn open(&self) -> Sqlite {
        Sqlite::open(&self.file(), Options::default()).unwrap()
    }
}

mod sqlite {
    hongyan_store::outbox_contract!(super::Folder);
    hongyan_store::library_contract!(super::Folder);
}
