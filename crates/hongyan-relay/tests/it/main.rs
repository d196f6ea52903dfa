//! The table and the relay, on files of their own and against a gateway that does as it is told.

mod clock;
mod delivering;
mod fake;
mod outbox_table;
mod standing;
