//! The rows of a chunk: arguments read, results written.
#![expect(unsafe_code, reason = "DuckDB's vectors are plain memory behind pointers")]

use crate::{
    api::{Api, Handle, Idx},
    functions::{Cell, Kind},
};
use std::{ffi::c_char, slice, str};

/// A text in a vector, as `duckdb.h` lays it out: its length, then up to 12 bytes in place, or 4 bytes and a pointer.
#[repr(C)]
#[derive(Clone, Copy)]
struct Text {
    length: u32,
    start: [u8; 4],
    rest: *const u8,
}

/// The longest text that stands in place.
const IN_PLACE: u32 = 12;

/// A list in a vector: where its elements are in the child vector.
#[repr(C)]
#[derive(Clone, Copy)]
struct List {
    offset: u64,
    length: u64,
}

/// One argument of every row of a chunk.
pub(crate) struct Column<'a> {
    api: &'a Api,
    kind: Kind,
    vector: Handle,
}

impl<'a> Column<'a> {
    /// # Safety
    /// `vector` is a flat vector of this kind, valid and unchanged for `'a`.
    pub(crate) unsafe fn new(api: &'a Api, kind: Kind, vector: Handle) -> Self {
        Self { api, kind, vector }
    }

    /// The argument in a row.
    ///
    /// # Safety
    /// The vector has this row.
    pub(crate) unsafe fn cell(&self, row: usize) -> Cell<'a> {
        // SAFETY: the vector is valid and has the row.
        unsafe {
            if !valid(self.api, self.vector, row) {
                return Cell::Null;
            }
            let data = (self.api.vector_get_data)(self.vector);
            match self.kind {
                Kind::Integer => Cell::Integer(*data.cast::<i64>().add(row)),
                Kind::Text => Cell::Text(text(data.cast::<Text>().add(row))),
                Kind::Texts => {
                    let List { offset, length } = *data.cast::<List>().add(row);
                    let child = (self.api.list_vector_get_child)(self.vector);
                    let elements = (self.api.vector_get_data)(child).cast::<Text>();
                    let places = (offset..offset + length).map(|place| usize::try_from(place).unwrap_or(usize::MAX));
                    Cell::Texts(places.map(|at| valid(self.api, child, at).then(|| text(elements.add(at)))).collect())
                }
            }
        }
    }
}

/// # Safety
/// `vector` is valid and has the row.
unsafe fn valid(api: &Api, vector: Handle, row: usize) -> bool {
    // SAFETY: by this function's contract; a validity mask has a bit for each row, 64 to a word, and is absent (null)
    // when every row is valid.
    unsafe {
        let mask = (api.vector_get_validity)(vector);
        mask.is_null() || *mask.add(row / 64) >> (row % 64) & 1 == 1
    }
}

/// # Safety
/// `place` is a text that DuckDB keeps valid and unchanged for `'a`.
unsafe fn text<'a>(place: *const Text) -> &'a str {
    // SAFETY: by this function's contract; the layout is the one of `duckdb.h`. DuckDB keeps its texts in UTF-8, and
    // one that is not is read as empty.
    unsafe {
        let Text { length, rest, .. } = *place;
        let start = if length <= IN_PLACE { (&raw const (*place).start).cast::<u8>() } else { rest };
        str::from_utf8(slice::from_raw_parts(start, length as usize)).unwrap_or_default()
    }
}

/// Writes one result; `None` is NULL.
///
/// # Safety
/// `vector` is a vector of texts, ours to write, and has the row.
pub(crate) unsafe fn write(api: &Api, vector: Handle, row: Idx, value: Option<&str>) {
    // SAFETY: by this function's contract; DuckDB copies the text.
    unsafe {
        match value {
            Some(text) => {
                let length = text.len() as Idx;
                (api.vector_assign_string_element_len)(vector, row, text.as_ptr().cast::<c_char>(), length);
            }
            None => {
                (api.vector_ensure_validity_writable)(vector);
                (api.validity_set_row_invalid)((api.vector_get_validity)(vector), row);
            }
        }
    }
}
