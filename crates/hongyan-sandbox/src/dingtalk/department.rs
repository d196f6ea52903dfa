//! Departments, read, second generation. Lists of ids and of parents are not bound to the scope.

use super::contacts::{Generation, any_department, any_person, seen_department, valued};
use crate::{
    route::Refused,
    world::{
        Caller, World,
        company::{Company, Department as Kept, ROOT},
    },
};
use hongyan_dingtalk::department::{
    Chain, Chains, Department, DepartmentGiven, DepartmentIds, DepartmentIdsListed, DepartmentsListed, GetDepartment,
    ListDepartmentIds, ListDepartments, ListParentsOfDepartment, ListParentsOfUser, Listed, ParentIds,
    ParentsOfDepartment, ParentsOfUser,
};

pub(super) fn list_departments(
    world: &mut World,
    _: &Caller,
    request: ListDepartments,
) -> Result<DepartmentsListed, Refused> {
    let company = &world.company;
    let parent = seen_department(company, request.dept_id.unwrap_or(ROOT))?;
    let line = |department: &Kept| Listed {
        dept_id: department.id,
        name: department.name.clone(),
        parent_id: Some(department.parent_id),
        create_dept_group: department.settings.create_dept_group,
        auto_add_user: department.settings.auto_add_user,
    };
    Ok(DepartmentsListed { result: seen_children(company, parent.id).map(line).collect() })
}

/// The departments directly below one that the application sees, by their order.
pub(super) fn seen_children(company: &Company, parent: i64) -> impl Iterator<Item = &Kept> {
    let mut children: Vec<&Kept> = company.children(parent).iter().filter_map(|id| company.department(*id)).collect();
    children.retain(|department| department.visible);
    children.sort_by_key(|department| department.order);
    children.into_iter()
}

pub(super) fn list_department_ids(
    world: &mut World,
    _: &Caller,
    request: ListDepartmentIds,
) -> Result<DepartmentIdsListed, Refused> {
    let id = any_department(&world.company, request.dept_id)?.id;
    Ok(DepartmentIdsListed { result: DepartmentIds { dept_id_list: world.company.children(id).to_vec() } })
}

pub(super) fn get_department(
    world: &mut World,
    _: &Caller,
    request: GetDepartment,
) -> Result<DepartmentGiven, Refused> {
    let company = &world.company;
    Ok(DepartmentGiven { result: details(company, seen_department(company, request.dept_id)?) })
}

/// A department as both generations tell of it.
pub(super) fn details(company: &Company, department: &Kept) -> Department {
    let settings = &department.settings;
    let people = |recursive| i64::try_from(company.members_of(department.id, recursive).len()).ok();
    let leaders = company.leaders_of(department.id).into_iter();
    Department {
        dept_id: department.id,
        name: department.name.clone(),
        parent_id: (department.id != ROOT).then_some(department.parent_id),
        order: Some(department.order),
        create_dept_group: Some(settings.create_dept_group),
        auto_add_user: Some(settings.auto_add_user),
        auto_approve_apply: Some(settings.auto_approve_apply),
        group_contain_sub_dept: Some(settings.group_contain_sub_dept),
        dept_group_chat_id: settings.create_dept_group.then(|| format!("chatdept{:08}", department.id)),
        org_dept_owner: settings.org_dept_owner.clone(),
        dept_manager_userid_list: leaders.map(|id| company.person(id).userid.clone()).collect(),
        hide_dept: Some(settings.hide_dept),
        dept_permits: settings.dept_permits.clone(),
        user_permits: settings.user_permits.clone(),
        outer_dept: Some(settings.outer_dept),
        outer_permit_depts: settings.outer_permit_depts.clone(),
        outer_permit_users: settings.outer_permit_users.clone(),
        source_identifier: settings.source_identifier.as_deref().and_then(valued),
        code: settings.code.as_deref().and_then(valued),
        member_count: people(true),
        owning_member_count: people(false),
    }
}

pub(super) fn list_parents_of_department(
    world: &mut World,
    _: &Caller,
    request: ListParentsOfDepartment,
) -> Result<ParentsOfDepartment, Refused> {
    let id = any_department(&world.company, request.dept_id)?.id;
    Ok(ParentsOfDepartment { result: ParentIds { parent_id_list: world.company.chain(id) } })
}

pub(super) fn list_parents_of_user(
    world: &mut World,
    _: &Caller,
    request: ListParentsOfUser,
) -> Result<ParentsOfUser, Refused> {
    let chains = chains(world, Generation::Second, &request.userid)?;
    let chain = |parent_dept_id_list| Chain { parent_dept_id_list };
    Ok(ParentsOfUser { result: Chains { parent_list: chains.into_iter().map(chain).collect() } })
}

/// From each department of a person up to the root.
pub(super) fn chains(world: &World, generation: Generation, userid: &str) -> Result<Vec<Vec<i64>>, Refused> {
    let id = any_person(world, generation, userid)?;
    Ok(world.company.person(id).departments.iter().map(|department| world.company.chain(*department)).collect())
}
