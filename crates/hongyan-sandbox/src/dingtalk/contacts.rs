//! What the contacts of both generations check alike: scope, ids, pages, order, permission.

use super::token::Tokens;
use crate::{
    route::{Refused, refuse},
    world::{
        World,
        company::{Company, Department, Person, PersonId, PersonRule},
    },
};
use hongyan_dingtalk::DingTalk;
use hongyan_endpoint::{Bound, Needs, Spec, Unit};
use serde::Serialize;
use serde_json::Value;

/// The furthest record that the second generation pages to.
const LAST_CURSOR: i64 = 100_000;
/// The largest page.
const LARGEST_PAGE: i64 = 100;

/// The two generations word some refusals by different codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Generation {
    /// `/user/*`, `/department/*`.
    First,
    /// `/topapi/*`.
    Second,
}

impl Generation {
    /// A field that is missing or not as it must be.
    pub(super) fn parameter(self, words: impl std::fmt::Display) -> Refused {
        match self {
            Self::First => refused("40035", format!("不合法的参数: {words}")),
            Self::Second => refused("400002", format!("参数错误: {words}")),
        }
    }

    /// Nobody of that userid.
    pub(super) fn nobody(self) -> Refused {
        match self {
            Self::First => refused("60121", "找不到该用户"),
            Self::Second => refused("33012", "无效的USERID"),
        }
    }
}

pub(super) fn refused(code: &str, words: impl Into<String>) -> Refused {
    refuse::<DingTalk>(code, words).into()
}

/// For operations that vendors never get; the declaration names the permission that they would need.
pub(super) fn internal_only(world: &World, spec: &Spec) -> Result<(), Refused> {
    let Needs::Permission(scope) = spec.needs else { return Ok(()) };
    if !world.memory.get::<Tokens>().vendor {
        return Ok(());
    }
    Err(refused("60011", format!("没有调用该接口的权限,接口权限申请参考{{requiredScopes=[{scope}]}}")))
}

/// Inside the application's scope.
pub(super) fn seen(person: &Person) -> bool {
    person.visible && person.dingtalk != PersonRule::Invisible
}

/// Somebody of the company, in scope or not.
pub(super) fn any_person(world: &World, generation: Generation, userid: &str) -> Result<PersonId, Refused> {
    if userid.is_empty() {
        return Err(generation.parameter("userid"));
    }
    world.company.find_exact(userid).ok_or_else(|| generation.nobody())
}

/// Somebody in the application's scope.
pub(super) fn seen_person(world: &World, generation: Generation, userid: &str) -> Result<PersonId, Refused> {
    let id = any_person(world, generation, userid)?;
    if seen(world.company.person(id)) { Ok(id) } else { Err(refused("50002", "企业员工不在授权范围")) }
}

/// A department, in scope or not.
pub(super) fn any_department(company: &Company, id: i64) -> Result<&Department, Refused> {
    company.department(id).ok_or_else(|| refused("60003", "部门不存在"))
}

/// A department in the application's scope.
pub(super) fn seen_department(company: &Company, id: i64) -> Result<&Department, Refused> {
    let department = any_department(company, id)?;
    if department.visible { Ok(department) } else { Err(refused("50004", "企业部门不在授权范围")) }
}

/// The first generation's ids are texts.
pub(super) fn department_id(text: &str) -> Result<i64, Refused> {
    text.trim().parse().map_err(|_| refused("40009", "不合法的部门id"))
}

/// Bounds of a page: 40068 where it begins, 40069 how long it is.
pub(super) fn check_page(offset: i64, size: i64) -> Result<(), Refused> {
    if !(0..=LAST_CURSOR).contains(&offset) {
        return Err(refused("40068", "不合法的偏移量"));
    }
    if !(1..=LARGEST_PAGE).contains(&size) {
        return Err(refused("40069", "不合法的分页大小"));
    }
    Ok(())
}

/// A department's own members in scope, sorted as asked; `custom` is the larger place first.
pub(super) fn sorted_members(
    company: &Company,
    department: i64,
    order: Option<&str>,
) -> Result<Vec<PersonId>, Refused> {
    let mut members = company.members_of(department, false);
    members.retain(|id| seen(company.person(*id)));
    match order.unwrap_or("custom") {
        "" | "custom" => members.sort_by_key(|id| {
            std::cmp::Reverse(company.person(*id).orders.get(&department).copied().unwrap_or_default())
        }),
        "entry_asc" => {}
        "entry_desc" => members.reverse(),
        "modify_asc" => members.sort_by_key(|id| company.person(*id).changed),
        "modify_desc" => members.sort_by_key(|id| std::cmp::Reverse(company.person(*id).changed)),
        _ => return Err(refused("40070", "不合法的排序参数")),
    }
    Ok(members)
}

/// One page, and whether another follows.
pub(super) fn cut<T: Copy>(all: &[T], offset: i64, size: i64) -> (Vec<T>, bool) {
    let at = |n: i64| usize::try_from(n).unwrap_or(0).min(all.len());
    let end = offset.saturating_add(size);
    (all[at(offset)..at(end)].to_vec(), at(end) < all.len())
}

/// The first field that is over its declared bound.
pub(super) fn over_bound(spec: &Spec, request: &impl Serialize) -> Option<&'static str> {
    let fields = serde_json::to_value(request).unwrap_or_default();
    spec.limits.iter().find_map(|limit| match limit.bound {
        Bound::Size { field, max, unit: Unit::Chars } => {
            fields[field].as_str().is_some_and(|text| text.chars().count() > max).then_some(field)
        }
        Bound::Size { field, max, unit: Unit::Items } => {
            let items = match &fields[field] {
                Value::String(text) => text.split([',', '|']).count(),
                Value::Array(items) => items.len(),
                _ => 0,
            };
            (items > max).then_some(field)
        }
        _ => None,
    })
}

/// `None` for what has no value: such fields are absent from answers.
pub(super) fn valued(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}
