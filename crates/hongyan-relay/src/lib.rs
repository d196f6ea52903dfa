//! The outbox table in somebody's own database, and the relay that delivers it.
