//! What remembers: the queue, the ledger, the API keys and the files, on one SQLite file.
//!
//! [`Sqlite`] is the store that `hongyan serve` opens. Everything that arrives while one fsync runs shares the next;
//! whatever a method acknowledges is on disk. What is due when, and what becomes of it, is decided elsewhere
//! (`hongyan-core`): a store only keeps it.
//!
//! ```
//! use hongyan_core::{Filter, Ledger};
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let store = hongyan_store::Sqlite::temporary(hongyan_store::Options::default()).unwrap();
//! assert!(store.list(Filter { limit: 10, ..Filter::default() }).await.unwrap().messages.is_empty());
//! # });
//! ```
//!
//! A second store runs the same tests: `store_contract!` (feature `contract`). Those who use
//! a store are tested with one that fails: `Failing` (the same feature).

#[cfg(feature = "contract")]
pub mod contract;
mod error;
#[cfg(feature = "contract")]
mod failing;
mod sqlite;

#[cfg(feature = "contract")]
pub use failing::{AskedAgain, Failing, Method};
pub use sqlite::{Notice, Options, Sqlite};
