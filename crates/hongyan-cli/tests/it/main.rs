//! The binary as users run it: real processes, real sockets, the sandbox as the platforms.

mod alertmanager;
mod call;
mod callbacks;
mod chats;
mod commands;
mod content;
mod demo;
mod directory;
mod doctor;
mod explain;
mod facade;
mod foreign;
mod foreign_duckdb;
mod foreign_wechatpy;
mod functions;
mod habits;
mod journey;
mod kill;
mod mails;
mod official;
mod official_robots;
mod relay;
mod scripts;
mod stage;
mod tables;
mod trouble;
