//! The mailer against real sockets: our sandbox's server, servers that are scripted byte by byte, and a foreign one.

mod foreign;
mod sandbox;
mod scripted;
mod support;
