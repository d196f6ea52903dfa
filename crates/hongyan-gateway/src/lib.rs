//! The gateway: configuration, routes, keys, metrics and the dispatcher that drives the lanes.

pub mod dispatch;
