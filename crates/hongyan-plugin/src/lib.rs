//! The C ABI: `libhongyan`, as `include/hongyan.h` declares it.
//!
//! ```c
//! hongyan_error_t *error = NULL;
//! hongyan_t *h = hongyan_open("{\"gateway\": \"http://127.0.0.1:7300\"}", &error);
//! hongyan_result_t *r = hongyan_submit(h, "{\"to\": [{\"userid\": \"zhangsan\"}], \"content\": {\"text\": \"hi\"}}", "k1", &error);
//! ```
//!
//! The header is the contract: memory, threads, forks and panics are settled there. What the functions do is
//! `hongyan-embed`'s; the outbox's file is `hongyan-relay`'s. Unsafe code is in `boundary` (what crosses) and
//! `exports` (the names that C finds).

mod boundary;
mod exports;
mod fault;
mod handles;
mod outbox;
mod outcome;

pub use exports::*;
