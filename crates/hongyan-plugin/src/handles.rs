//! Handles are numbers that look like pointers: one that is closed, or never was, is looked for and not found.

use crate::fault::{Code, HongyanError};
use hongyan_embed::Engine;
use std::{
    collections::BTreeMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicUsize, Ordering},
    },
};

static OPEN: RwLock<BTreeMap<usize, Arc<Engine>>> = RwLock::new(BTreeMap::new());
/// Numbers are not used again; the first is no small number that a mistake would hit.
static NEXT: AtomicUsize = AtomicUsize::new(0x1000);
/// So that a handle looks aligned to whoever looks.
const STEP: usize = 16;

/// Keeps an engine; its number.
pub(crate) fn keep(engine: Engine) -> usize {
    let number = NEXT.fetch_add(STEP, Ordering::Relaxed);
    OPEN.write().unwrap_or_else(PoisonError::into_inner).insert(number, Arc::new(engine));
    number
}

/// The engine of a number, for as long as the caller holds it.
pub(crate) fn find(number: usize) -> Result<Arc<Engine>, HongyanError> {
    let found = OPEN.read().unwrap_or_else(PoisonError::into_inner).get(&number).map(Arc::clone);
    found.ok_or_else(|| {
        HongyanError::new(Code::Closed, "the handle is NULL, closed, or not one of hongyan_open's · 句柄为空或已关闭")
    })
}

/// Forgets a number; whether there was one.
pub(crate) fn close(number: usize) -> bool {
    let engine = OPEN.write().unwrap_or_else(PoisonError::into_inner).remove(&number);
    // The engine itself goes outside the lock, when its last call has ended.
    engine.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_handle_is_not_found_and_its_number_not_given_again() {
        let first = keep(Engine::new());
        let engine = find(first).unwrap();
        assert!(close(first));
        assert!(!close(first) && find(first).is_err() && find(0).is_err() && find(usize::MAX).is_err());
        assert_ne!(keep(Engine::new()), first);
        assert!(!engine.has_gateway() || engine.has_gateway());
    }
}
