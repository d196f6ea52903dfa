//! The one thread that writes: it takes everything that waits, commits it together, then answers.
//!
//! There is no timer: while one commit's fsync runs the next group gathers by itself. Work is a closure that may
//! run twice, since a group that fails is run again one by one, so that nobody fails for a neighbour.

use super::{
    addressed::Runs,
    checkpoint::Gauge,
    depths::Depths,
    queue::{Queue, Refused, Weight},
};
use crate::error::{Error, Result};
use hongyan_core::StoreError;
use rusqlite::{CachedStatement, Connection};
use std::{sync::Arc, thread};
use tokio::sync::{Semaphore, oneshot};

/// Most urgent commands that wait at once; more of them wait for their turn without holding a thread.
const URGENT: usize = 1_024;

/// The transaction that a group shares.
pub(crate) struct Group<'c> {
    /// The writer's connection.
    pub(crate) connection: &'c Connection,
    /// How the deliveries' states moved.
    pub(crate) depths: Depths,
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
    pub(crate) fn start(connection: Connection, accept_rows: usize, runs: Runs, gauge: Gauge) -> Result<Self> {
        let queue = Arc::new(Queue::new(accept_rows));
        let thread = thread::Builder::new().name("store-writer".into()).spawn({
            let queue = Arc::clone(&queue);
            move || work(&connection, &queue, runs, gauge)
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
    StoreError::Failed("the store's writer has stopped".into())
}

/// When the thread ends, however it ends, nobody is left waiting.
struct Abandon<'q>(&'q Queue<Box<dyn Work>>);

impl Drop for Abandon<'_> {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

fn work(connection: &Connection, queue: &Queue<Box<dyn Work>>, mut runs: Runs, mut gauge: Gauge) {
    let _abandon = Abandon(queue);
    let mut group = Vec::new();
    while queue.take(&mut group) {
        let recipients = commit(connection, &mut group, runs.last());
        runs.after_commit(connection, recipients);
        gauge.after_commit(connection);
    }
}

/// Commits a group and answers it; returns how many recipients it added. A group that fails is taken apart.
fn commit(connection: &Connection, group: &mut Vec<Box<dyn Work>>, indexed_to: i64) -> usize {
    match together(connection, group, indexed_to) {
        Ok(recipients) => {
            group.drain(..).for_each(|work| work.answer(Ok(())));
            recipients
        }
        Err(_) if group.len() > 1 => {
            let mut recipients = 0;
            for mut work in group.drain(..) {
                let outcome = together(connection, std::slice::from_mut(&mut work), indexed_to);
                recipients += outcome.as_ref().copied().unwrap_or(0);
                work.answer(outcome.map(drop));
            }
            recipients
        }
        Err(error) => {
            group.drain(..).for_each(|work| work.answer(Err(error.clone())));
            0
        }
    }
}

fn together(connection: &Connection, group: &mut [Box<dyn Work>], indexed_to: i64) -> Result<usize> {
    connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    let mut shared = Group { connection, depths: Depths::default(), recipients: 0, indexed_to };
    let done = group
        .iter_mut()
        .try_for_each(|work| work.run(&mut shared))
        .and_then(|()| shared.depths.write(connection))
        .and_then(|()| Ok(connection.prepare_cached("COMMIT")?.execute([])?));
    match done {
        Ok(_) => Ok(shared.recipients),
        Err(error) => {
            // SQLite may have rolled back by itself (disk full): then there is nothing to roll back.
            if !connection.is_autocommit() {
                connection.prepare_cached("ROLLBACK")?.execute([])?;
            }
            Err(error)
        }
    }
}
