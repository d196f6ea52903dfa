//! Application messages: audience, content, the duplicate check, the frequency per person, recall.
//!
//! The order of the checks is the reference's. Beyond a person's frequency the platform says nothing at all; the
//! inspection API counts what was dropped.

use super::content;
use crate::{
    options::random_hex,
    route::{Refused, refuse},
    world::{
        Caller, World, canonical,
        company::{PersonId, Treatment},
        digest,
        ledger::{KEPT, Ledger},
        phone::Arriving,
    },
};
use hongyan_endpoint::{Endpoint, Fault};
use hongyan_wecom::{
    WeCom,
    message::{DUPLICATE_CHECK_MAX_SECONDS, MessageRecalled, MessageSent, RECALL_HOURS, RecallMessage, SendMessage},
};
use serde_json::{Value, json};
use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
};

/// Messages per person and minute.
const PER_MINUTE: usize = 30;
/// Messages per person and hour.
const PER_HOUR: usize = 1_000;
const DUPLICATE_CHECK_SECONDS: i64 = 1_800;
const RECALL_MS: i64 = RECALL_HOURS as i64 * 3_600_000;

/// What was sent, and what must not be sent again yet.
#[derive(Default)]
pub(crate) struct Messages {
    sent: Ledger<String, Sent>,
    /// Digest of the request → until when, and what was answered.
    once: HashMap<u64, (i64, MessageSent)>,
    once_order: VecDeque<u64>,
    /// When each person got something, within the last hour.
    recent: HashMap<PersonId, VecDeque<i64>>,
    count: u64,
}

impl Messages {
    pub(crate) fn sent(&self) -> usize {
        self.sent.len()
    }
}

struct Sent {
    at: i64,
    id: Arc<str>,
    people: Vec<PersonId>,
    recalled: bool,
}

pub(super) fn send(world: &mut World, caller: &Caller, request: SendMessage) -> Result<MessageSent, Refused> {
    let app = world.credentials.wecom_agent_id;
    if let Some(interval) = request.duplicate_check_interval
        && !(0..=i64::from(DUPLICATE_CHECK_MAX_SECONDS)).contains(&interval)
    {
        return Err(refuse::<WeCom>("40058", "duplicate_check_interval, invalid Request Parameter").into());
    }
    match request.agentid {
        id if id == app => {}
        0 => return Err(refuse::<WeCom>("41011", "agentid missing").into()),
        // Another application of the same company exists, as it mostly does.
        id if id == app + 1 => {
            return Err(refuse::<WeCom>("301002", "not allow operate another agent with this accesstoken").into());
        }
        _ => return Err(refuse::<WeCom>("40056", "invalid agentid").into()),
    }
    let audience = audience(world, &request)?;
    let seen = content::read(&request.msgtype, &request.content)?;
    let key = (request.enable_duplicate_check == Some(1)).then(|| request_digest(app, &request));
    if let Some(key) = key
        && let Some((until, reply)) = world.wecom.messages.once.get(&key)
        && *until > caller.now
    {
        world.tally.wecom.sends += 1;
        world.tally.wecom.swallowed += 1;
        return Ok(reply.clone());
    }
    let unlicensed = |id: &PersonId| world.company.person(*id).wecom == Treatment::Unlicensed;
    let unlicensed: Vec<PersonId> = audience.people.iter().copied().filter(unlicensed).collect();
    let unlicenseduser: Vec<String> = unlicensed.iter().map(|id| world.company.person(*id).userid.clone()).collect();
    let people: Vec<PersonId> = audience.people.into_iter().filter(|id| !unlicensed.contains(id)).collect();
    if people.is_empty() {
        let mut refused = Refused::from(refuse::<WeCom>("81013", "user & party & tag all invalid"));
        for (name, list) in [
            ("invaliduser", &audience.invaliduser),
            ("invalidparty", &audience.invalidparty),
            ("invalidtag", &audience.invalidtag),
            ("unlicenseduser", &unlicenseduser),
        ] {
            if !list.is_empty() {
                refused.members.push((name, json!(list.join("|"))));
            }
        }
        return Err(refused);
    }
    let msgid = next_id(&mut world.wecom.messages.count)?;
    let reply = MessageSent {
        invaliduser: audience.invaliduser,
        invalidparty: audience.invalidparty,
        invalidtag: audience.invalidtag,
        unlicenseduser,
        msgid: msgid.clone(),
        ..MessageSent::default()
    };
    if let Some(key) = key {
        let interval = request.duplicate_check_interval.unwrap_or(DUPLICATE_CHECK_SECONDS);
        remember_once(&mut world.wecom.messages, key, caller.now + interval * 1_000, reply.clone());
    }
    deliver(world, caller.now, msgid, people, &seen);
    Ok(reply)
}

/// A number that only grows, and digits that cannot be guessed.
fn next_id(count: &mut u64) -> Result<String, Fault> {
    *count += 1;
    let tail = random_hex(16).map_err(|_| refuse::<WeCom>("-1", "system busy"))?;
    Ok(format!("sbxMsg_{count}_{tail}"))
}

/// The digest of the whole request: the same members with the same values, in any order.
fn request_digest(app: i64, request: &SendMessage) -> u64 {
    let mut text = String::new();
    canonical(&serde_json::to_value(request).unwrap_or_default(), &mut text);
    digest("wecom.request", app, &text)
}

fn remember_once(messages: &mut Messages, key: u64, until: i64, reply: MessageSent) {
    if messages.once.insert(key, (until, reply)).is_none() {
        messages.once_order.push_back(key);
    }
    while messages.once_order.len() > KEPT {
        if let Some(oldest) = messages.once_order.pop_front() {
            messages.once.remove(&oldest);
        }
    }
}

