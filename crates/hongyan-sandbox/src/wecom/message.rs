//! Application messages: audience, content, the duplicate check, the frequency per person, recall.
//!
//! The order of the checks is the reference's. Beyond a person's frequency the platform says nothing at all; the
//! inspection API counts what was dropped.

use super::{
    authority::is_visible,
    card,
    content::{self, number},
    credentials::Credentials,
    delivery::{self, Frequency, OutgoingMessage},
    media::MediaStore,
    settings::Settings,
};
use crate::{
    clock::china_day,
    options::random_hex,
    route::{Refused, refuse, serves_ms},
    world::{
        Caller, World, canonical,
        company::{PersonId, PersonRule},
        digest,
        ledger::{KEPT, Ledger},
    },
};
use hongyan_endpoint::{Endpoint, Fault, HOUR, MINUTE, RateScope};
use hongyan_wecom::{
    WeCom,
    content::Place,
    message::{
        AppCount, DUPLICATE_CHECK_SECONDS, GetStatistics, MessageRecalled, MessageSent, RecallMessage, SendMessage,
        Statistics,
    },
};
use serde_json::json;
use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
};

/// Messages per person, and the milliseconds that they are counted in.
const PER_PERSON: [(usize, i64); 2] = [
    (SendMessage::SPEC.rate(RateScope::Recipient, MINUTE).unwrap() as usize, 60_000),
    (SendMessage::SPEC.rate(RateScope::Recipient, HOUR).unwrap() as usize, 3_600_000),
];
/// Person-times of a day for each seat of the company.
const PER_SEAT: u64 = 200;
const RECALL_MS: i64 = serves_ms(&RecallMessage::SPEC);

/// What was sent, and what must not be sent again yet.
#[derive(Default)]
pub(crate) struct Messages {
    sent: Ledger<String, Sent>,
    /// Digest of the request → until when, and what was answered.
    once: HashMap<u64, (i64, MessageSent)>,
    once_order: VecDeque<u64>,
    frequency: Frequency,
    /// Person-times: the day, that day's, and those of the day before.
    delivered: (i64, u64, u64),
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
    if let Some(interval) = request.duplicate_check_interval
        && !(0..=i64::from(DUPLICATE_CHECK_SECONDS.1)).contains(&interval)
    {
        return Err(refuse::<WeCom>("40058", "duplicate_check_interval, invalid Request Parameter").into());
    }
    // A mini-program notice names its sender by the mini-program.
    let app = match (request.agentid, request.msgtype.as_str()) {
        (0, "miniprogram_notice") => world.memory.get::<Credentials>().agent_id,
        (id, _) => own_app(world, id)?,
    };
    let audience = audience(world, &request)?;
    let unlicensed = |id: &PersonId| world.company.person(*id).wecom == PersonRule::Unlicensed;
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
    if request.msgtype == "news" && number(&request.content, "safe") != 0 {
        return Err(refuse::<WeCom>("40074", "news can not be confidential").into());
    }
    let mut seen = content::read(Place::App, &request.msgtype, &request.content)?;
    world.memory.get::<MediaStore>().find_all(caller.now, &seen.media, None)?;
    if number(&request.content, "enable_id_trans") == 1 {
        delivery::translate(world, &mut seen.value);
    }
    let key = (request.enable_duplicate_check == Some(1)).then(|| request_digest(app, &request));
    if let Some(key) = key
        && let Some((until, reply)) = world.memory.get::<Messages>().once.get(&key)
        && *until > caller.now
    {
        world.tally.of("wecom").sends += 1;
        world.tally.of("wecom").swallowed += 1;
        return Ok(reply.clone());
    }
    if let Some(card) = &seen.card {
        card::authenticate(world, card)?;
    }
    count_person_times(world, caller.now, people.len())?;
    let msgid = next_id(&mut world.memory.get_mut::<Messages>().count)?;
    let source: Arc<str> = msgid.as_str().into();
    let response_code = match seen.card {
        Some(card) => card::remember(world, caller.now, &source, &people, *card)?,
        None => String::new(),
    };
    let reply = MessageSent {
        invaliduser: audience.invaliduser,
        invalidparty: audience.invalidparty,
        invalidtag: audience.invalidtag,
        unlicenseduser,
        msgid: msgid.clone(),
        response_code,
    };
    if let Some(key) = key {
        let interval = request.duplicate_check_interval.unwrap_or(i64::from(DUPLICATE_CHECK_SECONDS.0));
        remember_once(world.memory.get_mut::<Messages>(), key, caller.now + interval * 1_000, reply.clone());
    }
    let outgoing = OutgoingMessage { source: &source, app, room: None, from: None, content: &seen.value };
    let people = delivery::hand_out(world, caller.now, &outgoing, people, &PER_PERSON, |world| {
        &mut world.memory.get_mut::<Messages>().frequency
    });
    world.memory.get_mut::<Messages>().sent.keep(
        caller.now,
        msgid,
        Sent { at: caller.now, id: source, people, recalled: false },
    );
    Ok(reply)
}

