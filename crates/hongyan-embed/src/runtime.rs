//! The thread behind the calls: one runtime per process, also after a fork, for as long as anybody uses it.
//!
//! A child of `fork` has none of its parent's threads, and shares its parent's sockets. What was made before the fork
//! is therefore neither used nor dropped in the child, for both would be seen by the parent: it is left alone, and made
//! anew.

use crate::{EngineError, Kind};
use nix::sys::signal::SigSet;
use std::{
    future::Future,
    mem,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
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

/// Runs the calls of all engines of a process. It ends with the last engine that used it, and its thread with it.
pub(crate) struct Shared(Option<Runtime>);

static SHARED: Own<Weak<Shared>> = Own::new();
/// How long the last engine's end waits for what is still under way, such as a look-up of a name.
const LAST_WORDS: Duration = Duration::from_secs(2);

impl Shared {
    /// The process's, made when there is none.
    pub(crate) fn get() -> Result<Arc<Self>, EngineError> {
        loop {
            // Whoever makes it keeps it alive until here; it may have ended for others in between.
            let mut made = None;
            let weak = SHARED.get(|| {
                let shared = Arc::new(Self::new()?);
                let weak = Arc::downgrade(&shared);
                made = Some(shared);
                Ok::<_, EngineError>(weak)
            })?;
            match made.or_else(|| weak.upgrade()) {
                Some(shared) => return Ok(shared),
                None => SHARED.reset(),
            }
        }
    }

    fn new() -> Result<Self, EngineError> {
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(1).thread_name("hongyan").enable_all().on_thread_start(leave_signals);
        builder.build().map(|runtime| Self(Some(runtime))).map_err(|error| {
            EngineError::new(Kind::Settings, format!("no thread could be started: {error} · 无法启动线程"))
        })
    }

    /// Runs a call to its end, on behalf of a thread that may block. The work is done on the thread here, whose stack is
    /// known to be large enough and whose thread-locals are Rust's own; the caller's may be anybody's.
    pub(crate) fn wait<T: Send + 'static>(
        &self,
        call: impl Future<Output = Result<T, EngineError>> + Send + 'static,
    ) -> Result<T, EngineError> {
        let runtime = self.0.as_ref().filter(|_| tokio::runtime::Handle::try_current().is_err());
        let runtime = runtime.ok_or_else(|| {
            let message =
                "called from inside an asynchronous runtime of this library: call it from a thread of your own";
            EngineError::new(Kind::Settings, message)
        })?;
        let internal = |_| EngineError::new(Kind::Internal, "an internal error; please report it · 内部错误");
        runtime.block_on(runtime.spawn(call)).map_err(internal)?
    }
}

/// A host's signals are for the host's threads. Above all SIGPIPE, which is the end of a C program that did nothing about
/// it: on a thread that blocks it, writing to a connection that the other side has closed is an error and no more.
fn leave_signals() {
    // It can fail for a wrong argument alone.
    let _ = SigSet::all().thread_block();
}

impl Drop for Shared {
    fn drop(&mut self) {
        let Some(runtime) = self.0.take() else { return };
        if tokio::runtime::Handle::try_current().is_ok() {
            runtime.shutdown_background();
        } else {
            runtime.shutdown_timeout(LAST_WORDS);
        }
    }
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
        let shared = Shared::get().unwrap();
        let outcome = runtime.block_on(async { shared.wait(async { Ok(()) }) });
        assert_eq!(outcome.unwrap_err().kind, Kind::Settings);
        assert_eq!(shared.wait(async { Ok(5) }), Ok(5));
    }

    #[test]
    fn it_ends_with_its_last_user_and_comes_back_for_the_next() {
        let workers: Vec<_> = (0..8)
            .map(|_| std::thread::spawn(|| (0..50).all(|_| Shared::get().unwrap().wait(async { Ok(5) }) == Ok(5))))
            .collect();
        assert!(workers.into_iter().all(|worker| worker.join().unwrap()));
    }
}
