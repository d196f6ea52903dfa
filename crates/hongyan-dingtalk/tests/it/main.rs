//! The crate seen from outside: fixtures, envelopes, the table.

mod envelope;
mod fixture;
