//! Where DuckDB comes in: the one symbol that this library exports.
#![expect(unsafe_code, reason = "DuckDB calls through C, and lends a table of C functions")]

use crate::{
    api::{Access, Api, Handle, SUCCESS, VERSION},
    functions, ledger_table, scalar,
};
use hongyan_embed::Engine;
use std::{
    ffi::{CStr, CString},
    panic::catch_unwind,
    ptr,
    sync::{Arc, OnceLock},
};

/// A copy of DuckDB's table; the original is lent for the time of the entry point only.
static API: OnceLock<Api> = OnceLock::new();

/// DuckDB's table. Only what DuckDB calls after [`hongyan_init_c_api`] asks for it.
///
/// # Panics
/// Before the extension was loaded.
pub(crate) fn api() -> &'static Api {
    API.get().expect("DuckDB calls the functions after it has loaded the extension")
}

/// A text for DuckDB; what follows a NUL is left out.
pub(crate) fn c_text(text: &str) -> CString {
    CString::new(text.split('\0').next().unwrap_or_default()).unwrap_or_default()
}

/// Registers the functions with the database that loads us. DuckDB finds this by its name: the file's name and
/// `_init_c_api`.
///
/// # Safety
/// Only DuckDB calls this, with what its C extension API says: `info` is its own, `access` is valid during the call.
#[unsafe(no_mangle)]
unsafe extern "C" fn hongyan_init_c_api(info: Handle, access: *const Access) -> bool {
    // SAFETY: the caller keeps `access` valid during this call.
    let Some(access) = (unsafe { access.as_ref() }) else { return false };
    let outcome = catch_unwind(|| {
        // SAFETY: `info` is DuckDB's own, and the version is a C text.
        let table = unsafe { (access.get_api)(info, VERSION.as_ptr()) };
        // DuckDB has said why itself.
        let Some(table) = (!table.is_null()).then_some(table) else { return Ok(false) };
        // SAFETY: a table for `VERSION` has at least the places of `Api`, all of them functions; it is lent until we
        // return, and this copies it.
        let api = unsafe { keep(*table)? };
        // SAFETY: `info` is DuckDB's own.
        let database = unsafe { (access.get_database)(info) };
        // SAFETY: not null, and valid until we return.
        let Some(database) = (unsafe { database.as_ref() }) else { return Ok(false) };
        // SAFETY: the table belongs to the DuckDB whose database this is.
        unsafe { register(api, *database) }.map(|()| true)
    });
    let fault = match outcome {
        Ok(Ok(loaded)) => return loaded,
        Ok(Err(fault)) => fault,
        Err(_) => "hongyan: a fault of its own while loading; please report it".into(),
    };
    // SAFETY: `info` is DuckDB's own; the text lives until the call returns, and DuckDB copies it.
    unsafe { (access.set_error)(info, c_text(&fault).as_ptr()) };
    false
}

/// Keeps the first table. A second DuckDB in the same process has another one: to call the first's functions with the
/// second's objects would be undefined, so that is refused.
fn keep(table: Api) -> Result<&'static Api, String> {
    let kept = API.get_or_init(|| table);
    if kept.connect as usize == table.connect as usize {
        return Ok(kept);
    }
    // SAFETY: takes nothing and answers with a constant C text.
    let version = unsafe { CStr::from_ptr((kept.library_version)()) };
    Err(format!(
        "hongyan: this process has loaded the extension into another DuckDB ({}) already; load a copy of the file in \
         another folder",
        version.to_string_lossy()
    ))
}

/// # Safety
/// `database` is valid, and `api` is its DuckDB's.
unsafe fn register(api: &'static Api, database: Handle) -> Result<(), String> {
    let mut connection: Handle = ptr::null_mut();
    // SAFETY: the database is valid, and the connection is ours to write.
    if unsafe { (api.connect)(database, &raw mut connection) } != SUCCESS {
        return Err("hongyan: DuckDB gives the extension no connection".into());
    }
    // The settings belong to the database, as the functions do.
    let engine = Arc::new(Engine::new());
    // SAFETY: the connection is open until the line after.
    let outcome = unsafe {
        functions::ALL
            .iter()
            .try_for_each(|function| scalar::register(api, connection, function, &engine))
            .and_then(|()| ledger_table::register(api, connection, &engine))
    };
    // SAFETY: opened above, closed once.
    unsafe { (api.disconnect)(&raw mut connection) };
    outcome
}
