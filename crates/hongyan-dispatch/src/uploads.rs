//! Whose turn it is to upload a file: one at a time per file and form, so that deliveries at once share one upload.

use super::lock::lock;
use hongyan_core::Format;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};
use tokio::sync::Mutex as Turn;

type Turns = HashMap<(String, Format), Arc<Turn<()>>>;

/// The turns taken and waited for.
#[derive(Debug, Default)]
pub(super) struct Uploads(Mutex<Turns>);

impl Uploads {
    pub(super) fn enter(&self, id: &str, form: Format) -> Arc<Turn<()>> {
        Arc::clone(lock(&self.0).entry((id.to_owned(), form)).or_default())
    }

    /// The last one out leaves nothing behind.
    pub(super) fn leave(&self, id: &str, form: Format, turn: Arc<Turn<()>>) {
        let mut turns = lock(&self.0);
        // Ours and the map's; nobody can get another while the map is locked.
        if Arc::strong_count(&turn) == 2 {
            turns.remove(&(id.to_owned(), form));
        }
    }
}
