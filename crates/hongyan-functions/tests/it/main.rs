//! The functions against servers that say exact bytes, the sandbox and servers of others.

mod canary;
mod foreign;
mod http;
mod mail;
mod proxy;
mod server;
mod tls;
