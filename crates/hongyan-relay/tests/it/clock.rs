//! The wall clock is set, under a relay that runs and before one starts: no row waits for the size of the step.

use crate::fake::{Fake, Folder, Trouble};
use hongyan_core::{Clock, Tick, Time, clock::System};
use hongyan_relay::{Change, Options, Row, relay};
use serde_json::json;
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::watch;

const DAY_MS: i64 = 86_400_000;

/// The machine's clock, off by so many milliseconds.
struct Off(AtomicI64);

impl Clock for Off {
    fn now(&self) -> Time {
        Time::from_millis(System.now().millis() + self.0.load(Ordering::SeqCst))
    }

    fn tick(&self) -> Tick {
        System.tick()
    }
}

async fn until(folder: &Folder, what: &str, done: impl Fn(&Row) -> bool) {
    let table = folder.table("wal");
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let row = table.status("order-1").unwrap().unwrap();
        if done(&row) {
            return;
        }
        assert!(Instant::now() < deadline, "not {what} in time: {row:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A relay that has handed its row over and waits for the next look; then `set` sets the clock, and the message is sent.
async fn settles(before_ms: i64, restarts: bool) {
    let (folder, (fake, gateway)) = (Folder::new(), Fake::start().await);
    folder.table("wal").put("{}", Some("order-1")).unwrap();
    let pending = json!({"state": "pending", "recipients": {"pending": 1},
                         "deliveries": [{"account": "mail", "state": "pending", "due": null}]});
    fake.order(Trouble { shows: Some(pending), ..Trouble::default() });
    let clock = Arc::new(Off(AtomicI64::new(before_ms)));
    let options = Options { clock: Arc::clone(&clock) as Arc<dyn Clock>, ..Options::default() };
    let run = |stop| {
        let (table, gateway, options) = (folder.table("wal"), gateway.clone(), options.clone());
        tokio::spawn(async move { relay(table, &gateway, &options, stop, |_: &Change| ()).await })
    };
    let (mut go, stop) = watch::channel(false);
    let mut running = run(stop);
    until(&folder, "handed over", |row| row.message_id.is_some() && row.state == "pending").await;
    // A look has been made, and the next is due later.
    tokio::time::sleep(Duration::from_millis(600)).await;
    if restarts {
        go.send(true).unwrap();
        running.await.unwrap().unwrap();
        clock.0.store(0, Ordering::SeqCst);
        let stop;
        (go, stop) = watch::channel(false);
        running = run(stop);
    }
    clock.0.store(0, Ordering::SeqCst);
    fake.order(Trouble::default());
    until(&folder, "settled", |row| row.settled && row.state == "sent").await;
    go.send(true).unwrap();
    running.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_set_back_under_a_relay_keeps_no_row() {
    settles(DAY_MS, false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_set_forward_under_a_relay_ends_no_row() {
    settles(-DAY_MS * 4, false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_down_while_the_clock_was_ahead_is_looked_at_at_the_next_start() {
    settles(DAY_MS, true).await;
}
