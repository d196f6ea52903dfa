//! The host, fit for safe code: connections, statements, arguments and results.
//!
//! Everything that calls through [`Api`] for functions is here, for tables in [`crate::vtab`]; the functions themselves
//! are written without unsafe code. A panic ends here as an error of SQL.

#![expect(unsafe_code, reason = "calls between SQLite and Rust, in both directions")]

use crate::{
    api::{self, Api, Destructor, SqlContext, SqlValue, Sqlite, Stmt},
    state::State,
};
use std::{
    ffi::{CStr, CString, c_char, c_int, c_void},
    marker::PhantomData,
    panic::{AssertUnwindSafe, catch_unwind},
    ptr,
    sync::{Arc, OnceLock},
};

/// The one host of this process.
static HOST: OnceLock<Api> = OnceLock::new();

/// Remembers the host's table of routines.
///
/// # Errors
/// In a sentence: too old, incomplete, or another SQLite than the one that loaded us before; the memory and the
/// structures of two SQLites must not meet.
///
/// # Safety
/// `table` is null, or what SQLite handed to the entry point.
pub(crate) unsafe fn enter(table: *const api::Routines) -> Result<&'static Api, String> {
    // SAFETY: as this function's.
    let api = unsafe { Api::read(table) }?;
    let routine = api.libversion_number as usize;
    let first = HOST.get_or_init(|| api);
    if first.libversion_number as usize == routine {
        return Ok(first);
    }
    Err("hongyan: another SQLite library in this process has loaded this extension already; one process, one SQLite"
        .into())
}

fn host() -> &'static Api {
    HOST.get().expect("SQLite calls only what was registered after `enter`")
}

/// Why a call ends with an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// In a sentence.
    Message(String),
    /// SQLite's own, with its extended code.
    Sqlite(c_int, String),
    /// The result is longer than the connection allows.
    TooBig,
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Self::Message(message)
    }
}

impl From<&str> for Failure {
    fn from(message: &str) -> Self {
        Self::Message(message.into())
    }
}

/// An argument as it came.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Argument<'a> {
    Null,
    Integer(i64),
    Real(f64),
    Text(&'a str),
    Blob,
    /// A text whose bytes are not UTF-8.
    Garbled,
}

impl<'a> Argument<'a> {
    /// # Safety
    /// `value` is a value that SQLite handed to a callback which lasts as long as `'a`, and is not changed meanwhile.
    pub(crate) unsafe fn read(value: *mut SqlValue) -> Self {
        let api = host();
        // SAFETY: a live value, as the caller promises. The text is taken before its length, as SQLite asks; it is
        // valid until the callback ends.
        unsafe {
            match (api.value_type)(value) {
                api::INTEGER => Self::Integer((api.value_int64)(value)),
                api::FLOAT => Self::Real((api.value_double)(value)),
                api::TEXT => {
                    let text = (api.value_text)(value);
                    let length = usize::try_from((api.value_bytes)(value)).unwrap_or(0);
                    if text.is_null() {
                        return Self::Garbled;
                    }
                    let bytes = std::slice::from_raw_parts(text.cast::<u8>(), length);
                    std::str::from_utf8(bytes).map_or(Self::Garbled, Self::Text)
                }
                api::BLOB => Self::Blob,
                _ => Self::Null,
            }
        }
    }
}

/// A result of a function, or a field of a row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Output {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
}

impl From<Option<String>> for Output {
    fn from(text: Option<String>) -> Self {
        text.map_or(Self::Null, Self::Text)
    }
}

impl Output {
    /// # Safety
    /// `context` is what SQLite handed to the running callback.
    pub(crate) unsafe fn give(&self, context: *mut SqlContext) {
        let api = host();
        // SAFETY: a live context, as the caller promises.
        unsafe {
            match self {
                Self::Null => (api.result_null)(context),
                Self::Integer(number) => (api.result_int64)(context, *number),
                Self::Real(number) => (api.result_double)(context, *number),
                Self::Text(text) => match c_int::try_from(text.len()) {
                    Ok(length) if length <= limit_length(api, (api.context_db_handle)(context)) => {
                        (api.result_text)(context, text.as_ptr().cast(), length, transient());
                    }
                    _ => (api.result_error_toobig)(context),
                },
            }
        }
    }
}

