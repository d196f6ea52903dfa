//! The extension in the hosts that people have: Debian's shell, Python's module, and a newer SQLite than theirs.

mod crash;
mod functions;
mod hosts;
mod ledger;
mod outbox;
mod session;
mod stage;
mod symbols;
