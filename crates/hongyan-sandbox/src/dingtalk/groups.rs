//! The company's groups: one store for the older and the current operations, which name the same group by two ids.
//!
//! What each operation refuses is its own business; this keeps who owns a group, who is in it and what was said.

use super::{
    event,
    sent::{self, By, DraftMessage, SentMessages},
};
use crate::world::{
    World,
    company::{Company, PersonId, PersonRule},
    phone::Room,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::{
    collections::{HashMap, VecDeque},
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

/// Members of one group.
pub(super) const MAX_MEMBERS: usize = 1_000;
/// Groups of the company.
const MAX_GROUPS: usize = 10_000;
/// Messages of one group that are remembered.
const KEPT: usize = 1_000;

/// The six switches of a group, each 0 or 1, in this order.
pub(super) const RULES: [&str; 6] =
    ["mentionAllAuthority", "showHistoryType", "validationType", "searchable", "chatBannedType", "managementType"];

/// One group.
#[derive(Serialize, Deserialize)]
pub(super) struct Group {
    pub(super) chatid: String,
    /// Its `openConversationId` and its name.
    pub(super) room: Room,
    pub(super) owner: PersonId,
    pub(super) members: Vec<PersonId>,
    pub(super) subadmins: Vec<PersonId>,
    pub(super) icon: Option<String>,
    pub(super) rules: [i64; 6],
    /// The template that it was made from: a scene group.
    pub(super) template: Option<String>,
    pub(super) disbanded: bool,
    #[serde(skip)]
    messages: VecDeque<Arc<str>>,
}

/// A group to be made.
pub(super) struct NewGroup {
    pub(super) name: String,
    pub(super) owner: PersonId,
    pub(super) members: Vec<PersonId>,
    pub(super) subadmins: Vec<PersonId>,
    pub(super) icon: Option<String>,
    pub(super) rules: [i64; 6],
    pub(super) template: Option<String>,
}

/// All of them.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Groups {
    all: Vec<Group>,
    /// Either id.
    #[serde(skip)]
    by_id: HashMap<String, usize>,
    /// Key against repetition → group.
    pub(super) by_uuid: HashMap<String, usize>,
}

/// The members of the group that the company starts with; the first owns it.
const FIRST: [&str; 4] = ["zhangsan", "lisi", "wangwu", "zhaoliu"];

impl Groups {
    /// The company's first group, in which the first custom robot sits.
    pub(super) fn new(company: &Company) -> Self {
        let mut groups = Self::default();
        let members: Vec<PersonId> = FIRST.iter().filter_map(|userid| company.find_exact(userid)).collect();
        if let Some(owner) = members.first() {
            groups.found(0, NewGroup { owner: *owner, members, ..NewGroup::named("值班群") });
        }
        groups
    }

    /// As a file kept them; `None` where they are not this company's.
    pub(crate) fn restored(mut self, company: &Company) -> Option<Self> {
        let known = |id: &PersonId| usize::try_from(*id).is_ok_and(|id| id < company.numbers());
        let valid = |group: &Group| known(&group.owner) && group.members.iter().chain(&group.subadmins).all(known);
        let all = self.all.len();
        if all == 0 || !self.all.iter().all(valid) || self.by_uuid.values().any(|index| *index >= all) {
            return None;
        }
        for (index, group) in self.all.iter().enumerate() {
            self.by_id.insert(group.chatid.clone(), index);
            self.by_id.insert(group.room.id.to_string(), index);
        }
        Some(self)
    }

    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// Makes a group; `None` when the company has its number of them.
    pub(super) fn found(&mut self, now: i64, new_group: NewGroup) -> Option<usize> {
        let index = self.all.len();
        if index >= MAX_GROUPS {
            return None;
        }
        let count = index as u64 + 1;
        let mut hasher = DefaultHasher::new();
        ("chat", now, count).hash(&mut hasher);
        let NewGroup { name, owner, members, subadmins, icon, rules, template } = new_group;
        let group = Group {
            chatid: format!("chat{count:016x}{:016x}", hasher.finish()),
            room: Room { id: sent::opaque("cid", now, count).into(), name: name.into() },
            owner,
            members: Vec::new(),
            subadmins,
            icon,
            rules,
            template,
            disbanded: false,
            messages: VecDeque::new(),
        };
        self.by_id.insert(group.chatid.clone(), index);
        self.by_id.insert(group.room.id.to_string(), index);
        self.all.push(group);
        self.all[index].add(members);
        Some(index)
    }

    /// By `chatid` or `openConversationId`, disbanded ones as well.
    pub(super) fn find(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    /// By `chatid` alone.
    pub(super) fn find_chat(&self, chatid: &str) -> Option<usize> {
        self.find(chatid).filter(|index| self.all[*index].chatid == chatid)
    }

    /// By `openConversationId` alone.
    pub(super) fn find_open(&self, cid: &str) -> Option<usize> {
        self.find(cid).filter(|index| &*self.all[*index].room.id == cid)
    }

    pub(super) fn get(&self, index: usize) -> &Group {
        &self.all[index]
    }

    pub(super) fn get_mut(&mut self, index: usize) -> &mut Group {
        &mut self.all[index]
    }
}

impl NewGroup {
    /// A group of this name, with nobody in it yet.
    pub(super) fn named(name: &str) -> Self {
        Self {
            name: name.into(),
            owner: 0,
            members: Vec::new(),
            subadmins: Vec::new(),
            icon: None,
            rules: [0; 6],
            template: None,
        }
    }
}

impl Group {
    /// Adds those who are not in it yet.
    pub(super) fn add(&mut self, people: Vec<PersonId>) {
        for person in people {
            if !self.members.contains(&person) {
                self.members.push(person);
            }
        }
    }

    /// Its members who are still with the company.
    pub(super) fn present<'a>(&'a self, company: &'a Company) -> impl Iterator<Item = PersonId> + 'a {
        self.members.iter().copied().filter(|id| company.find_exact(&company.person(*id).userid) == Some(*id))
    }

    /// Their user ids.
    pub(super) fn userids(&self, company: &Company) -> Vec<String> {
        self.present(company).map(|id| company.person(id).userid.clone()).collect()
    }
}

/// Switches that are given replace those that are there; `None` when one is neither 0 nor 1.
pub(super) fn switched(mut rules: [i64; 6], given: [Option<i64>; 6]) -> Option<[i64; 6]> {
    for (rule, given) in rules.iter_mut().zip(given) {
        match given {
            None => {}
            Some(value @ (0 | 1)) => *rule = value,
            Some(_) => return None,
        }
    }
    Some(rules)
}

/// The switches of free-form options, whose names come in camel case and with underscores, and whose values as
/// numbers and texts.
pub(super) fn options(given: Option<&Value>) -> [Option<i64>; 6] {
    let read = |name: &str| {
        let options = given?.as_object()?;
        match options.get(name).or_else(|| options.get(&underscored(name)))? {
            Value::String(text) => Some(text.parse().unwrap_or(-1)),
            Value::Bool(truth) => Some(i64::from(*truth)),
            Value::Null => None,
            other => Some(other.as_i64().unwrap_or(-1)),
        }
    };
    RULES.map(read)
}

/// Switches as the older operations write them: names with underscores, values as texts.
pub(super) fn written(rules: [i64; 6]) -> Value {
    let members = RULES.iter().zip(rules).map(|(name, rule)| (underscored(name), json!(rule.to_string())));
    Value::Object(members.collect::<Map<_, _>>())
}

fn underscored(name: &str) -> String {
    let mut text = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            text.push('_');
        }
        text.push(c.to_ascii_lowercase());
    }
    text
}

