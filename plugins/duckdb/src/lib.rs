//! A DuckDB extension: sends from SQL, and the ledger as a table.
//!
//! ```sql
//! LOAD 'hongyan.duckdb_extension';
//! SELECT hongyan_post('{"to": [{"userid": "ww0001"}], "content": {"text": "the night's load is done"}}', 'load-17');
//! ```
//!
//! What the functions do is in `functions` and is safe Rust; what speaks DuckDB's C extension API is in small modules
//! of its own (`api`, `entry`, `rows`, `scalar`, `table`), each unsafe block with its reason. The file that
//! DuckDB loads is this library with a footer, made by `cargo xtask duckdb-extension`. What HTTP, mail and the gateway
//! need, and how their arguments are read from texts, is `hongyan-embed`'s. For people: `docs/duckdb.md`.

mod api;
mod entry;
mod functions;
mod ledger_table;
mod rows;
mod scalar;
mod spread;
