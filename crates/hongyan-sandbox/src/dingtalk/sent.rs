//! Messages of conversations: into groups and by robots to people, who got them, who has read them.
//!
//! Work notifications are not among them: those have tasks, see [`super::notice`].

use super::{credentials::Credentials, groups};
use crate::world::{
    World, canonical,
    company::PersonId,
    digest,
    ledger::Ledger,
    phone::{Arriving, Room},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

/// Who sent a message: recall and read state are asked of the same sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// The application in the company's name, `chat/send` and its like.
    Application,
    /// The application's robot.
    Robot,
    /// A group's own robot, by its webhook, or the answer into a session.
    Webhook,
    /// The robot, as a DING.
    Ding,
    /// The application in a member's name.
    Member,
}

/// A message that was sent.
pub(super) struct SentMessage {
    pub(super) at: i64,
    pub(super) by: By,
    /// Index into the groups; `None`: to people one by one.
    pub(super) group: Option<usize>,
    /// Who got it, and when each has read it (that may lie ahead).
    pub(super) people: Vec<(PersonId, Option<i64>)>,
    pub(super) recalled: bool,
    id: Arc<str>,
    from: Option<Arc<str>>,
    content: Arc<str>,
    mentions: Vec<String>,
}

/// A message on its way.
pub(super) struct DraftMessage<'a> {
    pub(super) by: By,
    pub(super) group: Option<usize>,
    pub(super) room: Option<&'a Room>,
    pub(super) people: Vec<PersonId>,
    pub(super) from: Option<Arc<str>>,
    pub(super) content: &'a Value,
    /// User ids that the text calls by name.
    pub(super) mentions: Vec<String>,
}

/// All of them.
#[derive(Default)]
pub(crate) struct SentMessages {
    sent: Ledger<Arc<str>, SentMessage>,
    count: u64,
}

impl SentMessages {
    pub(super) fn get(&self, id: &str) -> Option<&SentMessage> {
        self.sent.get(&Arc::from(id))
    }
}

/// Delivers a message at once; its id is the platform's name for it.
pub(super) fn post(world: &mut World, now: i64, draft: DraftMessage<'_>) -> Arc<str> {
    let letters = world.memory.get_mut::<SentMessages>();
    letters.count += 1;
    let id: Arc<str> = opaque("msg", now, letters.count).into();
    let content: Arc<str> = draft.content.to_string().into();
    let mut same = draft.room.map_or_else(String::new, |room| room.id.to_string());
    same.extend(draft.from.as_deref());
    canonical(draft.content, &mut same);
    let app = if draft.by == By::Webhook { 0 } else { world.memory.get::<Credentials>().agent_id };
    let digest = digest("dingtalk", app, &same);
    let mut people = Vec::with_capacity(draft.people.len());
    for person in draft.people {
        let read_at = world.reads_at(person, now);
        let message = Arriving {
            platform: "dingtalk",
            app,
            source: &id,
            content: &content,
            digest,
            at: now,
            read_at,
            recalled: false,
            room: draft.room,
            from: draft.from.as_ref(),
        };
        if world.phones.show(person, &message) > 1 {
            world.tally.duplicates += 1;
        }
        world.tally.of("dingtalk").effects += 1;
        people.push((person, read_at));
    }
    world.tally.of("dingtalk").sends += 1;
    if let Some(group) = draft.group {
        groups::note(world, group, id.clone());
    }
    let DraftMessage { by, group, from, mentions, .. } = draft;
    let letter = SentMessage { at: now, by, group, people, recalled: false, id: id.clone(), from, content, mentions };
    world.memory.get_mut::<SentMessages>().sent.keep(now, id.clone(), letter);
    id
}

/// Takes a message back from every phone; `false` where there is none.
pub(super) fn recall(world: &mut World, id: &str) -> bool {
    let World { memory, phones, tally, .. } = world;
    let Some(letter) = memory.get_mut::<SentMessages>().sent.get_mut(&Arc::from(id)) else { return false };
    if !letter.recalled {
        letter.recalled = true;
        tally.of("dingtalk").recalls += 1;
        for (person, _) in &letter.people {
            phones.recall(*person, "dingtalk", &letter.id);
        }
    }
    true
}

/// Notes that a person has read a message.
pub(super) fn read(world: &mut World, person: PersonId, id: &str, now: i64) {
    let letter = world.memory.get_mut::<SentMessages>().sent.get_mut(&Arc::from(id));
    let copy = letter.and_then(|letter| letter.people.iter_mut().find(|(reader, _)| *reader == person));
    if let Some((_, read_at)) = copy {
        *read_at = Some(now);
    }
}

impl SentMessage {
    /// Those who have read it by `now`, the first reader first.
    pub(super) fn readers(&self, now: i64) -> Vec<PersonId> {
        let mut read: Vec<(i64, PersonId)> = self
            .people
            .iter()
            .filter_map(|(person, at)| Some(((*at)?, *person)))
            .filter(|(at, _)| *at <= now)
            .collect();
        read.sort_by_key(|(at, _)| *at);
        read.into_iter().map(|(_, person)| person).collect()
    }

    /// As the inspection API shows it.
    pub(super) fn describe(&self, world: &World, now: i64) -> Value {
        let name = |person: &PersonId| world.company.person(*person).userid.clone();
        json!({
            "id": &*self.id, "at_ms": self.at, "from": self.from.as_deref().unwrap_or("application"),
            "content": serde_json::from_str::<Value>(&self.content).unwrap_or_default(),
            "mentions": self.mentions, "recalled": self.recalled,
            "receivers": self.people.iter().map(|(person, _)| name(person)).collect::<Vec<_>>(),
            "read": self.readers(now).iter().map(name).collect::<Vec<_>>(),
        })
    }
}

/// An id as the platform makes them: base64 that no URL carries as it is.
pub(super) fn opaque(prefix: &str, now: i64, count: u64) -> String {
    let half = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        (salt, prefix, now, count).hash(&mut hasher);
        hasher.finish().to_be_bytes()
    };
    let mut text = STANDARD.encode([half(0), half(1)].concat());
    text.replace_range(4..5, "+");
    text.replace_range(9..10, "/");
    format!("{prefix}{text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_base64_that_must_be_encoded_and_comes_once() {
        let id = opaque("cid", 1, 1);
        assert!(id.starts_with("cid") && id.ends_with("==") && id.contains('+') && id.contains('/'), "{id}");
        assert_eq!(STANDARD.decode(&id[3..]).unwrap().len(), 16);
        assert_ne!(id, opaque("cid", 1, 2));
        assert_ne!(id, opaque("cid", 2, 1));
    }
}
