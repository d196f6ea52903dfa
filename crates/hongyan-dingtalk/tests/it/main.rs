//! The crate seen from outside: fixtures, envelopes, the table.

mod callback;
mod envelope;
mod fixture;
