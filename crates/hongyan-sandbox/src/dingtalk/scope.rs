//! What the application may see: everything below the root but the department that is closed to it.

use crate::{
    route::Refused,
    world::{Caller, World},
};
use hongyan_dingtalk::scope::{GetScopes, OrgScopes, ScopesGiven};

/// The fields that an application with the permission to read members sees.
const FIELDS: [&str; 6] = ["userid", "name", "avatar", "department", "jobnumber", "position"];
/// The department of everybody.
const ROOT: i64 = 1;

pub(super) fn get_scopes(world: &mut World, _: &Caller, _: GetScopes) -> Result<ScopesGiven, Refused> {
    let departments = world.company.departments();
    let authed_dept = departments.iter().filter(|d| d.parent_id == ROOT && d.visible).map(|d| d.id).collect();
    Ok(ScopesGiven {
        auth_user_field: FIELDS.map(str::to_owned).to_vec(),
        condition_field: Vec::new(),
        auth_org_scopes: OrgScopes { authed_dept, authed_user: Vec::new() },
    })
}
