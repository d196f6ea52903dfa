//! The binary as users run it: real processes, real sockets, the sandbox as the platforms.

mod alertmanager;
mod call;
mod commands;
mod demo;
mod directory;
mod doctor;
mod explain;
mod foreign;
mod foreign_wechatpy;
mod habits;
mod journey;
mod kill;
mod official;
mod stage;
mod trouble;
