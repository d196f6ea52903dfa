//! A person as either generation shows them. A vendor sees less; what has no value is absent.

use super::contacts::valued;
use crate::world::company::{Company, Person};
use hongyan_dingtalk::{old_user, user};
use serde_json::{Map, Value, json};
use std::fmt::Display;

/// A role that contacts show: id, name, group, type.
type Role = (i64, &'static str, &'static str, i64);

fn roles(person: &Person) -> Vec<Role> {
    let mut roles = Vec::new();
    match person.admin_level {
        0 => {}
        1 => roles.push((149, "主管理员", "默认", 101)),
        _ => roles.push((150, "子管理员", "默认", 102)),
    }
    if person.boss {
        roles.push((151, "负责人", "默认", 103));
    }
    if !person.leader_of.is_empty() {
        roles.push((152, "主管", "默认", 104));
    }
    roles
}

fn extattr(person: &Person) -> Option<Value> {
    let members: Map<String, Value> = person.extattr.iter().map(|(name, text)| (name.clone(), json!(text))).collect();
    (!members.is_empty()).then_some(Value::Object(members))
}

fn state_code(person: &Person) -> Option<String> {
    (!person.mobile.is_empty()).then(|| valued(&person.state_code).unwrap_or_else(|| "86".into()))
}

fn order(person: &Person, department: i64) -> i64 {
    person.orders.get(&department).copied().unwrap_or_default()
}

/// Second generation, in full.
pub(super) fn details(person: &Person, vendor: bool) -> user::User {
    // What a vendor never gets.
    let own = |text: &str| valued(text).filter(|_| !vendor);
    user::User {
        userid: person.userid.clone(),
        unionid: valued(&person.unionid),
        name: person.name.clone(),
        avatar: Some(person.avatar.clone()),
        state_code: state_code(person).filter(|_| !vendor),
        mobile: own(&person.mobile),
        hide_mobile: Some(person.hide_mobile),
        telephone: own(&person.telephone),
        job_number: valued(&person.job_number),
        title: valued(&person.title),
        email: own(&person.personal_email),
        org_email: own(&person.email),
        work_place: own(&person.work_place),
        remark: own(&person.remark),
        extension: extattr(person).filter(|_| !vendor).map(|map| map.to_string()),
        manager_userid: person.manager.clone(),
        exclusive_account: Some(false),
        dept_id_list: person.departments.clone(),
        dept_order_list: person
            .departments
            .iter()
            .map(|id| user::DeptOrder { dept_id: *id, order: order(person, *id) })
            .collect(),
        leader_in_dept: person
            .departments
            .iter()
            .map(|id| user::DeptLeader { dept_id: *id, leader: person.leads(*id) })
            .collect(),
        hired_date: person.hired_at.filter(|_| !vendor),
        active: Some(person.active),
        real_authed: Some(person.active),
        senior: Some(person.senior),
        admin: Some(person.admin_level > 0),
        boss: Some(person.boss),
        role_list: roles(person)
            .into_iter()
            .map(|(id, name, group, _)| user::Role { id, name: name.into(), group_name: group.into() })
            .collect(),
    }
}

/// Second generation, as a line of a department's list.
pub(super) fn line(person: &Person, department: i64, vendor: bool) -> user::Listed {
    let details = details(person, vendor);
    user::Listed {
        userid: details.userid,
        unionid: details.unionid,
        name: details.name,
        leader: Some(person.leads(department)),
        dept_order: Some(order(person, department)),
        dept_id_list: details.dept_id_list,
        active: details.active,
        admin: details.admin,
        boss: details.boss,
        hide_mobile: details.hide_mobile,
        mobile: details.mobile,
        title: person.titles.get(&department).cloned().or(details.title),
        job_number: details.job_number,
        exclusive_account: details.exclusive_account,
        avatar: details.avatar,
        state_code: details.state_code,
        telephone: details.telephone,
        email: details.email,
        org_email: details.org_email,
        work_place: details.work_place,
        remark: details.remark,
        extension: details.extension,
        hired_date: details.hired_date,
    }
}

/// A map as the first generation writes it: `{1:true,2:false}`, not JSON.
fn pairs<T: Display>(departments: &[i64], value: impl Fn(i64) -> T) -> Option<String> {
    let pairs: Vec<String> = departments.iter().map(|id| format!("{id}:{}", value(*id))).collect();
    Some(format!("{{{}}}", pairs.join(",")))
}

/// First generation, in full.
pub(super) fn whole_v1(person: &Person, vendor: bool) -> old_user::User {
    let details = details(person, vendor);
    old_user::User {
        userid: details.userid,
        unionid: details.unionid,
        name: details.name,
        position: details.title,
        avatar: details.avatar,
        jobnumber: details.job_number,
        mobile: details.mobile,
        state_code: details.state_code,
        tel: details.telephone,
        email: details.email,
        org_email: details.org_email,
        work_place: details.work_place,
        remark: details.remark,
        hired_date: details.hired_date,
        extattr: extattr(person).filter(|_| !vendor),
        manager_userid: details.manager_userid,
        order_in_depts: pairs(&person.departments, |id| order(person, id)),
        is_leader_in_depts: pairs(&person.departments, |id| person.leads(id)),
        department: details.dept_id_list,
        is_admin: details.admin,
        is_boss: details.boss,
        is_hide: details.hide_mobile,
        is_senior: details.senior,
        active: details.active,
        real_authed: details.real_authed,
        roles: roles(person)
            .into_iter()
            .map(|(id, name, group, kind)| old_user::Role {
                id,
                name: name.into(),
                group_name: group.into(),
                kind: Some(kind),
            })
            .collect(),
        tags: Some(json!({})),
    }
}

/// First generation, as a line of a department's list.
pub(super) fn line_v1(person: &Person, department: i64, vendor: bool) -> old_user::Listed {
    let line = line(person, department, vendor);
    old_user::Listed {
        userid: line.userid,
        unionid: line.unionid,
        name: line.name,
        order: line.dept_order,
        mobile: line.mobile,
        tel: line.telephone,
        work_place: line.work_place,
        remark: line.remark,
        is_admin: line.admin,
        is_boss: line.boss,
        is_hide: line.hide_mobile,
        is_leader: line.leader,
        active: line.active,
        department: line.dept_id_list,
        position: line.title,
        email: line.email,
        org_email: line.org_email,
        avatar: line.avatar,
        jobnumber: line.job_number,
        hired_date: line.hired_date,
        extattr: extattr(person).filter(|_| !vendor),
    }
}

/// Everybody in the company, or only those who have logged in.
pub(super) fn count(company: &Company, only_active: bool) -> i64 {
    i64::try_from(company.people().filter(|(_, person)| person.active || !only_active).count()).unwrap_or(i64::MAX)
}

/// The administrators: level and userid, the main one first.
pub(super) fn admins(company: &Company) -> Vec<(i64, String)> {
    let admins = company.people().filter(|(_, person)| person.admin_level > 0);
    let mut admins: Vec<_> = admins.map(|(_, person)| (i64::from(person.admin_level), person.userid.clone())).collect();
    admins.sort_by_key(|(level, _)| *level);
    admins
}
