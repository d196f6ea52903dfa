//! Table-valued functions: `SELECT * FROM name(argument)`.
//!
//! A table of this kind has one hidden column, the argument. Its rows are gathered at once when a scan begins, by a
//! function in safe code; the callbacks here walk over them.

#![expect(unsafe_code, reason = "callbacks of a virtual table, and the structures that it shares with SQLite")]

use crate::{
    api::{self, SqlContext, SqlValue, Sqlite},
    host::{Argument, Connection, Failure, Output, forget, free, guarded, owned_text},
    state::State,
};
use std::{
    ffi::{CStr, c_char, c_double, c_int, c_uchar, c_void},
    ptr,
    sync::Arc,
};

/// A table-valued function.
pub(crate) struct TableFunction {
    pub(crate) name: &'static CStr,
    /// `CREATE TABLE` as SQLite is told it; the hidden column stands last.
    pub(crate) declaration: &'static CStr,
    /// How many columns stand before the hidden one.
    pub(crate) columns: c_int,
    /// Gathers the rows for an argument.
    pub(crate) rows: Gather,
}

/// A row: a field for each column before the hidden one.
pub(crate) type Row = Vec<Output>;
type Gather = fn(&Connection<'_>, &State, Argument<'_>) -> Result<Vec<Row>, Failure>;

/// SQLite's `sqlite3_module`, version 1.
#[repr(C)]
struct Module {
    version: c_int,
    create: *const c_void,
    connect: Connect,
    best_index: unsafe extern "C" fn(*mut Base, *mut IndexInfo) -> c_int,
    disconnect: unsafe extern "C" fn(*mut Base) -> c_int,
    destroy: *const c_void,
    open: unsafe extern "C" fn(*mut Base, *mut *mut CursorBase) -> c_int,
    close: unsafe extern "C" fn(*mut CursorBase) -> c_int,
    filter: unsafe extern "C" fn(*mut CursorBase, c_int, *const c_char, c_int, *mut *mut SqlValue) -> c_int,
    next: unsafe extern "C" fn(*mut CursorBase) -> c_int,
    eof: unsafe extern "C" fn(*mut CursorBase) -> c_int,
    column: unsafe extern "C" fn(*mut CursorBase, *mut SqlContext, c_int) -> c_int,
    rowid: unsafe extern "C" fn(*mut CursorBase, *mut i64) -> c_int,
    // update, begin, sync, commit, rollback, find function, rename: a table to be read has none.
    rest: [*const c_void; 7],
}

type Connect = unsafe extern "C" fn(
    *mut Sqlite,
    *mut c_void,
    c_int,
    *const *const c_char,
    *mut *mut Base,
    *mut *mut c_char,
) -> c_int;

// SAFETY: nothing in it is ever changed, and the pointers are null.
unsafe impl Sync for Module {}

/// Without `create` and `destroy` the table exists by its name alone.
static MODULE: Module = Module {
    version: 0,
    create: ptr::null(),
    connect,
    best_index,
    disconnect,
    destroy: ptr::null(),
    open,
    close,
    filter,
    next,
    eof,
    column,
    rowid,
    rest: [ptr::null(); 7],
};

/// SQLite's `sqlite3_vtab`.
#[repr(C)]
struct Base {
    module: *const c_void,
    references: c_int,
    error: *mut c_char,
}

/// SQLite's `sqlite3_vtab_cursor`.
#[repr(C)]
struct CursorBase {
    table: *mut Base,
}

/// The beginning of SQLite's `sqlite3_index_info`, as far as 3.8.2 had it.
#[repr(C)]
struct IndexInfo {
    constraint_count: c_int,
    constraints: *const IndexConstraint,
    order_count: c_int,
    order: *const c_void,
    usage: *mut ConstraintUsage,
    number: c_int,
    text: *mut c_char,
    free_text: c_int,
    order_consumed: c_int,
    cost: c_double,
    rows: i64,
}

#[repr(C)]
struct IndexConstraint {
    column: c_int,
    operator: c_uchar,
    usable: c_uchar,
    offset: c_int,
}

#[repr(C)]
struct ConstraintUsage {
    argument: c_int,
    omit: c_uchar,
}

const EQUALS: c_uchar = 2;

/// What SQLite keeps for the module.
struct Bound {
    table: &'static TableFunction,
    state: Arc<State>,
}

#[repr(C)]
struct Instance {
    base: Base,
    table: &'static TableFunction,
    state: Arc<State>,
    db: *mut Sqlite,
}

#[repr(C)]
struct Cursor {
    base: CursorBase,
    argument: Output,
    rows: Vec<Row>,
    at: usize,
}

impl Connection<'_> {
    /// Registers a table-valued function.
    pub(crate) fn register_table(&self, table: &'static TableFunction, state: &Arc<State>) -> Result<(), Failure> {
        let bound = Box::into_raw(Box::new(Bound { table, state: Arc::clone(state) }));
        // SAFETY: the connection is alive, module and name are static. SQLite frees `bound` with `forget` when the
        // module goes, also when this call fails.
        let code = unsafe {
            (self.api().create_module_v2)(
                self.raw(),
                table.name.as_ptr(),
                (&raw const MODULE).cast(),
                bound.cast(),
                Some(forget::<Bound>),
            )
        };
        if code == api::OK { Ok(()) } else { Err(self.failure()) }
    }
}

