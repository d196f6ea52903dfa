//! What platforms remember between calls: one part per type, so that each file of a platform knows its own part alone.

use std::{
    any::{Any, TypeId, type_name},
    collections::HashMap,
};

/// Parts by their type. A platform puts all of its own in when a world opens.
#[derive(Default)]
pub(crate) struct Memory {
    parts: HashMap<TypeId, Box<dyn Any + Send>>,
}

impl Memory {
    /// Puts a part in, in the place of the one of its type.
    pub(crate) fn put<T: Send + 'static>(&mut self, part: T) {
        self.parts.insert(TypeId::of::<T>(), Box::new(part));
    }

    /// A part.
    ///
    /// # Panics
    /// When no platform put one of this type in: a mistake in its `open`.
    pub(crate) fn get<T: 'static>(&self) -> &T {
        let part = self.parts.get(&TypeId::of::<T>()).and_then(|part| part.downcast_ref());
        part.unwrap_or_else(|| panic!("no platform remembers a {}", type_name::<T>()))
    }

    /// A part, to be changed.
    ///
    /// # Panics
    /// As [`Memory::get`].
    pub(crate) fn get_mut<T: 'static>(&mut self) -> &mut T {
        let part = self.parts.get_mut(&TypeId::of::<T>()).and_then(|part| part.downcast_mut());
        part.unwrap_or_else(|| panic!("no platform remembers a {}", type_name::<T>()))
    }
}
