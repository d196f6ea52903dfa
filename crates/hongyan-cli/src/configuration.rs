//! The configuration that a command works with: the file that is named, `./hongyan.toml`, or the defaults alone.

use hongyan_gateway::config::{Config, ConfigError};
use std::path::Path;

/// Reads it, with the environment on top.
pub(crate) fn load(named: Option<&Path>) -> Result<Config, ConfigError> {
    Config::load(Config::find(named).as_deref(), std::env::vars())
}
