//! A few read-only connections, used on threads that may block. They see every commit that was acknowledged.

use super::{
    place::Place,
    schema::{self, Role},
};
use crate::error::{Error, Result};
use hongyan_core::StoreError;
use rusqlite::Connection;
use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::{sync::Semaphore, task::spawn_blocking};

/// How many may read at once.
const READERS: usize = 4;
/// Page cache of each.
const CACHE_KIB: u32 = 2 << 10;

/// The pool.
#[derive(Debug)]
pub(crate) struct Readers {
    path: PathBuf,
    place: Arc<Place>,
    turns: Semaphore,
    idle: Arc<Mutex<Vec<Connection>>>,
}

impl Readers {
    /// An empty pool: connections are opened when they are first needed.
    pub(crate) fn new(path: PathBuf, place: Arc<Place>) -> Self {
        Self { path, place, turns: Semaphore::new(READERS), idle: Arc::default() }
    }

    /// Reads in one transaction, so that everything it sees is of one moment.
    pub(crate) async fn read<T, F>(&self, act: F) -> std::result::Result<T, StoreError>
    where
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let _turn = self.turns.acquire().await.map_err(|_| StoreError::Failed("the store is closed".into()))?;
        let (path, place, idle) = (self.path.clone(), Arc::clone(&self.place), Arc::clone(&self.idle));
        let reading = spawn_blocking(move || {
            let known = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let connection = match known {
                Some(connection) => connection,
                None => {
                    // What lies there by now may be another store.
                    place.verify_file()?;
                    schema::connect(&path, Role::Reader, CACHE_KIB)?
                }
            };
            let tx = connection.unchecked_transaction()?;
            let done = act(&tx)?;
            tx.commit()?;
            idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            Ok::<T, Error>(done)
        });
        Ok(reading.await.map_err(|_| StoreError::Failed("a reader panicked".into()))??)
    }
}
