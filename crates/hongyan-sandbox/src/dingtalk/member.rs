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
pub(super) fn whole(person: &Person, vendor: bool) -> user::User {
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
    let whole = whole(person, vendor);
    user::Listed {
        userid: whole.userid,
        unionid: whole.unionid,
        name: whole.name,
        leader: Some(person.leads(department)),
        dept_order: Some(order(person, department)),
        dept_id_list: whole.dept_id_list,
        active: whole.active,
        admin: whole.admin,
        boss: whole.boss,
        hide_mobile: whole.hide_mobile,
        mobile: whole.mobile,
        title: person.titles.get(&department).cloned().or(whole.title),
        job_number: whole.job_number,
        exclusive_account: whole.exclusive_account,
        avatar: whole.avatar,
        state_code: whole.state_code,
        telephone: whole.telephone,
        email: whole.email,
        org_email: whole.org_email,
        work_place: whole.work_place,
        remark: whole.remark,
        extension: whole.extension,
        hired_date: whole.hired_date,
    }
}

/// A map as the first generation writes it: `{1:true,2:false}`, not JSON.
fn pairs<T: Display>(departments: &[i64], value: impl Fn(i64) -> T) -> Option<String> {
    let pairs: Vec<String> = departments.iter().map(|id| format!("{id}:{}", value(*id))).collect();
    Some(format!("{{{}}}", pairs.join(",")))
}

/// First generation, in full.
pub(super) fn whole_v1(person: &Person, vendor: bool) -> old_user::User {
    let whole = whole(person, vendor);
    old_user::User {
        userid: whole.userid,
        unionid: whole.unionid,
        name: whole.name,
        position: whole.title,
        avatar: whole.avatar,
        jobnumber: whole.job_number,
        mobile: whole.mobile,
        state_code: whole.state_code,
        tel: whole.telephone,
        email: whole.email,
        org_email: whole.org_email,
        work_place: whole.work_place,
        remark: whole.remark,
        hired_date: whole.hired_date,
        extattr: extattr(person).filter(|_| !vendor),
        manager_userid: whole.manager_userid,
        order_in_depts: pairs(&person.departments, |id| order(person, id)),
        is_leader_in_depts: pairs(&person.departments, |id| person.leads(id)),
        department: whole.dept_id_list,
        is_admin: whole.admin,
        is_boss: whole.boss,
        is_hide: whole.hide_mobile,
        is_senior: whole.senior,
        active: whole.active,
        real_authed: whole.real_authed,
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
