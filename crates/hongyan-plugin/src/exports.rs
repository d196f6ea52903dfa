//! The names of `hongyan.h`. Each says what it is there; here stands only how it is done.

#![expect(unsafe_code, reason = "functions that C calls by their names")]
#![expect(clippy::missing_safety_doc, reason = "hongyan.h states once, at its head, what every caller promises")]

use crate::{
    boundary::{HongyanHandle, cross, cross_code, cross_result, engine, free, handle, needed, text},
    fault::{Code, HongyanError},
    handles, outbox,
    outcome::HongyanResult,
};
use hongyan_embed::{Engine, HttpArguments, HttpMethod, MailArguments};
use std::{
    ffi::{CStr, c_char, c_double, c_int},
    ptr,
    time::Instant,
};

/// `HONGYAN_ABI_VERSION`.
const ABI_VERSION: u32 = 1;

/// See `hongyan.h`.
#[unsafe(no_mangle)]
pub extern "C" fn hongyan_abi_version() -> u32 {
    ABI_VERSION
}

/// See `hongyan.h`.
#[unsafe(no_mangle)]
pub extern "C" fn hongyan_version() -> *const c_char {
    const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");
    VERSION.as_ptr().cast()
}

/// See `hongyan.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hongyan_open(options: *const c_char, error: *mut *mut HongyanError) -> *mut HongyanHandle {
    // SAFETY: the caller keeps the header's rules on texts and places for errors.
    let number = unsafe {
        cross(error, || {
            let options = text("options", options)?.unwrap_or_default();
            Ok(handles::keep(Engine::with_options(options)?))
        })
    };
    number.map_or(ptr::null_mut(), handle)
}

/// See `hongyan.h`.
#[unsafe(no_mangle)]
pub extern "C" fn hongyan_close(given: *mut HongyanHandle) -> c_int {
    if handles::close(given.addr()) { 0 } else { Code::Closed.number() }
}

/// See `hongyan.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hongyan_set(
    given: *mut HongyanHandle,
    name: *const c_char,
    value: *const c_char,
    error: *mut *mut HongyanError,
) -> c_int {
    // SAFETY: the caller keeps the header's rules on texts and places for errors.
    unsafe {
        cross_code(error, || {
            let engine = engine(given)?;
            engine.set(needed("name", name)?, needed("value", value)?)?;
            Ok(())
        })
    }
}

/// The arguments of an HTTP function as they came.
struct Http {
    url: *const c_char,
    params: *const c_char,
    timeout_ms: i64,
    headers: *const c_char,
    config: *const c_char,
}

/// # Safety
/// As the header's.
unsafe fn http(
    given: *mut HongyanHandle,
    method: HttpMethod,
    raw: &Http,
    error: *mut *mut HongyanError,
) -> *mut HongyanResult {
    // SAFETY: the caller keeps the header's rules on texts and places for errors.
    unsafe {
        cross_result(error, || {
            let engine = engine(given)?;
            let arguments = HttpArguments {
                url: needed("url", raw.url)?,
                params: text("params", raw.params)?,
                timeout_ms: Some(raw.timeout_ms),
                headers: text("headers", raw.headers)?,
                config: text("config", raw.config)?,
            };
            Ok(engine.http(method, &arguments)?.into())
        })
    }
}

/// See `hongyan.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hongyan_http_get(
    given: *mut HongyanHandle,
    url: *const c_char,
    params: *const c_char,
    timeout_ms: i64,
    headers: *const c_char,
    config: *const c_char,
    error: *mut *mut HongyanError,
) -> *mut HongyanResult {
    // SAFETY: the caller keeps the header's rules.
    unsafe { http(given, HttpMethod::Get, &Http { url, params, timeout_ms, headers, config }, error) }
}

/// See `hongyan.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hongyan_http_post(
    given: *mut HongyanHandle,
    url: *const c_char,
    params: *const c_char,
    timeout_ms: i64,
    headers: *const c_char,
    config: *const c_char,
    error: *mut *mut HongyanError,
) -> *mut HongyanResult {
    // SAFETY: the caller keeps the header's rules.
    unsafe { http(given, HttpMethod::Post, &Http { url, params, timeout_ms, headers, config }, error) }
}

/// See `hongyan.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hongyan_http_put(
    given: *mut HongyanHandle,
    url: *const c_char,
    params: *const c_char,
    timeout_ms: i64,
    headers: *const c_char,
    config: *const c_char,
    error: *mut *mut HongyanError,
) -> *mut HongyanResult {
    // SAFETY: the caller keeps the header's rules.
    unsafe { http(given, HttpMethod::Put, &Http { url, params, timeout_ms, headers, config }, error) }
}

/// See `hongyan.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hongyan_http_delete(
    given: *mut HongyanHandle,
    url: *const c_char,
    params: *const c_char,
    timeout_ms: i64,
    headers: *const c_char,
    config: *const c_char,
    error: *mut *mut HongyanError,
) -> *mut HongyanResult {
    // SAFETY: the caller keeps the header's rules.
    unsafe { http(given, HttpMethod::Delete, &Http { url, params, timeout_ms, headers, config }, error) }
}

/// See `hongyan.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hongyan_send_email(
    given: *mut HongyanHandle,
    user: *const c_char,
    password: *const c_char,
    recipient: *const c_char,
    subject: *const c_char,
    body: *const c_char,
    msg: *const c_char,
    error: *mut *mut HongyanError,
) -> *mut HongyanResult {
    // SAFETY: the caller keeps the header's rules on texts and places for errors.
    unsafe {
        cross_result(error, || {
            let engine = engine(given)?;
            let arguments = MailArguments {
                user: needed("user", user)?,
                password: needed("password", password)?,
                recipient: needed("recipient", recipient)?,
                subject: text("subject", subject)?,
                body: text("body", body)?,
                msg: text("msg", msg)?,
            };
            Ok(engine.send_email(&arguments)?.into())
        })
    }
}