struct Audience {
    people: Vec<PersonId>,
    invaliduser: Vec<String>,
    invalidparty: Vec<String>,
    invalidtag: Vec<String>,
}

/// Whom a message names, each once, and whom it names in vain.
fn audience(world: &World, request: &SendMessage) -> Result<Audience, Fault> {
    fn split(list: &str) -> Vec<&str> {
        list.split('|').map(str::trim).filter(|item| !item.is_empty()).collect()
    }
    let (users, parties, tags) = (split(&request.touser), split(&request.toparty), split(&request.totag));
    if users.is_empty() && parties.is_empty() && tags.is_empty() {
        return Err(refuse::<WeCom>("82001", "touser & toparty & totag all empty"));
    }
    for (list, field, code, words) in [
        (&users, "touser", "40032", "invalid user list length"),
        (&parties, "toparty", "82002", "party list out of limit"),
        (&tags, "totag", "82003", "tag list out of limit"),
    ] {
        if SendMessage::SPEC.max_items(field).is_some_and(|max| list.len() > max) {
            return Err(refuse::<WeCom>(code, words));
        }
    }
    let company = &world.company;
    let visible = |id: &PersonId| {
        let person = company.person(*id);
        person.visible && person.wecom != Treatment::Invisible
    };
    let mut found =
        Audience { people: Vec::new(), invaliduser: Vec::new(), invalidparty: Vec::new(), invalidtag: Vec::new() };
    if users == ["@all"] {
        if request.msgtype == "miniprogram_notice" {
            return Err(refuse::<WeCom>("40058", "touser, invalid Request Parameter"));
        }
        found.people.extend(company.people().map(|(id, _)| id).filter(visible));
        return Ok(found);
    }
    let mut seen = HashSet::new();
    for userid in users {
        match company.find(userid).filter(visible) {
            Some(id) if seen.insert(id) => found.people.push(id),
            Some(_) => {}
            None => found.invaliduser.push(userid.to_lowercase()),
        }
    }
    for text in parties {
        match text.parse().ok().and_then(|id| company.department(id)).filter(|party| party.visible) {
            Some(party) => {
                let members = company.members_of(party.id, true).into_iter();
                found.people.extend(members.filter(visible).filter(|id| seen.insert(*id)));
            }
            None => found.invalidparty.push(text.to_owned()),
        }
    }
    for text in tags {
        let tag = text.parse().ok().and_then(|id| company.tags.get(id));
        let members: Vec<PersonId> =
            tag.iter().flat_map(|tag| &tag.members).filter_map(|userid| company.find(userid)).filter(visible).collect();
        if members.is_empty() {
            found.invalidtag.push(text.to_owned());
        }
        found.people.extend(members.into_iter().filter(|id| seen.insert(*id)));
    }
    Ok(found)
}

fn deliver(world: &mut World, now: i64, msgid: String, people: Vec<PersonId>, seen: &Value) {
    let app = world.credentials.wecom_agent_id;
    let mut same = String::new();
    canonical(seen, &mut same);
    let (id, content): (Arc<str>, Arc<str>) = (msgid.as_str().into(), seen.to_string().into());
    let digest = digest("wecom", app, &same);
    let mut reached = Vec::with_capacity(people.len());
    for person in people {
        let silent = world.company.person(person).wecom == Treatment::Silent;
        let quotas = world.settings.limits.people;
        if silent || (quotas && over_frequency(&mut world.wecom.messages, person, now)) {
            world.tally.wecom.dropped += 1;
            continue;
        }
        reached.push(person);
        let read_at = world.reads_at(person, now);
        let message = Arriving {
            platform: "wecom",
            app,
            source: &id,
            content: &content,
            digest,
            at: now,
            read_at,
            recalled: false,
            room: None,
            from: None,
        };
        world.tally.wecom.effects += 1;
        if world.phones.show(person, &message) > 1 {
            world.tally.duplicates += 1;
        }
    }
    world.tally.wecom.sends += 1;
    world.wecom.messages.sent.keep(now, msgid, Sent { at: now, id, people: reached, recalled: false });
}

/// Notes one more message to a person, unless that is too many.
fn over_frequency(messages: &mut Messages, person: PersonId, now: i64) -> bool {
    let recent = messages.recent.entry(person).or_default();
    while recent.front().is_some_and(|at| now - at >= 3_600_000) {
        recent.pop_front();
    }
    let minute = recent.iter().rev().take_while(|at| now - **at < 60_000).take(PER_MINUTE).count();
    let over = minute >= PER_MINUTE || recent.len() >= PER_HOUR;
    if !over {
        recent.push_back(now);
    }
    over
}

/// Recalls a message; a second recall of the same is answered as the first.
pub(super) fn recall(world: &mut World, caller: &Caller, request: RecallMessage) -> Result<MessageRecalled, Refused> {
    let World { wecom, phones, tally, .. } = world;
    let Some(sent) = wecom.messages.sent.get_mut(&request.msgid) else {
        return Err(refuse::<WeCom>("40058", "msgid, invalid Request Parameter").into());
    };
    if caller.now - sent.at > RECALL_MS {
        return Err(refuse::<WeCom>("42052", "msgid is older than 24 hours").into());
    }
    if !sent.recalled {
        sent.recalled = true;
        tally.wecom.recalls += 1;
        for person in &sent.people {
            phones.recall(*person, "wecom", &sent.id);
        }
    }
    Ok(MessageRecalled {})
}
