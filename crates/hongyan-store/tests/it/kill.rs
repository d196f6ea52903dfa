//! Kill -9 of a process that accepts, claims and settles: what it had acknowledged is there.

use crate::Folder;
use hongyan_core::{Admin, DeliveryState, IdSource, Ledger, MessageId, Queue};
use hongyan_store::{
    Options, Sqlite,
    contract::{Maker, NOW, Stand, after, put, sent},
};
use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

/// Where the child finds its file; set only by the parent.
const FILE: &str = "HONGYAN_STORE_KILL_TEST";
const KILLS: u32 = 25;

/// The child: runs until it is killed. A test by form only, so that the parent can start this binary for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_that_is_killed() {
    let Some(file) = std::env::var_os(FILE) else { return };
    let store = Arc::new(Sqlite::open(Path::new(&file), Options::default()).unwrap());
    let ids = Arc::new(IdSource::after(store.last_id().await.unwrap()));
    for _ in 0..8 {
        let (store, ids) = (Arc::clone(&store), Arc::clone(&ids));
        tokio::spawn(async move {
            let make = Maker::default();
            loop {
                let mut message = make.message("ding", &["li", "wang"]);
                message.id = ids.next(NOW);
                say("accepted", put(&*store, message).await);
            }
        });
    }
    loop {
        let claims = store.claim("ding", NOW, after(60), 20).await.unwrap();
        let done: Vec<_> = claims.iter().map(|claim| claim.id).collect();
        store.settle(done.iter().map(|id| sent(*id)).collect()).await.unwrap();
        done.iter().for_each(|id| say("sent", id.message));
    }
}

/// One write per line, so that a kill leaves no half of a line before another.
fn say(what: &str, id: MessageId) {
    std::io::stdout().lock().write_all(format!("\n{what} {}\n", id.get()).as_bytes()).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_process_loses_nothing_that_it_acknowledged() {
    let folder = Folder::make();
    let (mut accepted, mut settled) = (0, 0);
    for kill in 0..KILLS {
        let said = run_and_kill(&folder, Duration::from_millis(u64::from(3 + kill * 37 % 90)));
        let store = folder.open();
        for (what, id) in &said {
            let message =
                store.message(*id).await.unwrap().unwrap_or_else(|| panic!("kill {kill}: {what} {id} is lost"));
            assert_eq!(message.recipients.values().sum::<u64>(), 2);
            if what == "sent" {
                assert_eq!(message.deliveries[0].state, DeliveryState::Sent, "kill {kill}: {id}");
                settled += 1;
            } else {
                accepted += 1;
            }
        }
        let wrong = store.check_integrity().await.unwrap();
        assert!(wrong.is_empty(), "kill {kill}: {wrong:?}");
        // Whatever was under way is handed out once, as orphans.
        let under_way: u64 =
            store.depths().await.unwrap().iter().filter(|row| row.1 == DeliveryState::Sending).map(|row| row.2).sum();
        let orphans = store.orphans("ding", NOW, after(60)).await.unwrap();
        assert_eq!(orphans.len() as u64, under_way);
        store.settle(orphans.iter().map(|claim| sent(claim.id)).collect()).await.unwrap();
    }
    assert!(accepted > 100 && settled > 20, "the child got to work: {accepted} accepted, {settled} settled");
}

/// What the child said before it was killed, `span` after its first word.
fn run_and_kill(folder: &Folder, span: Duration) -> Vec<(String, MessageId)> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["kill::child_that_is_killed", "--exact", "--nocapture", "--test-threads=1"])
        .env(FILE, folder.file())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).split(b'\n').map_while(Result::ok);
    let read = |line: Vec<u8>| {
        let line = String::from_utf8(line).ok()?;
        let (what, id) = line.split_once(' ')?;
        matches!(what, "accepted" | "sent").then(|| Some((what.to_owned(), MessageId::from_raw(id.parse().ok()?))))?
    };
    let mut said: Vec<_> = lines.by_ref().find_map(read).into_iter().collect();
    let killer = std::thread::spawn(move || {
        let start = Instant::now();
        while start.elapsed() < span {
            std::thread::sleep(Duration::from_millis(1));
        }
        child.kill().unwrap();
        child.wait().unwrap();
    });
    // The pipe is read to its end: the last line may be a part of one and is then no acknowledgement.
    said.extend(lines.filter_map(read));
    killer.join().unwrap();
    said
}
