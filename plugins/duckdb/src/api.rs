//! What DuckDB hands an extension: its C extension API, the part that we call.
//!
//! DuckDB passes one table of function pointers, [`Api`]. It only ever grows at its end, so a prefix of it is the same
//! in every version since [`VERSION`]. The places are those of `duckdb_ext_api_v1` in DuckDB's `duckdb_extension.h`,
//! counted from 0; what stands between them is not called and is kept as room, named after its first place.

use std::ffi::{CStr, c_char, c_void};

/// The oldest version of the C extension API that has all that we call, so the oldest DuckDB that loads us: 1.2.0.
pub(crate) const VERSION: &CStr = c"v1.2.0";

/// A pointer to something of DuckDB's that we only pass on.
pub(crate) type Handle = *mut c_void;
/// A count or a place.
pub(crate) type Idx = u64;
/// 0 is success.
pub(crate) type State = u32;
/// `DuckDBSuccess`.
pub(crate) const SUCCESS: State = 0;

/// `DUCKDB_TYPE_BIGINT`.
pub(crate) const BIGINT: u32 = 5;
/// `DUCKDB_TYPE_VARCHAR`.
pub(crate) const VARCHAR: u32 = 17;

/// Frees what an extension had put in DuckDB's keeping.
pub(crate) type Destroy = Option<unsafe extern "C" fn(data: Handle)>;
/// Computes a scalar function over a chunk of rows: what is known of the call, the arguments, the results.
pub(crate) type ScalarFunction = unsafe extern "C" fn(info: Handle, input: Handle, output: Handle);
/// Binds or starts a table function.
pub(crate) type TableStep = unsafe extern "C" fn(info: Handle);
/// Produces a chunk of a table function's rows.
pub(crate) type TableFunction = unsafe extern "C" fn(info: Handle, output: Handle);

/// What the entry point is given to reach DuckDB with: `duckdb_extension_access`.
#[repr(C)]
pub(crate) struct Access {
    /// Says why loading failed. The text is copied.
    pub(crate) set_error: unsafe extern "C" fn(info: Handle, error: *const c_char),
    /// The database that loads us; null after an error. Lent until the entry point returns.
    pub(crate) get_database: unsafe extern "C" fn(info: Handle) -> *mut Handle,
    /// The table for a version; null after an error. Lent until the entry point returns.
    pub(crate) get_api: unsafe extern "C" fn(info: Handle, version: *const c_char) -> *const Api,
}

/// A place whose function is not called.
type Unused = usize;

