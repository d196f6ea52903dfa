//! Members written: created, changed, deleted. What somebody must have alone is the company's to say.

use super::{
    authority::{may_write, sees_department, unseen},
    content::unfit,
    member::find,
    settings::Settings,
};
use crate::{
    route::{Refused, refuse},
    world::{
        Caller, World,
        company::{Department, Person, ROOT, Taken},
    },
};
use hongyan_endpoint::{Endpoint, Fault};
use hongyan_wecom::{
    WeCom,
    done::{Deleted, Updated},
    user::{CreateUser, DeleteUser, DeleteUsers, MemberFields, UpdateUser, UserCreated},
};
use serde_json::{Value, json};

pub(super) fn create(world: &mut World, caller: &Caller, request: CreateUser) -> Result<UserCreated, Refused> {
    may_write(world)?;
    request.check().map_err(unfit)?;
    let made = add(world, caller.now, &request.0)?;
    let made: Vec<Value> = made.into_iter().map(|(id, name)| json!({"id": id, "name": name})).collect();
    let created_department_list = (!made.is_empty()).then(|| json!({"department_info": made}));
    Ok(UserCreated { created_department_list, ..UserCreated::default() })
}

/// Adds somebody whose fields were checked; tells the departments that came to be with them.
pub(super) fn add(world: &mut World, now: i64, fields: &MemberFields) -> Result<Vec<(i64, String)>, Fault> {
    if world.company.find(&fields.userid).is_some() {
        return Err(taken(Taken::Userid(0)));
    }
    if world.company.size() >= usize::try_from(world.memory.get::<Settings>().seats).unwrap_or(usize::MAX) {
        return Err(refuse::<WeCom>("45024", "corp is full"));
    }
    let mut person =
        Person { userid: fields.userid.clone(), departments: vec![ROOT], hired_at: Some(now), ..Person::default() };
    write(world, &mut person, fields)?;
    // Departments are made last, so that a refusal leaves none behind.
    let missing: Vec<i64> =
        person.departments.iter().copied().filter(|id| world.company.department(*id).is_none()).collect();
    world.company.add_person(person).map_err(taken)?;
    Ok(make_departments(world, missing))
}

fn make_departments(world: &mut World, missing: Vec<i64>) -> Vec<(i64, String)> {
    let mut made = Vec::with_capacity(missing.len());
    for id in missing {
        let name = format!("部门{id}");
        let department = Department { id, parent_id: ROOT, name: name.clone(), ..Department::default() };
        if world.company.add_department(department).is_ok() {
            made.push((id, name));
        }
    }
    made
}

pub(super) fn update(world: &mut World, _: &Caller, request: UpdateUser) -> Result<Updated, Refused> {
    may_write(world)?;
    if request.0.userid.is_empty() {
        return Err(refuse::<WeCom>("41009", "userid missing").into());
    }
    request.0.check().map_err(unfit)?;
    change(world, &request.0)?;
    Ok(Updated::default())
}

/// Changes somebody by fields that were checked.
pub(super) fn change(world: &mut World, fields: &MemberFields) -> Result<(), Fault> {
    let id = find(world, &fields.userid)?;
    let mut person = world.company.person(id).clone();
    write(world, &mut person, fields)?;
    let missing: Vec<i64> =
        person.departments.iter().copied().filter(|id| world.company.department(*id).is_none()).collect();
    world.company.update_person(id, |old| *old = person).map_err(taken)?;
    make_departments(world, missing);
    Ok(())
}

pub(super) fn delete(world: &mut World, _: &Caller, request: DeleteUser) -> Result<Deleted, Refused> {
    may_write(world)?;
    if request.userid.is_empty() {
        return Err(refuse::<WeCom>("41009", "userid missing").into());
    }
    let id = find(world, &request.userid)?;
    keep_creator(world.company.person(id))?;
    world.company.remove_person(&request.userid);
    Ok(Deleted::default())
}

pub(super) fn delete_many(world: &mut World, _: &Caller, request: DeleteUsers) -> Result<Deleted, Refused> {
    may_write(world)?;
    if let Some(code) = DeleteUsers::SPEC.exceeded("useridlist", request.useridlist.len()) {
        return Err(refuse::<WeCom>(code, "invalid user list length").into());
    }
    let bad = || refuse::<WeCom>("40031", "invalid userid list");
    if request.useridlist.is_empty() {
        return Err(bad().into());
    }
    for userid in &request.useridlist {
        let id = find(world, userid).map_err(|_| bad())?;
        keep_creator(world.company.person(id))?;
    }
    for userid in &request.useridlist {
        world.company.remove_person(userid);
    }
    Ok(Deleted::default())
}

fn keep_creator(person: &Person) -> Result<(), Fault> {
    if person.boss { Err(refuse::<WeCom>("301005", "can not delete the creator of the corp")) } else { Ok(()) }
}

fn taken(taken: Taken) -> Fault {
    match taken {
        Taken::Room => refuse::<WeCom>("45024", "corp is full"),
        Taken::Userid(_) => refuse::<WeCom>("60102", "userid existed"),
        Taken::Mobile(_) => refuse::<WeCom>("60104", "mobile existed"),
        Taken::Email(_) | Taken::PersonalEmail(_) => refuse::<WeCom>("60106", "email existed"),
    }
}

