//! The binary as users run it: real processes, real sockets, the sandbox as the platforms.

mod commands;
mod demo;
mod foreign;
mod journey;
mod kill;
mod stage;
mod trouble;
