//! Where SQLite enters.

#![expect(unsafe_code, reason = "entry points that C finds by their names")]

use crate::{
    api::{self, Routines, Sqlite},
    functions::FUNCTIONS,
    host::{Connection, copy_text, enter, guarded},
    ledger::LEDGER,
    outbox,
    state::State,
};
use std::{
    ffi::{c_char, c_int, c_void},
    sync::Arc,
};

/// The entry point that SQLite looks for first.
///
/// # Safety
/// For SQLite to call: a live connection, a place for a message or null, and its own table of routines.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sqlite3_extension_init(
    db: *mut c_void,
    error: *mut *mut c_char,
    table: *const c_void,
) -> c_int {
    let mut permanent = false;
    let outcome = guarded(|| {
        // SAFETY: as this function's; the connection outlives this call.
        let (api, connection) = unsafe {
            let api = enter(table.cast::<Routines>())?;
            (api, Connection::new(db.cast::<Sqlite>()))
        };
        permanent = api.version >= api::PERMANENT_SINCE;
        let state = Arc::new(State::new());
        for function in FUNCTIONS.iter().chain(outbox::FUNCTIONS) {
            connection.register(function, &state)?;
        }
        connection.register_table(&LEDGER, &state)
    });
    match outcome {
        // Threads of ours may outlive the connection: the code has to stay where it is.
        Ok(()) if permanent => api::OK_LOAD_PERMANENTLY,
        Ok(()) => api::OK,
        Err(failure) => {
            let (code, words) = failure.parts();
            // SAFETY: as this function's.
            unsafe { tell(error, table.cast(), words) };
            code
        }
    }
}

/// Leaves a message for SQLite, also when its version was refused.
///
/// # Safety
/// As [`sqlite3_extension_init`]'s.
unsafe fn tell(place: *mut *mut c_char, table: *const Routines, words: &str) {
    // SAFETY: null, or the host's table, whose beginning means the same everywhere.
    let malloc = unsafe { Routines::malloc(table) };
    if let Some(malloc) = malloc.filter(|_| !place.is_null()) {
        // SAFETY: the place that SQLite gave for the message, which it frees itself.
        unsafe { *place = copy_text(malloc, words) };
    }
}

/// As [`sqlite3_extension_init`], under the name that SQLite derives from `libhongyan_sqlite.so`.
///
/// # Safety
/// As [`sqlite3_extension_init`]'s.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sqlite3_hongyansqlite_init(
    db: *mut c_void,
    error: *mut *mut c_char,
    table: *const c_void,
) -> c_int {
    // SAFETY: as this function's.
    unsafe { sqlite3_extension_init(db, error, table) }
}

/// As [`sqlite3_extension_init`], for a library that was renamed to `hongyan.so`.
///
/// # Safety
/// As [`sqlite3_extension_init`]'s.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sqlite3_hongyan_init(db: *mut c_void, error: *mut *mut c_char, table: *const c_void) -> c_int {
    // SAFETY: as this function's.
    unsafe { sqlite3_extension_init(db, error, table) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{ffi::CStr, ptr};

    /// A host of a version, with nothing but that and memory.
    fn host(version: unsafe extern "C" fn() -> c_int) -> Box<Routines> {
        // SAFETY: the table holds nullable pointers alone, for which zero is null.
        let mut table: Box<Routines> = unsafe { Box::new_zeroed().assume_init() };
        table.play(version, memory);
        table
    }

    unsafe extern "C" fn memory(size: c_int) -> *mut c_void {
        Box::leak(vec![0_u8; usize::try_from(size).unwrap()].into_boxed_slice()).as_mut_ptr().cast()
    }

    unsafe extern "C" fn old() -> c_int {
        3_008_011
    }

    unsafe extern "C" fn stripped() -> c_int {
        api::OLDEST
    }

    fn refusal(version: unsafe extern "C" fn() -> c_int) -> String {
        let table = host(version);
        let mut error = ptr::null_mut();
        // SAFETY: the table is as long as a real one, and no connection is needed to refuse it.
        let code = unsafe { sqlite3_extension_init(ptr::null_mut(), &raw mut error, (&raw const *table).cast()) };
        assert_eq!(code, api::ERROR);
        // SAFETY: the message that was just written, ended by NUL.
        unsafe { CStr::from_ptr(error) }.to_string_lossy().into_owned()
    }

    #[test]
    fn a_host_that_is_too_old_or_lacks_something_is_refused_with_a_message() {
        assert!(refusal(old).contains("3008011"), "{}", refusal(old));
        assert!(refusal(stripped).contains("built without sqlite3_"), "{}", refusal(stripped));
        // SAFETY: a null table is refused before anything is read.
        assert_eq!(unsafe { sqlite3_extension_init(ptr::null_mut(), ptr::null_mut(), ptr::null()) }, api::ERROR);
    }
}