/// See `hongyan.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hongyan_email_smtp_config(
    given: *mut HongyanHandle,
    domain: *const c_char,
    host: *const c_char,
    port: u32,
    error: *mut *mut HongyanError,
) -> c_int {
    // SAFETY: the caller keeps the header's rules on texts and places for errors.
    unsafe {
        cross_code(error, || {
            let engine = engine(given)?;
            let port = match port {
                0 => None,
                port => Some(u16::try_from(port).map_err(|_| {
                    HongyanError::new(Code::Argument, format!("the port {port} is above 65535 · 端口不能大于 65535"))
                })?),
            };
            engine.email_smtp_config(needed("domain", domain)?, needed("host", host)?, port)?;
            Ok(())
        })
    }
}

/// See `hongyan.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hongyan_submit(
    given: *mut HongyanHandle,
    message: *const c_char,
    key: *const c_char,
    error: *mut *mut HongyanError,
) -> *mut HongyanResult {
    // SAFETY: the caller keeps the header's rules on texts and places for errors.
    unsafe {
        cross_result(error, || {
            let engine = engine(given)?;
            let start = Instant::now();
            let answer = engine.submit(needed("message", message)?, text("key", key)?)?;
            Ok(HongyanResult::answer(202, &answer.to_string(), start.elapsed().as_secs_f64()))
        })
    }
}

/// See `hongyan.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hongyan_status(
    given: *mut HongyanHandle,
    id: *const c_char,
    error: *mut *mut HongyanError,
) -> *mut HongyanResult {
    // SAFETY: the caller keeps the header's rules on texts and places for errors.
    unsafe {
        cross_result(error, || {
            let engine = engine(given)?;
            let start = Instant::now();
            let answer = engine.status(needed("id", id)?)?;
            Ok(HongyanResult::answer(200, &answer.to_string(), start.elapsed().as_secs_f64()))
        })
    }
}

/// See `hongyan.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hongyan_enqueue(
    given: *mut HongyanHandle,
    path: *const c_char,
    message: *const c_char,
    key: *const c_char,
    error: *mut *mut HongyanError,
) -> *mut HongyanResult {
    // SAFETY: the caller keeps the header's rules on texts and places for errors.
    unsafe {
        cross_result(error, || {
            engine(given)?;
            outbox::put(needed("path", path)?, needed("message", message)?, text("key", key)?)
        })
    }
}

/// See `hongyan.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hongyan_enqueued(
    given: *mut HongyanHandle,
    path: *const c_char,
    key: *const c_char,
    error: *mut *mut HongyanError,
) -> *mut HongyanResult {
    // SAFETY: the caller keeps the header's rules on texts and places for errors.
    unsafe {
        cross_result(error, || {
            engine(given)?;
            outbox::status(needed("path", path)?, needed("key", key)?)
        })
    }
}

/// See `hongyan.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hongyan_result_code(result: *const HongyanResult) -> c_int {
    // SAFETY: NULL, or a result that is not freed yet.
    unsafe { result.as_ref() }.map_or(-1, |result| result.code)
}

/// See `hongyan.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hongyan_result_text(result: *const HongyanResult) -> *const c_char {
    // SAFETY: NULL, or a result that is not freed yet.
    unsafe { result.as_ref() }.map_or(ptr::null(), |result| result.terminated_text().as_ptr().cast())
}

/// See `hongyan.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hongyan_result_text_len(result: *const HongyanResult) -> usize {
    // SAFETY: NULL, or a result that is not freed yet.
    unsafe { result.as_ref() }.map_or(0, |result| result.text().len())
}

/// See `hongyan.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hongyan_result_headers(result: *const HongyanResult) -> *const c_char {
    // SAFETY: NULL, or a result that is not freed yet.
    unsafe { result.as_ref() }.map_or(ptr::null(), |result| result.headers.as_ptr())
}

/// See `hongyan.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hongyan_result_elapsed(result: *const HongyanResult) -> c_double {
    // SAFETY: NULL, or a result that is not freed yet.
    unsafe { result.as_ref() }.map_or(0.0, |result| result.elapsed)
}

/// See `hongyan.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hongyan_result_json(result: *const HongyanResult) -> *const c_char {
    // SAFETY: NULL, or a result that is not freed yet.
    unsafe { result.as_ref() }.map_or(ptr::null(), |result| result.json().as_ptr())
}

/// See `hongyan.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hongyan_free_result(result: *mut HongyanResult) {
    // SAFETY: NULL, or a result of ours, freed once.
    unsafe { free(result) }
}

/// See `hongyan.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hongyan_error_code(error: *const HongyanError) -> c_int {
    // SAFETY: NULL, or an error that is not freed yet.
    unsafe { error.as_ref() }.map_or(0, |error| error.code.number())
}

/// See `hongyan.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hongyan_error_message(error: *const HongyanError) -> *const c_char {
    const NONE: &CStr = c"";
    // SAFETY: NULL, or an error that is not freed yet.
    unsafe { error.as_ref() }.map_or(NONE.as_ptr(), |error| error.message.as_ptr())
}

/// See `hongyan.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hongyan_free_error(error: *mut HongyanError) {
    // SAFETY: NULL, or an error of ours, freed once.
    unsafe { free(error) }
}
