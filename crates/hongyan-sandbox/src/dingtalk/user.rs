//! People, read, second generation. And by mobile number, where departed people are not found and the visible
//! scope does not matter.

use super::{
    contacts::{
        Generation, any_department, check_page, cut, internal_only, refused, seen, seen_department, seen_person,
        sorted_members,
    },
    member,
    token::Tokens,
};
use crate::{
    route::{Refused, refuse},
    world::{
        Caller, World,
        company::{Person, PersonId},
    },
};
use hongyan_dingtalk::{
    DingTalk,
    user::{
        Admin, AdminsListed, Count, CountUsers, Found, FoundByUnionid, GetByMobile, GetByMobileV1, GetByUnionid,
        GetUser, ListAdmins, ListUserNames, ListUserids, ListUsers, Page, SearchUsers, UnionidFound, UserGiven,
        UserName, UserNamesListed, UseridFound, UseridFoundV1, Userids, UseridsListed, UsersCounted, UsersFound,
        UsersListed,
    },
};
use hongyan_endpoint::Endpoint;

const HERE: Generation = Generation::Second;
/// The largest page of a search.
const LARGEST_SEARCH: i64 = 100;

pub(super) fn get_by_mobile_v1(
    world: &mut World,
    _: &Caller,
    request: GetByMobileV1,
) -> Result<UseridFoundV1, Refused> {
    Ok(UseridFoundV1 { userid: find(world, &request.mobile)? })
}

pub(super) fn get_by_mobile(world: &mut World, _: &Caller, request: GetByMobile) -> Result<UseridFound, Refused> {
    Ok(UseridFound { result: Found { userid: find(world, &request.mobile)? } })
}

/// Numbers of the mainland may come with or without their country code.
fn find(world: &World, mobile: &str) -> Result<String, Refused> {
    internal_only(world, &GetByMobile::SPEC)?;
    if mobile.is_empty() {
        return Err(refuse::<DingTalk>("400002", "参数错误: mobile").into());
    }
    let digits = mobile.strip_prefix('+').unwrap_or(mobile);
    let plain = digits.chars().all(|c| c.is_ascii_digit() || c == '-');
    if !plain || mobile.len() > 15 || digits.len() < 5 {
        return Err(refuse::<DingTalk>("40104", "不合法的手机号").into());
    }
    match world.company.find_mobile(mobile) {
        Some(id) => Ok(world.company.person(id).userid.clone()),
        None => Err(refuse::<DingTalk>("60121", "找不到该用户").into()),
    }
}

pub(super) fn get_user(world: &mut World, _: &Caller, request: GetUser) -> Result<UserGiven, Refused> {
    let id = seen_person(world, HERE, &request.userid)?;
    Ok(UserGiven { result: member::details(world.company.person(id), world.memory.get::<Tokens>().vendor) })
}

pub(super) fn list_users(world: &mut World, _: &Caller, request: ListUsers) -> Result<UsersListed, Refused> {
    let ListUsers { dept_id, cursor, size, order_field, .. } = &request;
    let vendor = world.memory.get::<Tokens>().vendor;
    let tell = |person: &Person| member::line(person, *dept_id, vendor);
    Ok(UsersListed { result: page(world, *dept_id, *cursor, *size, order_field.as_deref(), tell)? })
}

pub(super) fn list_user_names(
    world: &mut World,
    _: &Caller,
    request: ListUserNames,
) -> Result<UserNamesListed, Refused> {
    let ListUserNames { dept_id, cursor, size, order_field, .. } = &request;
    let tell = |person: &Person| UserName { userid: person.userid.clone(), name: person.name.clone() };
    Ok(UserNamesListed { result: page(world, *dept_id, *cursor, *size, order_field.as_deref(), tell)? })
}

fn page<T>(
    world: &World,
    department: i64,
    cursor: i64,
    size: i64,
    order: Option<&str>,
    tell: impl Fn(&Person) -> T,
) -> Result<Page<T>, Refused> {
    check_page(cursor, size)?;
    seen_department(&world.company, department)?;
    let all = sorted_members(&world.company, department, order)?;
    let (ids, has_more) = cut(&all, cursor, size);
    let list = ids.into_iter().map(|id| tell(world.company.person(id))).collect();
    Ok(Page { has_more, next_cursor: has_more.then(|| cursor + size), list })
}

pub(super) fn list_userids(world: &mut World, _: &Caller, request: ListUserids) -> Result<UseridsListed, Refused> {
    let department = any_department(&world.company, request.dept_id)?.id;
    Ok(UseridsListed { result: Userids { userid_list: own_members(world, department) } })
}

/// The userids of a department's own members, whatever the scope.
pub(super) fn own_members(world: &World, department: i64) -> Vec<String> {
    let ids: Vec<PersonId> = world.company.members_of(department, false);
    ids.into_iter().map(|id| world.company.person(id).userid.clone()).collect()
}

pub(super) fn count_users(world: &mut World, _: &Caller, request: CountUsers) -> Result<UsersCounted, Refused> {
    Ok(UsersCounted { result: Count { count: member::count(&world.company, request.only_active) } })
}

pub(super) fn get_by_unionid(world: &mut World, _: &Caller, request: GetByUnionid) -> Result<UnionidFound, Refused> {
    let userid = by_unionid(world, HERE, &request.unionid)?;
    Ok(UnionidFound { result: FoundByUnionid { contact_type: 0, userid } })
}

pub(super) fn by_unionid(world: &World, generation: Generation, unionid: &str) -> Result<String, Refused> {
    if unionid.is_empty() {
        return Err(generation.parameter("unionid"));
    }
    let found = world.company.find_unionid(unionid).ok_or_else(|| refused("60121", "找不到该用户"))?;
    Ok(world.company.person(found).userid.clone())
}

pub(super) fn list_admins(world: &mut World, _: &Caller, _: ListAdmins) -> Result<AdminsListed, Refused> {
    let admins = member::admins(&world.company).into_iter();
    Ok(AdminsListed { result: admins.map(|(sys_level, userid)| Admin { sys_level, userid }).collect() })
}

pub(super) fn search_users(world: &mut World, _: &Caller, request: SearchUsers) -> Result<UsersFound, Refused> {
    let bad = |words: &str| refused("parameter.invalid", words);
    if request.query_word.is_empty() {
        return Err(bad("queryWord"));
    }
    if request.offset < 0 {
        return Err(bad("offset"));
    }
    if !(1..=LARGEST_SEARCH).contains(&request.size) {
        return Err(bad("size"));
    }
    let exact = request.full_match_field == Some(1);
    let fits = |name: &str| if exact { name == request.query_word } else { name.contains(&request.query_word) };
    let people = world.company.people().filter(|(_, person)| seen(person) && fits(&person.name));
    let all: Vec<PersonId> = people.map(|(id, _)| id).collect();
    let (ids, has_more) = cut(&all, request.offset, request.size);
    Ok(UsersFound {
        has_more,
        total_count: i64::try_from(all.len()).unwrap_or(i64::MAX),
        list: ids.into_iter().map(|id| world.company.person(id).userid.clone()).collect(),
    })
}
