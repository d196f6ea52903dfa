//! (to come)

pub mod smtp;
