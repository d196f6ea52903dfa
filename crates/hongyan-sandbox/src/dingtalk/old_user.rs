//! People, read, first generation: frozen, still answering.

use super::{
    contacts::{
        Generation, any_department, check_page, cut, department_id, refused, seen_department, seen_person,
        sorted_members,
    },
    member,
    token::Tokens,
    user,
};
use crate::{
    route::Refused,
    world::{Caller, World, company::PersonId},
};
use hongyan_dingtalk::old_user::{
    Admin, AdminsListed, CountUsers, GetByUnionid, GetUser, ListAdmins, ListUserNames, ListUserids, ListUsers,
    UnionidFound, User, UserName, UserNamesListed, UseridsListed, UsersCounted, UsersListed,
};

const HERE: Generation = Generation::First;

pub(super) fn count_users(world: &mut World, _: &Caller, request: CountUsers) -> Result<UsersCounted, Refused> {
    let only_active = match request.only_active {
        0 => false,
        1 => true,
        _ => return Err(HERE.parameter("onlyActive")),
    };
    Ok(UsersCounted { count: member::count(&world.company, only_active) })
}

pub(super) fn get_user(world: &mut World, _: &Caller, request: GetUser) -> Result<User, Refused> {
    let id = seen_person(world, HERE, &request.userid)?;
    Ok(member::whole_v1(world.company.person(id), world.memory.get::<Tokens>().vendor))
}

pub(super) fn list_userids(world: &mut World, _: &Caller, request: ListUserids) -> Result<UseridsListed, Refused> {
    let department = any_department(&world.company, department_id(&request.dept_id)?)?.id;
    Ok(UseridsListed { user_ids: user::own_members(world, department) })
}

/// All at once, or a page where both its bounds are given.
pub(super) fn list_user_names(
    world: &mut World,
    _: &Caller,
    request: ListUserNames,
) -> Result<UserNamesListed, Refused> {
    let bounds = match (request.offset, request.size) {
        (None, None) => None,
        (Some(offset), Some(size)) => Some((offset, size)),
        (None, _) => return Err(refused("40068", "不合法的偏移量")),
        (_, None) => return Err(refused("40069", "不合法的分页大小")),
    };
    let (ids, has_more) = page(world, &request.department_id, bounds, request.order.as_deref())?;
    let name = |id: PersonId| {
        let person = world.company.person(id);
        UserName { userid: person.userid.clone(), name: person.name.clone() }
    };
    Ok(UserNamesListed { has_more, userlist: ids.into_iter().map(name).collect() })
}

pub(super) fn list_users(world: &mut World, _: &Caller, request: ListUsers) -> Result<UsersListed, Refused> {
    let bounds = Some((request.offset, request.size));
    let (ids, has_more) = page(world, &request.department_id, bounds, request.order.as_deref())?;
    let department = department_id(&request.department_id)?;
    let line = |id| member::line_v1(world.company.person(id), department, world.memory.get::<Tokens>().vendor);
    Ok(UsersListed { has_more, userlist: ids.into_iter().map(line).collect() })
}

fn page(
    world: &World,
    department: &str,
    bounds: Option<(i64, i64)>,
    order: Option<&str>,
) -> Result<(Vec<PersonId>, bool), Refused> {
    if let Some((offset, size)) = bounds {
        check_page(offset, size)?;
    }
    let department = seen_department(&world.company, department_id(department)?)?.id;
    let all = sorted_members(&world.company, department, order)?;
    Ok(match bounds {
        Some((offset, size)) => cut(&all, offset, size),
        None => (all, false),
    })
}

pub(super) fn get_by_unionid(world: &mut World, _: &Caller, request: GetByUnionid) -> Result<UnionidFound, Refused> {
    Ok(UnionidFound { contact_type: 0, userid: user::by_unionid(world, HERE, &request.unionid)? })
}

pub(super) fn list_admins(world: &mut World, _: &Caller, _: ListAdmins) -> Result<AdminsListed, Refused> {
    let admins = member::admins(&world.company).into_iter();
    Ok(AdminsListed { admin_list: admins.map(|(sys_level, userid)| Admin { sys_level, userid }).collect() })
}
