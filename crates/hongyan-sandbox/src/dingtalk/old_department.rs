//! Departments, read, first generation: ids are texts, lists within a department are joined with `|`.

use super::{
    contacts::{Generation, any_department, department_id, refused, seen_department},
    department::{chains, details, seen_children},
    token::Tokens,
};
use crate::{
    route::Refused,
    world::{
        Caller, World,
        company::{Department as Kept, ROOT},
    },
};
use hongyan_dingtalk::old_department::{
    Department, DepartmentsListed, GetDepartment, IdsListed, ListDepartments, ListIds, ListParentsOfDepartment,
    ListParentsOfUser, Listed, ParentsOfDepartment, ParentsOfUser,
};

pub(super) fn list_ids(world: &mut World, _: &Caller, request: ListIds) -> Result<IdsListed, Refused> {
    let id = any_department(&world.company, department_id(&request.id)?)?.id;
    Ok(IdsListed { sub_dept_id_list: world.company.children(id).to_vec() })
}

/// The next level, or all below; never the parent itself.
pub(super) fn list_departments(
    world: &mut World,
    _: &Caller,
    request: ListDepartments,
) -> Result<DepartmentsListed, Refused> {
    let company = &world.company;
    let parent = match request.id.as_deref().filter(|text| !text.is_empty()) {
        Some(text) => department_id(text)?,
        None => ROOT,
    };
    let all = request.fetch_child == Some(true);
    let vendor = world.memory.get::<Tokens>().vendor;
    if all && vendor {
        return Err(refused("40035", "不合法的参数: 第三方应用的fetch_child只能为false"));
    }
    let mut found: Vec<&Kept> = seen_children(company, seen_department(company, parent)?.id).collect();
    let mut at = 0;
    while let Some(department) = found.get(at).filter(|_| all) {
        found.extend(seen_children(company, department.id));
        at += 1;
    }
    let line = |department: &Kept| Listed {
        id: department.id,
        name: department.name.clone(),
        parentid: Some(department.parent_id),
        create_dept_group: department.settings.create_dept_group,
        auto_add_user: department.settings.auto_add_user,
        source_identifier: department.settings.source_identifier.clone(),
        ext: None,
    };
    Ok(DepartmentsListed { department: found.into_iter().map(line).collect() })
}

pub(super) fn get_department(world: &mut World, _: &Caller, request: GetDepartment) -> Result<Department, Refused> {
    let company = &world.company;
    let details = details(company, seen_department(company, department_id(&request.id)?)?);
    let joined = |ids: &[i64]| Some(ids.iter().map(i64::to_string).collect::<Vec<_>>().join("|"));
    Ok(Department {
        id: details.dept_id,
        name: details.name,
        parentid: details.parent_id.filter(|_| !world.memory.get::<Tokens>().vendor),
        order: details.order,
        create_dept_group: details.create_dept_group,
        auto_add_user: details.auto_add_user,
        auto_approve_apply: details.auto_approve_apply,
        group_contain_sub_dept: details.group_contain_sub_dept,
        dept_group_chat_id: details.dept_group_chat_id,
        org_dept_owner: details.org_dept_owner,
        dept_manager_userid_list: Some(details.dept_manager_userid_list.join("|")),
        dept_hiding: details.hide_dept,
        dept_permits: joined(&details.dept_permits),
        user_permits: Some(details.user_permits.join("|")),
        outer_dept: details.outer_dept,
        outer_permit_depts: joined(&details.outer_permit_depts),
        outer_permit_users: Some(details.outer_permit_users.join("|")),
        source_identifier: details.source_identifier,
    })
}

pub(super) fn list_parents_of_department(
    world: &mut World,
    _: &Caller,
    request: ListParentsOfDepartment,
) -> Result<ParentsOfDepartment, Refused> {
    let id = any_department(&world.company, department_id(&request.id)?)?.id;
    Ok(ParentsOfDepartment { parent_ids: world.company.chain(id) })
}

pub(super) fn list_parents_of_user(
    world: &mut World,
    _: &Caller,
    request: ListParentsOfUser,
) -> Result<ParentsOfUser, Refused> {
    Ok(ParentsOfUser { department: chains(world, Generation::First, &request.user_id)? })
}
