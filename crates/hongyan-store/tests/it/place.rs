//! The file and its log: whose they are, who may read them, and what is said when they are gone.

use crate::Folder;
use hongyan_core::{Admin, Ledger, Obstacle, Queue, StoreError};
use hongyan_store::{
    Notice, Options, Sqlite,
    contract::{Maker, NOW, Stand, put},
};
use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

fn obstacle<T: std::fmt::Debug>(outcome: Result<T, StoreError>) -> Obstacle {
    match outcome {
        Err(StoreError::Unavailable(obstacle, _)) => obstacle,
        other => panic!("expected an obstacle, not {other:?}"),
    }
}

fn log(folder: &Folder) -> PathBuf {
    folder.0.join("outbox.db-wal")
}

#[tokio::test]
async fn nothing_is_acknowledged_into_a_file_that_the_next_start_will_not_find() {
    type Trouble = fn(&Folder);
    let troubles: [(&str, Trouble); 9] = [
        ("file deleted", |folder| fs::remove_file(folder.file()).unwrap()),
        ("file renamed", |folder| fs::rename(folder.file(), folder.0.join("old.db")).unwrap()),
        ("file replaced", |folder| {
            let copy = folder.0.join("copy.db");
            fs::copy(folder.file(), &copy).unwrap();
            fs::rename(copy, folder.file()).unwrap();
        }),
        ("file emptied", |folder| fs::File::create(folder.file()).map(drop).unwrap()),
        ("log deleted", |folder| fs::remove_file(log(folder)).unwrap()),
        ("log renamed", |folder| fs::rename(log(folder), folder.0.join("old-wal")).unwrap()),
        ("log emptied", |folder| fs::File::create(log(folder)).map(drop).unwrap()),
        ("log cut", |folder| fs::File::options().write(true).open(log(folder)).unwrap().set_len(4_200).unwrap()),
        ("folder renamed", |folder| {
            let mut away = folder.0.clone();
            away.set_extension("away");
            fs::rename(&folder.0, away).unwrap();
        }),
    ];
    for (name, trouble) in troubles {
        let (folder, make) = (Folder::make(), Maker::default());
        let store = folder.open();
        put(&store, make.message("ding", &["li"])).await;
        put(&store, make.message("ding", &["li"])).await;
        trouble(&folder);
        assert_eq!(obstacle(store.accept(vec![make.message("ding", &["li"])]).await), Obstacle::Gone, "{name}");
        assert_eq!(obstacle(store.check_writable(NOW).await), Obstacle::Gone, "{name}");
        assert_eq!(obstacle(store.claim("ding", NOW, NOW, 1).await), Obstacle::Gone, "{name}");
        drop(store);
        let mut away = folder.0.clone();
        away.set_extension("away");
        if away.exists() {
            fs::rename(away, &folder.0).unwrap();
        }
    }
}

#[tokio::test]
async fn another_store_in_the_files_place_is_not_read() {
    let (folder, other, make) = (Folder::make(), Folder::make(), Maker::default());
    drop(other.open());
    let store = folder.open();
    let id = put(&store, make.message("ding", &["li"])).await;
    fs::rename(other.file(), folder.file()).unwrap();
    assert_eq!(obstacle(store.message(id).await), Obstacle::Gone);
}

#[tokio::test]
async fn a_file_that_was_put_back_is_used_again() {
    let (folder, make) = (Folder::make(), Maker::default());
    let store = folder.open();
    let away = folder.0.join("away.db");
    fs::rename(folder.file(), &away).unwrap();
    assert_eq!(obstacle(store.check_writable(NOW).await), Obstacle::Gone);
    fs::rename(&away, folder.file()).unwrap();
    let id = put(&store, make.message("ding", &["li"])).await;
    drop(store);
    assert!(folder.open().message(id).await.unwrap().is_some());
}

#[tokio::test]
async fn somebody_elses_checkpoint_and_vacuum_are_no_trouble() {
    let (folder, make) = (Folder::make(), Maker::default());
    let store = folder.open();
    put(&store, make.message("ding", &["li"])).await;
    let other = rusqlite::Connection::open(folder.file()).unwrap();
    for sql in ["PRAGMA wal_checkpoint(TRUNCATE)", "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"] {
        other
            .query_row(sql, [], |_| Ok(()))
            .or_else(|error| match error {
                rusqlite::Error::QueryReturnedNoRows => Ok(()),
                error => Err(error),
            })
            .unwrap();
        put(&store, make.message("ding", &["li"])).await;
    }
}

#[tokio::test]
async fn what_was_acknowledged_before_the_log_was_deleted_is_saved() {
    let (folder, make) = (Folder::make(), Maker::default());
    let store = folder.open();
    let id = put(&store, make.message("ding", &["li"])).await;
    fs::remove_file(log(&folder)).unwrap();
    assert_eq!(obstacle(store.check_writable(NOW).await), Obstacle::Gone);
    // As it is on disk at this moment, as after a kill.
    let after = Folder::make();
    fs::copy(folder.file(), after.file()).unwrap();
    let started = after.open();
    assert!(started.message(id).await.unwrap().is_some());
    assert_eq!(started.notices(), [Notice::LogMissing]);
}

