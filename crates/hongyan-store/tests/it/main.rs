//! The contract against SQLite, and what only a store in a file has.

mod file;
mod keys;
mod kill;
mod odd;
mod place;

use hongyan_core::StoreError;
use hongyan_store::{AskedAgain, Failing, Options, Sqlite, contract::Stand};
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

#[test]
fn every_case_of_the_contract_is_run() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/contract");
    let list = std::fs::read_to_string(folder.join("mod.rs")).unwrap();
    let mut cases = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let source = std::fs::read_to_string(file.unwrap().path()).unwrap();
        for line in source.lines().filter(|line| line.starts_with("pub async fn ") && line.contains("(stand:")) {
            let name = line.trim_start_matches("pub async fn ").split('(').next().unwrap();
            assert!(list.lines().any(|line| line.trim() == name), "{name} is in no list of mod.rs");
            cases += 1;
        }
    }
    assert!(cases > 70, "{cases}");
}

mod sqlite {
    hongyan_store::store_contract!(super::Folder);
}

/// A store that refuses every third call, then two in a row, used by callers who ask again.
struct Busy(Folder);

impl Stand for Busy {
    type Store = AskedAgain<Failing<Sqlite>>;

    fn fresh() -> Self {
        Self(Folder::make())
    }

    fn open(&self) -> Self::Store {
        let busy = || Some(StoreError::Busy);
        AskedAgain(Failing::over(self.0.open()).failing_in_turn(vec![None, None, busy(), None, busy(), busy()]))
    }
}

mod busy {
    hongyan_store::store_contract!(super::Busy);
}
