//! From where a request came.

use std::net::IpAddr;

/// The address at the other end of a request's connection; an extension of the request.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);