unsafe extern "C" fn connect(
    db: *mut Sqlite,
    kept: *mut c_void,
    _: c_int,
    _: *const *const c_char,
    made: *mut *mut Base,
    error: *mut *mut c_char,
) -> c_int {
    let outcome = guarded(|| {
        // SAFETY: SQLite hands what `register_table` gave it, a live connection, and a place for the result.
        unsafe {
            let bound = &*kept.cast::<Bound>();
            let connection = Connection::new(db);
            let api = connection.api();
            if (api.declare_vtab)(db, bound.table.declaration.as_ptr()) != api::OK {
                return Err(connection.failure());
            }
            if api.version >= api::VTAB_DIRECTONLY_SINCE {
                // It calls the network: not for somebody else's views and triggers.
                (api.vtab_config)(db, api::VTAB_DIRECTONLY);
            }
            let base = Base { module: ptr::null(), references: 0, error: ptr::null_mut() };
            let instance = Instance { base, table: bound.table, state: Arc::clone(&bound.state), db };
            *made = Box::into_raw(Box::new(instance)).cast();
        }
        Ok(())
    });
    match outcome {
        Ok(()) => api::OK,
        Err(failure) => {
            let (code, words) = failure.parts();
            // SAFETY: the place that SQLite gave for the message, which it frees itself.
            unsafe { *error = owned_text(words) };
            code
        }
    }
}

unsafe extern "C" fn disconnect(table: *mut Base) -> c_int {
    // SAFETY: made by `connect`; SQLite calls this once, when no cursor is open.
    unsafe { forget::<Instance>(table.cast()) };
    api::OK
}

unsafe extern "C" fn best_index(table: *mut Base, info: *mut IndexInfo) -> c_int {
    // SAFETY: SQLite hands a table of ours and its own structure, whose arrays have as many entries as it says.
    unsafe {
        let hidden = (*table.cast::<Instance>()).table.columns;
        let info = &mut *info;
        let mut given = false;
        for i in 0..usize::try_from(info.constraint_count).unwrap_or(0) {
            let constraint = &*info.constraints.add(i);
            if constraint.column != hidden || constraint.operator != EQUALS {
                continue;
            }
            given = true;
            if constraint.usable != 0 {
                let usage = &mut *info.usage.add(i);
                usage.argument = 1;
                usage.omit = 1;
                info.number = 1;
                info.cost = 1000.0;
                info.rows = 100;
                return api::OK;
            }
        }
        // The argument comes from a table that stands further in: another order, please.
        if given { api::CONSTRAINT } else { api::OK }
    }
}

unsafe extern "C" fn open(_: *mut Base, made: *mut *mut CursorBase) -> c_int {
    let base = CursorBase { table: ptr::null_mut() };
    let cursor = Cursor { base, argument: Output::Null, rows: Vec::new(), at: 0 };
    // SAFETY: the place that SQLite gave for the cursor; it fills in `base.table` itself.
    unsafe { *made = Box::into_raw(Box::new(cursor)).cast() };
    api::OK
}

unsafe extern "C" fn close(cursor: *mut CursorBase) -> c_int {
    // SAFETY: made by `open`; SQLite calls this once.
    unsafe { forget::<Cursor>(cursor.cast()) };
    api::OK
}

unsafe extern "C" fn filter(
    cursor: *mut CursorBase,
    number: c_int,
    _: *const c_char,
    count: c_int,
    values: *mut *mut SqlValue,
) -> c_int {
    // SAFETY: SQLite hands a cursor of ours, whose table is open, and `count` live values; nobody else holds them while
    // the callback runs.
    unsafe {
        let cursor = &mut *cursor.cast::<Cursor>();
        let instance = cursor.base.table.cast::<Instance>();
        let outcome = guarded(|| {
            let table = (*instance).table;
            if number == 0 || count < 1 {
                let name = table.name.to_string_lossy();
                return Err(Failure::Message(format!("{name} takes one argument: SELECT * FROM {name}('…')")));
            }
            let argument = Argument::read(*values);
            cursor.at = 0;
            cursor.rows.clear();
            cursor.argument = match argument {
                Argument::Integer(number) => Output::Integer(number),
                Argument::Real(number) => Output::Real(number),
                Argument::Text(text) => Output::Text(text.to_owned()),
                Argument::Null | Argument::Blob | Argument::Garbled => Output::Null,
            };
            cursor.rows = (table.rows)(&Connection::new((*instance).db), &(*instance).state, argument)?;
            Ok(())
        });
        match outcome {
            Ok(()) => api::OK,
            Err(failure) => {
                let (code, words) = failure.parts();
                free((*instance).base.error);
                (*instance).base.error = owned_text(words);
                code
            }
        }
    }
}

unsafe extern "C" fn next(cursor: *mut CursorBase) -> c_int {
    // SAFETY: a cursor of ours, which nobody else holds while the callback runs.
    unsafe { (*cursor.cast::<Cursor>()).at += 1 };
    api::OK
}

unsafe extern "C" fn eof(cursor: *mut CursorBase) -> c_int {
    // SAFETY: a cursor of ours, which nobody else holds while the callback runs.
    let cursor = unsafe { &*cursor.cast::<Cursor>() };
    c_int::from(cursor.at >= cursor.rows.len())
}

unsafe extern "C" fn column(cursor: *mut CursorBase, context: *mut SqlContext, place: c_int) -> c_int {
    // SAFETY: a cursor of ours, and the context of this very callback.
    unsafe {
        let cursor = &*cursor.cast::<Cursor>();
        let row = cursor.rows.get(cursor.at);
        let field = row.and_then(|row| row.get(usize::try_from(place).ok()?)).unwrap_or(&cursor.argument);
        field.give(context);
    }
    api::OK
}

unsafe extern "C" fn rowid(cursor: *mut CursorBase, id: *mut i64) -> c_int {
    // SAFETY: a cursor of ours, and the place that SQLite gave for the id.
    unsafe { *id = i64::try_from((*cursor.cast::<Cursor>()).at).unwrap_or(i64::MAX) };
    api::OK
}
