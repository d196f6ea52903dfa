//! Tags. An application changes only those that it made itself; the contacts' secret all.

use super::{
    authority::{Access, Origin, sees, sees_department},
    content::unfit,
    news,
    settings::Settings,
};
use crate::{
    route::{Refused, refuse},
    world::{
        Caller, World,
        company::{Tag, TagTaken},
    },
};
use hongyan_endpoint::Fault;
use hongyan_wecom::{
    WeCom,
    done::{Deleted, Updated},
    tag::{
        AddTagUsers, CreateTag, DelTagUsers, DeleteTag, GetTag, ListTags, Tag as Told, TagCreated, TagMember, TagRead,
        TagUsersChanged, TagsListed, UpdateTag,
    },
};
use std::collections::HashSet;

/// Tags that the application made.
#[derive(Default)]
pub(super) struct OwnTags(pub(super) HashSet<i64>);

fn unknown() -> Fault {
    refuse::<WeCom>("40068", "invalid tagid")
}

/// A tag that the caller may change.
fn own(world: &World, id: i64) -> Result<(), Fault> {
    world.company.tags.get(id).ok_or_else(unknown)?;
    let free = world.memory.get::<Access>().origin == Origin::Contacts || world.memory.get::<Settings>().app_writes;
    if free || world.memory.get::<OwnTags>().0.contains(&id) {
        return Ok(());
    }
    Err(refuse::<WeCom>("81011", "no permission for this tag"))
}

fn taken(taken: TagTaken) -> Fault {
    match taken {
        TagTaken::Id => refuse::<WeCom>("40068", "invalid tagid: it exists"),
        TagTaken::Room => refuse::<WeCom>("81003", "too many tags"),
        TagTaken::Name => refuse::<WeCom>("40071", "invalid tag name: it exists"),
    }
}

pub(super) fn list(world: &mut World, _: &Caller, _: ListTags) -> Result<TagsListed, Refused> {
    let told = |tag: &Tag| Told { tagid: tag.id, tagname: tag.name.clone() };
    Ok(TagsListed { taglist: world.company.tags.iter().map(told).collect() })
}

pub(super) fn get(world: &mut World, _: &Caller, request: GetTag) -> Result<TagRead, Refused> {
    let (company, tag) = (&world.company, world.company.tags.get(request.tagid).ok_or_else(unknown)?);
    let people = tag.members.iter().filter_map(|userid| company.find(userid)).map(|id| company.person(id));
    let people = people.filter(|person| sees(world, person));
    let parties = tag.parties.iter().filter_map(|id| company.department(*id));
    Ok(TagRead {
        tagname: tag.name.clone(),
        userlist: people.map(|person| TagMember { userid: person.userid.clone(), name: person.name.clone() }).collect(),
        partylist: parties.filter(|found| sees_department(world, found)).map(|found| found.id).collect(),
    })
}

pub(super) fn create(world: &mut World, _: &Caller, request: CreateTag) -> Result<TagCreated, Refused> {
    request.check().map_err(unfit)?;
    if request.tagid.is_some_and(|id| id < 0 || i32::try_from(id).is_err()) {
        return Err(unknown().into());
    }
    let id = world.company.tags.add(request.tagid.filter(|id| *id != 0), &request.tagname).map_err(taken)?;
    if world.memory.get::<Access>().origin == Origin::App {
        world.memory.get_mut::<OwnTags>().0.insert(id);
    }
    Ok(TagCreated { errmsg: "created".into(), tagid: id })
}

pub(super) fn update(world: &mut World, _: &Caller, request: UpdateTag) -> Result<Updated, Refused> {
    request.check().map_err(unfit)?;
    own(world, request.tagid)?;
    world.company.tags.rename(request.tagid, &request.tagname).map_err(taken)?;
    Ok(Updated::default())
}

pub(super) fn delete(world: &mut World, _: &Caller, request: DeleteTag) -> Result<Deleted, Refused> {
    own(world, request.tagid)?;
    world.company.tags.remove(request.tagid);
    world.memory.get_mut::<OwnTags>().0.remove(&request.tagid);
    Ok(Deleted::default())
}

pub(super) fn add_users(world: &mut World, caller: &Caller, request: AddTagUsers) -> Result<TagUsersChanged, Refused> {
    request.check().map_err(unfit)?;
    own(world, request.tagid)?;
    let known = NamedMembers::of(world, &request.userlist, &request.partylist)?;
    let before = world.company.tags.clone();
    if let Some(tag) = world.company.tags.get_mut(request.tagid) {
        for userid in known.users {
            if !tag.members.contains(&userid) {
                tag.members.push(userid);
            }
        }
        for party in known.parties {
            if !tag.parties.contains(&party) {
                tag.parties.push(party);
            }
        }
    }
    news::tell_tags(world, &before, caller.now);
    Ok(TagUsersChanged { errmsg: "ok".into(), invalidlist: known.invalid, invalidparty: known.invalid_parties })
}

pub(super) fn del_users(world: &mut World, caller: &Caller, request: DelTagUsers) -> Result<TagUsersChanged, Refused> {
    request.check().map_err(unfit)?;
    own(world, request.tagid)?;
    let known = NamedMembers::of(world, &request.userlist, &request.partylist)?;
    let before = world.company.tags.clone();
    if let Some(tag) = world.company.tags.get_mut(request.tagid) {
        tag.members.retain(|userid| !known.users.contains(userid));
        tag.parties.retain(|party| !known.parties.contains(party));
    }
    news::tell_tags(world, &before, caller.now);
    Ok(TagUsersChanged { errmsg: "deleted".into(), invalidlist: known.invalid, invalidparty: known.invalid_parties })
}

/// People and departments that the caller sees, and those named in vain.
struct NamedMembers {
    users: Vec<String>,
    parties: Vec<i64>,
    invalid: Vec<String>,
    invalid_parties: Vec<i64>,
}

impl NamedMembers {
    /// 40070 when all are named in vain.
    fn of(world: &World, users: &[String], parties: &[i64]) -> Result<Self, Fault> {
        let company = &world.company;
        let mut known =
            Self { users: Vec::new(), parties: Vec::new(), invalid: Vec::new(), invalid_parties: Vec::new() };
        for userid in users {
            match company.find(userid).map(|id| company.person(id)).filter(|person| sees(world, person)) {
                Some(person) => known.users.push(person.userid.clone()),
                None => known.invalid.push(userid.to_lowercase()),
            }
        }
        for party in parties {
            let seen = company.department(*party).is_some_and(|found| sees_department(world, found));
            if seen { known.parties.push(*party) } else { known.invalid_parties.push(*party) }
        }
        if known.users.is_empty() && known.parties.is_empty() {
            return Err(refuse::<WeCom>("40070", "all list invalid"));
        }
        Ok(known)
    }
}