/// Puts what is given onto a person.
fn write(world: &World, person: &mut Person, fields: &MemberFields) -> Result<(), Fault> {
    let wrong = |field: &str| refuse::<WeCom>("40058", format!("{field}. invalid Request Parameter"));
    for (field, text, max) in [
        ("position", &fields.position, 128),
        ("telephone", &fields.telephone, 32),
        ("address", &fields.address, 128),
        ("alias", &fields.alias, 64),
    ] {
        if text.as_ref().is_some_and(|text| text.len() > max) {
            return Err(wrong(field));
        }
    }
    let set = |place: &mut String, text: &Option<String>| {
        if let Some(text) = text {
            place.clone_from(text);
        }
    };
    set(&mut person.name, &fields.name);
    set(&mut person.alias, &fields.alias);
    set(&mut person.title, &fields.position);
    set(&mut person.telephone, &fields.telephone);
    set(&mut person.work_place, &fields.address);
    if let Some(mobile) = &fields.mobile {
        (person.state_code, person.mobile) = number(mobile)?;
    }
    for (place, address) in [(&mut person.personal_email, &fields.email), (&mut person.email, &fields.biz_mail)] {
        if let Some(address) = address {
            if !address.is_empty() && !is_address(address) {
                return Err(refuse::<WeCom>("60105", "invalid email"));
            }
            place.clone_from(address);
        }
    }
    if let Some(gender) = &fields.gender {
        person.gender = gender.parse().ok().filter(|gender| *gender <= 2).ok_or_else(|| wrong("gender"))?;
    }
    if let Some(enable) = fields.enable {
        person.disabled = enable == 0;
    }
    if let Some(leaders) = &fields.direct_leader {
        if leaders.len() > 1 {
            return Err(wrong("direct_leader"));
        }
        let leader = leaders.first().map(|userid| find(world, userid)).transpose()?;
        person.manager = leader.map(|id| world.company.person(id).userid.clone());
    }
    if let Some(attributes) = fields.extattr.as_ref().and_then(|own| own.get("attrs")).and_then(Value::as_array) {
        for attribute in attributes {
            let text = attribute.pointer("/text/value").or_else(|| attribute.get("value")).and_then(Value::as_str);
            if let (Some(name), Some(text)) = (attribute.get("name").and_then(Value::as_str), text) {
                person.extattr.insert(name.to_owned(), text.to_owned());
            }
        }
    }
    write_departments(world, person, fields)
}

/// Departments with what is told of each, in the same order.
fn write_departments(world: &World, person: &mut Person, fields: &MemberFields) -> Result<(), Fault> {
    if let Some(departments) = &fields.department {
        if departments.iter().any(|id| *id < 1 || i32::try_from(*id).is_err()) {
            return Err(refuse::<WeCom>("40066", "invalid party list"));
        }
        let seen = |id: &i64| world.company.department(*id).is_none_or(|found| sees_department(world, found));
        if !departments.iter().all(seen) {
            return Err(unseen());
        }
        let mut once: Vec<i64> = Vec::with_capacity(departments.len());
        for id in departments {
            if !once.contains(id) {
                once.push(*id);
            }
        }
        person.departments = if once.is_empty() { vec![ROOT] } else { once };
        person.leader_of.retain(|id| person.departments.contains(id));
    }
    let unlike = || refuse::<WeCom>("60132", "list is not as long as department");
    if let Some(orders) = &fields.order {
        if orders.len() != person.departments.len() {
            return Err(unlike());
        }
        let place = |order: &i64| u32::try_from(*order).unwrap_or(0);
        person.wecom_orders = person.departments.iter().copied().zip(orders.iter().map(place)).collect();
    }
    if let Some(leads) = &fields.is_leader_in_dept {
        if leads.len() != person.departments.len() {
            return Err(unlike());
        }
        let led = person.departments.iter().zip(leads).filter(|(_, leads)| **leads == 1);
        person.leader_of = led.map(|(id, _)| *id).collect();
    }
    if let Some(main) = fields.main_department.filter(|main| *main != 0) {
        let Some(at) = person.departments.iter().position(|id| *id == main) else {
            return Err(refuse::<WeCom>("60123", "main_department is not among the departments"));
        };
        person.departments[..=at].rotate_right(1);
    }
    Ok(())
}

/// Country's code and number.
fn number(text: &str) -> Result<(String, String), Fault> {
    let plain = |text: &str| text.chars().filter(|c| !matches!(c, ' ' | '-')).collect::<String>();
    let (code, digits) = match text.strip_prefix('+').map(|abroad| (abroad, abroad.split_once([' ', '-']))) {
        Some((_, Some((code, number)))) => (code, plain(number)),
        Some((abroad, None)) => match abroad.strip_prefix("86") {
            Some(number) => ("86", number.to_owned()),
            // Where the country's code ends is not told: the number stays as it is written.
            None => return checked("", text.to_owned(), abroad),
        },
        None => ("86", plain(text)),
    };
    if text.is_empty() {
        return Ok((code.to_owned(), digits));
    }
    let shown = digits.clone();
    checked(code, digits, &shown)
}

/// The two, when the digits are those of a number.
fn checked(code: &str, number: String, digits: &str) -> Result<(String, String), Fault> {
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !(5..=20).contains(&digits.len()) || !is_number(digits) || !is_number(code) {
        return Err(refuse::<WeCom>("60103", "invalid mobile"));
    }
    Ok((code.to_owned(), number))
}

fn is_address(text: &str) -> bool {
    let parts = text.split_once('@');
    text.len() <= 64 && parts.is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !host.contains('@'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_with_and_without_their_countrys_code() {
        for (text, code, digits) in [
            ("13900002222", "86", "13900002222"),
            ("+86 139-0000-2222", "86", "13900002222"),
            ("+8613900002222", "86", "13900002222"),
            ("+49 15100002222", "49", "15100002222"),
            ("+4915100002222", "", "+4915100002222"),
            ("", "86", ""),
        ] {
            assert_eq!(number(text).unwrap(), (code.to_owned(), digits.to_owned()), "{text}");
        }
        for text in ["1234", "12ab5678", "+", "+4x 15100002222", "123456789012345678901"] {
            assert!(number(text).is_err(), "{text}");
        }
    }
}
