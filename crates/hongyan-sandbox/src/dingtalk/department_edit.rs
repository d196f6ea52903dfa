//! Departments, written: create, change, remove, in both generations. Only the company's own applications may.

use super::contacts::{Generation, department_id, internal_only, over_bound, refused, seen_department};
use crate::{
    route::Refused,
    world::{
        Caller, World,
        company::{Company, Department, Kept, Misplaced, ROOT},
    },
};
use hongyan_dingtalk::{department_edit as v2, old_department as v1, reply::Done};
use hongyan_endpoint::{Endpoint, Spec};
use serde::Serialize;

/// What a call wants a department to be; `None` stays as it is.
#[derive(Default)]
struct DepartmentDraft {
    name: Option<String>,
    parent_id: Option<i64>,
    order: Option<i64>,
    create_dept_group: Option<bool>,
    auto_add_user: Option<bool>,
    auto_approve_apply: Option<bool>,
    group_contain_sub_dept: Option<bool>,
    org_dept_owner: Option<String>,
    managers: Option<Vec<String>>,
    hide_dept: Option<bool>,
    dept_permits: Option<Vec<i64>>,
    user_permits: Option<Vec<String>>,
    outer_dept: Option<bool>,
    outer_dept_only_self: Option<bool>,
    outer_permit_depts: Option<Vec<i64>>,
    outer_permit_users: Option<Vec<String>>,
    source_identifier: Option<String>,
    code: Option<String>,
}

/// Items joined with commas in the second generation, with `|` in the first; either is read.
fn people(text: Option<String>) -> Option<Vec<String>> {
    let split = |text: String| {
        text.split([',', '|']).map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
    };
    text.map(split)
}

fn departments(text: Option<String>) -> Result<Option<Vec<i64>>, Refused> {
    let parse = |items: Vec<String>| items.iter().map(|item| department_id(item)).collect();
    people(text).map(parse).transpose()
}

/// What creating and changing say alike, in the first generation.
macro_rules! rest_v1 {
    ($request:ident) => {
        DepartmentDraft {
            create_dept_group: $request.create_dept_group,
            hide_dept: $request.dept_hiding,
            dept_permits: departments($request.dept_permits)?,
            user_permits: people($request.user_permits),
            outer_dept: $request.outer_dept,
            outer_dept_only_self: $request.outer_dept_only_self,
            outer_permit_depts: departments($request.outer_permit_depts)?,
            outer_permit_users: people($request.outer_permit_users),
            source_identifier: $request.source_identifier,
            ..DepartmentDraft::default()
        }
    };
}

pub(super) fn create_department(
    world: &mut World,
    _: &Caller,
    request: v2::CreateDepartment,
) -> Result<v2::DepartmentCreated, Refused> {
    const HERE: Generation = Generation::Second;
    authenticate(world, HERE, &v2::CreateDepartment::SPEC, &request)?;
    let draft = DepartmentDraft {
        name: Some(request.name),
        parent_id: Some(request.parent_id.unwrap_or(ROOT)),
        order: request.order,
        create_dept_group: request.create_dept_group,
        auto_approve_apply: request.auto_approve_apply,
        hide_dept: request.hide_dept,
        dept_permits: departments(request.dept_permits)?,
        user_permits: people(request.user_permits),
        outer_dept: request.outer_dept,
        outer_dept_only_self: request.outer_dept_only_self,
        outer_permit_depts: departments(request.outer_permit_depts)?,
        outer_permit_users: people(request.outer_permit_users),
        source_identifier: request.source_identifier,
        ..DepartmentDraft::default()
    };
    Ok(v2::DepartmentCreated { result: v2::NewDepartment { dept_id: create(world, draft)? } })
}

