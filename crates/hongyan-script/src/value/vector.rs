//! A vector that is shared until one holder changes it. A tuple is a vector of several types.

use super::memory::{CELL_BYTES, Charge, VALUE_BYTES};
use super::{Shape, Value};
use std::ops::Deref;
use std::rc::Rc;

/// A vector, indexed from 0.
#[derive(Clone)]
pub struct Vector(Rc<Cell>);

#[derive(Clone)]
struct Cell {
    items: Vec<Value>,
    shape: Shape,
    charge: Charge,
}

impl Cell {
    fn new(items: Vec<Value>) -> Self {
        let mut shape = Shape::EMPTY;
        items.iter().for_each(|item| shape.add(item));
        let charge = Charge::new(bytes(&items));
        Self { items, shape, charge }
    }
}

fn bytes(items: &Vec<Value>) -> usize {
    CELL_BYTES + items.capacity() * VALUE_BYTES
}

impl Vector {
    /// Takes elements.
    #[must_use]
    pub fn new(items: Vec<Value>) -> Self {
        Self(Rc::new(Cell::new(items)))
    }

    pub(crate) fn shape(&self) -> Shape {
        self.0.shape
    }

    fn unshared(&mut self) -> &mut Cell {
        Rc::make_mut(&mut self.0)
    }

    /// The bytes that a change copies first; 0 when nobody shares it.
    pub(crate) fn copy_bytes(&self) -> u64 {
        if Rc::strong_count(&self.0) > 1 { (self.len() * VALUE_BYTES) as u64 } else { 0 }
    }

    /// Adds an element to the end.
    pub(crate) fn push(&mut self, value: Value) {
        let cell = self.unshared();
        cell.shape.add(&value);
        cell.items.push(value);
        cell.charge.set(bytes(&cell.items));
    }

    /// Works on one element in place, and counts it again; `None` when there is none at that index.
    pub(crate) fn update<R>(&mut self, index: usize, change: impl FnOnce(&mut Value) -> R) -> Option<R> {
        if index >= self.len() {
            return None;
        }
        let cell = self.unshared();
        let slot = &mut cell.items[index];
        cell.shape.remove(slot);
        let result = change(slot);
        cell.shape.add(slot);
        Some(result)
    }

    /// `STRING VECTOR` and so on; `ANY VECTOR` of several types.
    pub(crate) fn type_name(&self) -> &'static str {
        let mut found = "VOID";
        for item in self.iter() {
            let name = item.type_name();
            found = match (found, name) {
                (_, "VOID") => found,
                ("VOID", _) => name,
                ("INT", "LONG") | ("LONG", "INT") => "LONG",
                ("DOUBLE", "INT" | "LONG") | ("INT" | "LONG", "DOUBLE") => "DOUBLE",
                _ if found == name => found,
                _ => return "ANY VECTOR",
            };
        }
        match found {
            "STRING" => "STRING VECTOR",
            "INT" => "INT VECTOR",
            "LONG" => "LONG VECTOR",
            "DOUBLE" => "DOUBLE VECTOR",
            "BOOL" => "BOOL VECTOR",
            _ => "ANY VECTOR",
        }
    }
}

impl Deref for Vector {
    type Target = [Value];

    fn deref(&self) -> &[Value] {
        &self.0.items
    }
}
