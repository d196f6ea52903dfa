//! People, written: create, change, remove, in both generations. Only the company's own applications may.

mod draft;

use super::contacts::{Generation, internal_only, over_bound, refused, seen_person};
use crate::{
    options::random_hex,
    route::Refused,
    world::{
        Caller, World,
        company::{Person, Taken},
    },
};
use draft::{UserDraft, ids, map, texts};
use hongyan_dingtalk::{old_user_edit as v1, reply::Done, user_edit as v2};
use hongyan_endpoint::{Endpoint, Spec};
use serde::Serialize;

const LONGEST_USERID: usize = 64;

/// What creating and changing say alike, in the first generation.
macro_rules! rest_v1 {
    ($request:ident) => {
        UserDraft {
            hide_mobile: $request.is_hide,
            telephone: $request.tel,
            job_number: $request.jobnumber,
            title: $request.position,
            email: $request.email,
            org_email: $request.org_email,
            work_place: $request.work_place,
            remark: $request.remark,
            orders: $request
                .order_in_depts
                .as_deref()
                .map(|text| map(Generation::First, "orderInDepts", text))
                .transpose()?,
            titles: $request
                .position_in_depts
                .as_deref()
                .map(|text| map(Generation::First, "positionInDepts", text))
                .transpose()?,
            extattr: $request.extattr.map(|value| draft::attributes(Generation::First, value)).transpose()?,
            senior: $request.is_senior,
            hired_at: $request.hired_date,
            manager: $request.manager_userid,
            ..UserDraft::default()
        }
    };
}

/// As [`rest_v1`], in the second.
macro_rules! rest_v2 {
    ($request:ident) => {
        UserDraft {
            hide_mobile: $request.hide_mobile,
            telephone: $request.telephone,
            job_number: $request.job_number,
            title: $request.title,
            email: $request.email,
            org_email: $request.org_email,
            work_place: $request.work_place,
            remark: $request.remark,
            orders: given($request.dept_order_list, |row| (row.dept_id, row.order)),
            titles: given($request.dept_title_list, |row| (row.dept_id, row.title)),
            extattr: $request.extension.as_deref().map(|text| texts(Generation::Second, text)).transpose()?,
            senior: $request.senior_mode,
            hired_at: $request.hired_date,
            manager: $request.manager_userid,
            ..UserDraft::default()
        }
    };
}

pub(super) fn create_user(
    world: &mut World,
    caller: &Caller,
    request: v2::CreateUser,
) -> Result<v2::UserCreated, Refused> {
    const HERE: Generation = Generation::Second;
    authenticate(world, HERE, &v2::CreateUser::SPEC, &request)?;
    let userid = request.userid.clone();
    let draft = UserDraft {
        name: Some(request.name),
        mobile: Some(request.mobile),
        departments: Some(ids(&request.dept_id_list)?),
        ..rest_v2!(request)
    };
    let person = create(world, caller, HERE, userid, draft)?;
    Ok(v2::UserCreated { result: v2::NewUser { userid: person.userid, union_id: Some(person.unionid) } })
}

pub(super) fn update_user(world: &mut World, caller: &Caller, request: v2::UpdateUser) -> Result<Done, Refused> {
    const HERE: Generation = Generation::Second;
    authenticate(world, HERE, &v2::UpdateUser::SPEC, &request)?;
    let merge_extattr = match request.ext_attrs_update_mode {
        None | Some(0) => false,
        Some(1) => true,
        Some(_) => return Err(HERE.parameter("ext_attrs_update_mode")),
    };
    let cleared = request.force_update_fields.unwrap_or_default();
    let clear_manager = cleared.split(',').any(|field| field.trim() == "manager_userid");
    let draft = UserDraft {
        name: request.name,
        mobile: request.mobile,
        departments: request.dept_id_list.as_deref().filter(|text| !text.is_empty()).map(ids).transpose()?,
        merge_extattr,
        clear_manager,
        ..rest_v2!(request)
    };
    update(world, caller, HERE, &request.userid, draft)
}

pub(super) fn delete_user(world: &mut World, _: &Caller, request: v2::DeleteUser) -> Result<Done, Refused> {
    delete(world, Generation::Second, &v2::DeleteUser::SPEC, &request.userid)
}

