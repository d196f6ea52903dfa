//! What of SQLite's interface this extension uses, as the host hands it over: a table of routines.
//!
//! The table only ever grew at its end, so its beginning means the same to every SQLite since 3.9. Bindings made from a
//! newer header read beyond the end of an older host's table, which is how other extensions crash Debian's shell; this
//! one names what it needs, looks at nothing behind it, and refuses a host that has less.
//!
//! What the routines do is SQLite's own documentation's to say; what calling them takes is [`crate::host`]'s.

#![expect(unsafe_code, reason = "the host's table is read through the pointer that the host gives")]

use std::ffi::{c_char, c_double, c_int, c_void};

/// A connection.
#[repr(C)]
pub(crate) struct Sqlite(c_void);
/// A prepared statement.
#[repr(C)]
pub(crate) struct Stmt(c_void);
/// The call of a function.
#[repr(C)]
pub(crate) struct SqlContext(c_void);
/// A value of SQL.
#[repr(C)]
pub(crate) struct SqlValue(c_void);

pub(crate) const OK: c_int = 0;
pub(crate) const ERROR: c_int = 1;
pub(crate) const CONSTRAINT: c_int = 19;
pub(crate) const ROW: c_int = 100;
pub(crate) const DONE: c_int = 101;
/// From an entry point: the library must stay loaded (3.14 and later).
pub(crate) const OK_LOAD_PERMANENTLY: c_int = 256;

pub(crate) const INTEGER: c_int = 1;
pub(crate) const FLOAT: c_int = 2;
pub(crate) const TEXT: c_int = 3;
pub(crate) const BLOB: c_int = 4;

/// Text arrives as UTF-8.
pub(crate) const UTF8: c_int = 1;
/// Never from a view, a trigger or any other part of a schema (3.31 and later; older hosts pass it over).
pub(crate) const DIRECTONLY: c_int = 0x8_0000;
/// The limit on the length of a text, in [`Api::limit`].
pub(crate) const LIMIT_LENGTH: c_int = 0;
/// A table that no view and no trigger may read, in [`Api::vtab_config`] (3.31 and later).
pub(crate) const VTAB_DIRECTONLY: c_int = 3;

/// The oldest host: table-valued functions came with it.
pub(crate) const OLDEST: c_int = 3_009_000;
/// The first host with permanent extensions.
pub(crate) const PERMANENT_SINCE: c_int = 3_014_000;
/// The first host that can be told the last row's id.
pub(crate) const SET_ROWID_SINCE: c_int = 3_018_000;
/// Where that routine stands in the table, from 0.
const SET_ROWID_PLACE: usize = 216;
/// The first host with [`VTAB_DIRECTONLY`].
pub(crate) const VTAB_DIRECTONLY_SINCE: c_int = 3_031_000;

/// How a text that is handed over gives its memory back.
pub(crate) type Destructor = Option<unsafe extern "C" fn(*mut c_void)>;
/// A scalar function.
pub(crate) type Scalar = unsafe extern "C" fn(*mut SqlContext, c_int, *mut *mut SqlValue);
/// An aggregate's end, which we have none of.
pub(crate) type Final = unsafe extern "C" fn(*mut SqlContext);

/// The host's routine for memory.
pub(crate) type Malloc = unsafe extern "C" fn(c_int) -> *mut c_void;

/// An entry that is not used.
type Unused = *const c_void;

macro_rules! routines {
    ($($skip:ident: $count:literal, $name:ident: fn($($argument:tt)*) $(-> $reply:ty)?;)*) => {
        /// The beginning of the host's table: in order, with what lies between.
        #[repr(C)]
        pub(crate) struct Routines {
            $($skip: [Unused; $count], $name: Option<unsafe extern "C" fn($($argument)*) $(-> $reply)?>,)*
        }

        impl Routines {
            /// The host's routine for memory, which is as old as extensions are: for the message to a host that is refused.
            ///
            /// # Safety
            /// `table` is null, or what SQLite handed to the entry point.
            pub(crate) unsafe fn malloc(table: *const Self) -> Option<Malloc> {
                if table.is_null() {
                    return None;
                }
                // SAFETY: this entry is at this place in every table; nothing else is touched.
                unsafe { (*table).malloc }
            }

            /// Plays a host that has nothing else.
            #[cfg(test)]
            pub(crate) fn play(&mut self, version: unsafe extern "C" fn() -> c_int, malloc: Malloc) {
                self.libversion_number = Some(version);
                self.malloc = Some(malloc);
            }
        }

        /// The entries in use, each known to be there.
        pub(crate) struct Api {
            /// The host's version, such as 3040001.
            pub(crate) version: c_int,
            /// Of the hosts since 3.18.
            pub(crate) set_last_insert_rowid: Option<unsafe extern "C" fn(*mut Sqlite, i64)>,
            $(pub(crate) $name: unsafe extern "C" fn($($argument)*) $(-> $reply)?,)*
        }

        impl Api {
            /// Reads the host's table.
            ///
            /// # Errors
            /// In a sentence, when the host is too old or was built without something that is needed.
            ///
            /// # Safety
            /// `table` is null, or what SQLite handed to the entry point.
            pub(crate) unsafe fn read(table: *const Routines) -> Result<Self, String> {
                if table.is_null() {
                    return Err("hongyan: the host gave no table of routines".into());
                }
                // SAFETY: every SQLite since 3.3 has this entry at this place; nothing behind it is touched yet.
                let version = unsafe { (*table).libversion_number };
                // SAFETY: the entry is the host's own routine, which takes nothing.
                let version = version.map_or(0, |version| unsafe { version() });
                if version < OLDEST {
                    return Err(format!(
                        "hongyan: this SQLite is version {version}, at least {OLDEST} (3.9.0) is needed · SQLite 版本过旧"
                    ));
                }
                let set_last_insert_rowid = if version < SET_ROWID_SINCE {
                    None
                } else {
                    // SAFETY: a host of this version has a routine of this form at this place.
                    unsafe { *table.cast::<Option<unsafe extern "C" fn(*mut Sqlite, i64)>>().add(SET_ROWID_PLACE) }
                };
                Ok(Self {
                    version,
                    set_last_insert_rowid,
                    // SAFETY: the host is new enough for its table to reach this far.
                    $($name: unsafe { (*table).$name }.ok_or_else(|| missing(stringify!($name)))?,)*
                })
            }
        }
    };
}

