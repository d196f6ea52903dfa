//! A member's id in WeChat's terms: made from the member's id, and found again.

use super::authority;
use crate::{
    route::{Refused, refuse},
    world::{Caller, World, company::Person, digest},
};
use hongyan_wecom::{
    WeCom,
    openid::{ConvertToOpenid, ConvertToUserid, Openid, Userid},
};

fn openid(person: &Person) -> String {
    let half = |salt: i64| digest("wecom.openid", salt, &person.userid);
    format!("o{:016x}{:011x}", half(0), half(1) >> 20)
}

pub(super) fn to_openid(world: &mut World, _: &Caller, request: ConvertToOpenid) -> Result<Openid, Refused> {
    let person = world.company.find(&request.userid).map(|id| world.company.person(id));
    let person = person.ok_or_else(|| refuse::<WeCom>("60111", "userid not found"))?;
    if !authority::sees(world, person) {
        return Err(authority::unseen().into());
    }
    Ok(Openid { openid: openid(person) })
}

pub(super) fn to_userid(world: &mut World, _: &Caller, request: ConvertToUserid) -> Result<Userid, Refused> {
    let mut people = world.company.people().map(|(_, person)| person);
    let person = people.find(|person| openid(person) == request.openid);
    let person = person.ok_or_else(|| refuse::<WeCom>("40003", "invalid openid"))?;
    if !authority::sees(world, person) {
        return Err(authority::unseen().into());
    }
    Ok(Userid { userid: person.userid.clone() })
}
