//! Departments, read and written.

use super::{
    authority::{may_write, sees_department, unseen},
    content::unfit,
};
use crate::{
    route::{Refused, refuse},
    world::{
        Caller, World,
        company::{Department, Kept, Misplaced, ROOT},
    },
};
use hongyan_endpoint::Fault;
use hongyan_wecom::{
    WeCom,
    department::{
        CreateDepartment, DeleteDepartment, Department as Told, DepartmentCreated, DepartmentId, DepartmentIdsListed,
        DepartmentRead, DepartmentsListed, GetDepartment, ListDepartmentIds, ListDepartments, UpdateDepartment,
    },
    done::{Deleted, Updated},
};

/// A department that the caller sees.
pub(super) fn find(world: &World, id: i64) -> Result<&Department, Fault> {
    let department = world.company.department(id).ok_or_else(|| refuse::<WeCom>("60003", "department not found"))?;
    if sees_department(world, department) { Ok(department) } else { Err(unseen()) }
}

/// One with all below it, or all; those that the caller sees.
fn below(world: &World, id: Option<i64>) -> Result<Vec<&Department>, Fault> {
    let top = match id.filter(|id| *id != 0) {
        Some(id) => find(world, id)?.id,
        None => ROOT,
    };
    let ids = world.company.below(top).into_iter();
    Ok(ids.filter_map(|id| world.company.department(id)).filter(|found| sees_department(world, found)).collect())
}

fn told(world: &World, department: &Department) -> Told {
    let leaders = world.company.leaders_of(department.id).into_iter();
    Told {
        id: department.id,
        name: department.name.clone(),
        name_en: (!department.name_en.is_empty()).then(|| department.name_en.clone()),
        department_leader: leaders.map(|id| world.company.person(id).userid.clone()).collect(),
        parentid: department.parent_id,
        order: department.order,
    }
}

pub(super) fn list(world: &mut World, _: &Caller, request: ListDepartments) -> Result<DepartmentsListed, Refused> {
    let department = below(world, request.id)?.into_iter().map(|found| told(world, found)).collect();
    Ok(DepartmentsListed { department })
}

pub(super) fn list_ids(
    world: &mut World,
    _: &Caller,
    request: ListDepartmentIds,
) -> Result<DepartmentIdsListed, Refused> {
    let row = |found: &Department| DepartmentId { id: found.id, parentid: found.parent_id, order: found.order };
    Ok(DepartmentIdsListed { department_id: below(world, request.id)?.into_iter().map(row).collect() })
}

pub(super) fn get(world: &mut World, _: &Caller, request: GetDepartment) -> Result<DepartmentRead, Refused> {
    Ok(DepartmentRead { department: told(world, find(world, request.id)?) })
}

fn misplaced(misplaced: Misplaced) -> Fault {
    match misplaced {
        Misplaced::IdTaken | Misplaced::NameTaken => refuse::<WeCom>("60008", "department existed"),
        Misplaced::Room => refuse::<WeCom>("81002", "too many departments"),
        Misplaced::NoParent => refuse::<WeCom>("60004", "parent department not found"),
        Misplaced::Circle => refuse::<WeCom>("60010", "department circle"),
        Misplaced::Unknown => refuse::<WeCom>("60003", "department not found"),
    }
}

/// The one above must be in the caller's sight; that it exists is the company's to say.
fn sees_parent(world: &World, parent: i64) -> Result<(), Fault> {
    match world.company.department(parent) {
        Some(found) if !sees_department(world, found) => Err(unseen()),
        _ => Ok(()),
    }
}

pub(super) fn create(world: &mut World, _: &Caller, request: CreateDepartment) -> Result<DepartmentCreated, Refused> {
    may_write(world)?;
    request.check().map_err(unfit)?;
    if request.id.is_some_and(|id| id < 2 || i32::try_from(id).is_err()) {
        return Err(refuse::<WeCom>("60123", "invalid department id").into());
    }
    sees_parent(world, request.parentid)?;
    let id = request.id.unwrap_or_else(|| world.company.next_department_id());
    let department = Department {
        id,
        parent_id: request.parentid,
        name: request.name,
        name_en: request.name_en.unwrap_or_default(),
        order: request.order.unwrap_or_default(),
        ..Department::default()
    };
    let id = world.company.add_department(department).map_err(misplaced)?;
    Ok(DepartmentCreated { errmsg: "created".into(), id })
}

pub(super) fn update(world: &mut World, _: &Caller, request: UpdateDepartment) -> Result<Updated, Refused> {
    may_write(world)?;
    request.check().map_err(unfit)?;
    find(world, request.id)?;
    if let Some(parent) = request.parentid {
        sees_parent(world, parent)?;
    }
    let changed = world.company.update_department(request.id, |department| {
        if let Some(name) = request.name {
            department.name = name;
        }
        if let Some(name) = request.name_en {
            department.name_en = name;
        }
        // Nothing stands above the root.
        if let Some(parent) = request.parentid.filter(|_| department.id != ROOT) {
            department.parent_id = parent;
        }
        if let Some(order) = request.order {
            department.order = order;
        }
    });
    changed.map_err(misplaced)?;
    Ok(Updated::default())
}

pub(super) fn delete(world: &mut World, _: &Caller, request: DeleteDepartment) -> Result<Deleted, Refused> {
    may_write(world)?;
    find(world, request.id)?;
    world.company.remove_department(request.id).map_err(|kept| match kept {
        Kept::Unknown => refuse::<WeCom>("60003", "department not found"),
        Kept::Root => refuse::<WeCom>("60007", "department is root"),
        Kept::Members => refuse::<WeCom>("60005", "department contains user"),
        Kept::Children => refuse::<WeCom>("60006", "department contains sub department"),
    })?;
    Ok(Deleted::default())
}
