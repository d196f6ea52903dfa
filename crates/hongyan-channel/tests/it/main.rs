//! Every channel over real sockets: against scripted servers for what must not depend on a platform's mind.

mod contract;
mod files;
mod forms;
mod sandbox;
mod server;
mod tables;
mod tls;