impl Failure {
    /// # Safety
    /// `context` is what SQLite handed to the running callback.
    pub(crate) unsafe fn give(&self, context: *mut SqlContext) {
        let api = host();
        // SAFETY: a live context, as the caller promises; SQLite copies the text. The code comes after the text, which
        // would reset it.
        unsafe {
            match self {
                Self::TooBig => (api.result_error_toobig)(context),
                Self::Message(text) | Self::Sqlite(_, text) => {
                    let length = c_int::try_from(text.len()).unwrap_or(c_int::MAX);
                    (api.result_error)(context, text.as_ptr().cast(), length);
                }
            }
            if let Self::Sqlite(code, _) = self {
                (api.result_error_code)(context, *code);
            }
        }
    }

    /// The code and the words for a table's callback.
    pub(crate) fn parts(&self) -> (c_int, &str) {
        match self {
            Self::Message(text) => (api::ERROR, text),
            Self::Sqlite(code, text) => (*code, text),
            Self::TooBig => (api::ERROR, "string or blob too big"),
        }
    }
}

/// `SQLITE_TRANSIENT`: SQLite makes a copy before it returns.
fn transient() -> Destructor {
    // SAFETY: SQLite defines this constant as -1 cast to the pointer, compares it and never calls it. `Option<fn>` has
    // the form of a nullable pointer and -1 is not null.
    unsafe { std::mem::transmute::<isize, Destructor>(-1) }
}

unsafe fn limit_length(api: &Api, db: *mut Sqlite) -> c_int {
    // SAFETY: a live connection, as every caller has one. -1 asks without changing.
    unsafe { (api.limit)(db, api::LIMIT_LENGTH, -1) }
}

/// A text in memory of SQLite's own, to be freed by it; null when there is no memory.
pub(crate) fn owned_text(text: &str) -> *mut c_char {
    copy_text(host().malloc, text)
}

/// As [`owned_text`], with the host's routine for memory given.
pub(crate) fn copy_text(malloc: api::Malloc, text: &str) -> *mut c_char {
    let bytes: Vec<u8> = text.bytes().filter(|b| *b != 0).chain([0]).collect();
    let Ok(length) = c_int::try_from(bytes.len()) else { return ptr::null_mut() };
    // SAFETY: the routine is the host's; the new memory is as long as what is copied into it.
    unsafe {
        let memory = malloc(length).cast::<u8>();
        if !memory.is_null() {
            ptr::copy_nonoverlapping(bytes.as_ptr(), memory, bytes.len());
        }
        memory.cast()
    }
}

/// Gives memory of SQLite's back.
///
/// # Safety
/// `memory` is null or came from this SQLite, and is used by nobody any more.
pub(crate) unsafe fn free(memory: *mut c_char) {
    // SAFETY: as this function's.
    unsafe { (host().free)(memory.cast()) }
}

/// Runs what must not panic into C.
pub(crate) fn guarded<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    // What a panic leaves half done is a call's own; shared state is behind locks that do not mind.
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err("hongyan: an internal error; please report it · 内部错误".into()))
}

/// A connection, for as long as a callback or the entry point runs.
pub(crate) struct Connection<'a> {
    raw: *mut Sqlite,
    api: &'static Api,
    life: PhantomData<&'a ()>,
}

