//! Scripts in the manner of an analytic database, as far as they call HTTP interfaces and send messages: reader,
//! evaluator, diagnostics. Pure: no socket, no clock, no thread; the world is a [`Host`].
//!
//! The language, its bounds and what differs from the database are in `docs/script-language.md`.

pub mod ast;
mod builtin;
pub mod check;
mod diagnostic;
mod eval;
mod host;
mod lex;
mod limits;
mod parse;
mod script;
mod span;
mod token;
mod value;

pub use diagnostic::{Diagnostic, Frame, Kind, ScriptError, Severity};
pub use eval::{Interpreter, Options, Outcome};
pub use host::{HTTP_CLIENT, Host, HostCall, HostError};
pub use limits::Limits;
pub use script::Script;
pub use span::{Place, Source, Span};
pub use value::{Dict, Failure, JsonError, Key, Slot, Text, Value, Vector};
