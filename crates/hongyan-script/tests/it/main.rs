//! Scripts from text to outcome, against a host that is made up.

mod errors;
mod fuzz;
mod language;
mod limits;
mod recipes;
mod speed;
mod world;
