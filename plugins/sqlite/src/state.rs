//! What belongs to one connection.

use hongyan_embed::Engine;

/// A connection's settings and its way out.
pub(crate) struct State {
    pub(crate) engine: Engine,
}

impl State {
    pub(crate) fn new() -> Self {
        Self { engine: Engine::new() }
    }
}
