//! The one thread that writes: it takes everything that waits, commits it together, then answers.
//!
//! There is no timer: while one commit's fsync runs the next group gathers by itself. Work is a closure that may
//! run twice, since a group that fails is run again one by one, so that nobody fails for a neighbour.

use super::{
    addressed::Runs,
    calls::Calls,
    checkpoint::Gauge,
    depths::Depths,
    place::{self, Place},
    queue::{Queue, Refused, Weight},
    schema::WRITER_TIMEOUT,
};
use crate::error::{Error, Result};
use hongyan_core::{Obstacle, StoreError};
use rusqlite::{CachedStatement, Connection};
use std::{sync::Arc, thread, time::Duration};
use tokio::sync::{Semaphore, oneshot};

/// Most urgent commands that wait at once; more of them wait for their turn without holding a thread.
const URGENT: usize = 1_024;
/// How long a group waits for the write lock while another process is known to hold it.
const KNOWN_LOCK: Duration = Duration::from_millis(200);

/// The transaction that a group shares.
pub(crate) struct Group<'c> {
    /// The writer's connection.
    pub(crate) connection: &'c Connection,
    /// How the deliveries' states moved.
    pub(crate) depths: Depths,
    /// Calls that had ended.
    pub(crate) calls: Calls,
    /// Recipients that were added.
    pub(crate) recipients: usize,
    /// Messages up to this id are indexed already.
    pub(crate) indexed_to: i64,
}

impl<'c> Group<'c> {
    /// A statement, prepared once per connection.
    pub(crate) fn sql(&self, text: &str) -> Result<CachedStatement<'c>> {
        Ok(self.connection.prepare_cached(text)?)
    }
}

/// A piece of work that waits for the writer.
pub(crate) trait Work: Send {
    /// Does it, inside the group's transaction.
    fn run(&mut self, group: &mut Group<'_>) -> Result<()>;
    /// Tells whoever waits, once it is on disk or has failed.
    fn answer(self: Box<Self>, outcome: Result<()>);
}

struct Job<F, T> {
    act: F,
    done: Option<T>,
    to: oneshot::Sender<Result<T>>,
}

impl<F, T> Work for Job<F, T>
where
    F: FnMut(&mut Group<'_>) -> Result<T> + Send,
    T: Send,
{
    fn run(&mut self, group: &mut Group<'_>) -> Result<()> {
        self.done = Some((self.act)(group)?);
        Ok(())
    }

    fn answer(self: Box<Self>, outcome: Result<()>) {
        let done = self.done.ok_or_else(|| Error::new("the writer did not get to it"));
        // Whoever gave up waiting is not told; what was done stays done.
        let _ = self.to.send(outcome.and(done));
    }
}

/// A handle on the thread. Dropping it works off what waits, then ends the thread.
pub(crate) struct Writer {
    queue: Arc<Queue<Box<dyn Work>>>,
    urgent: Semaphore,
    thread: Option<thread::JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread on its connection.
    pub(crate) fn start(connection: Connection, accept_rows: usize, desk: Desk) -> Result<Self> {
        let queue = Arc::new(Queue::new(accept_rows));
        let thread = thread::Builder::new().name("store-writer".into()).spawn({
            let queue = Arc::clone(&queue);
            move || work(&connection, &queue, desk)
        })?;
        Ok(Self { queue, urgent: Semaphore::new(URGENT), thread: Some(thread) })
    }

    /// Hands in an accept; refused with [`StoreError::Busy`] when too much waits.
    pub(crate) async fn accept<T, F>(&self, weight: Weight, act: F) -> std::result::Result<T, StoreError>
    where
        F: FnMut(&mut Group<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let (to, answer) = oneshot::channel();
        self.queue.offer(weight, Box::new(Job { act, done: None, to })).map_err(StoreError::from)?;
        Ok(answer.await.map_err(|_| gone())??)
    }

    /// Hands in what goes before accepts, waiting for room.
    pub(crate) async fn run<T, F>(&self, rows: usize, act: F) -> std::result::Result<T, StoreError>
    where
        F: FnMut(&mut Group<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let _turn = self.urgent.acquire().await.map_err(|_| gone())?;
        let (to, answer) = oneshot::channel();
        self.queue.push_urgent(rows, Box::new(Job { act, done: None, to })).map_err(StoreError::from)?;
        Ok(answer.await.map_err(|_| gone())??)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue.close();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the store's writer had panicked");
        }
    }
}

impl From<Refused> for StoreError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Full => Self::Busy,
            Refused::Closed => gone(),
        }
    }
}