/// Whether somebody is on both lists.
pub(super) fn overlap(these: &[String], those: &[String]) -> bool {
    these.iter().any(|item| those.contains(item))
}

/// A member whom the application may see.
pub(super) fn visible(world: &World, userid: &str) -> Option<PersonId> {
    let id = world.company.find_exact(userid)?;
    let person = world.company.person(id);
    (person.visible && person.dingtalk != PersonRule::Invisible).then_some(id)
}

/// A member by unionid, whom the application may see.
pub(super) fn by_unionid(world: &World, unionid: &str) -> Option<PersonId> {
    let id = world.company.find_unionid(unionid)?;
    visible(world, &world.company.person(id).userid)
}

/// Those user ids as people, or the first that is nobody's.
pub(super) fn people(world: &World, userids: &[String]) -> Result<Vec<PersonId>, String> {
    let mut found = Vec::with_capacity(userids.len());
    for userid in userids {
        let id = visible(world, userid).ok_or_else(|| userid.clone())?;
        if !found.contains(&id) {
            found.push(id);
        }
    }
    Ok(found)
}

/// What a saying has beside its words.
#[derive(Default)]
pub(super) struct SendOptions {
    /// Who says it, where it is not the application.
    pub(super) from: Option<Arc<str>>,
    /// Only for these; `None`: for all members.
    pub(super) only: Option<Vec<PersonId>>,
    /// User ids that the text calls by name.
    pub(super) mentions: Vec<String>,
}

