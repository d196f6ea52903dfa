//! A dictionary that is shared until one holder changes it; it keeps the order of insertions.

use super::memory::{CELL_BYTES, Charge, VALUE_BYTES};
use super::{Shape, Value};
use indexmap::IndexMap;
use std::collections::HashSet;
use std::rc::Rc;

/// A dictionary. The database's plain ones have no order; here every one has the order of its insertions.
#[derive(Clone)]
pub struct Dict(Rc<Cell>);

#[derive(Clone)]
struct Cell {
    keys: Slot,
    values: Slot,
    entries: IndexMap<Key, Value>,
    shape: Shape,
    charge: Charge,
}

/// What a dictionary takes as key or value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// Anything.
    Any,
    /// A STRING; other scalars are turned into their text.
    Text,
    /// INT or LONG.
    Int,
    /// A number; whole ones become DOUBLE.
    Double,
    /// BOOL.
    Bool,
}

/// A key.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    /// INT or LONG.
    Int(i64),
    /// STRING.
    Text(Rc<str>),
}

impl Key {
    /// As a value of the script.
    #[must_use]
    pub fn to_value(&self) -> Value {
        match self {
            Self::Int(number) => Value::Int(*number),
            Self::Text(text) => Value::text(&**text),
        }
    }
}

impl From<&str> for Key {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl Dict {
    /// `dict(STRING, ANY)`, empty.
    #[must_use]
    pub fn any() -> Self {
        Self::new(Slot::Text, Slot::Any)
    }

    /// An empty dictionary that takes such keys and values.
    #[must_use]
    pub fn new(keys: Slot, values: Slot) -> Self {
        let charge = Charge::new(CELL_BYTES);
        Self(Rc::new(Cell { keys, values, entries: IndexMap::new(), shape: Shape::EMPTY, charge }))
    }

    /// What it takes as keys.
    #[must_use]
    pub fn key_slot(&self) -> Slot {
        self.0.keys
    }

    /// What it takes as values.
    #[must_use]
    pub fn value_slot(&self) -> Slot {
        self.0.values
    }

    /// The value of a string key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.entries.get(&Key::Text(key.into()))
    }

    /// The value of a key.
    #[must_use]
    pub fn find(&self, key: &Key) -> Option<&Value> {
        self.0.entries.get(key)
    }

    /// Sets a string key, new or not. The value is taken as it is, whatever the dictionary's declared type.
    pub fn set(&mut self, key: &str, value: Value) {
        self.insert(key.into(), value);
    }

    /// Keys and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, &Value)> {
        self.0.entries.iter()
    }

    /// How many keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.entries.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn shape(&self) -> Shape {
        self.0.shape
    }

    pub(crate) fn insert(&mut self, key: Key, value: Value) {
        let cell = self.unshared();
        cell.shape.add(&value);
        cell.shape.weight = cell.shape.weight.saturating_add(key_bytes(&key) as u64);
        let more = entry_bytes(&key);
        let weight = key_bytes(&key) as u64;
        match cell.entries.insert(key, value) {
            Some(old) => {
                cell.shape.remove(&old);
                cell.shape.weight = cell.shape.weight.saturating_sub(weight);
            }
            None => cell.charge.add(more),
        }
    }

    /// The bytes that a change copies first; 0 when nobody shares it.
    pub(crate) fn copy_bytes(&self) -> u64 {
        if Rc::strong_count(&self.0) > 1 { (self.len() * (CELL_BYTES + VALUE_BYTES)) as u64 } else { 0 }
    }

    /// Takes keys out, and keeps the order of the others. O(n) for any number of keys.
    pub(crate) fn remove(&mut self, keys: &HashSet<Key>) {
        let Cell { entries, shape, charge, .. } = self.unshared();
        entries.retain(|key, value| {
            let stays = !keys.contains(key);
            if !stays {
                shape.remove(value);
                shape.weight = shape.weight.saturating_sub(key_bytes(key) as u64);
                charge.sub(entry_bytes(key));
            }
            stays
        });
    }

    /// Works on one value in place, and counts it again; `None` when there is no such key.
    pub(crate) fn update<R>(&mut self, key: &Key, change: impl FnOnce(&mut Value) -> R) -> Option<R> {
        let cell = self.unshared();
        let slot = cell.entries.get_mut(key)?;
        cell.shape.remove(slot);
        let result = change(slot);
        cell.shape.add(slot);
        Some(result)
    }

    fn unshared(&mut self) -> &mut Cell {
        Rc::make_mut(&mut self.0)
    }

    /// The same keys with the same values, in any order.
    pub(crate) fn same(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().all(|(key, value)| other.find(key) == Some(value))
    }

    /// `STRING->ANY DICTIONARY` and so on.
    pub(crate) fn type_name(&self) -> &'static str {
        match (self.0.keys, self.0.values) {
            (Slot::Text, Slot::Text) => "STRING->STRING DICTIONARY",
            (Slot::Text, Slot::Int) => "STRING->LONG DICTIONARY",
            (Slot::Text, Slot::Double) => "STRING->DOUBLE DICTIONARY",
            (Slot::Text, Slot::Bool) => "STRING->BOOL DICTIONARY",
            (Slot::Text, Slot::Any) => "STRING->ANY DICTIONARY",
            (Slot::Int, Slot::Text) => "LONG->STRING DICTIONARY",
            (Slot::Int, _) => "LONG->ANY DICTIONARY",
            _ => "DICTIONARY",
        }
    }
}

/// What a key's text takes.
fn key_bytes(key: &Key) -> usize {
    match key {
        Key::Int(_) => 8,
        Key::Text(text) => text.len(),
    }
}

/// What an entry takes in memory, its value's own content not counted.
fn entry_bytes(key: &Key) -> usize {
    CELL_BYTES + VALUE_BYTES + key_bytes(key)
}