/// The application that the token belongs to is the one that the request names.
pub(super) fn own_app(world: &World, agentid: i64) -> Result<i64, Fault> {
    let app = world.memory.get::<Credentials>().agent_id;
    match agentid {
        id if id == app => Ok(app),
        0 => Err(refuse::<WeCom>("41011", "agentid missing")),
        // Another application of the same company exists, as it mostly does.
        id if id == app + 1 => Err(refuse::<WeCom>("301002", "not allow operate another agent with this accesstoken")),
        _ => Err(refuse::<WeCom>("40056", "invalid agentid")),
    }
}

/// Counts towards the day's person-times; refuses where the seats of the company allow no more.
fn count_person_times(world: &mut World, now: i64, people: usize) -> Result<(), Fault> {
    let (day, most) = (china_day(now), u64::from(world.memory.get::<Settings>().seats) * PER_SEAT);
    let delivered = &mut world.memory.get_mut::<Messages>().delivered;
    *delivered = turned(*delivered, day);
    if world.settings.limits.people && delivered.1 + people as u64 > most {
        return Err(refuse::<WeCom>("45009", "api freq out of limit"));
    }
    delivered.1 += people as u64;
    Ok(())
}

/// The counts as of a day.
const fn turned((counted, today, yesterday): (i64, u64, u64), day: i64) -> (i64, u64, u64) {
    match day - counted {
        0 => (counted, today, yesterday),
        1 => (day, 0, today),
        _ => (day, 0, 0),
    }
}

pub(super) fn statistics(world: &mut World, caller: &Caller, request: GetStatistics) -> Result<Statistics, Refused> {
    let (_, today, yesterday) = turned(world.memory.get::<Messages>().delivered, china_day(caller.now));
    let count = match request.time_type {
        0 => today,
        1 => yesterday,
        _ => return Err(refuse::<WeCom>("40058", "time_type. invalid Request Parameter").into()),
    };
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let row =
        AppCount { agentid: world.memory.get::<Credentials>().agent_id, app_name: super::agent::NAME.into(), count };
    Ok(Statistics { statistics: vec![row] })
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
    for (list, field, words) in [
        (&users, "touser", "invalid user list length"),
        (&parties, "toparty", "party list out of limit"),
        (&tags, "totag", "tag list out of limit"),
    ] {
        if let Some(code) = SendMessage::SPEC.exceeded(field, list.len()) {
            return Err(refuse::<WeCom>(code, words));
        }
    }
    let company = &world.company;
    let visible = |id: &PersonId| is_visible(company.person(*id));
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
            tag.map(|tag| company.people_of(tag)).unwrap_or_default().into_iter().filter(visible).collect();
        if members.is_empty() {
            found.invalidtag.push(text.to_owned());
        }
        found.people.extend(members.into_iter().filter(|id| seen.insert(*id)));
    }
    Ok(found)
}

/// Recalls a message; a second recall of the same is answered as the first.
pub(super) fn recall(world: &mut World, caller: &Caller, request: RecallMessage) -> Result<MessageRecalled, Refused> {
    let World { memory, phones, tally, .. } = world;
    let Some(sent) = memory.get_mut::<Messages>().sent.get_mut(&request.msgid) else {
        return Err(refuse::<WeCom>("40058", "msgid, invalid Request Parameter").into());
    };
    if caller.now - sent.at > RECALL_MS {
        return Err(refuse::<WeCom>("42052", "msgid is older than 24 hours").into());
    }
    if !sent.recalled {
        sent.recalled = true;
        tally.of("wecom").recalls += 1;
        for person in &sent.people {
            phones.recall(*person, "wecom", &sent.id);
        }
    }
    Ok(MessageRecalled {})
}
