//! What the application may see: everything below the root but the department that is closed to it.

use super::token::Tokens;
use crate::{
    route::Refused,
    world::{Caller, World, company::ROOT},
};
use hongyan_dingtalk::scope::{GetScopes, OrgScopes, ScopesGiven};

/// The fields that an application with the permission to read members sees.
const FIELDS: [&str; 6] = ["userid", "name", "avatar", "department", "jobnumber", "position"];
/// And those that only the company's own ones see.
const OWN_FIELDS: [&str; 4] = ["mobile", "email", "isAdmin", "isLeader"];

pub(super) fn get_scopes(world: &mut World, _: &Caller, _: GetScopes) -> Result<ScopesGiven, Refused> {
    let company = &world.company;
    let visible = |id: &&i64| company.department(**id).is_some_and(|department| department.visible);
    let own: &[&str] = if world.memory.get::<Tokens>().vendor { &[] } else { &OWN_FIELDS };
    Ok(ScopesGiven {
        auth_user_field: FIELDS.iter().chain(own).map(|field| (*field).to_owned()).collect(),
        condition_field: Vec::new(),
        auth_org_scopes: OrgScopes {
            authed_dept: company.children(ROOT).iter().filter(visible).copied().collect(),
            authed_user: Vec::new(),
        },
    })
}