pub(super) fn update_department(world: &mut World, _: &Caller, request: v2::UpdateDepartment) -> Result<Done, Refused> {
    const HERE: Generation = Generation::Second;
    authenticate(world, HERE, &v2::UpdateDepartment::SPEC, &request)?;
    let cleared = request.force_update_fields.unwrap_or_default();
    let clear = |field: &str, value: Option<String>| {
        let forced = cleared.split(',').any(|name| name.trim() == field);
        value.or_else(|| forced.then(String::new))
    };
    let draft = DepartmentDraft {
        name: request.name,
        parent_id: request.parent_id,
        order: request.order,
        create_dept_group: request.create_dept_group,
        auto_add_user: request.auto_add_user,
        auto_approve_apply: request.auto_approve_apply,
        group_contain_sub_dept: request.group_contain_sub_dept,
        org_dept_owner: clear("org_dept_owner", request.org_dept_owner),
        managers: people(clear("dept_manager_userid_list", request.dept_manager_userid_list)),
        hide_dept: request.hide_dept,
        dept_permits: departments(clear("dept_permits", request.dept_permits))?,
        user_permits: people(clear("user_permits", request.user_permits)),
        outer_dept: request.outer_dept,
        outer_dept_only_self: request.outer_dept_only_self,
        outer_permit_depts: departments(clear("outer_permit_depts", request.outer_permit_depts))?,
        outer_permit_users: people(clear("outer_permit_users", request.outer_permit_users)),
        source_identifier: clear("source_identifier", request.source_identifier),
        code: clear("code", request.code),
    };
    update(world, request.dept_id, draft)?;
    Ok(Done {})
}

pub(super) fn delete_department(world: &mut World, _: &Caller, request: v2::DeleteDepartment) -> Result<Done, Refused> {
    delete(world, &v2::DeleteDepartment::SPEC, request.dept_id)
}

pub(super) fn create_department_v1(
    world: &mut World,
    _: &Caller,
    request: v1::CreateDepartment,
) -> Result<v1::DepartmentWritten, Refused> {
    const HERE: Generation = Generation::First;
    authenticate(world, HERE, &v1::CreateDepartment::SPEC, &request)?;
    let draft = DepartmentDraft {
        name: Some(request.name),
        parent_id: Some(parent_id(&request.parentid)?),
        order: request.order.as_deref().map(order).transpose()?,
        ..rest_v1!(request)
    };
    Ok(v1::DepartmentWritten { id: create(world, draft)? })
}

pub(super) fn update_department_v1(
    world: &mut World,
    _: &Caller,
    request: v1::UpdateDepartment,
) -> Result<v1::DepartmentWritten, Refused> {
    const HERE: Generation = Generation::First;
    authenticate(world, HERE, &v1::UpdateDepartment::SPEC, &request)?;
    let draft = DepartmentDraft {
        name: request.name,
        parent_id: request.parentid.as_deref().map(parent_id).transpose()?,
        order: request.order.as_deref().map(order).transpose()?,
        auto_add_user: request.auto_add_user,
        org_dept_owner: request.org_dept_owner,
        managers: people(request.dept_manager_userid_list),
        ..rest_v1!(request)
    };
    update(world, request.id, draft)?;
    Ok(v1::DepartmentWritten { id: request.id })
}

pub(super) fn delete_department_v1(
    world: &mut World,
    _: &Caller,
    request: v1::DeleteDepartment,
) -> Result<Done, Refused> {
    delete(world, &v1::DeleteDepartment::SPEC, department_id(&request.id)?)
}

fn parent_id(text: &str) -> Result<i64, Refused> {
    text.trim().parse().map_err(|_| refused("40010", "不合法的父部门id"))
}

fn order(text: &str) -> Result<i64, Refused> {
    text.trim().parse().map_err(|_| refused("40011", "不合法的部门排序"))
}

/// Permission, then the declared bounds.
fn authenticate(world: &World, generation: Generation, spec: &Spec, request: &impl Serialize) -> Result<(), Refused> {
    internal_only(world, spec)?;
    match over_bound(spec, request) {
        None => Ok(()),
        Some("name") => Err(unnamed()),
        Some("code") => Err(refused("40093", "部门编码过长")),
        Some(field) => Err(generation.parameter(format_args!("{field}过长"))),
    }
}

fn unnamed() -> Refused {
    refused("600109", "部门名称不合法")
}

impl DepartmentDraft {
    fn check(&self, company: &Company) -> Result<(), Refused> {
        if let Some(name) = &self.name
            && (name.trim().is_empty() || name.contains(['-', '"', ',']))
        {
            return Err(unnamed());
        }
        if self.order.is_some_and(|order| order < 0) {
            return Err(refused("40011", "不合法的部门排序"));
        }
        if let Some(parent) = self.parent_id {
            let department = company.department(parent).ok_or_else(|| refused("60004", "父部门不存在"))?;
            seen_department(company, department.id)?;
        }
        let lists = [&self.managers, &self.user_permits, &self.outer_permit_users];
        let owner = self.org_dept_owner.iter().filter(|userid| !userid.is_empty());
        if lists.into_iter().flatten().flatten().chain(owner).any(|userid| company.find_exact(userid).is_none()) {
            return Err(refused("40031", "不合法的UserID列表"));
        }
        let named = [&self.dept_permits, &self.outer_permit_depts];
        if named.into_iter().flatten().flatten().any(|id| company.department(*id).is_none()) {
            return Err(refused("40009", "不合法的部门id"));
        }
        Ok(())
    }