fn missing(name: &str) -> String {
    format!("hongyan: this SQLite was built without sqlite3_{name}")
}

routines! {
    _to_bind_int64: 5, bind_int64: fn(*mut Stmt, c_int, i64) -> c_int;
    _to_bind_text: 4, bind_text: fn(*mut Stmt, c_int, *const c_char, c_int, Destructor) -> c_int;
    _to_changes: 4, changes: fn(*mut Sqlite) -> c_int;
    _to_column_bytes: 4, column_bytes: fn(*mut Stmt, c_int) -> c_int;
    _to_column_int64: 8, column_int64: fn(*mut Stmt, c_int) -> i64;
    _to_column_text: 6, column_text: fn(*mut Stmt, c_int) -> *const c_char;
    _to_declare_vtab: 13, declare_vtab: fn(*mut Sqlite, *const c_char) -> c_int;
    _to_errmsg: 2, errmsg: fn(*mut Sqlite) -> *const c_char;
    _to_exec: 1, exec: fn(*mut Sqlite, *const c_char, *const c_void, *mut c_void, *mut *mut c_char) -> c_int;
    _to_finalize: 1, finalize: fn(*mut Stmt) -> c_int;
    _to_free: 0, free: fn(*mut c_void);
    _to_last_insert_rowid: 6, last_insert_rowid: fn(*mut Sqlite) -> i64;
    _to_libversion_number: 1, libversion_number: fn() -> c_int;
    _to_malloc: 0, malloc: fn(c_int) -> *mut c_void;
    _to_result_double: 10, result_double: fn(*mut SqlContext, c_double);
    _to_result_error: 0, result_error: fn(*mut SqlContext, *const c_char, c_int);
    _to_result_int64: 2, result_int64: fn(*mut SqlContext, i64);
    _to_result_null: 0, result_null: fn(*mut SqlContext);
    _to_result_text: 0, result_text: fn(*mut SqlContext, *const c_char, c_int, Destructor);
    _to_step: 8, step: fn(*mut Stmt) -> c_int;
    _to_user_data: 6, user_data: fn(*mut SqlContext) -> *mut c_void;
    _to_value_bytes: 1, value_bytes: fn(*mut SqlValue) -> c_int;
    _to_value_double: 1, value_double: fn(*mut SqlValue) -> c_double;
    _to_value_int64: 1, value_int64: fn(*mut SqlValue) -> i64;
    _to_value_text: 1, value_text: fn(*mut SqlValue) -> *const c_char;
    _to_value_type: 3, value_type: fn(*mut SqlValue) -> c_int;
    _to_prepare_v2: 2, prepare_v2: fn(*mut Sqlite, *const c_char, c_int, *mut *mut Stmt, *mut *const c_char) -> c_int;
    _to_create_module_v2: 2, create_module_v2: fn(*mut Sqlite, *const c_char, *const c_void, *mut c_void, Destructor) -> c_int;
    _to_result_error_toobig: 18, result_error_toobig: fn(*mut SqlContext);
    _to_result_error_code: 7, result_error_code: fn(*mut SqlContext, c_int);
    _to_context_db_handle: 2, context_db_handle: fn(*mut SqlContext) -> *mut Sqlite;
    _to_limit: 1, limit: fn(*mut Sqlite, c_int, c_int) -> c_int;
    _to_create_function_v2: 10, create_function_v2: fn(
        *mut Sqlite, *const c_char, c_int, c_int, *mut c_void, Option<Scalar>, Option<Scalar>, Option<Final>, Destructor
    ) -> c_int;
    _to_extended_errcode: 3, extended_errcode: fn(*mut Sqlite) -> c_int;
    _to_vtab_config: 10, vtab_config: fn(*mut Sqlite, c_int, ...) -> c_int;
}
