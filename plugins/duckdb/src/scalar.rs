//! Scalar functions: registered with every form that they may be called in, and computed row by row.
#![expect(unsafe_code, reason = "DuckDB calls through C")]

use crate::{
    api::{Api, BIGINT, Handle, Idx, SUCCESS, VARCHAR},
    entry::{api, c_text},
    functions::{Cell, Function, Kind},
    rows::{self, Column},
    spread,
};
use hongyan_embed::Engine;
use std::{
    ffi::CStr,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

/// One form of a function, in DuckDB's keeping.
struct Form {
    engine: Arc<Engine>,
    function: &'static Function,
    arguments: &'static [Kind],
}

/// A type of DuckDB's, freed when it goes.
pub(crate) struct Type {
    api: &'static Api,
    pub(crate) handle: Handle,
}

impl Type {
    /// The type of an argument or a result.
    pub(crate) fn new(api: &'static Api, kind: Kind) -> Self {
        let id = if matches!(kind, Kind::Integer) { BIGINT } else { VARCHAR };
        // SAFETY: both are types that need no parameters.
        let simple = Self { api, handle: unsafe { (api.create_logical_type)(id) } };
        if !matches!(kind, Kind::Texts) {
            return simple;
        }
        // SAFETY: the element's type is valid; DuckDB copies it.
        Self { api, handle: unsafe { (api.create_list_type)(simple.handle) } }
    }
}

impl Drop for Type {
    fn drop(&mut self) {
        // SAFETY: made by DuckDB, freed once.
        unsafe { (self.api.destroy_logical_type)(&raw mut self.handle) };
    }
}

/// Registers a function with all its forms.
///
/// # Safety
/// `connection` is open, and `api` is its DuckDB's.
pub(crate) unsafe fn register(
    api: &'static Api,
    connection: Handle,
    function: &'static Function,
    engine: &Arc<Engine>,
) -> Result<(), String> {
    let name = c_text(function.name);
    // SAFETY: every handle is made here, used while it is valid, and freed once; DuckDB copies names and types.
    let registered = unsafe {
        let mut set = (api.create_scalar_function_set)(name.as_ptr());
        let mut added = true;
        for arguments in function.forms {
            let mut form = form(api, &name, Form { engine: engine.clone(), function, arguments });
            added &= (api.add_scalar_function_to_set)(set, form) == SUCCESS;
            (api.destroy_scalar_function)(&raw mut form);
        }
        let registered = added && (api.register_scalar_function_set)(connection, set) == SUCCESS;
        (api.destroy_scalar_function_set)(&raw mut set);
        registered
    };
    registered.then_some(()).ok_or_else(|| format!("hongyan: DuckDB does not take the function {}", function.name))
}

/// # Safety
/// `api` is DuckDB's; the caller frees the result.
unsafe fn form(api: &'static Api, name: &CStr, form: Form) -> Handle {
    // SAFETY: the handle is valid until the caller frees it; DuckDB copies name and types, and gives the form back to
    // `drop_form` once.
    unsafe {
        let handle = (api.create_scalar_function)();
        (api.scalar_function_set_name)(handle, name.as_ptr());
        for kind in form.arguments {
            (api.scalar_function_add_parameter)(handle, Type::new(api, *kind).handle);
        }
        (api.scalar_function_set_return_type)(handle, Type::new(api, Kind::Text).handle);
        // Called for every row, even with constant arguments; NULL arguments are ours to judge.
        (api.scalar_function_set_volatile)(handle);
        (api.scalar_function_set_special_handling)(handle);
        let form = Box::into_raw(Box::new(form)).cast();
        (api.scalar_function_set_extra_info)(handle, form, Some(drop_form));
        (api.scalar_function_set_function)(handle, compute);
        handle
    }
}

unsafe extern "C" fn drop_form(form: Handle) {
    // SAFETY: DuckDB gives back, once, what `form` put in its keeping.
    drop(unsafe { Box::from_raw(form.cast::<Form>()) });
}

/// What DuckDB calls, on any of its threads, with up to a vector of rows.
unsafe extern "C" fn compute(info: Handle, input: Handle, output: Handle) {
    let api = api();
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: DuckDB calls with what it was registered with: a form, a flat chunk of its arguments, and a vector
        // of texts as long as the chunk.
        unsafe {
            let form = &*(api.scalar_function_get_extra_info)(info).cast::<Form>();
            let columns: Vec<_> = (0..)
                .zip(form.arguments)
                .map(|(at, kind)| Column::new(api, *kind, (api.data_chunk_get_vector)(input, at)))
                .collect();
            let size = usize::try_from((api.data_chunk_get_size)(input)).unwrap_or_default();
            let rows: Vec<Vec<Cell<'_>>> =
                (0..size).map(|row| columns.iter().map(|column| column.cell(row)).collect()).collect();
            spread::compute(
                form.function.asks,
                &rows,
                |row| form.function.call(&form.engine, row),
                |row, value| {
                    rows::write(api, output, row as Idx, value.as_deref());
                },
            )
        }
    }));
    let fault = match outcome {
        Ok(Ok(())) => return,
        Ok(Err(fault)) => fault,
        Err(_) => "hongyan: a fault of its own; please report it".into(),
    };
    // SAFETY: `info` is valid during this call; DuckDB copies the text.
    unsafe { (api.scalar_function_set_error)(info, c_text(&fault).as_ptr()) };
}
