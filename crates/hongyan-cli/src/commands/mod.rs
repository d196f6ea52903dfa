//! One module per command.

pub(crate) mod act;
pub(crate) mod call;
pub(crate) mod chats;
pub(crate) mod check;
pub(crate) mod config;
pub(crate) mod contacts;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod explain;
pub(crate) mod http;
pub(crate) mod init;
pub(crate) mod keys;
pub(crate) mod list;
pub(crate) mod mail;
pub(crate) mod media;
pub(crate) mod recall;
pub(crate) mod relay;
pub(crate) mod run;
pub(crate) mod sandbox;
pub(crate) mod send;
pub(crate) mod serve;
mod sheet;
pub(crate) mod status;
pub(crate) mod stop;
