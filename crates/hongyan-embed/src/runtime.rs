//! The threads behind the calls: one runtime per process, also after a fork.
//!
//! A child of `fork` has none of its parent's threads, and shares its parent's sockets. What was made before the fork
//! is therefore neither used nor dropped in the child, for both would be seen by the parent: it is left alone, and made
//! anew.

use crate::{Fault, Kind};
use std::{
    future::Future,
    mem,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::runtime::{Builder, Runtime};

/// What belongs to the process that made it.
pub(crate) struct Own<T: Clone>(Mutex<Option<(u32, T)>>);

impl<T: Clone> Own<T> {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(None))
    }

    /// This process's, made when there is none.
    pub(crate) fn get<E>(&self, make: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let process = std::process::id();
        match &*slot {
            Some((owner, it)) if *owner == process => return Ok(it.clone()),
            Some(_) => mem::forget(slot.take()),
            None => {}
        }
        let it = make()?;
        *slot = Some((process, it.clone()));
        Ok(it)
    }

    /// Makes the next [`Self::get`] make it anew.
    pub(crate) fn reset(&self) {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match slot.take() {
            Some((owner, it)) if owner != std::process::id() => mem::forget(it),
            it => drop(it),
        }
    }
}

impl<T: Clone> Drop for Own<T> {
    fn drop(&mut self) {
        self.reset();
    }
}

static RUNTIME: Own<Arc<Runtime>> = Own::new();

/// Runs a call to its end, on behalf of a thread that may block.
pub(crate) fn wait<T>(call: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
    if tokio::runtime::Handle::try_current().is_ok() {
        let message = "called from inside an asynchronous runtime of this library: call it from a thread of your own";
        return Err(Fault::new(Kind::Settings, message));
    }
    let runtime = RUNTIME.get(|| {
        let built = Builder::new_multi_thread().worker_threads(1).thread_name("hongyan").enable_all().build();
        built
            .map(Arc::new)
            .map_err(|error| Fault::new(Kind::Settings, format!("no thread could be started: {error} · 无法启动线程")))
    })?;
    runtime.block_on(call)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_made_once_and_again_after_a_reset() {
        let own = Own::new();
        let mut made = 0;
        for expected in [1, 1] {
            let it = own.get(|| {
                made += 1;
                Ok::<_, ()>(made)
            });
            assert_eq!(it, Ok(expected));
        }
        own.reset();
        assert_eq!(own.get(|| Ok::<_, ()>(7)), Ok(7));
        assert_eq!(Own::<u8>::new().get(|| Err("no")), Err("no"));
    }

    #[test]
    fn a_call_from_an_asynchronous_task_is_an_error_and_no_panic() {
        let runtime = Builder::new_current_thread().build().unwrap();
        let outcome = runtime.block_on(async { wait(async { Ok(()) }) });
        assert_eq!(outcome.unwrap_err().kind, Kind::Settings);
        assert_eq!(wait(async { Ok(5) }), Ok(5));
    }
}
