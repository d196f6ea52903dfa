//! The HTTP client against servers made of bytes.

mod pool;
mod proxy;
mod trust;
