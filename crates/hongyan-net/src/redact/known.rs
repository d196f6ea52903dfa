//! The secrets that this process knows.
//!
//! They are known weakly: whoever holds a secret keeps it known, and a few that were let go of lately are kept for the
//! answers under way. What is known is bounded by what is held.

use super::{
    Cleaning,
    patterns::{Patterns, SecretText},
};
use std::{
    collections::{BTreeMap, VecDeque, hash_map::RandomState},
    hash::BuildHasher,
    ops::Range,
    sync::{Arc, LazyLock, Mutex, PoisonError, Weak},
};

/// Shorter ones are no secrets, and would be found everywhere.
const SHORTEST: usize = 6;
/// Secrets that are remembered beyond their last holder.
const LATELY: usize = 32;
/// From so many entries on, those that nobody holds are looked for.
const MANY: usize = 64;

/// How a secret came here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It was handed in.
    Held,
    /// It was fetched with another one.
    Token,
}

#[derive(Default)]
struct KnownSecrets {
    /// By the hash of the secret. A tree: a hash table is known by an address in its middle, and what watches a host's
    /// memory takes such a one, in a static, for lost.
    entries: BTreeMap<u64, (Weak<str>, Kind)>,
    lately: VecDeque<Arc<str>>,
    clear_at: usize,
    /// Made anew when they are asked for after a change.
    patterns: Option<Arc<Patterns>>,
}

static HASHER: LazyLock<RandomState> = LazyLock::new(RandomState::new);
// A std mutex: never held across await.
static KNOWN: LazyLock<Mutex<KnownSecrets>> = LazyLock::new(Mutex::default);

/// Makes a secret known and gives the one copy of it that all holders share.
pub(super) fn enter(secret: &str, kind: Kind) -> Arc<str> {
    if secret.len() < SHORTEST {
        return secret.into();
    }
    let hash = HASHER.hash_one(secret);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let before = known.entries.get(&hash).and_then(|(weak, was)| Some((weak.upgrade()?, *was)));
    let shared = match before {
        Some((shared, was)) if &*shared == secret => {
            // What was handed in stays so, even where a login gives the same text.
            if was == Kind::Token && kind == Kind::Held {
                known.entries.insert(hash, (Arc::downgrade(&shared), kind));
                known.patterns = None;
            }
            shared
        }
        _ => {
            let shared: Arc<str> = secret.into();
            known.entries.insert(hash, (Arc::downgrade(&shared), kind));
            known.patterns = None;
            shared
        }
    };
    if known.lately.back().is_none_or(|last| !Arc::ptr_eq(last, &shared)) {
        known.lately.push_back(Arc::clone(&shared));
        if known.lately.len() > LATELY {
            known.lately.pop_front();
        }
    }
    if known.entries.len() >= known.clear_at.max(MANY) {
        known.entries.retain(|_, (weak, _)| weak.strong_count() > 0);
        known.clear_at = known.entries.len() * 2;
        known.patterns = None;
    }
    shared
}

/// Where secrets stand in a text: spans in order that neither touch nor overlap.
pub(super) fn find(text: &[u8], cleaning: Cleaning) -> Vec<Range<usize>> {
    if text.len() < SHORTEST {
        return Vec::new();
    }
    let patterns = {
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        match &known.patterns {
            Some(patterns) => Arc::clone(patterns),
            None => {
                let alive: Vec<(Arc<str>, Kind)> =
                    known.entries.values().filter_map(|(weak, kind)| Some((weak.upgrade()?, *kind))).collect();
                let texts = alive.iter().map(|(secret, kind)| SecretText { secret, token: *kind == Kind::Token });
                let patterns = Arc::new(Patterns::of(texts));
                known.patterns = Some(Arc::clone(&patterns));
                patterns
            }
        }
    };
    patterns.find(text, cleaning == Cleaning::ButTokens)
}
