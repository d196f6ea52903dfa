//! The crate seen from outside: fixtures, envelopes, the table.

mod callback;
mod codes;
mod envelope;
mod fixture;
