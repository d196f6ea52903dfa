//! What crosses between C and Rust: texts, results, errors and panics.

#![expect(unsafe_code, reason = "pointers that C hands over and takes")]

use crate::{
    fault::{Code, HongyanError},
    handles,
    outcome::HongyanResult,
};
use hongyan_embed::Engine;
use std::{
    ffi::{CStr, c_char, c_int},
    panic::{AssertUnwindSafe, catch_unwind},
    ptr,
    sync::Arc,
};

/// A handle as C has it: never followed.
#[repr(C)]
pub struct HongyanHandle {
    _opaque: [u8; 0],
}

/// The engine behind a handle.
pub(crate) fn engine(handle: *mut HongyanHandle) -> Result<Arc<Engine>, HongyanError> {
    handles::find(handle.addr())
}

/// A number as a handle.
pub(crate) fn handle(number: usize) -> *mut HongyanHandle {
    ptr::without_provenance_mut(number)
}

/// A text of the caller's; `None` for NULL.
///
/// # Safety
/// `text` is NULL or ends with a NUL, and stays as it is for `'a`.
pub(crate) unsafe fn text<'a>(name: &str, text: *const c_char) -> Result<Option<&'a str>, HongyanError> {
    if text.is_null() {
        return Ok(None);
    }
    // SAFETY: as this function's.
    let bytes = unsafe { CStr::from_ptr(text) };
    let wrong = |_| HongyanError::new(Code::Argument, format!("{name} is not UTF-8 · {name} 不是 UTF-8 文本"));
    bytes.to_str().map(Some).map_err(wrong)
}

/// A text that must be there.
///
/// # Safety
/// As [`text`]'s.
pub(crate) unsafe fn needed<'a>(name: &str, given: *const c_char) -> Result<&'a str, HongyanError> {
    // SAFETY: as this function's.
    let text = unsafe { text(name, given) }?;
    text.ok_or_else(|| HongyanError::new(Code::Argument, format!("{name} is NULL · {name} 不能为 NULL")))
}

/// Runs a call, keeps panics in, and puts an error where C wants it.
///
/// # Safety
/// `place` is NULL or may be written.
pub(crate) unsafe fn cross<T>(
    place: *mut *mut HongyanError,
    work: impl FnOnce() -> Result<T, HongyanError>,
) -> Result<T, c_int> {
    let internal = || HongyanError::new(Code::Internal, "an internal error; please report it · 内部错误");
    // What a panic leaves half done is the call's own; what is shared is behind locks that do not mind.
    let outcome = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(internal()));
    let (outcome, error) = match outcome {
        Ok(value) => (Ok(value), ptr::null_mut()),
        Err(error) => {
            let code = error.code.number();
            (Err(code), if place.is_null() { ptr::null_mut() } else { Box::into_raw(Box::new(error)) })
        }
    };
    if !place.is_null() {
        // SAFETY: as this function's.
        unsafe { *place = error };
    }
    outcome
}

/// As [`cross`], for what gives a result.
///
/// # Safety
/// As [`cross`]'s.
pub(crate) unsafe fn cross_result(
    place: *mut *mut HongyanError,
    work: impl FnOnce() -> Result<HongyanResult, HongyanError>,
) -> *mut HongyanResult {
    // SAFETY: as this function's.
    let outcome = unsafe { cross(place, work) };
    outcome.map_or(ptr::null_mut(), |result| Box::into_raw(Box::new(result)))
}

/// As [`cross`], for what gives a code.
///
/// # Safety
/// As [`cross`]'s.
pub(crate) unsafe fn cross_code(
    place: *mut *mut HongyanError,
    work: impl FnOnce() -> Result<(), HongyanError>,
) -> c_int {
    // SAFETY: as this function's.
    match unsafe { cross(place, work) } {
        Ok(()) => 0,
        Err(code) => code,
    }
}

/// Frees what a call gave.
///
/// # Safety
/// `given` is NULL, or came from `Box::into_raw` here and was not freed before.
pub(crate) unsafe fn free<T>(given: *mut T) {
    if !given.is_null() {
        // SAFETY: as this function's.
        let given = unsafe { Box::from_raw(given) };
        drop(catch_unwind(AssertUnwindSafe(|| drop(given))));
    }
}
