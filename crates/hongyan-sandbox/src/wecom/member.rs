//! Members read: one, a department's, all ids. What is shown depends on who asks.

use super::{
    authority::{is_contacts, reads_private, sees, unseen},
    department,
};
use crate::{
    route::{Refused, refuse},
    world::{
        Caller, World,
        company::{Person, PersonId},
    },
};
use hongyan_endpoint::Fault;
use hongyan_wecom::{
    WeCom,
    user::{
        DepartmentMember, GetUser, IdsListed, ListIds, ListNames, ListUsers, Member, MemberName, NamesListed,
        UsersListed,
    },
};
use serde_json::{Value, json};

/// Rows of one page at most, and where none is asked for.
const PAGE: i64 = 10_000;

/// Somebody of that id whom the caller sees.
pub(super) fn find(world: &World, userid: &str) -> Result<PersonId, Fault> {
    let id = world.company.find(userid).ok_or_else(|| refuse::<WeCom>("60111", "userid not found"))?;
    if sees(world, world.company.person(id)) { Ok(id) } else { Err(unseen()) }
}

pub(super) fn get(world: &mut World, _: &Caller, request: GetUser) -> Result<Member, Refused> {
    if request.userid.is_empty() {
        return Err(refuse::<WeCom>("41009", "userid missing").into());
    }
    let id = find(world, &request.userid)?;
    Ok(shown(world, world.company.person(id)))
}

pub(super) fn list(world: &mut World, _: &Caller, request: ListUsers) -> Result<UsersListed, Refused> {
    let people = people(world, request.department_id, request.fetch_child)?;
    Ok(UsersListed { userlist: people.into_iter().map(|person| shown(world, person)).collect() })
}

pub(super) fn list_names(world: &mut World, _: &Caller, request: ListNames) -> Result<NamesListed, Refused> {
    let people = people(world, request.department_id, request.fetch_child)?;
    let name = |person: &Person| MemberName {
        userid: person.userid.clone(),
        name: person.name.clone(),
        department: person.departments.clone(),
        open_userid: Some(String::new()),
    };
    Ok(NamesListed { userlist: people.into_iter().map(name).collect() })
}

/// Those of a department whom the caller sees.
fn people(world: &World, department: i64, recursive: Option<i64>) -> Result<Vec<&Person>, Fault> {
    department::find(world, department)?;
    let people = world.company.members_of(department, recursive == Some(1));
    Ok(people.into_iter().map(|id| world.company.person(id)).filter(|person| sees(world, person)).collect())
}

pub(super) fn list_ids(world: &mut World, _: &Caller, request: ListIds) -> Result<IdsListed, Refused> {
    is_contacts(world)?;
    let wrong = |what: &str| refuse::<WeCom>("40058", format!("{what}. invalid Request Parameter"));
    let limit = request.limit.unwrap_or(PAGE);
    if !(1..=PAGE).contains(&limit) {
        return Err(wrong("limit").into());
    }
    let from: usize = match request.cursor.as_deref().filter(|cursor| !cursor.is_empty()) {
        Some(cursor) => cursor.strip_prefix('c').and_then(|at| at.parse().ok()).ok_or_else(|| wrong("cursor"))?,
        None => 0,
    };
    let rows = world.company.people().flat_map(|(_, person)| {
        let row = |id: &i64| DepartmentMember { userid: person.userid.clone(), department: *id };
        person.departments.iter().map(row)
    });
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut dept_user: Vec<DepartmentMember> = rows.skip(from).take(limit + 1).collect();
    let next_cursor = if dept_user.len() > limit { format!("c{}", from + limit) } else { String::new() };
    dept_user.truncate(limit);
    Ok(IdsListed { next_cursor, dept_user })
}

/// A member as the caller sees them.
fn shown(world: &World, person: &Person) -> Member {
    let each = |of: &dyn Fn(i64) -> i64| person.departments.iter().map(|id| of(*id)).collect::<Vec<i64>>();
    let mut member = Member {
        userid: person.userid.clone(),
        name: person.name.clone(),
        department: person.departments.clone(),
        order: each(&|id| person.wecom_orders.get(&id).map_or(0, |order| i64::from(*order))),
        position: Some(person.title.clone()),
        is_leader_in_dept: each(&|id| i64::from(person.leads(id))),
        direct_leader: person.manager.iter().cloned().collect(),
        telephone: Some(person.telephone.clone()),
        alias: Some(person.alias.clone()),
        // The first department is the main one.
        main_department: Some(person.departments.first().copied().unwrap_or(1)),
        extattr: Some(json!({"attrs": attributes(person)})),
        status: Some(match (person.disabled, person.active) {
            (true, _) => 2,
            (false, true) => 1,
            (false, false) => 4,
        }),
        ..Member::default()
    };
    if reads_private(world) {
        member.mobile = Some(match person.state_code.as_str() {
            "" | "86" => person.mobile.clone(),
            code => format!("+{code} {}", person.mobile),
        });
        member.gender = Some(person.gender.to_string());
        member.email = Some(person.personal_email.clone());
        member.biz_mail = Some(person.email.clone());
        member.avatar = Some(person.avatar.clone());
        member.thumb_avatar = Some(person.avatar.clone());
        member.address = Some(person.work_place.clone());
        member.qr_code = Some(format!("https://open.work.weixin.qq.com/wwopen/userQRCode?vcode={}", person.userid));
    }
    member
}

fn attributes(person: &Person) -> Vec<Value> {
    let attribute = |(name, text): (&String, &String)| json!({"type": 0, "name": name, "text": {"value": text}});
    person.extattr.iter().map(attribute).collect()
}