pub(super) fn create_user_v1(
    world: &mut World,
    caller: &Caller,
    request: v1::CreateUser,
) -> Result<v1::UserCreated, Refused> {
    const HERE: Generation = Generation::First;
    authenticate(world, HERE, &v1::CreateUser::SPEC, &request)?;
    let userid = request.userid.clone();
    let draft = UserDraft {
        name: Some(request.name),
        mobile: Some(request.mobile),
        departments: Some(request.department),
        ..rest_v1!(request)
    };
    let person = create(world, caller, HERE, userid, draft)?;
    Ok(v1::UserCreated { userid: person.userid, union_id: Some(person.unionid) })
}

pub(super) fn update_user_v1(world: &mut World, caller: &Caller, request: v1::UpdateUser) -> Result<Done, Refused> {
    const HERE: Generation = Generation::First;
    authenticate(world, HERE, &v1::UpdateUser::SPEC, &request)?;
    let draft = UserDraft {
        name: request.name,
        mobile: request.mobile,
        departments: Some(request.department).filter(|ids| !ids.is_empty()),
        ..rest_v1!(request)
    };
    update(world, caller, HERE, &request.userid, draft)
}

pub(super) fn delete_user_v1(world: &mut World, _: &Caller, request: v1::DeleteUser) -> Result<Done, Refused> {
    delete(world, Generation::First, &v1::DeleteUser::SPEC, &request.userid)
}

/// A list that was given; an empty one counts as absent.
fn given<T, V>(rows: Vec<T>, pair: impl FnMut(T) -> (i64, V)) -> Option<std::collections::BTreeMap<i64, V>> {
    (!rows.is_empty()).then(|| rows.into_iter().map(pair).collect())
}

/// Permission, then the declared bounds: the name and the number of departments have codes of their own.
fn authenticate(world: &World, generation: Generation, spec: &Spec, request: &impl Serialize) -> Result<(), Refused> {
    internal_only(world, spec)?;
    match over_bound(spec, request) {
        None => Ok(()),
        Some("name") => Err(refused("60112", "不合法的名字")),
        Some("dept_id_list") => Err(refused("60110", "用户所属部门过多")),
        Some(field) => Err(generation.parameter(format_args!("{field}过长"))),
    }
}

fn create(
    world: &mut World,
    caller: &Caller,
    generation: Generation,
    userid: Option<String>,
    draft: UserDraft,
) -> Result<Person, Refused> {
    draft.check(world, generation, None)?;
    if draft.departments.as_ref().is_none_or(Vec::is_empty) {
        return Err(generation.parameter("department"));
    }
    let busy = |_| refused("-1", "系统繁忙");
    let userid = match userid.filter(|text| !text.is_empty()) {
        Some(text) if text.chars().count() > LONGEST_USERID => return Err(generation.parameter("userid")),
        Some(text) => text,
        None => random_hex(16).map_err(busy)?,
    };
    let mut person = Person { userid, unionid: random_hex(22).map_err(busy)?, active: true, ..Person::default() };
    draft.apply(&mut person, caller.now);
    world.company.add_person(person.clone()).map_err(taken)?;
    Ok(person)
}

fn update(
    world: &mut World,
    caller: &Caller,
    generation: Generation,
    userid: &str,
    draft: UserDraft,
) -> Result<Done, Refused> {
    let id = seen_person(world, generation, userid)?;
    draft.check(world, generation, Some(id))?;
    world.company.update_person(id, |person| draft.apply(person, caller.now)).map_err(taken)?;
    Ok(Done {})
}

fn delete(world: &mut World, generation: Generation, spec: &Spec, userid: &str) -> Result<Done, Refused> {
    internal_only(world, spec)?;
    seen_person(world, generation, userid)?;
    world.company.remove_person(userid);
    Ok(Done {})
}

fn taken(taken: Taken) -> Refused {
    match taken {
        Taken::Room => refused("40019", "企业人数已达上限"),
        Taken::Userid(_) => refused("60102", "UserID在公司中已存在"),
        Taken::Mobile(_) => refused("60104", "手机号码在公司中已存在"),
        Taken::Email(_) | Taken::PersonalEmail(_) => refused("60106", "邮箱在公司中已存在"),
    }
}