    fn apply(self, to: &mut Department) {
        fn set<T>(field: &mut T, value: Option<T>) {
            if let Some(value) = value {
                *field = value;
            }
        }
        set(&mut to.name, self.name);
        set(&mut to.parent_id, self.parent_id);
        set(&mut to.order, self.order);
        let settings = &mut to.settings;
        set(&mut settings.create_dept_group, self.create_dept_group);
        set(&mut settings.auto_add_user, self.auto_add_user);
        set(&mut settings.auto_approve_apply, self.auto_approve_apply);
        set(&mut settings.group_contain_sub_dept, self.group_contain_sub_dept);
        set(&mut settings.hide_dept, self.hide_dept);
        set(&mut settings.dept_permits, self.dept_permits);
        set(&mut settings.user_permits, self.user_permits);
        set(&mut settings.outer_dept, self.outer_dept);
        set(&mut settings.outer_dept_only_self, self.outer_dept_only_self);
        set(&mut settings.outer_permit_depts, self.outer_permit_depts);
        set(&mut settings.outer_permit_users, self.outer_permit_users);
        let text = |field: &mut Option<String>, value: Option<String>| {
            if let Some(value) = value {
                *field = Some(value).filter(|text| !text.is_empty());
            }
        };
        text(&mut settings.org_dept_owner, self.org_dept_owner);
        text(&mut settings.source_identifier, self.source_identifier);
        text(&mut settings.code, self.code);
    }
}

fn create(world: &mut World, draft: DepartmentDraft) -> Result<i64, Refused> {
    draft.check(&world.company)?;
    let id = world.company.next_department_id();
    let mut department = Department { id, order: id, ..Department::default() };
    draft.apply(&mut department);
    // Whoever makes the group chat wants newcomers in it.
    department.settings.auto_add_user |= department.settings.create_dept_group;
    world.company.add_department(department).map_err(misplaced)
}

fn update(world: &mut World, id: i64, mut draft: DepartmentDraft) -> Result<(), Refused> {
    seen_department(&world.company, id)?;
    if id == ROOT && draft.parent_id.take().is_some_and(|parent| parent != ROOT && parent != 0) {
        return Err(refused("40010", "不合法的父部门id"));
    }
    draft.check(&world.company)?;
    let managers = draft.managers.take();
    world.company.update_department(id, |department| draft.apply(department)).map_err(misplaced)?;
    if let Some(managers) = managers {
        appoint(&mut world.company, id, &managers);
    }
    Ok(())
}

/// Makes exactly these the heads of a department.
fn appoint(company: &mut Company, department: i64, managers: &[String]) {
    let chosen: Vec<_> = managers.iter().filter_map(|userid| company.find_exact(userid)).collect();
    let before = company.leaders_of(department);
    for id in before.iter().filter(|id| !chosen.contains(id)) {
        company.person_mut(*id).leader_of.retain(|led| *led != department);
    }
    for id in chosen.iter().filter(|id| !before.contains(id)) {
        company.person_mut(*id).leader_of.push(department);
    }
}

fn misplaced(why: Misplaced) -> Refused {
    match why {
        Misplaced::Room => refused("-1", "系统繁忙: 部门数量已达上限"),
        Misplaced::NoParent => refused("60004", "父部门不存在"),
        Misplaced::NameTaken => refused("60021", "该部门下已存在同名子部门"),
        Misplaced::Circle => refused("600109", "父部门不合法"),
        Misplaced::Unknown | Misplaced::IdTaken => refused("60003", "部门不存在"),
    }
}

fn delete(world: &mut World, spec: &Spec, id: i64) -> Result<Done, Refused> {
    internal_only(world, spec)?;
    if id != ROOT {
        seen_department(&world.company, id)?;
    }
    let why = match world.company.remove_department(id) {
        Ok(()) => return Ok(Done {}),
        Err(why) => why,
    };
    Err(match why {
        Kept::Unknown => refused("60003", "部门不存在"),
        Kept::Root => refused("60007", "不允许删除根部门"),
        Kept::Children => refused("60006", "部门下包含子部门,不能删除"),
        Kept::Members => refused("60005", "部门下包含成员,不能删除"),
    })
}