fn gone() -> StoreError {
    StoreError::Unavailable(Obstacle::Broken, "the store's writer has stopped".into())
}

/// When the thread ends, however it ends, nobody is left waiting.
struct Abandon<'q>(&'q Queue<Box<dyn Work>>);

impl Drop for Abandon<'_> {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

/// What the thread has beside its connection.
pub(crate) struct Desk {
    pub(crate) runs: Runs,
    pub(crate) gauge: Gauge,
    pub(crate) place: Arc<Place>,
    /// Whether the file is this process's, and its to close.
    pub(crate) is_owner: bool,
}

fn work(connection: &Connection, queue: &Queue<Box<dyn Work>>, mut desk: Desk) {
    let _abandon = Abandon(queue);
    let mut group = Vec::new();
    let mut locked = false;
    while queue.take(&mut group) {
        let done = commit(connection, &mut group, &desk);
        desk.runs.after_commit(connection, done.recipients);
        desk.gauge.after_commit(connection, &desk.place);
        let is_locked = done.obstacle == Some(Obstacle::Locked);
        if is_locked != std::mem::replace(&mut locked, is_locked) {
            let patience = if locked { KNOWN_LOCK } else { WRITER_TIMEOUT };
            if let Err(error) = connection.busy_timeout(patience) {
                tracing::debug!(%error, "the writer's patience stays as it was");
            }
        }
    }
    if desk.is_owner
        && let Err(error) = place::mark_closed(connection)
    {
        tracing::warn!(%error, "the store could not be marked as closed");
    }
}

/// What became of a group.
#[derive(Default)]
struct Done {
    /// Recipients that were added.
    recipients: usize,
    /// What stood in the way of all of it.
    obstacle: Option<Obstacle>,
}

/// Commits a group and answers it. A group that fails is taken apart, unless each of it would fail alike.
fn commit(connection: &Connection, group: &mut Vec<Box<dyn Work>>, desk: &Desk) -> Done {
    match together(connection, group, desk) {
        Ok(recipients) => {
            group.drain(..).for_each(|work| work.answer(Ok(())));
            Done { recipients, obstacle: None }
        }
        // On a full disk there may still be room for a small one.
        Err(error) if group.len() > 1 && matches!(error.obstacle(), None | Some(Obstacle::Full)) => {
            let mut done = Done::default();
            for mut work in group.drain(..) {
                let outcome = together(connection, std::slice::from_mut(&mut work), desk);
                done.recipients += outcome.as_ref().copied().unwrap_or(0);
                work.answer(outcome.map(drop));
            }
            done
        }
        Err(error) => {
            group.drain(..).for_each(|work| work.answer(Err(error.clone())));
            Done { recipients: 0, obstacle: error.obstacle() }
        }
    }
}

fn together(connection: &Connection, group: &mut [Box<dyn Work>], desk: &Desk) -> Result<usize> {
    desk.place.verify(connection)?;
    desk.gauge.before_commit(&desk.place)?;
    // A rollback that failed is made up for.
    roll_back(connection)?;
    connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    let (depths, calls) = (Depths::default(), Calls::default());
    let mut shared = Group { connection, depths, calls, recipients: 0, indexed_to: desk.runs.last() };
    let done = group
        .iter_mut()
        .try_for_each(|work| work.run(&mut shared))
        .and_then(|()| shared.depths.write(connection))
        .and_then(|()| shared.calls.write(connection))
        .and_then(|()| Ok(connection.prepare_cached("COMMIT")?.execute([])?));
    match done {
        // It is on disk; whether the next start finds it there is another question.
        Ok(_) => desk.place.verify(connection).map(|()| shared.recipients),
        Err(error) => {
            roll_back(connection)?;
            Err(error)
        }
    }
}

/// Unless SQLite has rolled back by itself (disk full).
fn roll_back(connection: &Connection) -> Result<()> {
    if !connection.is_autocommit() {
        connection.prepare_cached("ROLLBACK")?.execute([])?;
    }
    Ok(())
}
