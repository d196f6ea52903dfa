//! Who is connected, and for how long each has let the gateway wait: idle, sending slowly, or not reading.

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use std::{
    collections::HashMap,
    pin::Pin,
    sync::{
        Arc, LazyLock, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};
use tokio::{sync::Notify, time::Instant};

/// Nobody is sent away who has let the gateway wait for less.
const GRACE: Duration = Duration::from_millis(500);

/// Since when, in milliseconds and one more; 0 while the gateway is at work for the client.
type Since = u64;

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

fn now() -> Since {
    u64::try_from(START.elapsed().as_millis()).unwrap_or(u64::MAX).saturating_add(1)
}

/// Everybody who is connected.
#[derive(Default)]
pub(super) struct Clients {
    // A std mutex: never held across await.
    open: Mutex<HashMap<u64, Presence>>,
    next: AtomicU64,
}

/// One connection's client, until it is dropped.
pub(super) struct Client {
    of: Arc<Clients>,
    number: u64,
    presence: Presence,
}

/// Whether a client lets the gateway wait.
#[derive(Clone, Default)]
pub(super) struct Presence(Arc<State>);

#[derive(Default)]
struct State {
    /// When the request under way began.
    asked: AtomicU64,
    waits_since: AtomicU64,
    leave: Notify,
}

impl Clients {
    pub(super) fn enter(self: &Arc<Self>) -> Client {
        let presence = Presence::default();
        presence.waits_for_client();
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.open.lock().unwrap_or_else(PoisonError::into_inner).insert(number, presence.clone());
        Client { of: Arc::clone(self), number, presence }
    }

    /// Asks whoever has let the gateway wait longest to leave; nobody while all are being worked for, or new.
    pub(super) fn make_room(&self) {
        let before = now().saturating_sub(u64::try_from(GRACE.as_millis()).unwrap_or(u64::MAX));
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = open.values().filter_map(|one| one.waits_since().map(|since| (since, one)));
        if let Some((since, longest)) = waiting.min_by_key(|(since, _)| *since)
            && since <= before
        {
            longest.0.leave.notify_one();
        }
    }
}

impl Client {
    pub(super) fn presence(&self) -> Presence {
        self.presence.clone()
    }

    /// Returns once the client has to make room, and still lets the gateway wait.
    pub(super) async fn asked_to_leave(&self) {
        loop {
            self.presence.0.leave.notified().await;
            if self.presence.waits_since().is_some() {
                return;
            }
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.of.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.number);
    }
}

impl Presence {
    /// A request has come: its client waits for the gateway.
    pub(super) fn at_work(&self) {
        self.0.asked.store(now(), Ordering::Relaxed);
        self.0.waits_since.store(0, Ordering::Relaxed);
    }

    /// It is the client's turn, from now on.
    pub(super) fn waits_for_client(&self) {
        self.0.waits_since.store(now(), Ordering::Relaxed);
    }

    /// More of the request has to come. Whoever sends it byte by byte has let the gateway wait since it began.
    fn waits_for_body(&self) {
        self.0.waits_since.store(self.0.asked.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    fn body_came(&self) {
        self.0.waits_since.store(0, Ordering::Relaxed);
    }

    fn waits_since(&self) -> Option<Since> {
        Some(self.0.waits_since.load(Ordering::Relaxed)).filter(|since| *since > 0)
    }
}

/// A request's body that says when it is waited for.
pub(super) struct Watched {
    body: Incoming,
    presence: Presence,
}

impl Watched {
    pub(super) fn new(body: Incoming, presence: Presence) -> Self {
        Self { body, presence }
    }
}

impl Body for Watched {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        if polled.is_pending() {
            self.presence.waits_for_body();
        } else {
            self.presence.body_came();
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    #[tokio::test(start_paused = true)]
    async fn the_one_who_waits_longest_leaves_and_nobody_who_is_worked_for() {
        // The first look at the clock is its start.
        now();
        let clients = Arc::new(Clients::default());
        let idle = clients.enter();
        tokio::time::advance(Duration::from_millis(100)).await;
        let working = clients.enter();
        working.presence.at_work();
        let slow = clients.enter();
        slow.presence.at_work();
        tokio::time::advance(Duration::from_millis(100)).await;
        slow.presence.waits_for_body();
        let gone = |client: &Client| client.asked_to_leave().now_or_never().is_some();

        clients.make_room();
        assert!(!gone(&idle) && !gone(&slow) && !gone(&working), "nobody has been waited for that long");
        tokio::time::advance(GRACE).await;
        clients.make_room();
        assert!(gone(&idle) && !gone(&slow) && !gone(&working));
        drop(idle);
        clients.make_room();
        assert!(gone(&slow), "it began to send before");
        drop(slow);
        clients.make_room();
        assert!(!gone(&working));
        assert_eq!(clients.open.lock().unwrap().len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn who_asks_again_in_time_stays() {
        now();
        let clients = Arc::new(Clients::default());
        let client = clients.enter();
        tokio::time::advance(GRACE * 2).await;
        clients.make_room();
        client.presence.at_work();
        assert!(client.asked_to_leave().now_or_never().is_none());
    }
}