/// Says something in a group; gives the message's id.
pub(super) fn say(
    world: &mut World,
    now: i64,
    group: usize,
    by: By,
    content: &Value,
    options: SendOptions,
) -> Arc<str> {
    let SendOptions { from, only, mentions } = options;
    let room = world.memory.get::<Groups>().get(group).room.clone();
    let people = only.unwrap_or_else(|| world.memory.get::<Groups>().get(group).present(&world.company).collect());
    let draft = DraftMessage { by, group: Some(group), room: Some(&room), people, from, content, mentions };
    sent::post(world, now, draft)
}

/// Keeps a message in its group's history.
pub(super) fn note(world: &mut World, group: usize, message: Arc<str>) {
    let messages = &mut world.memory.get_mut::<Groups>().get_mut(group).messages;
    if messages.len() >= KEPT {
        messages.pop_front();
    }
    messages.push_back(message);
}

/// Tells whoever subscribed what became of a group. What the application does there, the platform does in the
/// owner's name.
pub(super) fn tell(world: &mut World, now: i64, group: usize, kind: &str, what: Value) {
    let group = world.memory.get::<Groups>().get(group);
    let mut members = json!({"ChatId": group.chatid, "OpenConversationId": &*group.room.id});
    if kind != "chat_update_owner" {
        members["Operator"] = json!(world.company.person(group.owner).userid);
    }
    if let (Value::Object(members), Value::Object(what)) = (&mut members, what) {
        members.extend(what);
    }
    event::tell(world, now, kind, members);
}

/// Ends a group; its history stays.
pub(super) fn disband(world: &mut World, now: i64, group: usize) {
    if !std::mem::replace(&mut world.memory.get_mut::<Groups>().get_mut(group).disbanded, true) {
        tell(world, now, group, "chat_disband", json!({}));
    }
}

/// Somebody leaves a group by himself, as the owner cannot.
///
/// # Errors
/// There is no such group, it is not his, or he owns it.
pub(crate) fn quit(world: &mut World, now: i64, id: &str, person: PersonId) -> Result<(), &'static str> {
    let index = world.memory.get::<Groups>().find(id).ok_or("no group of DingTalk has this id")?;
    let group = world.memory.get_mut::<Groups>().get_mut(index);
    if group.disbanded || !group.members.contains(&person) {
        return Err("not a member of this group");
    }
    if group.owner == person {
        return Err("the owner hands the group over first");
    }
    group.members.retain(|id| *id != person);
    group.subadmins.retain(|id| *id != person);
    let userid = world.company.person(person).userid.clone();
    tell(world, now, index, "chat_quit", json!({"Operator": userid}));
    Ok(())
}

/// A group by either id.
pub(crate) fn index(world: &World, id: &str) -> Option<usize> {
    world.memory.get::<Groups>().find(id)
}

/// All groups, as the inspection API lists them.
pub(super) fn list(world: &World) -> Vec<Value> {
    world.memory.get::<Groups>().all.iter().map(|group| outline(world, group)).collect()
}

/// One group by either id, with its history.
pub(crate) fn describe(world: &World, id: &str, now: i64) -> Option<Value> {
    let group = world.memory.get::<Groups>().get(world.memory.get::<Groups>().find(id)?);
    let mut shown = outline(world, group);
    let letters = &world.memory.get::<SentMessages>();
    let messages = group.messages.iter().filter_map(|id| letters.get(id)).map(|letter| letter.describe(world, now));
    shown["messages"] = messages.collect();
    Some(shown)
}

fn outline(world: &World, group: &Group) -> Value {
    let name = |person: &PersonId| world.company.person(*person).userid.clone();
    json!({
        "platform": "dingtalk", "id": &*group.room.id, "chatid": group.chatid, "name": &*group.room.name,
        "owner": name(&group.owner), "members": group.userids(&world.company),
        "admins": group.subadmins.iter().map(name).collect::<Vec<_>>(),
        "template": group.template, "disbanded": group.disbanded,
        "rules": RULES.iter().zip(group.rules).map(|(name, rule)| ((*name).to_owned(), json!(rule))).collect::<Map<_, _>>(),
    })
}
