//! Members by mobile and by mail, as far as the application can see them.

use crate::{
    clock::china_day,
    route::{Refused, refuse},
    world::{Caller, World, company::PersonId},
};
use hongyan_wecom::{
    WeCom,
    user::{GetUserid, GetUseridByEmail, UseridFound},
};
use serde_json::json;

pub(super) fn get_userid(world: &mut World, caller: &Caller, request: GetUserid) -> Result<UseridFound, Refused> {
    if !(5..=32).contains(&request.mobile.len()) {
        return Err(refuse::<WeCom>("40058", "mobile length, invalid Request Parameter").into());
    }
    let local = request.mobile.strip_prefix("+86").map_or(request.mobile.as_str(), str::trim_start);
    let found = world.company.find_mobile(local);
    tell(world, caller, found)
}

pub(super) fn get_userid_by_email(
    world: &mut World,
    caller: &Caller,
    request: GetUseridByEmail,
) -> Result<UseridFound, Refused> {
    let personal = match request.email_type {
        None | Some(1) => false,
        Some(2) => true,
        Some(_) => return Err(refuse::<WeCom>("40058", "email_type, invalid Request Parameter").into()),
    };
    if request.email.is_empty() {
        return Err(refuse::<WeCom>("40058", "email missing, invalid Request Parameter").into());
    }
    let found = world.company.find_email(&request.email, personal);
    tell(world, caller, found)
}

/// Look-ups in vain: on which day, and how many.
#[derive(Default)]
pub(super) struct Misses {
    day: i64,
    count: usize,
}

/// Who looks in vain for more than a fifth of the company in a day is refused until the next.
fn tell(world: &mut World, caller: &Caller, found: Option<PersonId>) -> Result<UseridFound, Refused> {
    let today = china_day(caller.now);
    let misses = world.memory.get_mut::<Misses>();
    if misses.day != today {
        *misses = Misses { day: today, count: 0 };
    }
    if world.settings.limits.calls && misses.count * 5 > world.company.size() {
        return Err(refuse::<WeCom>("45009", "api freq out of limit").into());
    }
    let visible = |id: &PersonId| super::authority::sees(world, world.company.person(*id));
    match found.filter(visible) {
        Some(id) => Ok(UseridFound { userid: world.company.person(id).userid.clone() }),
        None => {
            world.memory.get_mut::<Misses>().count += 1;
            let mut refused = Refused::from(refuse::<WeCom>("46004", "user not exist"));
            refused.members.push(("userid", json!("")));
            Err(refused)
        }
    }
}
