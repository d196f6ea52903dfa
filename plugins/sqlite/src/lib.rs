//! Hongyan inside SQLite: HTTP, mail and the outbox as SQL functions, in a library that `.load` takes.
//!
//! ```sql
//! .load ./libhongyan_sqlite
//! BEGIN;
//! UPDATE account SET balance = balance - 100 WHERE id = 17;
//! SELECT hongyan_send('{"to": [{"userid": "zhangsan"}], "content": {"text": "已扣款 100 元"}}', 'debit-17-42');
//! COMMIT;  -- now it is a message; after ROLLBACK it never was
//! ```
//!
//! Works in every SQLite since 3.9, whatever header it was built with: `api` binds to the beginning of the host's
//! table of routines and links no SQLite of its own. `host` and `vtab` are the unsafe layer, `functions`,
//! `outbox` and `ledger` are what the user sees. Delivery is the relay's (`hongyan relay`).

mod api;
mod arguments;
mod entry;
mod functions;
mod host;
mod ledger;
mod outbox;
mod state;
mod vtab;

pub use entry::{sqlite3_extension_init, sqlite3_hongyan_init, sqlite3_hongyansqlite_init};
