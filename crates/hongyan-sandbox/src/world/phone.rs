//! Everybody's phone: the messages as that person sees them, from both platforms.

use super::company::PersonId;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

/// Messages that one phone keeps.
const KEPT: usize = 1_000;
/// (content, person) pairs that are remembered to recognise a second copy.
const REMEMBERED: usize = 500_000;

/// The group that a message came into.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(String, String)", into = "(String, String)")]
pub(crate) struct Room {
    /// The id that the platform's senders use.
    pub(crate) id: Arc<str>,
    /// Its name when the message came.
    pub(crate) name: Arc<str>,
}

impl From<(String, String)> for Room {
    fn from((id, name): (String, String)) -> Self {
        Self { id: id.into(), name: name.into() }
    }
}

impl From<Room> for (String, String) {
    fn from(Room { id, name }: Room) -> Self {
        (id.to_string(), name.to_string())
    }
}

/// One message on one phone.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    pub(crate) id: u64,
    pub(crate) platform: &'static str,
    pub(crate) app: i64,
    /// The task or message id that the sender was given.
    pub(crate) source: Arc<str>,
    /// JSON, as the person sees it.
    pub(crate) content: Arc<str>,
    pub(crate) at: i64,
    /// Read from then on; may lie ahead.
    pub(crate) read_at: Option<i64>,
    pub(crate) recalled: bool,
    /// 1 for the first of its content, 2 for the second, ….
    pub(crate) copies: u32,
    /// `None`: it came to this person alone.
    pub(crate) room: Option<Room>,
    /// Who wrote it, where it was not the application: a member's userid, a robot's name.
    pub(crate) from: Option<Arc<str>>,
}

impl Shown {
    pub(crate) fn is_read(&self, now: i64) -> bool {
        self.read_at.is_some_and(|at| at <= now)
    }

    /// As the inspection API shows it.
    pub(crate) fn describe(&self, now: i64) -> Value {
        let read = self.is_read(now);
        let mut shown = json!({
            "id": self.id, "platform": self.platform, "app": self.app, "source": &*self.source,
            "content": serde_json::from_str::<Value>(&self.content).unwrap_or_default(),
            "at_ms": self.at, "read": read, "read_at_ms": self.read_at.filter(|_| read),
            "recalled": self.recalled, "copies": self.copies,
        });
        if let Some(room) = &self.room {
            shown["group"] = json!({"id": &*room.id, "name": &*room.name});
        }
        if let Some(from) = &self.from {
            shown["from"] = json!(&**from);
        }
        shown
    }
}

/// A message on its way to a phone.
#[derive(Debug, Clone)]
pub(crate) struct Arriving<'a> {
    pub(crate) platform: &'static str,
    pub(crate) app: i64,
    pub(crate) source: &'a Arc<str>,
    pub(crate) content: &'a Arc<str>,
    /// See [`super::digest`].
    pub(crate) digest: u64,
    pub(crate) at: i64,
    pub(crate) read_at: Option<i64>,
    pub(crate) recalled: bool,
    pub(crate) room: Option<&'a Room>,
    pub(crate) from: Option<&'a Arc<str>>,
}

/// All phones.
#[derive(Debug, Default)]
pub(crate) struct Phones {
    shown: HashMap<PersonId, VecDeque<Shown>>,
    copies: HashMap<(PersonId, u64), u32>,
    remembered: VecDeque<(PersonId, u64)>,
    last: u64,
}

impl Phones {
    /// Shows a message; returns which copy of its content it is for that person, from 1.
    pub(crate) fn show(&mut self, person: PersonId, message: &Arriving<'_>) -> u32 {
        let key = (person, message.digest);
        let copies = match self.copies.get_mut(&key) {
            Some(copies) => {
                *copies += 1;
                *copies
            }
            None => {
                if self.remembered.len() >= REMEMBERED
                    && let Some(oldest) = self.remembered.pop_front()
                {
                    self.copies.remove(&oldest);
                }
                self.remembered.push_back(key);
                self.copies.insert(key, 1);
                1
            }
        };
        self.last += 1;
        let phone = self.shown.entry(person).or_default();
        if phone.len() >= KEPT {
            phone.pop_front();
        }
        phone.push_back(Shown {
            id: self.last,
            platform: message.platform,
            app: message.app,
            source: message.source.clone(),
            content: message.content.clone(),
            at: message.at,
            read_at: message.read_at,
            recalled: message.recalled,
            copies,
            room: message.room.cloned(),
            from: message.from.cloned(),
        });
        copies
    }

    /// One phone, oldest first.
    pub(crate) fn of(&self, person: PersonId) -> impl Iterator<Item = &Shown> {
        self.shown.get(&person).into_iter().flatten()
    }

    /// Takes a message off a phone: it stays visible to the inspection API only.
    pub(crate) fn recall(&mut self, person: PersonId, platform: &str, source: &str) {
        // From the newest: what is recalled was mostly sent just now.
        let found = self.shown.get_mut(&person).and_then(|phone| {
            phone.iter_mut().rev().find(|shown| shown.platform == platform && &*shown.source == source)
        });
        if let Some(shown) = found {
            shown.recalled = true;
        }
    }

    /// Changes what a phone shows of a message: `with` gets the JSON that is there. Nothing happens where it is gone.
    pub(crate) fn amend(&mut self, person: PersonId, platform: &str, source: &str, with: impl FnOnce(&mut Value)) {
        let phone = self.shown.get_mut(&person).into_iter().flatten().rev();
        if let Some(shown) = phone.into_iter().find(|shown| shown.platform == platform && &*shown.source == source) {
            let mut content = serde_json::from_str(&shown.content).unwrap_or_default();
            with(&mut content);
            shown.content = content.to_string().into();
        }
    }

    /// Marks unread messages as read; returns the sources of those that changed.
    pub(crate) fn read(
        &mut self,
        person: PersonId,
        platform: Option<&str>,
        message: Option<u64>,
        now: i64,
    ) -> Vec<(&'static str, Arc<str>)> {
        let phone = self.shown.get_mut(&person).into_iter().flatten();
        phone
            .filter(|shown| !shown.recalled && !shown.is_read(now))
            .filter(|shown| platform.is_none_or(|platform| platform == shown.platform))
            .filter(|shown| message.is_none_or(|id| id == shown.id))
            .map(|shown| {
                shown.read_at = Some(now);
                (shown.platform, shown.source.clone())
            })
            .collect()
    }
}
