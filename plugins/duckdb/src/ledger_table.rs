//! `hongyan_ledger(id)`: the ledger of a message as a table, a row for each recipient.
//!
//! The gateway is asked when a query starts to run, not when it is prepared or explained; a prepared statement asks
//! again each time.
#![expect(unsafe_code, reason = "DuckDB calls through C")]

use crate::{
    api::{Api, Handle, Idx, SUCCESS},
    entry::{api, c_text},
    functions::{Kind, ledger},
    rows,
    scalar::Type,
};
use hongyan_embed::Engine;
use std::{
    ffi::{CStr, c_char},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

/// The message whose ledger is asked for; none for NULL, which has no rows.
struct LedgerQuery {
    engine: Arc<Engine>,
    id: Option<String>,
}

/// The ledger, and how much of it was handed over.
struct Answer {
    rows: Vec<ledger::Row>,
    done: AtomicUsize,
}

/// Registers the table function.
///
/// # Safety
/// `connection` is open, and `api` is its DuckDB's.
pub(crate) unsafe fn register(api: &'static Api, connection: Handle, engine: &Arc<Engine>) -> Result<(), String> {
    // SAFETY: the handle is made here, used while it is valid, and freed once; DuckDB copies name and type,
    // and gives the engine back to `drop_engine` once.
    let registered = unsafe {
        let mut function = (api.create_table_function)();
        (api.table_function_set_name)(function, c"hongyan_ledger".as_ptr());
        (api.table_function_add_parameter)(function, Type::new(api, Kind::Text).handle);
        let engine = Box::into_raw(Box::new(engine.clone())).cast();
        (api.table_function_set_extra_info)(function, engine, Some(drop_engine));
        (api.table_function_set_bind)(function, bind);
        (api.table_function_set_init)(function, init);
        (api.table_function_set_function)(function, produce);
        let registered = (api.register_table_function)(connection, function) == SUCCESS;
        (api.destroy_table_function)(&raw mut function);
        registered
    };
    registered.then_some(()).ok_or_else(|| "hongyan: DuckDB does not take the function hongyan_ledger".into())
}

/// Runs a step; its fault, or that it panicked, goes to DuckDB.
fn guarded(info: Handle, tell: unsafe extern "C" fn(Handle, *const c_char), step: impl FnOnce() -> Result<(), String>) {
    let fault = match catch_unwind(AssertUnwindSafe(step)) {
        Ok(Ok(())) => return,
        Ok(Err(fault)) => fault,
        Err(_) => "hongyan: a fault of its own; please report it".into(),
    };
    // SAFETY: `info` is valid during the step, `tell` is the one for it, and DuckDB copies the text.
    unsafe { tell(info, c_text(&fault).as_ptr()) };
}

unsafe extern "C" fn bind(info: Handle) {
    let api = api();
    guarded(info, api.bind_set_error, || {
        let text = Type::new(api, Kind::Text);
        for column in ledger::COLUMNS {
            // SAFETY: `info` is valid during this call; DuckDB copies name and type.
            unsafe { (api.bind_add_result_column)(info, c_text(column).as_ptr(), text.handle) };
        }
        // SAFETY: the function has one parameter, a text; the value and its text are ours to free, each once. The extra
        // info is what `register` gave. DuckDB gives the question back to `drop_asked` once.
        unsafe {
            let mut value = (api.bind_get_parameter)(info, 0);
            let id = (!(api.is_null_value)(value)).then(|| {
                let text = (api.get_varchar)(value);
                let id = CStr::from_ptr(text).to_string_lossy().into_owned();
                (api.free)(text.cast());
                id
            });
            (api.destroy_value)(&raw mut value);
            let engine = (*(api.bind_get_extra_info)(info).cast::<Arc<Engine>>()).clone();
            let asked = Box::into_raw(Box::new(LedgerQuery { engine, id }));
            (api.bind_set_bind_data)(info, asked.cast(), Some(drop_asked));
        }
        Ok(())
    });
}

unsafe extern "C" fn init(info: Handle) {
    let api = api();
    guarded(info, api.init_set_error, || {
        // SAFETY: what `bind` gave, alive as long as the query.
        let LedgerQuery { engine, id } = unsafe { &*(api.init_get_bind_data)(info).cast::<LedgerQuery>() };
        let rows = id.as_deref().map(|id| ledger::read(engine, id)).transpose()?.unwrap_or_default();
        let answer = Box::into_raw(Box::new(Answer { rows, done: AtomicUsize::new(0) }));
        // SAFETY: `info` is valid during this call; DuckDB gives the answer back to `drop_answer` once.
        unsafe {
            (api.init_set_init_data)(info, answer.cast(), Some(drop_answer));
            (api.init_set_max_threads)(info, 1);
        }
        Ok(())
    });
}

unsafe extern "C" fn produce(info: Handle, output: Handle) {
    let api = api();
    guarded(info, api.function_set_error, || {
        // SAFETY: what `init` gave, alive as long as the query; `output` has the columns that `bind` declared, each
        // with room for a vector of rows.
        unsafe {
            let answer = &*(api.function_get_init_data)(info).cast::<Answer>();
            let most = usize::try_from((api.vector_size)()).unwrap_or(usize::MAX);
            let start = answer.done.load(Ordering::Relaxed);
            let part = &answer.rows[start..answer.rows.len().min(start.saturating_add(most))];
            for column in 0..(api.data_chunk_get_column_count)(output) {
                let vector = (api.data_chunk_get_vector)(output, column);
                for (row, values) in (0..).zip(part) {
                    let value = usize::try_from(column).ok().and_then(|column| values.get(column)?.as_deref());
                    rows::write(api, vector, row, value);
                }
            }
            answer.done.store(start + part.len(), Ordering::Relaxed);
            (api.data_chunk_set_size)(output, part.len() as Idx);
        }
        Ok(())
    });
}

unsafe extern "C" fn drop_engine(engine: Handle) {
    // SAFETY: DuckDB gives back, once, what `register` put in its keeping.
    drop(unsafe { Box::from_raw(engine.cast::<Arc<Engine>>()) });
}

unsafe extern "C" fn drop_asked(asked: Handle) {
    // SAFETY: DuckDB gives back, once, what `bind` put in its keeping.
    drop(unsafe { Box::from_raw(asked.cast::<LedgerQuery>()) });
}

unsafe extern "C" fn drop_answer(answer: Handle) {
    // SAFETY: DuckDB gives back, once, what `init` put in its keeping.
    drop(unsafe { Box::from_raw(answer.cast::<Answer>()) });
}
