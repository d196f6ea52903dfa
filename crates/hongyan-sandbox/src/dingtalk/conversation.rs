//! Ordinary messages into a conversation that a person chose: its id serves once, and for a day.

use super::{
    chat,
    groups::{self, Groups, SendOptions},
    sent::{self, By, DraftMessage},
};
use crate::{
    options::random_hex,
    route::{Refused, refuse},
    world::{Caller, World, company::PersonId},
};
use hongyan_dingtalk::{
    DingTalk,
    conversation::{ConversationSent, SendToConversation},
};
use std::{collections::HashMap, io};

/// How long a chosen conversation's id is good, in milliseconds.
const LIFE_MS: i64 = 24 * 3_600_000;
/// Chosen conversations that are remembered.
const MAX_CHOSEN: usize = 10_000;

/// Where a message goes: into a group, or to people who talk with one another.
#[derive(Clone)]
pub(crate) struct Place {
    pub(super) group: Option<usize>,
    pub(super) people: Vec<PersonId>,
}

impl Place {
    /// The group of either id; disbanded ones are no place.
    pub(crate) fn group(world: &World, id: &str) -> Option<Self> {
        let group = world
            .memory
            .get::<Groups>()
            .find(id)
            .filter(|index| !world.memory.get::<Groups>().get(*index).disbanded)?;
        Some(Self { group: Some(group), people: Vec::new() })
    }

    /// These people, without a group.
    pub(crate) fn people(people: Vec<PersonId>) -> Self {
        Self { group: None, people }
    }

    /// Who is there now.
    fn present(&self, world: &World) -> Vec<PersonId> {
        match self.group {
            Some(group) => world.memory.get::<Groups>().get(group).present(&world.company).collect(),
            None => self.people.clone(),
        }
    }
}

/// Places by the secret id that somebody was given for them.
#[derive(Default)]
pub(crate) struct Places {
    by_id: HashMap<String, (i64, Place)>,
}

impl Places {
    /// A fresh id that is good until `until`.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub(crate) fn open(&mut self, now: i64, until: i64, place: Place) -> io::Result<String> {
        if self.by_id.len() >= MAX_CHOSEN {
            self.by_id.retain(|_, (until, _)| *until > now);
        }
        let id = random_hex(32)?;
        if self.by_id.len() < MAX_CHOSEN {
            self.by_id.insert(id.clone(), (until, place));
        }
        Ok(id)
    }

    /// The place of an id that is still good.
    pub(super) fn get(&self, now: i64, id: &str) -> Option<&Place> {
        self.by_id.get(id).filter(|(until, _)| *until > now).map(|(_, place)| place)
    }

    fn close(&mut self, id: &str) {
        self.by_id.remove(id);
    }
}

/// Conversations that people chose, by the id that serves once.
#[derive(Default)]
pub(super) struct Chosen(pub(super) Places);

/// Where answers to a robot's messages go.
#[derive(Default)]
pub(super) struct Sessions(pub(super) Places);

/// A person chooses a conversation in the client, which gives the application its id.
///
/// # Errors
/// The system gives no random bytes.
pub(crate) fn choose(world: &mut World, now: i64, place: Place) -> io::Result<String> {
    world.memory.get_mut::<Chosen>().0.open(now, now + LIFE_MS, place)
}

pub(super) fn send(
    world: &mut World,
    caller: &Caller,
    request: SendToConversation,
) -> Result<ConversationSent, Refused> {
    let refused = |code: &str, words: &str| Err(refuse::<DingTalk>(code, words).into());
    let Some(sender) = world.company.find_exact(&request.sender) else {
        return refused("40012", "不合法的发送者");
    };
    let Some(place) = world.memory.get::<Chosen>().0.get(caller.now, &request.cid).cloned() else {
        return refused("40016", "不合法的会话id: 不存在、已使用或已超过24小时");
    };
    let mut people = place.present(world);
    if !people.contains(&sender) {
        return refused("34007", "发送者不在会话中");
    }
    people.retain(|person| *person != sender);
    if people.is_empty() {
        return refused("40017", "会话中没有与发送者同企业的接收者");
    }
    let content = chat::message(world, request.msg)?;
    world.memory.get_mut::<Chosen>().0.close(&request.cid);
    let receiver: Vec<&str> = people.iter().map(|id| world.company.person(*id).userid.as_str()).collect();
    let receiver = receiver.join("|");
    let from = Some(request.sender.as_str().into());
    match place.group {
        Some(group) => {
            let options = SendOptions { from, only: Some(people), ..SendOptions::default() };
            groups::say(world, caller.now, group, By::Member, &content, options);
        }
        None => {
            let by = By::Member;
            let draft =
                DraftMessage { by, group: None, room: None, people, from, content: &content, mentions: Vec::new() };
            sent::post(world, caller.now, draft);
        }
    }
    Ok(ConversationSent { receiver })
}