/// The table's first 274 places.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Api {
    unused_0: [Unused; 3],
    pub(crate) connect: unsafe extern "C" fn(database: Handle, out: *mut Handle) -> State,
    unused_4: [Unused; 2],
    pub(crate) disconnect: unsafe extern "C" fn(connection: *mut Handle),
    pub(crate) library_version: unsafe extern "C" fn() -> *const c_char,
    unused_8: [Unused; 17],
    pub(crate) free: unsafe extern "C" fn(pointer: Handle),
    pub(crate) vector_size: unsafe extern "C" fn() -> Idx,
    unused_27: [Unused; 65],
    pub(crate) destroy_value: unsafe extern "C" fn(value: *mut Handle),
    unused_93: [Unused; 49],
    pub(crate) get_varchar: unsafe extern "C" fn(value: Handle) -> *mut c_char,
    unused_143: [Unused; 6],
    pub(crate) is_null_value: unsafe extern "C" fn(value: Handle) -> bool,
    unused_150: [Unused; 6],
    pub(crate) create_logical_type: unsafe extern "C" fn(id: u32) -> Handle,
    unused_157: [Unused; 2],
    pub(crate) create_list_type: unsafe extern "C" fn(element: Handle) -> Handle,
    unused_160: [Unused; 24],
    pub(crate) destroy_logical_type: unsafe extern "C" fn(logical_type: *mut Handle),
    unused_185: [Unused; 4],
    pub(crate) data_chunk_get_column_count: unsafe extern "C" fn(chunk: Handle) -> Idx,
    pub(crate) data_chunk_get_vector: unsafe extern "C" fn(chunk: Handle, column: Idx) -> Handle,
    pub(crate) data_chunk_get_size: unsafe extern "C" fn(chunk: Handle) -> Idx,
    pub(crate) data_chunk_set_size: unsafe extern "C" fn(chunk: Handle, size: Idx),
    unused_193: [Unused; 1],
    pub(crate) vector_get_data: unsafe extern "C" fn(vector: Handle) -> Handle,
    pub(crate) vector_get_validity: unsafe extern "C" fn(vector: Handle) -> *mut u64,
    pub(crate) vector_ensure_validity_writable: unsafe extern "C" fn(vector: Handle),
    unused_197: [Unused; 1],
    pub(crate) vector_assign_string_element_len:
        unsafe extern "C" fn(vector: Handle, row: Idx, text: *const c_char, length: Idx),
    pub(crate) list_vector_get_child: unsafe extern "C" fn(vector: Handle) -> Handle,
    pub(crate) list_vector_get_size: unsafe extern "C" fn(vector: Handle) -> Idx,
    unused_201: [Unused; 6],
    pub(crate) validity_set_row_invalid: unsafe extern "C" fn(validity: *mut u64, row: Idx),
    unused_208: [Unused; 1],
    pub(crate) create_scalar_function: unsafe extern "C" fn() -> Handle,
    pub(crate) destroy_scalar_function: unsafe extern "C" fn(function: *mut Handle),
    pub(crate) scalar_function_set_name: unsafe extern "C" fn(function: Handle, name: *const c_char),
    unused_212: [Unused; 1],
    pub(crate) scalar_function_set_special_handling: unsafe extern "C" fn(function: Handle),
    pub(crate) scalar_function_set_volatile: unsafe extern "C" fn(function: Handle),
    pub(crate) scalar_function_add_parameter: unsafe extern "C" fn(function: Handle, logical_type: Handle),
    pub(crate) scalar_function_set_return_type: unsafe extern "C" fn(function: Handle, logical_type: Handle),
    pub(crate) scalar_function_set_extra_info: unsafe extern "C" fn(function: Handle, info: Handle, destroy: Destroy),
    pub(crate) scalar_function_set_function: unsafe extern "C" fn(function: Handle, compute: ScalarFunction),
    unused_219: [Unused; 1],
    pub(crate) scalar_function_get_extra_info: unsafe extern "C" fn(info: Handle) -> Handle,
    pub(crate) scalar_function_set_error: unsafe extern "C" fn(info: Handle, error: *const c_char),
    pub(crate) create_scalar_function_set: unsafe extern "C" fn(name: *const c_char) -> Handle,
    pub(crate) destroy_scalar_function_set: unsafe extern "C" fn(set: *mut Handle),
    pub(crate) add_scalar_function_to_set: unsafe extern "C" fn(set: Handle, function: Handle) -> State,
    pub(crate) register_scalar_function_set: unsafe extern "C" fn(connection: Handle, set: Handle) -> State,
    unused_226: [Unused; 16],
    pub(crate) create_table_function: unsafe extern "C" fn() -> Handle,
    pub(crate) destroy_table_function: unsafe extern "C" fn(function: *mut Handle),
    pub(crate) table_function_set_name: unsafe extern "C" fn(function: Handle, name: *const c_char),
    pub(crate) table_function_add_parameter: unsafe extern "C" fn(function: Handle, logical_type: Handle),
    unused_246: [Unused; 1],
    pub(crate) table_function_set_extra_info: unsafe extern "C" fn(function: Handle, info: Handle, destroy: Destroy),
    pub(crate) table_function_set_bind: unsafe extern "C" fn(function: Handle, bind: TableStep),
    pub(crate) table_function_set_init: unsafe extern "C" fn(function: Handle, init: TableStep),
    unused_250: [Unused; 1],
    pub(crate) table_function_set_function: unsafe extern "C" fn(function: Handle, produce: TableFunction),
    unused_252: [Unused; 1],
    pub(crate) register_table_function: unsafe extern "C" fn(connection: Handle, function: Handle) -> State,
    pub(crate) bind_get_extra_info: unsafe extern "C" fn(info: Handle) -> Handle,
    pub(crate) bind_add_result_column: unsafe extern "C" fn(info: Handle, name: *const c_char, logical_type: Handle),
    unused_256: [Unused; 1],
    pub(crate) bind_get_parameter: unsafe extern "C" fn(info: Handle, place: Idx) -> Handle,
    unused_258: [Unused; 1],
    pub(crate) bind_set_bind_data: unsafe extern "C" fn(info: Handle, data: Handle, destroy: Destroy),
    unused_260: [Unused; 1],
    pub(crate) bind_set_error: unsafe extern "C" fn(info: Handle, error: *const c_char),
    unused_262: [Unused; 1],
    pub(crate) init_get_bind_data: unsafe extern "C" fn(info: Handle) -> Handle,
    pub(crate) init_set_init_data: unsafe extern "C" fn(info: Handle, data: Handle, destroy: Destroy),
    unused_265: [Unused; 2],
    pub(crate) init_set_max_threads: unsafe extern "C" fn(info: Handle, threads: Idx),
    pub(crate) init_set_error: unsafe extern "C" fn(info: Handle, error: *const c_char),
    unused_269: [Unused; 2],
    pub(crate) function_get_init_data: unsafe extern "C" fn(info: Handle) -> Handle,
    unused_272: [Unused; 1],
    pub(crate) function_set_error: unsafe extern "C" fn(info: Handle, error: *const c_char),
}

// A field too many or too few anywhere would show here.
const _: () = assert!(size_of::<Api>() == 274 * size_of::<Unused>());