impl Connection<'_> {
    /// # Safety
    /// `raw` is a connection of the host that [`enter`] saw, and lives as long as `'a`.
    pub(crate) unsafe fn new(raw: *mut Sqlite) -> Self {
        Self { raw, api: host(), life: PhantomData }
    }

    /// For [`crate::vtab`].
    pub(crate) const fn raw(&self) -> *mut Sqlite {
        self.raw
    }

    /// For [`crate::vtab`].
    pub(crate) const fn api(&self) -> &'static Api {
        self.api
    }

    /// How long a text may be, in bytes.
    pub(crate) fn longest(&self) -> usize {
        // SAFETY: `raw` is alive.
        usize::try_from(unsafe { limit_length(self.api, self.raw) }).unwrap_or(0)
    }

    /// The last error.
    pub(crate) fn failure(&self) -> Failure {
        // SAFETY: `raw` is alive; the text is copied before anything else is called.
        unsafe {
            let words = (self.api.errmsg)(self.raw);
            let words = if words.is_null() {
                "out of memory".into()
            } else {
                CStr::from_ptr(words).to_string_lossy().into_owned()
            };
            Failure::Sqlite((self.api.extended_errcode)(self.raw), words)
        }
    }

    /// Runs statements that return nothing.
    pub(crate) fn execute(&self, sql: &str) -> Result<(), Failure> {
        let sql = CString::new(sql).map_err(|_| Failure::from("hongyan: SQL with NUL"))?;
        // SAFETY: `raw` is alive, the text is terminated, no callback and no place for the message are given.
        let code = unsafe { (self.api.exec)(self.raw, sql.as_ptr(), ptr::null(), ptr::null_mut(), ptr::null_mut()) };
        if code == api::OK { Ok(()) } else { Err(self.failure()) }
    }

    /// Prepares one statement.
    pub(crate) fn prepare(&self, sql: &str) -> Result<Statement<'_>, Failure> {
        let length = c_int::try_from(sql.len()).map_err(|_| Failure::TooBig)?;
        let mut raw = ptr::null_mut();
        // SAFETY: `raw` is alive; the text has the length that is said.
        let code =
            unsafe { (self.api.prepare_v2)(self.raw, sql.as_ptr().cast(), length, &raw mut raw, ptr::null_mut()) };
        if code == api::OK { Ok(Statement { raw, connection: self }) } else { Err(self.failure()) }
    }

    /// How many rows the last statement changed.
    pub(crate) fn changes(&self) -> c_int {
        // SAFETY: `raw` is alive.
        unsafe { (self.api.changes)(self.raw) }
    }

    /// The id of the last row that was inserted.
    pub(crate) fn last_rowid(&self) -> i64 {
        // SAFETY: `raw` is alive.
        unsafe { (self.api.last_insert_rowid)(self.raw) }
    }

    /// Sets what [`Self::last_rowid`] says, where the host can (3.18).
    pub(crate) fn restore_last_rowid(&self, id: i64) {
        if let Some(set) = self.api.set_last_insert_rowid {
            // SAFETY: `raw` is alive.
            unsafe { set(self.raw, id) }
        }
    }

    /// Registers a function, once per number of arguments.
    pub(crate) fn register(&self, function: &'static Function, state: &Arc<State>) -> Result<(), Failure> {
        let name = CString::new(function.name).map_err(|_| Failure::from("a name with NUL"))?;
        for count in function.arguments.clone() {
            let bound = Box::into_raw(Box::new(Bound { function, state: Arc::clone(state) }));
            let flags = api::UTF8 | if function.direct_only { api::DIRECTONLY } else { 0 };
            // SAFETY: `raw` is alive and the name terminated. SQLite hands `bound` to every call and frees it with
            // `forget` when the function goes, also when this call fails.
            let code = unsafe {
                (self.api.create_function_v2)(
                    self.raw,
                    name.as_ptr(),
                    count,
                    flags,
                    bound.cast(),
                    Some(run),
                    None,
                    None,
                    Some(forget::<Bound>),
                )
            };
            if code != api::OK {
                return Err(self.failure());
            }
        }
        Ok(())
    }
}

/// A prepared statement, finalized when it goes.
pub(crate) struct Statement<'a> {
    raw: *mut Stmt,
    connection: &'a Connection<'a>,
}

