//! How many bytes the values of this thread hold, about. Values never leave their thread, so one counter is exact
//! about what it counts; it costs an addition at each change of a size.

use std::cell::Cell;

thread_local! {
    static LIVE: Cell<usize> = const { Cell::new(0) };
}

/// What a value takes in a vector.
pub(crate) const VALUE_BYTES: usize = size_of::<super::Value>();
/// What an allocation takes beside its content: counters, length, the allocator's own.
pub(crate) const CELL_BYTES: usize = 64;

/// Bytes held by all values of this thread.
pub(crate) fn live() -> usize {
    LIVE.get()
}

/// The bytes that one text, vector or dictionary is counted with; given back when it is dropped.
#[derive(Debug, Default)]
pub(crate) struct Charge(usize);

impl Charge {
    pub(crate) fn new(bytes: usize) -> Self {
        let mut charge = Self(0);
        charge.set(bytes);
        charge
    }

    /// Counts with another size from now on.
    pub(crate) fn set(&mut self, bytes: usize) {
        LIVE.set(LIVE.get().wrapping_sub(self.0).wrapping_add(bytes));
        self.0 = bytes;
    }

    pub(crate) fn add(&mut self, bytes: usize) {
        self.set(self.0 + bytes);
    }

    pub(crate) fn sub(&mut self, bytes: usize) {
        self.set(self.0.saturating_sub(bytes));
    }
}

/// A copy takes as much again.
impl Clone for Charge {
    fn clone(&self) -> Self {
        Self::new(self.0)
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        // Values in a thread-local of the embedder may be dropped after the counter is gone.
        let _ = LIVE.try_with(|live| live.set(live.get().wrapping_sub(self.0)));
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Dict, Value};
    use super::live;

    #[test]
    fn what_is_dropped_is_given_back() {
        let before = live();
        {
            let text = Value::text("x".repeat(1000));
            let mut dict = Dict::any();
            dict.set("k", Value::vector(vec![text.clone(), text]));
            let copy = dict.clone();
            assert!(live() > before + 1000 && live() < before + 2000, "shared once");
            drop((dict, copy));
        }
        assert_eq!(live(), before);
    }
}
