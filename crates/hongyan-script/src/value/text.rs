//! A text that is shared until one holder changes it.

use super::memory::{CELL_BYTES, Charge};
use std::ops::Deref;
use std::rc::Rc;

/// A STRING. Cloning shares it; appending to an unshared one is amortised O(1) per byte.
#[derive(Clone)]
pub struct Text(Rc<Cell>);

struct Cell {
    text: String,
    charge: Charge,
}

impl Text {
    /// Takes a text.
    #[must_use]
    pub fn new(text: String) -> Self {
        let charge = Charge::new(CELL_BYTES + text.capacity());
        Self(Rc::new(Cell { text, charge }))
    }

    /// The bytes that a change copies first; 0 when nobody shares it.
    pub(crate) fn copy_bytes(&self) -> u64 {
        if Rc::strong_count(&self.0) > 1 { self.len() as u64 } else { 0 }
    }

    /// Adds to the end; copies first when it is shared.
    pub(crate) fn push(&mut self, more: &str) {
        if let Some(cell) = Rc::get_mut(&mut self.0) {
            cell.text.push_str(more);
            cell.charge.set(CELL_BYTES + cell.text.capacity());
            return;
        }
        let mut text = String::with_capacity(self.len() + more.len());
        text.push_str(self);
        text.push_str(more);
        *self = Self::new(text);
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0.text
    }
}