#[tokio::test]
async fn a_missing_log_is_said_after_a_kill_and_not_after_a_close() {
    let (folder, make) = (Folder::make(), Maker::default());
    let store = folder.open();
    put(&store, make.message("ding", &["li"])).await;
    let killed = Folder::make();
    fs::copy(folder.file(), killed.file()).unwrap();
    drop(store);
    assert!(folder.open().notices().is_empty(), "closed in order, its log went into the file");
    assert_eq!(killed.open().notices(), [Notice::LogMissing]);
    assert!(killed.open().notices().is_empty(), "it is said once");
}

#[tokio::test]
async fn a_tool_after_a_kill_leaves_the_log_for_the_next_start() {
    let (folder, make) = (Folder::make(), Maker::default());
    let store = folder.open();
    let id = put(&store, make.message("ding", &["li"])).await;
    let killed = Folder::make();
    for ending in ["", "-wal"] {
        let name = format!("outbox.db{ending}");
        fs::copy(folder.0.join(&name), killed.0.join(&name)).unwrap();
    }
    drop(Sqlite::open_shared(&killed.file(), Options::default()).unwrap());
    let started = killed.open();
    assert!(started.notices().is_empty());
    assert!(started.message(id).await.unwrap().is_some());
}

#[test]
fn a_new_store_where_one_was_is_said() {
    let folder = Folder::make();
    assert!(folder.open().notices().is_empty());
    fs::remove_file(folder.file()).unwrap();
    assert_eq!(folder.open().notices(), [Notice::NewWhereOneWas]);
    fs::File::create(folder.file()).unwrap();
    assert_eq!(folder.open().notices(), [Notice::NewWhereOneWas]);
}

#[tokio::test]
async fn a_log_without_its_store_is_left_alone() {
    let (folder, make) = (Folder::make(), Maker::default());
    let store = folder.open();
    put(&store, make.message("ding", &["li"])).await;
    let left = Folder::make();
    fs::copy(log(&folder), log(&left)).unwrap();
    let error = Sqlite::open(&left.file(), Options::default()).unwrap_err().to_string();
    assert!(error.contains("-wal"), "{error}");
    assert!(fs::metadata(log(&left)).unwrap().len() > 0);
}

#[test]
fn a_store_is_its_owners_alone() {
    let folder = Folder::make();
    for name in ["outbox.db", "outbox.db.lock"] {
        fs::File::create(folder.0.join(name)).unwrap();
        fs::set_permissions(folder.0.join(name), fs::Permissions::from_mode(0o644)).unwrap();
    }
    let store = folder.open();
    let mut seen = Vec::new();
    for entry in fs::read_dir(&folder.0).unwrap() {
        let entry = entry.unwrap();
        seen.push(entry.file_name().into_string().unwrap());
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{seen:?}");
    }
    seen.sort();
    assert_eq!(seen, ["outbox.db", "outbox.db-shm", "outbox.db-wal", "outbox.db.lock"]);
    drop(store);
}

/// The child opens the file that this names; set only by the parent.
const FILE: &str = "HONGYAN_STORE_OPEN_TEST";

/// The child: says whether it could open the store. A test by form only.
#[test]
fn child_that_opens() {
    let Some(file) = std::env::var_os(FILE) else { return };
    match Sqlite::open(Path::new(&file), Options::default()) {
        Ok(_) => println!("\nopened"),
        Err(error) => println!("\nrefused: {error}"),
    }
}

/// What another process says when it opens a store.
fn opened_elsewhere(file: &Path) -> String {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["place::child_that_opens", "--exact", "--nocapture", "--test-threads=1"])
        .env(FILE, file)
        .stderr(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    said.lines().find(|line| line.starts_with("opened") || line.starts_with("refused")).unwrap().to_owned()
}

#[test]
fn one_gateway_has_a_store_by_whatever_name() {
    let folder = Folder::make();
    let store = folder.open();
    let elsewhere = Folder::make();
    let (link, hard, folder_link) =
        (elsewhere.0.join("link.db"), elsewhere.0.join("hard.db"), elsewhere.0.join("folder"));
    symlink(folder.file(), &link).unwrap();
    fs::hard_link(folder.file(), &hard).unwrap();
    symlink(&folder.0, &folder_link).unwrap();
    for name in [folder.file(), link.clone(), hard, folder_link.join("outbox.db")] {
        let said = opened_elsewhere(&name);
        assert!(said.contains("another gateway"), "{}: {said}", name.display());
        let here = Sqlite::open(&name, Options::default()).unwrap_err().to_string();
        assert!(here.contains("another gateway"), "{}: {here}", name.display());
    }
    fs::remove_file(folder.0.join("outbox.db.lock")).unwrap();
    let said = opened_elsewhere(&folder.file());
    assert!(said.contains("another gateway"), "without the lock file: {said}");
    drop(store);
    assert_eq!(opened_elsewhere(&link), "opened");
    assert!(!elsewhere.0.join("link.db-wal").exists(), "one store, one log");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_another_process_keeps_locked_is_said_to_be() {
    let (folder, make) = (Folder::make(), Maker::default());
    let store = folder.open();
    let other = rusqlite::Connection::open(folder.file()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_eq!(obstacle(store.accept(vec![make.message("ding", &["li"])]).await), Obstacle::Locked);
    assert_eq!(obstacle(store.check_writable(NOW).await), Obstacle::Locked);
    other.execute_batch("COMMIT").unwrap();
    put(&store, make.message("ding", &["li"])).await;
}