impl Statement<'_> {
    /// Binds a text to a parameter, counted from 1.
    pub(crate) fn bind(&mut self, place: c_int, text: &str) -> Result<(), Failure> {
        let length = c_int::try_from(text.len()).map_err(|_| Failure::TooBig)?;
        let api = self.connection.api;
        // SAFETY: the statement is alive; SQLite copies the text.
        let code = unsafe { (api.bind_text)(self.raw, place, text.as_ptr().cast(), length, transient()) };
        if code == api::OK { Ok(()) } else { Err(self.connection.failure()) }
    }

    /// Binds a number to a parameter, counted from 1.
    pub(crate) fn bind_integer(&mut self, place: c_int, number: i64) -> Result<(), Failure> {
        // SAFETY: the statement is alive.
        let code = unsafe { (self.connection.api.bind_int64)(self.raw, place, number) };
        if code == api::OK { Ok(()) } else { Err(self.connection.failure()) }
    }

    /// Goes on: whether there is a row.
    pub(crate) fn step(&mut self) -> Result<bool, Failure> {
        // SAFETY: the statement is alive.
        match unsafe { (self.connection.api.step)(self.raw) } {
            api::ROW => Ok(true),
            api::DONE => Ok(false),
            _ => Err(self.connection.failure()),
        }
    }

    /// A column of the row as text, counted from 0; `None` for NULL.
    pub(crate) fn text(&self, column: c_int) -> Option<String> {
        let api = self.connection.api;
        // SAFETY: the statement is alive and stands on a row; the text is copied before anything else is called.
        unsafe {
            let text = (api.column_text)(self.raw, column);
            if text.is_null() {
                return None;
            }
            let length = usize::try_from((api.column_bytes)(self.raw, column)).unwrap_or(0);
            Some(String::from_utf8_lossy(std::slice::from_raw_parts(text.cast(), length)).into_owned())
        }
    }

    /// A column of the row as a number, counted from 0.
    pub(crate) fn integer(&self, column: c_int) -> i64 {
        // SAFETY: the statement is alive and stands on a row.
        unsafe { (self.connection.api.column_int64)(self.raw, column) }
    }
}

impl Drop for Statement<'_> {
    fn drop(&mut self) {
        // SAFETY: made by `prepare`, finalized once. Its error, if any, was seen at the step that met it.
        unsafe { (self.connection.api.finalize)(self.raw) };
    }
}

/// A call of a function.
pub(crate) struct Call<'a> {
    pub(crate) arguments: &'a [Argument<'a>],
    pub(crate) connection: &'a Connection<'a>,
    pub(crate) state: &'a State,
    /// The function's name, for its errors.
    pub(crate) name: &'static str,
}

/// A function of SQL.
pub(crate) struct Function {
    pub(crate) name: &'static str,
    /// How many arguments it takes.
    pub(crate) arguments: std::ops::RangeInclusive<c_int>,
    /// Not from views, triggers and other parts of a schema, which may be somebody else's.
    pub(crate) direct_only: bool,
    pub(crate) run: fn(&Call<'_>) -> Result<Output, Failure>,
}

/// What SQLite keeps for a function.
struct Bound {
    function: &'static Function,
    state: Arc<State>,
}

unsafe extern "C" fn run(context: *mut SqlContext, count: c_int, values: *mut *mut SqlValue) {
    let outcome = guarded(|| {
        let api = host();
        // SAFETY: SQLite hands the pointer that `register` gave it, which lives until `forget`; `values` has `count`
        // entries, which live until this callback ends, as does the connection.
        let (bound, arguments, connection) = unsafe {
            let bound = &*(api.user_data)(context).cast::<Bound>();
            let arguments: Vec<Argument<'_>> =
                (0..usize::try_from(count).unwrap_or(0)).map(|i| Argument::read(*values.add(i))).collect();
            (bound, arguments, Connection::new((api.context_db_handle)(context)))
        };
        let call =
            Call { arguments: &arguments, connection: &connection, state: &bound.state, name: bound.function.name };
        (bound.function.run)(&call)
    });
    // SAFETY: the context of this very callback.
    unsafe {
        match outcome {
            Ok(output) => output.give(context),
            Err(failure) => failure.give(context),
        }
    }
}

/// Drops what SQLite kept for us.
///
/// # Safety
/// `kept` came from `Box::into_raw` of a `Box<T>`, and this is the only call for it.
pub(crate) unsafe extern "C" fn forget<T>(kept: *mut c_void) {
    // SAFETY: as this function's.
    let kept = unsafe { Box::from_raw(kept.cast::<T>()) };
    // A destructor that panics must not do so into C.
    drop(catch_unwind(AssertUnwindSafe(|| drop(kept))));
}
